//! Images: the golden transcripts of both kinds of servers, forms, and answers that no server should give. In: corpus/images/,
//! corpus/image_edits/ and corpus/gemini_images/. Out: differences. Never here: the look at a request, forms by themselves (they
//! are tested beside the code).

use crate::corpus::{check, losses_text, request_of, told, usage_text};
use crate::run::{folders, spec};
use bytes::Bytes;
use canon::{Dialect, Fault, Loss};
use dialect::lane::{Answer, StreamFault, StreamSpec};
use dialect::{Made, Target, call_path, encode_images, peek, peek_form, straight};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use units::{Class, Usage, UsageSource};

const OPENAI: Dialect = Dialect::Images;
const EDITS: Dialect = Dialect::ImageEdits;
const GEMINI: Dialect = Dialect::GeminiImages;
/// One white pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

fn client_of(upstream: Dialect) -> Dialect {
    if upstream == GEMINI { OPENAI } else { upstream }
}

fn awaiting(upstream: Dialect, images: u32) -> StreamSpec {
    StreamSpec { images, ..spec(client_of(upstream), upstream) }
}

/// The request as its server gets it.
fn sent(upstream: Dialect, body: &Bytes) -> Result<(Bytes, Vec<Loss>), Fault> {
    let target = Target::new(upstream, "upstream-model", 1);
    let look = peek(client_of(upstream), body)?;
    if upstream != GEMINI {
        return Ok((straight::prepare(body, &look, &target), Vec::new()));
    }
    encode_images(body, &target).map(|encoded| (encoded.body, encoded.losses))
}

/// What the files of a case should be.
fn expected(upstream: Dialect, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (client, body) = request_of(folder).unwrap();
    assert_eq!(client, client_of(upstream));
    let (request, losses) = match sent(upstream, &body) {
        Ok((body, losses)) => (String::from_utf8(body.to_vec()).unwrap() + "\n", losses_text(&losses)),
        Err(fault) => (told(&fault) + "\n", "[]\n".to_owned()),
    };
    let asked = peek(client, &body).unwrap().pictures.count;
    let answer = Bytes::from(fs::read(folder.join("upstream.json")).unwrap());
    let (text, usage) = match Answer::read(&awaiting(upstream, asked), &answer) {
        Ok(mut answer) => {
            let usage = *answer.tally().usage();
            let made = answer.made().unwrap();
            assert_eq!(usage.get(Class::Images), Some(u64::from(made.count)), "{folder:?}");
            // Whoever keeps the pictures tells his own addresses.
            let ours: Vec<String> =
                (0..answer.addresses().len()).map(|n| format!("https://ours.example/{n}")).collect();
            answer.readdress(&ours);
            (String::from_utf8(answer.seal(&usage, UsageSource::Provider).to_vec()).unwrap(), usage)
        }
        Err(fault) => (told(&fault.to_fault()), Usage::NONE),
    };
    for secret in ["UPSTREAM", "upstream-", "host-7", "fp_secret", "cost", "PROVIDER", "content_filter"] {
        assert!(!text.contains(secret), "{folder:?} tells {secret}");
    }
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        assert!(value["created"].is_u64() && !value["data"].as_array().unwrap().is_empty(), "{folder:?}");
    }
    let text = text.trim_end().to_owned() + "\n";
    [
        ("upstream-request.json".to_owned(), request),
        ("loss.json".to_owned(), losses),
        (format!("client-{}.json", client.name()), text),
        ("usage.json".to_owned(), usage_text(&usage)),
    ]
    .map(|(name, text)| (name, text.into_bytes()))
    .into()
}

/// R-API-8: both kinds of servers, compared with their reviewed transcripts.
#[test]
fn r_api_8_images_equal_their_transcripts() {
    let mut wrong = Vec::new();
    for upstream in [OPENAI, EDITS, GEMINI] {
        for folder in folders(upstream) {
            check(&folder, &expected(upstream, &folder), &mut wrong);
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nReview, then rewrite with: cargo test -p dialect --features bless",
        wrong.join("\n")
    );
}

#[test]
fn calls_go_to_their_paths() {
    for (dialect, path) in [
        (OPENAI, "/images/generations"),
        (EDITS, "/images/edits"),
        (GEMINI, "/models/gemini-2.5-flash-image:generateContent"),
    ] {
        assert_eq!(call_path(&Target::new(dialect, "gemini-2.5-flash-image", 1), false), path);
    }
}

/// Every byte but the model's name is the client's, in JSON and in forms.
#[test]
fn r_wire_2_a_straight_request_keeps_its_bytes() {
    let body = Bytes::from("{ \"prompt\" :\"a\\u00e9\",\n\"x\":1e2, \"model\":\"pub\" ,\"stream\":false}");
    let (out, _) = sent(OPENAI, &body).unwrap();
    assert_eq!(out, String::from_utf8(body.to_vec()).unwrap().replace("pub", "upstream-model"));
    let parts = [
        ("name=\"prompt\"", &b"a hat"[..]),
        ("name=\"image\"; filename=\"pub.png\"\r\nContent-Type: image/png", b"\x89PNG\r\n\x00pub\xff"),
        ("name=\"model\"", b"pub"),
        ("name=\"n\"", b"2"),
    ];
    let mut form = Vec::new();
    for (head, value) in parts {
        form.extend_from_slice(format!("--B\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        form.extend_from_slice(value);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--B--\r\n");
    let look = peek_form("multipart/form-data; boundary=B", &Bytes::from(form.clone())).unwrap();
    let out = straight::prepare(&Bytes::from(form.clone()), &look, &Target::new(EDITS, "upstream \"model\"", 1));
    let at = form.windows(5).position(|w| w == b"\npub\r").unwrap() + 1;
    assert_eq!(out, [&form[..at], b"upstream \"model\"", &form[at + 3..]].concat());
}

fn read(upstream: Dialect, images: u32, body: &str) -> Result<Value, StreamFault> {
    let answer = Answer::read(&awaiting(upstream, images), &Bytes::from(body.to_owned()))?;
    Ok(serde_json::from_slice(&answer.seal(&Usage::NONE, UsageSource::Estimated)).unwrap())
}

/// What holds no picture that a client can use is a broken upstream, never a wrong answer.
#[test]
fn r_wire_4_nonsense_is_a_broken_upstream() {
    let openai = |data: &str| read(OPENAI, 2, &format!(r#"{{"created":1,"data":{data}}}"#));
    assert!(openai(&format!(r#"[{{"b64_json":"{PNG}"}},{{"url":"https://a/b"}}]"#)).is_ok());
    assert!(openai(&format!(r#"[{{"b64_json":"{PNG}","url":null}}]"#)).is_ok());
    for bad in [
        "[]",
        "null",
        "{}",
        "[{}]",
        "[null]",
        r#"["https://a/b"]"#,
        r#"[{"b64_json":""}]"#,
        r#"[{"b64_json":null}]"#,
        r#"[{"b64_json":"AA"}]"#,
        r#"[{"b64_json":"AA-_"}]"#,
        r#"[{"b64_json":7}]"#,
        r#"[{"b64_json":"AAAA","b64_json":"AAAA"}]"#,
        r#"[{"b64_json":"AAAA","url":"x"}]"#,
        r#"[{"url":""}]"#,
        r#"[{"url":"file:///etc/passwd"}]"#,
        r#"[{"url":"https://a b"}]"#,
        r#"[{"url":"https://a"},{"revised_prompt":"b"}]"#,
    ] {
        assert_eq!(openai(bad), Err(StreamFault::Garbage), "{bad}");
    }
    let gemini = |parts: &str| read(GEMINI, 1, &format!(r#"{{"candidates":[{{"content":{{"parts":{parts}}}}}]}}"#));
    assert!(gemini(r#"[{"inlineData":{"mimeType":"image/webp","data":"AAAA"}}]"#).is_ok());
    // What nobody ordered is nobody's; in OpenAI's dialect it cannot be told apart.
    let two = r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"}}"#;
    assert!(gemini(&format!("[{two},{two}]")).is_ok());
    let three = r#"[{"b64_json":"aGk="},{"b64_json":"aGk="},{"b64_json":"aGk="}]"#;
    assert_eq!(openai(three), Err(StreamFault::TooLong));
    for bad in [
        "[]",
        "null",
        r#"[{"text":"a"}]"#,
        r#"[{"inlineData":{"mimeType":"audio/wav","data":"AAAA"}}]"#,
        r#"[{"inlineData":{"mimeType":"image/png","data":""}}]"#,
        r#"[{"inlineData":{"mimeType":"image/png","data":"?"}}]"#,
        r#"[{"inlineData":{"mimeType":"image/png"}}]"#,
        r#"[{"inlineData":"AAAA"}]"#,
        r#"[{"thought":true,"inlineData":{"mimeType":"image/png","data":"AAAA"}}]"#,
    ] {
        assert_eq!(gemini(bad), Err(StreamFault::Garbage), "{bad}");
    }
    for upstream in [OPENAI, EDITS, GEMINI] {
        for bad in ["", "{", "[]", "null", "{}", "{} {}"] {
            assert_eq!(read(upstream, 1, bad), Err(StreamFault::Garbage), "{bad}");
        }
        let error = r#"{"error":{"message":"x","status":"UNAVAILABLE","type":"server_error"}}"#;
        assert!(matches!(read(upstream, 1, error), Err(StreamFault::Upstream(_))));
    }
}

/// The counts that came are what is charged; what tells them odd is not shown.
#[test]
fn r_bill_3_images_and_their_tokens_are_counted() {
    for (told, input, shown) in [
        (r#","usage":{"input_tokens":4,"output_tokens":9,"total_tokens":13,"x_fee":1}"#, Some(4), true),
        (r#","usage":{"input_tokens":4,"output_tokens":9}"#, None, false),
        (r#","usage":{"input_tokens":4,"output_tokens":9,"total_tokens":1e30}"#, None, false),
        (r#","usage":null"#, None, false),
        (r#","usage":[4]"#, None, false),
        ("", None, false),
    ] {
        let text =
            format!(r#"{{"created":1,"size":"1024x1024","quality":"low","data":[{{"b64_json":"AAAA"}}]{told}}}"#);
        let answer = Answer::read(&awaiting(OPENAI, 4), &Bytes::from(text)).unwrap();
        let usage = *answer.tally().usage();
        assert_eq!((usage.get(Class::Images), usage.get(Class::Input)), (Some(1), input), "{told}");
        let made = Made { count: 1, size: Some("1024x1024".to_owned()), quality: Some("low".to_owned()) };
        assert_eq!(answer.made(), Some(&made));
        let value: Value = serde_json::from_slice(&answer.seal(&usage, UsageSource::Provider)).unwrap();
        let expect = json!({"input_tokens": 4, "output_tokens": 9, "total_tokens": 13});
        assert_eq!(value.get("usage"), shown.then_some(&expect), "{told}");
    }
}

const ANSWER: &str = r#"{"created":1,"background":"auto","data":[{"b64_json":"AAAA","revised_prompt":"a"},{"url":"https://a/b","x":[1]}],"output_format":"png","quality":"low","size":"1x1","usage":{"input_tokens":2,"output_tokens":2,"total_tokens":4,"input_tokens_details":{"text_tokens":2,"image_tokens":0}}}"#;
const GEMINI_ANSWER: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":3,"totalTokenCount":5}}"#;
const REQUEST: &str = r#"{"model":"m","prompt":"a \u00e9","n":1,"size":"1024x1024","quality":"auto","response_format":"b64_json","user":"u","x":[1]}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_damage_makes_a_codec_panic(
        at in 0_usize..ANSWER.len(), drop in 0_usize..30, put in "[\\[\\]{}\":,a-z0-9 \\\\]{0,8}", images in 0_u32..3,
    ) {
        let damaged = |text: &str| {
            let at = at.min(text.len());
            let to = (at + drop).min(text.len());
            [&text.as_bytes()[..at], put.as_bytes(), &text.as_bytes()[to..]].concat()
        };
        for (upstream, answer) in [(OPENAI, ANSWER), (GEMINI, GEMINI_ANSWER)] {
            if let Ok(mut answer) = Answer::read(&awaiting(upstream, images), &Bytes::from(damaged(answer))) {
                let came = answer.made().unwrap().count;
                prop_assert!((1..=images).contains(&came));
                prop_assert_eq!(answer.tally().usage().get(Class::Images), Some(u64::from(came)));
                let ours = vec!["https://ours/\"1\"".to_owned(); answer.addresses().len()];
                answer.readdress(&ours);
                let sealed = answer.seal(&Usage::NONE, UsageSource::Provider);
                let value: Value = serde_json::from_slice(&sealed).expect("a passed answer is JSON");
                prop_assert_eq!(value["data"].as_array().unwrap().len(), came as usize);
            }
            if let Ok((body, _)) = sent(upstream, &Bytes::from(damaged(REQUEST))) {
                serde_json::from_slice::<Value>(&body).expect("a request is JSON");
            }
        }
    }
}
