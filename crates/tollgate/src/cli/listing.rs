//! Lists: `provider list`, `model list`, `usage`, `log`. In: filters. Out: tables or JSON. Never here: sums.

use crate::cli::args::WhichUsage;
use crate::cli::client::{Client, escaped};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;

/// `provider list`.
pub fn providers(client: &Client, output: &Output) -> Result<(), Trouble> {
    let list = client.get("/api/manage/providers")?;
    output.list(&list, &["name", "kind", "base_url", "credentials"]);
    Ok(())
}

/// `model list`.
pub fn models(client: &Client, output: &Output) -> Result<(), Trouble> {
    let list = client.get("/api/manage/models")?;
    output.list(&list, &["id", "display_name", "category", "context_length", "max_output_tokens", "price"]);
    Ok(())
}

/// `usage`.
pub fn usage(client: &Client, which: &WhichUsage, output: &Output) -> Result<(), Trouble> {
    let mut path = format!("/api/manage/usage?limit={}", which.limit);
    let filters = [
        ("workspace", &which.workspace),
        ("key", &which.key),
        ("model", &which.model),
        ("from", &which.from),
        ("until", &which.until),
        ("before", &which.before),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", escaped(value)));
        }
    }
    let list = client.get(&path)?;
    let columns = [
        "request_id",
        "at",
        "model",
        "status",
        "fault",
        "tokens",
        "images",
        "usage_source",
        "charge_usd",
        "latency_ms",
    ];
    output.list(&list, &columns);
    Ok(())
}

/// `log`.
pub fn log(client: &Client, limit: u32, output: &Output) -> Result<(), Trouble> {
    let list = client.get(&format!("/api/manage/log?limit={limit}"))?;
    output.list(&list, &["at", "actor", "action", "object"]);
    Ok(())
}
