//! The engine for many nodes: the truth is in PostgreSQL, one batcher a node asks it for a whole batch at a time.
//! In: the port's verbs. Out: answers, always after the commit. Never here: SQL (the rooms below have it).

mod address;
mod answers;
mod audit;
mod batcher;
mod caps;
mod catalogue;
mod changes;
mod credit;
mod decide;
mod device;
mod door;
mod facts;
mod keys;
mod link;
mod load;
mod log;
mod look;
mod management;
mod members;
mod node;
mod once;
mod own_credentials;
mod people;
mod pool;
mod queue;
mod schema;
mod seals;
mod store;
mod tasks;
mod usage;
mod users;
mod wire;
mod workspaces;
mod write;

pub use schema::{open, shape};

use crate::port::{AuditReport, HeldRow, Ledger, LedgerState, Pending, StoreError, Totals, closed};
use crate::reply;
use address::Address;
use changes::Changes;
use ledger::{
    AccountAsk, AccountState, Balance, ExtendOrder, GrantOrder, HoldAnswer, HoldOrder, HoldState, KeyCharges,
    KeySpend, SettleAnswer, SettleOrder, UsageRow,
};
use node::Lease;
use parking_lot::Mutex;
use pool::Db;
use queue::{Op, Queue, Reply};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use units::{BootId, Chance, Clock, KeyId, RequestId, Timestamp, WorkspaceId};

/// What callers and the tasks of this node share.
struct Shared {
    db: Db,
    address: Address,
    queue: Queue,
    changes: Changes,
    /// Batches fail just now: no new holds.
    failing: AtomicBool,
    /// Charges that were dropped because the database did not take them before the end.
    unwritten: AtomicUsize,
    /// Workspaces whose rows contradict themselves: no new holds until the next start.
    frozen: Mutex<HashSet<WorkspaceId>>,
    lease: Mutex<Lease>,
    lease_time: Duration,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    boot: BootId,
}

/// The PostgreSQL engine: both doors of the port.
struct Postgres {
    shared: Arc<Shared>,
    /// Tells when the batcher is done.
    done: watch::Receiver<bool>,
    /// The heartbeat and the listener.
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.shared.queue.close();
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// What a reply that never came means.
fn gone() -> StoreError {
    StoreError::Unavailable("it was closed before this was durable".to_owned())
}

impl Shared {
    /// New credit is not reserved while the database is away, or takes this node for dead.
    fn ready(&self) -> Result<(), StoreError> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("the database does not answer".to_owned()));
        }
        self.alive()
    }

    async fn ask<T>(&self, op: impl FnOnce(Reply<T>) -> Op) -> Result<T, StoreError> {
        let (reply, answer) = reply::pair();
        self.queue.push(op(reply))?;
        answer.await.ok_or_else(gone)?
    }

    async fn hold(&self, order: HoldOrder) -> Result<HoldAnswer, StoreError> {
        self.ready()?;
        if self.frozen.lock().contains(&order.workspace) {
            return Err(StoreError::Corrupt(format!("{} is frozen until the books are right", order.workspace)));
        }
        self.ask(|reply| Op::Hold(order, reply)).await
    }

    async fn extend(&self, order: ExtendOrder) -> Result<HoldAnswer, StoreError> {
        self.ready()?;
        self.ask(|reply| Op::Extend(order, reply)).await
    }

    async fn release(&self, id: RequestId, usage: Option<UsageRow>) -> Result<HoldState, StoreError> {
        self.ask(|reply| Op::Release { id, usage: usage.map(Box::new), orphan: false, reply: Some(reply) }).await
    }

    /// Waits until everything queued so far is committed.
    async fn barrier(&self) -> Result<(), StoreError> {
        self.ask(Op::Barrier).await
    }
}

impl Ledger for Postgres {
    fn hold(&self, order: HoldOrder) -> Pending<'_, HoldAnswer> {
        Box::pin(self.shared.hold(order))
    }

    fn extend(&self, order: ExtendOrder) -> Pending<'_, HoldAnswer> {
        Box::pin(self.shared.extend(order))
    }

    fn settle(&self, order: SettleOrder) -> Pending<'_, SettleAnswer> {
        Box::pin(self.shared.ask(|reply| Op::Settle(Box::new(order), reply)))
    }

    fn release(&self, id: RequestId, usage: Option<UsageRow>) -> Pending<'_, HoldState> {
        Box::pin(self.shared.release(id, usage))
    }

    fn record(&self, row: UsageRow) {
        // A record may be lost: when too much waits, it is.
        let _ = self.shared.queue.push(Op::Record(Box::new(row)));
    }

    fn balance(&self, workspace: WorkspaceId, now: Timestamp) -> Pending<'_, Balance> {
        Box::pin(credit::balance(&self.shared.db, workspace, now))
    }

    fn key_spend(&self, key: KeyId) -> Pending<'_, KeySpend> {
        Box::pin(credit::key_spend(&self.shared.db, key))
    }

    fn key_charges(&self, keys: Vec<KeyId>, now: Timestamp) -> Pending<'_, Vec<KeyCharges>> {
        Box::pin(credit::key_charges(&self.shared.db, keys, now))
    }

    fn account(&self, ask: AccountAsk) -> Pending<'_, AccountState> {
        Box::pin(credit::account(&self.shared.db, ask))
    }

    fn grant(&self, order: GrantOrder) -> Pending<'_, Balance> {
        Box::pin(async {
            let workspace = order.workspace;
            credit::grant(&self.shared.db, order).await?;
            credit::balance(&self.shared.db, workspace, self.shared.clock.now()).await
        })
    }

    fn audit(&self) -> Pending<'_, AuditReport> {
        Box::pin(async {
            self.shared.barrier().await?;
            audit::run(&self.shared.db, self.shared.clock.now()).await
        })
    }

    fn state(&self) -> Pending<'_, LedgerState> {
        Box::pin(async {
            let (open_holds, held) = credit::held(&self.shared.db).await?;
            let (waiting, failing) = (self.shared.queue.waiting(), self.shared.failing.load(Ordering::Relaxed));
            Ok(LedgerState { open_holds, held, waiting: waiting as u64, failing, sums_failing: false })
        })
    }

    fn totals(&self, now: Timestamp) -> Pending<'_, Totals> {
        Box::pin(look::totals(&self.shared.db, now))
    }

    fn open_holds(&self, after: Option<RequestId>, limit: u32) -> Pending<'_, Vec<HeldRow>> {
        Box::pin(look::open_holds(&self.shared.db, after, limit))
    }

    fn close(&self) -> Pending<'_, ()> {
        Box::pin(async {
            self.shared.queue.close();
            let mut done = self.done.clone();
            // The sender is gone with the task: then it is done too.
            let _ = done.wait_for(|done| *done).await;
            self.tasks.iter().for_each(JoinHandle::abort);
            closed(self.shared.unwritten.load(Ordering::Relaxed))
        })
    }
}
