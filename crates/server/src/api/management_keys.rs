//! Management keys: how programs manage one workspace. Made, listed, revoked by its owners and admins. In: a name, a role, an
//! end. Out: the key, once. Never here: its digest, what a key opens (gate), API keys (they never open this door).

use crate::api::gate::Seated;
use crate::api::page::{Page, WhichPage};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Input, Named};
use crate::api::schema::{Name, RoleName, Shown};
use crate::house::Worker;
use crate::limits::MANAGEMENT_KEY_TIME_MAX;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::port::{Change, ManagementKeyRow};
use units::{ManagementKeyId, Timestamp, WorkspaceId};

/// What management keys start with.
const PREFIX: &str = "tgmk-";

/// What a new management key is made of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewManagementKey {
    #[schemars(with = "Name")]
    name: String,
    /// Not above the role of who makes it.
    #[schemars(with = "RoleName")]
    role: String,
    /// A time to come, within 366 days.
    #[schemars(with = "Shown<Timestamp>")]
    expires_at: String,
}

/// A management key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ManagementKey")]
pub struct ManagementKeyTold {
    id: Shown<ManagementKeyId>,
    workspace: Shown<WorkspaceId>,
    name: String,
    /// The first characters of its text, to recognise it by.
    prefix: String,
    #[schemars(with = "RoleName")]
    role: &'static str,
    /// Who made it, in words.
    created_by: String,
    created_at: Shown<Timestamp>,
    expires_at: Shown<Timestamp>,
    revoked_at: Option<Shown<Timestamp>>,
}

/// A management key with its text, which is in this answer and nowhere else.
#[derive(Serialize, JsonSchema)]
pub struct NewManagementKeyTold {
    #[serde(flatten)]
    of: ManagementKeyTold,
    /// The key itself.
    key: String,
}

/// The management keys of a workspace.
#[derive(Serialize, JsonSchema)]
pub struct ManagementKeys {
    data: Vec<ManagementKeyTold>,
    /// The `before` of the next page; null at the end.
    next: Option<String>,
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
    let log = seated.did(now, "management_key.create", &row.id, (None, Some(json!(ManagementKeyTold::of(&row)))));
    house.store_people.create_management_key(row.clone(), log).await?;
    house.reload(Change::ManagementKeys).await?;
    Ok(Answer::created(&NewManagementKeyTold { of: ManagementKeyTold::of(&row), key: text.expose().clone() }))
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
    let data = rows.iter().map(|program| ManagementKeyTold::of(&program.row)).collect();
    Ok(Answer::ok(&ManagementKeys { data, next }))
}

/// `DELETE /workspaces/{workspace}/management-keys/{key}`: from this answer on it opens nothing.
pub async fn revoke(State(worker): State<Worker>, seated: Seated, Named(id): Named) -> Result<Answer, Problem> {
    let house = &worker.house;
    let id: ManagementKeyId = id.parse().map_err(|_| Problem::not_found("management key"))?;
    let now = house.clock.now();
    let log = seated.did(now, "management_key.revoke", &id, (None, None));
    let row = house.store_people.revoke_management_key(seated.seat.workspace.id, id, now, log).await?;
    house.reload(Change::ManagementKeys).await?;
    Ok(Answer::ok(&ManagementKeyTold::of(&row)))
}

impl ManagementKeyTold {
    /// Of its record.
    pub fn of(row: &ManagementKeyRow) -> Self {
        Self {
            id: Shown(row.id),
            workspace: Shown(row.workspace),
            name: row.name.clone(),
            prefix: row.prefix.clone(),
            role: row.role.name(),
            created_by: row.created_by.clone(),
            created_at: Shown(row.created_at),
            expires_at: Shown(row.expires_at),
            revoked_at: row.revoked_at.map(Shown),
        }
    }
}
