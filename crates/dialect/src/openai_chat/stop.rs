//! Finish reasons of Chat Completions. In: its word. Out: ours, and back. Never here: another dialect's words.

use canon::{Stop, StopReason};

/// What a word means.
pub(crate) fn read(word: &str) -> Stop {
    let reason = match word {
        "stop" | "eos" | "stop_sequence" => StopReason::EndTurn,
        "tool_calls" | "function_call" => StopReason::ToolUse,
        "length" | "max_tokens" => StopReason::MaxTokens,
        "content_filter" => StopReason::ContentFilter,
        _ => StopReason::Other,
    };
    Stop::new(reason).native(word)
}

/// The word for a reason.
pub(crate) const fn word(reason: StopReason) -> &'static str {
    match reason {
        StopReason::ToolUse => "tool_calls",
        StopReason::MaxTokens | StopReason::ContextWindow => "length",
        StopReason::ContentFilter => "content_filter",
        _ => "stop",
    }
}

/// The word a client sees for a server's: the same if it is one of the dialect's, else the nearest that is.
pub(crate) fn shown(word: &str, tools: bool) -> &'static str {
    const OFFICIAL: [&str; 5] = ["stop", "length", "tool_calls", "content_filter", "function_call"];
    if let Some(official) = OFFICIAL.into_iter().find(|official| *official == word) {
        return official;
    }
    self::word(read(word).reason.with_calls(tools))
}
