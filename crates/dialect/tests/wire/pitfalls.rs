//! Mistakes that other gateways shipped (by number), each as a test. Never here: those of requests
//! (crate's convert tests) and those that need a server.

use crate::run::{CHAT, DONE, MESSAGES, answer, chunk, frames, run, usage_chunk};
use canon::{Dialect, StopReason};
use serde_json::Value;

/// The blocks of a Messages stream: type, text or input, in order.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for (event, value) in frames(text) {
        match event.as_str() {
            "content_block_start" => {
                let block = &value["content_block"];
                let kind = block["type"].as_str().unwrap();
                let name = block["name"].as_str().unwrap_or_default();
                out.push((format!("{kind}{name}"), String::new()));
            }
            "content_block_delta" => {
                let delta = &value["delta"];
                let keys = ["text", "thinking", "partial_json"];
                let text = keys.iter().find_map(|k| delta[*k].as_str());
                out[value["index"].as_u64().unwrap() as usize].1.push_str(text.unwrap_or_default());
            }
            _ => {}
        }
    }
    out
}

fn expect_blocks(text: &str, expect: &[(&str, &str)]) {
    let found = blocks(text);
    let found: Vec<(&str, &str)> = found.iter().map(|(k, t)| (k.as_str(), t.as_str())).collect();
    assert_eq!(found, expect);
}

fn stop_reason(text: &str) -> Value {
    let delta = frames(text).into_iter().find(|(e, _)| e == "message_delta").unwrap().1;
    delta["delta"]["stop_reason"].clone()
}

fn call(index: u8, id: &str, name: &str, arguments: &str) -> String {
    format!(
        r#"{{"index":{index},"id":"{id}","type":"function","function":{{"name":"{name}","arguments":{}}}}}"#,
        Value::from(arguments)
    )
}

fn more(index: u8, arguments: &str) -> String {
    format!(r#"{{"index":{index},"function":{{"arguments":{}}}}}"#, Value::from(arguments))
}

fn calls(list: &[String]) -> String {
    chunk(&format!(r#"{{"tool_calls":[{}]}}"#, list.join(",")), "null")
}

fn end(word: &str) -> String {
    chunk("{}", &format!("\"{word}\"")) + DONE
}

#[test]
fn pitfall_01_name_and_arguments_in_one_chunk() {
    let up = calls(&[call(0, "a", "f", r#"{"a":1}"#)]) + &end("tool_calls");
    expect_blocks(&run(CHAT, MESSAGES, &up).text(), &[("tool_usef", r#"{"a":1}"#)]);
}

#[test]
fn pitfall_02_03_parallel_calls_are_put_in_order() {
    let up = chunk(r#"{"role":"assistant","content":"t"}"#, "null")
        + &calls(&[call(0, "a", "f", "")])
        + &calls(&[call(1, "b", "g", "")])
        + &calls(&[more(0, r#"{"x""#), more(1, r#"{"y""#)])
        + &calls(&[more(1, ":2}")])
        + &calls(&[more(0, ":1}")])
        + &end("tool_calls");
    let text = run(CHAT, MESSAGES, &up).text();
    expect_blocks(&text, &[("text", "t"), ("tool_usef", r#"{"x":1}"#), ("tool_useg", r#"{"y":2}"#)]);
    crate::strict::check_messages(&text);
}

#[test]
fn pitfall_04_05_blocks_open_with_what_comes_first() {
    let up = chunk(r#"{"role":"assistant","content":""}"#, "null")
        + &chunk(r#"{"content":"","reasoning_content":"r"}"#, "null")
        + &chunk(r#"{"content":"t"}"#, "null")
        + &end("stop");
    let text = run(CHAT, MESSAGES, &up).text();
    expect_blocks(&text, &[("thinking", "r"), ("text", "t")]);
    assert_eq!(text.matches("event: message_start").count(), 1);
    let up =
        chunk(r#"{"role":"assistant","content":""}"#, "null") + &calls(&[call(0, "a", "f", "{}")]) + &end("stop");
    let ran = run(CHAT, MESSAGES, &up);
    expect_blocks(&ran.text(), &[("tool_usef", "{}")]);
    assert_eq!(stop_reason(&ran.text()), "tool_use");
    let body = r#"{"choices":[{"message":{"content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]}"#;
    let whole = answer(CHAT, MESSAGES, body);
    assert_eq!(
        (&whole["stop_reason"], &whole["content"][0]["type"]),
        (&Value::from("tool_use"), &Value::from("tool_use"))
    );
}

#[test]
fn pitfall_06_07_18_one_chunk_may_carry_everything() {
    let first = format!(r#"{{"role":"assistant","content":"t","tool_calls":[{}]}}"#, call(0, "a", "f", r#"{"x""#));
    let last = format!(r#"{{"tool_calls":[{}]}}"#, call(0, "a", "", ":1}"));
    let up = chunk(&first, "null")
        + &chunk(&last, "\"tool_calls\"")
            .replace("\"choices\"", "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":2},\"choices\"")
        + DONE;
    let ran = run(CHAT, MESSAGES, &up);
    expect_blocks(&ran.text(), &[("text", "t"), ("tool_usef", r#"{"x":1}"#)]);
    assert_eq!(ran.tally.usage().prompt_total(), 4);
    let straight = run(CHAT, CHAT, &up);
    assert!(String::from_utf8(straight.before).unwrap().contains(r#""arguments":":1}""#));
    assert_eq!(straight.tally.usage(), ran.tally.usage());
}

#[test]
fn pitfall_11_arguments_cut_at_every_byte_are_whole() {
    let arguments = r#"{"code":"a\"b{}","n":[1,{"é":null}]}"#;
    for at in (1..arguments.len()).filter(|at| arguments.is_char_boundary(*at)) {
        let (one, two) = arguments.split_at(at);
        let up = calls(&[call(0, "a", "f", one)]) + &calls(&[more(0, two)]) + &end("tool_calls");
        expect_blocks(&run(CHAT, MESSAGES, &up).text(), &[("tool_usef", arguments)]);
    }
}

#[test]
fn pitfall_12_calls_without_arguments() {
    let up = "data: {\"type\":\"message_start\",\"message\":{}}\n\n\
        data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}}}\n\n\
        data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\"}}\n\n\
        data: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"message_stop\"}\n\n";
    let text = run(MESSAGES, CHAT, up).text();
    assert!(text.contains(r#"{"index":0,"function":{"arguments":"{}"}}"#), "{text}");
    assert!(text.contains("\"finish_reason\":\"tool_calls\""));
}

#[test]
fn pitfall_13_14_15_servers_that_forget() {
    let up = chunk(
        r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{}"}}]}"#,
        "\"\"",
    ) + &chunk(r#"{"tool_calls":[{"function":{"name":"h","arguments":"{}"}}]}"#, "\"\"")
        .replace("\"tool_calls\":[{", "\"tool_calls\":[{\"index\":2,")
        + DONE;
    let ran = run(CHAT, MESSAGES, &up);
    expect_blocks(&ran.text(), &[("tool_usef", "{}"), ("tool_useg", "{}"), ("tool_useh", "{}")]);
    assert_eq!(stop_reason(&ran.text()), "tool_use");
    let straight = run(CHAT, CHAT, &up);
    crate::strict::check_chat(&straight.text());
    assert!(straight.text().contains("call_ours_0_2"), "{}", straight.text());
    // Servers that give every call the index 0.
    let up = calls(&[call(0, "a", "f", "{}")]) + &calls(&[call(0, "b", "g", "{}")]) + &end("tool_calls");
    expect_blocks(&run(CHAT, MESSAGES, &up).text(), &[("tool_usef", "{}"), ("tool_useg", "{}")]);
}

/// Pitfall 15: a Messages server may forget ids as well; a result finds its call by them.
#[test]
fn pitfall_15_calls_of_messages_servers_have_ids() {
    let up = "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"name\":\"f\",\"input\":{}}}\n\n\
        data: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
        data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"\",\"name\":\"g\",\"input\":{}}}\n\n\
        data: {\"type\":\"content_block_stop\",\"index\":1}\n\ndata: {\"type\":\"message_stop\"}\n\n";
    let text = run(MESSAGES, CHAT, up).text();
    crate::strict::check_chat(&text);
    assert!(text.contains("\"id\":\"call_ours_0\"") && text.contains("\"id\":\"call_ours_1\""), "{text}");
}

#[test]
fn pitfall_16_17_19_20_usage_is_read_to_the_end_and_told_once() {
    let zero = r#"{"prompt_tokens":0,"completion_tokens":0}"#;
    let with = |frame: String, usage: &str| frame.replace("\"choices\"", &format!("\"usage\":{usage},\"choices\""));
    let up = with(chunk(r#"{"role":"assistant","content":"a"}"#, "null"), zero)
        + &with(chunk("{}", "\"stop\""), r#"{"prompt_tokens":100,"completion_tokens":5}"#)
        + &usage_chunk(
            r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":80}}"#,
        )
        + DONE;
    let text = run(CHAT, MESSAGES, &up).text();
    let deltas: Vec<Value> = frames(&text).into_iter().filter(|(e, _)| e == "message_delta").map(|f| f.1).collect();
    assert_eq!(deltas.len(), 1);
    assert_eq!(deltas[0]["usage"]["input_tokens"], 20);
    assert_eq!(deltas[0]["usage"]["cache_read_input_tokens"], 80);
    let straight = run(CHAT, CHAT, &up);
    assert_eq!(straight.tally.usage().prompt_total(), 100);
    assert_eq!(straight.text().matches("\"prompt_tokens\"").count(), 1);
}

#[test]
fn pitfall_23_25_26_no_end_is_made_up() {
    let up = chunk(r#"{"role":"assistant","content":"a"}"#, "null") + &chunk("{}", "\"stop\"");
    for end in 0..up.len() - 2 {
        let ran = run(CHAT, MESSAGES, &up[..end]);
        assert!(ran.fault.is_some(), "{end}");
        assert!(ran.text().contains("event: error") && !ran.text().contains("message_stop"));
    }
    let empty = run(CHAT, MESSAGES, "");
    assert!(empty.fault.is_some() && empty.before.is_empty() && !empty.tally.semantic());
}

#[test]
fn pitfall_44_a_seal_alone_reaches_the_client() {
    let up = "data: {\"type\":\"message_start\",\"message\":{}}\n\n\
        data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n\
        data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"S\"}}\n\n\
        data: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"message_stop\"}\n\n";
    let ran = run(MESSAGES, CHAT, up);
    assert!(ran.text().contains(r#""signature":"tg1.0123456789abcdef.S""#), "{}", ran.text());
    assert!(ran.tally.hidden_reasoning());
}

/// Chat word, Messages word, what it is.
const STOPS: &[(&str, &str, StopReason)] = &[
    ("stop", "end_turn", StopReason::EndTurn),
    ("length", "max_tokens", StopReason::MaxTokens),
    ("content_filter", "refusal", StopReason::ContentFilter),
    ("insufficient_system_resource", "end_turn", StopReason::Other),
];

/// Messages word, Chat word.
const STOPS_BACK: &[(&str, &str)] = &[
    ("end_turn", "stop"),
    ("max_tokens", "length"),
    ("model_context_window_exceeded", "length"),
    ("stop_sequence", "stop"),
    ("refusal", "content_filter"),
    ("pause_turn", "stop"),
    ("something_new", "stop"),
];

#[test]
fn pitfall_59_every_stop_reason_ends_the_stream() {
    for (word, expect, reason) in STOPS {
        let up = chunk(r#"{"role":"assistant","content":"a"}"#, "null") + &end(word);
        let ran = run(CHAT, MESSAGES, &up);
        assert_eq!(stop_reason(&ran.text()), *expect, "{word}");
        assert_eq!(ran.tally.stop().unwrap().reason, *reason);
        assert_eq!(ran.tally.stop().unwrap().native.as_deref(), Some(*word));
        let body = format!(r#"{{"choices":[{{"message":{{"content":"a"}},"finish_reason":"{word}"}}]}}"#);
        assert_eq!(answer(CHAT, MESSAGES, &body)["stop_reason"], *expect);
    }
    for (word, expect) in STOPS_BACK {
        let body =
            format!(r#"{{"type":"message","content":[{{"type":"text","text":"a"}}],"stop_reason":"{word}"}}"#);
        assert_eq!(answer(MESSAGES, CHAT, &body)["choices"][0]["finish_reason"], *expect, "{word}");
    }
}

/// R-WIRE-5: the first token of the upstream reaches the client with the bytes that carried it.
#[test]
fn r_wire_5_the_first_token_goes_out_at_once() {
    let up = chunk(r#"{"role":"assistant","content":"first"}"#, "null");
    let responses = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"first\"}\n\n";
    for client in Dialect::ALL {
        for (upstream, up) in [(CHAT, &*up), (Dialect::OpenAiResponses, responses)] {
            let ran = run(upstream, *client, up);
            assert!(String::from_utf8(ran.before).unwrap().contains("first"));
        }
    }
}
