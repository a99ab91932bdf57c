//! One batch decided by the rulebook between loading and writing. In: orders, and the locked rows they are about.
//! Out: an answer an order, and what to write. Never here: SQL, an await.

use super::queue::Op;
use super::wire::Uuid;
use crate::port::StoreError;
use ledger::{
    Closing, Grant, HoldAnswer, HoldOrder, HoldState, KeySpend, LedgerError, Leg, OpenHold, Posting, SettleAnswer,
    Tallies, UsageRow, Wallet, places,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use units::{KeyId, MeterId, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// What an order comes to.
pub enum Verdict {
    /// A hold or an extension.
    Hold(Result<HoldAnswer, StoreError>),
    /// A settle.
    Settle(Result<SettleAnswer, StoreError>),
    /// A release.
    Release(Result<HoldState, StoreError>),
    /// Nothing to say but that it is done.
    Done,
}

/// A hold of the batch.
struct Held {
    hold: OpenHold,
    /// As its row is; `None` when there is no row yet.
    row: Option<(u32, Vec<Leg>)>,
}

/// The rows of a batch, locked and loaded; then what was made of them.
#[derive(Default)]
pub struct Page<'a> {
    alive: bool,
    wallets: HashMap<WorkspaceId, (Wallet, Vec<Grant>)>,
    holds: HashMap<RequestId, Held>,
    closed: HashMap<RequestId, HoldState>,
    removed: Vec<Uuid>,
    /// Reference, leg, posting.
    pub transfers: Vec<(Uuid, i16, Posting)>,
    /// Row, closing, charge.
    pub usage: Vec<(Cow<'a, UsageRow>, i16)>,
    /// Holds that closed without a usage row, and their state.
    pub stones: Vec<(Uuid, i16)>,
    /// What keys came to.
    pub spent: BTreeMap<KeyId, KeySpend>,
    /// What was charged to whom and by how many requests, by day.
    pub days: BTreeMap<(MeterId, i64), (NanoUsd, i64)>,
    /// What callers with caps have spent and hold; of others it knows only this batch.
    tallies: Tallies,
}

/// Rows of holds to write.
#[derive(Default)]
pub struct HoldRows<'p> {
    /// New ones.
    pub fresh: Vec<&'p OpenHold>,
    /// Raised ones.
    pub raised: Vec<&'p OpenHold>,
    /// Closed ones.
    pub removed: &'p [Uuid],
}

fn broken(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

impl<'a> Page<'a> {
    /// An empty one. A node whose lease was given up by others is not `alive`: it takes no new holds.
    pub fn new(alive: bool) -> Self {
        Self { alive, ..Self::default() }
    }

    /// Takes a workspace's grants.
    pub fn load_wallet(&mut self, workspace: WorkspaceId, grants: Vec<Grant>) {
        let wallet = Wallet::new(grants);
        let before = wallet.grants().to_vec();
        self.wallets.insert(workspace, (wallet, before));
    }

    /// Takes what callers with caps have spent, and the holds of their workspaces.
    pub fn load_tallies(&mut self, tallies: Tallies) {
        self.tallies = tallies;
    }

    /// Takes an open hold.
    pub fn load_hold(&mut self, hold: OpenHold) {
        let row = Some((hold.seq, hold.legs.clone()));
        self.holds.insert(hold.id, Held { hold, row });
    }

    /// The open hold of that id.
    pub fn open_hold(&self, id: RequestId) -> Option<&OpenHold> {
        self.holds.get(&id).map(|held| &held.hold)
    }

    /// Takes how a hold ended before.
    pub fn load_closed(&mut self, id: RequestId, state: HoldState) {
        self.closed.insert(id, state);
    }

    /// Whether nothing is known about an id that has to be closed or raised.
    pub fn is_unknown(&self, id: RequestId) -> bool {
        !self.holds.contains_key(&id) && !self.closed.contains_key(&id)
    }

    fn state(&self, id: RequestId) -> HoldState {
        self.closed.get(&id).copied().unwrap_or(HoldState::Unknown)
    }

    /// Decides every order in its turn. `repeated`: an earlier try may have been committed.
    pub fn decide(&mut self, ops: &'a [Op], now: Timestamp, repeated: bool) -> Vec<Verdict> {
        self.sweep(now);
        ops.iter()
            .map(|op| match op {
                Op::Hold(order, _) => Verdict::Hold(self.hold(order)),
                Op::Extend(order, _) => Verdict::Hold(self.extend(order)),
                Op::Settle(order, _) => {
                    let answer = self.settle(order, now);
                    Verdict::Settle(answer.map(|answer| match answer {
                        // It was this very order that settled it, before its commit's answer was lost.
                        SettleAnswer::Already(HoldState::Settled { charged })
                            if repeated && charged <= order.cost =>
                        {
                            let rest = order.cost.nano().saturating_sub(charged.nano());
                            SettleAnswer::Settled { charged, written_off: NanoUsd::new(rest) }
                        }
                        other => other,
                    }))
                }
                Op::Release { id, usage, orphan, .. } => {
                    Verdict::Release(self.release(*id, usage.as_deref(), *orphan, now))
                }
                Op::Record(row) => {
                    self.usage.push((Cow::Borrowed(row), 0));
                    Verdict::Done
                }
                Op::Barrier(_) => Verdict::Done,
            })
            .collect()
    }

    fn sweep(&mut self, now: Timestamp) {
        for (wallet, _) in self.wallets.values_mut() {
            if wallet.needs_sweep(now) {
                // A sum that does not fit leaves the wallet as it was; the audit shows it.
                for sweep in wallet.sweep(now).unwrap_or_default() {
                    if let Some(posting) = sweep.posting() {
                        self.transfers.push((Uuid(sweep.grant.bytes()), 0, posting));
                    }
                }
            }
        }
    }

    fn hold(&mut self, order: &HoldOrder) -> Result<HoldAnswer, StoreError> {
        if let Some(held) = self.holds.get(&order.id) {
            return held.hold.again(order).map_err(broken);
        }
        if let Some(state) = self.closed.get(&order.id) {
            return Ok(HoldAnswer::Conflict(*state));
        }
        if !self.alive {
            return Err(StoreError::Unavailable("the lease of this node was given up".to_owned()));
        }
        let (wallet, _) = self.wallets.entry(order.workspace).or_default();
        Ok(match self.tallies.hold(wallet, order).map_err(broken)? {
            Err(refusal) => HoldAnswer::Refused(refusal),
            Ok(hold) => {
                let amount = hold.amount().map_err(broken)?;
                self.holds.insert(order.id, Held { hold, row: None });
                HoldAnswer::Held { amount }
            }
        })
    }

    fn extend(&mut self, order: &ledger::ExtendOrder) -> Result<HoldAnswer, StoreError> {
        let state = self.state(order.id);
        let Some(held) = self.holds.get_mut(&order.id) else {
            return Ok(HoldAnswer::Conflict(state));
        };
        let (wallet, _) = self.wallets.entry(held.hold.workspace).or_default();
        self.tallies.extend(wallet, &mut held.hold, order).map_err(broken)
    }

    fn settle(&mut self, order: &'a ledger::SettleOrder, now: Timestamp) -> Result<SettleAnswer, StoreError> {
        let closing = self.close(order.id, |wallet, hold| wallet.settle(hold, order.cost, now))?;
        let Some((closing, hold)) = closing else {
            return Ok(SettleAnswer::Already(self.state(order.id)));
        };
        let spend = KeySpend { spent: closing.charged, cache: order.usage.cache() };
        let sums = self.spent.entry(hold.key).or_default();
        // The charges of a batch fit: wallets had them.
        *sums = sums.plus(spend).map_err(broken)?;
        for place in places(hold.id, hold.key, hold.counted) {
            let (sum, requests) = self.days.entry(place).or_default();
            *sum = sum.plus(closing.charged).map_err(broken)?;
            *requests = requests.saturating_add(1);
        }
        let mut row = order.usage.clone();
        (row.request, row.charge, row.counted) = (order.id, closing.charged, hold.counted);
        self.usage.push((Cow::Owned(row), 1));
        Ok(SettleAnswer::Settled { charged: closing.charged, written_off: closing.written_off })
    }

    fn release(
        &mut self,
        id: RequestId,
        usage: Option<&'a UsageRow>,
        orphan: bool,
        now: Timestamp,
    ) -> Result<HoldState, StoreError> {
        let closing = self.close(id, |wallet, hold| wallet.release(hold, orphan, now))?;
        let Some((closing, _)) = closing else {
            return Ok(self.state(id));
        };
        match usage {
            Some(row) => self.usage.push((Cow::Borrowed(row), 2)),
            None => self.stones.push((Uuid(id.bytes()), if orphan { 3 } else { 2 })),
        }
        Ok(closing.state)
    }

    fn close(
        &mut self,
        id: RequestId,
        how: impl FnOnce(&mut Wallet, &OpenHold) -> Result<Closing, LedgerError>,
    ) -> Result<Option<(Closing, OpenHold)>, StoreError> {
        let Some(held) = self.holds.get(&id) else {
            return Ok(None);
        };
        let (wallet, _) = self.wallets.entry(held.hold.workspace).or_default();
        let closing = how(wallet, &held.hold).map_err(broken)?;
        let state = HoldState::Open.close(closing.state).map_err(broken)?;
        if held.row.is_some() {
            self.removed.push(Uuid(id.bytes()));
        }
        let spend = KeySpend { spent: closing.charged, ..KeySpend::default() };
        self.tallies.close(&held.hold, closing.is_settled().then_some(spend)).map_err(broken)?;
        let Some(held) = self.holds.remove(&id) else { return Ok(None) };
        self.closed.insert(id, state);
        for (leg, posting) in (0_i16..).zip(closing.postings()) {
            self.transfers.push((Uuid(id.bytes()), leg, posting));
        }
        Ok(Some((closing, held.hold)))
    }

    /// The grants that are not as they were loaded, by id.
    pub fn changed_grants(&self) -> Vec<&Grant> {
        let mut changed: Vec<&Grant> = Vec::new();
        for (wallet, before) in self.wallets.values() {
            let both = wallet.grants().iter().zip(before);
            changed.extend(both.filter(|(now, old)| now != old).map(|(now, _)| now));
        }
        changed.sort_unstable_by_key(|grant| grant.id);
        changed
    }

    /// The rows of holds to write.
    pub fn hold_rows(&self) -> HoldRows<'_> {
        let mut rows = HoldRows { removed: &self.removed, ..HoldRows::default() };
        for held in self.holds.values() {
            match &held.row {
                None => rows.fresh.push(&held.hold),
                Some((seq, legs)) if *seq != held.hold.seq || *legs != held.hold.legs => {
                    rows.raised.push(&held.hold);
                }
                Some(_) => {}
            }
        }
        rows
    }
}
