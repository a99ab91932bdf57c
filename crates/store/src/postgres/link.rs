//! The batcher's own connection: a whole batch in three round trips (load, write, commit). In: orders. Out: answers,
//! committed. Never here: waiting, retrying (batcher.rs).

use super::address::Address;
use super::caps::Questions;
use super::decide::{Page, Verdict};
use super::load;
use super::pool::Fail;
use super::queue::Op;
use super::usage;
use super::wire::Uuid;
use super::write::{Rows, Writes};
use futures_util::future::{join5, try_join_all, try_join3};
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio::runtime::Handle;
use tokio_postgres::{Client, Statement};
use units::{RequestId, Timestamp, WorkspaceId};

/// Every statement of a batch, prepared once.
struct Statements {
    grants: Statement,
    holds: Statement,
    states: Statement,
    lease: Statement,
    owners: Statement,
    caps: Questions,
    writes: Writes,
}

/// Plans are fixed to index lookups: the tables differ in size by orders of magnitude from day to day, batches do not.
/// A node that stalls inside a transaction must not keep others waiting for ever.
const SETTINGS: &str = "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; \
    SET lock_timeout = '4s'; SET idle_in_transaction_session_timeout = '8s'; SET application_name = 'tollgate-ledger'";
/// Prepares statements, all in one round trip: a connection that was lost is soon replaced.
pub async fn prepare<const N: usize>(client: &Client, texts: [&str; N]) -> Result<[Statement; N], Fail> {
    let prepared = try_join_all(texts.map(|text| client.prepare(text))).await?;
    prepared.try_into().map_err(|_| Fail::Contradiction("a statement was not prepared".to_owned()))
}

/// A connection of the batcher.
pub struct Link {
    client: Client,
    statements: Statements,
    days: HashSet<i64>,
}

impl Link {
    /// Connects and prepares.
    pub async fn open(address: &Address, background: &Handle) -> Result<Self, Fail> {
        let (client, connection) = address.connect().await?;
        // Ends when the client is dropped.
        #[expect(clippy::disallowed_methods, reason = "a connection is driven until its client is dropped")]
        background.spawn(async move {
            let _ = connection.await;
        });
        client.batch_execute(SETTINGS).await?;
        let loads = [load::GRANTS, load::HOLDS, load::STATES, load::LEASE, load::OWNERS];
        let (loads, caps, writes) =
            try_join3(prepare(&client, loads), Questions::prepare(&client), Writes::prepare(&client)).await?;
        let [grants, holds, states, lease, owners] = loads;
        let statements = Statements { grants, holds, states, lease, owners, caps, writes };
        Ok(Self { client, statements, days: HashSet::new() })
    }

    /// Makes sure that the usage rows of a batch have their partitions.
    pub async fn ensure_days(&mut self, ops: &[Op]) -> Result<(), Fail> {
        let days: BTreeSet<i64> = ops
            .iter()
            .filter_map(|op| match op {
                Op::Settle(order, _) => Some(order.id),
                Op::Release { usage: Some(row), .. } | Op::Record(row) => Some(row.request),
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
    pub async fn batch(&self, ops: &[Op], frame: Frame<'_>) -> Result<Vec<Verdict>, Fail> {
        let workspaces = self.workspaces(ops, frame.owners).await?;
        let done = self.in_transaction(ops, &frame, &workspaces).await;
        if done.is_err() {
            // When this fails too, the connection is gone, and the transaction with it.
            let _ = self.client.batch_execute("ROLLBACK").await;
        }
        done
    }

    /// The workspaces to lock. Holds that this node did not place are asked for.
    async fn workspaces(&self, ops: &[Op], owners: &HashMap<RequestId, WorkspaceId>) -> Result<Vec<Uuid>, Fail> {
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
            let rows = self.client.query(&self.statements.owners, &[&strange]).await?;
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
    ) -> Result<Vec<Verdict>, Fail> {
        let mut page = self.load(ops, workspaces, frame.lease).await?;
        let verdicts = page.decide(ops, frame.now, frame.repeated);
        let rows = Rows::of(&page, frame.now, frame.lease);
        self.statements.writes.send(&self.client, &rows).await?;
        self.client.batch_execute("COMMIT").await?;
        Ok(verdicts)
    }

    async fn load<'o>(&self, ops: &'o [Op], workspaces: &[Uuid], lease: Uuid) -> Result<Page<'o>, Fail> {
        let ids: Vec<Uuid> = ops.iter().filter_map(Op::id).map(|id| Uuid(id.bytes())).collect();
        let new: Vec<RequestId> = ops.iter().filter(|op| matches!(op, Op::Hold(..))).filter_map(Op::id).collect();
        let (days, new) = keys(&new);
        let (begun, grants, holds, states, lease) = join5(
            self.client.batch_execute("BEGIN"),
            self.client.query(&self.statements.grants, &[&workspaces]),
            self.client.query(&self.statements.holds, &[&ids]),
            self.client.query(&self.statements.states, &[&days, &new]),
            self.client.query(&self.statements.lease, &[&lease]),
        )
        .await;
        begun?;
        let mut page = Page::new(!lease?.is_empty());
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
        self.statements.caps.load(&self.client, ops, &mut page).await?;
        self.load_closed(ops, &mut page).await?;
        Ok(page)
    }

    /// How the holds ended that are to be closed or raised and are not open: rare.
    async fn load_closed(&self, ops: &[Op], page: &mut Page<'_>) -> Result<(), Fail> {
        let placed: HashSet<RequestId> =
            ops.iter().filter(|op| matches!(op, Op::Hold(..))).filter_map(Op::id).collect();
        let ids: Vec<RequestId> =
            ops.iter().filter_map(Op::id).filter(|id| !placed.contains(id) && page.is_unknown(*id)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let (days, ids) = keys(&ids);
        let states = self.client.query(&self.statements.states, &[&days, &ids]).await?;
        for row in &states {
            let (id, state) = load::state(row)?;
            page.load_closed(id, state);
        }
        Ok(())
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
    ids.iter().map(|id| (usage::day_of(*id), Uuid(id.bytes()))).unzip()
}
