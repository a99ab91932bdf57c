//! How answers of Responses end. In: a status and its reason. Out: ours, and back. Never here: another dialect's words.

use canon::{Stop, StopReason};

/// What a status means, with the reason it gives.
pub(crate) fn read(status: &str, reason: Option<&str>) -> Stop {
    let meant = match (status, reason) {
        ("completed", _) => StopReason::EndTurn,
        (_, Some("max_output_tokens" | "max_tokens")) => StopReason::MaxTokens,
        (_, Some("content_filter")) => StopReason::ContentFilter,
        _ => StopReason::Other,
    };
    Stop::new(meant).native(reason.unwrap_or(status))
}

/// Why an answer is incomplete; `None` when it is complete. A refusal that said nothing would pass for an ordinary end.
pub(crate) const fn incomplete(reason: StopReason, refused: bool) -> Option<&'static str> {
    match reason {
        StopReason::MaxTokens | StopReason::ContextWindow => Some("max_output_tokens"),
        StopReason::ContentFilter => Some("content_filter"),
        StopReason::Refusal if !refused => Some("content_filter"),
        _ => None,
    }
}
