//! Responses: what a request says, what is kept of an answer, and how an answer is told.
//! In: a call. Out: an `Ask` with its `Echo`, JSON, frames. Never here: Chat Completions.

mod items;
mod output;
mod parts;
mod read;
mod seal;
pub(crate) mod store;
mod stream;
mod tools;

pub(crate) use output::whole;
pub(crate) use read::{count, read};
pub(crate) use stream::stream;

use serde_json::{Map, Value};

/// What an answer repeats of its request, and what it needs to know of it.
pub(crate) struct Echo {
    /// The fields as they were sent.
    fields: Map<String, Value>,
    /// The tools as the server understood them.
    tools: Vec<Value>,
    /// The whole conversation in items, with what a previous answer brought along.
    items: Vec<Value>,
    /// Whether the answer is kept for later calls.
    store: bool,
    encrypted: bool,
    logprobs: bool,
    /// Whether the reasoning is summed up in words.
    summary: bool,
}
