//! OpenAI's legacy Completions, as clients speak it. In: its requests; events, or the reply they fold to. Out: what `canon`
//! calls them; its chunks and answers. Never here: upstreams (none is asked in this dialect), a tokenizer.

pub(crate) mod decode;
pub(crate) mod prompt;
pub(crate) mod reply;

pub use prompt::{prompt_tokens, with_prompt_text};

/// The limit of answer tokens where the client gives none, as the public description has it.
pub(crate) const MAX_TOKENS_DEFAULT: u64 = 16;
