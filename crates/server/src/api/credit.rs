//! Credit given by an operator, with a reason. In: a workspace, an amount. Out: the new balance.
//! Never here: what credit does (ledger).

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Input, Named};
use crate::api::schema::{Reason, Shown, Usd};
use crate::house::Worker;
use crate::limits::GRANT_MAX;
use axum::extract::State;
use ledger::{GrantKind, GrantOrder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use units::{GrantId, NanoUsd, Timestamp, WorkspaceId};

/// What a grant is made of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrant {
    /// Decimal USD (`"5.00"`), more than 0 and at most a million.
    #[schemars(with = "Usd")]
    amount_usd: String,
    #[schemars(with = "Reason")]
    reason: String,
    /// `paid` unless it is said.
    #[schemars(extend("enum" = ["paid", "promo", null]))]
    kind: Option<String>,
    /// A time to come.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    expires_at: Option<String>,
    /// The caller's own id of this grant (`gra_...`): the same id again changes nothing.
    #[schemars(with = "Option<Shown<GrantId>>")]
    id: Option<String>,
}

/// A grant, and the balance since.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Grant")]
pub struct GrantTold {
    id: Shown<GrantId>,
    workspace: Shown<WorkspaceId>,
    amount_usd: Shown<NanoUsd>,
    /// Unspent credit in micro-USD, rounded down.
    balance_micro_usd: i64,
    /// The same in USD, exactly.
    balance_usd: Shown<NanoUsd>,
}

/// `POST /workspaces/{workspace}/credit`.
pub async fn grant(
    State(worker): State<Worker>,
    operator: Operator,
    Named(workspace): Named,
    Input(new): Input<NewGrant>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let workspace = house.workspaces.named(&workspace).ok_or_else(|| Problem::not_found("workspace"))?;
    let mut checks = Checks::default();
    let amount = NanoUsd::parse_usd(&new.amount_usd).map_err(|e| checks.add("amount_usd", e.to_string())).ok();
    if amount.is_some_and(|a| a <= NanoUsd::ZERO || a > GRANT_MAX) {
        checks.add("amount_usd", format!("expected more than 0 and at most {GRANT_MAX} USD"));
    }
    checks.reason("reason", &new.reason);
    let kind = GrantKind::from_name(new.kind.as_deref().unwrap_or("paid")).filter(|k| *k != GrantKind::Plan);
    if kind.is_none() {
        checks.add("kind", "expected \"paid\" or \"promo\"");
    }
    let expires_at = checks.instant("expires_at", new.expires_at.as_deref());
    if expires_at.is_some_and(|at| at <= now) {
        checks.add("expires_at", "expected a time to come");
    }
    let id =
        new.id.as_deref().map_or_else(|| Some(GrantId::new(now, house.ten())), |text| checks.parse("id", text));
    checks.done()?;
    let (Some(amount), Some(kind), Some(id)) = (amount, kind, id) else { return Err(Problem::internal()) };
    let order = GrantOrder {
        id,
        workspace: workspace.id,
        kind,
        amount,
        expires_at,
        reason: new.reason.trim().into(),
        actor: operator.name().to_owned(),
        address: operator.address().to_owned(),
        at: now,
    };
    let balance = house.ledger.grant(order).await?;
    house.balances.forget(workspace.id);
    Ok(Answer::created(&GrantTold {
        id: Shown(id),
        workspace: Shown(workspace.id),
        amount_usd: Shown(amount),
        balance_micro_usd: balance.posted.micro_down(),
        balance_usd: Shown(balance.posted),
    }))
}
