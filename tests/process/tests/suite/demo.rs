//! `tollgate demo` (R-WEB-4): who can sign in, what is there, what goes on, where it refuses. Never here: what the month is made of
//! (crates/tollgate/src/demo).

use process_tests::{Browser, Folder, Operator, Outcome, Shell, at, now, wait_until};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

/// A demonstration is ready by then, built without optimisation on a busy machine.
const READY_TIME_MAX: Duration = Duration::from_secs(30);
/// The next call of those that go on comes by then.
const CALL_TIME_MAX: Duration = Duration::from_secs(30);

fn free_port() -> Outcome<u16> {
    let socket = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    socket.map(|address| address.port()).map_err(at("a port"))
}

/// A demonstration that has said that it is ready.
struct Demo {
    told: Value,
    address: SocketAddr,
    operator: Operator,
    _running: process_tests::Begun,
}

impl Demo {
    fn start(shell: &Shell, port: u16, more: &[&str]) -> Outcome<Self> {
        let port_text = port.to_string();
        let args = [&["demo", "--json", "--data", "data", "--port", &port_text], more].concat();
        let start = now();
        let mut running = shell.begin(&args, "")?;
        let told: Value = serde_json::from_str(&running.line()?).map_err(at("what demo told"))?;
        assert!(start.elapsed() < READY_TIME_MAX, "{:?}", start.elapsed());
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let operator = Operator::new(address, told["operator_token"].as_str().unwrap_or_default());
        Ok(Self { told, address, operator, _running: running })
    }

    fn signed_in(&self, shell: &Shell, who: &str) -> Outcome<Browser> {
        let people = self.told["people"].as_array().cloned().unwrap_or_default();
        let person = people.into_iter().find(|person| person["who"] == who).ok_or("nobody of that kind")?;
        let mut browser = Browser::new(self.address, &shell.folder().join("data"));
        let body = json!({ "email": person["email"], "password": person["password"] });
        let (status, told) = browser.ask("POST", "/session", &body)?;
        assert_eq!(status, 201, "{who}: {told}");
        Ok(browser)
    }

    fn requests(&self) -> Outcome<i64> {
        let from = "/facts?from=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z";
        let told = self.operator.ask("GET", from, None)?;
        told["total"]["requests"].as_i64().ok_or_else(|| format!("no count of requests in {told}"))
    }
}

/// R-WEB-4: three people can sign in and see what is theirs; the books agree; a second start finds the same; calls go on.
#[test]
fn r_web_4_a_month_is_there_and_people_see_it() -> Outcome<()> {
    let folder = Folder::new("demo")?;
    let shell = Shell::new(folder.path());
    let port = free_port()?;
    let first = {
        let demo = Demo::start(&shell, port, &["--seed", "7", "--quiet"])?;
        assert_eq!(demo.operator.audit()?.findings, Vec::<String>::new());
        let requests = demo.requests()?;
        assert!(requests > 5_000, "{requests}");
        let (status, users) = demo.signed_in(&shell, "operator")?.ask("GET", "/users", &Value::Null)?;
        assert!(status == 200 && users["data"].as_array().is_some_and(|all| all.len() == 6), "{users}");
        let mut developer = demo.signed_in(&shell, "developer")?;
        let (_, seats) = developer.ask("GET", "/workspaces", &Value::Null)?;
        assert_eq!(seats["data"].as_array().map(Vec::len), Some(2), "{seats}");
        let mut viewer = demo.signed_in(&shell, "viewer")?;
        assert_eq!(viewer.ask("GET", "/workspaces/demo/usage", &Value::Null)?.0, 200);
        assert_eq!(viewer.ask("POST", "/workspaces/demo/keys", &json!({ "name": "no" }))?.0, 403);
        assert_eq!(demo.requests()?, requests, "--quiet makes no calls");
        (demo.told.clone(), requests)
    };
    let again = Demo::start(&shell, port, &[])?;
    assert_eq!((&again.told["people"], &again.told["api_key"]), (&first.0["people"], &first.0["api_key"]));
    wait_until("a call that goes on", CALL_TIME_MAX, || Ok((again.requests()? > first.1).then_some(())))?;
    assert_eq!(again.operator.audit()?.findings, Vec::<String>::new());
    Ok(())
}

/// R-WEB-4: a demonstration without a month has a workspace and a key, and nobody who could sign in.
#[test]
fn r_web_4_an_empty_one_has_a_key_and_nobody() -> Outcome<()> {
    let folder = Folder::new("demo")?;
    let demo = Demo::start(&Shell::new(folder.path()), free_port()?, &["--empty"])?;
    assert_eq!(demo.told["people"], json!([]));
    assert_eq!((demo.requests()?, demo.told["balance_micro_usd"].as_i64()), (0, Some(5_000_000)));
    assert!(folder.path().join("data/setup.token").exists() && !folder.path().join("data/demo.json").exists());
    Ok(())
}

/// What is in the way is told before anything is made.
#[test]
fn a_taken_port_and_a_public_address_are_told_at_once() -> Outcome<()> {
    let folder = Folder::new("demo")?;
    let shell = Shell::new(folder.path());
    let other = TcpListener::bind("127.0.0.1:0").map_err(at("another server"))?;
    let port = other.local_addr().map_err(at("another server"))?.port();
    let taken = shell.ends(1, &["demo", "--data", "data", "--port", &port.to_string()])?;
    taken.complains(&[&format!("port {port} is in use"), "--port"])?;
    shell.ends(2, &["demo", "--data", "data", "--listen", "0.0.0.0:0"])?.complains(&["--public", "0.0.0.0:0"])?;
    shell.ends(2, &["demo", "--listen", "127.0.0.1:0", "--port", "1"])?.complains(&["--port", "--listen"])?;
    assert!(!folder.path().join("data").exists());
    Ok(())
}
