//! Records for operators: the ledger's audit. In: nothing. Out: a report. Never here: changing anything, usage (usage), the log of
//! what people did (log).

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::Answer;
use crate::api::schema::Shown;
use crate::house::Worker;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use units::NanoUsd;

/// What recomputing the ledger found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Audit")]
pub struct AuditTold {
    clean: bool,
    /// One line an invariant that does not hold.
    findings: Vec<String>,
    accounts: u64,
    transfers: u64,
    usage_rows: u64,
    open_holds: u64,
    charged_nano_usd: i64,
    charged_usd: Shown<NanoUsd>,
    written_off_nano_usd: i64,
    written_off_usd: Shown<NanoUsd>,
}

/// `GET /audit`: recomputes the ledger.
pub async fn audit(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let report = worker.house.audit().await?;
    Ok(Answer::ok(&AuditTold {
        clean: report.findings.is_empty(),
        findings: report.findings,
        accounts: report.accounts,
        transfers: report.transfers,
        usage_rows: report.usage_rows,
        open_holds: report.open_holds,
        charged_nano_usd: report.charged.nano(),
        charged_usd: Shown(report.charged),
        written_off_nano_usd: report.written_off.nano(),
        written_off_usd: Shown(report.written_off),
    }))
}
