//! Real time, for processes that live in it. In: nothing. Out: instants, a clock for the simulated providers, waiting.
//! Never here: anything that a paused clock could do.

use crate::Outcome;
use std::time::{Duration, Instant};
use units::{Clock, Timestamp};

/// Wall time.
pub struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "processes live in real time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::from_ms(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// This instant.
#[expect(clippy::disallowed_methods, reason = "processes live in real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Asks again and again until there is an answer.
///
/// # Errors
/// When `patience` ends first, or what is asked fails.
pub fn wait_until<T>(what: &str, patience: Duration, mut ask: impl FnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    let end = now() + patience;
    loop {
        if let Some(found) = ask()? {
            return Ok(found);
        }
        if now() >= end {
            return Err(format!("waited {} ms in vain: {what}", patience.as_millis()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
