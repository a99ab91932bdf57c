//! Usage rows on disk: one table a day, the day being that of the request's id. In: rows. Out: rows, newest first.
//! Never here: money moving (write.rs).

use super::facts::{self, Filter};
use super::sums::Unfolded;
use super::write::WriteError;
use crate::facts::{Value, row_terms};
use crate::intern;
use crate::kept::{SUMMED, TIMED};
use crate::port::{DayCount, UsageFilter};
use crate::record::{
    ADMITTED, COLUMNS, GONE, count_to_disk, day_of, flags, flags_of, source_number, source_of, tries_of,
    tries_to_disk,
};
use ledger::facts::Slot;
use ledger::{Counted, HoldState, UsageRow};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction, TransactionBehavior};
use std::sync::{Arc, LazyLock};
use units::{Class, KeyId, MeterId, NanoUsd, PriceId, RequestId, Timestamp, Usage, WorkspaceId};

/// What a usage row says about a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// There was none.
    Record,
    /// It was settled; `charge` says with how much.
    Settled,
    /// It was released.
    Released,
}

impl Closing {
    const fn number(self) -> i64 {
        match self {
            Self::Record => 0,
            Self::Settled => 1,
            Self::Released => 2,
        }
    }
}

/// Makes the table of a day.
fn create(tx: &Connection, day: i64) -> rusqlite::Result<()> {
    tx.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS usage_{day} (
            request BLOB PRIMARY KEY, closing INTEGER NOT NULL, at INTEGER NOT NULL,
            workspace BLOB NOT NULL, key BLOB NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL,
            provider TEXT NOT NULL, upstream_model TEXT NOT NULL, status INTEGER NOT NULL, fault TEXT,
            input INTEGER, cache_read INTEGER, cache_write_5m INTEGER, cache_write_1h INTEGER, audio_in INTEGER,
            output INTEGER, reasoning INTEGER, audio_out INTEGER, images INTEGER,
            source INTEGER NOT NULL, price BLOB, charge INTEGER NOT NULL CHECK (charge >= 0),
            latency_ms INTEGER NOT NULL, first_byte_ms INTEGER, flags INTEGER NOT NULL,
            attempts INTEGER NOT NULL, client_request_id TEXT, cache_saved INTEGER, member BLOB, end_user BLOB,
            asked_model TEXT, session TEXT, client TEXT, tries TEXT
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS usage_{day}_workspace ON usage_{day} (workspace, request);
        CREATE INDEX IF NOT EXISTS usage_{day}_session ON usage_{day} (session, request) WHERE session IS NOT NULL;
        CREATE INDEX IF NOT EXISTS usage_{day}_fault ON usage_{day} (fault, request) WHERE fault IS NOT NULL;
        CREATE INDEX IF NOT EXISTS usage_{day}_key ON usage_{day} (key, request);
        CREATE INDEX IF NOT EXISTS usage_{day}_model ON usage_{day} (workspace, model, request);
        CREATE INDEX IF NOT EXISTS usage_{day}_unserved ON usage_{day} (request) WHERE status >= 400;
        CREATE INDEX IF NOT EXISTS usage_{day}_unserved_of ON usage_{day} (workspace, request)
            WHERE status >= 400;
        INSERT OR IGNORE INTO usage_day (day) VALUES ({day});"
    ))
}

/// Writes the usage rows of one transaction; the statement of a day is prepared once.
pub struct Writer<'tx> {
    tx: &'tx Transaction<'tx>,
    open: Option<(i64, CachedStatement<'tx>)>,
    unfolded: Unfolded,
}

impl<'tx> Writer<'tx> {
    /// For one transaction.
    pub fn new(tx: &'tx Transaction<'tx>) -> Self {
        Self { tx, open: None, unfolded: Unfolded::default() }
    }

    /// Writes a row. A record never replaces anything; a closed hold may replace a record of the same request.
    pub fn write(&mut self, row: &UsageRow, closing: Closing) -> Result<(), WriteError> {
        if self.put(row, closing)? {
            self.unfolded.count(row, 1);
            return Ok(());
        }
        if closing == Closing::Record {
            return Ok(());
        }
        let Some(record) = take_record(self.tx, row.request)? else {
            return Err(WriteError::Contradiction(format!("{} has its usage row already", row.request)));
        };
        self.unfolded.count(&record, -1);
        self.put(row, closing)?;
        self.unfolded.count(row, 1);
        Ok(())
    }

    /// Writes down what it came to, and gives it on: the tables of sums do not have it yet.
    pub fn finish(self) -> rusqlite::Result<Unfolded> {
        self.unfolded.write_down(self.tx)?;
        Ok(self.unfolded)
    }

    /// Whether the row was new.
    fn put(&mut self, row: &UsageRow, closing: Closing) -> rusqlite::Result<bool> {
        let day = day_of(row.request);
        let statement = match &mut self.open {
            Some((open, statement)) if *open == day => statement,
            other => &mut other.insert((day, prepare(self.tx, day)?)).1,
        };
        Ok(bind(statement, row, closing)? == 1)
    }
}

/// Removes the record of a request, if it has one that closed no hold.
fn take_record(tx: &Transaction<'_>, id: RequestId) -> rusqlite::Result<Option<UsageRow>> {
    let sql = format!("DELETE FROM usage_{} WHERE request = ?1 AND closing = 0 RETURNING {COLUMNS}", day_of(id));
    tx.query_row(&sql, [id.bytes()], from_row).optional()
}

/// What puts a row into the table of any day.
static PUT: LazyLock<String> = LazyLock::new(|| {
    let holes: Vec<String> = (1..=35).map(|n| format!("?{n}")).collect();
    format!("({COLUMNS}) VALUES ({}) ON CONFLICT (request) DO NOTHING", holes.join(", "))
});

fn prepare<'tx>(tx: &'tx Transaction<'tx>, day: i64) -> rusqlite::Result<CachedStatement<'tx>> {
    let sql = format!("INSERT INTO usage_{day} {}", *PUT);
    if let Ok(statement) = tx.prepare_cached(&sql) {
        return Ok(statement);
    }
    create(tx, day)?;
    tx.prepare_cached(&sql)
}

fn bind(statement: &mut CachedStatement<'_>, row: &UsageRow, closing: Closing) -> rusqlite::Result<usize> {
    statement.raw_bind_parameter(1, row.request.bytes())?;
    statement.raw_bind_parameter(2, closing.number())?;
    statement.raw_bind_parameter(3, row.at.ms())?;
    statement.raw_bind_parameter(4, row.workspace.bytes())?;
    statement.raw_bind_parameter(5, row.key.bytes())?;
    statement.raw_bind_parameter(6, row.endpoint)?;
    statement.raw_bind_parameter(7, &*row.model)?;
    statement.raw_bind_parameter(8, &*row.provider)?;
    statement.raw_bind_parameter(9, &*row.upstream_model)?;
    statement.raw_bind_parameter(10, row.status)?;
    statement.raw_bind_parameter(11, row.fault)?;
    for (n, class) in (12..).zip(Class::ALL) {
        let count = row.usage.get(class).map(count_to_disk);
        statement.raw_bind_parameter(n, count)?;
    }
    statement.raw_bind_parameter(21, source_number(row.source))?;
    statement.raw_bind_parameter(22, row.price.map(PriceId::bytes))?;
    statement.raw_bind_parameter(23, row.charge.nano())?;
    statement.raw_bind_parameter(24, row.latency_ms)?;
    statement.raw_bind_parameter(25, row.first_byte_ms)?;
    statement.raw_bind_parameter(26, flags(row))?;
    statement.raw_bind_parameter(27, row.attempts)?;
    statement.raw_bind_parameter(28, row.client_request_id.as_deref())?;
    statement.raw_bind_parameter(29, row.cache_saved.nano())?;
    statement.raw_bind_parameter(30, row.counted.member.map(MeterId::bytes))?;
    statement.raw_bind_parameter(31, row.counted.end_user.map(MeterId::bytes))?;
    statement.raw_bind_parameter(32, row.asked_model.as_deref())?;
    statement.raw_bind_parameter(33, row.session.as_deref())?;
    statement.raw_bind_parameter(34, row.client.as_deref())?;
    statement.raw_bind_parameter(35, tries_to_disk(&row.tries))?;
    statement.raw_execute()
}

/// Whom a row counts for, in the column `n` and the one after it.
pub fn counted_of(row: &Row<'_>, n: usize) -> rusqlite::Result<Counted> {
    let meter = |n| Ok::<_, rusqlite::Error>(row.get::<_, Option<[u8; 16]>>(n)?.map(MeterId::from_bytes));
    Ok(Counted { member: meter(n)?, end_user: meter(n + 1)? })
}

fn text_of(row: &Row<'_>, n: usize) -> rusqlite::Result<Option<Arc<str>>> {
    Ok(row.get_ref(n)?.as_str_or_null()?.map(Arc::from))
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<UsageRow> {
    let mut usage = Usage::NONE;
    for (n, class) in (11..).zip(Class::ALL) {
        if let Some(count) = row.get::<_, Option<i64>>(n)? {
            usage.set(class, u64::try_from(count).unwrap_or(0));
        }
    }
    let (streamed, partial) = flags_of(row.get(25)?);
    let fault = row.get_ref(10)?.as_str_or_null()?.map(intern::name);
    let row = UsageRow {
        request: RequestId::from_bytes(row.get(0)?),
        at: Timestamp::from_ms(row.get(2)?),
        workspace: WorkspaceId::from_bytes(row.get(3)?),
        key: KeyId::from_bytes(row.get(4)?),
        counted: counted_of(row, 29)?,
        endpoint: intern::name(row.get_ref(5)?.as_str()?),
        model: row.get_ref(6)?.as_str()?.into(),
        provider: row.get_ref(7)?.as_str()?.into(),
        upstream_model: row.get_ref(8)?.as_str()?.into(),
        status: row.get(9)?,
        fault,
        usage,
        source: source_of(row.get(20)?),
        price: row.get::<_, Option<[u8; 16]>>(21)?.map(PriceId::from_bytes),
        charge: NanoUsd::new(row.get(22)?),
        cache_saved: NanoUsd::new(row.get::<_, Option<i64>>(28)?.unwrap_or(0)),
        latency_ms: row.get(23)?,
        first_byte_ms: row.get(24)?,
        streamed,
        attempts: row.get(26)?,
        partial,
        client_request_id: row.get(27)?,
        asked_model: text_of(row, 31)?,
        session: text_of(row, 32)?,
        client: text_of(row, 33)?,
        tries: tries_of(row.get_ref(34)?.as_str_or_null()?),
    };
    Ok(row)
}

/// The days that have a table, oldest first.
pub fn days(db: &Connection) -> rusqlite::Result<Vec<i64>> {
    db.prepare("SELECT day FROM usage_day ORDER BY day")?.query_map([], |row| row.get(0))?.collect()
}

/// The newest id that has a usage row.
pub fn newest(db: &Connection) -> rusqlite::Result<Option<RequestId>> {
    for day in days(db)?.into_iter().rev() {
        let id: Option<[u8; 16]> =
            db.query_row(&format!("SELECT max(request) FROM usage_{day}"), [], |row| row.get(0))?;
        if id.is_some() {
            return Ok(id.map(RequestId::from_bytes));
        }
    }
    Ok(None)
}

/// How a hold ended, by its usage row or its tombstone.
pub fn state_on_disk(db: &Connection, id: RequestId) -> rusqlite::Result<HoldState> {
    let day = day_of(id);
    if days(db)?.contains(&day) {
        let sql = format!("SELECT closing, charge FROM usage_{day} WHERE request = ?1");
        let row: Option<(i64, i64)> =
            db.query_row(&sql, [id.bytes()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match row {
            Some((1, charge)) => {
                let charged = NanoUsd::new(charge);
                return Ok(HoldState::Settled { charged });
            }
            Some((2, _)) => return Ok(HoldState::Released),
            _ => {}
        }
    }
    let stone: Option<i64> =
        db.query_row("SELECT state FROM tombstone WHERE hold = ?1", [id.bytes()], |row| row.get(0)).optional()?;
    Ok(match stone {
        Some(3) => HoldState::Expired,
        Some(_) => HoldState::Released,
        None => HoldState::Unknown,
    })
}

/// The requests of a day by workspace and model.
pub fn count_requests(
    db: &Connection,
    day: i64,
    workspace: Option<WorkspaceId>,
) -> rusqlite::Result<Vec<DayCount>> {
    if !days(db)?.contains(&day) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT workspace, model, count(*) FROM usage_{day} WHERE {ADMITTED} AND (?1 IS NULL OR workspace = ?1)
         GROUP BY workspace, model"
    );
    db.prepare(&sql)?
        .query_map([workspace.map(WorkspaceId::bytes)], |row| {
            Ok(DayCount {
                workspace: WorkspaceId::from_bytes(row.get(0)?),
                model: row.get(1)?,
                requests: row.get(2)?,
            })
        })?
        .collect()
}

/// A page of rows, newest first.
pub fn page(db: &Connection, filter: &UsageFilter) -> rusqlite::Result<Vec<UsageRow>> {
    let tx = db.unchecked_transaction()?;
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let mut terms = Filter::of(row_terms(filter));
    if let Some(id) = filter.before {
        terms = terms.with(("request", "<", Value::Id(id.bytes())));
    }
    let mut rows = Vec::new();
    for day in facts::days_to_look_at(&tx, filter)? {
        let left = limit - rows.len();
        if left == 0 {
            break;
        }
        let sql = format!("SELECT {COLUMNS} FROM usage_{day}");
        rows.extend(terms.rows(&tx, &sql, &format!("ORDER BY request DESC LIMIT {left}"), from_row)?);
    }
    Ok(rows)
}

/// Forgets the rows of the first whole day that is before one, and sums of hours before an instant; says whether a day is gone. One
/// at a time, so that charges wait for no more than that.
pub fn forget(db: &mut Connection, before: i64, hours_before: Timestamp) -> rusqlite::Result<bool> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let first_day = days(&tx)?.into_iter().find(|day| *day < before);
    if let Some(day) = first_day {
        tx.execute(&GONE.replace("WHICH", &format!("usage_{day} WHERE")), [])?;
        tx.execute_batch(&format!("DROP TABLE usage_{day}"))?;
        tx.execute("DELETE FROM usage_day WHERE day = ?1", [day])?;
        tx.execute("DELETE FROM spend_day WHERE day <= ?1", [day])?;
        tx.execute("UPDATE usage_kept_from SET day = max(day, ?1)", [day + 1])?;
    }
    let first = Slot::Hour.of(hours_before);
    for kept in SUMMED.into_iter().chain(TIMED) {
        for (_, table) in kept.tables.iter().filter(|(slot, _)| *slot == Slot::Hour) {
            let sql = format!("DELETE FROM {table} WHERE {} AND slot < ?1", kept.found());
            tx.execute(&sql, [first])?;
        }
    }
    tx.commit()?;
    Ok(first_day.is_some())
}
