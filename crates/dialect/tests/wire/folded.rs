//! What a client of each dialect has in hand when a stream is over. In: the text of a stream. Out: thoughts, words, calls and the
//! reason for the end, in one form for all dialects. Never here: rules of readers (strict), expectations.

use crate::run::{GEMINI, MESSAGES, RESPONSES, frames};
use canon::Dialect;
use serde_json::Value;

/// Everything that was said, whatever it came in.
#[derive(Debug, Default, PartialEq)]
pub struct Folded {
    /// Reasoning that is shown.
    pub thought: String,
    /// Words.
    pub text: String,
    /// Calls: the tool and its arguments as they were written.
    pub calls: Vec<(String, String)>,
    /// Whether the stream had a proper end.
    pub ended: bool,
}

impl Folded {
    fn say(&mut self, thought: &Value, text: &Value) {
        self.thought.push_str(thought.as_str().unwrap_or_default());
        self.text.push_str(text.as_str().unwrap_or_default());
    }

    fn call(&mut self, name: &Value, arguments: &Value) {
        let written = arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned);
        self.calls.push((name.as_str().unwrap_or_default().to_owned(), written));
    }
}

/// Folds a stream as a client of the dialect does.
pub fn fold(client: Dialect, text: &str) -> Folded {
    let mut out = Folded::default();
    for (_, value) in frames(text) {
        match client {
            MESSAGES => messages(&mut out, &value),
            RESPONSES => responses(&mut out, &value),
            GEMINI => gemini(&mut out, &value),
            _ => chat(&mut out, &value),
        }
    }
    out.ended |= text.contains("data: [DONE]");
    // What nobody wrote and an empty object are the same arguments.
    for (_, arguments) in out.calls.iter_mut().filter(|(_, arguments)| arguments.is_empty()) {
        arguments.push_str("{}");
    }
    out
}

fn chat(out: &mut Folded, value: &Value) {
    let delta = &value["choices"][0]["delta"];
    out.say(&delta["reasoning_content"], &delta["content"]);
    for call in delta["tool_calls"].as_array().into_iter().flatten() {
        let at = call["index"].as_u64().unwrap_or(u64::MAX) as usize;
        if at == out.calls.len() {
            out.call(&call["function"]["name"], &Value::from(""));
        }
        let piece = call["function"]["arguments"].as_str().unwrap_or_default();
        out.calls.get_mut(at).expect("calls are numbered densely").1.push_str(piece);
    }
}

fn messages(out: &mut Folded, value: &Value) {
    let (block, delta) = (&value["content_block"], &value["delta"]);
    out.say(&delta["thinking"], &delta["text"]);
    if block["type"] == "tool_use" {
        out.call(&block["name"], &Value::from(""));
    }
    if let Some(piece) = delta["partial_json"].as_str() {
        out.calls.last_mut().expect("a piece has its block").1.push_str(piece);
    }
    out.ended |= value["type"] == "message_stop";
}

fn responses(out: &mut Folded, value: &Value) {
    if value["type"] != "response.completed" && value["type"] != "response.incomplete" {
        return;
    }
    out.ended = true;
    for item in value["response"]["output"].as_array().into_iter().flatten() {
        let parts = ["summary", "content"].iter().flat_map(|list| item[*list].as_array().into_iter().flatten());
        for part in parts {
            let thought = item["type"] == "reasoning";
            let (thought, text) =
                if thought { (&part["text"], &Value::Null) } else { (&Value::Null, &part["text"]) };
            out.say(thought, text);
        }
        if item["type"] == "function_call" {
            out.call(&item["name"], &item["arguments"]);
        }
    }
}

fn gemini(out: &mut Folded, value: &Value) {
    let candidate = &value["candidates"][0];
    for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
        let thought = part["thought"] == true;
        out.say(
            if thought { &part["text"] } else { &Value::Null },
            if thought { &Value::Null } else { &part["text"] },
        );
        if let Some(call) = part.get("functionCall") {
            out.call(&call["name"], call.get("args").unwrap_or(&Value::from("{}")));
        }
    }
    out.ended |= candidate["finishReason"].is_string() || value["promptFeedback"]["blockReason"].is_string();
}
