//! Where randomness enters: as an argument. In: nothing. Out: random bytes from whoever holds the source.
//! Never here: an actual random source (tollgate::wiring has the one, tests bring a seeded one).

/// A source of random bytes. Ids and secrets take it as an argument, so that a test can repeat a run.
pub trait Chance: Send + Sync {
    /// Fills `bytes` with random bytes fit for keys and ids.
    fn fill(&self, bytes: &mut [u8]);
}
