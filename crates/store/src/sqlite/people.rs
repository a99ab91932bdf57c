//! Operator tokens on disk. In: rows. Out: rows. Never here: a key in clear, money, the log (log.rs).

use super::sql_error;
use crate::port::{OperatorTokenRow, StoreError};
use rusqlite::{Connection, ErrorCode, Transaction, params};
use units::{OperatorTokenId, Timestamp};

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
