//! What a key came to since it was made: charges, and what prompt caches did. In: usage, savings. Out: sums.
//! Never here: rates (meter.rs), storing, a charge that waits for a sum of caches.

use units::{Class, MoneyError, NanoUsd, Tokens, Usage};

/// What prompt caches did: for one request, or for all charged requests of a key (R-ROUTE-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CacheSums {
    /// Prompt tokens read from a cache.
    pub read: Tokens,
    /// Prompt tokens written to a cache, for minutes or an hour.
    pub written: Tokens,
    /// What that saved, by the rates of each request; below zero where writing cost more than reading saved.
    pub saved: NanoUsd,
}

impl CacheSums {
    /// Nothing.
    pub const NONE: Self = Self { read: 0, written: 0, saved: NanoUsd::ZERO };

    /// Those of one request. A count beyond belief counts as nothing here, as it is never charged either.
    pub fn of(usage: &Usage, saved: NanoUsd) -> Self {
        let believed = |class| Some(usage.count(class)).filter(|n| *n <= Usage::COUNT_MAX).unwrap_or(0);
        let written = believed(Class::CacheWrite5m).saturating_add(believed(Class::CacheWrite1h));
        Self { read: believed(Class::CacheRead), written, saved }
    }

    /// The sum. One that does not fit stays at its end: what is told of caches never keeps a charge from being written.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            read: self.read.saturating_add(other.read),
            written: self.written.saturating_add(other.written),
            saved: NanoUsd::new(self.saved.nano().saturating_add(other.saved.nano())),
        }
    }

    /// Whether there is nothing to tell.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// What a key came to since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct KeySpend {
    /// The sum of its charges.
    pub spent: NanoUsd,
    /// What caches did for it.
    pub cache: CacheSums,
}

impl KeySpend {
    /// The sum.
    ///
    /// # Errors
    /// `Overflow` when the charges do not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        Ok(Self { spent: self.spent.plus(other.spent)?, cache: self.cache.plus(other.cache) })
    }

    /// Whether nothing came to be.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ROUTE-9: reads and writes of both times are counted, and what nobody believes is not.
    #[test]
    fn r_route_9_a_request_tells_its_cached_tokens() {
        let usage = Usage::NONE
            .with(Class::Input, 1)
            .with(Class::CacheRead, 20)
            .with(Class::CacheWrite5m, 300)
            .with(Class::CacheWrite1h, 4_000)
            .with(Class::Output, 50_000);
        let saved = NanoUsd::new(-7);
        let sums = CacheSums { read: 20, written: 4_300, saved };
        assert_eq!(CacheSums::of(&usage, saved), sums);
        let absurd = usage.with(Class::CacheRead, Usage::COUNT_MAX + 1).with(Class::CacheWrite5m, u64::MAX);
        assert_eq!(CacheSums::of(&absurd, saved), CacheSums { read: 0, written: 4_000, saved });
        assert!(CacheSums::of(&Usage::NONE.with(Class::CacheRead, 0), NanoUsd::ZERO).is_none());
        assert_eq!(sums.plus(sums), CacheSums { read: 40, written: 8_600, saved: NanoUsd::new(-14) });
    }

    #[test]
    fn a_charge_does_not_wait_for_a_sum_of_caches() {
        let full = CacheSums { read: u64::MAX, written: u64::MAX, saved: NanoUsd::MAX };
        let one =
            KeySpend { spent: NanoUsd::new(1), cache: CacheSums { read: 1, written: 1, saved: NanoUsd::new(1) } };
        let sum = KeySpend { spent: NanoUsd::new(1), cache: full }.plus(one);
        assert_eq!(sum, Ok(KeySpend { spent: NanoUsd::new(2), cache: full }));
        assert!(KeySpend { spent: NanoUsd::MAX, cache: CacheSums::NONE }.plus(one).is_err());
        assert!(KeySpend::default().is_none() && !one.is_none());
    }
}
