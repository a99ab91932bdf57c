//! Writes a Messages answer in one piece. In: an `Ask` and its `Answer`. Out: JSON.
//! Never here: streams.

use super::seal;
use crate::ask::{Answer, Ask, Finish, Piece};
use crate::mind::arguments_object;
use crate::refused::Stamp;
use crate::usage::{self, Report};
use serde_json::{Map, Value, json};

/// The whole answer.
pub(crate) fn whole(ask: &Ask, answer: &Answer, stamp: &Stamp) -> Value {
    let content: Vec<Value> = answer
        .pieces
        .iter()
        .enumerate()
        .filter_map(|(index, piece)| block(ask, index as u64, piece, stamp))
        .collect();
    let (reason, sequence) = stop_reason(&answer.finish);
    let mut out = json!({
        "id": stamp.id("msg_", 0), "type": "message", "role": "assistant", "model": served_model(ask),
        "content": content, "stop_reason": reason, "stop_sequence": sequence,
    });
    if let Some(details) = stop_details(&answer.finish) {
        out["stop_details"] = details;
    }
    if let Some(report) = usage::report(ask, answer) {
        out["usage"] = usage_object(&report, &report.output);
    }
    out
}

fn block(ask: &Ask, index: u64, piece: &Piece, stamp: &Stamp) -> Option<Value> {
    Some(match piece {
        Piece::Thinking(text) => {
            let shown = shown(ask, text);
            json!({"type": "thinking", "thinking": shown, "signature": seal::sign(shown)})
        }
        Piece::Redacted => json!({"type": "redacted_thinking", "data": seal::redacted()}),
        Piece::Text(text) | Piece::Refusal(text) if text.is_empty() => return None,
        Piece::Text(text) | Piece::Refusal(text) => json!({"type": "text", "text": text}),
        Piece::Call { name, arguments } => {
            let input = arguments_object(arguments);
            json!({"type": "tool_use", "id": stamp.id("toolu_", index), "name": name, "input": input})
        }
    })
}

/// The thinking as it is told: nothing, when it shall not be displayed.
pub(super) fn shown<'a>(ask: &Ask, thinking: &'a str) -> &'a str {
    if ask.hides_thinking { "" } else { thinking }
}

pub(super) fn served_model(ask: &Ask) -> String {
    format!("{}-20260101", ask.model)
}

pub(super) fn stop_reason(finish: &Finish) -> (String, Option<String>) {
    let (word, sequence) = match finish {
        Finish::End => ("end_turn", None),
        Finish::Length => ("max_tokens", None),
        Finish::Calls => ("tool_use", None),
        Finish::Stop(sequence) => ("stop_sequence", Some(sequence.clone())),
        Finish::Refusal => ("refusal", None),
        Finish::Said(word) => (word.as_str(), None),
    };
    (word.to_owned(), sequence)
}

pub(super) fn stop_details(finish: &Finish) -> Option<Value> {
    let refused = *finish == Finish::Refusal;
    refused.then(|| json!({"type": "refusal", "category": null, "explanation": null}))
}

/// The usage object with `output` tokens.
pub(super) fn usage_object(report: &Report, output: &Value) -> Value {
    let input = report.input;
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
    put("input_tokens", json!(input.fresh));
    put("cache_creation_input_tokens", json!(input.cache_write_5m + input.cache_write_1h));
    put("cache_read_input_tokens", json!(input.cache_read));
    put(
        "cache_creation",
        json!({"ephemeral_5m_input_tokens": input.cache_write_5m, "ephemeral_1h_input_tokens": input.cache_write_1h}),
    );
    put("output_tokens", output.clone());
    if report.thinking > 0 {
        put("output_tokens_details", json!({"thinking_tokens": report.thinking}));
    }
    put("service_tier", json!("standard"));
    Value::Object(out)
}
