//! A clock that is set by hand, so that the house does what it does at a time of the past. In: instants. Out: the same.
//! Never here: the time of this machine.

use std::sync::atomic::{AtomicI64, Ordering};
use units::{Clock, Timestamp};

/// It stands until it is set.
pub struct Moving(AtomicI64);

impl Moving {
    /// It stands there.
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.ms()))
    }

    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.ms(), Ordering::Relaxed);
    }
}

impl Clock for Moving {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}
