//! OpenAI Chat Completions. In: its JSON and its streams. Out: what `canon` calls them, and back.
//! Never here: another dialect's field names.

pub(crate) mod chunk;
mod content;
pub(crate) mod decode;
pub(crate) mod encode;
mod messages;
pub(crate) mod reasoning;
pub(crate) mod reply;
pub(crate) mod stop;
pub(crate) mod stream;
pub(crate) mod usage;
