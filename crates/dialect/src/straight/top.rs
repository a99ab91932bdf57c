//! The top level of a Chat chunk or answer. In: its JSON. Out: what it says, and the edits that make it ours.
//! Never here: what becomes of it (chat, answer).
//!
//! Only names of the public description stay; all that a server adds to them tells about the server.

use super::choices::{Known, Reader, Shows};
use super::names::{Closed, Sieve, once};
use super::usage::{TIERS, is_word};
use crate::fault::UpstreamFault;
use crate::json::{Bad, Member, blank};
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
    pub padding: Option<(usize, usize)>,
    /// The end of the last member.
    pub last: usize,
    choices: Option<Member>,
    id: bool,
    model: bool,
    object: bool,
    created: bool,
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
        while let Some(member) = object.next()? {
            if !self.stays(member, &mut top)? {
                object.drop(member);
            }
        }
        let Closed { last, end, .. } = object.close(self.missing(&top), self.edits);
        if blank(self.json, end) < self.json.len() {
            return Err(StreamFault::Garbage);
        }
        top.last = last;
        Ok(top)
    }

    fn stays(&mut self, member: Member, top: &mut Top) -> Result<bool, StreamFault> {
        let json = self.json;
        let value = member.text(json);
        Ok(match &*member.name(json) {
            b"id" => {
                top.id = true;
                self.edits.replace(member.value, self.pen.id().to_vec());
                true
            }
            b"model" => {
                top.model = true;
                self.edits.replace(member.value, self.pen.model().to_vec());
                true
            }
            b"object" if value == b"\"error\"" => return Err(self.upstream()),
            b"object" => {
                top.object = true;
                if value != self.object.as_bytes() {
                    self.edits.replace(member.value, self.object.as_bytes());
                }
                true
            }
            b"created" if value.len() <= CREATED_DIGITS_MAX && value.iter().all(u8::is_ascii_digit) => {
                top.created = true;
                self.pen.created_as(value);
                true
            }
            b"choices" => {
                once(&mut top.choices, member)?;
                let mut reader = Reader { frame: json, edits: self.edits, known: self.known };
                top.shows = Some(reader.read(member.value.0)?);
                true
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

    /// What every client reads and some servers forget.
    fn missing(&self, top: &Top) -> Vec<u8> {
        let mut added = Vec::new();
        let mut add = |missing: bool, key: &str, value: &[u8]| {
            if missing {
                added.extend_from_slice(key.as_bytes());
                added.extend_from_slice(value);
                added.push(b',');
            }
        };
        add(!top.id, "\"id\":", self.pen.id());
        add(!top.object, "\"object\":", self.object.as_bytes());
        add(!top.created, "\"created\":", self.pen.created());
        add(!top.model, "\"model\":", self.pen.model());
        added
    }
}

impl From<Bad> for StreamFault {
    fn from(_: Bad) -> Self {
        Self::Garbage
    }
}
