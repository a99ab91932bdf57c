//! Management keys on disk, and what becomes of keys whose member leaves. In: rows. Out: rows. Never here: a key in clear,
//! what a role may.

use super::people::taken;
use super::{log, sql_error};
use crate::port::{AuditEntry, ManagementKeyRow, Revoked, Role, StoreError};
use crate::record::revocations;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use units::{KeyId, ManagementKeyId, Timestamp, UserId, WorkspaceId};

const KEY: &str =
    "id, workspace, name, prefix, digest, role, made_by, created_by, created_at, expires_at, revoked_at";

fn key_of(row: &Row<'_>) -> rusqlite::Result<ManagementKeyRow> {
    Ok(ManagementKeyRow {
        id: ManagementKeyId::from_bytes(row.get(0)?),
        workspace: WorkspaceId::from_bytes(row.get(1)?),
        name: row.get(2)?,
        prefix: row.get(3)?,
        digest: row.get(4)?,
        role: Role::of(row.get(5)?),
        made_by: row.get::<_, Option<[u8; 16]>>(6)?.map(UserId::from_bytes),
        created_by: row.get(7)?,
        created_at: Timestamp::from_ms(row.get(8)?),
        expires_at: Timestamp::from_ms(row.get(9)?),
        revoked_at: row.get::<_, Option<i64>>(10)?.map(Timestamp::from_ms),
    })
}

/// Refuses a workspace that is not there, and a user who is not in it with a role that may have keys.
pub fn place(tx: &Transaction<'_>, workspace: WorkspaceId, user: Option<UserId>) -> Result<(), StoreError> {
    let found: Option<i64> = tx
        .query_row("SELECT 1 FROM workspace WHERE id = ?1", [workspace.bytes()], |row| row.get(0))
        .optional()
        .map_err(sql_error)?;
    if found.is_none() {
        return Err(StoreError::NotFound("workspace"));
    }
    let Some(user) = user else { return Ok(()) };
    let sql = "SELECT role FROM member WHERE workspace = ?1 AND user_id = ?2";
    let role: Option<i64> = tx
        .query_row(sql, params![workspace.bytes(), user.bytes()], |row| row.get(0))
        .optional()
        .map_err(sql_error)?;
    role.filter(|role| Role::of(*role).has_keys()).map(drop).ok_or(StoreError::NotFound("member"))
}

/// Keeps a new management key.
pub fn create(tx: &Transaction<'_>, row: &ManagementKeyRow) -> Result<(), StoreError> {
    place(tx, row.workspace, row.made_by)?;
    tx.execute(
        &format!("INSERT INTO management_key ({KEY}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"),
        params![
            row.id.bytes(),
            row.workspace.bytes(),
            row.name,
            row.prefix,
            row.digest,
            row.role.number(),
            row.made_by.map(UserId::bytes),
            row.created_by,
            row.created_at.ms(),
            row.expires_at.ms(),
            row.revoked_at.map(Timestamp::ms),
        ],
    )
    .map(drop)
    .map_err(taken("management key"))
}

/// All management keys, newest first.
pub fn list(db: &Connection) -> rusqlite::Result<Vec<ManagementKeyRow>> {
    db.prepare(&format!("SELECT {KEY} FROM management_key ORDER BY id DESC"))?.query_map([], key_of)?.collect()
}

/// Revokes a management key of a workspace; the first time counts.
pub fn revoke(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    id: ManagementKeyId,
    at: Timestamp,
) -> Result<ManagementKeyRow, StoreError> {
    let sql = format!(
        "UPDATE management_key SET revoked_at = coalesce(revoked_at, ?3) WHERE workspace = ?1 AND id = ?2
         RETURNING {KEY}"
    );
    tx.query_row(&sql, params![workspace.bytes(), id.bytes(), at.ms()], key_of)
        .optional()
        .map_err(sql_error)?
        .ok_or(StoreError::NotFound("management key"))
}

/// Revokes the keys of a member who leaves or may have none any more, and the management keys that they made; `log` is the entry
/// of that, and each key has one of its own.
pub fn leave(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    user: UserId,
    log: &AuditEntry,
) -> Result<Revoked, StoreError> {
    let revoke = |sql: &str| -> rusqlite::Result<Vec<[u8; 16]>> {
        let mut ids: Vec<[u8; 16]> = tx
            .prepare(sql)?
            .query_map(params![workspace.bytes(), user.bytes(), log.at.ms()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        ids.sort_unstable();
        Ok(ids)
    };
    let keys = revoke(
        "UPDATE api_key SET revoked_at = ?3, version = version + 1
         WHERE workspace = ?1 AND owner = ?2 AND revoked_at IS NULL RETURNING id",
    );
    let programs = revoke(
        "UPDATE management_key SET revoked_at = ?3
         WHERE workspace = ?1 AND made_by = ?2 AND revoked_at IS NULL RETURNING id",
    );
    let revoked = Revoked {
        keys: keys.map_err(sql_error)?.into_iter().map(KeyId::from_bytes).collect(),
        management_keys: programs.map_err(sql_error)?.into_iter().map(ManagementKeyId::from_bytes).collect(),
    };
    revocations(log, &revoked).iter().try_for_each(|entry| log::write(tx, entry)).map_err(sql_error)?;
    Ok(revoked)
}
