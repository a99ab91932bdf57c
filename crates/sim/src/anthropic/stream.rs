//! Writes a Messages answer as a stream. In: an `Ask` and its `Answer`. Out: frames, and an error frame.
//! Never here: time, answers in one piece.

use super::seal;
use super::whole::{served_model, shown, stop_details, stop_reason, usage_object};
use crate::ask::{Answer, Ask, Piece};
use crate::config::SimConfig;
use crate::effect::{Frame, Kind, Told};
use crate::refused::{Refused, Stamp};
use crate::usage;
use crate::wording::pieces;
use serde_json::{Value, json};

/// The frames of a stream, and the frame that tells of a failure inside it.
pub(crate) fn stream(ask: &Ask, answer: &Answer, stamp: &Stamp, config: &SimConfig) -> Told {
    let size = ask.directives.number("chunk_tokens").unwrap_or(config.chunk_tokens);
    let mut writer = Writer { ask, stamp, size, index: 0, frames: Vec::new() };
    writer.start(answer);
    for piece in &answer.pieces {
        writer.block(piece);
    }
    writer.end(answer);
    Told::new(writer.frames, fault(ask, stamp))
}

/// `event: error`, after which nothing comes.
fn fault(ask: &Ask, stamp: &Stamp) -> String {
    let message = format!("Overloaded: the simulated provider {} failed in the stream", stamp.canary);
    let mut refused = Refused::new(529, message);
    if let Some(kind) = ask.directives.get("error_type") {
        refused.kind = kind.to_owned();
    }
    format!("event: error\ndata: {}\n\n", super::error(&refused, stamp))
}

struct Writer<'a> {
    ask: &'a Ask,
    stamp: &'a Stamp,
    size: u64,
    index: u64,
    frames: Vec<Frame>,
}

impl Writer<'_> {
    fn event(&mut self, kind: Kind, value: &Value) {
        let name = value["type"].as_str().unwrap_or("");
        let text = format!("event: {name}\ndata: {value}\n\n");
        self.frames.push(Frame { kind, text });
    }

    fn start(&mut self, answer: &Answer) {
        let mut message = json!({
            "id": self.stamp.id("msg_", 0), "type": "message", "role": "assistant",
            "model": served_model(self.ask), "content": [], "stop_reason": null, "stop_sequence": null,
        });
        if let Some(mut report) = usage::report(self.ask, answer) {
            report.thinking = 0;
            message["usage"] = usage_object(&report, &json!(1));
        }
        self.event(Kind::Start, &json!({"type": "message_start", "message": message}));
        self.event(Kind::Ping, &json!({"type": "ping"}));
    }

    fn block(&mut self, piece: &Piece) {
        match piece {
            Piece::Thinking(text) => {
                let shown = shown(self.ask, text);
                self.open(&json!({"type": "thinking", "thinking": "", "signature": ""}));
                for part in pieces(shown, self.size) {
                    self.delta(&json!({"type": "thinking_delta", "thinking": part}));
                }
                self.delta(&json!({"type": "signature_delta", "signature": seal::sign(shown)}));
            }
            Piece::Redacted => {
                self.open(&json!({"type": "redacted_thinking", "data": seal::redacted()}));
            }
            Piece::Text(text) | Piece::Refusal(text) => {
                self.open(&json!({"type": "text", "text": ""}));
                for part in pieces(text, self.size) {
                    self.delta(&json!({"type": "text_delta", "text": part}));
                }
            }
            Piece::Call { name, arguments } => self.call(name, arguments),
        }
        self.event(Kind::BlockStop, &json!({"type": "content_block_stop", "index": self.index}));
        self.index += 1;
    }

    fn call(&mut self, name: &str, arguments: &str) {
        let id = self.stamp.id("toolu_", self.index);
        self.open(&json!({"type": "tool_use", "id": id, "name": name, "input": {}}));
        self.delta(&json!({"type": "input_json_delta", "partial_json": ""}));
        let arguments = if arguments == "{}" { "" } else { arguments };
        let size = if self.ask.directives.has("whole_tools") { u64::MAX } else { self.size };
        for part in pieces(arguments, size) {
            self.delta(&json!({"type": "input_json_delta", "partial_json": part}));
        }
    }

    fn open(&mut self, block: &Value) {
        let start = json!({"type": "content_block_start", "index": self.index, "content_block": block});
        self.event(Kind::BlockStart, &start);
    }

    fn delta(&mut self, delta: &Value) {
        let event = json!({"type": "content_block_delta", "index": self.index, "delta": delta});
        self.event(Kind::Content, &event);
    }

    fn end(&mut self, answer: &Answer) {
        let (reason, sequence) = stop_reason(&answer.finish);
        let mut delta = json!({"stop_reason": reason, "stop_sequence": sequence});
        if let Some(details) = stop_details(&answer.finish) {
            delta["stop_details"] = details;
        }
        let mut event = json!({"type": "message_delta", "delta": delta});
        if let Some(report) = usage::report(self.ask, answer) {
            event["usage"] = usage_object(&report, &report.output);
        }
        self.event(Kind::Finish, &event);
        self.event(Kind::Done, &json!({"type": "message_stop"}));
    }
}
