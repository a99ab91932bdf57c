//! Finish reasons of Gemini. In: its word. Out: ours, and back. Never here: another dialect's words.

use canon::{Stop, StopReason};

/// What a word of a candidate means.
pub(crate) fn read(word: &str) -> Stop {
    let reason = match word {
        "STOP" => StopReason::EndTurn,
        "MAX_TOKENS" => StopReason::MaxTokens,
        "SAFETY"
        | "PROHIBITED_CONTENT"
        | "BLOCKLIST"
        | "SPII"
        | "MODEL_ARMOR"
        | "ESCALATION"
        | "PUP_LIMITED_DISABLED"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT" => StopReason::Refusal,
        "RECITATION" | "LANGUAGE" | "IMAGE_RECITATION" => StopReason::ContentFilter,
        "CONTINUATION" => StopReason::Pause,
        // Calls that came out wrong, and words newer than this list: nothing was cut off, and nothing more comes.
        _ => StopReason::Other,
    };
    Stop::new(reason).native(word)
}

/// What a word means by which a prompt is refused before there is a candidate.
pub(crate) fn blocked(word: &str) -> Stop {
    let reason = if word == "OTHER" { StopReason::ContentFilter } else { StopReason::Refusal };
    Stop::new(reason).native(word)
}

/// The word for a reason.
pub(crate) const fn word(reason: StopReason) -> &'static str {
    match reason {
        StopReason::EndTurn | StopReason::ToolUse | StopReason::StopSequence => "STOP",
        StopReason::MaxTokens | StopReason::ContextWindow => "MAX_TOKENS",
        StopReason::Refusal | StopReason::ContentFilter => "SAFETY",
        StopReason::Pause => "CONTINUATION",
        _ => "OTHER",
    }
}

/// The word a client sees for a server's: the same if it is one of the dialect's, else the nearest that is.
pub(crate) fn shown(word: &str) -> &'static str {
    const OFFICIAL: [&str; 24] = [
        "STOP",
        "MAX_TOKENS",
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MALFORMED_FUNCTION_CALL",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_OTHER",
        "NO_IMAGE",
        "IMAGE_RECITATION",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
        "MALFORMED_RESPONSE",
        "ESCALATION",
        "PUP_LIMITED_DISABLED",
        "CONTINUATION",
        "MODEL_ARMOR",
        "FINISH_REASON_UNSPECIFIED",
    ];
    OFFICIAL.into_iter().find(|official| *official == word).unwrap_or("OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_ends_both_ways() {
        for (word, reason, back) in [
            ("STOP", StopReason::EndTurn, "STOP"),
            ("MAX_TOKENS", StopReason::MaxTokens, "MAX_TOKENS"),
            ("SAFETY", StopReason::Refusal, "SAFETY"),
            ("SPII", StopReason::Refusal, "SAFETY"),
            ("RECITATION", StopReason::ContentFilter, "SAFETY"),
            ("CONTINUATION", StopReason::Pause, "CONTINUATION"),
            ("MALFORMED_FUNCTION_CALL", StopReason::Other, "OTHER"),
            ("A_NEW_WORD", StopReason::Other, "OTHER"),
        ] {
            let stop = read(word);
            assert_eq!((stop.reason, stop.native.as_deref()), (reason, Some(word)));
            assert_eq!(super::word(reason), back, "{word}");
        }
        assert_eq!(word(StopReason::ToolUse), "STOP");
        assert_eq!(blocked("OTHER").reason, StopReason::ContentFilter);
        assert_eq!(blocked("PROHIBITED_CONTENT").reason, StopReason::Refusal);
        assert_eq!((shown("SPII"), shown("A_NEW_WORD")), ("SPII", "OTHER"));
    }
}
