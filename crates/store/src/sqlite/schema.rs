//! The shape of the file. In: a connection. Out: the same at the newest shape. Never here: data.

use super::usage::days;
use crate::open::OpenError;
use rusqlite::{Connection, TransactionBehavior};

/// One change of the shape.
enum Step {
    /// Run as it is.
    Once(&'static str),
    /// Run for each table of usage rows; `DAY` stands for the table's day.
    EachDay(&'static str),
    /// The first as it is, the second for each table of usage rows.
    Both(&'static str, &'static str),
}

/// Every step, oldest first; a step is never changed once it was released.
const STEPS: [Step; 20] = [
    Step::Once(include_str!("../../migrations/sqlite/0001_first.sql")),
    Step::EachDay(include_str!("../../migrations/sqlite/0002_images.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0003_tasks.sql")),
    Step::Both(
        include_str!("../../migrations/sqlite/0004_cache.sql"),
        include_str!("../../migrations/sqlite/0004_cache_of_day.sql"),
    ),
    Step::Both(
        include_str!("../../migrations/sqlite/0005_caps.sql"),
        include_str!("../../migrations/sqlite/0005_caps_of_day.sql"),
    ),
    Step::Once(include_str!("../../migrations/sqlite/0006_rules.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0007_tiers.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0008_people.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0009_management_keys.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0010_own_credentials.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0011_idempotency.sql")),
    Step::Both(
        include_str!("../../migrations/sqlite/0012_requests.sql"),
        include_str!("../../migrations/sqlite/0012_requests_of_day.sql"),
    ),
    Step::Once(include_str!("../../migrations/sqlite/0013_devices.sql")),
    Step::Both(
        include_str!("../../migrations/sqlite/0014_facts.sql"),
        include_str!("../../migrations/sqlite/0014_facts_of_day.sql"),
    ),
    Step::Both(
        include_str!("../../migrations/sqlite/0015_sums.sql"),
        include_str!("../../migrations/sqlite/0015_sums_of_day.sql"),
    ),
    Step::Once(include_str!("../../migrations/sqlite/0016_movements.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0017_log_actions.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0018_waiting.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0019_unfolded.sql")),
    Step::Once(include_str!("../../migrations/sqlite/0020_by_workspace.sql")),
];

/// The newest shape.
pub fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Brings the file to the newest shape, each step in its own transaction.
pub fn migrate(db: &mut Connection) -> Result<(), OpenError> {
    let unopened = |e: rusqlite::Error| OpenError::Database(e.to_string());
    let found = version(db).map_err(unopened)?;
    let known = newest();
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for (number, step) in (1_i64..).zip(STEPS) {
        if number > found {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unopened)?;
            take(&tx, &step).map_err(unopened)?;
            tx.pragma_update(None, "user_version", number).map_err(unopened)?;
            tx.commit().map_err(unopened)?;
        }
    }
    Ok(())
}

fn take(tx: &Connection, step: &Step) -> rusqlite::Result<()> {
    match step {
        Step::Once(sql) => tx.execute_batch(sql),
        Step::EachDay(sql) => each_day(tx, sql),
        Step::Both(once, sql) => tx.execute_batch(once).and_then(|()| each_day(tx, sql)),
    }
}

fn each_day(tx: &Connection, sql: &str) -> rusqlite::Result<()> {
    days(tx)?.into_iter().try_for_each(|day| tx.execute_batch(&sql.replace("DAY", &day.to_string())))
}

/// The shape that the file has.
pub fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}
