//! Anthropic Messages. In: its JSON and its streams. Out: what `canon` calls them, and back.
//! Never here: another dialect's field names.

mod blocks;
mod cache_insert;
mod content;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod event;
pub(crate) mod reply;
pub(crate) mod stop;
pub(crate) mod stream;
pub(crate) mod usage;

pub(crate) use blocks::check_pairs;
