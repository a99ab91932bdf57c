//! Writes an answer as a stream: events, or one array that grows. In: an `Ask` and its `Answer`. Out: frames.
//! Never here: time, answers in one piece.

use super::Form;
use super::whole::{blocked, candidate, envelope, part, text_signature, usage_object};
use crate::ask::{Answer, Ask, Finish, Piece};
use crate::config::SimConfig;
use crate::count::tokens_of;
use crate::effect::{Frame, Kind, Told};
use crate::refused::{Refused, Stamp};
use crate::wording::pieces;
use serde_json::{Value, json};

/// The frames of a stream, and the frame that tells of a failure inside it.
pub(crate) fn stream(ask: &Ask, answer: &Answer, stamp: &Stamp, config: &SimConfig, form: Form) -> Told {
    let size = ask.directives.number("chunk_tokens").unwrap_or(config.chunk_tokens);
    let mut writer = Writer { ask, stamp, form, said: 0, thought: 0, frames: Vec::new() };
    match blocked(ask, stamp) {
        Some(blocked) => writer.frame(Kind::Finish, &blocked),
        None => {
            for index in 0..ask.count.max(1) {
                writer.candidate(answer, index, size);
            }
        }
    }
    if form == Form::Array {
        writer.frames.push(Frame { kind: Kind::Done, text: "\n]".to_owned() });
    }
    let fault = fault(ask, stamp);
    let told = move |index| match form {
        Form::Events => written(form, index, &fault),
        Form::Array => format!("{}\n]", written(form, index, &fault)),
    };
    Told { frames: writer.frames, fault: Box::new(told), events: form == Form::Events }
}

fn fault(ask: &Ask, stamp: &Stamp) -> Value {
    let message = format!("The model is overloaded: the simulated provider {} failed in the stream", stamp.canary);
    let mut refused = Refused::new(503, message);
    if let Some(kind) = ask.directives.get("error_type") {
        refused.kind = kind.to_owned();
    }
    super::error(&refused)
}

/// One value of the stream as it is written after so many others.
fn written(form: Form, index: usize, value: &Value) -> String {
    match (form, index) {
        // The real server ends its lines so.
        (Form::Events, _) => format!("data: {value}\r\n\r\n"),
        (Form::Array, 0) => format!("[{value}"),
        (Form::Array, _) => format!("\n,\n{value}"),
    }
}

struct Writer<'a> {
    ask: &'a Ask,
    stamp: &'a Stamp,
    form: Form,
    /// Tokens said so far, and thought.
    said: u64,
    thought: u64,
    frames: Vec<Frame>,
}

impl Writer<'_> {
    fn frame(&mut self, kind: Kind, value: &Value) {
        let text = written(self.form, self.frames.len(), value);
        self.frames.push(Frame { kind, text });
    }

    fn candidate(&mut self, answer: &Answer, index: u64, size: u64) {
        for (place, piece) in answer.pieces.iter().enumerate() {
            match piece {
                Piece::Text(text) => self.text(text, index, size, false),
                Piece::Thinking(text) if !self.ask.hides_thinking => self.text(text, index, size, true),
                Piece::Thinking(text) => self.thought += tokens_of(text),
                Piece::Redacted | Piece::Refusal(_) => {}
                Piece::Call { name, arguments } => {
                    self.said += ((name.len() + arguments.len()) as u64).div_ceil(4);
                    if let Some(part) = part(self.ask, answer, self.stamp, (place, piece)) {
                        self.part(index, &part);
                    }
                }
            }
        }
        let mut last = vec![json!({"text": ""})];
        if let Some(signature) = text_signature(answer) {
            last[0]["thoughtSignature"] = json!(signature);
        }
        if answer.finish == Finish::Refusal {
            last.clear();
        }
        let mut value = envelope(self.ask, self.stamp);
        value["candidates"] = json!([candidate(answer, index, &last)]);
        let usage = usage_object(self.ask, answer).filter(|_| index + 1 == self.ask.count.max(1));
        if let Some(usage) = usage.or_else(|| self.running()) {
            value["usageMetadata"] = usage;
        }
        self.frame(Kind::Finish, &value);
    }

    fn text(&mut self, text: &str, index: u64, size: u64, thought: bool) {
        for piece in pieces(text, size) {
            let mut part = json!({ "text": piece });
            if thought {
                part["thought"] = json!(true);
                self.thought += tokens_of(piece);
            } else {
                self.said += tokens_of(piece);
            }
            self.part(index, &part);
        }
    }

    fn part(&mut self, index: u64, part: &Value) {
        let mut value = envelope(self.ask, self.stamp);
        value["candidates"] = json!([{"content": {"parts": [part], "role": "model"}, "index": index}]);
        if let Some(usage) = self.running() {
            value["usageMetadata"] = usage;
        }
        self.frame(Kind::Content, &value);
    }

    /// What was used so far; the last frame has the true counts.
    fn running(&self) -> Option<Value> {
        if self.ask.directives.has("no_usage") {
            return None;
        }
        let input = self.ask.input.total();
        let mut out = json!({"promptTokenCount": input, "candidatesTokenCount": self.said,
            "totalTokenCount": input + self.said + self.thought});
        if self.thought > 0 {
            out["thoughtsTokenCount"] = json!(self.thought);
        }
        Some(out)
    }
}
