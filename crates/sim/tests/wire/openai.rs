//! Chat Completions as a client sees it. In: requests. Out: checks of the wire. Never here: faults on purpose.

use crate::client::{start, start_with};
use serde_json::{Value, json};

fn ask(text: &str) -> Value {
    json!({"model": "sim-openai", "messages": [{"role": "user", "content": text}]})
}

fn with(mut body: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn weather() -> Value {
    json!([{"type": "function", "function": {"name": "get_weather", "description": "tells",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}])
}

#[tokio::test]
async fn an_answer_in_one_piece_has_every_field_and_exact_counts() {
    let sim = start().await;
    let got = sim.chat(&ask("hello")).await;
    assert_eq!(got.status, 200);
    assert!(got.headers["x-request-id"].to_str().unwrap().starts_with("req_"));
    let value = got.json();
    let choice = &value["choices"][0];
    assert_eq!(choice["message"]["content"], "You said: hello.");
    assert_eq!(choice["finish_reason"], "stop");
    assert_eq!(value["object"], "chat.completion");
    assert_eq!(value["created"], 1_772_528_400);
    assert_eq!(value["usage"]["prompt_tokens"], 2);
    assert_eq!(value["usage"]["completion_tokens"], 4);
    assert_eq!(value["usage"]["total_tokens"], 6);
}

#[tokio::test]
async fn a_stream_says_the_same_as_the_answer_in_one_piece() {
    let sim = start().await;
    let body = with(ask("hello"), &json!({"stream": true, "stream_options": {"include_usage": true}}));
    let got = sim.chat(&body).await;
    assert!(got.text.ends_with("data: [DONE]\n\n"));
    let events = got.events();
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    let text: String = events.iter().filter_map(|e| e["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, "You said: hello.");
    let last = events.last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"]["completion_tokens"], 4);
    assert!(events[..events.len() - 1].iter().all(|e| e["usage"].is_null() && e["id"] == last["id"]));
    let plain = sim.chat(&with(ask("hello"), &json!({"stream": true}))).await;
    assert!(!plain.text.contains("usage"));
}

#[tokio::test]
async fn a_tool_is_called_in_fragments_and_its_result_is_quoted() {
    let sim = start().await;
    let body = with(ask("the weather?"), &json!({"tools": weather(), "stream": true}));
    let events = sim.chat(&body).await.events();
    let fragments: Vec<&Value> =
        events.iter().filter_map(|e| e["choices"][0]["delta"]["tool_calls"].get(0)).collect();
    assert_eq!(fragments[0]["function"]["name"], "get_weather");
    assert_eq!(fragments[0]["type"], "function");
    let arguments: String = fragments.iter().map(|f| f["function"]["arguments"].as_str().unwrap()).collect();
    assert_eq!(arguments, r#"{"city":"sim"}"#);
    let call = json!({"id": fragments[0]["id"], "type": "function",
        "function": {"name": "get_weather", "arguments": arguments}});
    let history = json!({"tools": weather(), "messages": [
        {"role": "user", "content": "the weather?"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": fragments[0]["id"], "content": "12 C"}]});
    let value = sim.chat(&with(ask(""), &history)).await.json();
    assert_eq!(value["choices"][0]["message"]["content"], "The tool answered: 12 C.");
}

#[tokio::test]
async fn limits_stops_formats_and_reasoning_are_obeyed() {
    let sim = start().await;
    let check = async |more: Value, finish: &str, tokens: u64| {
        let value = sim.chat(&with(ask("x [[sim: tokens=50]]"), &more)).await.json();
        assert_eq!(value["choices"][0]["finish_reason"], finish, "{value}");
        assert_eq!(value["usage"]["completion_tokens"], tokens, "{value}");
        value
    };
    check(json!({}), "stop", 50).await;
    check(json!({"max_tokens": 7}), "length", 7).await;
    check(json!({"max_completion_tokens": 50}), "stop", 50).await;
    check(json!({"stop": ["saw"]}), "stop", 5).await;
    check(json!({"n": 3}), "stop", 150).await;
    let value = check(json!({"reasoning_effort": "low"}), "stop", 50).await;
    assert_eq!(value["usage"]["completion_tokens_details"]["reasoning_tokens"], 16);
    assert!(value["choices"][0]["message"].get("reasoning_content").is_none());
    let format = json!({"type": "json_schema", "json_schema": {"name": "n", "schema":
        {"type": "object", "properties": {"n": {"type": "integer"}}}}});
    let value = sim.chat(&with(ask("x"), &json!({"response_format": format}))).await.json();
    assert_eq!(value["choices"][0]["message"]["content"], r#"{"n":1}"#);
}

#[tokio::test]
async fn bad_requests_get_the_real_errors() {
    let sim = start().await;
    let check = async |more: Value, status: u16, part: &str| {
        let got = sim.chat(&with(ask("x"), &more)).await;
        assert_eq!(got.status, status, "{}", got.text);
        let error = &got.json()["error"];
        assert!(error["message"].as_str().unwrap().contains(part), "{}", got.text);
        for key in ["message", "type", "param", "code"] {
            assert!(error.get(key).is_some(), "{key} in {}", got.text);
        }
    };
    check(json!({"model": "nobody"}), 404, "does not exist").await;
    check(json!({"foo": 1}), 400, "Unknown parameter: 'foo'").await;
    check(json!({"messages": []}), 400, "empty array").await;
    check(json!({"messages": "x"}), 400, "expected an array").await;
    check(json!({"messages": [{"role": "robot", "content": "x"}]}), 400, "'robot'").await;
    check(json!({"messages": [{"role": "user", "content": null}]}), 400, "got null").await;
    let lone = json!({"messages": [{"role": "tool", "tool_call_id": "a", "content": "x"}]});
    check(lone, 400, "must be a response to a preceeding message").await;
    let open = json!({"messages": [{"role": "assistant", "tool_calls": [{"id": "call_9", "type": "function",
        "function": {"name": "f", "arguments": "{}"}}]}, {"role": "user", "content": "x"}]});
    check(open, 400, "call_9").await;
    check(json!({"temperature": 3}), 400, "temperature").await;
    check(json!({"max_tokens": 0}), 400, "max_tokens").await;
    check(json!({"tool_choice": "auto"}), 400, "only allowed when 'tools'").await;
    check(json!({"stream_options": {"include_usage": true}}), 400, "stream_options").await;
    let image = json!({"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,***"}}]}]});
    check(image, 400, "data URL").await;
    check(json!({"messages": [{"role": "user", "content": "[[sim: oops=1]]"}]}), 400, "oops").await;
}

#[tokio::test]
async fn images_are_acknowledged_and_models_are_listed() {
    let sim = start().await;
    let body = with(
        ask(""),
        &json!({"messages": [{"role": "user", "content": [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}}]}]}),
    );
    let value = sim.chat(&body).await.json();
    let text = value["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(text, "You said: look. I was given: image image/png of 5 bytes.");
    assert_eq!(value["usage"]["prompt_tokens"], 86);
    let models = sim.send("GET", "/openai/v1/models", "").await.unwrap().json();
    assert_eq!(models["data"][0]["id"], "sim-openai");
}

#[tokio::test]
async fn only_known_credentials_are_let_in() {
    let sim = start_with(|config| config.credentials = vec!["sk-other".to_owned()]).await;
    let got = sim.chat(&ask("x")).await;
    assert_eq!(got.status, 401);
    assert_eq!(got.json()["error"]["code"], "invalid_api_key");
}
