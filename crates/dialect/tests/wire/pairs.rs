//! Mistakes that other gateways made with streams (by number), tried with every client on every upstream they concern: what was
//! said arrives, in a stream that its readers take. Never here: the shape of single frames (pitfalls, corpus), requests
//! (histories).

use crate::compat::said::{Part, failing, streamed};
use crate::folded::{Folded, fold};
use crate::run::{ALL, CHAT, DONE, GEMINI, MESSAGES, RESPONSES, Ran, chunk, run, usage_chunk};
use crate::strict::{check_chat, check_gemini, check_messages, check_responses};
use canon::Dialect;
use serde_json::{Value, json};

/// What a client must have in hand: thoughts, words, calls.
type Said<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

fn check(client: Dialect, text: &str) {
    match client {
        MESSAGES => check_messages(text),
        RESPONSES => check_responses(text),
        GEMINI => check_gemini(text),
        _ => check_chat(text),
    }
}

/// Every client gets this of the stream, and its reader takes it.
fn all_get(upstream: Dialect, up: &str, (thought, words, calls): Said) {
    for client in ALL {
        let ran = run(upstream, client, up);
        let text = ran.text();
        assert_eq!(ran.fault, None, "{upstream:?} to {client:?}: {up}");
        check(client, &text);
        let calls = calls.iter().map(|(name, written)| ((*name).to_owned(), (*written).to_owned())).collect();
        let wanted = Folded { thought: thought.to_owned(), text: words.to_owned(), calls, ended: true };
        assert_eq!(compact(fold(client, &text)), wanted, "{upstream:?} to {client:?}: {text}");
    }
}

/// Blanks between the tokens of arguments say nothing.
fn compact(mut folded: Folded) -> Folded {
    for (_, written) in &mut folded.calls {
        *written = written.replace(": ", ":").replace(", ", ",");
    }
    folded
}

fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

/// A Chat chunk with these calls.
fn calls(list: &[Value]) -> String {
    chunk(&json!({ "tool_calls": list }).to_string(), "null")
}

fn end(word: &str) -> String {
    chunk("{}", &format!("\"{word}\"")) + DONE
}

fn call(index: u8, id: &str, name: &str, arguments: &str) -> Value {
    json!({"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

fn more(index: u8, arguments: &str) -> Value {
    json!({"index": index, "function": {"arguments": arguments}})
}

/// A Gemini frame; `finish` is empty where it goes on.
fn parts(parts: &Value, finish: &str) -> String {
    let mut candidate = json!({"content": {"role": "model", "parts": parts}});
    if !finish.is_empty() {
        candidate["finishReason"] = json!(finish);
    }
    data(&json!({"candidates": [candidate], "modelVersion": "never-heard-of"}))
}

fn item(at: u8, item: &Value) -> String {
    data(&json!({"type": "response.output_item.added", "output_index": at, "item": item}))
        + &data(&json!({"type": "response.output_item.done", "output_index": at, "item": item}))
}

fn completed(output: &[&Value]) -> String {
    data(&json!({"type": "response.completed", "response": {"id": "r", "object": "response", "status": "completed",
        "output": output, "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}}}))
}

fn function_call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": id, "call_id": id, "name": name, "arguments": arguments, "status": "completed"})
}

/// A Messages stream of these blocks, each with its deltas.
fn blocks(list: &[(Value, Vec<Value>)], stop: &str) -> String {
    let message = json!({"id": "m", "type": "message", "role": "assistant", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}});
    let mut out = data(&json!({"type": "message_start", "message": message}));
    for (n, (block, deltas)) in list.iter().enumerate() {
        out += &data(&json!({"type": "content_block_start", "index": n, "content_block": block}));
        for delta in deltas {
            out += &data(&json!({"type": "content_block_delta", "index": n, "delta": delta}));
        }
        out += &data(&json!({"type": "content_block_stop", "index": n}));
    }
    out += &data(&json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 2}}));
    out + &data(&json!({"type": "message_stop"}))
}

fn tool_use(id: &str, name: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": {}})
}

fn partial(text: &str) -> Value {
    json!({"type": "input_json_delta", "partial_json": text})
}

/// Pitfalls 1, 6, 7, 10: name and arguments in one piece, words beside calls, everything in one frame, and a model that no table
/// knows, from every upstream to every client.
#[test]
fn pitfall_1_6_7_10_calls_in_one_piece_reach_every_client() {
    let one: Said = ("", "", &[("f", r#"{"a":1}"#)]);
    let mixed: Said = ("", "t", &[("f", r#"{"a":1}"#)]);
    let written = r#"{"a":1}"#;
    all_get(CHAT, &(calls(&[call(0, "a", "f", written)]) + &end("tool_calls")), one);
    let both =
        json!({"role": "assistant", "content": "t", "tool_calls": [call(0, "a", "f", "{\"a\"")]}).to_string();
    let last = json!({"tool_calls": [call(0, "a", "", ":1}")]}).to_string();
    all_get(CHAT, &(chunk(&both, "null") + &chunk(&last, "\"tool_calls\"") + DONE), mixed);
    let part = json!({"functionCall": {"name": "f", "args": {"a": 1}}});
    all_get(GEMINI, &parts(&json!([part]), "STOP"), one);
    all_get(GEMINI, &parts(&json!([{"text": "t"}, part]), "STOP"), mixed);
    let (said, called) = (
        json!({"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "t"}]}),
        function_call("a", "f", written),
    );
    all_get(RESPONSES, &(item(0, &called) + &completed(&[&called])), one);
    all_get(RESPONSES, &(item(0, &said) + &item(1, &called) + &completed(&[&said, &called])), mixed);
    all_get(RESPONSES, &completed(&[&said, &called]), mixed);
    all_get(MESSAGES, &blocks(&[(tool_use("a", "f"), vec![partial(written)])], "tool_use"), one);
    let text = (json!({"type": "text", "text": ""}), vec![json!({"type": "text_delta", "text": "t"})]);
    all_get(MESSAGES, &blocks(&[text, (tool_use("a", "f"), vec![partial(written)])], "tool_use"), mixed);
}

/// Pitfalls 2, 3: the pieces of parallel calls that come in turns are put together for every client.
#[test]
fn pitfall_2_3_calls_in_turns_reach_every_client() {
    let wanted: Said = ("", "t", &[("f", r#"{"x":1}"#), ("g", r#"{"y":2}"#)]);
    let up = chunk(r#"{"role":"assistant","content":"t"}"#, "null")
        + &calls(&[call(0, "a", "f", "")])
        + &calls(&[call(1, "b", "g", "{\"y\"")])
        + &calls(&[more(0, "{\"x\""), more(1, ":2}")])
        + &calls(&[more(0, ":1}")])
        + &end("tool_calls");
    all_get(CHAT, &up, wanted);
    let piece = |at: u8, id: &str, text: &str| {
        data(
            &json!({"type": "response.function_call_arguments.delta", "output_index": at, "item_id": id, "delta": text}),
        )
    };
    let open = |at: u8, item: &Value| {
        let mut item = item.clone();
        item["arguments"] = json!("");
        data(&json!({"type": "response.output_item.added", "output_index": at, "item": item}))
    };
    let done = |at: u8, item: &Value| {
        data(&json!({"type": "response.output_item.done", "output_index": at, "item": item}))
    };
    let text = json!({"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "t"}]});
    let (f, g) = (function_call("a", "f", r#"{"x":1}"#), function_call("b", "g", r#"{"y":2}"#));
    let up = item(0, &text)
        + &open(1, &f)
        + &open(2, &g)
        + &piece(1, "a", "{\"x\"")
        + &piece(2, "b", "{\"y\"")
        + &piece(2, "b", ":2}")
        + &piece(1, "a", ":1}")
        + &done(2, &g)
        + &done(1, &f)
        + &completed(&[&text, &f, &g]);
    all_get(RESPONSES, &up, wanted);
}

/// Pitfalls 4, 5: what comes first opens the answer: no empty text before reasoning or a call, whatever the upstream opens with.
#[test]
fn pitfall_4_5_what_comes_first_is_first_for_every_client() {
    let thought: Said = ("r", "t", &[]);
    let called: Said = ("", "", &[("f", "{}")]);
    let opening = chunk(r#"{"role":"assistant","content":""}"#, "null");
    let reasons = chunk(r#"{"content":"","reasoning_content":"r"}"#, "null") + &chunk(r#"{"content":"t"}"#, "null");
    all_get(CHAT, &(opening.clone() + &reasons + &end("stop")), thought);
    all_get(CHAT, &(opening + &calls(&[call(0, "a", "f", "{}")]) + &end("stop")), called);
    let parts_of = |list: Value| parts(&list, "STOP");
    all_get(GEMINI, &parts_of(json!([{"text": ""}, {"text": "r", "thought": true}, {"text": "t"}])), thought);
    all_get(GEMINI, &parts_of(json!([{"text": ""}, {"functionCall": {"name": "f"}}])), called);
    let thinking = (
        json!({"type": "thinking", "thinking": "", "signature": ""}),
        vec![
            json!({"type": "thinking_delta", "thinking": "r"}),
            json!({"type": "signature_delta", "signature": "s"}),
        ],
    );
    let text = (json!({"type": "text", "text": ""}), vec![json!({"type": "text_delta", "text": "t"})]);
    all_get(MESSAGES, &blocks(&[thinking, text], "end_turn"), thought);
    all_get(MESSAGES, &blocks(&[(tool_use("a", "f"), vec![partial("")])], "tool_use"), called);
    let summary = json!({"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "r"}]});
    let words = json!({"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "t"}]});
    all_get(RESPONSES, &(item(0, &summary) + &item(1, &words) + &completed(&[&summary, &words])), thought);
    let call = function_call("a", "f", "{}");
    all_get(RESPONSES, &(item(0, &call) + &completed(&[&call])), called);
}

/// Pitfalls 13, 14, 15, 68: what a server forgets of its calls (number, id, a finish that is empty) is put right for every client.
#[test]
fn pitfall_13_14_15_68_forgetful_servers_reach_every_client() {
    let wanted: Said = ("", "", &[("f", "{}"), ("g", "{}")]);
    let bare = |id: &str, name: &str| json!({"id": id, "function": {"name": name, "arguments": "{}"}});
    let up =
        chunk(&json!({"tool_calls": [bare("a", "f"), bare("b", "g")]}).to_string(), "\"\"") + &end("tool_calls");
    all_get(CHAT, &up, wanted);
    let numbered = calls(&[json!({"index": 0, "function": {"name": "f", "arguments": "{}"}})])
        + &calls(&[json!({"index": 1, "function": {"name": "g", "arguments": "{}"}})])
        + &end("tool_calls");
    all_get(CHAT, &numbered, wanted);
    let call = |name: &str| json!({"functionCall": {"name": name}});
    all_get(GEMINI, &parts(&json!([call("f"), call("g")]), "STOP"), wanted);
    let nameless = |name: &str| (json!({"type": "tool_use", "id": "", "name": name, "input": {}}), vec![]);
    all_get(MESSAGES, &blocks(&[nameless("f"), nameless("g")], "tool_use"), wanted);
}

/// Pitfalls 16 to 20: four shapes of the last chunks of a Chat server; every client reads the same counts, and once.
#[test]
fn pitfall_16_17_18_19_20_counts_are_told_once_to_every_client() {
    let usage = r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_tokens_details":{"cached_tokens":80}}"#;
    let less = r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105}"#;
    let zero = r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#;
    let with = |frame: String, usage: &str| frame.replace("\"choices\"", &format!("\"usage\":{usage},\"choices\""));
    let text = chunk(r#"{"role":"assistant","content":"a"}"#, "null");
    let finish = chunk("{}", "\"stop\"");
    let roled = chunk(r#"{"role":"assistant","content":""}"#, "\"stop\"");
    for up in [
        text.clone() + &finish + &usage_chunk(usage),
        with(text.clone(), zero) + &with(finish.clone(), usage),
        text.clone() + &with(roled, usage),
        with(text.clone(), zero) + &with(finish.clone(), less) + &with(chunk("{}", "null"), usage),
        text + &with(finish, less) + &usage_chunk(usage),
    ] {
        for client in ALL {
            let ran = run(CHAT, client, &(up.clone() + DONE));
            let counts = told(client, &ran);
            assert_eq!(counts, [(100, 80, 5)], "{client:?}: {up}\n{}", ran.text());
            check(client, &ran.text());
        }
    }
}

/// The counts a client reads at or behind the end: the whole prompt, what of it was cached, the answer.
fn told(client: Dialect, ran: &Ran) -> Vec<(u64, u64, u64)> {
    let count = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let frames = crate::run::frames(&ran.text()).into_iter();
    let usages = frames.filter_map(|(event, value)| {
        let usage = match client {
            RESPONSES => value["response"]["usage"].clone(),
            GEMINI => value["usageMetadata"].clone(),
            MESSAGES if event != "message_delta" => Value::Null,
            _ => value["usage"].clone(),
        };
        (!usage.is_null()).then_some(usage)
    });
    let read = |usage: Value| match client {
        MESSAGES => {
            let cached = count(&usage, "/cache_read_input_tokens");
            (count(&usage, "/input_tokens") + cached, cached, count(&usage, "/output_tokens"))
        }
        RESPONSES => (
            count(&usage, "/input_tokens"),
            count(&usage, "/input_tokens_details/cached_tokens"),
            count(&usage, "/output_tokens"),
        ),
        GEMINI => (
            count(&usage, "/promptTokenCount"),
            count(&usage, "/cachedContentTokenCount"),
            count(&usage, "/candidatesTokenCount"),
        ),
        _ => (
            count(&usage, "/prompt_tokens"),
            count(&usage, "/prompt_tokens_details/cached_tokens"),
            count(&usage, "/completion_tokens"),
        ),
    };
    usages.map(read).collect()
}

/// The same stream in other framings that the format allows.
fn framings(stream: &str) -> Vec<(&'static str, String)> {
    let halves = |line: &str| match line.strip_prefix("data: {") {
        // Lines of data are put together with a line break, which is a blank in JSON.
        Some(rest) => format!("data: {{\ndata: {rest}"),
        None => line.to_owned(),
    };
    let split: Vec<String> = stream.split('\n').map(halves).collect();
    vec![
        ("CRLF", stream.replace('\n', "\r\n")),
        ("no blank", stream.replace("data: ", "data:").replace("event: ", "event:")),
        ("a mark of the byte order", format!("\u{feff}{stream}")),
        ("data in several lines", split.join("\n")),
        ("comments", stream.replace("\n\n", "\n\n: busy\n\n")),
        ("other fields", stream.replace("data: ", "id: 7\nretry: 9\ndata: ")),
        ("a wide letter", stream.replace("keep_text", "\u{65e5}e\u{301}\u{1f468}\u{200d}\u{1f469}")),
    ]
}

/// Pitfalls 21, 22: whatever way an upstream frames its events, and wherever they are cut, every client gets the same.
#[test]
fn pitfall_21_22_every_framing_reads_the_same() {
    let said: &[Part] = &[Part::Text("keep_text"), Part::Call("call_1", "f", r#"{"city":"Oslo"}"#)];
    for upstream in ALL {
        let stop = [("tool_calls", CHAT), ("tool_use", MESSAGES), ("completed", RESPONSES), ("STOP", GEMINI)];
        let stop = stop.iter().find(|(_, dialect)| *dialect == upstream).unwrap().0;
        let plain = streamed(upstream, (said, stop));
        for (framing, text) in framings(&plain) {
            for client in ALL {
                let words = if framing == "a wide letter" {
                    "\u{65e5}e\u{301}\u{1f468}\u{200d}\u{1f469}"
                } else {
                    "keep_text"
                };
                let whole = run(upstream, client, &text);
                let found = compact(fold(client, &whole.text()));
                let calls = vec![("f".to_owned(), r#"{"city":"Oslo"}"#.to_owned())];
                let wanted = Folded { thought: String::new(), text: words.to_owned(), calls, ended: true };
                assert_eq!(found, wanted, "{upstream:?} to {client:?}, {framing}: {}", whole.text());
                let spec = crate::run::spec(client, upstream);
                assert_eq!(crate::run::stream(&spec, text.as_bytes(), &[1]), whole, "{upstream:?}, {framing}");
            }
        }
        // One event of a million bytes.
        let long = "word ".repeat(200_000);
        let text = plain.replace("keep_text", &long);
        for client in ALL {
            assert_eq!(fold(client, &run(upstream, client, &text).text()).text, long, "{upstream:?} to {client:?}");
        }
    }
}

/// Pitfalls 23, 24, 61: an upstream that stops, or says that it failed, before its end is a failure to every client, at whichever
/// byte or frame; none is given a proper end.
#[test]
fn pitfall_23_24_61_no_end_is_made_up_for_any_client() {
    // The frame that says why it ends is an end where nothing follows; a failure behind it is one all the same.
    for (upstream, stop, reason, last) in [
        (CHAT, "stop", "\"finish_reason\":\"stop\"", "\"finish_reason\":\"stop\""),
        (MESSAGES, "end_turn", "event: message_delta", "event: message_stop"),
        (RESPONSES, "completed", "event: response.completed", "event: response.completed"),
        (GEMINI, "STOP", "\"finishReason\":\"STOP\"", "\"finishReason\":\"STOP\""),
    ] {
        let whole = streamed(upstream, (&[Part::Thought("hm", "proof"), Part::Text("keep_text")], stop));
        let (reason, last) = (whole.find(reason).unwrap(), whole.find(last).unwrap());
        let failed = failing(upstream);
        let fault = failed.trim_end().rsplit("\n\n").next().unwrap();
        for client in ALL {
            for at in 0..reason {
                let ran = run(upstream, client, &whole[..at]);
                broken(client, &ran, &format!("{upstream:?} cut at {at}"));
            }
            for (at, _) in whole[..last].match_indices("\n\n") {
                let ran = run(upstream, client, &format!("{}\n\n{fault}\n\n", &whole[..at]));
                broken(client, &ran, &format!("{upstream:?} failed at {at}"));
            }
        }
    }
}

fn broken(client: Dialect, ran: &Ran, what: &str) {
    let text = ran.text();
    assert!(ran.fault.is_some() && !fold(client, &text).ended, "{what}, {client:?}: {text}");
    let told = match client {
        MESSAGES => "event: error\n",
        RESPONSES => "event: response.failed\n",
        _ => "data: {\"error\":",
    };
    assert_eq!(text.matches(told).count(), 1, "{what}, {client:?}: {text}");
    check(client, &text);
}
