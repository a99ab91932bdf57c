//! API keys: made, listed, changed, rotated, revoked. In: a workspace, a name, rules. Out: the key, once. Never here: its digest,
//! what a rule means (admit).

use crate::api::key_rules::{RulesChange, shown};
use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Field, Input, Named};
use crate::house::{House, Worker};
use crate::limits::{GRACE_DEFAULT, GRACE_MAX};
use admit::KeyRules;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use store::port::{KeyChange, KeyRotation, KeyRow};
use units::{KeyId, Secret, Timestamp};

/// What a new key is made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The workspace's id or slug.
    workspace: String,
    name: String,
    expires_at: Option<String>,
    rules: Option<RulesChange>,
}

/// What of a key is to be another.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedKey {
    name: Option<String>,
    #[serde(default)]
    expires_at: Field<String>,
    rules: Option<RulesChange>,
}

/// How a key is rotated.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotated {
    /// How long the old text works on.
    grace_seconds: Option<u64>,
}

/// Which keys are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    workspace: Option<String>,
}

/// A text for a key: shown once and kept nowhere.
fn mint(house: &House) -> Secret<String> {
    let mut random = [0; 32];
    house.chance.fill(&mut random);
    admit::mint(&house.settings.key_prefix, &random)
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
    let mut rules = KeyRules::default();
    new.rules.unwrap_or_default().set(&mut rules, house, &mut checks);
    checks.done()?;
    let Some(workspace) = workspace else { return Err(Problem::internal()) };
    let text = mint(house);
    let row = KeyRow {
        id: house.key_id(now),
        workspace: workspace.id,
        name: new.name.trim().into(),
        prefix: admit::display_prefix(text.expose()).into(),
        digest: house.vault.digest(text.expose()),
        created_at: now,
        expires_at,
        revoked_at: None,
        rules,
        owner: None,
        created_by: operator.name().to_owned(),
        last_used_at: None,
        old: None,
        version: 1,
    };
    house.store.create_key(row.clone(), operator.did(now, "key.create", row.id.to_string(), &object(&row))).await?;
    house.keys.put(row.clone());
    Ok(Answer::created(&with_text(&row, &text)))
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

/// The stored key of that id.
async fn find(house: &House, id: &str) -> Result<KeyRow, Problem> {
    let id: KeyId = id.parse().map_err(|_| Problem::not_found("key"))?;
    let rows = house.store.list_keys().await?;
    rows.into_iter().find(|row| row.id == id).ok_or_else(|| Problem::not_found("key"))
}

/// `GET /keys/{id}`.
pub async fn show(State(worker): State<Worker>, _: Operator, Named(id): Named) -> Result<Answer, Problem> {
    Ok(Answer::ok(&object(&find(&worker.house, &id).await?)))
}

/// `PATCH /keys/{id}`: what is absent stays, null takes away. A revoked key stays as it is.
pub async fn change(
    State(worker): State<Worker>,
    operator: Operator,
    Named(id): Named,
    Input(new): Input<ChangedKey>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let row = living(find(house, &id).await?)?;
    let mut checks = Checks::default();
    if let Some(name) = &new.name {
        checks.name("name", name);
    }
    let mut expires_at = row.expires_at;
    new.expires_at.set(&mut expires_at, |text| checks.instant("expires_at", Some(&text)));
    let mut rules = row.rules.clone();
    new.rules.unwrap_or_default().set(&mut rules, house, &mut checks);
    checks.done()?;
    let name = new.name.map_or_else(|| row.name.clone(), |name| name.trim().to_owned());
    let change = KeyChange { id: row.id, version: row.version, name, expires_at, rules };
    let after = KeyRow { name: change.name.clone(), expires_at, rules: change.rules.clone(), ..row.clone() };
    let detail = json!({ "before": object(&row), "after": object(&after) });
    let row = house.store.change_key(change, operator.did(now, "key.change", row.id.to_string(), &detail)).await?;
    house.keys.put(row.clone());
    Ok(Answer::ok(&object(&row)))
}

/// `POST /keys/{id}/rotate`: a new text for the key; the old one works on for the grace. What the key spent, its caps and its id
/// stay (R-KEY-2).
pub async fn rotate(
    State(worker): State<Worker>,
    operator: Operator,
    Named(id): Named,
    Input(new): Input<Rotated>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let row = living(find(house, &id).await?)?;
    let mut checks = Checks::default();
    let grace = new.grace_seconds.map_or(GRACE_DEFAULT, Duration::from_secs);
    if grace > GRACE_MAX {
        checks.add("grace_seconds", format!("expected at most {}", GRACE_MAX.as_secs()));
    }
    checks.done()?;
    let text = mint(house);
    let rotation = KeyRotation {
        id: row.id,
        version: row.version,
        digest: house.vault.digest(text.expose()),
        prefix: admit::display_prefix(text.expose()).into(),
        old_ends_at: now.plus(grace),
    };
    let detail = json!({ "prefix": { "before": row.prefix, "after": rotation.prefix },
                         "old_ends_at": rotation.old_ends_at.to_string() });
    let log = operator.did(now, "key.rotate", row.id.to_string(), &detail);
    let row = house.store.rotate_key(rotation, log).await?;
    house.keys.put(row.clone());
    Ok(Answer::ok(&with_text(&row, &text)))
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

fn living(row: KeyRow) -> Result<KeyRow, Problem> {
    match row.revoked_at {
        None => Ok(row),
        Some(_) => Err(Problem::conflict("This key is revoked; make a new one.")),
    }
}

fn with_text(row: &KeyRow, text: &Secret<String>) -> Value {
    let mut shown = object(row);
    shown["key"] = json!(text.expose());
    shown
}

fn object(row: &KeyRow) -> Value {
    let told = |at: Option<Timestamp>| at.map(|t| t.to_string());
    json!({
        "id": row.id.to_string(), "workspace": row.workspace.to_string(), "name": row.name, "prefix": row.prefix,
        "created_at": row.created_at.to_string(), "created_by": row.created_by,
        "expires_at": told(row.expires_at), "revoked_at": told(row.revoked_at), "last_used_at": told(row.last_used_at),
        "old_text_ends_at": told(row.old.map(|old| old.ends_at)), "rules": shown(&row.rules),
    })
}
