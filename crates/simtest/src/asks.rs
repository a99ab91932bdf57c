//! What clients of each language send. In: a body in the words of Chat Completions. Out: where it goes, and the body in the words
//! of the client. Never here: what comes back (seen), anything but texts, the limit and the stream.

use crate::words::Speaks;
use serde_json::{Value, json};

impl Speaks {
    /// The path of a call and its body; bodies that are in the client's own words already stay as they are.
    pub fn asks(self, body: &Value) -> (&'static str, Value) {
        let streamed = body["stream"] == true;
        let path = match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/anthropic/v1/messages",
            Self::Responses => "/v1/responses",
            Self::Completions => "/v1/completions",
            Self::Gemini if streamed => "/v1beta/models/m:streamGenerateContent?alt=sse",
            Self::Gemini => "/v1beta/models/m:generateContent",
        };
        (path, self.words(body))
    }

    fn words(self, body: &Value) -> Value {
        let mut asked = body.clone();
        let Some(messages) = body["messages"].as_array() else { return asked };
        let limit = &body["max_tokens"];
        match self {
            Self::Chat | Self::Messages => {}
            Self::Responses => {
                asked =
                    json!({ "model": body["model"], "stream": body["stream"], "input": messages, "store": false });
                if limit.is_number() {
                    asked["max_output_tokens"] = limit.clone();
                }
            }
            Self::Gemini => {
                let turn = |turn: &Value| {
                    let role = if turn["role"] == "assistant" { "model" } else { "user" };
                    json!({ "role": role, "parts": [{ "text": turn["content"] }] })
                };
                asked = json!({ "contents": messages.iter().map(turn).collect::<Vec<_>>() });
                if limit.is_number() {
                    asked["generationConfig"] = json!({ "maxOutputTokens": limit });
                }
                if body["stop"].is_array() {
                    asked["generationConfig"]["stopSequences"] = body["stop"].clone();
                }
            }
            Self::Completions => {
                let prompt: Vec<&str> = messages.iter().filter_map(|turn| turn["content"].as_str()).collect();
                asked["prompt"] = json!(prompt.join("\n"));
                if let Some(fields) = asked.as_object_mut() {
                    fields.remove("messages");
                }
            }
        }
        asked
    }
}
