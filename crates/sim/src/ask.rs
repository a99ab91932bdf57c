//! What a prompt comes down to, whatever dialect it was said in, and what is answered.
//! In: the fields a dialect's reader found. Out: `Ask`, `Answer`. Never here: a dialect's field names.

use crate::directive::Directives;
use serde_json::Value;

/// One prompt, understood.
#[derive(Default)]
pub(crate) struct Ask {
    pub(crate) model: String,
    pub(crate) stream: bool,
    /// The last user message with its directives, which are also in `directives`.
    pub(crate) said: String,
    pub(crate) directives: Directives,
    /// Media of the last user turn and of tool results, already in words (`image image/png of 68 bytes`).
    pub(crate) media: Vec<String>,
    /// Results at the end of the conversation that wait for an answer.
    pub(crate) results: Vec<ToolResult>,
    pub(crate) tools: Vec<ToolDef>,
    pub(crate) choice: Choice,
    pub(crate) parallel: bool,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) stop: Vec<String>,
    pub(crate) format: Format,
    /// Tokens to think, zero for none.
    pub(crate) thinking: u64,
    /// Thinking is counted and signed, but not told.
    pub(crate) hides_thinking: bool,
    /// Pictures are asked for, not words.
    pub(crate) paints: bool,
    /// Whether usage comes at the end of a stream, for dialects where it must be asked for.
    pub(crate) include_usage: bool,
    /// How many answers to give at once.
    pub(crate) count: u64,
    pub(crate) input: Input,
}

/// The prompt in tokens, split as the cache saw it. The classes are disjoint.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) fresh: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_write_5m: u64,
    pub(crate) cache_write_1h: u64,
}

impl Input {
    /// A prompt of `total` tokens, of which so many are read from the cache as the directive `cached` says.
    pub(crate) fn cached(total: u64, directives: &Directives) -> Self {
        let cached = directives.number("cached").unwrap_or(0).min(total);
        Self { fresh: total - cached, cache_read: cached, ..Self::default() }
    }

    pub(crate) fn total(self) -> u64 {
        self.fresh + self.cache_read + self.cache_write_5m + self.cache_write_1h
    }
}

pub(crate) struct ToolResult {
    pub(crate) text: String,
    pub(crate) is_error: bool,
}

#[derive(Default)]
pub(crate) struct ToolDef {
    pub(crate) name: String,
    /// The group a tool was declared in, empty for none.
    pub(crate) group: String,
    pub(crate) schema: Value,
    /// A freeform tool: its argument is text, not an object.
    pub(crate) freeform: bool,
}

#[derive(Default, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    #[default]
    Auto,
    Never,
    Required,
    Named(String),
}

#[derive(Default)]
pub(crate) enum Format {
    #[default]
    Text,
    JsonObject,
    Schema(Value),
}

/// What is answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) finish: Finish,
    pub(crate) output_tokens: u64,
    pub(crate) thinking_tokens: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Thinking(String),
    Redacted,
    Text(String),
    Refusal(String),
    Call { name: String, arguments: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    End,
    Length,
    Calls,
    Stop(String),
    Refusal,
    /// Word for word what the directive `finish` said.
    Said(String),
}
