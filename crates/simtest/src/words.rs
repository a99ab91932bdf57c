//! What scripted providers say, in every language. In: texts, counts. Out: steps and scripts.
//! Never here: playing them (script), what clients say (asks).

use crate::script::{Script, Step};
use serde_json::{Value, json};

/// The language of a client or a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// Chat Completions.
    Chat,
    /// Messages.
    Messages,
    /// Responses.
    Responses,
    /// Gemini's generateContent.
    Gemini,
    /// Completions: clients alone, for no provider is asked in it.
    Completions,
}

/// A chunk of Chat Completions with some text.
pub fn chat_chunk(text: &str) -> Step {
    let chunk = json!({
        "id": "chatcmpl-upstream", "object": "chat.completion.chunk", "created": 1, "model": "upstream-model",
        "choices": [{ "index": 0, "delta": { "content": text }, "logprobs": null, "finish_reason": null }],
    });
    Step::Say(format!("data: {chunk}\n\n"))
}

/// The end of a stream of Chat Completions, with usage.
pub fn chat_end(prompt: u64, answer: u64) -> Step {
    let finish = json!({
        "id": "chatcmpl-upstream", "object": "chat.completion.chunk", "created": 1, "model": "upstream-model",
        "choices": [{ "index": 0, "delta": {}, "logprobs": null, "finish_reason": "stop" }],
    });
    let usage = json!({
        "id": "chatcmpl-upstream", "object": "chat.completion.chunk", "created": 1, "model": "upstream-model",
        "choices": [],
        "usage": { "prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer },
    });
    Step::Say(format!("data: {finish}\n\ndata: {usage}\n\ndata: [DONE]\n\n"))
}

/// A whole answer of Chat Completions.
pub fn json_answer(text: &str, prompt: u64, answer: u64) -> Script {
    Script::json(
        200,
        &json!({
            "id": "chatcmpl-upstream", "object": "chat.completion", "created": 1, "model": "upstream-model",
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer },
        }),
    )
}

/// The opening of a stream of Messages.
pub fn message_start(prompt: u64) -> Step {
    event(&json!({ "type": "message_start", "message": {
        "id": "msg_upstream", "type": "message", "role": "assistant", "model": "upstream-model", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": { "input_tokens": prompt, "output_tokens": 1 },
    } }))
}

/// The opening of the one block of a stream of Messages.
pub fn block_start() -> Step {
    event(&json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }))
}

/// Some text of a stream of Messages.
pub fn block_text(text: &str) -> Step {
    event(&json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } }))
}

/// The end of a stream of Messages, with usage.
pub fn message_end(answer: u64) -> Vec<Step> {
    let delta = json!({ "stop_reason": "end_turn", "stop_sequence": null });
    vec![
        event(&json!({ "type": "content_block_stop", "index": 0 })),
        event(&json!({ "type": "message_delta", "delta": delta, "usage": { "output_tokens": answer } })),
        event(&json!({ "type": "message_stop" })),
    ]
}

/// A whole answer of Messages.
pub fn message_answer(text: &str, prompt: u64, answer: u64) -> Script {
    Script::json(
        200,
        &json!({
            "id": "msg_upstream", "type": "message", "role": "assistant", "model": "upstream-model",
            "content": [{ "type": "text", "text": text }], "stop_reason": "end_turn", "stop_sequence": null,
            "usage": { "input_tokens": prompt, "output_tokens": answer },
        }),
    )
}

fn event(value: &Value) -> Step {
    Step::Say(format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap_or("")))
}

/// The opening of a stream of Responses: the response and its one message.
fn response_opening() -> Vec<Step> {
    let message =
        json!({ "id": "msg_item", "type": "message", "status": "in_progress", "role": "assistant", "content": [] });
    let part = json!({ "type": "output_text", "text": "", "annotations": [] });
    vec![
        event(
            &json!({ "type": "response.created", "sequence_number": 0, "response": response("in_progress", &json!([]), &Value::Null) }),
        ),
        event(
            &json!({ "type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": message }),
        ),
        event(
            &json!({ "type": "response.content_part.added", "sequence_number": 2, "item_id": "msg_item", "output_index": 0,
                       "content_index": 0, "part": part }),
        ),
    ]
}

fn response(status: &str, output: &Value, usage: &Value) -> Value {
    json!({ "id": "resp_upstream", "object": "response", "created_at": 1, "status": status, "model": "upstream-model",
            "output": output, "usage": usage, "error": null, "incomplete_details": null })
}

fn response_usage(prompt: u64, answer: u64) -> Value {
    json!({ "input_tokens": prompt, "input_tokens_details": { "cached_tokens": 0 }, "output_tokens": answer,
            "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": prompt + answer })
}

/// A frame of Gemini, or a whole answer; `usage` is where it ends.
fn candidate(text: &str, usage: Option<(u64, u64)>) -> Value {
    let mut candidate = json!({ "index": 0, "content": { "role": "model", "parts": [{ "text": text }] } });
    let mut frame = json!({ "modelVersion": "upstream-model", "responseId": "upstream" });
    if let Some((prompt, answer)) = usage {
        candidate["finishReason"] = json!("STOP");
        frame["usageMetadata"] = json!({ "promptTokenCount": prompt, "candidatesTokenCount": answer, "totalTokenCount": prompt + answer });
    }
    frame["candidates"] = json!([candidate]);
    frame
}

fn data(value: &Value) -> Step {
    Step::Say(format!("data: {value}\n\n"))
}

impl Speaks {
    /// Who asks.
    pub const CLIENTS: [Self; 5] = [Self::Chat, Self::Messages, Self::Responses, Self::Gemini, Self::Completions];
    /// Who is asked.
    pub const PROVIDERS: [Self; 4] = [Self::Chat, Self::Messages, Self::Responses, Self::Gemini];

    /// Every client with every provider.
    pub fn pairs() -> impl Iterator<Item = (Self, Self)> {
        Self::CLIENTS
            .into_iter()
            .flat_map(|client| Self::PROVIDERS.into_iter().map(move |provider| (client, provider)))
    }

    /// The kind of a provider, in the catalogue's words.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Chat | Self::Completions => "openai",
            Self::Messages => "anthropic",
            Self::Responses => "openai-responses",
            Self::Gemini => "gemini",
        }
    }

    /// A stream's steps: what opens it, with the size of the prompt.
    pub fn opening(self, prompt: u64) -> Vec<Step> {
        match self {
            Self::Chat | Self::Completions | Self::Gemini => Vec::new(),
            Self::Messages => vec![message_start(prompt), block_start()],
            Self::Responses => response_opening(),
        }
    }

    /// Some text of a stream.
    pub fn text(self, text: &str) -> Step {
        match self {
            Self::Chat | Self::Completions => chat_chunk(text),
            Self::Messages => block_text(text),
            Self::Responses => {
                event(&json!({ "type": "response.output_text.delta", "item_id": "msg_item", "output_index": 0,
                                              "content_index": 0, "delta": text }))
            }
            Self::Gemini => data(&candidate(text, None)),
        }
    }

    /// The end of a stream.
    pub fn end(self, prompt: u64, answer: u64) -> Vec<Step> {
        match self {
            Self::Chat | Self::Completions => vec![chat_end(prompt, answer)],
            Self::Messages => message_end(answer),
            Self::Responses => {
                let whole = response("completed", &json!([]), &response_usage(prompt, answer));
                vec![event(&json!({ "type": "response.completed", "response": whole }))]
            }
            Self::Gemini => vec![data(&candidate("", Some((prompt, answer))))],
        }
    }

    /// A whole answer.
    pub fn whole(self, text: &str, prompt: u64, answer: u64) -> Script {
        match self {
            Self::Chat | Self::Completions => json_answer(text, prompt, answer),
            Self::Messages => message_answer(text, prompt, answer),
            Self::Responses => {
                let part = json!({ "type": "output_text", "text": text, "annotations": [] });
                let message = json!({ "id": "msg_item", "type": "message", "status": "completed", "role": "assistant", "content": [part] });
                Script::json(200, &response("completed", &json!([message]), &response_usage(prompt, answer)))
            }
            Self::Gemini => Script::json(200, &candidate(text, Some((prompt, answer)))),
        }
    }

    /// A failure inside a stream.
    pub fn failure(self) -> Step {
        match self {
            Self::Chat | Self::Completions => data(&json!({ "error": { "message": "canary" } })),
            Self::Messages => {
                event(&json!({ "type": "error", "error": { "type": "overloaded_error", "message": "canary" } }))
            }
            Self::Responses => {
                event(&json!({ "type": "error", "code": "server_error", "message": "canary", "param": null }))
            }
            Self::Gemini => {
                data(&json!({ "error": { "code": 503, "message": "canary", "status": "UNAVAILABLE" } }))
            }
        }
    }
}
