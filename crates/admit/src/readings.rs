//! What is told of limits: what is left, or what refused and how long to wait. In: limits and counts. Out: values for headers
//! and faults. Never here: headers, words for callers, counting.

use std::time::Duration;
use units::Timestamp;

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitScope {
    /// The account's.
    Account,
    /// The key's own.
    Key,
    /// The model's, for one account.
    Model,
}

impl LimitScope {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Account, Self::Key, Self::Model];

    /// The word in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Key => "key",
            Self::Model => "model",
        }
    }
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitKind {
    /// Requests in any 60 seconds.
    Requests,
    /// Requests at once.
    Concurrent,
    /// Requests in a UTC day.
    Day,
    /// Tokens a minute.
    Tokens,
}

impl LimitKind {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Requests, Self::Concurrent, Self::Day, Self::Tokens];

    /// The word in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests_per_minute",
            Self::Concurrent => "concurrent",
            Self::Day => "requests_per_day",
            Self::Tokens => "tokens_per_minute",
        }
    }
}

/// Why a request may not run now. It took nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whose limit it was; of several, the one with the longest wait.
    pub scope: LimitScope,
    /// Which limit.
    pub kind: LimitKind,
    /// How long until the request fits, if nobody else asks: exact, but for slots, where nobody can know (it says a second).
    pub wait: Duration,
    /// Whether slots were all that was missing: such a request may wait for one.
    pub slots_only: bool,
}

impl Refusal {
    /// The wait in whole seconds, rounded up: for `Retry-After`.
    pub fn retry_after_s(&self) -> u64 {
        self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0)
    }
}

/// One limit, as a caller may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The limit.
    pub limit: u32,
    /// What is left of it.
    pub remaining: u32,
    /// When all of it is free again; now where it is.
    pub free_at: Timestamp,
}

/// The limits of an account, as its callers may read them; `None` where there is no such limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Readings {
    /// Requests in any 60 seconds.
    pub requests: Option<Reading>,
    /// Requests at once. When slots come free nobody knows: that instant is now.
    pub concurrent: Option<Reading>,
    /// Requests in a UTC day; all is free at its end.
    pub day: Option<Reading>,
}

/// What came of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why not; `None` is yes.
    pub refusal: Option<Refusal>,
    /// The account's limits after it.
    pub readings: Readings,
}
