//! Invitations into a workspace: made, mailed, listed, withdrawn, looked at, accepted. In: an address, a role, a token. Out: a
//! letter, a member. Never here: signing up by one (account).

use super::account::{Done, Token, may_write};
use super::members::may_touch;
use crate::api::gate::{Caller, Seated};
use crate::api::page::{Page, WhichPage};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Input, Named};
use crate::api::schema::{Email, RoleName, Shown};
use crate::house::Worker;
use crate::limits::INVITATION_TIME;
use crate::mail::Letters;
use crate::people::folded;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::port::{AuditEntry, Change, InvitationRow, StoreError};
use units::{InvitationId, Timestamp, WorkspaceId};

/// Who is invited, and as what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    #[schemars(with = "Email")]
    email: String,
    #[schemars(with = "RoleName")]
    role: String,
}

/// An invitation as members see it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
pub struct InvitationTold {
    id: Shown<InvitationId>,
    email: String,
    #[schemars(with = "RoleName")]
    role: &'static str,
    made_at: Shown<Timestamp>,
    ends_at: Shown<Timestamp>,
    /// Who invited, in words.
    made_by: String,
    /// `open`, `accepted`, `withdrawn` or `ended`.
    #[schemars(extend("enum" = ["open", "accepted", "withdrawn", "ended"]))]
    state: &'static str,
}

/// The invitations of a workspace.
#[derive(Serialize, JsonSchema)]
pub struct Invitations {
    data: Vec<InvitationTold>,
    /// The `before` of the next page; null at the end.
    next: Option<String>,
}

/// An invitation as who has its token sees it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InvitationLooked")]
pub struct Look {
    /// Its name.
    workspace: String,
    email: String,
    #[schemars(with = "RoleName")]
    role: &'static str,
    made_by: String,
    ends_at: Shown<Timestamp>,
}

/// Where the user is a member now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InvitationAccepted")]
pub struct Accepted {
    workspace: Shown<WorkspaceId>,
    #[schemars(with = "RoleName")]
    role: &'static str,
}

impl InvitationTold {
    fn of(row: &InvitationRow, now: Timestamp) -> Self {
        Self {
            id: Shown(row.id),
            email: row.email.clone(),
            role: row.role.name(),
            made_at: Shown(row.made_at),
            ends_at: Shown(row.ends_at),
            made_by: row.made_by.clone(),
            state: match (row.accepted_at, row.withdrawn_at) {
                (Some(_), _) => "accepted",
                (None, Some(_)) => "withdrawn",
                (None, None) if row.ends_at <= now => "ended",
                (None, None) => "open",
            },
        }
    }
}

/// `POST /workspaces/{workspace}/invitations`: takes the place of an open one to the same address.
pub async fn create(
    State(worker): State<Worker>,
    seated: Seated,
    Input(new): Input<NewInvitation>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    checks.email("email", &new.email);
    let role = checks.role("role", &new.role);
    checks.done()?;
    let role = role.ok_or_else(Problem::internal)?;
    may_touch(&seated, role)?;
    let folded = folded(&new.email);
    if !may_write(house, &folded) {
        return Err(Problem::conflict("This address got too many letters already; wait a while."));
    }
    let (text, digest) = house.secret_text();
    let now = house.clock.now();
    let row = InvitationRow {
        id: InvitationId::new(now, house.ten()),
        workspace: seated.seat.workspace.id,
        email: new.email.trim().to_owned(),
        folded,
        role,
        digest,
        made_at: now,
        ends_at: now.plus(INVITATION_TIME),
        made_by: seated.principal.name().to_owned(),
        accepted_at: None,
        withdrawn_at: None,
    };
    let after = json!({ "email": row.email, "role": role.name() });
    let log = seated.did(now, "invitation.create", &row.id, (None, Some(after)));
    house.store_people.invite(row.clone(), log).await?;
    let what = (seated.seat.workspace.name.as_str(), role.name(), row.made_by.as_str());
    house.post.send(Letters { base: &house.settings.base() }.invitation(&row.email, what, &text));
    Ok(Answer::created(&InvitationTold::of(&row, now)))
}

/// `GET /workspaces/{workspace}/invitations`.
pub async fn list(
    State(worker): State<Worker>,
    seated: Seated,
    Asked(which): Asked<WhichPage>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    let page = Page::of(&which, &mut checks);
    checks.done()?;
    let rows = house.store_people.list_invitations(seated.seat.workspace.id).await?;
    let (rows, next) = page.cut(rows, |row| row.id);
    let now = house.clock.now();
    Ok(Answer::ok(&Invitations { data: rows.iter().map(|row| InvitationTold::of(row, now)).collect(), next }))
}

/// `DELETE /workspaces/{workspace}/invitations/{invitation}`.
pub async fn withdraw(State(worker): State<Worker>, seated: Seated, Named(id): Named) -> Result<Answer, Problem> {
    let house = &worker.house;
    let id: InvitationId = id.parse().map_err(|_| Problem::not_found("invitation"))?;
    let now = house.clock.now();
    let log = seated.did(now, "invitation.withdraw", &id, (None, None));
    house.store_people.withdraw(seated.seat.workspace.id, id, now, log).await?;
    Ok(Done::answer())
}

/// `POST /invitations/look`: what a token invites to, for who is about to sign up or in.
pub async fn look(State(worker): State<Worker>, Input(Token { token }): Input<Token>) -> Result<Answer, Problem> {
    let house = &worker.house;
    let digest = house.vault.digest(token.trim());
    let row = house.store_people.find_invitation(digest, house.clock.now()).await?.ok_or_else(Problem::token)?;
    let workspace = house.workspaces.find(row.workspace).ok_or_else(Problem::token)?;
    Ok(Answer::ok(&Look {
        workspace: workspace.name.clone(),
        email: row.email,
        role: row.role.name(),
        made_by: row.made_by,
        ends_at: Shown(row.ends_at),
    }))
}

/// `POST /invitations/accept`: by a user of that address. One to somebody else looks like none.
pub async fn accept(
    State(worker): State<Worker>,
    caller: Caller,
    Input(Token { token }): Input<Token>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let (digest, now) = (house.vault.digest(token.trim()), house.clock.now());
    let row = house.store_people.find_invitation(digest, now).await?.ok_or_else(Problem::token)?;
    let user = caller.signed.user.id;
    let after = json!({ "role": row.role.name() }).to_string();
    let log = caller.principal.did_in(row.workspace, now, "invitation.accept", &row.id);
    let log = AuditEntry { after: Some(after), ..log };
    house.store_people.accept(digest, user, log).await.map_err(|error| match error {
        StoreError::NotFound(_) => Problem::token(),
        other => other.into(),
    })?;
    house.reload(Change::People).await?;
    Ok(Answer::ok(&Accepted { workspace: Shown(row.workspace), role: row.role.name() }))
}
