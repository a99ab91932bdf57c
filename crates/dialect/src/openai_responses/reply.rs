//! An answer written for a Responses client, streamed or whole. In: events, or the reply they fold to. Out: frames or a body.
//! Never here: when the terminal group goes out (lane).
//!
//! Every block is an item. Reasoning is shown as its summary; its proof always goes out with it as encrypted content, asked
//! for or not: nothing is kept at an upstream, so a client that hands its items back would lose the proof otherwise.

use super::echo::Echo;
use super::event::{Pen, Spot};
use super::freeform::Freeform;
use super::item::{Call, Form, Item, Part};
use super::object::{End, write_object};
use super::{proof, stop};
use crate::codec::Encode;
use crate::fault::code;
use crate::lane::{ReplyHead, StreamSpec};
use crate::names::ToolNames;
use bytes::{Bytes, BytesMut};
use canon::{Dialect, Event, Fault, Head, Piece, Reply, ReplyBlock, Stop, StopReason};
use units::Usage;

/// Writes frames.
#[derive(Debug)]
pub(crate) struct ResponsesEncoder {
    head: ReplyHead,
    echo: Echo,
    names: ToolNames,
    pen: Pen,
    started: bool,
    refused: bool,
    open: Option<Open>,
    /// The items that ended, joined by commas, and how many there are.
    output: Vec<u8>,
    items: u64,
    object: Option<Bytes>,
}

/// The open item.
#[derive(Debug)]
struct Open {
    item: Item,
    freeform: Option<Freeform>,
}

impl Open {
    fn new(head: &Head, head_of_answer: &ReplyHead, names: &ToolNames, place: u64) -> Self {
        let form = match head {
            Head::Text | Head::Refusal => Form::Message,
            Head::Thinking | Head::Redacted(_) => Form::Reasoning,
            Head::ToolCall { id, name } => Form::Call(call(id, name, names)),
        };
        let freeform = matches!(&form, Form::Call(call) if call.freeform).then(Freeform::default);
        let mut item = Item::new(form, head_of_answer.id_stem(), place);
        match head {
            Head::Text => item.parts.push((Part::Text, String::new())),
            Head::Refusal => item.parts.push((Part::Refusal, String::new())),
            Head::Redacted(carried) => item.proof = Some(proof::unreadable(carried)),
            Head::Thinking | Head::ToolCall { .. } => {}
        }
        Self { item, freeform }
    }

    const fn spot(&self, index: u64) -> Spot<'_> {
        Spot { item: &self.item, index, part: 0 }
    }

    /// Takes a piece; gives the text that is shown of it.
    fn take(&mut self, piece: &Piece) -> String {
        let shown = match piece {
            Piece::Signature(carried) => {
                self.item.proof = Some(carried.clone());
                return String::new();
            }
            Piece::Text(text) => {
                if self.item.parts.is_empty() {
                    self.item.parts.push((Part::Summary, String::new()));
                }
                if let Some((_, held)) = self.item.parts.last_mut() {
                    held.push_str(text);
                }
                return text.clone();
            }
            Piece::Arguments(text) => match &mut self.freeform {
                Some(freeform) => freeform.take(text),
                None => text.clone(),
            },
        };
        self.item.arguments.push_str(&shown);
        shown
    }

    /// What free text is told only now.
    fn rest(&mut self) -> String {
        let rest = self.freeform.as_mut().map(Freeform::rest).unwrap_or_default();
        self.item.arguments.push_str(&rest);
        rest
    }
}

/// A call as the client knows it.
fn call(id: &str, name: &str, names: &ToolNames) -> Call {
    match names.client_tool(name) {
        Some(tool) => Call {
            id: id.to_owned(),
            namespace: tool.namespace.clone(),
            name: tool.name.clone(),
            freeform: tool.freeform,
        },
        None => Call { id: id.to_owned(), namespace: None, name: name.to_owned(), freeform: false },
    }
}

impl Encode for ResponsesEncoder {
    fn push(&mut self, event: &Event, out: &mut BytesMut) {
        match event {
            Event::Start => self.begin(out),
            Event::Open(head) => {
                self.begin(out);
                self.open(head, out);
            }
            Event::More(piece) => self.more(piece, out),
            Event::Close => self.close("completed", out),
            Event::Usage(_) | Event::Stop(_) => {}
        }
    }

    fn ended_at(&mut self, seconds: i64) {
        self.head.ended = Some(seconds);
    }

    fn end(&mut self, stop: &Stop, counts: &Usage, out: &mut BytesMut) {
        self.begin(out);
        let incomplete = stop::incomplete(stop.reason, self.refused);
        let status = if incomplete.is_some() { "incomplete" } else { "completed" };
        self.close(status, out);
        let kind = if incomplete.is_some() { "response.incomplete" } else { "response.completed" };
        self.last(kind, &End { status, incomplete, error: None, usage: Some(counts) }, out);
    }

    fn fail(&mut self, fault: &Fault, _request_id: &str, out: &mut BytesMut) {
        self.begin(out);
        self.close("incomplete", out);
        let error = Some((code(fault.kind), &*fault.told));
        self.last("response.failed", &End { status: "failed", error, ..End::default() }, out);
    }

    fn final_object(&self) -> Option<Bytes> {
        self.object.clone()
    }
}

impl ResponsesEncoder {
    pub fn new(spec: &StreamSpec) -> Self {
        Self {
            head: spec.head.clone(),
            echo: spec.echo.clone(),
            names: spec.names.clone(),
            pen: Pen::default(),
            started: false,
            refused: false,
            open: None,
            output: Vec::new(),
            items: 0,
            object: None,
        }
    }

    fn begin(&mut self, out: &mut BytesMut) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let mut object = Vec::new();
        write_object(&self.head, &self.echo, b"", &End { status: "in_progress", ..End::default() }, &mut object);
        self.pen.response("response.created", &object, out);
        self.pen.response("response.in_progress", &object, out);
    }

    fn open(&mut self, head: &Head, out: &mut BytesMut) {
        self.close("completed", out);
        self.refused |= *head == Head::Refusal;
        let open = Open::new(head, &self.head, &self.names, self.items);
        self.pen.added(open.spot(self.items), out);
        self.pen.part_added(open.spot(self.items), out);
        self.open = Some(open);
    }

    fn more(&mut self, piece: &Piece, out: &mut BytesMut) {
        let Some(open) = &mut self.open else { return };
        let parts = open.item.parts.len();
        let shown = open.take(piece);
        if open.item.parts.len() > parts {
            self.pen.part_added(open.spot(self.items), out);
        }
        if !shown.is_empty() {
            self.pen.delta(open.spot(self.items), &shown, out);
        }
    }

    fn close(&mut self, status: &str, out: &mut BytesMut) {
        let Some(mut open) = self.open.take() else { return };
        let rest = open.rest();
        if !rest.is_empty() {
            self.pen.delta(open.spot(self.items), &rest, out);
        }
        self.pen.text_done(open.spot(self.items), out);
        self.pen.part_done(open.spot(self.items), out);
        self.pen.arguments_done(open.spot(self.items), out);
        let mut whole = Vec::new();
        open.item.write_whole(status, &mut whole);
        self.pen.done(&whole, self.items, out);
        if self.items > 0 {
            self.output.push(b',');
        }
        self.output.extend_from_slice(&whole);
        self.items += 1;
    }

    fn last(&mut self, kind: &str, end: &End<'_>, out: &mut BytesMut) {
        let mut object = Vec::new();
        write_object(&self.head, &self.echo, &self.output, end, &mut object);
        self.pen.response(kind, &object, out);
        self.object = Some(Bytes::from(object));
    }
}

/// A stream that fails before anything of it was written: nobody knows its head yet, so its id is made of the request's.
pub(crate) fn fail_anew(fault: &Fault, request_id: &str) -> BytesMut {
    let stem = request_id.split_once('_').map_or(request_id, |(_, stem)| stem);
    let head = ReplyHead { id: format!("resp_{stem}"), model: String::new(), created: 0, ended: None };
    let spec = StreamSpec::straight(Dialect::OpenAiResponses, head, true, 1);
    let mut out = BytesMut::new();
    ResponsesEncoder::new(&spec).fail(fault, request_id, &mut out);
    out
}

/// Writes a whole answer.
pub(crate) fn write(reply: &Reply, spec: &StreamSpec, counts: &Usage) -> Vec<u8> {
    let mut output = Vec::new();
    for (place, block) in reply.blocks.iter().enumerate() {
        if place > 0 {
            output.push(b',');
        }
        write_block(block, spec, place as u64, &mut output);
    }
    let reason = reply.stop.as_ref().map_or(StopReason::EndTurn, |stop| stop.reason);
    let refused = reply.blocks.iter().any(|block| block.head == Head::Refusal);
    let incomplete = stop::incomplete(reason, refused);
    let status = if incomplete.is_some() { "incomplete" } else { "completed" };
    let mut out = Vec::with_capacity(output.len() + 1024);
    let end = End { status, incomplete, error: None, usage: Some(counts) };
    write_object(&spec.head, &spec.echo, &output, &end, &mut out);
    out
}

fn write_block(block: &ReplyBlock, spec: &StreamSpec, place: u64, out: &mut Vec<u8>) {
    let mut open = Open::new(&block.head, &spec.head, &spec.names, place);
    if let Some(carried) = &block.signature {
        open.take(&Piece::Signature(carried.clone()));
    }
    if !block.text.is_empty() {
        open.take(&match block.head {
            Head::ToolCall { .. } => Piece::Arguments(block.text.clone()),
            _ => Piece::Text(block.text.clone()),
        });
    }
    open.rest();
    open.item.write_whole("completed", out);
}
