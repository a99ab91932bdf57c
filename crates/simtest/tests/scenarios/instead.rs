//! Another model in the place of one that cannot serve (R-ROUTE-7, 002-13): by the request's list, by the key's own fallback; priced
//! and authorised anew. Never here: other routes of the same model (failover).

use crate::ask;
use serde_json::{Value, json};
use simtest::{Client, Ending, Script, Setup, SimHouse, Speaks, Step, chat_chunk, chat_end, json_answer};
use units::NanoUsd;

/// The model `m`, a dearer one and a free one, each with a provider of its own.
async fn house(credit: i64) -> SimHouse {
    let others =
        vec![("dear", "two", json!({ "input": "2.00", "output": "4.00" })), ("gratis", "three", json!("free"))];
    SimHouse::open(Setup { credit: NanoUsd::new(credit), others, ..Setup::default() }).await
}

const DOLLAR: i64 = 1_000_000_000;

fn down() -> Script {
    Script::text(503, "down")
}

async fn fall_back_to(sim: &SimHouse, model: &str) {
    let keys = sim.manage("GET", "/keys", &json!({})).await;
    let path = format!("/keys/{}", keys["data"][0]["id"].as_str().unwrap_or("none"));
    sim.manage("PATCH", &path, &json!({ "rules": { "fallback_model": model } })).await;
}

fn listed(stream: bool, models: Value) -> Value {
    let mut body = ask(stream);
    body["models"] = models;
    body
}

/// R-ROUTE-7: the answer's model is the one that served, and its price is what is charged; streamed and not.
#[tokio::test(start_paused = true)]
async fn r_route_7_the_keys_fallback_serves_what_cannot() {
    for stream in [false, true] {
        let sim = house(DOLLAR).await;
        fall_back_to(&sim, "dear").await;
        sim.upstreams.set("one", vec![down(), down(), down()]);
        let answer = match stream {
            true => Script::stream(vec![chat_chunk("Hello"), chat_end(10, 5)]),
            false => json_answer("Hello", 10, 5),
        };
        sim.upstreams.set("two", vec![answer]);
        let seen = sim.chat(&ask(stream), Client::ReadsAll).await;
        assert_eq!((seen.status, seen.ending()), (200, Ending::Proper), "{}", seen.text());
        assert!(seen.text().contains("\"model\":\"dear\""), "{}", seen.text());
        assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(40_000), 0));
        let row = &sim.book.rows()[0];
        assert_eq!((&*row.model, row.attempts, sim.book.rows().len()), ("dear", 4, 1));
    }
}

/// R-ROUTE-7: the request's list goes before the key's fallback, and is not passed on; a model that there is not is passed over.
#[tokio::test(start_paused = true)]
async fn r_route_7_the_requests_list_is_tried_in_order() {
    for speaks in [Speaks::Chat, Speaks::Messages, Speaks::Responses] {
        let sim = house(DOLLAR).await;
        fall_back_to(&sim, "dear").await;
        sim.upstreams.set("three", vec![json_answer("Hello", 10, 5)]);
        let (path, mut body) = speaks.asks(&ask(false));
        body["model"] = json!("nobody");
        body["models"] = json!(["nothing", "gratis", "m"]);
        let seen = sim.ask("POST", path, &body).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        assert!(seen.text().contains("\"model\":\"gratis\""), "{}", seen.text());
        let arrived = sim.upstreams.arrived();
        assert_eq!((arrived.len(), &*arrived[0].host, arrived[0].body.get("models")), (1, "three", None));
        assert_eq!(sim.book.charged(), NanoUsd::ZERO);
    }
}

/// R-ROUTE-7: a list without `model` is enough; where nobody serves, the first model's failure is told, and nothing is charged.
#[tokio::test(start_paused = true)]
async fn r_route_7_nobody_left_is_told_as_the_first() {
    let sim = house(DOLLAR).await;
    let mut body = listed(false, json!(["m", "dear"]));
    if let Some(fields) = body.as_object_mut() {
        fields.remove("model");
    }
    for host in ["one", "two"] {
        sim.upstreams.set(host, vec![down(), down(), down()]);
    }
    let seen = sim.chat(&body, Client::ReadsAll).await;
    assert_eq!((seen.status, sim.upstreams.arrived().len()), (529, 6), "{}", seen.text());
    assert_eq!((sim.book.charged(), sim.book.open_holds(), sim.book.rows().len()), (NanoUsd::ZERO, 0, 1));
    for (models, field) in [(json!("m"), "models"), (json!(["m", 5]), "models[1]")] {
        let seen = sim.chat(&listed(false, models), Client::ReadsAll).await;
        assert_eq!((seen.status, seen.text().contains(field)), (400, true), "{}", seen.text());
    }
    body["models"] = json!(["nobody", "nothing"]);
    let seen = sim.chat(&body, Client::ReadsAll).await;
    assert_eq!((seen.status, seen.text().contains("nobody")), (404, true), "{}", seen.text());
}

/// R-ROUTE-7, R-LIM-1: a model in the place of another keeps its own limits, and takes nothing more of the account's.
#[tokio::test(start_paused = true)]
async fn r_route_7_another_model_has_its_own_limits() {
    let others = vec![("gratis", "two", json!("free"))];
    let other_limits = json!({ "requests_per_minute": 1 });
    let tier = json!([{ "name": "free", "when": "free", "requests_per_minute": 3, "concurrent": 9,
                         "requests_per_day": 9 }]);
    let setup = Setup { others, other_limits, tiers: Some(tier), price: json!("free"), ..Setup::default() };
    let sim = SimHouse::open(Setup { credit: NanoUsd::ZERO, ..setup }).await;
    fall_back_to(&sim, "gratis").await;
    sim.upstreams.set("one", (0..6).map(|_| down()).collect());
    sim.upstreams.set("two", vec![json_answer("Hello", 10, 5)]);
    let first = sim.exchange("POST", "/v1/chat/completions", &ask(false)).await;
    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()["x-ratelimit-remaining-requests"], "2");
    let second = sim.exchange("POST", "/v1/chat/completions", &ask(false)).await;
    assert_eq!((second.status().as_u16(), sim.upstreams.arrived().len()), (529, 3 + 1 + 3));
    assert_eq!(second.headers()["x-ratelimit-remaining-requests"], "1");
}

/// R-ROUTE-7, R-BILL-2: a dearer model is authorised anew: without the credit for it, it is not asked.
#[tokio::test(start_paused = true)]
async fn r_route_7_a_dearer_model_needs_its_credit() {
    // `m` may cost up to about 2,100 micro-USD, `dear` twice as much.
    let sim = house(3_000_000).await;
    sim.upstreams.set("one", vec![down(), down(), down()]);
    sim.upstreams.set("two", vec![json_answer("Hello", 10, 5)]);
    let seen = sim.chat(&listed(false, json!(["dear"])), Client::ReadsAll).await;
    assert_eq!((seen.status, sim.upstreams.arrived().len()), (529, 3), "{}", seen.text());
    // A free one may follow it.
    sim.upstreams.set("one", vec![down(), down(), down()]);
    sim.upstreams.set("three", vec![json_answer("Hello", 10, 5)]);
    let seen = sim.chat(&listed(false, json!(["dear", "gratis"])), Client::ReadsAll).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::ZERO, 0));
    let left = sim.book.left(sim.workspace, sim.clock.now());
    assert_eq!((left.posted, left.held), (NanoUsd::new(3_000_000), NanoUsd::ZERO));
}

/// R-ROUTE-7: what one model refuses as wrong is wrong: no other is asked. Once an answer has begun, nobody takes over.
#[tokio::test(start_paused = true)]
async fn r_route_7_a_wrong_request_and_a_begun_answer_stay_where_they_are() {
    let sim = house(DOLLAR).await;
    fall_back_to(&sim, "dear").await;
    sim.upstreams.set(
        "one",
        vec![Script::json(400, &json!({ "error": { "message": "no", "type": "invalid_request_error" } }))],
    );
    let seen = sim.chat(&ask(false), Client::ReadsAll).await;
    assert_eq!((seen.status, sim.upstreams.arrived().len()), (400, 1), "{}", seen.text());
    sim.upstreams.set("one", vec![Script::stream(vec![chat_chunk("Hel"), Step::Cut])]);
    let seen = sim.chat(&ask(true), Client::ReadsAll).await;
    assert_eq!((seen.ending(), sim.upstreams.arrived().len()), (Ending::Fault, 2), "{}", seen.text());
}
