//! Mistakes that other gateways made with Gemini, each as a test; and what only its clients see. Never here: single
//! transcripts (corpus), requests (crate's convert tests).

use crate::run::{CHAT, GEMINI, MESSAGES, answer, frames, run, spec, stream};
use canon::StopReason;
use dialect::lane::StreamSpec;
use serde_json::Value;

/// A frame of an upstream; `finish` is empty where it goes on.
fn up(parts: &str, finish: &str) -> String {
    let finish = if finish.is_empty() { String::new() } else { format!(",\"finishReason\":\"{finish}\"") };
    format!(
        "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{parts}],\"role\":\"model\"}}{finish}}}],\"modelVersion\":\"never-heard-of\"}}\n\n"
    )
}

/// The parts that a Gemini client gets, in order.
fn parts(text: &str) -> Vec<Value> {
    let all = frames(text)
        .into_iter()
        .flat_map(|(_, frame)| frame["candidates"][0]["content"]["parts"].as_array().cloned().unwrap_or_default());
    all.filter(|part| part["text"] != "" || part.get("thoughtSignature").is_some()).collect()
}

fn texts(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Pitfall 1, 10: a model that no table knows streams calls and texts, each with the bytes that carried it.
#[test]
fn pitfall_01_10_an_unknown_model_streams_calls() {
    let first = up(r#"{"text":"a"}"#, "");
    let call = up(r#"{"functionCall":{"name":"f","args":{"a":1}}}"#, "");
    let end = up(r#"{"text":"b"}"#, "STOP");
    for client in [CHAT, MESSAGES, GEMINI] {
        let early = texts(&run(GEMINI, client, &first).before);
        assert!(early.contains("\"a\""), "{early}");
        let both = texts(&run(GEMINI, client, &(first.clone() + &call)).before);
        assert!(both.contains("\"f\"") && both.contains("a") && both.len() > early.len(), "{both}");
        let all = run(GEMINI, client, &(first.clone() + &call + &end));
        assert_eq!((all.fault, all.tally.stop().unwrap().reason), (None, StopReason::ToolUse));
    }
}

/// Pitfall 11: arguments that an upstream cuts anywhere reach a Gemini client whole, in one part.
#[test]
fn pitfall_11_arguments_are_whole_for_a_gemini_client() {
    let arguments = r#"{"code":"a\"b{}","n":[9007199254740993,{"é":null}]}"#;
    for at in (1..arguments.len()).filter(|at| arguments.is_char_boundary(*at)) {
        let piece = |text: &str| {
            format!(
                "data: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"input_json_delta\",\"partial_json\":{}}}}}\n\n",
                Value::from(text)
            )
        };
        let (one, two) = arguments.split_at(at);
        let up = "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}\n\n".to_owned()
            + &piece(one)
            + &piece(two)
            + "data: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"message_stop\"}\n\n";
        let text = run(MESSAGES, GEMINI, &up).text();
        assert!(
            text.contains(&format!(r#"{{"functionCall":{{"id":"t","name":"f","args":{arguments}}}}}"#)),
            "{text}"
        );
        assert_eq!(parts(&text).len(), 1);
    }
}

/// Pitfall 12: a call without arguments has an empty object, whoever says nothing.
#[test]
fn pitfall_12_calls_without_arguments() {
    for args in ["", r#","args":{}"#, r#","args":null"#] {
        let up = up(&format!(r#"{{"functionCall":{{"name":"f"{args}}}}}"#), "STOP");
        let chat = run(GEMINI, CHAT, &up).text();
        assert!(chat.contains(r#""arguments":"{}""#) && chat.contains(r#""finish_reason":"tool_calls""#), "{chat}");
    }
    let up = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
    assert_eq!(parts(&run(CHAT, GEMINI, up).text())[0]["functionCall"]["args"], serde_json::json!({}));
}

/// Pitfall 14: ids that the server forgot are the same in every fragment, and differ.
#[test]
fn pitfall_14_calls_get_ids() {
    let calls = r#"{"functionCall":{"name":"f"}},{"functionCall":{"name":"f"}}"#;
    let text = run(GEMINI, CHAT, &up(calls, "STOP")).text();
    assert!(text.contains("\"call_ours_0\"") && text.contains("\"call_ours_1\""), "{text}");
}

/// Pitfalls 42, 43: a signature stands before the call it proves, alone, and not before its neighbours.
#[test]
fn pitfall_42_43_signatures_reach_other_clients() {
    let calls = r#"{"functionCall":{"name":"f"},"thoughtSignature":"S"},{"functionCall":{"name":"g"}}"#;
    let text = run(GEMINI, MESSAGES, &up(calls, "STOP")).text();
    let kinds: Vec<Value> = frames(&text)
        .into_iter()
        .filter(|(event, _)| event == "content_block_start")
        .map(|(_, frame)| frame["content_block"]["type"].clone())
        .collect();
    assert_eq!(kinds, ["redacted_thinking", "tool_use", "tool_use"]);
    assert!(text.contains("tg1.0123456789abcdef.S"));
    let chat = run(GEMINI, CHAT, &up(calls, "STOP")).text();
    assert!(chat.contains(r#""format":"google-gemini-v1""#), "{chat}");
}

/// Pitfall 60: a call under STOP, a refused prompt and a broken call each end well for every client.
#[test]
fn pitfall_60_every_end_is_an_end() {
    let blocked = "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":3}}";
    let malformed = "{\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\",\"index\":0}]}";
    let call = "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]},\"finishReason\":\"STOP\"}]}";
    for (body, reason, chat, messages) in [
        (call, StopReason::ToolUse, "tool_calls", "tool_use"),
        (blocked, StopReason::Refusal, "content_filter", "refusal"),
        (malformed, StopReason::Other, "stop", "end_turn"),
    ] {
        let framed = format!("data: {body}\n\n");
        for client in [CHAT, MESSAGES, GEMINI] {
            let ran = run(GEMINI, client, &framed);
            assert_eq!(ran.fault, None);
            assert_eq!(ran.tally.stop().unwrap().reason, reason, "{client:?} {body}");
        }
        assert!(run(GEMINI, CHAT, &framed).text().contains(&format!("\"finish_reason\":\"{chat}\"")));
        assert!(run(GEMINI, MESSAGES, &framed).text().contains(&format!("\"stop_reason\":\"{messages}\"")));
        assert_eq!(answer(GEMINI, CHAT, body)["choices"][0]["finish_reason"], chat);
        assert_eq!(answer(GEMINI, MESSAGES, body)["stop_reason"], messages);
    }
}

const THINKS: &str = "data: {\"type\":\"message_start\",\"message\":{}}\n\n\
    data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n\
    data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"SECRET\"}}\n\n\
    data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"P\"}}\n\n\
    data: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
    data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"redacted_thinking\",\"data\":\"R\"}}\n\n\
    data: {\"type\":\"content_block_stop\",\"index\":1}\n\n";
const SAYS: &str = "data: {\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
    data: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n\
    data: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"text_delta\",\"text\":\"b\"}}\n\n\
    data: {\"type\":\"content_block_stop\",\"index\":2}\n\n";
const STOP: &str = "data: {\"type\":\"message_stop\"}\n\n";

/// A client that does not read thoughts gets none, and keeps every proof; where two meet, an empty text carries the first.
#[test]
fn a_client_that_reads_no_thoughts_keeps_their_proofs() {
    let hidden = StreamSpec { show_thoughts: false, ..spec(GEMINI, MESSAGES) };
    for (text, expect) in [
        (THINKS.to_owned() + SAYS + STOP, [("", true), ("a", true), ("b", false)].as_slice()),
        (THINKS.to_owned() + STOP, [("", true), ("", true)].as_slice()),
    ] {
        let ran = stream(&hidden, text.as_bytes(), &[usize::MAX]);
        assert!(!ran.text().contains("SECRET"));
        let found = parts(&ran.text());
        let found: Vec<(&str, bool)> =
            found.iter().map(|p| (p["text"].as_str().unwrap(), p.get("thoughtSignature").is_some())).collect();
        assert_eq!(found, expect);
        let shown = run(MESSAGES, GEMINI, &text).text();
        assert_eq!(parts(&shown)[0], serde_json::json!({"text": "SECRET", "thought": true}));
        // What was thought counts as shown nowhere but to who reads it.
        assert_eq!(ran.tally, run(MESSAGES, GEMINI, &text).tally);
    }
}

/// A broken call is kept inside an object.
#[test]
fn broken_arguments_are_kept_inside_an_object() {
    let up = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\"}}]},\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n";
    let text = run(CHAT, GEMINI, up).text();
    assert_eq!(parts(&text)[0]["functionCall"]["args"], serde_json::json!({"_raw": "{\"a"}));
    assert!(text.contains("\"finishReason\":\"MAX_TOKENS\""));
}

/// Without `alt=sse` a stream is one JSON array, on both lanes and however it ends.
#[test]
fn a_stream_may_be_one_array() {
    let good = up(r#"{"text":"a"}"#, "") + &up(r#"{"text":"b"}"#, "STOP");
    let crlf = good.replace('\n', "\r\n");
    let broken = up(r#"{"text":"a"}"#, "") + "data: {\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}\n\n";
    let messages = THINKS.to_owned() + SAYS + STOP;
    for (upstream, text, count, fails) in [
        (GEMINI, good.as_str(), 2, false),
        (GEMINI, &crlf, 2, false),
        (GEMINI, &broken, 2, true),
        (GEMINI, "", 1, true),
        (MESSAGES, &messages, 5, false),
    ] {
        let array = StreamSpec { array: true, ..spec(GEMINI, upstream) };
        let whole = stream(&array, text.as_bytes(), &[usize::MAX]);
        let text_of = whole.text();
        let all: Vec<Value> = serde_json::from_str(&text_of).expect(&text_of);
        assert_eq!(all.len(), count, "{}", whole.text());
        assert_eq!(all.last().unwrap().get("error").is_some(), fails, "{text}");
        assert_eq!(stream(&array, text.as_bytes(), &[1]), whole);
        let events = stream(&spec(GEMINI, upstream), text.as_bytes(), &[usize::MAX]);
        let plain: Vec<Value> = frames(&events.text()).into_iter().map(|(_, frame)| frame).collect();
        assert_eq!(all, plain);
    }
    // The first word goes out with the bytes that carried it.
    let array = StreamSpec { array: true, ..spec(GEMINI, GEMINI) };
    let early = texts(&stream(&array, up(r#"{"text":"a"}"#, "").as_bytes(), &[usize::MAX]).before);
    assert!(early.starts_with("[{") && early.contains("\"a\""), "{early}");
}
