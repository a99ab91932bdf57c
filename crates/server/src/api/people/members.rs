//! The members of a workspace: listed, given another role, taken out, leaving. In: a role. Out: members. Only owners make
//! and unmake owners, and the last one stays. Never here: how people come in (invitations).

use crate::api::gate::Seated;
use crate::api::page::{Page, WhichPage};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Input, Named};
use crate::api::schema::{RoleName, Shown};
use crate::house::{House, Worker};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::port::{Change, MemberRow, Revoked, Role};
use units::{Timestamp, UserId};

/// A role for a member.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    #[schemars(with = "RoleName")]
    role: String,
}

/// A member as the API tells them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Member")]
pub struct MemberTold {
    user: Shown<UserId>,
    email: String,
    name: String,
    #[schemars(with = "RoleName")]
    role: &'static str,
    since: Shown<Timestamp>,
}

/// What a member lost with their role, or with their going.
#[derive(Serialize, JsonSchema)]
pub struct RevokedTold {
    /// Their keys that were revoked with it.
    keys_revoked: usize,
    /// The management keys that they had made and that were revoked with it.
    management_keys_revoked: usize,
}

/// A member with another role. One that may have no keys takes theirs.
#[derive(Serialize, JsonSchema)]
pub struct MemberChanged {
    #[serde(flatten)]
    member: MemberTold,
    #[serde(flatten)]
    revoked: RevokedTold,
}

/// A member is out.
#[derive(Serialize, JsonSchema)]
pub struct MemberGone {
    done: bool,
    #[serde(flatten)]
    revoked: RevokedTold,
}

impl From<Revoked> for RevokedTold {
    fn from(revoked: Revoked) -> Self {
        Self { keys_revoked: revoked.keys.len(), management_keys_revoked: revoked.management_keys.len() }
    }
}

/// The members of a workspace.
#[derive(Serialize, JsonSchema)]
pub struct Members {
    data: Vec<MemberTold>,
    /// The `before` of the next page; null at the end.
    next: Option<String>,
}

impl MemberTold {
    fn of(house: &House, row: &MemberRow) -> Option<Self> {
        let user = house.people.user(row.user)?;
        Some(Self {
            user: Shown(row.user),
            email: user.email.clone(),
            name: user.name.clone(),
            role: row.role.name(),
            since: Shown(row.since),
        })
    }
}

/// Who may take a role, or the holder of it, in hand.
pub fn may_touch(seated: &Seated, role: Role) -> Result<(), Problem> {
    if role == Role::Owner && seated.seat.role != Role::Owner {
        return Err(Problem::forbidden("Only an owner can make or change an owner."));
    }
    Ok(())
}

/// The member that a path names.
fn named(house: &House, seated: &Seated, text: &str) -> Result<MemberRow, Problem> {
    let gone = || Problem::not_found("member");
    let id: UserId = text.parse().map_err(|_| gone())?;
    let members = house.people.members(seated.seat.workspace.id);
    members.into_iter().find(|member| member.user == id).ok_or_else(gone)
}

/// `GET /workspaces/{workspace}/members`.
pub async fn list(
    State(worker): State<Worker>,
    seated: Seated,
    Asked(which): Asked<WhichPage>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    let page = Page::of(&which, &mut checks);
    checks.done()?;
    let (members, next) = page.cut(house.people.members(seated.seat.workspace.id), |member| member.user);
    let data = members.iter().filter_map(|row| MemberTold::of(house, row)).collect();
    Ok(Answer::ok(&Members { data, next }))
}

/// `PATCH /workspaces/{workspace}/members/{user}`.
pub async fn change(
    State(worker): State<Worker>,
    seated: Seated,
    Named(user): Named,
    Input(new): Input<NewRole>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let before = named(house, &seated, &user)?;
    let mut checks = Checks::default();
    let role = checks.role("role", &new.role);
    checks.done()?;
    let role = role.ok_or_else(Problem::internal)?;
    may_touch(&seated, before.role)?;
    may_touch(&seated, role)?;
    let states = (Some(json!({ "role": before.role.name() })), Some(json!({ "role": role.name() })));
    let log = seated.did(house.clock.now(), "member.change", &before.user, states);
    let revoked = house.store_people.set_role(before.workspace, before.user, role, log).await?;
    house.reload(Change::People).await?;
    learn_revoked(house, &revoked).await?;
    let member = MemberTold::of(house, &MemberRow { role, ..before }).ok_or_else(Problem::internal)?;
    Ok(Answer::ok(&MemberChanged { member, revoked: revoked.into() }))
}

/// Their keys were revoked with it.
async fn learn_revoked(house: &House, revoked: &Revoked) -> Result<(), Problem> {
    if !revoked.keys.is_empty() {
        house.reload(Change::Keys).await?;
    }
    if !revoked.management_keys.is_empty() {
        house.reload(Change::ManagementKeys).await?;
    }
    Ok(())
}

async fn take_out(house: &House, seated: &Seated, member: MemberRow, action: &str) -> Result<Answer, Problem> {
    let states = (Some(json!({ "role": member.role.name() })), None);
    let log = seated.did(house.clock.now(), action, &member.user, states);
    let revoked = house.store_people.remove_member(member.workspace, member.user, log).await?;
    house.reload(Change::People).await?;
    learn_revoked(house, &revoked).await?;
    Ok(Answer::ok(&MemberGone { done: true, revoked: revoked.into() }))
}

/// `DELETE /workspaces/{workspace}/members/{user}`.
pub async fn remove(State(worker): State<Worker>, seated: Seated, Named(user): Named) -> Result<Answer, Problem> {
    let member = named(&worker.house, &seated, &user)?;
    may_touch(&seated, member.role)?;
    take_out(&worker.house, &seated, member, "member.remove").await
}

/// `POST /workspaces/{workspace}/leave`: whoever is in it may go, but not the last owner.
pub async fn leave(State(worker): State<Worker>, seated: Seated) -> Result<Answer, Problem> {
    let own = seated.principal.user().map(|signed| signed.user.id.to_string());
    let member = named(&worker.house, &seated, &own.unwrap_or_default())?;
    take_out(&worker.house, &seated, member, "member.leave").await
}
