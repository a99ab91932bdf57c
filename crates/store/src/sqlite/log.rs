//! The operators' log on disk: entries in a chain, written with what they tell of. In: entries. Out: pages, and whether the
//! chain is whole. Never here: what an entry says.

use super::sql_error;
use crate::chain::{self, Follower};
use crate::log_page::{self, BYTES, Mark};
use crate::port::{AuditEntry, LogCheck, LogFilter, LogPage, StoreError};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use units::{Timestamp, WorkspaceId};

const COLUMNS: &str = "at, actor, action, object, detail, workspace, address, was, became";

/// Runs one named change and writes its log entry with it.
pub fn logged<T>(
    db: &mut Connection,
    log: &AuditEntry,
    change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql_error)?;
    let done = change(&tx)?;
    write(&tx, log).map_err(sql_error)?;
    tx.commit().map_err(sql_error)?;
    Ok(done)
}

/// The same, where the change says whether there is something to tell.
pub fn logged_if(
    db: &mut Connection,
    log: &AuditEntry,
    change: impl FnOnce(&Transaction<'_>) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql_error)?;
    let done = change(&tx)?;
    if done {
        write(&tx, log).map_err(sql_error)?;
    }
    tx.commit().map_err(sql_error)?;
    Ok(done)
}

/// Writes an entry with what it tells of.
pub fn write(tx: &Transaction<'_>, log: &AuditEntry) -> rusqlite::Result<()> {
    let head: [u8; 32] = tx.query_row("SELECT hash FROM log_head", [], |row| row.get(0))?;
    let hash = chain::link(&head, log);
    tx.execute(
        &format!("INSERT INTO operator_log ({COLUMNS}, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
        params![
            log.at.ms(),
            log.actor,
            log.action,
            log.object,
            log.detail,
            log.workspace.map(WorkspaceId::bytes),
            log.address,
            log.before,
            log.after,
            hash,
        ],
    )?;
    tx.execute("UPDATE log_head SET entries = entries + 1, hash = ?1", [hash]).map(drop)
}

fn entry_of(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        at: Timestamp::from_ms(row.get(0)?),
        actor: row.get(1)?,
        action: row.get(2)?,
        object: row.get(3)?,
        detail: row.get(4)?,
        workspace: row.get::<_, Option<[u8; 16]>>(5)?.map(WorkspaceId::from_bytes),
        address: row.get(6)?,
        before: row.get(7)?,
        after: row.get(8)?,
    })
}

/// A page of the log, newest first. It ends between two instants, so it may be longer than asked for.
pub fn page(db: &Connection, filter: &LogFilter) -> rusqlite::Result<LogPage> {
    // The marks and the entries are of one instant.
    let db = db.unchecked_transaction()?;
    let before = filter.before.map_or(i64::MAX, Timestamp::ms);
    // Each has its index, which a condition that may be open would not use.
    let workspace = if filter.workspace.is_some() { "workspace = ?3" } else { "?3 IS NULL" };
    let action = if filter.action.is_some() { "action = ?4" } else { "?4 IS NULL" };
    let older = format!("FROM operator_log WHERE {workspace} AND {action} AND at < ?1");
    let (of, action) = (filter.workspace.map(WorkspaceId::bytes), filter.action);
    let marks: Vec<Mark> = db
        .prepare(&format!(
            "SELECT at, {BYTES} {older} AND at >= coalesce(
                 (SELECT min(at) FROM (SELECT at {older} ORDER BY at DESC LIMIT ?2)), ?1)
             ORDER BY at DESC"
        ))?
        .query_map(params![before, filter.limit, of, action], mark_of)?
        .collect::<Result<_, _>>()?;
    let Some(oldest) = log_page::oldest(&marks, filter.bytes_max) else { return Ok(LogPage::default()) };
    let oldest = oldest.ms();
    let entries = db
        .prepare(&format!("SELECT {COLUMNS} {older} AND at >= ?2 ORDER BY at DESC, seq DESC"))?
        .query_map(params![before, oldest, of, action], entry_of)?
        .collect::<Result<_, _>>()?;
    let more = format!("SELECT EXISTS (SELECT 1 {older})");
    let more = db.query_row(&more, params![oldest, filter.limit, of, action], |row| row.get(0))?;
    Ok(LogPage { entries, more })
}

fn mark_of(row: &Row<'_>) -> rusqlite::Result<Mark> {
    Ok(Mark { at: Timestamp::from_ms(row.get(0)?), bytes: row.get::<_, i64>(1)?.unsigned_abs() })
}

/// Follows the chain.
pub fn check(db: &Connection) -> rusqlite::Result<LogCheck> {
    // One question, so that both see one instant.
    let sql = format!(
        "SELECT {COLUMNS}, hash, seq, (SELECT entries FROM log_head), (SELECT hash FROM log_head)
         FROM operator_log ORDER BY seq"
    );
    let mut follower = Follower::new();
    let mut head: (i64, Vec<u8>) =
        db.query_row("SELECT entries, hash FROM log_head", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut question = db.prepare(&sql)?;
    let mut rows = question.query([])?;
    while let Some(row) = rows.next()? {
        let stored: Option<Vec<u8>> = row.get(9)?;
        follower.next(row.get::<_, i64>(10)?.unsigned_abs(), &entry_of(row)?, stored.as_deref());
        head = (row.get(11)?, row.get(12)?);
    }
    Ok(follower.finish(head.0, &head.1))
}
