//! Where a request goes: which route first, which next, and when to stop trying. In: what failed, `now`, chance.
//! Out: the next attempt and how long to wait before it. Never here: sockets, clocks, provider names.

mod attempts;
mod budget;

pub use attempts::{Attempts, Failure, Next, Policy, Seat};
pub use budget::RetryBudget;
