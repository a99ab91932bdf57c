//! The one conversation model that every dialect is translated to and from, and the faults of the house.
//! In and out: plain values. Never here: a provider's field name, JSON text, IO, money.

mod dialect;
mod fault;
mod loss;
mod stop;
mod tally;

pub use dialect::Dialect;
pub use fault::{Blame, BoxError, Fault, FaultKind, Retry, Told};
pub use loss::{Loss, LossAction};
pub use stop::{Stop, StopReason};
pub use tally::Tally;
