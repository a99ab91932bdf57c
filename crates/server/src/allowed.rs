//! How much a caller may ask for now: its tier by what its account has, and the limiter's answer. In: a caller, a model. Out: a
//! permit, or a fault that names the limit; what may be told of the limits. Never here: the rules (admit), counting (limits).

use crate::callers::Caller;
use crate::entry::Entry;
use crate::house::House;
use crate::limit_told::{LimitTold, refused, unjudged};
use crate::limits::{BALANCE_FRESH, BALANCE_STALE, NODES_EVERY};
use crate::live::LiveModel;
use crate::relay::Job;
use admit::{Allowance, Ask, allowance};
use canon::Fault;
use catalog::Limits;
use limits::{DayCounts, Denied, Granted, Mode, Permit};
use parking_lot::{Mutex, RwLock};
use std::pin::Pin;
use std::sync::Arc;
use store::port::Store;
use tokio::sync::Notify;
use units::{NanoUsd, Timestamp, WorkspaceId};

/// Whether accounts have a balance, as far as it was asked lately. It decides about tiers, never about money.
#[derive(Default)]
pub struct Balances {
    known: RwLock<foldhash::HashMap<WorkspaceId, Known>>,
    /// Those whose knowledge is old and was used.
    due: Mutex<foldhash::HashSet<WorkspaceId>>,
    is_due: Notify,
}

/// What was found out of an account.
#[derive(Clone, Copy)]
struct Known {
    has: bool,
    at: Timestamp,
}

impl Balances {
    /// What is known is not believed any more.
    pub fn forget(&self, workspace: WorkspaceId) {
        self.known.write().remove(&workspace);
    }

    /// What is known, where that will do. A call waits for a new answer only where nothing is known that is to its favour: who has
    /// paid just now is not sent away for it.
    fn known(&self, workspace: WorkspaceId, now: Timestamp) -> Option<bool> {
        let Known { has, at } = self.known.read().get(&workspace).copied()?;
        let age = now.since(at);
        if age < BALANCE_FRESH {
            return Some(has);
        }
        if !has || age >= BALANCE_STALE {
            return None;
        }
        if self.due.lock().insert(workspace) {
            self.is_due.notify_one();
        }
        Some(true)
    }

    fn learn(&self, workspace: WorkspaceId, has: bool, at: Timestamp) {
        self.known.write().insert(workspace, Known { has, at });
    }

    fn last(&self, workspace: WorkspaceId) -> bool {
        self.known.read().get(&workspace).is_some_and(|known| known.has)
    }
}

/// The days that a limiter over Redis asks about.
pub struct RecordedDays(pub Arc<dyn Store>);

impl DayCounts for RecordedDays {
    fn used<'a>(
        &'a self,
        workspace: WorkspaceId,
        model: Option<&'a str>,
        day: i64,
    ) -> Pin<Box<dyn Future<Output = Option<u32>> + Send + 'a>> {
        Box::pin(async move {
            let counts = self.0.count_requests(day, Some(workspace)).await.ok()?;
            let fits = counts.iter().filter(|count| model.is_none_or(|model| count.model == model));
            Some(fits.fold(0_u32, |sum, count| sum.saturating_add(count.requests)))
        })
    }
}

impl House {
    /// What an account may ask for.
    pub async fn allowance(&self, account: WorkspaceId, now: Timestamp) -> Allowance {
        let catalogue = self.catalogue.load();
        let tiers = &catalogue.catalogue.tiers;
        let workspace = self.workspaces.find(account);
        let rules = workspace.as_ref().map(|row| &row.rules);
        if let Some(tier) = rules.and_then(|rules| tiers.get(rules.tier.as_deref()?)) {
            return Allowance { tier: tier.clone(), tiers: vec![tier.clone()], limits: tier.limits };
        }
        let plans = rules.map_or(&[][..], |rules| &rules.plans);
        let has_balance = self.has_balance(account, now).await;
        allowance(tiers, plans.iter().map(String::as_str), has_balance)
    }

    /// Whether an account has a balance. Where the ledger does not answer, what was known counts, or nothing.
    async fn has_balance(&self, workspace: WorkspaceId, now: Timestamp) -> bool {
        match self.balances.known(workspace, now) {
            Some(has) => has,
            None => {
                self.learn_balance(workspace, now).await;
                self.balances.last(workspace)
            }
        }
    }

    async fn learn_balance(&self, workspace: WorkspaceId, now: Timestamp) {
        if let Ok(balance) = self.ledger.balance(workspace, now).await {
            self.balances.learn(workspace, balance.posted > NanoUsd::ZERO, now);
        }
    }

    /// Asks for balances again beside the calls that want to know, for ever.
    async fn learn_balances(&self) {
        loop {
            self.balances.is_due.notified().await;
            let due = std::mem::take(&mut *self.balances.due.lock());
            for workspace in due {
                self.learn_balance(workspace, self.clock.now()).await;
            }
        }
    }

    /// Asks the limiter for a call to a model that takes about so many tokens.
    ///
    /// # Errors
    /// The fault, and what may be told of the limits beside it.
    pub async fn permit(
        &self,
        entry: &Entry,
        caller: &Caller,
        model: &LiveModel,
        tokens: u64,
    ) -> Result<(Permit, Option<Arc<LimitTold>>), (Fault, Option<Arc<LimitTold>>)> {
        let allowance = &caller.allowance;
        let ask = Ask { model: limited(model), tokens, ..asked(entry, caller) };
        match self.limiter.admit(&ask, allowance.fair_use(), entry.at).await {
            Ok(Granted { permit, readings, mode }) => {
                self.judged(mode);
                Ok((permit, LimitTold::of(allowance, readings, entry.at)))
            }
            Err(Denied::Limit { refusal, readings, mode }) => {
                self.judged(mode);
                let told = LimitTold::of(allowance, readings, entry.at);
                Err((refused(&refusal, &ask, allowance), told))
            }
            Err(Denied::Unavailable { retry_after }) => Err((unjudged(retry_after), None)),
        }
    }

    /// Asks the limiter for another model in the place of the one that was admitted: for its own limits alone.
    ///
    /// # Errors
    /// When they are used up, or nobody can judge.
    pub async fn permit_instead(&self, job: &Job, model: &LiveModel) -> Result<Option<Permit>, Denied> {
        let Some(limited) = limited(model) else { return Ok(None) };
        let now = self.clock.now();
        let ask = Ask {
            workspace: job.caller.workspace,
            // What it takes ends with the call, but by a name of its own.
            request: self.request_id(now),
            account: Limits::default(),
            key: None,
            model: Some(limited),
            tokens: job.peek.prompt_bytes / 4,
            model_only: true,
        };
        let granted = self.limiter.admit(&ask, None, now).await?;
        self.judged(granted.mode);
        Ok(Some(granted.permit))
    }

    /// What may be told of the limits of a caller; takes nothing.
    pub async fn limits_of(&self, entry: &Entry, caller: &Caller) -> Option<Arc<LimitTold>> {
        let (readings, mode) = self.limiter.look(&asked(entry, caller), entry.at).await;
        self.judged(mode);
        LimitTold::of(&caller.allowance, readings, entry.at)
    }

    /// What may be told of the limits of an account; takes nothing.
    pub async fn limits_of_account(&self, account: WorkspaceId, now: Timestamp) -> Option<Arc<LimitTold>> {
        let allowance = self.allowance(account, now).await;
        let limits = allowance.limits;
        let ask = Ask {
            workspace: account,
            request: self.request_id(now),
            account: limits,
            key: None,
            model: None,
            tokens: 0,
            model_only: false,
        };
        let (readings, mode) = self.limiter.look(&ask, now).await;
        self.judged(mode);
        LimitTold::of(&allowance, readings, now)
    }

    fn judged(&self, mode: Mode) {
        self.metrics.judged(mode);
    }

    /// Looks after the limiter for ever: what it keeps, and how many nodes there are to share limits.
    pub async fn keep_limits(self: Arc<Self>) {
        let nodes = async {
            loop {
                if let Ok(nodes) = self.store.live_nodes().await {
                    self.limiter.set_live_nodes(nodes);
                }
                tokio::time::sleep(NODES_EVERY).await;
            }
        };
        tokio::join!(self.limiter.keep(&*self.clock), nodes, self.learn_balances());
    }

    /// Tells the limiter what is recorded of the day that runs.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn recall_day(&self) -> Result<(), store::port::StoreError> {
        let day = self.clock.now().day();
        let mut sums: foldhash::HashMap<WorkspaceId, u32> = foldhash::HashMap::default();
        let catalogue = self.catalogue.load();
        for count in self.store.count_requests(day, None).await? {
            let sum = sums.entry(count.workspace).or_default();
            *sum = sum.saturating_add(count.requests);
            if let Some(model) = catalogue.models.get(count.model.as_str()) {
                self.limiter.seed_day(count.workspace, Some(&model.model.id), day, count.requests);
            }
        }
        for (workspace, sum) in sums {
            self.limiter.seed_day(workspace, None, day, sum);
        }
        Ok(())
    }
}

/// A model's limits for one account, where it has some.
fn limited(model: &LiveModel) -> Option<(&Arc<str>, Limits)> {
    (!model.model.limits.is_none()).then_some((&model.model.id, model.model.limits))
}

/// The question of a caller without a model.
fn asked<'a>(entry: &Entry, caller: &Caller) -> Ask<'a> {
    let own = Limits { requests_per_minute: caller.rules.requests_per_minute, ..Limits::default() };
    Ask {
        workspace: caller.workspace,
        request: entry.id,
        account: caller.allowance.limits,
        key: (!own.is_none()).then_some((caller.id, own)),
        model: None,
        tokens: 0,
        model_only: false,
    }
}
