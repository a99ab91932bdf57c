//! Gemini as a client sees it. In: requests. Out: checks of the wire. Never here: another provider.

use crate::client::{Got, Running, start};
use serde_json::{Value, json};

fn ask(text: &str) -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": text}]}]})
}

fn with(mut body: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn weather() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    json!([{"functionDeclarations": [{"name": "get_weather", "description": "tells", "parametersJsonSchema": schema}]}])
}

async fn call(sim: &Running, model: &str, verb: &str, body: &Value) -> Got {
    let path = format!("/gemini/v1beta/models/{model}:{verb}");
    sim.send_with(&[("x-goog-api-key", "sk-test")], "POST", &path, &body.to_string()).await.unwrap()
}

async fn generate(sim: &Running, body: &Value) -> Got {
    call(sim, "sim-gemini", "generateContent", body).await
}

async fn events(sim: &Running, body: &Value) -> Got {
    call(sim, "sim-gemini", "streamGenerateContent?alt=sse", body).await
}

#[tokio::test]
async fn an_answer_in_one_piece_has_exact_counts() {
    let sim = start().await;
    let system = json!({"system_instruction": {"parts": [{"text": "Be"}]}});
    let value = generate(&sim, &with(ask("hello"), &system)).await.json();
    assert_eq!(
        value["candidates"],
        json!([{"index": 0, "finishReason": "STOP", "content": {"parts": [{"text": "You said: hello."}], "role": "model"}}])
    );
    let usage = &value["usageMetadata"];
    assert_eq!((&usage["promptTokenCount"], &usage["candidatesTokenCount"]), (&json!(2), &json!(4)));
    assert_eq!(usage["totalTokenCount"], 6);
    assert!(value["responseId"].is_string());
    let count = call(&sim, "sim-gemini", "countTokens", &ask("hello")).await.json();
    assert_eq!(count["totalTokens"], 2);
    let request = with(with(ask("hello"), &system), &json!({"model": "models/sim-gemini"}));
    let count = call(&sim, "sim-gemini", "countTokens", &json!({"generateContentRequest": request})).await.json();
    assert_eq!(count["totalTokens"], 2);
}

#[tokio::test]
async fn a_stream_is_events_or_an_array() {
    let sim = start().await;
    let body = ask("x [[sim: tokens=9]]");
    let got = events(&sim, &body).await;
    let frames = got.events();
    let text = |frames: &[Value]| -> String {
        frames.iter().filter_map(|f| f["candidates"][0]["content"]["parts"][0]["text"].as_str()).collect()
    };
    assert_eq!(frames.len(), 4);
    assert_eq!(text(&frames), "the fox ran far and saw one old oak.");
    assert_eq!(frames[3]["candidates"][0]["finishReason"], "STOP");
    assert!(frames[..3].iter().all(|f| f["candidates"][0].get("finishReason").is_none()));
    assert_eq!(frames[3]["usageMetadata"]["candidatesTokenCount"], 9);
    assert!(!got.text.contains("event:") && !got.text.contains("[DONE]"));
    assert!(got.text.ends_with("}\r\n\r\n"));
    let array = call(&sim, "sim-gemini", "streamGenerateContent", &body).await;
    assert!(array.headers["content-type"].to_str().unwrap().starts_with("application/json"));
    assert_eq!(text(array.json().as_array().unwrap()), "the fox ran far and saw one old oak.");
}

fn round(call: &Value, results: &Value) -> Value {
    json!({"tools": weather(), "contents": [
        {"role": "user", "parts": [{"text": "the weather?"}]}, {"role": "model", "parts": call},
        {"role": "user", "parts": results}]})
}

fn result(text: &str) -> Value {
    json!({"functionResponse": {"name": "get_weather", "response": {"output": text}}})
}

#[tokio::test]
async fn calls_come_whole_and_their_responses_are_quoted() {
    let sim = start().await;
    let body = with(ask("x [[sim: call=get_weather,get_weather]]"), &json!({"tools": weather()}));
    let frames = events(&sim, &body).await.events();
    let part = |index: usize| frames[index]["candidates"][0]["content"]["parts"][0].clone();
    assert_eq!(part(0), json!({"functionCall": {"name": "get_weather", "args": {"city": "sim"}}}));
    assert_eq!(frames[2]["candidates"][0]["finishReason"], "STOP");
    let calls = json!([part(0), part(1)]);
    let value = generate(&sim, &round(&calls, &json!([result("11 C"), result("12 C")]))).await.json();
    assert_eq!(
        value["candidates"][0]["content"]["parts"][0]["text"],
        "The tool answered: 11 C. The tool answered: 12 C."
    );
    let few = generate(&sim, &round(&calls, &json!([result("11 C")]))).await;
    assert!(few.text.contains("equal to the number of function call parts"), "{}", few.text);
    let more = generate(&sim, &round(&calls, &json!([result("11 C"), result("12 C"), {"text": "x"}]))).await;
    assert_eq!(more.status, 400);
    let bad = with(ask("x [[sim: call=get_weather args=nothing]]"), &json!({"tools": weather()}));
    let value = generate(&sim, &bad).await.json();
    assert_eq!(value["candidates"][0]["finishReason"], "MALFORMED_FUNCTION_CALL");
}

#[tokio::test]
async fn the_third_generation_signs_its_calls_and_wants_the_signatures_back() {
    let sim = start().await;
    let body = with(ask("the weather?"), &json!({"tools": weather()}));
    let run = async |body: &Value| call(&sim, "sim-gemini-3", "generateContent", body).await;
    let part = run(&body).await.json()["candidates"][0]["content"]["parts"][0].clone();
    assert!(part["functionCall"]["id"].is_string());
    let again = async |part: &Value| run(&round(&json!([part]), &json!([result("12 C")]))).await;
    let good = again(&part).await;
    assert_eq!(good.status, 200, "{}", good.text);
    let mut bare = part.clone();
    bare.as_object_mut().unwrap().remove("thoughtSignature");
    let refused = again(&bare).await;
    assert!(refused.text.contains("missing a thought_signature"), "{}", refused.text);
    let mut wrong = part.clone();
    wrong["functionCall"]["args"] = json!({"city": "other"});
    assert!(again(&wrong).await.text.contains("Corrupted thought signature"));
    wrong["thoughtSignature"] = json!("skip_thought_signature_validator");
    assert_eq!(again(&wrong).await.status, 200);
    let older = generate(&sim, &round(&json!([bare]), &json!([result("12 C")]))).await;
    assert_eq!(older.status, 200, "{}", older.text);
}

#[tokio::test]
async fn thoughts_are_marked_counted_apart_and_shown_when_asked_for() {
    let sim = start().await;
    let config = |shown: bool| json!({"generationConfig": {"thinkingConfig": {"includeThoughts": shown, "thinkingBudget": 1024}}});
    let value = generate(&sim, &with(ask("hi"), &config(true))).await.json();
    let parts = value["candidates"][0]["content"]["parts"].as_array().unwrap();
    assert_eq!((&parts[0]["thought"], &parts[1]["text"]), (&json!(true), &json!("You said: hi.")));
    let usage = &value["usageMetadata"];
    assert_eq!((&usage["candidatesTokenCount"], &usage["thoughtsTokenCount"]), (&json!(4), &json!(32)));
    assert_eq!(usage["totalTokenCount"], 37);
    let frames = events(&sim, &with(ask("hi"), &config(true))).await.events();
    let last = &frames.last().unwrap()["candidates"][0]["content"]["parts"][0];
    assert_eq!((&last["text"], &last["thoughtSignature"]), (&json!(""), &parts[1]["thoughtSignature"]));
    let again = |parts: Value| {
        json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]},
        {"role": "model", "parts": parts}, {"role": "user", "parts": [{"text": "and?"}]}]})
    };
    assert_eq!(generate(&sim, &again(json!(parts))).await.status, 200);
    let forged = json!([{"text": "x", "thoughtSignature": "AAAA"}]);
    assert_eq!(generate(&sim, &again(forged)).await.status, 400);
    let hidden = generate(&sim, &with(ask("hi"), &config(false))).await.json();
    assert_eq!(hidden["candidates"][0]["content"]["parts"].as_array().unwrap().len(), 1);
    assert_eq!(hidden["usageMetadata"]["thoughtsTokenCount"], 32);
}

#[tokio::test]
async fn endings_blocks_formats_and_the_cache() {
    let sim = start().await;
    let config = |config: Value| json!({ "generationConfig": config });
    let ending = async |text: &str, more: Value| {
        let value = generate(&sim, &with(ask(text), &more)).await.json();
        value["candidates"][0]["finishReason"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(ending("x [[sim: tokens=50]]", config(json!({"maxOutputTokens": 7}))).await, "MAX_TOKENS");
    assert_eq!(ending("x [[sim: tokens=50]]", config(json!({"stopSequences": ["saw"]}))).await, "STOP");
    assert_eq!(ending("x [[sim: refuse]]", json!({})).await, "SAFETY");
    assert_eq!(ending("x [[sim: finish=RECITATION]]", json!({})).await, "RECITATION");
    let blocked = generate(&sim, &ask("x [[sim: block=OTHER]]")).await.json();
    assert_eq!((&blocked["promptFeedback"]["blockReason"], blocked.get("candidates")), (&json!("OTHER"), None));
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": false});
    let format = json!({"responseMimeType": "application/json", "responseJsonSchema": schema});
    let value = generate(&sim, &with(ask("x"), &config(format))).await.json();
    assert_eq!(value["candidates"][0]["content"]["parts"][0]["text"], r#"{"n":1}"#);
    let two = generate(&sim, &with(ask("x"), &config(json!({"candidateCount": 2})))).await.json();
    assert_eq!(two["candidates"][1]["index"], 1);
    let cached = generate(&sim, &ask("x [[sim: cached=3]]")).await.json();
    assert_eq!(cached["usageMetadata"]["cachedContentTokenCount"], 3);
}

async fn refused(sim: &Running, more: &Value, part: &str) {
    let got = generate(sim, &with(ask("x"), more)).await;
    assert_eq!(got.status, 400, "{}", got.text);
    let error = &got.json()["error"];
    assert_eq!((&error["code"], &error["status"]), (&json!(400), &json!("INVALID_ARGUMENT")));
    assert!(error["message"].as_str().unwrap().contains(part), "{}", got.text);
}

#[tokio::test]
async fn bad_requests_get_the_real_errors() {
    let sim = start().await;
    let check = async |more: Value, part: &str| refused(&sim, &more, part).await;
    check(json!({"foo": 1}), "Unknown name \"foo\": Cannot find field").await;
    check(json!({"contents": []}), "contents is not specified").await;
    check(json!({"contents": [{"role": "user", "parts": []}]}), "must not be empty").await;
    check(json!({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}), "valid role: user, model").await;
    check(json!({"contents": [{"parts": [{"text": "x", "foo": 1}]}]}), "'contents[0].parts[0]'").await;
    check(json!({"contents": [{"parts": [{}]}]}), "required oneof field 'data'").await;
    let lone = json!({"contents": [{"role": "user", "parts": [result("x")]}]});
    check(lone, "immediately after a function call turn").await;
    let first = json!({"functionCall": {"name": "f", "args": {}}});
    let open =
        json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}, {"role": "model", "parts": [first]}]});
    check(open, "equal to the number").await;
    let twice = json!({"contents": [{"role": "user", "parts": [{"text": "x"}]},
        {"role": "model", "parts": [{"text": "x"}]}, {"role": "model", "parts": [first]}]});
    check(twice, "immediately after a user turn").await;
    let tool =
        |key: &str, schema: Value| json!({"tools": [{"functionDeclarations": [{"name": "f", key: schema}]}]});
    let open = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    check(
        tool("parameters", open),
        "Unknown name \"additionalProperties\" at 'tools[0].function_declarations[0].parameters'",
    )
    .await;
    check(tool("parametersJsonSchema", json!("x")), "parameters_json_schema").await;
    let config = |config: Value| json!({ "generationConfig": config });
    check(config(json!({"temperature": 3})), "temperature").await;
    check(config(json!({"stopSequences": ["a", "b", "c", "d", "e", "f"]})), "at most 5").await;
    check(config(json!({"thinkingConfig": {"thinkingLevel": "LOW"}})), "Thinking level is not supported").await;
    let missing = call(&sim, "gpt-4o", "generateContent", &ask("x")).await;
    assert_eq!((missing.status, &missing.json()["error"]["status"]), (404, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn keys_are_taken_from_the_header_and_the_query() {
    let sim = start().await;
    let path = "/gemini/v1beta/models/sim-gemini:generateContent";
    let body = ask("x").to_string();
    let send = async |headers: &[(&str, &str)], query: &str| {
        sim.send_with(headers, "POST", &format!("{path}{query}"), &body).await.unwrap()
    };
    assert_eq!(send(&[], "").await.status, 403);
    assert_eq!(send(&[], "?key=sk-test").await.status, 200);
    let wrong = send(&[("x-goog-api-key", "sk-wrong")], "").await;
    assert_eq!((wrong.status, &wrong.json()["error"]["details"][0]["reason"]), (400, &json!("API_KEY_INVALID")));
    let seen = sim.send("GET", "/_sim/requests", "").await.unwrap().json();
    assert_eq!(seen["requests"][0]["path"], path);
    assert!(!seen.to_string().contains("sk-"), "{seen}");
    let newer = format!("{}{}", path.replace("v1beta", "v1"), "?key=k");
    assert_eq!(sim.send_with(&[], "POST", &newer, &body).await.unwrap().status, 200);
    let models =
        sim.send_with(&[("x-goog-api-key", "k")], "GET", "/gemini/v1beta/models", "").await.unwrap().json();
    assert_eq!(models["models"][0]["name"], "models/sim-gemini");
    let one =
        sim.send_with(&[("x-goog-api-key", "k")], "GET", "/gemini/v1beta/models/sim-gemini", "").await.unwrap();
    assert_eq!(one.json()["supportedGenerationMethods"][0], "generateContent");
}

#[tokio::test]
async fn failures_are_told_in_the_form_of_the_call() {
    let sim = start().await;
    let busy = generate(&sim, &ask("[[sim: status=429 retry_after=3]]")).await;
    let error = busy.json()["error"].clone();
    assert_eq!((busy.status, &error["status"]), (429, &json!("RESOURCE_EXHAUSTED")));
    assert_eq!(error["details"][1]["retryDelay"], "3s");
    assert!(busy.headers.get("retry-after").is_none());
    let listed = call(&sim, "sim-gemini", "streamGenerateContent", &ask("[[sim: status=503]]")).await;
    assert_eq!(listed.json()[0]["error"]["code"], 503);
    let body = ask("x [[sim: tokens=40 error_event_after=2]]");
    let told = events(&sim, &body).await.events();
    assert_eq!((told.len(), &told[2]["error"]["status"]), (3, &json!("UNAVAILABLE")));
    let told = call(&sim, "sim-gemini", "streamGenerateContent", &body).await.json();
    assert_eq!(told[2]["error"]["code"], 503);
    assert!(events(&sim, &ask("x [[sim: tokens=40 cut_after=2]]")).await.cut);
    assert!(events(&sim, &ask("x [[sim: crlf comments rechunk=5]]")).await.text.contains(": sim\r\n\r\n"));
    let array =
        call(&sim, "sim-gemini", "streamGenerateContent", &ask("x [[sim: tokens=9 crlf comments plant]]")).await;
    assert_eq!(array.json()[0]["provider"], "sim-upstream");
    assert!(!events(&sim, &ask("x [[sim: no_usage]]")).await.text.contains("usageMetadata"));
    let wrong = generate(&sim, &ask("x [[sim: wrong_usage=77]]")).await.json();
    assert_eq!(wrong["usageMetadata"]["candidatesTokenCount"], 77);
}

#[tokio::test]
async fn contents_are_embedded_alone_and_in_batches() {
    let sim = start().await;
    let content = |text: &str| json!({"parts": [{"text": text}]});
    let single = call(
        &sim,
        "sim-gemini-embedding",
        "embedContent",
        &json!({"content": content("hello"), "outputDimensionality": 8}),
    )
    .await
    .json();
    assert_eq!(single["embedding"]["values"].as_array().unwrap().len(), 8);
    let request = |text: &str| json!({"model": "models/sim-gemini-embedding", "content": content(text), "outputDimensionality": 8});
    let batch = json!({"requests": [request("hello"), request("world")]});
    let value = call(&sim, "sim-gemini-embedding", "batchEmbedContents", &batch).await.json();
    assert_eq!(value["embeddings"][0], single["embedding"]);
    assert_ne!(value["embeddings"][1], single["embedding"]);
    assert_eq!(value["usageMetadata"]["promptTokenCount"], 3);
    let other = json!({"requests": [with(request("x"), &json!({"model": "models/other"}))]});
    assert_eq!(call(&sim, "sim-gemini-embedding", "batchEmbedContents", &other).await.status, 400);
    let failing = json!({"requests": [request("[[sim: status=500]]")]});
    assert_eq!(call(&sim, "sim-gemini-embedding", "batchEmbedContents", &failing).await.status, 500);
}

#[tokio::test]
async fn pictures_are_parts_of_an_answer() {
    let sim = start().await;
    let paint = || json!({"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9"}});
    let painted = async |model: &str, prompt: &str, config: Value| {
        call(&sim, model, "generateContent", &with(ask(prompt), &json!({ "generationConfig": config }))).await
    };
    let value = painted("sim-gemini-image", "a fox", paint()).await.json();
    let part = &value["candidates"][0]["content"]["parts"][0]["inlineData"];
    assert_eq!(part["mimeType"], "image/png");
    assert!(part["data"].as_str().unwrap().starts_with("iVBORw0KGgo"));
    assert_eq!(value["usageMetadata"]["candidatesTokenCount"], 1_290);
    let value = painted("sim-gemini-image", "a fox [[sim: refuse]]", paint()).await.json();
    assert_eq!(value["candidates"][0]["finishReason"], "IMAGE_SAFETY");
    assert!(value["candidates"][0].get("content").is_none());
    let odd = json!({"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "7:1"}});
    for (model, config) in [("sim-gemini", paint()), ("sim-gemini-image", odd)] {
        assert_eq!(painted(model, "a fox", config).await.status, 400, "{model}");
    }
}
