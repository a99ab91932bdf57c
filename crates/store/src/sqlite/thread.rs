//! The ledger thread: takes what queued while the last commit ran, commits it, answers. In: the inbox. Out: the file.
//! A commit that fails is tried again with growing patience; meanwhile nothing new is held. Never here: deciding.

use super::FAILING;
use super::Shared;
use super::folding::Folding;
use super::inbox::{CloseAck, Entry, Soon, Taken, Until};
use super::write::{self, WriteError};
use crate::reply::Wakes;
use rusqlite::Connection;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use units::Timestamp;

/// How long records may wait for company, and how often holds are looked at.
const PATIENCE: Duration = Duration::from_millis(150);
/// How much time lies between two looks for expired grants.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// The first and the longest wait before a failed commit is tried again.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));
/// How often a failing commit is tried once the store closes.
const LAST_TRIES: u32 = 5;

/// Everything the thread owns. The lock file is let go with it.
pub struct Thread {
    /// What callers share.
    pub shared: Arc<Shared>,
    /// The one connection that writes.
    pub db: Connection,
    /// Keeps other processes out.
    pub lock: File,
    /// What is on disk and in no sum yet.
    pub folding: Folding,
}

impl Thread {
    /// Starts it.
    #[expect(clippy::disallowed_methods, reason = "the home of the writing thread")]
    pub fn start(mut self) -> std::io::Result<()> {
        std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                self.run();
                let Self { shared, db, lock, .. } = self;
                drop(db);
                drop(lock);
                shared.inbox.end(&shared.unwritten);
            })
            .map(drop)
    }

    fn run(&mut self) {
        let mut taken = Taken::default();
        let mut wakes = Wakes::default();
        let mut swept = Timestamp::default();
        loop {
            self.look_at_holds(&mut swept);
            self.shared.inbox.take(&mut taken, PATIENCE);
            if !self.commit(&mut taken, &mut wakes) {
                return;
            }
            taken.tell(Until::Written, &Ok(()), &mut wakes);
            let now = self.shared.clock.now();
            let told = self.folding.look(&mut self.db, now, &taken);
            self.shared.sums_failing.store(told.is_err(), Ordering::Relaxed);
            taken.tell(Until::Summed, &told, &mut wakes);
            for errand in taken.errands.drain(..) {
                errand(&mut self.db);
            }
            if taken.closing && taken.entries.is_empty() && self.shared.inbox.is_empty() {
                return;
            }
        }
    }

    /// Queues the rows of holds that have outlived their youth, and now and then what expired.
    fn look_at_holds(&self, swept: &mut Timestamp) {
        let now = self.shared.clock.now();
        let mut books = self.shared.books.lock();
        for row in books.aged(now) {
            self.shared.inbox.push(Entry::Hold(Box::new(row)), Soon::Whenever);
        }
        if is_due(now, *swept, SWEEP_EVERY) {
            *swept = now;
            books.forget_days(now);
            for sweep in books.sweep(now) {
                self.shared.inbox.push(Entry::Sweep(sweep, now), Soon::Whenever);
            }
        }
    }

    /// Writes what was taken, however often it takes. `false` when the store closes before it succeeds.
    fn commit(&mut self, taken: &mut Taken, wakes: &mut Wakes) -> bool {
        let mut backoff = BACKOFF.0;
        let mut last_tries = 0;
        loop {
            match write::batch(&mut self.db, self.shared.boot, &taken.entries) {
                Ok(unfolded) => {
                    self.folding.add(unfolded);
                    self.shared.failing.store(false, Ordering::Relaxed);
                    taken.entries.drain(..).for_each(|e| e.acknowledge(wakes));
                    wakes.send();
                    return true;
                }
                Err(error) if error.is_final() => {
                    if self.one_by_one(taken, wakes) {
                        return true;
                    }
                }
                Err(_) => self.shared.failing.store(true, Ordering::Relaxed),
            }
            if taken.closing {
                last_tries += 1;
                if last_tries > LAST_TRIES {
                    let lost = taken.entries.iter().filter(|entry| entry.is_charge()).count();
                    self.shared.unwritten.fetch_add(lost, Ordering::Relaxed);
                    // Dropping the entries tells whoever waits that it is not durable.
                    taken.entries.clear();
                    return false;
                }
            }
            // What they ask for is not there, and nobody knows when it will be.
            taken.tell(Until::Summed, &Err(FAILING.to_owned()), wakes);
            self.shared.inbox.pause(taken, backoff);
            for errand in taken.errands.drain(..) {
                errand(&mut self.db);
            }
            backoff = (backoff * 2).min(BACKOFF.1);
        }
    }

    /// An entry of the batch is refused for good: finds it, freezes its workspace, writes the others.
    /// `false` when the disk fails on the way; what is left stays in `taken`.
    fn one_by_one(&mut self, taken: &mut Taken, wakes: &mut Wakes) -> bool {
        while !taken.entries.is_empty() {
            let result = write::batch(&mut self.db, self.shared.boot, &taken.entries[..1]);
            match result {
                Ok(unfolded) => {
                    self.folding.add(unfolded);
                    taken.entries.remove(0).acknowledge(wakes);
                }
                Err(error) if error.is_final() => {
                    let entry = taken.entries.remove(0);
                    self.refuse(entry, &error, wakes);
                }
                Err(_) => {
                    self.shared.failing.store(true, Ordering::Relaxed);
                    wakes.send();
                    return false;
                }
            }
        }
        wakes.send();
        true
    }

    fn refuse(&self, entry: Entry, error: &WriteError, wakes: &mut Wakes) {
        let why = error.to_string();
        match entry {
            Entry::Close { closed, ack, .. } => {
                self.shared.books.lock().freeze(closed.hold.workspace);
                match ack {
                    CloseAck::Settle(_, Some(ack)) => ack.tell(Err(why), wakes),
                    CloseAck::Release(_, Some(ack)) => ack.tell(Err(why), wakes),
                    CloseAck::Settle(_, None) | CloseAck::Release(_, None) => {}
                }
            }
            Entry::Hold(row) => self.shared.books.lock().freeze(row.hold.workspace),
            // A sweep or a record that contradicts the disk takes nothing from anybody; the audit shows it.
            Entry::Sweep(..) | Entry::Record(_) => {}
        }
    }
}

/// Whether it is time again; a clock that was set back is no reason to wait for it.
pub fn is_due(now: Timestamp, last: Timestamp, every: Duration) -> bool {
    now < last || now.since(last) >= every
}

impl Taken {
    /// Answers those whose wait ends with `until`: who waits for sums waits for what is written, too.
    fn tell(&mut self, until: Until, what: &Result<(), String>, wakes: &mut Wakes) {
        for asked in self.asked.extract_if(.., |asked| asked.until == until || until == Until::Summed) {
            asked.ack.tell(what.clone(), wakes);
        }
        wakes.send();
    }
}

impl Entry {
    /// It is on disk: tells whoever waits.
    fn acknowledge(self, wakes: &mut Wakes) {
        match self {
            Self::Close { ack, .. } => match ack {
                CloseAck::Settle(answer, Some(ack)) => ack.tell(Ok(answer), wakes),
                CloseAck::Release(state, Some(ack)) => ack.tell(Ok(state), wakes),
                CloseAck::Settle(_, None) | CloseAck::Release(_, None) => {}
            },
            Self::Hold(_) | Self::Sweep(..) | Self::Record(_) => {}
        }
    }
}
