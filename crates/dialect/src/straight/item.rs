//! An item of a Responses answer, read where it stands. In: JSON. Out: what it shows, and the edits that leave what is ours to
//! tell. Never here: a text moved or re-escaped, which item of a stream it is (response_items).

use super::message::quoted;
use super::names::Sieve;
use crate::json::{Bad, Items, Span, string_value, text_len};
use crate::openai_responses::item::{Call, Form, Part};
use crate::splice::Edits;
use canon::Tally;

/// A text of an item, quotes included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    pub part: Part,
    pub value: Span,
}

/// What an item says.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub kind: String,
    pub id: String,
    pub texts: Vec<Text>,
    /// Arguments or free text of a call.
    pub arguments: Option<Span>,
    name: String,
    call_id: String,
    namespace: Option<String>,
    proved: bool,
    /// Bytes of what nobody here knows.
    other: usize,
    /// Where it stands.
    pub span: Span,
}

impl Seen {
    /// What it is, if we could write such an item.
    pub fn form(&self) -> Option<Form> {
        let call = |freeform| {
            Form::Call(Call {
                id: self.call_id.clone(),
                namespace: self.namespace.clone(),
                name: self.name.clone(),
                freeform,
            })
        };
        match &*self.kind {
            "message" => Some(Form::Message),
            "reasoning" => Some(Form::Reasoning),
            "function_call" => Some(call(false)),
            "custom_tool_call" => Some(call(true)),
            _ => None,
        }
    }

    /// Whether it is a call that the client answers.
    pub fn is_call(&self) -> bool {
        matches!(&*self.kind, "function_call" | "custom_tool_call")
    }

    /// Whether a refusal stands in it.
    pub fn is_refusal(&self) -> bool {
        self.texts.iter().any(|text| text.part == Part::Refusal)
    }

    /// Tells the tally of its name: with it a call begins to mean something.
    pub const fn tell_name(&self, tally: &mut Tally) {
        tally.text(self.name.len());
    }

    /// Tells the tally what it holds, but for texts that were told before.
    pub fn tell(&self, json: &[u8], told: bool, tally: &mut Tally) {
        let len = |span: Span| text_len(&json[span.0..span.1]).saturating_sub(2);
        let shown = self.texts.iter().any(|text| len(text.value) > 0);
        for text in self.texts.iter().filter(|_| !told) {
            match text.part {
                Part::Text | Part::Refusal => tally.text(len(text.value)),
                Part::Summary | Part::Thought => tally.reasoning(len(text.value)),
            }
        }
        if let Some(arguments) = self.arguments.filter(|_| !told) {
            tally.text(len(arguments));
        }
        if self.proved && !shown && self.kind == "reasoning" {
            tally.sealed();
        }
        if self.form().is_none() {
            // Newer kinds of item: whatever they carry was written by the model, at most.
            tally.other(self.other);
        }
    }
}

/// Reads the item at `at`, around which `outside` levels are open. Its id is seen to be `id`, where one is given.
pub(super) fn read_item(
    json: &[u8],
    at: usize,
    outside: u32,
    id: Option<&str>,
    edits: &mut Edits,
) -> Result<Seen, Bad> {
    let mut seen = Seen::default();
    let mut own = None;
    let mut object = Sieve::new(json, at, outside)?;
    while let Some(member) = object.next()? {
        let value = member.text(json);
        let text = || string_value(value).unwrap_or_default().into_owned();
        let name = &*member.name(json);
        match name {
            b"id" => {
                seen.id = text();
                own = Some(member);
            }
            b"type" => seen.kind = text(),
            b"name" => seen.name = text(),
            b"call_id" => seen.call_id = text(),
            b"namespace" => seen.namespace = string_value(value).map(std::borrow::Cow::into_owned),
            b"arguments" | b"input" if value.starts_with(b"\"") => seen.arguments = Some(member.value),
            // Servers exist that give an object instead of its text; readers want the text.
            b"arguments" if value.starts_with(b"{") => {
                edits.replace(member.value, quoted(&String::from_utf8_lossy(value)));
                seen.other += value.len();
            }
            b"encrypted_content" => seen.proved = value.len() > 2 && value != b"null",
            b"content" | b"summary" if value.starts_with(b"[") => {
                let default = if name == b"summary" { Part::Summary } else { Part::Text };
                parts(json, member.value.0, outside + 1, default, (&mut seen, edits))?;
            }
            name => {
                if object.other(member, name, edits)? {
                    seen.other += value.len();
                }
            }
        }
    }
    if let Some(id) = id.filter(|id| *id != seen.id) {
        object.set(own, "id", quoted(id), edits);
    }
    seen.span = (at, object.close(edits).end);
    Ok(seen)
}

/// Reads parts of an item.
fn parts(
    json: &[u8],
    at: usize,
    outside: u32,
    default: Part,
    (seen, edits): (&mut Seen, &mut Edits),
) -> Result<(), Bad> {
    let mut items = Items::new(json, at, outside)?;
    while let Some(start) = items.start()? {
        let (text, end) = read_part(json, start, outside + 1, default, edits)?;
        seen.texts.extend(text);
        items.done(end);
    }
    Ok(())
}

/// Reads one part; gives its text, and where it ends.
pub(super) fn read_part(
    json: &[u8],
    at: usize,
    outside: u32,
    default: Part,
    edits: &mut Edits,
) -> Result<(Option<Text>, usize), Bad> {
    let (mut part, mut value) = (default, None);
    let mut object = Sieve::new(json, at, outside)?;
    while let Some(member) = object.next()? {
        match &*member.name(json) {
            b"type" => {
                part = match string_value(member.text(json)).as_deref() {
                    Some("refusal") => Part::Refusal,
                    Some("summary_text") => Part::Summary,
                    Some("reasoning_text") => Part::Thought,
                    _ => default,
                };
            }
            b"text" | b"refusal" if member.text(json).starts_with(b"\"") => value = Some(member.value),
            name => {
                object.other(member, name, edits)?;
            }
        }
    }
    let end = object.close(edits).end;
    Ok((value.map(|value| Text { part, value }), end))
}
