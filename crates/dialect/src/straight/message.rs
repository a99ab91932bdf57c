//! A message as the Messages dialect writes it, read where it stands. In: the JSON of an event or an answer. Out: what it
//! says, and the edits that make it ours and whole. Never here: what a block says (block).

use super::block::{Block, Kind, Part, read_block};
use super::names::{Closed, Sieve, once, strip};
use super::usage::anew;
use crate::anthropic::{stop, usage::write};
use crate::fault::UpstreamFault;
use crate::json::{Items, Member, push_string, string_value};
use crate::lane::{ReplyHead, StreamFault};
use crate::splice::Edits;
use canon::{Dialect, Stop};
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

/// A message's members that are read when all of them are found.
#[derive(Default)]
struct MessageMembers {
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
        let mut found = MessageMembers::default();
        let mut object = Sieve::new(json, at, 0)?;
        let (mut blocks, mut told) = (None, None);
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
                b"usage" => {
                    once(&mut told, member)?;
                    match value.starts_with(b"{") {
                        true => found.usage = Some(member),
                        false => object.drop(member),
                    }
                }
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
    fn stop(&self, found: &MessageMembers, tools: bool) -> (Stop, Vec<u8>) {
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

pub(super) fn quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_string(&mut out, text);
    out
}
