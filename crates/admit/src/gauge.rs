//! What one scope has used: requests of a minute, of a day and at once, tokens of a minute. In: limits, instants. Out: what
//! refuses, what is left. Never here: several scopes (gauges has them), who they belong to.

use crate::bucket::Bucket;
use crate::readings::{LimitKind, Reading, Readings};
use crate::window::Window;
use catalog::Limits;
use std::time::Duration;
use units::Timestamp;

/// When a slot comes free nobody knows; so long is a polite time to wait.
pub const SLOT_WAIT: Duration = Duration::from_secs(1);
const DAY_MS: i64 = 86_400_000;

/// The gauge of one scope.
#[derive(Clone, Debug, Default)]
pub struct Gauge {
    window: Window,
    held: u32,
    /// The UTC day that is counted, as its number since 1970.
    day: i64,
    day_used: u32,
    tokens: Bucket,
}

impl Gauge {
    /// Everything that refuses a request of so many tokens, with how long it will.
    pub fn refusals(
        &mut self,
        limits: &Limits,
        tokens: u64,
        now: Timestamp,
    ) -> impl Iterator<Item = (LimitKind, Duration)> + use<> {
        let requests = limits.requests_per_minute.and_then(|limit| self.window.wait(limit, now));
        let slots = limits.concurrent.filter(|limit| self.held >= *limit).map(|_| SLOT_WAIT);
        self.turn(now);
        let day = limits.requests_per_day.filter(|limit| self.day_used >= *limit);
        let day = day.map(|_| self.day_ends().since(now));
        let tokens = limits.tokens_per_minute.and_then(|limit| self.tokens.wait(limit, tokens, now));
        let all = [requests, slots, day, tokens];
        LimitKind::ALL.into_iter().zip(all).filter_map(|(kind, wait)| Some((kind, wait?)))
    }

    /// One request more, whatever the limits are.
    pub fn take(&mut self, limits: &Limits, tokens: u64, now: Timestamp) {
        if let Some(limit) = limits.requests_per_minute {
            self.window.record(limit, now);
        }
        self.held = self.held.saturating_add(1);
        self.turn(now);
        self.day_used = self.day_used.saturating_add(1);
        if limits.tokens_per_minute.is_some() {
            self.tokens.take(tokens);
        }
    }

    /// One request ended.
    pub fn release(&mut self) {
        self.held = self.held.saturating_sub(1);
    }

    /// One request of a day does not count after all.
    pub fn give_back(&mut self, day: i64) {
        if self.day == day {
            self.day_used = self.day_used.saturating_sub(1);
        }
    }

    /// True tokens in the place of estimated ones.
    pub fn correct(&mut self, estimated: u64, counted: u64) {
        self.tokens.correct(estimated, counted);
    }

    /// So many are known to have been used on a day, by who has counted longer.
    pub fn raise_day(&mut self, day: i64, used: u32) {
        if self.day < day {
            (self.day, self.day_used) = (day, used);
        } else if self.day == day {
            self.day_used = self.day_used.max(used);
        }
    }

    /// So many are used on a day, by who counts for all.
    pub fn set_day(&mut self, day: i64, used: u32) {
        if self.day <= day {
            (self.day, self.day_used) = (day, used);
        }
    }

    /// Requests of a day, 0 when another one is counted.
    pub fn day_used(&self, day: i64) -> u32 {
        if self.day == day { self.day_used } else { 0 }
    }

    /// Requests that run.
    pub fn held(&self) -> u32 {
        self.held
    }

    /// What is left of `share`, told as of `limits` (they differ where several nodes share by number).
    pub fn readings(&mut self, limits: &Limits, share: &Limits, now: Timestamp) -> Readings {
        self.turn(now);
        let (used, free_at) = (self.window.used(now), self.window.free_at(now));
        let reading = |limit: Option<u32>, share: Option<u32>, used: u32, free_at| {
            limit.zip(share).map(|(limit, share)| Reading { limit, remaining: share.saturating_sub(used), free_at })
        };
        Readings {
            requests: reading(limits.requests_per_minute, share.requests_per_minute, used, free_at),
            concurrent: reading(limits.concurrent, share.concurrent, self.held, now),
            day: reading(limits.requests_per_day, share.requests_per_day, self.day_used, self.day_ends()),
        }
    }

    /// Gives back the room of what is past; whether nothing is left that must be remembered.
    pub fn tidy(&mut self, now: Timestamp) -> bool {
        let past = self.day_used == 0 || self.day < now.day();
        self.window.tidy(now) && self.held == 0 && past && self.tokens.is_idle(now)
    }

    fn day_ends(&self) -> Timestamp {
        Timestamp::from_ms((self.day + 1).saturating_mul(DAY_MS))
    }

    /// Turns to the day of `now`. A clock that was set back a little stays in its day; one that was set back further takes what
    /// is counted along.
    fn turn(&mut self, now: Timestamp) {
        let today = now.day();
        if self.day < today {
            (self.day, self.day_used) = (today, 0);
        } else if now.ms() + crate::window::SPAN_MS < self.day.saturating_mul(DAY_MS) {
            self.day = today;
        }
    }
}
