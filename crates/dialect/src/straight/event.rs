//! One event of a Messages stream, read where it stands. In: a frame. Out: its type, what stands in it, and the edits that
//! leave what the public description has. Never here: what becomes of it (messages_stream), what a message or a block says.

use super::block::{Block, Part, read_block};
use super::message::{Message, MessageReader, read_end};
use super::names::{Sieve, once, strip};
use super::pass::Frame;
use crate::fault::UpstreamFault;
use crate::json::{Member, Members, blank, string_value, whole};
use crate::lane::{ReplyHead, StreamFault};
use crate::splice::Edits;
use bytes::BytesMut;
use canon::{Dialect, Stop};
use std::borrow::Cow;

/// The event types of the public description, with the members that each may have beside its type.
const EVENTS: [(&str, &[&str]); 7] = [
    ("message_start", &["message"]),
    ("content_block_start", &["index", "content_block"]),
    ("content_block_delta", &["index", "delta"]),
    ("content_block_stop", &["index"]),
    ("message_delta", &["delta", "usage", "context_management"]),
    ("message_stop", &[]),
    ("ping", &[]),
];

/// The members that are read where they stand.
const INNER: [&[u8]; 3] = [b"message", b"content_block", b"delta"];

/// An event as it is read: what is still to be written stays open.
pub(super) struct Seen<'a> {
    pub kind: &'static str,
    object: Sieve<'a>,
    pub index: Option<Member>,
    /// The message of a `message_start`.
    pub message: Option<Message>,
    /// The block of a `content_block_start`, or the delta of one.
    pub block: Option<Block>,
    /// Why the answer ended, where a `message_delta` says it.
    pub stop: Option<Stop>,
    pub usage: Option<Member>,
    pub edits: Edits,
}

/// What the stream before an event says about what stands in it.
pub(super) struct Before<'a> {
    /// The head of the answer.
    pub head: &'a ReplyHead,
    /// How many blocks were begun.
    pub blocks: u64,
    /// Whether a call is among them.
    pub tools: bool,
}

impl<'a> Seen<'a> {
    fn new(kind: &'static str, json: &'a [u8]) -> Result<Self, StreamFault> {
        let object = Sieve::new(json, 0, 0)?;
        let edits = Edits::default();
        Ok(Self { kind, object, index: None, message: None, block: None, stop: None, usage: None, edits })
    }

    /// Reads the object inside that makes the event what it is; gives where it ends.
    fn inside(&mut self, json: &[u8], at: usize, before: &Before<'_>) -> Result<usize, StreamFault> {
        let edits = &mut self.edits;
        let part = match self.kind {
            "message_start" => {
                let message = MessageReader { json, head: before.head, edits, whole: false }.read(at)?;
                return Ok(self.message.insert(message).closed.end);
            }
            "message_delta" => {
                let (stop, end) = read_end(json, at, before.tools, edits)?;
                self.stop = stop;
                return Ok(end);
            }
            "content_block_start" => Part::Block { stem: before.head.id_stem(), number: before.blocks },
            _ => Part::Delta,
        };
        Ok(self.block.insert(read_block(json, at, part, edits)?).end)
    }

    /// The upstream's number of a block, if it tells one.
    pub fn theirs(&self, json: &[u8]) -> Option<u64> {
        whole(self.index?.text(json))
    }

    /// Sees to it that the client's number of the block is told.
    pub fn set_index(&mut self, json: &[u8], ours: u64) {
        if self.theirs(json) != Some(ours) {
            self.object.set(self.index, "index", ours.to_string().into_bytes(), &mut self.edits);
        }
    }

    /// The edits of the whole event, and the end of its last member.
    pub fn close(mut self) -> (Edits, usize) {
        let last = self.object.close(&mut self.edits).last;
        (self.edits, last)
    }

    /// Writes the event; gives its edits, in order.
    pub fn write(self, frame: &Frame<'_>, out: &mut BytesMut) -> Edits {
        let kind = self.kind;
        let (mut edits, _) = self.close();
        frame.write(kind, &mut edits, out);
        edits
    }
}

fn upstream(json: &[u8]) -> StreamFault {
    StreamFault::Upstream(UpstreamFault::in_stream(Dialect::Anthropic, json))
}

/// The type an event gives itself; without one, the name it came under.
pub(super) fn type_of<'f>(frame: &'f Frame<'_>) -> Result<(Cow<'f, str>, bool), StreamFault> {
    let mut members = Members::new(&frame.json, 0, 0)?;
    while let Some(member) = members.next()? {
        if &*member.name(&frame.json) == b"type" {
            return Ok((string_value(member.text(&frame.json)).unwrap_or_default(), true));
        }
    }
    Ok((String::from_utf8_lossy(frame.event), false))
}

/// Reads an event; `None` when readers do not know its type.
pub(super) fn see<'a>(frame: &'a Frame<'_>, before: &Before<'_>) -> Result<Option<Seen<'a>>, StreamFault> {
    let json = &*frame.json;
    let (name, typed) = type_of(frame)?;
    let Some((kind, allowed)) = EVENTS.iter().find(|(known, _)| *known == name) else {
        return unknown(json, &name);
    };
    let mut seen = Seen::new(kind, json)?;
    let (mut types, mut inner, mut told) = (None, None, None);
    while let Some(key) = seen.object.key()? {
        let name = &*key.name(json);
        let may_stand = allowed.iter().any(|a| a.as_bytes() == name);
        if may_stand && INNER.contains(&name) && json.get(key.value) == Some(&b'{') {
            let end = seen.inside(json, key.value, before)?;
            once(&mut inner, seen.object.done(&key, end))?;
            continue;
        }
        let member = seen.object.skip(&key)?;
        let value = member.text(json);
        match name {
            b"type" => once(&mut types, member)?,
            b"error" if value != b"null" => return Err(upstream(json)),
            _ if !may_stand => seen.object.drop(member),
            b"index" => once(&mut seen.index, member)?,
            b"usage" => {
                once(&mut told, member)?;
                match value.starts_with(b"{") {
                    true => seen.usage = Some(member),
                    false => seen.object.drop(member),
                }
            }
            _ if value == b"null" => seen.object.drop(member),
            b"context_management" => strip(json, member.value.0, 1, &mut seen.edits)?,
            _ => return Err(StreamFault::Garbage),
        }
    }
    ends(json, seen.object.end())?;
    if !typed {
        seen.object.set(None, "type", format!("\"{kind}\"").into_bytes(), &mut seen.edits);
    }
    Ok(Some(seen))
}

/// An event of a type that readers do not know goes, unless it is or tells an error.
fn unknown<'a>(json: &[u8], name: &str) -> Result<Option<Seen<'a>>, StreamFault> {
    let mut members = Members::new(json, 0, 0)?;
    let mut types = None;
    while let Some(member) = members.next()? {
        match &*member.name(json) {
            b"type" => once(&mut types, member)?,
            b"error" if member.text(json) != b"null" => return Err(upstream(json)),
            _ => {}
        }
    }
    ends(json, members.end())?;
    if name == "error" { Err(upstream(json)) } else { Ok(None) }
}

/// Nothing stands behind an event.
pub(super) fn ends(json: &[u8], end: usize) -> Result<(), StreamFault> {
    if blank(json, end) < json.len() { Err(StreamFault::Garbage) } else { Ok(()) }
}
