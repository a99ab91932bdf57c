//! Responses as a client sees them. In: requests. Out: checks of the wire. Never here: Chat Completions.

use crate::client::{Got, Running, start};
use serde_json::{Value, json};

fn ask(text: &str) -> Value {
    json!({"model": "sim-openai", "input": text})
}

fn with(mut body: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn weather() -> Value {
    json!([{"type": "function", "name": "get_weather", "description": "tells", "strict": false,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}])
}

fn kinds(got: &Got) -> Vec<String> {
    got.events()
        .iter()
        .map(|event| event["type"].as_str().unwrap().trim_start_matches("response.").to_owned())
        .collect()
}

#[tokio::test]
async fn an_answer_in_one_piece_has_every_field_and_exact_counts() {
    let sim = start().await;
    let value = sim.responses(&with(ask("hello"), &json!({"instructions": "Be"}))).await.json();
    assert_eq!(value["object"], "response");
    assert_eq!(value["status"], "completed");
    let message = &value["output"][0];
    assert_eq!(
        message["content"],
        json!([{"type": "output_text", "text": "You said: hello.", "annotations": [], "logprobs": []}])
    );
    assert_eq!(
        value["usage"],
        json!({"input_tokens": 2, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 4, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 6})
    );
    for key in [
        "id",
        "created_at",
        "completed_at",
        "incomplete_details",
        "model",
        "previous_response_id",
        "instructions",
        "error",
        "tools",
        "tool_choice",
        "truncation",
        "parallel_tool_calls",
        "text",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "top_logprobs",
        "temperature",
        "reasoning",
        "max_output_tokens",
        "max_tool_calls",
        "store",
        "background",
        "service_tier",
        "metadata",
        "safety_identifier",
        "prompt_cache_key",
    ] {
        assert!(value.get(key).is_some(), "{key}");
    }
    let count =
        sim.post("/openai/v1/responses/input_tokens", &with(ask("hello"), &json!({"instructions": "Be"}))).await;
    assert_eq!(count.json(), json!({"object": "response.input_tokens", "input_tokens": 2}));
}

#[tokio::test]
async fn a_stream_tells_every_event_in_its_order() {
    let sim = start().await;
    let got = sim.responses(&with(ask("hello"), &json!({"stream": true}))).await;
    let text = [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(kinds(&got), text);
    assert!(!got.text.contains("[DONE]"));
    let events = got.events();
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], index);
        assert!(got.text.contains(&format!("event: {}\n", event["type"].as_str().unwrap())));
    }
    let item = &events[2]["item"];
    assert_eq!((&item["status"], &item["content"]), (&json!("in_progress"), &json!([])));
    assert!(
        events[3..7]
            .iter()
            .all(|e| e["item_id"] == item["id"] && e["output_index"] == 0 && e["content_index"] == 0)
    );
    let last = &events[8]["response"];
    assert_eq!(last["output"][0], events[7]["item"]);
    assert_eq!(last["id"], events[0]["response"]["id"]);
    assert_eq!(last["usage"]["output_tokens"], 4);
    assert_eq!(events[0]["response"]["usage"], Value::Null);
}

#[tokio::test]
async fn calls_come_in_pieces_and_their_outputs_are_quoted() {
    let sim = start().await;
    let body = with(
        ask("x [[sim: chunk_tokens=1 call=get_weather,get_weather]]"),
        &json!({"tools": weather(), "stream": true}),
    );
    let got = sim.responses(&body).await;
    let call = [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ];
    let kinds = kinds(&got);
    assert_eq!(kinds[2..9], call);
    assert_eq!(kinds[9..16], call);
    let output = got.events().last().unwrap()["response"]["output"].clone();
    assert_eq!(output[1]["arguments"], r#"{"city":"sim"}"#);
    assert_ne!(output[0]["call_id"], output[1]["call_id"]);
    let result = |index: usize, text: &str| json!({"type": "function_call_output", "call_id": output[index]["call_id"], "output": text});
    let history = json!({"tools": weather(), "input": [{"role": "user", "content": "the weather?"},
        output[0], output[1], result(0, "11 C"), result(1, "12 C")]});
    let value = sim.responses(&with(ask(""), &history)).await.json();
    assert_eq!(value["output"][0]["content"][0]["text"], "The tool answered: 11 C. The tool answered: 12 C.");
}

#[tokio::test]
async fn custom_tools_and_groups_of_tools_are_called_by_their_own_items() {
    let sim = start().await;
    let tools = json!({"tools": [{"type": "custom", "name": "patch"}, {"type": "web_search"},
        {"type": "namespace", "name": "ns", "description": "d", "tools": weather()}]});
    let got = sim
        .responses(&with(with(ask("x [[sim: call=patch,get_weather]]"), &tools), &json!({"stream": true})))
        .await;
    assert!(kinds(&got).contains(&"custom_tool_call_input.done".to_owned()));
    let output = got.events().last().unwrap()["response"]["output"].clone();
    assert_eq!((&output[0]["type"], &output[0]["input"]), (&json!("custom_tool_call"), &json!("sim")));
    assert_eq!((&output[1]["namespace"], &output[1]["name"]), (&json!("ns"), &json!("get_weather")));
    let history = json!({"input": [output[0], output[1],
        {"type": "custom_tool_call_output", "call_id": output[0]["call_id"], "output": "done"},
        {"type": "function_call_output", "call_id": output[1]["call_id"], "output": [{"type": "input_text", "text": "12 C"}]}]});
    let value = sim.responses(&with(with(ask(""), &tools), &history)).await.json();
    assert_eq!(value["output"][0]["content"][0]["text"], "The tool answered: done. The tool answered: 12 C.");
}

fn thinking() -> Value {
    json!({"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"], "store": false,
        "tools": weather()})
}

#[tokio::test]
async fn reasoning_is_sealed_and_the_seal_is_checked() {
    let sim = start().await;
    let got = sim
        .responses(&with(with(ask("the weather? [[sim: parts=2]]"), &thinking()), &json!({"stream": true})))
        .await;
    assert_eq!(kinds(&got).iter().filter(|kind| *kind == "reasoning_summary_part.added").count(), 2);
    let opened =
        got.events().iter().find_map(|event| event["item"]["encrypted_content"].as_str().map(str::to_owned));
    let answer = got.events().last().unwrap()["response"].clone();
    assert_ne!(answer["output"][0]["encrypted_content"], json!(opened));
    assert_eq!(answer["usage"]["output_tokens_details"]["reasoning_tokens"], 16);
    let output = answer["output"].clone();
    assert_eq!(output[0]["type"], "reasoning");
    assert_eq!(output[0]["summary"].as_array().unwrap().len(), 2);
    let again = |thought: Value| {
        let result = json!({"type": "function_call_output", "call_id": output[1]["call_id"], "output": "12 C"});
        let input = json!([{"role": "user", "content": "the weather?"}, thought, output[1], result]);
        with(with(ask(""), &thinking()), &json!({"input": input}))
    };
    let good = sim.responses(&again(output[0].clone())).await;
    assert_eq!(good.status, 200, "{}", good.text);
    let mut wrong = output[0].clone();
    wrong["encrypted_content"] = json!("gAAAAABmade-up");
    let refused = sim.responses(&again(wrong)).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (400, &json!("invalid_encrypted_content")));
    let mut bare = output[0].clone();
    bare.as_object_mut().unwrap().remove("encrypted_content");
    let refused = sim.responses(&again(bare)).await;
    assert_eq!(refused.status, 404, "{}", refused.text);
    let raw = sim.responses(&with(ask("x [[sim: think=9 raw]]"), &json!({"stream": true}))).await;
    assert!(kinds(&raw).contains(&"reasoning_text.done".to_owned()));
    let thought = raw.events().last().unwrap()["response"]["output"][0].clone();
    assert_eq!(thought["content"][0]["text"], "the fox ran far and saw one old oak.");
    let plain = sim.responses(&with(ask("x"), &json!({"reasoning": {"effort": "low"}}))).await.json();
    assert_eq!(plain["output"][0]["summary"], json!([]));
    assert!(plain["output"][0].get("encrypted_content").is_none());
}

#[tokio::test]
async fn answers_are_kept_unless_the_request_forbids_it() {
    let sim = start().await;
    let next = |id: &Value| with(ask("and?"), &json!({"previous_response_id": id}));
    let first = sim.responses(&ask("hello")).await.json();
    let second = sim.responses(&next(&first["id"])).await.json();
    assert_eq!(second["previous_response_id"], first["id"]);
    assert_eq!(second["usage"]["input_tokens"], "helloYou said: hello.and?".len().div_ceil(4));
    let unkept = sim.responses(&with(ask("hello"), &json!({"store": false}))).await.json();
    let refused = sim.responses(&next(&unkept["id"])).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (400, &json!("previous_response_not_found")));
}

#[tokio::test]
async fn limits_formats_refusals_and_logprobs() {
    let sim = start().await;
    let short = sim.responses(&with(ask("x [[sim: tokens=50]]"), &json!({"max_output_tokens": 20}))).await.json();
    assert_eq!((&short["status"], &short["output"][0]["status"]), (&json!("incomplete"), &json!("incomplete")));
    assert_eq!(short["incomplete_details"]["reason"], "max_output_tokens");
    assert_eq!(short["usage"]["output_tokens"], 20);
    let stream = json!({"max_output_tokens": 20, "stream": true});
    let got = sim.responses(&with(ask("x [[sim: tokens=50]]"), &stream)).await;
    assert_eq!(kinds(&got).last().unwrap(), "incomplete");
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false});
    let format =
        json!({"text": {"format": {"type": "json_schema", "name": "n", "schema": schema, "strict": true}}});
    let value = sim.responses(&with(ask("x"), &format)).await.json();
    assert_eq!(value["output"][0]["content"][0]["text"], r#"{"n":1}"#);
    let got = sim.responses(&with(ask("x [[sim: refuse]]"), &json!({"stream": true}))).await;
    assert!(kinds(&got).contains(&"refusal.done".to_owned()));
    let failed = sim.responses(&with(ask("x [[sim: finish=failed]]"), &json!({"stream": true}))).await;
    assert_eq!(failed.events().last().unwrap()["response"]["error"]["code"], "server_error");
    let likely = json!({"include": ["message.output_text.logprobs"], "top_logprobs": 1});
    let value = sim.responses(&with(ask("hello"), &likely)).await.json();
    assert_eq!(value["output"][0]["content"][0]["logprobs"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn failures_inside_the_stream_are_told_in_its_events() {
    let sim = start().await;
    let run = async |directive: &str| {
        sim.responses(&with(ask(&format!("x [[sim: tokens=40 {directive}]]")), &json!({"stream": true}))).await
    };
    let failed = run("error_event_after=2").await;
    let last = failed.events().last().unwrap().clone();
    assert_eq!((&last["type"], &last["sequence_number"]), (&json!("response.failed"), &json!(6)));
    assert_eq!(last["response"]["status"], "failed");
    let bare = run("error_event_after=2 error_bare error_type=rate_limit_exceeded").await;
    let last = bare.events().last().unwrap().clone();
    assert_eq!((&last["type"], &last["code"]), (&json!("error"), &json!("rate_limit_exceeded")));
    assert!(run("cut_after=2").await.cut);
    assert!(!run("eof_after=2").await.text.contains("response.completed"));
    assert!(!run("drop=block_start").await.text.contains(".added"));
    assert!(run("crlf rechunk=7").await.text.contains("\r\n\r\n"));
    assert!(run("no_usage").await.text.contains("\"usage\":null,\"user\":null}"));
    assert_eq!(run("wrong_usage=77").await.events().last().unwrap()["response"]["usage"]["output_tokens"], 77);
    assert!(run("plant").await.text.contains("\"provider\":\"sim-upstream\""));
}

async fn refused(sim: &Running, more: &Value, part: &str) {
    let got = sim.responses(&with(ask("x"), more)).await;
    assert_eq!(got.status, 400, "{}", got.text);
    let error = &got.json()["error"];
    assert!(error["message"].as_str().unwrap().contains(part), "{}", got.text);
    assert_eq!(error["type"], "invalid_request_error");
}

#[tokio::test]
async fn bad_requests_get_the_real_errors() {
    let sim = start().await;
    let check = async |more: Value, part: &str| refused(&sim, &more, part).await;
    check(json!({"stop": ["x"]}), "Unknown parameter: 'stop'").await;
    check(json!({"messages": []}), "moved to 'input'").await;
    check(json!({"max_tokens": 5}), "moved to 'max_output_tokens'").await;
    check(json!({"max_output_tokens": 15}), "Expected a value >= 16").await;
    check(json!({"input": null}), "Missing required parameter: 'input'").await;
    check(json!({"include": ["all"]}), "Supported values are").await;
    check(json!({"tools": [{"type": "function", "function": {"name": "f"}}]}), "'tools[0].name'").await;
    check(json!({"tools": [{"type": "robot"}]}), "'robot'").await;
    check(json!({"tool_choice": "required"}), "must be specified with 'tools'").await;
    check(json!({"temperature": 3}), "temperature").await;
    check(json!({"model": "gpt-4o", "reasoning": {"effort": "low"}}), "'reasoning.effort' is not supported").await;
    let input = |items: Value| json!({ "input": items });
    check(input(json!([{"type": "robot"}])), "'robot'").await;
    check(input(json!([{"role": "robot", "content": "x"}])), "'robot'").await;
    check(input(json!([{"role": "user", "content": "x", "name": "y"}])), "input[0].name").await;
    let part = |role: &str, kind: &str| input(json!([{"role": role, "content": [{"type": kind, "text": "x"}]}]));
    check(part("assistant", "input_text"), "'output_text', 'refusal'").await;
    check(part("user", "output_text"), "'input_text', 'input_image'").await;
    let output = json!([{"type": "function_call_output", "call_id": "call_9", "output": "x"}]);
    check(input(output), "No tool call found for function call output with call_id call_9").await;
    let call = json!({"type": "function_call", "call_id": "call_9", "name": "f", "arguments": "{}"});
    check(input(json!([call])), "No tool output found for function call call_9").await;
    check(input(json!([with(call, &json!({"id": "call_9"}))])), "begins with 'fc'").await;
    let image =
        json!([{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,***"}]}]);
    check(input(image), "data URL").await;
}

#[tokio::test]
async fn media_are_acknowledged_wherever_they_stand() {
    let sim = start().await;
    let image = json!({"type": "input_image", "image_url": "data:image/png;base64,aGVsbG8="});
    let call = json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "seen"}, image]});
    let value = sim.responses(&with(ask(""), &json!({"input": [call, output]}))).await.json();
    let text = value["output"][0]["content"][0]["text"].as_str().unwrap();
    assert_eq!(text, "The tool answered: seen. I was given: image image/png of 5 bytes.");
    let file =
        json!({"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGVsbG8="});
    let input = json!([{"role": "user", "content": [{"type": "input_text", "text": "look"}, image, file]}]);
    let value = sim.responses(&with(ask(""), &json!({"input": input}))).await.json();
    assert_eq!(value["usage"]["input_tokens"], 186);
}
