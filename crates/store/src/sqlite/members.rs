//! Who belongs to workspaces, on disk: members and invitations. In: rows. Out: rows. Every question names its workspace.
//! Never here: who may ask.

use super::management;
use super::people::taken;
use super::sql_error;
use super::workspaces;
use crate::port::{AuditEntry, InvitationRow, MemberRow, Revoked, Role, StoreError, WorkspaceRow};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use units::{InvitationId, Timestamp, UserId, WorkspaceId};

/// All members of all workspaces.
pub fn list(db: &Connection) -> rusqlite::Result<Vec<MemberRow>> {
    db.prepare("SELECT workspace, user_id, role, since FROM member ORDER BY since, user_id")?
        .query_map([], |row| {
            Ok(MemberRow {
                workspace: WorkspaceId::from_bytes(row.get(0)?),
                user: UserId::from_bytes(row.get(1)?),
                role: Role::of(row.get(2)?),
                since: Timestamp::from_ms(row.get(3)?),
            })
        })?
        .collect()
}

/// Makes a workspace with its owner.
pub fn found(tx: &Transaction<'_>, row: &WorkspaceRow, owner: UserId) -> Result<(), StoreError> {
    workspaces::create(tx, row)?;
    let member = MemberRow { workspace: row.id, user: owner, role: Role::Owner, since: row.created_at };
    join(tx, &member)
}

fn join(tx: &Transaction<'_>, row: &MemberRow) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO member (workspace, user_id, role, since) VALUES (?1, ?2, ?3, ?4)",
        params![row.workspace.bytes(), row.user.bytes(), row.role.number(), row.since.ms()],
    )
    .map(drop)
    .map_err(taken("member"))
}

/// A workspace that had an owner has one.
fn owned(tx: &Transaction<'_>, workspace: WorkspaceId) -> Result<(), StoreError> {
    let owners: i64 = tx
        .query_row(
            "SELECT count(*) FROM member WHERE workspace = ?1 AND role = ?2",
            params![workspace.bytes(), Role::Owner.number()],
            |row| row.get(0),
        )
        .map_err(sql_error)?;
    if owners == 0 { Err(StoreError::LastOne("owner")) } else { Ok(()) }
}

/// Gives a member another role; one that may have no keys takes theirs.
pub fn set_role(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    log: &AuditEntry,
) -> Result<Revoked, StoreError> {
    let was = role_of(tx, workspace, user)?;
    tx.execute(
        "UPDATE member SET role = ?3 WHERE workspace = ?1 AND user_id = ?2",
        params![workspace.bytes(), user.bytes(), role.number()],
    )
    .map_err(sql_error)?;
    if was == Role::Owner {
        owned(tx, workspace)?;
    }
    if role.has_keys() { Ok(Revoked::default()) } else { management::leave(tx, workspace, user, log) }
}

/// Takes a member out, with their keys.
pub fn remove(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    user: UserId,
    log: &AuditEntry,
) -> Result<Revoked, StoreError> {
    let was = role_of(tx, workspace, user)?;
    tx.execute(
        "DELETE FROM member WHERE workspace = ?1 AND user_id = ?2",
        params![workspace.bytes(), user.bytes()],
    )
    .map_err(sql_error)?;
    if was == Role::Owner {
        owned(tx, workspace)?;
    }
    management::leave(tx, workspace, user, log)
}

fn role_of(tx: &Transaction<'_>, workspace: WorkspaceId, user: UserId) -> Result<Role, StoreError> {
    tx.query_row(
        "SELECT role FROM member WHERE workspace = ?1 AND user_id = ?2",
        params![workspace.bytes(), user.bytes()],
        |row| Ok(Role::of(row.get(0)?)),
    )
    .optional()
    .map_err(sql_error)?
    .ok_or(StoreError::NotFound("member"))
}

const INVITATION: &str =
    "id, workspace, email, folded, role, digest, made_at, ends_at, made_by, accepted_at, withdrawn_at";

fn invitation_of(row: &Row<'_>) -> rusqlite::Result<InvitationRow> {
    Ok(InvitationRow {
        id: InvitationId::from_bytes(row.get(0)?),
        workspace: WorkspaceId::from_bytes(row.get(1)?),
        email: row.get(2)?,
        folded: row.get(3)?,
        role: Role::of(row.get(4)?),
        digest: row.get(5)?,
        made_at: Timestamp::from_ms(row.get(6)?),
        ends_at: Timestamp::from_ms(row.get(7)?),
        made_by: row.get(8)?,
        accepted_at: row.get::<_, Option<i64>>(9)?.map(Timestamp::from_ms),
        withdrawn_at: row.get::<_, Option<i64>>(10)?.map(Timestamp::from_ms),
    })
}

/// Keeps an invitation in place of an open one to the same address.
pub fn invite(tx: &Transaction<'_>, row: &InvitationRow) -> Result<(), StoreError> {
    let member: Option<i64> = tx
        .query_row(
            "SELECT 1 FROM member JOIN user_account ON id = user_id WHERE workspace = ?1 AND folded = ?2",
            params![row.workspace.bytes(), row.folded],
            |row| row.get(0),
        )
        .optional()
        .map_err(sql_error)?;
    if member.is_some() {
        return Err(StoreError::Exists("member"));
    }
    tx.execute(
        "UPDATE invitation SET withdrawn_at = ?3
         WHERE workspace = ?1 AND folded = ?2 AND accepted_at IS NULL AND withdrawn_at IS NULL",
        params![row.workspace.bytes(), row.folded, row.made_at.ms()],
    )
    .map_err(sql_error)?;
    tx.execute(
        &format!("INSERT INTO invitation ({INVITATION}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"),
        params![
            row.id.bytes(),
            row.workspace.bytes(),
            row.email,
            row.folded,
            row.role.number(),
            row.digest,
            row.made_at.ms(),
            row.ends_at.ms(),
            row.made_by,
            row.accepted_at.map(Timestamp::ms),
            row.withdrawn_at.map(Timestamp::ms),
        ],
    )
    .map(drop)
    .map_err(taken("invitation"))
}

/// All invitations of a workspace, newest first.
pub fn invitations(db: &Connection, workspace: WorkspaceId) -> rusqlite::Result<Vec<InvitationRow>> {
    db.prepare(&format!("SELECT {INVITATION} FROM invitation WHERE workspace = ?1 ORDER BY id DESC"))?
        .query_map([workspace.bytes()], invitation_of)?
        .collect()
}

/// Withdraws an open invitation.
pub fn withdraw(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    id: InvitationId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let rows = tx
        .execute(
            "UPDATE invitation SET withdrawn_at = ?3
             WHERE workspace = ?1 AND id = ?2 AND accepted_at IS NULL AND withdrawn_at IS NULL",
            params![workspace.bytes(), id.bytes(), at.ms()],
        )
        .map_err(sql_error)?;
    if rows == 1 { Ok(()) } else { Err(StoreError::NotFound("invitation")) }
}

/// The invitation of that digest, while it works.
pub fn find(db: &Connection, digest: &[u8; 32], now: Timestamp) -> rusqlite::Result<Option<InvitationRow>> {
    let sql = format!(
        "SELECT {INVITATION} FROM invitation
         WHERE digest = ?1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND ends_at > ?2"
    );
    db.query_row(&sql, params![digest, now.ms()], invitation_of).optional()
}

/// Makes a user a member by an invitation to their address.
pub fn accept(tx: &Transaction<'_>, digest: &[u8; 32], user: UserId, now: Timestamp) -> Result<(), StoreError> {
    let row = find(tx, digest, now).map_err(sql_error)?.ok_or(StoreError::NotFound("invitation"))?;
    let folded: Option<String> = tx
        .query_row("SELECT folded FROM user_account WHERE id = ?1", [user.bytes()], |row| row.get(0))
        .optional()
        .map_err(sql_error)?;
    // An invitation to somebody else is none.
    if folded.as_ref() != Some(&row.folded) {
        return Err(StoreError::NotFound("invitation"));
    }
    tx.execute("UPDATE invitation SET accepted_at = ?2 WHERE id = ?1", params![row.id.bytes(), now.ms()])
        .map_err(sql_error)?;
    join(tx, &MemberRow { workspace: row.workspace, user, role: row.role, since: now })
}
