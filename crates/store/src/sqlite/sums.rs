//! Sums of requests on their way to disk. In: usage rows. Out: what they come to, kept beside them (`facts_waiting`) in the same
//! transaction, and brought into the tables of sums once for many of them. Never here: which sums there are (kept), questions (facts).

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
#[derive(Default)]
pub struct Waiting {
    groups: HashMap<(i64, Facets), Group>,
}

#[derive(Default)]
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

/// What is told apart of what waits.
const ABOUT: [&str; 7] = ["hour", "workspace", "key", "model", "endpoint", "provider", "ending"];

/// Keeps what waits.
static KEEP: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<&str> = ABOUT.into_iter().chain(["pace"]).chain(NUMBERS).collect();
    let holes: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    format!("INSERT INTO facts_waiting ({}) VALUES ({})", columns.join(", "), holes.join(", "))
});

/// The tables of sums, and those of counts of times.
static PUTS: LazyLock<(Vec<Put>, Vec<Put>)> =
    LazyLock::new(|| (puts(&SUMMED, &NUMBERS), puts(&TIMED, &["requests"])));

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

impl Waiting {
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
    pub fn take(&mut self, others: Self) {
        for (about, group) in others.groups {
            let known = self.groups.entry(about).or_default();
            known.sums = known.sums.plus(group.sums);
            for (timed, requests) in group.pace {
                let all = known.pace.entry(timed).or_default();
                *all = all.saturating_add(requests);
            }
        }
    }

    /// Keeps it on disk beside the rows that it sums up.
    pub fn keep(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut statement = tx.prepare_cached(&KEEP)?;
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

    /// What was kept and is in no sum yet.
    pub fn kept(db: &Connection) -> rusqlite::Result<Self> {
        let mut all = Self::default();
        let numbers = NUMBERS.join(", ");
        let sql = format!("SELECT {}, pace, {numbers} FROM facts_waiting", ABOUT.join(", "));
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let about = Facets {
                workspace: WorkspaceId::from_bytes(row.get(1)?),
                key: KeyId::from_bytes(row.get(2)?),
                model: row.get_ref(3)?.as_str()?.into(),
                endpoint: intern::name(row.get_ref(4)?.as_str()?),
                provider: row.get_ref(5)?.as_str()?.into(),
                ending: Ending::from_number(row.get(6)?).unwrap_or(Ending::Failed),
            };
            let mut numbers = [0; SUMS];
            for (n, number) in (8..).zip(&mut numbers) {
                *number = row.get(n)?;
            }
            let group = Group { sums: Sums::from_numbers(numbers), pace: pace_of(row.get_ref(7)?.as_str()?) };
            all.take(Self { groups: std::iter::once(((row.get(0)?, about), group)).collect() });
        }
        Ok(all)
    }

    /// Brings the tables up to date, each of their rows once, in the order of their keys. All that was kept is in them then.
    pub fn fold(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        self.write(tx)?;
        tx.execute("DELETE FROM facts_waiting", []).map(drop)
    }

    fn write(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        for Put { kept, slot, sql } in &PUTS.0 {
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
        for Put { kept, slot, sql } in &PUTS.1 {
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

fn pace_of(text: &str) -> BTreeMap<(Timed, u8), i64> {
    let mut parts = text.split_ascii_whitespace();
    let mut next = move || {
        let (timed, step, requests) =
            (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(((Timed::from_number(timed)?, step), requests))
    };
    std::iter::from_fn(&mut next).collect()
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
        _ => statement.raw_bind_parameter(n, slot),
    }
}
