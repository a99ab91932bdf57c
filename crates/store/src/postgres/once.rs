//! Calls that are done once. In: rows. Out: rows. Never here: what a call does.

use super::keys::digest;
use super::pool::Fail;
use crate::port::{OnceRow, StoreError};
use tokio_postgres::Transaction;
use units::{Secret, Timestamp};

/// Begins a call; of one that somebody else has begun it gives what is kept. Who begins at the same time is waited for.
pub async fn begin(tx: &Transaction<'_>, row: &OnceRow, now: Timestamp) -> Result<Option<OnceRow>, Fail> {
    let id = &row.id[..];
    tx.execute("DELETE FROM once_call WHERE id = $1 AND ends_at <= $2", &[&id, &now.ms()]).await?;
    tx.execute(
        "INSERT INTO once_call (id, asked, turn, ends_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
        &[&id, &&row.asked[..], &&row.turn[..], &row.ends_at.ms()],
    )
    .await?;
    let sql = "SELECT asked, turn, ends_at, sealed FROM once_call WHERE id = $1";
    let kept = tx.query_one(sql, &[&id]).await?;
    let turn: Vec<u8> = kept.try_get(1)?;
    let turn = turn.try_into().map_err(|_| StoreError::Corrupt("a turn that is not 16 bytes".to_owned()))?;
    if turn == row.turn {
        return Ok(None);
    }
    Ok(Some(OnceRow {
        id: row.id,
        asked: digest(kept.try_get(0)?)?,
        turn,
        ends_at: Timestamp::from_ms(kept.try_get(2)?),
        sealed: kept.try_get::<_, Option<Vec<u8>>>(3)?.map(Secret::new),
    }))
}

/// Keeps the answer of a call.
pub async fn end(tx: &Transaction<'_>, id: &[u8], turn: &[u8], sealed: &[u8]) -> Result<(), Fail> {
    let sql = "UPDATE once_call SET sealed = $3 WHERE id = $1 AND turn = $2";
    tx.execute(sql, &[&id, &turn, &sealed]).await?;
    Ok(())
}

/// Forgets a call that did nothing.
pub async fn forget(tx: &Transaction<'_>, id: &[u8], turn: &[u8]) -> Result<(), Fail> {
    tx.execute("DELETE FROM once_call WHERE id = $1 AND turn = $2 AND sealed IS NULL", &[&id, &turn]).await?;
    Ok(())
}

/// Forgets those whose time is over; says how many.
pub async fn sweep(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Fail> {
    Ok(tx.execute("DELETE FROM once_call WHERE ends_at <= $1", &[&now.ms()]).await?)
}
