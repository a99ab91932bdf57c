//! Tasks on disk: pictures that are made in a provider's own time. In: rows. Out: rows. Never here: what is in a document, a
//! question to a provider.

use super::sql_error;
use super::write::one;
use crate::port::{StoreError, TaskEnd, TaskRow, TaskState};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use units::{RequestId, Timestamp, WorkspaceId};

const COLUMNS: &str = "id, workspace, state, created_at, next_at, vanishes_at, document";

fn row_of(row: &Row<'_>) -> rusqlite::Result<TaskRow> {
    Ok(TaskRow {
        id: RequestId::from_bytes(row.get(0)?),
        workspace: WorkspaceId::from_bytes(row.get(1)?),
        state: TaskState::of(row.get(2)?),
        created_at: Timestamp::from_ms(row.get(3)?),
        next_at: Timestamp::from_ms(row.get(4)?),
        vanishes_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_ms),
        document: row.get(6)?,
    })
}

/// Keeps a new task, and the hold that outlives the process with it.
pub fn begin(db: &mut Connection, row: &TaskRow, held: bool) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql_error)?;
    if held {
        let marked = tx.execute("UPDATE hold SET task = 1 WHERE id = ?1", [row.id.bytes()]).map_err(sql_error)?;
        one(marked, "hold").map_err(|_| StoreError::NotFound("hold"))?;
    }
    tx.execute(
        "INSERT INTO image_task (id, workspace, state, created_at, next_at, vanishes_at, document)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            row.id.bytes(),
            row.workspace.bytes(),
            row.state.number(),
            row.created_at.ms(),
            row.next_at.ms(),
            row.vanishes_at.map(Timestamp::ms),
            row.document,
        ],
    )
    .map_err(sql_error)?;
    tx.commit().map_err(sql_error)
}

/// Whether one is due.
pub fn is_due(db: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM image_task WHERE state = 0 AND next_at <= ?1)", [now.ms()], |row| {
        row.get(0)
    })
}

/// Takes those that are due, and puts them off until `until` for anybody else.
pub fn claim(db: &Connection, now: Timestamp, until: Timestamp, limit: u32) -> rusqlite::Result<Vec<TaskRow>> {
    db.prepare_cached(&format!(
        "UPDATE image_task SET next_at = ?2 WHERE id IN
             (SELECT id FROM image_task WHERE state = 0 AND next_at <= ?1 ORDER BY next_at, id LIMIT ?3)
         RETURNING {COLUMNS}"
    ))?
    .query_map(params![now.ms(), until.ms(), limit], row_of)?
    .collect()
}

/// Sets when a pending one is due next, and what is kept of it.
pub fn put_off(db: &Connection, id: RequestId, next_at: Timestamp, document: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE image_task SET next_at = ?2, document = ?3 WHERE id = ?1 AND state = 0";
    db.execute(sql, params![id.bytes(), next_at.ms(), document]).map(drop)
}

/// Makes all pending ones due: their asker is dead.
pub fn wake(db: &Connection) -> rusqlite::Result<()> {
    db.execute("UPDATE image_task SET next_at = 0 WHERE state = 0", []).map(drop)
}

/// Ends a pending one; says whether it was pending.
pub fn end(db: &Connection, id: RequestId, end: &TaskEnd) -> rusqlite::Result<bool> {
    let sql = "UPDATE image_task SET state = ?2, vanishes_at = ?3, document = ?4 WHERE id = ?1 AND state = 0";
    let row = params![id.bytes(), end.state.number(), end.vanishes_at.ms(), end.document];
    Ok(db.execute(sql, row)? == 1)
}

/// A task of a workspace that has not vanished.
pub fn find(
    db: &Connection,
    workspace: WorkspaceId,
    id: RequestId,
    now: Timestamp,
) -> rusqlite::Result<Option<TaskRow>> {
    db.query_row(
        &format!(
            "SELECT {COLUMNS} FROM image_task
             WHERE id = ?1 AND workspace = ?2 AND (vanishes_at IS NULL OR vanishes_at > ?3)"
        ),
        params![id.bytes(), workspace.bytes(), now.ms()],
        row_of,
    )
    .optional()
}

/// Forgets what has vanished; says how many.
pub fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    Ok(db.execute("DELETE FROM image_task WHERE vanishes_at <= ?1", [now.ms()])? as u64)
}
