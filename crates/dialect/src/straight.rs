//! The straight lane: the same dialect on both sides, so the bytes pass and only what must change is spliced (R-WIRE-2).
//! In: a body and the look at it, or an upstream's bytes. Out: the same bytes with a few places changed.
//! Never here: a built document, a field written anew that the table does not name.
//!
//! What is changed in answers, whole or streamed (R-ERR-7), and nothing else:
//!
//! | where | field | becomes |
//! |---|---|---|
//! | Chat answer and chunk | `id`, `model`, `object` | right, or added when missing |
//! | Chat answer and chunk | `created` | added when missing or odd |
//! | Chat answer and chunk | any but `choices`, `usage`, `service_tier` (a known word), `obfuscation` | dropped |
//! | Chat chunk | `usage` | held back for the terminal group; `null` dropped when the client did not ask |
//! | Chat chunk | without choices, or with a finish that was told before | dropped |
//! | Chat chunk | with a text and a finish | sent twice: with the text at once, with the finish in the terminal group |
//! | Chat choice | `index` | written when missing or odd |
//! | Chat choice | `message` in a chunk, `delta` in an answer | gets the other name; dropped beside the other |
//! | Chat choice | `delta` in a chunk, the first `role` | added when missing or null |
//! | Chat choice | `finish_reason` | the nearest official word; no word is `null` in a chunk, and the nearest in an answer |
//! | Chat call | `index` in a chunk | counted from 0, each call by itself, whatever the upstream numbers |
//! | Chat call | `id`, `type` | written the first time when missing; an id, and a name, that come again are dropped |
//! | Messages answer and `message_start` | `id`, `model`, `type`, `role` | right, or added when missing |
//! | Messages answer and `message_start` | any but `content`, `stop_*`, `usage`, `container`, `context_management` | dropped |
//! | Messages answer and `message_delta` | `stop_reason` | the nearest official word; in an answer added when missing |
//! | `message_start` | `content`, `stop_reason` | `[]` and `null`, added when missing |
//! | Messages block, whole or at its start | `text`; `thinking`, `signature`; `id`, `input` of a call | added when missing |
//! | Messages call | `id` that names a reseller (`toolu_bdrk_..`) | told as the model's own (`toolu_..`) |
//! | Messages block and delta | `text`, `partial_json`, `thinking`, `signature` | `""` for `null` |
//! | Messages event | `type` | added when only the event's line tells it |
//! | Messages event | types and members that the public description does not have; a null for an object | dropped |
//! | Messages stream | starts and ends that are missing, numbers of blocks with gaps | added, made dense |
//! | Responses object, in an event or alone | `id`, `object`, `model`, `created_at`, `status` | right, or added when missing |
//! | Responses object | `previous_response_id`, `store`, `max_output_tokens` | what the client said |
//! | Responses object | any name that the public description does not have (`response`) | dropped |
//! | Responses object | `output` at the beginning and at the end of a stream | `[]`; the items that were passed |
//! | Responses event | `sequence_number`, `output_index`, `item_id`, numbers of parts | right, or added when missing |
//! | Responses event | types that the public description does not have; about items that have ended | dropped |
//! | Responses stream | beginnings and ends of the answer, items and parts that are missing; texts that only came whole | added |
//! | Responses stream | whole texts that are not the sum of their deltas | the sum of the deltas |
//! | Responses stream | `error`, `response.failed` | a broken upstream; the client gets our `response.failed` |
//! | Responses item | `id` | stays: the next turn may need it; made when missing |
//! | Responses call | `arguments` that are an object | its text |
//! | Gemini answer and frame | `responseId`, `modelVersion` | right, or added when missing |
//! | Gemini answer and frame | any but `candidates`, `promptFeedback`, `usageMetadata`, `createTime` | dropped |
//! | Gemini candidate | `finishReason` | the nearest official word; in an answer added when missing; dropped where more follows |
//! | Gemini stream | the frames that say why it ends | held back for the terminal group |
//! | Embeddings answer | `model`, `object` | right, or added when missing |
//! | Embeddings answer | any but `data`, `usage` | dropped |
//! | Embeddings vector | `object`; `index` | right, or added when missing |
//! | Embeddings vector | `embedding` in the form that was not asked for; base64 without its padding | in the other form; padded |
//! | Embeddings answer | not one vector of finite numbers for each input | a broken upstream |
//! | Images answer | `created` | added when missing or odd |
//! | Images answer | any but `data`, `usage` and what was asked for (`background`, `output_format`, `quality`, `size`) | dropped |
//! | Images answer | `usage` without plain counts of input, output and both | dropped |
//! | Images answer | no image, more than were asked for, one without whole base64 and without an address | a broken upstream |
//! | `usage` of all | any but the official names with plain counts (`usage`) | dropped; written anew where a count is odd |
//! | `usage` of all but Images | none in an answer, a `message_start`, a `message_delta`, the last event of others | added |
//! | `usage` of all but Images | counts at the end that differ from what is charged | what is charged |
//! | choices, deltas, messages, blocks, items, candidates, parts, vectors | private names, at any depth (`names`) | dropped |
//! | choices, deltas, messages, blocks, items, candidates, parts, vectors | any other unknown name | stays, byte for byte |
//! | images | any other name than bytes, address, words | dropped |
//! | stream | line ends inside an event, its name, the blank line behind it; comments | right; dropped |
//! | stream | what comes behind its end | dropped |
//! | a frame or an answer | no valid UTF-8 or JSON, a name twice, beyond a limit, not to be made whole | a broken upstream |

mod answer;
mod block;
mod calls;
mod chat_stream;
mod choices;
mod counted;
mod embeddings;
mod event;
mod gemini;
mod gemini_answer;
mod gemini_request;
mod gemini_stream;
mod images;
mod item;
mod message;
mod messages_stream;
mod names;
mod pass;
mod request;
mod response;
mod response_event;
mod response_items;
mod responses_request;
mod responses_stream;
mod template;
mod top;
mod usage;

pub(crate) use answer::{StraightAnswer, read_chat, read_messages, read_responses};
pub(crate) use chat_stream::ChatStream;
pub(crate) use embeddings::read_embeddings;
pub(crate) use gemini_answer::{GeminiAnswer, read_gemini};
pub(crate) use gemini_stream::GeminiStream;
pub(crate) use images::read_images;
pub(crate) use messages_stream::MessagesStream;
pub use request::prepare;
pub(crate) use responses_stream::ResponsesStream;

#[cfg(test)]
mod tests;
