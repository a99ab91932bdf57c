//! API keys: made, listed, revoked by operators. In: a workspace and a name. Out: the key, once. Never here: its digest.

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Input, Named};
use crate::house::Worker;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::port::KeyRow;
use units::KeyId;

/// What a new key is made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The workspace's id or slug.
    workspace: String,
    name: String,
    expires_at: Option<String>,
}

/// Which keys are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    workspace: Option<String>,
}

/// `POST /keys`. The key itself is in this answer and nowhere else, ever (R-KEY-1).
pub async fn create(
    State(worker): State<Worker>,
    operator: Operator,
    Input(new): Input<NewKey>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let mut checks = Checks::default();
    checks.name("name", &new.name);
    let workspace = house.workspaces.named(&new.workspace);
    if workspace.is_none() {
        checks.add("workspace", "there is no such workspace");
    }
    let expires_at = checks.instant("expires_at", new.expires_at.as_deref());
    if expires_at.is_some_and(|at| at <= now) {
        checks.add("expires_at", "expected a time to come");
    }
    checks.done()?;
    let Some(workspace) = workspace else { return Err(Problem::internal()) };
    let mut random = [0; 32];
    house.chance.fill(&mut random);
    let text = admit::mint(&house.settings.key_prefix, &random);
    let row = KeyRow {
        id: house.key_id(now),
        workspace: workspace.id,
        name: new.name.trim().into(),
        prefix: admit::display_prefix(text.expose()).into(),
        digest: house.vault.digest(text.expose()),
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    let detail = json!({ "workspace": workspace.id.to_string(), "name": row.name, "prefix": row.prefix });
    house.store.create_key(row.clone(), operator.did(now, "key.create", row.id.to_string(), &detail)).await?;
    house.keys.put(row.clone());
    let mut shown = object(&row);
    shown["key"] = json!(text.expose());
    Ok(Answer::created(&shown))
}

/// `GET /keys?workspace=`.
pub async fn list(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<Which>,
) -> Result<Answer, Problem> {
    let workspace = match &which.workspace {
        None => None,
        Some(text) => Some(worker.house.workspaces.named(text).ok_or_else(|| Problem::not_found("workspace"))?.id),
    };
    let rows = worker.house.store.list_keys().await?;
    let objects: Vec<Value> =
        rows.iter().filter(|k| workspace.is_none_or(|w| w == k.workspace)).map(object).collect();
    Ok(Answer::ok(&json!({ "data": objects })))
}

/// `DELETE /keys/{id}`: from this answer on the key is refused.
pub async fn revoke(State(worker): State<Worker>, operator: Operator, Named(id): Named) -> Result<Answer, Problem> {
    let house = &worker.house;
    let id: KeyId = id.parse().map_err(|_| Problem::not_found("key"))?;
    let now = house.clock.now();
    let log = operator.did(now, "key.revoke", id.to_string(), &json!({}));
    let row = house.store.revoke_key(id, now, log).await?;
    house.keys.put(row.clone());
    Ok(Answer::ok(&object(&row)))
}

fn object(row: &KeyRow) -> Value {
    json!({
        "id": row.id.to_string(), "workspace": row.workspace.to_string(), "name": row.name, "prefix": row.prefix,
        "created_at": row.created_at.to_string(), "expires_at": row.expires_at.map(|t| t.to_string()),
        "revoked_at": row.revoked_at.map(|t| t.to_string()),
    })
}
