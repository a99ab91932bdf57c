//! A message and its blocks as the Messages dialect writes them, read where they stand. In: the JSON of an event or an
//! answer. Out: what they show, and the edits that make the message ours and whole. Never here: a text moved or re-escaped.

use super::names::{Closed, Sieve, once, strip};
use super::template::Shown;
use super::usage::anew;
use crate::anthropic::{stop, usage::write};
use crate::fault::UpstreamFault;
use crate::json::{Items, Member, Span, push_string, string_value};
use crate::lane::{ReplyHead, StreamFault};
use crate::splice::Edits;
use canon::{Dialect, Stop, Tally};
use units::Usage;

/// A message's fields.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// The usage object, where there is one.
    pub usage: Option<Member>,
    pub stop: Option<Stop>,
    pub blocks: Vec<Block>,
    pub closed: Closed,
}

/// Reads a message object and makes it ours.
pub(super) struct MessageReader<'a, 'e> {
    pub json: &'a [u8],
    pub head: &'a ReplyHead,
    pub edits: &'e mut Edits,
    /// Whether it is an answer; else it is the start of a stream, which has no content and no stop yet.
    pub whole: bool,
}

#[derive(Default)]
struct Found {
    id: Option<Member>,
    kind: Option<Member>,
    role: Option<Member>,
    model: Option<Member>,
    content: Option<Member>,
    stop: Option<Member>,
    sequence: Option<Member>,
    usage: Option<Member>,
}

impl MessageReader<'_, '_> {
    /// Reads the object at `at`.
    pub fn read(mut self, at: usize) -> Result<Message, StreamFault> {
        let json = self.json;
        let mut found = Found::default();
        let mut object = Sieve::new(json, at, 0)?;
        let mut blocks = None;
        while let Some(key) = object.key()? {
            let name = &*key.name(json);
            if self.whole && name == b"content" && json.get(key.value) == Some(&b'[') {
                let (read, end) = self.blocks(key.value)?;
                blocks = Some(read);
                once(&mut found.content, object.done(&key, end))?;
                continue;
            }
            let member = object.skip(&key)?;
            let value = member.text(json);
            match name {
                b"id" => once(&mut found.id, member)?,
                b"type" if value == b"\"error\"" => {
                    let fault = UpstreamFault::in_stream(Dialect::Anthropic, &json[at..]);
                    return Err(StreamFault::Upstream(fault));
                }
                b"type" => once(&mut found.kind, member)?,
                b"role" => once(&mut found.role, member)?,
                b"model" => once(&mut found.model, member)?,
                b"content" => once(&mut found.content, member)?,
                b"stop_reason" => once(&mut found.stop, member)?,
                b"stop_sequence" => once(&mut found.sequence, member)?,
                b"usage" if value.starts_with(b"{") => once(&mut found.usage, member)?,
                b"stop_details" | b"container" | b"context_management" => {
                    strip(json, member.value.0, 1, self.edits)?;
                }
                _ => object.drop(member),
            }
        }
        let mut message = Message { usage: found.usage, ..Message::default() };
        object.set(found.id, "id", quoted(&self.head.id), self.edits);
        object.set(found.kind, "type", b"\"message\"", self.edits);
        object.set(found.role, "role", b"\"assistant\"", self.edits);
        object.set(found.model, "model", quoted(&self.head.model), self.edits);
        if self.whole {
            message.blocks = blocks.ok_or(StreamFault::Garbage)?;
            let tools = message.blocks.iter().any(|block| block.kind == Kind::ToolUse);
            let (stop, word) = self.stop(&found, tools);
            message.stop = Some(stop);
            object.set(found.stop, "stop_reason", word, self.edits);
        } else {
            object.set(found.content, "content", b"[]", self.edits);
            object.set(found.stop, "stop_reason", b"null", self.edits);
            if found.usage.is_none() {
                object.set(None, "usage", anew(b"", &Usage::NONE, write), self.edits);
            }
        }
        message.closed = object.close(self.edits);
        Ok(message)
    }

    fn blocks(&mut self, at: usize) -> Result<(Vec<Block>, usize), StreamFault> {
        let mut blocks = Vec::new();
        let mut items = Items::new(self.json, at, 1)?;
        while let Some(start) = items.start()? {
            let part = Part::Block { stem: self.head.id_stem(), number: blocks.len() as u64 };
            let block = read_block(self.json, start, part, self.edits)?;
            items.done(block.end);
            blocks.push(block);
        }
        Ok((blocks, items.end()))
    }

    /// How an answer ended, and the word for it as JSON.
    fn stop(&self, found: &Found, tools: bool) -> (Stop, Vec<u8>) {
        let text = |member: Option<Member>| member.and_then(|m| string_value(m.text(self.json)));
        let word = text(found.stop).unwrap_or_default();
        let stop = known_stop(&word, text(found.sequence).map(std::borrow::Cow::into_owned), tools);
        (stop, quoted(stop::shown(&word, tools)))
    }
}

fn known_stop(word: &str, sequence: Option<String>, tools: bool) -> Stop {
    let mut stop = stop::read(word);
    if stop.reason == canon::StopReason::Other {
        stop.reason = stop.reason.with_calls(tools);
    }
    stop.sequence = sequence;
    stop
}

/// Reads the `delta` of a `message_delta`, and gives where it ends; `None` when it does not say why the answer ended.
pub(super) fn read_end(
    json: &[u8],
    at: usize,
    tools: bool,
    edits: &mut Edits,
) -> Result<(Option<Stop>, usize), StreamFault> {
    let mut object = Sieve::new(json, at, 1)?;
    let (mut reason, mut sequence) = (None, None);
    while let Some(member) = object.next()? {
        match &*member.name(json) {
            b"stop_reason" => once(&mut reason, member)?,
            b"stop_sequence" => once(&mut sequence, member)?,
            name => {
                object.other(member, name, edits)?;
            }
        }
    }
    let end = object.close(edits).end;
    let text = |member: Option<Member>| member.and_then(|m| string_value(m.text(json)));
    let (Some(member), Some(word)) = (reason, text(reason).filter(|word| !word.is_empty())) else {
        return Ok((None, end));
    };
    let shown = stop::shown(&word, tools);
    if shown != &*word {
        edits.replace(member.value, quoted(shown));
    }
    Ok((Some(known_stop(&word, text(sequence).map(std::borrow::Cow::into_owned), tools)), end))
}

fn quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_string(&mut out, text);
    out
}

/// What a block is, or what its delta belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
    ToolUse,
    #[default]
    Other,
}

/// Where a piece stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    /// It is a delta.
    Delta,
    /// It is a block, whole or at its start; a missing id of a call is made of these.
    Block { stem: &'a str, number: u64 },
}

/// What a block or a delta shows.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub kind: Kind,
    text: usize,
    pub reasoning: usize,
    /// Whether it carries a seal.
    pub signed: bool,
    sealed: bool,
    /// Its one text, if it has one.
    pub only: Option<(Span, Shown)>,
    /// The index after its closing brace.
    pub end: usize,
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

/// What a type says: what it belongs to, and whether we know what it carries.
fn kind_of(name: &str) -> (Kind, bool) {
    match name {
        "text" | "text_delta" | "citations_delta" => (Kind::Text, true),
        "thinking" | "thinking_delta" | "signature_delta" => (Kind::Thinking, true),
        "tool_use" | "input_json_delta" => (Kind::ToolUse, true),
        "redacted_thinking" => (Kind::Other, true),
        _ => (Kind::Other, false),
    }
}

/// Reads a content block or a delta of one.
pub(super) fn read_block(json: &[u8], at: usize, part: Part<'_>, edits: &mut Edits) -> Result<Block, StreamFault> {
    let mut block = Block::default();
    let mut kind = None;
    let mut has = [false; REQUIRED.len()];
    let mut rest = 0;
    let mut object = Sieve::new(json, at, 2)?;
    while let Some(member) = object.next()? {
        let value = member.text(json);
        let inner = (member.value.0 + 1, member.value.1.max(2) - 1);
        let len = value.len().saturating_sub(2);
        let name = &*member.name(json);
        if let Some(n) = REQUIRED.iter().position(|known| known.as_bytes() == name) {
            has[n] = true;
        }
        match name {
            b"type" => kind = string_value(value),
            b"text" | b"partial_json" | b"thinking" | b"signature" if value == b"null" => {
                edits.replace(member.value, &b"\"\""[..]);
            }
            b"text" | b"partial_json" | b"thinking" | b"signature" if value[0] != b'"' => {
                return Err(StreamFault::Garbage);
            }
            b"text" | b"partial_json" => {
                block.text += len;
                block.only = Some((inner, Shown::Text));
            }
            b"thinking" => {
                block.reasoning += len;
                block.only = Some((inner, Shown::Reasoning));
            }
            b"signature" => block.signed = len > 0,
            b"name" => block.text += len,
            b"input" if value != b"{}" => block.text += value.len(),
            b"data" | b"id" | b"citations" | b"citation" | b"input" => {}
            name => {
                if object.other(member, name, edits)? {
                    rest += value.len();
                }
            }
        }
    }
    let kind = kind.ok_or(StreamFault::Garbage)?;
    let known;
    (block.kind, known) = kind_of(&kind);
    // A whole thinking block without text was thought in the dark.
    block.sealed = kind == "redacted_thinking" || (kind == "thinking" && block.signed && block.reasoning == 0);
    if !known {
        // Newer kinds of block: whatever they carry was written by the model, at most.
        block.text += rest;
    }
    if let Part::Block { stem, number } = part {
        for key in missing(block.kind, has) {
            match key {
                // Nobody can answer a call of nothing.
                "name" => return Err(StreamFault::Garbage),
                "id" => object.set(None, key, format!("\"toolu_{stem}_{number}\"").into_bytes(), edits),
                "input" => object.set(None, key, b"{}", edits),
                key => object.set(None, key, b"\"\"", edits),
            }
        }
    }
    block.end = object.close(edits).end;
    Ok(block)
}

/// Members that readers of a block need.
const REQUIRED: [&str; 6] = ["text", "thinking", "signature", "id", "name", "input"];

/// What a block of this kind lacks.
fn missing(kind: Kind, has: [bool; REQUIRED.len()]) -> impl Iterator<Item = &'static str> {
    let needed: &[&str] = match kind {
        Kind::Text => &["text"],
        Kind::Thinking => &["thinking", "signature"],
        Kind::ToolUse => &["id", "name", "input"],
        Kind::Other => &[],
    };
    REQUIRED.into_iter().zip(has).filter(|(key, has)| !has && needed.contains(key)).map(|(key, _)| key)
}
