//! `whoami`: whose key or token this is. In: `TOLLGATE_API_KEY`, the key of `login`, or the operator token. Out: the identity.
//! Never here: other keys.

use crate::cli::args::{ConfigArgs, Connection};
use crate::cli::client::{Client, base_url};
use crate::cli::credentials::{Credentials, Kept};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::serving::load;
use crate::config::{Environment, ProcessEnvironment};
use serde_json::Value;
use units::Secret;

/// Tells who this is.
pub fn whoami(connection: &Connection, config: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    if let Some(kept) = own_key(connection, config)? {
        let found = Client::with(kept.base_url, kept.key).get("/key")?;
        output.show(&found, &key_text(&found));
        return Ok(());
    }
    let found = Client::new(connection, config)?.get("/api/manage/whoami")?;
    let token = &found["operator_token"];
    output.show(&found, &format!("operator {} ({}...)", text(&token["name"]), text(&token["prefix"])));
    Ok(())
}

/// The key of whoever asks: what the environment has, else what `login` keeps, where no token is named.
pub fn own_key(connection: &Connection, config: &ConfigArgs) -> Result<Option<Kept>, Trouble> {
    let named = |name: &str| ProcessEnvironment.get(name).filter(|value| !value.is_empty());
    if let Some(key) = named("TOLLGATE_API_KEY") {
        let base_url = key_base(&base_url(connection, config)?, config);
        return Ok(Some(Kept { base_url, key: Secret::new(key) }));
    }
    if connection.token_file.is_some() || named("TOLLGATE_TOKEN").is_some() {
        return Ok(None);
    }
    match Credentials::find(&ProcessEnvironment) {
        Ok(credentials) => credentials.of(&base_url(connection, config)?),
        // Where nothing can be kept, nothing is.
        Err(_) => Ok(None),
    }
}

/// Where a key tells whose it is. A server elsewhere may have other surfaces than the settings here say; the usual base path is the
/// best guess.
pub fn key_base(server: &str, config: &ConfigArgs) -> String {
    let config = load(config).ok().map(|(config, _)| config);
    let surface = config.as_ref().and_then(|config| config.base_of(|families| families.account));
    format!("{server}{}", surface.unwrap_or("/v1"))
}

/// An identity for people.
pub fn key_text(found: &Value) -> String {
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
