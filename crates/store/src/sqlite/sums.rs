//! Sums of requests on their way to disk. In: usage rows. Out: what they come to, written down beside them (`facts_unfolded`) in the same
//! transaction, and folded into the tables of sums once for many of them. Never here: when (folding), which sums there are (kept),
//! questions (facts).

use crate::facts::{NUMBERS, added, times};
use crate::intern;
use crate::kept::{Kept, SUMMED, TIMED};
use foldhash::HashMap;
use ledger::UsageRow;
use ledger::facts::{Ending, Facets, SUMS, Slot, Sums};
use ledger::pace::{Timed, step_of};
use rusqlite::{CachedStatement, Connection, Transaction};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;
use units::{KeyId, WorkspaceId};

/// What the tables of sums do not have yet. Rows are told apart here by all that any table tells apart: most of a batch are alike.
#[derive(Debug, Default, PartialEq)]
pub struct Unfolded {
    groups: HashMap<(i64, Facets), Group>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Group {
    sums: Sums,
    /// By what was timed and its step: how many requests.
    pace: BTreeMap<(Timed, u8), i64>,
}

/// A table and the text that adds to it.
struct Put {
    kept: &'static Kept,
    slot: Slot,
    sql: String,
}

/// What a group is about, in the order in which it is written down.
const ABOUT: [&str; 7] = ["hour", "workspace", "key", "model", "endpoint", "provider", "ending"];

/// Writes a group down.
static WRITE_DOWN: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<&str> = ABOUT.into_iter().chain(["pace"]).chain(NUMBERS).collect();
    let holes: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    format!("INSERT INTO facts_unfolded ({}) VALUES ({})", columns.join(", "), holes.join(", "))
});

/// The tables of sums.
static SUM_PUTS: LazyLock<Vec<Put>> = LazyLock::new(|| puts(&SUMMED, &NUMBERS));
/// The tables of counts of times.
static PACE_PUTS: LazyLock<Vec<Put>> = LazyLock::new(|| puts(&TIMED, &["requests"]));

fn puts(all: &[&'static Kept], numbers: &[&str]) -> Vec<Put> {
    let tables = all.iter().flat_map(|kept| kept.tables.iter().map(move |table| (*kept, *table)));
    tables.map(|(kept, (slot, table))| Put { kept, slot, sql: put(kept, table, numbers) }).collect()
}

/// Adds numbers to the row of a key.
fn put(kept: &Kept, table: &str, numbers: &[&str]) -> String {
    let key = kept.key.join(", ");
    let holes: Vec<String> = (1..=kept.key.len() + numbers.len()).map(|n| format!("?{n}")).collect();
    format!(
        "INSERT INTO {table} ({key}, {}) VALUES ({}) ON CONFLICT ({key}) DO UPDATE SET {}",
        numbers.join(", "),
        holes.join(", "),
        added(table, numbers)
    )
}

impl Unfolded {
    /// One row more, or (`sign` below zero) one less; its charge is what the row says.
    pub fn count(&mut self, row: &UsageRow, sign: i64) {
        let sums = Sums::of(row);
        let sums = if sign < 0 { Sums::default().minus(sums) } else { sums };
        let group = self.groups.entry((Slot::Hour.of(row.at), Facets::of(row))).or_default();
        group.sums = group.sums.plus(sums);
        for (timed, ms) in times(row) {
            let known = group.pace.entry((timed, step_of(ms))).or_default();
            *known = known.saturating_add(sign);
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many rows it has that are told apart.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// What others have too.
    pub fn add(&mut self, others: Self) {
        for (about, group) in others.groups {
            let known = self.groups.entry(about).or_default();
            known.sums = known.sums.plus(group.sums);
            for (timed, requests) in group.pace {
                let all = known.pace.entry(timed).or_default();
                *all = all.saturating_add(requests);
            }
        }
    }

    /// Writes it down beside the rows that it sums up.
    pub fn write_down(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut statement = tx.prepare_cached(&WRITE_DOWN)?;
        for ((hour, about), group) in &self.groups {
            for (n, column) in (1..).zip(ABOUT) {
                bind(&mut statement, n, column, *hour, about)?;
            }
            statement.raw_bind_parameter(1 + ABOUT.len(), group.pace_text())?;
            for (n, number) in (2 + ABOUT.len()..).zip(group.sums.numbers()) {
                statement.raw_bind_parameter(n, number)?;
            }
            statement.raw_execute()?;
        }
        Ok(())
    }

    /// What was written down and is in no sum yet.
    pub fn read_back(db: &Connection) -> rusqlite::Result<Self> {
        let mut all = Self::default();
        let numbers = NUMBERS.join(", ");
        let sql = format!("SELECT {}, pace, {numbers} FROM facts_unfolded", ABOUT.join(", "));
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let ending = row.get("ending")?;
            let about = Facets {
                workspace: WorkspaceId::from_bytes(row.get("workspace")?),
                key: KeyId::from_bytes(row.get("key")?),
                model: row.get_ref("model")?.as_str()?.into(),
                endpoint: intern::name(row.get_ref("endpoint")?.as_str()?),
                provider: row.get_ref("provider")?.as_str()?.into(),
                ending: Ending::from_number(ending).ok_or_else(|| damaged("ending", ending))?,
            };
            let mut numbers = [0; SUMS];
            for (column, number) in NUMBERS.into_iter().zip(&mut numbers) {
                *number = row.get(column)?;
            }
            let pace = row.get_ref("pace")?.as_str()?;
            let pace = pace_of(pace).ok_or_else(|| damaged("pace", pace))?;
            let group = Group { sums: Sums::from_numbers(numbers), pace };
            all.add(Self { groups: std::iter::once(((row.get("hour")?, about), group)).collect() });
        }
        Ok(all)
    }

    /// Folds it into the tables of sums, each of their rows once, in the order of their keys. It must be all that was written down.
    pub fn fold(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        self.write(tx)?;
        tx.execute("DELETE FROM facts_unfolded", []).map(drop)
    }

    fn write(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        for Put { kept, slot, sql } in &*SUM_PUTS {
            let mut rows: BTreeMap<_, Sums> = BTreeMap::new();
            for (at, about, group) in self.reduced(kept, *slot) {
                let known = rows.entry((at, about)).or_default();
                *known = known.plus(group.sums);
            }
            let mut statement = tx.prepare_cached(sql)?;
            for ((slot, about), sums) in rows {
                run(&mut statement, kept, (slot, &about), None, &sums.numbers())?;
            }
        }
        for Put { kept, slot, sql } in &*PACE_PUTS {
            let mut rows: BTreeMap<_, i64> = BTreeMap::new();
            for (at, about, group) in self.reduced(kept, *slot) {
                for (timed, requests) in &group.pace {
                    let known = rows.entry((at, about.clone(), *timed)).or_default();
                    *known = known.saturating_add(*requests);
                }
            }
            let mut statement = tx.prepare_cached(sql)?;
            for ((slot, about, timed), requests) in rows {
                run(&mut statement, kept, (slot, &about), Some(timed), &[requests])?;
            }
        }
        Ok(())
    }

    /// The groups as a table tells them apart.
    fn reduced(&self, kept: &'static Kept, slot: Slot) -> impl Iterator<Item = (i64, Facets, &Group)> {
        let groups = self.groups.iter();
        groups.map(move |((hour, about), group)| (slot.of(Slot::Hour.start(*hour)), kept.reduced(about), group))
    }
}

impl Group {
    /// Its paces by threes.
    fn pace_text(&self) -> String {
        let mut text = String::new();
        for ((timed, step), requests) in &self.pace {
            // Writing to a String cannot fail.
            let _ = write!(text, "{} {step} {requests} ", timed.number());
        }
        text
    }
}

/// What `pace_text` wrote; `None` of what it never writes.
fn pace_of(text: &str) -> Option<BTreeMap<(Timed, u8), i64>> {
    let mut all = BTreeMap::new();
    let mut parts = text.split_ascii_whitespace();
    while let Some(timed) = parts.next() {
        let timed = Timed::from_number(timed.parse().ok()?)?;
        let step = parts.next()?.parse().ok()?;
        all.insert((timed, step), parts.next()?.parse().ok()?);
    }
    Some(all)
}

fn damaged(column: &str, found: impl std::fmt::Display) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnName(format!("{column} of facts_unfolded is {found}"))
}

fn run(
    statement: &mut CachedStatement<'_>,
    kept: &Kept,
    (slot, about): (i64, &Facets),
    timed: Option<(Timed, u8)>,
    numbers: &[i64],
) -> rusqlite::Result<()> {
    let (timed, step) = timed.map_or((0, 0), |(timed, step)| (timed.number(), i16::from(step)));
    for (n, column) in (1..).zip(kept.key) {
        match *column {
            "timed" => statement.raw_bind_parameter(n, timed)?,
            "step" => statement.raw_bind_parameter(n, step)?,
            column => bind(statement, n, column, slot, about)?,
        }
    }
    for (n, number) in (1 + kept.key.len()..).zip(numbers) {
        statement.raw_bind_parameter(n, number)?;
    }
    statement.raw_execute()?;
    Ok(())
}

/// Binds what a sum is about.
fn bind(
    statement: &mut CachedStatement<'_>,
    n: usize,
    column: &str,
    slot: i64,
    about: &Facets,
) -> rusqlite::Result<()> {
    match column {
        "workspace" => statement.raw_bind_parameter(n, about.workspace.bytes()),
        "key" => statement.raw_bind_parameter(n, about.key.bytes()),
        "model" => statement.raw_bind_parameter(n, &*about.model),
        "endpoint" => statement.raw_bind_parameter(n, about.endpoint),
        "provider" => statement.raw_bind_parameter(n, &*about.provider),
        "ending" => statement.raw_bind_parameter(n, about.ending.number()),
        "hour" | "slot" => statement.raw_bind_parameter(n, slot),
        _ => Err(rusqlite::Error::InvalidColumnName(column.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(n: i64) -> Group {
        let mut numbers = [0; SUMS];
        (n..).zip(&mut numbers).for_each(|(n, number)| *number = n);
        let pace = [((Timed::End, 7), n), ((Timed::FirstByte, 123), -n)];
        Group { sums: Sums::from_numbers(numbers), pace: pace.into() }
    }

    /// Every facet differs from the others, so that none can be taken for another.
    fn about(ending: Ending) -> Facets {
        Facets {
            workspace: WorkspaceId::from_bytes([1; 16]),
            key: KeyId::from_bytes([2; 16]),
            model: "a model".into(),
            endpoint: "messages",
            provider: "a provider".into(),
            ending,
        }
    }

    fn unfolded() -> (Connection, Unfolded) {
        let db = Connection::open_in_memory().unwrap();
        for step in [
            include_str!("../../migrations/sqlite/0018_waiting.sql"),
            include_str!("../../migrations/sqlite/0019_unfolded.sql"),
        ] {
            db.execute_batch(step).unwrap();
        }
        let groups = (5..).zip(Ending::ALL).map(|(n, ending)| ((480_000 + n, about(ending)), group(n)));
        (db, Unfolded { groups: groups.collect() })
    }

    /// R-USE-1: what was written down is read back as it was, and once for each time that it was.
    #[test]
    fn r_use_1_what_is_written_down_is_read_back() {
        let (mut db, unfolded) = unfolded();
        for times in 1..=2 {
            let tx = db.transaction().unwrap();
            unfolded.write_down(&tx).unwrap();
            tx.commit().unwrap();
            let mut expected = Unfolded::default();
            for _ in 0..times {
                let groups = unfolded.groups.iter().map(|(about, group)| (about.clone(), group.clone()));
                expected.add(Unfolded { groups: groups.collect() });
            }
            assert_eq!(Unfolded::read_back(&db).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_damaged_is_no_sum() {
        for damage in ["ending = 9", "pace = '0 7'", "pace = '0 7 many '", "pace = '5 7 1 '", "requests = 'x'"] {
            let (mut db, unfolded) = unfolded();
            let tx = db.transaction().unwrap();
            unfolded.write_down(&tx).unwrap();
            tx.commit().unwrap();
            db.execute(&format!("UPDATE facts_unfolded SET {damage}"), []).unwrap();
            assert!(Unfolded::read_back(&db).is_err(), "{damage}");
        }
    }
}
