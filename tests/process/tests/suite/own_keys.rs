//! Keys that a workspace brings to a provider, with real processes (R-ROUTE-8): used at once, on other nodes within a second, sealed on
//! disk, gone when they are removed; addresses of the list that are not public. Never here: prices, lists, refusals (simtest).

use crate::world::{PATIENCE, World};
use process_tests::{
    Call, Database, Dialect, Ending, Folder, Gateway, MASTER_KEY, Operator, Outcome, Providers, Setup, at,
    exchange, now, server, wait_until,
};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

const SECRET: &str = "sk-own-canary-0123456789";

/// The usual one, and `to-theirs`, whose provider the house has no credential for.
fn catalogue(sim: SocketAddr) -> Value {
    let mut doc = process_tests::catalogue(sim);
    let theirs = json!({ "name": "theirs", "kind": "anthropic", "base_url": format!("http://{sim}/anthropic/v1"),
                         "own_keys": { "allowed": true } });
    let model = json!({ "id": "to-theirs", "context_length": 128_000, "max_output_tokens": 4_096,
                        "price": { "input": "1.00", "output": "10.00" },
                        "route": [{ "provider": "theirs", "model": "sim-anthropic" }] });
    doc["provider"].as_array_mut().into_iter().for_each(|all| all.push(theirs.clone()));
    doc["model"].as_array_mut().into_iter().for_each(|all| all.push(model.clone()));
    doc
}

fn call(model: &str) -> Call {
    Call { dialect: Dialect::OpenAi, model: model.into(), text: "hi".into(), max_tokens: 20, stream: false }
}

fn bring(operator: &Operator, workspace: &str, key: &Value) -> Outcome<String> {
    let path = format!("/workspaces/{workspace}/provider-keys");
    let made = operator.ask("POST", &path, Some(key))?;
    let all = operator.ask("GET", &path, None)?;
    assert!(!format!("{made}{all}").contains("canary"), "{made} {all}");
    made["id"].as_str().map(str::to_owned).ok_or_else(|| format!("no id: {made}"))
}

/// Whether a text is in any file of a folder.
fn is_written(folder: &Path, text: &str) -> Outcome<bool> {
    for entry in std::fs::read_dir(folder).map_err(at("the data folder"))? {
        let path = entry.map_err(at("the data folder"))?.path();
        let found = match path.is_dir() {
            true => is_written(&path, text)?,
            false => {
                let bytes = std::fs::read(&path).unwrap_or_default();
                bytes.windows(text.len()).any(|window| window == text.as_bytes())
            }
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

fn used_and_never_told(setups: &[Setup]) -> Outcome<()> {
    let providers = Providers::start("sim-upstream")?;
    let mut gateways = setups.iter().map(Gateway::start).collect::<Outcome<Vec<_>>>()?;
    let operator = gateways[0].operator()?;
    operator.apply(&catalogue(providers.address))?;
    let account = operator.customer("acme", "1.00")?;
    for gateway in &gateways {
        operator.at(gateway.address).knows(&account)?;
    }
    let asked = call("to-theirs").request(&account.key);
    let status = |gateway: &Gateway| {
        let reply = exchange(gateway.address, &asked, PATIENCE).map_err(at("a call"))?;
        Ok::<u16, String>(reply.head.status)
    };
    let everywhere = |gateways: &[Gateway], wanted: u16| {
        let since = now();
        assert_eq!(status(&gateways[0])?, wanted, "at once where it was changed");
        wait_until("the change is known on every node", Duration::from_secs(5), || {
            let all = gateways.iter().map(&status).collect::<Outcome<Vec<u16>>>()?;
            Ok(all.iter().all(|status| *status == wanted).then_some(()))
        })?;
        let took = now() - since;
        assert!(took <= Duration::from_secs(1), "{took:?}");
        Ok::<(), String>(())
    };
    everywhere(&gateways, 404)?;
    let key = json!({ "provider": "theirs", "label": "ours", "key": SECRET });
    let id = bring(&operator, &account.workspace, &key)?;
    everywhere(&gateways, 200)?;
    // What was sealed opens after a restart.
    gateways[0].kill()?;
    gateways[0] = Gateway::start(&setups[0])?;
    let operator = gateways[0].operator()?;
    everywhere(&gateways, 200)?;
    operator.no_holds(Duration::from_secs(5))?;
    assert_eq!(operator.balance(&account)?, (1_000_000_000, 0));
    for row in operator.rows(&account)?.iter().filter(|row| row.value["status"] == 200) {
        assert_eq!((row.charge_nano, &row.value["provider"]), (0, &json!("theirs (own key)")), "{}", row.value);
        assert!(row.value["tokens"]["output"].as_u64() > Some(0), "{}", row.value);
    }
    operator.ask("DELETE", &format!("/workspaces/{}/provider-keys/{id}", account.workspace), None)?;
    everywhere(&gateways, 404)?;
    let told = format!("{}{}", operator.ask("GET", "/log", None)?, operator.ask("GET", "/providers", None)?);
    assert!(told.contains("provider_key.create") && !told.contains("canary"));
    for (gateway, setup) in gateways.iter().zip(setups) {
        gateway.calm()?;
        assert!(!is_written(&setup.data, &SECRET[3..])?, "a file has the secret");
    }
    Ok(())
}

/// R-ROUTE-8, R-ERR-7: a workspace's own key is used for nothing, outlives a restart, and is in no answer, line or file.
#[test]
fn row_002_07_an_own_key_is_used_and_never_comes_back() -> Outcome<()> {
    let folder = Folder::new("own-keys")?;
    used_and_never_told(&[Setup::new(folder.path().join("data")).with("TOLLGATE_PRESET", "002")])
}

/// R-ROUTE-8: the same on two nodes of one PostgreSQL; the other one knows within a second that a key came or went.
#[test]
fn row_002_07_an_own_key_is_known_to_every_node() -> Outcome<()> {
    let Some(server) = server("own keys on two nodes") else { return Ok(()) };
    let (folder, database) = (Folder::new("own-keys-nodes")?, Database::create(&server)?);
    let setup = |n: u32| {
        Setup::new(folder.path().join(format!("data-{n}")))
            .with("TOLLGATE_PRESET", "002")
            .with("TOLLGATE_MASTER_KEY", MASTER_KEY)
            .with("TOLLGATE_DATABASE__URL", &database.url)
    };
    used_and_never_told(&[setup(0), setup(1)])
}

/// R-ROUTE-8: an address of the list that is not a public one is never called, whoever listed it; the house serves unless the
/// workspace is bound to its own keys.
#[test]
fn r_route_8_no_private_address_is_called() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(at("a listener"))?;
    listener.set_nonblocking(true).map_err(at("a listener"))?;
    let port = listener.local_addr().map_err(at("a listener"))?.port();
    let inside = format!("https://localhost:{port}/v1");
    let world = World::open("sim-upstream", &[], |sim| {
        let mut doc = process_tests::catalogue(sim);
        doc["provider"][0]["own_keys"] = json!({ "allowed": true, "base_urls": [inside] });
        doc
    })?;
    let workspace = &world.account.workspace;
    let key = json!({ "provider": "up-openai", "label": "ours", "key": SECRET, "base_url": inside });
    bring(&world.operator, workspace, &key)?;
    let (ending, _) = world.call(&call("to-openai"))?;
    assert_eq!(ending, Ending::Well);
    let bound = json!({ "rules": { "own_providers_only": true } });
    world.operator.ask("PATCH", &format!("/workspaces/{workspace}"), Some(&bound))?;
    let (_, reply) = world.call(&call("to-openai"))?;
    assert!((500..=599).contains(&reply.head.status), "{}", reply.shown());
    assert!(!reply.shown().contains("localhost"), "{}", reply.shown());
    let connected = listener.accept();
    assert!(connected.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "somebody connected");
    world.settled()
}
