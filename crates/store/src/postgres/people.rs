//! Operator tokens and the operators' log. In: rows. Out: rows.
//! Every change and its log entry are one transaction. Never here: a key in clear, money.

use super::keys;
use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{AuditEntry, OperatorTokenRow, StoreError};
use tokio_postgres::Transaction;
use units::{OperatorTokenId, Timestamp};

/// Writes an entry of the log.
pub async fn log(tx: &Transaction<'_>, log: &AuditEntry) -> Result<(), Fail> {
    tx.execute(
        "INSERT INTO operator_log (at, actor, action, object, detail) VALUES ($1, $2, $3, $4, $5)",
        &[&log.at.ms(), &log.actor, &log.action, &log.object, &log.detail],
    )
    .await?;
    Ok(())
}

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
                digest: keys::digest(row.try_get(3)?)?,
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

/// A page of the log, newest first. It ends between two instants, so it may be longer than asked for.
pub async fn page_log(
    tx: &Transaction<'_>,
    before: Option<Timestamp>,
    limit: u32,
) -> Result<Vec<AuditEntry>, Fail> {
    let before = before.map_or(i64::MAX, Timestamp::ms);
    let rows = tx
        .query(
            "SELECT at, actor, action, object, detail FROM operator_log
             WHERE at < $1 AND at >= coalesce(
                 (SELECT min(at) FROM (SELECT at FROM operator_log WHERE at < $1 ORDER BY at DESC LIMIT $2) AS page), $1)
             ORDER BY at DESC, seq DESC",
            &[&before, &i64::from(limit)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(AuditEntry {
                at: Timestamp::from_ms(row.try_get(0)?),
                actor: row.try_get(1)?,
                action: row.try_get(2)?,
                object: row.try_get(3)?,
                detail: row.try_get(4)?,
            })
        })
        .collect()
}
