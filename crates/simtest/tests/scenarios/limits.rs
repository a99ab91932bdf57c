//! Limits as callers meet them: each default tier, headers, refusals, models of tiers, keys, blocked addresses (R-LIM). In: calls on a
//! paused clock. Out: statuses and headers. Never here: the counting itself (admit, limits), Redis (tests/process).

use crate::{ask, open, secs};
use axum::body::Body;
use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};
use simtest::{Script, Setup, SimHouse, Step, chat_chunk, chat_end, json_answer};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::advance;
use units::NanoUsd;

/// The tiers of R-LIM-1: name, requests a minute, at once, a day.
const TIERS: [(&str, usize, usize, usize); 6] = [
    ("free", 5, 1, 50),
    ("topup", 30, 2, 500),
    ("starter", 30, 2, 1_000),
    ("pro", 60, 3, 2_000),
    ("max", 90, 6, 5_000),
    ("ultra", 120, 8, 10_000),
];

/// A gateway with the default tiers and a free model, and a customer who is in one of them.
async fn in_tier(name: &str) -> SimHouse {
    let credit = if name == "topup" { NanoUsd::new(1_000_000_000) } else { NanoUsd::ZERO };
    let sim =
        SimHouse::open(Setup { credit, price: json!("free"), tiers: Some(json!([])), ..Setup::default() }).await;
    if !matches!(name, "free" | "topup") {
        sim.manage("PATCH", "/workspaces/sim", &json!({ "rules": { "plans": [name] } })).await;
    }
    sim
}

fn answers(sim: &SimHouse, count: usize) {
    sim.upstreams.set("one", (0..count).map(|_| json_answer("Hello", 10, 5)).collect());
}

async fn call(sim: &SimHouse) -> Response<Bytes> {
    sim.exchange("POST", "/v1/chat/completions", &ask(false)).await
}

fn header<T>(response: &Response<T>, name: &str) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("none").to_owned()
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

/// R-LIM-1, R-LIM-2 (001-18..23): the rate of each default tier, told in headers, exact to the millisecond.
#[tokio::test(start_paused = true)]
async fn r_lim_1_each_tier_has_its_rate() {
    for (name, rate, ..) in TIERS {
        let sim = in_tier(name).await;
        answers(&sim, rate + 1);
        for n in 1..=rate {
            let told = call(&sim).await;
            assert_eq!(told.status(), 200, "{name} {n}: {}", text(&told));
            assert_eq!(header(&told, "x-ratelimit-tier"), name);
            assert_eq!(header(&told, "x-ratelimit-limit-requests"), rate.to_string());
            assert_eq!(header(&told, "x-ratelimit-remaining-requests"), (rate - n).to_string());
            assert_eq!(header(&told, "x-ratelimit-reset-requests"), sim.clock.now().plus(secs(60)).to_string());
        }
        advance(Duration::from_millis(59_001)).await;
        let refused = call(&sim).await;
        assert_eq!(refused.status(), 429, "{name}");
        assert_eq!(header(&refused, "retry-after"), "1");
        assert_eq!(header(&refused, "x-ratelimit-remaining-requests"), "0");
        let words = format!("{rate} requests per minute of the tier \\\"{name}\\\"");
        assert!(text(&refused).contains(&words), "{}", text(&refused));
        // What is free tells it too, and takes nothing.
        let list = sim.exchange("GET", "/v1/models", &Value::Null).await;
        assert_eq!((list.status(), header(&list, "x-ratelimit-remaining-requests")), (StatusCode::OK, "0".into()));
        advance(Duration::from_millis(998)).await;
        assert_eq!(call(&sim).await.status(), 429, "{name}");
        advance(Duration::from_millis(1)).await;
        assert_eq!(call(&sim).await.status(), 200, "{name}");
        assert_eq!(sim.upstreams.arrived().len(), rate + 1);
    }
}

/// R-LIM-1, R-LIM-2: so many at once, free when an answer ends or its reader goes.
#[tokio::test(start_paused = true)]
async fn r_lim_1_each_tier_has_its_slots() {
    for (name, _, slots, _) in TIERS {
        let sim = in_tier(name).await;
        let long =
            || Script::stream(vec![chat_chunk("Hel"), Step::Wait(secs(20)), chat_chunk("lo"), chat_end(10, 5)]);
        sim.upstreams.set("one", (0..slots + 2).map(|_| long()).collect());
        let mut open: Vec<Response<Body>> = Vec::new();
        for n in 1..=slots {
            let told = sim.begin("POST", "/v1/chat/completions", &ask(true)).await;
            assert_eq!(told.status(), 200, "{name} {n}");
            assert_eq!(header(&told, "x-concurrent-limit"), slots.to_string());
            assert_eq!(header(&told, "x-concurrent-remaining"), (slots - n).to_string());
            open.push(told);
        }
        let refused = sim.exchange("POST", "/v1/chat/completions", &ask(true)).await;
        assert_eq!(
            (refused.status(), header(&refused, "retry-after")),
            (StatusCode::TOO_MANY_REQUESTS, "1".into())
        );
        assert!(text(&refused).contains(&format!("{slots} concurrent requests")), "{}", text(&refused));
        drop(open.pop());
        // The run of who left may read on for a while; the slot is free as soon as it hears of that.
        advance(Duration::from_millis(10)).await;
        let again = sim.begin("POST", "/v1/chat/completions", &ask(true)).await;
        assert_eq!(again.status(), 200, "{name}");
    }
}

/// R-LIM-1, R-LIM-2: a day's requests, until 00:00 UTC; plans add up.
#[tokio::test(start_paused = true)]
async fn r_lim_1_each_tier_has_its_day() {
    for (name, rate, _, day) in TIERS {
        let sim = in_tier(name).await;
        answers(&sim, day + 1);
        for n in 1..=day {
            if (n - 1) % rate == 0 {
                advance(secs(60)).await;
            }
            let told = call(&sim).await;
            assert_eq!(
                (told.status(), header(&told, "x-ratelimit-remaining-day")),
                (StatusCode::OK, (day - n).to_string())
            );
        }
        advance(secs(60)).await;
        let refused = call(&sim).await;
        let midnight = units::Timestamp::of_day(sim.clock.now().day() + 1);
        let left = midnight.since(sim.clock.now());
        assert_eq!(
            (refused.status(), header(&refused, "retry-after")),
            (StatusCode::TOO_MANY_REQUESTS, left.as_secs().to_string())
        );
        assert!(text(&refused).contains(&format!("{day} requests per day")), "{}", text(&refused));
        advance(left).await;
        assert_eq!(call(&sim).await.status(), 200, "{name}");
    }
    let sim = in_tier("free").await;
    sim.manage("PATCH", "/workspaces/sim", &json!({ "rules": { "plans": ["starter", "max", "max"] } })).await;
    let told = sim.exchange("GET", "/v1/models", &Value::Null).await;
    let of = |name: &str| header(&told, name);
    assert_eq!(
        [of("x-ratelimit-tier"), of("x-ratelimit-limit-requests"), of("x-ratelimit-limit-day")],
        ["max", "90", "11000"]
    );
}

/// R-LIM-1: who pays is in another tier with the next call, and an operator may pin one.
#[tokio::test(start_paused = true)]
async fn r_lim_1_the_tier_follows_the_balance() {
    let sim = in_tier("free").await;
    let tier = async || header(&sim.exchange("GET", "/v1/models", &Value::Null).await, "x-ratelimit-tier");
    assert_eq!(tier().await, "free");
    sim.manage("POST", "/workspaces/sim/credit", &json!({ "amount_usd": "5", "reason": "paid" })).await;
    assert_eq!(tier().await, "topup");
    sim.manage("PATCH", "/workspaces/sim", &json!({ "rules": { "tier": "ultra" } })).await;
    assert_eq!(tier().await, "ultra");
    sim.manage("PATCH", "/workspaces/sim", &json!({ "rules": { "tier": null } })).await;
    assert_eq!(tier().await, "topup");
    for bad in [json!({ "tier": "gone" }), json!({ "plans": ["topup"] }), json!({ "plans": ["pro", "gone"] })] {
        let (status, problem) = sim.try_manage("PATCH", "/workspaces/sim", &json!({ "rules": bad })).await;
        assert_eq!((status, problem["errors"][0]["field"].as_str().unwrap().starts_with("rules.")), (400, true));
    }
}

/// R-LIM-1: a tier that an operator gave and that the catalogue has no more is told in the log, once for each version that is
/// loaded; the account is where it would be without it.
#[tokio::test(start_paused = true)]
async fn r_lim_1_a_given_tier_that_is_gone_is_told() {
    let sim = in_tier("topup").await;
    sim.manage("PATCH", "/workspaces/sim", &json!({ "rules": { "tier": "ultra" } })).await;
    sim.manage("POST", "/workspaces", &json!({ "name": "other" })).await;
    let limits = json!({ "requests_per_minute": 9, "concurrent": 9, "requests_per_day": 9 });
    let tier = |name: &str, when: &str| {
        let mut tier = limits.clone();
        (tier["name"], tier["when"]) = (json!(name), json!(when));
        tier
    };
    let without = json!({ "tier": [tier("free", "free"), tier("topup", "balance")] });
    let with = json!({ "tier": [tier("free", "free"), tier("ultra", "plan")] });
    for (catalogue, name, lines) in
        [(&without, "topup", 1), (&without, "topup", 0), (&with, "ultra", 0), (&without, "topup", 1)]
    {
        sim.log.take();
        sim.manage("PUT", "/catalogue?prune=true", catalogue).await;
        for _ in 0..3 {
            let told = sim.exchange("GET", "/v1/models", &Value::Null).await;
            assert_eq!(header(&told, "x-ratelimit-tier"), name);
        }
        let log = sim.log.take();
        let line = format!("tier.gone workspace.id={} tier=ultra\n", sim.workspace);
        assert_eq!((log.matches("tier.gone").count(), log.matches(&line).count()), (lines, lines), "{log}");
    }
}

/// R-LIM-2: a call that is wrong takes nothing, one that nobody pays for gives its day back; one that the house failed gives its day back.
#[tokio::test(start_paused = true)]
async fn r_lim_1_what_does_not_run_takes_nothing() {
    let sim = in_tier("topup").await;
    for (path, body, status) in [
        ("/v1/chat/completions", json!({ "model": "gone", "messages": [{ "role": "user", "content": "x" }] }), 404),
        ("/v1/chat/completions", json!({ "model": "m", "messages": 5 }), 400),
        ("/v1/nowhere", json!({}), 404),
    ] {
        let told = sim.exchange("POST", path, &body).await;
        assert_eq!(told.status(), status, "{}", text(&told));
    }
    let told = sim.exchange("GET", "/v1/models", &Value::Null).await;
    assert_eq!(header(&told, "x-ratelimit-remaining-requests"), "30");
    sim.upstreams.set("one", vec![Script::json(500, &json!({ "error": { "message": "broken" } }))]);
    let failed = call(&sim).await;
    assert!(failed.status().is_server_error(), "{}", text(&failed));
    let told = sim.exchange("GET", "/v1/models", &Value::Null).await;
    assert_eq!(header(&told, "x-ratelimit-remaining-day"), "500");
    // Nobody pays, or somebody's quota is used up.
    let poor = SimHouse::open(Setup { credit: NanoUsd::ZERO, tiers: Some(json!([])), ..Setup::default() }).await;
    let told = call(&poor).await;
    assert_eq!((told.status().as_u16(), header(&told, "x-ratelimit-remaining-requests")), (402, "4".into()));
    let quota = json!({ "rules": { "end_user": { "requests_per_day": 0 } } });
    sim.manage("PATCH", "/workspaces/sim", &quota).await;
    let mut body = ask(false);
    body["user"] = json!("ada");
    let over = sim.exchange("POST", "/v1/chat/completions", &body).await;
    assert_eq!(over.status(), 429, "{}", text(&over));
    for (sim, day) in [(&poor, "50"), (&sim, "500")] {
        let told = sim.exchange("GET", "/v1/models", &Value::Null).await;
        assert_eq!(header(&told, "x-ratelimit-remaining-day"), day);
    }
}

/// R-KEY-2: a key's own rate is below its account's, and is named.
#[tokio::test(start_paused = true)]
async fn r_key_2_a_key_has_a_rate_of_its_own() {
    let sim = open().await;
    let keys = sim.manage("GET", "/keys", &json!({})).await;
    let path = format!("/keys/{}", keys["data"][0]["id"].as_str().unwrap());
    sim.manage("PATCH", &path, &json!({ "rules": { "requests_per_minute": 2 } })).await;
    answers(&sim, 3);
    let statuses = [call(&sim).await.status(), call(&sim).await.status()];
    assert_eq!(statuses, [200, 200]);
    let refused = call(&sim).await;
    assert_eq!((refused.status(), header(&refused, "retry-after")), (StatusCode::TOO_MANY_REQUESTS, "60".into()));
    assert!(text(&refused).contains("2 requests per minute of this API key"), "{}", text(&refused));
}

/// R-LIM-5 (003-09): a tier of fair use publishes nothing, and what is too much at once waits for a slot.
#[tokio::test(start_paused = true)]
async fn r_lim_5_fair_use_publishes_nothing_and_waits() {
    let tiers = json!([{ "name": "fair", "when": "free", "concurrent": 1,
                         "fair_use": { "queue_ms_max": 5_000, "queued_max": 1 } }]);
    let sim = SimHouse::open(Setup { tiers: Some(tiers), ..Setup::default() }).await;
    let slow = |wait| Script::stream(vec![chat_chunk("Hello"), Step::Wait(secs(wait)), chat_end(10, 5)]);
    sim.upstreams.set("one", vec![slow(3), slow(0)]);
    let body = ask(true);
    let call = || sim.exchange("POST", "/v1/chat/completions", &body);
    let (first, second, third) = tokio::join!(call(), call(), call());
    let statuses = [first.status(), second.status(), third.status()];
    assert_eq!(statuses, [200, 200, 429], "{}", text(&third));
    assert!(text(&third).contains("Too much is under way"), "{}", text(&third));
    for told in [&first, &second, &third] {
        let published = told
            .headers()
            .keys()
            .any(|name| name.as_str().contains("ratelimit") || name.as_str().starts_with("x-concurrent"));
        assert!(!published, "{:?}", told.headers());
    }
}

/// R-LIM-1, R-API-6: counts of tokens are free and take from no limit of calls; they have one of their own, ten times the rate, at
/// every door together.
#[tokio::test(start_paused = true)]
async fn r_lim_1_counts_of_tokens_have_a_limit_of_their_own() {
    let messages = json!([{ "role": "user", "content": "Hello" }]);
    let doors = [
        ("/v1/messages/count_tokens", json!({ "model": "m", "messages": messages })),
        ("/v1/responses/input_tokens", json!({ "model": "m", "input": "Hello" })),
        ("/v1beta/models/m:countTokens", json!({ "contents": [{ "parts": [{ "text": "Hello" }] }] })),
    ];
    for (tier, rate) in [("free", 5), ("topup", 30)] {
        let sim = in_tier(tier).await;
        let count = async |n: usize| {
            let (path, body) = &doors[n % doors.len()];
            sim.exchange("POST", path, body).await
        };
        for n in 0..10 * rate {
            let told = count(n).await;
            assert_eq!(told.status(), 200, "{tier} {n}: {}", text(&told));
            assert_eq!(header(&told, "x-ratelimit-remaining-requests"), rate.to_string());
        }
        advance(Duration::from_millis(48_500)).await;
        let words = format!("{} counts of tokens per minute", 10 * rate);
        for (n, (path, _)) in doors.iter().enumerate() {
            let refused = count(n).await;
            assert_eq!(refused.status(), 429, "{tier} {path}: {}", text(&refused));
            assert!(text(&refused).contains(&words), "{}", text(&refused));
            assert_eq!(header(&refused, "retry-after"), "12");
            assert_eq!(header(&refused, "x-ratelimit-remaining-requests"), rate.to_string());
        }
        answers(&sim, 1);
        assert_eq!(call(&sim).await.status(), 200, "calls have their own");
        advance(Duration::from_millis(11_500)).await;
        assert_eq!(count(0).await.status(), 200);
        // Where a key is not for calls, no count is taken from its account.
        let key = sim
            .manage("POST", "/keys", &json!({ "workspace": "sim", "name": "r", "rules": { "scopes": ["read"] } }))
            .await;
        let mut other = sim;
        other.use_key(key["key"].as_str().unwrap());
        let told = other.exchange("POST", doors[0].0, &doors[0].1).await;
        assert_eq!(told.status(), 403, "{}", text(&told));
    }
    let tiers = json!([{ "name": "fair", "when": "free", "concurrent": 1, "fair_use": { "queue_ms_max": 1, "queued_max": 1 } }]);
    let sim = SimHouse::open(Setup { price: json!("free"), tiers: Some(tiers), ..Setup::default() }).await;
    for n in 0..500 {
        let (path, body) = &doors[n % doors.len()];
        assert_eq!(sim.exchange("POST", path, body).await.status(), 200, "a tier without a rate has none here");
    }
}

/// A body that comes whole, so long after its head.
struct Late(Pin<Box<tokio::time::Sleep>>, Option<Bytes>);

impl http_body::Body for Late {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        match self.0.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(self.1.take().map(|bytes| Ok(http_body::Frame::data(bytes)))),
        }
    }
}

/// R-LIM-1: a call is in the window from the instant at which it is admitted, not from that of its head: a slow body opens no
/// way to more calls in a minute.
#[tokio::test(start_paused = true)]
async fn r_lim_1_a_slow_body_counts_from_its_admission() {
    let tiers = json!([{ "name": "one", "when": "free", "requests_per_minute": 1, "concurrent": 9,
                         "requests_per_day": 99 }]);
    let sim = SimHouse::open(Setup { tiers: Some(tiers), ..Setup::default() }).await;
    answers(&sim, 3);
    let late = Late(Box::pin(tokio::time::sleep(secs(9))), Some(ask(false).to_string().into()));
    let request = http::Request::post("/v1/chat/completions")
        .header("authorization", format!("Bearer {}", sim.key()))
        .body(Body::new(late))
        .unwrap();
    let told = sim.answer(request).await;
    assert_eq!(told.status(), 200);
    assert_eq!(header(&told, "x-ratelimit-reset-requests"), sim.clock.now().plus(secs(60)).to_string());
    drop(told);
    advance(secs(52)).await;
    let refused = call(&sim).await;
    assert_eq!(
        (refused.status().as_u16(), header(&refused, "retry-after")),
        (429, "8".into()),
        "{}",
        text(&refused)
    );
    advance(secs(8)).await;
    assert_eq!(call(&sim).await.status(), 200);
}
