//! Who may ask, and for what: the form of keys, the state and the rules of a key. In: texts, key records, `now`. Out: yes, or why
//! not.
//! Never here: hashing (the server holds the pepper), a clock, the store, money.

mod key_text;
mod rules;
mod standing;

pub use key_text::{KeyTextError, display_prefix, is_well_formed, mint};
pub use rules::{KeyRules, PlatformRules, Quota, Scope, SpendCaps, WorkspaceRules};
pub use standing::{Denied, Standing};
