//! Responses over several turns and dialects, and the mistakes that other gateways made with it (by number). Never here: whole
//! transcripts (corpus), the straight lane alone (crate's straight tests).

use crate::run::{CHAT, DONE, GEMINI, MESSAGES, RESPONSES, answer, chunk, frames, run, spec, stream, usage_chunk};
use crate::strict::{check_responses, response_is_whole};
use bytes::Bytes;
use canon::{Dialect, Fault};
use dialect::lane::{Answer, Stream};
use dialect::{Echo, Maker, Target, decode_request, encode_request};
use proptest::prelude::*;
use serde_json::{Value, json};
use units::{Usage, UsageSource};

const MAKER: Maker = Maker(0x0123_4567_89ab_cdef);

fn target(dialect: Dialect) -> Target {
    Target { maker: MAKER, ..Target::new(dialect, "up", 64_000) }
}

/// A request as a server gets it.
fn sent(client: Dialect, body: &Value, target: &Target) -> Result<Value, Fault> {
    let body = Bytes::from(serde_json::to_vec(body).unwrap());
    let (request, _) = decode_request(client, &body)?;
    let encoded = encode_request(&request, target)?;
    Ok(serde_json::from_slice(&encoded.body).unwrap())
}

/// A Responses request with this input, as a server gets it.
fn input(items: &Value, dialect: Dialect) -> Result<Value, Fault> {
    sent(RESPONSES, &json!({"model":"m","input":items}), &target(dialect))
}

fn call(id: &str) -> Value {
    json!({"type":"function_call","call_id":id,"name":"f","arguments":"{}"})
}

fn output(id: &str) -> Value {
    json!({"type":"function_call_output","call_id":id,"output":"r"})
}

/// The events of a stream by type.
fn events(text: &str, kind: &str) -> Vec<Value> {
    frames(text).into_iter().filter(|(event, _)| event == kind).map(|(_, value)| value).collect()
}

/// Pitfalls 2, 3, 5, 8: calls and texts are items of their own, numbered densely, whatever way an upstream mixes them.
#[test]
fn pitfall_2_3_5_8_items_are_dense() {
    let piece = |index: u8, rest: &str| format!(r#"{{"tool_calls":[{{"index":{index},{rest}}}]}}"#);
    let up = chunk(r#"{"role":"assistant","content":"t"}"#, "null")
        + &chunk(&piece(0, r#""id":"a","function":{"name":"f","arguments":"{\"x\":"}"#), "null")
        + &chunk(&piece(1, r#""id":"b","function":{"name":"g","arguments":"{\"y\":"}"#), "null")
        + &chunk(&piece(0, r#""function":{"arguments":"1}"}"#), "null")
        + &chunk(&piece(1, r#""function":{"arguments":"2}"}"#), "null")
        + &chunk("{}", "\"stop\"")
        + DONE;
    let ran = run(CHAT, RESPONSES, &up);
    check_responses(&ran.text());
    let kinds: Vec<Value> = events(&ran.text(), "response.output_item.added")
        .iter()
        .map(|event| event["item"]["type"].clone())
        .collect();
    assert_eq!(kinds, ["message", "function_call", "function_call"]);
    let arguments: Vec<Value> = events(&ran.text(), "response.function_call_arguments.done")
        .iter()
        .map(|event| event["arguments"].clone())
        .collect();
    assert_eq!(arguments, ["{\"x\":1}", "{\"y\":2}"]);
    // A stream of a call alone opens no message.
    let up = chunk(&piece(0, r#""id":"a","function":{"name":"f","arguments":""}"#), "null")
        + &chunk("{}", "\"stop\"")
        + DONE;
    let ran = run(CHAT, RESPONSES, &up);
    check_responses(&ran.text());
    let last = frames(&ran.text()).pop().unwrap().1;
    assert_eq!(last["response"]["output"].as_array().map(Vec::len), Some(1));
    assert_eq!(last["response"]["output"][0]["arguments"], "{}");
}

/// Pitfall 9: the last event has an id, a model, every field that readers require, and the output.
#[test]
fn pitfall_9_the_last_event_is_whole() {
    let up = chunk(r#"{"role":"assistant","content":"t"}"#, "null") + &chunk("{}", "\"stop\"") + DONE;
    let body = Bytes::from_static(
        br#"{"model":"pub","input":"x","temperature":0.30,"metadata":{"k":"v"},"tools":[ {"type":"function","name":"f"} ],"store":false}"#,
    );
    let spec = dialect::lane::StreamSpec { echo: Echo::read(&body), ..spec(RESPONSES, CHAT) };
    let text = stream(&spec, up.as_bytes(), &[usize::MAX]).text();
    let last = frames(&text).pop().unwrap().1;
    assert!(response_is_whole(&last["response"]));
    assert_eq!(last["response"]["output"][0]["content"][0]["text"], "t");
    // What the client said is repeated byte for byte.
    assert!(
        text.contains(r#""temperature":0.30"#) && text.contains(r#""tools":[ {"type":"function","name":"f"} ]"#)
    );
    let whole = Bytes::from(r#"{"choices":[{"message":{"content":"t"},"finish_reason":"stop"}]}"#);
    let sealed = Answer::read(&spec, &whole).unwrap().seal(&Usage::NONE, UsageSource::Estimated);
    assert_eq!(serde_json::from_slice::<Value>(&sealed).unwrap(), last["response"]);
}

/// Pitfall 11: arguments split at any byte are the same as a whole.
#[test]
fn pitfall_11_arguments_are_whole_at_every_split() {
    let arguments = r#"{"code":"é \"x\" \\ \n"}"#;
    for at in (0..=arguments.len()).filter(|at| arguments.is_char_boundary(*at)) {
        let delta = |text: &str| {
            let value = json!({"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_1","delta":text});
            format!("data: {value}\n\n")
        };
        let item = json!({"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":arguments});
        let begun = json!({"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":""}});
        let done = json!({"type":"response.output_item.done","output_index":0,"item":item});
        let end = json!({"type":"response.completed","response":{"status":"completed","output":[item]}});
        let up = format!(
            "data: {begun}\n\n{}{}data: {done}\n\ndata: {end}\n\n",
            delta(&arguments[..at]),
            delta(&arguments[at..])
        );
        let chat = run(RESPONSES, CHAT, &up).text();
        let joined: String = frames(&chat)
            .iter()
            .filter_map(|(_, v)| v["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"].as_str())
            .collect();
        assert_eq!(joined, arguments, "split at {at}");
        check_responses(&run(RESPONSES, RESPONSES, &up).text());
    }
}

/// Pitfalls 23, 24: an upstream that dies or fails is never a proper end, and Responses clients get `response.failed`.
#[test]
fn pitfall_23_24_failures_are_told_as_failures() {
    let responses = [
        "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"host-7\",\"param\":null}\n\n",
        "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"host-7\"}}}\n\n",
        "data: {\"error\":{\"message\":\"host-7\"}}\n\n",
        "",
    ];
    for up in responses {
        let ran = run(RESPONSES, RESPONSES, up);
        check_responses(&ran.text());
        assert!(ran.fault.is_some() && !ran.text().contains("host-7"), "{}", ran.text());
        let (last, value) = frames(&ran.text()).pop().unwrap();
        assert_eq!((last.as_str(), &value["response"]["status"]), ("response.failed", &json!("failed")));
    }
    let chat = chunk(r#"{"role":"assistant","content":"half"}"#, "null");
    let ran = run(CHAT, RESPONSES, &chat);
    check_responses(&ran.text());
    assert!(ran.text().contains("response.failed") && ran.text().contains("\"text\":\"half\""));
    let mut failed = Stream::new(&spec(RESPONSES, CHAT));
    let mut out = bytes::BytesMut::new();
    failed.fail(&Fault::new(canon::FaultKind::Overloaded, "Busy."), "req_1", &mut out);
    check_responses(std::str::from_utf8(&out).unwrap());
    let object: Value = serde_json::from_slice(&failed.final_object().unwrap()).unwrap();
    assert_eq!(object["error"], json!({"code":"overloaded","message":"Busy."}));
}

/// Pitfalls 38, 41: reasoning with its proof comes back to the server that proved it, whatever the client speaks, and to no
/// other.
#[test]
fn pitfall_38_41_proofs_survive_a_turn_in_every_dialect() {
    let reasoning = json!({"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"Think."}],"encrypted_content":"gAAA.b~"});
    let called = json!({"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{}"});
    let up = json!({"object":"response","status":"completed","output":[reasoning, called]}).to_string();
    let chat = answer(RESPONSES, CHAT, &up)["choices"][0]["message"].clone();
    let messages = answer(RESPONSES, MESSAGES, &up)["content"].clone();
    let turns = [
        (
            CHAT,
            json!({"model":"m","messages":[{"role":"user","content":"u"}, chat, {"role":"tool","tool_call_id":"c","content":"r"}]}),
        ),
        (
            MESSAGES,
            json!({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"u"},{"role":"assistant","content":messages},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"r"}]}]}),
        ),
    ];
    for (client, body) in turns {
        let sent_back = sent(client, &body, &target(RESPONSES)).unwrap();
        assert_eq!(
            sent_back["input"][1],
            json!({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Think."}],"encrypted_content":"gAAA.b~"})
        );
        assert_eq!(sent_back["store"], false);
        let foreign = Target { maker: Maker(1), ..target(RESPONSES) };
        let elsewhere = sent(client, &body, &foreign).unwrap().to_string();
        assert!(!elsewhere.contains("gAAA") && !elsewhere.contains("Think."), "{elsewhere}");
    }
}

/// The same the other way: a Messages server's proofs through a Responses client, thinking and what nobody may read.
#[test]
fn pitfall_38_39_signatures_survive_a_responses_client() {
    let content = json!([{"type":"thinking","thinking":"T","signature":"SIG=="},{"type":"redacted_thinking","data":"RED=="},
        {"type":"thinking","thinking":"","signature":"ONLY=="},{"type":"tool_use","id":"c","name":"f","input":{}}]);
    let up = json!({"type":"message","content":content,"stop_reason":"tool_use"}).to_string();
    let said = answer(MESSAGES, RESPONSES, &up)["output"].clone();
    let mut items = vec![json!({"role":"user","content":"u"})];
    items.extend(said.as_array().unwrap().iter().cloned());
    items.push(output("c"));
    let sent_back = input(&Value::from(items), MESSAGES).unwrap();
    assert_eq!(sent_back["messages"][1]["content"], content);
}

/// Pitfall 40: reasoning items with nulls say nothing, and harm nothing.
#[test]
fn pitfall_40_null_fields_are_taken() {
    let empty =
        json!({"type":"reasoning","id":"rs","summary":[],"content":null,"encrypted_content":null,"status":null});
    for dialect in [CHAT, MESSAGES, RESPONSES] {
        let body = input(&json!([{"role":"user","content":"u"}, empty, call("a"), output("a")]), dialect).unwrap();
        assert!(!body.to_string().contains("reasoning"), "{body}");
    }
}

/// Pitfall 63: tools in a namespace go out under a flat name, and so do their calls; two under one name are refused.
#[test]
fn pitfall_63_namespaces_are_flattened() {
    let tools = json!([{"type":"function","name":"plain"},{"type":"namespace","name":"ns","tools":[{"type":"function","name":"tool"},{"type":"custom","name":"free"}]}]);
    let body = |choice: Value| {
        json!({"model":"m","tools":tools,"tool_choice":choice,"input":[{"role":"user","content":"u"},
            {"type":"function_call","call_id":"a","namespace":"ns","name":"tool","arguments":"{}"}, output("a")]})
    };
    for (choice, expect) in [
        (json!("required"), json!("required")),
        (
            json!({"type":"function","namespace":"ns","name":"tool"}),
            json!({"type":"function","function":{"name":"ns__tool"}}),
        ),
        (
            json!({"type":"custom","namespace":"ns","name":"free"}),
            json!({"type":"function","function":{"name":"ns__free"}}),
        ),
        (
            json!({"type":"allowed_tools","mode":"auto","tools":[{"type":"namespace","name":"ns"},{"type":"function","name":"plain"}]}),
            json!({"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"ns__tool"}},
                {"type":"function","function":{"name":"ns__free"}},{"type":"function","function":{"name":"plain"}}]}}),
        ),
    ] {
        let found = sent(RESPONSES, &body(choice), &target(CHAT)).unwrap();
        assert_eq!(found["tool_choice"], expect);
        assert_eq!(found["messages"][1]["tool_calls"][0]["function"]["name"], "ns__tool");
        let names: Vec<&str> =
            found["tools"].as_array().unwrap().iter().map(|t| t["function"]["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["plain", "ns__tool", "ns__free"]);
    }
    let twice = json!({"model":"m","input":"u","tools":[{"type":"function","name":"ns__tool"},{"type":"namespace","name":"ns","tools":[{"type":"function","name":"tool"}]}]});
    let fault = sent(RESPONSES, &twice, &target(CHAT)).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("tools[1].tools[0].name"));
}

/// Pitfall 64: what the model said between a call and its result does not part the two.
#[test]
fn pitfall_64_a_message_does_not_split_a_call_and_its_result() {
    let said = json!({"type":"message","role":"assistant","content":[{"type":"output_text","text":"Wait."}]});
    for items in [
        json!([{"role":"user","content":"u"}, call("a"), said, output("a")]),
        json!([{"role":"user","content":"u"}, call("a"), call("b"), output("b"), said, output("a")]),
    ] {
        let chat = input(&items, CHAT).unwrap();
        assert_eq!(
            (&chat["messages"][1]["role"], &chat["messages"][1]["content"]),
            (&json!("assistant"), &json!("Wait."))
        );
        assert_eq!(chat["messages"][2]["role"], "tool");
        let messages = input(&items, MESSAGES).unwrap();
        assert_eq!(messages["messages"][1]["content"][0]["type"], "text");
        assert_eq!(messages["messages"][2]["content"][0]["type"], "tool_result");
        assert_eq!(messages["messages"].as_array().map(Vec::len), Some(3));
        let gemini = input(&items, GEMINI).unwrap();
        assert_eq!(gemini["contents"][1]["parts"][0]["text"], "Wait.");
        assert!(gemini["contents"][2]["parts"][0]["functionResponse"].is_object(), "{gemini}");
        assert_eq!(gemini["contents"].as_array().map(Vec::len), Some(3));
    }
}

/// Body of a Responses request, the field that is refused on the way to another dialect.
const REFUSED: &[(&str, &str)] = &[
    (r#"{"input":[{"role":"user","content":"u"},{"type":"item_reference","id":"x"}]}"#, "input[1].type"),
    (r#"{"input":[{"role":"user","content":"u"},{"id":"x"}]}"#, "input[1].type"),
    (r#"{"input":[{"role":"user","content":"u"},{},{"type":"tool_search_call"}]}"#, "input[1].type"),
    (r#"{"input":[{"role":"user","content":"u"},{"type":"tool_search_call"}]}"#, "input[1].type"),
    (r#"{"input":[{"type":"additional_tools","tools":[]}]}"#, "input[0].type"),
    (r#"{"input":[{"role":"tool","content":"u"}]}"#, "input[0].role"),
    (
        r#"{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}"#,
        "input[0].content[0].file_id",
    ),
    (
        r#"{"input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]}"#,
        "input[0].content[0].file_id",
    ),
    (r#"{"input":[{"role":"user","content":[{"type":"input_video"}]}]}"#, "input[0].content[0].type"),
    (r#"{"input":[{"type":"function_call","name":"f","arguments":"{}"}]}"#, "input[0].call_id"),
    (r#"{"input":[{"type":"function_call_output","call_id":"a","output":"r"}]}"#, "input[0]"),
    (r#"{"input":[]}"#, "input"),
    (r#"{"input":"u","tools":[{"type":"web_search"}]}"#, "tools[0].type"),
    (
        r#"{"input":"u","tools":[{"type":"namespace","name":"n","tools":[{"type":"mcp"}]}]}"#,
        "tools[0].tools[0].type",
    ),
    (
        r#"{"input":"u","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"web_search"}}"#,
        "tool_choice.type",
    ),
    (r#"{"input":"u","previous_response_id":"resp_1"}"#, "previous_response_id"),
    (r#"{"input":"u","conversation":"c"}"#, "conversation"),
    (r#"{"input":"u","background":true}"#, "background"),
    (r#"{"input":"u","prompt":{"id":"p"}}"#, "prompt"),
    (r#"{"input":"u","top_logprobs":2}"#, "top_logprobs"),
    (r#"{"input":"u","include":["message.output_text.logprobs"]}"#, "include"),
    (r#"{"messages":[{"role":"user","content":"u"}]}"#, "messages"),
];

/// Pitfall 67: what cannot be carried over is refused by its name and place.
#[test]
fn pitfall_67_r_wire_4_refusals_name_the_field() {
    for (body, field) in REFUSED {
        let body: Value = serde_json::from_str(body).unwrap();
        for dialect in [CHAT, MESSAGES, GEMINI] {
            let fault = sent(RESPONSES, &body, &target(dialect)).expect_err(field);
            assert_eq!(fault.param.as_deref(), Some(*field), "{body}: {fault}");
        }
    }
}

/// Every shape of input that clients send, and what becomes of it.
#[test]
fn inputs_of_every_shape() {
    let body = json!({"model":"m","instructions":"I","max_output_tokens":9,"temperature":0.5,"top_p":0.9,"safety_identifier":"u1",
        "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}},"reasoning":{"effort":"low"},
        "input":[{"role":"system","content":"S"},{"role":"user","content":"one"},{"role":"developer","content":"D"},
            {"role":"user","content":[{"type":"input_text","text":"two"},{"type":"input_file","filename":"a.pdf","file_data":"QUFB"}]},
            {"role":"assistant","content":"three"},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},{"role":"user","content":"go"}]});
    let chat = sent(RESPONSES, &body, &target(CHAT)).unwrap();
    assert_eq!(
        chat["messages"][0],
        json!({"role":"system","content":[{"type":"text","text":"I"},{"type":"text","text":"S"}]})
    );
    assert_eq!(chat["messages"][2], json!({"role":"system","content":"D"}));
    assert_eq!(chat["messages"][3]["content"][1]["file"]["file_data"], "data:application/pdf;base64,QUFB");
    assert_eq!(chat["messages"][4], json!({"role":"assistant","content":"three","refusal":"no"}));
    assert_eq!((&chat["max_completion_tokens"], &chat["user"]), (&json!(9), &json!("u1")));
    assert_eq!(chat["response_format"]["json_schema"]["name"], "n");
    assert_eq!(chat["reasoning_effort"], "low");
    let one = sent(RESPONSES, &json!({"model":"m","input":"hi"}), &target(MESSAGES)).unwrap();
    assert_eq!(one["messages"], json!([{"role":"user","content":[{"type":"text","text":"hi"}]}]));
}

/// What a Responses server is told, by client.
#[test]
fn servers_are_told_all_of_it() {
    let body = json!({"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"u"},{"role":"developer","content":"D"},{"role":"user","content":"v"}],
        "tools":[{"type":"function","function":{"name":"f"}}],"stop":["a","b"],"reasoning_effort":"high","response_format":{"type":"json_object"}});
    let found = sent(CHAT, &body, &target(RESPONSES)).unwrap();
    assert_eq!(found["instructions"], "S");
    assert_eq!(found["input"][1]["role"], "system");
    assert_eq!(
        found["tools"],
        json!([{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}])
    );
    assert_eq!(found["reasoning"], json!({"effort":"high"}));
    assert_eq!(found["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(found["text"], json!({"format":{"type":"json_object"}}));
    assert!(found.get("stop").is_none());
    for (system, head, later) in [
        (dialect::SystemPlacement::DeveloperInPlace, None, "developer"),
        (dialect::SystemPlacement::LeadingOnly, None, "user"),
        (dialect::SystemPlacement::AsUser, Some("user"), "user"),
    ] {
        let found = sent(CHAT, &body, &Target { system, ..target(RESPONSES) }).unwrap();
        let roles: Vec<&str> =
            found["input"].as_array().unwrap().iter().map(|item| item["role"].as_str().unwrap()).collect();
        let expect: Vec<&str> = head.into_iter().chain(["user", later, "user"]).collect();
        assert_eq!((roles, found.get("instructions").is_some()), (expect, head.is_none()));
    }
    let (request, _) = decode_request(CHAT, &Bytes::from(body.to_string())).unwrap();
    assert_eq!(encode_request(&request, &target(RESPONSES)).unwrap().stops, ["a", "b"]);
    let many = json!({"model":"m","n":2,"messages":[{"role":"user","content":"u"}]});
    assert_eq!(sent(CHAT, &many, &target(RESPONSES)).unwrap_err().param.as_deref(), Some("n"));
    for (budget, effort) in [(1024, "low"), (8192, "medium"), (20_000, "high")] {
        let body = json!({"model":"m","max_tokens":30_000,"thinking":{"type":"enabled","budget_tokens":budget},"messages":[{"role":"user","content":"u"}]});
        let found = sent(MESSAGES, &body, &target(RESPONSES)).unwrap();
        assert_eq!(found["reasoning"], json!({"effort":effort,"summary":"auto"}));
    }
    let marked = json!({"model":"m","max_tokens":9,"system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"u","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]});
    let found = sent(MESSAGES, &marked, &Target { cache_breakpoints: true, ..target(RESPONSES) }).unwrap();
    let mark = |n: usize| found["input"][n]["content"][0]["prompt_cache_breakpoint"]["ttl"].clone();
    assert_eq!((mark(0), mark(1)), (json!("30m"), json!("12h")));
}

/// Pitfall 52: stop sequences are no parameter there; they are watched for.
#[test]
fn pitfall_52_stop_sequences_are_watched_for() {
    let delta = |text: &str| {
        format!(
            "data: {}\n\n",
            json!({"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":text})
        )
    };
    let spec = dialect::lane::StreamSpec { stops: vec!["STOP".to_owned()], ..spec(MESSAGES, RESPONSES) };
    let up = delta("one S") + &delta("TOP two");
    let mut stream = Stream::new(&spec);
    let mut out = bytes::BytesMut::new();
    stream.push(up.as_bytes(), &mut out).unwrap();
    assert!(stream.is_complete() && !stream.is_ended());
    let end = json!({"type":"response.completed","response":{"status":"completed","output":[],"usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}});
    stream.push(format!("data: {end}\n\n").as_bytes(), &mut out).unwrap();
    assert!(stream.is_ended());
    assert_eq!(stream.tally().usage().answer_total(), 9);
    stream.seal(&Usage::NONE, UsageSource::Estimated, &mut out);
    let text = String::from_utf8(out.to_vec()).unwrap();
    assert!(text.contains("\"stop_sequence\":\"STOP\"") && !text.contains("two"), "{text}");
}

/// Pitfall 59: every ending, both ways.
#[test]
fn pitfall_59_every_stop_reason_ends_the_answer() {
    for (status, details, chat, messages) in [
        ("completed", Value::Null, "stop", "end_turn"),
        ("incomplete", json!({"reason":"max_output_tokens"}), "length", "max_tokens"),
        ("incomplete", json!({"reason":"content_filter"}), "content_filter", "refusal"),
        ("incomplete", json!({"reason":"something_new"}), "stop", "end_turn"),
    ] {
        let body = json!({"status":status,"incomplete_details":details,"output":[{"type":"message","content":[{"type":"output_text","text":"a"}]}]}).to_string();
        assert_eq!(answer(RESPONSES, CHAT, &body)["choices"][0]["finish_reason"], chat);
        assert_eq!(answer(RESPONSES, MESSAGES, &body)["stop_reason"], messages);
        assert_eq!(answer(RESPONSES, RESPONSES, &body)["status"], status);
    }
    for (word, status, reason) in [
        ("stop", "completed", Value::Null),
        ("tool_calls", "completed", Value::Null),
        ("length", "incomplete", json!({"reason":"max_output_tokens"})),
        ("content_filter", "incomplete", json!({"reason":"content_filter"})),
        ("odd", "completed", Value::Null),
    ] {
        let body = format!(r#"{{"choices":[{{"message":{{"content":"a"}},"finish_reason":"{word}"}}]}}"#);
        let found = answer(CHAT, RESPONSES, &body);
        assert_eq!((&found["status"], &found["incomplete_details"]), (&json!(status), &reason), "{word}");
    }
}

proptest! {
    /// Pitfalls 55, 56: prompt and answer totals are equal in all dialects, streamed and whole.
    #[test]
    fn pitfall_55_56_totals_are_equal_in_all_dialects(
        prompt in 0_u64..1 << 40, cached in 0_u64..5000, written in 0_u64..5000, output in 0_u64..1 << 40, reasoning in 0_u64..5000,
    ) {
        let (prompt, output) = (prompt + cached + written, output + reasoning);
        let usage = json!({"input_tokens":prompt,"input_tokens_details":{"cached_tokens":cached,"cache_write_tokens":written},
            "output_tokens":output,"output_tokens_details":{"reasoning_tokens":reasoning},"total_tokens":prompt+output});
        let response = json!({"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"x"}]}],"usage":usage});
        let body = response.to_string();
        let chat = answer(RESPONSES, CHAT, &body)["usage"].clone();
        prop_assert_eq!((chat["prompt_tokens"].as_u64(), chat["completion_tokens"].as_u64()), (Some(prompt), Some(output)));
        let messages = answer(RESPONSES, MESSAGES, &body)["usage"].clone();
        let sum: u64 = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].iter().map(|k| messages[*k].as_u64().unwrap_or(0)).sum();
        prop_assert_eq!((sum, messages["output_tokens"].as_u64()), (prompt, Some(output)));
        let straight = answer(RESPONSES, RESPONSES, &body)["usage"].clone();
        prop_assert_eq!(&straight, &usage);
        // And back from the others.
        let back = answer(CHAT, RESPONSES, &answer(RESPONSES, CHAT, &body).to_string())["usage"].clone();
        prop_assert_eq!(&back, &usage);
        let end = json!({"type":"response.completed","response":response});
        let up = format!("data: {end}\n\n");
        for client in [CHAT, MESSAGES, RESPONSES] {
            prop_assert_eq!(run(RESPONSES, client, &up).tally.usage().prompt_total(), prompt);
        }
        let chunks = chunk(r#"{"content":"x"}"#, "\"stop\"") + &usage_chunk(&chat.to_string()) + DONE;
        let last = frames(&run(CHAT, RESPONSES, &chunks).text()).pop().unwrap().1;
        prop_assert_eq!(&last["response"]["usage"], &usage);
    }
}
