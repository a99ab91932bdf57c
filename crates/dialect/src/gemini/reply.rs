//! An answer written for a Gemini client, streamed or whole. In: events, or the reply they fold to. Out: frames or a body.
//! Never here: when the terminal group goes out (lane).
//!
//! A proof goes out as the signature of the part behind it, where clients of this dialect look for it and keep it; where
//! two meet, or nothing follows, an empty text carries it.

use super::frame::{End, Pen};
use super::proof::Proof;
use super::stop;
use crate::anthropic::reply::write_input;
use crate::codec::{Encode, fail_plainly};
use crate::lane::StreamSpec;
use crate::write::Writer;
use bytes::BytesMut;
use canon::{Dialect, Event, Fault, Head, Piece, Reply, Stop, StopReason};
use units::Usage;

/// Arguments are whole in this dialect, so they wait here; nobody's are longer.
const ARGUMENTS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Makes parts of events.
#[derive(Debug)]
struct Parts {
    /// Whether the client reads thoughts.
    thoughts: bool,
    open: Option<Head>,
    arguments: String,
    proof: Option<Proof>,
}

impl Parts {
    const fn new(thoughts: bool) -> Self {
        Self { thoughts, open: None, arguments: String::new(), proof: None }
    }

    /// Takes an event; gives the parts that are due by it.
    fn take(&mut self, event: &Event, out: &mut Vec<Vec<u8>>) {
        match event {
            Event::Open(head) => {
                if let Head::Redacted(carried) = head {
                    self.proven(Proof { carried: carried.clone(), of_thought: false }, out);
                }
                self.arguments.clear();
                self.open = Some(head.clone());
            }
            Event::More(Piece::Signature(carried)) => {
                self.proven(Proof { carried: carried.clone(), of_thought: true }, out);
            }
            Event::More(Piece::Text(words)) if self.open == Some(Head::Thinking) => {
                if self.thoughts {
                    self.flush(out);
                    out.push(text(words, true, None));
                }
            }
            Event::More(Piece::Text(words)) => out.push(text(words, false, self.proof.take())),
            Event::More(Piece::Arguments(more)) => {
                if self.arguments.len() + more.len() <= ARGUMENTS_BYTES_MAX {
                    self.arguments.push_str(more);
                }
            }
            Event::Close => {
                if let Some(Head::ToolCall { id, name }) = self.open.take() {
                    let arguments = std::mem::take(&mut self.arguments);
                    out.push(call((&id, &name, &arguments), self.proof.take()));
                }
            }
            Event::Start | Event::Usage(_) | Event::Stop(_) => {}
        }
    }

    /// A proof waits for the part behind it.
    fn proven(&mut self, proof: Proof, out: &mut Vec<Vec<u8>>) {
        self.flush(out);
        self.proof = Some(proof);
    }

    fn flush(&mut self, out: &mut Vec<Vec<u8>>) {
        if let Some(proof) = self.proof.take() {
            out.push(text("", false, Some(proof)));
        }
    }

    /// The part that an answer ends with: readers skip an answer without one.
    fn last(&mut self) -> Vec<u8> {
        text("", false, self.proof.take())
    }
}

fn text(words: &str, thought: bool, proof: Option<Proof>) -> Vec<u8> {
    let mut out = Vec::with_capacity(words.len() + 16);
    let mut part = Writer::object(&mut out);
    part.text("text", words);
    if thought {
        part.raw("thought", "true");
    }
    sign(proof, &mut part);
    part.end();
    out
}

fn call((id, name, arguments): (&str, &str, &str), proof: Option<Proof>) -> Vec<u8> {
    let mut out = Vec::with_capacity(arguments.len() + 64);
    let mut part = Writer::object(&mut out);
    let mut call = Writer::object(part.key("functionCall"));
    call.text("id", id);
    call.text("name", name);
    write_input(arguments, call.key("args"));
    call.end();
    sign(proof, &mut part);
    part.end();
    out
}

fn sign(proof: Option<Proof>, part: &mut Writer<'_>) {
    if let Some(proof) = proof {
        part.text("thoughtSignature", &proof.signature());
    }
}

/// Writes frames.
#[derive(Debug)]
pub(crate) struct GeminiEncoder {
    pen: Pen,
    parts: Parts,
}

impl Encode for GeminiEncoder {
    fn push(&mut self, event: &Event, out: &mut BytesMut) {
        let mut due = Vec::new();
        self.parts.take(event, &mut due);
        for part in due {
            self.pen.frame(part, None, out);
        }
    }

    fn end(&mut self, stop: &Stop, usage: &Usage, out: &mut BytesMut) {
        if self.parts.open.is_some() {
            self.push(&Event::Close, out);
        }
        let last = self.parts.last();
        self.pen.frame(last, Some(End { word: stop::word(stop.reason), usage }), out);
    }

    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        fail_plainly(Dialect::Gemini, fault, request_id, out);
    }
}

impl GeminiEncoder {
    pub fn new(spec: &StreamSpec) -> Self {
        Self { pen: Pen::new(&spec.head), parts: Parts::new(spec.show_thoughts) }
    }
}

/// Writes a whole answer.
pub(crate) fn write(reply: &Reply, spec: &StreamSpec, usage: &Usage) -> Vec<u8> {
    let mut parts = Parts::new(spec.show_thoughts);
    let mut list = Vec::new();
    for block in &reply.blocks {
        parts.take(&Event::Open(block.head.clone()), &mut list);
        let text = || block.text.clone();
        match &block.head {
            Head::ToolCall { .. } => parts.take(&Event::More(Piece::Arguments(text())), &mut list),
            Head::Text | Head::Refusal | Head::Thinking if !block.text.is_empty() => {
                parts.take(&Event::More(Piece::Text(text())), &mut list);
            }
            _ => {}
        }
        if let Some(seal) = &block.signature {
            parts.take(&Event::More(Piece::Signature(seal.clone())), &mut list);
        }
        parts.take(&Event::Close, &mut list);
    }
    if parts.proof.is_some() || list.is_empty() {
        list.push(parts.last());
    }
    let reason = reply.stop.as_ref().map_or(StopReason::EndTurn, |stop| stop.reason);
    let mut out = Vec::with_capacity(1024);
    Pen::new(&spec.head).body(&list, Some(End { word: stop::word(reason), usage }), &mut out);
    out
}
