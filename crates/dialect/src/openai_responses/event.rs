//! Events of Responses that we write ourselves. In: what an event says. Out: frames, numbered from 0 without a gap.
//! Never here: when they are sent, which items are open.

use super::item::{Form, Item, Part};
use crate::write::Writer;
use bytes::BytesMut;

/// Writes events and counts them.
#[derive(Debug, Default)]
pub(crate) struct Pen {
    next: u64,
}

impl Pen {
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
    pub fn added(&mut self, item: &Item, index: u64, out: &mut BytesMut) {
        self.event("response.output_item.added", out, |event| {
            event.number("output_index", index);
            item.write_begun(event.key("item"));
        });
    }

    /// The last part of an item begins.
    pub fn part_added(&mut self, item: &Item, index: u64, out: &mut BytesMut) {
        let Some((part, _)) = item.parts.last() else { return };
        self.event(part_event(*part, true), out, |event| {
            place(event, item, index);
            event.number(part_index(*part), ordinal(item));
            part.write("", event.key("part"));
        });
    }

    /// More of the last part, or of the arguments.
    pub fn delta(&mut self, item: &Item, index: u64, text: &str, out: &mut BytesMut) {
        let kind = match (&item.form, item.parts.last()) {
            (Form::Call(call), _) if call.freeform => "response.custom_tool_call_input.delta",
            (Form::Call(_), _) => "response.function_call_arguments.delta",
            (_, Some((part, _))) => text_event(*part).0,
            (_, None) => return,
        };
        self.event(kind, out, |event| {
            place(event, item, index);
            if let Some((part, _)) = item.parts.last() {
                event.number(part_index(*part), ordinal(item));
            }
            event.text("delta", text);
            if kind == "response.output_text.delta" {
                event.raw("logprobs", "[]");
            }
        });
    }

    /// The last part of an item ends.
    pub fn part_done(&mut self, item: &Item, index: u64, out: &mut BytesMut) {
        let Some((part, text)) = item.parts.last() else { return };
        self.event(text_event(*part).1, out, |event| {
            place(event, item, index);
            event.number(part_index(*part), ordinal(item));
            event.text(part.key(), text);
            if *part == Part::Text {
                event.raw("logprobs", "[]");
            }
        });
        self.event(part_event(*part, false), out, |event| {
            place(event, item, index);
            event.number(part_index(*part), ordinal(item));
            part.write(text, event.key("part"));
        });
    }

    /// The arguments of a call end.
    pub fn arguments_done(&mut self, item: &Item, index: u64, out: &mut BytesMut) {
        let Form::Call(call) = &item.form else { return };
        let (kind, key) = if call.freeform {
            ("response.custom_tool_call_input.done", "input")
        } else {
            ("response.function_call_arguments.done", "arguments")
        };
        self.event(kind, out, |event| {
            place(event, item, index);
            if !call.freeform {
                event.text("name", &call.name);
            }
            event.text(key, &item.arguments);
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

fn place(event: &mut Writer<'_>, item: &Item, index: u64) {
    event.text("item_id", &item.id);
    event.number("output_index", index);
}

/// The number of the last part among those of its list.
fn ordinal(item: &Item) -> u64 {
    let Some((last, _)) = item.parts.last() else { return 0 };
    let summary = |part: &Part| *part == Part::Summary;
    let same = item.parts.iter().filter(|(part, _)| summary(part) == summary(last)).count();
    same.saturating_sub(1) as u64
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
