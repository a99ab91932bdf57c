//! Writes a Responses answer: its items, and the object around them.
//! In: an `Ask`, its `Answer`, its `Echo`. Out: JSON. Never here: streams.

use super::{Echo, seal};
use crate::ask::{Answer, Ask, Finish, Format, Piece};
use crate::openai::whole::served_model;
use crate::refused::Stamp;
use crate::route::Call;
use crate::usage;
use crate::wording::pieces;
use serde_json::{Value, json};

/// The whole answer; keeps it, when the request did not forbid it.
pub(crate) fn whole(call: &Call<'_>, ask: &Ask, answer: &Answer, echo: &Echo) -> Value {
    let output = items(ask, answer, echo, &call.stamp);
    keep(call, echo, &output);
    finished(ask, answer, echo, &call.stamp, &output)
}

/// Keeps an answer for later calls.
pub(super) fn keep(call: &Call<'_>, echo: &Echo, output: &[Value]) {
    if echo.store {
        let items = [&echo.items[..], output].concat();
        call.sim.responses.keep(&call.stamp.id("resp_", 0), items);
    }
}

/// The object at the end of an answer.
pub(super) fn finished(ask: &Ask, answer: &Answer, echo: &Echo, stamp: &Stamp, output: &[Value]) -> Value {
    let (status, detail) = ending(&answer.finish);
    let mut out = object(ask, echo, stamp, status);
    match status {
        "completed" => out["completed_at"] = json!(stamp.created),
        "incomplete" => out["incomplete_details"] = json!({"reason": detail}),
        _ => out["error"] = json!({"code": "server_error", "message": failure_words(stamp)}),
    }
    out["output"] = json!(output);
    out["usage"] = usage_object(ask, answer).unwrap_or(Value::Null);
    out
}

pub(super) fn failure_words(stamp: &Stamp) -> String {
    format!("The simulated provider {} failed while it answered", stamp.canary)
}

/// The status an answer ends with, and why it is incomplete.
fn ending(finish: &Finish) -> (&'static str, String) {
    match finish {
        Finish::Length => ("incomplete", "max_output_tokens".to_owned()),
        Finish::Said(word) if word == "failed" => ("failed", String::new()),
        Finish::Said(word) if ["content_filter", "max_output_tokens", "max_messages"].contains(&word.as_str()) => {
            ("incomplete", word.clone())
        }
        _ => ("completed", String::new()),
    }
}

/// The object without what is only known at the end.
pub(super) fn object(ask: &Ask, echo: &Echo, stamp: &Stamp, status: &str) -> Value {
    let given = |key: &str, otherwise: Value| match echo.fields.get(key) {
        Some(value) if !value.is_null() => value.clone(),
        _ => otherwise,
    };
    let reasoning = given("reasoning", json!({}));
    let format = match &ask.format {
        Format::Text => json!({"type": "text"}),
        Format::JsonObject => json!({"type": "json_object"}),
        Format::Schema(_) => {
            let mut format = echo.fields["text"]["format"].clone();
            if format["strict"].is_null() {
                format["strict"] = json!(false);
            }
            format
        }
    };
    let verbosity = given("text", json!({}))["verbosity"].as_str().unwrap_or("medium").to_owned();
    json!({
        "id": stamp.id("resp_", 0), "object": "response", "created_at": stamp.created, "status": status,
        "background": false, "completed_at": null, "error": null, "frequency_penalty": 0.0,
        "incomplete_details": null, "instructions": given("instructions", Value::Null),
        "max_output_tokens": given("max_output_tokens", Value::Null),
        "max_tool_calls": given("max_tool_calls", Value::Null), "metadata": given("metadata", json!({})),
        "model": served_model(ask), "output": [], "parallel_tool_calls": ask.parallel, "presence_penalty": 0.0,
        "previous_response_id": given("previous_response_id", Value::Null),
        "prompt_cache_key": given("prompt_cache_key", Value::Null),
        "reasoning": {"effort": reasoning["effort"], "summary": reasoning["summary"]},
        "safety_identifier": given("safety_identifier", Value::Null), "service_tier": "default",
        "store": echo.store, "temperature": given("temperature", json!(1.0)),
        "text": {"format": format, "verbosity": verbosity}, "tool_choice": given("tool_choice", json!("auto")),
        "tools": echo.tools, "top_logprobs": given("top_logprobs", json!(0)), "top_p": given("top_p", json!(1.0)),
        "truncation": given("truncation", json!("disabled")), "usage": null, "user": given("user", Value::Null),
    })
}

/// Every item of the answer, whole.
pub(super) fn items(ask: &Ask, answer: &Answer, echo: &Echo, stamp: &Stamp) -> Vec<Value> {
    let (status, _) = ending(&answer.finish);
    let last = answer.pieces.len().saturating_sub(1);
    let mut out = Vec::new();
    for (index, piece) in answer.pieces.iter().enumerate() {
        let status = if index == last && status != "completed" { "incomplete" } else { "completed" };
        let id = |prefix: &str| stamp.id(prefix, index as u64);
        match piece {
            Piece::Thinking(text) => out.push(reasoning(ask, echo, &id("rs_"), text)),
            Piece::Redacted => out.push(reasoning(ask, echo, &id("rs_"), "")),
            Piece::Text(text) => {
                let part = json!({"type": "output_text", "text": text, "annotations": [],
                    "logprobs": logprobs(echo, text)});
                out.push(message(&id("msg_"), status, &part));
            }
            Piece::Refusal(text) => {
                out.push(message(&id("msg_"), status, &json!({"type": "refusal", "refusal": text})));
            }
            Piece::Call { name, arguments } => {
                out.push(call_item(ask, stamp, index as u64, (name, arguments), status));
            }
        }
    }
    out
}

fn message(id: &str, status: &str, part: &Value) -> Value {
    json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": [part]})
}

fn reasoning(ask: &Ask, echo: &Echo, id: &str, text: &str) -> Value {
    let raw = ask.directives.has("raw");
    let parts = if echo.summary && !raw { summary_parts(ask, text) } else { Vec::new() };
    let summary: Vec<Value> = parts.iter().map(|part| json!({"type": "summary_text", "text": part})).collect();
    let mut item = json!({"id": id, "type": "reasoning", "summary": summary});
    if raw {
        item["content"] = json!([{"type": "reasoning_text", "text": text}]);
    }
    if echo.encrypted {
        item["encrypted_content"] = json!(seal::encrypt(text));
    }
    item
}

/// The reasoning cut into the parts of a summary; joined they are the whole.
fn summary_parts<'a>(ask: &Ask, text: &'a str) -> Vec<&'a str> {
    let count = ask.directives.number("parts").unwrap_or(1).max(1);
    pieces(text, crate::count::tokens_of(text).div_ceil(count))
}

fn call_item(ask: &Ask, stamp: &Stamp, index: u64, call: (&str, &str), status: &str) -> Value {
    let (name, arguments) = call;
    let tool = ask.tools.iter().find(|tool| tool.name == name);
    let call_id = stamp.id("call_", index);
    let freeform = tool.is_some_and(|tool| tool.freeform);
    let mut item = if freeform {
        json!({"id": stamp.id("ctc_", index), "type": "custom_tool_call", "status": status, "call_id": call_id,
            "name": name, "input": arguments})
    } else {
        json!({"id": stamp.id("fc_", index), "type": "function_call", "status": status, "call_id": call_id,
            "name": name, "arguments": arguments})
    };
    if let Some(tool) = tool.filter(|tool| !tool.group.is_empty()) {
        item["namespace"] = json!(tool.group);
    }
    item
}

/// One for every token, when they were asked for: all as likely as the others.
pub(super) fn logprobs(echo: &Echo, text: &str) -> Value {
    if !echo.logprobs {
        return json!([]);
    }
    let others = echo.fields.get("top_logprobs").and_then(Value::as_u64).unwrap_or(0);
    let one = |token: &&str| {
        let told = json!({"token": token, "bytes": token.as_bytes(), "logprob": -0.25});
        let mut with = told.clone();
        with["top_logprobs"] = (0..others.min(1)).map(|_| told.clone()).collect();
        with
    };
    pieces(text, 1).iter().map(one).collect()
}

/// The usage object; `None` when none is told.
fn usage_object(ask: &Ask, answer: &Answer) -> Option<Value> {
    let report = usage::report(ask, answer)?;
    let input = ask.input.total();
    let total = report.output.as_u64().map_or(json!(input), |out| json!(input + out));
    Some(json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": report.input.cache_read, "cache_write_tokens": 0},
        "output_tokens": report.output,
        "output_tokens_details": {"reasoning_tokens": report.thinking}, "total_tokens": total,
    }))
}
