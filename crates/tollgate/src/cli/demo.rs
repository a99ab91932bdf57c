//! `demo`: a month of a product's life with simulated providers, then `serve`, with the seeding that an operator would do by hand over
//! the same API. In: flags. Out: a running gateway, people who can sign in, a key and a ready curl. Never here: what the month is made
//! of (demo.rs), a code path of its own.

use crate::cli::args::{ConfigArgs, DemoArgs};
use crate::cli::client::{Client, blocking};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::serving::{load_with, run};
use crate::config::Config;
use crate::demo::{self, HistoryError, How, Kept, WORKSPACE};
use crate::wiring::{SystemClock, token_file};
use http::Method;
use serde_json::{Value, json};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use units::{Clock, Secret};

/// Where its providers are simulated, where that is free and `sim.listen` says nothing else.
const SIM_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8_012);
/// The credit of a demonstration without a month.
const CREDIT_USD: &str = "5.00";

/// Runs the demo until a signal.
pub fn demo(args: &ConfigArgs, how: &DemoArgs, output: &Output) -> Result<(), Trouble> {
    let config = configured(args, how)?;
    let sim = config.sim_listen.unwrap_or(SIM_LISTEN).to_string();
    let kept = if how.empty { None } else { month(&config, (how, &sim), output)? };
    let place = Place {
        sim,
        token: token_file(&config.data_dir),
        base: config.base_of(|families| families.openai).unwrap_or("/v1").to_owned(),
        kept,
        quiet: how.quiet,
    };
    let json = output.is_json();
    run(&config, Box::new(move |address| Box::pin(begin(address, place, json))))
}

/// The configuration of a demonstration: on this machine alone unless it is said, at ports that are free.
fn configured(args: &ConfigArgs, how: &DemoArgs) -> Result<Config, Trouble> {
    let (said, _) = load_with(args, Vec::new())?;
    let listen = match (how.port, &args.listen) {
        (Some(_), Some(_)) => {
            return Err(Trouble::Usage("--port is the port of --listen ADDR:PORT: give one of the two".into()));
        }
        (Some(port), None) => SocketAddr::new(said.server.listen.ip(), port),
        (None, _) => said.server.listen,
    };
    if !listen.ip().is_loopback() && !how.public {
        let told = format!(
            "the demo's passwords and books are for playing: it listens on this machine alone, and {listen} is for \
             others too; say --public if they may come in"
        );
        return Err(Trouble::Usage(told));
    }
    free(listen).map_err(|error| Trouble::Failed(taken(listen, &error)))?;
    let sim = match said.sim_listen {
        Some(sim) => sim,
        None if listen != SIM_LISTEN && free(SIM_LISTEN).is_ok() => SIM_LISTEN,
        None => any(&listen)?,
    };
    let more = vec![("server.listen", "port", listen.to_string()), ("sim.listen", "sim", sim.to_string())];
    Ok(load_with(args, more)?.0)
}

fn taken(listen: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let other = listen.port().checked_add(10).unwrap_or(8_021);
            format!(
                "port {} is in use by another process; choose one with --port, such as --port {other}",
                listen.port()
            )
        }
        _ => format!("cannot listen on {listen}: {error}"),
    }
}

/// Whether nobody listens there. It is let go at once: serving takes it for good.
fn free(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}

/// A port of this machine that is free, for the simulated providers.
fn any(but: &SocketAddr) -> Result<SocketAddr, Trouble> {
    let found = || TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).and_then(|taken| taken.local_addr());
    // The other port is not taken yet, so that it may be drawn as well.
    let first = found().and_then(|one| if one == *but { found() } else { Ok(one) });
    first.map_err(|e| Trouble::Failed(format!("no port is free for the simulated providers: {e}")))
}

/// The month: what is kept of one, or a new one where the store is empty.
fn month(config: &Config, (how, sim): (&DemoArgs, &str), output: &Output) -> Result<Option<Kept>, Trouble> {
    if let Some(kept) = Kept::read(&config.data_dir) {
        return Ok(Some(kept));
    }
    output.talk("Making a month of traffic ...");
    let how = How { seed: how.seed, sim, now: SystemClock.now() };
    let failed = |error: HistoryError| match error {
        HistoryError::Wiring(cause) if cause.is_configuration() => Trouble::Usage(cause.to_string()),
        other => Trouble::Failed(format!("the month of the demo could not be made: {other}")),
    };
    let told = blocking(async { demo::tell(config, how).await.map_err(failed) })?;
    if told.is_none() {
        output.talk("The store is in use already, so it gets no month; --data names another folder.");
    }
    Ok(told)
}

/// Where things are.
struct Place {
    /// The simulated providers.
    sim: String,
    /// The file of the first operator token.
    token: PathBuf,
    /// The base path that is shown.
    base: String,
    /// What is kept of the month.
    kept: Option<Kept>,
    /// Whether no calls go on.
    quiet: bool,
}

async fn begin(address: SocketAddr, place: Place, json: bool) -> Result<(), String> {
    let seeded = plant(address, &place).await.map_err(|e| format!("the demo could not be set up: {e}"))?;
    let output = Output::new(json);
    if json {
        output.value(&seeded);
    } else {
        output.line(&welcome(&seeded));
    }
    if let Some(kept) = place.kept.filter(|_| !place.quiet) {
        demo::go_on(seeded["base_url"].as_str().unwrap_or_default(), &kept).await;
    }
    Ok(())
}

async fn plant(address: SocketAddr, place: &Place) -> Result<Value, Trouble> {
    let Place { sim, token, base, kept, .. } = place;
    let text = std::fs::read_to_string(token)
        .map_err(|e| Trouble::Failed(format!("the token file {} cannot be read: {e}", token.display())))?;
    let token = text.trim().to_owned();
    let origin = format!("http://{address}");
    let client = Client::with(format!("{origin}/api/manage"), Secret::new(token.clone()));
    let docs = demo::catalogue_now(sim).map_err(|e| Trouble::Failed(e.to_string()))?;
    client.send(Method::PUT, "/catalogue", Some(&docs)).await?;
    let mut told = json!({
        "base_url": format!("{origin}{base}"), "console_url": origin, "operator_token": token,
        "workspace": Value::Null, "api_key": Value::Null, "people": [],
    });
    let workspace = match kept {
        Some(kept) => {
            (told["api_key"], told["people"]) = (json!(kept.api_key), kept.people());
            client.send(Method::GET, &format!("/workspaces/{WORKSPACE}"), None).await?
        }
        None => {
            let workspace = bare_workspace(&client).await?;
            let new = json!({ "workspace": WORKSPACE, "name": "demo key" });
            told["api_key"] = client.send(Method::POST, "/keys", Some(&new)).await?["key"].take();
            workspace
        }
    };
    told["workspace"] = workspace["id"].clone();
    told["balance_micro_usd"] = workspace["balance_micro_usd"].clone();
    Ok(told)
}

/// The workspace of a demonstration without a month.
async fn bare_workspace(client: &Client) -> Result<Value, Trouble> {
    let workspaces = client.send(Method::GET, "/workspaces?limit=1000", None).await?;
    let there = workspaces["data"].as_array().into_iter().flatten().any(|w| w["slug"] == WORKSPACE);
    if !there {
        client.send(Method::POST, "/workspaces", Some(&json!({ "name": "Demo", "slug": WORKSPACE }))).await?;
        let grant = json!({ "amount_usd": CREDIT_USD, "reason": "demo credit", "kind": "promo" });
        client.send(Method::POST, "/workspaces/demo/credit", Some(&grant)).await?;
    }
    client.send(Method::GET, "/workspaces/demo", None).await
}

fn welcome(seeded: &Value) -> String {
    let word = |name: &str| seeded[name].as_str().unwrap_or("");
    let (base, key) = (word("base_url"), word("api_key"));
    let mut text = format!("Tollgate is running.\n\n  console   {}\n", word("console_url"));
    for person in seeded["people"].as_array().into_iter().flatten() {
        let word = |name: &str| person[name].as_str().unwrap_or("");
        text.push_str(&format!("  {:<9} {:<22} {}\n", word("who"), word("email"), word("password")));
    }
    let cents = seeded["balance_micro_usd"].as_i64().unwrap_or(0) / 10_000;
    text.push_str(&format!(
        "\n  base URL  {base}\n  API key   {key}\n  workspace demo, with ${}.{:02} of credit\n\nTry it:\n\n  \
         curl {base}/chat/completions \\\n    -H 'Authorization: Bearer {key}' \\\n    -H 'Content-Type: application/json' \\\n    \
         -d '{{\"model\":\"sim-openai\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'\n",
        cents / 100,
        cents % 100,
    ));
    text
}
