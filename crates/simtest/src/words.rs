//! What scripted providers say, in both languages. In: texts, counts. Out: steps and scripts.
//! Never here: playing them (script).

use crate::script::{Script, Step};
use serde_json::{Value, json};

/// The language of a client or a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// Chat Completions.
    Chat,
    /// Messages.
    Messages,
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

impl Speaks {
    /// A stream's steps: what opens it, with the size of the prompt.
    pub fn opening(self, prompt: u64) -> Vec<Step> {
        match self {
            Self::Chat => Vec::new(),
            Self::Messages => vec![message_start(prompt), block_start()],
        }
    }

    /// Some text of a stream.
    pub fn text(self, text: &str) -> Step {
        match self {
            Self::Chat => chat_chunk(text),
            Self::Messages => block_text(text),
        }
    }

    /// The end of a stream.
    pub fn end(self, prompt: u64, answer: u64) -> Vec<Step> {
        match self {
            Self::Chat => vec![chat_end(prompt, answer)],
            Self::Messages => message_end(answer),
        }
    }

    /// A whole answer.
    pub fn whole(self, text: &str, prompt: u64, answer: u64) -> Script {
        match self {
            Self::Chat => json_answer(text, prompt, answer),
            Self::Messages => message_answer(text, prompt, answer),
        }
    }

    /// A failure inside a stream.
    pub fn failure(self) -> Step {
        match self {
            Self::Chat => Step::Say("data: {\"error\":{\"message\":\"canary\"}}\n\n".into()),
            Self::Messages => {
                event(&json!({ "type": "error", "error": { "type": "overloaded_error", "message": "canary" } }))
            }
        }
    }
}
