//! Stop reasons of Messages. In: its word. Out: ours, and back. Never here: another dialect's words.

use canon::{Stop, StopReason};

/// What a word means.
pub(crate) fn read(word: &str) -> Stop {
    let reason = match word {
        "end_turn" => StopReason::EndTurn,
        "tool_use" => StopReason::ToolUse,
        "max_tokens" => StopReason::MaxTokens,
        "model_context_window_exceeded" => StopReason::ContextWindow,
        "stop_sequence" => StopReason::StopSequence,
        "refusal" => StopReason::Refusal,
        "pause_turn" => StopReason::Pause,
        _ => StopReason::Other,
    };
    Stop::new(reason).native(word)
}

/// The word for a reason.
pub(crate) const fn word(reason: StopReason) -> &'static str {
    match reason {
        StopReason::ToolUse => "tool_use",
        StopReason::MaxTokens => "max_tokens",
        StopReason::ContextWindow => "model_context_window_exceeded",
        StopReason::StopSequence => "stop_sequence",
        StopReason::Refusal | StopReason::ContentFilter => "refusal",
        StopReason::Pause => "pause_turn",
        _ => "end_turn",
    }
}

/// The word a client sees for a server's: the same if it is one of the dialect's, else the nearest that is.
pub(crate) fn shown(word: &str, tools: bool) -> &'static str {
    const OFFICIAL: [&str; 8] = [
        "end_turn",
        "max_tokens",
        "stop_sequence",
        "tool_use",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
        "compaction",
    ];
    if let Some(official) = OFFICIAL.into_iter().find(|official| *official == word) {
        return official;
    }
    self::word(read(word).reason.with_calls(tools))
}
