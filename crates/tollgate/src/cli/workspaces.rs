//! `workspace create|list`. In: names. Out: workspaces. Never here: rules.

use crate::cli::args::WorkspaceVerb;
use crate::cli::client::Client;
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use serde_json::json;

/// Runs a verb.
pub fn run(client: &Client, verb: WorkspaceVerb, output: &Output) -> Result<(), Trouble> {
    match verb {
        WorkspaceVerb::Create { name, slug } => {
            let made = client.post("/api/manage/workspaces", &json!({ "name": name, "slug": slug }))?;
            output.show(&made, made["id"].as_str().unwrap_or(""));
        }
        WorkspaceVerb::List => {
            let list = client.list("/api/manage/workspaces")?;
            output.list(&list, &["id", "slug", "name", "balance_usd", "holds_usd"]);
        }
    }
    Ok(())
}
