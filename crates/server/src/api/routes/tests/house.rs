//! What operators have of the whole gateway beside money: addresses that are shut out, one box to search by, a look at a workspace.
//! Never here: the ledger (books).

use super::keys::By;
use super::*;
use serde_json::{Value, json};
use store::port::{AuditEntry, LogFilter};

/// R-LIM-3: operators see which addresses are shut out and let one in again, which is logged.
#[tokio::test]
async fn r_lim_3_operators_let_addresses_in_again() {
    let town = Town::open("blocks").await;
    let (token, now) = (town.by("token").await, town.clock.now());
    let house = town.house();
    for address in ["192.0.2.7", "2001:db8:1:2::9"] {
        for _ in 0..50 {
            let _ = house.limiter.failed(address.parse().unwrap(), now);
        }
    }
    let (_, told) = town.call(&token, "GET /api/manage/address-blocks", Value::Null).await;
    assert_eq!((&told["known_by"], &told["nodes"], &told["failures"]), (&json!("local"), &json!(1), &json!(50)));
    let networks: Vec<&Value> = told["data"].as_array().unwrap().iter().map(|one| &one["network"]).collect();
    assert_eq!(networks, ["192.0.2.7", "2001:db8:1:2::/64"]);
    assert_eq!(told["data"][0]["since"], json!(now.to_string()));
    let lift = |address: &str| format!("DELETE /api/manage/address-blocks/{address}");
    let (status, _) = town.call(&token, &lift(told["data"][1]["address"].as_str().unwrap()), Value::Null).await;
    assert_eq!(status, 200);
    let (_, told) = town.call(&token, "GET /api/manage/address-blocks", Value::Null).await;
    assert_eq!(told["data"].as_array().unwrap().len(), 1);
    for gone in ["2001:db8:1:2::9", "192.0.2.8", "nowhere"] {
        assert_eq!(town.call(&token, &lift(gone), Value::Null).await.0, 404, "{gone}");
    }
    let entry = &house.store.page_log(LogFilter { limit: 1, ..LogFilter::default() }).await.unwrap().entries[0];
    assert_eq!((&*entry.action, &*entry.object), ("address_block.lift", "2001:db8:1:2::/64"));
}

async fn found(town: &Town, by: &By, q: &str) -> Vec<(String, String)> {
    let (status, told) = town.call(by, &format!("GET /api/manage/search?q={q}"), Value::Null).await;
    assert_eq!(status, 200, "{q}: {told}");
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    told["data"].as_array().unwrap().iter().map(|one| (text(one, "kind"), text(one, "name"))).collect()
}

/// R-WEB-1: whatever an operator has in hand is found by one box: ids, the beginning of a key, addresses, names.
#[tokio::test]
async fn r_web_1_one_box_finds_what_an_operator_has_in_hand() {
    let town = Town::open("search").await;
    town.with_providers().await;
    let (owner, token) = (town.by("owner").await, town.by("token").await);
    let key = town.key_of(&owner, "laptop").await;
    let request = town.requested(&key, 7, |row| row).to_string();
    let text = key["key"].as_str().unwrap();
    let (id, prefix) = (key["id"].as_str().unwrap(), key["prefix"].as_str().unwrap());
    for q in [id, prefix, text, "LAPT"] {
        assert_eq!(found(&town, &token, q).await, [("key".to_owned(), "laptop".to_owned())], "{q}");
    }
    let kinds = async |q: &str| -> Vec<String> {
        found(&town, &token, q).await.into_iter().map(|(kind, _)| kind).collect()
    };
    assert_eq!(kinds(&request).await, ["request"]);
    assert_eq!(found(&town, &token, "stranger@example").await, [("user".to_owned(), "stranger".to_owned())]);
    assert_eq!(found(&town, &token, "acme").await, [("workspace".to_owned(), "acme".to_owned())]);
    assert_eq!(kinds(&town.acme.id.to_string()).await, ["workspace"]);
    assert!(kinds("open").await.contains(&"provider".to_owned()));
    assert_eq!(kinds("example.com").await, ["user"; 4], "of each kind a few");
    assert_eq!(kinds("nothing%20like%20that").await, Vec::<String>::new());
    for q in ["", "a", "%20a%20", &"x".repeat(101)] {
        let (status, told) = town.call(&token, &format!("GET /api/manage/search?q={q}"), Value::Null).await;
        assert_eq!((status, &told["errors"][0]["field"]), (400, &json!("q")), "{q}");
    }
}

/// R-WEB-1: lists of people and of workspaces are narrowed by the server, so that each of them is found however many are newer, and
/// what is narrowed comes in pages like the whole.
#[tokio::test]
async fn r_web_1_lists_are_narrowed_by_what_is_typed() {
    let town = Town::open("narrowed").await;
    let (owner, token) = (town.by("owner").await, town.by("token").await);
    town.by("viewer").await;
    let names = async |by: &By, path: &str| {
        let (status, told) = town.call(by, &format!("GET /api/manage{path}"), Value::Null).await;
        assert_eq!(status, 200, "{path}: {told}");
        let names = told["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), told["next"].as_str().map(str::to_owned))
    };
    let all = names(&token, "/users").await.0;
    let (first, newer) = (town.user("owner").to_string(), town.user("viewer").to_string());
    for (q, expected) in [
        ("OWNER%40example", "owner"),
        ("%20view%20", "viewer"),
        ("com%20EXAMPLE%20view", "viewer"),
        (&first, "owner"),
        (&newer, "viewer"),
    ] {
        assert_eq!(names(&token, &format!("/users?limit=1&q={q}")).await, (vec![expected.to_owned()], None), "{q}");
    }
    assert_eq!(names(&token, "/users?q=nobody%20like%20that").await, (vec![], None));
    // Pages of what fits are the whole without what does not.
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let (page, next) = names(&token, &format!("/users?q=er&limit=1{before}")).await;
        assert!(page.len() <= 1, "{page:?}");
        seen.extend(page);
        let Some(next) = next else { break };
        before = format!("&before={next}");
    }
    let fitting: Vec<String> = all.into_iter().filter(|name| name.contains("er")).collect();
    assert!(seen.len() > 2, "{seen:?}");
    assert_eq!(seen, fitting);
    let acme = town.acme.id.to_string();
    for (by, q, expected) in [
        (&token, "ACM", &["acme"][..]),
        (&token, &acme, &["acme"]),
        (&token, "bol", &["bolt"]),
        (&owner, "bol", &[]),
    ] {
        assert_eq!(names(by, &format!("/workspaces?q={q}")).await.0, expected, "{q}");
    }
    for path in ["/users", "/workspaces"] {
        for q in ["", "%20", &"x".repeat(101)] {
            let (status, told) = town.call(&token, &format!("GET /api/manage{path}?q={q}"), Value::Null).await;
            assert_eq!((status, &told["errors"][0]["field"]), (400, &json!("q")), "{path} {q}");
        }
    }
}

/// R-ACC-1, R-OPS-4: entries of the log may tell megabytes of a catalogue, so a page of them ends sooner than it is told to, and the
/// next goes on there.
#[tokio::test]
async fn r_acc_1_pages_of_large_entries_end_sooner() {
    let town = Town::open("large-entries").await;
    let (token, owner) = (town.by("token").await, town.by("owner").await);
    let text = "x".repeat(1_500_000);
    for version in 101..=105 {
        town.later();
        let line =
            json!({ "edit": "change", "what": "model", "name": "m", "fields": [{ "field": "f", "before": text }] });
        let entry = AuditEntry {
            at: town.clock.now(),
            actor: "somebody".to_owned(),
            action: "catalogue.apply".to_owned(),
            object: format!("version {version}"),
            detail: json!([line]).to_string(),
            workspace: Some(town.acme.id),
            ..AuditEntry::default()
        };
        town.house().store.note(entry).await.unwrap();
    }
    for (by, path, place) in [
        (&token, "/log", "/detail/0/fields/0/before"),
        (&owner, "/workspaces/acme/log", "/detail/0/fields/0/before"),
        (&token, "/catalogue/history", "/diff/0/fields/0/before"),
    ] {
        let (mut seen, mut sizes, mut before) = (Vec::new(), Vec::new(), String::new());
        loop {
            let (status, page) =
                town.call(by, &format!("GET /api/manage{path}?limit=5{before}"), Value::Null).await;
            assert_eq!(status, 200, "{path}");
            let data = page["data"].as_array().unwrap().clone();
            sizes.push(data.len());
            seen.extend(data);
            let Some(next) = page["next"].as_str().filter(|_| seen.len() < 5) else { break };
            before = format!("&before={next}");
        }
        assert_eq!(sizes[..2], [2, 2], "{path}");
        for (n, one) in (0..5).zip(&seen) {
            let name = one["object"].as_str().map_or_else(|| format!("version {}", one["version"]), str::to_owned);
            assert_eq!(name, format!("version {}", 105 - n), "{path}");
            assert!(one.pointer(place).and_then(Value::as_str) == Some(&*text), "{path}: an entry is not whole");
        }
    }
}

/// R-ACC-2: an operator's look at a workspace is in its log and in the house's, and while it lasts the gate takes no change.
#[tokio::test]
async fn r_acc_2_an_operator_looks_and_changes_nothing() {
    let town = Town::open("look").await;
    let (operator, owner) = (town.by("operator").await, town.by("owner").await);
    assert_eq!(town.call(&operator, "POST /api/manage/workspaces/acme/look", Value::Null).await.0, 201);
    for (by, log) in [(&operator, "/log"), (&owner, "/workspaces/acme/log")] {
        let (_, told) = town.call(by, &format!("GET /api/manage{log}?limit=1"), Value::Null).await;
        let entry = &told["data"][0];
        assert_eq!((&entry["action"], &entry["actor"]), (&json!("workspace.look"), &json!("operator@example.com")));
        assert_eq!(entry["object"], json!(town.acme.id.to_string()));
    }
    let ask = async |method: Method, path: &str, value: &str| {
        let mut headers = operator.headers();
        headers.push(("x-tollgate-look", value));
        let response = town.send_text(&method, &format!("/api/manage{path}"), &headers, "{}".to_owned()).await;
        (response.status().as_u16(), text_of(response).await)
    };
    for row in ROWS.iter().filter(|row| row.path.starts_with("/workspaces/{workspace}") && !row.method.is_safe()) {
        let (status, told) = ask(row.method.clone(), &path_below(row), "read-only").await;
        assert!(status == 403 && told.contains("looking"), "{} {}: {status} {told}", row.method, row.path);
    }
    assert_eq!(ask(Method::GET, "/workspaces/acme/keys", "read-only").await.0, 200);
    assert_eq!(ask(Method::GET, "/workspaces/acme/keys", "no").await.0, 400);
    // Without the word their rights are as they were.
    let body = json!({ "name": "Acme" });
    assert_eq!(town.call(&operator, "PATCH /api/manage/workspaces/acme", body).await.0, 200);
}

/// A path of the workspace, whatever else it names.
fn path_below(row: &Row) -> String {
    let named = row.path.split('/').map(|part| match part {
        "{workspace}" => "acme",
        part if part.starts_with('{') => "x",
        part => part,
    });
    named.collect::<Vec<_>>().join("/")
}
