//! What another workspace has, asked for by everything that may name it. Never here: the workspace itself (tests).

use super::keys::By;
use super::own_keys;
use super::*;
use serde_json::{Value, json};

/// An answer to the last byte, but for the id of its request.
async fn whole(town: &Town, by: &By, row: &Row, path: &str, body: &Value) -> String {
    let body = if row.body().is_some() { body.to_string() } else { String::new() };
    let response = town.send_text(&row.method, path, &by.headers(), body).await;
    let mut headers: Vec<String> = response.headers().iter().map(|(name, v)| format!("{name}: {v:?}")).collect();
    headers.retain(|header| !header.starts_with("x-request-id"));
    headers.sort_unstable();
    let (status, reached) = (response.status(), cell(&response));
    format!("{status} {reached}\n{}\n\n{}", headers.join("\n"), text_of(response).await)
}

/// A body that is right for a row, so that only the id decides.
fn good(row: &Row) -> Value {
    match row.name {
        "members.change" => json!({ "role": "viewer" }),
        "provider_keys.change" => json!({ "label": "x" }),
        "workspace_keys.create" => json!({ "name": "k" }),
        _ => json!({}),
    }
}

/// R-ACC-1, T6: an id of another workspace cannot be told from one that nobody has, in whatever path, query or body it stands.
#[tokio::test]
async fn r_acc_1_ids_of_other_workspaces_are_nobodys() {
    let town = Town::open("ids-apart").await;
    town.with_providers().await;
    let (owner, stranger) = (town.by("owner").await, town.by("stranger").await);
    town.seat("viewer").await;
    let acme = |tail: &str| format!("POST /api/manage/workspaces/acme/{tail}");
    let made = async |tail: &str, body: Value| {
        let (status, made) = town.call(&owner, &acme(tail), body).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    };
    let ends = town.clock.now().plus(Duration::from_secs(60)).to_string();
    let key = made("keys", json!({ "name": "k" })).await;
    let program = made("management-keys", json!({ "name": "p", "role": "viewer", "expires_at": ends })).await;
    let invitation = made("invitations", json!({ "email": "x@example.com", "role": "viewer" })).await;
    let brought = made("provider-keys", own_keys::key("open", own_keys::SECRET)).await;
    let user = town.user("viewer").to_string();
    let request = town.requested(&json!({ "id": key }), 7, |row| row).to_string();
    // The next id beside it, which is nobody's.
    let nobodys = |id: &str| format!("{}{}", &id[..id.len() - 1], if id.ends_with('0') { '1' } else { '0' });
    let mut looked = 0;
    for row in ROWS.iter().filter(|row| row.path.starts_with("/workspaces/{workspace}/")) {
        let below = row.path.trim_start_matches("/workspaces/{workspace}/");
        let (named, theirs) = match below.split_once('{') {
            None => continue,
            Some(("members/", _)) => ("{user}", &user),
            Some(("invitations/", _)) => ("{invitation}", &invitation),
            Some(("keys/", _)) => ("{key}", &key),
            Some(("management-keys/", _)) => ("{key}", &program),
            Some(("provider-keys/", _)) => ("{key}", &brought),
            Some(("usage/", _)) => ("{request}", &request),
            Some(_) => panic!("{} names something that this test does not know", row.path),
        };
        let mut answers = Vec::new();
        for id in [theirs.clone(), nobodys(theirs)] {
            let path = format!("{}{}", MANAGED.base, row.path.replace("{workspace}", "bolt").replace(named, &id));
            answers.push(whole(&town, &stranger, row, &path, &good(row)).await);
        }
        assert_eq!(answers[0], answers[1], "{}", row.path);
        assert!(answers[0].starts_with("404 Not Found yes\n"), "{}: {}", row.path, answers[0]);
        looked += 1;
    }
    assert_eq!(looked, 11);
    // In bodies, and in what lists begin after.
    let create = ROWS.iter().find(|row| row.name == "workspace_keys.create").unwrap();
    let mut answers = Vec::new();
    for id in [user.clone(), nobodys(&user)] {
        let body = json!({ "name": "k", "owner": id });
        answers.push(whole(&town, &stranger, create, "/api/manage/workspaces/bolt/keys", &body).await);
    }
    assert!(answers[0] == answers[1] && answers[0].starts_with("400"), "{answers:?}");
    for (list, id) in [
        ("keys", &key),
        ("management-keys", &program),
        ("provider-keys", &brought),
        ("invitations", &invitation),
        ("members", &user),
    ] {
        let row = ROWS.iter().find(|row| row.path == format!("/workspaces/{{workspace}}/{list}")).unwrap();
        let path = |id: &str| format!("/api/manage/workspaces/bolt/{list}?before={id}");
        let theirs = whole(&town, &stranger, row, &path(id), &json!({})).await;
        assert_eq!(theirs, whole(&town, &stranger, row, &path(&nobodys(id)), &json!({})).await, "{list}");
        assert!(theirs.starts_with("200"), "{theirs}");
    }
    // Nothing of it came to them.
    let (_, shown) = town.call(&owner, &format!("GET /api/manage/workspaces/acme/keys/{key}"), Value::Null).await;
    assert_eq!((&shown["revoked_at"], &shown["name"]), (&Value::Null, &json!("k")));
}

/// R-ACC-1, T6: whoever has a place in one workspace, a program too, sees of another what is seen of none, with a body that is right
/// and with one that is not.
#[tokio::test]
async fn r_acc_1_workspaces_of_others_are_nobodys() {
    let town = Town::open("all-apart").await;
    let bolt = town.house().workspaces.named("bolt").unwrap().id.to_string();
    let program = By::Bearer(format!("Bearer {}", town.program(Role::Admin).await.0));
    let mut looked = 0;
    for by in [town.by("owner").await, town.by("viewer").await, program] {
        for row in ROWS.iter().filter(|row| row.path.contains("{workspace}") && row.may != May::Operator) {
            for body in [good(row), json!([])] {
                let mut answers = Vec::new();
                for workspace in ["bolt", &bolt, "nowhere", "ws_00000000000000000000000000"] {
                    answers.push(whole(&town, &by, row, &path_of(row, workspace), &body).await);
                }
                assert!(answers.iter().all(|answer| *answer == answers[0]), "{} {answers:?}", row.path);
                assert!(answers[0].starts_with("404 Not Found 404\n"), "{} {answers:?}", row.path);
                looked += 1;
            }
        }
    }
    assert!(looked > 100, "{looked}");
}

/// R-ACC-1: the log of a workspace is what was done in it, for those who look after it.
#[tokio::test]
async fn r_acc_1_a_workspace_has_its_own_log() {
    let town = Town::open("own-log").await;
    let (owner, stranger) = (town.by("owner").await, town.by("stranger").await);
    let (mine, theirs) = ("/api/manage/workspaces/acme/log", "/api/manage/workspaces/bolt/log");
    for n in 0..3 {
        town.later();
        town.key_of(&owner, &format!("k{n}")).await;
        town.later();
        let keys = "POST /api/manage/workspaces/bolt/keys";
        assert_eq!(town.call(&stranger, keys, json!({ "name": "b" })).await.0, 201);
    }
    let acme = json!(town.acme.id.to_string());
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let (status, page) = town.call(&owner, &format!("GET {mine}?limit=2{before}"), Value::Null).await;
        assert_eq!(status, 200, "{page}");
        seen.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert!(seen.iter().all(|entry| entry["workspace"] == acme), "{seen:?}");
    assert_eq!(seen.iter().filter(|entry| entry["action"] == "key.create").count(), 3);
    assert!(seen.is_sorted_by(|a, b| a["at"].as_str() >= b["at"].as_str()));
    let (_, page) = town.call(&stranger, &format!("GET {theirs}"), Value::Null).await;
    assert!(!page.to_string().contains(acme.as_str().unwrap()), "{page}");
}
