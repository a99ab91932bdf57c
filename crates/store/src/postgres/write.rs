//! What a batch writes: rows turned into columns, all statements sent in one round trip, every count asserted.
//! In: a decided page. Out: rows in an open transaction. Never here: deciding, the commit.

use super::decide::Page;
use super::link;
use super::pool::Fail;
use super::usage::{self, Columns};
use super::wire::{Uuid, pack};
use crate::record::key_sums_to_disk;
use futures_util::future::{BoxFuture, join_all};
use ledger::{Grant, KeySpend, OpenHold, Posting};
use std::collections::BTreeMap;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use units::{KeyId, MeterId, NanoUsd, Timestamp};

const CREDIT: &str = "UPDATE credit SET posted = v.posted, held = v.held, swept = v.swept \
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::boolean[]) AS v (id, posted, held, swept) \
    WHERE credit.id = v.id";
const FRESH: &str = "INSERT INTO hold (id, workspace, key, want, floor, seq, at, legs, member, end_user, lease) \
    SELECT *, $11::uuid FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], \
    $7::bigint[], $8::bytea[], $9::uuid[], $10::uuid[])";
const RAISED: &str = "UPDATE hold SET seq = v.seq, legs = v.legs \
    FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS v (id, seq, legs) WHERE hold.id = v.id";
const REMOVED: &str = "DELETE FROM hold WHERE id = ANY($1)";
const TRANSFERS: &str = "INSERT INTO transfer (ref, code, leg, debit, credit, amount, at) \
    SELECT *, $7::bigint FROM unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::uuid[], $5::uuid[], $6::bigint[])";
const STONES: &str = "INSERT INTO tombstone (hold, state, at) \
    SELECT *, $3::bigint FROM unnest($1::uuid[], $2::smallint[])";
const SPENT: &str = "INSERT INTO key_spend AS old (key, spent, cache_read, cache_written, cache_saved) \
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) \
    ON CONFLICT (key) DO UPDATE SET spent = old.spent + excluded.spent, \
    cache_read = old.cache_read + excluded.cache_read, cache_written = old.cache_written + excluded.cache_written, \
    cache_saved = old.cache_saved + excluded.cache_saved";

const DAYS: &str = "INSERT INTO spend_day AS old (meter, day, spent, requests) \
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) \
    ON CONFLICT (meter, day) DO UPDATE SET spent = old.spent + excluded.spent, \
    requests = old.requests + excluded.requests";

/// The statements that write, prepared once a connection.
pub struct Writes {
    credit: Statement,
    fresh: Statement,
    raised: Statement,
    removed: Statement,
    transfers: Statement,
    usage: Statement,
    stones: Statement,
    spent: Statement,
    days: Statement,
}

/// One statement on its way: what it writes, how many rows at least and at most, its parameters.
struct Sending<'s> {
    what: &'static str,
    statement: &'s Statement,
    least: usize,
    most: usize,
    params: Vec<&'s (dyn ToSql + Sync)>,
}

impl Writes {
    /// Prepares them.
    pub async fn prepare(client: &Client) -> Result<Self, Fail> {
        let usage = usage::insert_sql();
        let texts = [CREDIT, FRESH, RAISED, REMOVED, TRANSFERS, &usage, STONES, SPENT, DAYS];
        let [credit, fresh, raised, removed, transfers, usage, stones, spent, days] =
            link::prepare(client, texts).await?;
        Ok(Self { credit, fresh, raised, removed, transfers, usage, stones, spent, days })
    }

    /// Sends everything at once and looks at every count before anything is committed.
    pub async fn send(&self, client: &Client, rows: &Rows<'_>) -> Result<(), Fail> {
        let sendings = self.sendings(rows);
        let sent: Vec<BoxFuture<'_, Result<u64, tokio_postgres::Error>>> =
            sendings.iter().map(|s| Box::pin(client.execute(s.statement, &s.params)) as _).collect();
        for (sending, written) in sendings.iter().zip(join_all(sent).await) {
            let (what, written) = (sending.what, written?);
            let [least, most] = [sending.least, sending.most].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
            if written < least || written > most {
                return Err(Fail::Contradiction(format!("{written} {what} written where {least} were expected")));
            }
        }
        Ok(())
    }

    /// The statements that have rows.
    fn sendings<'s>(&'s self, rows: &'s Rows<'_>) -> Vec<Sending<'s>> {
        let sending =
            |what, statement, count, params| Sending { what, statement, least: count, most: count, params };
        let mut all = vec![
            sending("grants", &self.credit, rows.credit.0.len(), rows.credit_params()),
            sending("holds", &self.fresh, rows.fresh.ids.len(), rows.fresh.params(&rows.lease)),
            sending("raised holds", &self.raised, rows.raised.ids.len(), rows.raised.raised_params()),
            sending("closed holds", &self.removed, rows.removed.len(), vec![&rows.removed]),
            sending("transfers", &self.transfers, rows.transfers.0.len(), rows.transfer_params()),
            sending(
                "tombstones",
                &self.stones,
                rows.stones.0.len(),
                vec![&rows.stones.0, &rows.stones.1, &rows.at],
            ),
            sending("key spends", &self.spent, rows.spent.0.len(), rows.spent_params()),
            sending("days' spends", &self.days, rows.days.0.len(), rows.day_params()),
        ];
        all.push(Sending {
            what: "usage rows",
            statement: &self.usage,
            least: rows.usage.closed(),
            // A record of a request that has its row already changes nothing.
            most: rows.usage.closed() + rows.usage.records(),
            params: rows.usage.params(),
        });
        all.retain(|sending| sending.most > 0);
        all
    }
}

type CreditColumns = (Vec<Uuid>, Vec<i64>, Vec<i64>, Vec<bool>);
type SpentColumns = (Vec<Uuid>, [Vec<i64>; 4]);
type DayColumns = (Vec<Uuid>, Vec<i64>, [Vec<i64>; 2]);
type TransferColumns = (Vec<Uuid>, Vec<i16>, Vec<i16>, Vec<Uuid>, Vec<Uuid>, Vec<i64>);

/// Everything a batch writes, as columns.
pub struct Rows<'p> {
    credit: CreditColumns,
    fresh: HoldColumns,
    raised: HoldColumns,
    removed: &'p [Uuid],
    transfers: TransferColumns,
    stones: (Vec<Uuid>, Vec<i16>),
    spent: SpentColumns,
    days: DayColumns,
    usage: Columns<'p>,
    at: i64,
    lease: Uuid,
}

impl<'p> Rows<'p> {
    /// From a decided page.
    pub fn of(page: &'p Page<'_>, now: Timestamp, lease: Uuid) -> Self {
        let holds = page.hold_rows();
        Self {
            credit: credit_columns(&page.changed_grants()),
            fresh: HoldColumns::of(&holds.fresh),
            raised: HoldColumns::of(&holds.raised),
            removed: holds.removed,
            transfers: transfer_columns(&page.transfers),
            stones: page.stones.iter().copied().unzip(),
            spent: spent_columns(&page.spent),
            days: day_columns(&page.days),
            usage: Columns::of(&page.usage),
            at: now.ms(),
            lease,
        }
    }

    fn credit_params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let (ids, posted, held, swept) = &self.credit;
        vec![ids, posted, held, swept]
    }

    fn spent_params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let (keys, [spent, read, written, saved]) = &self.spent;
        vec![keys, spent, read, written, saved]
    }

    fn day_params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let (meters, days, [spent, requests]) = &self.days;
        vec![meters, days, spent, requests]
    }

    fn transfer_params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let (refs, codes, legs, debits, credits, amounts) = &self.transfers;
        vec![refs, codes, legs, debits, credits, amounts, &self.at]
    }
}

fn credit_columns(grants: &[&Grant]) -> CreditColumns {
    (
        grants.iter().map(|g| Uuid(g.id.bytes())).collect(),
        grants.iter().map(|g| g.posted.nano()).collect(),
        grants.iter().map(|g| g.held.nano()).collect(),
        grants.iter().map(|g| g.swept).collect(),
    )
}

fn spent_columns(sums: &BTreeMap<KeyId, KeySpend>) -> SpentColumns {
    let mut columns = SpentColumns::default();
    for (key, sums) in sums.iter().filter(|(_, sums)| !sums.is_none()) {
        columns.0.push(Uuid(key.bytes()));
        columns.1.iter_mut().zip(key_sums_to_disk(sums)).for_each(|(column, number)| column.push(number));
    }
    columns
}

fn day_columns(sums: &BTreeMap<(MeterId, i64), (NanoUsd, i64)>) -> DayColumns {
    let mut columns = DayColumns::default();
    for ((meter, day), (spent, requests)) in sums {
        columns.0.push(Uuid(meter.bytes()));
        columns.1.push(*day);
        columns.2[0].push(spent.nano());
        columns.2[1].push(*requests);
    }
    columns
}

fn transfer_columns(rows: &[(Uuid, i16, Posting)]) -> TransferColumns {
    (
        rows.iter().map(|(reference, ..)| *reference).collect(),
        rows.iter().map(|(_, _, p)| p.code.number()).collect(),
        rows.iter().map(|(_, leg, _)| *leg).collect(),
        rows.iter().map(|(_, _, p)| Uuid(p.debit.bytes())).collect(),
        rows.iter().map(|(_, _, p)| Uuid(p.credit.bytes())).collect(),
        rows.iter().map(|(_, _, p)| p.amount.nano()).collect(),
    )
}

const fn uuid(meter: MeterId) -> Uuid {
    Uuid(meter.bytes())
}

/// Holds as columns.
struct HoldColumns {
    ids: Vec<Uuid>,
    workspaces: Vec<Uuid>,
    keys: Vec<Uuid>,
    wants: Vec<i64>,
    floors: Vec<i64>,
    seqs: Vec<i64>,
    ats: Vec<i64>,
    legs: Vec<Vec<u8>>,
    members: Vec<Option<Uuid>>,
    end_users: Vec<Option<Uuid>>,
}

impl HoldColumns {
    fn of(holds: &[&OpenHold]) -> Self {
        Self {
            ids: holds.iter().map(|h| Uuid(h.id.bytes())).collect(),
            workspaces: holds.iter().map(|h| Uuid(h.workspace.bytes())).collect(),
            keys: holds.iter().map(|h| Uuid(h.key.bytes())).collect(),
            wants: holds.iter().map(|h| h.want.nano()).collect(),
            floors: holds.iter().map(|h| h.floor.nano()).collect(),
            seqs: holds.iter().map(|h| i64::from(h.seq)).collect(),
            ats: holds.iter().map(|h| h.at.ms()).collect(),
            legs: holds.iter().map(|h| pack(&h.legs)).collect(),
            members: holds.iter().map(|h| h.counted.member.map(uuid)).collect(),
            end_users: holds.iter().map(|h| h.counted.end_user.map(uuid)).collect(),
        }
    }

    fn params<'p>(&'p self, lease: &'p Uuid) -> Vec<&'p (dyn ToSql + Sync)> {
        vec![
            &self.ids,
            &self.workspaces,
            &self.keys,
            &self.wants,
            &self.floors,
            &self.seqs,
            &self.ats,
            &self.legs,
            &self.members,
            &self.end_users,
            lease,
        ]
    }

    fn raised_params(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.ids, &self.seqs, &self.legs]
    }
}
