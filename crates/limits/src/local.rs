//! What this node has counted: accounts in shards, each behind a lock that is never held across a wait; blocked addresses.
//! In: questions, instants. Out: verdicts. Idle accounts are forgotten. Never here: Redis, a clock, tasks.

use admit::{Addresses, Ask, Gauges, Readings, Refusal, Taken, Verdict};
use catalog::Limits;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use units::{Timestamp, WorkspaceId};

const SHARDS: usize = 64;
/// How often a shard looks for idle accounts.
const TIDY_EVERY: Duration = Duration::from_secs(60);
/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 100_000;

/// All accounts, and all addresses.
pub struct Local {
    shards: Box<[Mutex<Shard>]>,
    addresses: Mutex<Addresses>,
    /// Whether some address is remembered: mostly none is, and then no caller waits for the lock.
    knows_addresses: AtomicBool,
    nodes: AtomicU32,
}

#[derive(Default)]
struct Shard {
    accounts: foldhash::HashMap<WorkspaceId, Account>,
    tidied: Timestamp,
}

/// One account, as this node knows it.
#[derive(Default)]
pub struct Account {
    /// What it has used.
    pub gauges: Gauges,
    /// Until when its day is known well enough while Redis is away.
    pub day_known_until: Timestamp,
    /// Whether Redis must hear of days that were counted while it was away.
    pub days_to_tell: bool,
    freed: Option<Arc<Notify>>,
    waiting: u32,
}

impl Local {
    pub fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            addresses: Mutex::new(Addresses::new(ADDRESSES_MAX)),
            knows_addresses: AtomicBool::new(false),
            nodes: AtomicU32::new(1),
        }
    }

    /// How many nodes count by themselves.
    pub fn nodes(&self) -> u32 {
        self.nodes.load(Ordering::Relaxed)
    }

    pub fn set_nodes(&self, nodes: u32) {
        self.nodes.store(nodes.max(1), Ordering::Relaxed);
    }

    /// Admits by this node's own count.
    pub fn admit(&self, ask: &Ask<'_>, told: &Limits, now: Timestamp) -> Verdict {
        self.with(ask.workspace, now, |account| account.gauges.admit(ask, told, now))
    }

    /// Takes what was admitted for all nodes, with what they used of the day.
    pub fn follow(
        &self,
        ask: &Ask<'_>,
        repeated: bool,
        days: &[Option<u32>; 3],
        now: Timestamp,
    ) -> Option<Refusal> {
        self.with(ask.workspace, now, |account| {
            let refusal = account.gauges.follow(ask, repeated, now);
            if refusal.is_none() {
                account.days_to_tell = false;
                account.gauges.set_days(ask, days, now.day());
            }
            refusal
        })
    }

    pub fn readings(&self, workspace: WorkspaceId, limits: &Limits, share: &Limits, now: Timestamp) -> Readings {
        let mut shard = self.shard(workspace).lock();
        match shard.accounts.get_mut(&workspace) {
            Some(account) => account.gauges.readings(limits, share, now),
            None => Gauges::default().readings(limits, share, now),
        }
    }

    /// Looks at an account, made where it is not there.
    pub fn with<T>(&self, workspace: WorkspaceId, now: Timestamp, act: impl FnOnce(&mut Account) -> T) -> T {
        let mut shard = self.shard(workspace).lock();
        shard.tidy_now_and_then(now);
        act(shard.accounts.entry(workspace).or_default())
    }

    /// Looks at an account that is there.
    pub fn of(&self, workspace: WorkspaceId, act: impl FnOnce(&mut Account)) {
        if let Some(account) = self.shard(workspace).lock().accounts.get_mut(&workspace) {
            act(account);
        }
    }

    /// A request ended: its slots are free, and who waits longest may try.
    pub fn release(&self, workspace: WorkspaceId, taken: &Taken) {
        self.of(workspace, |account| {
            account.gauges.release(taken);
            if let Some(freed) = &account.freed {
                freed.notify_one();
            }
        });
    }

    /// A place among those who wait for a slot; `None` when too many do.
    pub fn join(&self, workspace: WorkspaceId, most: u32, now: Timestamp) -> Option<Arc<Notify>> {
        self.with(workspace, now, |account| {
            if account.waiting >= most {
                return None;
            }
            account.waiting += 1;
            Some(Arc::clone(account.freed.get_or_insert_default()))
        })
    }

    /// Somebody waits no more.
    pub fn leave(&self, workspace: WorkspaceId) {
        self.of(workspace, |account| {
            account.waiting = account.waiting.saturating_sub(1);
            if account.waiting == 0 {
                account.freed = None;
            }
        });
    }

    /// Addresses, where some are remembered.
    pub fn known_addresses(&self) -> Option<MutexGuard<'_, Addresses>> {
        self.knows_addresses.load(Ordering::Acquire).then(|| self.addresses.lock())
    }

    /// Addresses, to remember one.
    pub fn addresses(&self) -> MutexGuard<'_, Addresses> {
        self.knows_addresses.store(true, Ordering::Release);
        self.addresses.lock()
    }

    /// Forgets idle accounts where that is due.
    pub fn tidy_slowly(&self, now: Timestamp) {
        self.shards.iter().for_each(|shard| shard.lock().tidy_now_and_then(now));
    }

    /// Forgets idle accounts everywhere, one shard after the other.
    pub fn tidy(&self, now: Timestamp) {
        self.shards.iter().for_each(|shard| shard.lock().tidy(now));
    }

    /// Accounts that are remembered.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().accounts.len()).sum()
    }

    fn shard(&self, workspace: WorkspaceId) -> &Mutex<Shard> {
        // The end of an id is random.
        let [.., last] = workspace.bytes();
        &self.shards[usize::from(last) % SHARDS]
    }
}

impl Shard {
    fn tidy_now_and_then(&mut self, now: Timestamp) {
        // A clock that was set back far would otherwise keep everything until it comes round.
        if now.since(self.tidied) >= TIDY_EVERY || self.tidied > now.plus(TIDY_EVERY) {
            self.tidy(now);
        }
    }

    fn tidy(&mut self, now: Timestamp) {
        self.tidied = now;
        self.accounts.retain(|_, account| !(account.gauges.tidy(now) && account.waiting == 0));
        if self.accounts.capacity() > 4 * self.accounts.len().max(16) {
            self.accounts.shrink_to_fit();
        }
    }
}
