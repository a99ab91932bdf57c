//! Surfaces and presets: every way of a surface on both lanes, and the account in every shape. In: a preset, calls. Out: what
//! its clients see. Never here: reading settings (tollgate), whole documents of gateways (tests/e2e).

use crate::{ask, secs};
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use server::{Families, Preset, Style, Surface};
use simtest::{Ending, Script, Setup, SimHouse, Speaks};
use std::pin::pin;
use units::NanoUsd;

/// A gateway of a preset whose provider speaks a language.
async fn open(word: &str, speak: Speaks) -> SimHouse {
    let surfaces = Preset::named(word).map(Preset::surfaces).unwrap_or_default();
    SimHouse::open(Setup { surfaces, speak, ..Setup::default() }).await
}

fn streamed(provider: Speaks) -> Script {
    let steps = [provider.opening(10), vec![provider.text("Hel"), provider.text("lo")], provider.end(10, 5)];
    Script::stream(steps.concat())
}

fn told(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or(Value::Null)
}

const LANES: [Speaks; 2] = [Speaks::Chat, Speaks::Messages];

/// R-API-1: a surface that always streams does so whatever `stream` says, on both lanes; the provider is asked for a stream,
/// and the bill is the same. Errors before the first byte stay JSON.
#[tokio::test(start_paused = true)]
async fn r_api_1_a_surface_may_always_stream() {
    for provider in LANES {
        for stream in [Value::Null, json!(false), json!(true)] {
            let sim = open("003", provider).await;
            sim.upstreams.set("one", vec![streamed(provider)]);
            let mut body = ask(true);
            body["stream"] = stream;
            if body["stream"].is_null() {
                body.as_object_mut().unwrap().remove("stream");
            }
            let seen = sim.ask("POST", "/v1/chat/completions", &body).await;
            assert_eq!((seen.status, seen.ending()), (200, Ending::Proper), "{provider:?} {body}: {}", seen.text());
            assert_eq!(seen.content_type, "text/event-stream; charset=utf-8");
            assert_eq!(seen.said(), "Hello");
            assert_eq!(sim.upstreams.arrived()[0].body["stream"], true);
            assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(20_000), 0));
        }
    }
    let sim = open("003", Speaks::Chat).await;
    sim.upstreams.set("one", vec![Script::json(400, &json!({ "error": { "message": "no" } }))]);
    let refused = sim.exchange("POST", "/v1/chat/completions", &ask(false)).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["content-type"]),
        (400, &"application/json".parse().unwrap())
    );
    // Only Chat Completions always stream, and only where that is the way.
    sim.upstreams.set("one", vec![Speaks::Chat.whole("Hello", 10, 5)]);
    let legacy = sim.exchange("POST", "/v1/completions", &json!({ "model": "m", "prompt": "Hello" })).await;
    assert_eq!(told(&legacy)["choices"][0]["text"], "Hello");
    let sim = open("default", Speaks::Chat).await;
    sim.upstreams.set("one", vec![Speaks::Chat.whole("Hello", 10, 5)]);
    let whole = sim.exchange("POST", "/v1/chat/completions", &ask(false)).await;
    assert_eq!(told(&whole)["choices"][0]["message"]["content"], "Hello");
}

/// R-WIRE-6: where streams always tell usage, their last chunk has no choices, the usage and the model, also for a client that
/// asked for none; elsewhere it does not.
#[tokio::test(start_paused = true)]
async fn r_wire_6_a_surface_may_always_tell_usage() {
    for provider in LANES {
        for (word, path, told) in [
            ("002", "/v1/chat/completions", true),
            ("002", "/v1/completions", true),
            ("000", "/api/v1/chat/completions", false),
        ] {
            let sim = open(word, provider).await;
            sim.upstreams.set("one", vec![streamed(provider)]);
            let mut body = ask(true);
            body["prompt"] = json!("Hello");
            let field = if path.ends_with("chat/completions") { "prompt" } else { "messages" };
            body.as_object_mut().unwrap().remove(field);
            let seen = sim.ask("POST", path, &body).await;
            let text = seen.text();
            let chunks: Vec<Value> = text
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .filter_map(|data| serde_json::from_str(data).ok())
                .collect();
            let last = chunks.last().unwrap();
            let empty = last["choices"].as_array().is_some_and(Vec::is_empty);
            assert_eq!((empty, last["usage"]["total_tokens"] == 15), (told, told), "{provider:?} {path}: {text}");
            assert_eq!((&last["model"], seen.ending()), (&json!("m"), Ending::Proper));
        }
    }
}

/// R-API-1: ids begin as the surface says, on both lanes, streamed and not, all the same within a stream.
#[tokio::test(start_paused = true)]
async fn r_api_1_ids_begin_as_the_surface_says() {
    for provider in LANES {
        for (word, path, prefix) in [
            ("000", "/api/v1", "chatcmpl_"),
            ("001", "/v1", "req_"),
            ("002", "/v1", "cmpl_"),
            ("004", "/api/v1", "chatcmpl-"),
        ] {
            let sim = open(word, provider).await;
            sim.upstreams.set("one", vec![provider.whole("Hello", 10, 5), streamed(provider)]);
            let path = format!("{path}/chat/completions");
            let whole = told(&sim.exchange("POST", &path, &ask(false)).await);
            let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
            let good = |id: &str| id.strip_prefix(prefix).is_some_and(|stem| stem.len() == 26);
            assert!(good(&id(&whole)) && whole["created"].is_i64(), "{word} {provider:?}: {whole}");
            let text = sim.ask("POST", &path, &ask(true)).await.text();
            let chunks = text.lines().filter_map(|line| line.strip_prefix("data: {"));
            let ids: Vec<String> =
                chunks.map(|rest| id(&serde_json::from_str(&format!("{{{rest}")).unwrap())).collect();
            assert!(ids.len() > 1 && ids.iter().all(|one| good(one) && *one == ids[0]), "{word}: {text}");
            assert_ne!(ids[0], id(&whole));
        }
    }
}

/// R-ERR-5, R-ERR-2: a status that clients do not know is another one for them, in the body and in the record too, and
/// `Retry-After` stays.
#[tokio::test(start_paused = true)]
async fn r_err_5_statuses_are_folded() {
    let overloaded = || Script::json(529, &json!({ "error": { "message": "x" } })).with("retry-after", "7");
    for (word, base, status) in [("000", "/api/v1", 502), ("004", "/api/v1", 529), ("001", "/v1", 529)] {
        let sim = open(word, Speaks::Chat).await;
        sim.upstreams.set("one", vec![overloaded()]);
        let refused = sim.exchange("POST", &format!("{base}/chat/completions"), &ask(false)).await;
        assert_eq!(refused.status().as_u16(), status, "{word}: {:?}", refused.body());
        assert_eq!(refused.headers()["retry-after"], "7", "{word}");
        assert_eq!(sim.book.rows().last().unwrap().status, status);
        if word == "000" {
            let error = told(&refused)["error"].clone();
            assert_eq!((&error["code"], &error["type"]), (&json!(502), &json!("overloaded")), "{error}");
        }
    }
    let sim = open("000", Speaks::Chat).await;
    sim.upstreams.set("one", vec![Script::unreachable()]);
    let down = sim.exchange("POST", "/api/v1/chat/completions", &ask(false)).await;
    assert_eq!((down.status().as_u16(), &told(&down)["error"]["code"]), (502, &json!(502)));
    assert!(down.headers().contains_key("retry-after"));
}

/// A body of an error in the style of a preset, for any status.
fn in_style(style: Style, body: &Value, status: u16) -> bool {
    let error = &body["error"];
    let fields = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
    let message = error["message"].as_str().unwrap_or_default();
    match style {
        Style::OpenAi => fields(error) == 4 && error["code"].is_string(),
        Style::Numeric => fields(error) == 3 && error["code"] == status && error["type"].is_string(),
        Style::Detail => fields(body) == 1 && body["detail"].is_string(),
        Style::Anthropic => body["type"] == "error" && fields(error) == 2 && body["request_id"].is_string(),
        Style::Coded => fields(error) == 3 && error["code"].is_string() && error["code"] == error["type"],
        Style::Router => fields(error) == 3 && error["code"].is_string() && message.contains("(request id: req_"),
        Style::Gemini => error["code"] == status && error["status"].is_string(),
    }
}

/// R-ERR-1 to R-ERR-4, R-API-15: every refusal looks as its surface says: 401, 404, 405, 413, a wrong path above all surfaces.
#[tokio::test(start_paused = true)]
async fn r_err_1_every_refusal_is_in_style() {
    for word in ["000", "001", "002", "003", "004", "default"] {
        for surface in Preset::named(word).unwrap().surfaces() {
            let sim = open(word, Speaks::Chat).await;
            let at = |path: &str| format!("{}{path}", surface.base);
            let model = if surface.families.openai { "/chat/completions" } else { "/messages" };
            let large = json!({ "model": "m", "messages": [{ "role": "user", "content": "x".repeat(2 << 20) }] });
            let unknown =
                json!({ "model": "nobody", "max_tokens": 5, "messages": [{ "role": "user", "content": "x" }] });
            let nothing = Value::Null;
            for (method, path, body, status) in [
                ("GET", at("/nothing"), &nothing, 404),
                ("GET", at(model), &nothing, 405),
                ("POST", at("/models"), &nothing, 405),
                ("POST", at("/key"), &nothing, 405),
                ("POST", at(model), &json!({}), 400),
                ("POST", at(model), &unknown, 404),
                ("POST", at(model), &large, 413),
                ("GET", at("/models/nobody"), &nothing, 404),
            ] {
                let refused = sim.exchange(method, &path, body).await;
                let text = String::from_utf8_lossy(refused.body());
                assert_eq!(refused.status().as_u16(), status, "{word} {method} {path}: {text}");
                assert!(in_style(surface.style, &told(&refused), status), "{word} {method} {path}: {text}");
                assert!(refused.headers().contains_key("x-request-id"));
                assert_eq!(status == 405, refused.headers().contains_key("allow"), "{path}");
            }
            let nobody = sim.visit("GET", &at("/models")).await;
            assert!(nobody.status() == 401 && in_style(surface.style, &told(&nobody), 401), "{word}");
            let lost = sim.visit("GET", "/nowhere").await;
            let style = if matches!(word, "003" | "default") { Style::OpenAi } else { surface.style };
            assert!(lost.status() == 404 && in_style(style, &told(&lost), 404), "{word}: {:?}", lost.body());
        }
    }
}

/// R-API-17: an endpoint may take smaller bodies than others; the limit is named.
#[tokio::test(start_paused = true)]
async fn r_api_17_endpoints_have_limits_of_their_own() {
    let sim = open("default", Speaks::Chat).await;
    sim.upstreams.set("one", vec![Speaks::Chat.whole("Hello", 10, 5)]);
    let text = "x".repeat(2_000);
    let small = sim.exchange("POST", "/v1/embeddings", &json!({ "model": "m", "input": text })).await;
    let message = told(&small)["error"]["message"].to_string();
    assert!(small.status() == 413 && message.contains("1024 bytes"), "{message}");
    let turn = json!({ "model": "m", "messages": [{ "role": "user", "content": text }] });
    assert_eq!(sim.exchange("POST", "/v1/chat/completions", &turn).await.status(), 200);
}

/// R-API-1, R-API-18: what a surface does not carry is its own 404, whatever the method, and is not told among its paths.
#[tokio::test(start_paused = true)]
async fn r_api_1_a_surface_carries_its_families_alone() {
    let paths = [
        ("openai", "POST", "/chat/completions"),
        ("openai", "POST", "/responses"),
        ("openai", "POST", "/completions"),
        ("openai", "POST", "/embeddings"),
        ("openai", "POST", "/images/generations"),
        ("openai", "GET", "/tasks/x"),
        ("openai", "GET", "/responses/resp_x"),
        ("openai", "POST", "/responses/input_tokens"),
        ("anthropic", "POST", "/messages"),
        ("anthropic", "POST", "/messages/count_tokens"),
        ("gemini", "POST", "/models/m:generateContent"),
        ("account", "GET", "/key"),
        ("account", "GET", "/whoami"),
        ("account", "GET", "/credits"),
        ("account", "GET", "/user/balance"),
        ("", "POST", "/videos"),
        ("", "POST", "/video/generations"),
        ("", "POST", "/music/generations"),
    ];
    for family in ["openai", "anthropic", "gemini", "account"] {
        let families = Families::named([family]).unwrap();
        let first = Preset::named("004").unwrap().surfaces().swap_remove(0);
        let surfaces = vec![Surface { base: "/only/v1".into(), families, ..first }];
        let sim = SimHouse::open(Setup { surfaces, ..Setup::default() }).await;
        for (carried, method, path) in paths {
            let seen = sim.exchange(method, &format!("/only/v1{path}"), &json!({})).await;
            let missing = String::from_utf8_lossy(seen.body()).contains("no such path below /only/v1");
            assert_eq!(missing, carried != family, "{family} {path}: {:?}", seen.body());
            if missing {
                assert_eq!((seen.status().as_u16(), &told(&seen)["error"]["code"]), (404, &json!("not_found")));
                let message = told(&seen)["error"]["message"].to_string();
                let named = paths.iter().filter(|(_, _, path)| message.contains(&format!("/v1{path}")));
                assert!(named.into_iter().all(|(named, _, _)| *named == family), "{message}");
            }
        }
        let list = sim.exchange("GET", "/only/v1/models", &Value::Null).await;
        assert_eq!(list.status() == 200, family != "account");
        let bare = sim.exchange("GET", "/only/user/balance", &Value::Null).await;
        assert_eq!(bare.status() == 200, family == "account");
    }
}

/// R-API-19: what a surface says of itself is there: no path of its document is unknown, and each takes its method.
#[tokio::test(start_paused = true)]
async fn r_api_19_what_a_document_tells_is_there() {
    for word in ["default", "000", "001", "002", "003", "004"] {
        for surface in Preset::named(word).unwrap().surfaces() {
            let sim = open(word, Speaks::Chat).await;
            let document = told(&sim.visit("GET", &format!("{}/openapi.json", surface.base)).await);
            assert_eq!(document["servers"][0]["url"], *surface.base);
            let paths = document["paths"].as_object().unwrap();
            assert_eq!(paths.contains_key("/messages"), surface.families.anthropic, "{word}");
            assert_eq!(paths.contains_key("/key"), surface.families.account, "{word}");
            for (path, methods) in paths {
                let at = format!("{}{}", surface.base, path.replace("{id}", "x").replace("{model}", "m"));
                for method in methods.as_object().unwrap().keys() {
                    let seen = sim.exchange(&method.to_uppercase(), &at, &json!({})).await;
                    let text = String::from_utf8_lossy(seen.body());
                    let there = seen.status() != 405 && !text.contains("no such path");
                    assert!(there, "{word} {method} {at}: {text}");
                }
            }
        }
    }
}

/// R-API-19: the document of `/v1`, where nothing is set, is checked in.
#[tokio::test(start_paused = true)]
#[expect(clippy::disallowed_methods, reason = "`cargo xtask docs` says by it that documents are to be written")]
async fn r_api_19_the_document_is_checked_in() {
    let sim = open("default", Speaks::Chat).await;
    let document = told(&sim.visit("GET", "/v1/openapi.json").await);
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    if std::env::var_os("TOLLGATE_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "run `cargo xtask docs`");
}

/// R-API-9: the list of a key leaves out what nobody can call; the catalogue's shows it.
#[tokio::test(start_paused = true)]
async fn r_api_9_a_list_is_the_keys_or_the_catalogues() {
    for (word, shown) in [("003", 1), ("004", 0)] {
        let surfaces = Preset::named(word).unwrap().surfaces();
        let base = surfaces[0].base.clone();
        let sim = SimHouse::open(Setup { surfaces, price: Value::Null, ..Setup::default() }).await;
        let list = told(&sim.exchange("GET", &format!("{base}/models"), &Value::Null).await);
        assert_eq!(list["data"].as_array().unwrap().len(), shown, "{word}: {list}");
        let one = sim.exchange("GET", &format!("{base}/models/m"), &Value::Null).await;
        assert_eq!(one.status().as_u16(), if shown == 1 { 200 } else { 404 });
    }
}

/// R-API-9: what a call costs in credits is told where it has a price of its own, exactly, and never less than it costs.
#[tokio::test(start_paused = true)]
async fn r_api_9_costs_are_told_in_credits() {
    for (price, serves, cost) in [
        (json!({ "input": "0", "output": "0", "request": "0.03" }), "chat", "3"),
        (json!({ "input": "1", "output": "1", "request": "0.0333333" }), "chat", "3.33333"),
        (json!({ "input": "0", "output": "0", "request": "0.000000001" }), "chat", "0.000001"),
        (json!({ "image": "0.04", "image.1024x1024.high": "0.085" }), "images", "8.5"),
        (json!({ "input": "1", "output": "1" }), "chat", "null"),
        (json!("free"), "chat", "null"),
    ] {
        let sim = SimHouse::open(Setup { price: price.clone(), serves, ..Setup::default() }).await;
        let one = told(&sim.exchange("GET", "/v1/models/m", &Value::Null).await);
        assert_eq!(one["credit_cost"].to_string(), cost, "{price}: {one}");
        assert_eq!(one.get("credit_cost").is_some(), cost != "null");
    }
}

/// R-API-10, R-API-11: whatever shape a client polls, on whatever surface, it learns the same, also while a call holds credit;
/// who has no key learns nothing.
#[tokio::test(start_paused = true)]
async fn r_api_11_the_account_is_told_alike() {
    let sim = open("default", Speaks::Chat).await;
    sim.upstreams
        .set("one", vec![Speaks::Chat.whole("Hello", 10, 5), Speaks::Chat.whole("x", 1, 1).after(secs(60))]);
    sim.exchange("POST", "/v1/chat/completions", &ask(false)).await;
    let request = Request::builder().method("POST").uri("/v1/chat/completions");
    let request = request.header("x-api-key", sim.key()).header("content-type", "application/json");
    let mut slow = pin!(sim.answer(request.body(Body::from(ask(false).to_string())).unwrap()));
    assert!(tokio::time::timeout(secs(1), slow.as_mut()).await.is_err(), "it holds credit now");
    let spent = sim.book.charged().nano();
    let mut told_before: Option<Value> = None;
    for base in ["/v1", "/api/v1", "/anthropic/v1", "/v1beta"] {
        let get = async |path: &str| told(&sim.exchange("GET", &format!("{base}{path}"), &Value::Null).await);
        let identity = get("/key").await;
        assert_eq!((&identity, &identity), (&get("/me").await, &get("/whoami").await));
        assert_eq!(told_before.get_or_insert_with(|| identity.clone()), &identity, "{base}");
        let number = |field: &str| identity[field].as_i64().unwrap();
        assert_eq!(identity["api_key"]["spend_micro_usd"], (spent + 999) / 1_000);
        assert_eq!(number("balance_micro_usd"), (1_000_000_000 - spent) / 1_000);
        assert!(number("holds_micro_usd") > 0, "{identity}");
        let balance = get("/user/balance").await;
        let usd = NanoUsd::from_micro(number("balance_micro_usd")).unwrap().to_string();
        assert_eq!(
            balance,
            json!({ "is_available": true, "balance_infos": [{ "currency": "USD", "total_balance": usd,
                "granted_balance": "0.00", "topped_up_balance": usd }] })
        );
        let credits = get("/credits").await["data"].to_string();
        let spend = NanoUsd::from_micro((spent + 999) / 1_000).unwrap();
        assert_eq!(credits, format!("{{\"total_credits\":1.00,\"total_usage\":{spend}}}"));
        let limits = get("/dashboard/billing/subscription").await;
        assert_eq!(limits["object"], "billing_subscription");
        assert_eq!(limits["hard_limit_usd"].to_string(), "1.00");
        assert_eq!(get("/dashboard/billing/usage").await["object"], "list");
    }
    for path in ["/user/balance", "/dashboard/billing/subscription", "/api/dashboard/billing/usage"] {
        assert_eq!(sim.exchange("GET", path, &Value::Null).await.status(), 200, "{path}");
    }
    for path in ["/v1/key", "/v1/user/balance", "/v1/credits", "/dashboard/billing/usage"] {
        assert_eq!(sim.visit("GET", path).await.status(), 401, "{path}");
    }
    assert_eq!(slow.await.status(), 200);
}
