//! Requests of the last 60 seconds, counted by the second of their coming. In: seconds since 1970. Out: how many count.
//! Never here: when each came, a clock.

/// The second that runs, and sixty before it.
const KEPT: i64 = 61;
const SLOTS: usize = KEPT as usize;

/// Counts of the latest second that was told, and of the sixty before it.
#[derive(Clone, Debug)]
pub struct Seconds {
    /// At the second's number modulo their number.
    counts: [u32; SLOTS],
    /// All of them together.
    sum: u64,
}

impl Seconds {
    pub const fn new() -> Self {
        Self { counts: [0; SLOTS], sum: 0 }
    }

    /// One more of a second that is kept.
    pub fn add(&mut self, second: i64) {
        let count = &mut self.counts[slot(second)];
        *count = count.saturating_add(1);
        self.sum += 1;
    }

    /// Goes on from the latest second to another one: what is past then is forgotten.
    pub fn turn(&mut self, latest: i64, this: i64) {
        for second in past(latest, this) {
            self.sum -= u64::from(std::mem::take(&mut self.counts[slot(second)]));
        }
    }

    /// How many count in a second, the latest or a later one.
    pub fn count(&self, latest: i64, this: i64) -> u32 {
        let gone: u64 = past(latest, this).map(|second| u64::from(self.counts[slot(second)])).sum();
        u32::try_from(self.sum - gone).unwrap_or(u32::MAX)
    }

    /// The first second from which on fewer than `limit` count.
    pub fn room_at(&self, limit: u32, latest: i64) -> i64 {
        let mut kept = 0_u32;
        for second in (latest - KEPT + 1..=latest).rev() {
            kept = kept.saturating_add(self.counts[slot(second)]);
            if kept >= limit {
                return second + KEPT;
            }
        }
        latest
    }

    /// Every second with its count, the latest first.
    pub fn latest_first(&self, latest: i64) -> impl Iterator<Item = (i64, u32)> {
        (latest - KEPT + 1..=latest).rev().map(|second| (second, self.counts[slot(second)]))
    }

    /// When all of it is past.
    pub const fn free_at(latest: i64) -> i64 {
        latest + KEPT
    }

    /// The clock was set back: what was of a second is of an earlier one.
    pub fn set_back(&mut self, by: i64) {
        self.counts.rotate_left(usize::try_from(by.rem_euclid(KEPT)).unwrap_or(0));
    }
}

/// The seconds that are kept at the latest one and are past in another.
fn past(latest: i64, this: i64) -> std::ops::Range<i64> {
    let first = latest - KEPT + 1;
    first..first + (this - latest).clamp(0, KEPT)
}

fn slot(second: i64) -> usize {
    usize::try_from(second.rem_euclid(KEPT)).unwrap_or(0)
}
