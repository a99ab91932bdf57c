//! Who belongs to workspaces: members and invitations. In: rows. Out: rows. Every question names its workspace.
//! Never here: who may ask.

use super::log::digest;
use super::management;
use super::pool::Fail;
use super::wire::Uuid;
use super::workspaces;
use crate::port::{AuditEntry, InvitationRow, MemberRow, Revoked, Role, StoreError, WorkspaceRow};
use tokio_postgres::{Row, Transaction};
use units::{InvitationId, Timestamp, UserId, WorkspaceId};

/// All members of all workspaces.
pub async fn list(tx: &Transaction<'_>) -> Result<Vec<MemberRow>, Fail> {
    let sql = "SELECT workspace, user_id, role, since FROM member ORDER BY since, user_id";
    let rows = tx.query(sql, &[]).await?;
    let member = |row: &Row| {
        Ok(MemberRow {
            workspace: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
            user: UserId::from_bytes(row.try_get::<_, Uuid>(1)?.0),
            role: Role::of(row.try_get(2)?),
            since: Timestamp::from_ms(row.try_get(3)?),
        })
    };
    rows.iter().map(member).collect()
}

/// Makes a workspace with its owner.
pub async fn found(tx: &Transaction<'_>, row: &WorkspaceRow, owner: UserId) -> Result<(), Fail> {
    workspaces::create(tx, row).await?;
    join(tx, &MemberRow { workspace: row.id, user: owner, role: Role::Owner, since: row.created_at }).await
}

async fn join(tx: &Transaction<'_>, row: &MemberRow) -> Result<(), Fail> {
    tx.execute(
        "INSERT INTO member (workspace, user_id, role, since) VALUES ($1, $2, $3, $4)",
        &[&Uuid(row.workspace.bytes()), &Uuid(row.user.bytes()), &row.role.number(), &row.since.ms()],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "member"))
}

/// A member's role, with the workspace locked: two owners who take each other out wait here for one another.
async fn role_of(tx: &Transaction<'_>, workspace: Uuid, user: Uuid) -> Result<Role, Fail> {
    tx.execute("SELECT 1 FROM workspace WHERE id = $1 FOR UPDATE", &[&workspace]).await?;
    let sql = "SELECT role FROM member WHERE workspace = $1 AND user_id = $2";
    let row = tx.query_opt(sql, &[&workspace, &user]).await?.ok_or(StoreError::NotFound("member"))?;
    Ok(Role::of(row.try_get(0)?))
}

/// A workspace that had an owner has one.
async fn owned(tx: &Transaction<'_>, workspace: Uuid) -> Result<(), Fail> {
    let sql = "SELECT 1 FROM member WHERE workspace = $1 AND role = $2 LIMIT 1";
    let owner = tx.query_opt(sql, &[&workspace, &Role::Owner.number()]).await?;
    if owner.is_none() { Err(StoreError::LastOne("owner").into()) } else { Ok(()) }
}

/// Gives a member another role; one that may have no keys takes theirs.
pub async fn set_role(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    log: &AuditEntry,
) -> Result<Revoked, Fail> {
    let (workspace, user) = (Uuid(workspace.bytes()), Uuid(user.bytes()));
    let was = role_of(tx, workspace, user).await?;
    let sql = "UPDATE member SET role = $3 WHERE workspace = $1 AND user_id = $2";
    tx.execute(sql, &[&workspace, &user, &role.number()]).await?;
    if was == Role::Owner {
        owned(tx, workspace).await?;
    }
    if role.has_keys() { Ok(Revoked::default()) } else { management::leave(tx, workspace, user, log).await }
}

/// Takes a member out, with their keys.
pub async fn remove(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    user: UserId,
    log: &AuditEntry,
) -> Result<Revoked, Fail> {
    let (workspace, user) = (Uuid(workspace.bytes()), Uuid(user.bytes()));
    let was = role_of(tx, workspace, user).await?;
    tx.execute("DELETE FROM member WHERE workspace = $1 AND user_id = $2", &[&workspace, &user]).await?;
    if was == Role::Owner {
        owned(tx, workspace).await?;
    }
    management::leave(tx, workspace, user, log).await
}

const INVITATION: &str =
    "id, workspace, email, folded, role, digest, made_at, ends_at, made_by, accepted_at, withdrawn_at";

fn invitation_of(row: &Row) -> Result<InvitationRow, Fail> {
    Ok(InvitationRow {
        id: InvitationId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        workspace: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(1)?.0),
        email: row.try_get(2)?,
        folded: row.try_get(3)?,
        role: Role::of(row.try_get(4)?),
        digest: digest(row.try_get(5)?)?,
        made_at: Timestamp::from_ms(row.try_get(6)?),
        ends_at: Timestamp::from_ms(row.try_get(7)?),
        made_by: row.try_get(8)?,
        accepted_at: row.try_get::<_, Option<i64>>(9)?.map(Timestamp::from_ms),
        withdrawn_at: row.try_get::<_, Option<i64>>(10)?.map(Timestamp::from_ms),
    })
}

/// Keeps an invitation in place of an open one to the same address.
pub async fn invite(tx: &Transaction<'_>, row: &InvitationRow) -> Result<(), Fail> {
    let workspace = Uuid(row.workspace.bytes());
    let sql = "SELECT 1 FROM member JOIN user_account ON id = user_id WHERE workspace = $1 AND folded = $2";
    if tx.query_opt(sql, &[&workspace, &row.folded]).await?.is_some() {
        return Err(StoreError::Exists("member").into());
    }
    tx.execute(
        "UPDATE invitation SET withdrawn_at = $3
         WHERE workspace = $1 AND folded = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL",
        &[&workspace, &row.folded, &row.made_at.ms()],
    )
    .await?;
    tx.execute(
        &format!("INSERT INTO invitation ({INVITATION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
        &[
            &Uuid(row.id.bytes()),
            &workspace,
            &row.email,
            &row.folded,
            &row.role.number(),
            &&row.digest[..],
            &row.made_at.ms(),
            &row.ends_at.ms(),
            &row.made_by,
            &row.accepted_at.map(Timestamp::ms),
            &row.withdrawn_at.map(Timestamp::ms),
        ],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "invitation"))
}

/// All invitations of a workspace, newest first.
pub async fn invitations(tx: &Transaction<'_>, workspace: WorkspaceId) -> Result<Vec<InvitationRow>, Fail> {
    let sql = format!("SELECT {INVITATION} FROM invitation WHERE workspace = $1 ORDER BY id DESC");
    tx.query(&sql, &[&Uuid(workspace.bytes())]).await?.iter().map(invitation_of).collect()
}

/// Withdraws an open invitation.
pub async fn withdraw(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    id: InvitationId,
    at: Timestamp,
) -> Result<(), Fail> {
    let sql = "UPDATE invitation SET withdrawn_at = $3
               WHERE workspace = $1 AND id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL";
    let rows = tx.execute(sql, &[&Uuid(workspace.bytes()), &Uuid(id.bytes()), &at.ms()]).await?;
    if rows == 1 { Ok(()) } else { Err(StoreError::NotFound("invitation").into()) }
}

/// The invitation of that digest, while it works.
pub async fn find(tx: &Transaction<'_>, token: [u8; 32], now: Timestamp) -> Result<Option<InvitationRow>, Fail> {
    let sql = format!(
        "SELECT {INVITATION} FROM invitation
         WHERE digest = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND ends_at > $2"
    );
    tx.query_opt(&sql, &[&&token[..], &now.ms()]).await?.as_ref().map(invitation_of).transpose()
}

/// Makes a user a member by an invitation to their address: one to somebody else is none.
pub async fn accept(tx: &Transaction<'_>, token: &[u8; 32], user: UserId, now: Timestamp) -> Result<(), Fail> {
    let sql = format!(
        "UPDATE invitation SET accepted_at = $3
         WHERE digest = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND ends_at > $3
           AND folded = (SELECT folded FROM user_account WHERE id = $2) RETURNING {INVITATION}"
    );
    let row = tx.query_opt(&sql, &[&&token[..], &Uuid(user.bytes()), &now.ms()]).await?;
    let row = invitation_of(&row.ok_or(StoreError::NotFound("invitation"))?)?;
    join(tx, &MemberRow { workspace: row.workspace, user, role: row.role, since: now }).await
}
