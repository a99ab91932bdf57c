//! How many tokens a request has, counted here instead of asked. In: a conversation, a tokenizer. Out: a count, and whether
//! it is what the provider itself would count. Never here: prices, a look at an answer's usage, IO, bytes of a dialect.
//!
//! # What is exact
//! Plain text conversations for models of OpenAI's families: the vocabularies are theirs, and so is the frame around each
//! message (3 tokens and its role, 3 more for the answer to come). All else is an estimate, and says so:
//!
//! | what | counts as |
//! |---|---|
//! | text for other models | the tokens of `o200k` and a fifth more |
//! | a tool on offer | its name, description and schema as text, and 8 |
//! | a call, a result | its texts, and 4 |
//! | a picture whose size can be read | tiles of 512 (OpenAI), or one token for 750 pixels (others), after the usual shrinking |
//! | any other picture, document, sound | 1,000, and a fortieth of the bytes of documents and sounds |
//! | reasoning that cannot be read | a token for 6 characters |

mod media;
mod merge;
mod pieces;
mod request;
mod table;
mod vocabulary;

pub use request::count;
pub use vocabulary::{NoText, Tokenizer};

/// How many tokens something has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Tokens.
    pub tokens: u64,
    /// Whether the provider itself would count as many.
    pub exact: bool,
}
