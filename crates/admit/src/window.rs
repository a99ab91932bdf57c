//! Requests of the last 60 seconds. In: instants. Out: how many there are, how long until one more fits.
//! Never more than the limit in any 60 seconds: not a fixed minute, which lets twice as many pass across its border.
//! Never here: a clock, which limit applies (it comes with each question).

use std::collections::VecDeque;
use std::time::Duration;
use units::Timestamp;

/// How long a request counts.
pub const SPAN_MS: i64 = 60_000;
/// Up to this limit each request is remembered; above it they are counted by the second of their coming, and each counts until
/// its second is wholly past: the error is at most a second, and never lets more pass.
pub const EXACT_MAX: u32 = 2_000;
/// The second that runs, and sixty before it.
const SECONDS: usize = 61;

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
    /// Counts by second, at the second's number modulo their number.
    Seconds(Box<[u32; SECONDS]>),
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
            Seen::Seconds(counts) => second_with_room(counts, limit, self.second(now)) * 1_000,
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
                let (last, this) = (self.newest.div_euclid(1_000), newest.div_euclid(1_000));
                let fresh = (this - last).clamp(0, SECONDS as i64);
                (0..fresh).for_each(|n| counts[slot(this - n)] = 0);
                let count = &mut counts[slot(this)];
                *count = count.saturating_add(1);
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
            Seen::Seconds(_) => Timestamp::from_ms((self.newest.div_euclid(1_000) + SECONDS as i64) * 1_000),
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
            Seen::Seconds(counts) => {
                let (last, this) = (self.newest.div_euclid(1_000), self.second(now));
                let gone = (this - last).clamp(0, SECONDS as i64);
                (gone..SECONDS as i64).fold(0, |sum: u32, n| sum.saturating_add(counts[slot(this - n)]))
            }
        }
    }

    /// The second that counts as the running one: a clock that stands back a little changes nothing.
    fn second(&self, now: i64) -> i64 {
        now.max(self.newest).div_euclid(1_000)
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
                let mut counts = Box::new([0_u32; SECONDS]);
                let live = each.iter().map(|low| self.whole(*low)).filter(|at| at + SPAN_MS > self.newest);
                live.for_each(|at| counts[slot(at.div_euclid(1_000))] += 1);
                self.seen = Seen::Seconds(counts);
            }
            Seen::Seconds(counts) if limit <= EXACT_MAX => {
                let last = self.newest.div_euclid(1_000);
                let mut each = VecDeque::new();
                // Each as late as it can have come; of more than fit, the latest.
                for n in 0..SECONDS as i64 {
                    let room = (EXACT_MAX as usize).saturating_sub(each.len());
                    let at = ((last - n) * 1_000 + 999).min(self.newest);
                    let many = (counts[slot(last - n)] as usize).min(room);
                    (0..many).for_each(|_| each.push_front(low(at)));
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
            Seen::Seconds(counts) => {
                let seconds = (self.newest.div_euclid(1_000) - now.div_euclid(1_000)).rem_euclid(SECONDS as i64);
                counts.rotate_left(usize::try_from(seconds).unwrap_or(0));
            }
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

fn slot(second: i64) -> usize {
    usize::try_from(second.rem_euclid(SECONDS as i64)).unwrap_or(0)
}

/// The first second from which on fewer than `limit` count.
fn second_with_room(counts: &[u32; SECONDS], limit: u32, this: i64) -> i64 {
    let mut kept = 0_u32;
    for n in 0..SECONDS as i64 {
        kept = kept.saturating_add(counts[slot(this - n)]);
        if kept >= limit {
            return this - n + SECONDS as i64;
        }
    }
    this
}

#[cfg(test)]
mod tests;
