//! A ledger in memory that obeys the same rulebook and can be told to fail. In: orders. Out: answers, at once.
//! Never here: a rule of its own.

use ledger::{
    AccountAsk, AccountState, Balance, ExtendOrder, GrantOrder, HoldAnswer, HoldOrder, HoldState, KeyCharges,
    KeySpend, OpenHold, SettleAnswer, SettleOrder, Tallies, UsageRow, Wallet,
};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::port::{AuditReport, HeldRow, Ledger, LedgerState, Pending, StoreError, Totals};
use units::{KeyId, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// What the book holds.
#[derive(Default)]
struct Pages {
    wallets: HashMap<WorkspaceId, Wallet>,
    holds: HashMap<RequestId, OpenHold>,
    closed: HashMap<RequestId, HoldState>,
    rows: Vec<UsageRow>,
    tallies: Tallies,
    refuse_holds: bool,
    refuse_settles: bool,
    settles_take: Option<Duration>,
    late: HashMap<RequestId, SettleOrder>,
}

/// The ledger in memory.
#[derive(Default)]
pub struct Book(Arc<Mutex<Pages>>);

impl Book {
    /// From now on no hold is decided.
    pub fn refuse_holds(&self) {
        self.0.lock().refuse_holds = true;
    }

    /// From now on no settle becomes durable.
    pub fn refuse_settles(&self) {
        self.0.lock().refuse_settles = true;
    }

    /// From now on settles become durable so much later; one that nobody waits for any more stays queued.
    pub fn delay_settles(&self, time: Duration) {
        self.0.lock().settles_take = Some(time);
    }

    /// Makes every queued settle durable; says how many there were.
    ///
    /// # Errors
    /// What the rulebook says to one of them.
    pub fn catch_up(&self) -> Result<usize, StoreError> {
        let mut pages = self.0.lock();
        let late: Vec<SettleOrder> = pages.late.drain().map(|(_, order)| order).collect();
        let count = late.len();
        late.into_iter().try_for_each(|order| pages.settle(order).map(drop))?;
        Ok(count)
    }

    /// Holds that are open.
    pub fn open_holds(&self) -> usize {
        self.0.lock().holds.len()
    }

    /// Usage rows, oldest first.
    pub fn rows(&self) -> Vec<UsageRow> {
        self.0.lock().rows.clone()
    }

    /// The sum of all charges by the rows.
    pub fn charged(&self) -> NanoUsd {
        self.0.lock().rows.iter().fold(NanoUsd::ZERO, |sum, row| sum.plus(row.charge).unwrap_or(NanoUsd::MAX))
    }

    /// What is left in a wallet.
    pub fn left(&self, workspace: WorkspaceId, now: Timestamp) -> Balance {
        let pages = self.0.lock();
        pages.wallets.get(&workspace).and_then(|w| w.balance(now).ok()).unwrap_or_default()
    }
}

fn down() -> StoreError {
    StoreError::Unavailable("told to fail".into())
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

impl Pages {
    fn hold(&mut self, order: &HoldOrder) -> Result<HoldAnswer, StoreError> {
        if self.refuse_holds {
            return Err(down());
        }
        let wallet = self.wallets.entry(order.workspace).or_insert_with(|| Wallet::new(Vec::new()));
        match self.tallies.hold(wallet, order).map_err(corrupt)? {
            Ok(hold) => {
                let amount = hold.amount().map_err(corrupt)?;
                self.holds.insert(order.id, hold);
                Ok(HoldAnswer::Held { amount })
            }
            Err(refusal) => Ok(HoldAnswer::Refused(refusal)),
        }
    }

    fn extend(&mut self, order: &ExtendOrder) -> Result<HoldAnswer, StoreError> {
        let Some(hold) = self.holds.get_mut(&order.id) else { return Ok(HoldAnswer::Conflict(HoldState::Unknown)) };
        let wallet = self.wallets.get_mut(&hold.workspace).ok_or_else(|| corrupt("no wallet"))?;
        self.tallies.extend(wallet, hold, order).map_err(corrupt)
    }

    fn settle(&mut self, order: SettleOrder) -> Result<SettleAnswer, StoreError> {
        if self.refuse_settles {
            return Err(down());
        }
        let Some(hold) = self.holds.remove(&order.id) else {
            let state = self.closed.get(&order.id).copied().unwrap_or(HoldState::Unknown);
            return Ok(SettleAnswer::Already(state));
        };
        let wallet = self.wallets.get_mut(&hold.workspace).ok_or_else(|| corrupt("no wallet"))?;
        let closing = wallet.settle(&hold, order.cost, order.usage.at).map_err(corrupt)?;
        self.closed.insert(order.id, closing.state);
        let spend = KeySpend { spent: closing.charged, cache: order.usage.cache() };
        self.tallies.close(&hold, Some(spend)).map_err(corrupt)?;
        self.rows.push(UsageRow { charge: closing.charged, counted: hold.counted, ..order.usage });
        Ok(SettleAnswer::Settled { charged: closing.charged, written_off: closing.written_off })
    }

    fn release(&mut self, id: RequestId, usage: Option<UsageRow>) -> Result<HoldState, StoreError> {
        self.rows.extend(usage.map(UsageRow::uncharged));
        let Some(hold) = self.holds.remove(&id) else { return Ok(HoldState::Unknown) };
        let wallet = self.wallets.get_mut(&hold.workspace).ok_or_else(|| corrupt("no wallet"))?;
        let closing = wallet.release(&hold, false, hold.at).map_err(corrupt)?;
        self.tallies.close(&hold, None).map_err(corrupt)?;
        self.closed.insert(id, closing.state);
        Ok(closing.state)
    }
}

fn ready<T: Send + 'static>(result: Result<T, StoreError>) -> Pending<'static, T> {
    Box::pin(std::future::ready(result))
}

impl Ledger for Book {
    fn hold(&self, order: HoldOrder) -> Pending<'_, HoldAnswer> {
        ready(self.0.lock().hold(&order))
    }

    fn extend(&self, order: ExtendOrder) -> Pending<'_, HoldAnswer> {
        ready(self.0.lock().extend(&order))
    }

    fn settle(&self, order: SettleOrder) -> Pending<'_, SettleAnswer> {
        let mut pages = self.0.lock();
        let Some(time) = pages.settles_take else { return ready(pages.settle(order)) };
        // Queued at once, as the engines do: whether anybody waits for the answer decides nothing.
        let id = order.id;
        pages.late.insert(id, order);
        let book = Arc::clone(&self.0);
        Box::pin(async move {
            tokio::time::sleep(time).await;
            let mut pages = book.lock();
            match pages.late.remove(&id) {
                Some(order) => pages.settle(order),
                None => Ok(SettleAnswer::Already(pages.closed.get(&id).copied().unwrap_or(HoldState::Unknown))),
            }
        })
    }

    fn release(&self, id: RequestId, usage: Option<UsageRow>) -> Pending<'_, HoldState> {
        ready(self.0.lock().release(id, usage))
    }

    fn record(&self, row: UsageRow) {
        self.0.lock().rows.push(row.uncharged());
    }

    fn balance(&self, workspace: WorkspaceId, now: Timestamp) -> Pending<'_, Balance> {
        ready(Ok(self.left(workspace, now)))
    }

    fn key_spend(&self, key: KeyId) -> Pending<'_, KeySpend> {
        ready(Ok(self.0.lock().tallies.key(key).0))
    }

    fn key_charges(&self, keys: Vec<KeyId>, now: Timestamp) -> Pending<'_, Vec<KeyCharges>> {
        ready(Ok(ledger::key_charges(&keys, now, &self.0.lock().tallies)))
    }

    fn account(&self, ask: AccountAsk) -> Pending<'_, AccountState> {
        let balance = self.left(ask.workspace, ask.at);
        ready(Ok(ledger::account(balance, &ask, &self.0.lock().tallies)))
    }

    fn grant(&self, order: GrantOrder) -> Pending<'_, Balance> {
        let mut pages = self.0.lock();
        let wallet = pages.wallets.entry(order.workspace).or_insert_with(|| Wallet::new(Vec::new()));
        let granted = wallet.grant(&order).and_then(|_| wallet.balance(order.at));
        ready(granted.map_err(corrupt))
    }

    fn audit(&self) -> Pending<'_, AuditReport> {
        ready(Ok(AuditReport { open_holds: self.open_holds() as u64, ..AuditReport::default() }))
    }

    fn state(&self) -> Pending<'_, LedgerState> {
        let pages = self.0.lock();
        let amounts = pages.holds.values().filter_map(|hold| hold.amount().ok());
        let held = amounts.fold(NanoUsd::ZERO, |sum, amount| sum.plus(amount).unwrap_or(NanoUsd::MAX));
        let (open_holds, waiting) = (pages.holds.len() as u64, pages.late.len() as u64);
        ready(Ok(LedgerState { open_holds, held, waiting, failing: pages.refuse_settles, sums_failing: false }))
    }

    fn totals(&self, now: Timestamp) -> Pending<'_, Totals> {
        let pages = self.0.lock();
        let balances = pages.wallets.values().map(|wallet| wallet.balance(now));
        let summed =
            balances.map(|balance| balance.map_err(corrupt)).try_fold(Totals::default(), |sum, balance| {
                let Balance { posted, held, granted } = balance?;
                Ok(Totals {
                    posted: sum.posted.plus(posted).map_err(corrupt)?,
                    granted: sum.granted.plus(granted).map_err(corrupt)?,
                    held: sum.held.plus(held).map_err(corrupt)?,
                    workspaces: sum.workspaces + u64::from(posted > NanoUsd::ZERO),
                })
            });
        ready(summed)
    }

    fn open_holds(&self, after: Option<RequestId>, limit: u32) -> Pending<'_, Vec<HeldRow>> {
        let pages = self.0.lock();
        let mut holds: Vec<&OpenHold> = pages.holds.values().filter(|hold| after < Some(hold.id)).collect();
        holds.sort_by_key(|hold| hold.id);
        let row = |hold: &OpenHold| {
            let (id, workspace, key, at) = (hold.id, hold.workspace, hold.key, hold.at);
            hold.amount().map(|amount| HeldRow { id, workspace, key, amount, at, task: false }).map_err(corrupt)
        };
        ready(holds.into_iter().take(limit as usize).map(row).collect())
    }

    fn close(&self) -> Pending<'_, ()> {
        ready(Ok(()))
    }
}
