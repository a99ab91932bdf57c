//! API keys: made, listed, changed, rotated, revoked, by operators everywhere and by members in their workspace. In: a workspace,
//! a name, rules. Out: the key, once; what it came to. Never here: its digest, what a rule means (admit), whose it is (key_hand).

use crate::api::key_hand::Hand;
use crate::api::key_rules::RulesChange;
use crate::api::key_told::{KeyTold, Keys, told, told_all};
use crate::api::page::{Page, WhichPage};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Field, Input, Named};
use crate::api::schema::{Limit, Name, Shown};
use crate::house::{House, Worker};
use crate::limits::{GRACE_DEFAULT, GRACE_MAX};
use admit::KeyRules;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use store::port::{KeyChange, KeyRotation, KeyRow, WhichKeys};
use units::{KeyId, Secret, Timestamp, UserId, WorkspaceId};

/// What a new key is made of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The workspace's id or slug, where the path does not name it.
    workspace: Option<String>,
    /// The member that it belongs to.
    #[schemars(with = "Option<Shown<UserId>>")]
    owner: Option<String>,
    #[schemars(with = "Name")]
    name: String,
    /// A time to come.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    expires_at: Option<String>,
    rules: Option<RulesChange>,
}

/// What of a key is to be another.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedKey {
    #[schemars(with = "Option<Name>")]
    name: Option<String>,
    /// Null is no end.
    #[serde(default)]
    #[schemars(with = "Option<Shown<Timestamp>>")]
    expires_at: Field<String>,
    rules: Option<RulesChange>,
}

/// How a key is rotated.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotated {
    /// How long the old text works on; a day unless it is said.
    #[schemars(range(max = GRACE_MAX.as_secs()))]
    grace_seconds: Option<u64>,
}

/// Which keys are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The id or slug of a workspace, where the path does not name it.
    workspace: Option<String>,
    /// At most so many; 100 unless it is said.
    #[schemars(with = "Option<Limit>")]
    limit: Option<u32>,
    /// The `next` of the page before: only what is older.
    #[schemars(with = "Option<Shown<KeyId>>")]
    before: Option<String>,
}

/// A text for a key: shown once and kept nowhere.
fn mint(house: &House) -> Secret<String> {
    let mut random = [0; 32];
    house.chance.fill(&mut random);
    admit::mint(&house.settings.key_prefix, &random)
}

/// A new key without rules that is nobody's, and its text.
pub fn new_key(house: &House, workspace: WorkspaceId, name: &str, now: Timestamp) -> (KeyRow, Secret<String>) {
    let text = mint(house);
    let row = KeyRow {
        id: house.key_id(now),
        workspace,
        name: name.trim().into(),
        prefix: admit::display_prefix(text.expose()).into(),
        digest: house.vault.digest(text.expose()),
        created_at: now,
        expires_at: None,
        revoked_at: None,
        rules: KeyRules::default(),
        owner: None,
        created_by: String::new(),
        last_used_at: None,
        old: None,
        version: 1,
    };
    (row, text)
}

/// `POST /keys`, `POST /workspaces/{workspace}/keys`. The key itself is in this answer and nowhere else, ever (R-KEY-1).
pub async fn create(
    State(worker): State<Worker>,
    hand: Hand,
    Input(new): Input<NewKey>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let mut checks = Checks::default();
    checks.name("name", &new.name);
    let workspace = hand.workspace(house, new.workspace.as_deref(), &mut checks);
    let named = new.owner.as_deref();
    let owner = workspace.as_ref().and_then(|row| hand.owner(house, row.id, named, &mut checks));
    let expires_at = checks.instant("expires_at", new.expires_at.as_deref());
    if expires_at.is_some_and(|at| at <= now) {
        checks.add("expires_at", "expected a time to come");
    }
    let mut rules = KeyRules::default();
    new.rules.unwrap_or_default().set(&mut rules, house, &mut checks);
    checks.done()?;
    let Some(workspace) = workspace else { return Err(Problem::internal()) };
    let (mut row, text) = new_key(house, workspace.id, &new.name, now);
    (row.expires_at, row.rules, row.owner) = (expires_at, rules, owner);
    hand.name().clone_into(&mut row.created_by);
    let log = hand.did(now, "key.create", &row, &json!(KeyTold::of(&row)));
    let gate = house.keys.gate.lock().await;
    house.store.create_key(row.clone(), log).await?;
    house.keys.put(row.clone());
    drop(gate);
    Ok(Answer::created(&told(house, &row).await?.with_text(&text)))
}

/// `GET /keys?workspace=`, `GET /workspaces/{workspace}/keys`: newest first.
pub async fn list(State(worker): State<Worker>, hand: Hand, Asked(which): Asked<Which>) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    let page = Page::of(&WhichPage { limit: which.limit, before: which.before }, &mut checks);
    let workspace = which.workspace.as_deref().map(|text| hand.narrowed(house, text, &mut checks));
    checks.done()?;
    let workspace = workspace.transpose()?.map(|place| place.id).or_else(|| hand.place());
    let mut rows = house.store.list_keys(workspace.map_or(WhichKeys::All, WhichKeys::Of)).await?;
    rows.retain(|row| hand.holds(row));
    let (rows, next) = page.cut(rows, |row| row.id);
    Ok(Answer::ok(&Keys { data: told_all(house, &rows).await?, next }))
}

/// The stored key of that id, where it is theirs to see.
async fn find(house: &House, hand: &Hand, id: &str) -> Result<KeyRow, Problem> {
    let id: KeyId = id.parse().map_err(|_| Problem::not_found("key"))?;
    let rows = house.store.list_keys(WhichKeys::One(id)).await?;
    rows.into_iter().find(|row| hand.holds(row)).ok_or_else(|| Problem::not_found("key"))
}

/// `GET /keys/{id}`.
pub async fn show(State(worker): State<Worker>, hand: Hand, Named(id): Named) -> Result<Answer, Problem> {
    let row = find(&worker.house, &hand, &id).await?;
    Ok(Answer::ok(&told(&worker.house, &row).await?))
}

/// `PATCH /keys/{id}`: what is absent stays, null takes away. A revoked key stays as it is.
pub async fn change(
    State(worker): State<Worker>,
    hand: Hand,
    Named(id): Named,
    Input(new): Input<ChangedKey>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let row = living(find(house, &hand, &id).await?)?;
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
    let detail = json!({ "before": KeyTold::of(&row), "after": KeyTold::of(&after) });
    let gate = house.keys.gate.lock().await;
    let row = house.store.change_key(change, hand.did(now, "key.change", &row, &detail)).await?;
    house.keys.put(row.clone());
    drop(gate);
    Ok(Answer::ok(&told(house, &row).await?))
}

/// `POST /keys/{id}/rotate`: a new text for the key; the old one works on for the grace. What the key spent, its caps and its id
/// stay (R-KEY-2).
pub async fn rotate(
    State(worker): State<Worker>,
    hand: Hand,
    Named(id): Named,
    Input(new): Input<Rotated>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let row = living(find(house, &hand, &id).await?)?;
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
    let log = hand.did(now, "key.rotate", &row, &detail);
    let gate = house.keys.gate.lock().await;
    let row = house.store.rotate_key(rotation, log).await?;
    house.keys.put(row.clone());
    drop(gate);
    Ok(Answer::ok(&told(house, &row).await?.with_text(&text)))
}

/// `DELETE /keys/{id}`: from this answer on the key is refused.
pub async fn revoke(State(worker): State<Worker>, hand: Hand, Named(id): Named) -> Result<Answer, Problem> {
    let house = &worker.house;
    let row = find(house, &hand, &id).await?;
    let now = house.clock.now();
    let log = hand.did(now, "key.revoke", &row, &json!({}));
    let gate = house.keys.gate.lock().await;
    let row = house.store.revoke_key(row.id, now, log).await?;
    house.keys.put(row.clone());
    drop(gate);
    Ok(Answer::ok(&told(house, &row).await?))
}

fn living(row: KeyRow) -> Result<KeyRow, Problem> {
    match row.revoked_at {
        None => Ok(row),
        Some(_) => Err(Problem::conflict("This key is revoked; make a new one.")),
    }
}
