//! Usage rows on disk: one table a day, the day being that of the request's id. In: rows. Out: rows, newest first.
//! Never here: money moving (write.rs).

use super::write::WriteError;
use crate::intern;
use crate::port::{DayCount, UsageFilter};
use crate::record::{ADMITTED, COLUMNS, count_to_disk, day_of, flags, flags_of, source_number, source_of};
use ledger::{Counted, HoldState, UsageRow};
use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction, params_from_iter};
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
            attempts INTEGER NOT NULL, client_request_id TEXT, cache_saved INTEGER, member BLOB, end_user BLOB
        ) WITHOUT ROWID;
        INSERT OR IGNORE INTO usage_day (day) VALUES ({day});"
    ))
}

/// Writes the usage rows of one transaction; the statement of a day is prepared once.
pub struct Writer<'tx> {
    tx: &'tx Transaction<'tx>,
    open: Option<(i64, CachedStatement<'tx>)>,
}

impl<'tx> Writer<'tx> {
    /// For one transaction.
    pub const fn new(tx: &'tx Transaction<'tx>) -> Self {
        Self { tx, open: None }
    }

    /// Writes a row. A record never replaces anything; a closed hold may replace a record of the same request.
    pub fn write(&mut self, row: &UsageRow, closing: Closing) -> Result<(), WriteError> {
        let day = day_of(row.request);
        let statement = match &mut self.open {
            Some((open, statement)) if *open == day => statement,
            other => &mut other.insert((day, prepare(self.tx, day)?)).1,
        };
        let written = bind(statement, row, closing)?;
        if written == 1 || closing == Closing::Record {
            Ok(())
        } else {
            Err(WriteError::Contradiction(format!("{} has its usage row already", row.request)))
        }
    }
}

fn prepare<'tx>(tx: &'tx Transaction<'tx>, day: i64) -> rusqlite::Result<CachedStatement<'tx>> {
    let holes: Vec<String> = (1..=31).map(|n| format!("?{n}")).collect();
    let renewed: Vec<String> = COLUMNS.split(", ").map(|c| format!("{0} = excluded.{0}", c.trim())).collect();
    let sql = format!(
        "INSERT INTO usage_{day} ({COLUMNS}) VALUES ({}) ON CONFLICT (request) DO UPDATE SET {}
         WHERE closing = 0 AND excluded.closing <> 0",
        holes.join(", "),
        renewed.join(", ")
    );
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
    statement.raw_execute()
}

/// Whom a row counts for, in the column `n` and the one after it.
pub fn counted_of(row: &Row<'_>, n: usize) -> rusqlite::Result<Counted> {
    let meter = |n| Ok::<_, rusqlite::Error>(row.get::<_, Option<[u8; 16]>>(n)?.map(MeterId::from_bytes));
    Ok(Counted { member: meter(n)?, end_user: meter(n + 1)? })
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
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let mut rows = Vec::new();
    for day in days(db)?.into_iter().rev() {
        if rows.len() >= limit {
            break;
        }
        // A row's `at` may lie a little beside the time in its id: the neighbours of a day are looked at too.
        let early = filter.from.is_some_and(|from| day < from.day() - 1);
        let late = filter.until.is_some_and(|until| day > until.day() + 1);
        let paged = filter.before.is_some_and(|id| day > day_of(id));
        if !(early || late || paged) {
            page_of_day(db, day, filter, limit - rows.len(), &mut rows)?;
        }
    }
    Ok(rows)
}

fn page_of_day(
    db: &Connection,
    day: i64,
    filter: &UsageFilter,
    limit: usize,
    rows: &mut Vec<UsageRow>,
) -> rusqlite::Result<()> {
    let blob = |bytes: [u8; 16]| Value::Blob(bytes.to_vec());
    let terms = [
        ("workspace = ?", filter.workspace.map(|id| blob(id.bytes()))),
        ("key = ?", filter.key.map(|id| blob(id.bytes()))),
        ("model = ?", filter.model.clone().map(Value::Text)),
        ("at >= ?", filter.from.map(|t| Value::Integer(t.ms()))),
        ("at < ?", filter.until.map(|t| Value::Integer(t.ms()))),
        ("request < ?", filter.before.map(|id| blob(id.bytes()))),
    ];
    let mut sql = format!("SELECT {COLUMNS} FROM usage_{day} WHERE 1");
    let mut values = Vec::new();
    for (term, value) in terms {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(&format!(" AND {term}{}", values.len()));
        }
    }
    values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    sql.push_str(&format!(" ORDER BY request DESC LIMIT ?{}", values.len()));
    let mut statement = db.prepare(&sql)?;
    let found = statement.query_map(params_from_iter(values), from_row)?;
    for row in found {
        rows.push(row?);
    }
    Ok(())
}
