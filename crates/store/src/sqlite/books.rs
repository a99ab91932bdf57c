//! Balances and holds in memory: the authority while the process runs. In: orders. Out: answers, and entries for disk.
//! The lock around it is short and never held across SQL or an await. Never here: SQL, a rule about money (ledger).

use crate::StoreError;
use crate::port::HeldRow;
use foldhash::fast::RandomState;
use ledger::{
    AccountAsk, AccountState, CacheSums, Closing, ExtendOrder, GrantOrder, HoldAnswer, HoldOrder, HoldState,
    KeyCharges, KeySpend, LedgerError, Leg, OpenHold, Span, Sweep, Tallies, Wallet,
};
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::time::Duration;
use units::{KeyId, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// A hold that lives longer than this gets a row.
const YOUNG: Duration = Duration::from_secs(1);
/// How many closed holds are remembered; older ones are looked up on disk.
const CLOSED_MAX: usize = 65_536;

type Map<K, V> = HashMap<K, V, RandomState>;

/// An open hold and whether its row is (or will be, in queue order) on disk.
struct Open {
    hold: OpenHold,
    written: bool,
}

/// A row to write for an open hold: the whole hold, and what each grant's `held` rises by.
#[derive(Clone, Debug)]
pub struct HoldRow {
    /// The hold as it is now.
    pub hold: OpenHold,
    /// What was reserved since the last row.
    pub added: Vec<Leg>,
}

/// What memory says about an id that is to be held or closed.
pub enum Seen {
    /// It is open.
    Open,
    /// It was closed, and memory knows how.
    Closed(HoldState),
    /// It may be on disk; the answer must be fetched there.
    Ask,
    /// It was never seen, here or on disk.
    New,
}

/// A hold that was closed in memory and has to be closed on disk.
pub struct Closed {
    /// The hold as it was.
    pub hold: OpenHold,
    /// How it ended.
    pub closing: Closing,
    /// Whether there is a row to remove.
    pub written: bool,
    /// What it adds to the sums of its key.
    pub spend: KeySpend,
}

impl Closed {
    /// Whether closing it leaves the balances on disk as they are.
    pub fn moves_nothing(&self) -> bool {
        self.closing.postings().next().is_none()
    }
}

/// Everything the ledger knows without asking the disk.
#[derive(Default)]
pub struct Books {
    wallets: Map<WorkspaceId, Wallet>,
    open: Map<RequestId, Open>,
    closed: Map<RequestId, HoldState>,
    closed_order: VecDeque<RequestId>,
    /// Ids up to this one may be on disk though memory does not know them.
    floor: Option<RequestId>,
    young: VecDeque<(Timestamp, RequestId)>,
    tallies: Tallies,
    /// Charges of days before this one are forgotten.
    first_day: i64,
    frozen: HashSet<WorkspaceId>,
}

impl Books {
    /// From what was read at the start; `open` are the holds of tasks, which outlive the process.
    pub fn new(
        wallets: impl IntoIterator<Item = (WorkspaceId, Wallet)>,
        mut tallies: Tallies,
        open: impl IntoIterator<Item = OpenHold>,
        floor: Option<RequestId>,
    ) -> Self {
        let open: Vec<OpenHold> = open.into_iter().collect();
        for hold in &open {
            // A hold beyond all sums cannot be on disk; were it, its caps would be reached.
            tallies.load_hold(hold, hold.amount().unwrap_or(NanoUsd::MAX));
        }
        Self {
            wallets: wallets.into_iter().collect(),
            open: open.into_iter().map(|hold| (hold.id, Open { hold, written: true })).collect(),
            tallies,
            floor,
            ..Self::default()
        }
    }

    /// What is known about an id.
    pub fn seen(&self, id: RequestId) -> Seen {
        if self.open.contains_key(&id) {
            Seen::Open
        } else if let Some(state) = self.closed.get(&id) {
            Seen::Closed(*state)
        } else if self.floor.is_some_and(|floor| id <= floor) {
            Seen::Ask
        } else {
            Seen::New
        }
    }

    /// Takes over what the disk said about an id.
    pub fn learn(&mut self, id: RequestId, state: HoldState) {
        if state.is_closed() && !self.open.contains_key(&id) {
            self.remember(id, state);
        }
    }

    /// Decides about a hold whose id is open or new; the caller has looked with `seen`.
    pub fn hold(&mut self, order: &HoldOrder, now: Timestamp) -> Result<HoldAnswer, StoreError> {
        if let Some(open) = self.open.get(&order.id) {
            return open.hold.again(order).map_err(broken);
        }
        if self.frozen.contains(&order.workspace) {
            return Err(StoreError::Corrupt(format!("{} is frozen until the books are right", order.workspace)));
        }
        let wallet = self.wallets.entry(order.workspace).or_default();
        Ok(match self.tallies.hold(wallet, order).map_err(broken)? {
            Err(refusal) => HoldAnswer::Refused(refusal),
            Ok(hold) => {
                let amount = hold.amount().map_err(broken)?;
                let written = false;
                self.open.insert(order.id, Open { hold, written });
                self.young.push_back((now, order.id));
                HoldAnswer::Held { amount }
            }
        })
    }

    /// Raises an open hold. `None` when it is not open. The row is to be written when it was raised.
    pub fn extend(&mut self, order: &ExtendOrder) -> Result<Option<(HoldAnswer, Option<HoldRow>)>, StoreError> {
        let Some(open) = self.open.get_mut(&order.id) else {
            return Ok(None);
        };
        let wallet = self.wallets.entry(open.hold.workspace).or_default();
        let before = open.hold.clone();
        let answer = self.tallies.extend(wallet, &mut open.hold, order).map_err(broken)?;
        let row = (open.hold.seq != before.seq).then(|| {
            let known: &[Leg] = if open.written { &before.legs } else { &[] };
            open.written = true;
            HoldRow { added: raised(known, &open.hold.legs), hold: open.hold.clone() }
        });
        Ok(Some((answer, row)))
    }

    /// An open hold gets its row though it is young. `None` when it is not open; `Some(None)` when it has its row.
    pub fn write_down(&mut self, id: RequestId) -> Option<Option<HoldRow>> {
        let open = self.open.get_mut(&id)?;
        let fresh = !std::mem::replace(&mut open.written, true);
        Some(fresh.then(|| HoldRow { added: open.hold.legs.clone(), hold: open.hold.clone() }))
    }

    /// Closes an open hold with its cost; `cache` counts for its key. `None` when it is not open.
    pub fn settle(
        &mut self,
        id: RequestId,
        cost: NanoUsd,
        cache: CacheSums,
        now: Timestamp,
    ) -> Result<Option<Closed>, StoreError> {
        self.close(id, cache, |wallet, hold| wallet.settle(hold, cost, now))
    }

    /// Gives an open hold back. `None` when it is not open.
    pub fn release(&mut self, id: RequestId, now: Timestamp) -> Result<Option<Closed>, StoreError> {
        self.close(id, CacheSums::NONE, |wallet, hold| wallet.release(hold, false, now))
    }

    fn close(
        &mut self,
        id: RequestId,
        cache: CacheSums,
        how: impl FnOnce(&mut Wallet, &OpenHold) -> Result<Closing, LedgerError>,
    ) -> Result<Option<Closed>, StoreError> {
        let Some(open) = self.open.get(&id) else {
            return Ok(None);
        };
        let wallet = self.wallets.entry(open.hold.workspace).or_default();
        let closing = how(wallet, &open.hold).map_err(broken)?;
        let spend = KeySpend { spent: closing.charged, cache };
        let settled = closing.is_settled().then_some(spend);
        self.tallies.close(&open.hold, settled).map_err(broken)?;
        let state = HoldState::Open.close(closing.state).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        self.remember(id, state);
        Ok(self.open.remove(&id).map(|open| Closed { hold: open.hold, closing, written: open.written, spend }))
    }

    fn remember(&mut self, id: RequestId, state: HoldState) {
        if self.closed.insert(id, state).is_none() {
            self.closed_order.push_back(id);
        }
        if self.closed_order.len() > CLOSED_MAX
            && let Some(oldest) = self.closed_order.pop_front()
        {
            self.closed.remove(&oldest);
            self.floor = self.floor.max(Some(oldest));
        }
    }

    /// Adds credit that is on disk already.
    pub fn grant(&mut self, order: &GrantOrder) -> Result<(), StoreError> {
        let wallet = self.wallets.entry(order.workspace).or_default();
        wallet.grant(order).map(drop).map_err(broken)
    }

    /// One snapshot of a workspace's money.
    pub fn balance(&self, workspace: WorkspaceId, now: Timestamp) -> Result<ledger::Balance, StoreError> {
        self.wallets.get(&workspace).map_or(Ok(ledger::Balance::default()), |w| w.balance(now)).map_err(broken)
    }

    /// How many holds are open, and what they have reserved.
    pub fn held(&self) -> (usize, NanoUsd) {
        let amounts = self.open.values().map(|open| open.hold.amount().unwrap_or(NanoUsd::MAX));
        // A sum beyond all money stays there: it is told, and decides nothing.
        let sum = amounts.fold(NanoUsd::ZERO, |sum, amount| sum.plus(amount).unwrap_or(NanoUsd::MAX));
        (self.open.len(), sum)
    }

    /// How many holds are open.
    pub fn under_way(&self) -> usize {
        self.open.len()
    }

    /// The first holds after one of them, by their ids; what is of a task is not known here. Ids are looked through, and no more holds
    /// are copied than are asked for: calls wait for the lock.
    pub fn open_after(&self, after: Option<RequestId>, limit: usize) -> Vec<HeldRow> {
        let mut first = BinaryHeap::new();
        for id in self.open.keys().filter(|id| after.is_none_or(|after| **id > after)) {
            if first.len() < limit {
                first.push(*id);
            } else if let Some(mut last) = first.peek_mut().filter(|last| *id < **last) {
                *last = *id;
            }
        }
        let row = |OpenHold { id, workspace, key, at, .. }: &OpenHold, amount| HeldRow {
            id: *id,
            workspace: *workspace,
            key: *key,
            amount,
            at: *at,
            task: false,
        };
        let holds = first.into_sorted_vec().into_iter().filter_map(|id| self.open.get(&id));
        holds.map(|open| row(&open.hold, open.hold.amount().unwrap_or(NanoUsd::MAX))).collect()
    }

    /// What a key came to.
    pub fn spend(&self, key: KeyId) -> KeySpend {
        self.tallies.key(key).0
    }

    /// Everything about one caller's money, of one instant.
    pub fn account(&self, ask: &AccountAsk) -> Result<AccountState, StoreError> {
        let balance = self.balance(ask.workspace, ask.at)?;
        Ok(ledger::account(balance, ask, &self.tallies))
    }

    /// What was charged to each of these keys.
    pub fn key_charges(&self, keys: &[KeyId], now: Timestamp) -> Vec<KeyCharges> {
        ledger::key_charges(keys, now, &self.tallies)
    }

    /// Forgets the charges of months that no call under way began in: they are on disk, and no cap reads them.
    pub fn forget_days(&mut self, now: Timestamp) {
        let first = first_day(now);
        if first > self.first_day {
            self.first_day = first;
            self.tallies.forget_before(first);
        }
    }

    /// The holds that have outlived their youth without a row; they count as written from now on.
    pub fn aged(&mut self, now: Timestamp) -> Vec<HoldRow> {
        let mut rows = Vec::new();
        while let Some((since, id)) = self.young.front().copied() {
            if now.since(since) < YOUNG {
                break;
            }
            self.young.pop_front();
            if let Some(open) = self.open.get_mut(&id).filter(|open| !open.written) {
                open.written = true;
                rows.push(HoldRow { added: open.hold.legs.clone(), hold: open.hold.clone() });
            }
        }
        rows
    }

    /// Sends the free part of one workspace's expired grants to breakage.
    pub fn sweep_one(&mut self, workspace: WorkspaceId, now: Timestamp) -> Vec<Sweep> {
        self.wallets
            .get_mut(&workspace)
            .filter(|wallet| wallet.needs_sweep(now))
            .and_then(|wallet| wallet.sweep(now).ok())
            .unwrap_or_default()
    }

    /// Sends the free part of all expired grants to breakage.
    pub fn sweep(&mut self, now: Timestamp) -> Vec<Sweep> {
        self.wallets
            .values_mut()
            .filter(|wallet| wallet.needs_sweep(now))
            .filter_map(|wallet| wallet.sweep(now).ok())
            .flatten()
            .collect()
    }

    /// Stops new holds of a workspace: its books on disk could not be brought in line.
    pub fn freeze(&mut self, workspace: WorkspaceId) {
        self.frozen.insert(workspace);
    }
}

/// The first day whose charges are kept in memory: that of the month before, in which a call under way may have begun.
pub fn first_day(now: Timestamp) -> i64 {
    let before = Timestamp::of_day(Span::Month.days(now).start().saturating_sub(1));
    *Span::Month.days(before).start()
}

/// What `now` has more than `before`, leg by leg.
fn raised(before: &[Leg], now: &[Leg]) -> Vec<Leg> {
    let known =
        |leg: &Leg| before.iter().find(|old| old.grant == leg.grant).map_or(NanoUsd::ZERO, |old| old.amount);
    now.iter()
        .map(|leg| Leg { grant: leg.grant, amount: NanoUsd::new(leg.amount.nano() - known(leg).nano()) })
        .filter(|leg| leg.amount > NanoUsd::ZERO)
        .collect()
}

/// The rulebook could not decide: the books are wrong.
pub fn broken(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Counted;

    /// R-BILL-5: a page of open holds is as long as it was asked for, whichever ids memory comes upon first.
    #[test]
    fn r_bill_5_no_more_holds_are_read_than_a_page_has() {
        let at = Timestamp::from_ms(1_795_167_000_000);
        let open = |n: u16| OpenHold {
            id: RequestId::from_bytes([[(n >> 8) as u8; 8], [n as u8; 8]].concat().try_into().unwrap()),
            workspace: WorkspaceId::from_bytes([1; 16]),
            key: KeyId::from_bytes([2; 16]),
            counted: Counted::default(),
            want: NanoUsd::new(1),
            floor: NanoUsd::new(1),
            at,
            seq: 0,
            legs: Vec::new(),
        };
        let ids: Vec<RequestId> = (0..700).map(|n| open(n).id).collect();
        let books = Books::new([], Tallies::default(), (0..700).map(open), None);
        for limit in [0, 1, 7, 699, 700, 1_000] {
            for from in [0, 1, 350, 699, 700] {
                let after = ids[..from].last().copied();
                let told: Vec<RequestId> = books.open_after(after, limit).iter().map(|row| row.id).collect();
                assert_eq!(told, ids[from..(from + limit).min(700)], "{limit} after {from}");
            }
        }
    }
}
