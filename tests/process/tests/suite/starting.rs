//! The first seconds of a gateway: who is let in when, commands that come too early.
//! Never here: what it does once it runs; an orderly end (shutdown).

use process_tests::{Folder, Gateway, Outcome, Setup, Shell, at, exchange, now, raw};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// So long a command waits for a server that is just starting (docs/CLI.md).
const START_TIME_MAX: Duration = Duration::from_secs(5);

/// An address at which nobody listens.
fn free() -> Outcome<SocketAddr> {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).map_err(at("a port"))
}

/// A server that takes connections has opened its store and written its token: nobody comes too early.
#[test]
fn nobody_is_let_in_before_the_house_is_open() -> Outcome<()> {
    let folder = Folder::new("starting")?;
    // A database that says nothing keeps the start where it is.
    let database = TcpListener::bind("127.0.0.1:0").map_err(at("a database"))?;
    let url = format!("postgres://x@{}/x", database.local_addr().map_err(at("a database"))?);
    let address = free()?;
    let setup = Setup::new(folder.path().join("data"))
        .with("TOLLGATE_DATABASE__URL", &url)
        .with("TOLLGATE_SERVER__LISTEN", &address.to_string());
    std::thread::scope(|scope| {
        let serve = scope.spawn(|| setup.refused());
        let (asked, _) = database.accept().map_err(at("the gateway asks its database"))?;
        let early = TcpStream::connect_timeout(&address, Duration::from_secs(5));
        drop((asked, database));
        let (code, told) = serve.join().map_err(|_| "the start panicked")??;
        assert_eq!(code, 1, "{told}");
        assert!(early.is_err(), "a connection was taken before the store was open");
        Ok(())
    })
}

/// An address that somebody else listens on is told before a store is made.
#[test]
fn an_address_that_is_taken_stops_the_start_at_once() -> Outcome<()> {
    let folder = Folder::new("starting")?;
    let other = TcpListener::bind("127.0.0.1:0").map_err(at("another server"))?;
    let address = other.local_addr().map_err(at("another server"))?.to_string();
    let setup = Setup::new(folder.path().join("data")).with("TOLLGATE_SERVER__LISTEN", &address);
    let (code, told) = setup.refused()?;
    assert!(code == 1 && told.contains(&format!("cannot listen on {address}")), "{code} {told}");
    assert!(!setup.data.exists());
    Ok(())
}

/// README: `tollgate serve &`, and the next command at once.
#[test]
fn a_command_waits_for_a_server_that_is_just_starting() -> Outcome<()> {
    let folder = Folder::new("starting")?;
    let (data, address) = (folder.path().join("data"), free()?);
    let setup = Setup::new(&data).with("TOLLGATE_SERVER__LISTEN", &address.to_string());
    let shell = Shell::new(folder.path())
        .with("TOLLGATE_SERVER__LISTEN", &address.to_string())
        .with("TOLLGATE_DATA__DIR", &data.display().to_string());
    // At the first start there is neither token nor server, at the next one the token is there.
    for _ in 0..2 {
        std::thread::scope(|scope| {
            let early = scope.spawn(|| shell.run(&["workspace", "list"]));
            std::thread::sleep(Duration::from_millis(500));
            let gateway = Gateway::start(&setup)?;
            early.join().map_err(|_| "the command panicked")??;
            gateway.calm()
        })?;
    }
    // Where none starts, the wait has an end, and the words are those of before.
    let start = now();
    shell.ends(7, &["workspace", "list"])?.complains(&["cannot be asked"])?;
    let alone = shell.with("TOLLGATE_DATA__DIR", "/nowhere");
    alone
        .ends(2, &["workspace", "list"])?
        .complains(&["no operator token: /nowhere/operator.token is not there"])?;
    let took = start.elapsed();
    assert!(took >= START_TIME_MAX && took < START_TIME_MAX * 4, "{took:?}");
    // A server that somebody names is not waited for.
    let start = now();
    shell.ends(7, &["workspace", "list", "--server", &format!("http://{address}")])?;
    assert!(start.elapsed() < START_TIME_MAX, "{:?}", start.elapsed());
    Ok(())
}

/// R-KEY-1, R-API-1: a preset says what new keys begin with; keys that are there stay good, on every surface.
#[test]
fn r_key_1_keys_outlive_a_change_of_their_prefix() -> Outcome<()> {
    let folder = Folder::new("starting")?;
    let setup = Setup::new(folder.path().join("data"));
    let patience = Duration::from_secs(30);
    let mut keys: Vec<String> = Vec::new();
    for (preset, base, prefix) in [
        ("default", "/v1", "sk-tg-"),
        ("000", "/api/v1", "ez-"),
        ("002", "/v1", "zk_live_"),
        ("003", "/anthropic/v1", "sk-"),
        ("004", "/api/v1", "sk_live_"),
    ] {
        let mut gateway = Gateway::start(&setup.clone().with("TOLLGATE_PRESET", preset))?;
        keys.push(gateway.operator()?.customer(&format!("customer {preset}"), "1.00")?.key);
        assert!(keys.last().is_some_and(|key| key.starts_with(prefix)), "{preset}");
        for key in &keys {
            let request = raw("GET", &format!("{base}/key"), &[("x-api-key", key)], b"");
            let reply = exchange(gateway.address, &request, patience).map_err(at(preset))?;
            assert_eq!(reply.head.status, 200, "{preset}: {}", reply.shown());
        }
        gateway.terminate()?;
        assert_eq!(gateway.ended(patience)?.code, Some(0));
    }
    Ok(())
}
