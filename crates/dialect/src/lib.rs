//! The wire languages. In: bytes of clients and upstreams. Out: the same bytes spliced (straight lane), or the
//! conversation model of `canon` and bytes of another language (converting lane); faults rendered and read.
//! Never here: IO, a clock, chance, money, routing.

mod anthropic;
mod cache_key;
mod codec;
mod completions;
mod convert;
mod count;
mod counting;
mod embeddings;
pub mod fault;
mod gemini;
mod images;
mod json;
pub mod lane;
mod listed;
mod media;
mod models_list;
mod names;
mod openai_chat;
mod openai_responses;
mod order;
mod peek;
#[cfg(feature = "probe")]
pub mod probe;
mod read;
pub mod responses;
mod seal;
mod splice;
mod sse;
pub mod straight;
mod stream_on;
mod target;
pub mod tasks;
mod words;
mod write;

pub use cache_key::with_cache_key;
pub use completions::{prompt_tokens, with_prompt_text};
pub use convert::{
    ANTHROPIC_VERSION, Encoded, RequestHead, SESSION_HEADERS, call_path, decode_request, encode_request,
    upstream_headers,
};
pub use counting::{count_path, decode_count, prepare_count, read_count, write_count};
pub use embeddings::{EmbeddingInputs, Vectors, embedding_inputs, encode_embeddings};
pub use images::{Made, PictureForm, Pictures, encode_images};
pub use listed::{listed_models, listed_path};
pub use models_list::take_models;
pub use names::ToolNames;
pub use openai_responses::echo::Echo;
pub use peek::{Beyond, Peek, peek, peek_form, peek_path, peek_whole};
pub use seal::Maker;
pub use stream_on::with_stream;
pub use target::{Betas, MaxTokensField, ReasoningField, SystemPlacement, Target, ThinkingForm};
