//! A message and its blocks as the Messages dialect writes them, read where they stand. In: a frame or an answer. Out: what
//! they show, and the edits that make the message ours. Never here: a text moved or re-escaped.

use super::template::Shown;
use crate::fault::UpstreamFault;
use crate::json::{Member, Members, push_string, string_value};
use crate::lane::{ReplyHead, StreamFault};
use crate::splice::Edits;
use canon::{Dialect, Tally};

type Span = (usize, usize);

/// Fields of a message or an event that tell about the upstream.
pub(super) fn is_private(name: &[u8]) -> bool {
    matches!(name, b"provider" | b"cost" | b"request_id") || name.starts_with(b"amazon-") || name.starts_with(b"x_")
}

/// A message's fields.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub content: Option<Span>,
    pub usage: Option<Span>,
    pub stop: Span,
    pub last: usize,
    pub end: usize,
}

/// Reads a message object and makes it ours.
pub(super) fn read_message(
    frame: &[u8],
    at: usize,
    head: &ReplyHead,
    edits: &mut Edits,
) -> Result<Message, StreamFault> {
    let mut message = Message::default();
    let mut gone: Vec<Member> = Vec::new();
    let (mut id, mut model) = (false, false);
    let mut members = Members::new(frame, at, 0)?;
    while let Some(member) = members.next()? {
        let value = member.text(frame);
        match &*member.name(frame) {
            b"id" => {
                id = true;
                edits.replace(member.value, quoted(&head.id));
            }
            b"model" => {
                model = true;
                edits.replace(member.value, quoted(&head.model));
            }
            b"type" if value == b"\"error\"" => {
                let fault = UpstreamFault::in_stream(Dialect::Anthropic, &frame[at..]);
                return Err(StreamFault::Upstream(fault));
            }
            b"content" if value.first() == Some(&b'[') => message.content = Some(member.value),
            b"usage" if value.first() == Some(&b'{') => message.usage = Some(member.value),
            b"usage" => gone.push(member),
            b"stop_reason" => message.stop = member.value,
            name if is_private(name) => gone.push(member),
            _ => {}
        }
    }
    edits.remove(frame, &mut gone);
    message.last = members.last();
    message.end = members.end();
    let mut added = Vec::new();
    for (there, key, text) in [(id, "\"id\":", &head.id), (model, "\"model\":", &head.model)] {
        if !there {
            added.extend_from_slice(key.as_bytes());
            push_string(&mut added, text);
            added.push(b',');
        }
    }
    if message.last > 0 && !added.is_empty() {
        edits.insert(at + 1, added);
    }
    Ok(message)
}

fn quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_string(&mut out, text);
    out
}

/// What a block or a delta shows.
#[derive(Debug, Default)]
pub(super) struct Block {
    text: usize,
    reasoning: usize,
    sealed: bool,
    /// Its one text, if it has one.
    pub only: Option<(Span, Shown)>,
}

impl Block {
    /// Tells the tally.
    pub const fn tell(&self, tally: &mut Tally) {
        tally.text(self.text);
        tally.reasoning(self.reasoning);
        if self.sealed {
            tally.sealed();
        }
    }
}

/// Reads a content block or a delta of one.
pub(super) fn read_block(frame: &[u8], at: usize) -> Result<Block, StreamFault> {
    let mut block = Block::default();
    let (mut signed, mut thinking, mut known) = (false, false, true);
    let mut rest = 0;
    let mut members = Members::new(frame, at, 2)?;
    while let Some(member) = members.next()? {
        let value = member.text(frame);
        let inner = (member.value.0 + 1, member.value.1.max(2) - 1);
        let len = value.len().saturating_sub(2);
        match &*member.name(frame) {
            b"type" => {
                let kind = string_value(value).unwrap_or_default();
                thinking = kind == "thinking";
                block.sealed |= kind == "redacted_thinking";
                known = matches!(
                    &*kind,
                    "text"
                        | "thinking"
                        | "redacted_thinking"
                        | "tool_use"
                        | "text_delta"
                        | "thinking_delta"
                        | "signature_delta"
                        | "input_json_delta"
                        | "citations_delta"
                );
            }
            b"text" | b"partial_json" => {
                block.text += len;
                block.only = Some((inner, Shown::Text));
            }
            b"thinking" => {
                block.reasoning += len;
                block.only = Some((inner, Shown::Reasoning));
            }
            b"signature" => signed = len > 0,
            b"name" => block.text += len,
            b"input" if value != b"{}" => block.text += value.len(),
            b"data" | b"id" | b"citations" | b"citation" | b"input" => {}
            _ => rest += value.len(),
        }
    }
    // A whole thinking block without text was thought in the dark.
    block.sealed |= thinking && signed && block.reasoning == 0;
    if !known {
        // Newer kinds of block: whatever they carry was written by the model, at most.
        block.text += rest;
    }
    if block.only.is_some_and(|(span, _)| frame.get(span.0 - 1) != Some(&b'"')) {
        block.only = None;
    }
    Ok(block)
}

/// Whether a delta is a signature.
pub(super) fn is_signature(frame: &[u8], at: usize) -> bool {
    let Ok(mut members) = Members::new(frame, at, 2) else {
        return false;
    };
    while let Ok(Some(member)) = members.next() {
        if &*member.name(frame) == b"signature" {
            return member.text(frame).len() > 2;
        }
    }
    false
}
