//! The top level of a Chat chunk or answer. In: its JSON. Out: what it says, and the edits that make it ours.
//! Never here: what becomes of it (chat_stream, answer).
//!
//! Only names of the public description stay; all that a server adds to them tells about the server.

use super::choices::{ChoiceReader, Known, Shows};
use super::names::{Closed, Sieve, once};
use super::usage::{TIERS, is_word};
use crate::fault::UpstreamFault;
use crate::json::{Bad, Member, Span, blank};
use crate::lane::StreamFault;
use crate::openai_chat::chunk::Pen;
use crate::splice::Edits;
use canon::Dialect;

/// A time in seconds has fewer digits; so has one in milliseconds.
const CREATED_DIGITS_MAX: usize = 15;

/// What the top level says.
#[derive(Default)]
pub(super) struct Top {
    /// The usage, if there is any.
    pub usage: Option<Member>,
    pub shows: Option<Shows>,
    /// A text that only pads the frame; it differs from frame to frame.
    pub padding: Option<Span>,
    /// The end of the last member.
    pub last: usize,
    id: Option<Member>,
    object: Option<Member>,
    created: Option<Member>,
    model: Option<Member>,
}

impl Top {
    /// The usage object's text.
    pub fn usage_object<'a>(&self, json: &'a [u8]) -> Option<&'a [u8]> {
        let text = self.usage?.text(json);
        Some(text).filter(|t| t.first() == Some(&b'{'))
    }
}

/// What becomes of a frame's `usage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UsageRule {
    /// It stays where it is: an answer's splice waits for the charge.
    Stays,
    /// It leaves the frame; the terminal group tells it.
    Leaves,
    /// The same, but a null stays: chunks for a client that asked for usage have it.
    NullStays,
}

/// Reads one chunk or answer.
pub(super) struct TopReader<'a, 'e> {
    pub json: &'a [u8],
    pub edits: &'e mut Edits,
    pub known: &'e mut Known,
    pub pen: &'e mut Pen,
    /// What becomes of `usage`.
    pub usage: UsageRule,
    /// What `object` is.
    pub object: &'static str,
}

impl<'a> TopReader<'a, '_> {
    /// Reads the text, which must be one object and nothing else.
    pub fn read(mut self) -> Result<Top, StreamFault> {
        let mut top = Top::default();
        let mut object = Sieve::new(self.json, blank(self.json, 0), 0)?;
        let mut choices = None;
        while let Some(key) = object.key()? {
            let name = &*key.name(self.json);
            if name == b"choices" {
                let mut reader = ChoiceReader { frame: self.json, edits: self.edits, known: self.known };
                let (shows, end) = reader.read(key.value)?;
                once(&mut choices, object.done(&key, end))?;
                top.shows = Some(shows);
                continue;
            }
            let member = object.skip(&key)?;
            if !self.stays(name, member, &mut top)? {
                object.drop(member);
            }
        }
        object.set(top.id, "id", self.pen.id().to_vec(), self.edits);
        object.set(top.object, "object", self.object.as_bytes(), self.edits);
        if top.created.is_none() {
            object.set(None, "created", self.pen.created().to_vec(), self.edits);
        }
        object.set(top.model, "model", self.pen.model().to_vec(), self.edits);
        let Closed { last, end, .. } = object.close(self.edits);
        if blank(self.json, end) < self.json.len() {
            return Err(StreamFault::Garbage);
        }
        top.last = last;
        Ok(top)
    }

    fn stays(&mut self, name: &[u8], member: Member, top: &mut Top) -> Result<bool, StreamFault> {
        let value = member.text(self.json);
        Ok(match name {
            b"id" => kept(&mut top.id, member)?,
            b"model" => kept(&mut top.model, member)?,
            b"object" if value == b"\"error\"" => return Err(self.upstream()),
            b"object" => kept(&mut top.object, member)?,
            b"created" if value.len() <= CREATED_DIGITS_MAX && value.iter().all(u8::is_ascii_digit) => {
                self.pen.created_as(value);
                kept(&mut top.created, member)?
            }
            b"usage" => {
                once(&mut top.usage, member)?;
                self.usage == UsageRule::Stays || (self.usage == UsageRule::NullStays && value == b"null")
            }
            b"error" if value != b"null" => return Err(self.upstream()),
            b"obfuscation" if value.first() == Some(&b'"') => {
                top.padding = Some((member.value.0 + 1, member.value.1 - 1));
                true
            }
            b"service_tier" => value == b"null" || is_word(value, TIERS),
            _ => false,
        })
    }

    fn upstream(&self) -> StreamFault {
        StreamFault::Upstream(UpstreamFault::in_stream(Dialect::OpenAiChat, self.json.trim_ascii()))
    }
}

/// Takes note of a member that stays.
fn kept(slot: &mut Option<Member>, member: Member) -> Result<bool, Bad> {
    once(slot, member).map(|()| true)
}
