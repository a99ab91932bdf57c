//! What one account has used, in all scopes, and the one admission over them: all or nothing. In: a question, `now`. Out: a
//! verdict; what was taken is given back by its name. Never here: a lock, a clock, other accounts (crate limits).

use crate::gauge::Gauge;
use crate::readings::{LimitKind, LimitScope, Readings, Refusal, Verdict};
use catalog::Limits;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use units::{KeyId, RequestId, Timestamp, WorkspaceId};

/// What a request asks of the limits: it must fit under those of its account and under the smaller ones of its key and model.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The account.
    pub workspace: WorkspaceId,
    /// The request: asking twice for one takes one slot, where nodes share them.
    pub request: RequestId,
    /// The account's limits.
    pub account: Limits,
    /// The key and its own limits, where it has some.
    pub key: Option<(KeyId, Limits)>,
    /// The model and its limits for one account, where it has some.
    pub model: Option<(&'a Arc<str>, Limits)>,
    /// How many tokens it may take; corrected at its end.
    pub tokens: u64,
    /// Only the model is asked: another question of the same request has asked its account and key.
    pub model_only: bool,
}

impl Ask<'_> {
    /// The limits of each scope that limits something; the account always stands first, where it is asked.
    pub fn scopes(&self) -> impl Iterator<Item = (LimitScope, Limits)> + use<> {
        let asked = !self.model_only;
        let key = self.key.map(|(_, limits)| limits).filter(|limits| asked && !limits.is_none());
        let model = self.model.map(|(_, limits)| limits).filter(|limits| !limits.is_none());
        let all = [asked.then_some(self.account), key, model];
        LimitScope::ALL.into_iter().zip(all).filter_map(|(scope, limits)| Some((scope, limits?)))
    }

    /// The question as one of so many nodes asks it that do not know of each other; days stay whole where they are counted
    /// for all.
    #[must_use]
    pub fn share(&self, nodes: u32, days_too: bool) -> Self {
        self.each(|limits| {
            let share = limits.share(nodes);
            let day = if days_too { share.requests_per_day } else { limits.requests_per_day };
            Limits { requests_per_day: day, ..share }
        })
    }

    /// The question with this node's part of each rate, and all else whole: after who counts for all was away, for as long as a
    /// window lasts, what was admitted meanwhile counts nowhere else.
    #[must_use]
    pub fn share_of_rates(&self, nodes: u32) -> Self {
        let part =
            |limits: Limits| Limits { requests_per_minute: limits.share(nodes).requests_per_minute, ..limits };
        self.each(part)
    }

    fn each(&self, part: impl Fn(Limits) -> Limits) -> Self {
        Self {
            account: part(self.account),
            key: self.key.map(|(id, limits)| (id, part(limits))),
            model: self.model.map(|(id, limits)| (id, part(limits))),
            ..self.clone()
        }
    }

    /// What is taken when it is admitted at `now`.
    pub fn taken(&self, now: Timestamp) -> Taken {
        let limited = |limits: &Limits| !limits.is_none();
        Taken {
            account: !self.model_only,
            key: self.key.filter(|(_, limits)| !self.model_only && limited(limits)).map(|(id, _)| id),
            model: self.model.filter(|(_, limits)| limited(limits)).map(|(id, _)| Arc::clone(id)),
            day: now.day(),
            tokens: self.tokens,
        }
    }
}

/// What an admitted request took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whether the account's limits are part of it.
    pub account: bool,
    /// Its key, where that has limits.
    pub key: Option<KeyId>,
    /// Its model, where that has limits.
    pub model: Option<Arc<str>>,
    /// The UTC day that it counts for.
    pub day: i64,
    /// The tokens it was taken for.
    pub tokens: u64,
}

/// What an account has used.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    account: Gauge,
    keys: BTreeMap<KeyId, Gauge>,
    models: BTreeMap<Arc<str>, Gauge>,
}

impl Gauges {
    /// Admits a request and takes everything it needs, or takes nothing. `told` has the account's limits as callers read them,
    /// where `ask` has a node's share of them.
    pub fn admit(&mut self, ask: &Ask<'_>, told: &Limits, now: Timestamp) -> Verdict {
        let mut refusal: Option<Refusal> = None;
        let mut slots_only = true;
        for (scope, limits) in ask.scopes() {
            let Some(gauge) = self.gauge(ask, scope) else { continue };
            for (kind, wait) in gauge.refusals(&limits, ask.tokens, now) {
                slots_only &= kind == LimitKind::Concurrent;
                longest(&mut refusal, scope, kind, wait);
            }
        }
        if let Some(refusal) = &mut refusal {
            refusal.slots_only = slots_only;
        } else {
            self.take(ask, now);
        }
        Verdict { refusal, readings: self.account.readings(told, &ask.account, now) }
    }

    /// Takes what was admitted for all nodes at `now`, the instant of who counts for them, unless this node alone has too many
    /// already: then the other has lost its memory. Who asked before (`repeated`) has its slot.
    pub fn follow(&mut self, ask: &Ask<'_>, repeated: bool, now: Timestamp) -> Option<Refusal> {
        let mut refusal = None;
        for (scope, limits) in ask.scopes().filter(|_| !repeated) {
            let Some(gauge) = self.gauge(ask, scope) else { continue };
            // Days are known better elsewhere.
            let own = Limits { requests_per_day: None, tokens_per_minute: None, ..limits };
            for (kind, wait) in gauge.refusals(&own, 0, now) {
                longest(&mut refusal, scope, kind, wait);
            }
        }
        if refusal.is_none() {
            self.take(ask, now);
        }
        refusal
    }

    /// How many requests of the day of `now` are known in each scope, in the order of scopes; 0 where nothing is.
    pub fn days_used(&self, ask: &Ask<'_>, now: Timestamp) -> [u32; 3] {
        let of = |gauge: Option<&Gauge>| gauge.map_or(0, |gauge| gauge.day_used(now.day()));
        let key = ask.key.and_then(|(id, _)| self.keys.get(&id));
        let model = ask.model.and_then(|(id, _)| self.models.get(id));
        [of(Some(&self.account)), of(key), of(model)]
    }

    /// So many requests of a day were counted for all nodes in each scope; `None` where nothing was counted.
    pub fn set_days(&mut self, ask: &Ask<'_>, used: &[Option<u32>; 3], day: i64) {
        for (scope, used) in LimitScope::ALL.into_iter().zip(used) {
            if let (Some(used), Some(gauge)) = (used, self.gauge(ask, scope)) {
                gauge.set_day(day, *used);
            }
        }
    }

    /// What is left to the account, as of its own limits and of this node's share of them.
    pub fn readings(&mut self, limits: &Limits, share: &Limits, now: Timestamp) -> Readings {
        self.account.readings(limits, share, now)
    }

    /// A request ended: its slots are free.
    pub fn release(&mut self, taken: &Taken) {
        self.each(taken, Gauge::release);
    }

    /// A request does not count for its day: the house failed.
    pub fn give_back_day(&mut self, taken: &Taken) {
        self.each(taken, |gauge| gauge.give_back(taken.day));
    }

    /// A request took so many tokens, not what was estimated.
    pub fn correct_tokens(&mut self, taken: &Taken, counted: u64) {
        self.each(taken, |gauge| gauge.correct(taken.tokens, counted));
    }

    /// So many requests of the account (to a model) are known of a day: the count becomes no smaller.
    pub fn raise_day(&mut self, model: Option<&Arc<str>>, day: i64, used: u32) {
        self.day_gauge(model).raise_day(day, used);
    }

    /// Requests of the account that run.
    pub fn held(&self) -> u32 {
        self.account.held()
    }

    /// Gives back the room of what is past; whether nothing is left that must be remembered.
    pub fn tidy(&mut self, now: Timestamp) -> bool {
        self.keys.retain(|_, gauge| !gauge.tidy(now));
        self.models.retain(|_, gauge| !gauge.tidy(now));
        self.account.tidy(now) && self.keys.is_empty() && self.models.is_empty()
    }

    fn take(&mut self, ask: &Ask<'_>, now: Timestamp) {
        for (scope, limits) in ask.scopes() {
            if let Some(gauge) = self.gauge(ask, scope) {
                gauge.take(&limits, ask.tokens, now);
            }
        }
    }

    /// The gauge of a scope, made where it is not there.
    fn gauge(&mut self, ask: &Ask<'_>, scope: LimitScope) -> Option<&mut Gauge> {
        match scope {
            LimitScope::Account => Some(&mut self.account),
            LimitScope::Key => ask.key.map(|(id, _)| self.keys.entry(id).or_default()),
            LimitScope::Model => ask.model.map(|(id, _)| self.day_gauge(Some(id))),
        }
    }

    fn day_gauge(&mut self, model: Option<&Arc<str>>) -> &mut Gauge {
        match model {
            None => &mut self.account,
            Some(id) => self.models.entry(Arc::clone(id)).or_default(),
        }
    }

    fn each(&mut self, taken: &Taken, mut act: impl FnMut(&mut Gauge)) {
        if taken.account {
            act(&mut self.account);
        }
        taken.key.and_then(|id| self.keys.get_mut(&id)).into_iter().for_each(&mut act);
        taken.model.as_ref().and_then(|id| self.models.get_mut(id)).into_iter().for_each(&mut act);
    }
}

/// Of several refusals the longest is told: who waits for it has waited for all.
fn longest(refusal: &mut Option<Refusal>, scope: LimitScope, kind: LimitKind, wait: Duration) {
    if refusal.is_none_or(|found| found.wait < wait) {
        *refusal = Some(Refusal { scope, kind, wait, slots_only: false });
    }
}

#[cfg(test)]
mod tests;
