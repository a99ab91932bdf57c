//! Sums of requests on disk, asked for. In: questions. Out: answers of one instant. Never here: which sums there are (ledger), usage
//! rows one by one (usage), writing (sums).

use super::usage;
use crate::facts::{self, Term, Value, row_terms};
use crate::kept::Kept;
use crate::port::{By, FactFilter, Facts, FactsAsk, Paces, Part, UsageFilter};
use crate::tally::{Tally, first_parts, put_paces, put_part_series};
use ledger::facts::{Ending, Endings, SUMS, Slot, Sums};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params_from_iter};
use std::collections::BTreeMap;
use units::{KeyId, WorkspaceId};

/// What requests came to, of one instant.
pub fn ask(db: &Connection, ask: &FactsAsk) -> rusqlite::Result<Facts> {
    let tx = db.unchecked_transaction()?;
    let kept = Kept::of(&ask.filter, ask.by);
    let filter = Filter::of(kept.terms(&ask.filter));
    let (sql, group) = question(ask, kept);
    let mut tally = Tally::default();
    filter.rows(&tx, &sql, &group, |row| {
        let sums = sums_of(row, 0)?;
        tally.part(part_of(row, PART, ask.by)?, sums, endings_of(row)?);
        span_of(row, ask)?.into_iter().for_each(|span| tally.span(span, sums));
        Ok(())
    })?;
    let mut all = tally.answer(ask);
    if let Some(first) = first_parts(ask, &all) {
        let cells = filter.with(first).rows(&tx, &sql, &group, |row| {
            let sums = sums_of(row, 0)?;
            let cell = part_of(row, PART, ask.by)?.zip(span_of(row, ask)?);
            Ok(cell.map(|(part, span)| (part, span, sums)))
        })?;
        put_part_series(&mut all, ask, cells.into_iter().flatten());
    }
    if let Some(kept) = Kept::paces_of(&ask.filter).filter(|_| ask.pace) {
        put_paces(&mut all, ask, paces(&tx, ask, kept)?);
    }
    Ok(all)
}

/// Where columns of a question stand: its sums first, then how requests ended, what they are about, and when.
const ENDINGS: usize = SUMS;
const PART: usize = ENDINGS + Ending::ALL.len();
const SLOT: usize = PART + 1;

/// A question for sums by part and slot, and how its rows are told apart: by columns of a key and no expression, so that SQLite adds up in
/// the order in which a table lies, without sorting.
fn question(ask: &FactsAsk, kept: &Kept) -> (String, String) {
    let (part, slot) = (ask.by.map(By::name), ask.step_hours.map(|_| "slot"));
    let columns: Vec<&str> = part.into_iter().chain(slot).collect();
    let group = if columns.is_empty() { String::new() } else { format!("GROUP BY {}", columns.join(", ")) };
    let sql = format!(
        "SELECT {}, {}, {}, {} FROM {}",
        facts::added_up(),
        facts::endings_added_up().join(", "),
        part.unwrap_or("NULL"),
        slot.unwrap_or("NULL"),
        kept.table(ask.filter.slot())
    );
    (sql, group)
}

/// The span of the series that a row lies in; `None` where no series is asked for.
fn span_of(row: &Row<'_>, ask: &FactsAsk) -> rusqlite::Result<Option<i64>> {
    let Some(hours) = ask.step_hours else { return Ok(None) };
    Ok(row.get::<_, Option<i64>>(SLOT)?.map(|slot| facts::span_of(ask, hours, slot)))
}

fn endings_of(row: &Row<'_>) -> rusqlite::Result<Endings> {
    let mut counts = [0; Ending::ALL.len()];
    for (n, count) in (ENDINGS..).zip(&mut counts) {
        // There is none where there is no row.
        *count = row.get::<_, Option<i64>>(n)?.unwrap_or(0);
    }
    Ok(Endings::new(counts))
}

/// Paces by span.
fn paces(tx: &Connection, ask: &FactsAsk, kept: &Kept) -> rusqlite::Result<BTreeMap<i64, Paces>> {
    let (table, span) =
        (kept.table(ask.filter.slot()), ask.step_hours.map_or("0".to_owned(), |h| facts::span(ask, h)));
    let sql = format!("SELECT {span} AS span, timed, step, sum(requests) FROM {table}");
    let mut all: BTreeMap<i64, Paces> = BTreeMap::new();
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let filter = Filter::of(kept.terms(&ask.filter));
    for (span, timed, step, count) in filter.rows(tx, &sql, "GROUP BY span, timed, step", row)? {
        facts::add_pace(all.entry(span).or_default(), timed, step, count);
    }
    Ok(all)
}

/// The days on which something happened that fits.
fn days(db: &Connection, filter: &FactFilter) -> rusqlite::Result<Vec<i64>> {
    let kept = Kept::of(filter, None);
    let sql = format!("SELECT DISTINCT slot FROM {}", kept.table(Slot::Day));
    Filter::of(kept.terms(filter)).rows(db, &sql, "", |row| row.get(0))
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
            all.extend(values);
            match *how {
                "in" => sql.push_str(&format!(" AND {column} IN ({holes})")),
                "of" => {
                    sql.push_str(&format!(" AND {column} IN (SELECT id FROM api_key WHERE workspace = {holes})"));
                }
                how => sql.push_str(&format!(" AND {column} {how} {holes}")),
            }
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

/// What a row is about; `None` where it is about none of those that are told apart.
fn part_of(row: &Row<'_>, n: usize, by: Option<By>) -> rusqlite::Result<Option<Part>> {
    let Some(by) = by else { return Ok(None) };
    Ok(match by {
        By::Workspace => row.get::<_, Option<[u8; 16]>>(n)?.map(|id| Part::Workspace(WorkspaceId::from_bytes(id))),
        By::Key => row.get::<_, Option<[u8; 16]>>(n)?.map(|id| Part::Key(KeyId::from_bytes(id))),
        By::Model | By::Endpoint | By::Provider => row.get::<_, Option<String>>(n)?.map(Part::Named),
        By::Ending => {
            let number = row.get::<_, Option<i64>>(n)?;
            number.map(|number| Part::Ending(Ending::from_number(number).unwrap_or(Ending::Failed)))
        }
    })
}
