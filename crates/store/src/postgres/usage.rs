//! Usage rows in daily partitions. In: rows by the batch. Out: rows, newest first. Never here: money moving.

use super::facts::{self, Filter};
use super::load;
use super::pool::Fail;
use super::wire::Uuid;
use crate::facts::{Value, row_terms};
use crate::intern;
use crate::kept::{SUMMED, TIMED};
use crate::port::{DayCount, UsageFilter};
pub use crate::record::day_of;
use crate::record::{
    ADMITTED, COLUMNS, GONE, count_to_disk, flags, flags_of, source_number, source_of, tries_of, tries_to_disk,
};
use ledger::UsageRow;
use ledger::facts::Slot;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};
use units::{Class, KeyId, NanoUsd, PriceId, RequestId, Timestamp, Usage, WorkspaceId};

/// What keeps two nodes from making the same partition at once.
const DAY_LOCK: i64 = 0x0074_6f6c_6c64_6179;

/// Makes the partition of a day, once.
pub fn create_sql(day: i64) -> String {
    format!(
        "BEGIN; SELECT pg_advisory_xact_lock({DAY_LOCK});
         CREATE TABLE IF NOT EXISTS usage_{day} PARTITION OF usage FOR VALUES IN ({day});
         INSERT INTO usage_day (day) VALUES ({day}) ON CONFLICT (day) DO NOTHING; COMMIT"
    )
}

/// The types of `day` and the columns after it, as arrays.
const TYPES: [&str; 36] = [
    "bigint", "uuid", "smallint", "bigint", "uuid", "uuid", "text", "text", "text", "text", "integer", "text",
    "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "smallint", "uuid",
    "bigint", "bigint", "bigint", "smallint", "smallint", "text", "bigint", "uuid", "uuid", "text", "text", "text",
    "text",
];

/// Writes rows and their sums, and tells of each that was written. A record never replaces anything; a closed hold may replace a
/// record of the same request, which then counts no more.
pub fn insert_sql() -> String {
    let arrays: Vec<String> = (1..).zip(TYPES).map(|(n, kind)| format!("${n}::{kind}[]")).collect();
    let renewed: Vec<String> = COLUMNS.split(", ").map(|c| format!("{0} = excluded.{0}", c.trim())).collect();
    format!(
        "WITH batch (day, {COLUMNS}) AS (SELECT * FROM unnest({})), \
         before AS (SELECT u.* FROM usage u JOIN batch b ON b.day = u.day AND b.request = u.request WHERE u.closing = 0), \
         put AS (INSERT INTO usage (day, {COLUMNS}) SELECT * FROM batch ON CONFLICT (day, request) DO UPDATE SET {} \
         WHERE usage.closing = 0 AND excluded.closing <> 0 RETURNING *){} SELECT request FROM put",
        arrays.join(", "),
        renewed.join(", "),
        facts::with_sums()
    )
}

/// The rows of a batch as columns, one row a request.
pub struct Columns<'r> {
    day: Vec<i64>,
    request: Vec<Uuid>,
    closing: Vec<i16>,
    at: Vec<i64>,
    workspace: Vec<Uuid>,
    key: Vec<Uuid>,
    endpoint: Vec<&'r str>,
    model: Vec<&'r str>,
    provider: Vec<&'r str>,
    upstream_model: Vec<&'r str>,
    status: Vec<i32>,
    fault: Vec<Option<&'r str>>,
    counts: [Vec<Option<i64>>; Class::ALL.len()],
    source: Vec<i16>,
    price: Vec<Option<Uuid>>,
    charge: Vec<i64>,
    latency_ms: Vec<i64>,
    first_byte_ms: Vec<Option<i64>>,
    flags: Vec<i16>,
    attempts: Vec<i16>,
    client_request_id: Vec<Option<&'r str>>,
    cache_saved: Vec<i64>,
    member: Vec<Option<Uuid>>,
    end_user: Vec<Option<Uuid>>,
    asked_model: Vec<Option<&'r str>>,
    session: Vec<Option<&'r str>>,
    client: Vec<Option<&'r str>>,
    tries: Vec<Option<String>>,
}

impl<'r> Columns<'r> {
    /// From rows and how they closed their hold.
    pub fn of(rows: &'r [(Cow<'_, UsageRow>, i16)]) -> Self {
        // One statement may not touch a row twice; of several, the one that closed the hold stays.
        let mut places: HashMap<RequestId, usize> = HashMap::with_capacity(rows.len());
        let mut kept: Vec<(&UsageRow, i16)> = Vec::with_capacity(rows.len());
        for (row, closing) in rows {
            let place = *places.entry(row.request).or_insert(kept.len());
            match kept.get_mut(place) {
                None => kept.push((row, *closing)),
                Some(known) if known.1 == 0 => *known = (row, *closing),
                Some(_) => {}
            }
        }
        let rows = &kept;
        Self {
            day: rows.iter().map(|(r, _)| day_of(r.request)).collect(),
            request: rows.iter().map(|(r, _)| Uuid(r.request.bytes())).collect(),
            closing: rows.iter().map(|(_, closing)| *closing).collect(),
            at: rows.iter().map(|(r, _)| r.at.ms()).collect(),
            workspace: rows.iter().map(|(r, _)| Uuid(r.workspace.bytes())).collect(),
            key: rows.iter().map(|(r, _)| Uuid(r.key.bytes())).collect(),
            endpoint: rows.iter().map(|(r, _)| r.endpoint).collect(),
            model: rows.iter().map(|(r, _)| &*r.model).collect(),
            provider: rows.iter().map(|(r, _)| &*r.provider).collect(),
            upstream_model: rows.iter().map(|(r, _)| &*r.upstream_model).collect(),
            status: rows.iter().map(|(r, _)| i32::from(r.status)).collect(),
            fault: rows.iter().map(|(r, _)| r.fault).collect(),
            counts: Class::ALL.map(|class| {
                let count = |r: &UsageRow| r.usage.get(class).map(count_to_disk);
                rows.iter().map(|(r, _)| count(r)).collect()
            }),
            source: rows.iter().map(|(r, _)| source_number(r.source)).collect(),
            price: rows.iter().map(|(r, _)| r.price.map(|id| Uuid(id.bytes()))).collect(),
            charge: rows.iter().map(|(r, closing)| if *closing == 1 { r.charge.nano() } else { 0 }).collect(),
            cache_saved: rows
                .iter()
                .map(|(r, closing)| if *closing == 1 { r.cache_saved.nano() } else { 0 })
                .collect(),
            member: rows.iter().map(|(r, _)| r.counted.member.map(|id| Uuid(id.bytes()))).collect(),
            end_user: rows.iter().map(|(r, _)| r.counted.end_user.map(|id| Uuid(id.bytes()))).collect(),
            asked_model: rows.iter().map(|(r, _)| r.asked_model.as_deref()).collect(),
            session: rows.iter().map(|(r, _)| r.session.as_deref()).collect(),
            client: rows.iter().map(|(r, _)| r.client.as_deref()).collect(),
            tries: rows.iter().map(|(r, _)| tries_to_disk(&r.tries)).collect(),
            latency_ms: rows.iter().map(|(r, _)| i64::from(r.latency_ms)).collect(),
            first_byte_ms: rows.iter().map(|(r, _)| r.first_byte_ms.map(i64::from)).collect(),
            flags: rows.iter().map(|(r, _)| flags(r)).collect(),
            attempts: rows.iter().map(|(r, _)| i16::from(r.attempts)).collect(),
            client_request_id: rows.iter().map(|(r, _)| r.client_request_id.as_deref()).collect(),
        }
    }

    /// How many rows closed a hold: all of these must be written.
    pub fn closed(&self) -> usize {
        self.closing.iter().filter(|closing| **closing != 0).count()
    }

    /// How many did not.
    pub fn records(&self) -> usize {
        self.closing.len() - self.closed()
    }

    /// In the order of `insert_sql`.
    pub fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![
            &self.day,
            &self.request,
            &self.closing,
            &self.at,
            &self.workspace,
            &self.key,
            &self.endpoint,
            &self.model,
            &self.provider,
            &self.upstream_model,
            &self.status,
            &self.fault,
        ];
        params.extend(self.counts.iter().map(|c| c as &(dyn ToSql + Sync)));
        let rest: [&(dyn ToSql + Sync); 15] = [
            &self.source,
            &self.price,
            &self.charge,
            &self.latency_ms,
            &self.first_byte_ms,
            &self.flags,
            &self.attempts,
            &self.client_request_id,
            &self.cache_saved,
            &self.member,
            &self.end_user,
            &self.asked_model,
            &self.session,
            &self.client,
            &self.tries,
        ];
        params.extend(rest);
        params
    }
}

fn from_row(row: &Row) -> Result<UsageRow, tokio_postgres::Error> {
    let mut usage = Usage::NONE;
    for (n, class) in (11..).zip(Class::ALL) {
        if let Some(count) = row.try_get::<_, Option<i64>>(n)? {
            usage.set(class, u64::try_from(count).unwrap_or(0));
        }
    }
    let id = |n: usize| row.try_get::<_, Uuid>(n).map(|id| id.0);
    let text = |n: usize| Ok::<_, tokio_postgres::Error>(row.try_get::<_, Option<&str>>(n)?.map(Arc::from));
    let (streamed, partial) = flags_of(row.try_get(25)?);
    let row = UsageRow {
        request: RequestId::from_bytes(id(0)?),
        at: Timestamp::from_ms(row.try_get(2)?),
        workspace: WorkspaceId::from_bytes(id(3)?),
        key: KeyId::from_bytes(id(4)?),
        counted: load::counted(row, 29)?,
        endpoint: intern::name(row.try_get(5)?),
        model: row.try_get::<_, &str>(6)?.into(),
        provider: row.try_get::<_, &str>(7)?.into(),
        upstream_model: row.try_get::<_, &str>(8)?.into(),
        status: u16::try_from(row.try_get::<_, i32>(9)?).unwrap_or(0),
        fault: row.try_get::<_, Option<&str>>(10)?.map(intern::name),
        usage,
        source: source_of(row.try_get(20)?),
        price: row.try_get::<_, Option<Uuid>>(21)?.map(|id| PriceId::from_bytes(id.0)),
        charge: NanoUsd::new(row.try_get(22)?),
        cache_saved: NanoUsd::new(row.try_get::<_, Option<i64>>(28)?.unwrap_or(0)),
        latency_ms: u32::try_from(row.try_get::<_, i64>(23)?).unwrap_or(u32::MAX),
        first_byte_ms: row.try_get::<_, Option<i64>>(24)?.map(|ms| u32::try_from(ms).unwrap_or(u32::MAX)),
        streamed,
        attempts: u8::try_from(row.try_get::<_, i16>(26)?).unwrap_or(u8::MAX),
        partial,
        client_request_id: row.try_get(27)?,
        asked_model: text(31)?,
        session: text(32)?,
        client: text(33)?,
        tries: tries_of(row.try_get(34)?),
    };
    Ok(row)
}

/// The requests of a day by workspace and model.
pub async fn count_requests(
    tx: &Transaction<'_>,
    day: i64,
    workspace: Option<WorkspaceId>,
) -> Result<Vec<DayCount>, Fail> {
    let sql = format!(
        "SELECT workspace, model, count(*) FROM usage WHERE day = $1 AND {ADMITTED}
         AND ($2::uuid IS NULL OR workspace = $2) GROUP BY workspace, model"
    );
    let rows = tx.query(&sql, &[&day, &workspace.map(|id| Uuid(id.bytes()))]).await?;
    let count = |row: &Row| {
        Ok(DayCount {
            workspace: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
            model: row.try_get(1)?,
            requests: u32::try_from(row.try_get::<_, i64>(2)?).unwrap_or(u32::MAX),
        })
    };
    rows.iter().map(count).collect()
}

/// A page of rows, newest first.
pub async fn page(tx: &Transaction<'_>, filter: &UsageFilter) -> Result<Vec<UsageRow>, Fail> {
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let mut terms = row_terms(filter);
    terms.extend(filter.before.map(|id| ("request", "<", Value::Id(id.bytes()))));
    let days = facts::days_to_look_at(tx, filter).await?;
    // First the newest, and more at a time the longer they say nothing.
    let (mut rows, mut first, mut many) = (Vec::new(), 0, 1);
    while first < days.len() && rows.len() < limit {
        let some = days[first..days.len().min(first + many)].to_vec();
        (first, many) = (first + many, many * 2);
        let terms = terms.iter().cloned().chain([("day", "in", Value::Numbers(some))]).collect();
        let order = format!("ORDER BY day DESC, request DESC LIMIT {}", limit - rows.len());
        let sql = format!("SELECT {COLUMNS} FROM usage");
        for row in Filter::of(terms).rows(tx, &sql, &order).await? {
            rows.push(from_row(&row)?);
        }
    }
    Ok(rows)
}

/// Forgets the rows of the first whole day that is before one, and sums of hours before an instant; says whether a day is gone. Batches
/// wait for a partition that goes, so this waits for none of theirs for long: it is tried again another time.
pub async fn forget(tx: &Transaction<'_>, before: i64, hours_before: Timestamp) -> Result<bool, Fail> {
    tx.batch_execute("SET LOCAL lock_timeout = '2s'").await?;
    let first = "SELECT day FROM usage_day WHERE day < $1 ORDER BY day LIMIT 1 FOR UPDATE";
    let first_day = tx.query_opt(first, &[&before]).await?;
    if let Some(row) = &first_day {
        let day: i64 = row.try_get(0)?;
        tx.execute(&GONE.replace("WHICH", "usage WHERE day = $1 AND"), &[&day]).await?;
        tx.batch_execute(&format!("DROP TABLE usage_{day}")).await?;
        tx.execute("DELETE FROM usage_day WHERE day = $1", &[&day]).await?;
        tx.execute("DELETE FROM spend_day WHERE day <= $1", &[&day]).await?;
        tx.execute("UPDATE usage_kept_from SET day = greatest(day, $1)", &[&(day + 1)]).await?;
    }
    let first = Slot::Hour.of(hours_before);
    for kept in SUMMED.into_iter().chain(TIMED) {
        for (_, table) in kept.tables.iter().filter(|(slot, _)| *slot == Slot::Hour) {
            let sql = format!("DELETE FROM {table} WHERE {} AND slot < $1", kept.found());
            tx.execute(&sql, &[&first]).await?;
        }
    }
    Ok(first_day.is_some())
}
