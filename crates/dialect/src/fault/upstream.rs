//! Reads what an upstream says when it fails. In: a status, a few headers, a body of any kind. Out: a class, a wait, perhaps
//! a field path. Never here: the upstream's sentences: nothing of its text leaves this room but a checked field path.

use super::field::field_path;
use crate::read::{Object, elements};
use crate::words;
use canon::{Dialect, Fault, FaultKind, Retry};
use serde_json::Value;
use std::time::Duration;

/// A body longer than this is not read for reasons.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// No upstream makes us wait longer.
const WAIT_MAX: Duration = Duration::from_secs(600);
/// What a client is told to wait where a busy server says nothing.
const RETRY_DEFAULT: Duration = Duration::from_secs(5);

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpstreamClass {
    /// It refused the request.
    InvalidRequest,
    /// The prompt does not fit.
    ContextTooLong,
    /// It refused our credential.
    Auth,
    /// Our account there is out of money.
    Billing,
    /// It limits us.
    RateLimited,
    /// It is overloaded.
    Overloaded,
    /// It broke.
    Server,
    /// It was too slow.
    Timeout,
    /// It does not know the model or path.
    NotFound,
    /// The body is too large for it.
    TooLarge,
    /// None of these.
    Unknown,
}

impl UpstreamClass {
    /// The name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::ContextTooLong => "context_too_long",
            Self::Auth => "auth",
            Self::Billing => "billing",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Server => "server",
            Self::Timeout => "timeout",
            Self::NotFound => "not_found",
            Self::TooLarge => "too_large",
            Self::Unknown => "unknown",
        }
    }
}

/// The headers of an upstream's answer that say something about retrying.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpstreamHints<'a> {
    /// `retry-after` in seconds (a date is not read: its clock is not ours).
    pub retry_after: Option<&'a str>,
    /// `retry-after-ms`.
    pub retry_after_ms: Option<&'a str>,
    /// `x-should-retry`.
    pub should_retry: Option<&'a str>,
}

/// An upstream's failure without its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamFault {
    /// What kind of failure it was.
    pub class: UpstreamClass,
    /// The status it came with; 200 inside a stream.
    pub status: u16,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
    /// Its own word on whether trying again helps.
    pub should_retry: Option<bool>,
    /// The field it names, if that is a field of the request.
    pub param: Option<String>,
}

/// Tells a refusal of an upstream in the words of a client that may speak another dialect: the field that it names is called as the
/// client calls it, or not named.
pub fn reword(fault: &mut Fault, client: Dialect, upstream: Dialect) {
    if fault.kind != FaultKind::UpstreamRefused {
        return;
    }
    if let Some(param) = fault.param.take() {
        *fault = refusal(words::named(client, upstream, &param).as_deref());
    }
}

/// Reads an upstream's failure.
pub fn decode_upstream_fault(
    dialect: Dialect,
    status: u16,
    hints: UpstreamHints<'_>,
    body: &[u8],
) -> UpstreamFault {
    let told = Told::read(body);
    UpstreamFault {
        class: classify(dialect, status, &told),
        status,
        retry_after: wait(hints).or(told.wait),
        should_retry: match hints.should_retry {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        },
        param: told.param,
    }
}

/// What a body says about itself, lower case, never passed on.
#[derive(Default)]
struct Told {
    kind: String,
    code: String,
    message: String,
    param: Option<String>,
    wait: Option<Duration>,
}

impl Told {
    /// Takes `{"error":{..}}`, `{"error":".."}`, `{"detail":..}`, `{"message":..}`, `[{..}]`; anything else says nothing.
    fn read(body: &[u8]) -> Self {
        let body = body.get(..BODY_BYTES_MAX).unwrap_or(body);
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        let value = match &value {
            Value::Array(items) => items.first().unwrap_or(&Value::Null),
            other => other,
        };
        let inner = value.get("error").filter(|e| !e.is_null()).unwrap_or(value);
        let text = |v: &Value, key: &str| match v.get(key) {
            Some(Value::String(s)) => s.to_lowercase(),
            Some(Value::Number(n)) => n.to_string(),
            _ => String::new(),
        };
        let message = match inner {
            Value::String(s) => s.to_lowercase(),
            _ => ["message", "detail", "msg"]
                .iter()
                .map(|key| text(inner, key))
                .find(|m| !m.is_empty())
                .unwrap_or_default(),
        };
        let kind = match text(inner, "type") {
            empty if empty.is_empty() => text(inner, "status"),
            kind => kind,
        };
        // One dialect has a field for the path, the other starts its sentence with it.
        let named = inner.get("param").and_then(Value::as_str);
        let named = named.or_else(|| message.split_once(": ").map(|(path, _)| path));
        let param = named.and_then(field_path).or_else(|| violated(inner, &message));
        Self { kind, code: text(inner, "code"), message, param, wait: retry_delay(inner) }
    }

    fn says(&self, any: &[&str]) -> bool {
        any.iter().any(|n| self.message.contains(n))
    }

    fn is(&self, any: &[&str]) -> bool {
        any.iter().any(|n| self.kind == *n || self.code == *n)
    }
}

/// The field that one dialect names in its details, or in the middle of its sentence.
fn violated(error: &Value, message: &str) -> Option<String> {
    let mut details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    let told = details.find_map(|detail| detail.get("fieldViolations")?.get(0)?.get("field")?.as_str());
    let whole = |path: &str| path.strip_prefix("GenerateContentRequest.").unwrap_or(path).to_owned();
    let quoted = || message.split_once(" at '").and_then(|(_, rest)| rest.split_once('\''));
    let stated = || message.split_once("generatecontentrequest.").and_then(|(_, rest)| rest.split_once(':'));
    let path = told.map(whole).or_else(|| quoted().or_else(stated).map(|(path, _)| path.to_owned()))?;
    field_path(&path)
}

/// `retryDelay` of the details that one dialect gives: seconds with a unit, perhaps a fraction.
fn retry_delay(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let text = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    seconds(text.strip_suffix('s')?).map(|w| w.min(WAIT_MAX))
}

/// What the words of one dialect mean: its status words, and the two sentences by which it tells apart what it answers with
/// one word.
fn by_gemini_words(told: &Told) -> Option<UpstreamClass> {
    if told.says(&["api key not valid", "api key expired", "api_key_invalid"]) {
        return Some(UpstreamClass::Auth);
    }
    if told.says(&["exceeds the maximum number of tokens", "input token count"]) {
        return Some(UpstreamClass::ContextTooLong);
    }
    Some(match &*told.kind {
        "invalid_argument" | "out_of_range" => UpstreamClass::InvalidRequest,
        // The account lacks something: a billing plan, a country it may call from.
        "failed_precondition" => UpstreamClass::Billing,
        "unauthenticated" | "permission_denied" => UpstreamClass::Auth,
        "not_found" => UpstreamClass::NotFound,
        // Its sentence speaks of billing whatever limit was reached.
        "resource_exhausted" => UpstreamClass::RateLimited,
        "deadline_exceeded" => UpstreamClass::Timeout,
        "unavailable" => UpstreamClass::Overloaded,
        "internal" | "unknown" | "data_loss" | "aborted" => UpstreamClass::Server,
        _ => return None,
    })
}

fn classify(dialect: Dialect, status: u16, told: &Told) -> UpstreamClass {
    let gemini = matches!(dialect, Dialect::Gemini | Dialect::GeminiEmbeddings | Dialect::GeminiImages);
    // There is no word for a body that is too large; the one beside its status means something else.
    if gemini
        && status != 413
        && let Some(class) = by_gemini_words(told)
    {
        return class;
    }
    // A failure inside a stream has its status in the body.
    let inside = told.code.parse().ok().filter(|_| status == 200 && gemini);
    let status = inside.unwrap_or(status);
    match by_words(told) {
        // `server_error` says less than a status that stands for one thing, and `invalid_request_error` stands beside every
        // status: credentials, quotas and overload come under it.
        None | Some(UpstreamClass::Server) => {}
        Some(UpstreamClass::InvalidRequest) if !matches!(status, 200 | 400 | 422) => {}
        Some(class) => return class,
    }
    match status {
        400 | 405 | 406 | 409 | 415 | 422 => UpstreamClass::InvalidRequest,
        401 | 403 => UpstreamClass::Auth,
        402 => UpstreamClass::Billing,
        404 | 410 => UpstreamClass::NotFound,
        408 | 504 | 524 => UpstreamClass::Timeout,
        413 => UpstreamClass::TooLarge,
        429 => UpstreamClass::RateLimited,
        529 => UpstreamClass::Overloaded,
        503 if dialect != Dialect::Anthropic => UpstreamClass::Overloaded,
        // 200: a stream that began well and then broke off with words that say nothing.
        200 | 500..=599 => UpstreamClass::Server,
        _ => UpstreamClass::Unknown,
    }
}

/// Codes first, then the few sentences that every server of a kind shares.
fn by_words(told: &Told) -> Option<UpstreamClass> {
    let too_long = told.is(&["context_length_exceeded", "string_above_max_length"])
        || told.says(&[
            "maximum context length",
            "context length",
            "prompt is too long",
            "context window",
            "too many tokens",
        ]);
    let broke = told.is(&["insufficient_quota", "billing_error", "billing_not_active"])
        || told.says(&["credit balance is too low", "exceeded your current quota"]);
    let unwanted = told.is(&["moderation_blocked", "content_policy_violation", "image_generation_user_error"]);
    let table: [(bool, UpstreamClass); 11] = [
        // What is shown was not wanted there, wherever it is asked for again.
        (unwanted, UpstreamClass::InvalidRequest),
        (broke, UpstreamClass::Billing),
        (too_long && !told.is(&["rate_limit_error", "rate_limit_exceeded"]), UpstreamClass::ContextTooLong),
        (
            told.is(&["overloaded_error", "overloaded", "server_overloaded", "server_is_overloaded", "slow_down"]),
            UpstreamClass::Overloaded,
        ),
        (told.is(&["rate_limit_error", "rate_limit_exceeded", "resource_exhausted"]), UpstreamClass::RateLimited),
        (told.is(&["authentication_error", "permission_error", "invalid_api_key"]), UpstreamClass::Auth),
        (told.is(&["not_found_error", "model_not_found"]), UpstreamClass::NotFound),
        (told.is(&["request_too_large"]), UpstreamClass::TooLarge),
        (told.is(&["timeout_error"]), UpstreamClass::Timeout),
        (told.is(&["api_error", "server_error", "internal_error"]), UpstreamClass::Server),
        (told.is(&["invalid_request_error"]), UpstreamClass::InvalidRequest),
    ];
    table.iter().find(|(hit, _)| *hit).map(|(_, class)| *class)
}

fn wait(hints: UpstreamHints<'_>) -> Option<Duration> {
    let ms = hints.retry_after_ms.and_then(|t| t.trim().parse::<u64>().ok()).map(Duration::from_millis);
    ms.or_else(|| seconds(hints.retry_after?.trim())).map(|w| w.min(WAIT_MAX))
}

/// Some servers send a fraction; the whole seconds rounded up will do.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let s = whole.parse::<u64>().ok()?;
    let up = fraction.bytes().any(|b| b != b'0');
    Some(Duration::from_secs(s.saturating_add(u64::from(up))))
}

impl UpstreamFault {
    /// A failure without an answer: the connection broke or never came up.
    pub const fn connection() -> Self {
        Self { class: UpstreamClass::Server, status: 502, retry_after: None, should_retry: None, param: None }
    }

    /// A failure told inside a stream, as the JSON of its event.
    pub(crate) fn in_stream(dialect: Dialect, json: &[u8]) -> Self {
        decode_upstream_fault(dialect, 200, UpstreamHints::default(), json)
    }

    /// A failure told in plain JSON where a stream was due.
    pub(crate) fn bare(dialect: Dialect, body: &[u8]) -> Option<Self> {
        // One dialect puts its error into an array.
        let first = || elements(body)?.into_iter().next();
        let object = Object::open(body).or_else(|| Object::open(first()?))?;
        let failed = object.get("error").is_some() || object.str("type").as_deref() == Some("error");
        failed.then(|| Self::in_stream(dialect, body))
    }

    /// The fault of the house: our own sentence, who may try again, the field if the upstream named one.
    pub fn to_fault(&self) -> Fault {
        let again = |kind, told: &'static str| Fault::new(kind, told).retry(Retry::Again);
        match self.class {
            UpstreamClass::InvalidRequest => self.refused(),
            UpstreamClass::ContextTooLong => Fault::new(
                FaultKind::ContextTooLong,
                "prompt is too long: prompt and answer do not fit into the model's context window.",
            ),
            UpstreamClass::TooLarge => Fault::new(
                FaultKind::TooLarge,
                "The request is larger than the model's provider takes; send less, or refer to media by URL.",
            ),
            UpstreamClass::Overloaded => {
                again(FaultKind::Overloaded, "The model's provider is overloaded.").retry(self.wait())
            }
            UpstreamClass::RateLimited => {
                again(FaultKind::Unavailable, "The model is busy at the moment.").retry(self.wait())
            }
            UpstreamClass::Timeout => again(FaultKind::UpstreamFailed, "The model's provider took too long."),
            UpstreamClass::Auth
            | UpstreamClass::Billing
            | UpstreamClass::NotFound
            | UpstreamClass::Server
            | UpstreamClass::Unknown => again(FaultKind::UpstreamFailed, "The model's provider failed to answer."),
        }
    }

    /// When to come again: when the server says.
    fn wait(&self) -> Retry {
        Retry::After(self.retry_after.unwrap_or(RETRY_DEFAULT))
    }

    fn refused(&self) -> Fault {
        refusal(self.param.as_deref())
    }
}

fn refusal(param: Option<&str>) -> Fault {
    let kind = FaultKind::UpstreamRefused;
    match param {
        Some(param) => {
            let told = format!("The model does not take `{param}` as it was sent.");
            Fault::new(kind, told).at(param.to_owned())
        }
        None => Fault::new(
            kind,
            "The model does not take this request; check its fields against what the model supports.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ERR-8: where waiting is the remedy, the wait is told.
    #[test]
    fn r_err_8_a_busy_server_says_when_to_come_again() {
        for (status, hint, wait_s) in [(429, Some("7"), 7), (429, None, 5), (529, Some("9"), 9), (529, None, 5)] {
            let hints = UpstreamHints { retry_after: hint, retry_after_ms: None, should_retry: None };
            for dialect in [Dialect::OpenAiChat, Dialect::Anthropic] {
                let fault = decode_upstream_fault(dialect, status, hints, b"{}").to_fault();
                assert_eq!(fault.retry_after_s(), Some(wait_s), "{status} {hint:?} {:?}", fault.kind);
            }
        }
    }

    /// A type that stands beside every status says nothing where the status stands for one thing: the next credential or
    /// route is tried, and the client is not blamed.
    #[test]
    fn a_type_for_everything_says_nothing() {
        let body = br#"{"error":{"message":"This account is closed.","type":"invalid_request_error","code":"account_deactivated"}}"#;
        let hints = UpstreamHints::default();
        for (status, class) in [
            (400, UpstreamClass::InvalidRequest),
            (401, UpstreamClass::Auth),
            (402, UpstreamClass::Billing),
            (404, UpstreamClass::NotFound),
            (408, UpstreamClass::Timeout),
            (422, UpstreamClass::InvalidRequest),
            (429, UpstreamClass::RateLimited),
            (500, UpstreamClass::Server),
            (529, UpstreamClass::Overloaded),
        ] {
            assert_eq!(decode_upstream_fault(Dialect::OpenAiChat, status, hints, body).class, class, "{status}");
        }
    }

    /// One dialect names the field in its details, or in the middle of its sentence.
    #[test]
    fn the_field_is_found_in_geminis_words() {
        for (error, param) in [
            (
                r#""message":"x","details":[{"@type":"t"},{"fieldViolations":[{"field":"contents[0].parts[1].inline_data.data"}]}]"#,
                Some("contents[0].parts[1].inline_data.data"),
            ),
            (
                r#""message":"* GenerateContentRequest.contents[0].role: Please use a valid role: user, model.\n""#,
                Some("contents[0].role"),
            ),
            (
                r#""message":"Invalid value at 'generation_config.top_p' (TYPE_FLOAT), 7""#,
                Some("generation_config.top_p"),
            ),
            (r#""message":"Invalid value at 'secret.key' (TYPE_FLOAT), 7""#, None),
            (r#""message":"Please use a valid role: user, model.""#, None),
        ] {
            let body = format!(r#"{{"error":{{"code":400,"status":"INVALID_ARGUMENT",{error}}}}}"#);
            let fault = decode_upstream_fault(Dialect::Gemini, 400, UpstreamHints::default(), body.as_bytes());
            assert_eq!((fault.class, fault.param.as_deref()), (UpstreamClass::InvalidRequest, param), "{body}");
        }
    }

    #[test]
    fn waits_are_read_and_bounded() {
        let hint = |s, ms| UpstreamHints { retry_after: s, retry_after_ms: ms, should_retry: None };
        for (s, ms, expect) in [
            (Some("2"), None, Some(2_000)),
            (Some("0.5"), None, Some(1_000)),
            (Some("99999999999999999999"), None, None),
            (Some("7200"), None, Some(600_000)),
            (Some("2"), Some("150"), Some(150)),
            (Some("Wed, 21 Oct 2015 07:28:00 GMT"), None, None),
            (None, None, None),
        ] {
            assert_eq!(wait(hint(s, ms)).map(|w| w.as_millis()), expect, "{s:?} {ms:?}");
        }
    }
}
