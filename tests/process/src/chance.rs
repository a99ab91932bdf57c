//! Chance that can be repeated. In: a seed. Out: numbers. Never here: secrets.

use crate::{Outcome, WallClock};
use std::sync::atomic::{AtomicU64, Ordering};
use units::Clock;

/// Numbers that follow from a seed; threads may share it.
#[derive(Debug)]
pub struct Chance {
    seed: u64,
    state: AtomicU64,
}

impl Chance {
    /// The numbers of a seed.
    pub const fn of(seed: u64) -> Self {
        Self { seed, state: AtomicU64::new(seed) }
    }

    /// The numbers of TOLLGATE_TEST_SEED, else of this moment.
    ///
    /// # Errors
    /// When the seed that is named is no number.
    pub fn seeded() -> Outcome<Self> {
        #[expect(clippy::disallowed_methods, reason = "how a failed run is repeated")]
        let named = std::env::var("TOLLGATE_TEST_SEED").ok();
        let seed = match named {
            Some(text) => text.parse().map_err(|_| "TOLLGATE_TEST_SEED is not a number".to_owned())?,
            None => WallClock.now().ms().unsigned_abs() ^ (u64::from(std::process::id()) << 32),
        };
        Ok(Self::of(seed))
    }

    /// A word that no other place of this machine has.
    pub fn unique() -> String {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        format!("{}_{}_{count}", std::process::id(), WallClock.now().ms())
    }

    /// The seed, to be printed.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The next number (splitmix64).
    pub fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// True once in so many times.
    pub fn once_in(&self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }
}
