//! Devices that sign in (RFC 8628), as they and people drive it: codes, decisions, one key, patience, guesses. Never here: rows
//! (the store's suite).

use super::*;
use crate::address::Peer;
use serde_json::{Value, json};
use std::net::IpAddr;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const APPROVE: &str = "POST /api/manage/workspaces/acme/devices";

impl Town {
    /// A form to one of the two paths, from an address.
    async fn device(&self, path: &str, form: &str, from: u8) -> (u16, Value) {
        let request = Request::builder().method(Method::POST).uri(format!("/api/device/{path}"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let mut request = request.body(Body::from(form.to_owned())).unwrap();
        request.extensions_mut().insert(Peer(IpAddr::from([192, 0, 2, from])));
        let response = self.front.clone().answer(request).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status().as_u16(), serde_json::from_str(&text_of(response).await).unwrap())
    }

    async fn begin(&self, scope: &str) -> (String, Value) {
        let (status, told) = self.device("code", &format!("client_id=Editor+2&scope={scope}"), 7).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!((&told["expires_in"], &told["interval"]), (&json!(600), &json!(5)));
        (told["device_code"].as_str().unwrap().to_owned(), json!({ "user_code": told["user_code"] }))
    }

    /// Asks for the key: the status, and the error or what came.
    async fn claim(&self, code: &str) -> (u16, Value) {
        self.clock.0.fetch_add(5_000, Ordering::Relaxed);
        let form = format!("grant_type={}&client_id=Editor&device_code={code}", GRANT.replace(':', "%3A"));
        let (status, told) = self.device("token", &form, 7).await;
        (status, if status == 200 { told } else { told["error"].clone() })
    }
}

/// R-WEB-4: a device shows a code, a member says yes to what they see, and the device has one key of theirs, for what it asked for.
#[tokio::test]
async fn r_web_4_a_device_gets_a_key_of_who_approves() {
    let town = Town::open("device").await;
    let (developer, viewer, stranger) =
        (town.by("developer").await, town.by("viewer").await, town.by("stranger").await);
    let (code, typed) = town.begin("chat+read").await;
    assert_eq!(town.claim(&code).await, (400, json!("authorization_pending")));
    let lower = json!({ "user_code": typed["user_code"].as_str().unwrap().to_lowercase().replace('-', " ") });
    let (status, device) = town.call(&viewer, "POST /api/manage/devices/look", lower).await;
    assert_eq!((status, &device["client"], &device["address"]), (200, &json!("Editor 2"), &json!("192.0.2.7")));
    assert_eq!((&device["scopes"], &device["state"]), (&json!(["chat", "read"]), &json!("waiting")));
    assert_eq!(town.call(&viewer, APPROVE, typed.clone()).await.0, 403);
    assert_eq!(town.call(&stranger, APPROVE, typed.clone()).await.0, 404);
    let token = town.by("token").await;
    assert_eq!(town.call(&token, APPROVE, typed.clone()).await.0, 403);
    assert_eq!(town.call(&developer, APPROVE, typed.clone()).await.1["state"], "approved");
    // It is decided.
    for what in [APPROVE, "POST /api/manage/devices/deny", "POST /api/manage/devices/look"] {
        assert_eq!(town.call(&developer, what, typed.clone()).await.0, 404, "{what}");
    }
    let (status, told) = town.claim(&code).await;
    assert_eq!(
        (status, &told["token_type"], &told["scope"]),
        (200, &json!("Bearer"), &json!("chat read")),
        "{told}"
    );
    assert_eq!(told["workspace"]["slug"], "acme");
    assert_eq!(town.works(&json!({ "key": told["access_token"] })).await, 200);
    assert_eq!(town.claim(&code).await, (400, json!("invalid_grant")));
    let path = format!("GET /api/manage/workspaces/acme/keys/{}", told["key_id"].as_str().unwrap());
    let (status, key) = town.call(&developer, &path, Value::Null).await;
    assert_eq!(
        (status, &key["name"], &key["rules"]["scopes"]),
        (200, &json!("Editor 2"), &json!(["chat", "read"]))
    );
    assert_eq!(key["owner"], town.user("developer").to_string());
    let (_, log) =
        town.call(&town.by("owner").await, "GET /api/manage/workspaces/acme/log?limit=9", Value::Null).await;
    let actions: Vec<&str> =
        log["data"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert!(actions.starts_with(&["key.create", "device.approve"]), "{actions:?}");
    assert!(!log.to_string().contains(told["access_token"].as_str().unwrap()));
}

/// RFC 8628, 3.5: each ending has its word, and who asks too soon is told to slow down.
#[tokio::test]
async fn r_web_4_a_device_is_told_why_not() {
    let town = Town::open("device-why").await;
    let developer = town.by("developer").await;
    let (denied, typed) = town.begin("").await;
    assert_eq!(town.call(&developer, "POST /api/manage/devices/deny", typed).await.1["state"], "denied");
    assert_eq!(town.claim(&denied).await, (400, json!("access_denied")));
    // Who approved it is gone when the device comes.
    let (left, typed) = town.begin("").await;
    assert_eq!(town.call(&developer, APPROVE, typed).await.0, 200);
    let user = town.user("developer");
    town.house().store_people.remove_member(town.acme.id, user, AuditEntry::default()).await.unwrap();
    town.house().reload(Change::People).await.unwrap();
    assert_eq!(town.claim(&left).await, (400, json!("access_denied")));
    let (late, typed) = town.begin("").await;
    assert_eq!(town.claim(&late).await, (400, json!("authorization_pending")));
    let soon = format!("grant_type={GRANT}&device_code={late}");
    assert_eq!(town.device("token", &soon, 7).await.1["error"], "slow_down");
    town.clock.0.fetch_add(600_000, Ordering::Relaxed);
    assert_eq!(town.claim(&late).await, (400, json!("expired_token")));
    let owner = town.by("owner").await;
    assert_eq!(town.call(&owner, APPROVE, typed).await.0, 404);
    for (path, form, error) in [
        ("token", "grant_type=password&device_code=x", "unsupported_grant_type"),
        ("token", "device_code=x", "unsupported_grant_type"),
        ("token", "grant_type=a&grant_type=b", "invalid_request"),
        ("token", &*format!("grant_type={GRANT}"), "invalid_grant"),
        ("token", &*format!("grant_type={GRANT}&device_code=%ff%00"), "invalid_grant"),
        ("code", "", "invalid_request"),
        ("code", "client_id=%00", "invalid_request"),
        ("code", "client_id=x%E2%80%AEy", "invalid_request"),
        ("code", &*format!("client_id={}", "x".repeat(101)), "invalid_request"),
        ("code", &*format!("client_id={}", "x".repeat(5_000)), "invalid_request"),
        ("code", "client_id=x&scope=chat+root", "invalid_scope"),
    ] {
        let (status, told) = town.device(path, form, 9).await;
        assert_eq!((status, &told["error"]), (400, &json!(error)), "{form} {told}");
        assert!(told["error_description"].as_str().is_some_and(|text| text.len() > 5), "{told}");
    }
}

/// R-LIM-3: nobody guesses what people type, nobody fills the store with devices, and no page of others asks in a visitor's name.
#[tokio::test]
async fn r_lim_3_codes_are_not_guessed() {
    let town = Town::open("device-guess").await;
    let (code, typed) = town.begin("").await;
    // There is nothing to guess in 256 bits, and so nothing to be blocked for.
    for n in 0..60 {
        let form = format!("grant_type={GRANT}&device_code=guess-{n}");
        assert_eq!(town.device("token", &form, 20).await.1["error"], "invalid_grant");
    }
    assert_eq!(town.device("code", "client_id=x", 20).await.0, 200);
    assert_eq!(town.claim(&code).await.1, "authorization_pending");
    for (name, value) in
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("content-type", "text/plain")]
    {
        for path in ["code", "token"] {
            let headers =
                [("content-type", "application/x-www-form-urlencoded"), ("host", "localhost"), (name, value)];
            let headers: Vec<_> = headers.into_iter().filter(|(other, v)| *other != name || *v == value).collect();
            let path = format!("/api/device/{path}");
            let body = format!("client_id=x&grant_type={GRANT}&device_code=x");
            let response = town.send_text(&Method::POST, &path, &headers, body).await;
            assert!(text_of(response).await.contains("invalid_request"), "{name} {path}");
        }
    }
    // A member who tries out what people type waits longer each time, whatever goes well elsewhere.
    let viewer = town.by("viewer").await;
    let look = "POST /api/manage/devices/look";
    assert_eq!(town.call(&viewer, look, json!({ "user_code": "AEIOU-123" })).await.0, 400);
    let mut statuses = Vec::new();
    for n in 0..8 {
        let letter = |n: usize| char::from(b"BCDFGHJK"[n % 8]);
        let guess: String = [n, n / 8, 1, 2, 3, 4, 5, 6].map(letter).into_iter().collect();
        statuses.push(town.call(&viewer, look, json!({ "user_code": guess })).await.0);
    }
    assert_eq!(statuses, [404, 404, 404, 404, 404, 404, 429, 429]);
    assert_eq!(town.call(&viewer, look, typed.clone()).await.0, 429);
    let developer = town.by("developer").await;
    assert_eq!(town.call(&developer, look, typed).await.0, 200);
    let mut begun = Vec::new();
    for _ in 0..22 {
        begun.push(town.device("code", "client_id=x", 40).await.0);
    }
    assert_eq!((begun[19], begun[20], begun[21]), (200, 429, 429));
}

const TOKENS: &str = "POST /api/manage/workspaces/acme/install-tokens";

impl Town {
    /// A script sends its token.
    async fn install(&self, token: &str) -> (u16, Value) {
        let body = json!({ "token": token, "host": "box" }).to_string();
        let request = Request::builder().method(Method::POST).uri("/api/device/install");
        let response = self.front.clone().answer(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status().as_u16(), serde_json::from_str(&text_of(response).await).unwrap())
    }
}

/// R-WEB-3: a set-up token becomes one key of who made it, within a quarter of an hour, and is in no log.
#[tokio::test]
async fn r_web_3_a_set_up_token_becomes_one_key() {
    let town = Town::open("install").await;
    let (developer, viewer, token) = (town.by("developer").await, town.by("viewer").await, town.by("token").await);
    assert_eq!(town.call(&viewer, TOKENS, Value::Null).await.0, 403);
    // The key would be nobody's.
    assert_eq!(town.call(&token, TOKENS, Value::Null).await.0, 403);
    let (status, made) = town.call(&developer, TOKENS, Value::Null).await;
    assert_eq!(status, 201, "{made}");
    let text = made["token"].as_str().unwrap();
    assert!(made["sh"].as_str().unwrap().contains(&format!("/install.sh?key={text}")) && pages::is_plain_key(text));
    let (status, told) = town.install(text).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(town.works(&json!({ "key": told["access_token"] })).await, 200);
    let path = format!("GET /api/manage/workspaces/acme/keys/{}", told["key_id"].as_str().unwrap());
    let key = town.call(&developer, &path, Value::Null).await.1;
    assert_eq!(
        (&key["name"], &key["owner"]),
        (&json!("Claude Code on box"), &json!(town.user("developer").to_string()))
    );
    for wrong in [text, "it_unknown", "", "sk-x"] {
        assert_eq!(
            (town.install(wrong).await.0, town.install(wrong).await.1["error"].clone()),
            (400, json!("invalid_grant"))
        );
    }
    let late = town.call(&developer, TOKENS, Value::Null).await.1;
    town.clock.0.fetch_add(15 * 60_000, Ordering::Relaxed);
    assert_eq!(town.install(late["token"].as_str().unwrap()).await.0, 400);
    let owner = town.by("owner").await;
    let (_, log) = town.call(&owner, "GET /api/manage/workspaces/acme/log?limit=9", Value::Null).await;
    assert!(log.to_string().contains("install_token.create") && !log.to_string().contains("it_"), "{log}");
}
