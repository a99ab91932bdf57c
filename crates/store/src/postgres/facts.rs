//! Sums of requests, in the database's own words. In: rows that are being written; questions. Out: statements; answers of one instant.
//! Never here: which sums there are (ledger), usage rows one by one (usage).

use super::pool::Fail;
use super::wire::Uuid;
use crate::facts::{self, ENDING, NUMBERS, Term, Value, added, numbers_of_row, row_terms, step_of_column};
use crate::kept::{Kept, SUMMED, TIMED};
use crate::port::{By, Facts, FactsAsk, Paces, Part, UsageFilter};
use crate::tally::{Tally, first_parts, put_paces, put_part_series};
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
    for (kept, place) in SUMMED.iter().flat_map(|kept| kept.tables.iter().map(move |place| (kept, *place))) {
        sql.push_str(&put(kept, place, "delta", &NUMBERS, &sums));
    }
    let counts = ["sum(sign)::bigint".to_owned()];
    for (kept, place) in TIMED.iter().flat_map(|kept| kept.tables.iter().map(move |place| (kept, *place))) {
        sql.push_str(&put(kept, place, "times", &["requests"], &counts));
    }
    sql
}

/// Adds sums to the rows of their keys. Every node touches rows in the order of their keys, so none waits in a ring.
fn put(kept: &Kept, (slot, table): (Slot, &str), from: &str, names: &[&str], sums: &[String]) -> String {
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
    let kept = Kept::of(&ask.filter, ask.by);
    let filter = Filter::of(kept.terms(&ask.filter));
    let sql = question(ask, kept);
    let (part, span) = (ask.by.map_or("()", |_| "part"), ask.step_hours.map(|_| "span"));
    // Parts and spans are added up in one look at the rows.
    let sets: Vec<&str> = [part].into_iter().chain(span).collect();
    let mut tally = Tally::default();
    for row in filter.rows(tx, &sql, &format!("GROUP BY GROUPING SETS ({})", sets.join(", "))).await? {
        let sums = sums_of(&row, 0)?;
        match row.try_get(SPAN)? {
            Some(span) => tally.span(span, sums),
            None => tally.part(part_of(&row, PART, ask.by)?, sums, endings_of(&row)?),
        }
    }
    let mut all = tally.answer(ask);
    if let Some(first) = first_parts(ask, &all) {
        let mut cells = Vec::new();
        for row in filter.with(first).rows(tx, &sql, "GROUP BY part, span").await? {
            let sums = sums_of(&row, 0)?;
            let cell = part_of(&row, PART, ask.by)?.zip(row.try_get(SPAN)?);
            cells.extend(cell.map(|(part, span)| (part, span, sums)));
        }
        put_part_series(&mut all, ask, cells);
    }
    if let Some(kept) = Kept::paces_of(&ask.filter).filter(|_| ask.pace) {
        put_paces(&mut all, ask, paces(tx, ask, kept).await?);
    }
    Ok(all)
}

/// Where columns of a question stand: its sums first, then how requests ended, what they are about, and when.
const ENDINGS: usize = SUMS;
const PART: usize = ENDINGS + Ending::ALL.len();
const SPAN: usize = PART + 1;

/// A question for sums by part and span, as far as each is asked for.
fn question(ask: &FactsAsk, kept: &Kept) -> String {
    let sums: Vec<String> = NUMBERS
        .map(|column| format!("sum({column})"))
        .into_iter()
        .chain(facts::endings_added_up())
        // There are none where there is no row.
        .map(|sum| format!("coalesce({sum}, 0)::bigint"))
        .collect();
    let span = ask.step_hours.map_or_else(|| "NULL::bigint".to_owned(), |hours| facts::span(ask, hours));
    format!(
        "SELECT {}, {} AS part, {span} AS span FROM {}",
        sums.join(", "),
        ask.by.map_or("NULL", By::name),
        kept.table(ask.filter.slot())
    )
}

fn endings_of(row: &Row) -> Result<Endings, Fail> {
    let mut counts = [0; Ending::ALL.len()];
    for (n, count) in (ENDINGS..).zip(&mut counts) {
        *count = row.try_get(n)?;
    }
    Ok(Endings::new(counts))
}

/// Paces by span.
async fn paces(tx: &Transaction<'_>, ask: &FactsAsk, kept: &Kept) -> Result<BTreeMap<i64, Paces>, Fail> {
    let table = kept.table(ask.filter.slot());
    let span = ask.step_hours.map_or_else(|| "0::bigint".to_owned(), |hours| facts::span(ask, hours));
    let sql = format!("SELECT {span} AS span, timed::bigint, step::bigint, sum(requests)::bigint FROM {table}");
    let mut all: BTreeMap<i64, Paces> = BTreeMap::new();
    let filter = Filter::of(kept.terms(&ask.filter));
    for row in filter.rows(tx, &sql, "GROUP BY span, timed, step").await? {
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
        happened = Some(days(Filter::of(kept.terms(&filter)).rows(tx, &sql, "").await?)?);
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
            let (hole, kind) = (params.len() + 1, kind_of(value));
            match *how {
                "in" => sql.push_str(&format!(" AND {column} = ANY(${hole}::{kind})")),
                "of" => {
                    sql.push_str(&format!(" AND {column} IN (SELECT id FROM api_key WHERE workspace = ${hole})"));
                }
                "" => sql.push_str(&format!(" AND {column}")),
                how => sql.push_str(&format!(" AND {column} {how} ${hole}::{kind}")),
            }
            params.extend(param(value.clone()));
        }
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| &**p as _).collect();
        Ok(tx.query(&format!("{sql} {group}"), &params).await?)
    }
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Id(_) => "uuid",
        Value::Ids(_) => "uuid[]",
        Value::Text(_) => "text",
        Value::Texts(_) => "text[]",
        Value::Number(_) => "bigint",
        Value::Numbers(_) => "bigint[]",
        Value::Nothing => "",
    }
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

/// What a row is about; `None` where it is about none of those that are told apart.
fn part_of(row: &Row, n: usize, by: Option<By>) -> Result<Option<Part>, Fail> {
    let Some(by) = by else { return Ok(None) };
    Ok(match by {
        By::Workspace => {
            row.try_get::<_, Option<Uuid>>(n)?.map(|id| Part::Workspace(WorkspaceId::from_bytes(id.0)))
        }
        By::Key => row.try_get::<_, Option<Uuid>>(n)?.map(|id| Part::Key(KeyId::from_bytes(id.0))),
        By::Model | By::Endpoint | By::Provider => row.try_get::<_, Option<String>>(n)?.map(Part::Named),
        By::Ending => {
            let number = row.try_get::<_, Option<i16>>(n)?;
            number.map(|number| Part::Ending(Ending::from_number(number.into()).unwrap_or(Ending::Failed)))
        }
    })
}
