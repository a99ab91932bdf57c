//! Whatever an upstream leaves out, doubles or breaks: the client gets a stream that strict readers take, or a fault.
//! Never here: names (pieces), what happens to a fault (the relay).

use super::*;
use serde_json::Value;

const TEXT: &str = r#"{"type":"text","text":""}"#;

fn hi() -> String {
    delta(0, r#"{"type":"text_delta","text":"hi"}"#)
}

fn end_turn() -> String {
    end("end_turn")
}

/// The types and numbers of a Messages stream, in short: `+0` a block begins, `.0` goes on, `-0` ends.
fn outline(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let value: Value = serde_json::from_str(line).expect(line);
        let index = &value["index"];
        out += &match value["type"].as_str().unwrap() {
            "message_start" => {
                let message = &value["message"];
                assert!(message["content"].is_array() && message["usage"]["input_tokens"].is_number(), "{line}");
                assert!(message["type"] == "message" && message["role"] == "assistant", "{line}");
                "S".to_owned()
            }
            "content_block_start" => format!("+{index}"),
            "content_block_delta" => format!(".{index}"),
            "content_block_stop" => format!("-{index}"),
            "message_delta" => format!(" {}", value["delta"]["stop_reason"].as_str().unwrap()),
            "message_stop" => " E".to_owned(),
            other => format!(" {other}"),
        };
    }
    out
}

const TOOL: &str = r#"{"type":"tool_use","id":"t","name":"f","input":{}}"#;

fn arguments(index: u8) -> String {
    delta(index, r#"{"type":"input_json_delta","partial_json":"{}"}"#)
}

fn s() -> String {
    start("u", "m")
}

/// Whether these streams come out like this, at any cut.
fn check(table: &[(&str, String, &str)]) {
    for (what, up, expect) in table {
        let text = run_all(&spec(MESSAGES), up.as_bytes()).expect(what);
        assert_eq!(outline(&text), *expect, "{what}: {text}");
        assert_eq!(
            text.matches("\"hi\"").count(),
            up.split("message_stop").next().unwrap().matches("\"hi\"").count(),
            "{what}: {text}"
        );
    }
}

/// Strict readers of Messages (anthropic-ts, the AI SDK) need every start and every end.
#[test]
fn messages_streams_get_what_they_lack() {
    let thinking = delta(0, r#"{"type":"thinking_delta","thinking":"hm"}"#);
    check(&[
        ("all there", s() + &block(0, TEXT) + &hi() + &stop(0) + &end_turn(), "S+0.0-0 end_turn E"),
        ("no start", block(0, TEXT) + &hi() + &stop(0) + &end_turn(), "S+0.0-0 end_turn E"),
        (
            "a ping first",
            ev("ping", "") + &s() + &ev("ping", "") + &block(0, TEXT) + &hi() + &stop(0) + &end_turn(),
            "S ping+0.0-0 end_turn E",
        ),
        ("no block start", s() + &hi() + &stop(0) + &end_turn(), "S+0.0-0 end_turn E"),
        ("neither", hi() + &hi() + &end_turn(), "S+0.0.0-0 end_turn E"),
        ("no block stop", s() + &block(0, TEXT) + &hi() + &end_turn(), "S+0.0-0 end_turn E"),
        (
            "thinking not begun",
            s() + &thinking + &stop(0) + &block(1, TEXT) + &stop(1) + &end_turn(),
            "S+0.0-0+1-1 end_turn E",
        ),
        (
            "a delta behind its block",
            s() + &block(0, TEXT) + &stop(0) + &hi() + &end_turn(),
            "S+0-0+1.1-1 end_turn E",
        ),
        (
            "a stop of nothing",
            s() + &stop(0) + &block(0, TEXT) + &stop(0) + &stop(0) + &end_turn(),
            "S+0-0 end_turn E",
        ),
    ]);
}

/// And they need the numbers of blocks to be dense.
#[test]
fn blocks_are_numbered_densely() {
    let bare = |text: String| text.replace(",\"index\":0", "").replace(",\"index\":1", "");
    check(&[
        (
            "numbers with a gap",
            s() + &block(3, TEXT)
                + &stop(3)
                + &block(7, TOOL)
                + &arguments(7)
                + &arguments(7)
                + &stop(7)
                + &end("tool_use"),
            "S+0-0+1.1.1-1 tool_use E",
        ),
        (
            "the same number twice",
            s() + &block(0, TEXT)
                + &hi()
                + &hi()
                + &block(0, TOOL)
                + &arguments(0)
                + &arguments(0)
                + &stop(0)
                + &end("tool_use"),
            "S+0.0.0-0+1.1.1-1 tool_use E",
        ),
        (
            "no numbers",
            s() + &bare(
                block(0, TEXT)
                    + &hi()
                    + &hi()
                    + &stop(0)
                    + &block(1, TOOL)
                    + &arguments(1)
                    + &arguments(1)
                    + &stop(1),
            ) + &end("tool_use"),
            "S+0.0.0-0+1.1.1-1 tool_use E",
        ),
    ]);
}

/// One end with a reason that readers know, and nothing behind it; no event that they do not know.
#[test]
fn messages_streams_end_once() {
    check(&[
        (
            "no reason",
            s() + &block(0, TEXT)
                + &stop(0)
                + &ev("message_delta", r#","usage":{"output_tokens":3}"#)
                + &ev("message_stop", ""),
            "S+0-0 end_turn E",
        ),
        ("no message_delta", s() + &block(0, TOOL) + &stop(0) + &ev("message_stop", ""), "S+0-0 tool_use E"),
        (
            "more behind the end",
            s() + &block(0, TEXT) + &stop(0) + &end_turn() + &hi() + &ev("error", "") + "data: {\n\n",
            "S+0-0 end_turn E",
        ),
        ("an empty start", ev("message_start", r#","message":{}"#) + &hi() + &end_turn(), "S+0.0-0 end_turn E"),
        (
            "a type in the event line only",
            s() + &hi().replace("\"type\":\"content_block_delta\",", "") + &end_turn(),
            "S+0.0-0 end_turn E",
        ),
        ("an odd reason", s() + &hi() + &end("weird"), "S+0.0-0 end_turn E"),
        ("an odd reason with a call", s() + &block(0, TOOL) + &stop(0) + &end("eos"), "S+0-0 tool_use E"),
        ("official reasons", s() + &hi() + &end("compaction"), "S+0.0-0 compaction E"),
        (
            "an unknown event",
            s() + &hi() + &ev("message_extra", "") + &ev("vendor", "") + &end_turn(),
            "S+0.0-0 end_turn E",
        ),
    ]);
}

/// What cannot be mended is a broken stream, never half an event.
#[test]
fn what_cannot_be_mended_is_garbage() {
    let json = r#"{"type":"input_json_delta","partial_json":"{}"}"#;
    for up in [
        start("u", "m") + &delta(0, json),
        start("u", "m") + &block(0, r#"{"type":"tool_use","id":"t"}"#),
        start("u", "m") + &block(0, "7"),
        start("u", "m") + &block(0, "{}"),
        start("u", "m") + &ev("content_block_delta", r#","index":0"#),
        start("u", "m") + &delta(0, r#"{"type":"text_delta","text":7}"#),
        start("u", "m") + &ev("content_block_delta", r#","index":0,"delta":{},"delta":{}"#),
        ev("message_start", r#","message":7"#),
    ] {
        assert_eq!(run_all(&spec(MESSAGES), up.as_bytes()).err(), Some(StreamFault::Garbage), "{up}");
    }
    for choices in [
        r#"[{"delta":7}]"#,
        r#"[{"delta":{"tool_calls":7}}]"#,
        "[7]",
        r#"[{"delta":{},"delta":{}}]"#,
        r#"[{"delta":{"role":"user","role":"assistant"}}]"#,
        r#"[{"delta":{"tool_calls":[{"id":"a","id":"b"}]}}]"#,
        r#"[{"delta":{}}],"id":"again""#,
        r#"[{"delta":{}}],"model":"again""#,
    ] {
        let up = chunk(&format!("\"choices\":{choices}"));
        assert_eq!(run_all(&spec(CHAT), up.as_bytes()).err(), Some(StreamFault::Garbage), "{up}");
    }
}

/// Blocks have what readers of their kind need.
#[test]
fn blocks_are_made_whole() {
    for (given, expect) in [
        (r#"{"type":"text"}"#, r#"{"text":"","type":"text"}"#),
        (r#"{"type":"text","text":null}"#, r#"{"type":"text","text":""}"#),
        (r#"{"type":"thinking"}"#, r#"{"thinking":"","signature":"","type":"thinking"}"#),
        (r#"{"type":"tool_use","name":"f"}"#, r#"{"id":"toolu_ours_0","input":{},"type":"tool_use","name":"f"}"#),
        (r#"{"type":"news","a":1}"#, r#"{"type":"news","a":1}"#),
    ] {
        let up = start("u", "m") + &block(0, given) + &stop(0) + &end_turn();
        assert!(run_all(&spec(MESSAGES), up.as_bytes()).unwrap().contains(&block(0, expect)), "{given}");
        let body = format!(r#"{{"content":[{given}]}}"#);
        let text = answered(MESSAGES, body.as_bytes()).unwrap();
        assert!(text.contains(&format!(r#""content":[{expect}]"#)), "{text}");
    }
}

/// Choices have an index, a delta and one finish that readers know.
#[test]
fn choices_are_made_whole() {
    let role = choice(r#"{"role":"assistant","content":"a"}"#);
    let next = r#""choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]"#;
    for (given, expect) in [
        (next, next),
        (r#""choices":[{"delta":{"content":"b"},"finish_reason":null}]"#, next),
        (r#""choices":[{"index":"0","delta":{"content":"b"},"finish_reason":""}]"#, next),
        (r#""choices":[{"index":0,"message":{"content":"b"},"finish_reason":7}]"#, next),
        (
            r#""choices":[{"index":0,"delta":null,"finish_reason":null}]"#,
            r#""choices":[{"index":0,"delta":{},"finish_reason":null}]"#,
        ),
        (
            r#""choices":[{"index":0,"finish_reason":null}]"#,
            r#""choices":[{"delta":{},"index":0,"finish_reason":null}]"#,
        ),
    ] {
        let up = chunk(&role) + &chunk(given) + "data: [DONE]\n\n";
        let text = run_all(&spec(CHAT), up.as_bytes()).unwrap();
        let told = text.split("\n\n").nth(1).unwrap();
        assert!(told.ends_with(&format!("{expect}}}")), "{given}: {told}");
        assert_eq!(text.matches("\"finish_reason\":\"stop\"").count(), 1, "{text}");
    }
}

/// Finish reasons of compatible servers become those of the dialect; official ones stay as they are.
#[test]
fn finish_reasons_are_of_the_dialect() {
    let call = r#"{"role":"assistant","tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;
    let text = r#"{"role":"assistant","content":"a"}"#;
    for (delta, word, expect) in [
        (text, "stop", "stop"),
        (text, "length", "length"),
        (text, "content_filter", "content_filter"),
        (text, "function_call", "function_call"),
        (text, "eos", "stop"),
        (text, "max_tokens", "length"),
        (text, "weird", "stop"),
        (call, "tool_calls", "tool_calls"),
        (call, "stop", "stop"),
        (call, "weird", "tool_calls"),
    ] {
        let finish = |delta: &str| format!(r#""choices":[{{"index":0,"delta":{delta},"finish_reason":"{word}"}}]"#);
        for up in [
            chunk(&choice(delta)) + &chunk(&finish("{}")),
            chunk(&finish(delta)),
            chunk(&choice(delta)) + &chunk(&finish("{}")) + &chunk(&finish("{}").replace(word, "again")),
        ] {
            let out = run_all(&spec(CHAT), (up + "data: [DONE]\n\n").as_bytes()).unwrap();
            let words: Vec<Value> = out
                .lines()
                .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
                .map(|chunk| chunk["choices"][0]["finish_reason"].clone())
                .filter(|word| !word.is_null())
                .collect();
            assert_eq!(words, [expect], "{word}: {out}");
        }
        let body = format!(r#"{{"choices":[{{"message":{delta},"finish_reason":"{word}"}}]}}"#);
        let out: Value = serde_json::from_str(&answered(CHAT, body.as_bytes()).unwrap()).unwrap();
        assert_eq!(out["choices"][0]["finish_reason"], expect, "{word}");
    }
}

/// A whole answer with only the needful is given the rest.
#[test]
fn answers_are_made_whole() {
    let chat =
        r#"{"choices":[{"message":{"content":"a","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]}"#;
    let value: Value = serde_json::from_str(&answered(CHAT, chat.as_bytes()).unwrap()).unwrap();
    let choice = &value["choices"][0];
    assert_eq!((&value["object"], &value["id"]), (&Value::from("chat.completion"), &Value::from("chatcmpl-ours")));
    assert!(value["created"].is_number() && value["usage"]["total_tokens"].is_number(), "{value}");
    assert!(choice["index"] == 0 && choice["message"]["role"] == "assistant", "{value}");
    assert_eq!(choice["finish_reason"], "tool_calls");
    let call = &choice["message"]["tool_calls"][0];
    assert!(call["id"] == "call_ours_0_0" && call["type"] == "function" && call.get("index").is_none(), "{value}");
    let messages = r#"{"content":[{"type":"tool_use","name":"f"}],"stop_reason":""}"#;
    let value: Value = serde_json::from_str(&answered(MESSAGES, messages.as_bytes()).unwrap()).unwrap();
    assert!(value["type"] == "message" && value["role"] == "assistant" && value["id"] == "msg_ours", "{value}");
    assert!(value["stop_reason"] == "tool_use" && value["usage"]["output_tokens"].is_number(), "{value}");
    for (dialect, bad) in [
        (CHAT, r#"{"choices":[{}]}"#),
        (CHAT, r#"{"choices":[{"message":7}]}"#),
        (MESSAGES, r#"{"content":[{}]}"#),
        (MESSAGES, r#"{"content":[],"content":[]}"#),
    ] {
        assert_eq!(answered(dialect, bad.as_bytes()).err(), Some(StreamFault::Garbage), "{bad}");
    }
}

/// Bytes that are no text never reach a client, in whatever part of an answer they are and whichever frames came before.
#[test]
fn invalid_utf8_is_garbage() {
    let chat = |text: &str| chunk(&choice(&format!(r#"{{"role":"assistant","content":"{text}"}}"#)));
    let more = |text: &str| chunk(&choice(&format!(r#"{{"content":"{text}"}}"#)));
    let piece = |text: &str| delta(0, &format!(r#"{{"type":"text_delta","text":"{text}"}}"#));
    let broken = |text: String| {
        // One of two bytes, which is no character.
        let text = text.into_bytes();
        let at = text.windows(2).position(|w| w == "\u{e9}".as_bytes()).unwrap();
        [&text[..at], &text[at + 1..]].concat()
    };
    for (dialect, up) in [
        (CHAT, chat("\u{e9}")),
        (CHAT, chat("a") + &more("b") + &more("c") + &more("\u{e9}")),
        (CHAT, chat("a") + &chunk(r#""choices":[],"note":"\u{e9}""#.replace("\\u{e9}", "\u{e9}").as_str())),
        (MESSAGES, start("u", "m") + &block(0, TEXT) + &piece("\u{e9}")),
        (MESSAGES, start("u", "m") + &block(0, TEXT) + &piece("a") + &piece("b") + &piece("\u{e9}")),
        (MESSAGES, start("u\u{e9}", "m")),
    ] {
        let ran = run_all(&spec(dialect), &broken(up));
        assert_eq!(ran.err(), Some(StreamFault::Garbage), "{dialect:?}");
    }
    let whole = r#"{"choices":[{"message":{"content":"\u{e9}"}}]}"#.replace("\\u{e9}", "\u{e9}");
    assert_eq!(answered(CHAT, &broken(whole)).err(), Some(StreamFault::Garbage));
    let whole = r#"{"content":[{"type":"text","text":"\u{e9}"}]}"#.replace("\\u{e9}", "\u{e9}");
    assert_eq!(answered(MESSAGES, &broken(whole)).err(), Some(StreamFault::Garbage));
}

/// An event is one event for every reader: no lone CR inside it, a blank line behind it.
#[test]
fn events_are_framed_for_every_reader() {
    let end = chunk(r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#);
    for up in [
        chunk(&choice(r#"{"role":"assistant","content":"a"}"#)).replace(",\"choices\"", ",\r\"choices\"") + &end,
        chunk(&choice(r#"{"role":"assistant","content":"a"}"#)) + end.trim_end(),
        chunk(&choice(r#"{"role":"assistant","content":"a"}"#)) + end.trim_end() + "\n",
    ] {
        let text = run_all(&spec(CHAT), up.as_bytes()).unwrap();
        assert!(!text.contains('\r'), "{text:?}");
        for event in text.trim_end().split("\n\n") {
            assert_eq!(event.matches("data: ").count(), 1, "{text:?}");
        }
    }
}
