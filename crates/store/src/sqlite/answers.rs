//! Answers that callers asked to be kept, in a file of their own with a thread of its own: megabytes of it must not make the
//! ledger wait, and nothing of it is needed for money. In: rows. Out: rows. Never here: what is in an answer (it is sealed).

use super::reader::Reader;
use crate::open::OpenError;
use crate::port::{AnswerRow, KEPT_OF_ONE_MAX, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;
use std::time::Duration;
use units::{Secret, Timestamp, WorkspaceId};

/// The file.
pub const ANSWERS_FILE: &str = "answers.db";
/// How long the file's lock is waited for: nobody else writes it but a backup.
const BUSY: Duration = Duration::from_secs(5);
/// What the file is made of.
const SHAPE: &str = "
    CREATE TABLE IF NOT EXISTS kept_answer (
        id         TEXT PRIMARY KEY,
        workspace  BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        sealed     BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS kept_answer_expires ON kept_answer (expires_at);
    CREATE INDEX IF NOT EXISTS kept_answer_of ON kept_answer (workspace, created_at);";
/// Forgets the oldest answers of a workspace that are too many, or too large together.
const TRIM: &str = "
    DELETE FROM kept_answer WHERE id IN (
        SELECT id FROM (
            SELECT id, SUM(LENGTH(sealed)) OVER newest AS bytes, ROW_NUMBER() OVER newest AS n
            FROM kept_answer WHERE workspace = ?1 WINDOW newest AS (ORDER BY created_at DESC, id DESC)
        ) WHERE bytes > ?2 OR n > ?3)";

/// Opens the file; it is made when it is not there.
pub fn open(dir: &Path) -> Result<Reader, OpenError> {
    let connect = || -> rusqlite::Result<Connection> {
        let db = Connection::open(dir.join(ANSWERS_FILE))?;
        db.busy_timeout(BUSY)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // What is kept may be lost by a power failure; it never counts as money.
        db.pragma_update(None, "synchronous", "NORMAL")?;
        db.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        db.execute_batch(SHAPE)?;
        Ok(db)
    };
    let db = connect().map_err(|e| OpenError::Database(format!("{ANSWERS_FILE}: {e}")))?;
    Reader::start(db).map_err(|e| OpenError::Database(e.to_string()))
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<AnswerRow> {
    Ok(AnswerRow {
        id: row.get(0)?,
        workspace: WorkspaceId::from_bytes(row.get(1)?),
        created_at: Timestamp::from_ms(row.get(2)?),
        expires_at: Timestamp::from_ms(row.get(3)?),
        sealed: Secret::new(row.get(4)?),
    })
}

/// Keeps an answer.
pub async fn keep(answers: &Reader, row: AnswerRow, bytes_max: u64) -> Result<(), StoreError> {
    let most = i64::try_from(bytes_max).unwrap_or(i64::MAX);
    answers
        .ask(move |db| {
            db.execute(
                "INSERT OR REPLACE INTO kept_answer (id, workspace, created_at, expires_at, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    row.id,
                    row.workspace.bytes(),
                    row.created_at.ms(),
                    row.expires_at.ms(),
                    row.sealed.expose()
                ],
            )
            .map(drop)?;
            db.execute(TRIM, params![row.workspace.bytes(), most, KEPT_OF_ONE_MAX]).map(drop)
        })
        .await
}

/// An answer of a workspace that has not vanished.
pub async fn find(
    answers: &Reader,
    workspace: WorkspaceId,
    id: String,
    now: Timestamp,
) -> Result<Option<AnswerRow>, StoreError> {
    answers
        .ask(move |db| {
            db.query_row(
                "SELECT id, workspace, created_at, expires_at, sealed FROM kept_answer
                 WHERE id = ?1 AND workspace = ?2 AND expires_at > ?3",
                params![id, workspace.bytes(), now.ms()],
                row_of,
            )
            .optional()
        })
        .await
}

/// Forgets an answer of a workspace; says whether there was one.
pub async fn forget(answers: &Reader, workspace: WorkspaceId, id: String) -> Result<bool, StoreError> {
    let delete = "DELETE FROM kept_answer WHERE id = ?1 AND workspace = ?2";
    answers.ask(move |db| Ok(db.execute(delete, params![id, workspace.bytes()])? == 1)).await
}

/// Forgets what has vanished, and gives its pages back.
pub async fn sweep(answers: &Reader, now: Timestamp) -> Result<u64, StoreError> {
    answers
        .ask(move |db| {
            let gone = db.execute("DELETE FROM kept_answer WHERE expires_at <= ?1", [now.ms()])?;
            if gone > 0 {
                db.execute_batch("PRAGMA incremental_vacuum")?;
            }
            Ok(gone as u64)
        })
        .await
}
