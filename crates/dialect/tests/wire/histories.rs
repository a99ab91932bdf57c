//! Mistakes that other gateways made with conversations and parameters (by number), tried with every client on every upstream
//! of another dialect. In: one conversation in the words of each client. Out: what must hold of every upstream's body.
//! Never here: whole bodies (the crate's convert tests, corpus), answers (pairs).

use crate::compat::asked::requests;
use crate::compat::said::{Part, streamed};
use crate::run::{ALL, CHAT, GEMINI, MESSAGES, RESPONSES, frames, spec, stream};
use bytes::Bytes;
use canon::{Dialect, Fault};
use dialect::lane::StreamSpec;
use dialect::{Maker, MaxTokensField, Target, ThinkingForm, decode_request, encode_request};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn target(upstream: Dialect) -> Target {
    Target { maker: Maker(7), ..Target::new(upstream, "up", 64_000) }
}

fn pairs() -> Vec<(Dialect, Dialect)> {
    let each = |client| {
        ALL.into_iter().filter(move |upstream| *upstream != client).map(move |upstream| (client, upstream))
    };
    ALL.into_iter().flat_map(each).collect()
}

/// The body that the upstream gets, and the paths of what was lost.
fn sent_to(client: Dialect, body: &str, target: &Target) -> Result<(String, Vec<String>), Fault> {
    let (request, mut losses) = decode_request(client, &Bytes::copy_from_slice(body.as_bytes()))?;
    let encoded = encode_request(&request, target)?;
    losses.extend(encoded.losses);
    let text = String::from_utf8(encoded.body.to_vec()).unwrap();
    Ok((text, losses.into_iter().map(|loss| loss.path).collect()))
}

fn sent(client: Dialect, body: &str, upstream: Dialect) -> String {
    sent_to(client, body, &target(upstream)).expect(body).0
}

/// What a client says between its question and the next: its calls (id, tool, arguments as JSON), an empty text beside them, the
/// results in another order than the calls, and words of the user behind them.
struct History<'a> {
    calls: [(&'a str, &'a str, &'a str); 2],
    results: Vec<usize>,
    schema: &'a str,
}

impl Default for History<'_> {
    fn default() -> Self {
        let calls = [("a", "f", r#"{"n":9007199254740993,"e":1e400}"#), ("b", "g", "{}")];
        Self { calls, results: vec![1, 0], schema: r#"{"type":"object"}"# }
    }
}

impl History<'_> {
    fn body(&self, client: Dialect) -> String {
        let (calls, results) = (self.each(client, 0), self.each(client, 1));
        let schema = self.schema;
        match client {
            MESSAGES => format!(
                r#"{{"model":"m","max_tokens":9,"tools":[{{"name":"f","input_schema":{schema}}}],"messages":[{{"role":"user","content":"go"}},
                {{"role":"assistant","content":[{{"type":"text","text":""}},{calls}]}},{{"role":"user","content":[{results},{{"type":"text","text":"and?"}}]}}]}}"#
            ),
            RESPONSES => format!(
                r#"{{"model":"m","tools":[{{"type":"function","name":"f","parameters":{schema}}}],"input":[{{"role":"user","content":"go"}},
                {{"type":"message","role":"assistant","content":[{{"type":"output_text","text":""}}]}},{calls},{results},{{"role":"user","content":"and?"}}]}}"#
            ),
            GEMINI => format!(
                r#"{{"tools":[{{"functionDeclarations":[{{"name":"f","parametersJsonSchema":{schema}}}]}}],"contents":[{{"role":"user","parts":[{{"text":"go"}}]}},
                {{"role":"model","parts":[{{"text":""}},{calls}]}},{{"role":"user","parts":[{results},{{"text":"and?"}}]}}]}}"#
            ),
            _ => format!(
                r#"{{"model":"m","tools":[{{"type":"function","function":{{"name":"f","parameters":{schema}}}}}],"messages":[{{"role":"user","content":"go"}},
                {{"role":"assistant","content":"","tool_calls":[{calls}]}},{results},{{"role":"user","content":"and?"}}]}}"#
            ),
        }
    }

    /// Both calls, or the results in their order.
    fn each(&self, client: Dialect, of: u8) -> String {
        let call = |(id, name, args): &(&str, &str, &str)| match client {
            MESSAGES => format!(r#"{{"type":"tool_use","id":"{id}","name":"{name}","input":{args}}}"#),
            RESPONSES => {
                format!(
                    r#"{{"type":"function_call","call_id":"{id}","name":"{name}","arguments":{}}}"#,
                    Value::from(*args)
                )
            }
            GEMINI => format!(r#"{{"functionCall":{{"id":"{id}","name":"{name}","args":{args}}}}}"#),
            _ => format!(
                r#"{{"id":"{id}","type":"function","function":{{"name":"{name}","arguments":{}}}}}"#,
                Value::from(*args)
            ),
        };
        let result = |(id, name, _): &(&str, &str, &str)| match client {
            MESSAGES => format!(r#"{{"type":"tool_result","tool_use_id":"{id}","content":"of {name}"}}"#),
            RESPONSES => format!(r#"{{"type":"function_call_output","call_id":"{id}","output":"of {name}"}}"#),
            GEMINI => format!(
                r#"{{"functionResponse":{{"id":"{id}","name":"{name}","response":{{"output":"of {name}"}}}}}}"#
            ),
            _ => format!(r#"{{"role":"tool","tool_call_id":"{id}","content":"of {name}"}}"#),
        };
        let list: Vec<String> = match of {
            0 => self.calls.iter().map(call).collect(),
            _ => self.results.iter().map(|n| result(&self.calls[*n])).collect(),
        };
        list.join(",")
    }
}

/// One step of a conversation as an upstream reads it: `user`, `call ID NAME`, `result ID`.
fn steps(upstream: Dialect, body: &str) -> Vec<String> {
    let body: Value = serde_json::from_str(body).unwrap();
    let list = ["messages", "input", "contents"].iter().find_map(|key| body[*key].as_array()).unwrap();
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut out = Vec::new();
    for turn in list {
        let parts = turn["content"].as_array().or(turn["parts"].as_array()).cloned().unwrap_or_default();
        match upstream {
            RESPONSES if turn["type"] == "function_call" => {
                out.push(format!("call {} {}", word(&turn["call_id"]), word(&turn["name"])));
            }
            RESPONSES if turn["type"] == "function_call_output" => {
                out.push(format!("result {}", word(&turn["call_id"])));
            }
            CHAT if turn["role"] == "tool" => out.push(format!("result {}", word(&turn["tool_call_id"]))),
            MESSAGES | GEMINI => {
                for part in &parts {
                    let (call, response) = (&part["functionCall"], &part["functionResponse"]);
                    out.push(match part["type"].as_str() {
                        Some("tool_use") => format!("call {} {}", word(&part["id"]), word(&part["name"])),
                        Some("tool_result") => format!("result {}", word(&part["tool_use_id"])),
                        _ if call.is_object() => format!("call {} {}", word(&call["id"]), word(&call["name"])),
                        _ if response.is_object() => format!("result {}", word(&response["id"])),
                        _ => word(&turn["role"]),
                    });
                }
            }
            _ => {
                out.push(word(&turn["role"]));
                for call in turn["tool_calls"].as_array().into_iter().flatten() {
                    out.pop_if(|last| last == "assistant");
                    out.push(format!("call {} {}", word(&call["id"]), word(&call["function"]["name"])));
                }
            }
        }
    }
    out
}

/// Both calls, then both results and nothing between, then the user.
fn in_order(upstream: Dialect, body: &str) {
    let steps = steps(upstream, body);
    let kinds: Vec<&str> = steps.iter().map(|step| step.split(' ').next().unwrap()).collect();
    assert_eq!(kinds, ["user", "call", "call", "result", "result", "user"], "{upstream:?}: {body}");
    let ids = |kind: &str| -> BTreeSet<String> {
        let of = steps.iter().filter(|step| step.starts_with(kind));
        of.map(|step| step.split(' ').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(ids("call"), ids("result"), "{upstream:?}: {body}");
}

/// Pitfalls 30 to 33, 46: no empty text beside calls, results right behind their calls though they came in another order and with
/// words behind, large numbers exact; for Gemini as many results as calls in one content, in the order of the calls.
#[test]
fn pitfall_30_31_32_33_46_calls_and_results_in_every_pair() {
    for (client, upstream) in pairs() {
        let body = sent(client, &History::default().body(client), upstream);
        in_order(upstream, &body);
        assert!(!body.contains("\"text\":\"\""), "{client:?} to {upstream:?}: {body}");
        for number in ["9007199254740993", "1e400"] {
            assert!(body.contains(number), "{client:?} to {upstream:?}: {body}");
        }
        if upstream == GEMINI {
            let found: Value = serde_json::from_str(&body).unwrap();
            let parts = found["contents"][2]["parts"].as_array().unwrap();
            let names: Vec<&Value> = parts.iter().map(|part| &part["functionResponse"]["name"]).collect();
            assert_eq!(names, ["f", "g"], "{client:?}: {body}");
        }
    }
}

/// Pitfall 31: a call that has no result is refused by every upstream's converter, in words that say so.
#[test]
fn pitfall_31_a_call_without_a_result_is_told_in_every_pair() {
    for (client, upstream) in pairs() {
        let history = History { results: vec![0], ..History::default() };
        let fault = sent_to(client, &history.body(client), &target(upstream)).expect_err("one result is missing");
        assert!(fault.told.contains("has no result"), "{client:?} to {upstream:?}: {fault}");
    }
}

/// Pitfalls 32, 34: a picture inside a result reaches every upstream, and no result is parted from the calls by it.
#[test]
fn pitfall_32_34_pictures_in_results_in_every_pair() {
    for (client, upstream) in pairs() {
        let request = requests(client)["result_image"].clone();
        if request.is_null() {
            continue;
        }
        let body = sent(client, &request.to_string(), upstream);
        assert!(body.contains("iVBORw0KGgo"), "{client:?} to {upstream:?}: {body}");
        let steps = steps(upstream, &body);
        let last_call = steps.iter().rposition(|step| step.starts_with("call")).unwrap();
        assert!(steps[last_call + 1].starts_with("result"), "{client:?} to {upstream:?}: {steps:?}");
    }
}

/// Pitfall 35: ids of others are mapped for Messages alone, on calls and results alike and without collision; a Chat server
/// gets them as they were.
#[test]
fn pitfall_35_ids_of_others_in_every_pair() {
    for (client, upstream) in pairs() {
        let calls = [("functions.Bash:0", "f", "{}"), ("functions_Bash_0", "g", "{}")];
        let body = sent(client, &History { calls, ..History::default() }.body(client), upstream);
        in_order(upstream, &body);
        let plain = |id: &str| id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        let steps = steps(upstream, &body);
        let ids: Vec<&str> = steps.iter().filter_map(|step| step.strip_prefix("result ")).collect();
        assert!(ids.len() == 2 && ids[0] != ids[1], "{client:?} to {upstream:?}: {body}");
        match upstream {
            MESSAGES => assert!(ids.iter().all(|id| plain(id)), "{client:?}: {ids:?}"),
            CHAT => assert!(ids.contains(&"functions.Bash:0"), "{client:?}: {ids:?}"),
            _ => {}
        }
    }
}

/// Pitfall 36: two developer prompts at the head, as Codex sends them, are system prompts for every upstream.
#[test]
fn pitfall_36_developer_prompts_at_the_head_in_every_pair() {
    let turn = |text: &str| json!({"role": "developer", "content": [{"type": "input_text", "text": text}]});
    let body = json!({"model": "m", "input": [turn("ONE"), turn("TWO"), {"role": "user", "content": "u"}]});
    for (upstream, path) in [(MESSAGES, "/system"), (GEMINI, "/systemInstruction"), (CHAT, "/messages/0")] {
        let found: Value = serde_json::from_str(&sent(RESPONSES, &body.to_string(), upstream)).unwrap();
        let head = found.pointer(path).unwrap().to_string();
        assert!(head.contains("ONE") && head.contains("TWO"), "{upstream:?}: {found}");
        let list = found["messages"].as_array().or(found["contents"].as_array()).unwrap();
        assert_eq!(list.iter().filter(|turn| turn["role"] == "user").count(), 1, "{upstream:?}: {found}");
    }
}

/// Pitfalls 37, 41: reasoning that the upstream did not prove is nowhere in what it gets, least of all as words of the model.
#[test]
fn pitfall_37_41_foreign_reasoning_goes_nowhere_in_every_pair() {
    let say = |text: &str| json!({"role": "user", "content": text});
    for (client, upstream) in pairs() {
        let body = match client {
            MESSAGES => json!({"model": "m", "max_tokens": 9, "messages": [say("u"),
                {"role": "assistant", "content": [{"type": "thinking", "thinking": "SECRET", "signature": "SECRET"},
                {"type": "redacted_thinking", "data": "SECRET"}, {"type": "text", "text": "t"}]}, say("v")]}),
            RESPONSES => json!({"model": "m", "input": [say("u"), {"type": "reasoning", "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "SECRET"}], "encrypted_content": "SECRET"},
                {"role": "assistant", "content": "t"}, say("v")]}),
            GEMINI => json!({"contents": [{"role": "user", "parts": [{"text": "u"}]}, {"role": "model", "parts": [
                {"text": "SECRET", "thought": true}, {"text": "t", "thoughtSignature": "U0VDUkVU"}]},
                {"role": "user", "parts": [{"text": "v"}]}]}),
            _ => {
                json!({"model": "m", "messages": [say("u"), {"role": "assistant", "content": "t", "reasoning_content": "SECRET",
                "reasoning_details": [{"type": "reasoning.encrypted", "data": "SECRET", "format": "x"}]}, say("v")]})
            }
        };
        let body = sent(client, &body.to_string(), upstream);
        assert!(!body.contains("SECRET") && !body.contains("U0VDUkVU"), "{client:?} to {upstream:?}: {body}");
    }
}

/// Pitfall 47: a schema arrives with its bytes, and equal requests make equal bodies.
#[test]
fn pitfall_47_schemas_keep_their_bytes_in_every_pair() {
    let schema = r#"{"$schema":"x","type":"object","properties":{"z":{"const":9007199254740993,"description":"<>&é"},"a":{"enum":[1e400]}},"additionalProperties":false}"#;
    for (client, upstream) in pairs() {
        let history = History { schema, ..History::default() };
        let body = sent(client, &history.body(client), upstream);
        assert!(body.contains(schema), "{client:?} to {upstream:?}: {body}");
        assert_eq!(body, sent(client, &history.body(client), upstream), "{client:?} to {upstream:?}");
    }
}

/// Pitfall 50: a model that cannot think is not asked to, whoever asks, and the caller is told.
#[test]
fn pitfall_50_a_model_that_cannot_think_is_not_asked_to() {
    for (client, upstream) in pairs() {
        for feature in ["thinking_effort", "thinking_budget", "thinking_adaptive"] {
            let request = requests(client)[feature].clone();
            if request.is_null() {
                continue;
            }
            let never = Target { thinking: ThinkingForm::Never, ..target(upstream) };
            let (body, losses) = sent_to(client, &request.to_string(), &never).unwrap();
            for field in ["reasoning", "\"thinking", "thinkingConfig", "\"effort\""] {
                assert!(!body.contains(field), "{client:?} to {upstream:?}, {feature}: {body}");
            }
            assert!(!losses.is_empty(), "{client:?} to {upstream:?}, {feature}: nothing told");
        }
    }
}

/// Pitfall 63: a tool in a namespace goes out under a flat name, now and in the history, and its call comes back in two words.
#[test]
fn pitfall_63_namespaces_go_and_come_in_every_pair() {
    let body = json!({"model": "m", "tools": [{"type": "namespace", "name": "ns", "tools": [{"type": "function", "name": "tool"}]}],
        "input": [{"role": "user", "content": "u"}, {"type": "function_call", "call_id": "a", "namespace": "ns", "name": "tool", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "r"}]});
    let (request, _) = decode_request(RESPONSES, &Bytes::from(body.to_string())).unwrap();
    for (upstream, stop) in [(CHAT, "tool_calls"), (MESSAGES, "tool_use"), (GEMINI, "STOP")] {
        let encoded = encode_request(&request, &target(upstream)).unwrap();
        let text = String::from_utf8(encoded.body.to_vec()).unwrap();
        assert!(text.matches("\"ns__tool\"").count() >= 2, "{upstream:?}: {text}");
        let spec = StreamSpec { names: encoded.names, ..spec(RESPONSES, upstream) };
        let up = streamed(upstream, (&[Part::Call("b", "ns__tool", "{}")], stop));
        let text = stream(&spec, up.as_bytes(), &[usize::MAX]).text();
        let last = frames(&text).pop().unwrap().1;
        let item = &last["response"]["output"][0];
        assert_eq!((&item["namespace"], &item["name"]), (&json!("ns"), &json!("tool")), "{upstream:?}: {text}");
    }
}

/// Pitfall 65: tools that wait until they are referred to are left out for every upstream that cannot make them wait.
#[test]
fn pitfall_65_deferred_tools_in_every_pair() {
    let tool = |name: &str, waits: bool| json!({"name": name, "input_schema": {}, "defer_loading": waits});
    let body = json!({"model": "m", "max_tokens": 5, "tools": [tool("core", false), tool("one", true), tool("two", true), tool("three", true)],
        "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": [{"type": "tool_use", "id": "s", "name": "core", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "s", "content": [{"type": "tool_reference", "tool_name": "two"}]}]}]});
    for upstream in [CHAT, RESPONSES, GEMINI] {
        let text = sent(MESSAGES, &body.to_string(), upstream);
        for (name, there) in [("core", true), ("one", false), ("two", true), ("three", false)] {
            assert_eq!(text.contains(&format!("\"name\":\"{name}\"")), there, "{upstream:?}: {text}");
        }
        assert!(!text.contains("defer_loading"), "{upstream:?}: {text}");
    }
}

/// Pitfall 49: a limit of the answer has the name that a Chat server knows, whatever the client calls it.
#[test]
fn pitfall_49_limits_have_the_name_of_the_server() {
    for client in [MESSAGES, RESPONSES, GEMINI] {
        for (field, wanted, other) in [
            (MaxTokensField::AsSent, "\"max_completion_tokens\":7001", "\"max_tokens\""),
            (MaxTokensField::MaxCompletionTokens, "\"max_completion_tokens\":7001", "\"max_tokens\""),
            (MaxTokensField::MaxTokens, "\"max_tokens\":7001", "\"max_completion_tokens\""),
        ] {
            let server = Target { max_tokens_field: field, ..target(CHAT) };
            let (body, _) = sent_to(client, &requests(client)["limit"].to_string(), &server).unwrap();
            assert!(body.contains(wanted) && !body.contains(other), "{client:?}: {body}");
        }
    }
}

/// Pitfall 51: an answer of a schema is never asked for as a call, so no ending is told as another.
#[test]
fn pitfall_51_a_schema_is_never_a_tool() {
    for (client, upstream) in pairs() {
        for structured_output in [true, false] {
            let server = Target { structured_output, ..target(upstream) };
            let (body, losses) = sent_to(client, &requests(client)["json_schema"].to_string(), &server).unwrap();
            for word in ["\"tools\"", "tool_choice", "toolConfig", "functionDeclarations"] {
                assert!(!body.contains(word), "{client:?} to {upstream:?}: {body}");
            }
            assert!(structured_output || !losses.is_empty(), "{client:?} to {upstream:?}: nothing told");
        }
    }
}

/// Pitfall 58: a Chat server is always asked for its count, but for those that do not know the question.
#[test]
fn pitfall_58_the_count_is_always_asked_for() {
    for client in [MESSAGES, RESPONSES, GEMINI] {
        let body = Bytes::from(requests(client)["text"].to_string());
        let (mut request, _) = decode_request(client, &body).unwrap();
        request.stream = true;
        for known in [true, false] {
            let server = Target { stream_options: known, ..target(CHAT) };
            let sent = encode_request(&request, &server).unwrap().body;
            let sent: Value = serde_json::from_slice(&sent).unwrap();
            let wanted = if known { json!({"include_usage": true}) } else { Value::Null };
            assert_eq!((&sent["stream"], &sent["stream_options"]), (&json!(true), &wanted), "{client:?}");
        }
    }
}
