//! Simulated providers: a small HTTP server that speaks the wire of real ones, for `demo` and for tests.
//! In: a listener, a `SimConfig`, requests whose last user message may hold a `[[sim: ...]]` directive.
//! Out: answers, streams and faults as the real servers give them, and a journal of what arrived.
//! Never here: the gateway's own codecs (this is the independent witness of the wire), a real model, a wall clock.
//!
//! # Addresses
//! `POST /openai/v1/chat/completions`, `POST /openai/v1/responses`, `POST /openai/v1/responses/input_tokens`,
//! `GET /openai/v1/models[/id]`, `POST /anthropic/v1/messages`,
//! `POST /anthropic/v1/messages/count_tokens`, `GET /anthropic/v1/models[/id]`; for tests `GET|DELETE
//! /_sim/requests`, `GET|POST|DELETE /_sim/script`, `GET /_sim/health`. What stands before `/openai/v1` or `/anthropic/v1` is
//! not looked at, so that a base URL may hold a word to be found again.
//!
//! # Counting
//! One token is four bytes of UTF-8, rounded up **once** over everything of the prompt, so that it does not matter
//! how a prompt is split into messages and blocks:
//! `input = ceil(bytes / 4) + 85 * images + 100 * documents + 50 * audios`, where the bytes are those of system text,
//! message text, replayed thinking, tool results, tool calls (name + compact JSON of the arguments) and tool
//! definitions (name + description + compact JSON of the schema). Every piece of output counts by itself:
//! `output = sum over pieces of ceil(bytes / 4)`; pieces are the thinking, the text or refusal, and each tool call
//! (name + arguments). Directives are part of the text and are counted like it.
//!
//! # Directives
//! See [`Directives`] for the whole list.

mod anthropic;
mod ask;
mod body;
mod config;
mod control;
mod count;
mod directive;
mod effect;
mod journal;
mod mind;
mod openai;
mod plant;
mod refused;
mod reply;
mod route;
mod schema;
mod script;
mod serve;
mod usage;
mod wire;
mod wording;

pub use config::SimConfig;
pub use count::tokens_of;
pub use directive::Directives;
pub use serve::serve;
