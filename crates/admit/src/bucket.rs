//! Tokens a minute: a bucket that fills with what is asked for and drains evenly (GCRA). In: estimates at admission, true
//! counts at the end. Out: how long until so many fit. Never here: counting tokens, a float.

use std::time::Duration;
use units::Timestamp;

/// A token in the bucket; the limit drains out each millisecond.
const TOKEN: u64 = 60_000;
/// Most tokens of one request that are looked at: far above any context.
const TOKENS_MAX: u64 = 1_000_000_000;
/// A clock that stands further back than this was set.
const CLOCK_BACK_MS: i64 = 60_000;

/// The bucket of one scope.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    filled: u64,
    /// When it was last drained, in milliseconds since 1970.
    at: i64,
}

impl Bucket {
    /// How long until so many tokens fit under `limit`; `None` when they do now. More than the limit fit into an empty bucket
    /// alone, or they never would.
    pub fn wait(&mut self, limit: u64, tokens: u64, now: Timestamp) -> Option<Duration> {
        self.drain(limit, now);
        let (want, whole) = (tokens.min(TOKENS_MAX) * TOKEN, limit.saturating_mul(TOKEN));
        let after = if want >= whole { self.filled } else { (self.filled + want).saturating_sub(whole) };
        let ms = if limit == 0 { TOKEN } else { after.div_ceil(limit) };
        (ms > 0).then(|| Duration::from_millis(ms))
    }

    /// Takes them.
    pub fn take(&mut self, tokens: u64) {
        self.filled = self.filled.saturating_add(tokens.min(TOKENS_MAX) * TOKEN);
    }

    /// Puts a true count in the place of an estimate.
    pub fn correct(&mut self, estimated: u64, counted: u64) {
        let at_most = |tokens: u64| tokens.min(TOKENS_MAX) * TOKEN;
        self.filled = self.filled.saturating_add(at_most(counted)).saturating_sub(at_most(estimated));
    }

    /// Whether nothing is in it, as far as that can be said without the limit.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.filled == 0 || now.ms() - self.at > 3_600_000
    }

    fn drain(&mut self, limit: u64, now: Timestamp) {
        let now = now.ms();
        if now < self.at - CLOCK_BACK_MS {
            self.at = now;
        }
        let ms = u64::try_from(now - self.at).unwrap_or(0);
        self.filled = self.filled.saturating_sub(ms.saturating_mul(limit));
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_800_000_000_000 + ms)
    }

    fn wait(bucket: &mut Bucket, tokens: u64, ms: i64) -> Option<u128> {
        bucket.wait(600, tokens, at(ms)).map(|wait| wait.as_millis())
    }

    #[test]
    fn tokens_drain_evenly_and_waits_are_true() {
        let mut bucket = Bucket::default();
        assert_eq!(wait(&mut bucket, 600, 0), None);
        bucket.take(600);
        // Ten tokens a second drain out.
        assert_eq!(wait(&mut bucket, 10, 0), Some(1_000));
        assert_eq!(wait(&mut bucket, 10, 999), Some(1));
        assert_eq!(wait(&mut bucket, 10, 1_000), None);
        assert_eq!(wait(&mut bucket, 600, 1_000), Some(59_000));
        // More than a minute's tokens go when nothing else is there.
        assert_eq!(wait(&mut bucket, 6_000, 1_000), Some(59_000));
        assert_eq!(wait(&mut bucket, 6_000, 60_000), None);
    }

    #[test]
    fn a_count_takes_the_place_of_its_estimate() {
        let mut bucket = Bucket::default();
        assert_eq!(wait(&mut bucket, 500, 0), None);
        bucket.take(500);
        bucket.correct(500, 100);
        assert_eq!(wait(&mut bucket, 500, 0), None);
        bucket.correct(100, 1_200);
        assert_eq!(wait(&mut bucket, 1, 0), Some(60_100));
        bucket.correct(1_200, 0);
        bucket.correct(5, 0);
        assert_eq!(wait(&mut bucket, 600, 0), None);
        assert!(bucket.is_idle(at(0)));
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_stop_the_drain() {
        let mut bucket = Bucket::default();
        assert_eq!(wait(&mut bucket, 600, 10_000_000), None);
        bucket.take(600);
        assert_eq!(wait(&mut bucket, 600, 0), Some(60_000));
        assert_eq!(wait(&mut bucket, 600, 60_000), None);
        assert_eq!(bucket.wait(0, 1, at(60_000)), Some(Duration::from_secs(60)));
    }
}
