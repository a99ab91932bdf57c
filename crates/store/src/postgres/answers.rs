//! Answers that callers asked to be kept. In: rows. Out: rows. Never here: what is in an answer (it is sealed).

use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{AnswerRow, KEPT_OF_ONE_MAX};
use tokio_postgres::Transaction;
use units::{Secret, Timestamp, WorkspaceId};

/// Forgets the oldest answers of a workspace that are too many, or too large together.
const TRIM: &str = "
    DELETE FROM kept_answer WHERE id IN (
        SELECT id FROM (
            SELECT id, SUM(LENGTH(sealed)) OVER newest AS bytes, ROW_NUMBER() OVER newest AS n
            FROM kept_answer WHERE workspace = $1 WINDOW newest AS (ORDER BY created_at DESC, id DESC)
        ) AS counted WHERE bytes > $2 OR n > $3)";

/// Keeps an answer.
pub async fn keep(tx: &Transaction<'_>, row: &AnswerRow, bytes_max: u64) -> Result<(), Fail> {
    let most = i64::try_from(bytes_max).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO kept_answer (id, workspace, created_at, expires_at, sealed) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, sealed = excluded.sealed",
        &[
            &row.id,
            &Uuid(row.workspace.bytes()),
            &row.created_at.ms(),
            &row.expires_at.ms(),
            &row.sealed.expose().as_slice(),
        ],
    )
    .await?;
    tx.execute(TRIM, &[&Uuid(row.workspace.bytes()), &most, &KEPT_OF_ONE_MAX]).await?;
    Ok(())
}

/// An answer of a workspace that has not vanished.
pub async fn find(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    id: &str,
    now: Timestamp,
) -> Result<Option<AnswerRow>, Fail> {
    let found = tx
        .query_opt(
            "SELECT created_at, expires_at, sealed FROM kept_answer
             WHERE id = $1 AND workspace = $2 AND expires_at > $3",
            &[&id, &Uuid(workspace.bytes()), &now.ms()],
        )
        .await?;
    let Some(row) = found else { return Ok(None) };
    Ok(Some(AnswerRow {
        id: id.to_owned(),
        workspace,
        created_at: Timestamp::from_ms(row.try_get(0)?),
        expires_at: Timestamp::from_ms(row.try_get(1)?),
        sealed: Secret::new(row.try_get(2)?),
    }))
}

/// Forgets an answer of a workspace; says whether there was one.
pub async fn forget(tx: &Transaction<'_>, workspace: WorkspaceId, id: &str) -> Result<bool, Fail> {
    let delete = "DELETE FROM kept_answer WHERE id = $1 AND workspace = $2";
    Ok(tx.execute(delete, &[&id, &Uuid(workspace.bytes())]).await? == 1)
}

/// Forgets what has vanished.
pub async fn sweep(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Fail> {
    Ok(tx.execute("DELETE FROM kept_answer WHERE expires_at <= $1", &[&now.ms()]).await?)
}
