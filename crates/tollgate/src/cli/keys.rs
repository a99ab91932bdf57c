//! `key create|list|revoke`. In: names and ids. Out: keys, the text of a new one once. Never here: rules.

use crate::cli::args::KeyVerb;
use crate::cli::client::{Client, escaped};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use serde_json::json;

/// Runs a verb.
pub fn run(client: &Client, verb: KeyVerb, output: &Output) -> Result<(), Trouble> {
    match verb {
        KeyVerb::Create { workspace, name, expires_at } => {
            let new = json!({ "workspace": workspace, "name": name, "expires_at": expires_at });
            let made = client.post("/api/manage/keys", &new)?;
            output.talk("The key is shown this once; keep it safe.");
            output.show(&made, made["key"].as_str().unwrap_or(""));
        }
        KeyVerb::List { workspace } => {
            let query = workspace.map_or_else(String::new, |w| format!("?workspace={}", escaped(&w)));
            let list = client.list(&format!("/api/manage/keys{query}"))?;
            output.list(&list, &["id", "prefix", "name", "workspace", "created_at", "expires_at", "revoked_at"]);
        }
        KeyVerb::Revoke { id } => {
            let gone = client.delete(&format!("/api/manage/keys/{}", escaped(&id)))?;
            output.show(&gone, &format!("revoked {}", gone["id"].as_str().unwrap_or("")));
        }
    }
    Ok(())
}
