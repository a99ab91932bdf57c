//! Anthropic Messages. In: its JSON and its streams. Out: what `canon` calls them, and back.
//! Never here: another dialect's field names.

pub(crate) mod event;
pub(crate) mod stop;
pub(crate) mod usage;
