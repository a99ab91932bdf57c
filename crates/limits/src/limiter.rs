//! The limiter, on one node or on many. In: questions, instants. Out: permits or refusals; blocked addresses.
//! Never here: the rules (admit), Redis's words (shared).

mod judge;
mod queue;

use crate::days::DayCounts;
use crate::granted::{Denied, Granted, Mode};
use crate::local::Local;
use crate::shared::{AddressError, News, Shared, SharedConfig};
use admit::{AddressBlock, Ask, Blocked, Readings};
use catalog::FairUse;
use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use units::{Clock, Timestamp, WorkspaceId};

/// How often a limiter by itself looks for what it may forget.
const TIDY_EVERY: Duration = Duration::from_secs(60);

/// Counts requests, slots, days and tokens of accounts, and failures of addresses (R-LIM-1, R-LIM-3). Clones are one limiter.
#[derive(Clone)]
pub struct Limiter {
    pub(crate) inner: Arc<Inner>,
}

/// What all clones and permits share.
pub struct Inner {
    pub(crate) local: Local,
    pub(crate) shared: Option<Shared>,
}

impl Limiter {
    /// One that counts for this node alone. After a restart its days are told by `seed_day`; where several nodes run without
    /// Redis, `set_live_nodes` gives each its part.
    pub fn local() -> Self {
        Self { inner: Arc::new(Inner { local: Local::new(), shared: None }) }
    }

    /// One that counts for all nodes on the same Redis (7 or newer, or Valkey), and by its part while that is away. `keep` makes
    /// the connection: until it has one, this node judges alone.
    ///
    /// # Errors
    /// When the address is none; nothing is connected here.
    pub fn shared(config: SharedConfig, days: Arc<dyn DayCounts>) -> Result<Self, AddressError> {
        Ok(Self { inner: Arc::new(Inner { local: Local::new(), shared: Some(Shared::new(config, days)?) }) })
    }

    /// Runs beside the requests as long as the node does: leases, ends and days for Redis, blocked addresses from it, idle accounts
    /// that are forgotten. On a runtime of the background, once; the connection lives there.
    pub async fn keep(&self, clock: &dyn Clock) {
        match &self.inner.shared {
            Some(shared) => shared.keep(&self.inner.local, clock).await,
            None => loop {
                sleep(TIDY_EVERY).await;
                self.inner.local.tidy(clock.now());
            },
        }
    }

    /// Asks for a request. Where use is fair, one that lacks nothing but a slot waits for it (R-LIM-5); dropping the future gives
    /// up the place. `now` is the instant of the question.
    ///
    /// # Errors
    /// Which limit refused and for how long, or that nobody can judge.
    pub async fn admit(&self, ask: &Ask<'_>, fair_use: Option<FairUse>, now: Timestamp) -> Result<Granted, Denied> {
        let answer = self.judge(ask, now).await;
        let lacks_a_slot = matches!(&answer, Err(Denied::Limit { refusal, .. }) if refusal.slots_only);
        let place = fair_use.filter(|_| lacks_a_slot);
        match place.and_then(|fair| Some((fair, self.place(ask.workspace, fair.queued_max, now)?))) {
            Some((fair, place)) => place.wait(ask, fair.queue_ms_max, now).await,
            None => answer,
        }
    }

    /// What is left to an account, and who says so; takes nothing. For answers that call no model.
    pub async fn look(&self, ask: &Ask<'_>, now: Timestamp) -> (Readings, Mode) {
        self.readings(ask, now).await
    }

    /// So many requests of a workspace (to a model) are recorded of a UTC day, which is numbered from 1970-01-01: for a node that
    /// starts anew.
    pub fn seed_day(&self, workspace: WorkspaceId, model: Option<&Arc<str>>, day: i64, used: u32) {
        let start = Timestamp::from_ms(day.saturating_mul(86_400_000));
        self.inner.local.with(workspace, start, |account| account.gauges.raise_day(model, day, used));
    }

    /// How many nodes run, this one among them: what each may admit by itself is its part, rounded up.
    pub fn set_live_nodes(&self, nodes: u32) {
        self.inner.local.set_nodes(nodes);
    }

    /// Accounts that are remembered, for a metric.
    pub fn accounts(&self) -> usize {
        self.inner.local.len()
    }

    /// Who would judge a question just now, for a metric.
    pub fn mode(&self) -> Mode {
        match &self.inner.shared {
            None => Mode::Local,
            Some(shared) if shared.way().is_some() => Mode::Shared,
            Some(_) => Mode::Degraded,
        }
    }

    /// How many addresses are blocked just now, for a metric.
    pub fn blocked_addresses(&self, now: Timestamp) -> usize {
        self.inner.local.known_addresses().map_or(0, |addresses| addresses.blocked_count(now))
    }

    /// The addresses that are blocked just now, as far as this node knows, the last one first.
    pub fn blocks(&self, now: Timestamp) -> Vec<Blocked> {
        let mut all = self.inner.local.known_addresses().map_or_else(Vec::new, |addresses| addresses.blocks(now));
        // In order when calls may look at them again.
        all.sort_unstable_by_key(|block| (Reverse(block.until), block.address));
        all
    }

    /// Lets an address in again; with Redis on all nodes, within two seconds.
    pub fn lift(&self, address: IpAddr, now: Timestamp) {
        let address = AddressBlock::of(address);
        let Some(mut addresses) = self.inner.local.known_addresses() else { return };
        let Some(until) = addresses.blocked(address, now) else { return };
        addresses.lift(address, until);
        drop(addresses);
        if let Some(shared) = &self.inner.shared {
            shared.tell(News::Lifted(address, until));
        }
    }

    /// Until when calls from an address are refused, whatever they bring; `None` when they are not.
    pub fn blocked(&self, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        self.inner.local.known_addresses()?.blocked(AddressBlock::of(address), now)
    }

    /// An address failed to authenticate; until when it is blocked, if it is now.
    pub fn failed(&self, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        let address = AddressBlock::of(address);
        let (before, until) = {
            let mut addresses = self.inner.local.addresses();
            (addresses.blocked(address, now), addresses.failed(address, now))
        };
        if let Some(shared) = &self.inner.shared
            && before.is_none()
        {
            shared.tell(until.map_or(News::Failed(address), |until| News::Blocked(address, until)));
        }
        until
    }

    /// An address authenticated: its failures are forgotten.
    pub fn succeeded(&self, address: IpAddr) {
        let address = AddressBlock::of(address);
        let had_failed = self.inner.local.known_addresses().is_some_and(|mut all| all.succeeded(address));
        if let Some(shared) = &self.inner.shared
            && had_failed
        {
            shared.tell(News::Succeeded(address));
        }
    }
}
