//! What a provider adds to tell about itself, planted in every place of both dialects: none of it passes, and what an SDK
//! may grow does. Never here: usage by name (straight::usage), errors.

use super::*;
use serde_json::Value;

/// Members that are private wherever they stand.
const PLANTED: [&str; 7] = [
    r#""provider":"CANARY""#,
    r#""Provider-Name":"CANARY""#,
    r#""x_host":{"a":["CANARY"]}"#,
    r#""amazon-bedrock-invocationMetrics":{"region":"CANARY"}"#,
    r#""cost":"CANARY""#,
    r#""\u0070rovider":"CANARY""#,
    r#""extra":{"deep":[{"upstream_model":"CANARY"}]}"#,
];

/// Members that are no business of ours inside a piece.
const GROWN: &str = r#""brand_new":{"n":9007199254740993,"list":[1e400,"\u00e9"]}"#;

/// Answers with a mark in every place where a provider may add something: at the top, in usage, in pieces.
const CHAT_WHOLE: &str = r#"{TOP,"id":"u","object":"chat.completion","created":5,"model":"m","choices":[{PIECE,"index":0,"message":{PIECE,"role":"assistant","content":"hi","tool_calls":[{PIECE,"id":"c","type":"function","function":{PIECE,"name":"f","arguments":"{}"}}],"reasoning_details":[{PIECE,"type":"reasoning.text","text":"t"}]},"finish_reason":"tool_calls"}],"usage":{TOP,"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{TOP,"cached_tokens":0}}}"#;
const MESSAGES_WHOLE: &str = r#"{TOP,"id":"u","type":"message","role":"assistant","model":"m","content":[{PIECE,"type":"text","text":"hi"},{PIECE,"type":"tool_use","id":"t","name":"f","input":{"provider":"a word of the model"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{TOP,"input_tokens":1,"output_tokens":2,"cache_creation":{TOP,"ephemeral_5m_input_tokens":0}}}"#;

fn chat_stream() -> String {
    let chunk = |choices: &str, usage: &str| {
        format!(
            "data: {{TOP,\"id\":\"u\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m\",\"choices\":[{choices}],\"usage\":{usage}}}\n\n"
        )
    };
    let choice = |delta: &str, finish: &str| {
        chunk(&format!(r#"{{PIECE,"index":0,"delta":{{{delta}}},"finish_reason":{finish}}}"#), "null")
    };
    choice(r#"PIECE,"role":"assistant","content":"""#, "null")
        + &choice(r#""content":"a",PIECE"#, "null")
        + &choice(r#""content":"b",PIECE"#, "null")
        + &choice(
            r#""tool_calls":[{PIECE,"index":0,"id":"c","type":"function","function":{PIECE,"name":"f","arguments":"{}"}}]"#,
            "null",
        )
        + &choice("", "\"tool_calls\"")
        + &chunk("", r#"{TOP,"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}"#)
        + "data: [DONE]\n\n"
}

fn messages_stream() -> String {
    let piece = |text: &str| {
        ev(
            "content_block_delta",
            &format!(r#",TOP,"index":0,"delta":{{PIECE,"type":"text_delta","text":"{text}"}}"#),
        )
    };
    ev(
        "message_start",
        r#",TOP,"message":{TOP,"id":"u","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{TOP,"input_tokens":1,"output_tokens":1}}"#,
    ) + &ev("ping", ",TOP")
        + &ev("content_block_start", r#",TOP,"index":0,"content_block":{PIECE,"type":"text","text":""}"#)
        + &piece("a")
        + &piece("b")
        + &ev("content_block_stop", r#",TOP,"index":0"#)
        + &ev("content_block_news", ",TOP")
        + &ev(
            "message_delta",
            r#",TOP,"delta":{PIECE,"stop_reason":"end_turn","stop_sequence":null},"usage":{TOP,"output_tokens":2}"#,
        )
        + &ev("message_stop", ",TOP")
}

/// Fills the marks: members at the top and in usage, members in pieces.
fn filled(text: &str, top: &str, piece: &str) -> String {
    let fill = |text: String, mark: &str, member: &str| match member {
        "" => text.replace(&format!("{mark},"), "").replace(&format!(",{mark}"), "").replace(mark, ""),
        _ => text.replace(mark, member),
    };
    fill(fill(text.to_owned(), "TOP", top), "PIECE", piece)
}

/// What a client gets of each of the four when they are filled like this.
fn told(top: &str, piece: &str) -> [String; 4] {
    [
        run_all(&spec(CHAT), filled(&chat_stream(), top, piece).as_bytes()).unwrap(),
        answered(CHAT, filled(CHAT_WHOLE, top, piece).as_bytes()).unwrap(),
        run_all(&spec(MESSAGES), filled(&messages_stream(), top, piece).as_bytes()).unwrap(),
        answered(MESSAGES, filled(MESSAGES_WHOLE, top, piece).as_bytes()).unwrap(),
    ]
}

/// R-ERR-7: the answer with the plants is, byte for byte, the answer without them.
#[test]
fn r_err_7_what_tells_about_the_provider_goes() {
    let clean = told("", "");
    for (n, text) in clean.iter().enumerate() {
        assert!(text.contains("hi") || text.contains("\"b\""), "{n}: {text}");
    }
    for planted in PLANTED {
        let found = told(planted, planted).map(|text| {
            text.replace(r#","extra":{"deep":[{}]}"#, "")
                .replace(r#""extra":{"deep":[{}]},"#, "")
                .replace(r#""extra":{"deep":[{}]}"#, "")
        });
        for (found, clean) in found.iter().zip(&clean) {
            assert_eq!(found, clean, "{planted}");
        }
    }
}

/// R-WIRE-2: what an SDK may grow inside a piece passes byte for byte; envelopes and usage have lists.
#[test]
fn r_wire_2_pieces_may_grow() {
    for (grown, clean) in told(GROWN, GROWN).iter().zip(told("", "")) {
        let left = grown.replace(&format!("{GROWN},"), "").replace(&format!(",{GROWN}"), "").replace(GROWN, "");
        assert_eq!(left, clean);
        assert!(grown.matches(GROWN).count() >= 2, "{grown}");
        let tops: Vec<Value> = grown
            .lines()
            .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ").unwrap_or(line)).ok())
            .collect();
        assert!(
            !tops.is_empty()
                && tops.iter().all(|top| top.get("brand_new").is_none() && top["usage"].get("brand_new").is_none())
        );
    }
}

/// Words in official fields may be plants as well.
#[test]
fn r_err_7_words_are_of_the_dialect() {
    let chat = filled(CHAT_WHOLE, r#""service_tier":"CANARY""#, "");
    let messages = filled(MESSAGES_WHOLE, "", "")
        .replace("\"input_tokens\"", "\"service_tier\":\"CANARY\",\"inference_geo\":\"CANARY\",\"input_tokens\"");
    for (dialect, body) in [
        (CHAT, chat.clone()),
        (CHAT, chat.replace("\"tool_calls\"}", "\"CANARY\"}")),
        (CHAT, chat.replace("\"chat.completion\"", "\"CANARY\"")),
        (MESSAGES, messages.clone()),
        (MESSAGES, messages.replace("\"stop_reason\":\"tool_use\"", "\"stop_reason\":\"CANARY\"")),
        (MESSAGES, messages.replace("\"assistant\"", "\"CANARY\"")),
    ] {
        let text = answered(dialect, body.as_bytes()).unwrap();
        assert!(!text.contains("CANARY"), "{text}");
        serde_json::from_str::<Value>(&text).unwrap();
    }
    let last = r#""choices":[{"index":0,"delta":{"provider":"CANARY"},"finish_reason":"stop"}]"#;
    let usage = r#""choices":[],"usage":"CANARY""#;
    let role = r#"{"role":"assistant","content":"a","provider":"CANARY"}"#;
    let up = chunk(&choice(role))
        + &chunk(&choice(r#"{"content":"a"}"#).replace("null}]", "null}],\"usage\":\"CANARY\""))
        + &chunk(last)
        + &chunk(usage)
        + "data: [DONE]\n\n";
    assert!(!run_all(&spec(CHAT), up.as_bytes()).unwrap().contains("CANARY"));
}

/// The calls of a stream as official readers join them: by number, strings that come again appended.
fn joined(sent: &str) -> Vec<(String, String, String)> {
    let mut calls: Vec<(String, String, String)> = Vec::new();
    for line in sent.lines().filter_map(|line| line.strip_prefix("data: {")) {
        let value: Value = serde_json::from_str(&format!("{{{line}")).unwrap();
        for call in value["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let number = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            if number == calls.len() {
                calls.push(Default::default());
            }
            let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (id, name, arguments) = &mut calls[number];
            id.push_str(&said(&call["id"]));
            name.push_str(&said(&call["function"]["name"]));
            arguments.push_str(&said(&call["function"]["arguments"]));
        }
    }
    calls
}

/// Pitfalls 2, 13, 68: calls under one number, ids and names on every fragment, numbers that start at 1, names in pieces:
/// what official readers join of them is right.
#[test]
fn pitfall_2_13_68_calls_are_numbered_for_readers() {
    let fragment = |index: &str, id: &str, name: &str, arguments: &str| {
        let mut fields = vec![];
        if !index.is_empty() {
            fields.push(format!("\"index\":{index}"));
        }
        if !id.is_empty() {
            fields.push(format!("\"id\":\"{id}\",\"type\":\"function\""));
        }
        let name = if name.is_empty() { String::new() } else { format!("\"name\":\"{name}\",") };
        fields.push(format!("\"function\":{{{name}\"arguments\":{}}}", serde_json::to_string(arguments).unwrap()));
        chunk(&choice(&format!("{{\"tool_calls\":[{{{}}}]}}", fields.join(","))))
    };
    let two = |a: [&str; 2], b: [&str; 2], again: bool, index: [&str; 2]| {
        let keep = |text: &'static str| if again { text } else { "" };
        [
            fragment(index[0], "c0", "f", a[0]),
            fragment(index[0], keep("c0"), keep("f"), a[1]),
            fragment(index[1], "c1", "f", b[0]),
            fragment(index[1], keep("c1"), keep("f"), b[1]),
        ]
        .concat()
    };
    let call = |id: &str, arguments: &str| (id.to_owned(), "f".to_owned(), arguments.to_owned());
    let expected = vec![call("c0", "{\"a\":1}"), call("c1", "{\"b\":2}")];
    for again in [false, true] {
        for index in [["0", "0"], ["0", "1"], ["1", "2"], ["", ""], ["7", "3"]] {
            let up = two(["{\"a\":", "1}"], ["{\"b\":", "2}"], again, index) + "data: [DONE]\n\n";
            let sent = run_all(&spec(CHAT), up.as_bytes()).unwrap();
            assert_eq!(joined(&sent), expected, "{again} {index:?} {sent}");
        }
    }
    let pieces =
        [fragment("0", "c0", "get_", ""), fragment("0", "", "weather", "{}"), "data: [DONE]\n\n".to_owned()];
    let sent = run_all(&spec(CHAT), pieces.concat().as_bytes()).unwrap();
    assert_eq!(joined(&sent), [("c0".to_owned(), "get_weather".to_owned(), "{}".to_owned())]);
}

/// R-ERR-7: ids of calls that name a reseller of the model are told as the model's own.
#[test]
fn r_err_7_ids_of_calls_name_nobody() {
    let body = r#"{"id":"m","type":"message","role":"assistant","model":"up-1","content":[{"type":"tool_use","id":"toolu_bdrk_01Ab","name":"f","input":{}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}"#;
    let sent = answered(MESSAGES, body.as_bytes()).unwrap();
    assert!(sent.contains("\"id\":\"toolu_01Ab\"") && !sent.contains("bdrk"), "{sent}");
}
