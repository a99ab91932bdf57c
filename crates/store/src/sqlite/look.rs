//! The books as operators look at them: sums, open holds, what moved. In: questions. Out: rows. Never here: a write, a rule about
//! money (ledger).

use super::Sqlite;
use crate::port::{HeldRow, Movement, MovementFilter, MovementMark, StoreError, Totals};
use crate::record::{MOVEMENT, MOVEMENTS, count_of, totals_at};
use ledger::GrantKind;
use rusqlite::{Connection, Row, params};
use std::collections::HashSet;
use units::{GrantId, NanoUsd, RequestId, Timestamp, WorkspaceId};

impl Sqlite {
    /// Balances are summed on disk, so that no call waits for it; what is held is what memory says.
    pub(super) async fn totals_of(&self, now: Timestamp) -> Result<Totals, StoreError> {
        self.shared.barrier().await?;
        let (_, held) = self.shared.books.lock().held();
        let totals = self.reports.ask(move |db| totals(db, now)).await?;
        Ok(Totals { held, ..totals })
    }

    /// Holds are in memory; which of them are of tasks is on disk.
    pub(super) async fn holds_after(
        &self,
        after: Option<RequestId>,
        limit: u32,
    ) -> Result<Vec<HeldRow>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows = self.shared.books.lock().open_after(after, limit);
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(rows) };
        let (first, last) = (first.id, last.id);
        let tasks = self.reads.ask(move |db| tasks(db, first, last)).await?;
        rows.iter_mut().for_each(|row| row.task = tasks.contains(&row.id));
        Ok(rows)
    }
}

fn totals(db: &Connection, now: Timestamp) -> rusqlite::Result<Totals> {
    db.query_row(&totals_at("?1"), [now.ms()], |row| {
        Ok(Totals {
            posted: NanoUsd::new(row.get(0)?),
            granted: NanoUsd::new(row.get(1)?),
            held: NanoUsd::new(row.get(2)?),
            workspaces: count_of(row.get(3)?),
        })
    })
}

/// Which holds between two of them are of tasks.
fn tasks(db: &Connection, first: RequestId, last: RequestId) -> rusqlite::Result<HashSet<RequestId>> {
    db.prepare("SELECT id FROM hold WHERE task = 1 AND id BETWEEN ?1 AND ?2")?
        .query_map([first.bytes(), last.bytes()], |row| row.get(0).map(RequestId::from_bytes))?
        .collect()
}

/// A page of what moved, newest first.
pub fn movements(db: &Connection, filter: &MovementFilter) -> rusqlite::Result<Vec<Movement>> {
    let MovementMark { at, of, code, leg } = filter.before.unwrap_or(MovementMark::LAST);
    let before = params![at.ms(), of, code, leg, filter.limit, filter.workspace.map(WorkspaceId::bytes)];
    db.prepare(&movements_sql(filter.workspace.is_some()))?.query_map(before, movement)?.collect()
}

fn movements_sql(of_one: bool) -> String {
    let before = "(?1, ?2, ?3, ?4)";
    if of_one {
        return format!("{} ?5", crate::record::movements_of_one(before, "?6"));
    }
    // So that both forms take the same.
    format!("SELECT {MOVEMENT} {} ?5 + 0 * (?6 IS NULL)", MOVEMENTS.replace("BEFORE", before))
}

fn movement(row: &Row<'_>) -> rusqlite::Result<Movement> {
    let mark =
        MovementMark { at: Timestamp::from_ms(row.get(0)?), of: row.get(1)?, code: row.get(2)?, leg: row.get(3)? };
    let kind: String = row.get(7)?;
    Ok(Movement {
        mark,
        came: Movement::came(mark.code),
        amount: NanoUsd::new(row.get(4)?),
        grant: GrantId::from_bytes(row.get(5)?),
        workspace: WorkspaceId::from_bytes(row.get(6)?),
        kind: GrantKind::from_name(&kind).ok_or(rusqlite::Error::InvalidQuery)?,
        reason: row.get(8)?,
        actor: row.get(9)?,
        expires_at: row.get::<_, Option<i64>>(10)?.map(Timestamp::from_ms),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::schema::migrate;

    /// Every page is read by an index of what moved, and never through all charges.
    #[test]
    fn movements_are_read_by_their_indices() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db).unwrap();
        let filter = |workspace| MovementFilter { workspace, before: None, limit: 5 };
        let one = WorkspaceId::from_bytes([7; 16]);
        for (workspace, indices) in [
            (None, vec!["transfer_moved"]),
            (Some(one), vec!["credit_workspace", "transfer_broken", "PRIMARY KEY (ref=? AND code=?)"]),
        ] {
            let sql = format!("EXPLAIN QUERY PLAN {}", movements_sql(workspace.is_some()));
            let asked = params![0, [0_u8; 16], 0, 0, 5, workspace.map(WorkspaceId::bytes)];
            let mut question = db.prepare(&sql).unwrap();
            let plan: Vec<String> =
                question.query_map(asked, |row| row.get(3)).unwrap().map(Result::unwrap).collect();
            let plan = plan.join("\n");
            assert!(indices.iter().all(|index| plan.contains(index)) && !plan.contains("SCAN t"), "{plan}");
            assert_eq!(movements(&db, &filter(workspace)).unwrap(), []);
        }
    }
}
