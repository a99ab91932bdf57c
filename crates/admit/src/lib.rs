//! Who may ask, for what, and how much: the form of keys, the state and the rules of a key, the limits of an account, blocked
//! addresses. In: texts, key records, limits, `now`. Out: yes, or why not and for how long.
//! Never here: hashing (the server holds the pepper), a clock, a lock, the store, money.

mod addresses;
mod allowance;
mod bucket;
mod gauge;
mod gauges;
mod key_text;
mod readings;
mod rules;
mod standing;
mod window;

pub use addresses::{AddressBlock, Addresses, BLOCKED, Blocked, FAILURES_MAX, FORGOTTEN_AFTER};
pub use allowance::Allowance;
pub use gauges::{Ask, Gauges, Taken};
pub use key_text::{KeyTextError, display_prefix, is_well_formed, mint};
pub use readings::{LimitKind, LimitScope, Reading, Readings, Refusal, Verdict};
pub use rules::{KeyRules, PlatformRules, Quota, Scope, SpendCaps, WorkspaceRules};
pub use standing::{Denied, Standing};
pub use window::EXACT_MAX;
