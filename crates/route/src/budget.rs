//! How many retries a model may cause: a share of its requests, and a few a second. In: requests and retries as they
//! come, `now`. Out: whether one more retry is allowed. Never here: which route it goes to.

use units::Timestamp;

/// In thousandths of a retry.
const DEPOSIT_PER_REQUEST: u64 = 100;
/// In thousandths of a retry.
const COST: u64 = 1_000;
/// In thousandths of a retry: what may be saved up.
const SAVED_MAX: u64 = 30_000;
/// Always allowed, whatever the share: so many thousandths of a retry a millisecond (3 a second).
const DRIP_PER_MS: u64 = 3;

/// One budget a model: a tenth of its requests plus three a second, at most thirty saved up.
#[derive(Clone, Copy, Debug)]
pub struct RetryBudget {
    saved: u64,
    filled_at: Timestamp,
}

impl RetryBudget {
    /// A full budget.
    pub const fn new(now: Timestamp) -> Self {
        Self { saved: SAVED_MAX, filled_at: now }
    }

    /// A request came: its share is put aside.
    pub fn request(&mut self, now: Timestamp) {
        self.fill(now);
        self.saved = (self.saved + DEPOSIT_PER_REQUEST).min(SAVED_MAX);
    }

    /// Whether one more retry is allowed; takes it when it is.
    pub fn take(&mut self, now: Timestamp) -> bool {
        self.fill(now);
        match self.saved.checked_sub(COST) {
            Some(left) => {
                self.saved = left;
                true
            }
            None => false,
        }
    }

    fn fill(&mut self, now: Timestamp) {
        let ms = u64::try_from(now.since(self.filled_at).as_millis()).unwrap_or(u64::MAX);
        self.saved = self.saved.saturating_add(ms.saturating_mul(DRIP_PER_MS)).min(SAVED_MAX);
        self.filled_at = self.filled_at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_provider_does_not_double_the_load() {
        let now = Timestamp::from_ms(0);
        let mut budget = RetryBudget::new(now);
        let mut retries = 0;
        for _ in 0..1_000 {
            budget.request(now);
            retries += u32::from(budget.take(now));
        }
        assert!((100..=140).contains(&retries), "{retries}");
    }

    #[test]
    fn a_quiet_model_may_always_retry_a_little() {
        let mut budget = RetryBudget::new(Timestamp::from_ms(0));
        while budget.take(Timestamp::from_ms(0)) {}
        assert!(!budget.take(Timestamp::from_ms(300)));
        assert!(budget.take(Timestamp::from_ms(700)));
    }
}
