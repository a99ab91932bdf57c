//! The straight lane: the same dialect on both sides, so the bytes pass and only what must change is spliced (R-WIRE-2).
//! In: a body and the look at it, or an upstream's bytes. Out: the same bytes with a few places changed.
//! Never here: a built document, a re-serialised field.
//!
//! What is changed in answers, whole or streamed (R-ERR-7), and nothing else:
//!
//! | where | field | becomes |
//! |---|---|---|
//! | Chat answer and chunk | `id`, `model` | ours |
//! | Chat answer and chunk | `object`, `created` | right, or added when missing |
//! | Chat answer and chunk | any but `choices`, `usage`, `service_tier` (a known word), `obfuscation` | dropped |
//! | Chat chunk | `usage` | held back for the terminal group; `null` dropped when the client did not ask |
//! | Chat choice | `index`, `delta` or `message`, `role`; `index`, `id`, `type` of a call | added when missing |
//! | Chat choice | `finish_reason` | the nearest official word; `""` in a chunk is `null` |
//! | Messages answer and `message_start` | `id`, `model`, `type`, `role` | ours |
//! | Messages answer and `message_start` | any but `content`, `stop_*`, `usage`, `container`, `context_management` | dropped |
//! | Messages stream | starts and ends that are missing, numbers of blocks with gaps | added, made dense |
//! | Messages event | types and members that the public description does not have | dropped |
//! | Messages answer and `message_delta` | `stop_reason` | the nearest official word |
//! | `usage` of both | any but the official names with plain counts (`usage`) | dropped; written anew where a count is odd |
//! | choices, deltas, messages, blocks | private names, at any depth (`names`) | dropped |
//! | choices, deltas, messages, blocks | any other unknown name | stays, byte for byte |
//! | a frame or an answer | that is no valid UTF-8 or JSON, or cannot be made whole | a broken upstream |

mod answer;
mod block;
mod calls;
mod chat_stream;
mod choices;
mod event;
mod message;
mod messages_stream;
mod names;
mod pass;
mod request;
mod template;
mod top;
mod usage;

pub(crate) use answer::{StraightAnswer, read_chat, read_messages};
pub(crate) use chat_stream::ChatStream;
pub(crate) use messages_stream::MessagesStream;
pub use request::prepare;

#[cfg(test)]
mod tests;
