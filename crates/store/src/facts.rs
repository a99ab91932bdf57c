//! What both engines keep alike of sums of requests: names of columns, the text of questions. In: rows, asks. Out: SQL without parameters'
//! spelling. Never here: answers (tally), a connection.

use crate::port::{FactFilter, FactsAsk, Paces, UsageFilter};
use crate::record::{day_of, first_id_at};
use ledger::UsageRow;
use ledger::facts::{Ending, SUMS, Slot};
use ledger::pace::Timed;
use units::{Class, KeyId, Timestamp, Usage};

/// The sums, in the order of `Sums::numbers`.
pub const NUMBERS: [&str; SUMS] = [
    "requests",
    "estimated",
    "retried",
    "streamed",
    "charge",
    "cache_saved",
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "audio_in",
    "output",
    "reasoning",
    "audio_out",
    "images",
];
/// How a usage row's request ended, by its columns; the same as `Ending::of`.
pub const ENDING: &str =
    "CASE WHEN status >= 500 THEN 3 WHEN status >= 400 THEN 2 WHEN (flags & 2) <> 0 THEN 1 ELSE 0 END";

/// The numbers of a usage row by its columns, in the order of `NUMBERS`.
pub fn numbers_of_row() -> [String; SUMS] {
    let plain = [
        "1",
        "CASE WHEN source = 3 THEN 1 ELSE 0 END",
        "CASE WHEN attempts > 1 THEN 1 ELSE 0 END",
        "(flags & 1)",
        "charge",
    ];
    let saved = "coalesce(cache_saved, 0)".to_owned();
    let classes = NUMBERS[SUMS - Class::ALL.len()..].iter();
    let counts = classes.map(|c| format!("CASE WHEN {c} BETWEEN 0 AND {} THEN {c} ELSE 0 END", Usage::COUNT_MAX));
    let mut all = plain.map(str::to_owned).into_iter().chain([saved]).chain(counts);
    std::array::from_fn(|_| all.next().unwrap_or_default())
}

/// Adds what is new to what is there; `old` is how the table is named there.
pub fn added(old: &str, columns: &[&str]) -> String {
    let each: Vec<String> = columns.iter().map(|c| format!("{c} = {old}.{c} + excluded.{c}")).collect();
    each.join(", ")
}

/// The times of a request that was answered; the others say nothing about how fast answers are.
pub fn times(row: &UsageRow) -> impl Iterator<Item = (Timed, u32)> {
    let answered = matches!(Ending::of(row.status, row.partial), Ending::Served | Ending::Cut);
    let times = [(Timed::End, Some(row.latency_ms)), (Timed::FirstByte, row.first_byte_ms)];
    times.into_iter().filter(move |_| answered).filter_map(|(timed, ms)| Some((timed, ms?)))
}

/// A value in a question, in neither engine's words.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An id.
    Id([u8; 16]),
    /// Several ids.
    Ids(Vec<[u8; 16]>),
    /// A text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// A number.
    Number(i64),
    /// Several numbers.
    Numbers(Vec<i64>),
    /// Nothing: what stands in the column's place holds or does not. Indexes of a part of the rows are found by their very words.
    Nothing,
}

/// By so much a row's `at` may lie beside the time in its id.
const BESIDE_MS: i64 = Slot::Hour.ms();

/// What is asked of a column: which, how it is compared, with what.
pub type Term = (&'static str, &'static str, Value);

/// What a filter asks of the columns of usage rows; the day is another matter.
pub fn row_terms(filter: &UsageFilter) -> Vec<Term> {
    let ids = |keys: &Vec<KeyId>| keys.iter().map(|key| key.bytes()).collect();
    let mut terms = Vec::new();
    terms.extend(filter.request.map(|id| ("request", "=", Value::Id(id.bytes()))));
    terms.extend(filter.workspace.map(|id| ("workspace", "=", Value::Id(id.bytes()))));
    terms.extend(filter.keys.as_ref().map(|keys| ("key", "in", Value::Ids(ids(keys)))));
    let named = [
        ("model", &filter.model),
        ("endpoint", &filter.endpoint),
        ("provider", &filter.provider),
        ("fault", &filter.fault),
        ("session", &filter.session),
    ];
    terms.extend(named.into_iter().filter_map(|(c, text)| Some((c, "=", Value::Text(text.clone()?)))));
    match filter.ending {
        None => {}
        Some(Ending::Refused) => terms.extend(["status >= 400", "status < 500"].map(|so| (so, "", Value::Nothing))),
        Some(Ending::Failed) => terms.extend(["status >= 400", "status >= 500"].map(|so| (so, "", Value::Nothing))),
        Some(ending) => terms.push((ENDING, "=", Value::Number(ending.number().into()))),
    }
    terms.extend(filter.fault.as_ref().map(|_| ("fault IS NOT NULL", "", Value::Nothing)));
    terms.extend(filter.session.as_ref().map(|_| ("session IS NOT NULL", "", Value::Nothing)));
    // Ids begin with a time: by it rows are found, by `at` they fit.
    terms
        .extend(filter.from.map(|at| ("request", ">=", Value::Id(first_id_at(at.ms().saturating_sub(BESIDE_MS))))));
    terms
        .extend(filter.until.map(|at| ("request", "<", Value::Id(first_id_at(at.ms().saturating_add(BESIDE_MS))))));
    terms.extend(filter.from.map(|at| ("at", ">=", Value::Number(at.ms()))));
    terms.extend(filter.until.map(|at| ("at", "<", Value::Number(at.ms()))));
    terms
}

/// What must have happened on a day for rows of it to fit: by days, the wider side of the span. Nothing of it where any row fits.
pub fn happened(filter: &UsageFilter) -> Option<FactFilter> {
    let UsageFilter { workspace, keys, model, endpoint, provider, ending, from, until, .. } = filter.clone();
    // Sums by key do not tell providers apart, and belong to one who pays: more days may be looked at then, never fewer.
    let (workspace, provider) = if keys.is_none() { (workspace, provider) } else { (None, None) };
    let told = workspace.is_some() || keys.is_some() || model.is_some() || endpoint.is_some() || provider.is_some();
    let start = |at: Timestamp, more: i64| Slot::Day.start(Slot::Day.of(at).saturating_add(more));
    let from = from.map_or(Timestamp::from_ms(0), |at| start(at, 0));
    // 9999 is no year of ours.
    let until = until.map_or_else(|| Slot::Day.start(2_932_896), |at| start(at, 1));
    (told || ending.is_some()).then_some(FactFilter {
        workspace,
        keys,
        model,
        endpoint,
        provider,
        ending,
        from,
        until,
        hourly: false,
    })
}

/// Of the days that have rows the ones to look at, newest first. A row's `at` may lie a little beside the time in its id, which says in
/// which day it is kept: the neighbours of a day are looked at too.
pub fn days_to_look_at(kept: &[i64], happened: Option<&[i64]>, filter: &UsageFilter) -> Vec<i64> {
    let near = |day: i64| happened.is_none_or(|days| days.iter().any(|other| day.abs_diff(*other) <= 1));
    let fits = |day: &&i64| {
        let early = filter.from.is_some_and(|from| **day < from.day() - 1);
        let late = filter.until.is_some_and(|until| **day > until.day() + 1);
        let paged = filter.before.is_some_and(|id| **day > day_of(id));
        let other = filter.request.is_some_and(|id| **day != day_of(id));
        !(early || late || paged || other) && near(**day)
    };
    let mut days: Vec<i64> = kept.iter().filter(fits).copied().collect();
    days.sort_unstable_by(|a, b| b.cmp(a));
    days
}

/// How many of a series's spans a slot is apart from the first, and by how many slots one is apart from the next.
fn spans(ask: &FactsAsk, hours: u32) -> (i64, i64) {
    let slot = ask.filter.slot();
    let step = match slot {
        Slot::Hour => i64::from(hours),
        Slot::Day => i64::from(hours / 24),
    };
    (slot.of(ask.filter.from), step.max(1))
}

/// The part of a series that a slot lies in: an expression over `slot`.
pub fn span(ask: &FactsAsk, hours: u32) -> String {
    let (first, step) = spans(ask, hours);
    format!("(slot - {first}) / {step}")
}

/// The part of a series that a slot lies in.
pub fn span_of(ask: &FactsAsk, hours: u32, slot: i64) -> i64 {
    let (first, step) = spans(ask, hours);
    slot.saturating_sub(first).checked_div(step).unwrap_or(0)
}

/// When a span of a series begins.
pub fn span_start(ask: &FactsAsk, hours: u32, number: i64) -> Timestamp {
    let ms = number.saturating_mul(i64::from(hours)).saturating_mul(Slot::Hour.ms());
    Timestamp::from_ms(ask.filter.from.ms().saturating_add(ms))
}

/// The numbers of sums, added up.
pub fn added_up() -> String {
    NUMBERS.map(|c| format!("sum({c})")).join(", ")
}

/// How many ended how, by `Ending::ALL`, of rows of a table of sums.
pub fn endings_added_up() -> [String; Ending::ALL.len()] {
    Ending::ALL.map(|ending| format!("sum(CASE ending WHEN {} THEN requests ELSE 0 END)", ending.number()))
}

/// Adds a row of a pace to what is known.
pub fn add_pace(paces: &mut Paces, timed: i64, step: i64, count: i64) {
    // Of a record that became a charge nothing may be left.
    if count == 0 {
        return;
    }
    let pace = if timed == i64::from(Timed::FirstByte.number()) { &mut paces.first_byte } else { &mut paces.end };
    pace.add(u8::try_from(step).unwrap_or(u8::MAX), u64::try_from(count).unwrap_or(0));
}

/// `ledger::pace::step_of` over a column that is not below zero.
pub fn step_of_column(column: &str) -> String {
    let doublings = (3..31_u32).map(|doubling| {
        let first = (doubling - 1) * 4;
        format!("WHEN {column} < {} THEN {first} + (({column} >> {}) & 3)", 1_u64 << (doubling + 1), doubling - 2)
    });
    let all: Vec<String> = doublings.collect();
    format!("CASE WHEN {column} < 8 THEN {column} {} ELSE 116 + (({column} >> 29) & 3) END", all.join(" "))
}
