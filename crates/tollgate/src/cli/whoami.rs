//! `whoami`: whose key or token this is. In: `TOLLGATE_API_KEY`, or the operator token. Out: the identity.
//! Never here: other keys.

use crate::cli::args::{ConfigArgs, Connection};
use crate::cli::client::{Client, base_url};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::serving::load;
use crate::config::{Environment, ProcessEnvironment};
use serde_json::Value;
use units::Secret;

/// Tells who this is.
pub fn whoami(connection: &Connection, config: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    if let Some(key) = ProcessEnvironment.get("TOLLGATE_API_KEY").filter(|k| !k.is_empty()) {
        let base = base_url(connection, config)?;
        // A server elsewhere may have other surfaces than the settings here say; the usual base path is the best guess.
        let config = load(config).ok().map(|(config, _)| config);
        let surface = config.as_ref().and_then(|config| config.base_of(|families| families.account));
        let surface = surface.unwrap_or("/v1");
        let found = Client::with(base, Secret::new(key)).get(&format!("{surface}/key"))?;
        output.show(&found, &key_text(&found));
        return Ok(());
    }
    let found = Client::new(connection, config)?.get("/api/manage/whoami")?;
    let token = &found["operator_token"];
    output.show(&found, &format!("operator {} ({}...)", text(&token["name"]), text(&token["prefix"])));
    Ok(())
}

fn key_text(found: &Value) -> String {
    let (org, key) = (&found["org"], &found["api_key"]);
    let tier = found["tier"].as_str().map_or_else(String::new, |tier| {
        let limits = &found["limits"];
        let of = |name: &str| match &limits[name] {
            Value::Null => "no limit".to_owned(),
            reading => format!("{} of {}", reading["remaining"], reading["limit"]),
        };
        let [minute, at_once, day] = ["requests_per_minute", "concurrent_requests", "requests_per_day"].map(of);
        format!("\ntier       {tier}: {minute} left this minute, {at_once} at once, {day} today")
    });
    format!(
        "workspace  {} ({})\nkey        {} ({}...)\nspent      {} micro-USD\nbalance    {} micro-USD, {} on hold{tier}",
        text(&org["name"]),
        text(&org["id"]),
        text(&key["name"]),
        text(&key["prefix"]),
        key["spend_micro_usd"],
        found["balance_micro_usd"],
        found["holds_micro_usd"],
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}
