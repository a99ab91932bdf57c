//! What callers are told of limits: headers of every answer (headers), what is left as JSON, and the fault of a call that is too
//! many. In: readings, refusals. Out: headers, values, faults. Never here: counting, which tier an account is in.

mod headers;

use crate::api::Shown;
use admit::{Allowance, Ask, LimitKind, LimitScope, Reading, Readings, Refusal};
use canon::{Fault, FaultKind, Retry};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use units::Timestamp;

/// What may be told of an account's limits. Of fair use nothing is (R-LIM-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitTold {
    tier: Arc<str>,
    readings: Readings,
    at: Timestamp,
}

/// What is left of each limit of an account.
#[derive(Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AllLeft {
    /// Null is no limit, or one that is not published.
    requests_per_minute: Option<Left>,
    /// The same.
    concurrent_requests: Option<Left>,
    /// The same, by UTC day.
    requests_per_day: Option<Left>,
}

/// What is left of a limit.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Left {
    limit: u32,
    remaining: u32,
    /// When all of it is free; null where nothing is used, and of concurrent requests.
    reset_at: Option<Shown<Timestamp>>,
}

impl Left {
    fn of(reading: Reading) -> Self {
        let Reading { limit, remaining, free_at } = reading;
        // Where nothing is used there is nothing to wait for.
        Self { limit, remaining, reset_at: (remaining < limit).then_some(Shown(free_at)) }
    }
}

impl LimitTold {
    /// What is told of readings; `None` where the tier publishes nothing.
    pub fn of(allowance: &Allowance, readings: Readings, at: Timestamp) -> Option<Arc<Self>> {
        let tier = allowance.tier.name.clone();
        allowance.fair_use().is_none().then(|| Arc::new(Self { tier, readings, at }))
    }

    /// The tier's name.
    pub fn tier(&self) -> &str {
        &self.tier
    }

    /// What is left of each limit.
    pub fn left(&self) -> AllLeft {
        let Readings { requests, concurrent, day } = self.readings;
        AllLeft {
            requests_per_minute: requests.map(Left::of),
            // Nobody knows when an answer ends.
            concurrent_requests: concurrent.map(|slots| Left { reset_at: None, ..Left::of(slots) }),
            requests_per_day: day.map(Left::of),
        }
    }
}

/// The fault of a call that is one too many: which limit, whose, and how long to wait.
pub fn refused(refusal: &Refusal, ask: &Ask<'_>, allowance: &Allowance) -> Fault {
    let limits = match refusal.scope {
        LimitScope::Account => ask.account,
        LimitScope::Key => ask.key.map(|(_, limits)| limits).unwrap_or_default(),
        LimitScope::Model => ask.model.map(|(_, limits)| limits).unwrap_or_default(),
    };
    let number = match refusal.kind {
        LimitKind::Requests => limits.requests_per_minute.map(u64::from),
        LimitKind::Concurrent => limits.concurrent.map(u64::from),
        LimitKind::Day => limits.requests_per_day.map(u64::from),
        LimitKind::Tokens => limits.tokens_per_minute,
    };
    let what = match refusal.kind {
        LimitKind::Requests => "requests per minute",
        LimitKind::Concurrent => "concurrent requests",
        LimitKind::Day => "requests per day",
        LimitKind::Tokens => "tokens per minute",
    };
    let whose = match refusal.scope {
        LimitScope::Account => format!("of the tier \"{}\"", allowance.tier.name),
        LimitScope::Key => "of this API key".to_owned(),
        LimitScope::Model => "of this model".to_owned(),
    };
    // What a tier of fair use bounds is not told; what a key or a model has is.
    let hidden = refusal.scope == LimitScope::Account && allowance.fair_use().is_some();
    let told = match number.filter(|_| !hidden) {
        None => "Too much is under way at the moment; try again.".to_owned(),
        Some(number) => format!(
            "Rate limit exceeded: {number} {what} {whose} are used up; try again in {} s.",
            refusal.retry_after_s()
        ),
    };
    Fault::new(FaultKind::RateLimited, told).retry(Retry::After(refusal.wait))
}

/// The fault of a count of tokens that is one too many.
pub fn refused_count(refusal: &Refusal, most: u32, allowance: &Allowance) -> Fault {
    let wait = refusal.retry_after_s();
    let told = match allowance.fair_use() {
        Some(_) => format!("Rate limit exceeded: too many counts of tokens; try again in {wait} s."),
        None => format!(
            "Rate limit exceeded: {most} counts of tokens per minute of the tier \"{}\" are used up; try again in {wait} s.",
            allowance.tier.name
        ),
    };
    Fault::new(FaultKind::RateLimited, told).retry(Retry::After(refusal.wait))
}

/// The fault where nobody can judge and the setting is strict.
pub fn unjudged(retry_after: Duration) -> Fault {
    Fault::new(FaultKind::Unavailable, "Limits cannot be checked at the moment; nothing was charged.")
        .retry(Retry::After(retry_after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::Tiers;
    use units::{RequestId, WorkspaceId};

    /// R-LIM-2: the fault says which limit, whose, and how long to wait.
    #[test]
    fn r_lim_2_a_refusal_names_its_limit() {
        let allowance = Allowance::of_balance(&Tiers::default(), false);
        let ask = Ask {
            workspace: WorkspaceId::from_bytes([1; 16]),
            request: RequestId::from_bytes([2; 16]),
            account: allowance.limits,
            key: None,
            model: None,
            tokens: 0,
            model_only: false,
        };
        let wait = Duration::from_millis(11_200);
        let refusal = Refusal { scope: LimitScope::Account, kind: LimitKind::Requests, wait, slots_only: false };
        let fault = refused(&refusal, &ask, &allowance);
        assert_eq!(
            fault.told,
            "Rate limit exceeded: 5 requests per minute of the tier \"free\" are used up; try again in 12 s."
        );
        assert_eq!((fault.kind, fault.retry_after_s()), (FaultKind::RateLimited, Some(12)));
    }
}
