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
