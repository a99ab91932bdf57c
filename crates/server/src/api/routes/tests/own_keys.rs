//! Keys that a workspace brings to providers, over the API (R-ROUTE-8): who sees, adds, names and removes them, and what is refused.
//! Never here: calls with them (the scenarios of simtest).

use super::keys::{By, id};
use super::*;
use serde_json::{Value, json};

const KEYS: &str = "/api/manage/workspaces/acme/provider-keys";
pub const SECRET: &str = "sk-own-canary-0123456789";

impl Town {
    /// Puts a provider into the catalogue that takes keys of workspaces, one that does not, and one by tasks.
    pub async fn with_providers(&self) {
        let token = self.by("token").await;
        let own = json!({ "allowed": true, "fee_micro_usd": 250, "base_urls": ["https://eu.example.com/v1/"] });
        let docs = json!({
            "provider": [
                { "name": "open", "kind": "openai", "base_url": "https://API.example.com/v1", "own_keys": own },
                { "name": "shut", "kind": "openai", "base_url": "https://shut.example.com/v1" },
            ],
            "model": [{ "id": "m", "context_length": 9, "max_output_tokens": 9, "route": [{ "provider": "open", "model": "x" }] }],
        });
        let (status, told) = self.call(&token, "PUT /api/manage/catalogue", docs).await;
        assert_eq!(status, 200, "{told}");
    }

    async fn bring(&self, by: &By, key: Value) -> (u16, Value) {
        self.call(by, &format!("POST {KEYS}"), key).await
    }
}

pub fn key(provider: &str, secret: &str) -> Value {
    json!({ "provider": provider, "label": "ours", "key": secret })
}

/// R-ROUTE-8: owners and admins bring keys, all members see them masked, nobody else sees that there are any.
#[tokio::test]
async fn r_route_8_members_see_keys_and_heads_bring_them() {
    let town = Town::open("own-keys").await;
    town.with_providers().await;
    let (owner, viewer) = (town.by("owner").await, town.by("viewer").await);
    let (status, told) = town.call(&viewer, "GET /api/manage/workspaces/acme/providers", Value::Null).await;
    let expected = json!([{ "provider": "open", "kind": "openai", "fee_micro_usd": 250, "models": ["m"],
                            "base_urls": ["https://api.example.com/v1", "https://eu.example.com/v1"] }]);
    assert_eq!((status, &told["data"], &told["own_providers_only"]), (200, &expected, &json!(false)));
    let (status, made) = town.bring(&owner, key("open", SECRET)).await;
    assert_eq!((status, &made["masked"], &made["state"]), (201, &json!("sk-o..."), &json!("unused")), "{made}");
    assert_eq!((&made["base_url"], &made["in_use"]), (&json!("https://api.example.com/v1"), &json!(true)));
    assert!(!made.to_string().contains("canary"));
    assert_eq!(town.bring(&viewer, key("open", SECRET)).await.0, 403);
    assert_eq!(town.bring(&owner, key("open", SECRET)).await.0, 409);
    let (status, list) = town.call(&viewer, &format!("GET {KEYS}"), Value::Null).await;
    assert_eq!((status, &list["data"], &list["next"]), (200, &json!([made]), &Value::Null));
    let path = format!("{KEYS}/{}", id(&made));
    for (method, body) in [("PATCH", json!({ "label": "x" })), ("DELETE", Value::Null)] {
        assert_eq!(town.call(&viewer, &format!("{method} {path}"), body).await.0, 403);
    }
    let admin = town.by("admin").await;
    let (status, changed) = town.call(&admin, &format!("PATCH {path}"), json!({ "label": " theirs " })).await;
    assert_eq!((status, &changed["label"], &changed["id"]), (200, &json!("theirs"), &made["id"]));
    let (status, removed) = town.call(&admin, &format!("DELETE {path}"), Value::Null).await;
    assert_eq!((status, removed), (200, json!({ "id": id(&made), "removed": true })));
    assert_eq!(town.call(&admin, &format!("DELETE {path}"), Value::Null).await.0, 404);
    let log = town.call(&town.by("token").await, "GET /api/manage/log", Value::Null).await.1;
    let actions = log["data"].as_array().unwrap().iter().filter_map(|entry| entry["action"].as_str());
    let actions: Vec<&str> = actions.filter(|action| action.starts_with("provider_key.")).collect();
    assert_eq!(actions, ["provider_key.remove", "provider_key.change", "provider_key.create"]);
    assert!(!log.to_string().contains("canary"));
}

/// R-ROUTE-8: the key of another workspace cannot be told from one that nobody has.
#[tokio::test]
async fn r_route_8_keys_of_others_look_as_if_they_were_not_there() {
    let town = Town::open("own-keys-apart").await;
    town.with_providers().await;
    let (owner, stranger) = (town.by("owner").await, town.by("stranger").await);
    let made = town.bring(&owner, key("open", SECRET)).await.1;
    // The same secret is as new to another workspace.
    let bolt = "/api/manage/workspaces/bolt/provider-keys";
    let theirs = town.call(&stranger, &format!("POST {bolt}"), key("open", SECRET)).await;
    assert_eq!(theirs.0, 201, "{theirs:?}");
    for (method, body) in [("PATCH", json!({ "label": "x" })), ("DELETE", json!({}))] {
        let of = async |id: &str| town.call(&stranger, &format!("{method} {bolt}/{id}"), body.clone()).await;
        let found = of(id(&made)).await;
        assert_eq!(found, of("cre_00000000000000000000000000").await, "{method}");
        assert_eq!((found.0, of("x").await), (404, found), "{method}");
    }
    assert_eq!(town.call(&owner, &format!("GET {KEYS}"), Value::Null).await.1["data"], json!([made]));
}

/// R-ROUTE-8: a key goes to a provider that takes some, at an address of its list, in whatever spelling; every problem is told.
#[tokio::test]
async fn r_route_8_wrong_keys_are_refused_by_field() {
    let town = Town::open("own-keys-wrong").await;
    town.with_providers().await;
    let owner = town.by("owner").await;
    let at =
        |url: &str, secret: &str| json!({ "provider": "open", "label": "ours", "key": secret, "base_url": url });
    for (n, (url, kept)) in [
        ("https://api.example.com:443/v1/", "https://api.example.com/v1"),
        ("https://EU.example.com/v1", "https://eu.example.com/v1"),
    ]
    .into_iter()
    .enumerate()
    {
        let (status, made) = town.bring(&owner, at(url, &format!("{SECRET}{n}"))).await;
        assert_eq!((status, &made["base_url"]), (201, &json!(kept)), "{made}");
    }
    for url in [
        "http://api.example.com/v1",
        "https://api.example.com:8443/v1",
        "https://api.example.com",
        "https://eu.example.com/v1/../v2",
        "https://eu.example.com@evil.example/v1",
        "https://10.0.0.1/v1",
        "file:///etc/passwd",
        "",
    ] {
        let (status, wrong) = town.bring(&owner, at(url, SECRET)).await;
        assert_eq!((status, &wrong["errors"][0]["field"]), (400, &json!("base_url")), "{url}: {wrong}");
    }
    for (wrong, fields) in [
        (key("shut", SECRET), &["provider"][..]),
        (key("nobody", SECRET), &["provider"]),
        (key("open", "short"), &["key"]),
        (key("open", &"x".repeat(2_049)), &["key"]),
        (key("open", "sk-own-canary\n0123456789"), &["key"]),
        (json!({ "provider": "\u{0}", "label": " ", "key": "" }), &["label", "key", "provider"]),
    ] {
        let (status, told) = town.bring(&owner, wrong).await;
        let found: Vec<&str> =
            told["errors"].as_array().unwrap().iter().filter_map(|e| e["field"].as_str()).collect();
        assert_eq!((status, &*found), (400, fields), "{told}");
    }
}

/// R-ROUTE-8: a hundred keys are the most; who has removed one brings another.
#[tokio::test]
async fn r_route_8_a_hundred_keys_are_the_most() {
    let town = Town::open("own-keys-full").await;
    town.with_providers().await;
    let owner = town.by("owner").await;
    let bring = async |n: u32| town.bring(&owner, key("open", &format!("{SECRET}-{n}"))).await;
    let first = bring(0).await.1;
    for n in 1..100 {
        assert_eq!(bring(n).await.0, 201, "{n}");
    }
    let (status, problem) = bring(100).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("100 provider keys"), "{problem}");
    assert_eq!(town.call(&owner, &format!("DELETE {KEYS}/{}", id(&first)), Value::Null).await.0, 200);
    assert_eq!(bring(100).await.0, 201);
}
