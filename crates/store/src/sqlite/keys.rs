//! API keys on disk. In: rows. Out: rows. Never here: a key in clear, what a rule means.

use super::management;
use super::people::taken;
use super::sql_error;
use super::workspaces::{missing_or_stale, unread};
use crate::port::{KeyChange, KeyRotation, KeyRow, OldText, StoreError, WhichKeys};
use crate::record::{count_of, count_to_disk, rules_of, rules_to_disk};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use units::{KeyId, Timestamp, UserId, WorkspaceId};

const KEY: &str = "id, workspace, name, prefix, digest, created_at, expires_at, revoked_at, rules, owner, created_by, \
    last_used_at, version, old_digest, old_ends_at";

fn key_of(row: &Row<'_>) -> rusqlite::Result<KeyRow> {
    let instant = |n| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(n)?.map(Timestamp::from_ms));
    Ok(KeyRow {
        id: KeyId::from_bytes(row.get(0)?),
        workspace: WorkspaceId::from_bytes(row.get(1)?),
        name: row.get(2)?,
        prefix: row.get(3)?,
        digest: row.get(4)?,
        created_at: Timestamp::from_ms(row.get(5)?),
        expires_at: instant(6)?,
        revoked_at: instant(7)?,
        rules: rules_of(row.get_ref(8)?.as_str()?).map_err(unread)?,
        owner: row.get::<_, Option<[u8; 16]>>(9)?.map(UserId::from_bytes),
        created_by: row.get(10)?,
        last_used_at: instant(11)?,
        version: count_of(row.get(12)?),
        old: match (row.get(13)?, instant(14)?) {
            (Some(digest), Some(ends_at)) => Some(OldText { digest, ends_at }),
            _ => None,
        },
    })
}

/// Keeps a new key.
pub fn create(tx: &Transaction<'_>, row: &KeyRow) -> Result<(), StoreError> {
    management::place(tx, row.workspace, row.owner)?;
    tx.execute(
        &format!(
            "INSERT INTO api_key ({KEY}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
        ),
        params![
            row.id.bytes(),
            row.workspace.bytes(),
            row.name,
            row.prefix,
            row.digest,
            row.created_at.ms(),
            row.expires_at.map(Timestamp::ms),
            row.revoked_at.map(Timestamp::ms),
            rules_to_disk(&row.rules),
            row.owner.map(UserId::bytes),
            row.created_by,
            row.last_used_at.map(Timestamp::ms),
            count_to_disk(row.version),
            row.old.map(|old| old.digest),
            row.old.map(|old| old.ends_at.ms()),
        ],
    )
    .map(drop)
    .map_err(taken("key"))
}

/// Every key, oldest first.
pub fn list(db: &Connection, which: WhichKeys) -> rusqlite::Result<Vec<KeyRow>> {
    let (fits, id) = match which {
        WhichKeys::All => ("?1 IS NULL", None),
        WhichKeys::Of(workspace) => ("workspace = ?1", Some(workspace.bytes())),
        WhichKeys::One(id) => ("id = ?1", Some(id.bytes())),
    };
    let sql = format!("SELECT {KEY} FROM api_key WHERE {fits} ORDER BY created_at, id");
    db.prepare(&sql)?.query_map([id], key_of)?.collect()
}

fn find(tx: &Transaction<'_>, id: KeyId) -> Result<KeyRow, StoreError> {
    tx.query_row(&format!("SELECT {KEY} FROM api_key WHERE id = ?1"), [id.bytes()], key_of)
        .optional()
        .map_err(sql_error)?
        .ok_or(StoreError::NotFound("key"))
}

/// Revokes a key; the first time counts.
pub fn revoke(tx: &Transaction<'_>, id: KeyId, at: Timestamp) -> Result<KeyRow, StoreError> {
    tx.execute(
        "UPDATE api_key SET revoked_at = ?2, version = version + 1 WHERE id = ?1 AND revoked_at IS NULL",
        params![id.bytes(), at.ms()],
    )
    .map_err(sql_error)?;
    find(tx, id)
}

/// Changes a key that nobody else changed meanwhile.
pub fn change(tx: &Transaction<'_>, change: &KeyChange) -> Result<KeyRow, StoreError> {
    let rows = tx
        .execute(
            "UPDATE api_key SET name = ?3, expires_at = ?4, rules = ?5, version = version + 1
             WHERE id = ?1 AND version = ?2",
            params![
                change.id.bytes(),
                count_to_disk(change.version),
                change.name,
                change.expires_at.map(Timestamp::ms),
                rules_to_disk(&change.rules),
            ],
        )
        .map_err(sql_error)?;
    match rows {
        1 => find(tx, change.id),
        _ => Err(missing_or_stale(tx, "key", change.id.bytes())),
    }
}

/// Gives a key that nobody else changed meanwhile a new text.
pub fn rotate(tx: &Transaction<'_>, rotation: &KeyRotation) -> Result<KeyRow, StoreError> {
    let rows = tx
        .execute(
            "UPDATE api_key SET old_digest = digest, old_ends_at = ?5, digest = ?3, prefix = ?4, version = version + 1
             WHERE id = ?1 AND version = ?2",
            params![
                rotation.id.bytes(),
                count_to_disk(rotation.version),
                rotation.digest,
                rotation.prefix,
                rotation.old_ends_at.ms(),
            ],
        )
        .map_err(taken("key"))?;
    match rows {
        1 => find(tx, rotation.id),
        _ => Err(missing_or_stale(tx, "key", rotation.id.bytes())),
    }
}

/// Notes when keys were last used.
pub fn touch(db: &mut Connection, used: &[(KeyId, Timestamp)]) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql_error)?;
    for (id, at) in used {
        let sql = "UPDATE api_key SET last_used_at = max(coalesce(last_used_at, 0), ?2) WHERE id = ?1";
        tx.prepare_cached(sql).and_then(|mut s| s.execute(params![id.bytes(), at.ms()])).map_err(sql_error)?;
    }
    tx.commit().map_err(sql_error)
}
