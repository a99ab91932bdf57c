//! Management keys: how programs manage one workspace. Made, listed, revoked by its owners and admins. In: a name, a role, an
//! end. Out: the key, once. Never here: its digest, what a key opens (gate), API keys (they never open this door).

use crate::api::gate::Seated;
use crate::api::page::{Page, WhichPage};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Input, Named};
use crate::house::Worker;
use crate::limits::MANAGEMENT_KEY_TIME_MAX;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::port::{Change, ManagementKeyRow};
use units::ManagementKeyId;

/// What management keys start with.
const PREFIX: &str = "tgmk-";

/// What a new management key is made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewManagementKey {
    name: String,
    role: String,
    expires_at: String,
}

/// `POST /workspaces/{workspace}/management-keys`: with a role that is not above the one of who makes it.
pub async fn create(
    State(worker): State<Worker>,
    seated: Seated,
    Input(new): Input<NewManagementKey>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let mut checks = Checks::default();
    checks.name("name", &new.name);
    let role = checks.role("role", &new.role);
    let expires_at = checks.instant("expires_at", Some(&new.expires_at));
    if expires_at.is_some_and(|at| at <= now || at > now.plus(MANAGEMENT_KEY_TIME_MAX)) {
        let days = MANAGEMENT_KEY_TIME_MAX.as_secs() / 86_400;
        checks.add("expires_at", format!("expected a time to come, within {days} days"));
    }
    checks.done()?;
    let (Some(role), Some(expires_at)) = (role, expires_at) else { return Err(Problem::internal()) };
    if role < seated.seat.role {
        return Err(Problem::forbidden("A management key cannot have a higher role than who makes it."));
    }
    let workspace = seated.seat.workspace.id;
    // It stands in the place of a member; what operators make of their own right stands alone.
    let makers = seated.principal.user().map(|signed| signed.user.id);
    let made_by = makers.filter(|user| house.people.role(workspace, *user).is_some_and(|own| own <= role));
    let mut random = [0; 32];
    house.chance.fill(&mut random);
    let text = admit::mint(PREFIX, &random);
    let row = ManagementKeyRow {
        id: ManagementKeyId::new(now, house.ten()),
        workspace,
        name: new.name.trim().into(),
        prefix: admit::display_prefix(text.expose()).into(),
        digest: house.vault.digest(text.expose()),
        role,
        made_by,
        created_by: seated.principal.name().to_owned(),
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    let log = seated.did(now, "management_key.create", &row.id, (None, Some(object(&row))));
    house.store_people.create_management_key(row.clone(), log).await?;
    house.reload(Change::ManagementKeys).await?;
    let mut shown = object(&row);
    shown["key"] = json!(text.expose());
    Ok(Answer::created(&shown))
}

/// `GET /workspaces/{workspace}/management-keys`.
pub async fn list(
    State(worker): State<Worker>,
    seated: Seated,
    Asked(which): Asked<WhichPage>,
) -> Result<Answer, Problem> {
    let mut checks = Checks::default();
    let page = Page::of(&which, &mut checks);
    checks.done()?;
    let (rows, next) = page.cut(worker.house.programs.of(seated.seat.workspace.id), |program| program.row.id);
    let objects: Vec<Value> = rows.iter().map(|program| object(&program.row)).collect();
    Ok(Answer::ok(&json!({ "data": objects, "next": next })))
}

/// `DELETE /workspaces/{workspace}/management-keys/{key}`: from this answer on it opens nothing.
pub async fn revoke(State(worker): State<Worker>, seated: Seated, Named(id): Named) -> Result<Answer, Problem> {
    let house = &worker.house;
    let id: ManagementKeyId = id.parse().map_err(|_| Problem::not_found("management key"))?;
    let now = house.clock.now();
    let log = seated.did(now, "management_key.revoke", &id, (None, None));
    let row = house.store_people.revoke_management_key(seated.seat.workspace.id, id, now, log).await?;
    house.reload(Change::ManagementKeys).await?;
    Ok(Answer::ok(&object(&row)))
}

/// A management key as people read it.
pub fn object(row: &ManagementKeyRow) -> Value {
    json!({
        "id": row.id.to_string(), "workspace": row.workspace.to_string(), "name": row.name, "prefix": row.prefix,
        "role": row.role.name(), "created_by": row.created_by, "created_at": row.created_at.to_string(),
        "expires_at": row.expires_at.to_string(), "revoked_at": row.revoked_at.map(|t| t.to_string()),
    })
}
