//! Who may ask: the form of keys and the state of a key. In: texts, key records, `now`. Out: yes, or why not.
//! Never here: hashing (the server holds the pepper), a clock, the store, money.

mod key_text;
mod standing;

pub use key_text::{KeyTextError, display_prefix, is_well_formed, mint};
pub use standing::{Denied, Standing};
