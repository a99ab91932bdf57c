//! The ledger as operators look at it: what everybody's credit comes to, open holds, what moved. In: which part. Out: sums and rows
//! of the store. Never here: an addition (the store sums), moving money (credit), the audit (records).

use crate::api::operator::Operator;
use crate::api::page;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks};
use crate::api::schema::{Limit, Shown};
use crate::house::{House, Worker};
use crate::limits::{READ_ON_TIME_MAX, SETTLE_TIME_MAX, TASK_TURN_TIME_MAX};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::port::{HeldRow, Movement, MovementFilter};
use units::{GrantId, KeyId, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// What everybody's credit comes to, and when that was checked.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ledger")]
pub struct LedgerTold {
    /// The unspent credit of all workspaces in USD, exactly.
    balance_usd: Shown<NanoUsd>,
    /// The part of it that was given, by plans or away; the rest was bought.
    given_usd: Shown<NanoUsd>,
    /// What calls under way have reserved of it.
    holds_usd: Shown<NanoUsd>,
    /// Workspaces that have something left.
    workspaces: u64,
    /// Holds that are open just now.
    open_holds: u64,
    /// Orders of the node that answers that wait to be written.
    waiting: u64,
    /// Whether what was decided cannot be written just now.
    failing: bool,
    /// How often each node audits the books by itself, in milliseconds; 0 is never.
    audit_every_ms: u64,
    /// When the node that answers audited them last, since it started.
    audited_at: Option<Shown<Timestamp>>,
    /// What that found that does not agree.
    audit_findings: Option<u64>,
}

/// `GET /ledger`.
pub async fn show(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let house = &worker.house;
    let totals = house.ledger.totals(house.clock.now()).await?;
    let state = house.ledger.state().await?;
    let last = house.metrics.last_audit();
    Ok(Answer::ok(&LedgerTold {
        balance_usd: Shown(totals.posted),
        given_usd: Shown(totals.granted),
        holds_usd: Shown(totals.held),
        workspaces: totals.workspaces,
        open_holds: state.open_holds,
        waiting: state.waiting,
        failing: state.failing,
        audit_every_ms: u64::try_from(house.settings.audit_every.as_millis()).unwrap_or(u64::MAX),
        audited_at: last.map(|(at, _)| Shown(at)),
        audit_findings: last.map(|(_, findings)| findings.unsigned_abs()),
    }))
}

/// Which holds are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichHolds {
    /// The `next` of the page before: only what began later.
    #[schemars(with = "Option<Shown<RequestId>>")]
    after: Option<String>,
    /// At most so many; 100 unless it is said.
    #[schemars(with = "Option<Limit>")]
    limit: Option<u32>,
}

/// Credit that a request has reserved.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Hold")]
pub struct HoldTold {
    request_id: Shown<RequestId>,
    workspace: Shown<WorkspaceId>,
    key: Shown<KeyId>,
    amount_usd: Shown<NanoUsd>,
    since: Shown<Timestamp>,
    /// Whether it is of pictures that are made in a provider's own time.
    task: bool,
    /// Until when it should be closed, by the longest times that calls and tasks may take.
    due_at: Shown<Timestamp>,
    /// Whether that is past.
    overdue: bool,
}

/// Open holds, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Holds")]
pub struct HoldsTold {
    data: Vec<HoldTold>,
    /// The `after` of the next page; null at the end.
    next: Option<Shown<RequestId>>,
}

/// `GET /ledger/holds`.
pub async fn holds(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichHolds>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    let after = which.after.as_deref().and_then(|text| checks.parse("after", text));
    let limit = page::limit(which.limit, &mut checks);
    checks.done()?;
    let mut rows = house.ledger.open_holds(after, limit + 1).await?;
    let more = page::cut_to(&mut rows, limit);
    let next = rows.last().filter(|_| more).map(|row| Shown(row.id));
    Ok(Answer::ok(&HoldsTold { data: rows.iter().map(|row| hold(house, row)).collect(), next }))
}

fn hold(house: &House, row: &HeldRow) -> HoldTold {
    let due_at = due(house, row);
    HoldTold {
        request_id: Shown(row.id),
        workspace: Shown(row.workspace),
        key: Shown(row.key),
        amount_usd: Shown(row.amount),
        since: Shown(row.at),
        task: row.task,
        due_at: Shown(due_at),
        overdue: due_at < house.clock.now(),
    }
}

/// Until when a hold should be closed: a call takes no longer than it may, is read to its end for a while when its client has left, and
/// its charge is waited for. A task has its own time besides, and its last turn.
fn due(house: &House, row: &HeldRow) -> Timestamp {
    let call = row.at.plus(house.settings.relay.total_timeout).plus(READ_ON_TIME_MAX).plus(SETTLE_TIME_MAX);
    if row.task { call.plus(house.settings.task_time_max).plus(TASK_TURN_TIME_MAX) } else { call }
}

/// Which movements are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichMovements {
    /// The id or slug of a workspace.
    workspace: Option<String>,
    /// The `next` of the page before: only what is older.
    before: Option<String>,
    /// At most so many; 100 unless it is said.
    #[schemars(with = "Option<Limit>")]
    limit: Option<u32>,
}

/// Something that moved a balance and was no request.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Movement")]
pub struct MovementTold {
    at: Shown<Timestamp>,
    workspace: Shown<WorkspaceId>,
    /// What its workspace is called.
    workspace_name: Option<String>,
    /// `given` when credit came in, `expired` when what was left of it vanished.
    #[schemars(extend("enum" = ["given", "expired"]))]
    what: &'static str,
    /// What kind of credit.
    #[schemars(extend("enum" = ["paid", "promo", "plan"]))]
    kind: &'static str,
    amount_usd: Shown<NanoUsd>,
    grant: Shown<GrantId>,
    /// Why it was given.
    reason: String,
    /// Who gave it.
    by: String,
    /// When it expires.
    expires_at: Option<Shown<Timestamp>>,
}

/// What moved balances, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Movements")]
pub struct MovementsTold {
    data: Vec<MovementTold>,
    /// The `before` of the next page; null at the end.
    next: Option<String>,
}

/// `GET /ledger/movements`.
pub async fn movements(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichMovements>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    let named = which.workspace.as_deref().map(|text| house.workspaces.named(text));
    if matches!(named, Some(None)) {
        checks.add("workspace", "there is no such workspace");
    }
    let before = which.before.as_deref().and_then(|text| checks.parse("before", text));
    let limit = page::limit(which.limit, &mut checks);
    checks.done()?;
    let workspace = named.flatten().map(|row| row.id);
    let mut rows = house.store.page_movements(MovementFilter { workspace, before, limit: limit + 1 }).await?;
    let more = page::cut_to(&mut rows, limit);
    let next = rows.last().filter(|_| more).map(|row| row.mark.to_string());
    Ok(Answer::ok(&MovementsTold { data: rows.into_iter().map(|row| movement(house, row)).collect(), next }))
}

fn movement(house: &House, row: Movement) -> MovementTold {
    MovementTold {
        at: Shown(row.mark.at),
        workspace: Shown(row.workspace),
        workspace_name: house.workspaces.find(row.workspace).map(|found| found.name.clone()),
        what: if row.came { "given" } else { "expired" },
        kind: row.kind.name(),
        amount_usd: Shown(row.amount),
        grant: Shown(row.grant),
        reason: row.reason,
        by: row.actor,
        expires_at: row.expires_at.map(Shown),
    }
}
