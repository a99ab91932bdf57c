//! Why an answer ended. In: a provider's word, kept as it was. Out: one of a short list of reasons.
//! Never here: the words of a dialect (crate dialect maps them).

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// The model was done.
    EndTurn,
    /// The model waits for tool results.
    ToolUse,
    /// The limit of answer tokens was reached.
    MaxTokens,
    /// The context window was full.
    ContextWindow,
    /// A stop sequence came up.
    StopSequence,
    /// The model refused.
    Refusal,
    /// A filter of the provider cut in.
    ContentFilter,
    /// A long turn was paused; the client may continue it.
    Pause,
    /// Something newer than this list; `Stop::native` has the word.
    Other,
}

impl StopReason {
    /// The reason when it is known whether tools were called: a call that waits for its result wins over a word that only
    /// says that nothing was cut off.
    #[must_use]
    pub const fn with_calls(self, called: bool) -> Self {
        match self {
            Self::EndTurn | Self::Other if called => Self::ToolUse,
            other => other,
        }
    }

    /// The name in logs and usage records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndTurn => "end_turn",
            Self::ToolUse => "tool_use",
            Self::MaxTokens => "max_tokens",
            Self::ContextWindow => "context_window",
            Self::StopSequence => "stop_sequence",
            Self::Refusal => "refusal",
            Self::ContentFilter => "content_filter",
            Self::Pause => "pause",
            Self::Other => "other",
        }
    }
}

/// The end of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub reason: StopReason,
    /// The stop sequence that came up, where the provider tells.
    pub sequence: Option<String>,
    /// The provider's own word.
    pub native: Option<String>,
    /// Details of a refusal as the provider's JSON text, where it gives any.
    pub details: Option<String>,
}

impl Stop {
    /// An end without the provider's word.
    pub const fn new(reason: StopReason) -> Self {
        Self { reason, sequence: None, native: None, details: None }
    }

    /// The same with the provider's word.
    #[must_use]
    pub fn native(mut self, word: impl Into<String>) -> Self {
        self.native = Some(word.into());
        self
    }
}
