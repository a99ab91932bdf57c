//! `token create|list|revoke`: operator tokens. In: names and ids. Out: tokens, the text of a new one once.

use crate::cli::args::TokenVerb;
use crate::cli::client::{Client, escaped};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use serde_json::json;

/// Runs a verb.
pub fn run(client: &Client, verb: TokenVerb, output: &Output) -> Result<(), Trouble> {
    match verb {
        TokenVerb::Create { name } => {
            let made = client.post("/api/manage/operator-tokens", &json!({ "name": name }))?;
            output.talk("The token is shown this once; keep it safe.");
            output.show(&made, made["token"].as_str().unwrap_or(""));
        }
        TokenVerb::List => {
            let list = client.get("/api/manage/operator-tokens")?;
            output.list(&list, &["id", "prefix", "name", "created_at", "revoked_at"]);
        }
        TokenVerb::Revoke { id } => {
            let gone = client.delete(&format!("/api/manage/operator-tokens/{}", escaped(&id)))?;
            output.show(&gone, &format!("revoked {}", gone["id"].as_str().unwrap_or("")));
        }
    }
    Ok(())
}
