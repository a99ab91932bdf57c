//! Management keys, and what becomes of keys whose member leaves. In: rows. Out: rows. Never here: a key in clear, what a
//! role may.

use super::keys::digest;
use super::log;
use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{AuditEntry, ManagementKeyRow, Revoked, Role, StoreError};
use crate::record::revocations;
use tokio_postgres::{Row, Transaction};
use units::{KeyId, ManagementKeyId, Timestamp, UserId, WorkspaceId};

const KEY: &str =
    "id, workspace, name, prefix, digest, role, made_by, created_by, created_at, expires_at, revoked_at";

fn key_of(row: &Row) -> Result<ManagementKeyRow, Fail> {
    Ok(ManagementKeyRow {
        id: ManagementKeyId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        workspace: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(1)?.0),
        name: row.try_get(2)?,
        prefix: row.try_get(3)?,
        digest: digest(row.try_get(4)?)?,
        role: Role::of(row.try_get(5)?),
        made_by: row.try_get::<_, Option<Uuid>>(6)?.map(|id| UserId::from_bytes(id.0)),
        created_by: row.try_get(7)?,
        created_at: Timestamp::from_ms(row.try_get(8)?),
        expires_at: Timestamp::from_ms(row.try_get(9)?),
        revoked_at: row.try_get::<_, Option<i64>>(10)?.map(Timestamp::from_ms),
    })
}

/// Refuses a workspace that is not there, and a user who is not in it with a role that may have keys. A member who is just being
/// taken out, or given another role, is waited for: no key of theirs comes after that.
pub async fn place(tx: &Transaction<'_>, workspace: Uuid, user: Option<UserId>) -> Result<(), Fail> {
    let sql = "SELECT 1 FROM workspace WHERE id = $1 FOR SHARE";
    if tx.query_opt(sql, &[&workspace]).await?.is_none() {
        return Err(StoreError::NotFound("workspace").into());
    }
    let Some(user) = user else { return Ok(()) };
    let sql = "SELECT role FROM member WHERE workspace = $1 AND user_id = $2";
    let member =
        tx.query_opt(sql, &[&workspace, &Uuid(user.bytes())]).await?.ok_or(StoreError::NotFound("member"))?;
    if Role::of(member.try_get(0)?).has_keys() { Ok(()) } else { Err(StoreError::NotFound("member").into()) }
}

/// Keeps a new management key.
pub async fn create(tx: &Transaction<'_>, row: &ManagementKeyRow) -> Result<(), Fail> {
    let workspace = Uuid(row.workspace.bytes());
    place(tx, workspace, row.made_by).await?;
    let sql = format!("INSERT INTO management_key ({KEY}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    tx.execute(
        &sql,
        &[
            &Uuid(row.id.bytes()),
            &workspace,
            &row.name,
            &row.prefix,
            &&row.digest[..],
            &row.role.number(),
            &row.made_by.map(|id| Uuid(id.bytes())),
            &row.created_by,
            &row.created_at.ms(),
            &row.expires_at.ms(),
            &row.revoked_at.map(Timestamp::ms),
        ],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "management key"))
}

/// All management keys, newest first.
pub async fn list(tx: &Transaction<'_>) -> Result<Vec<ManagementKeyRow>, Fail> {
    let sql = format!("SELECT {KEY} FROM management_key ORDER BY id DESC");
    tx.query(&sql, &[]).await?.iter().map(key_of).collect()
}

/// Revokes a management key of a workspace; the first time counts.
pub async fn revoke(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    id: ManagementKeyId,
    at: Timestamp,
) -> Result<ManagementKeyRow, Fail> {
    let sql = format!(
        "UPDATE management_key SET revoked_at = coalesce(revoked_at, $3) WHERE workspace = $1 AND id = $2
         RETURNING {KEY}"
    );
    let row = tx.query_opt(&sql, &[&Uuid(workspace.bytes()), &Uuid(id.bytes()), &at.ms()]).await?;
    key_of(&row.ok_or(StoreError::NotFound("management key"))?)
}

/// Revokes the keys of a member who leaves or may have none any more, and the management keys that they made; `log` is the entry
/// of that, and each key has one of its own.
pub async fn leave(tx: &Transaction<'_>, workspace: Uuid, user: Uuid, log: &AuditEntry) -> Result<Revoked, Fail> {
    // In the order of their ids, as those who note uses do, so that neither waits for the other.
    let theirs = "SELECT id FROM api_key WHERE workspace = $1 AND owner = $2 ORDER BY id FOR UPDATE";
    tx.execute(theirs, &[&workspace, &user]).await?;
    let revoke = async |sql: &str| -> Result<Vec<[u8; 16]>, Fail> {
        let rows = tx.query(sql, &[&workspace, &user, &log.at.ms()]).await?;
        let mut ids = rows.iter().map(|row| Ok(row.try_get::<_, Uuid>(0)?.0)).collect::<Result<Vec<_>, Fail>>()?;
        ids.sort_unstable();
        Ok(ids)
    };
    let keys = revoke(
        "UPDATE api_key SET revoked_at = $3, version = version + 1
         WHERE workspace = $1 AND owner = $2 AND revoked_at IS NULL RETURNING id",
    )
    .await?;
    let programs = revoke(
        "UPDATE management_key SET revoked_at = $3
         WHERE workspace = $1 AND made_by = $2 AND revoked_at IS NULL RETURNING id",
    )
    .await?;
    let revoked = Revoked {
        keys: keys.into_iter().map(KeyId::from_bytes).collect(),
        management_keys: programs.into_iter().map(ManagementKeyId::from_bytes).collect(),
    };
    for entry in revocations(log, &revoked) {
        log::write(tx, &entry).await?;
    }
    Ok(revoked)
}
