//! The house looked over, for operators: what `tollgate doctor` tells of a running gateway. In: nothing. Out: lines, the worst of them.
//! Never here: what is looked at (checkup).

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::Answer;
use crate::api::schema::Shown;
use crate::checkup::{self, Finding, Health};
use crate::house::Worker;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use units::Timestamp;

/// How the gateway is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "System")]
pub struct SystemTold {
    /// The worst of all lines.
    #[schemars(extend("enum" = ["ok", "warn", "fail"]))]
    state: &'static str,
    /// The version of Tollgate.
    version: &'static str,
    /// Since when this process runs.
    started_at: Shown<Timestamp>,
    /// What was looked at.
    checks: Vec<CheckTold>,
}

/// One thing that was looked at.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SystemCheck")]
pub struct CheckTold {
    /// What it is.
    name: String,
    /// How it is.
    #[schemars(extend("enum" = ["ok", "warn", "fail"]))]
    state: &'static str,
    /// What was seen.
    detail: String,
    /// What to do; null where it is as it should be.
    advice: Option<String>,
}

impl CheckTold {
    fn of(finding: Finding) -> Self {
        let Finding { name, health, told, advice } = finding;
        Self { name, state: health.name(), detail: told, advice }
    }
}

/// `GET /system`.
pub async fn show(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let findings = checkup::look(&worker).await;
    let worst = findings.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok);
    Ok(Answer::ok(&SystemTold {
        state: worst.name(),
        version: env!("CARGO_PKG_VERSION"),
        started_at: Shown(worker.house.started),
        checks: findings.into_iter().map(CheckTold::of).collect(),
    }))
}
