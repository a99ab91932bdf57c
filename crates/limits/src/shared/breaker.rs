//! Whether Redis is asked at all. In: what came of questions and probes, instants. Out: yes or no.
//! Never here: asking it.

use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// So many failures ...
const FAILURES: usize = 5;
/// ... in so long open it.
const WITHIN: Duration = Duration::from_secs(10);

/// It opens by failures and is closed by a probe that succeeds. It begins open: nobody has answered yet.
#[derive(Debug)]
pub struct Breaker {
    open: bool,
    failures: VecDeque<Instant>,
}

impl Breaker {
    pub const fn new() -> Self {
        Self { open: true, failures: VecDeque::new() }
    }

    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// A question failed, or took too long.
    pub fn failed(&mut self, now: Instant) {
        self.failures.retain(|at| now.duration_since(*at) < WITHIN);
        self.failures.push_back(now);
        if self.failures.len() >= FAILURES {
            self.open();
        }
    }

    /// Nobody is there to be asked.
    pub fn open(&mut self) {
        self.open = true;
        self.failures.clear();
    }

    /// A probe succeeded; whether it was open.
    pub const fn close(&mut self) -> bool {
        std::mem::replace(&mut self.open, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn five_failures_in_ten_seconds_open_it_and_a_probe_closes_it() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut breaker = Breaker::new();
        assert!(breaker.is_open() && breaker.close());
        [0, 3, 6, 9, 11].into_iter().for_each(|s| breaker.failed(at(s)));
        assert!(!breaker.is_open());
        breaker.failed(at(12));
        assert!(breaker.is_open());
        assert!(breaker.close() && !breaker.close());
        // What it opened for is forgotten.
        breaker.failed(at(13));
        assert!(!breaker.is_open());
    }
}
