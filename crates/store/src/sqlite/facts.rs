//! Sums of requests on disk. In: what a batch changes; questions. Out: rows; answers of one instant. Never here: which sums there are
//! (ledger), usage rows one by one (usage).

use super::usage;
use crate::facts::{self, Kept, NUMBERS, SUMMED, Spot, TIMED, Term, Value, Waiting, added, row_terms, terms};
use crate::port::{By, FactFilter, Facts, FactsAsk, Paces, Part, Point, UsageFilter};
use ledger::facts::{Ending, Endings, SUMS, Slot, Sums};
use ledger::pace::Timed;
use rusqlite::types::Value as Sql;
use rusqlite::{CachedStatement, Connection, Row, Transaction, params_from_iter};
use std::collections::BTreeMap;
use units::{KeyId, WorkspaceId};

/// Writes what a batch changes, each row once.
pub fn write(tx: &Transaction<'_>, waiting: &Waiting) -> rusqlite::Result<()> {
    for slot in Slot::ALL {
        for kept in SUMMED {
            let mut statement = tx.prepare_cached(&put(kept, slot, &NUMBERS))?;
            for (spot, sums) in waiting.sums.iter().filter(|(spot, _)| spot.table == kept.table(slot)) {
                let numbers = sums.numbers();
                run(&mut statement, kept, spot, None, &numbers)?;
            }
        }
        for kept in TIMED {
            let mut statement = tx.prepare_cached(&put(kept, slot, &["requests"]))?;
            let here = waiting.pace.iter().filter(|((spot, ..), _)| spot.table == kept.table(slot));
            for ((spot, timed, step), requests) in here {
                run(&mut statement, kept, spot, Some((*timed, *step)), &[*requests])?;
            }
        }
    }
    Ok(())
}

/// Adds numbers to the row of a key.
fn put(kept: &Kept, slot: Slot, numbers: &[&str]) -> String {
    let (table, key) = (kept.table(slot), kept.key.join(", "));
    let holes: Vec<String> = (1..=kept.key.len() + numbers.len()).map(|n| format!("?{n}")).collect();
    format!(
        "INSERT INTO {table} ({key}, {}) VALUES ({}) ON CONFLICT ({key}) DO UPDATE SET {}",
        numbers.join(", "),
        holes.join(", "),
        added(table, numbers)
    )
}

fn run(
    statement: &mut CachedStatement<'_>,
    kept: &Kept,
    spot: &Spot,
    timed: Option<(Timed, u8)>,
    numbers: &[i64],
) -> rusqlite::Result<()> {
    let (timed, step) = timed.map_or((0, 0), |(timed, step)| (timed.number(), i16::from(step)));
    let about = &spot.about;
    for (n, column) in (1..).zip(kept.key) {
        match *column {
            "slot" => statement.raw_bind_parameter(n, spot.slot),
            "workspace" => statement.raw_bind_parameter(n, about.workspace.bytes()),
            "key" => statement.raw_bind_parameter(n, about.key.bytes()),
            "model" => statement.raw_bind_parameter(n, &*about.model),
            "endpoint" => statement.raw_bind_parameter(n, about.endpoint),
            "provider" => statement.raw_bind_parameter(n, &*about.provider),
            "ending" => statement.raw_bind_parameter(n, about.ending.number()),
            "timed" => statement.raw_bind_parameter(n, timed),
            _ => statement.raw_bind_parameter(n, step),
        }?;
    }
    for (n, number) in (1 + kept.key.len()..).zip(numbers) {
        statement.raw_bind_parameter(n, number)?;
    }
    statement.raw_execute()?;
    Ok(())
}

/// What requests came to, of one instant.
pub fn ask(db: &Connection, ask: &FactsAsk) -> rusqlite::Result<Facts> {
    let tx = db.unchecked_transaction()?;
    let slot = ask.filter.slot();
    let kept = Kept::of(&ask.filter, ask.by);
    let filter = Filter::of(terms(kept, &ask.filter));
    let (table, sums) = (kept.table(slot), facts::added_up());
    let timed = ask.pace && ask.filter.is_timed();
    let paced = Kept::paces_of(&ask.filter);
    let mut all = Facts::default();
    let ended = facts::ended().join(", ");
    let sql = format!("SELECT {sums}, {ended} FROM {table}");
    let whole = |row: &Row<'_>| Ok((sums_of(row, 0)?, endings_of(row, SUMS)?));
    (all.total, all.endings) = filter.rows(&tx, &sql, "", whole)?.pop().unwrap_or_default();
    if let Some(by) = ask.by {
        let column = by.name();
        let sql = format!("SELECT {sums}, {column}, {ended} FROM {table}");
        let part = |row: &Row<'_>| Ok((part_of(row, SUMS, by)?, sums_of(row, 0)?, endings_of(row, SUMS + 1)?));
        facts::put_parts(&mut all, filter.rows(&tx, &sql, &format!("GROUP BY {column}"), part)?);
    }
    let Some(hours) = ask.step_hours else {
        if timed {
            all.pace = paces(&tx, &ask.filter, paced, "0")?.remove(&0).unwrap_or_default();
        }
        return Ok(all);
    };
    let span = facts::span(ask, hours);
    let point =
        |row: &Row<'_>| Ok(Point { at: facts::span_start(ask, hours, row.get(SUMS)?), sums: sums_of(row, 0)? });
    let sql = format!("SELECT {sums}, {span} AS span FROM {table}");
    all.series = filter.rows(&tx, &sql, "GROUP BY span ORDER BY span", point)?;
    if let (Some(by), true) = (ask.by, ask.series_max > 0 && !all.parts.is_empty()) {
        let column = by.name();
        let sql = format!("SELECT {sums}, {span} AS span, {column} FROM {table}");
        let only = (column, "in", facts::first_parts(&all.parts, ask.series_max));
        let cell = |row: &Row<'_>| Ok((part_of(row, SUMS + 1, by)?, point(row)?));
        let group = format!("GROUP BY {column}, span ORDER BY span");
        let cells = filter.with(only).rows(&tx, &sql, &group, cell)?;
        all.part_series = facts::part_series(&all.parts, ask.series_max, cells);
    }
    if timed {
        let by_span = paces(&tx, &ask.filter, paced, &span)?;
        by_span.values().for_each(|paces| all.pace.take(paces));
        let start = |number| facts::span_start(ask, hours, number);
        all.pace_series = by_span.into_iter().map(|(number, paces)| (start(number), paces)).collect();
    }
    Ok(all)
}

/// Paces by span.
fn paces(tx: &Connection, filter: &FactFilter, kept: &Kept, span: &str) -> rusqlite::Result<BTreeMap<i64, Paces>> {
    let table = kept.table(filter.slot());
    let sql = format!("SELECT {span} AS span, timed, step, sum(requests) FROM {table}");
    let mut all: BTreeMap<i64, Paces> = BTreeMap::new();
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let filter = Filter::of(terms(kept, filter));
    for (span, timed, step, count) in filter.rows(tx, &sql, "GROUP BY span, timed, step", row)? {
        facts::add_pace(all.entry(span).or_default(), timed, step, count);
    }
    Ok(all)
}

/// The days on which something happened that fits.
fn days(db: &Connection, filter: &FactFilter) -> rusqlite::Result<Vec<i64>> {
    let kept = Kept::of(filter, None);
    let sql = format!("SELECT DISTINCT slot FROM {}", kept.table(Slot::Day));
    Filter::of(terms(kept, filter)).rows(db, &sql, "", |row| row.get(0))
}

/// The days whose rows are to be looked at, newest first.
pub fn days_to_look_at(db: &Connection, filter: &UsageFilter) -> rusqlite::Result<Vec<i64>> {
    let happened = facts::happened(filter).map(|filter| days(db, &filter)).transpose()?;
    Ok(facts::days_to_look_at(&usage::days(db)?, happened.as_deref(), filter))
}

/// What the rows that fit come to.
pub fn sum_rows(db: &Connection, filter: &UsageFilter) -> rusqlite::Result<Sums> {
    let tx = db.unchecked_transaction()?;
    let numbers = facts::numbers_of_row().map(|of| format!("sum({of})")).join(", ");
    let rows = Filter::of(row_terms(filter));
    let mut all = Sums::default();
    for day in days_to_look_at(&tx, &UsageFilter { before: None, ..filter.clone() })? {
        let sql = format!("SELECT {numbers} FROM usage_{day}");
        let of_day = rows.rows(&tx, &sql, "", |row| sums_of(row, 0))?;
        all = of_day.into_iter().fold(all, Sums::plus);
    }
    Ok(all)
}

/// A filter in this engine's words.
#[derive(Clone)]
pub struct Filter(Vec<Term>);

impl Filter {
    /// One of such terms.
    pub const fn of(terms: Vec<Term>) -> Self {
        Self(terms)
    }

    /// The same with one term more.
    #[must_use]
    pub fn with(&self, term: Term) -> Self {
        Self(self.0.iter().cloned().chain([term]).collect())
    }

    /// Every row of a question that fits.
    pub fn rows<T>(
        &self,
        db: &Connection,
        sql: &str,
        group: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let (mut sql, mut all) = (format!("{sql} WHERE true"), Vec::new());
        for (column, how, value) in &self.0 {
            let values = values(value.clone());
            let first = all.len() + 1;
            let holes: Vec<String> = (first..first + values.len()).map(|n| format!("?{n}")).collect();
            let holes = holes.join(", ");
            let right = if *how == "in" { format!("IN ({holes})") } else { format!("{how} {holes}") };
            sql.push_str(&format!(" AND {column} {right}"));
            all.extend(values);
        }
        db.prepare_cached(&format!("{sql} {group}"))?.query_map(params_from_iter(all), read)?.collect()
    }
}

fn values(value: Value) -> Vec<Sql> {
    match value {
        Value::Id(id) => vec![Sql::Blob(id.to_vec())],
        Value::Text(text) => vec![Sql::Text(text)],
        Value::Number(number) => vec![Sql::Integer(number)],
        Value::Ids(ids) => ids.into_iter().map(|id| Sql::Blob(id.to_vec())).collect(),
        Value::Texts(texts) => texts.into_iter().map(Sql::Text).collect(),
        Value::Numbers(numbers) => numbers.into_iter().map(Sql::Integer).collect(),
        Value::Nothing => Vec::new(),
    }
}

fn sums_of(row: &Row<'_>, first: usize) -> rusqlite::Result<Sums> {
    let mut numbers = [0; SUMS];
    for (n, number) in (first..).zip(&mut numbers) {
        // There is none where there is no row.
        *number = row.get::<_, Option<i64>>(n)?.unwrap_or(0);
    }
    Ok(Sums::from_numbers(numbers))
}

fn endings_of(row: &Row<'_>, first: usize) -> rusqlite::Result<Endings> {
    let mut counts = [0; Ending::ALL.len()];
    for (n, count) in (first..).zip(&mut counts) {
        *count = row.get::<_, Option<i64>>(n)?.unwrap_or(0);
    }
    Ok(Endings::new(counts))
}

fn part_of(row: &Row<'_>, n: usize, by: By) -> rusqlite::Result<Part> {
    Ok(match by {
        By::Workspace => Part::Workspace(WorkspaceId::from_bytes(row.get(n)?)),
        By::Key => Part::Key(KeyId::from_bytes(row.get(n)?)),
        By::Model | By::Endpoint | By::Provider => Part::Named(row.get(n)?),
        By::Ending => Part::Ending(Ending::from_number(row.get(n)?).unwrap_or(Ending::Failed)),
    })
}
