//! The models of a workspace as its members read them. Never here: what keys read (the doors), calls.

use super::*;
use serde_json::{Value, json};

impl Town {
    /// A catalogue with a provider that the house pays, one that takes keys of workspaces alone, and a tier that nobody is in.
    async fn with_models(&self) {
        let token = self.by("token").await;
        let tier = |name: &str, when: &str| json!({ "name": name, "when": when, "requests_per_minute": 5, "concurrent": 1, "requests_per_day": 50 });
        let route = |provider: &str| json!([{ "provider": provider, "model": "upstream-canary" }]);
        let model = |id: &str, more: Value| {
            let mut doc = json!({ "id": id, "context_length": 9_000, "max_output_tokens": 900 });
            doc.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            doc
        };
        let rates = json!({ "input": "2.50", "output": "10.000001", "request": "0.0001" });
        let docs = json!({
            "tier": [tier("none", "free"), tier("team", "plan")],
            "provider": [
                { "name": "canary-house", "kind": "openai", "base_url": "https://house.example.com/v1", "credentials": ["secret-of-the-house"] },
                { "name": "canary-own", "kind": "anthropic", "base_url": "https://own.example.com/v1",
                  "own_keys": { "allowed": true, "fee_micro_usd": 250 } },
            ],
            "model": [
                model("a/fast", json!({ "route": route("canary-house"), "price": rates, "capabilities": ["tools"], "label": "new",
                                        "limits": { "requests_per_day": 7 } })),
                model("b/teams", json!({ "route": route("canary-house"), "price": "free", "tiers": ["team"] })),
                model("c/priceless", json!({ "route": route("canary-house") })),
                model("d/nowhere", json!({ "price": "free" })),
                model("e/off", json!({ "route": route("canary-house"), "price": "free", "enabled": false })),
                model("f/own", json!({ "route": route("canary-own"), "price": rates })),
            ],
        });
        let (status, told) = self.call(&token, "PUT /api/manage/catalogue", docs).await;
        assert_eq!(status, 200, "{told}");
    }

    async fn models(&self) -> Vec<Value> {
        let viewer = self.by("viewer").await;
        let (status, told) = self.call(&viewer, "GET /api/manage/workspaces/acme/models", Value::Null).await;
        assert_eq!(status, 200, "{told}");
        let shown = told.to_string();
        assert!(!shown.contains("canary") && !shown.contains("example.com"), "{shown}");
        told["data"].as_array().unwrap().clone()
    }
}

/// R-USE-4: members read what the workspace may call and what it costs, exactly; of providers they read nothing.
#[tokio::test]
async fn r_use_4_members_read_what_models_cost() {
    let town = Town::open("models").await;
    town.with_models().await;
    let models = town.models().await;
    let ids: Vec<&str> = models.iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a/fast", "b/teams"]);
    let price = json!({ "free": false, "rates_usd": { "input": "2.50", "output": "10.000001" }, "request_usd": "0.0001", "images_usd": {} });
    assert_eq!(
        (&models[0]["price"], &models[0]["may_call"], &models[0]["tiers"]),
        (&price, &json!(true), &Value::Null)
    );
    assert_eq!((&models[0]["label"], &models[0]["limits"]["requests_per_day"]), (&json!("new"), &json!(7)));
    assert_eq!((&models[1]["may_call"], &models[1]["tiers"]), (&json!(false), &json!(["team"])));
    assert_eq!((&models[1]["price"]["free"], &models[1]["own_key"]), (&json!(true), &json!(false)));
    let languages = json!(["openai", "openai-response", "anthropic", "gemini"]);
    assert_eq!(models[0]["endpoints"], languages);
}

/// R-ROUTE-8: a model that only keys of workspaces reach is there for who brought one, for the fee.
#[tokio::test]
async fn r_route_8_own_keys_bring_models() {
    let town = Town::open("models-own").await;
    town.with_models().await;
    let owner = town.by("owner").await;
    let key = json!({ "provider": "canary-own", "label": "ours", "key": "sk-own-0123456789-0123456789" });
    let (status, told) = town.call(&owner, "POST /api/manage/workspaces/acme/provider-keys", key).await;
    assert_eq!(status, 201, "{told}");
    let models = town.models().await;
    let own = models.iter().find(|model| model["id"] == "f/own").unwrap();
    let price = json!({ "free": false, "rates_usd": { "input": "0.00", "output": "0.00" }, "request_usd": "0.00025", "images_usd": {} });
    assert_eq!((&own["price"], &own["own_key"], &own["may_call"]), (&price, &json!(true), &json!(true)));
}
