//! What waits for the ledger thread. In: entries and errands from every thread. Out: all of them at once, in order.
//! Never here: what an entry means on disk (write.rs).

use super::books::{Closed, HoldRow};
use crate::reply::{self, Ack, Answer};
use ledger::{HoldState, SettleAnswer, Sweep, UsageRow};
use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How many entries may wait while the disk does not take them; then settles are refused, records dropped.
pub const QUEUE_MAX: usize = 65_536;

/// So many entries are written without waiting for more: a larger batch keeps requests from a core that it shares with them.
const COMPANY: usize = 512;

/// Work with a transaction of its own, done between two batches.
pub type Errand = Box<dyn FnOnce(&mut Connection) + Send>;

/// One thing to write.
pub enum Entry {
    /// A hold that was closed, with its usage row.
    Close {
        /// How it was closed.
        closed: Box<Closed>,
        /// The record of the request.
        usage: Option<Box<UsageRow>>,
        /// When.
        at: units::Timestamp,
        /// Who waits for it.
        ack: CloseAck,
    },
    /// The row of an open hold.
    Hold(Box<HoldRow>),
    /// Credit that vanished.
    Sweep(Sweep, units::Timestamp),
    /// A usage row that moves no money.
    Record(Box<UsageRow>),
    /// Nothing to write: someone waits for everything before.
    Barrier(Option<Ack<()>>),
}

impl Entry {
    /// Whether it charges somebody.
    pub const fn is_charge(&self) -> bool {
        matches!(self, Self::Close { ack: CloseAck::Settle(..), .. })
    }
}

/// Who waits for a closed hold.
pub enum CloseAck {
    /// A settle and its answer.
    Settle(SettleAnswer, Option<Ack<Result<SettleAnswer, String>>>),
    /// A release and its answer.
    Release(HoldState, Option<Ack<Result<HoldState, String>>>),
}

/// What the thread took out.
#[derive(Default)]
pub struct Taken {
    /// To be written, in order.
    pub entries: Vec<Entry>,
    /// To be done after that, in order.
    pub errands: Vec<Errand>,
    /// Whether the store closes: nothing comes after.
    pub closing: bool,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    errands: Vec<Errand>,
    closing: bool,
    closed: bool,
    sleeping: bool,
    urgent: bool,
    at_end: Vec<Ack<()>>,
}

/// The queue before the ledger thread.
#[derive(Default)]
pub struct Inbox {
    state: Mutex<State>,
    bell: Condvar,
}

/// The store is closing, or too much waits already.
#[derive(Debug)]
pub struct Full(pub &'static str);

impl Inbox {
    /// Whether a settle may be queued just now; asked before memory is changed, under the lock of the books.
    pub fn has_room(&self) -> Result<(), Full> {
        let state = self.state.lock();
        if state.closing {
            Err(Full("it is closing"))
        } else if state.entries.len() >= QUEUE_MAX {
            Err(Full("too much waits for the disk"))
        } else {
            Ok(())
        }
    }

    /// Queues an entry; `wake` when someone waits for it.
    pub fn push(&self, entry: Entry, wake: bool) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        state.entries.push(entry);
        state.urgent |= wake;
        if wake && state.sleeping {
            state.sleeping = false;
            drop(state);
            self.bell.notify_one();
        }
    }

    /// Queues a record without waking anybody before there is company; dropped when too much waits.
    pub fn push_record(&self, row: UsageRow) {
        let mut state = self.state.lock();
        if state.closed || state.entries.len() >= QUEUE_MAX {
            return;
        }
        state.entries.push(Entry::Record(Box::new(row)));
        if state.sleeping && state.entries.len() >= COMPANY {
            (state.sleeping, state.urgent) = (false, true);
            drop(state);
            self.bell.notify_one();
        }
    }

    /// Queues an errand. Dropped (its reply with it) when the store is closed.
    pub fn push_errand(&self, errand: Errand) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        state.errands.push(errand);
        (state.sleeping, state.urgent) = (false, true);
        drop(state);
        self.bell.notify_one();
    }

    /// Lets the thread finish what waits and end.
    pub fn close(&self) {
        self.state.lock().closing = true;
        self.bell.notify_one();
    }

    /// Whether `close` was called.
    pub fn is_closing(&self) -> bool {
        self.state.lock().closing
    }

    /// How many entries wait.
    pub fn waiting(&self) -> usize {
        self.state.lock().entries.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        let state = self.state.lock();
        state.entries.is_empty() && state.errands.is_empty()
    }

    /// The thread is gone: whatever comes now is dropped, its reply with it. Charges that were left are counted before
    /// anybody who waits for the end is told of it.
    pub fn end(&self, unwritten: &AtomicUsize) {
        let mut state = self.state.lock();
        let left = std::mem::take(&mut *state);
        (state.closing, state.closed) = (true, true);
        drop(state);
        unwritten.fetch_add(left.entries.iter().filter(|entry| entry.is_charge()).count(), Ordering::Relaxed);
        drop(left);
    }

    /// What to wait for until the thread is gone; `None` when it is.
    pub fn until_end(&self) -> Option<Answer<()>> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        let (ack, answer) = reply::pair();
        state.at_end.push(ack);
        Some(answer)
    }

    /// Takes everything; waits at most `patience` when there is nothing that somebody waits for.
    pub fn take(&self, into: &mut Taken, patience: Duration) {
        let mut state = self.state.lock();
        if !state.urgent && !state.closing {
            state.sleeping = true;
            self.bell.wait_for(&mut state, patience);
            state.sleeping = false;
        }
        state.urgent = false;
        std::mem::swap(&mut into.entries, &mut state.entries);
        into.errands.append(&mut state.errands);
        into.closing = state.closing;
    }

    /// Waits before the disk is tried again; then takes the errands only, so that the queue stays bounded.
    pub fn pause(&self, into: &mut Taken, patience: Duration) {
        let mut state = self.state.lock();
        if !state.closing && state.errands.is_empty() {
            self.bell.wait_for(&mut state, patience);
        }
        into.errands.append(&mut state.errands);
        into.closing = state.closing;
    }
}
