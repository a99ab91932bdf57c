//! What waits for the batcher. In: orders from every runtime. Out: all of them at once, in order.
//! Never here: SQL, a decision.

use crate::port::StoreError;
use crate::reply::Ack;
use ledger::{ExtendOrder, HoldAnswer, HoldOrder, HoldState, SettleAnswer, SettleOrder, UsageRow};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use units::RequestId;

/// How many orders may wait while the server does not take them.
pub const QUEUE_MAX: usize = 65_536;

/// The end that answers an order.
pub type Reply<T> = Ack<Result<T, StoreError>>;

/// One order.
pub enum Op {
    /// To reserve credit.
    Hold(HoldOrder, Reply<HoldAnswer>),
    /// To raise a hold.
    Extend(ExtendOrder, Reply<HoldAnswer>),
    /// To charge a hold.
    Settle(Box<SettleOrder>, Reply<SettleAnswer>),
    /// To give a hold back.
    Release {
        /// The hold.
        id: RequestId,
        /// The record of the request.
        usage: Option<Box<UsageRow>>,
        /// Whether its owner is dead.
        orphan: bool,
        /// Who waits, if anybody.
        reply: Option<Reply<HoldState>>,
    },
    /// To keep a usage row that moves no money.
    Record(Box<UsageRow>),
    /// Nothing: somebody waits for everything before.
    Barrier(Reply<()>),
}

impl Op {
    /// The hold it is about.
    pub fn id(&self) -> Option<RequestId> {
        match self {
            Self::Hold(order, _) => Some(order.id),
            Self::Extend(order, _) => Some(order.id),
            Self::Settle(order, _) => Some(order.id),
            Self::Release { id, .. } => Some(*id),
            Self::Record(_) | Self::Barrier(_) => None,
        }
    }

    /// Whether it was asked by somebody who can be told that it did not happen (nothing was delivered yet).
    pub const fn may_be_refused(&self) -> bool {
        matches!(self, Self::Hold(..) | Self::Extend(..) | Self::Barrier(_))
    }
}

/// How many of these orders charge somebody.
pub fn charges(ops: &[Op]) -> usize {
    ops.iter().filter(|op| matches!(op, Op::Settle(..))).count()
}

#[derive(Default)]
struct State {
    ops: Vec<Op>,
    urgent: bool,
    closing: bool,
    closed: bool,
}

/// The queue before the batcher.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    bell: Notify,
}

impl Queue {
    /// Queues an order. Refused when the store closes or too much waits.
    pub fn push(&self, op: Op) -> Result<(), StoreError> {
        let record = matches!(op, Op::Record(_));
        {
            let mut state = self.state.lock();
            if state.closing {
                return Err(StoreError::Unavailable("it is closing".to_owned()));
            }
            if state.ops.len() >= QUEUE_MAX {
                return Err(StoreError::Unavailable("too much waits".to_owned()));
            }
            state.ops.push(op);
            if record || std::mem::replace(&mut state.urgent, true) {
                return Ok(());
            }
        }
        self.bell.notify_one();
        Ok(())
    }

    /// Takes everything; waits at most `patience` when nobody waits for anything. `false`: nothing comes any more.
    pub async fn take(&self, patience: Duration) -> (Vec<Op>, bool) {
        if !self.is_urgent() {
            // Woken or out of patience: both lead on.
            let _ = tokio::time::timeout(patience, self.bell.notified()).await;
        }
        let mut state = self.state.lock();
        state.urgent = false;
        (std::mem::take(&mut state.ops), !state.closing)
    }

    fn is_urgent(&self) -> bool {
        let state = self.state.lock();
        state.urgent || state.closing
    }

    /// How many orders wait.
    pub fn waiting(&self) -> usize {
        self.state.lock().ops.len()
    }

    /// Lets the batcher finish what waits and end.
    pub fn close(&self) {
        self.state.lock().closing = true;
        self.bell.notify_one();
    }

    /// Whether `close` was called.
    pub fn is_closing(&self) -> bool {
        self.state.lock().closing
    }

    /// The batcher is gone: what comes now is dropped, its reply with it; charges that were left are counted.
    pub fn end(&self, unwritten: &AtomicUsize) {
        let left = {
            let mut state = self.state.lock();
            (state.closing, state.closed) = (true, true);
            std::mem::take(&mut state.ops)
        };
        unwritten.fetch_add(charges(&left), Ordering::Relaxed);
        drop(left);
    }
}
