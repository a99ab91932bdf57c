//! What a key and a workspace may do: models, scopes, addresses, caps, switches, rotation (R-KEY-2, R-KEY-3, R-ACC-2).
//! Never here: how rules are written down (the API's own tests), limits.

use crate::{ask, open};
use serde_json::{Value, json};
use simtest::{Client, Ending, Script, Setup, SimHouse, Step, chat_chunk, chat_end, json_answer};
use units::NanoUsd;

/// The id of the customer's key.
async fn key_id(sim: &SimHouse) -> String {
    let keys = sim.manage("GET", "/keys", &json!({})).await;
    keys["data"][0]["id"].as_str().unwrap_or("none").to_owned()
}

/// Sets rules of the customer's key.
pub async fn rule(sim: &SimHouse, rules: Value) -> Value {
    let path = format!("/keys/{}", key_id(sim).await);
    sim.manage("PATCH", &path, &json!({ "rules": rules })).await
}

async fn call(sim: &SimHouse) -> (u16, String) {
    let seen = sim.chat(&ask(false), Client::ReadsAll).await;
    (seen.status, seen.text())
}

/// R-KEY-2, R-API-9, R-API-15: a model that is not on the list is 403 and in no list of models.
#[tokio::test(start_paused = true)]
async fn r_key_2_a_key_calls_the_models_of_its_list() {
    let sim = open().await;
    sim.upstreams.set("one", vec![json_answer("Hello", 10, 5)]);
    rule(&sim, json!({ "models": ["other", "n*"] })).await;
    let (status, text) = call(&sim).await;
    assert_eq!((status, text.contains("model_not_allowed")), (403, true), "{text}");
    let counted = sim.ask("POST", "/v1/messages/count_tokens", &ask(false)).await;
    assert_eq!(counted.status, 403, "{}", counted.text());
    assert!(!sim.ask("GET", "/v1/models", &json!({})).await.text().contains("\"m\""));
    assert_eq!(sim.ask("GET", "/v1/models/m", &json!({})).await.status, 404);
    assert_eq!(sim.upstreams.arrived().len(), 0);
    rule(&sim, json!({ "models": ["m"] })).await;
    assert_eq!(call(&sim).await.0, 200);
    rule(&sim, json!({ "models": null })).await;
    assert!(sim.ask("GET", "/v1/models", &json!({})).await.text().contains("\"m\""));
}

/// R-KEY-2: a scope opens its endpoints and no others.
#[tokio::test(start_paused = true)]
async fn r_key_2_a_key_is_for_its_scopes() {
    let sim = open().await;
    sim.upstreams.set("one", vec![json_answer("Hello", 10, 5)]);
    for (scopes, chat, list) in [(json!(["read"]), 403, 200), (json!(["chat"]), 200, 403), (Value::Null, 200, 200)]
    {
        sim.upstreams.set("one", vec![json_answer("Hello", 10, 5)]);
        rule(&sim, json!({ "scopes": scopes })).await;
        let told = call(&sim).await;
        assert_eq!(told.0, chat, "{scopes}: {}", told.1);
        let listed = sim.exchange("GET", "/v1/models", &json!({})).await;
        assert_eq!(listed.status(), list, "{scopes}");
        // Who is known is told its limits, whatever its key is for (R-LIM-2).
        assert!(listed.headers().contains_key("x-ratelimit-limit-requests"), "{scopes}");
    }
}

/// R-KEY-2: a key with a list of addresses is refused where nobody knows the address.
#[tokio::test(start_paused = true)]
async fn r_key_2_a_key_is_used_from_its_addresses() {
    let sim = open().await;
    rule(&sim, json!({ "addresses": ["10.0.0.0/8"] })).await;
    let (status, text) = call(&sim).await;
    assert_eq!((status, text.contains("address_not_allowed")), (403, true), "{text}");
}

/// R-ACC-2: an operator switches the API off for all, or for a workspace, and on again.
#[tokio::test(start_paused = true)]
async fn r_acc_2_the_api_is_switched_off_and_on() {
    let sim = open().await;
    for (path, off, on) in [
        ("/platform", json!({ "api_off": true }), json!({ "api_off": false })),
        ("/workspaces/sim", json!({ "rules": { "api_off": true } }), json!({ "rules": { "api_off": false } })),
    ] {
        sim.upstreams.set("one", vec![json_answer("Hello", 10, 5)]);
        assert_eq!(call(&sim).await.0, 200);
        sim.manage("PATCH", path, &off).await;
        let (status, text) = call(&sim).await;
        assert_eq!((status, text.contains("api_disabled")), (403, true), "{text}");
        assert_eq!(sim.ask("GET", "/v1/models", &json!({})).await.status, 403);
        sim.manage("PATCH", path, &on).await;
    }
    assert_eq!(sim.upstreams.arrived().len(), 2);
}

/// R-KEY-2 (002-11): a cap is 402 before anything runs, and never exceeded by a stream that is under way.
#[tokio::test(start_paused = true)]
async fn r_key_2_a_cap_ends_what_a_balance_would_pay() {
    let sim = open().await;
    // 1,000 tokens of answer and a short prompt cost up to about 2,100 micro-USD.
    rule(&sim, json!({ "caps": { "total_micro_usd": 5_000 } })).await;
    for _ in 0..2 {
        sim.upstreams.set("one", vec![json_answer("Hello", 10, 950)]);
        assert_eq!(call(&sim).await.0, 200);
    }
    assert_eq!(sim.book.charged(), NanoUsd::new(2 * 1_910_000));
    let (status, text) = call(&sim).await;
    assert_eq!((status, text.contains("Spend cap reached: 0.005 USD")), (402, true), "{text}");
    assert_eq!(sim.upstreams.arrived().len(), 2);
    let own = sim.ask("GET", "/v1/key", &json!({})).await.text();
    let own: Value = serde_json::from_str(&own).unwrap();
    assert_eq!(own["api_key"]["spend_micro_usd"], 3_820);
    assert_eq!(own["api_key"]["spend_cap_micro_usd"], 5_000);

    // A stream with a large limit holds a slice and extends it, up to the cap.
    let long = "x".repeat(100);
    let mut steps: Vec<Step> = (0..90).map(|_| chat_chunk(&long)).collect();
    steps.push(chat_end(10, 2_250));
    let sim = SimHouse::open(Setup { slice_tokens: 100, ..Setup::default() }).await;
    rule(&sim, json!({ "caps": { "day_micro_usd": 3_000 } })).await;
    sim.upstreams.set("one", vec![Script::stream(steps)]);
    let body = json!({ "model": "m", "stream": true, "max_tokens": 9_000, "messages": [{ "role": "user", "content": "x" }] });
    let seen = sim.chat(&body, Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Proper, "{}", seen.text());
    assert!(seen.text().contains("\"finish_reason\":\"length\""), "{}", seen.text());
    assert!(sim.book.charged() <= NanoUsd::new(3_000_000) && sim.book.open_holds() == 0);
}

/// R-KEY-3 (000-24): end users of a workspace have a cap each, by the name that the request gives them.
#[tokio::test(start_paused = true)]
async fn r_key_3_end_users_have_a_cap_each() {
    let sim = open().await;
    let quota = json!({ "rules": { "end_user": { "month_micro_usd": 2_500 } } });
    sim.manage("PATCH", "/workspaces/sim", &quota).await;
    let asked = |user: &str| {
        let mut body = ask(false);
        body["user"] = json!(user);
        body
    };
    for (user, status) in [("ada", 200), ("ada", 402), ("ben", 200)] {
        sim.upstreams.set("one", vec![json_answer("Hello", 10, 900)]);
        let seen = sim.chat(&asked(user), Client::ReadsAll).await;
        assert_eq!(seen.status, status, "{user}: {}", seen.text());
    }
    // Who names nobody is bounded by the others.
    sim.upstreams.set("one", vec![json_answer("Hello", 10, 900)]);
    assert_eq!(call(&sim).await.0, 200);
    let rows = sim.book.rows();
    let of = |n: usize| rows[n].counted.end_user;
    assert!(of(0).is_some() && of(1) != of(2) && of(2).is_some() && of(3).is_none());
}

/// R-KEY-3: end users have a quota of requests each, also where nothing is paid; a request that failed counts for nobody, and the
/// next day begins anew.
#[tokio::test(start_paused = true)]
async fn r_key_3_end_users_have_a_quota_of_requests_each() {
    for price in [json!("free"), json!({ "input": "1.00", "output": "2.00" })] {
        let sim = SimHouse::open(Setup { price, ..Setup::default() }).await;
        let quota = json!({ "rules": { "end_user": { "requests_per_day": 2 } } });
        sim.manage("PATCH", "/workspaces/sim", &quota).await;
        let asks = async |user: &str, script: Script| {
            let mut body = ask(false);
            body["user"] = json!(user);
            sim.upstreams.set("one", vec![script]);
            sim.exchange("POST", "/v1/chat/completions", &body).await
        };
        let hello = || json_answer("Hello", 10, 5);
        let first = asks("ada", hello()).await;
        assert_eq!(first.status(), 200, "{}", String::from_utf8_lossy(first.body()));
        assert_eq!(asks("ada", Script::text(400, "no")).await.status(), 400);
        assert_eq!(asks("ada", hello()).await.status(), 200);
        let over = asks("ada", hello()).await;
        let told = String::from_utf8_lossy(over.body()).into_owned();
        assert_eq!(over.status(), 429, "{told}");
        assert!(told.contains("The end user's quota of 2 requests a day is used up"), "{told}");
        let wait: u64 = over.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert_eq!(asks("ben", hello()).await.status(), 200);
        tokio::time::advance(std::time::Duration::from_secs(wait)).await;
        assert_eq!((asks("ada", hello()).await.status().as_u16(), sim.book.open_holds()), (200, 0));
    }
}

/// R-KEY-2: a rotated key goes on by both texts, and by the new one alone when the grace is over.
#[tokio::test(start_paused = true)]
async fn r_key_2_a_rotated_key_overlaps() {
    let mut sim = open().await;
    let id = key_id(&sim).await;
    let old = sim.key().to_owned();
    let rotated = sim.manage("POST", &format!("/keys/{id}/rotate"), &json!({ "grace_seconds": 60 })).await;
    let new = rotated["key"].as_str().unwrap().to_owned();
    let works = async |sim: &mut SimHouse, key: &str| {
        sim.use_key(key);
        sim.ask("GET", "/v1/models", &json!({})).await.status
    };
    assert_eq!((works(&mut sim, &old).await, works(&mut sim, &new).await), (200, 200));
    tokio::time::advance(std::time::Duration::from_secs(61)).await;
    assert_eq!((works(&mut sim, &old).await, works(&mut sim, &new).await), (401, 200));
    let shown = sim.manage("GET", &format!("/keys/{id}"), &json!({})).await;
    assert!(shown.get("key").is_none() && shown["prefix"] == rotated["prefix"]);
    let again = sim.try_manage("POST", &format!("/keys/{id}/rotate"), &json!({ "grace_seconds": 9_999_999 })).await;
    assert_eq!((again.0, again.1["errors"][0]["field"].as_str()), (400, Some("grace_seconds")));
}

/// Every field that is wrong is told at once, and nothing is changed.
#[tokio::test(start_paused = true)]
async fn r_key_2_rules_that_make_no_sense_are_all_told() {
    let sim = open().await;
    let bad = json!({
        "environment": "", "models": ["", "a*b", "ok"], "requests_per_minute": 0, "addresses": ["10.0.0.0/40"],
        "scopes": ["chat", "root"], "fallback_model": "nobody", "caps": { "total_micro_usd": u64::MAX },
        "metadata": { "": "x" },
    });
    let path = format!("/keys/{}", key_id(&sim).await);
    let before = sim.manage("GET", &path, &json!({})).await;
    let (status, told) = sim.try_manage("PATCH", &path, &json!({ "name": "\u{7}", "rules": bad })).await;
    let mut fields: Vec<&str> =
        told["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    let expected = [
        "name",
        "rules.addresses[0]",
        "rules.caps.total_micro_usd",
        "rules.environment",
        "rules.fallback_model",
        "rules.metadata",
        "rules.models[0]",
        "rules.models[1]",
        "rules.requests_per_minute",
        "rules.scopes[1]",
    ];
    assert_eq!((status, fields), (400, expected.to_vec()));
    for unknown in [json!({ "rules": { "model": [] } }), json!({ "rules": { "caps": { "total": 1 } } })] {
        assert_eq!(sim.try_manage("PATCH", &path, &unknown).await.0, 400);
    }
    assert_eq!(sim.manage("GET", &path, &json!({})).await, before);
}
