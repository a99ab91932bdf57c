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
        rule((event == "message_start") == (n == 0), "message_start once and first", text);
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
                _ => check_chat(&ran.text()),
            }
        }
    }
}
