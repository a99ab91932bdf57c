//! What waits for the ledger thread. In: entries and errands from every thread. Out: all of them at once, in order.
//! Never here: what an entry means on disk (write.rs).

use super::books::{Closed, HoldRow};
use crate::reply::{self, Ack, Answer};
use ledger::{HoldState, SettleAnswer, Sweep, UsageRow};
use parking_lot::{Condvar, Mutex, MutexGuard};
use rusqlite::Connection;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How many entries may wait while the disk does not take them; then settles are refused, records dropped.
pub const QUEUE_MAX: usize = 65_536;

/// So many records are written without waiting for more: a larger batch keeps requests from a core that it shares with them.
const RECORDS: usize = 512;

/// How long who waits for an entry waits for the company of others that are under way: one commit for all of them costs a fraction of
/// one for each.
const LINGER: Duration = Duration::from_millis(1);

/// One in so many of those under way is company enough, and so many at most.
const COMPANY_ONE_IN: usize = 2;
const COMPANY_MAX: usize = 32;

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

/// What is to be done with everything queued so far before somebody is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// It is on disk.
    Written,
    /// It is in the sums too.
    Summed,
}

/// Somebody who waits for everything queued so far.
pub struct Asked {
    /// For what.
    pub until: Until,
    /// Told then, or why it is not so.
    pub ack: Ack<Result<(), String>>,
}

/// What the thread took out.
#[derive(Default)]
pub struct Taken {
    /// To be written, in order.
    pub entries: Vec<Entry>,
    /// Who waits for all that.
    pub asked: Vec<Asked>,
    /// To be done after that, in order.
    pub errands: Vec<Errand>,
    /// Whether the store closes: nothing comes after.
    pub closing: bool,
}

/// How soon an entry is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Soon {
    /// Nobody waits for it.
    Whenever,
    /// Someone waits for it, and so many others are under way, each of which may want the same in a moment.
    Together(usize),
    /// Someone waits for it.
    Now,
}

/// What the thread is doing.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Rest {
    /// It writes.
    #[default]
    None,
    /// It sleeps until someone waits, or for its patience.
    Sleeps,
    /// Someone waits; it waits a moment for company.
    Lingers,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    asked: Vec<Asked>,
    errands: Vec<Errand>,
    closing: bool,
    closed: bool,
    rest: Rest,
    /// Someone waits who needs no company.
    urgent: bool,
    /// How many wait together, and how many of them are enough.
    together: usize,
    enough: usize,
    /// Who waited last had no company, neither while the commit before ran nor in the moment that it waited.
    alone: bool,
    at_end: Vec<Ack<()>>,
}

impl State {
    /// Whether there is no more to wait for.
    const fn is_due(&self) -> bool {
        self.urgent || self.closing || (self.together > 0 && self.together >= self.enough)
    }

    /// Whether a moment is waited for company. Of those under way many may be in the middle of a long answer: who is alone again is not
    /// kept.
    const fn lingers(&self) -> bool {
        self.together > 0 && !self.is_due() && !(self.alone && self.together == 1)
    }

    /// Whether the thread is to be woken for what was just queued.
    fn wakes(&mut self) -> bool {
        let wakes = match self.rest {
            Rest::None => false,
            Rest::Sleeps => self.urgent || self.together > 0,
            Rest::Lingers => self.is_due(),
        };
        if wakes {
            self.rest = Rest::None;
        }
        wakes
    }
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

    /// Queues an entry.
    pub fn push(&self, entry: Entry, soon: Soon) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        state.entries.push(entry);
        match soon {
            Soon::Whenever => return,
            Soon::Together(others) => {
                state.together += 1;
                state.enough = (others / COMPANY_ONE_IN).min(COMPANY_MAX);
            }
            Soon::Now => state.urgent = true,
        }
        self.wake(state);
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        if state.wakes() {
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
        if state.entries.len() >= RECORDS {
            state.urgent = true;
            self.wake(state);
        }
    }

    /// Someone waits for everything queued so far. Dropped when the store is closed.
    pub fn ask(&self, asked: Asked) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        state.asked.push(asked);
        state.urgent = true;
        self.wake(state);
    }

    /// Queues an errand. Dropped (its reply with it) when the store is closed.
    pub fn push_errand(&self, errand: Errand) {
        let mut state = self.state.lock();
        if state.closed {
            return;
        }
        state.errands.push(errand);
        state.urgent = true;
        self.wake(state);
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
        state.entries.is_empty() && state.asked.is_empty() && state.errands.is_empty()
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

    /// Takes everything; waits at most `patience` when there is nothing that somebody waits for, and a moment where others that are
    /// under way will be company.
    pub fn take(&self, into: &mut Taken, patience: Duration) {
        let mut state = self.state.lock();
        if state.together == 0 && !state.is_due() {
            state.rest = Rest::Sleeps;
            self.bell.wait_for(&mut state, patience);
        }
        if state.lingers() {
            state.rest = Rest::Lingers;
            self.bell.wait_for(&mut state, LINGER);
        }
        if state.together > 0 {
            state.alone = state.together == 1;
        }
        (state.rest, state.urgent, state.together) = (Rest::None, false, 0);
        std::mem::swap(&mut into.entries, &mut state.entries);
        into.asked.append(&mut state.asked);
        into.errands.append(&mut state.errands);
        into.closing = state.closing;
    }

    /// Waits before the disk is tried again; then takes those who ask and the errands only, so that the queue stays bounded.
    pub fn pause(&self, into: &mut Taken, patience: Duration) {
        let mut state = self.state.lock();
        if !state.closing && state.errands.is_empty() && state.asked.is_empty() {
            self.bell.wait_for(&mut state, patience);
        }
        into.asked.append(&mut state.asked);
        into.errands.append(&mut state.errands);
        into.closing = state.closing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::{GrantId, NanoUsd, Timestamp};

    fn entry() -> Entry {
        let sweep = Sweep { grant: GrantId::from_bytes([1; 16]), broken: NanoUsd::ZERO };
        Entry::Sweep(sweep, Timestamp::default())
    }

    /// R-PERF-1: who waits alone is not kept; who waits among many waits for a few of them, and for no longer than a moment.
    #[test]
    fn r_perf_1_who_waits_among_many_waits_for_company() {
        let inbox = Inbox::default();
        inbox.push(entry(), Soon::Together(3));
        assert!(inbox.state.lock().is_due(), "too few are under way");
        for (others, company) in [(4, 2), (7, 3), (30, 15), (10_000, 32)] {
            let inbox = Inbox::default();
            for n in 1..=company {
                assert!(!inbox.state.lock().is_due(), "{n} of {others}");
                inbox.push(entry(), Soon::Together(others));
            }
            assert!(inbox.state.lock().is_due(), "{others}");
        }
        let inbox = Inbox::default();
        inbox.push(entry(), Soon::Together(100));
        let mut taken = Taken::default();
        #[expect(clippy::disallowed_methods, reason = "a thread waits, which no other clock sees")]
        let began = std::time::Instant::now();
        inbox.take(&mut taken, Duration::from_secs(20));
        assert_eq!(taken.entries.len(), 1, "nobody came");
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "the patience for records is not the moment for company"
        );
        assert!(!inbox.state.lock().is_due());
        // Alone again, and not alone any more.
        inbox.push(entry(), Soon::Together(100));
        assert!(!inbox.state.lock().lingers());
        inbox.push(entry(), Soon::Together(100));
        assert!(inbox.state.lock().lingers());
        inbox.take(&mut taken, Duration::from_secs(20));
        inbox.push(entry(), Soon::Together(100));
        assert!(inbox.state.lock().lingers(), "there was company");
    }

    #[test]
    fn the_thread_is_woken_only_for_what_cannot_wait() {
        let wakes = |soon: Soon, rest: Rest| {
            let inbox = Inbox::default();
            inbox.state.lock().rest = rest;
            inbox.push(entry(), soon);
            let rest = inbox.state.lock().rest;
            rest == Rest::None
        };
        assert!(!wakes(Soon::Whenever, Rest::Sleeps) && !wakes(Soon::Whenever, Rest::Lingers));
        assert!(wakes(Soon::Together(100), Rest::Sleeps) && !wakes(Soon::Together(100), Rest::Lingers));
        assert!(wakes(Soon::Together(0), Rest::Lingers) && wakes(Soon::Now, Rest::Lingers));
    }
}
