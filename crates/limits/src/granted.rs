//! What the limiter answers. In: verdicts. Out: a permit with what is left, or why not. Never here: words for callers.

use crate::permit::Permit;
use admit::{Readings, Refusal};
use std::time::Duration;

/// Who judged, for a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// This node, as it is set up.
    Local,
    /// Redis, for all nodes.
    Shared,
    /// This node in the place of Redis, which is away or slow: by its part of each limit.
    Degraded,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Local, Self::Shared, Self::Degraded];

    /// The word in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Shared => "shared",
            Self::Degraded => "degraded",
        }
    }
}

/// A request may run.
#[derive(Debug)]
pub struct Granted {
    /// Keep it as long as the request runs: its slots are free when it is dropped.
    pub permit: Permit,
    /// What is left to the account.
    pub readings: Readings,
    /// Who judged.
    pub mode: Mode,
}

/// A request may not run now. It took nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// A limit is reached: 429.
    Limit {
        /// Which, whose, and for how long.
        refusal: Refusal,
        /// What is left to the account.
        readings: Readings,
        /// Who judged.
        mode: Mode,
    },
    /// Nobody can judge, and the setting is strict: 503.
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
}
