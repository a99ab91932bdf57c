//! Writes a Responses answer as a stream. In: an `Ask`, its `Answer`, its `Echo`. Out: frames, and an error frame.
//! Never here: time, what the items say.

use super::{Echo, output, seal};
use crate::ask::{Answer, Ask};
use crate::effect::{Frame, Kind, Told};
use crate::route::Call;
use crate::wording::pieces;
use serde_json::{Map, Value, json};

/// The frames of a stream, and the frame that tells of a failure inside it. Keeps the answer like a whole one.
pub(crate) fn stream(call: &Call<'_>, ask: &Ask, answer: &Answer, echo: &Echo) -> Told {
    let stamp = &call.stamp;
    let size = ask.directives.number("chunk_tokens").unwrap_or(call.sim.config.chunk_tokens);
    let quiet = echo.fields.get("stream_options").is_some_and(|o| o["include_obfuscation"] == false);
    let started = output::object(ask, echo, stamp, "in_progress");
    let mut writer = Writer { ask, echo, size, quiet, frames: Vec::new() };
    writer.event(Kind::Start, "response.created", json!({"response": started}));
    writer.event(Kind::Role, "response.in_progress", json!({"response": started}));
    let items = output::items(ask, answer, echo, stamp);
    for (index, item) in items.iter().enumerate() {
        writer.item(index, item);
    }
    output::keep(call, echo, &items);
    let last = output::finished(ask, answer, echo, stamp, &items);
    let name = format!("response.{}", last["status"].as_str().unwrap_or("completed"));
    writer.event(Kind::Finish, &name, json!({"response": last}));
    let fault = fault(call, ask, echo);
    Told { frames: writer.frames, fault: Box::new(move |sequence| frame(&fault, sequence)), events: true }
}

/// What ends a stream that fails: `response.failed`, or an `error` event when a directive wants that.
fn fault(call: &Call<'_>, ask: &Ask, echo: &Echo) -> Value {
    let code = ask.directives.get("error_type").unwrap_or("server_error");
    let message = output::failure_words(&call.stamp);
    if ask.directives.has("error_bare") {
        return json!({"type": "error", "code": code, "message": message, "param": null});
    }
    let mut response = output::object(ask, echo, &call.stamp, "failed");
    response["error"] = json!({"code": code, "message": message});
    json!({"type": "response.failed", "response": response})
}

/// One event with its place in the stream.
fn frame(event: &Value, sequence: usize) -> String {
    let mut event = event.clone();
    event["sequence_number"] = json!(sequence);
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or(""))
}

struct Writer<'a> {
    ask: &'a Ask,
    echo: &'a Echo,
    size: u64,
    /// Deltas are not padded.
    quiet: bool,
    frames: Vec<Frame>,
}

impl Writer<'_> {
    fn event(&mut self, kind: Kind, name: &str, fields: Value) {
        let mut event = json!({"type": name});
        if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
            event.extend(fields);
        }
        let text = frame(&event, self.frames.len());
        self.frames.push(Frame { kind, text });
    }

    fn item(&mut self, index: usize, item: &Value) {
        let place = json!({"output_index": index});
        let mut opened = item.clone();
        let emptied: &[(&str, Value)] = match item["type"].as_str() {
            Some("message") => &[("content", json!([]))],
            Some("reasoning") if item.get("content").is_some() => &[("content", json!([]))],
            Some("reasoning") => &[("summary", json!([]))],
            Some("custom_tool_call") => &[("input", json!(""))],
            _ => &[("arguments", json!(""))],
        };
        for (key, value) in emptied {
            opened[*key] = value.clone();
        }
        if opened.get("encrypted_content").is_some() {
            // What an item is opened with is not yet what it is closed with, says the real server's description.
            opened["encrypted_content"] = json!(seal::PREFIX);
        }
        if opened.get("status").is_some() {
            opened["status"] = json!("in_progress");
        }
        self.event(Kind::BlockStart, "response.output_item.added", with(&place, json!({"item": opened})));
        let at = json!({"item_id": item["id"], "output_index": index});
        match item["type"].as_str() {
            Some("message") => self.content(&at, &item["content"][0]),
            Some("reasoning") if item.get("content").is_some() => self.content(&at, &item["content"][0]),
            Some("reasoning") => self.summary(&at, item),
            Some("custom_tool_call") => {
                self.input(&at, "response.custom_tool_call_input", "input", &item["input"]);
            }
            _ => self.input(&at, "response.function_call_arguments", "arguments", &item["arguments"]),
        }
        self.event(Kind::BlockStop, "response.output_item.done", with(&place, json!({"item": item})));
    }

    fn content(&mut self, at: &Value, part: &Value) {
        let at = with(at, json!({"content_index": 0}));
        let (name, field) = match part["type"].as_str() {
            Some("refusal") => ("refusal", "refusal"),
            Some("reasoning_text") => ("reasoning_text", "text"),
            _ => ("output_text", "text"),
        };
        // Only text that is answered has chances of its tokens.
        let likely = name == "output_text";
        let mut opened = part.clone();
        opened[field] = json!("");
        if likely {
            opened["logprobs"] = json!([]);
        }
        self.event(Kind::BlockStart, "response.content_part.added", with(&at, json!({"part": opened})));
        let text = part[field].as_str().unwrap_or("");
        for piece in pieces(text, self.size) {
            let mut more = json!({"delta": piece});
            if likely {
                more["logprobs"] = output::logprobs(self.echo, piece);
            }
            self.delta(&format!("response.{name}.delta"), &at, more);
        }
        let mut more = json!({field: text});
        if likely {
            more["logprobs"] = part["logprobs"].clone();
        }
        self.event(Kind::BlockStop, &format!("response.{name}.done"), with(&at, more));
        self.event(Kind::BlockStop, "response.content_part.done", with(&at, json!({"part": part})));
    }

    fn summary(&mut self, at: &Value, item: &Value) {
        for (index, part) in item["summary"].as_array().into_iter().flatten().enumerate() {
            let at = with(at, json!({"summary_index": index}));
            let name = "response.reasoning_summary_part";
            let opened = json!({"part": {"type": "summary_text", "text": ""}});
            self.event(Kind::BlockStart, &format!("{name}.added"), with(&at, opened));
            let text = part["text"].as_str().unwrap_or("");
            for piece in pieces(text, self.size) {
                self.delta("response.reasoning_summary_text.delta", &at, json!({"delta": piece}));
            }
            let done = with(&at, json!({"text": text}));
            self.event(Kind::BlockStop, "response.reasoning_summary_text.done", done);
            self.event(Kind::BlockStop, &format!("{name}.done"), with(&at, json!({"part": part})));
        }
    }

    fn input(&mut self, at: &Value, name: &str, field: &str, value: &Value) {
        let text = value.as_str().unwrap_or("");
        let size = if self.ask.directives.has("whole_tools") { u64::MAX } else { self.size };
        for piece in pieces(text, size) {
            self.delta(&format!("{name}.delta"), at, json!({"delta": piece}));
        }
        self.event(Kind::BlockStop, &format!("{name}.done"), with(at, json!({field: text})));
    }

    /// A delta, padded so that its length does not tell what it says, unless the request does not want it.
    fn delta(&mut self, name: &str, at: &Value, more: Value) {
        let mut event = with(at, more);
        if !self.quiet {
            let length = event["delta"].as_str().map_or(0, str::len);
            event["obfuscation"] = json!("x".repeat(16_usize.saturating_sub(length % 16)));
        }
        self.event(Kind::Content, name, event);
    }
}

/// The fields of both.
fn with(one: &Value, more: Value) -> Value {
    let mut fields: Map<String, Value> = one.as_object().cloned().unwrap_or_default();
    if let Value::Object(more) = more {
        fields.extend(more);
    }
    Value::Object(fields)
}
