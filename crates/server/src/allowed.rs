//! How much a caller may ask for now: its tier by what its account has, and the limiter's answer. In: a caller, a model. Out: a
//! permit, or a fault that names the limit; what may be told of the limits. Never here: the rules (admit), counting (limits).

use crate::callers::{Caller, LiveKey};
use crate::entry::Entry;
use crate::house::House;
use crate::limit_told::{LimitTold, refused, refused_count, unjudged};
use crate::limits::{COUNTS_PER_REQUEST, NODES_EVERY};
use crate::live::LiveModel;
use crate::relay::{Job, estimate};
use admit::{Allowance, Ask, WorkspaceRules};
use canon::Fault;
use catalog::Limits;
use limits::{Denied, Granted, Mode, Permit};
use std::sync::{Arc, LazyLock};
use store::port::WorkspaceRow;
use units::{RequestId, Timestamp, WorkspaceId};

/// Where counts of tokens are counted, beside an account's models: no model has blanks in its id.
static COUNTS: LazyLock<Arc<str>> = LazyLock::new(|| "counts of tokens".into());

impl House {
    /// A caller whose key was found.
    pub async fn caller(&self, key: Arc<LiveKey>, now: Timestamp) -> Caller {
        let account = self.workspaces.find(key.workspace);
        let rules = account.as_ref().map(|row| &row.rules);
        Caller { allowance: self.allowance(key.workspace, rules, now).await, account, key }
    }

    /// What an account may ask for: by the tier that an operator put it in, by its plans, or by its balance.
    pub async fn allowance(
        &self,
        account: WorkspaceId,
        rules: Option<&WorkspaceRules>,
        now: Timestamp,
    ) -> Allowance {
        let catalogue = self.catalogue.load();
        let tiers = &catalogue.catalogue.tiers;
        if let Some(tier) = rules.and_then(|rules| tiers.get(rules.tier.as_deref()?)) {
            return Allowance::of(tier.clone());
        }
        let plans = rules.map_or(&[][..], |rules| &rules.plans);
        match Allowance::of_plans(tiers, plans.iter().map(String::as_str)) {
            Some(allowance) => allowance,
            None => Allowance::of_balance(tiers, self.has_balance(account, now).await),
        }
    }

    /// Tells the log of workspaces that an operator put in a tier which the catalogue has no more: they are where they would be
    /// without it.
    pub fn tell_gone_tiers(&self) {
        let catalogue = self.catalogue.load();
        for row in self.workspaces.all() {
            if let Some(name) =
                row.rules.tier.as_deref().filter(|name| catalogue.catalogue.tiers.get(name).is_none())
            {
                self.log.warn("tier.gone", &[("workspace.id", &row.id.to_string()), ("tier", name)]);
            }
        }
    }

    /// Asks the limiter for a call to a model that takes about so many tokens. It is admitted now: its body may have taken its time.
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
        let now = self.clock.now();
        match self.limiter.admit(&ask, allowance.fair_use(), now).await {
            Ok(Granted { permit, readings, mode }) => {
                self.judged(mode);
                Ok((permit, LimitTold::of(allowance, readings, now)))
            }
            Err(Denied::Limit { refusal, readings, mode }) => {
                self.judged(mode);
                let told = LimitTold::of(allowance, readings, now);
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
            model: Some(limited),
            tokens: estimate(job.peek.prompt_bytes),
            model_only: true,
            // What it takes ends with the call, but by a name of its own.
            ..nothing(job.caller.workspace, self.request_id(now))
        };
        let granted = self.limiter.admit(&ask, None, now).await?;
        self.judged(granted.mode);
        Ok(Some(granted.permit))
    }

    /// Asks the limiter for a count of tokens. It takes nothing from the limits of calls and has one of its own, by the account's
    /// rate: where that has none, a count has none.
    ///
    /// # Errors
    /// When it is used up, or nobody can judge.
    pub async fn permit_count(&self, entry: &Entry, caller: &Caller) -> Result<(), Fault> {
        let allowance = &caller.allowance;
        let Some(rate) = allowance.limits.requests_per_minute else { return Ok(()) };
        let most = rate.saturating_mul(COUNTS_PER_REQUEST);
        let limits = Limits { requests_per_minute: Some(most), ..Limits::default() };
        let ask = Ask { model: Some((&COUNTS, limits)), model_only: true, ..nothing(caller.workspace, entry.id) };
        match self.limiter.admit(&ask, None, self.clock.now()).await {
            Ok(granted) => {
                self.judged(granted.mode);
                Ok(())
            }
            Err(Denied::Limit { refusal, mode, .. }) => {
                self.judged(mode);
                Err(refused_count(&refusal, most, allowance))
            }
            Err(Denied::Unavailable { retry_after }) => Err(unjudged(retry_after)),
        }
    }

    /// What may be told of the limits of a caller; takes nothing.
    pub async fn limits_of(&self, entry: &Entry, caller: &Caller) -> Option<Arc<LimitTold>> {
        let now = self.clock.now();
        let (readings, mode) = self.limiter.look(&asked(entry, caller), now).await;
        self.judged(mode);
        LimitTold::of(&caller.allowance, readings, now)
    }

    /// What may be told of the limits of an account; takes nothing.
    pub async fn limits_of_account(&self, row: &WorkspaceRow, now: Timestamp) -> Option<Arc<LimitTold>> {
        let allowance = self.allowance(row.id, Some(&row.rules), now).await;
        let ask = Ask { account: allowance.limits, ..nothing(row.id, self.request_id(now)) };
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
                    self.live_rows.set_others(nodes > 1);
                }
                tokio::time::sleep(NODES_EVERY).await;
            }
        };
        tokio::join!(self.limiter.keep(&*self.clock), nodes, self.learn_balances());
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
        account: caller.allowance.limits,
        key: (!own.is_none()).then_some((caller.id, own)),
        ..nothing(caller.workspace, entry.id)
    }
}

/// A question that asks for nothing yet.
fn nothing<'a>(workspace: WorkspaceId, request: RequestId) -> Ask<'a> {
    Ask { workspace, request, account: Limits::default(), key: None, model: None, tokens: 0, model_only: false }
}
