//! Writes a Chat Completions answer as a stream. In: an `Ask` and its `Answer`. Out: frames, and an error frame.
//! Never here: time, answers in one piece.

use super::whole::{fingerprint, finish_reason, freeform, served_model, shows_reasoning, usage_object};
use crate::ask::{Answer, Ask, Piece};
use crate::config::SimConfig;
use crate::count::tokens_of;
use crate::effect::{Frame, Kind, Told};
use crate::refused::{Refused, Stamp};
use crate::wording::pieces;
use serde_json::{Value, json};

/// The frames of a stream, and the frame that tells of a failure inside it.
pub(crate) fn stream(ask: &Ask, answer: &Answer, stamp: &Stamp, config: &SimConfig) -> Told {
    let size = ask.directives.number("chunk_tokens").unwrap_or(config.chunk_tokens);
    let mut writer = Writer { ask, stamp, size, index: 0, said: 0, frames: Vec::new() };
    for index in 0..ask.count.max(1) {
        writer.index = index;
        writer.choice(answer);
    }
    writer.end(answer);
    Told::new(writer.frames, fault(ask, stamp))
}

/// `data: {"error": ..}`, after which nothing comes.
pub(super) fn fault(ask: &Ask, stamp: &Stamp) -> String {
    let mut refused = Refused::new(500, format!("The simulated provider {} failed in the stream", stamp.canary));
    if let Some(kind) = ask.directives.get("error_type") {
        refused.kind = kind.to_owned();
    }
    format!("data: {}\n\n", super::error(&refused))
}

struct Writer<'a> {
    ask: &'a Ask,
    stamp: &'a Stamp,
    size: u64,
    index: u64,
    said: u64,
    frames: Vec<Frame>,
}

impl Writer<'_> {
    fn choice(&mut self, answer: &Answer) {
        self.delta(Kind::Role, &json!({"role": "assistant", "content": "", "refusal": null}), None);
        let mut calls: Vec<Vec<Value>> = Vec::new();
        for piece in &answer.pieces {
            match piece {
                Piece::Thinking(text) if shows_reasoning(self.ask) => {
                    self.text("reasoning_content", text);
                }
                Piece::Thinking(_) | Piece::Redacted => {}
                Piece::Text(text) => self.text("content", text),
                Piece::Refusal(text) => self.text("refusal", text),
                Piece::Call { name, arguments } => {
                    calls.push(self.fragments(calls.len(), name, arguments));
                }
            }
        }
        for fragment in order(calls, self.ask.directives.has("interleave")) {
            self.delta(Kind::Content, &json!({"tool_calls": [fragment]}), None);
        }
        let finish = finish_reason(self.ask, &answer.finish);
        self.delta(Kind::Finish, &json!({}), Some(&finish));
    }

    fn text(&mut self, field: &str, text: &str) {
        for piece in pieces(text, self.size) {
            self.said += tokens_of(piece);
            self.delta(Kind::Content, &json!({field: piece}), None);
        }
    }

    /// The fragments of one call: a head with the name, then the arguments in pieces.
    fn fragments(&self, index: usize, name: &str, arguments: &str) -> Vec<Value> {
        let id = self.stamp.id("call_", index as u64);
        let (kind, input) = match freeform(self.ask, name) {
            true => ("custom", "input"),
            false => ("function", "arguments"),
        };
        let whole = self.ask.directives.has("whole_tools");
        let first = if whole { arguments } else { "" };
        let mut out = vec![json!({"index": index, "id": id, "type": kind, kind: {"name": name, input: first}})];
        if !whole {
            let rest = pieces(arguments, self.size);
            out.extend(rest.into_iter().map(|piece| json!({"index": index, kind: {input: piece}})));
        }
        if self.ask.directives.has("bare_tools") {
            for fragment in &mut out {
                if let Some(fields) = fragment.as_object_mut() {
                    fields.shift_remove("index");
                    fields.shift_remove("type");
                }
            }
        }
        out
    }

    fn delta(&mut self, kind: Kind, delta: &Value, finish: Option<&str>) {
        let choice = json!({"index": self.index, "delta": delta, "logprobs": null, "finish_reason": finish});
        let usage = if self.ask.directives.has("usage_everywhere") {
            let prompt = self.ask.input.total();
            Some(json!({"prompt_tokens": prompt, "completion_tokens": self.said,
                "total_tokens": prompt + self.said}))
        } else {
            self.ask.include_usage.then_some(Value::Null)
        };
        self.chunk(kind, &json!([choice]), usage);
    }

    fn chunk(&mut self, kind: Kind, choices: &Value, usage: Option<Value>) {
        let mut chunk = json!({
            "id": self.stamp.id("chatcmpl-", 0), "object": "chat.completion.chunk",
            "created": self.stamp.created, "model": served_model(self.ask), "service_tier": "default",
            "system_fingerprint": fingerprint(self.stamp), "choices": choices,
        });
        if let Some(usage) = usage {
            chunk["usage"] = usage;
        }
        self.frames.push(Frame { kind, text: format!("data: {chunk}\n\n") });
    }

    fn end(&mut self, answer: &Answer) {
        let usage = usage_object(self.ask, answer).filter(|_| self.ask.include_usage);
        if let Some(usage) = usage {
            self.chunk(Kind::Usage, &json!([]), Some(usage));
        }
        self.frames.push(Frame { kind: Kind::Done, text: "data: [DONE]\n\n".to_owned() });
    }
}

/// One call after the other, or their fragments in turn.
fn order(calls: Vec<Vec<Value>>, interleave: bool) -> Vec<Value> {
    if !interleave {
        return calls.into_iter().flatten().collect();
    }
    let mut calls: Vec<_> = calls.into_iter().map(Vec::into_iter).collect();
    let mut out = Vec::new();
    loop {
        let before = out.len();
        out.extend(calls.iter_mut().filter_map(Iterator::next));
        if out.len() == before {
            return out;
        }
    }
}
