//! Embeddings: the golden transcripts of both kinds of servers, and answers that no server should give. In:
//! corpus/embeddings/ and corpus/gemini_embeddings/. Out: differences. Never here: forms of inputs and of single vectors
//! (they are tested beside the code).

use crate::corpus::{check, losses_text, request_of, told, usage_text};
use crate::run::{folders, spec};
use bytes::Bytes;
use canon::{Dialect, Fault, Loss};
use dialect::lane::{Answer, StreamFault, StreamSpec};
use dialect::{Target, Vectors, call_path, encode_embeddings, peek, straight};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use units::{Class, Usage, UsageSource};

const OPENAI: Dialect = Dialect::Embeddings;
const GEMINI: Dialect = Dialect::GeminiEmbeddings;

fn awaiting(upstream: Dialect, vectors: Vectors) -> StreamSpec {
    StreamSpec { vectors, ..spec(OPENAI, upstream) }
}

/// The request as its server gets it.
fn sent(upstream: Dialect, body: &Bytes) -> Result<(Bytes, Vec<Loss>), Fault> {
    let target = Target::new(upstream, "upstream-model", 1);
    let look = peek(OPENAI, body)?;
    if upstream == OPENAI {
        return Ok((straight::prepare(body, &look, &target), Vec::new()));
    }
    encode_embeddings(body, &target).map(|encoded| (encoded.body, encoded.losses))
}

/// What the files of a case should be.
fn expected(upstream: Dialect, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (client, body) = request_of(folder).unwrap();
    assert_eq!(client, OPENAI);
    let (request, losses) = match sent(upstream, &body) {
        Ok((body, losses)) => (String::from_utf8(body.to_vec()).unwrap() + "\n", losses_text(&losses)),
        Err(fault) => (told(&fault) + "\n", "[]\n".to_owned()),
    };
    let vectors = peek(OPENAI, &body).unwrap().vectors;
    let answer = Bytes::from(fs::read(folder.join("upstream.json")).unwrap());
    let (text, usage) = match Answer::read(&awaiting(upstream, vectors), &answer) {
        Ok(answer) => {
            let usage = *answer.tally().usage();
            // What a provider does not tell, the server counts.
            let (charged, source) = match usage.is_empty() {
                true => (Usage::NONE.with(Class::Input, 99), UsageSource::Estimated),
                false => (usage, UsageSource::Provider),
            };
            (String::from_utf8(answer.seal(&charged, source).to_vec()).unwrap(), usage)
        }
        Err(fault) => (told(&fault.to_fault()), Usage::NONE),
    };
    for secret in ["UPSTREAM", "upstream-", "host-7", "fp_secret", "cost", "PROVIDER"] {
        assert!(!text.contains(secret), "{folder:?} tells {secret}");
    }
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        assert_eq!((&value["object"], &value["model"]), (&json!("list"), &json!("pub")), "{folder:?}");
        assert!(
            value["usage"]["prompt_tokens"].as_u64() > Some(0) && value["usage"].as_object().unwrap().len() == 2
        );
        for (n, item) in value["data"].as_array().unwrap().iter().enumerate() {
            assert_eq!((&item["object"], &item["index"]), (&json!("embedding"), &json!(n)), "{folder:?}");
        }
    }
    let text = text.trim_end().to_owned() + "\n";
    [
        ("upstream-request.json", request),
        ("loss.json", losses),
        ("client-embeddings.json", text),
        ("usage.json", usage_text(&usage)),
    ]
    .map(|(name, text)| (name.to_owned(), text.into_bytes()))
    .into()
}

/// R-API-7: both kinds of servers, compared with their reviewed transcripts.
#[test]
fn r_api_7_embeddings_equal_their_transcripts() {
    let mut wrong = Vec::new();
    for upstream in [OPENAI, GEMINI] {
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
    for (dialect, model, path) in [
        (OPENAI, "m", "/embeddings"),
        (GEMINI, "gemini-embedding-001", "/models/gemini-embedding-001:batchEmbedContents"),
        (GEMINI, "models/a b", "/models/a%20b:batchEmbedContents"),
        (GEMINI, "tunedModels/x?", "/tunedModels/x%3F:batchEmbedContents"),
    ] {
        assert_eq!(call_path(&Target::new(dialect, model, 1), false), path);
    }
}

/// Every byte but the model's name is the client's.
#[test]
fn r_wire_2_a_straight_request_keeps_its_bytes() {
    let body = Bytes::from("{ \"input\" :[\"a\\u00e9\"],\n\"x\":1e2, \"model\":\"pub\" ,\"stream\":false}");
    let (sent, _) = sent(OPENAI, &body).unwrap();
    assert_eq!(sent, String::from_utf8(body.to_vec()).unwrap().replace("pub", "upstream-model"));
}

#[test]
fn a_gemini_server_takes_a_hundred_inputs() {
    let body = |n: usize| Bytes::from(json!({"model": "m", "input": vec!["a"; n]}).to_string());
    assert!(sent(GEMINI, &body(100)).is_ok());
    assert_eq!(sent(GEMINI, &body(101)).unwrap_err().param.as_deref(), Some("input"));
}

fn read(upstream: Dialect, vectors: Vectors, body: &str) -> Result<Value, StreamFault> {
    let answer = Answer::read(&awaiting(upstream, vectors), &Bytes::from(body.to_owned()))?;
    Ok(serde_json::from_slice(&answer.seal(&Usage::NONE, UsageSource::Estimated)).unwrap())
}

/// What is not one vector of finite numbers for each input is a broken upstream, never a wrong answer.
#[test]
fn r_wire_4_nonsense_is_a_broken_upstream() {
    let two = Vectors { count: 2, base64: false };
    let openai = |data: &str| read(OPENAI, two, &format!(r#"{{"object":"list","data":{data},"model":"m"}}"#));
    assert!(openai(r#"[{"index":1,"embedding":[1]},{"index":0,"embedding":"AACAPw=="}]"#).is_ok());
    for bad in [
        "[]",
        "null",
        "{}",
        r#"[{"embedding":[1]}]"#,
        r#"[{"embedding":[1]},{"embedding":[1]},{"embedding":[1]}]"#,
        r#"[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]"#,
        r#"[{"index":1,"embedding":[1]},{"index":2,"embedding":[1]}]"#,
        r#"[{"index":"0","embedding":[1]},{"index":1,"embedding":[1]}]"#,
        r#"[{"index":0},{"index":1,"embedding":[1]}]"#,
        r#"[[1],[1]]"#,
        r#"[{"embedding":[1]},{"embedding":[]}]"#,
        r#"[{"embedding":[1]},{"embedding":[NaN]}]"#,
        r#"[{"embedding":[1]},{"embedding":[null]}]"#,
        r#"[{"embedding":[1]},{"embedding":[1e400]}]"#,
        r#"[{"embedding":[1]},{"embedding":"AAAA"}]"#,
        r#"[{"embedding":[1]},{"embedding":"AADAfw=="}]"#,
        r#"[{"embedding":[1]},{"embedding":{"float":[1]}}]"#,
        r#"[{"embedding":[1],"embedding":[2]},{"embedding":[1]}]"#,
    ] {
        assert_eq!(openai(bad), Err(StreamFault::Garbage), "{bad}");
    }
    let gemini = |list: &str| read(GEMINI, two, &format!(r#"{{"embeddings":{list}}}"#));
    assert!(gemini(r#"[{"values":[1]},{"values":[2]}]"#).is_ok());
    for bad in [
        "[]",
        "null",
        r#"[{"values":[1]}]"#,
        r#"[{"values":[1]},{"values":[]}]"#,
        r#"[{"values":[1]},{"values":["NaN"]}]"#,
        r#"[{"values":[1]},{"values":[1e39]}]"#,
        r#"[{"values":[1]},{}]"#,
        r#"[{"values":[1]},[1]]"#,
    ] {
        assert_eq!(gemini(bad), Err(StreamFault::Garbage), "{bad}");
    }
    for upstream in [OPENAI, GEMINI] {
        for bad in ["", "{", "[]", "null", "{}", "{} {}"] {
            assert_eq!(read(upstream, two, bad), Err(StreamFault::Garbage), "{bad}");
        }
        let error = r#"{"error":{"message":"x","status":"UNAVAILABLE","type":"server_error"}}"#;
        assert!(matches!(read(upstream, two, error), Err(StreamFault::Upstream(_))));
    }
}

/// The upstream's usage stays where it is the truth; what the server counted takes its place where it is not.
#[test]
fn usage_is_read_and_completed() {
    let one = Vectors { count: 1, base64: false };
    for (told, input, shown) in [
        (r#","usage":{"prompt_tokens":4,"total_tokens":4}"#, Some(4), 4),
        (r#","usage":{"prompt_tokens":4}"#, Some(4), 4),
        (r#","usage":{"total_tokens":4}"#, Some(4), 4),
        (r#","usage":{"prompt_tokens":0,"total_tokens":0}"#, None, 99),
        (r#","usage":{"prompt_tokens":"4"}"#, None, 99),
        (r#","usage":{"prompt_tokens":-4}"#, None, 99),
        (r#","usage":null"#, None, 99),
        (r#","usage":[]"#, None, 99),
        ("", None, 99),
    ] {
        let body = Bytes::from(format!(r#"{{"data":[{{"embedding":[1]}}]{told}}}"#));
        let answer = Answer::read(&awaiting(OPENAI, one), &body).unwrap();
        assert_eq!(answer.tally().usage().get(Class::Input), input, "{told}");
        let (usage, source) = match input {
            Some(_) => (*answer.tally().usage(), UsageSource::Provider),
            None => (Usage::NONE.with(Class::Input, 99), UsageSource::Estimated),
        };
        let value: Value = serde_json::from_slice(&answer.seal(&usage, source)).unwrap();
        assert_eq!(value["usage"], json!({"prompt_tokens": shown, "total_tokens": shown}), "{told}");
    }
    let huge = Bytes::from(r#"{"data":[{"embedding":[1]}],"usage":{"prompt_tokens":1e30}}"#);
    assert!(Answer::read(&awaiting(OPENAI, one), &huge).unwrap().tally().usage().is_absurd());
}

const ANSWER: &str = r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1e-3]},{"object":"embedding","index":1,"embedding":"AACAPw=="}],"model":"m","usage":{"prompt_tokens":2,"total_tokens":2}}"#;
const REQUEST: &str =
    r#"{"model":"m","input":["a","b"],"encoding_format":"base64","dimensions":3,"user":"u","x":[1]}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_damage_makes_a_codec_panic(
        at in 0_usize..ANSWER.len(), drop in 0_usize..30, put in "[\\[\\]{}\":,a-z0-9 \\\\]{0,8}", base64 in any::<bool>(),
    ) {
        let damaged = |text: &str| {
            let at = at.min(text.len());
            let to = (at + drop).min(text.len());
            [&text.as_bytes()[..at], put.as_bytes(), &text.as_bytes()[to..]].concat()
        };
        let vectors = Vectors { count: 2, base64 };
        for upstream in [OPENAI, GEMINI] {
            let body = damaged(ANSWER);
            if let Ok(answer) = Answer::read(&awaiting(upstream, vectors), &Bytes::from(body)) {
                let sealed = answer.seal(&Usage::NONE, UsageSource::Estimated);
                serde_json::from_slice::<Value>(&sealed).expect("a passed answer is JSON");
            }
            if let Ok((body, _)) = sent(upstream, &Bytes::from(damaged(REQUEST))) {
                serde_json::from_slice::<Value>(&body).expect("a request is JSON");
            }
        }
    }
}
