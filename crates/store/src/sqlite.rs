//! The engine for one machine: balances in memory, one file, one thread that writes. In: the port's verbs.
//! Out: answers, at once where memory decides, after the commit where durability is promised.
//! Never here: SQL (the rooms below have it).

mod answers;
mod audit;
mod books;
mod catalogue;
mod credit;
mod device;
mod door;
mod facts;
mod files;
mod folding;
mod inbox;
mod journal;
mod keys;
mod log;
mod look;
mod management;
mod members;
mod once;
mod own_credentials;
mod people;
mod reader;
mod schema;
mod seals;
mod store;
mod sums;
mod tasks;
mod thread;
mod usage;
mod users;
mod workspaces;
mod write;

pub use audit::audit_offline;
pub use files::{open, shape};

use crate::facts::happened;
use crate::port::{
    AuditReport, HeldRow, Ledger, LedgerState, Pending, StoreError, TaskRow, Totals, UsageFilter, closed,
};
use crate::reply::{self, Answer};
use books::{Books, Seen};
use inbox::{Asked, CloseAck, Entry, Errand, Inbox, Soon, Until};
use ledger::{
    AccountAsk, AccountState, Balance, ExtendOrder, GrantOrder, HoldAnswer, HoldOrder, HoldState, KeyCharges,
    KeySpend, SettleAnswer, SettleOrder, UsageRow,
};
use parking_lot::Mutex;
use reader::Reader;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use units::{BootId, Clock, KeyId, RequestId, Timestamp, WorkspaceId};

/// Why nothing is decided, and nothing told that hangs on what was decided last.
const FAILING: &str = "the disk does not take commits";

/// What callers and the ledger thread share.
struct Shared {
    books: Mutex<Books>,
    inbox: Inbox,
    /// Commits fail just now: no new holds.
    failing: AtomicBool,
    /// Sums cannot be brought up to date just now; charges are not touched by it.
    sums_failing: AtomicBool,
    /// Charges that were dropped because the disk did not take them before the end.
    unwritten: AtomicUsize,
    clock: Arc<dyn Clock>,
    boot: BootId,
}

/// The SQLite engine: both doors of the port.
struct Sqlite {
    shared: Arc<Shared>,
    reads: Reader,
    /// The same for sums and pages of usage, which may read much: nothing else waits for them.
    reports: Reader,
    answers: Reader,
    dir: PathBuf,
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.shared.inbox.close();
    }
}

fn unavailable(why: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(why.to_string())
}

/// What a reply that never came means.
fn gone() -> StoreError {
    unavailable("it was closed before this was durable")
}

/// Maps what SQLite says to what the port says.
fn sql_error(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(
            rusqlite::ErrorCode::DatabaseCorrupt
            | rusqlite::ErrorCode::NotADatabase
            | rusqlite::ErrorCode::ConstraintViolation,
        ) => StoreError::Corrupt(error.to_string()),
        _ => unavailable(error),
    }
}

impl Shared {
    /// New credit is not reserved while the disk does not take what was decided before.
    fn ready(&self) -> Result<(), StoreError> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(unavailable(FAILING));
        }
        if self.inbox.is_closing() {
            return Err(unavailable("it is closing"));
        }
        Ok(())
    }

    /// Runs an errand on the ledger thread, after everything queued so far is on disk.
    async fn write<T: Send + 'static>(
        &self,
        errand: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let errand: Errand = Box::new(move |db| {
            // Nobody waits any more when the send fails; the work is done all the same.
            let _ = reply.send(errand(db));
        });
        self.inbox.push_errand(errand);
        answer.await.map_err(|_| gone())?
    }

    /// Waits until everything queued so far is on disk; not for a disk that takes nothing.
    async fn barrier(&self) -> Result<(), StoreError> {
        self.until(Until::Written).await
    }

    /// Waits until everything queued so far is in the sums.
    async fn summed(&self) -> Result<(), StoreError> {
        self.until(Until::Summed).await
    }

    async fn until(&self, until: Until) -> Result<(), StoreError> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(unavailable(FAILING));
        }
        let (ack, answer) = reply::pair();
        self.inbox.ask(Asked { until, ack });
        answer.await.ok_or_else(gone)?.map_err(unavailable)
    }

    /// Waits until the rows that fit are where a look at them finds them. Where sums tell on which days there are any, a day that no sum
    /// knows of would be passed over.
    async fn rows_are_there(&self, filter: &UsageFilter) -> Result<(), StoreError> {
        if happened(filter).is_some() { self.summed().await } else { self.barrier().await }
    }

    /// Makes memory know an id that may only be on disk.
    async fn learn(&self, id: RequestId) -> Result<(), StoreError> {
        if !matches!(self.books.lock().seen(id), Seen::Ask) {
            return Ok(());
        }
        let state = self.write(move |db| usage::state_on_disk(db, id).map_err(sql_error)).await?;
        self.books.lock().learn(id, state);
        Ok(())
    }

    async fn hold(&self, order: HoldOrder) -> Result<HoldAnswer, StoreError> {
        self.ready()?;
        self.learn(order.id).await?;
        let now = self.clock.now();
        let mut books = self.books.lock();
        if let Seen::Closed(state) = books.seen(order.id) {
            return Ok(HoldAnswer::Conflict(state));
        }
        for sweep in books.sweep_one(order.workspace, now) {
            self.inbox.push(Entry::Sweep(sweep, now), Soon::Whenever);
        }
        books.hold(&order, now)
    }

    async fn extend(&self, order: ExtendOrder) -> Result<HoldAnswer, StoreError> {
        self.ready()?;
        self.learn(order.id).await?;
        let mut books = self.books.lock();
        let Some((answer, row)) = books.extend(&order)? else {
            return Ok(HoldAnswer::Conflict(closed_state(&books, order.id)));
        };
        if let Some(row) = row {
            self.inbox.push(Entry::Hold(Box::new(row)), Soon::Whenever);
        }
        Ok(answer)
    }

    async fn settle(&self, order: SettleOrder) -> Result<SettleAnswer, StoreError> {
        let SettleOrder { id, cost, usage } = order;
        let closing = |books: &mut Books, at: Timestamp| {
            let Some(closed) = books.settle(id, cost, usage.cache(), at)? else { return Ok(Ending::Before) };
            let (ack, answer) = reply::pair();
            let mut usage = Box::new(usage);
            (usage.charge, usage.counted) = (closed.closing.charged, closed.hold.counted);
            let settled =
                SettleAnswer::Settled { charged: closed.closing.charged, written_off: closed.closing.written_off };
            let ack = CloseAck::Settle(settled, Some(ack));
            Ok(Ending::Queued(Entry::Close { closed: Box::new(closed), usage: Some(usage), at, ack }, answer))
        };
        self.close_hold(id, closing, SettleAnswer::Already).await
    }

    async fn release(&self, id: RequestId, usage: Option<UsageRow>) -> Result<HoldState, StoreError> {
        let closing = |books: &mut Books, at: Timestamp| {
            let Some(closed) = books.release(id, at)? else { return Ok(Ending::Before) };
            let state = closed.closing.state;
            // No trace of it is on disk, and nothing moved: there is nothing to write.
            if !closed.written && usage.is_none() && closed.moves_nothing() {
                return Ok(Ending::Now(state));
            }
            let (ack, answer) = reply::pair();
            let (usage, ack) = (usage.map(|row| Box::new(row.uncharged())), CloseAck::Release(state, Some(ack)));
            Ok(Ending::Queued(Entry::Close { closed: Box::new(closed), usage, at, ack }, answer))
        };
        self.close_hold(id, closing, |state| state).await
    }

    /// The hold's row goes to disk before the task's, in one order.
    async fn begin_task(&self, row: TaskRow, held: bool) -> Result<(), StoreError> {
        self.ready()?;
        if held {
            let mut books = self.books.lock();
            let unwritten = books.write_down(row.id).ok_or(StoreError::NotFound("hold"))?;
            if let Some(hold) = unwritten {
                self.inbox.push(Entry::Hold(Box::new(hold)), Soon::Now);
            }
        }
        self.write(move |db| tasks::begin(db, &row, held)).await
    }

    /// Closes a hold once: decided in memory, answered when it is on disk. `before` tells of one that was closed already.
    async fn close_hold<T>(
        &self,
        id: RequestId,
        closing: impl FnOnce(&mut Books, Timestamp) -> Result<Ending<T>, StoreError>,
        before: impl FnOnce(HoldState) -> T,
    ) -> Result<T, StoreError> {
        self.learn(id).await?;
        let now = self.clock.now();
        let answer = {
            let mut books = self.books.lock();
            self.inbox.has_room().map_err(|full| unavailable(full.0))?;
            match closing(&mut books, now)? {
                Ending::Now(result) => return Ok(result),
                Ending::Before => Err(closed_state(&books, id)),
                Ending::Queued(entry, answer) => {
                    // Under the lock of the books, so that the disk sees the order that memory decided.
                    self.inbox.push(entry, Soon::Together(books.under_way()));
                    Ok(answer)
                }
            }
        };
        match answer {
            Ok(answer) => answer.await.ok_or_else(gone)?.map_err(StoreError::Corrupt),
            Err(state) => {
                // It was closed before, but perhaps only in memory so far.
                self.barrier().await?;
                Ok(before(state))
            }
        }
    }
}

/// What becomes of a hold that is to be closed.
enum Ending<T> {
    /// It is closed, and nothing of it needs to be written.
    Now(T),
    /// It was closed before.
    Before,
    /// To be written, and who is told.
    Queued(Entry, Answer<Result<T, String>>),
}

/// How an id that is not open ended.
fn closed_state(books: &Books, id: RequestId) -> HoldState {
    match books.seen(id) {
        Seen::Closed(state) => state,
        Seen::Open | Seen::Ask | Seen::New => HoldState::Unknown,
    }
}

impl Ledger for Sqlite {
    fn hold(&self, order: HoldOrder) -> Pending<'_, HoldAnswer> {
        Box::pin(self.shared.hold(order))
    }

    fn extend(&self, order: ExtendOrder) -> Pending<'_, HoldAnswer> {
        Box::pin(self.shared.extend(order))
    }

    fn settle(&self, order: SettleOrder) -> Pending<'_, SettleAnswer> {
        Box::pin(self.shared.settle(order))
    }

    fn release(&self, id: RequestId, usage: Option<UsageRow>) -> Pending<'_, HoldState> {
        Box::pin(self.shared.release(id, usage))
    }

    fn record(&self, row: UsageRow) {
        self.shared.inbox.push_record(row.uncharged());
    }

    fn balance(&self, workspace: WorkspaceId, now: Timestamp) -> Pending<'_, Balance> {
        let balance = self.shared.books.lock().balance(workspace, now);
        Box::pin(std::future::ready(balance))
    }

    fn key_spend(&self, key: KeyId) -> Pending<'_, KeySpend> {
        let spent = self.shared.books.lock().spend(key);
        Box::pin(std::future::ready(Ok(spent)))
    }

    fn key_charges(&self, keys: Vec<KeyId>, now: Timestamp) -> Pending<'_, Vec<KeyCharges>> {
        let charges = self.shared.books.lock().key_charges(&keys, now);
        Box::pin(std::future::ready(Ok(charges)))
    }

    fn account(&self, ask: AccountAsk) -> Pending<'_, AccountState> {
        let state = self.shared.books.lock().account(&ask);
        Box::pin(std::future::ready(state))
    }

    fn grant(&self, order: GrantOrder) -> Pending<'_, Balance> {
        Box::pin(self.shared.grant(order))
    }

    fn audit(&self) -> Pending<'_, AuditReport> {
        Box::pin(async {
            self.shared.barrier().await?;
            let now = self.shared.clock.now();
            // A reader of its own, so that no other question waits for it.
            let reader = files::reader(&self.dir).map_err(unavailable)?;
            reader.ask(move |db| audit::run(db, Some(now))).await
        })
    }

    fn state(&self) -> Pending<'_, LedgerState> {
        let (open, held) = self.shared.books.lock().held();
        let state = LedgerState {
            open_holds: open as u64,
            held,
            waiting: self.shared.inbox.waiting() as u64,
            failing: self.shared.failing.load(Ordering::Relaxed),
            sums_failing: self.shared.sums_failing.load(Ordering::Relaxed),
        };
        Box::pin(std::future::ready(Ok(state)))
    }

    fn totals(&self, now: Timestamp) -> Pending<'_, Totals> {
        Box::pin(self.totals_of(now))
    }

    fn open_holds(&self, after: Option<RequestId>, limit: u32) -> Pending<'_, Vec<HeldRow>> {
        Box::pin(self.holds_after(after, limit))
    }

    fn close(&self) -> Pending<'_, ()> {
        Box::pin(async {
            self.shared.inbox.close();
            self.reads.close();
            self.reports.close();
            self.answers.close();
            if let Some(end) = self.shared.inbox.until_end() {
                // The thread drops the other end when it is gone.
                end.await;
            }
            closed(self.shared.unwritten.load(Ordering::Relaxed))
        })
    }
}

#[cfg(test)]
mod tests;
