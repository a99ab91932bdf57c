//! Events of Responses that we write ourselves. In: what an event says. Out: frames, numbered from 0 without a gap.
//! Never here: when they are sent, which items are open.

use super::item::{Form, Item, Part};
use crate::write::Writer;
use bytes::BytesMut;

/// What an event is about: an item, its number, and the number of one of its parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot<'a> {
    pub item: &'a Item,
    pub index: u64,
    pub part: usize,
}

/// Writes events and counts them.
#[derive(Debug, Default)]
pub(crate) struct Pen {
    next: u64,
}

impl Pen {
    /// Goes on behind events that others wrote.
    pub const fn at(next: u64) -> Self {
        Self { next }
    }

    /// The number of the next event.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// An event of a type; `rest` writes what stands behind its number.
    pub fn event(&mut self, kind: &str, out: &mut BytesMut, rest: impl FnOnce(&mut Writer<'_>)) {
        let mut json = Vec::with_capacity(160);
        let mut object = Writer::object(&mut json);
        object.text("type", kind);
        object.number("sequence_number", self.next);
        self.next += 1;
        rest(&mut object);
        object.end();
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: ");
        out.extend_from_slice(&json);
        out.extend_from_slice(b"\n\n");
    }

    /// An event that carries the response object.
    pub fn response(&mut self, kind: &str, object: &[u8], out: &mut BytesMut) {
        self.event(kind, out, |event| event.key("response").extend_from_slice(object));
    }

    /// An item begins.
    pub fn added(&mut self, spot: Spot<'_>, out: &mut BytesMut) {
        self.event("response.output_item.added", out, |event| {
            event.number("output_index", spot.index);
            spot.item.write_begun(event.key("item"));
        });
    }

    /// A part of an item begins.
    pub fn part_added(&mut self, spot: Spot<'_>, out: &mut BytesMut) {
        let Some((part, _)) = spot.item.parts.get(spot.part) else { return };
        self.event(part_event(*part, true), out, |event| {
            place(event, spot);
            event.number(part_index(*part), ordinal(spot));
            part.write("", event.key("part"));
        });
    }

    /// More of a part, or of the arguments.
    pub fn delta(&mut self, spot: Spot<'_>, text: &str, out: &mut BytesMut) {
        let kind = match (&spot.item.form, spot.item.parts.get(spot.part)) {
            (Form::Call(call), _) if call.freeform => "response.custom_tool_call_input.delta",
            (Form::Call(_), _) => "response.function_call_arguments.delta",
            (_, Some((part, _))) => text_event(*part).0,
            (_, None) => return,
        };
        self.event(kind, out, |event| {
            place(event, spot);
            if let Some((part, _)) = spot.item.parts.get(spot.part) {
                event.number(part_index(*part), ordinal(spot));
            }
            event.text("delta", text);
            if kind == "response.output_text.delta" {
                event.raw("logprobs", "[]");
            }
        });
    }

    /// The text of a part ends.
    pub fn text_done(&mut self, spot: Spot<'_>, out: &mut BytesMut) {
        let Some((part, text)) = spot.item.parts.get(spot.part) else { return };
        self.event(text_event(*part).1, out, |event| {
            place(event, spot);
            event.number(part_index(*part), ordinal(spot));
            event.text(part.key(), text);
            if *part == Part::Text {
                event.raw("logprobs", "[]");
            }
        });
    }

    /// A part of an item ends.
    pub fn part_done(&mut self, spot: Spot<'_>, out: &mut BytesMut) {
        let Some((part, text)) = spot.item.parts.get(spot.part) else { return };
        self.event(part_event(*part, false), out, |event| {
            place(event, spot);
            event.number(part_index(*part), ordinal(spot));
            part.write(text, event.key("part"));
        });
    }

    /// The arguments of a call end.
    pub fn arguments_done(&mut self, spot: Spot<'_>, out: &mut BytesMut) {
        let Form::Call(call) = &spot.item.form else { return };
        let (kind, key) = if call.freeform {
            ("response.custom_tool_call_input.done", "input")
        } else {
            ("response.function_call_arguments.done", "arguments")
        };
        self.event(kind, out, |event| {
            place(event, spot);
            if !call.freeform {
                event.text("name", &call.name);
            }
            event.text(key, &spot.item.arguments);
        });
    }

    /// An item ends; `whole` is its JSON.
    pub fn done(&mut self, whole: &[u8], index: u64, out: &mut BytesMut) {
        self.event("response.output_item.done", out, |event| {
            event.number("output_index", index);
            event.key("item").extend_from_slice(whole);
        });
    }
}

fn place(event: &mut Writer<'_>, spot: Spot<'_>) {
    event.text("item_id", &spot.item.id);
    event.number("output_index", spot.index);
}

/// The number of a part among those of its list.
fn ordinal(spot: Spot<'_>) -> u64 {
    let summary = |part: Part| part == Part::Summary;
    let (parts, n) = (&spot.item.parts, spot.part);
    let Some((this, _)) = parts.get(n) else { return 0 };
    parts[..n].iter().filter(|(part, _)| summary(*part) == summary(*this)).count() as u64
}

/// What a part's number is called.
const fn part_index(part: Part) -> &'static str {
    match part {
        Part::Summary => "summary_index",
        Part::Text | Part::Refusal | Part::Thought => "content_index",
    }
}

const fn part_event(part: Part, begins: bool) -> &'static str {
    match (part, begins) {
        (Part::Summary, true) => "response.reasoning_summary_part.added",
        (Part::Summary, false) => "response.reasoning_summary_part.done",
        (_, true) => "response.content_part.added",
        (_, false) => "response.content_part.done",
    }
}

/// The events of a part's text: more of it, all of it.
const fn text_event(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Text => ("response.output_text.delta", "response.output_text.done"),
        Part::Refusal => ("response.refusal.delta", "response.refusal.done"),
        Part::Summary => ("response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"),
        Part::Thought => ("response.reasoning_text.delta", "response.reasoning_text.done"),
    }
}
