//! Completions, embeddings, images and tasks as a client sees them. In: requests. Out: checks of the wire.
//! Never here: conversations.

use crate::client::{Got, Running, start};
use serde_json::{Value, json};

async fn completions(sim: &Running, body: &Value) -> Got {
    sim.post("/openai/v1/completions", body).await
}

async fn embeddings(sim: &Running, body: &Value) -> Got {
    sim.post("/openai/v1/embeddings", body).await
}

async fn images(sim: &Running, body: &Value) -> Got {
    sim.post("/openai/v1/images/generations", body).await
}

fn with(mut body: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn prompt(prompt: impl Into<Value>) -> Value {
    json!({"model": "sim-openai", "prompt": prompt.into()})
}

#[tokio::test]
async fn prompts_of_every_kind_are_continued() {
    let sim = start().await;
    let value = completions(&sim, &prompt("hello")).await.json();
    assert_eq!(value["object"], "text_completion");
    assert_eq!(
        value["choices"],
        json!([{"text": "You said: hello.", "index": 0, "logprobs": null, "finish_reason": "stop"}])
    );
    assert_eq!((&value["usage"]["prompt_tokens"], &value["usage"]["completion_tokens"]), (&json!(2), &json!(4)));
    let value = completions(&sim, &with(prompt(json!(["a", "b"])), &json!({"n": 2}))).await.json();
    let texts: Vec<&str> =
        value["choices"].as_array().unwrap().iter().map(|c| c["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["You said: a.", "You said: a.", "You said: b.", "You said: b."]);
    assert_eq!((&value["choices"][3]["index"], &value["usage"]["completion_tokens"]), (&json!(3), &json!(12)));
    let ids = completions(&sim, &prompt(json!([[1, 2, 3], [4]]))).await.json();
    assert_eq!((&ids["usage"]["prompt_tokens"], &ids["choices"][1]["text"]), (&json!(4), &json!("You said: [4].")));
    let echo = json!({"echo": true, "logprobs": 2, "suffix": "end"});
    let value = completions(&sim, &with(prompt("hello"), &echo)).await.json();
    let choice = &value["choices"][0];
    assert_eq!(choice["text"], "helloYou said: hello.");
    assert_eq!(
        (&choice["logprobs"]["tokens"][0], &choice["logprobs"]["token_logprobs"][0]),
        (&json!("hell"), &Value::Null)
    );
    assert_eq!(choice["logprobs"]["text_offset"], json!([0, 4, 8, 12, 16, 20]));
    let short = completions(&sim, &prompt("x [[sim: tokens=50]]")).await.json();
    assert_eq!(
        (&short["choices"][0]["finish_reason"], &short["usage"]["completion_tokens"]),
        (&json!("length"), &json!(16))
    );
    let best = completions(&sim, &with(prompt("hello"), &json!({"best_of": 3}))).await.json();
    assert_eq!((best["choices"].as_array().unwrap().len(), &best["usage"]["completion_tokens"]), (1, &json!(12)));
}

#[tokio::test]
async fn a_stream_of_completions_ends_like_a_chat() {
    let sim = start().await;
    let body = with(
        prompt("hello [[sim: chunk_tokens=1]]"),
        &json!({"stream": true, "stream_options": {"include_usage": true}}),
    );
    let got = completions(&sim, &body).await;
    assert!(got.text.ends_with("data: [DONE]\n\n"));
    let events = got.events();
    let text: String = events.iter().filter_map(|e| e["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, "You said: hello.");
    assert_eq!(events[events.len() - 2]["choices"][0]["finish_reason"], "stop");
    assert_eq!(events.last().unwrap()["usage"]["completion_tokens"], 4);
    let failing = with(prompt("x [[sim: error_event_after=1 tokens=16]]"), &json!({"stream": true}));
    let told = completions(&sim, &failing).await.events();
    assert!(told.last().unwrap()["error"]["message"].is_string());
    let cut = with(prompt("x [[sim: cut_after=1 tokens=16]]"), &json!({"stream": true}));
    assert!(completions(&sim, &cut).await.cut);
    for (more, part) in [
        (json!({"messages": []}), "messages"),
        (json!({"prompt": 1}), "'$.prompt' is invalid"),
        (json!({"logprobs": 6}), "at most 5"),
        (json!({"n": 2, "best_of": 1}), "more choices"),
        (json!({"stream_options": {}}), "stream_options"),
    ] {
        let got = completions(&sim, &with(prompt("x"), &more)).await;
        assert_eq!(got.status, 400);
        assert!(got.text.contains(part), "{}", got.text);
    }
}

#[tokio::test]
async fn vectors_are_told_as_numbers_or_bytes() {
    let sim = start().await;
    let ask = |input: Value| json!({"model": "sim-openai-embedding", "input": input, "dimensions": 4});
    let value = embeddings(&sim, &ask(json!(["hello", "world"]))).await.json();
    assert_eq!((&value["data"][1]["index"], &value["data"][1]["object"]), (&json!(1), &json!("embedding")));
    let numbers = value["data"][0]["embedding"].as_array().unwrap();
    let length: f64 = numbers.iter().map(|x| x.as_f64().unwrap().powi(2)).sum();
    assert!(numbers.len() == 4 && (length - 1.0).abs() < 1e-6);
    assert_eq!(value["usage"], json!({"prompt_tokens": 3, "total_tokens": 3}));
    let packed = embeddings(&sim, &with(ask(json!("hello")), &json!({"encoding_format": "base64"}))).await.json();
    assert_eq!(packed["data"][0]["embedding"].as_str().unwrap().len(), 24);
    let ids = embeddings(&sim, &ask(json!([[1, 2], [3]]))).await.json();
    assert_eq!((ids["data"].as_array().unwrap().len(), &ids["usage"]["prompt_tokens"]), (2, &json!(3)));
    let long = embeddings(&sim, &json!({"model": "sim-openai-embedding", "input": "x"})).await.json();
    assert_eq!(long["data"][0]["embedding"].as_array().unwrap().len(), 1536);
    for bad in [json!(""), json!([]), json!([1, "a"]), json!({}), json!(["a", ""])] {
        assert_eq!(embeddings(&sim, &ask(bad.clone())).await.status, 400, "{bad}");
    }
    assert_eq!(embeddings(&sim, &with(ask(json!("x")), &json!({"dimensions": 0}))).await.status, 400);
    assert_eq!(embeddings(&sim, &with(ask(json!("x")), &json!({"model": "nobody"}))).await.status, 404);
    assert_eq!(embeddings(&sim, &ask(json!("[[sim: status=503]]"))).await.status, 503);
    assert_eq!(embeddings(&sim, &ask(json!("[[sim: no_usage]]"))).await.json()["usage"], Value::Null);
    assert_eq!(embeddings(&sim, &ask(json!("[[sim: wrong_usage=77]]"))).await.json()["usage"]["prompt_tokens"], 77);
}

fn paint(prompt: &str) -> Value {
    json!({"model": "sim-openai-image", "prompt": prompt})
}

#[tokio::test]
async fn images_are_bytes_or_addresses_that_can_be_fetched() {
    let sim = start().await;
    let value = images(&sim, &with(paint("a fox"), &json!({"n": 2, "size": "1024x1536"}))).await.json();
    assert_eq!(value["data"].as_array().unwrap().len(), 2);
    assert!(value["data"][0]["b64_json"].as_str().unwrap().starts_with("iVBORw0KGgo"));
    assert_eq!(value["data"][0]["revised_prompt"], "You said: a fox.");
    assert_eq!(value["size"], "1024x1536");
    let usage = &value["usage"];
    assert_eq!(
        (&usage["input_tokens"], &usage["output_tokens"], &usage["total_tokens"]),
        (&json!(2), &json!(200), &json!(202))
    );
    let value = images(&sim, &with(paint("a fox"), &json!({"response_format": "url"}))).await.json();
    let url = value["data"][0]["url"].as_str().unwrap();
    let fetched = sim.send_with(&[], "GET", url.strip_prefix(&sim.base).unwrap(), "").await.unwrap();
    assert_eq!((fetched.status, fetched.headers["content-type"].to_str().unwrap()), (200, "image/png"));
    assert!(fetched.text.contains("PNG"));
    let stream = with(paint("a fox"), &json!({"stream": true, "partial_images": 2}));
    let events = images(&sim, &stream).await.events();
    let kinds: Vec<&str> = events.iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["image_generation.partial_image", "image_generation.partial_image", "image_generation.completed"]
    );
    for (more, status) in [
        (json!({"prompt": null}), 400),
        (json!({"n": 11}), 400),
        (json!({"size": "big"}), 400),
        (json!({"foo": 1}), 400),
        (json!({"model": "gpt-image-1", "response_format": "url"}), 400),
        (json!({"prompt": "[[sim: refuse]]"}), 400),
        (json!({"prompt": "[[sim: status=429]]"}), 429),
    ] {
        assert_eq!(images(&sim, &with(paint("x"), &more)).await.status, status, "{more}");
    }
}

#[tokio::test]
async fn images_are_changed_by_a_form() {
    let sim = start().await;
    let field = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = |mime: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"a.png\"\r\nContent-Type: {mime}\r\n\r\nhello\r\n"
        )
    };
    let send = async |parts: &[String]| {
        let headers = [("authorization", "Bearer sk-test"), ("content-type", "multipart/form-data; boundary=b")];
        let body = format!("{}--b--\r\n", parts.concat());
        sim.send_with(&headers, "POST", "/openai/v1/images/edits", &body).await.unwrap()
    };
    let head = [field("model", "sim-openai-image"), field("prompt", "redder"), field("n", "2")];
    let got = send(&[&head[..], &[file("image/png"), file("image/png")]].concat()).await;
    let value = got.json();
    assert_eq!(value["data"].as_array().unwrap().len(), 2, "{}", got.text);
    let words =
        "You said: redder. I was given: image image/png of 5 bytes. I was given: image image/png of 5 bytes.";
    assert_eq!(value["data"][0]["revised_prompt"], words);
    assert_eq!(value["usage"]["input_tokens_details"], json!({"text_tokens": 2, "image_tokens": 170}));
    assert_eq!(send(&head).await.status, 400);
    assert_eq!(send(&[&head[..], &[file("text/plain")]].concat()).await.status, 400);
    assert_eq!(sim.post("/openai/v1/images/edits", &json!({})).await.status, 400);
}

#[tokio::test]
async fn a_task_gets_on_by_being_asked_about() {
    let sim = start().await;
    let begin = async |prompt: &str| sim.post("/tasks/v1/images/generations", &paint(prompt)).await.json();
    let ask = async |task: &Value| {
        let path = format!("/tasks/v1/tasks/{}", task["task_id"].as_str().unwrap());
        sim.send("GET", &path, "").await.unwrap()
    };
    let task = begin("a fox").await;
    assert_eq!(task["status"], "pending");
    for status in ["pending", "processing", "succeeded", "succeeded"] {
        assert_eq!(ask(&task).await.json()["status"], status);
    }
    assert!(ask(&task).await.json()["data"][0]["url"].as_str().unwrap().contains("/media/"));
    let other = begin("[[sim: polls=0 task_fail=\"too red\"]]").await;
    assert_ne!(other["task_id"], task["task_id"]);
    let failed = ask(&other).await.json();
    assert_eq!((&failed["status"], &failed["error"]["message"]), (&json!("failed"), &json!("too red")));
    let lost = ask(&json!({"task_id": "task_x"})).await;
    assert_eq!((lost.status, &lost.json()["error"]["code"]), (404, &json!("task_not_found")));
    sim.post("/_sim/script", &json!({"fail_next": 1, "status": 503, "provider": "tasks"})).await;
    assert_eq!((ask(&task).await.status, ask(&task).await.status), (503, 200));
    let refused = sim.post("/tasks/v1/images/generations", &paint("[[sim: status=402]]")).await;
    assert_eq!(refused.status, 402);
}

#[tokio::test]
async fn each_provider_serves_its_own_models_and_no_others() {
    let sim = start().await;
    let models = sim.send("GET", "/openai/v1/models", "").await.unwrap().json();
    let names: Vec<&str> = models["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert!(names.contains(&"sim-openai-embedding") && names.contains(&"sim-openai-image"));
    let stranger = with(paint("x"), &json!({"model": "sim-gemini"}));
    assert_eq!(images(&sim, &stranger).await.status, 404);
    assert_eq!(sim.send("GET", "/openai/v1/embeddings", "").await.unwrap().status, 405);
    assert_eq!(sim.send("POST", "/openai/v1/nothing", "{}").await.unwrap().status, 404);
    let seen = sim.send("GET", "/_sim/requests", "").await.unwrap().json();
    assert_eq!(seen["requests"][1]["path"], "/openai/v1/images/generations");
    assert_eq!((&seen["requests"][1]["status"], &seen["requests"][1]["ended"]), (&json!(404), &json!("complete")));
}
