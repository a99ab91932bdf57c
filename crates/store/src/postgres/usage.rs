//! Usage rows in daily partitions. In: rows by the batch. Out: rows, newest first. Never here: money moving.

use super::load;
use super::pool::Fail;
use super::wire::Uuid;
use crate::intern;
use crate::port::{DayCount, UsageFilter};
pub use crate::record::day_of;
use crate::record::{ADMITTED, COLUMNS, count_to_disk, flags, flags_of, source_number, source_of};
use ledger::UsageRow;
use std::borrow::Cow;
use std::collections::HashMap;
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
const TYPES: [&str; 32] = [
    "bigint", "uuid", "smallint", "bigint", "uuid", "uuid", "text", "text", "text", "text", "integer", "text",
    "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "bigint", "smallint", "uuid",
    "bigint", "bigint", "bigint", "smallint", "smallint", "text", "bigint", "uuid", "uuid",
];

/// Writes rows. A record never replaces anything; a closed hold may replace a record of the same request.
pub fn insert_sql() -> String {
    let arrays: Vec<String> = (1..).zip(TYPES).map(|(n, kind)| format!("${n}::{kind}[]")).collect();
    let renewed: Vec<String> = COLUMNS.split(", ").map(|c| format!("{0} = excluded.{0}", c.trim())).collect();
    format!(
        "INSERT INTO usage (day, {COLUMNS}) SELECT * FROM unnest({}) ON CONFLICT (day, request) DO UPDATE SET {} \
         WHERE usage.closing = 0 AND excluded.closing <> 0",
        arrays.join(", "),
        renewed.join(", ")
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
        let rest: [&(dyn ToSql + Sync); 11] = [
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
    let uuid = |bytes: [u8; 16]| -> Box<dyn ToSql + Sync + Send> { Box::new(Uuid(bytes)) };
    let long = |n: i64| -> Box<dyn ToSql + Sync + Send> { Box::new(n) };
    let mut terms: Vec<(&str, Box<dyn ToSql + Sync + Send>)> = Vec::new();
    if let Some(id) = filter.workspace {
        terms.push(("workspace =", uuid(id.bytes())));
    }
    if let Some(id) = filter.key {
        terms.push(("key =", uuid(id.bytes())));
    }
    if let Some(model) = &filter.model {
        terms.push(("model =", Box::new(model.clone())));
    }
    // A row's `at` may lie a little beside the time in its id: the neighbours of a day are looked at too.
    if let Some(from) = filter.from {
        terms.push(("day >=", long(from.day() - 1)));
        terms.push(("at >=", long(from.ms())));
    }
    if let Some(until) = filter.until {
        terms.push(("day <=", long(until.day() + 1)));
        terms.push(("at <", long(until.ms())));
    }
    if let Some(id) = filter.before {
        terms.push(("day <=", long(day_of(id))));
        terms.push(("request <", uuid(id.bytes())));
    }
    let mut sql = format!("SELECT {COLUMNS} FROM usage WHERE true");
    for (n, (term, _)) in (1..).zip(&terms) {
        sql.push_str(&format!(" AND {term} ${n}"));
    }
    sql.push_str(&format!(" ORDER BY day DESC, request DESC LIMIT {}", filter.limit));
    let params: Vec<&(dyn ToSql + Sync)> = terms.iter().map(|(_, p)| &**p as _).collect();
    let rows = tx.query(&sql, &params).await?;
    Ok(rows.iter().map(from_row).collect::<Result<_, _>>()?)
}
