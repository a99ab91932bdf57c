//! Messages as a client sees it. In: requests. Out: checks of the wire. Never here: faults on purpose.

use crate::client::{Running, start};
use serde_json::{Value, json};

fn ask(text: &str) -> Value {
    json!({"model": "sim-anthropic", "max_tokens": 1000, "messages": [{"role": "user", "content": text}]})
}

fn with(mut body: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn weather() -> Value {
    json!([{"name": "get_weather", "description": "tells", "input_schema":
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}])
}

#[tokio::test]
async fn both_ways_of_answering_say_the_same() {
    let sim = start().await;
    let value = sim.messages(&ask("hello")).await.json();
    assert_eq!(value["content"], json!([{"type": "text", "text": "You said: hello."}]));
    assert_eq!(value["stop_reason"], "end_turn");
    assert_eq!(value["usage"]["input_tokens"], 2);
    assert_eq!(value["usage"]["output_tokens"], 4);
    let got = sim.messages(&with(ask("hello"), &json!({"stream": true}))).await;
    let events = got.events();
    let types: Vec<&str> = events.iter().map(|e| e["type"].as_str().unwrap()).collect();
    let deltas = vec!["content_block_delta"; 1];
    let expect = [
        &["message_start", "ping", "content_block_start"][..],
        &deltas,
        &["content_block_stop", "message_delta", "message_stop"],
    ];
    assert_eq!(types, expect.concat());
    for event in &events {
        let name = format!("event: {}\n", event["type"].as_str().unwrap());
        assert!(got.text.contains(&name));
    }
    assert_eq!(events[0]["message"]["usage"]["input_tokens"], 2);
    assert_eq!(events[5]["usage"]["output_tokens"], 4);
}

#[tokio::test]
async fn thinking_is_signed_and_the_signature_is_checked() {
    let sim = start().await;
    let thinking =
        json!({"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 2000}, "tools": weather()});
    let value = sim.messages(&with(ask("the weather?"), &thinking)).await.json();
    assert_eq!(value["stop_reason"], "tool_use");
    let content = value["content"].clone();
    assert_eq!(content[0]["type"], "thinking");
    assert_eq!(value["usage"]["output_tokens_details"]["thinking_tokens"], 32);
    let again = |content: Value| {
        let id = value["content"][1]["id"].clone();
        with(
            with(ask(""), &thinking),
            &json!({"messages": [
            {"role": "user", "content": "the weather?"},
            {"role": "assistant", "content": content},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "12 C"}]}]}),
        )
    };
    let good = sim.messages(&again(content.clone())).await;
    assert_eq!(good.status, 200, "{}", good.text);
    assert_eq!(good.json()["content"][1]["text"], "The tool answered: 12 C.");
    let mut wrong = content.clone();
    wrong[0]["thinking"] = json!("something else");
    let refused = sim.messages(&again(wrong)).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("Invalid `signature`"), "{}", refused.text);
    let missing = sim.messages(&again(json!([content[1]]))).await;
    assert!(missing.text.contains("Expected `thinking`"), "{}", missing.text);
}

#[tokio::test]
async fn a_marked_prefix_is_written_once_and_then_read() {
    let sim = start().await;
    let system = "s".repeat(400);
    let body = with(
        ask("hello!!!"),
        &json!({"system": [
        {"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]}),
    );
    let first = sim.messages(&body).await.json()["usage"].clone();
    assert_eq!(first["cache_creation_input_tokens"], 100);
    assert_eq!(first["cache_creation"]["ephemeral_5m_input_tokens"], 100);
    assert_eq!(first["input_tokens"], 2);
    let second = sim.messages(&body).await.json()["usage"].clone();
    assert_eq!(second["cache_read_input_tokens"], 100);
    assert_eq!(second["cache_creation_input_tokens"], 0);
    let count = sim.post("/anthropic/v1/messages/count_tokens", &body).await;
    assert_eq!(count.json()["error"]["message"], Value::Null);
    assert_eq!(count.json()["input_tokens"], 102);
}

async fn refused(sim: &Running, more: &Value, status: u16, part: &str) {
    let got = sim.messages(&with(ask("x"), more)).await;
    assert_eq!(got.status, status, "{}", got.text);
    let value = got.json();
    assert_eq!(value["type"], "error");
    assert!(value["request_id"].is_string());
    let message = value["error"]["message"].as_str().unwrap();
    assert!(message.contains(part), "{}", got.text);
}

fn said(content: &Value) -> Value {
    json!({"messages": [{"role": "user", "content": content}]})
}

#[tokio::test]
async fn bad_turns_get_the_real_errors() {
    let sim = start().await;
    let check = async |more: Value, part: &str| refused(&sim, &more, 400, part).await;
    check(json!({"messages": []}), "at least one message").await;
    let text = |text: &str| said(&json!([{"type": "text", "text": text}]));
    check(text(""), "must be non-empty").await;
    check(text(" "), "non-whitespace").await;
    check(said(&json!([])), "non-empty content").await;
    check(said(&json!([{"type": "strange"}])), "'strange'").await;
    let extra = json!([{"type": "text", "text": "x", "extra": 1}]);
    check(said(&extra), "text.extra").await;
    let role = |role: &str| json!({"messages": [{"role": role, "content": "x"}]});
    check(role("assistant"), "first message").await;
    check(role("tool"), "Unexpected role \"tool\"").await;
    let lone = json!([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}]);
    check(said(&lone), "toolu_1").await;
    let call = json!({"type": "tool_use", "id": "toolu_2", "name": "f", "input": {}});
    let open = json!({"messages": [{"role": "user", "content": "x"},
        {"role": "assistant", "content": [call]}, {"role": "user", "content": "x"}]});
    check(open, "toolu_2").await;
    let source = json!({"type": "base64", "media_type": "image/png", "data": "/9j/"});
    let image = json!([{"type": "image", "source": source}]);
    check(said(&image), "appears to be a image/jpeg").await;
}

#[tokio::test]
async fn bad_fields_get_the_real_errors() {
    let sim = start().await;
    refused(&sim, &json!({"model": "gpt-4o"}), 404, "model: gpt-4o").await;
    let check = async |more: Value, part: &str| refused(&sim, &more, 400, part).await;
    check(json!({"foo": 1}), "foo: Extra inputs are not permitted").await;
    check(json!({"max_tokens": null}), "max_tokens").await;
    check(json!({"temperature": 1.5}), "less than or equal to 1").await;
    let thinking = json!({"type": "enabled", "budget_tokens": 2000});
    check(json!({"thinking": thinking}), "must be greater than").await;
    check(json!({"tools": [{"name": "f"}]}), "input_schema: Field required").await;
}

#[tokio::test]
async fn each_version_of_the_api_has_its_own_rules() {
    let sim = start().await;
    let status = async |version: &str, more: Value| {
        let body = with(ask("x"), &more).to_string();
        sim.send_as(version, "POST", "/anthropic/v1/messages", &body).await.unwrap().status
    };
    let source = json!({"type": "text", "media_type": "text/plain", "data": "x"});
    let document = json!({"messages": [{"role": "user", "content": "x"},
        {"role": "assistant", "content": [{"type": "document", "source": source}]}, {"role": "user", "content": "y"}]});
    let cited = said(&json!([{"type": "text", "text": "x", "citations": [{"type": "char_location"}]}]));
    for more in [json!({"temperature": 1}), json!({"top_p": 1}), json!({"top_k": 5}), document, cited] {
        assert_eq!(status("2023-06-01", more.clone()).await, 200, "{more}");
        assert_eq!(status("2026-10-21", more.clone()).await, 400, "{more}");
    }
    assert_eq!(status("2026-10-21", json!({})).await, 200);
    assert_eq!(status("2022-01-01", json!({})).await, 400);
}
