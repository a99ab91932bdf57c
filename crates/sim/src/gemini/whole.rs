//! Writes an answer in one piece: candidates, usage, what a blocked prompt gets.
//! In: an `Ask` and its `Answer`. Out: JSON. Never here: streams.

use super::{seal, signs_calls};
use crate::ask::{Answer, Ask, Finish, Piece};
use crate::mind::arguments_object;
use crate::refused::Stamp;
use crate::usage;
use serde_json::{Value, json};

/// The whole answer.
pub(crate) fn whole(ask: &Ask, answer: &Answer, stamp: &Stamp) -> Value {
    if let Some(blocked) = blocked(ask, stamp) {
        return blocked;
    }
    let parts: Vec<Value> =
        answer.pieces.iter().enumerate().flat_map(|(i, p)| part(ask, answer, stamp, (i, p))).collect();
    let candidates: Vec<Value> = (0..ask.count.max(1)).map(|index| candidate(answer, index, &parts)).collect();
    let mut out = envelope(ask, stamp);
    out["candidates"] = json!(candidates);
    if let Some(usage) = usage_object(ask, answer) {
        out["usageMetadata"] = usage;
    }
    out
}

/// What every answer and every frame says of itself.
pub(super) fn envelope(ask: &Ask, stamp: &Stamp) -> Value {
    json!({"candidates": [], "modelVersion": format!("{}-001", ask.model), "responseId": stamp.id("", 0)})
}

/// The answer to a prompt that is blocked, when a directive wants it so.
pub(super) fn blocked(ask: &Ask, stamp: &Stamp) -> Option<Value> {
    let reason = match ask.directives.get("block")? {
        "" => "SAFETY",
        reason => reason,
    };
    let mut out = envelope(ask, stamp);
    if let Some(fields) = out.as_object_mut() {
        fields.shift_remove("candidates");
    }
    out["promptFeedback"] = json!({"blockReason": reason});
    if !ask.directives.has("no_usage") {
        let input = ask.input.total();
        out["usageMetadata"] = json!({"promptTokenCount": input, "totalTokenCount": input});
    }
    Some(out)
}

/// A candidate at its end.
pub(super) fn candidate(answer: &Answer, index: u64, parts: &[Value]) -> Value {
    let mut out = json!({"index": index, "finishReason": finish_reason(answer)});
    if !parts.is_empty() {
        out["content"] = json!({"parts": parts, "role": "model"});
    }
    if answer.finish == Finish::Refusal {
        out["safetyRatings"] =
            json!([{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": true}]);
        out["finishMessage"] = json!("The answer was withheld.");
    }
    out
}

pub(super) fn finish_reason(answer: &Answer) -> &str {
    match &answer.finish {
        Finish::Said(word) => word,
        Finish::Length => "MAX_TOKENS",
        Finish::Refusal => "SAFETY",
        Finish::Calls if answer.pieces.iter().any(|piece| !is_sound(piece)) => "MALFORMED_FUNCTION_CALL",
        Finish::End | Finish::Calls | Finish::Stop(_) => "STOP",
    }
}

/// Whether the arguments of a call are an object; this wire has no other.
fn is_sound(piece: &Piece) -> bool {
    match piece {
        Piece::Call { arguments, .. } => {
            serde_json::from_str::<Value>(arguments).is_ok_and(|value| value.is_object())
        }
        _ => true,
    }
}

/// A piece as a part; `None` for what is not shown.
pub(super) fn part(ask: &Ask, answer: &Answer, stamp: &Stamp, piece: (usize, &Piece)) -> Option<Value> {
    let (index, piece) = piece;
    match piece {
        Piece::Thinking(_) if ask.hides_thinking => None,
        Piece::Thinking(text) => Some(json!({"text": text, "thought": true})),
        // What was not shown has tokens all the same.
        Piece::Redacted | Piece::Refusal(_) => None,
        Piece::Text(text) => {
            let mut part = json!({ "text": text });
            if let Some(signature) = text_signature(answer) {
                part["thoughtSignature"] = json!(signature);
            }
            Some(part)
        }
        Piece::Call { .. } if !is_sound(piece) => None,
        Piece::Call { name, arguments } => {
            let arguments = arguments_object(arguments);
            let mut call = json!({"name": name, "args": arguments});
            if signs_calls(&ask.model) {
                call["id"] = json!(stamp.id("", index as u64 + 1));
            }
            let first = !answer.pieces[..index].iter().any(|p| matches!(p, Piece::Call { .. }));
            let mut part = json!({"functionCall": call});
            if first && (answer.thinking_tokens > 0 || signs_calls(&ask.model)) {
                part["thoughtSignature"] = json!(seal::call(name, &arguments));
            }
            Some(part)
        }
    }
}

/// The signature of the thoughts that led to a text; when they led to a call, the call has one.
pub(super) fn text_signature(answer: &Answer) -> Option<String> {
    let calls = answer.pieces.iter().any(|piece| matches!(piece, Piece::Call { .. }));
    answer.pieces.iter().find_map(|piece| match piece {
        Piece::Thinking(text) if !calls => Some(seal::thought(text)),
        _ => None,
    })
}

/// The usage object; `None` when none is told. The thoughts are not part of the candidates' tokens.
pub(super) fn usage_object(ask: &Ask, answer: &Answer) -> Option<Value> {
    let report = usage::report(ask, answer)?;
    let input = ask.input.total();
    let shown = match report.output.as_u64() {
        Some(output) => json!(output.saturating_sub(report.thinking)),
        None => report.output.clone(),
    };
    let total = report.output.as_u64().map_or(json!(input), |output| json!(input + output));
    let modality = |count: &Value| json!([{"modality": "TEXT", "tokenCount": count}]);
    let mut out = json!({"promptTokenCount": input, "candidatesTokenCount": shown,
        "totalTokenCount": total, "promptTokensDetails": modality(&json!(input))});
    if report.thinking > 0 {
        out["thoughtsTokenCount"] = json!(report.thinking);
    }
    if report.input.cache_read > 0 {
        out["cachedContentTokenCount"] = json!(report.input.cache_read);
        out["cacheTokensDetails"] = modality(&json!(report.input.cache_read));
    }
    Some(out)
}
