//! One event of a Responses stream about an item, read where it stands. In: a frame. Out: what stands in it, and the edits
//! that put it right. Never here: what became of the item before (response_items), what is written beside (responses_stream).

use super::event::ends;
use super::item::{Seen, Text, read_item, read_part};
use super::message::quoted;
use super::names::{Sieve, once, strip};
use super::pass::Frame;
use super::response::failed;
use super::response_items::unquoted;
use crate::json::{Member, Span, string_value, whole};
use crate::lane::StreamFault;
use crate::openai_responses::item::Part;
use crate::splice::Edits;
use bytes::BytesMut;
use std::borrow::Cow;

/// Events of the public description that are about items, without their `response.`; others mean nothing to readers, and may
/// tell about the upstream.
const EVENTS: [&str; 53] = [
    "output_item.added",
    "output_item.done",
    "content_part.added",
    "content_part.done",
    "output_text.delta",
    "output_text.done",
    "output_text.annotation.added",
    "refusal.delta",
    "refusal.done",
    "reasoning_summary_part.added",
    "reasoning_summary_part.done",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_text.delta",
    "reasoning_text.done",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "custom_tool_call_input.delta",
    "custom_tool_call_input.done",
    "web_search_call.in_progress",
    "web_search_call.searching",
    "web_search_call.completed",
    "file_search_call.in_progress",
    "file_search_call.searching",
    "file_search_call.completed",
    "code_interpreter_call.in_progress",
    "code_interpreter_call.interpreting",
    "code_interpreter_call.completed",
    "code_interpreter_call_code.delta",
    "code_interpreter_call_code.done",
    "image_generation_call.in_progress",
    "image_generation_call.generating",
    "image_generation_call.completed",
    "image_generation_call.partial_image",
    "mcp_call.in_progress",
    "mcp_call.completed",
    "mcp_call.failed",
    "mcp_call_arguments.delta",
    "mcp_call_arguments.done",
    "mcp_list_tools.in_progress",
    "mcp_list_tools.completed",
    "mcp_list_tools.failed",
    "shell_call_command.added",
    "shell_call_command.delta",
    "shell_call_command.done",
    "shell_call_output_content.delta",
    "shell_call_output_content.done",
    "apply_patch_call_operation_diff.delta",
    "apply_patch_call_operation_diff.done",
    "audio.delta",
    "audio.done",
    "audio.transcript.delta",
    "audio.transcript.done",
];

/// Whether readers know events of this type.
pub(super) fn is_event(kind: &str) -> bool {
    kind.strip_prefix("response.").is_some_and(|name| EVENTS.contains(&name))
}

/// An event as it is read: what is still to be written stays open.
pub(super) struct EventSeen<'a> {
    json: &'a [u8],
    object: Sieve<'a>,
    pub number: Option<Member>,
    item_id: Option<Member>,
    output_index: Option<Member>,
    part_index: Option<Member>,
    pub delta: Option<Member>,
    /// The whole of a text.
    pub text: Option<Member>,
    pub padding: Option<Member>,
    item: Option<Member>,
    part: Option<Member>,
    pub edits: Edits,
}

impl<'a> EventSeen<'a> {
    /// Reads an event of this type.
    pub fn read(frame: &'a Frame<'_>, kind: &str, typed: bool) -> Result<Self, StreamFault> {
        let json = &*frame.json;
        let object = Sieve::new(json, 0, 0)?;
        let mut seen = Self {
            json,
            object,
            number: None,
            item_id: None,
            output_index: None,
            part_index: None,
            delta: None,
            text: None,
            padding: None,
            item: None,
            part: None,
            edits: Edits::default(),
        };
        let mut types = None;
        while let Some(member) = seen.object.next()? {
            let value = member.text(json);
            match &*member.name(json) {
                b"type" => once(&mut types, member)?,
                b"sequence_number" => once(&mut seen.number, member)?,
                b"item_id" => once(&mut seen.item_id, member)?,
                b"output_index" => once(&mut seen.output_index, member)?,
                b"content_index" | b"summary_index" => once(&mut seen.part_index, member)?,
                b"delta" => once(&mut seen.delta, member)?,
                b"text" | b"refusal" | b"arguments" | b"input" if value.starts_with(b"\"") => {
                    once(&mut seen.text, member)?;
                }
                b"obfuscation" if value.starts_with(b"\"") => once(&mut seen.padding, member)?,
                b"item" if value.starts_with(b"{") => once(&mut seen.item, member)?,
                b"part" if value.starts_with(b"{") => once(&mut seen.part, member)?,
                b"error" if value != b"null" => return Err(failed(value)),
                b"annotation" | b"logprobs" if value != b"[]" => strip(json, member.value.0, 1, &mut seen.edits)?,
                name => {
                    seen.object.other(member, name, &mut seen.edits)?;
                }
            }
        }
        ends(json, seen.object.end())?;
        if !typed {
            seen.object.set(None, "type", quoted(kind), &mut seen.edits);
        }
        Ok(seen)
    }

    /// The id and the number by which the upstream names the item.
    pub fn names(&self) -> (Cow<'a, str>, Option<u64>) {
        let id = self.item_id.and_then(|member| string_value(member.text(self.json))).unwrap_or_default();
        (id, self.output_index.and_then(|member| whole(member.text(self.json))))
    }

    /// Whether the event names an item at all: some are about the answer as a whole.
    pub const fn is_named(&self) -> bool {
        self.item_id.is_some() || self.output_index.is_some()
    }

    /// The upstream's number of a part.
    pub fn part_number(&self) -> Option<u64> {
        whole(self.part_index?.text(self.json))
    }

    /// Reads the item that the event carries, whose id is to be this one.
    pub fn item(&mut self, id: Option<&str>) -> Result<Seen, StreamFault> {
        let item = self.item.ok_or(StreamFault::Garbage)?;
        Ok(read_item(self.json, item.value.0, 1, id, &mut self.edits)?)
    }

    /// The item as it stands, before anything of it is changed.
    pub fn item_as_is(&self) -> Result<Seen, StreamFault> {
        let item = self.item.ok_or(StreamFault::Garbage)?;
        Ok(read_item(self.json, item.value.0, 1, None, &mut Edits::default())?)
    }

    /// Reads the part that the event carries.
    pub fn part(&mut self, default: Part) -> Result<Option<Text>, StreamFault> {
        let Some(part) = self.part else { return Ok(None) };
        Ok(read_part(self.json, part.value.0, 1, default, &mut self.edits)?.0)
    }

    /// What stands between the quotes at `value`.
    pub fn inner(&self, value: Span) -> &'a [u8] {
        let text = &self.json[value.0..value.1];
        text.get(1..text.len().saturating_sub(1)).unwrap_or_default()
    }

    /// Puts a text right that is not what its deltas said: those were shown.
    pub fn correct(&mut self, value: Span, shown: &[u8]) {
        let told = self.inner(value);
        if told != shown && unquoted(told) != unquoted(shown) {
            self.edits.replace(value, [b"\"", shown, b"\""].concat());
        }
    }

    /// Sees to it that the event names its item by the names it was begun with.
    pub fn name(&mut self, id: Option<&str>, index: u64) {
        let (told, number) = self.names();
        if let Some(id) = id.filter(|id| **id != *told) {
            self.object.set(self.item_id, "item_id", quoted(id), &mut self.edits);
        }
        if number != Some(index) {
            self.object.set(self.output_index, "output_index", index.to_string().into_bytes(), &mut self.edits);
        }
    }

    /// The same for the number of a part.
    pub fn number_part(&mut self, key: &str, number: u64) {
        if self.part_number() != Some(number) {
            self.object.set(self.part_index, key, number.to_string().into_bytes(), &mut self.edits);
        }
    }

    /// Writes the event under its number; gives its edits, in order, and whether a frame like it may be copied.
    pub fn write(mut self, frame: &Frame<'_>, kind: &str, next: &mut u64, out: &mut BytesMut) -> Edits {
        self.object.set(self.number, "sequence_number", next.to_string().into_bytes(), &mut self.edits);
        *next += 1;
        self.object.close(&mut self.edits);
        frame.write(kind, &mut self.edits, out);
        self.edits
    }
}
