//! What a customer reads of itself and of what it may call: identity and balance (R-API-10), model lists (R-API-9), free
//! and unpriced models (R-ROUTE-10). Numbers are those of the usage rows and the ledger.
//! Never here: how calls are priced (ledger), what operators do (commands).

use crate::world::World;
use process_tests::{Call, Dialect, Ending, Outcome, Reply, catalogue, raw, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

const BASES: [&str; 3] = ["/v1", "/api/v1", "/anthropic/v1"];

/// The usual catalogue and models that are odd: sold by the tenth of a micro-USD, named with a slash, free, unpriced,
/// switched off.
fn odd(sim: SocketAddr) -> Value {
    let mut doc = catalogue(sim);
    let route = |kind: &str| json!([{ "provider": format!("up-{kind}"), "model": format!("sim-{kind}") }]);
    let model = |id: &str, kind: &str, price: Value| {
        let mut model = json!({
            "id": id, "display_name": format!("Model {id}"), "category": "chat", "capabilities": ["tools"],
            "context_length": 32_000, "max_output_tokens": 1_000, "route": route(kind),
        });
        if !price.is_null() {
            model["price"] = price;
        }
        model
    };
    let fine = json!({ "input": "0", "output": "0.10" });
    let mut off = model("switched-off", "openai", fine.clone());
    off["enabled"] = json!(false);
    let more = [
        model("acme/fine", "anthropic", fine),
        model("gratis", "openai", json!("free")),
        model("gratis-anthropic", "anthropic", json!("free")),
        model("unpriced", "openai", Value::Null),
        off,
    ];
    doc["model"].as_array_mut().into_iter().for_each(|models| models.extend(more.clone()));
    doc
}

fn get(world: &World, key: &str, path: &str, headers: &[(&str, &str)]) -> Outcome<Reply> {
    let bearer = format!("Bearer {key}");
    let headers: Vec<(&str, &str)> = [("authorization", bearer.as_str())].iter().chain(headers).copied().collect();
    world.send(&raw("GET", path, &headers, b""))
}

/// A call at a base path, in the language of an endpoint.
fn post(world: &World, key: &str, path: &str, model: &str, tokens: u64) -> Outcome<Reply> {
    let body = json!({
        "model": model, "max_tokens": 20,
        "messages": [{ "role": "user", "content": format!("hi [[sim: tokens={tokens}]]") }],
    });
    world.send(&raw("POST", path, &[("x-api-key", key)], body.to_string().as_bytes()))
}

#[test]
fn r_api_10_identity_and_numbers_are_those_of_the_ledger() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], odd)?;
    let key = world.account.key.as_str();
    let mut spent = 0;
    for (n, base) in BASES.iter().enumerate() {
        // Three tokens at a tenth of a micro-USD: 0.3 micro-USD a call.
        let reply = post(&world, key, &format!("{base}/chat/completions"), "acme/fine", 3)?;
        assert_eq!(reply.head.status, 200, "{}", reply.shown());
        let rows = world.operator.rows(&world.account)?;
        spent += 300;
        assert_eq!((rows.len(), rows.iter().map(|r| r.charge_nano).sum::<i64>()), (n + 1, spent));
        let (posted, held) = world.operator.balance(&world.account)?;
        assert_eq!((posted, held), (100_000_000_000 - spent, 0));
        for base in BASES {
            for path in ["key", "me"] {
                let told = get(&world, key, &format!("{base}/{path}"), &[])?;
                assert_eq!((told.head.status, told.head.get("content-type")), (200, "application/json"));
                let (body, row) = (told.json(), &rows[0].value);
                let id = &body["api_key"]["id"];
                assert_eq!((&body["auth"], id), (&json!("api_key"), &row["key"]));
                let org = json!({ "id": world.account.workspace, "name": "Customer", "slug": "customer" });
                assert_eq!(body["org"], org);
                let prefix = body["api_key"]["prefix"].as_str().unwrap_or("?");
                assert!(key.starts_with(prefix) && prefix.len() * 2 < key.len() && !told.text().contains(key));
                assert_eq!(body["api_key"]["name"], "Customer");
                let absent = ["spend_cap_micro_usd", "fallback_model", "expires_at"];
                let fields = body["api_key"].as_object().ok_or("no api_key")?;
                assert!(absent.iter().all(|name| fields.get(*name) == Some(&Value::Null)));
                // A charge is told rounded up, what is left rounded down: never more credit than there is.
                assert_eq!(body["api_key"]["spend_micro_usd"], json!((spent + 999) / 1_000));
                assert_eq!(body["balance_micro_usd"], json!(posted.div_euclid(1_000)));
                assert_eq!(body["holds_micro_usd"], 0);
                let cache = json!({ "read_tokens": 0, "write_tokens": 0, "saved_micro_usd": 0 });
                assert_eq!(body["cache"], cache);
                assert_eq!(body["available_micro_usd"], body["balance_micro_usd"]);
            }
        }
    }
    // Another key of the workspace has the same balance and spent nothing itself.
    let made = json!({ "workspace": "customer", "name": "two" });
    let made = world.operator.ask("POST", "/keys", Some(&made))?;
    let body = get(&world, made["key"].as_str().unwrap_or(""), "/v1/key", &[])?.json();
    assert_eq!((&body["api_key"]["spend_micro_usd"], &body["balance_micro_usd"]), (&json!(0), &json!(99_999_999)));
    world.settled()
}

/// R-ROUTE-9: records for operators and the key itself tell what caches saved.
#[test]
fn r_route_9_what_caches_saved_is_told() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], |sim| {
        let mut doc = catalogue(sim);
        doc["model"][0]["price"] = json!({ "input": "3.00", "cached_input": "0.30", "output": "15.00" });
        doc
    })?;
    let key = world.account.key.as_str();
    for calls in 1..=2_i64 {
        let text = format!("{} [[sim: cached=7 tokens=2]]", "word ".repeat(20));
        let ask =
            json!({ "model": "to-openai", "max_tokens": 20, "messages": [{ "role": "user", "content": text }] });
        let headers = [("x-api-key", key)];
        let reply = world.send(&raw("POST", "/v1/chat/completions", &headers, ask.to_string().as_bytes()))?;
        assert_eq!(reply.head.status, 200, "{}", reply.shown());
        let row = &world.operator.rows(&world.account)?[0].value;
        // 7 tokens at 2.7 micro-USD less.
        assert_eq!(
            (&row["tokens"]["cached_input"], &row["cache_saved_nano_usd"]),
            (&json!(7), &json!(18_900)),
            "{row}"
        );
        let told = get(&world, key, "/v1/key", &[])?.json();
        let sums =
            json!({ "read_tokens": 7 * calls, "write_tokens": 0, "saved_micro_usd": 18_900 * calls / 1_000 });
        assert_eq!(told["cache"], sums);
    }
    world.settled()
}

#[test]
fn r_api_9_lists_have_the_shape_of_their_reader() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], odd)?;
    let key = world.account.key.as_str();
    let mut sold = vec!["acme/fine", "flat-anthropic", "flat-openai", "gratis", "gratis-anthropic"];
    // What has no price can be called by nobody, so it is in no key's list.
    sold.extend(["to-anthropic", "to-openai"]);
    for base in BASES {
        for version in [&[][..], &[("anthropic-version", "2023-06-01")]] {
            let list = get(&world, key, &format!("{base}/models"), version)?.json();
            let objects = list["data"].as_array().cloned().unwrap_or_default();
            let ids: Vec<&str> = objects.iter().filter_map(|m| m["id"].as_str()).collect();
            assert_eq!(ids, sold, "{base}");
            let anthropic = base == "/anthropic/v1" || !version.is_empty();
            if anthropic {
                let ends = (&list["has_more"], &list["first_id"], &list["last_id"]);
                assert_eq!(ends, (&json!(false), &json!("acme/fine"), &json!("to-openai")));
            } else {
                assert_eq!(list["object"], "list");
            }
            for object in &objects {
                let id = object["id"].as_str().unwrap_or("");
                shape(object, anthropic).map_err(|told| format!("{base} {id}: {told}: {object}"))?;
                let one = get(&world, key, &format!("{base}/models/{id}"), version)?;
                assert_eq!((one.head.status, &one.json()), (200, object));
            }
            for absent in ["nobody", "switched-off", "unpriced", "acme", "acme/nobody"] {
                let one = get(&world, key, &format!("{base}/models/{absent}"), version)?;
                assert_eq!(one.head.status, 404);
                assert!(one.json()["error"]["message"].as_str().is_some_and(|m| m.contains(absent)));
            }
        }
    }
    let fine = get(&world, key, "/v1/models/acme/fine", &[])?.json();
    assert_eq!(fine["owned_by"], "acme");
    assert_eq!(fine["display_name"], "Model acme/fine");
    let price = |id: &str| get(&world, key, &format!("/v1/models/{id}"), &[]).map(|r| r.json()["pricing"].clone());
    let same = |told: &Value, input: f64, output: f64| {
        let number = |v: &Value| v.as_str().and_then(|t| t.parse::<f64>().ok());
        number(&told["input"]) == Some(input) && number(&told["output"]) == Some(output)
    };
    assert!(same(&price("to-openai")?, 1.0, 10.0) && same(&price("acme/fine")?, 0.0, 0.1));
    assert!(same(&price("gratis")?, 0.0, 0.0));
    Ok(())
}

/// What an object of a list must have.
fn shape(object: &Value, anthropic: bool) -> Outcome<()> {
    let texts: &[&str] = match anthropic {
        true => &["id", "type", "display_name", "created_at", "lifecycle", "category"],
        false => &["id", "object", "owned_by", "display_name", "category"],
    };
    let numbers: &[&str] = match anthropic {
        true => &["max_input_tokens", "max_tokens", "context_length", "max_output_tokens"],
        false => &["created", "context_length", "max_output_tokens"],
    };
    let missing = texts.iter().find(|f| !object[**f].is_string());
    let missing = missing.or_else(|| numbers.iter().find(|f| !object[**f].is_u64()));
    if let Some(field) = missing {
        return Err(format!("no {field}"));
    }
    let named = if anthropic { object["type"] == "model" } else { object["object"] == "model" };
    let pricing = &object["pricing"];
    let told = if anthropic { object.get("capabilities").is_none() } else { object["capabilities"].is_array() };
    if named && told && pricing.is_object() { Ok(()) } else { Err("not a model of this list".to_owned()) }
}

/// A call of an endpoint type: its path, its body, and a member that only such an answer has.
fn call(kind: &str, model: &str) -> (String, Value, (&'static str, Value)) {
    let talk = json!({ "model": model, "max_tokens": 20, "messages": [{ "role": "user", "content": "hi" }] });
    match kind {
        "anthropic" => ("/messages".into(), talk, ("type", json!("message"))),
        "openai-response" => {
            ("/responses".into(), json!({ "model": model, "input": "hi" }), ("object", json!("response")))
        }
        "gemini" => {
            let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] });
            (format!("/models/{model}:generateContent"), body, ("promptFeedback", json!(null)))
        }
        _ => ("/chat/completions".into(), talk, ("object", json!("chat.completion"))),
    }
}

#[test]
fn r_api_9_endpoint_types_that_are_told_work() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], odd)?;
    let key = world.account.key.as_str();
    let list = get(&world, key, "/v1/models", &[])?.json();
    let mut calls = 0;
    for model in list["data"].as_array().into_iter().flatten() {
        let id = model["id"].as_str().unwrap_or("");
        let types = model["supported_endpoint_types"].as_array().cloned().unwrap_or_default();
        let own = if id.ends_with("anthropic") || id == "acme/fine" { "anthropic" } else { "openai" };
        assert_eq!((types.len(), &types[0]), (4, &json!(own)), "{id}");
        for (base, kind) in BASES.iter().flat_map(|base| types.iter().map(move |kind| (base, kind))) {
            let (path, body, (field, wanted)) = call(kind.as_str().unwrap_or(""), id);
            let body = body.to_string();
            let reply =
                world.send(&raw("POST", &format!("{base}{path}"), &[("x-api-key", key)], body.as_bytes()))?;
            let (told, what) = (reply.json(), reply.shown());
            let named = if kind == "gemini" { &told["modelVersion"] } else { &told["model"] };
            assert_eq!((reply.head.status, &told[field], named), (200, &wanted, &json!(id)), "{what}");
            calls += 1;
        }
    }
    assert_eq!(calls, 7 * 4 * 3);
    world.settled()
}

/// A model's group and label stand in model lists, where it has some.
#[test]
fn r_route_1_lists_tell_group_and_label() -> Outcome<()> {
    let grouped = |sim| {
        let mut docs = odd(sim);
        docs["model"][0]["group"] = json!("general");
        docs["model"][0]["label"] = json!("new");
        docs
    };
    let world = World::open("sim-upstream", &[], grouped)?;
    let list = get(&world, world.account.key.as_str(), "/v1/models", &[])?.json();
    let models = list["data"].as_array().cloned().unwrap_or_default();
    let told = models.iter().filter(|m| m["group"] == "general" && m["label"] == "new").count();
    let silent = models.iter().filter(|m| m.get("group").is_none() && m.get("label").is_none()).count();
    assert_eq!((told, silent), (1, models.len() - 1));
    Ok(())
}

#[test]
fn r_route_1_a_model_that_is_switched_off_vanishes_at_once() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], odd)?;
    let key = world.account.key.as_str();
    assert_eq!(post(&world, key, "/v1/chat/completions", "gratis", 1)?.head.status, 200);
    let mut doc = odd(world.providers.address);
    for model in doc["model"].as_array_mut().into_iter().flatten().filter(|m| m["id"] == "gratis") {
        model["enabled"] = json!(false);
    }
    world.operator.apply(&doc)?;
    for base in BASES {
        assert!(!get(&world, key, &format!("{base}/models"), &[])?.text().contains("\"gratis\""));
        assert_eq!(get(&world, key, &format!("{base}/models/gratis"), &[])?.head.status, 404);
        for path in ["chat/completions", "messages"] {
            let reply = post(&world, key, &format!("{base}/{path}"), "gratis", 1)?;
            assert_eq!(reply.head.status, 404, "{}", reply.shown());
        }
    }
    Ok(())
}

#[test]
fn r_route_10_free_models_need_no_balance_and_are_recorded() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], odd)?;
    let made = world.operator.ask("POST", "/workspaces", Some(&json!({ "name": "Poor" })))?;
    let workspace = made["id"].as_str().unwrap_or("").to_owned();
    let made = json!({ "workspace": workspace, "name": "poor" });
    let made = world.operator.ask("POST", "/keys", Some(&made))?;
    let poor = process_tests::Account { workspace, key: made["key"].as_str().unwrap_or("").to_owned() };
    let mut ids = BTreeSet::new();
    for (model, stream) in
        [("gratis", false), ("gratis", true), ("gratis-anthropic", false), ("gratis-anthropic", true)]
    {
        for dialect in Dialect::ALL {
            let text = "hi [[sim: tokens=4]]".to_owned();
            let call = Call { dialect, model: model.to_owned(), text, max_tokens: 10, stream };
            let reply = world.send(&call.request(&poor.key))?;
            assert_eq!(process_tests::ending(&call, &reply)?, Ending::Well);
            ids.insert(reply.id().to_owned());
        }
    }
    let sent = world.providers.journal()?["total"].clone();
    for (path, model, status) in [
        ("/v1/chat/completions", "to-openai", 402),
        ("/anthropic/v1/messages", "to-anthropic", 402),
        ("/v1/chat/completions", "unpriced", 503),
        ("/api/v1/chat/completions", "unpriced", 503),
        ("/v1/messages", "unpriced", 503),
    ] {
        let reply = post(&world, &poor.key, path, model, 1)?;
        assert_eq!(reply.head.status, status, "{}", reply.shown());
        let code = if status == 402 { "insufficient_credits" } else { "price_unknown" };
        let body = reply.json();
        assert!(body["error"]["code"] == code || body["type"] == "error", "{body}");
    }
    // A rich caller cannot have an unpriced model either, and the provider hears of none of it.
    assert_eq!(post(&world, &world.account.key, "/v1/chat/completions", "unpriced", 1)?.head.status, 503);
    assert_eq!(world.providers.journal()?["total"], sent);
    // Nothing is charged, so the row may come behind the answer.
    let rows = wait_until("every call is recorded", Duration::from_secs(10), || {
        Ok(Some(world.operator.rows(&poor)?)
            .filter(|rows| rows.iter().filter(|r| r.value["status"] == 200).count() >= 8))
    })?;
    let served: Vec<&process_tests::Row> = rows.iter().filter(|r| r.value["status"] == 200).collect();
    assert_eq!(served.iter().map(|r| r.id.clone()).collect::<BTreeSet<_>>(), ids);
    assert!(served.iter().all(|r| r.value["tokens"]["output"] == 4 && r.value["usage_source"] == "provider"));
    assert!(rows.iter().all(|r| r.charge_nano == 0), "{rows:?}");
    assert_eq!(world.operator.balance(&poor)?, (0, 0));
    assert_eq!(get(&world, &poor.key, "/v1/key", &[])?.json()["api_key"]["spend_micro_usd"], 0);
    world.settled()
}
