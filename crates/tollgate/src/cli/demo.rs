//! `demo`: `serve` with simulated providers, then the seeding that an operator would do by hand, over the same API.
//! In: flags. Out: a running gateway, a key and a ready curl. Never here: a code path of its own.

use crate::cli::args::ConfigArgs;
use crate::cli::client::Client;
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::serving::{load_with, run};
use crate::wiring::token_file;
use http::Method;
use serde_json::{Value, json};
use server::CatalogueDoc;
use std::net::SocketAddr;
use std::path::PathBuf;
use units::Secret;

/// What the demo sells.
const CATALOGUE: &str = include_str!("demo.toml");
/// Where its providers are simulated, unless `sim.listen` says otherwise.
const SIM_LISTEN: &str = "127.0.0.1:8012";
const WORKSPACE: &str = "demo";

/// Runs the demo until a signal.
pub fn demo(args: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    let (configured, _) = load_with(args, Vec::new())?;
    let sim = configured.sim_listen.map_or_else(|| SIM_LISTEN.to_owned(), |a| a.to_string());
    let (config, _) = load_with(args, vec![("sim.listen", "sim", sim.clone())])?;
    let place = Place {
        sim,
        token: token_file(&config.data_dir),
        base: config.base_of(|families| families.openai).unwrap_or("/v1").to_owned(),
    };
    let json = output.is_json();
    run(&config, Box::new(move |address| Box::pin(seed(address, place, json))))
}

/// Where things are.
struct Place {
    /// The simulated providers.
    sim: String,
    /// The file of the first operator token.
    token: PathBuf,
    /// The base path that is shown.
    base: String,
}

async fn seed(address: SocketAddr, place: Place, json: bool) -> Result<(), String> {
    let seeded = plant(address, &place).await.map_err(|e| format!("the demo could not be set up: {e}"))?;
    let output = Output::new(json);
    if json {
        output.value(&seeded);
    } else {
        output.line(&welcome(&seeded));
    }
    Ok(())
}

async fn plant(address: SocketAddr, Place { sim, token, base }: &Place) -> Result<Value, Trouble> {
    let text = std::fs::read_to_string(token)
        .map_err(|e| Trouble::Failed(format!("the token file {} cannot be read: {e}", token.display())))?;
    let token = text.trim().to_owned();
    let origin = format!("http://{address}");
    let client = Client::with(format!("{origin}/api/manage"), Secret::new(token.clone()));
    let docs: CatalogueDoc = toml::from_str(&CATALOGUE.replace("SIM", sim))
        .map_err(|e| Trouble::Failed(format!("the demo's catalogue is not valid: {e}")))?;
    client.send(Method::PUT, "/catalogue", Some(&json!(docs))).await?;
    let workspaces = client.send(Method::GET, "/workspaces?limit=1000", None).await?;
    let there = workspaces["data"].as_array().into_iter().flatten().any(|w| w["slug"] == WORKSPACE);
    if !there {
        client.send(Method::POST, "/workspaces", Some(&json!({ "name": "Demo", "slug": WORKSPACE }))).await?;
        let grant = json!({ "amount_usd": "5.00", "reason": "demo credit", "kind": "promo" });
        client.send(Method::POST, "/workspaces/demo/credit", Some(&grant)).await?;
    }
    let key =
        client.send(Method::POST, "/keys", Some(&json!({ "workspace": WORKSPACE, "name": "demo key" }))).await?;
    Ok(json!({
        "base_url": format!("{origin}{base}"), "api_key": key["key"], "operator_token": token, "workspace": key["workspace"],
    }))
}

fn welcome(seeded: &Value) -> String {
    let (base, key) = (seeded["base_url"].as_str().unwrap_or(""), seeded["api_key"].as_str().unwrap_or(""));
    format!(
        "Tollgate is running.\n\n  base URL  {base}\n  API key   {key}\n  workspace demo, with $5.00 of credit\n\nTry it:\n\n  \
         curl {base}/chat/completions \\\n    -H 'Authorization: Bearer {key}' \\\n    -H 'Content-Type: application/json' \\\n    \
         -d '{{\"model\":\"sim-openai\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'\n"
    )
}
