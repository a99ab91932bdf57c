//! Simulated providers: a small HTTP server that speaks the wire of real ones, for `demo` and for tests.
//! In: a listener, a `SimConfig`, requests whose last user message may hold a `[[sim: ...]]` directive.
//! Out: answers, streams and faults as the real servers give them, and a journal of what arrived.
//! Never here: the gateway's own codecs (this is the independent witness of the wire), a real model, a wall clock.
//!
//! # Addresses
//! What stands before a base (`/openai/v1` and so on) is not looked at, so that a base URL may hold a word to be
//! found again. A bearer credential is asked for, or what the provider has instead.
//!
//! - `/openai/v1`: `POST chat/completions`, `responses`, `responses/input_tokens`, `completions`, `embeddings`,
//!   `images/generations`, `images/edits`; `GET models[/id]`.
//! - `/anthropic/v1`: `POST messages`, `messages/count_tokens`; `GET models[/id]`.
//! - `/gemini/v1beta`, and the same at `/gemini/v1`, which the newest SDK calls: `POST models/{m}:generateContent`,
//!   `:streamGenerateContent` (events with `alt=sse`, else one array), `:countTokens`, `:embedContent`,
//!   `:batchEmbedContents`; `GET models[/id]`. The key is `x-goog-api-key` or `?key=`.
//! - `/tasks/v1`, a provider that paints in its own time: `POST images/generations` makes a task, `GET tasks/{id}`
//!   asks about it; it gets on by being asked. `GET models[/id]`.
//! - `GET /media/{name}.png`: the pictures that answers tell the address of; no credential.
//! - For tests: `GET|DELETE /_sim/requests`, `GET|POST|DELETE /_sim/script`, `GET /_sim/health`.
//!
//! # Counting
//! One token is four bytes of UTF-8, rounded up **once** over everything of the prompt, so that it does not matter
//! how a prompt is split into messages and blocks:
//! `input = ceil(bytes / 4) + 85 * images + 100 * documents + 50 * audios`, where the bytes are those of system text,
//! message text, replayed thinking, tool results, tool calls (name + compact JSON of the arguments) and tool
//! definitions (name + description + compact JSON of the schema). Every piece of output counts by itself:
//! `output = sum over pieces of ceil(bytes / 4)`; pieces are the thinking, the text or refusal, and each tool call
//! (name + arguments). Directives are part of the text and are counted like it. A prompt of token numbers has as many
//! tokens as numbers; an image that is painted has 100, or as many as the directive `tokens` says.
//!
//! # What is kept
//! Thinking is signed or sealed, and what comes back changed is refused. Gemini models with `gemini-3` in their name
//! want the signatures of calls back. Responses are kept for `previous_response_id` unless `store` is false. Prefixes
//! marked for the cache are known again. Tasks keep their ids. Nothing survives the process.
//!
//! # Directives
//! See [`Directives`] for the whole list. They stand in the last user message; in the prompt of Completions and
//! images, in the texts of embeddings. `/_sim/script` gives them to the next calls, also to those that have no prompt
//! (asking about a task). Token counts and lists of models know none.
//!
//! - Failures before the answer hit every call, each in its provider's shape: Gemini tells `retry_after` as
//!   `RetryInfo` in the body and not in a header, and its array streams tell errors in an array.
//! - What shapes or breaks a stream hits every stream. `drop` knows the kinds a wire has: Responses has `start`
//!   (`response.created`), `role` (`response.in_progress`), `block_start` (`*.added`), `content` (`*.delta`),
//!   `block_stop` (`*.done`), `finish`; Gemini `content`, `finish`, and `done` (the end of an array); Completions
//!   `content`, `finish`, `usage`, `done`; images `content` (partial images) and `finish`. Comments cannot stand in
//!   an array.
//! - `error_event_after` is `data: {"error"}` (Chat, Completions, Gemini), `event: error` (Messages, images), or
//!   `response.failed` (Responses; with `error_bare` an `error` event).
//! - `finish` is told word for word; Responses knows `failed`, `content_filter`, `max_output_tokens`, `max_messages`.
//! - `wrong_usage` hits the output, or the one count there is (embeddings). Tasks tell no usage.

mod anthropic;
mod ask;
mod body;
mod config;
mod control;
mod count;
mod directive;
mod effect;
mod gemini;
mod journal;
mod mind;
mod openai;
mod plant;
mod png;
mod refused;
mod reply;
mod route;
mod schema;
mod script;
mod serve;
mod tasks;
mod usage;
mod vector;
mod wire;
mod wording;

pub use config::SimConfig;
pub use count::tokens_of;
pub use directive::Directives;
pub use serve::serve;
