//! The one conversation model that every dialect is translated to and from, and the faults of the house.
//! In and out: plain values. Never here: a provider's field name, JSON text, IO, money.

mod fault;

pub use fault::{Blame, BoxError, Fault, FaultKind, Retry, Told};
