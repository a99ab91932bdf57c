//! Randomness that repeats, and time that stands still unless somebody waits. In: a seed. Out: bytes, instants.
//! Never here: the chance or the clock of this machine.

use parking_lot::Mutex;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tokio::time::Instant;
use units::{Chance, Clock, Timestamp};

/// A seeded source.
pub struct SimChance(Mutex<ChaCha20Rng>);

impl SimChance {
    /// The same seed gives the same run.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }

    /// A number below `below`, which is above zero.
    pub fn below(&self, below: u64) -> u64 {
        self.0.lock().next_u64() % below.max(1)
    }

    /// An index below `below`, which is above zero.
    pub fn index(&self, below: usize) -> usize {
        usize::try_from(self.below(below as u64)).unwrap_or(0)
    }
}

impl Chance for SimChance {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().fill_bytes(bytes);
    }
}

/// Wall time that goes with the runtime's clock.
pub struct SimClock(pub Instant);

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_790_000_000_000).plus(self.0.elapsed())
    }
}
