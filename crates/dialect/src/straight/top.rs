//! The top level of a Chat chunk or answer. In: a frame. Out: what it says, and the edits that make it ours.
//! Never here: what becomes of the frame (chat, answer).

use super::choices::{Known, Reader, Shows};
use crate::fault::UpstreamFault;
use crate::json::{Bad, Member, Members, blank};
use crate::lane::StreamFault;
use crate::openai_chat::chunk::Pen;
use crate::splice::Edits;
use canon::Dialect;

/// Fields that tell about the upstream.
fn is_private(name: &[u8]) -> bool {
    matches!(
        name,
        b"system_fingerprint"
            | b"provider"
            | b"cost"
            | b"prompt_filter_results"
            | b"request_id"
            | b"nvext"
            | b"timings"
    ) || name.starts_with(b"x_")
}

/// What a frame's top level says.
#[derive(Default)]
pub(super) struct Top {
    /// The usage, if there is any.
    pub usage: Option<Member>,
    pub shows: Option<Shows>,
    /// A text that only pads the frame; it differs from frame to frame.
    pub padding: Option<(usize, usize)>,
    /// The end of the last member.
    pub last: usize,
    id: bool,
    model: bool,
    object: bool,
    created: bool,
}

impl Top {
    /// The usage object's text.
    pub fn usage_object<'a>(&self, frame: &'a [u8]) -> Option<&'a [u8]> {
        let text = self.usage?.text(frame);
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

/// Reads one frame.
pub(super) struct TopReader<'a, 'e> {
    pub frame: &'a [u8],
    /// Where the object opens.
    pub start: usize,
    pub edits: &'e mut Edits,
    pub known: &'e mut Known,
    pub pen: &'e mut Pen,
    /// What becomes of `usage`.
    pub usage: UsageRule,
    /// What `object` should be, where it is missing.
    pub object: &'static str,
}

impl<'a> TopReader<'a, '_> {
    /// Reads the frame, which must be one object and nothing else.
    pub fn read(mut self) -> Result<Top, StreamFault> {
        let mut top = Top::default();
        let mut gone: Vec<Member> = Vec::new();
        let mut members = Members::new(self.frame, self.start, 0)?;
        while let Some(member) = members.next()? {
            self.member(member, &mut top, &mut gone)?;
        }
        if blank(self.frame, members.end()) < self.frame.len() {
            return Err(StreamFault::Garbage);
        }
        self.edits.remove(self.frame, &mut gone);
        self.mend(&top, members.last() > 0);
        top.last = members.last();
        Ok(top)
    }

    fn member(&mut self, member: Member, top: &mut Top, gone: &mut Vec<Member>) -> Result<(), StreamFault> {
        let frame = self.frame;
        let value = member.text(frame);
        match &*member.name(frame) {
            b"id" => {
                top.id = true;
                self.edits.replace(member.value, self.pen.id().to_vec());
            }
            b"model" => {
                top.model = true;
                self.edits.replace(member.value, self.pen.model().to_vec());
            }
            b"object" if value == b"\"error\"" => return Err(self.upstream()),
            b"object" => top.object = true,
            b"created" if value.first().is_some_and(u8::is_ascii_digit) => {
                top.created = true;
                self.pen.created_as(value);
            }
            b"choices" => {
                let mut reader = Reader { frame, edits: self.edits, known: self.known };
                top.shows = Some(reader.read(member.value.0)?);
            }
            b"usage" => {
                top.usage = Some(member);
                let null = value.first() != Some(&b'{');
                match self.usage {
                    UsageRule::Stays => {}
                    UsageRule::NullStays if null => {}
                    UsageRule::NullStays | UsageRule::Leaves => gone.push(member),
                }
            }
            b"error" if value != b"null" => return Err(self.upstream()),
            b"obfuscation" if value.first() == Some(&b'"') => {
                top.padding = Some((member.value.0 + 1, member.value.1 - 1));
            }
            name if is_private(name) || name == b"created" => gone.push(member),
            _ => {}
        }
        Ok(())
    }

    fn upstream(&self) -> StreamFault {
        let json = self.frame[self.start..].trim_ascii_end();
        StreamFault::Upstream(UpstreamFault::in_stream(Dialect::OpenAiChat, json))
    }

    /// Adds what every client reads and some servers forget.
    fn mend(&mut self, top: &Top, any: bool) {
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
        if any && !added.is_empty() {
            self.edits.insert(self.start + 1, added);
        }
    }
}

impl From<Bad> for StreamFault {
    fn from(_: Bad) -> Self {
        Self::Garbage
    }
}
