//! Faults of the reference that no other scenario names by their codes: each is brought about, and told by its code (R-ERR-8). Never here: how
//! faults look in each style (dialect), what is charged.

use crate::rules::rule;
use crate::{ask, open, secs};
use serde_json::json;
use simtest::{Client, Script, Setup, SimHouse, Step, chat_chunk, chat_end};
use units::NanoUsd;

/// The status of a small call that is not streamed, and the code that it is told.
async fn told(sim: &SimHouse) -> (u16, String) {
    let seen = sim.chat(&ask(false), Client::ReadsAll).await;
    let body: serde_json::Value = serde_json::from_str(&seen.text()).unwrap_or_default();
    (seen.status, body["error"]["code"].as_str().unwrap_or("").to_owned())
}

/// R-ERR-8: what a key may not do has a code of its own.
#[tokio::test(start_paused = true)]
async fn r_err_8_rules_of_keys_have_codes() {
    for (rules, status, code) in [
        (json!({ "scopes": ["embeddings"] }), 403, "scope_not_allowed"),
        (json!({ "caps": { "total_micro_usd": 1 } }), 402, "spend_cap_reached"),
    ] {
        let sim = open().await;
        rule(&sim, rules).await;
        assert_eq!(told(&sim).await, (status, code.to_owned()));
    }
}

/// R-ERR-8: so has what a provider refuses, and what breaks here.
#[tokio::test(start_paused = true)]
async fn r_err_8_refusals_of_providers_and_defects_have_codes() {
    let error =
        |code: &str| json!({ "error": { "message": "canary", "type": "invalid_request_error", "code": code } });
    for (script, status, code) in [
        (Script::json(400, &error("context_length_exceeded")), 400, "context_length_exceeded"),
        (Script::json(400, &error("something_else")), 400, "request_refused"),
        (Script::stream(vec![Step::Panic]), 500, "internal_error"),
    ] {
        let sim = open().await;
        sim.upstreams.set("one", vec![script]);
        assert_eq!(told(&sim).await, (status, code.to_owned()));
    }
}

/// R-ERR-8: credit that cannot be looked at, and credit that other calls hold.
#[tokio::test(start_paused = true)]
async fn r_err_8_credit_has_codes() {
    let sim = open().await;
    sim.book.refuse_holds();
    assert_eq!(told(&sim).await, (503, "billing_unavailable".to_owned()));

    let sim = SimHouse::open(Setup { credit: NanoUsd::new(3_000_000), ..Setup::default() }).await;
    let steps = vec![chat_chunk("Hello"), Step::Wait(secs(20)), chat_end(10, 5)];
    sim.upstreams.set("one", vec![Script::stream(steps)]);
    let first = sim.begin("POST", "/v1/chat/completions", &ask(true)).await;
    assert_eq!(first.status().as_u16(), 200);
    let body = json!({ "model": "m", "max_tokens": 1_000, "messages": [{ "role": "user", "content": "Hello" }] });
    let second = sim.exchange("POST", "/v1/chat/completions", &body).await;
    let told: serde_json::Value = serde_json::from_slice(second.body()).unwrap_or_default();
    assert_eq!((second.status().as_u16(), &told["error"]["code"]), (402, &json!("credits_in_flight")), "{told}");
    drop(first);
}
