//! Calls that are done once (`Idempotency-Key`), by many callers at once, on every node, over a kill. Never here: what is kept of
//! them (the store's suite), which calls these are (the server's table).

use process_tests::{
    Conversation, Database, Folder, Gateway, MASTER_KEY, Outcome, Reply, Setup, at, crowd, exchange, raw, server,
    wait_until,
};
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
const CALLERS: usize = 24;

fn request(bearer: &str, path: &str, key: &str, body: &Value) -> Vec<u8> {
    let headers = [("authorization", bearer), ("idempotency-key", key)];
    raw("POST", &format!("/api/manage{path}"), &headers, body.to_string().as_bytes())
}

fn send(gateway: &Gateway, bearer: &str, path: &str, key: &str, body: &Value) -> Outcome<Reply> {
    let request = request(bearer, path, key, body);
    exchange(gateway.address, &request, PATIENCE).map_err(at(path))
}

fn done_once(setups: &[Setup]) -> Outcome<()> {
    let mut gateways = setups.iter().map(Gateway::start).collect::<Outcome<Vec<_>>>()?;
    let operator = gateways[0].operator()?;
    let bearer = format!("Bearer {}", operator.token());
    assert_eq!(send(&gateways[0], &bearer, "/workspaces", "w", &json!({ "name": "Acme" }))?.head.status, 201);
    let (grant, key) = (json!({ "amount_usd": "5", "reason": "x" }), json!({ "workspace": "acme", "name": "k" }));
    let mut first = Vec::new();
    for (path, body) in [("/workspaces/acme/credit", &grant), ("/keys", &key)] {
        let callers: Vec<usize> = (0..CALLERS).collect();
        let replies =
            crowd(CALLERS, &callers, |n| send(&gateways[n % gateways.len()], &bearer, path, "one", body))?;
        let replies = replies.into_iter().collect::<Outcome<Vec<_>>>()?;
        let mut good = replies.iter().filter(|reply| reply.head.status == 201);
        let one = good.next().ok_or_else(|| format!("{path}: nobody was served"))?.text();
        // All others heard that it runs, or its answer.
        assert!(good.all(|reply| reply.text() == one), "{path}");
        let others = replies.iter().filter(|reply| reply.head.status != 201);
        for reply in others {
            assert_eq!((reply.head.status, &reply.json()["code"]), (409, &json!("idempotency_not_ended")));
        }
        let firsts = replies
            .iter()
            .filter(|reply| reply.head.status == 201 && reply.head.get("idempotent-replayed").is_empty());
        assert_eq!(firsts.count(), 1, "{path}");
        first.push((path, body, one));
    }
    // A killed node has told all that it did.
    gateways[0].kill()?;
    gateways[0] = Gateway::start(&setups[0])?;
    for gateway in &gateways {
        for (path, body, one) in &first {
            let again = send(gateway, &bearer, path, "one", body)?;
            let told = (again.head.status, again.head.get("idempotent-replayed"), again.text());
            assert_eq!(told, (201, "true", one.clone()), "{path}");
            let other = send(gateway, &bearer, path, "one", &json!({ "name": "other" }))?;
            assert_eq!((other.head.status, &other.json()["code"]), (422, &json!("idempotency_key_reused")));
        }
    }
    let operator = gateways[0].operator()?;
    let (workspace, keys) = (operator.ask("GET", "/workspaces/acme", None)?, operator.ask("GET", "/keys", None)?);
    assert_eq!(
        (&workspace["balance_micro_usd"], keys["data"].as_array().map(Vec::len)),
        (&json!(5_000_000), Some(1))
    );
    gateways.iter().try_for_each(Gateway::calm)
}

/// R-ACC-1, R-KEY-1: whoever sends a call twice, at once or after a kill, has it done once, and has the first answer.
#[test]
fn r_acc_1_a_repeated_call_is_done_once() -> Outcome<()> {
    let folder = Folder::new("once")?;
    done_once(&[Setup::new(folder.path().join("data"))])
}

/// R-ACC-1: who hangs up without an answer and asks again has one key, whose text they can still read.
#[test]
fn r_acc_1_who_hangs_up_finds_what_was_done() -> Outcome<()> {
    let folder = Folder::new("once-gone")?;
    let gateway = Gateway::start(&Setup::new(folder.path().join("data")))?;
    let operator = gateway.operator()?;
    let bearer = format!("Bearer {}", operator.token());
    operator.ask("POST", "/workspaces", Some(&json!({ "name": "Acme" })))?;
    for n in 0..12 {
        let (key, body) = (format!("gone-{n}"), json!({ "workspace": "acme", "name": format!("k{n}") }));
        let mut gone = Conversation::open(gateway.address, PATIENCE).map_err(at("a connection"))?;
        gone.send(&request(&bearer, "/keys", &key, &body)).map_err(at("a request"))?;
        drop(gone);
        let made = wait_until("the call has ended", PATIENCE, || {
            let reply = send(&gateway, &bearer, "/keys", &key, &body)?;
            Ok((reply.head.status == 201).then(|| reply.json()))
        })?;
        assert!(made["key"].as_str().is_some_and(|text| text.len() > 20), "{made}");
    }
    let keys = operator.ask("GET", "/keys", None)?;
    assert_eq!(keys["data"].as_array().map(Vec::len), Some(12));
    gateway.calm()
}

/// R-KEY-2: who revokes a key and hangs up has revoked it: a key that is told to be revoked is refused.
#[test]
fn r_key_2_who_hangs_up_has_revoked() -> Outcome<()> {
    let folder = Folder::new("revoked-gone")?;
    let gateway = Gateway::start(&Setup::new(folder.path().join("data")))?;
    let operator = gateway.operator()?;
    let bearer = format!("Bearer {}", operator.token());
    operator.ask("POST", "/workspaces", Some(&json!({ "name": "Acme" })))?;
    for n in 0..24 {
        let made = operator.ask("POST", "/keys", Some(&json!({ "workspace": "acme", "name": format!("k{n}") })))?;
        let path = format!("/keys/{}", made["id"].as_str().unwrap_or(""));
        let request = raw("DELETE", &format!("/api/manage{path}"), &[("authorization", &bearer)], b"");
        let mut gone = Conversation::open(gateway.address, PATIENCE).map_err(at("a connection"))?;
        gone.send(&request).map_err(at("a request"))?;
        drop(gone);
        // A request that was never read revokes nothing: it is sent again.
        let mut looks = 0;
        wait_until("the key is revoked", PATIENCE, || {
            looks += 1;
            if looks % 20 == 0 {
                operator.ask("DELETE", &path, None)?;
            }
            Ok((!operator.ask("GET", &path, None)?["revoked_at"].is_null()).then_some(()))
        })?;
        let key = format!("Bearer {}", made["key"].as_str().unwrap_or(""));
        let asked = raw("GET", "/v1/models", &[("authorization", &key)], b"");
        wait_until("the key is refused", Duration::from_secs(5), || {
            let reply = exchange(gateway.address, &asked, PATIENCE).map_err(at("/v1/models"))?;
            Ok((reply.head.status == 401).then_some(()))
        })?;
    }
    gateway.calm()
}

/// R-ACC-1: so it is on two nodes of one PostgreSQL.
#[test]
fn r_acc_1_a_repeated_call_is_done_once_on_all_nodes() -> Outcome<()> {
    let Some(server) = server("repeated calls on two nodes") else { return Ok(()) };
    let (folder, database) = (Folder::new("once-nodes")?, Database::create(&server)?);
    let setup = |n: u32| {
        Setup::new(folder.path().join(format!("data-{n}")))
            .with("TOLLGATE_MASTER_KEY", MASTER_KEY)
            .with("TOLLGATE_DATABASE__URL", &database.url)
    };
    done_once(&[setup(0), setup(1)])
}
