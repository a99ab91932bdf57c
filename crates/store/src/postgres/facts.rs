//! Sums of requests, in the database's own words. In: rows that are being written; questions. Out: statements; answers of one instant.
//! Never here: which sums there are (ledger), usage rows one by one (usage).

use super::pool::Fail;
use super::wire::Uuid;
use crate::facts::{
    self, ENDING, Kept, NUMBERS, SUMMED, TIMED, Term, Value, added, numbers_of_row, row_terms, step_of_column,
    terms,
};
use crate::port::{By, FactFilter, Facts, FactsAsk, Paces, Part, Point, UsageFilter};
use ledger::facts::{Ending, Endings, SUMS, Slot, Sums};
use ledger::pace::Timed;
use std::collections::BTreeMap;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};
use units::{KeyId, WorkspaceId};

/// What a shared row is split into, so that nodes do not wait for each other's commits at it.
const SHARDS: u32 = 8;

/// The parts of a statement that sum the rows of `put` less those of `before`, behind a comma each.
pub fn with_sums() -> String {
    let told = |sign: &str| {
        let numbers: Vec<String> =
            numbers_of_row().iter().zip(NUMBERS).map(|(of, name)| format!("{sign}({of}) AS {name}_")).collect();
        format!(
            "at, workspace, key, model, endpoint, provider, {ENDING} AS ending, status, latency_ms, first_byte_ms, \
             {sign}1 AS sign, (pg_backend_pid() % {SHARDS})::smallint AS shard, {}",
            numbers.join(", ")
        )
    };
    let mut sql = format!(
        ", delta AS MATERIALIZED (SELECT {} FROM put UNION ALL SELECT {} FROM before \
         WHERE EXISTS (SELECT 1 FROM put WHERE put.request = before.request))",
        told(""),
        told("-")
    );
    let each = [(Timed::End, "latency_ms"), (Timed::FirstByte, "first_byte_ms")].map(|(timed, column)| {
        format!(
            "SELECT *, {}::smallint AS timed, ({})::smallint AS step FROM delta WHERE status < 400 AND {column} IS NOT NULL",
            timed.number(),
            step_of_column(column)
        )
    });
    sql.push_str(&format!(", times AS MATERIALIZED ({})", each.join(" UNION ALL ")));
    let sums = NUMBERS.map(|name| format!("sum({name}_)::bigint"));
    for slot in Slot::ALL {
        SUMMED.iter().for_each(|kept| sql.push_str(&put(kept, slot, "delta", &NUMBERS, &sums)));
        let counts = ["sum(sign)::bigint".to_owned()];
        TIMED.iter().for_each(|kept| sql.push_str(&put(kept, slot, "times", &["requests"], &counts)));
    }
    sql
}

/// Adds sums to the rows of their keys. Every node touches rows in the order of their keys, so none waits in a ring.
fn put(kept: &Kept, slot: Slot, from: &str, names: &[&str], sums: &[String]) -> String {
    let table = kept.table(slot);
    let shard = if kept.shared { ", shard" } else { "" };
    let key = kept.key.join(", ") + shard;
    let at = format!("at / {} AS slot", slot.ms());
    let read: Vec<&str> = kept.key.iter().map(|column| if *column == "slot" { &*at } else { column }).collect();
    let places: Vec<String> = (1..=read.len() + usize::from(kept.shared)).map(|n| n.to_string()).collect();
    let places = places.join(", ");
    format!(
        ", {table}_put AS (INSERT INTO {table} AS old ({key}, {}) SELECT {}{shard}, {} FROM {from} \
         GROUP BY {places} ORDER BY {places} ON CONFLICT ({key}) DO UPDATE SET {})",
        names.join(", "),
        read.join(", "),
        sums.join(", "),
        added("old", names)
    )
}

/// What requests came to, of one instant.
pub async fn ask(tx: &Transaction<'_>, ask: &FactsAsk) -> Result<Facts, Fail> {
    let slot = ask.filter.slot();
    let kept = Kept::of(&ask.filter, ask.by);
    let (filter, table) = (Filter::of(terms(kept, &ask.filter)), kept.table(slot));
    let timed = ask.pace && ask.filter.is_timed();
    let paced = Kept::paces_of(&ask.filter);
    let sums = NUMBERS.map(|c| format!("coalesce(sum({c}), 0)::bigint")).join(", ");
    let mut all = Facts::default();
    let ended = facts::ended().map(|sum| format!("coalesce({sum}, 0)::bigint")).join(", ");
    if let Some(row) = filter.rows(tx, &format!("SELECT {sums}, {ended} FROM {table}"), "").await?.first() {
        (all.total, all.endings) = (sums_of(row, 0)?, endings_of(row, SUMS)?);
    }
    if let Some(by) = ask.by {
        let column = by.name();
        let sql = format!("SELECT {sums}, {column}, {ended} FROM {table}");
        let mut parts = Vec::new();
        for row in filter.rows(tx, &sql, &format!("GROUP BY {column}")).await? {
            parts.push((part_of(&row, SUMS, by)?, sums_of(&row, 0)?, endings_of(&row, SUMS + 1)?));
        }
        facts::put_parts(&mut all, parts);
    }
    let Some(hours) = ask.step_hours else {
        if timed {
            all.pace = paces(tx, &ask.filter, paced, "0::bigint").await?.remove(&0).unwrap_or_default();
        }
        return Ok(all);
    };
    let span = facts::span(ask, hours);
    let sql = format!("SELECT {sums}, {span} AS span FROM {table}");
    for row in filter.rows(tx, &sql, "GROUP BY span ORDER BY span").await? {
        all.series.push(point_of(&row, ask, hours)?);
    }
    if let (Some(by), true) = (ask.by, ask.series_max > 0 && !all.parts.is_empty()) {
        let column = by.name();
        let sql = format!("SELECT {sums}, {span} AS span, {column} FROM {table}");
        let only = (column, "in", facts::first_parts(&all.parts, ask.series_max));
        let mut cells = Vec::new();
        for row in filter.with(only).rows(tx, &sql, &format!("GROUP BY {column}, span ORDER BY span")).await? {
            cells.push((part_of(&row, SUMS + 1, by)?, point_of(&row, ask, hours)?));
        }
        all.part_series = facts::part_series(&all.parts, ask.series_max, cells);
    }
    if timed {
        let by_span = paces(tx, &ask.filter, paced, &span).await?;
        by_span.values().for_each(|paces| all.pace.take(paces));
        let start = |number| facts::span_start(ask, hours, number);
        all.pace_series = by_span.into_iter().map(|(number, paces)| (start(number), paces)).collect();
    }
    Ok(all)
}

/// Paces by span.
async fn paces(
    tx: &Transaction<'_>,
    filter: &FactFilter,
    kept: &Kept,
    span: &str,
) -> Result<BTreeMap<i64, Paces>, Fail> {
    let table = kept.table(filter.slot());
    let sql = format!("SELECT {span} AS span, timed::bigint, step::bigint, sum(requests)::bigint FROM {table}");
    let mut all: BTreeMap<i64, Paces> = BTreeMap::new();
    for row in Filter::of(terms(kept, filter)).rows(tx, &sql, "GROUP BY span, timed, step").await? {
        let paces = all.entry(row.try_get(0)?).or_default();
        facts::add_pace(paces, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    }
    Ok(all)
}

/// The days whose rows are to be looked at, newest first.
pub async fn days_to_look_at(tx: &Transaction<'_>, filter: &UsageFilter) -> Result<Vec<i64>, Fail> {
    let days = |rows: Vec<Row>| rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>();
    let mut happened = None;
    if let Some(filter) = facts::happened(filter) {
        let kept = Kept::of(&filter, None);
        let sql = format!("SELECT DISTINCT slot FROM {}", kept.table(Slot::Day));
        happened = Some(days(Filter::of(terms(kept, &filter)).rows(tx, &sql, "").await?)?);
    }
    let kept = days(tx.query("SELECT day FROM usage_day", &[]).await?)?;
    Ok(facts::days_to_look_at(&kept, happened.as_deref(), filter))
}

/// What the rows that fit come to.
pub async fn sum_rows(tx: &Transaction<'_>, filter: &UsageFilter) -> Result<Sums, Fail> {
    let numbers = numbers_of_row().map(|of| format!("coalesce(sum({of}), 0)::bigint")).join(", ");
    let days = days_to_look_at(tx, &UsageFilter { before: None, ..filter.clone() }).await?;
    let mut terms = row_terms(filter);
    terms.push(("day", "in", Value::Numbers(days)));
    let rows = Filter::of(terms).rows(tx, &format!("SELECT {numbers} FROM usage"), "").await?;
    rows.first().map_or(Ok(Sums::default()), |row| sums_of(row, 0))
}

type Param = Box<dyn ToSql + Sync + Send>;

/// A filter in this engine's words.
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
    pub async fn rows(&self, tx: &Transaction<'_>, sql: &str, group: &str) -> Result<Vec<Row>, Fail> {
        let (mut sql, mut params) = (format!("{sql} WHERE true"), Vec::<Param>::new());
        for (column, how, value) in &self.0 {
            sql.push_str(&term(column, how, params.len() + 1, value));
            params.extend(param(value.clone()));
        }
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| &**p as _).collect();
        Ok(tx.query(&format!("{sql} {group}"), &params).await?)
    }
}

fn term(column: &str, how: &str, n: usize, value: &Value) -> String {
    let kind = match value {
        Value::Id(_) => "uuid",
        Value::Ids(_) => "uuid[]",
        Value::Text(_) => "text",
        Value::Texts(_) => "text[]",
        Value::Number(_) => "bigint",
        Value::Numbers(_) => "bigint[]",
        Value::Nothing => return format!(" AND {column}"),
    };
    let right = if how == "in" { format!("= ANY(${n}::{kind})") } else { format!("{how} ${n}::{kind}") };
    format!(" AND {column} {right}")
}

fn param(value: Value) -> Option<Param> {
    Some(match value {
        Value::Id(id) => Box::new(Uuid(id)),
        Value::Ids(ids) => Box::new(ids.into_iter().map(Uuid).collect::<Vec<_>>()),
        Value::Text(text) => Box::new(text),
        Value::Texts(texts) => Box::new(texts),
        Value::Number(number) => Box::new(number),
        Value::Numbers(numbers) => Box::new(numbers),
        Value::Nothing => return None,
    })
}

fn sums_of(row: &Row, first: usize) -> Result<Sums, Fail> {
    let mut numbers = [0; SUMS];
    for (n, number) in (first..).zip(&mut numbers) {
        *number = row.try_get(n)?;
    }
    Ok(Sums::from_numbers(numbers))
}

fn endings_of(row: &Row, first: usize) -> Result<Endings, Fail> {
    let mut counts = [0; Ending::ALL.len()];
    for (n, count) in (first..).zip(&mut counts) {
        *count = row.try_get(n)?;
    }
    Ok(Endings::new(counts))
}

fn point_of(row: &Row, ask: &FactsAsk, hours: u32) -> Result<Point, Fail> {
    Ok(Point { at: facts::span_start(ask, hours, row.try_get(SUMS)?), sums: sums_of(row, 0)? })
}

fn part_of(row: &Row, n: usize, by: By) -> Result<Part, Fail> {
    Ok(match by {
        By::Workspace => Part::Workspace(WorkspaceId::from_bytes(row.try_get::<_, Uuid>(n)?.0)),
        By::Key => Part::Key(KeyId::from_bytes(row.try_get::<_, Uuid>(n)?.0)),
        By::Model | By::Endpoint | By::Provider => Part::Named(row.try_get(n)?),
        By::Ending => Part::Ending(Ending::from_number(row.try_get::<_, i16>(n)?.into()).unwrap_or(Ending::Failed)),
    })
}
