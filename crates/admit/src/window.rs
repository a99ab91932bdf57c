//! Requests of the last 60 seconds. In: instants. Out: how many there are, how long until one more fits.
//! Never more than the limit in any 60 seconds: not a fixed minute, which lets twice as many pass across its border.
//! Never here: a clock, which limit applies (it comes with each question).

mod seconds;

use seconds::Seconds;
use std::collections::VecDeque;
use std::time::Duration;
use units::Timestamp;

/// How long a request counts.
pub const SPAN_MS: i64 = 60_000;
/// Up to this limit each request is remembered; above it they are counted by the second of their coming, and each counts until
/// its second is wholly past: the error is at most a second, and never lets more pass.
pub const EXACT_MAX: u32 = 2_000;

/// The window of one scope.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// The latest instant that was recorded, in milliseconds since 1970.
    newest: i64,
    seen: Seen,
}

#[derive(Clone, Debug)]
enum Seen {
    /// The low half of each instant, oldest first: within a minute of `newest` it stands for the whole.
    Each(VecDeque<u32>),
    /// Counts by second.
    Seconds(Box<Seconds>),
}

impl Default for Seen {
    fn default() -> Self {
        Self::Each(VecDeque::new())
    }
}

impl Window {
    /// How long until one more fits under `limit`; `None` when it does now.
    pub fn wait(&mut self, limit: u32, now: Timestamp) -> Option<Duration> {
        self.form(limit, now);
        let now = now.ms();
        if self.count(now) < limit {
            return None;
        }
        let at = match &self.seen {
            _ if limit == 0 => now + SPAN_MS,
            // When this one is gone, one less than the limit is left.
            Seen::Each(each) => {
                let first = each.len() - (limit as usize).min(each.len());
                each.get(first).map_or(now, |low| self.whole(*low) + SPAN_MS)
            }
            Seen::Seconds(counts) => counts.room_at(limit, second(self.newest)) * 1_000,
        };
        Some(Duration::from_millis(u64::try_from(at - now).unwrap_or(0).max(1)))
    }

    /// One more came at `now`.
    pub fn record(&mut self, limit: u32, now: Timestamp) {
        self.form(limit, now);
        let now = now.ms();
        let newest = self.newest.max(now);
        match &mut self.seen {
            Seen::Each(each) => {
                let whole = |low: u32| before(self.newest, low);
                while each.front().is_some_and(|low| whole(*low) + SPAN_MS <= newest)
                    || each.len() > EXACT_MAX as usize
                {
                    each.pop_front();
                }
                // Nearly always at the end; another thread may have been faster.
                let place = each.partition_point(|low| whole(*low) <= now);
                each.insert(place, low(now));
            }
            Seen::Seconds(counts) => {
                counts.turn(second(self.newest), second(newest));
                counts.add(second(newest));
            }
        }
        self.newest = newest;
    }

    /// How many there are.
    pub fn used(&self, now: Timestamp) -> u32 {
        self.count(now.ms())
    }

    /// When all of it will be free; `now` when it is.
    pub fn free_at(&self, now: Timestamp) -> Timestamp {
        if self.used(now) == 0 {
            return now;
        }
        match &self.seen {
            Seen::Each(_) => Timestamp::from_ms(self.newest + SPAN_MS),
            Seen::Seconds(_) => Timestamp::from_ms(Seconds::free_at(second(self.newest)) * 1_000),
        }
    }

    /// Gives back the room of what is past; whether nothing is left.
    pub fn tidy(&mut self, now: Timestamp) -> bool {
        let idle = self.used(now) == 0;
        if idle {
            *self = Self::default();
        }
        idle
    }

    fn count(&self, now: i64) -> u32 {
        match &self.seen {
            Seen::Each(each) => {
                if each.is_empty() || now >= self.newest + SPAN_MS {
                    return 0;
                }
                let past = each.partition_point(|low| self.whole(*low) + SPAN_MS <= now);
                u32::try_from(each.len() - past).unwrap_or(u32::MAX)
            }
            // A clock that stands back a little changes nothing.
            Seen::Seconds(counts) => counts.count(second(self.newest), second(now.max(self.newest))),
        }
    }

    fn whole(&self, low: u32) -> i64 {
        before(self.newest, low)
    }

    /// Takes the form that the limit asks for, and follows a clock that was set back by more than a window: what came before then
    /// counts as if it had just come, or it would stay for ever.
    fn form(&mut self, limit: u32, now: Timestamp) {
        let now = now.ms();
        if self.newest > now + SPAN_MS {
            self.set_back(now);
        }
        match &self.seen {
            Seen::Each(each) if limit > EXACT_MAX => {
                let mut counts = Box::new(Seconds::new());
                let live = each.iter().map(|low| self.whole(*low)).filter(|at| at + SPAN_MS > self.newest);
                live.for_each(|at| counts.add(second(at)));
                self.seen = Seen::Seconds(counts);
            }
            Seen::Seconds(counts) if limit <= EXACT_MAX => {
                let mut each = VecDeque::new();
                // Each as late as it can have come; of more than fit, the latest.
                for (second, count) in counts.latest_first(second(self.newest)) {
                    let room = (EXACT_MAX as usize).saturating_sub(each.len());
                    let at = (second * 1_000 + 999).min(self.newest);
                    (0..(count as usize).min(room)).for_each(|_| each.push_front(low(at)));
                }
                self.seen = Seen::Each(each);
            }
            _ => {}
        }
    }

    fn set_back(&mut self, now: i64) {
        let by = self.newest - now;
        match &mut self.seen {
            Seen::Each(each) => each.iter_mut().for_each(|one| *one = low(before(self.newest, *one) - by)),
            Seen::Seconds(counts) => counts.set_back(second(self.newest) - second(now)),
        }
        self.newest = now;
    }
}

const fn low(ms: i64) -> u32 {
    (ms & 0xffff_ffff) as u32
}

/// The instant with these low bits that lies at or before `newest`.
const fn before(newest: i64, low_bits: u32) -> i64 {
    newest - low(newest).wrapping_sub(low_bits) as i64
}

const fn second(ms: i64) -> i64 {
    ms.div_euclid(1_000)
}

#[cfg(test)]
mod tests;
