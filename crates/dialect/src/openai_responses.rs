//! OpenAI Responses. In: its JSON and its streams. Out: what `canon` calls them, and back.
//! Never here: another dialect's field names.

mod content;
pub(crate) mod decode;
pub(crate) mod echo;
pub(crate) mod encode;
pub(crate) mod event;
mod freeform;
pub(crate) mod growth;
mod input;
pub(crate) mod item;
mod items;
pub(crate) mod object;
mod proof;
pub(crate) mod reply;
pub(crate) mod stop;
pub(crate) mod stream;
mod tools;
pub(crate) mod usage;
