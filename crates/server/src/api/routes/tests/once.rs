//! Calls that are done once, however often they are sent (`Idempotency-Key`). Never here: what they do.

use super::keys::By;
use super::own_keys;
use super::*;
use serde_json::{Value, json};
use store::port::{LogFilter, OnceRow};

const KEYS: &str = "/api/manage/workspaces/acme/keys";

/// The status, whether it was given before, and the body.
async fn send(town: &Town, by: &By, path: &str, key: &str, body: &str) -> (u16, bool, String) {
    let mut headers = by.headers();
    headers.push(("idempotency-key", key));
    let response = town.send_text(&Method::POST, path, &headers, body.to_owned()).await;
    let again = response.headers().get("idempotent-replayed").is_some_and(|value| value == "true");
    (response.status().as_u16(), again, text_of(response).await)
}

async fn entries(town: &Town) -> usize {
    town.house().store.page_log(LogFilter { limit: 1_000, ..LogFilter::default() }).await.unwrap().entries.len()
}

/// R-ACC-1, R-KEY-1: every call that makes something is done once for a key, and gives its first answer again to the byte.
#[tokio::test]
async fn r_acc_1_what_makes_something_is_done_once() {
    let town = Town::open("once").await;
    town.with_providers().await;
    let (owner, token) = (town.by("owner").await, town.by("token").await);
    let ends = town.clock.now().plus(Duration::from_secs(60)).to_string();
    let calls = [
        ("workspaces.create", &owner, json!({ "name": "New" })),
        ("credit.grant", &token, json!({ "amount_usd": "5", "reason": "x" })),
        ("invitations.create", &owner, json!({ "email": "x@example.com", "role": "viewer" })),
        ("workspace_keys.create", &owner, json!({ "name": "k" })),
        ("management_keys.create", &owner, json!({ "name": "p", "role": "viewer", "expires_at": ends })),
        ("provider_keys.create", &owner, own_keys::key("open", own_keys::SECRET)),
        ("keys.create", &token, json!({ "workspace": "acme", "name": "k" })),
        ("operator_tokens.create", &token, json!({ "name": "t" })),
    ];
    for row in ROWS.iter().filter(|row| row.once) {
        let (_, by, body) = calls.iter().find(|(name, ..)| *name == row.name).unwrap();
        let (path, body) = (path_of(row, "acme"), body.to_string());
        let before = entries(&town).await;
        let (status, again, first) = send(&town, by, &path, "one", &body).await;
        assert_eq!((status, again), (201, false), "{} {first}", row.name);
        let after = entries(&town).await;
        assert!(after > before, "{}", row.name);
        for _ in 0..2 {
            assert_eq!(send(&town, by, &path, "one", &body).await, (201, true, first.clone()), "{}", row.name);
        }
        let (status, _, told) = send(&town, by, &path, "one", &body.replace('}', ", \"more\": 1}")).await;
        assert_eq!((status, told.contains("idempotency_key_reused")), (422, true), "{} {told}", row.name);
        assert_eq!(entries(&town).await, after, "{}", row.name);
    }
    assert_eq!(ROWS.iter().filter(|row| row.once).count(), calls.len());
    let (_, shown) = town.call(&token, "GET /api/manage/workspaces/acme", Value::Null).await;
    assert_eq!(shown["balance_micro_usd"], 5_000_000);
    // The text that was shown again works, and lies nowhere in the clear.
    let (_, _, made) = send(&town, &owner, KEYS, "one", &json!({ "name": "k" }).to_string()).await;
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(town.works(&made).await, 200);
    let texts = [made["key"].as_str().unwrap(), own_keys::SECRET];
    let mut files = 0;
    for file in std::fs::read_dir(town.dir.join("data")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for text in texts.map(str::as_bytes) {
            assert!(!bytes.windows(text.len()).any(|window| window == text));
        }
        files += bytes.len();
    }
    assert!(files > 10_000);
}

/// R-ACC-1: a key is of who sends it, for one route, for a day.
#[tokio::test]
async fn r_acc_1_a_key_of_a_call_is_its_senders_for_a_day() {
    let town = Town::open("once-whose").await;
    let (owner, admin) = (town.by("owner").await, town.by("admin").await);
    let body = json!({ "name": "k" }).to_string();
    let (_, _, first) = send(&town, &owner, KEYS, "one", &body).await;
    for (by, path) in [(&admin, KEYS), (&owner, "/api/manage/workspaces")] {
        let (status, again, told) = send(&town, by, path, "one", &body).await;
        assert_eq!((status, again), (201, false), "{told}");
    }
    // Another session of the same user is the same user; a session that ended is nobody.
    let other = town.by("owner").await;
    assert_eq!(send(&town, &other, KEYS, "one", &body).await, (201, true, first.clone()));
    // Whoever lost the right to ask gets no answer of when they had it.
    town.house().store_people.remove_member(town.acme.id, town.user("admin"), AuditEntry::default()).await.unwrap();
    town.house().reload(Change::People).await.unwrap();
    assert_eq!(send(&town, &admin, KEYS, "one", &body).await.0, 404);
    town.clock.0.fetch_add(11 * 3_600_000, Ordering::Relaxed);
    assert_eq!(send(&town, &other, KEYS, "one", &body).await.2, first);
    town.clock.0.fetch_add(11 * 3_600_000, Ordering::Relaxed);
    assert_eq!(send(&town, &other, KEYS, "one", &body).await.2, first);
    town.clock.0.fetch_add(2 * 3_600_000, Ordering::Relaxed);
    let (status, again, told) = send(&town, &other, KEYS, "one", &body).await;
    assert_eq!((status, again), (201, false), "{told}");
}

/// R-ACC-1: a call that still runs, or broke, is not begun again; one that was refused leaves its key free.
#[tokio::test]
async fn r_acc_1_a_call_that_has_begun_is_not_begun_again() {
    let town = Town::open("once-runs").await;
    let (owner, house) = (town.by("owner").await, town.house());
    let body = json!({ "name": "k" }).to_string();
    let id = house.vault.digest(&format!("once\n{}\nPOST {}\none", town.user("owner"), "/workspaces/acme/keys"));
    let row = OnceRow {
        id,
        asked: house.vault.digest(&format!("asked\n{body}")),
        turn: [1; 16],
        ends_at: town.clock.now().plus(Duration::from_secs(60)),
        sealed: None,
    };
    // Another node does it.
    assert_eq!(house.store.begin_once(row.clone(), town.clock.now()).await.unwrap(), None);
    let (status, again, told) = send(&town, &owner, KEYS, "one", &body).await;
    assert_eq!((status, again, told.contains("idempotency_not_ended")), (409, false, true), "{told}");
    let (status, _, told) = send(&town, &owner, KEYS, "one", "{}").await;
    assert_eq!((status, told.contains("idempotency_key_reused")), (422, true), "{told}");
    house.store.forget_once(id, row.turn).await.unwrap();
    assert_eq!(send(&town, &owner, KEYS, "one", &body).await.0, 201);
    // Refused, mended, done.
    assert_eq!(send(&town, &owner, KEYS, "two", "{\"name\":\"\"}").await.0, 400);
    assert_eq!(send(&town, &owner, KEYS, "two", &body).await.0, 201);
    for (n, wrong) in ["", "a b", "\u{e4}", &"x".repeat(256)].into_iter().enumerate() {
        let (status, _, told) = send(&town, &owner, KEYS, wrong, &body).await;
        assert_eq!((status, told.contains("Idempotency-Key")), (400, true), "{n} {told}");
    }
    assert_eq!(send(&town, &owner, KEYS, &"x".repeat(255), &body).await.0, 201);
    let headers = [&owner.headers()[..], &[("idempotency-key", "a"), ("idempotency-key", "b")]].concat();
    assert_eq!(town.send_text(&Method::POST, KEYS, &headers, body).await.status(), 400);
}
