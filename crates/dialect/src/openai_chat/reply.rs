//! An answer written for a Chat Completions client, streamed or whole. In: events, or the reply they fold to. Out: chunks
//! or a body. Never here: when the terminal group goes out (lane).

use super::chunk::Pen;
use super::reasoning::{Place, format_of, write_sealed, write_text};
use super::{stop, usage};
use crate::codec::{Encode, fail_plainly};
use crate::lane::StreamSpec;
use crate::write::Writer;
use bytes::BytesMut;
use canon::{Dialect, Event, Fault, Head, Piece, Reply, ReplyBlock, Stop, StopReason};
use units::Usage;

/// Writes chunks.
#[derive(Debug)]
pub(crate) struct ChatEncoder {
    pen: Pen,
    show_usage: bool,
    /// The form of the proofs in reasoning details.
    proofs: &'static str,
    started: bool,
    open: Option<Head>,
    /// Blocks so far; reasoning details tell their place by it.
    blocks: usize,
    /// The last block of which details were told.
    told: usize,
    calls: u64,
    refused: bool,
}

impl Encode for ChatEncoder {
    fn push(&mut self, event: &Event, out: &mut BytesMut) {
        let mut delta = Vec::new();
        match event {
            Event::Start => {
                self.started = true;
                self.pen.role(0, out);
            }
            Event::Open(head) => {
                self.blocks += 1;
                self.refused |= *head == Head::Refusal;
                self.open(head, &mut delta);
                self.open = Some(head.clone());
            }
            Event::More(piece) => self.more(piece, &mut delta),
            Event::Close => self.open = None,
            Event::Usage(_) | Event::Stop(_) => {}
        }
        if !delta.is_empty() {
            self.pen.delta(0, &delta, out);
        }
    }

    fn end(&mut self, stop: &Stop, counts: &Usage, out: &mut BytesMut) {
        if !self.started {
            self.push(&Event::Start, out);
        }
        self.pen.finish(0, finish(stop.reason, self.refused), out);
        if self.show_usage {
            self.pen.usage(counts, out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        fail_plainly(Dialect::OpenAiChat, fault, request_id, out);
    }
}

impl ChatEncoder {
    pub fn new(spec: &StreamSpec) -> Self {
        Self {
            pen: Pen::new(&spec.head),
            show_usage: spec.show_usage,
            proofs: format_of(spec.upstream),
            started: false,
            open: None,
            blocks: 0,
            told: 0,
            calls: 0,
            refused: false,
        }
    }

    fn open(&mut self, head: &Head, delta: &mut Vec<u8>) {
        match head {
            Head::ToolCall { id, name } => {
                let mut object = Writer::object(delta);
                let mut list = Writer::array(object.key("tool_calls"));
                let mut call = Writer::object(list.item());
                call.number("index", self.calls);
                write_call(&mut call, id, name, "");
                call.end();
                list.end();
                object.end();
                self.calls += 1;
            }
            Head::Redacted(data) => {
                let mut object = Writer::object(delta);
                let mut list = Writer::array(object.key("reasoning_details"));
                write_sealed(list.item(), self.place(), data);
                list.end();
                object.end();
            }
            Head::Text | Head::Refusal | Head::Thinking => {}
        }
    }

    /// Where a detail of the open block belongs. Readers join the strings of the details of one index, so the form is told
    /// once.
    fn place(&mut self) -> Place {
        let format = (self.told < self.blocks).then_some(self.proofs);
        self.told = self.blocks;
        Place { format, index: self.blocks.saturating_sub(1) }
    }

    fn more(&mut self, piece: &Piece, delta: &mut Vec<u8>) {
        let mut object = Writer::object(delta);
        match (&self.open, piece) {
            (Some(Head::Thinking), Piece::Text(text)) => {
                object.text("reasoning_content", text);
                let mut list = Writer::array(object.key("reasoning_details"));
                write_text(list.item(), self.place(), Some(text), None);
                list.end();
            }
            (_, Piece::Signature(seal)) => {
                let mut list = Writer::array(object.key("reasoning_details"));
                write_text(list.item(), self.place(), None, Some(seal));
                list.end();
            }
            (Some(Head::Refusal), Piece::Text(text)) => object.text("refusal", text),
            (_, Piece::Text(text)) => object.text("content", text),
            (_, Piece::Arguments(text)) => {
                let mut list = Writer::array(object.key("tool_calls"));
                let mut call = Writer::object(list.item());
                call.number("index", self.calls.saturating_sub(1));
                let mut function = Writer::object(call.key("function"));
                function.text("arguments", text);
                function.end();
                call.end();
                list.end();
            }
        }
        object.end();
    }
}

/// A refusal without words of its own would pass for an ordinary end.
const fn finish(reason: StopReason, refused: bool) -> &'static str {
    match reason {
        StopReason::Refusal if !refused => "content_filter",
        _ => stop::word(reason),
    }
}

fn write_call(call: &mut Writer<'_>, id: &str, name: &str, arguments: &str) {
    call.text("id", id);
    call.text("type", "function");
    let mut function = Writer::object(call.key("function"));
    function.text("name", name);
    function.text("arguments", arguments);
    function.end();
}

/// Writes a whole answer.
pub(crate) fn write(reply: &Reply, spec: &StreamSpec, counts: &Usage) -> Vec<u8> {
    let head = &spec.head;
    let mut out = Vec::with_capacity(1024);
    let mut body = Writer::object(&mut out);
    body.text("id", &head.id);
    body.text("object", "chat.completion");
    body.raw("created", &head.created.to_string());
    body.text("model", &head.model);
    let mut choices = Writer::array(body.key("choices"));
    let mut choice = Writer::object(choices.item());
    choice.number("index", 0);
    write_message(reply, format_of(spec.upstream), choice.key("message"));
    choice.raw("logprobs", "null");
    let reason = reply.stop.as_ref().map_or(StopReason::EndTurn, |s| s.reason);
    let refused = reply.blocks.iter().any(|b| b.head == Head::Refusal);
    choice.text("finish_reason", finish(reason, refused));
    choice.end();
    choices.end();
    usage::write(counts, body.key("usage"));
    body.end();
    out
}

fn write_message(reply: &Reply, proofs: &'static str, out: &mut Vec<u8>) {
    let joined = |wanted: fn(&Head) -> bool| -> Option<String> {
        let texts = reply.blocks.iter().filter(|b| wanted(&b.head));
        let text: String = texts.map(|b| b.text.as_str()).collect();
        (!text.is_empty()).then_some(text)
    };
    let mut message = Writer::object(out);
    message.text("role", "assistant");
    match joined(|h| matches!(h, Head::Text)) {
        Some(text) => message.text("content", &text),
        None => message.raw("content", "null"),
    }
    match joined(|h| matches!(h, Head::Refusal)) {
        Some(text) => message.text("refusal", &text),
        None => message.raw("refusal", "null"),
    }
    if let Some(text) = joined(|h| matches!(h, Head::Thinking)) {
        message.text("reasoning_content", &text);
    }
    write_details(&reply.blocks, proofs, &mut message);
    let calls: Vec<_> = reply
        .blocks
        .iter()
        .filter_map(|block| match &block.head {
            Head::ToolCall { id, name } => Some((id, name, &block.text)),
            _ => None,
        })
        .collect();
    if !calls.is_empty() {
        let mut list = Writer::array(message.key("tool_calls"));
        for (id, name, arguments) in calls {
            let mut call = Writer::object(list.item());
            write_call(&mut call, id, name, arguments);
            call.end();
        }
        list.end();
    }
    message.end();
}

fn write_details(blocks: &[ReplyBlock], format: &'static str, message: &mut Writer<'_>) {
    let thought = |b: &ReplyBlock| matches!(b.head, Head::Thinking | Head::Redacted(_));
    if !blocks.iter().any(thought) {
        return;
    }
    let mut list = Writer::array(message.key("reasoning_details"));
    for (index, block) in blocks.iter().enumerate() {
        let place = Place { format: Some(format), index };
        match &block.head {
            Head::Thinking => {
                let seal = block.signature.as_deref();
                write_text(list.item(), place, Some(&block.text), seal);
            }
            Head::Redacted(data) => write_sealed(list.item(), place, data),
            _ => {}
        }
    }
    list.end();
}
