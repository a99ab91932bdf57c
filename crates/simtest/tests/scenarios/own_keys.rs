//! Keys that a workspace brings to providers (R-ROUTE-8): which credential goes where, what is charged, who serves when they are
//! refused, who sees which models. Never here: who may add a key (the API's own tests), the store.

use crate::ask;
use serde_json::{Value, json};
use server::Vault;
use simtest::{
    Client, Ending, Script, Setup, SimHouse, Speaks, Step, chat_chunk, chat_end, json_answer, message_answer,
};
use store::port::{AuditEntry, Change, RingChange};
use units::{NanoUsd, Secret};

/// The workspace's own key at a provider, as nobody else may ever see it.
const SECRET: &str = "sk-own-canary-0123456789";
const DOLLAR: i64 = 1_000_000_000;

/// The model `m` at the house's provider `one`, and `solo` at `two`, where the house has no credential; both take own keys.
async fn house(credit: i64, fee_micro_usd: u64) -> SimHouse {
    let sim = SimHouse::open(Setup { credit: NanoUsd::new(DOLLAR), ..Setup::default() }).await;
    let rules = |list: Value| json!({ "allowed": true, "fee_micro_usd": fee_micro_usd, "base_urls": list });
    let two =
        json!({ "name": "two", "kind": "anthropic", "base_url": "http://two/v1", "own_keys": rules(json!([])) });
    let one = provider_one(&rules(json!(["https://eu.one/v1"])));
    let solo = json!({ "id": "solo", "context_length": 100_000, "max_output_tokens": 10_000, "price": { "input": "1.00", "output": "1.00" },
                       "route": [{ "provider": "two", "model": "upstream-solo" }] });
    sim.manage("PUT", "/catalogue", &json!({ "provider": [one, two], "model": [solo] })).await;
    let customer = sim.manage("POST", "/workspaces", &json!({ "name": "Acme" })).await;
    assert_eq!(customer["slug"], "acme");
    let mut sim = sim;
    if credit > 0 {
        let grant = json!({ "amount_usd": NanoUsd::new(credit).to_string(), "reason": "own" });
        sim.manage("POST", "/workspaces/acme/credit", &grant).await;
    }
    let key = sim.manage("POST", "/keys", &json!({ "workspace": "acme", "name": "k" })).await;
    sim.use_key(key["key"].as_str().unwrap_or("none"));
    sim
}

fn provider_one(own_keys: &Value) -> Value {
    json!({ "name": "one", "kind": "openai", "base_url": "http://one/v1", "own_keys": own_keys })
}

async fn bring(sim: &SimHouse, provider: &str, base_url: Option<&str>) -> Value {
    let key = json!({ "provider": provider, "label": "ours", "key": SECRET, "base_url": base_url });
    sim.manage("POST", "/workspaces/acme/provider-keys", &key).await
}

async fn keys(sim: &SimHouse) -> Value {
    sim.manage("GET", "/workspaces/acme/provider-keys", &json!({})).await["data"].clone()
}

fn asking(model: &str, stream: bool) -> Value {
    let mut body = ask(stream);
    body["model"] = json!(model);
    body
}

fn refused() -> Script {
    let told =
        json!({ "error": { "message": "Incorrect API key provided: leaked-word", "code": "invalid_api_key" } });
    Script::json(401, &told)
}

/// R-ROUTE-8, 002-07: with a key of its own a workspace without credit calls for nothing, streamed and not; the record tells that it
/// was its own key, and what was used.
#[tokio::test(start_paused = true)]
async fn r_route_8_own_keys_cost_nothing() {
    for stream in [false, true] {
        let sim = house(0, 0).await;
        assert_eq!(sim.chat(&ask(stream), Client::ReadsAll).await.status, 402);
        bring(&sim, "one", None).await;
        let answer = match stream {
            true => Script::stream(vec![chat_chunk("Hello"), chat_end(10, 5)]),
            false => json_answer("Hello", 10, 5),
        };
        sim.upstreams.set("one", vec![answer]);
        let seen = sim.chat(&ask(stream), Client::ReadsAll).await;
        assert_eq!((seen.status, seen.ending()), (200, Ending::Proper), "{}", seen.text());
        let arrived = sim.upstreams.arrived();
        assert_eq!((arrived.len(), &*arrived[0].sent), (1, &*format!("Bearer {SECRET}")));
        let row = sim.book.rows().pop().unwrap();
        assert_eq!((&*row.provider, row.price, row.charge), ("one (own key)", None, NanoUsd::ZERO));
        assert_eq!((row.usage.prompt_total(), row.usage.answer_total(), row.attempts), (10, 5, 1));
        assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::ZERO, 0));
    }
}

/// R-ROUTE-8, R-BILL-2: the fee is a price as any other: held, charged once whatever the size, 402 without credit for it.
#[tokio::test(start_paused = true)]
async fn r_route_8_a_fee_is_charged_by_the_request() {
    let sim = house(1_200_000, 500).await;
    bring(&sim, "one", None).await;
    for (n, stream) in [(1, false), (2, true)] {
        let answer = match stream {
            true => Script::stream(vec![chat_chunk("Hello"), chat_end(10_000, 900)]),
            false => json_answer("Hello", 10_000, 900),
        };
        sim.upstreams.set("one", vec![answer]);
        let seen = sim.chat(&ask(stream), Client::ReadsAll).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(n * 500_000), 0));
        let row = sim.book.rows().pop().unwrap();
        assert_eq!(
            (&*row.provider, row.price.is_some(), row.charge),
            ("one (own key)", true, NanoUsd::new(500_000))
        );
    }
    // 0.0002 USD are left.
    let seen = sim.chat(&ask(false), Client::ReadsAll).await;
    assert_eq!((seen.status, sim.upstreams.arrived().len()), (402, 2), "{}", seen.text());
    let listed = sim.ask("GET", "/v1/models/m", &json!({})).await.text();
    assert!(listed.contains("\"request\":\"0.0005\""), "{listed}");
    // What fails costs no fee.
    let sim = house(1_000_000, 500).await;
    bring(&sim, "two", None).await;
    sim.upstreams.set("two", vec![Script::text(503, "down")]);
    assert_eq!(sim.chat(&asking("solo", false), Client::ReadsAll).await.status, 502);
    assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::ZERO, 0));
}

/// R-ROUTE-8, R-ROUTE-7: where the provider refuses the workspace's key, the house's own serves, priced and held anew; people read
/// that it was refused.
#[tokio::test(start_paused = true)]
async fn r_route_8_the_house_serves_where_the_key_is_refused() {
    for stream in [false, true] {
        let sim = house(DOLLAR, 0).await;
        let key = bring(&sim, "one", Some("HTTPS://eu.one:443/v1/")).await;
        assert_eq!((&key["state"], &key["base_url"]), (&json!("unused"), &json!("https://eu.one/v1")));
        sim.upstreams.set("eu.one", vec![refused()]);
        let answer = match stream {
            true => Script::stream(vec![chat_chunk("Hello"), chat_end(10, 5)]),
            false => json_answer("Hello", 10, 5),
        };
        sim.upstreams.set("one", vec![answer]);
        let seen = sim.chat(&ask(stream), Client::ReadsAll).await;
        assert_eq!((seen.status, seen.ending()), (200, Ending::Proper), "{}", seen.text());
        let arrived = sim.upstreams.arrived();
        let sent: Vec<_> = arrived.iter().map(|call| (&*call.host, &*call.sent)).collect();
        assert_eq!(sent, [("eu.one", &*format!("Bearer {SECRET}")), ("one", "Bearer c")]);
        // 10 tokens at 1 USD and 5 at 2 USD a million.
        assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(20_000), 0));
        let row = sim.book.rows().pop().unwrap();
        assert_eq!((&*row.provider, row.attempts), ("one", 2));
        assert_eq!(keys(&sim).await[0]["state"], "refused");
        let log = sim.log.take();
        assert!(log.contains("own_key.refused") && !log.contains("credential.refused"), "{log}");
    }
    // Without credit for the house's, the refusal is told and nothing is held.
    let sim = house(0, 0).await;
    bring(&sim, "one", None).await;
    sim.upstreams.set("one", vec![refused()]);
    let seen = sim.chat(&ask(false), Client::ReadsAll).await;
    assert_eq!((seen.status, sim.upstreams.arrived().len()), (403, 1), "{}", seen.text());
    assert!(seen.text().contains("provider_key_refused"), "{}", seen.text());
    assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::ZERO, 0));
}

/// R-ROUTE-8, R-ERR-7: who refused which key is told to its owner, and nothing that the provider said; a key that works again is
/// said to work.
#[tokio::test(start_paused = true)]
async fn r_route_8_a_refusal_names_the_provider_and_nothing_else() {
    let sim = house(0, 0).await;
    bring(&sim, "two", None).await;
    for (script, word) in [(refused(), "refused the key"), (Script::text(402, "leaked-word"), "no credit left")] {
        sim.upstreams.set("two", vec![script]);
        let seen = sim.call(Speaks::Messages, &asking("solo", false), Client::ReadsAll).await;
        let text = seen.text();
        assert_eq!(seen.status, 403, "{text}");
        for (word, there) in [(word, true), ("two", true), ("leaked-word", false), (SECRET, false)] {
            assert_eq!(text.contains(word), there, "{word}: {text}");
        }
    }
    assert_eq!(keys(&sim).await[0]["state"], "refused");
    sim.upstreams.set("two", vec![message_answer("Hello", 10, 5)]);
    assert_eq!(sim.call(Speaks::Messages, &asking("solo", false), Client::ReadsAll).await.status, 200);
    assert_eq!(sim.upstreams.arrived().pop().map(|call| call.sent).as_deref(), Some(SECRET));
    assert_eq!(keys(&sim).await[0]["state"], "works");
}

/// R-ROUTE-8, R-API-9, 002-06: a model that only own keys reach is there for the workspace that has one, and for nobody else.
#[tokio::test(start_paused = true)]
async fn r_route_8_others_do_not_see_what_own_keys_reach() {
    let sim = house(DOLLAR, 0).await;
    sim.upstreams.set("two", vec![message_answer("Hello", 10, 5)]);
    let listed = async || sim.ask("GET", "/v1/models", &json!({})).await.text();
    let absent = async |sim: &SimHouse| {
        let (called, none) = (sim.chat(&asking("solo", false), Client::ReadsAll).await, asking("nothing", false));
        let nobody = sim.chat(&none, Client::ReadsAll).await;
        assert_eq!((called.status, nobody.status), (404, 404), "{}", called.text());
        assert_eq!(sim.ask("GET", "/v1/models/solo", &json!({})).await.status, 404);
        let counted = sim.ask("POST", "/v1/messages/count_tokens", &asking("solo", false)).await;
        assert_eq!(counted.status, 404, "{}", counted.text());
    };
    assert!(!listed().await.contains("solo") && listed().await.contains("\"m\""));
    absent(&sim).await;
    let key = bring(&sim, "two", None).await;
    let all = listed().await;
    assert!(all.contains("solo") && all.contains("\"m\""), "{all}");
    assert_eq!(sim.chat(&asking("solo", false), Client::ReadsAll).await.status, 200);
    let counted = sim.ask("POST", "/v1/messages/count_tokens", &asking("solo", false)).await;
    assert_eq!(counted.status, 200, "{}", counted.text());
    assert_eq!(sim.book.charged(), NanoUsd::ZERO);
    // The key of another workspace.
    let mut sim = sim;
    let (own, other) =
        (sim.key().to_owned(), sim.manage("POST", "/keys", &json!({ "workspace": "sim", "name": "k2" })).await);
    sim.use_key(other["key"].as_str().unwrap_or("none"));
    let arrived = sim.upstreams.arrived().len();
    assert!(!sim.ask("GET", "/v1/models", &json!({})).await.text().contains("solo"));
    absent(&sim).await;
    assert_eq!(sim.upstreams.arrived().len(), arrived);
    // Once it is removed, nothing is left of it.
    sim.use_key(&own);
    let path = format!("/workspaces/acme/provider-keys/{}", key["id"].as_str().unwrap_or("none"));
    sim.manage("DELETE", &path, &json!({})).await;
    absent(&sim).await;
    assert_eq!(sim.upstreams.arrived().len(), arrived);
}

/// R-ROUTE-8: a workspace that uses its own keys alone is served by nothing else, whatever fails.
#[tokio::test(start_paused = true)]
async fn r_route_8_own_keys_alone() {
    let sim = house(DOLLAR, 0).await;
    sim.manage("PATCH", "/workspaces/acme", &json!({ "rules": { "own_providers_only": true } })).await;
    sim.upstreams.set("one", vec![json_answer("Hello", 10, 5)]);
    let seen = sim.chat(&ask(false), Client::ReadsAll).await;
    assert_eq!((seen.status, seen.text().contains("model_not_allowed")), (403, true), "{}", seen.text());
    assert_eq!(sim.ask("GET", "/v1/models/m", &json!({})).await.status, 404);
    bring(&sim, "one", Some("https://eu.one/v1")).await;
    for script in [refused(), Script::text(503, "down"), Script::unreachable()] {
        sim.upstreams.set("eu.one", vec![script]);
        let seen = sim.chat(&ask(false), Client::ReadsAll).await;
        assert!(seen.status >= 403, "{}", seen.text());
    }
    sim.upstreams.set("eu.one", vec![json_answer("Hello", 10, 5)]);
    assert_eq!(sim.chat(&ask(false), Client::ReadsAll).await.status, 200);
    assert!(sim.upstreams.arrived().iter().all(|call| call.host == "eu.one"));
    let told = sim.manage("GET", "/workspaces/acme/providers", &json!({})).await;
    assert_eq!(told["own_providers_only"], true);
}

/// R-ROUTE-8: the fee is the whole price of pictures and embeddings too, whatever they would cost of the house.
#[tokio::test(start_paused = true)]
async fn r_route_8_pictures_and_embeddings_cost_the_fee() {
    let sim = house(1_000_000, 500).await;
    let model = |id: &str, serves: &str, price: Value| {
        json!({ "id": id, "serves": serves, "context_length": 100_000, "price": price, "image_tokens_max": 1_000,
                "route": [{ "provider": "one", "model": "upstream" }] })
    };
    let models = [
        model("pictures", "images", json!({ "image.1024x1024.high": "0.16" })),
        model("vectors", "embeddings", json!({ "input": "1.00" })),
    ];
    sim.manage("PUT", "/catalogue", &json!({ "model": models })).await;
    bring(&sim, "one", None).await;
    let picture = json!({ "created": 1, "data": [{ "b64_json": "iVBORw0KGgo=" }, { "b64_json": "iVBORw0KGgo=" }] });
    sim.upstreams.set("one", vec![Script::json(200, &picture)]);
    let asked = json!({ "model": "pictures", "prompt": "a fox", "n": 2, "size": "2048x2048" });
    let seen = sim.ask("POST", "/v1/images/generations", &asked).await;
    assert_eq!((seen.status, sim.book.charged()), (200, NanoUsd::new(500_000)), "{}", seen.text());
    let vector = json!({ "object": "list", "model": "upstream", "data": [{ "object": "embedding", "index": 0,
                         "embedding": [0.5] }], "usage": { "prompt_tokens": 9_000, "total_tokens": 9_000 } });
    sim.upstreams.set("one", vec![Script::json(200, &vector)]);
    let seen = sim.ask("POST", "/v1/embeddings", &json!({ "model": "vectors", "input": "hi" })).await;
    assert_eq!((seen.status, sim.book.charged()), (200, NanoUsd::new(1_000_000)), "{}", seen.text());
    let row = sim.book.rows().pop().unwrap();
    assert_eq!((&*row.provider, row.usage.prompt_total(), sim.book.open_holds()), ("one (own key)", 9_000, 0));
    assert!(sim.upstreams.arrived().iter().all(|call| call.sent == format!("Bearer {SECRET}")));
}

/// R-ROUTE-8, R-LIM-1: a model's own limits count a call once, whoever serves it in the end, and hold for own keys too.
#[tokio::test(start_paused = true)]
async fn r_route_8_limits_count_a_call_once() {
    let sim = house(DOLLAR, 0).await;
    let limits = json!({ "requests_per_minute": 2, "concurrent": 1 });
    let listed = json!({ "id": "m", "context_length": 100_000, "max_output_tokens": 10_000, "limits": limits,
                         "price": { "input": "1.00", "output": "2.00" },
                         "route": [{ "provider": "one", "model": "upstream-m" }] });
    sim.manage("PUT", "/catalogue", &json!({ "model": [listed] })).await;
    bring(&sim, "one", Some("https://eu.one/v1")).await;
    sim.upstreams.set("eu.one", vec![refused()]);
    sim.upstreams.set("one", vec![json_answer("Hello", 10, 5)]);
    for status in [200, 200, 429] {
        let seen = sim.chat(&ask(false), Client::ReadsAll).await;
        assert_eq!(seen.status, status, "{}", seen.text());
    }
    let arrived = sim.upstreams.arrived();
    let hosts: Vec<&str> = arrived.iter().map(|call| &*call.host).collect();
    assert_eq!(hosts, ["eu.one", "one", "eu.one", "one"]);
    assert_eq!(sim.book.charged(), NanoUsd::new(40_000));
}

/// R-ROUTE-8: a key goes to the address that it was given for, and nowhere when the operator takes that address away; a change
/// of the catalogue counts at once.
#[tokio::test(start_paused = true)]
async fn r_route_8_a_key_goes_where_it_was_given_for() {
    let sim = house(DOLLAR, 0).await;
    bring(&sim, "one", Some("https://eu.one/v1")).await;
    for host in ["one", "eu.one"] {
        sim.upstreams.set(host, vec![json_answer("Hello", 10, 5)]);
    }
    let call = async || {
        assert_eq!(sim.chat(&ask(false), Client::ReadsAll).await.status, 200);
        sim.upstreams.arrived().pop().map(|call| (call.host, call.sent))
    };
    let own = Some(("eu.one".to_owned(), format!("Bearer {SECRET}")));
    let houses = Some(("one".to_owned(), "Bearer c".to_owned()));
    assert_eq!((call().await, &keys(&sim).await[0]["in_use"]), (own.clone(), &json!(true)));
    for (rules, found, in_use) in [
        (json!({ "allowed": true }), &houses, false),
        (json!({ "allowed": true, "base_urls": ["https://eu.one/v1"] }), &own, true),
        (json!({ "base_urls": ["https://eu.one/v1"] }), &houses, false),
        (json!({ "allowed": true, "base_urls": ["https://eu.one/v1", "https://us.one/v1"] }), &own, true),
    ] {
        sim.manage("PUT", "/catalogue", &json!({ "provider": [provider_one(&rules)] })).await;
        assert_eq!((&call().await, &keys(&sim).await[0]["in_use"]), (found, &json!(in_use)));
    }
}

/// R-ROUTE-8: a key that did not open, since the node had not learnt of the newest key of seals yet, is used once it has.
#[tokio::test(start_paused = true)]
async fn r_route_8_a_key_opens_once_its_seal_is_known() {
    let sim = house(DOLLAR, 0).await;
    bring(&sim, "one", None).await;
    sim.upstreams.set("one", vec![json_answer("Hello", 10, 5)]);
    let (store, chance) = (&sim.house().store, &*sim.house().chance);
    // Another node has made a new key of seals and sealed with it; this one could not read the ring.
    let other = Vault::new(&Secret::new([7; 32]));
    let (ring, before) = other.ring();
    let kept = other.keep(&ring.with_new_seal(sim.clock.now(), chance, false), chance);
    other.learn(kept.clone()).unwrap();
    let mut row = store.list_own_credentials().await.unwrap().remove(0);
    let place = format!("own_credential/{}/{}/{}/{}", row.workspace, row.provider, row.id, row.base_url);
    row.sealed = Secret::new(other.seal(&place, SECRET, chance));
    store.remove_own_credential(row.workspace, row.id, AuditEntry::default()).await.unwrap();
    store.create_own_credential(row, 9, AuditEntry::default()).await.unwrap();
    let call = async || {
        assert_eq!(sim.chat(&ask(false), Client::ReadsAll).await.status, 200);
        sim.upstreams.arrived().pop().map(|call| call.sent)
    };
    let own = || Some(format!("Bearer {SECRET}"));
    sim.house().reload(Change::OwnCredentials).await.unwrap();
    sim.log.take();
    for _ in 0..2 {
        assert_eq!(call().await.as_deref(), Some("Bearer c"), "the house serves meanwhile");
    }
    assert_eq!(sim.log.take().matches("own_key.unreadable").count(), 1, "told once, not with each call");
    let change = RingChange { before, after: kept, master_check: None };
    store.replace_ring(change, AuditEntry::default()).await.unwrap();
    sim.house().reload(Change::OwnCredentials).await.unwrap();
    assert_eq!(call().await, own());
}

/// R-ROUTE-8, R-ERR-7: neither the API nor an answer, a record or a line of the log has the secret, even where all goes wrong.
#[tokio::test(start_paused = true)]
async fn r_route_8_a_secret_is_never_told() {
    let sim = house(DOLLAR, 0).await;
    let made = bring(&sim, "one", None).await;
    assert_eq!(made["masked"], "sk-o...");
    let mut told = vec![made.to_string()];
    let twin = json!({ "provider": "one", "label": "", "key": format!("{SECRET}\u{e9}"), "base_url": "https://elsewhere/v1" });
    let (status, wrong) = sim.try_manage("POST", "/workspaces/acme/provider-keys", &twin).await;
    assert_eq!((status, wrong["errors"].as_array().map(Vec::len)), (400, Some(3)), "{wrong}");
    told.push(wrong.to_string());
    for script in [
        refused(),
        Script::unreachable(),
        Script::stream(vec![chat_chunk("Hel"), Step::Cut]),
        Script::json(200, &json!({ "error": { "message": SECRET } })),
        Script::text(400, SECRET),
    ] {
        sim.upstreams.set("one", vec![script]);
        for stream in [false, true] {
            told.push(sim.chat(&ask(stream), Client::ReadsAll).await.text());
        }
    }
    let id = made["id"].as_str().unwrap_or("none");
    let path = format!("/workspaces/acme/provider-keys/{id}");
    told.push(sim.manage("PATCH", &path, &json!({ "label": "theirs" })).await.to_string());
    told.push(keys(&sim).await.to_string());
    told.push(sim.manage("DELETE", &path, &json!({})).await.to_string());
    for path in ["/log", "/catalogue", "/providers", "/workspaces/acme/providers", "/workspaces/acme"] {
        told.push(sim.manage("GET", path, &json!({})).await.to_string());
    }
    told.push(sim.log.take());
    told.push(format!("{:?}", sim.book.rows()));
    assert!(told.iter().any(|text| text.contains("provider_key.create")), "the log says who brought it");
    for text in told {
        assert!(!text.contains(&SECRET[4..]), "{text}");
    }
}
