//! One event of a Messages stream, read where it stands. In: a frame. Out: its type, what stands in it, and the edits that
//! leave what the public description has. Never here: what becomes of it (messages), what a message or a block says (message).

use super::names::{Sieve, once, strip};
use super::pass::Frame;
use crate::fault::UpstreamFault;
use crate::json::{Member, Members, blank, string_value};
use crate::lane::StreamFault;
use crate::splice::Edits;
use bytes::BytesMut;
use canon::Dialect;
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

/// An event as it is read: what is still to be written stays open.
pub(super) struct Seen<'a> {
    pub kind: &'static str,
    object: Sieve<'a>,
    pub index: Option<Member>,
    /// `message`, `content_block` or `delta`.
    pub inner: Option<Member>,
    pub usage: Option<Member>,
    pub edits: Edits,
}

impl Seen<'_> {
    /// Where the inner object opens.
    pub fn inner(&self) -> Result<usize, StreamFault> {
        self.inner.map(|member| member.value.0).ok_or(StreamFault::Garbage)
    }

    /// The upstream's number of a block, if it tells one.
    pub fn theirs(&self, json: &[u8]) -> Option<u64> {
        std::str::from_utf8(self.index?.text(json)).ok()?.parse().ok()
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
fn kind_of<'f>(frame: &'f Frame<'_>) -> Result<(Cow<'f, str>, bool), StreamFault> {
    let mut members = Members::new(&frame.json, 0, 0)?;
    while let Some(member) = members.next()? {
        if &*member.name(&frame.json) == b"type" {
            return Ok((string_value(member.text(&frame.json)).unwrap_or_default(), true));
        }
    }
    Ok((String::from_utf8_lossy(frame.event), false))
}

/// Reads an event; `None` when readers do not know its type.
pub(super) fn see<'a>(frame: &'a Frame<'_>) -> Result<Option<Seen<'a>>, StreamFault> {
    let json = &*frame.json;
    let (name, typed) = kind_of(frame)?;
    let known = EVENTS.iter().find(|(known, _)| *known == name);
    let (kind, allowed) = known.copied().unwrap_or_default();
    let object = Sieve::new(json, 0, 0)?;
    let mut seen = Seen { kind, object, index: None, inner: None, usage: None, edits: Edits::default() };
    let mut kinds = None;
    while let Some(member) = seen.object.next()? {
        let value = member.text(json);
        match &*member.name(json) {
            b"type" => once(&mut kinds, member)?,
            b"error" if value != b"null" => return Err(upstream(json)),
            name if !allowed.iter().any(|a| a.as_bytes() == name) => seen.object.drop(member),
            b"index" => once(&mut seen.index, member)?,
            b"usage" if value.starts_with(b"{") => once(&mut seen.usage, member)?,
            b"usage" => seen.object.drop(member),
            _ if value == b"null" => seen.object.drop(member),
            b"context_management" => strip(json, member.value.0, 1, &mut seen.edits)?,
            _ => once(&mut seen.inner, member)?,
        }
    }
    if blank(json, seen.object.end()) < json.len() {
        return Err(StreamFault::Garbage);
    }
    if name == "error" {
        return Err(upstream(json));
    }
    if !typed {
        seen.object.set(None, "type", format!("\"{kind}\"").into_bytes(), &mut seen.edits);
    }
    Ok(known.map(|_| seen))
}
