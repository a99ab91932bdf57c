//! The fault table as a contract: one text file of every kind in every style, and the published page. Rewritten with
//! `--features bless`. Never here: a second opinion about a status.

use crate::run::{CHAT, GEMINI, MESSAGES, root};
use canon::{Fault, FaultKind, Retry};
use dialect::fault::{
    Style, UpstreamClass, UpstreamHints, decode_upstream_fault, render, snapshot, status, table_markdown,
};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// `cargo xtask docs` says by the environment of the build that documents are to be written.
const BLESS: bool = cfg!(feature = "bless") || option_env!("TOLLGATE_BLESS").is_some();

pub fn same(path: &Path, text: &str, how: &str) {
    if BLESS {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(found == text, "{} is out of date; {how}", path.display());
}

/// R-ERR-1..4: every kind x style x stage.
#[test]
fn r_err_1_2_3_4_every_fault_in_every_style() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults.snap");
    same(&path, &snapshot(), "review, then: cargo test -p dialect --features bless");
}

/// R-ERR-8: the published page says what the code does.
#[test]
fn r_err_8_the_page_is_the_table() {
    same(&root().join("docs/FAULTS.md"), &table_markdown(), "run: cargo xtask docs");
}

/// R-ERR-5: no other status, but the one that HTTP has for a head above its limit: it comes before any surface.
#[test]
fn r_err_5_statuses() {
    let known = [400, 401, 402, 403, 404, 405, 408, 413, 429, 431, 500, 502, 503, 529];
    for kind in FaultKind::ALL {
        assert!(known.contains(&status(*kind)), "{kind:?}");
    }
}

#[test]
fn sdk_retries_are_corrected_both_ways() {
    let hint = |kind, retry| {
        let fault = Fault::new(kind, "x").retry(retry);
        let headers = render(&fault, Style::OpenAi, "r").headers;
        let find = |name| headers.iter().find(|h| h.0 == name).map(|h| h.1.clone());
        (find("retry-after"), find("x-should-retry"))
    };
    let wait = Retry::After(Duration::from_millis(1_200));
    assert_eq!(hint(FaultKind::Timeout, Retry::Never), (None, Some("false".into())));
    assert_eq!(hint(FaultKind::RateLimited, wait), (Some("2".into()), None));
    assert_eq!(hint(FaultKind::CreditsInFlight, wait), (Some("2".into()), Some("true".into())));
    assert_eq!(hint(FaultKind::InvalidRequest, Retry::Never), (None, None));
    // Until tomorrow nobody stands still: an SDK that is told to would sleep for so long.
    let tomorrow = Retry::After(Duration::from_secs(78_807));
    assert_eq!(hint(FaultKind::SpendCapReached, tomorrow), (Some("78807".into()), None));
    assert_eq!(hint(FaultKind::RateLimited, tomorrow), (Some("78807".into()), Some("false".into())));
}

/// Status, body, class, whether another route is tried.
const UPSTREAM: &[(u16, &str, UpstreamClass, bool)] = &[
    (
        400,
        r#"{"error":{"message":"x","type":"invalid_request_error","param":"messages[0].content"}}"#,
        UpstreamClass::InvalidRequest,
        false,
    ),
    (
        400,
        r#"{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}"#,
        UpstreamClass::ContextTooLong,
        false,
    ),
    (
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
        UpstreamClass::ContextTooLong,
        false,
    ),
    (
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#,
        UpstreamClass::Billing,
        true,
    ),
    (401, "<html>CANARY</html>", UpstreamClass::Auth, true),
    (402, "", UpstreamClass::Billing, true),
    (403, r#"{"detail":"CANARY"}"#, UpstreamClass::Auth, true),
    (404, r#"{"message":"CANARY"}"#, UpstreamClass::NotFound, true),
    (408, "null", UpstreamClass::Timeout, true),
    (413, "x", UpstreamClass::TooLarge, false),
    (422, r#"{"detail":[{"msg":"CANARY"}]}"#, UpstreamClass::InvalidRequest, false),
    (429, r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#, UpstreamClass::Billing, true),
    (
        429,
        r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"CANARY"}}]"#,
        UpstreamClass::RateLimited,
        true,
    ),
    (500, r#"{"error":"CANARY"}"#, UpstreamClass::Server, true),
    (503, "{", UpstreamClass::Overloaded, true),
    // A general word says less than a status that stands for one thing (R-ROUTE-6).
    (529, r#"{"error":{"message":"x","type":"server_error"}}"#, UpstreamClass::Overloaded, true),
    (
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"CANARY"}}"#,
        UpstreamClass::Overloaded,
        true,
    ),
    (418, "", UpstreamClass::Unknown, true),
];

/// The same of Gemini, whose words stand in `status`; and how many seconds a client is told to wait.
const GEMINI_UPSTREAM: &[(u16, &str, UpstreamClass, Option<u64>)] = &[
    (
        400,
        r#"{"error":{"code":400,"message":"API key not valid. CANARY","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
        UpstreamClass::Auth,
        None,
    ),
    (
        400,
        r#"{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}"#,
        UpstreamClass::ContextTooLong,
        None,
    ),
    (
        400,
        r#"[{"error":{"code":400,"message":"CANARY","status":"INVALID_ARGUMENT"}}]"#,
        UpstreamClass::InvalidRequest,
        None,
    ),
    (
        400,
        r#"{"error":{"code":400,"message":"CANARY","status":"FAILED_PRECONDITION"}}"#,
        UpstreamClass::Billing,
        None,
    ),
    (403, r#"{"error":{"code":403,"message":"CANARY","status":"PERMISSION_DENIED"}}"#, UpstreamClass::Auth, None),
    (404, r#"{"error":{"code":404,"message":"CANARY","status":"NOT_FOUND"}}"#, UpstreamClass::NotFound, None),
    (
        429,
        r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"16.4s"}]}}"#,
        UpstreamClass::RateLimited,
        Some(17),
    ),
    (
        429,
        r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"soon"}]}}]"#,
        UpstreamClass::RateLimited,
        Some(5),
    ),
    (
        413,
        r#"{"error":{"code":413,"message":"CANARY","status":"FAILED_PRECONDITION"}}"#,
        UpstreamClass::TooLarge,
        None,
    ),
    (500, r#"{"error":{"code":500,"message":"CANARY","status":"INTERNAL"}}"#, UpstreamClass::Server, None),
    (
        503,
        r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#,
        UpstreamClass::Overloaded,
        Some(5),
    ),
    (503, "CANARY", UpstreamClass::Overloaded, Some(5)),
    (504, r#"{"error":{"code":504,"status":"DEADLINE_EXCEEDED"}}"#, UpstreamClass::Timeout, None),
    // Inside a stream the status is in the body.
    (200, r#"{"error":{"code":429,"message":"CANARY"}}"#, UpstreamClass::RateLimited, Some(5)),
    (200, r#"{"error":{"message":"CANARY"}}"#, UpstreamClass::Server, None),
];

/// R-ERR-7: Gemini's failures are classed by their words, and the wait it asks for is told.
#[test]
fn r_err_7_failures_of_gemini_are_classed() {
    for (code, body, class, wait_s) in GEMINI_UPSTREAM {
        let fault = decode_upstream_fault(GEMINI, *code, UpstreamHints::default(), body.as_bytes());
        assert_eq!(fault.class, *class, "{code} {body}");
        let ours = fault.to_fault();
        assert_eq!(ours.retry_after_s(), *wait_s, "{code} {body}");
        assert!(!format!("{fault:?}{ours:?}").contains("CANARY"));
    }
    // A header says it better than a body.
    let hints = UpstreamHints { retry_after: Some("3"), ..UpstreamHints::default() };
    let body = br#"{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"16s"}]}}"#;
    assert_eq!(decode_upstream_fault(GEMINI, 429, hints, body).to_fault().retry_after_s(), Some(3));
}

/// A Gemini client is told the wait in the body as well.
#[test]
fn a_gemini_client_reads_the_wait_in_the_body() {
    let wait = Retry::After(Duration::from_millis(1_200));
    let fault = Fault::new(FaultKind::RateLimited, "Slow down.").retry(wait).at("contents[0]");
    let rendered = render(&fault, Style::Gemini, "r");
    assert_eq!(
        std::str::from_utf8(&rendered.body).unwrap(),
        r#"{"error":{"code":429,"message":"`contents[0]`: Slow down.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}}"#
    );
    assert_eq!(Style::from_name("gemini"), Some(Style::Gemini));
}

/// R-ERR-7, pitfall 62: any body of an upstream is classed, and none of its words reach a client or a log.
#[test]
fn r_err_7_pitfall_62_upstream_errors_are_classed_and_never_quoted() {
    for (code, body, class, again) in UPSTREAM {
        let fault = decode_upstream_fault(CHAT, *code, UpstreamHints::default(), body.as_bytes());
        assert_eq!(fault.class, *class, "{code} {body}");
        let ours = fault.to_fault();
        assert_eq!(ours.retry != Retry::Never, *again, "{code} {body}");
        for style in Style::ALL {
            let rendered = render(&ours, *style, "req_1");
            let text = String::from_utf8(rendered.body.to_vec()).unwrap();
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            assert!(!text.contains("CANARY") && !format!("{fault:?}{ours:?}").contains("CANARY"), "{text}");
        }
    }
    let canary = r#"{"error":{"message":"m","type":"invalid_request_error","param":"CANARY at host-7"}}"#;
    let fault = decode_upstream_fault(MESSAGES, 400, UpstreamHints::default(), canary.as_bytes());
    assert_eq!(fault.param, None);
}
