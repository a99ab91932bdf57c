//! Operator tokens. In: rows. Out: rows. Never here: a key in clear, money, the log (log.rs).

use super::log::digest;
use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{OperatorTokenRow, StoreError};
use tokio_postgres::Transaction;
use units::{OperatorTokenId, Timestamp};

/// Keeps a new operator token.
pub async fn create_operator_token(tx: &Transaction<'_>, row: &OperatorTokenRow) -> Result<(), Fail> {
    tx.execute(
        "INSERT INTO operator_token (id, name, prefix, digest, created_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            &Uuid(row.id.bytes()),
            &row.name,
            &row.prefix,
            &&row.digest[..],
            &row.created_at.ms(),
            &row.revoked_at.map(Timestamp::ms),
        ],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "operator token"))
}

/// All operator tokens, oldest first.
pub async fn list_operator_tokens(tx: &Transaction<'_>) -> Result<Vec<OperatorTokenRow>, Fail> {
    let rows = tx
        .query(
            "SELECT id, name, prefix, digest, created_at, revoked_at FROM operator_token ORDER BY created_at, id",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(OperatorTokenRow {
                id: OperatorTokenId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
                name: row.try_get(1)?,
                prefix: row.try_get(2)?,
                digest: digest(row.try_get(3)?)?,
                created_at: Timestamp::from_ms(row.try_get(4)?),
                revoked_at: row.try_get::<_, Option<i64>>(5)?.map(Timestamp::from_ms),
            })
        })
        .collect()
}

/// Revokes an operator token; the first time counts.
pub async fn revoke_operator_token(tx: &Transaction<'_>, id: OperatorTokenId, at: Timestamp) -> Result<(), Fail> {
    let rows = tx
        .execute(
            "UPDATE operator_token SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1",
            &[&Uuid(id.bytes()), &at.ms()],
        )
        .await?;
    if rows == 1 { Ok(()) } else { Err(StoreError::NotFound("operator token").into()) }
}
