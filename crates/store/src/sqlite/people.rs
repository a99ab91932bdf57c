//! Operator tokens and the operators' log on disk. In: rows. Out: rows.
//! Every change and its log entry are one transaction. Never here: a key in clear, money.

use super::sql_error;
use crate::port::{AuditEntry, OperatorTokenRow, StoreError};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, params};
use units::{OperatorTokenId, Timestamp};

/// Runs one named change and writes its log entry with it.
pub fn logged<T>(
    db: &mut Connection,
    log: &AuditEntry,
    change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql_error)?;
    let done = change(&tx)?;
    tx.execute(
        "INSERT INTO operator_log (at, actor, action, object, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![log.at.ms(), log.actor, log.action, log.object, log.detail],
    )
    .map_err(sql_error)?;
    tx.commit().map_err(sql_error)?;
    Ok(done)
}

/// A broken uniqueness means that the name is taken.
pub fn taken(what: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |e| match e.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Exists(what),
        _ => sql_error(e),
    }
}

/// Keeps a new operator token.
pub fn create_operator_token(tx: &Transaction<'_>, row: &OperatorTokenRow) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO operator_token (id, name, prefix, digest, created_at, revoked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            row.id.bytes(),
            row.name,
            row.prefix,
            row.digest,
            row.created_at.ms(),
            row.revoked_at.map(Timestamp::ms),
        ],
    )
    .map(drop)
    .map_err(taken("operator token"))
}

/// All operator tokens, oldest first.
pub fn list_operator_tokens(db: &Connection) -> rusqlite::Result<Vec<OperatorTokenRow>> {
    db.prepare(
        "SELECT id, name, prefix, digest, created_at, revoked_at FROM operator_token ORDER BY created_at, id",
    )?
    .query_map([], |row| {
        Ok(OperatorTokenRow {
            id: OperatorTokenId::from_bytes(row.get(0)?),
            name: row.get(1)?,
            prefix: row.get(2)?,
            digest: row.get(3)?,
            created_at: Timestamp::from_ms(row.get(4)?),
            revoked_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_ms),
        })
    })?
    .collect()
}

/// Revokes an operator token; the first time counts.
pub fn revoke_operator_token(tx: &Transaction<'_>, id: OperatorTokenId, at: Timestamp) -> Result<(), StoreError> {
    let rows = tx
        .execute(
            "UPDATE operator_token SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1",
            params![id.bytes(), at.ms()],
        )
        .map_err(sql_error)?;
    if rows == 1 { Ok(()) } else { Err(StoreError::NotFound("operator token")) }
}

/// A page of the log, newest first. It ends between two instants, so it may be longer than asked for.
pub fn page_log(db: &Connection, before: Option<Timestamp>, limit: u32) -> rusqlite::Result<Vec<AuditEntry>> {
    let before = before.map_or(i64::MAX, Timestamp::ms);
    db.prepare(
        "SELECT at, actor, action, object, detail FROM operator_log
         WHERE at < ?1 AND at >= coalesce(
             (SELECT min(at) FROM (SELECT at FROM operator_log WHERE at < ?1 ORDER BY at DESC LIMIT ?2)), ?1)
         ORDER BY at DESC, seq DESC",
    )?
    .query_map(params![before, limit], |row| {
        Ok(AuditEntry {
            at: Timestamp::from_ms(row.get(0)?),
            actor: row.get(1)?,
            action: row.get(2)?,
            object: row.get(3)?,
            detail: row.get(4)?,
        })
    })?
    .collect()
}
