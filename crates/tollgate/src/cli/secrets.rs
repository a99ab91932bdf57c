//! `secrets rotate`: what stored secrets are sealed with, changed. In: a server, or a store and another master key. Out: how far it is.
//! Never here: how secrets are sealed (server), the running server's own key.

use crate::cli::args::{ConfigArgs, SecretsVerb};
use crate::cli::client::Client;
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::serving::load;
use crate::config::Config;
use crate::master_key;
use crate::wiring::{OsChance, SystemClock};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use store::StoreConfig;
use store::port::Store;
use units::{Clock, Secret};

/// Runs the verb; the server is asked for only where it is needed.
pub fn run(
    verb: SecretsVerb,
    config: &ConfigArgs,
    client: impl FnOnce() -> Result<Client, Trouble>,
    output: &Output,
) -> Result<(), Trouble> {
    let SecretsVerb::Rotate { new_master_key_file } = verb;
    match new_master_key_file {
        None => seals(&client()?, output),
        Some(file) => master(config, &file, output),
    }
}

/// A new key for seals: asks the server until everything is sealed with it.
fn seals(client: &Client, output: &Output) -> Result<(), Trouble> {
    let mut resealed = 0;
    loop {
        let told = client.post("/api/manage/secrets/rotate", &json!({}))?;
        resealed += told["resealed"].as_u64().unwrap_or(0);
        if told["finished"] != true {
            output.talk(&format!("{resealed} secrets are sealed anew; it goes on"));
            continue;
        }
        let all = json!({ "key": told["key"], "resealed": resealed, "unreadable": told["unreadable"] });
        let unreadable = match told["unreadable"].as_u64() {
            None | Some(0) => String::new(),
            Some(count) => format!("; {count} open with no key, and stay as they are"),
        };
        let text = format!("key {}: {resealed} secrets are sealed anew{unreadable}", told["key"]);
        output.show(&all, &text);
        return Ok(());
    }
}

/// Another master key for a store: only the ring of keys is sealed with it.
fn master(args: &ConfigArgs, file: &Path, output: &Output) -> Result<(), Trouble> {
    let (config, _) = load(args)?;
    let old = master_key::known(&config).map_err(|e| Trouble::Usage(e.to_string()))?;
    let old =
        old.ok_or_else(|| Trouble::Usage("there is no master key yet, so no store is sealed with it".into()))?;
    let made = change(&config, &old, file)?;
    if made {
        output.talk(&format!("{} is new: keep a copy of it where the old key's copy is.", file.display()));
    }
    let next = "Start every node with it from now on (`master_key`, or `master_key_file`); the old one opens this store no \
                more. Once all of them run with it: tollgate secrets rotate, since what was sealed before there were keys of \
                their own is sealed with a key that the old master key gives away.";
    output.talk(next);
    let text = format!("the store is sealed with the key in {}", file.display());
    output.show(&json!({ "master_key_file": file, "made": made }), &text);
    Ok(())
}

/// The key is read, or made, once the store is open: a store that does not open leaves no file behind. Says whether it was made.
fn change(config: &Config, old: &Secret<[u8; 32]>, file: &Path) -> Result<bool, Trouble> {
    let failed = |told: String| Trouble::Failed(told);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed(format!("the command cannot start: {e}")))?;
    let handle = runtime.handle().clone();
    let store_config = match &config.database_url {
        None => StoreConfig::sqlite(&config.data_dir),
        Some(url) => StoreConfig::postgres(url.expose()),
    };
    let store_config = store_config.with_master_check(server::Vault::check_value(old));
    runtime.block_on(async {
        let opened = store::open(store_config, Arc::new(SystemClock), Arc::new(OsChance), handle).await;
        let opened = opened.map_err(|e| failed(e.to_string()))?;
        let changed = change_in(&*opened.store, old, file).await;
        opened.ledger.close().await.map_err(|e| failed(e.to_string()))?;
        changed
    })
}

async fn change_in(store: &dyn Store, old: &Secret<[u8; 32]>, file: &Path) -> Result<bool, Trouble> {
    let (new, made) = master_key::other(file).map_err(|e| Trouble::Usage(e.to_string()))?;
    if new == *old {
        return Err(Trouble::Usage(format!("{} holds the master key that is in use", file.display())));
    }
    let changed = server::change_master(store, (old, &new), (SystemClock.now(), &OsChance)).await;
    changed.map_err(|e| Trouble::Failed(e.to_string()))?;
    Ok(made)
}
