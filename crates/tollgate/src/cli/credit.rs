//! `credit grant`. In: a workspace, an amount, a reason. Out: the new balance. Never here: rules.

use crate::cli::args::CreditVerb;
use crate::cli::client::{Client, escaped};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use serde_json::json;

/// Runs a verb.
pub fn run(client: &Client, verb: CreditVerb, output: &Output) -> Result<(), Trouble> {
    let CreditVerb::Grant { workspace, amount, reason, kind, expires_at, id } = verb;
    let new = json!({ "amount_usd": amount, "reason": reason, "kind": kind, "expires_at": expires_at, "id": id });
    let made = client.post(&format!("/api/manage/workspaces/{}/credit", escaped(&workspace)), &new)?;
    output.show(&made, &format!("balance {} USD", made["balance_usd"].as_str().unwrap_or("")));
    Ok(())
}
