//! Small answers as servers of each dialect give them, whole and streamed. In: what is said. Out: bytes of an upstream.
//! Never here: what becomes of it.

use canon::Dialect;
use serde_json::{Value, json};

/// One piece of an answer.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Reasoning, with what proves it.
    Thought(&'static str, &'static str),
    /// Text.
    Text(&'static str),
    /// A refusal in words (Chat and Responses have a place for it).
    Refusal(&'static str),
    /// A call: its id, its tool, its arguments.
    Call(&'static str, &'static str, &'static str),
}

/// An answer: its pieces and the server's own word for its end.
pub type Said<'a> = (&'a [Part], &'a str);

/// A body.
pub fn whole(upstream: Dialect, (parts, stop): Said<'_>) -> Value {
    match upstream {
        Dialect::Anthropic => {
            let content: Vec<Value> = parts.iter().map(block).collect();
            json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "um", "content": content,
                "stop_reason": stop, "stop_sequence": (stop == "stop_sequence").then_some("keep_stop"),
                "usage": messages_usage()})
        }
        Dialect::Gemini => json!({
            "candidates": [{"content": {"role": "model", "parts": gemini_parts(parts)}, "finishReason": stop, "index": 0}],
            "usageMetadata": {"promptTokenCount": 1000, "cachedContentTokenCount": 800, "candidatesTokenCount": 36,
                "thoughtsTokenCount": 64, "totalTokenCount": 1100},
            "modelVersion": "um"}),
        Dialect::OpenAiResponses => response(parts, stop),
        _ => json!({"id": "u", "object": "chat.completion", "created": 1, "model": "um", "choices": [
            {"index": 0, "message": message(parts), "finish_reason": stop}], "usage": chat_usage()}),
    }
}

/// A stream; arguments come byte by byte where the dialect can cut them.
pub fn streamed(upstream: Dialect, said: Said<'_>) -> String {
    let mut out = String::new();
    let mut put = |value: &Value| {
        if let Some(kind) = value["type"].as_str() {
            out.push_str(&format!("event: {kind}\n"));
        }
        out.push_str(&format!("data: {value}\n\n"));
    };
    let body = whole(upstream, said);
    match upstream {
        Dialect::Anthropic => messages_stream(&body, said.0, &mut put),
        Dialect::Gemini => put(&body),
        Dialect::OpenAiResponses => responses_stream(&body, &mut put),
        _ => {
            chat_stream(&body, &mut put);
            out.push_str("data: [DONE]\n\n");
        }
    }
    out
}

/// The first piece of a stream that then fails.
pub fn failing(upstream: Dialect) -> String {
    let stream = streamed(upstream, (&[Part::Text("keep_text")], "x"));
    // A Gemini frame has text and end in one.
    let stream = stream.replace("\"finishReason\":\"x\",", "");
    let (first, fault) = match upstream {
        Dialect::Anthropic => (
            3,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}",
        ),
        Dialect::OpenAiResponses => {
            (4, "data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"m\",\"param\":null}")
        }
        Dialect::Gemini => (1, "data: {\"error\":{\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\"}}"),
        _ => (1, "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\"}}"),
    };
    let frames: Vec<&str> = stream.split("\n\n").take(first).chain([fault, ""]).collect();
    frames.join("\n\n")
}

fn chat_usage() -> Value {
    json!({"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100,
        "prompt_tokens_details": {"cached_tokens": 800}, "completion_tokens_details": {"reasoning_tokens": 64}})
}

fn messages_usage() -> Value {
    json!({"input_tokens": 100, "cache_read_input_tokens": 800, "cache_creation_input_tokens": 100,
        "cache_creation": {"ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40},
        "output_tokens": 100, "output_tokens_details": {"thinking_tokens": 64}})
}

fn message(parts: &[Part]) -> Value {
    let mut message = json!({"role": "assistant", "content": null});
    let mut calls = Vec::new();
    for part in parts {
        match part {
            Part::Thought(text, _) => message["reasoning_content"] = json!(text),
            Part::Text(text) => message["content"] = json!(text),
            Part::Refusal(text) => message["refusal"] = json!(text),
            Part::Call(id, name, arguments) => {
                let function = json!({"name": name, "arguments": arguments});
                calls.push(json!({"index": calls.len(), "id": id, "type": "function", "function": function}));
            }
        }
    }
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    message
}

fn block(part: &Part) -> Value {
    match part {
        Part::Thought(text, proof) => json!({"type": "thinking", "thinking": text, "signature": proof}),
        Part::Text(text) | Part::Refusal(text) => json!({"type": "text", "text": text}),
        Part::Call(id, name, arguments) => {
            json!({"type": "tool_use", "id": id, "name": name, "input": arguments_of(arguments)})
        }
    }
}

fn arguments_of(text: &str) -> Value {
    serde_json::from_str(if text.is_empty() { "{}" } else { text }).unwrap()
}

fn gemini_parts(parts: &[Part]) -> Vec<Value> {
    let mut out = Vec::new();
    let mut seal = None;
    for part in parts {
        let mut json = match part {
            Part::Thought(text, proof) => {
                seal = Some(*proof);
                out.push(json!({"text": text, "thought": true}));
                continue;
            }
            Part::Text(text) | Part::Refusal(text) => json!({"text": text}),
            Part::Call(id, name, arguments) => {
                json!({"functionCall": {"id": id, "name": name, "args": arguments_of(arguments)}})
            }
        };
        // The proof stands on what follows the thought.
        if let Some(proof) = seal.take() {
            json["thoughtSignature"] = json!(proof);
        }
        out.push(json);
    }
    out
}

fn response(parts: &[Part], stop: &str) -> Value {
    let item = |(n, part): (usize, &Part)| match part {
        Part::Thought(text, proof) => json!({"id": format!("rs_{n}"), "type": "reasoning",
            "summary": [{"type": "summary_text", "text": text}], "encrypted_content": proof}),
        Part::Text(text) => {
            json!({"id": format!("msg_{n}"), "type": "message", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": text, "annotations": []}]})
        }
        Part::Refusal(text) => json!({"id": format!("msg_{n}"), "type": "message", "status": "completed",
            "role": "assistant", "content": [{"type": "refusal", "refusal": text}]}),
        Part::Call(id, name, arguments) => {
            json!({"id": format!("fc_{n}"), "type": "function_call", "status": "completed",
            "call_id": id, "name": name, "arguments": arguments})
        }
    };
    let output: Vec<Value> = parts.iter().enumerate().map(item).collect();
    let (status, why) =
        if stop == "completed" { (stop, Value::Null) } else { ("incomplete", json!({"reason": stop})) };
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "error": null,
        "incomplete_details": why, "model": "um", "output": output,
        "usage": {"input_tokens": 1000, "input_tokens_details": {"cached_tokens": 800}, "output_tokens": 100,
            "output_tokens_details": {"reasoning_tokens": 64}, "total_tokens": 1100}})
}

fn chat_stream(body: &Value, put: &mut impl FnMut(&Value)) {
    let chunk = |choices: Value| json!({"id": "u", "object": "chat.completion.chunk", "created": 1, "model": "um", "choices": choices});
    let mut message = body["choices"][0]["message"].clone();
    let calls = message.as_object_mut().unwrap().remove("tool_calls");
    put(&chunk(json!([{"index": 0, "delta": message, "finish_reason": null}])));
    for mut call in calls.iter().flat_map(|calls| calls.as_array().unwrap().clone()) {
        let arguments = std::mem::replace(&mut call["function"]["arguments"], json!(""));
        put(&chunk(json!([{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": null}])));
        for piece in arguments.as_str().unwrap().chars() {
            let more = json!({"index": call["index"], "function": {"arguments": piece.to_string()}});
            put(&chunk(json!([{"index": 0, "delta": {"tool_calls": [more]}, "finish_reason": null}])));
        }
    }
    put(&chunk(json!([{"index": 0, "delta": {}, "finish_reason": body["choices"][0]["finish_reason"]}])));
    let mut usage = chunk(json!([]));
    usage["usage"] = body["usage"].clone();
    put(&usage);
}

fn messages_stream(body: &Value, parts: &[Part], put: &mut impl FnMut(&Value)) {
    let mut start = body.clone();
    start["content"] = json!([]);
    put(&json!({"type": "message_start", "message": start}));
    for (n, part) in parts.iter().enumerate() {
        let mut open = block(part);
        let deltas: Vec<Value> = match part {
            Part::Thought(text, proof) => {
                (open["thinking"], open["signature"]) = (json!(""), json!(""));
                vec![
                    json!({"type": "thinking_delta", "thinking": text}),
                    json!({"type": "signature_delta", "signature": proof}),
                ]
            }
            Part::Text(text) | Part::Refusal(text) => {
                open["text"] = json!("");
                vec![json!({"type": "text_delta", "text": text})]
            }
            Part::Call(_, _, arguments) => {
                open["input"] = json!({});
                arguments
                    .chars()
                    .map(|piece| json!({"type": "input_json_delta", "partial_json": piece.to_string()}))
                    .collect()
            }
        };
        put(&json!({"type": "content_block_start", "index": n, "content_block": open}));
        for delta in deltas {
            put(&json!({"type": "content_block_delta", "index": n, "delta": delta}));
        }
        put(&json!({"type": "content_block_stop", "index": n}));
    }
    let delta = json!({"stop_reason": body["stop_reason"], "stop_sequence": body["stop_sequence"]});
    put(&json!({"type": "message_delta", "delta": delta, "usage": body["usage"]}));
    put(&json!({"type": "message_stop"}));
}

fn responses_stream(body: &Value, put: &mut impl FnMut(&Value)) {
    let mut start = body.clone();
    (start["status"], start["output"], start["usage"]) = (json!("in_progress"), json!([]), Value::Null);
    let mut number = 0;
    let mut next = |mut event: Value| {
        event["sequence_number"] = json!(number);
        number += 1;
        put(&event);
    };
    next(json!({"type": "response.created", "response": start}));
    for (n, item) in body["output"].as_array().unwrap().iter().enumerate() {
        let mut begun = item.clone();
        let arguments = begun.get_mut("arguments").map(|text| std::mem::replace(text, json!("")));
        for list in ["content", "summary"] {
            if begun.get(list).is_some() {
                begun[list] = json!([]);
            }
        }
        next(json!({"type": "response.output_item.added", "output_index": n, "item": begun}));
        for piece in arguments.iter().flat_map(|text| text.as_str().unwrap().chars()) {
            next(
                json!({"type": "response.function_call_arguments.delta", "output_index": n, "item_id": item["id"],
                "delta": piece.to_string()}),
            );
        }
        if let Some(part) = item["content"].get(0) {
            let kind = part["type"].as_str().unwrap();
            let text = part["text"].as_str().or(part["refusal"].as_str());
            let place = json!({"output_index": n, "item_id": item["id"], "content_index": 0});
            let mut of_part = |more: Value| {
                let mut event = place.clone();
                event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                next(event);
            };
            of_part(json!({"type": "response.content_part.added", "part": {"type": kind}}));
            of_part(json!({"type": format!("response.{kind}.delta"), "delta": text}));
        }
        next(json!({"type": "response.output_item.done", "output_index": n, "item": item}));
    }
    let end = if body["status"] == "completed" { "response.completed" } else { "response.incomplete" };
    next(json!({"type": end, "response": body}));
}
