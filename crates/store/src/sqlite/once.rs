//! Calls that are done once, on disk. In: rows. Out: rows. Never here: what a call does.

use crate::port::OnceRow;
use rusqlite::{Connection, OptionalExtension, Row, params};
use units::{Secret, Timestamp};

fn row_of(row: &Row<'_>) -> rusqlite::Result<OnceRow> {
    Ok(OnceRow {
        id: row.get(0)?,
        asked: row.get(1)?,
        turn: row.get(2)?,
        ends_at: Timestamp::from_ms(row.get(3)?),
        sealed: row.get::<_, Option<Vec<u8>>>(4)?.map(Secret::new),
    })
}

/// Begins a call; of one that somebody else has begun it gives what is kept.
pub fn begin(db: &Connection, row: &OnceRow, now: Timestamp) -> rusqlite::Result<Option<OnceRow>> {
    db.execute("DELETE FROM once_call WHERE id = ?1 AND ends_at <= ?2", params![row.id, now.ms()])?;
    db.execute(
        "INSERT INTO once_call (id, asked, turn, ends_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING",
        params![row.id, row.asked, row.turn, row.ends_at.ms()],
    )?;
    let sql = "SELECT id, asked, turn, ends_at, sealed FROM once_call WHERE id = ?1";
    let kept = db.query_row(sql, [row.id], row_of)?;
    Ok(Some(kept).filter(|kept| kept.turn != row.turn))
}

/// Keeps the answer of a call.
pub fn end(db: &Connection, id: [u8; 32], turn: [u8; 16], sealed: &[u8]) -> rusqlite::Result<()> {
    let sql = "UPDATE once_call SET sealed = ?3 WHERE id = ?1 AND turn = ?2";
    db.execute(sql, params![id, turn, sealed]).map(drop)
}

/// Forgets a call that did nothing.
pub fn forget(db: &Connection, id: [u8; 32], turn: [u8; 16]) -> rusqlite::Result<()> {
    let sql = "DELETE FROM once_call WHERE id = ?1 AND turn = ?2 AND sealed IS NULL";
    db.execute(sql, params![id, turn]).map(drop)
}

/// Forgets those whose time is over; says how many.
pub fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    let due = "SELECT 1 FROM once_call WHERE ends_at <= ?1 LIMIT 1";
    if db.query_row(due, [now.ms()], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    Ok(db.execute("DELETE FROM once_call WHERE ends_at <= ?1", [now.ms()])? as u64)
}
