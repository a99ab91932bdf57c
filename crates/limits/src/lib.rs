//! The limiter: who may ask now, on one node or on many. In: questions of `admit` with their limits. Out: permits that give back
//! what they took when they are dropped, or a refusal. Never here: the rules (admit), who is in which tier (admit), headers.

mod days;
mod granted;
mod limiter;
mod local;
mod permit;
mod shared;

pub use days::DayCounts;
pub use granted::{Denied, Granted, Mode};
pub use limiter::Limiter;
pub use permit::Permit;
pub use shared::{AddressError, SharedConfig};
