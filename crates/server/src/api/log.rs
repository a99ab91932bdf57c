//! The log of what people did: pages of it, and whether its chain is whole. In: which part. Out: entries, newest first.
//! Never here: writing an entry (each handler's own transaction does).

use crate::api::gate::Seated;
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
use serde_json::Value;
use store::port::{AuditEntry, LogFilter};
use units::{Timestamp, WorkspaceId};

/// Which entries of the log are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichLog {
    /// The `next` of the page before: only what is older.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    before: Option<String>,
    /// At most so many; 100 unless it is said. A page ends between two instants, so it may be a little longer; it is shorter where its
    /// entries come to more than 4 MB.
    #[schemars(with = "Option<Limit>")]
    limit: Option<u32>,
}

/// An entry of the log.
#[derive(Serialize, JsonSchema)]
pub struct LogEntry {
    at: Shown<Timestamp>,
    /// Who did it, in words.
    actor: String,
    /// What was done (`key.create`).
    action: String,
    /// To what: an id or a name.
    object: String,
    /// More about it; secrets are not in it.
    detail: Value,
    workspace: Option<Shown<WorkspaceId>>,
    /// From where; empty when nobody asked.
    address: String,
    /// How it was before; null where there was nothing.
    before: Value,
    /// How it is since; null where there is nothing.
    after: Value,
}

/// A page of the log, newest first.
#[derive(Serialize, JsonSchema)]
pub struct LogPage {
    data: Vec<LogEntry>,
    /// The `before` of the next page; null at the end.
    next: Option<Shown<Timestamp>>,
}

/// `GET /log`: what everybody did, newest first.
pub async fn list(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichLog>,
) -> Result<Answer, Problem> {
    page(&worker, None, &which).await
}

/// `GET /workspaces/{workspace}/log`: the same of what was done in a workspace.
pub async fn list_of_workspace(
    State(worker): State<Worker>,
    seated: Seated,
    Asked(which): Asked<WhichLog>,
) -> Result<Answer, Problem> {
    page(&worker, Some(seated.seat.workspace.id), &which).await
}

async fn page(worker: &Worker, workspace: Option<WorkspaceId>, which: &WhichLog) -> Result<Answer, Problem> {
    let mut checks = Checks::default();
    let before = checks.instant("before", which.before.as_deref());
    let limit = page::limit(which.limit, &mut checks);
    checks.done()?;
    let bytes_max = Some(LOG_PAGE_BYTES_MAX);
    let filter = LogFilter { workspace, before, limit, bytes_max, ..LogFilter::default() };
    let page = worker.house.store.page_log(filter).await?;
    let next = page.entries.last().filter(|_| page.more).map(|row| Shown(row.at));
    Ok(Answer::ok(&LogPage { data: page.entries.iter().map(entry).collect(), next }))
}

fn entry(row: &AuditEntry) -> LogEntry {
    let read = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let state = |text: &Option<String>| text.as_deref().map_or(Value::Null, read);
    LogEntry {
        at: Shown(row.at),
        actor: row.actor.clone(),
        action: row.action.clone(),
        object: row.object.clone(),
        detail: read(&row.detail),
        workspace: row.workspace.map(Shown),
        address: row.address.clone(),
        before: state(&row.before),
        after: state(&row.after),
    }
}

/// What the chain of the log says.
#[derive(Serialize, JsonSchema)]
pub struct LogChecked {
    /// Whether every entry follows from the one before it, to the last.
    whole: bool,
    entries: u64,
    /// The place of the first entry that does not.
    broken_at: Option<u64>,
    /// The hash of the last entry, in hex, to be kept elsewhere.
    head: String,
}

/// `GET /log/check`: whether every entry of the log follows from the one before it. The head is for keeping elsewhere: who
/// has an older one can tell that nothing before it was changed.
pub async fn check(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let check = worker.house.store_people.check_log().await?;
    let head = check.head.iter().map(|byte| format!("{byte:02x}")).collect();
    let (whole, entries, broken_at) = (check.whole, check.entries, check.broken_at);
    Ok(Answer::ok(&LogChecked { whole, entries, broken_at, head }))
}
