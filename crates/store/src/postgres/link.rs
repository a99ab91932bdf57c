//! The batcher's own connection: a whole batch in three round trips (load, write, commit). In: orders. Out: answers,
//! committed. Never here: waiting, retrying (batcher.rs).

use super::decide::{Page, Told};
use super::load;
use super::pool::Fail;
use super::queue::Op;
use super::usage::{self, Columns};
use super::wire::{Uuid, pack};
use futures_util::future::{BoxFuture, join_all, join4};
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio::runtime::Handle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};
use units::{RequestId, Timestamp, WorkspaceId};

/// Every statement of a batch, prepared once.
struct Statements {
    grants: Statement,
    holds: Statement,
    states: Statement,
    owners: Statement,
    credit: Statement,
    fresh: Statement,
    raised: Statement,
    removed: Statement,
    transfers: Statement,
    usage: Statement,
    stones: Statement,
    spent: Statement,
}

/// Plans are fixed to index lookups: the tables differ in size by orders of magnitude from day to day, batches do not.
/// A node that stalls inside a transaction must not keep others waiting for ever.
const SETTINGS: &str = "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; \
    SET lock_timeout = '4s'; SET idle_in_transaction_session_timeout = '8s'; SET application_name = 'tollgate-ledger'";
const CREDIT: &str = "UPDATE credit SET posted = v.posted, held = v.held, swept = v.swept \
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::boolean[]) AS v (id, posted, held, swept) \
    WHERE credit.id = v.id";
const FRESH: &str = "INSERT INTO hold (id, workspace, key, want, floor, seq, at, legs, lease) \
    SELECT *, $9::uuid FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], \
    $7::bigint[], $8::bytea[])";
const RAISED: &str = "UPDATE hold SET seq = v.seq, legs = v.legs \
    FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS v (id, seq, legs) WHERE hold.id = v.id";
const REMOVED: &str = "DELETE FROM hold WHERE id = ANY($1)";
const TRANSFERS: &str = "INSERT INTO transfer (ref, code, leg, debit, credit, amount, at) \
    SELECT *, $7::bigint FROM unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::uuid[], $5::uuid[], $6::bigint[])";
const STONES: &str = "INSERT INTO tombstone (hold, state, at) \
    SELECT *, $3::bigint FROM unnest($1::uuid[], $2::smallint[])";
const SPENT: &str = "INSERT INTO key_spend (key, spent) SELECT * FROM unnest($1::uuid[], $2::bigint[]) \
    ON CONFLICT (key) DO UPDATE SET spent = key_spend.spent + excluded.spent";

/// What usage rows are called where rows are counted.
const USAGE: &str = "usage rows";

/// A connection of the batcher.
pub struct Link {
    client: Client,
    statements: Statements,
    days: HashSet<i64>,
}

type Write<'w> = BoxFuture<'w, (&'static str, usize, Result<u64, tokio_postgres::Error>)>;

impl Link {
    /// Connects and prepares.
    pub async fn open(config: &tokio_postgres::Config, background: &Handle) -> Result<Self, Fail> {
        let (client, connection) = config.connect(NoTls).await?;
        // Ends when the client is dropped.
        background.spawn(async move {
            let _ = connection.await;
        });
        client.batch_execute(SETTINGS).await?;
        let statements = Statements {
            grants: client.prepare(load::GRANTS).await?,
            holds: client.prepare(load::HOLDS).await?,
            states: client.prepare(load::STATES).await?,
            owners: client.prepare(load::OWNERS).await?,
            credit: client.prepare(CREDIT).await?,
            fresh: client.prepare(FRESH).await?,
            raised: client.prepare(RAISED).await?,
            removed: client.prepare(REMOVED).await?,
            transfers: client.prepare(TRANSFERS).await?,
            usage: client.prepare(&usage::insert_sql()).await?,
            stones: client.prepare(STONES).await?,
            spent: client.prepare(SPENT).await?,
        };
        Ok(Self {
            client,
            statements,
            days: HashSet::new(),
        })
    }

    /// Makes sure that the usage rows of a batch have their partitions.
    pub async fn ensure_days(&mut self, ops: &[Op]) -> Result<(), Fail> {
        let days: BTreeSet<i64> = ops
            .iter()
            .filter_map(|op| match op {
                Op::Settle(order, _) => Some(order.id),
                Op::Release {
                    usage: Some(row), ..
                }
                | Op::Record(row) => Some(row.request),
                _ => None,
            })
            .map(usage::day_of)
            .filter(|day| !self.days.contains(day))
            .collect();
        for day in days {
            self.client.batch_execute(&usage::create_sql(day)).await?;
            self.days.insert(day);
        }
        Ok(())
    }

    /// One batch: locked and loaded, decided, written, committed.
    pub async fn batch(&self, ops: &[Op], frame: Frame<'_>) -> Result<Vec<Told>, Fail> {
        let workspaces = self.workspaces(ops, frame.owners).await?;
        let done = self.in_transaction(ops, &frame, &workspaces).await;
        if done.is_err() {
            // When this fails too, the connection is gone, and the transaction with it.
            let _ = self.client.batch_execute("ROLLBACK").await;
        }
        done
    }

    /// The workspaces to lock. Holds that this node did not place are asked for.
    async fn workspaces(
        &self,
        ops: &[Op],
        owners: &HashMap<RequestId, WorkspaceId>,
    ) -> Result<Vec<Uuid>, Fail> {
        let mut known = BTreeSet::new();
        let mut strange = Vec::new();
        for op in ops {
            match (op, op.id()) {
                (Op::Hold(order, _), _) => {
                    known.insert(Uuid(order.workspace.bytes()));
                }
                (_, Some(id)) => match owners.get(&id) {
                    Some(workspace) => {
                        known.insert(Uuid(workspace.bytes()));
                    }
                    None => strange.push(Uuid(id.bytes())),
                },
                (_, None) => {}
            }
        }
        if !strange.is_empty() {
            let rows = self
                .client
                .query(&self.statements.owners, &[&strange])
                .await?;
            for row in rows {
                known.insert(row.try_get(1)?);
            }
        }
        Ok(known.into_iter().collect())
    }

    async fn in_transaction(
        &self,
        ops: &[Op],
        frame: &Frame<'_>,
        workspaces: &[Uuid],
    ) -> Result<Vec<Told>, Fail> {
        let mut page = self.load(ops, workspaces).await?;
        let told = page.decide(ops, frame.now, frame.repeated);
        self.write(&page, frame).await?;
        self.client.batch_execute("COMMIT").await?;
        Ok(told)
    }

    async fn load<'o>(&self, ops: &'o [Op], workspaces: &[Uuid]) -> Result<Page<'o>, Fail> {
        let ids: Vec<Uuid> = ops
            .iter()
            .filter_map(Op::id)
            .map(|id| Uuid(id.bytes()))
            .collect();
        let new: Vec<RequestId> = ops
            .iter()
            .filter(|op| matches!(op, Op::Hold(..)))
            .filter_map(Op::id)
            .collect();
        let (days, new) = keys(&new);
        let (begun, grants, holds, states) = join4(
            self.client.batch_execute("BEGIN"),
            self.client.query(&self.statements.grants, &[&workspaces]),
            self.client.query(&self.statements.holds, &[&ids]),
            self.client.query(&self.statements.states, &[&days, &new]),
        )
        .await;
        begun?;
        let mut page = Page::default();
        let mut wallets: HashMap<WorkspaceId, Vec<_>> = HashMap::new();
        for row in &grants? {
            let (workspace, grant) = load::grant(row)?;
            wallets.entry(workspace).or_default().push(grant);
        }
        for (workspace, grants) in wallets {
            page.load_wallet(workspace, grants);
        }
        for row in &holds? {
            page.load_hold(load::hold(row)?);
        }
        for row in &states? {
            let (id, state) = load::state(row)?;
            page.load_closed(id, state);
        }
        self.load_closed(ops, &mut page).await?;
        Ok(page)
    }

    /// How the holds ended that are to be closed or raised and are not open: rare.
    async fn load_closed(&self, ops: &[Op], page: &mut Page<'_>) -> Result<(), Fail> {
        let placed: HashSet<RequestId> = ops
            .iter()
            .filter(|op| matches!(op, Op::Hold(..)))
            .filter_map(Op::id)
            .collect();
        let ids: Vec<RequestId> = ops
            .iter()
            .filter_map(Op::id)
            .filter(|id| !placed.contains(id) && page.is_unknown(*id))
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let (days, ids) = keys(&ids);
        let states = self
            .client
            .query(&self.statements.states, &[&days, &ids])
            .await?;
        for row in &states {
            let (id, state) = load::state(row)?;
            page.load_closed(id, state);
        }
        Ok(())
    }

    /// Everything in one round trip; every count is asserted before the commit is sent.
    async fn write(&self, page: &Page<'_>, frame: &Frame<'_>) -> Result<(), Fail> {
        let credit = page.changed_grants();
        let holds = page.hold_rows();
        let credit = (
            credit
                .iter()
                .map(|g| Uuid(g.id.bytes()))
                .collect::<Vec<_>>(),
            credit.iter().map(|g| g.posted.nano()).collect::<Vec<_>>(),
            credit.iter().map(|g| g.held.nano()).collect::<Vec<_>>(),
            credit.iter().map(|g| g.swept).collect::<Vec<_>>(),
        );
        let fresh = HoldColumns::of(&holds.fresh);
        let raised = HoldColumns::of(&holds.raised);
        let transfers = (
            page.transfers.iter().map(|t| t.0).collect::<Vec<_>>(),
            page.transfers
                .iter()
                .map(|t| t.2.code.number())
                .collect::<Vec<_>>(),
            page.transfers.iter().map(|t| t.1).collect::<Vec<_>>(),
            page.transfers
                .iter()
                .map(|t| Uuid(t.2.debit.bytes()))
                .collect::<Vec<_>>(),
            page.transfers
                .iter()
                .map(|t| Uuid(t.2.credit.bytes()))
                .collect::<Vec<_>>(),
            page.transfers
                .iter()
                .map(|t| t.2.amount.nano())
                .collect::<Vec<_>>(),
        );
        let usage = Columns::of(&page.usage);
        let stones: (Vec<Uuid>, Vec<i16>) = page.stones.iter().copied().unzip();
        let spent: (Vec<Uuid>, Vec<i64>) = page
            .spent
            .iter()
            .filter(|(_, spent)| **spent != 0)
            .map(|(key, spent)| (Uuid(key.bytes()), *spent))
            .unzip();
        let (at, lease) = (frame.now.ms(), frame.lease);
        let s = &self.statements;
        let usage_params = usage.params();
        let writes: Vec<Write<'_>> = vec![
            self.send(
                "grants",
                &s.credit,
                credit.0.len(),
                vec![&credit.0, &credit.1, &credit.2, &credit.3],
            ),
            self.send("holds", &s.fresh, fresh.ids.len(), fresh.params(&lease)),
            self.send(
                "raised holds",
                &s.raised,
                raised.ids.len(),
                vec![&raised.ids, &raised.seqs, &raised.legs],
            ),
            self.send(
                "closed holds",
                &s.removed,
                holds.removed.len(),
                vec![&holds.removed],
            ),
            self.send(
                "transfers",
                &s.transfers,
                transfers.0.len(),
                vec![
                    &transfers.0,
                    &transfers.1,
                    &transfers.2,
                    &transfers.3,
                    &transfers.4,
                    &transfers.5,
                    &at,
                ],
            ),
            self.send(
                "tombstones",
                &s.stones,
                stones.0.len(),
                vec![&stones.0, &stones.1, &at],
            ),
            self.send(
                "key spends",
                &s.spent,
                spent.0.len(),
                vec![&spent.0, &spent.1],
            ),
            self.send(USAGE, &s.usage, usage.closed(), usage_params),
        ];
        for (what, expected, rows) in join_all(writes).await {
            let rows = rows?;
            // A record of a request that has its row already changes nothing.
            let records = if what == USAGE { usage.records() } else { 0 };
            let expected = u64::try_from(expected).unwrap_or(u64::MAX);
            let most = expected.saturating_add(u64::try_from(records).unwrap_or(u64::MAX));
            if rows < expected || rows > most {
                return Err(Fail::Contradiction(format!(
                    "{rows} {what} written where {expected} were expected"
                )));
            }
        }
        Ok(())
    }

    fn send<'w>(
        &'w self,
        what: &'static str,
        statement: &'w Statement,
        rows: usize,
        params: Vec<&'w (dyn ToSql + Sync)>,
    ) -> Write<'w> {
        Box::pin(async move {
            // Usage rows are sent for records too, which are not counted.
            if rows == 0 && what != USAGE {
                return (what, 0, Ok(0));
            }
            (what, rows, self.client.execute(statement, &params).await)
        })
    }
}

/// What a batch is decided with, besides its orders.
pub struct Frame<'f> {
    /// The time.
    pub now: Timestamp,
    /// The lease that new holds hang on.
    pub lease: Uuid,
    /// Whether an earlier try may have been committed.
    pub repeated: bool,
    /// Whose the holds are that this node placed.
    pub owners: &'f HashMap<RequestId, WorkspaceId>,
}

fn keys(ids: &[RequestId]) -> (Vec<i64>, Vec<Uuid>) {
    ids.iter()
        .map(|id| (usage::day_of(*id), Uuid(id.bytes())))
        .unzip()
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
}

impl HoldColumns {
    fn of(holds: &[&ledger::OpenHold]) -> Self {
        Self {
            ids: holds.iter().map(|h| Uuid(h.id.bytes())).collect(),
            workspaces: holds.iter().map(|h| Uuid(h.workspace.bytes())).collect(),
            keys: holds.iter().map(|h| Uuid(h.key.bytes())).collect(),
            wants: holds.iter().map(|h| h.want.nano()).collect(),
            floors: holds.iter().map(|h| h.floor.nano()).collect(),
            seqs: holds.iter().map(|h| i64::from(h.seq)).collect(),
            ats: holds.iter().map(|h| h.at.ms()).collect(),
            legs: holds.iter().map(|h| pack(&h.legs)).collect(),
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
            lease,
        ]
    }
}
