//! Who tries one address again and again waits longer each time, whether anybody has the address or not. In: digests of
//! addresses, instants. Out: how long to wait. Never here: whether a password is right.

use crate::limits::{BACKOFF_FIRST, BACKOFF_FORGOTTEN, BACKOFF_FREE, BACKOFF_LONGEST, BACKOFF_PLACES_MAX};
use parking_lot::Mutex;
use std::time::Duration;
use units::Timestamp;

#[derive(Clone, Copy)]
struct Tries {
    failed: u32,
    last: Timestamp,
}

/// Failed tries by address.
#[derive(Default)]
pub struct Backoff {
    places: Mutex<foldhash::HashMap<[u8; 32], Tries>>,
}

fn wait(tries: Tries) -> Duration {
    let over = tries.failed.saturating_sub(BACKOFF_FREE);
    if over == 0 {
        return Duration::ZERO;
    }
    BACKOFF_FIRST.saturating_mul(1 << (over - 1).min(16)).min(BACKOFF_LONGEST)
}

impl Backoff {
    /// How long is still to be waited before the next try; zero is not at all.
    pub fn left(&self, place: &[u8; 32], now: Timestamp) -> Duration {
        let tries = self.places.lock().get(place).copied();
        tries.map_or(Duration::ZERO, |tries| wait(tries).saturating_sub(now.since(tries.last)))
    }

    /// A try failed.
    pub fn failed(&self, place: [u8; 32], now: Timestamp) {
        let mut places = self.places.lock();
        if places.len() >= BACKOFF_PLACES_MAX && !places.contains_key(&place) {
            places.retain(|_, tries| now.since(tries.last) < BACKOFF_FORGOTTEN);
            if places.len() >= BACKOFF_PLACES_MAX {
                // Somebody fills it with addresses: those that need not wait yet make room.
                places.retain(|_, tries| tries.failed > BACKOFF_FREE);
            }
            if places.len() >= BACKOFF_PLACES_MAX {
                // To come here takes hours of hashing; it must not take the memory too.
                places.clear();
            }
        }
        let tries = places.entry(place).or_insert(Tries { failed: 0, last: now });
        if now.since(tries.last) >= BACKOFF_FORGOTTEN {
            tries.failed = 0;
        }
        *tries = Tries { failed: tries.failed.saturating_add(1), last: now };
    }

    /// A try went well to its end.
    pub fn passed(&self, place: &[u8; 32]) {
        self.places.lock().remove(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ACC-1: five tries are free, then the wait doubles up to its longest; success and time forget.
    #[test]
    fn r_acc_1_the_wait_grows_and_is_forgotten() {
        let backoff = Backoff::default();
        let (place, other, mut now) = ([1; 32], [2; 32], Timestamp::from_ms(0));
        for _ in 0..BACKOFF_FREE {
            assert_eq!(backoff.left(&place, now), Duration::ZERO);
            backoff.failed(place, now);
        }
        assert_eq!(backoff.left(&place, now), Duration::ZERO);
        for n in 0..20 {
            backoff.failed(place, now);
            let expected = BACKOFF_FIRST.saturating_mul(1 << n).min(BACKOFF_LONGEST);
            assert_eq!(backoff.left(&place, now), expected);
            now = now.plus(expected / 2);
            assert_eq!(backoff.left(&place, now), expected - expected / 2);
        }
        assert_eq!(backoff.left(&other, now), Duration::ZERO);
        backoff.passed(&place);
        assert_eq!(backoff.left(&place, now), Duration::ZERO);
        for _ in 0..9 {
            backoff.failed(place, now);
        }
        backoff.failed(place, now.plus(BACKOFF_FORGOTTEN));
        assert_eq!(backoff.left(&place, now.plus(BACKOFF_FORGOTTEN)), Duration::ZERO);
    }

    #[test]
    fn it_stays_small() {
        let backoff = Backoff::default();
        let now = Timestamp::from_ms(0);
        let place = |n: usize| {
            let mut place = [0; 32];
            place[..8].copy_from_slice(&n.to_be_bytes());
            place
        };
        (0..9).for_each(|_| backoff.failed(place(0), now));
        for n in 1..BACKOFF_PLACES_MAX * 2 {
            (0..n % 3).for_each(|_| backoff.failed(place(n), now));
        }
        assert!(backoff.places.lock().len() <= BACKOFF_PLACES_MAX);
        assert!(backoff.left(&place(0), now) > Duration::ZERO);
        for n in 1..BACKOFF_PLACES_MAX + 2 {
            (0..=BACKOFF_FREE).for_each(|_| backoff.failed(place(n), now));
        }
        assert!(backoff.places.lock().len() <= BACKOFF_PLACES_MAX);
    }
}
