//! The operators' log: entries in a chain, written with what they tell of. In: entries. Out: pages, and whether the chain is
//! whole. Never here: what an entry says.

use super::pool::Fail;
use super::wire::Uuid;
use crate::chain::{self, Follower};
use crate::log_page::{self, BYTES, Mark};
use crate::port::{AuditEntry, LogCheck, LogFilter, LogPage};
use futures_util::TryStreamExt;
use std::pin::pin;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};
use units::{Timestamp, WorkspaceId};

const COLUMNS: &str = "at, actor, action, object, detail, workspace, address, was, became";

/// Writes an entry. Who writes holds the head until the commit, so that entries of all nodes make one chain; it is the last
/// thing that a change does but telling the news, so that nobody waits for long and never in a circle.
pub async fn write(tx: &Transaction<'_>, log: &AuditEntry) -> Result<(), Fail> {
    let head = tx.query_one("SELECT hash FROM log_head FOR UPDATE", &[]).await?;
    let head: [u8; 32] = digest(head.try_get(0)?)?;
    let hash = chain::link(&head, log);
    tx.execute(
        &format!("INSERT INTO operator_log ({COLUMNS}, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        &[
            &log.at.ms(),
            &log.actor,
            &log.action,
            &log.object,
            &log.detail,
            &log.workspace.map(|id| Uuid(id.bytes())),
            &log.address,
            &log.before,
            &log.after,
            &&hash[..],
        ],
    )
    .await?;
    tx.execute("UPDATE log_head SET entries = entries + 1, hash = $1", &[&&hash[..]]).await?;
    Ok(())
}

/// The 32 bytes of a digest.
pub fn digest(bytes: &[u8]) -> Result<[u8; 32], Fail> {
    bytes.try_into().map_err(|_| Fail::Contradiction("a digest is not 32 bytes".to_owned()))
}

fn entry_of(row: &Row) -> Result<AuditEntry, Fail> {
    Ok(AuditEntry {
        at: Timestamp::from_ms(row.try_get(0)?),
        actor: row.try_get(1)?,
        action: row.try_get(2)?,
        object: row.try_get(3)?,
        detail: row.try_get(4)?,
        workspace: row.try_get::<_, Option<Uuid>>(5)?.map(|id| WorkspaceId::from_bytes(id.0)),
        address: row.try_get(6)?,
        before: row.try_get(7)?,
        after: row.try_get(8)?,
    })
}

/// A page of the log, newest first. It ends between two instants, so it may be longer than asked for.
pub async fn page(tx: &Transaction<'_>, filter: LogFilter) -> Result<LogPage, Fail> {
    let before = filter.before.map_or(i64::MAX, Timestamp::ms);
    let workspace = filter.workspace.map(|id| Uuid(id.bytes()));
    let whose = if workspace.is_some() { "workspace = $2" } else { "$2::uuid IS NULL" };
    let action = if filter.action.is_some() { "action = $3" } else { "$3::text IS NULL" };
    let older = format!("FROM operator_log WHERE {whose} AND {action} AND at < $1");
    let sql = format!(
        "SELECT at, {BYTES} {older} AND at >= coalesce(
             (SELECT min(at) FROM (SELECT at {older} ORDER BY at DESC LIMIT $4) AS page), $1)
         ORDER BY at DESC"
    );
    let rows = tx.query(&sql, &[&before, &workspace, &filter.action, &i64::from(filter.limit)]).await?;
    let marks: Vec<Mark> = rows.iter().map(mark_of).collect::<Result<_, _>>()?;
    let Some(oldest) = log_page::oldest(&marks, filter.bytes_max) else { return Ok(LogPage::default()) };
    let oldest = oldest.ms();
    let sql = format!("SELECT {COLUMNS} {older} AND at >= $4 ORDER BY at DESC, seq DESC");
    let rows = tx.query(&sql, &[&before, &workspace, &filter.action, &oldest]).await?;
    let entries = rows.iter().map(entry_of).collect::<Result<_, _>>()?;
    let more = format!("SELECT EXISTS (SELECT 1 {older})");
    let more = tx.query_one(&more, &[&oldest, &workspace, &filter.action]).await?.try_get(0)?;
    Ok(LogPage { entries, more })
}

fn mark_of(row: &Row) -> Result<Mark, Fail> {
    Ok(Mark { at: Timestamp::from_ms(row.try_get(0)?), bytes: row.try_get::<_, i64>(1)?.unsigned_abs() })
}

/// Follows the chain, row by row: the log may be long.
pub async fn check(tx: &Transaction<'_>) -> Result<LogCheck, Fail> {
    let head = tx.query_one("SELECT entries, hash FROM log_head", &[]).await?;
    let sql = format!("SELECT {COLUMNS}, hash, seq FROM operator_log ORDER BY seq");
    let none: [&(dyn ToSql + Sync); 0] = [];
    let mut rows = pin!(tx.query_raw(&sql, none).await?);
    let mut follower = Follower::new();
    while let Some(row) = rows.try_next().await? {
        let place: i64 = row.try_get(10)?;
        follower.next(place.unsigned_abs(), &entry_of(&row)?, row.try_get(9)?);
    }
    Ok(follower.finish(head.try_get(0)?, head.try_get(1)?))
}
