//! What SDK stream readers fail on, as checkers of the streams we emit (measured with real SDKs; one line a rule). In: the
//! text of a stream. Out: a broken rule. Never here: content.

use crate::run::{ALL, cases, frames, spec, stream};
use canon::Dialect;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

fn rule(holds: bool, rule: &str, text: &str) {
    assert!(holds, "broken rule: {rule}\n{text}");
}

/// Rules of Chat readers.
pub fn check_chat(text: &str) {
    let mut calls = BTreeSet::new();
    let (mut role, mut finished) = (false, false);
    let failed = frames(text).iter().any(|(_, v)| v.get("error").is_some());
    for (event, value) in frames(text) {
        rule(event.is_empty(), "chunks have no event line", text);
        if value.get("error").is_some() {
            rule(value["error"]["code"].is_string(), "a code is a string", text);
            continue;
        }
        for (key, fixed) in [("id", "chatcmpl-ours"), ("model", "pub"), ("object", "chat.completion.chunk")] {
            rule(value[key] == fixed, "id, model and object on every chunk", text);
        }
        rule(value["created"].is_number(), "created on every chunk", text);
        rule(value.get("system_fingerprint").is_none(), "no fingerprint", text);
        for choice in value["choices"].as_array().unwrap() {
            let delta = &choice["delta"];
            role |= delta["role"] == "assistant";
            rule(role, "the role comes first", text);
            for call in delta["tool_calls"].as_array().unwrap_or(&Vec::new()) {
                rule(call["index"].is_number(), "every fragment has an index", text);
                if calls.insert(call["index"].as_u64()) {
                    rule(call["id"].as_str().is_some_and(|i| !i.is_empty()), "the first fragment has an id", text);
                    rule(call["type"] == "function", "the first fragment has a type", text);
                }
            }
            finished |= choice["finish_reason"].as_str().is_some_and(|f| !f.is_empty());
        }
    }
    rule(finished != failed, "a finish, or an error and no finish", text);
    rule(text.contains("data: [DONE]") != failed, "[DONE], or an error and no [DONE]", text);
}

/// Rules of Gemini readers.
pub fn check_gemini(text: &str) {
    let all = frames(text);
    let mut finished = false;
    for (n, (event, value)) in all.iter().enumerate() {
        let last = n + 1 == all.len();
        rule(event.is_empty(), "frames have no event line", text);
        if value.get("error").is_some() {
            rule(last && value["error"]["code"].is_number(), "an error is the last frame and has a number", text);
            continue;
        }
        rule(value["responseId"] == "gen-ours" && value["modelVersion"] == "pub", "our id and model", text);
        for candidate in value["candidates"].as_array().unwrap_or(&Vec::new()) {
            for part in candidate["content"]["parts"].as_array().unwrap_or(&Vec::new()) {
                let named = part["functionCall"].is_null() || part["functionCall"]["name"].is_string();
                rule(part.as_object().is_some_and(|p| !p.is_empty()) && named, "a part says something", text);
            }
            finished |= candidate["finishReason"].is_string();
        }
        finished |= value["promptFeedback"]["blockReason"].is_string();
        if last {
            rule(value["usageMetadata"]["totalTokenCount"].is_number(), "usage at the end", text);
        }
    }
    let failed = all.last().is_some_and(|(_, value)| value.get("error").is_some());
    rule(finished != failed || failed, "a finish, or an error", text);
    rule(!text.contains("[DONE]"), "no [DONE]", text);
}

/// Event types a Messages reader knows; it fails on others.
const KNOWN: [&str; 8] = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "ping",
    "error",
];

/// Rules of Messages readers.
pub fn check_messages(text: &str) {
    let all = frames(text);
    let mut open: Option<u64> = None;
    let mut next = 0;
    for (n, (event, value)) in all.iter().enumerate() {
        rule(value["type"] == event.as_str(), "the event line equals the type", text);
        rule(KNOWN.contains(&event.as_str()), "no unknown event type", text);
        let alone = all.len() == 1 && event == "error";
        rule((event == "message_start") == (n == 0) || alone, "message_start once and first", text);
        let index = value["index"].as_u64();
        let inside = index == open && index.is_some();
        let last = n + 1 == all.len();
        match event.as_str() {
            "message_start" => {
                let message = &value["message"];
                rule(message["id"] == "msg_ours" && message["model"] == "pub", "our id and model", text);
                rule(usage_is_whole(&message["usage"]), "usage at the start", text);
            }
            "content_block_start" => {
                rule(open.is_none() && index == Some(next), "blocks are dense and do not overlap", text);
                open = index;
            }
            "content_block_delta" => rule(inside, "deltas go to the open block", text),
            "content_block_stop" => {
                rule(inside, "the open block stops", text);
                open = None;
                next += 1;
            }
            "message_delta" => {
                rule(open.is_none(), "blocks stop before the end", text);
                rule(usage_is_whole(&value["usage"]), "usage at the end", text);
                rule(value["delta"]["stop_reason"].is_string(), "a stop reason", text);
            }
            "message_stop" | "error" => rule(last, "nothing after the end", text),
            _ => {}
        }
    }
    rule(!text.contains("[DONE]"), "no [DONE]", text);
}

/// The rules that hold on the straight lane even where blocks overlap.
pub fn check_blocks(text: &str) {
    let all = frames(text);
    let mut open = BTreeSet::new();
    let mut next = 0;
    for (n, (event, value)) in all.iter().enumerate() {
        rule(value["type"] == event.as_str(), "the event line equals the type", text);
        rule(KNOWN.contains(&event.as_str()), "no unknown event type", text);
        let index = value["index"].as_u64();
        let last = n + 1 == all.len();
        rule(
            (event == "message_start") == (n == 0) || (last && event == "error"),
            "message_start once and first",
            text,
        );
        match event.as_str() {
            "content_block_start" => {
                rule(index == Some(next), "blocks are dense", text);
                next += 1;
                open.insert(index);
            }
            "content_block_delta" => rule(open.contains(&index), "deltas go to an open block", text),
            "content_block_stop" => rule(open.remove(&index), "an open block stops", text),
            "message_delta" => {
                rule(open.is_empty(), "blocks stop before the end", text);
                rule(usage_is_whole(&value["usage"]), "usage at the end", text);
                rule(value["delta"]["stop_reason"].is_string(), "a stop reason", text);
            }
            "message_stop" | "error" => rule(last, "nothing after the end", text),
            _ => {}
        }
    }
    rule(all.last().is_some_and(|(e, _)| e == "message_stop" || e == "error"), "an end", text);
}

fn usage_is_whole(usage: &Value) -> bool {
    usage["input_tokens"].is_number() && usage["output_tokens"].is_number()
}

/// What every response object has.
const FIELDS: [&str; 31] = [
    "id",
    "object",
    "created_at",
    "completed_at",
    "status",
    "incomplete_details",
    "model",
    "previous_response_id",
    "instructions",
    "output",
    "error",
    "tools",
    "tool_choice",
    "truncation",
    "parallel_tool_calls",
    "text",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "top_logprobs",
    "temperature",
    "reasoning",
    "usage",
    "max_output_tokens",
    "max_tool_calls",
    "store",
    "background",
    "service_tier",
    "metadata",
    "safety_identifier",
    "prompt_cache_key",
];

/// Whether a response object has every field that its readers require.
pub fn response_is_whole(response: &Value) -> bool {
    FIELDS.iter().all(|field| response.get(field).is_some())
}

/// An item as a Responses reader knows it.
#[derive(Default)]
struct Known {
    id: String,
    kind: String,
    parts: Vec<String>,
    summaries: usize,
    arguments: String,
    done: bool,
}

/// Rules of Responses readers: a state machine over the stream.
pub fn check_responses(text: &str) {
    let all = frames(text);
    let mut items: Vec<Known> = Vec::new();
    for (n, (event, value)) in all.iter().enumerate() {
        rule(value["type"] == event.as_str(), "the event line equals the type", text);
        rule(value["sequence_number"] == n as u64, "numbers are dense and start at 0", text);
        rule((event == "response.created") == (n == 0), "response.created once and first", text);
        let last = n + 1 == all.len();
        let terminal = ["response.completed", "response.incomplete", "response.failed"].contains(&event.as_str());
        rule(terminal == last, "one end, and nothing behind it", text);
        if let Some(response) = value.get("response") {
            rule(response["id"] == "resp_ours" && response["model"] == "pub", "our id and model", text);
            rule(
                response["object"] == "response" && response["created_at"].is_number(),
                "an object and its time",
                text,
            );
            rule(response["output"].is_array(), "a list of items", text);
            rule(
                response["status"] == event.trim_start_matches("response.").replace("created", "in_progress"),
                "its status",
                text,
            );
        }
        match event.as_str() {
            "response.output_item.added" => {
                rule(value["output_index"] == items.len() as u64, "items are dense", text);
                let item = &value["item"];
                let id = item["id"].as_str().unwrap_or_default().to_owned();
                rule(!id.is_empty() && items.iter().all(|known| known.id != id), "an id of its own", text);
                let kind = item["type"].as_str().unwrap_or_default().to_owned();
                rule(
                    kind != "function_call" || (item["name"].is_string() && item["call_id"].is_string()),
                    "a call's names",
                    text,
                );
                items.push(Known { id, kind, ..Known::default() });
            }
            _ if terminal => check_end(event, value, &items, text),
            _ if value.get("output_index").is_some() => check_item(event, value, &mut items, text),
            _ => {}
        }
    }
    rule(!all.is_empty(), "an end", text);
    rule(!text.contains("[DONE]"), "no [DONE]", text);
}

fn check_item(event: &str, value: &Value, items: &mut [Known], text: &str) {
    let at = value["output_index"].as_u64().unwrap() as usize;
    rule(at < items.len(), "an item that was added", text);
    let item = &mut items[at];
    let id = value["item_id"].as_str().or_else(|| value["item"]["id"].as_str());
    rule(id == Some(&item.id), "the id it was added with", text);
    rule(!item.done, "nothing behind an item's end", text);
    let number = value["content_index"].as_u64().unwrap_or(0) as usize;
    let delta = value["delta"].as_str().unwrap_or_default();
    match event {
        "response.content_part.added" => {
            rule(number == item.parts.len(), "parts are dense", text);
            item.parts.push(String::new());
        }
        "response.output_text.delta" | "response.refusal.delta" | "response.reasoning_text.delta" => {
            rule(number < item.parts.len(), "a part that was added", text);
            item.parts[number].push_str(delta);
        }
        "response.output_text.done" | "response.refusal.done" => {
            let told = value["text"].as_str().or_else(|| value["refusal"].as_str());
            rule(told == item.parts.get(number).map(String::as_str), "the text is the sum of its deltas", text);
        }
        "response.reasoning_summary_part.added" => item.summaries += 1,
        "response.reasoning_summary_text.delta" => {
            let number = value["summary_index"].as_u64().unwrap_or(0) as usize;
            rule(number < item.summaries, "a summary that was added", text);
        }
        "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
            item.arguments.push_str(delta);
        }
        "response.function_call_arguments.done" => {
            rule(value["arguments"] == item.arguments, "arguments are the sum of their deltas", text);
        }
        "response.custom_tool_call_input.done" => {
            rule(value["input"] == item.arguments, "and so is free text", text);
        }
        "response.output_item.done" => {
            item.done = true;
            rule(value["item"]["type"] == item.kind, "an item keeps its type", text);
            let written: Vec<&str> = value["item"]["content"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|part| part["text"].as_str().or_else(|| part["refusal"].as_str()))
                .collect();
            rule(item.kind != "message" || written == item.parts, "a message is what its deltas said", text);
        }
        _ => {}
    }
}

fn check_end(event: &str, value: &Value, items: &[Known], text: &str) {
    let response = &value["response"];
    rule(items.iter().all(|item| item.done), "every item has ended", text);
    let output: Vec<&str> =
        response["output"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap_or_default()).collect();
    let known: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
    rule(output == known, "the output is what was added, under the same ids", text);
    if event == "response.failed" {
        rule(
            response["error"]["code"].is_string() && response["error"]["message"].is_string(),
            "an error says what",
            text,
        );
        return;
    }
    let usage = &response["usage"];
    for path in [
        "/input_tokens",
        "/output_tokens",
        "/total_tokens",
        "/input_tokens_details/cached_tokens",
        "/output_tokens_details/reasoning_tokens",
    ] {
        rule(usage.pointer(path).is_some_and(Value::is_number), "usage with both details", text);
    }
}

/// Pitfalls 29, 68, 69: every stream of the corpus passes the readers' rules, whichever way it goes.
#[test]
fn pitfall_29_68_69_streams_pass_the_rules_of_their_readers() {
    for (upstream, folder) in cases() {
        let Ok(bytes) = fs::read(folder.join("upstream.sse")) else {
            continue;
        };
        // What overlaps when it comes, and kinds of blocks we do not know, pass as they are on the straight lane.
        let odd = folder.ends_with("overlapping_blocks");
        for client in ALL {
            let ran = stream(&spec(client, upstream), &bytes, &[usize::MAX]);
            match client {
                Dialect::Anthropic if odd && upstream == client => {}
                Dialect::Anthropic => check_messages(&ran.text()),
                Dialect::Gemini => check_gemini(&ran.text()),
                Dialect::OpenAiResponses => {
                    check_responses(&ran.text());
                    let converted = upstream != client;
                    for (_, value) in
                        frames(&ran.text()).iter().filter(|(_, value)| converted && value.get("response").is_some())
                    {
                        rule(response_is_whole(&value["response"]), "every field of the object", &ran.text());
                    }
                }
                _ => check_chat(&ran.text()),
            }
        }
    }
}
