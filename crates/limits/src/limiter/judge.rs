//! One question, judged: by Redis where it answers, else by this node. In: a question. Out: a permit, or why not.
//! Never here: waiting for a slot (queue).

use super::Limiter;
use crate::granted::{Denied, Granted, Mode};
use crate::permit::Permit;
use crate::shared::{Answer, Bases, How, News, Shared, StaleDay, Word};
use admit::{Ask, LimitScope, Readings, Refusal, Verdict};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use units::{RequestId, Timestamp};

/// How long what the records said of a day holds while Redis is away.
const DAY_KNOWN: Duration = Duration::from_secs(10);
/// When they are asked again where they said nothing: not for every request, which would have to wait each time.
const DAY_ASKED_AGAIN: Duration = Duration::from_secs(1);
/// How long the records may be asked then.
const DAY_PATIENCE: Duration = Duration::from_millis(250);
/// When to try again where nobody can judge.
const UNAVAILABLE: Duration = Duration::from_secs(1);

impl Limiter {
    /// Judges once.
    pub(super) async fn judge(&self, ask: &Ask<'_>, now: Timestamp) -> Result<Granted, Denied> {
        let local = &self.inner.local;
        let Some(shared) = &self.inner.shared else {
            let verdict = local.admit(&ask.share(local.nodes(), true), &ask.account, now);
            return self.answer(ask, verdict, (Mode::Local, now), None);
        };
        let bases = shared.bases(ask);
        let bond = Some((ask.request, bases));
        if let Some((answer, verdict)) = self.ask_redis(shared, ask, &bond, now).await {
            return self.answer(ask, verdict, (Mode::Shared, answer.now), bond);
        }
        if shared.strict {
            return Err(Denied::Unavailable { retry_after: UNAVAILABLE });
        }
        shared.judges_alone();
        let here = shared.its_time(now);
        self.learn_days(shared, ask, here).await;
        let verdict = local.with(ask.workspace, here, |account| {
            account.days_to_tell = true;
            account.gauges.admit(&ask.share(local.nodes(), false), &ask.account, here)
        });
        self.answer(ask, verdict, (Mode::Degraded, here), bond)
    }

    /// What is left, without taking.
    pub(super) async fn readings(&self, ask: &Ask<'_>, now: Timestamp) -> (Readings, Mode) {
        let local = &self.inner.local;
        let own = |at, days_too| {
            local.readings(ask.workspace, &ask.account, &ask.share(local.nodes(), days_too).account, at)
        };
        let Some(shared) = &self.inner.shared else { return (own(now, true), Mode::Local) };
        let here = shared.its_time(now);
        if let Some((mut connection, _)) = shared.way() {
            let how = self.how(shared, ask, here, false);
            let bases = shared.bases(ask);
            if let Some(answer) = shared.ask(&mut connection, ask, (&bases, &how), now).await {
                return (answer.readings, Mode::Shared);
            }
        }
        (own(here, false), Mode::Degraded)
    }

    fn answer(
        &self,
        ask: &Ask<'_>,
        verdict: Verdict,
        (mode, at): (Mode, Timestamp),
        bond: Option<(RequestId, Bases)>,
    ) -> Result<Granted, Denied> {
        let readings = verdict.readings;
        match verdict.refusal {
            Some(refusal) => Err(Denied::Limit { refusal, readings, mode }),
            None => {
                let permit = Permit::new(&self.inner, ask.workspace, ask.taken(at), bond);
                Ok(Granted { permit, readings, mode })
            }
        }
    }

    fn how(&self, shared: &Shared, ask: &Ask<'_>, here: Timestamp, takes: bool) -> How {
        let known =
            |account: &mut crate::local::Account| (account.gauges.days_used(ask, here), account.days_to_tell);
        let (known, insist) = self.inner.local.with(ask.workspace, here, known);
        How { lease: shared.lease(), takes, day: here.day(), known, insist }
    }

    /// Redis's answer and what this node makes of it; `None` where there is none in time.
    async fn ask_redis(
        &self,
        shared: &Shared,
        ask: &Ask<'_>,
        bond: &Option<(RequestId, Bases)>,
        now: Timestamp,
    ) -> Option<(Answer, Verdict)> {
        let (_, bases) = bond.as_ref()?;
        let (mut connection, careful) = shared.way()?;
        let here = shared.its_time(now);
        let how = self.how(shared, ask, here, true);
        // Until the answer is here, nobody knows whether something was taken: not if it is late, not if the caller goes.
        let mut loose = Loose { shared, request: ask.request, bases, word: Some(Word::Loose { day: here.day() }) };
        let answer = shared.ask(&mut connection, ask, (bases, &how), now).await?;
        loose.word = None;
        let mut refusal: Option<Refusal> = answer.refusal;
        if refusal.is_none() {
            let local = &self.inner.local;
            let part = if careful { ask.share_of_rates(local.nodes()) } else { ask.clone() };
            refusal = local.follow(&part, answer.repeated, &answer.days, answer.now);
            let refused = Word::Refused { at: answer.now, tokens: ask.tokens };
            loose.word = refusal.filter(|_| !answer.repeated).map(|_| refused);
            self.tell_stale_days(shared, ask, &answer, how.insist);
        }
        let verdict = Verdict { refusal, readings: answer.readings };
        Some((answer, verdict))
    }

    /// Days that Redis knew nothing of, or too little, are looked up in the records.
    fn tell_stale_days(&self, shared: &Shared, ask: &Ask<'_>, answer: &Answer, insist: bool) {
        for scope in [LimitScope::Account, LimitScope::Model] {
            let counted = answer.days[scope as usize].is_some();
            if counted && (answer.fresh[scope as usize] || insist) {
                let model = ask.model.filter(|_| scope == LimitScope::Model).map(|(id, _)| Arc::clone(id));
                let base = shared.base(ask, scope);
                shared.tell_stale(StaleDay { workspace: ask.workspace, model, base, day: answer.now.day() });
            }
        }
    }

    /// While Redis is away a day is what the records say and what came here since.
    async fn learn_days(&self, shared: &Shared, ask: &Ask<'_>, here: Timestamp) {
        let local = &self.inner.local;
        let account = ask.account.requests_per_day.is_some().then_some(None);
        let model = ask.model.filter(|(_, limits)| limits.requests_per_day.is_some()).map(|(id, _)| Some(id));
        let due = local.with(ask.workspace, here, |account| account.day_known_until <= here);
        for of in [account, model].into_iter().flatten().filter(|_| due) {
            let name: Option<&str> = of.map(|id| &**id);
            let asked = shared.days.used(ask.workspace, name, here.day());
            let used = timeout(DAY_PATIENCE, asked).await.ok().flatten();
            local.with(ask.workspace, here, |account| {
                if let Some(used) = used {
                    // What runs is in no record yet.
                    account.gauges.raise_day(of, here.day(), used.saturating_add(account.gauges.held()));
                }
                account.day_known_until = here.plus(used.map_or(DAY_ASKED_AGAIN, |_| DAY_KNOWN));
            });
        }
    }
}

/// What Redis may have taken for a request that does not run by it.
struct Loose<'a> {
    shared: &'a Shared,
    request: RequestId,
    bases: &'a Bases,
    /// What it is told; nothing where it took nothing, or what it took is held by a permit.
    word: Option<Word>,
}

impl Drop for Loose<'_> {
    fn drop(&mut self) {
        let word = self.word.filter(|_| !self.shared.live.has(self.request));
        if let Some(word) = word {
            self.shared.tell(News::Request(self.request, self.bases.clone(), word));
        }
    }
}
