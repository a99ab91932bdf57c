//! Writes a Chat Completions answer in one piece. In: an `Ask` and its `Answer`. Out: JSON.
//! Never here: streams.

use crate::ask::{Answer, Ask, Choice, Finish, Piece};
use crate::refused::Stamp;
use crate::usage;
use serde_json::{Map, Value, json};

/// The whole answer.
pub(crate) fn whole(ask: &Ask, answer: &Answer, stamp: &Stamp) -> Value {
    let message = message(ask, answer, stamp);
    let choices: Vec<Value> = (0..ask.count.max(1))
        .map(|index| {
            json!({"index": index, "message": message, "logprobs": null,
                "finish_reason": finish_reason(ask, &answer.finish)})
        })
        .collect();
    let mut out = json!({
        "id": stamp.id("chatcmpl-", 0), "object": "chat.completion", "created": stamp.created,
        "model": served_model(ask), "choices": choices,
    });
    if let Some(usage) = usage_object(ask, answer) {
        out["usage"] = usage;
    }
    out["service_tier"] = json!("default");
    out["system_fingerprint"] = json!(fingerprint(stamp));
    out
}

fn message(ask: &Ask, answer: &Answer, stamp: &Stamp) -> Value {
    let mut text = None;
    let mut refusal = Value::Null;
    let mut reasoning = None;
    let mut calls = Vec::new();
    for piece in &answer.pieces {
        match piece {
            Piece::Text(said) => text.get_or_insert_with(String::new).push_str(said),
            Piece::Refusal(said) => refusal = json!(said),
            Piece::Thinking(thought) => reasoning = Some(thought),
            Piece::Redacted => {}
            Piece::Call { name, arguments } => {
                let id = stamp.id("call_", calls.len() as u64);
                calls.push(call(ask, &id, name, arguments));
            }
        }
    }
    let mut out = Map::new();
    out.insert("role".to_owned(), json!("assistant"));
    out.insert("content".to_owned(), json!(text));
    if let Some(reasoning) = reasoning.filter(|_| shows_reasoning(ask)) {
        out.insert("reasoning_content".to_owned(), json!(reasoning));
    }
    if !calls.is_empty() {
        out.insert("tool_calls".to_owned(), json!(calls));
    }
    out.insert("refusal".to_owned(), refusal);
    out.insert("annotations".to_owned(), json!([]));
    Value::Object(out)
}

/// A whole call, of the kind its tool was declared as.
fn call(ask: &Ask, id: &str, name: &str, arguments: &str) -> Value {
    if freeform(ask, name) {
        return json!({"id": id, "type": "custom", "custom": {"name": name, "input": arguments}});
    }
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

pub(super) fn freeform(ask: &Ask, name: &str) -> bool {
    ask.tools.iter().any(|tool| tool.freeform && tool.name == name)
}

/// Thinking is seen when a directive asks for it, or when the model is one of those that show it.
pub(super) fn shows_reasoning(ask: &Ask) -> bool {
    ask.directives.has("think") || ["reasoner", "deepseek"].iter().any(|n| ask.model.contains(n))
}

/// The model as the server calls it: with a date, unlike what was asked for.
pub(super) fn served_model(ask: &Ask) -> String {
    format!("{}-2026-01-01", ask.model)
}

pub(super) fn fingerprint(stamp: &Stamp) -> String {
    format!("fp_{}", stamp.canary)
}

/// A forced function ends with `stop`, as on the real server.
pub(super) fn finish_reason(ask: &Ask, finish: &Finish) -> String {
    let word = match finish {
        Finish::Calls if !matches!(ask.choice, Choice::Named(_)) => "tool_calls",
        Finish::Length => "length",
        Finish::Said(word) => word,
        Finish::End | Finish::Calls | Finish::Stop(_) | Finish::Refusal => "stop",
    };
    word.to_owned()
}

/// The usage object; `None` when none is told.
pub(super) fn usage_object(ask: &Ask, answer: &Answer) -> Option<Value> {
    let report = usage::report(ask, answer)?;
    let prompt = ask.input.total();
    let total = report.output.as_u64().map_or(json!(prompt), |out| json!(prompt + out));
    Some(json!({
        "prompt_tokens": prompt, "completion_tokens": report.output, "total_tokens": total,
        "prompt_tokens_details": {"cached_tokens": report.input.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": report.thinking, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
    }))
}
