//! Completions as its clients read it: the rules of their streams, the echo of a prompt, requests as other servers get them.
//! Never here: single answers (corpus), refusals of fields (tested beside the code).

use crate::run::{CHAT, DONE, MESSAGES, Ran, chunk, frames, spec, stream, streams, usage_chunk};
use bytes::Bytes;
use canon::Dialect;
use dialect::lane::{Answer, StreamSpec};
use dialect::{Target, decode_request, encode_request};
use proptest::prelude::*;
use serde_json::{Value, json};
use units::UsageSource;

const COMPLETIONS: Dialect = Dialect::Completions;

/// The text of a stream; checks the rules of its readers on the way.
fn text(ran: &Ran, show_usage: bool) -> String {
    let whole = ran.text();
    let mut out = String::new();
    let (mut finish, mut usage, mut failed) = (0, 0, false);
    for (event, value) in frames(&whole) {
        assert!(event.is_empty(), "{whole}");
        if value.get("error").is_some() {
            failed = true;
            continue;
        }
        assert_eq!(value["object"], "text_completion", "{whole}");
        assert_eq!((&value["id"], &value["model"]), (&json!("cmpl-ours"), &json!("pub")), "{whole}");
        usage += usize::from(value.get("usage").is_some());
        for choice in value["choices"].as_array().unwrap() {
            assert_eq!((&choice["index"], &choice["logprobs"]), (&json!(0), &Value::Null), "{whole}");
            assert_eq!(finish, 0, "a choice behind its finish: {whole}");
            out.push_str(choice["text"].as_str().unwrap());
            if let Some(word) = choice["finish_reason"].as_str() {
                assert!(["stop", "length", "content_filter"].contains(&word), "{whole}");
                finish += 1;
            }
        }
    }
    let done = whole.matches("data: [DONE]").count();
    let ends = usize::from(!failed);
    assert_eq!((finish, done, usage), (ends, ends, usize::from(show_usage && !failed)), "{whole}");
    out
}

/// What another client of the converting lane reads of the same stream: texts and refusals.
fn other_text(upstream: Dialect, bytes: &[u8]) -> String {
    let client = if upstream == MESSAGES { CHAT } else { MESSAGES };
    let mut out = String::new();
    for (_, value) in frames(&stream(&spec(client, upstream), bytes, &[usize::MAX]).text()) {
        let delta = if client == CHAT { &value["choices"][0]["delta"] } else { &value["delta"] };
        for key in ["content", "refusal", "text"] {
            out.push_str(delta[key].as_str().unwrap_or_default());
        }
    }
    out
}

/// Every stream of the corpus: the same text as other clients have, and nothing but it; usage only for who asked.
#[test]
fn r_wire_1_streams_have_the_text_and_nothing_else() {
    for (upstream, bytes) in streams() {
        for show_usage in [true, false] {
            let spec = StreamSpec { show_usage, ..spec(COMPLETIONS, upstream) };
            let ran = stream(&spec, &bytes, &[usize::MAX]);
            assert_eq!(text(&ran, show_usage), other_text(upstream, &bytes), "{}", ran.text());
        }
    }
}

/// The echo comes first, is no output, and does not make an answer of none.
#[test]
fn an_echo_comes_before_the_answer() {
    let answered = chunk(r#"{"role":"assistant","content":"B"}"#, "null") + &chunk("{}", "\"stop\"") + DONE;
    let silent = chunk(r#"{"role":"assistant"}"#, "null") + &chunk("{}", "\"length\"") + &usage_chunk("{}") + DONE;
    let broken = "data: {\"error\":{\"message\":\"x\"}}\n\n".to_owned();
    for (up, expect, bytes) in [(&answered, "A\nB", 1), (&silent, "A\n", 0), (&broken, "", 0)] {
        let spec = StreamSpec { lead: Some("A\n".to_owned()), ..spec(COMPLETIONS, CHAT) };
        let ran = stream(&spec, up.as_bytes(), &[usize::MAX]);
        assert_eq!(text(&ran, true), expect, "{}", ran.text());
        assert_eq!(ran.tally.text_bytes(), bytes);
    }
    let body = Bytes::from(r#"{"choices":[{"message":{"content":"B"},"finish_reason":"length"}]}"#);
    let spec = StreamSpec { lead: Some("A\n".to_owned()), ..spec(COMPLETIONS, CHAT) };
    let answer = Answer::read(&spec, &body).unwrap();
    assert_eq!(answer.tally().text_bytes(), 1);
    let usage = *answer.tally().usage();
    let value: Value = serde_json::from_slice(&answer.seal(&usage, UsageSource::Provider)).unwrap();
    assert_eq!(value["choices"][0], json!({"text":"A\nB","index":0,"logprobs":null,"finish_reason":"length"}));
}

/// R-API-3: the prompt as servers of other dialects get it; what has no place there is told.
#[test]
fn r_api_3_a_prompt_is_a_message_to_others() {
    let body = r#"{"model":"m","prompt":["Say hi"],"max_tokens":9,"stop":"\n","seed":1,"logit_bias":{"5":-100},"user":"u","echo":true,"x":1}"#;
    let (request, _) = decode_request(COMPLETIONS, &Bytes::from(body)).unwrap();
    assert_eq!(request.lead.as_deref(), Some("Say hi"));
    for (to, expect, lost) in [
        (
            CHAT,
            json!({"model":"t","messages":[{"role":"user","content":"Say hi"}],"max_completion_tokens":9,"stop":["\n"],"user":"u","seed":1,"logit_bias":{"5":-100}}),
            vec!["x"],
        ),
        (
            MESSAGES,
            json!({"model":"t","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"Say hi"}]}],"metadata":{"user_id":"u"}}),
            vec!["logit_bias", "seed", "stop", "x"],
        ),
    ] {
        let encoded = encode_request(&request, &Target::new(to, "t", 100)).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&encoded.body).unwrap(), expect);
        let mut paths: Vec<&str> = encoded.losses.iter().map(|loss| loss.path.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, lost);
    }
}

/// Writers call a prompt a message; its client reads of its own fields.
#[test]
fn faults_name_the_fields_of_the_client() {
    let body = Bytes::from(r#"{"model":"m","prompt":" \n","max_tokens":9}"#);
    let (request, _) = decode_request(COMPLETIONS, &body).unwrap();
    for to in Dialect::ALL {
        if let Err(fault) = encode_request(&request, &Target::new(*to, "t", 100)) {
            assert_eq!(fault.param.as_deref(), Some("prompt"), "{to:?}");
            assert!(!fault.told.contains("messages"), "{}", fault.told);
        }
    }
}

const REQUEST: &str = r#"{"model":"m","prompt":["a"],"suffix":"","echo":true,"n":1,"best_of":1,"stop":["x"],"seed":1,"stream":true,"stream_options":{"include_usage":true}}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Pitfalls 21, 22: any cutting of the bytes gives the same, with and without an echo.
    #[test]
    fn pitfall_21_22_any_cutting_gives_the_same(
        n in 0_usize..1000, sizes in prop::collection::vec(1_usize..90, 1..6), lead in prop::option::of("\\PC{0,9}"),
    ) {
        let streams = streams();
        let (upstream, bytes) = &streams[n % streams.len()];
        let spec = StreamSpec { lead, ..spec(COMPLETIONS, *upstream) };
        prop_assert_eq!(stream(&spec, bytes, &sizes), stream(&spec, bytes, &[usize::MAX]));
    }

    #[test]
    fn no_damage_makes_a_codec_panic(
        n in 0_usize..1000, at in 0_usize..10_000, drop in 0_usize..30, put in "[\\[\\]{}\":,a-z0-9\n \\\\]{0,8}",
    ) {
        let damaged = |bytes: &[u8]| {
            let at = at % bytes.len();
            [&bytes[..at], put.as_bytes(), &bytes[(at + drop).min(bytes.len())..]].concat()
        };
        let streams = streams();
        let (upstream, bytes) = &streams[n % streams.len()];
        stream(&spec(COMPLETIONS, *upstream), &damaged(bytes), &[usize::MAX]);
        let body = Bytes::from(damaged(REQUEST.as_bytes()));
        let looked = dialect::peek(COMPLETIONS, &body);
        let decoded = decode_request(COMPLETIONS, &body);
        // Whatever the look lets in can be read, but for a prompt of tokens and for fields that only servers read.
        let late = ["stop", "top_k", "seed", "presence_penalty", "frequency_penalty"];
        if looked.is_ok() && dialect::prompt_tokens(&body).is_none() && let Err(fault) = decoded {
            let field = fault.param.as_deref().unwrap_or_default();
            prop_assert!(late.iter().any(|late| field.starts_with(late)), "{} {:?}", fault, body);
        }
    }
}
