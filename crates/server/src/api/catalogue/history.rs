//! What became of the catalogue, version by version, as the log has it. In: which part. Out: versions, newest first. Never here: an
//! older catalogue brought back; its entries are applied as any other.

use super::edits::Line;
use crate::api::operator::Operator;
use crate::api::page;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks};
use crate::api::schema::{Limit, Shown};
use crate::house::Worker;
use crate::limits::LOG_PAGE_BYTES_MAX;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::port::{AuditEntry, LogFilter};
use units::Timestamp;

/// How the log calls a change of the catalogue.
pub const APPLIED: &str = "catalogue.apply";

/// How the log names a version.
pub fn object_of(version: u64) -> String {
    format!("version {version}")
}

/// Which versions are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichVersions {
    /// The `next` of the page before: only what is older.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    before: Option<String>,
    /// At most so many; 100 unless it is said. A page ends between two instants, so it may be a little longer; it is shorter where its
    /// versions come to more than 4 MB.
    #[schemars(with = "Option<Limit>")]
    limit: Option<u32>,
}

/// A version of the catalogue.
#[derive(Serialize, JsonSchema)]
pub struct CatalogueVersion {
    version: u64,
    at: Shown<Timestamp>,
    /// Who applied it, in words.
    actor: String,
    /// From where.
    address: String,
    /// What it changed.
    diff: Vec<Line>,
}

/// A page of versions, newest first.
#[derive(Serialize, JsonSchema)]
pub struct CatalogueVersions {
    data: Vec<CatalogueVersion>,
    /// The `before` of the next page; null at the end.
    next: Option<Shown<Timestamp>>,
}

/// `GET /catalogue/history?limit=&before=`.
pub async fn versions(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichVersions>,
) -> Result<Answer, Problem> {
    let mut checks = Checks::default();
    let before = checks.instant("before", which.before.as_deref());
    let limit = page::limit(which.limit, &mut checks);
    checks.done()?;
    let (action, bytes_max) = (Some(APPLIED), Some(LOG_PAGE_BYTES_MAX));
    let filter = LogFilter { action, before, limit, bytes_max, ..LogFilter::default() };
    let page = worker.house.store.page_log(filter).await?;
    let next = page.entries.last().filter(|_| page.more).map(|row| Shown(row.at));
    Ok(Answer::ok(&CatalogueVersions { data: page.entries.into_iter().map(version_of).collect(), next }))
}

fn version_of(row: AuditEntry) -> CatalogueVersion {
    let number = row.object.rsplit(' ').next().and_then(|number| number.parse().ok());
    CatalogueVersion {
        version: number.unwrap_or(0),
        at: Shown(row.at),
        actor: row.actor,
        address: row.address,
        diff: serde_json::from_str(&row.detail).unwrap_or_default(),
    }
}
