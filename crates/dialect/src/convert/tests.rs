//! Requests from one dialect to the other. Never here: answers (lane, corpus).

use super::*;
use crate::target::{ReasoningField, SystemPlacement, ThinkingForm};
use canon::LossAction;
use serde_json::Value;

const CHAT: Dialect = Dialect::OpenAiChat;
const MESSAGES: Dialect = Dialect::Anthropic;

fn to(client: Dialect, body: &str, target: &Target) -> Result<(String, Vec<String>, ToolNames), Fault> {
    let (request, mut losses) = decode_request(client, &Bytes::copy_from_slice(body.as_bytes()))?;
    let encoded = encode_request(&request, target)?;
    losses.extend(encoded.losses);
    let text = String::from_utf8(encoded.body.to_vec()).unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
    let losses = losses.into_iter().map(|l| l.path).collect();
    Ok((text, losses, encoded.names))
}

fn messages_target() -> Target {
    Target::new(MESSAGES, "claude", 64_000)
}

fn chat_target() -> Target {
    Target::new(CHAT, "gpt", 16_000)
}

/// A Chat conversation as a Messages server gets it.
fn chat_messages(messages: &str) -> Value {
    let body = format!(r#"{{"model":"m","messages":[{messages}]}}"#);
    let (text, _, _) = to(CHAT, &body, &messages_target()).expect(&body);
    serde_json::from_str(&text).unwrap()
}

/// A Messages conversation as a Chat server gets it.
fn messages_chat(messages: &str, target: &Target) -> Value {
    let body = format!(r#"{{"model":"m","max_tokens":9,"messages":[{messages}]}}"#);
    let (text, _, _) = to(MESSAGES, &body, target).expect(&body);
    serde_json::from_str(&text).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

const CALLS: &str = r#"{"role":"user","content":"go"},{"role":"assistant","content":CONTENT,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":9007199254740993}"}},{"id":"b.1","type":"function","function":{"name":"g","arguments":""}}]}"#;
const RESULTS: &str = r#"{"role":"tool","tool_call_id":"b.1","content":"two"},{"role":"user","content":"and?"},{"role":"tool","tool_call_id":"a","content":[{"type":"text","text":"[tool error] one"}]}"#;

/// Pitfalls 30, 31, 32, 35, 46: no empty text, results first and beside their calls, ids mapped on both sides,
/// big integers exact.
#[test]
fn pitfall_30_31_32_35_46_calls_and_results() {
    for empty in ["\"\"", "null", "[]", r#"[{"type":"text","text":""}]"#] {
        let found = chat_messages(&format!("{},{RESULTS}", CALLS.replace("CONTENT", empty)));
        let id = crate::names::wire_id("b.1");
        assert_eq!(
            found["messages"],
            json(&format!(
                r#"[{{"role":"user","content":[{{"type":"text","text":"go"}}]}},
                {{"role":"assistant","content":[{{"type":"tool_use","id":"a","name":"f","input":{{"x":9007199254740993}}}},{{"type":"tool_use","id":"{id}","name":"g","input":{{}}}}]}},
                {{"role":"user","content":[{{"type":"tool_result","tool_use_id":"{id}","content":"two"}},{{"type":"tool_result","tool_use_id":"a","content":"one","is_error":true}},{{"type":"text","text":"and?"}}]}}]"#
            )),
            "{empty}"
        );
    }
    let lonely = format!(r#"{{"model":"m","messages":[{}]}}"#, CALLS.replace("CONTENT", "null"));
    let fault = to(CHAT, &lonely, &messages_target()).unwrap_err();
    assert!(fault.told.contains("has no result"), "{fault}");
    let orphan = r#"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":"z","content":"r"}]}"#;
    assert!(to(CHAT, orphan, &messages_target()).unwrap_err().told.contains("has no call"));
}

/// Pitfall 34: a picture inside a result reaches a Chat server, behind all results.
#[test]
fn pitfall_34_pictures_in_results_follow_all_results() {
    let found = messages_chat(
        r#"{"role":"user","content":"go"},
        {"role":"assistant","content":[{"type":"text","text":"ok"},{"type":"tool_use","id":"a","name":"f","input":{"k":1e400}},{"type":"tool_use","id":"b","name":"f","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]},
        {"type":"tool_result","tool_use_id":"b","content":"no","is_error":true},{"type":"text","text":"so?"}]}"#,
        &chat_target(),
    );
    assert_eq!(
        found["messages"],
        json(
            r#"[{"role":"user","content":"go"},
        {"role":"assistant","content":"ok","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"k\":1e400}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"a","content":"The result follows in the next user message."},
        {"role":"tool","tool_call_id":"b","content":"[tool error] no"},
        {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},{"type":"text","text":"so?"}]}]"#
        )
    );
}

/// Pitfall 36: system prompts in the middle, to servers of each kind; developer prompts at the head.
#[test]
fn pitfall_36_system_prompts_are_placed() {
    let found = chat_messages(
        r#"{"role":"developer","content":"d"},{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"system","content":"mid"}"#,
    );
    assert_eq!(found["system"], json(r#"[{"type":"text","text":"d"},{"type":"text","text":"s"}]"#));
    assert_eq!(found["messages"][0]["content"][1]["text"], "<system-message>\nmid\n</system-message>");
    let claude_code = r#"{"role":"user","content":"u"},{"role":"system","content":[{"type":"text","text":"mid","cache_control":{"type":"ephemeral"}}],"output_config":{"effort":"high"}}"#;
    for (system, role) in [
        (SystemPlacement::AsSent, "system"),
        (SystemPlacement::SystemInPlace, "system"),
        (SystemPlacement::DeveloperInPlace, "developer"),
        (SystemPlacement::LeadingOnly, "user"),
        (SystemPlacement::AsUser, "user"),
    ] {
        let mut target = chat_target();
        target.system = system;
        let found = messages_chat(claude_code, &target);
        assert_eq!(found["messages"][1], json(&format!(r#"{{"role":"{role}","content":"mid"}}"#)));
        assert_eq!(found["reasoning_effort"], "high");
    }
    let mut native = messages_target();
    native.system = SystemPlacement::SystemInPlace;
    let body = r#"{"model":"m","messages":[{"role":"user","content":"u"},{"role":"system","content":"mid"}]}"#;
    let (text, _, _) = to(CHAT, body, &native).unwrap();
    assert!(text.contains(r#"{"role":"system","content":[{"type":"text","text":"mid"}]}"#), "{text}");
}

/// Pitfalls 37, 38, 39, 44: sealed reasoning comes back as it was and in its place; what is not sealed for the
/// target is never text.
#[test]
fn pitfall_37_38_39_44_reasoning_comes_back_or_is_dropped() {
    let details = |list: &str| {
        format!(
            r#"{{"role":"user","content":"u"}},{{"role":"assistant","content":null,"reasoning_content":"SECRET","reasoning_details":[{list}],"tool_calls":[{{"id":"a","type":"function","function":{{"name":"f","arguments":"{{}}"}}}},{{"id":"b","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}]}},{{"role":"tool","tool_call_id":"a","content":"1"}},{{"role":"tool","tool_call_id":"b","content":"2"}}"#
        )
    };
    let found = chat_messages(&details(
        r#"{"type":"reasoning.text","text":"on","format":"anthropic-claude-v1","index":0},{"type":"reasoning.text","text":"e","format":"anthropic-claude-v1","index":0},{"type":"reasoning.text","signature":"tg1.0000000000000000.S1","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"tg1.0000000000000000.R","format":"anthropic-claude-v1","index":2}"#,
    ));
    let kinds: Vec<&str> =
        found["messages"][1]["content"].as_array().unwrap().iter().map(|b| b["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["thinking", "tool_use", "redacted_thinking", "tool_use"]);
    assert_eq!(
        found["messages"][1]["content"][0],
        json(r#"{"type":"thinking","thinking":"one","signature":"S1"}"#)
    );
    let foreign = chat_messages(&details(
        r#"{"type":"reasoning.text","text":"SECRET","signature":"tg1.00000000000000ff.X","format":"google-gemini-v1","index":0},{"type":"reasoning.encrypted","data":"SECRET","format":"openai-responses-v1"}"#,
    ));
    assert!(!foreign.to_string().contains("SECRET"), "{foreign}");
    let thinking = r#"{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"thinking","thinking":"SECRET","signature":"s"},{"type":"text","text":"t"}]},{"role":"user","content":"v"}"#;
    assert!(!messages_chat(thinking, &chat_target()).to_string().contains("SECRET"));
    // Pitfall 45: servers that want reasoning back get it under their name.
    let mut wants = chat_target();
    wants.reasoning_field = ReasoningField::ReasoningContent;
    assert_eq!(messages_chat(thinking, &wants)["messages"][1]["reasoning_content"], "SECRET");
}

const SCHEMA: &str = r#"{"$schema":"x","type":"object","properties":{"n":{"const":9007199254740993,"description":"<>&é"}},"additionalProperties":false}"#;

/// Pitfall 47: schemas keep their bytes, and the same request gives the same bytes.
#[test]
fn pitfall_47_schemas_keep_their_bytes() {
    let chat = format!(
        r#"{{"model":"m","tools":[{{"type":"function","function":{{"name":"f","parameters":{SCHEMA}}}}}],"messages":[{{"role":"user","content":"x"}}]}}"#
    );
    let messages = format!(
        r#"{{"model":"m","max_tokens":5,"tools":[{{"name":"f","input_schema":{SCHEMA}}}],"messages":[{{"role":"user","content":"x"}}]}}"#
    );
    for (client, body, target) in [(CHAT, &chat, messages_target()), (MESSAGES, &messages, chat_target())] {
        let (first, _, _) = to(client, body, &target).unwrap();
        assert!(first.contains(SCHEMA), "{first}");
        assert_eq!(first, to(client, body, &target).unwrap().0);
    }
}

/// Pitfall 65: tools that wait are on offer once they are referred to.
#[test]
fn pitfall_65_deferred_tools() {
    let body = r#"{"model":"m","max_tokens":5,"tools":[{"name":"core","input_schema":{}},{"name":"d1","input_schema":{},"defer_loading":true},{"name":"d2","input_schema":{},"defer_loading":true}],
        "messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"s","name":"core","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"s","content":[{"type":"tool_reference","tool_name":"d2"}]}]}]}"#;
    let (text, _, _) = to(MESSAGES, body, &chat_target()).unwrap();
    let names: Vec<Value> =
        json(&text)["tools"].as_array().unwrap().iter().map(|t| t["function"]["name"].clone()).collect();
    assert_eq!(names, ["core", "d2"]);
    assert!(text.contains("The tool d2 is available now."));
}

/// R-WIRE-4: what changes the meaning is refused with the field named, hints are dropped with notice.
#[test]
fn r_wire_4_refused_or_dropped_with_notice() {
    let body = |field: &str| format!(r#"{{"model":"m",{field},"messages":[{{"role":"user","content":"x"}}]}}"#);
    for (field, param) in [
        (r#""n":2"#, "n"),
        (r#""logprobs":true"#, "logprobs"),
        (r#""top_logprobs":3"#, "top_logprobs"),
        (r#""modalities":["text","audio"]"#, "modalities"),
        (r#""web_search_options":{}"#, "web_search_options"),
        (r#""tools":[{"type":"custom","custom":{"name":"c"}}]"#, "tools[0].type"),
        (r#""tools":[{"type":"function"}]"#, "tools[0].function"),
        (r#""stop":7"#, "stop"),
        (r#""tool_choice":"maybe""#, "tool_choice"),
        (r#""response_format":{"type":"xml"}"#, "response_format.type"),
    ] {
        let fault = to(CHAT, &body(field), &messages_target()).expect_err(field);
        assert_eq!(fault.param.as_deref(), Some(param), "{field}");
    }
    for (field, path) in [
        (r#""seed":7"#, "seed"),
        (r#""logit_bias":{"1":2}"#, "logit_bias"),
        (r#""presence_penalty":1"#, "presence_penalty"),
        (r#""verbosity":"low""#, "verbosity"),
        (r#""temperature":1.5"#, "temperature"),
        (r#""response_format":{"type":"json_object"}"#, "response_format"),
        (r#""service_tier":"flex""#, "service_tier"),
        (r#""unheard_of":1"#, "unheard_of"),
    ] {
        let (text, losses, _) = to(CHAT, &body(field), &messages_target()).expect(field);
        assert_eq!(losses, [path], "{field}: {text}");
        assert!(!text.contains("1.5"), "{text}");
    }
    let sound = r#"{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]}"#;
    let fault = to(CHAT, sound, &messages_target()).unwrap_err();
    assert!(fault.told.contains("sound") && fault.param.as_deref() == Some("messages[0].content[0]"), "{fault}");
    let bad =
        r#"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"user","content":[{"type":"text"}]}]}"#;
    assert_eq!(
        to(CHAT, bad, &messages_target()).unwrap_err().param.as_deref(),
        Some("messages[1].content[0].text")
    );
}

/// R-WIRE-7: efforts become budgets under the limits, and budgets efforts.
#[test]
fn r_wire_7_efforts_and_budgets() {
    let ask = |field: &str, target: &Target| {
        let body = format!(
            r#"{{"model":"m",{field},"tools":[{{"type":"function","function":{{"name":"f"}}}}],"messages":[{{"role":"user","content":"x"}}]}}"#
        );
        json(&to(CHAT, &body, target).unwrap().0)
    };
    for (field, budget, max) in [
        (r#""reasoning_effort":"low""#, 2_048, 64_000),
        (r#""reasoning_effort":"xhigh""#, 32_000, 64_000),
        (r#""reasoning_effort":"high","max_completion_tokens":8000"#, 6_000, 8_000),
    ] {
        let found = ask(field, &messages_target());
        assert_eq!(found["thinking"]["budget_tokens"], budget, "{field}");
        assert_eq!(found["max_tokens"], max, "{field}");
    }
    // A budget in place of an effort is near to it and not the same: the caller is told.
    let told = |effort: &str, target: &Target| {
        let body = format!(
            r#"{{"model":"m","reasoning_effort":"{effort}","messages":[{{"role":"user","content":"x"}}]}}"#
        );
        let (request, _) = decode_request(CHAT, &Bytes::from(body)).unwrap();
        encode_request(&request, target).unwrap().losses.iter().map(|loss| loss.action).collect::<Vec<_>>()
    };
    assert_eq!(told("low", &messages_target()), [LossAction::Approximated]);
    let adaptive = Target { thinking: ThinkingForm::Adaptive, ..messages_target() };
    assert_eq!((told("low", &adaptive), told("minimal", &adaptive)), (vec![], vec![LossAction::Approximated]));
    for field in [r#""reasoning_effort":"none""#, r#""reasoning_effort":"high","max_tokens":1000"#] {
        assert!(ask(field, &messages_target()).get("thinking").is_none(), "{field}");
    }
    let forced = ask(r#""reasoning_effort":"low","temperature":0.2,"tool_choice":"required""#, &messages_target());
    assert_eq!(forced["tool_choice"]["type"], "auto");
    assert!(forced.get("temperature").is_none());
    let found = ask(r#""reasoning_effort":"medium""#, &adaptive);
    assert_eq!(found["output_config"]["effort"], "medium");
    assert_eq!(found["thinking"]["type"], "adaptive");
    let budget = r#"{"model":"m","max_tokens":20000,"thinking":{"type":"enabled","budget_tokens":10000},"messages":[{"role":"user","content":"x"}]}"#;
    assert_eq!(json(&to(MESSAGES, budget, &chat_target()).unwrap().0)["reasoning_effort"], "medium");
    let mut never = chat_target();
    never.thinking = ThinkingForm::Never;
    assert!(!to(MESSAGES, budget, &never).unwrap().0.contains("reasoning_effort"));
}

/// A client that does not send reasoning back may still call tools: thinking is left out of that turn.
#[test]
fn calls_without_their_reasoning_are_not_thought_about() {
    let body = r#"{"model":"m","reasoning_effort":"high","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"}]}"#;
    let (text, losses, _) = to(CHAT, body, &messages_target()).unwrap();
    assert!(!text.contains("\"thinking\"") && losses.contains(&"reasoning_effort".to_owned()));
}

/// R-WIRE-3: what both languages can say arrives in the other.
#[test]
fn fields_have_their_counterparts() {
    let chat = format!(
        r#"{{"model":"m","stream":true,"max_tokens":50,"temperature":0.5,"top_p":0.9,"stop":["a"," "],"user":"u","parallel_tool_calls":false,"tool_choice":{{"type":"function","function":{{"name":"f"}}}},
        "tools":[{{"type":"function","function":{{"name":"f","description":"d","strict":true}}}}],"response_format":{{"type":"json_schema","json_schema":{{"name":"n","schema":{SCHEMA},"strict":true}}}},
        "messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"https://x/y.png","detail":"high"}}}},{{"type":"file","file":{{"filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="}}}}]}}]}}"#
    );
    let (text, losses, _) = to(CHAT, &chat, &messages_target()).unwrap();
    assert_eq!(
        json(&text),
        json(&format!(
            r#"{{"model":"claude","max_tokens":50,"stream":true,"tools":[{{"name":"f","description":"d","input_schema":{{"type":"object","properties":{{}}}},"strict":true}}],
        "tool_choice":{{"type":"tool","name":"f","disable_parallel_tool_use":true}},
        "messages":[{{"role":"user","content":[{{"type":"image","source":{{"type":"url","url":"https://x/y.png"}}}},{{"type":"document","source":{{"type":"base64","media_type":"application/pdf","data":"AA=="}},"title":"a.pdf"}}]}}],
        "temperature":0.5,"top_p":0.9,"stop_sequences":["a"],"output_config":{{"format":{{"type":"json_schema","schema":{SCHEMA}}}}},"metadata":{{"user_id":"u"}}}}"#
        ))
    );
    assert_eq!(losses, ["messages[].content[].image_url.detail", "stop", "response_format.json_schema.name"]);
    let messages = format!(
        r#"{{"model":"m","stream":true,"max_tokens":50,"top_k":5,"stop_sequences":["1","2","3","4","5"],"metadata":{{"user_id":"{}"}},"tool_choice":{{"type":"any","disable_parallel_tool_use":true}},
        "tools":[{{"name":"{}","input_schema":{{"type":"object"}},"cache_control":{{"type":"ephemeral"}}}}],"output_config":{{"format":{{"type":"json_schema","schema":{SCHEMA}}}}},"context_management":{{"edits":[]}},
        "messages":[{{"role":"user","content":[{{"type":"document","title":"T","context":"C","source":{{"type":"text","media_type":"text/plain","data":"D"}}}}]}}]}}"#,
        "u".repeat(200),
        "long".repeat(20)
    );
    let (text, losses, names) = to(MESSAGES, &messages, &chat_target()).unwrap();
    let found = json(&text);
    assert_eq!(found["stop"].as_array().unwrap().len(), 4);
    assert_eq!(found["messages"][0]["content"], json(r#"[{"type":"text","text":"T\nC\nD"}]"#));
    assert_eq!((&found["tool_choice"], &found["parallel_tool_calls"]), (&json("\"required\""), &json("false")));
    assert_eq!(found["response_format"]["json_schema"]["strict"], true);
    assert_eq!(found["stream_options"]["include_usage"], true);
    assert!(found["user"].as_str().unwrap().len() < 64);
    let wire = found["tools"][0]["function"]["name"].as_str().unwrap();
    assert_eq!(names.client_name(wire), "long".repeat(20));
    assert_eq!(losses, ["cache_control", "stop_sequences", "top_k", "metadata.user_id", "context_management"]);
}

#[test]
fn cache_marks_cross_where_both_have_them() {
    let mut target = chat_target();
    target.cache_breakpoints = true;
    let found = messages_chat(
        r#"{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}]}"#,
        &target,
    );
    assert_eq!(found["messages"][0]["content"][0]["prompt_cache_breakpoint"]["ttl"], "12h");
    let found = chat_messages(
        r#"{"role":"user","content":[{"type":"text","text":"x","prompt_cache_breakpoint":{"mode":"explicit"}}]}"#,
    );
    assert_eq!(found["messages"][0]["content"][0]["cache_control"]["type"], "ephemeral");
}

/// Pitfalls 53, 66: beta headers are forwarded, filtered or dropped as the target says; lines may repeat.
#[test]
fn pitfall_53_66_beta_headers() {
    let mut head = RequestHead::default();
    head.add_beta("a, b");
    head.add_beta("c");
    let mut target = messages_target();
    let sent = |target: &Target| {
        upstream_headers(&head, target).into_iter().find(|h| h.0 == "anthropic-beta").map(|h| h.1)
    };
    assert_eq!(sent(&target).as_deref(), Some("a,b,c"));
    target.betas = Betas::Only(vec!["b".into()]);
    assert_eq!(sent(&target).as_deref(), Some("b"));
    target.betas = Betas::Drop;
    assert_eq!(sent(&target), None);
    assert!(upstream_headers(&head, &chat_target()).is_empty());
}

/// decode then encode is the identity on what both sides of one dialect can say.
#[test]
fn decode_and_encode_are_inverse_on_the_common_subset() {
    let chat = r#"{"model":"gpt","messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":"t","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{ \"x\": 1e400 }"}}]},{"role":"tool","tool_call_id":"a","content":"r"},{"role":"user","content":[{"type":"text","text":"p"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA==","detail":"low"}}]}],"tools":[{"type":"function","function":{"name":"f","parameters":{"b":1,"a":2},"strict":true}}],"tool_choice":"required","parallel_tool_calls":false,"max_completion_tokens":7,"stream":true,"stream_options":{"include_usage":true},"stop":["x"],"temperature":0.70,"reasoning_effort":"low"}"#;
    assert_eq!(to(CHAT, chat, &chat_target()).unwrap().0, chat);
    let messages = r#"{"model":"claude","max_tokens":9000,"stream":true,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"tools":[{"name":"f","input_schema":{"b":1,"a":2}}],"tool_choice":{"type":"auto"},"messages":[{"role":"user","content":[{"type":"text","text":"u"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"h","signature":"CARRIED.S"},{"type":"redacted_thinking","data":"CARRIED.D"},{"type":"text","text":"t"},{"type":"tool_use","id":"a","name":"f","input":{ "x": 1e400 }}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"r"},{"type":"text","text":"v"}]}],"stop_sequences":["x"],"thinking":{"type":"enabled","budget_tokens":2000}}"#;
    // Proofs come in as a client of another dialect carries them, and go home as they were.
    let carried = messages.replace("CARRIED", "tg1.0000000000000000");
    assert_eq!(to(MESSAGES, &carried, &messages_target()).unwrap().0, messages.replace("CARRIED.", ""));
}

/// Stop sequences beyond what a server takes are watched for here, piece by piece: their number and length have limits.
#[test]
fn watched_stop_sequences_have_limits() {
    let refused = |stops: Vec<String>| {
        let stops = serde_json::to_string(&stops).unwrap();
        let body = format!(
            r#"{{"model":"m","max_tokens":9,"stop_sequences":{stops},"messages":[{{"role":"user","content":"x"}}]}}"#
        );
        to(MESSAGES, &body, &chat_target()).err().and_then(|fault| fault.param)
    };
    let stops = |count: usize, bytes: usize| (0..count).map(|n| format!("{n:0bytes$}")).collect::<Vec<_>>();
    assert_eq!(refused(stops(20, 512)), None);
    assert_eq!(refused(stops(21, 2)).as_deref(), Some("stop_sequences"));
    assert_eq!(refused(stops(5, 513)).as_deref(), Some("stop_sequences"));
    // The server's own limits are the server's affair.
    assert_eq!(refused(stops(4, 5_000)), None);
}

/// R-WIRE-4: hints that a Responses server has no field for are told, and so is a schema's name only where there was one.
#[test]
fn r_wire_4_hints_do_not_vanish() {
    let body = r#"{"model":"m","seed":7,"presence_penalty":0.5,"frequency_penalty":0.25,"messages":[{"role":"user","content":"x"}]}"#;
    let (text, losses, _) = to(CHAT, body, &Target::new(Dialect::OpenAiResponses, "gpt", 9)).unwrap();
    assert_eq!(losses, ["seed", "presence_penalty", "frequency_penalty"], "{text}");
    let body = r#"{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{}}}"#;
    assert!(to(Dialect::Gemini, body, &messages_target()).unwrap().1.is_empty());
}

/// One answer is read back from a server of another dialect; others would be billed and never seen.
#[test]
fn several_answers_are_refused_where_one_is_read() {
    let body = r#"{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"candidateCount":2}}"#;
    for upstream in [CHAT, MESSAGES, Dialect::OpenAiResponses] {
        let fault = to(Dialect::Gemini, body, &Target::new(upstream, "up", 9)).unwrap_err();
        assert_eq!(fault.param.as_deref(), Some("generationConfig.candidateCount"));
        assert!(fault.told.contains("`generationConfig.candidateCount` must be 1"), "{fault}");
    }
}

/// R-WIRE-4: no thinking, in the word of clients and servers that have one, and told as lost where there is none.
#[test]
fn r_wire_4_thinking_switched_off_or_left_to_the_model() {
    let none = r#"{"model":"m","reasoning_effort":"none","messages":[{"role":"user","content":"x"}]}"#;
    let responses = Target::new(Dialect::OpenAiResponses, "gpt", 9);
    let (text, losses, _) = to(CHAT, none, &responses).unwrap();
    assert_eq!((json(&text)["reasoning"]["effort"].as_str(), losses.len()), (Some("none"), 0));
    for (thinking, action) in [
        (r#""thinking":{"type":"disabled"},"output_config":{"effort":"high"}"#, LossAction::Dropped),
        (r#""thinking":{"type":"adaptive"}"#, LossAction::Approximated),
    ] {
        let body =
            format!(r#"{{"model":"m","max_tokens":99,{thinking},"messages":[{{"role":"user","content":"x"}}]}}"#);
        for target in [&responses, &chat_target()] {
            let (request, _) = decode_request(MESSAGES, &Bytes::from(body.clone())).unwrap();
            let encoded = encode_request(&request, target).unwrap();
            assert_eq!(encoded.losses.iter().map(|loss| loss.action).collect::<Vec<_>>(), [action], "{thinking}");
            assert!(!String::from_utf8_lossy(&encoded.body).contains("effort"), "{thinking}");
        }
    }
}

/// A Responses server takes no limit below 16 tokens; what is asked for below is raised, and the caller is told.
#[test]
fn small_limits_are_raised_for_responses() {
    let target = Target::new(Dialect::OpenAiResponses, "gpt", 16_000);
    for (asked, sent, told) in [(1, 16, true), (16, 16, false), (99, 99, false)] {
        let body = format!(
            r#"{{"model":"m","max_completion_tokens":{asked},"messages":[{{"role":"user","content":"x"}}]}}"#
        );
        let (text, losses, _) = to(CHAT, &body, &target).unwrap();
        assert_eq!(
            (&json(&text)["max_output_tokens"], losses.iter().any(|l| l == "max_tokens")),
            (&sent.into(), told)
        );
    }
}

/// R-ROUTE-9: cache marks are inserted where a prompt will come again and its client set none; two at most, at the same places
/// each time, and none otherwise.
#[test]
fn r_route_9_cache_marks_are_inserted() {
    let long = "word ".repeat(1_000);
    let system = format!(r#"{{"role":"system","content":"{long}"}},"#);
    let turn = r#"{"role":"user","content":"one"},{"role":"assistant","content":"two"},"#;
    let tools =
        r#","tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]"#;
    let user = r#"{"role":"user","content":"three"}"#;
    let marks = |body: &str, target: &Target| {
        let text = to(CHAT, body, target).unwrap().0;
        assert_eq!(text, to(CHAT, body, target).unwrap().0, "equal requests give equal bytes");
        let value = json(&text);
        let has =
            |path: &str| value.pointer(path).is_some_and(|block| block["cache_control"]["type"] == "ephemeral");
        let last = value["messages"].as_array().unwrap().len() - 1;
        let ends = (has("/system/0"), has("/tools/1"), has(&format!("/messages/{last}/content/0")));
        (text.matches("cache_control").count(), ends)
    };
    let body = |messages: &str, more: &str| format!(r#"{{"model":"m","messages":[{messages}]{more}}}"#);
    let target = messages_target();
    let off = Target { cache_insert: false, ..messages_target() };
    for (messages, more, target, found) in [
        (format!("{system}{turn}{user}"), "", &target, (2, (true, false, true))),
        (format!("{system}{user}"), tools, &target, (2, (true, false, true))),
        (format!(r#"{turn}{{"role":"user","content":"{long}"}}"#), tools, &target, (2, (false, true, true))),
        (format!("{system}{user}"), "", &target, (0, (false, false, false))),
        (format!("{turn}{user}"), tools, &target, (0, (false, false, false))),
        (format!("{system}{turn}{user}"), tools, &off, (0, (false, false, false))),
    ] {
        assert_eq!(marks(&body(&messages, more), target), found, "{more} {}", messages.len());
    }
    let own = r#"{"role":"user","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}"#;
    assert_eq!(marks(&body(&format!("{system}{turn}{own}"), ""), &target).0, 1, "the client's own are enough");
}
