//! Workspaces: made and listed by operators. In: a name. Out: the workspace with its balance. Never here: members.

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Checks, Input};
use crate::house::{House, Worker};
use crate::limits::SLUG_CHARS_MAX;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::port::{Change, WorkspaceRow};
use units::WorkspaceId;

/// What a new workspace is made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    name: String,
    slug: Option<String>,
}

/// `POST /workspaces`.
pub async fn create(
    State(worker): State<Worker>,
    operator: Operator,
    Input(new): Input<NewWorkspace>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    checks.name("name", &new.name);
    let slug = new.slug.unwrap_or_else(|| slug_of(&new.name));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if slug.is_empty() || slug.len() > SLUG_CHARS_MAX || !slug.chars().all(plain) {
        checks.add("slug", format!("expected 1 to {SLUG_CHARS_MAX} small letters, digits or '-'"));
    }
    checks.done()?;
    let now = house.clock.now();
    let id = WorkspaceId::new(now, house.ten());
    let row = WorkspaceRow { id, name: new.name.trim().into(), slug, created_at: now };
    let log = operator.did(now, "workspace.create", id.to_string(), &json!({ "name": row.name, "slug": row.slug }));
    house.store.create_workspace(row.clone(), log).await?;
    house.reload(Change::Keys).await?;
    Ok(Answer::created(&object(house, &row).await?))
}

/// `GET /workspaces`.
pub async fn list(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let mut objects = Vec::new();
    for row in worker.house.workspaces.all() {
        objects.push(object(&worker.house, &row).await?);
    }
    Ok(Answer::ok(&json!({ "data": objects })))
}

async fn object(house: &House, row: &WorkspaceRow) -> Result<Value, Problem> {
    let balance = house.ledger.balance(row.id, house.clock.now()).await?;
    Ok(json!({
        "id": row.id.to_string(), "name": row.name, "slug": row.slug, "created_at": row.created_at.to_string(),
        "balance_micro_usd": balance.posted.micro_down(), "balance_usd": balance.posted.to_string(),
        "holds_micro_usd": balance.held.micro_up(), "holds_usd": balance.held.to_string(),
    }))
}

/// `Acme Inc.` becomes `acme-inc`.
fn slug_of(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-").chars().take(SLUG_CHARS_MAX).collect()
}
