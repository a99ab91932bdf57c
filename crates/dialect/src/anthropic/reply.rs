//! An answer written for a Messages client, streamed or whole. In: events, or the reply they fold to. Out: frames or a body.
//! Never here: when the terminal group goes out (lane).

use super::{event, stop, usage};
use crate::codec::{Encode, fail_plainly};
use crate::json::push_string;
use crate::lane::ReplyHead;
use crate::write::Writer;
use bytes::BytesMut;
use canon::{Dialect, Event, Fault, Head, Piece, Reply, ReplyBlock, Stop, StopReason};
use units::Usage;

/// Writes frames.
#[derive(Debug)]
pub(crate) struct MessagesEncoder {
    head: ReplyHead,
    started: bool,
    open: Option<Head>,
    next: u64,
}

impl Encode for MessagesEncoder {
    fn push(&mut self, event: &Event, out: &mut BytesMut) {
        match event {
            Event::Start => {
                self.started = true;
                event::start(&self.head, &Usage::NONE, out);
            }
            Event::Open(head) => {
                self.open = Some(head.clone());
                event::block_start(self.next, head, out);
            }
            Event::More(piece) => {
                let mut json = event::begin("content_block_delta", self.next);
                json.extend_from_slice(b",\"delta\":");
                self.piece(piece, &mut json);
                json.push(b'}');
                event::frame("content_block_delta", &json, out);
            }
            Event::Close => {
                event::block_stop(self.next, out);
                self.open = None;
                self.next += 1;
            }
            Event::Usage(_) | Event::Stop(_) => {}
        }
    }

    fn end(&mut self, stop: &Stop, counts: &Usage, out: &mut BytesMut) {
        if !self.started {
            self.push(&Event::Start, out);
        }
        if self.open.is_some() {
            self.push(&Event::Close, out);
        }
        event::delta(stop, counts, out);
        event::stop_event(out);
    }

    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        fail_plainly(Dialect::Anthropic, fault, request_id, out);
    }

    fn ping(&self) -> Option<&'static [u8]> {
        self.started.then_some(event::PING)
    }
}

impl MessagesEncoder {
    pub fn new(head: &ReplyHead) -> Self {
        Self { head: head.clone(), started: false, open: None, next: 0 }
    }

    fn piece(&self, piece: &Piece, json: &mut Vec<u8>) {
        let (kind, key, text) = match piece {
            Piece::Text(text) if self.open == Some(Head::Thinking) => ("thinking_delta", "thinking", text),
            Piece::Text(text) => ("text_delta", "text", text),
            Piece::Signature(text) => ("signature_delta", "signature", text),
            Piece::Arguments(text) => ("input_json_delta", "partial_json", text),
        };
        let mut delta = Writer::object(json);
        delta.text("type", kind);
        delta.text(key, text);
        delta.end();
    }
}

/// Writes a whole answer.
pub(crate) fn write(reply: &Reply, head: &ReplyHead, counts: &Usage) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    let mut body = Writer::object(&mut out);
    body.text("id", &head.id);
    body.text("type", "message");
    body.text("role", "assistant");
    body.text("model", &head.model);
    let mut content = Writer::array(body.key("content"));
    for block in &reply.blocks {
        write_block(block, content.item());
    }
    content.end();
    let end = Stop::new(StopReason::EndTurn);
    let end = reply.stop.as_ref().unwrap_or(&end);
    body.text("stop_reason", stop::word(end.reason));
    match &end.sequence {
        Some(sequence) => body.text("stop_sequence", sequence),
        None => body.raw("stop_sequence", "null"),
    }
    if let Some(details) = &end.details {
        body.raw("stop_details", details);
    }
    usage::write(counts, body.key("usage"));
    body.end();
    out
}

fn write_block(block: &ReplyBlock, out: &mut Vec<u8>) {
    let mut object = Writer::object(out);
    match &block.head {
        Head::Text | Head::Refusal => {
            object.text("type", "text");
            object.text("text", &block.text);
        }
        Head::Thinking => {
            object.text("type", "thinking");
            object.text("thinking", &block.text);
            object.text("signature", block.signature.as_deref().unwrap_or_default());
        }
        Head::Redacted(data) => {
            object.text("type", "redacted_thinking");
            object.text("data", data);
        }
        Head::ToolCall { id, name } => {
            object.text("type", "tool_use");
            object.text("id", id);
            object.text("name", name);
            write_input(&block.text, object.key("input"));
        }
    }
    object.end();
}

/// Arguments are an object here; what a model broke off is kept inside one.
pub(crate) fn write_input(arguments: &str, out: &mut Vec<u8>) -> bool {
    let text = arguments.trim();
    let whole = crate::json::skip(text.as_bytes(), 0, 8) == Ok(text.len());
    if text.is_empty() || (whole && text.starts_with('{')) {
        let text = if text.is_empty() { "{}" } else { text };
        out.extend_from_slice(text.as_bytes());
        return true;
    }
    out.extend_from_slice(b"{\"_raw\":");
    push_string(out, arguments);
    out.push(b'}');
    false
}
