//! Gemini generateContent. In: its JSON and its streams. Out: what `canon` calls them, and back.
//! Never here: another dialect's field names; the model's name, which stands in the path and not in the body.

mod config;
mod content;
pub(crate) mod contents;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod frame;
mod media;
pub(crate) mod names;
pub(crate) mod proof;
pub(crate) mod reply;
mod schema;
pub(crate) mod stop;
pub(crate) mod stream;
mod thinking;
mod tools;
pub(crate) mod usage;
