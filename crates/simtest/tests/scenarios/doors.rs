//! Doors beside Chat Completions and Messages: kept answers, prompts, vectors. In: calls. Out: what the provider was asked, what
//! the caller is told, an exact bill. Never here: the shape of every field (dialect), real SDKs (tests/e2e).

use crate::secs;
use serde_json::{Value, json};
use simtest::{Script, Seen, Setup, SimHouse, json_answer};
use store::port::{DeviceRow, DeviceState};
use units::{NanoUsd, UsageSource};

fn told(seen: &Seen) -> Value {
    serde_json::from_str(&seen.text()).unwrap_or(Value::Null)
}

fn asked(sim: &SimHouse, n: usize) -> Value {
    sim.upstreams.arrived()[n].body.clone()
}

async fn open() -> SimHouse {
    let sim = SimHouse::open(Setup { tokenizer: "o200k", ..Setup::default() }).await;
    sim.upstreams.set("one", vec![json_answer("first", 10, 5), json_answer("second", 20, 5)]);
    sim
}

/// R-API-4: a later turn goes on from a kept one, for the price of its whole conversation; what is forgotten, not to be kept or
/// too old is refused by name before anybody is asked.
#[tokio::test(start_paused = true)]
async fn r_api_4_a_turn_goes_on_from_a_kept_one() {
    let sim = open().await;
    let first = told(&sim.ask("POST", "/v1/responses", &json!({ "model": "m", "input": "one" })).await);
    let id = first["id"].as_str().unwrap();
    let second = json!({ "model": "m", "input": "two", "previous_response_id": id, "store": false });
    let answer = told(&sim.ask("POST", "/v1/responses", &second).await);
    assert_eq!(answer["output"][0]["content"][0]["text"], "second", "{answer}");
    assert_eq!(answer["previous_response_id"], id);
    let said: Vec<Value> =
        asked(&sim, 1)["messages"].as_array().unwrap().iter().map(|m| m["content"].clone()).collect();
    assert_eq!(said, [json!("one"), json!("first"), json!("two")]);
    assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(20_000 + 30_000), 0));

    let path = format!("/v1/responses/{id}");
    assert_eq!(told(&sim.ask("GET", &path, &Value::Null).await), first);
    let items = told(&sim.ask("GET", &format!("{path}/input_items"), &Value::Null).await);
    assert_eq!(items["data"][0]["content"], json!([{ "type": "input_text", "text": "one" }]), "{items}");
    let refused = async |id: &Value| {
        let seen = sim
            .ask("POST", "/v1/responses", &json!({ "model": "m", "input": "x", "previous_response_id": id }))
            .await;
        (seen.status, told(&seen)["error"]["code"].clone(), told(&seen)["error"]["param"].clone())
    };
    let gone = (400, json!("previous_response_not_found"), json!("previous_response_id"));
    assert_eq!(refused(&answer["id"]).await, gone, "it was not to be kept");
    assert_eq!(refused(&json!("resp_never")).await, gone);
    assert_eq!(refused(&json!("x".repeat(5_000))).await, gone);
    assert_eq!(told(&sim.ask("DELETE", &path, &Value::Null).await)["deleted"], true);
    assert_eq!(sim.ask("DELETE", &path, &Value::Null).await.status, 404);
    assert_eq!(sim.ask("GET", &path, &Value::Null).await.status, 404);
    assert_eq!(refused(&first["id"]).await, gone);
    assert_eq!(sim.upstreams.arrived().len(), 2, "nobody was asked");
}

/// R-API-4: coding clients offer a search of the web to every model; where it is not sold the model is not offered it, and the
/// caller is told.
#[tokio::test(start_paused = true)]
async fn r_api_4_a_search_that_is_not_sold_is_left_out() {
    let tools = json!([{ "type": "function", "name": "f", "parameters": {} }, { "type": "web_search" }]);
    let body = json!({ "model": "m", "input": "x", "tools": tools });
    let sim = open().await;
    let seen = sim.ask("POST", "/v1/responses", &body).await;
    assert_eq!((seen.status, asked(&sim, 0)["tools"].as_array().unwrap().len()), (200, 1), "{}", seen.text());
    assert_eq!(told(&seen)["tools"].as_array().unwrap().len(), 2, "the answer repeats what was asked");
    // What else costs beyond tokens is refused as ever.
    let body = json!({ "model": "m", "input": "x", "tools": [{ "type": "mcp" }, { "type": "web_search" }] });
    let seen = sim.ask("POST", "/v1/responses", &body).await;
    assert_eq!((seen.status, &told(&seen)["error"]["param"]), (400, &json!("tools[0].type")));
}

/// R-API-4: what is kept vanishes with its time.
#[tokio::test(start_paused = true)]
async fn r_api_4_kept_answers_vanish() {
    let sim = open().await;
    let first = told(&sim.ask("POST", "/v1/responses", &json!({ "model": "m", "input": "one" })).await);
    let path = format!("/v1/responses/{}", first["id"].as_str().unwrap());
    tokio::time::advance(secs(3_599)).await;
    assert_eq!(sim.ask("GET", &path, &Value::Null).await.status, 200);
    tokio::time::advance(secs(2)).await;
    assert_eq!(sim.ask("GET", &path, &Value::Null).await.status, 404);
}

/// R-API-4: a failed answer is not kept, and one that is streamed is, with all its turns.
#[tokio::test(start_paused = true)]
async fn r_api_4_a_streamed_answer_is_kept_with_its_turns() {
    let sim = SimHouse::open(Setup::default()).await;
    let speaks = simtest::Speaks::Chat;
    let stream = |text: &str| Script::stream([vec![speaks.text(text)], speaks.end(10, 1)].concat());
    sim.upstreams.set("one", vec![stream("a"), stream("b"), stream("c")]);
    let mut previous = Value::Null;
    for turn in ["one", "two", "three"] {
        let body = json!({ "model": "m", "input": turn, "stream": true, "previous_response_id": previous });
        let seen = sim.ask("POST", "/v1/responses", &body).await.text();
        let end = seen.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap().to_owned();
        let end: Value = serde_json::from_str(&end).unwrap();
        assert_eq!(end["type"], "response.completed", "{seen}");
        previous = end["response"]["id"].clone();
    }
    let said: Vec<String> =
        asked(&sim, 2)["messages"].as_array().unwrap().iter().map(|m| m["content"].to_string()).collect();
    assert_eq!(said.concat(), r#""one""a""two""b""three""#);
}

/// R-API-3: a prompt of tokens is sent as their text where the model's vocabulary is known, and its echo comes first.
#[tokio::test(start_paused = true)]
async fn r_api_3_prompts_of_tokens_become_text() {
    let sim = open().await;
    let body = json!({ "model": "m", "prompt": [24_912, 2_375], "echo": true, "max_tokens": 20 });
    let seen = told(&sim.ask("POST", "/v1/completions", &body).await);
    let prompt = asked(&sim, 0)["messages"][0]["content"].as_str().unwrap().to_owned();
    assert_eq!(seen["choices"][0]["text"], format!("{prompt}first"), "{seen}");
    assert_eq!(seen["object"], "text_completion");
    assert_eq!(sim.book.rows()[0].endpoint, "completions");
    // What is no token of a text is named, the special ones too.
    for token in [199_999, 4_294_967_295_u32] {
        let seen = sim.ask("POST", "/v1/completions", &json!({ "model": "m", "prompt": [24_912, token] })).await;
        assert_eq!((seen.status, &told(&seen)["error"]["param"]), (400, &json!("prompt[1]")), "{}", seen.text());
    }
    // A text that is larger than a body may be.
    let many = vec![72_056; 20_000];
    let seen = sim.ask("POST", "/v1/completions", &json!({ "model": "m", "prompt": many })).await;
    assert_eq!((seen.status, &told(&seen)["error"]["param"]), (413, &json!("prompt")), "{}", seen.text());
    assert_eq!(sim.upstreams.arrived().len(), 1);
}

/// R-API-7: vectors are charged by the provider's count of the prompt, or by our own where it has none.
#[tokio::test(start_paused = true)]
async fn r_api_7_vectors_are_charged_by_their_prompt() {
    let vectors = |usage: Value| {
        let one = json!({ "object": "embedding", "index": 0, "embedding": [0.5, -1.0] });
        Script::json(200, &json!({ "object": "list", "data": [one], "model": "x", "usage": usage }))
    };
    let reported = json!({ "prompt_tokens": 9, "total_tokens": 9 });
    for (input, usage, tokens, source) in [
        (json!("hello world"), reported, 9, UsageSource::Provider),
        (json!([15, 16, 17]), Value::Null, 3, UsageSource::Estimated),
    ] {
        let price = json!({ "input": "1.00" });
        let sim = SimHouse::open(Setup { serves: "embeddings", price, ..Setup::default() }).await;
        sim.upstreams.set("one", vec![vectors(usage)]);
        let seen = sim.ask("POST", "/v1/embeddings", &json!({ "model": "m", "input": input })).await;
        assert_eq!((seen.status, &told(&seen)["data"][0]["embedding"][0]), (200, &json!(0.5)), "{}", seen.text());
        assert_eq!(told(&seen)["usage"]["prompt_tokens"], tokens);
        assert_eq!(asked(&sim, 0)["model"], "upstream-model");
        let row = &sim.book.rows()[0];
        assert_eq!((row.source, row.charge, sim.book.open_holds()), (source, NanoUsd::new(tokens * 1_000), 0));
    }
}

/// R-API-7: a model answers the calls it serves and no others.
#[tokio::test(start_paused = true)]
async fn r_api_7_a_model_answers_what_it_serves() {
    let sim =
        SimHouse::open(Setup { serves: "embeddings", price: json!({ "input": "1.00" }), ..Setup::default() }).await;
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "hi" }] });
    let seen = sim.ask("POST", "/v1/chat/completions", &body).await;
    assert_eq!((seen.status, &told(&seen)["error"]["param"]), (400, &json!("model")));
    let sim = open().await;
    let seen = sim.ask("POST", "/v1/embeddings", &json!({ "model": "m", "input": "hi" })).await;
    assert_eq!((seen.status, &told(&seen)["error"]["param"]), (400, &json!("model")));
    assert!(sim.upstreams.arrived().is_empty());
}

/// R-WEB-4: there is an end to the devices that wait; one too many is told to come again, and room is made when their time is over.
#[tokio::test(start_paused = true)]
async fn r_web_4_so_many_devices_wait_at_once() {
    let sim = SimHouse::open(Setup::default()).await;
    let asks = json!({ "client_id": "Editor" });
    let begin = || sim.exchange("POST", "/api/device/code", &asks);
    let now = sim.clock.now();
    for n in 1..10_000_u32 {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&n.to_le_bytes());
        let row = DeviceRow {
            id,
            user_code: id,
            client: "Editor".into(),
            scopes: String::new(),
            address: String::new(),
            made_at: now,
            ends_at: now.plus(secs(600)),
            state: DeviceState::Waiting,
        };
        sim.house().store.begin_device(row, u32::MAX).await.unwrap();
    }
    assert_eq!(begin().await.status(), 200, "the last that there is room for");
    let refused = begin().await;
    let told: Value = serde_json::from_slice(refused.body()).unwrap();
    assert_eq!((refused.status().as_u16(), &told["error"]), (503, &json!("temporarily_unavailable")), "{told}");
    assert_eq!(refused.headers()["retry-after"], "60");
    assert!(told["error_description"].as_str().unwrap().starts_with("Too many devices wait"), "{told}");
    assert!(!sim.log.take().contains("device.failed"), "nothing has failed");
    tokio::time::advance(secs(600)).await;
    assert_eq!(begin().await.status(), 200);
}
