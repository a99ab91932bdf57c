//! The shape of the file. In: a connection. Out: the same at the newest shape. Never here: data.

use crate::open::OpenError;
use rusqlite::{Connection, TransactionBehavior};

/// Every step, oldest first; a step is never changed once it was released.
const STEPS: [&str; 1] = [include_str!("../../migrations/sqlite/0001_first.sql")];

/// Brings the file to the newest shape, each step in its own transaction.
pub fn migrate(db: &mut Connection) -> Result<(), OpenError> {
    let unopened = |e: rusqlite::Error| OpenError::Database(e.to_string());
    let found = version(db).map_err(unopened)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for (number, step) in (1_i64..).zip(STEPS) {
        if number > found {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unopened)?;
            tx.execute_batch(step).map_err(unopened)?;
            tx.pragma_update(None, "user_version", number).map_err(unopened)?;
            tx.commit().map_err(unopened)?;
        }
    }
    Ok(())
}

/// The shape that the file has.
pub fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}
