//! What secrets are sealed with, changed while real processes run: a new key for seals, another master key; keys of callers, the
//! catalogue's credentials and a workspace's own key go on working. Never here: what a seal is, a change that is cut off (server).

use crate::world::PATIENCE;
use process_tests::{
    Account, Call, Database, Dialect, Folder, Gateway, MASTER_KEY, Operator, Outcome, Providers, Setup, Shell, at,
    catalogue, exchange, raw, server, wait_until,
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const OTHER_MASTER: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

/// The usual catalogue; a workspace may bring a key to the provider of `to-anthropic`.
fn own_keys(sim: SocketAddr) -> Value {
    let mut doc = catalogue(sim);
    doc["provider"][1]["own_keys"] = json!({ "allowed": true });
    doc
}

/// A customer with a key of its own at one provider.
fn customer(operator: &Operator, sim: SocketAddr) -> Outcome<Account> {
    operator.apply(&own_keys(sim))?;
    let account = operator.customer("acme", "5.00")?;
    let key = json!({ "provider": "up-anthropic", "label": "ours", "key": "sk-own-canary-0123456789" });
    operator.ask("POST", &format!("/workspaces/{}/provider-keys", account.workspace), Some(&key))?;
    Ok(account)
}

/// Calls by the house's credential and by the workspace's own key.
fn both(gateway: &Gateway, account: &Account) -> Outcome<()> {
    for model in ["to-openai", "to-anthropic"] {
        let call =
            Call { dialect: Dialect::OpenAi, model: model.into(), text: "hi".into(), max_tokens: 9, stream: false };
        let reply = exchange(gateway.address, &call.request(&account.key), PATIENCE).map_err(at("a call"))?;
        if reply.head.status != 200 {
            return Err(format!("{model}: {}", reply.shown()));
        }
    }
    Ok(())
}

/// Whether calls by the own key were its own, and not the house's in its place.
fn all_were_own(operator: &Operator, account: &Account) -> Outcome<()> {
    for row in operator.rows(account)?.iter().filter(|row| row.value["model"] == "to-anthropic") {
        assert_eq!(row.value["provider"], "up-anthropic (own key)", "{}", row.value);
    }
    Ok(())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or("none")
}

/// On SQLite: a new key while calls run; another master key once it is stopped, which the old one does not open any more.
#[test]
fn r_route_8_secrets_are_sealed_anew_on_sqlite() -> Outcome<()> {
    let (providers, folder) = (Providers::start("sim-upstream")?, Folder::new("secrets")?);
    let setup = Setup::new(folder.path().join("data"));
    let mut gateway = Gateway::start(&setup)?;
    let operator = gateway.operator()?;
    let account = customer(&operator, providers.address)?;
    let shell = Shell::of(&gateway, &setup)?;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                both(&gateway, &account)?;
            }
            Ok::<(), String>(())
        });
        // A new store has a first key of its own already; two provider secrets of the house and one of the workspace.
        let told = shell.json(&["secrets", "rotate"]);
        done.store(true, Ordering::Relaxed);
        assert_eq!(told?, json!({ "key": 2, "resealed": 3, "unreadable": 0 }));
        calls.join().map_err(|_| "the calls panicked".to_owned())?
    })?;
    shell.run(&["secrets", "rotate"])?.says(&["key 2: 0 secrets are sealed anew"])?;
    let file = folder.path().join("new.key");
    let change = ["secrets", "rotate", "--data", text(&setup.data), "--new-master-key-file", text(&file)];
    shell.ends(1, &change)?.complains(&["in use"])?;
    assert!(!file.exists());
    gateway.terminate()?;
    gateway.ended(PATIENCE)?;
    let current = setup.data.join("master.key");
    let same = ["secrets", "rotate", "--data", text(&setup.data), "--new-master-key-file", text(&current)];
    shell.ends(2, &same)?.complains(&["is in use"])?;
    shell.run(&change)?.complains(&["is new", "tollgate secrets rotate"])?;
    shell.ends(1, &change)?.complains(&["the master key is not the one"])?;
    let (code, told) = setup.refused()?;
    assert!(code == 2 && told.contains("not the one this store was started with"), "{code} {told}");
    let setup = setup.with("TOLLGATE_MASTER_KEY_FILE", text(&file));
    gateway = Gateway::start(&setup)?;
    both(&gateway, &account)?;
    // The key was young when the process ended: the one that runs now brings the change to its end.
    let told = Shell::of(&gateway, &setup)?.json(&["secrets", "rotate"])?;
    assert_eq!((&told["key"], &told["unreadable"]), (&json!(2), &json!(0)));
    let operator = gateway.operator()?;
    let log = operator.ask("GET", "/log", None)?.to_string();
    assert!(["secrets.begin", "secrets.rotate", "secrets.master"].iter().all(|what| log.contains(what)), "{log}");
    all_were_own(&operator, &account)?;
    gateway.calm()
}

/// Killed at any moment of a change of keys, a gateway comes up again, opens every secret, and brings the change to its end.
#[test]
fn r_route_8_a_change_of_keys_outlives_kills() -> Outcome<()> {
    let (providers, folder) = (Providers::start("sim-upstream")?, Folder::new("secrets-kill")?);
    let setup = Setup::new(folder.path().join("data"));
    let mut gateway = Gateway::start(&setup)?;
    let operator = gateway.operator()?;
    let account = customer(&operator, providers.address)?;
    for n in 0..60 {
        let key = json!({ "provider": "up-anthropic", "label": "ours", "key": format!("sk-own-0123456789-{n}") });
        operator.ask("POST", &format!("/workspaces/{}/provider-keys", account.workspace), Some(&key))?;
    }
    let token = format!("Bearer {}", operator.token());
    let rotate = raw("POST", "/api/manage/secrets/rotate", &[("authorization", &token)], b"");
    for round in 0..10 {
        let address = gateway.address;
        std::thread::scope(|scope| {
            // It is cut off, or was fast enough.
            let asked = scope.spawn(|| drop(exchange(address, &rotate, PATIENCE)));
            std::thread::sleep(Duration::from_millis(2 * round));
            let killed = gateway.kill();
            asked.join().map_err(|_| "the request panicked".to_owned()).and(killed)
        })?;
        gateway = Gateway::start(&setup)?;
        both(&gateway, &account)?;
        // Lines are written ten times a second.
        std::thread::sleep(Duration::from_millis(150));
        assert!(!gateway.log().contains("own_key.unreadable"), "{}", gateway.log());
    }
    let told = Shell::of(&gateway, &setup)?.json(&["secrets", "rotate"])?;
    assert_eq!((told["key"].as_u64() >= Some(2), &told["unreadable"]), (true, &json!(0)), "{told}");
    all_were_own(&gateway.operator()?, &account)?;
    gateway.calm()
}

/// On two nodes of one PostgreSQL: each goes on with what the other seals; another master key while both run is no trouble until they
/// start again, and the one that has the old one still changes nothing.
#[test]
fn r_route_8_secrets_are_sealed_anew_on_two_nodes() -> Outcome<()> {
    let Some(server) = server("secrets on two nodes") else { return Ok(()) };
    let (providers, folder) = (Providers::start("sim-upstream")?, Folder::new("secrets-nodes")?);
    let database = Database::create(&server)?;
    let setup = |n: u32, key: &str| {
        Setup::new(folder.path().join(format!("data-{n}")))
            .with("TOLLGATE_MASTER_KEY", key)
            .with("TOLLGATE_DATABASE__URL", &database.url)
    };
    let setups = [setup(0, MASTER_KEY), setup(1, MASTER_KEY)];
    let mut gateways = setups.iter().map(Gateway::start).collect::<Outcome<Vec<_>>>()?;
    let operator = gateways[0].operator()?;
    let account = customer(&operator, providers.address)?;
    operator.at(gateways[1].address).knows(&account)?;
    wait_until("the other node knows the own key", PATIENCE, || {
        both(&gateways[1], &account)?;
        let rows = operator.rows(&account)?;
        Ok(rows.iter().any(|row| row.value["provider"] == "up-anthropic (own key)").then_some(()))
    })?;
    let shell = Shell::of(&gateways[0], &setups[0])?;
    assert_eq!(shell.json(&["secrets", "rotate"])?, json!({ "key": 2, "resealed": 3, "unreadable": 0 }));
    gateways.iter().try_for_each(|gateway| both(gateway, &account))?;
    // The other node changes the catalogue by what it read, and its secrets work here.
    let mut doc = own_keys(providers.address);
    doc["provider"][0]["credentials"] = json!(["another-credential"]);
    operator.at(gateways[1].address).apply(&doc)?;
    std::thread::sleep(Duration::from_secs(1));
    gateways.iter().try_for_each(|gateway| both(gateway, &account))?;
    let file = shell.file("other.key", OTHER_MASTER)?;
    let change = shell.with("TOLLGATE_MASTER_KEY", MASTER_KEY).with("TOLLGATE_DATABASE__URL", &database.url);
    let change = change.run(&["secrets", "rotate", "--new-master-key-file", &file])?;
    change.complains(&["Start every node with it"])?;
    gateways.iter().try_for_each(|gateway| both(gateway, &account))?;
    shell.ends(1, &["secrets", "rotate"])?.complains(&["sealed with another master key"])?;
    gateways[1].kill()?;
    let (code, told) = setups[1].refused()?;
    assert!(code == 2 && told.contains("not the one this store was started with"), "{code} {told}");
    gateways[1] = Gateway::start(&setup(1, OTHER_MASTER))?;
    gateways.iter().try_for_each(|gateway| both(gateway, &account))?;
    let token = operator.token();
    let shell =
        shell.with("TOLLGATE_URL", &format!("http://{}", gateways[1].address)).with("TOLLGATE_TOKEN", token);
    assert_eq!(shell.json(&["secrets", "rotate"])?["unreadable"], 0);
    gateways.iter().try_for_each(|gateway| both(gateway, &account))?;
    gateways.iter().try_for_each(Gateway::calm)
}
