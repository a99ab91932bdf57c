//! `audit`: the ledger recomputed, by the server or of a stopped store. In: a server or a data folder. Out: a report;
//! exit code 1 when something does not agree. Never here: the invariants (ledger).

use crate::cli::args::ConfigArgs;
use crate::cli::client::Client;
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::serving::load;
use crate::wiring::{OsChance, SystemClock};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{AuditReport, StoreConfig};

/// Asks the server.
pub fn online(client: &Client, output: &Output) -> Result<(), Trouble> {
    tell(&client.get("/api/manage/audit")?, output)
}

/// Reads a stopped store: the SQLite file of a data folder, or the PostgreSQL database of an address.
pub fn offline(args: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    let (config, _) = load(args)?;
    let report = match &config.database_url {
        None => store::audit_offline(&config.data_dir).map_err(|e| Trouble::Failed(e.to_string()))?,
        Some(url) => in_database(url.expose())?,
    };
    let report = json!({
        "clean": report.findings.is_empty(), "findings": report.findings, "accounts": report.accounts,
        "transfers": report.transfers, "usage_rows": report.usage_rows, "open_holds": report.open_holds,
        "charged_nano_usd": report.charged.nano(), "charged_usd": report.charged.to_string(),
        "written_off_nano_usd": report.written_off.nano(),
    });
    tell(&report, output)
}

fn in_database(url: &str) -> Result<AuditReport, Trouble> {
    let failed = |told: String| Trouble::Failed(told);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| failed(format!("the command cannot start: {e}")))?;
    let handle = runtime.handle().clone();
    runtime.block_on(async {
        let (clock, chance) = (Arc::new(SystemClock), Arc::new(OsChance));
        let opened = store::open(StoreConfig::postgres(url), clock, chance, handle).await;
        let opened = opened.map_err(|e| failed(e.to_string()))?;
        let report = opened.ledger.audit().await.map_err(|e| failed(e.to_string()))?;
        opened.ledger.close().await.map_err(|e| failed(e.to_string()))?;
        Ok(report)
    })
}

fn tell(report: &Value, output: &Output) -> Result<(), Trouble> {
    let findings: Vec<&str> =
        report["findings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let text = format!(
        "{}: {} accounts, {} transfers, {} usage rows, {} open holds, {} USD charged",
        if findings.is_empty() { "clean" } else { "NOT CLEAN" },
        report["accounts"],
        report["transfers"],
        report["usage_rows"],
        report["open_holds"],
        report["charged_usd"].as_str().unwrap_or("?"),
    );
    output.show(report, &text);
    if findings.is_empty() { Ok(()) } else { Err(Trouble::Failed(findings.join("\n"))) }
}
