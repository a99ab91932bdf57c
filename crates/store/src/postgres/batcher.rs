//! The task that drains the queue: one batch after the other, without an artificial window. In: the queue. Out: answers.
//! What failed is tried again; an unknown outcome is settled by asking again by id. Never here: SQL, a decision.

use super::Shared;
use super::decide::Verdict;
use super::link::{Frame, Link};
use super::pool::Fail;
use super::queue::{Op, Reply, charges};
use crate::port::StoreError;
use crate::reply::Wakes;
use ledger::{HoldAnswer, HoldState, SettleAnswer};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use units::{RequestId, WorkspaceId};

/// How long records may wait for company.
const PATIENCE: Duration = Duration::from_millis(150);
/// No batch takes longer; one that does is given up with its connection.
const BATCH: Duration = Duration::from_secs(10);
/// How many orders a batch may have.
const BATCH_MAX: usize = 2_048;
/// The first and the longest wait before a batch is tried again.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// How often a failing batch is tried once the store closes.
const LAST_TRIES: u32 = 3;

/// Everything the task owns.
pub struct Batcher {
    shared: Arc<Shared>,
    link: Option<Link>,
    owners: HashMap<RequestId, WorkspaceId>,
    wakes: Wakes,
}

impl Batcher {
    /// For an open store.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, link: None, owners: HashMap::new(), wakes: Wakes::default() }
    }

    /// Runs until the store is closed and everything that queued is done.
    pub async fn run(mut self) {
        loop {
            let (mut ops, more) = self.shared.queue.take(PATIENCE).await;
            if ops.is_empty() && !more {
                return;
            }
            while !ops.is_empty() {
                let rest = ops.split_off(ops.len().min(BATCH_MAX));
                self.work(ops).await;
                ops = rest;
            }
        }
    }

    /// One batch, however often it takes.
    async fn work(&mut self, mut ops: Vec<Op>) {
        let (mut repeated, mut backoff, mut last_tries) = (false, BACKOFF.0, 0);
        while !ops.is_empty() {
            match self.attempt(&ops, repeated).await {
                Ok(verdicts) => {
                    self.shared.failing.store(false, Ordering::Relaxed);
                    return self.tell(ops, verdicts);
                }
                Err(fail) if fail.is_race() => continue,
                Err(fail) if fail.is_final() => return self.one_by_one(ops, repeated).await,
                Err(fail) => {
                    // The connection may have been lost after the commit was sent.
                    (self.link, repeated) = (None, true);
                    self.shared.failing.store(true, Ordering::Relaxed);
                    ops = self.refuse(ops, &fail.to_string());
                }
            }
            if self.shared.queue.is_closing() {
                last_tries += 1;
                if last_tries > LAST_TRIES {
                    self.shared.unwritten.fetch_add(charges(&ops), Ordering::Relaxed);
                    // Dropping the orders tells whoever waits that they are not durable.
                    return;
                }
            }
            sleep(backoff).await;
            backoff = (backoff * 2).min(BACKOFF.1);
        }
    }

    async fn attempt(&mut self, ops: &[Op], repeated: bool) -> Result<Vec<Verdict>, Fail> {
        let late = |_| Fail::Away("the database takes too long".to_owned());
        let link = match &mut self.link {
            Some(link) => link,
            none => {
                let open = Link::open(&self.shared.address, self.shared.db.background());
                none.insert(timeout(BATCH, open).await.map_err(late)??)
            }
        };
        let frame = Frame {
            now: self.shared.clock.now(),
            lease: self.shared.lease.lock().id,
            repeated,
            owners: &self.owners,
        };
        let batch = async {
            link.ensure_days(ops).await?;
            link.batch(ops, frame).await
        };
        timeout(BATCH, batch).await.map_err(late)?
    }

    /// An order of the batch is refused for good: finds it, does the others.
    async fn one_by_one(&mut self, ops: Vec<Op>, repeated: bool) {
        for op in ops {
            let alone = [op];
            let mut tries = 0;
            let done = loop {
                match self.attempt(&alone, repeated || tries > 0).await {
                    Ok(verdicts) => break Ok(verdicts),
                    Err(fail) if fail.is_final() || self.shared.queue.is_closing() => {
                        if !fail.is_final() {
                            self.shared.unwritten.fetch_add(charges(&alone), Ordering::Relaxed);
                        }
                        break Err(fail.for_port());
                    }
                    Err(fail) if fail.is_race() => {}
                    Err(_) => {
                        self.link = None;
                        tries += 1;
                        sleep(BACKOFF.1).await;
                    }
                }
            };
            let [op] = alone;
            match done {
                Ok(verdicts) => self.tell(vec![op], verdicts),
                Err(error) => {
                    self.freeze(&op, &error);
                    self.say(op, &error);
                }
            }
        }
        self.wakes.send();
    }

    /// What cannot be written because the rows say otherwise stops new holds of its workspace.
    fn freeze(&self, op: &Op, error: &StoreError) {
        let workspace = match op {
            Op::Settle(order, _) => Some(order.usage.workspace),
            Op::Hold(order, _) => Some(order.workspace),
            _ => op.id().and_then(|id| self.owners.get(&id).copied()),
        };
        if let (StoreError::Corrupt(_), Some(workspace)) = (error, workspace) {
            self.shared.frozen.lock().insert(workspace);
        }
    }

    /// Nothing was delivered on holds and extensions yet: their callers are told at once that it did not work.
    /// What may have been committed all the same is given back.
    fn refuse(&mut self, ops: Vec<Op>, why: &str) -> Vec<Op> {
        let (refused, mut kept): (Vec<Op>, Vec<Op>) = ops.into_iter().partition(Op::may_be_refused);
        let error = StoreError::Unavailable(why.to_owned());
        for op in refused {
            if let Op::Hold(order, _) = &op {
                kept.push(Op::Release { id: order.id, usage: None, orphan: false, reply: None });
            }
            self.say(op, &error);
        }
        self.wakes.send();
        kept
    }

    /// Answers an order with an error.
    fn say(&mut self, op: Op, error: &StoreError) {
        let wakes = &mut self.wakes;
        match op {
            Op::Hold(_, reply) | Op::Extend(_, reply) => say::<HoldAnswer>(reply, error, wakes),
            Op::Settle(_, reply) => say::<SettleAnswer>(reply, error, wakes),
            Op::Release { reply: Some(reply), .. } => say::<HoldState>(reply, error, wakes),
            Op::Barrier(reply) => say::<()>(reply, error, wakes),
            Op::Release { reply: None, .. } | Op::Record(_) => {}
        }
    }

    /// It is committed: answers every order.
    fn tell(&mut self, ops: Vec<Op>, verdicts: Vec<Verdict>) {
        for (op, verdict) in ops.into_iter().zip(verdicts) {
            match (op, verdict) {
                (Op::Hold(order, reply), Verdict::Hold(answer)) => {
                    if matches!(answer, Ok(HoldAnswer::Held { .. })) {
                        self.owners.insert(order.id, order.workspace);
                    }
                    reply.tell(answer, &mut self.wakes);
                }
                (Op::Extend(_, reply), Verdict::Hold(answer)) => reply.tell(answer, &mut self.wakes),
                (Op::Settle(order, reply), Verdict::Settle(answer)) => {
                    self.owners.remove(&order.id);
                    reply.tell(answer, &mut self.wakes);
                }
                (Op::Release { id, reply, .. }, Verdict::Release(answer)) => {
                    self.owners.remove(&id);
                    if let Some(reply) = reply {
                        reply.tell(answer, &mut self.wakes);
                    }
                }
                (Op::Barrier(reply), _) => reply.tell(Ok(()), &mut self.wakes),
                // An answer has the kind of its order; a record has none.
                _ => {}
            }
        }
        self.wakes.send();
    }
}

fn say<T>(reply: Reply<T>, error: &StoreError, wakes: &mut Wakes) {
    let error = match error {
        StoreError::Corrupt(why) => StoreError::Corrupt(why.clone()),
        other => StoreError::Unavailable(other.to_string()),
    };
    reply.tell(Err(error), wakes);
}
