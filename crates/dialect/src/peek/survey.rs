//! What a look reads inside `messages`, while the walk passes over them anyway. In: brackets, keys, strings. Out: how many
//! messages, how much media, where system prompts stand. Never here: text of the prompt, a copy of anything.

use crate::json::{Span, Watch};
use crate::seal::is_carried;
use std::ops::Range;

/// Base64 payloads shorter than this count as text: they are not worth the look.
pub(super) const MEDIA_BYTES_MIN: usize = 64;

/// The keys that the survey tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Key {
    #[default]
    Other,
    Role,
    Content,
    Type,
    ImageUrl,
    Url,
    Source,
    Data,
    File,
    FileData,
    InputAudio,
    Signature,
    FileId,
    Ttl,
}

fn key_of(key: &[u8]) -> Key {
    match key {
        b"role" => Key::Role,
        b"content" => Key::Content,
        b"type" => Key::Type,
        b"image_url" => Key::ImageUrl,
        b"url" => Key::Url,
        b"source" => Key::Source,
        b"data" => Key::Data,
        b"file" => Key::File,
        b"file_data" => Key::FileData,
        b"input_audio" => Key::InputAudio,
        b"signature" => Key::Signature,
        b"file_id" => Key::FileId,
        b"ttl" => Key::Ttl,
        _ => Key::Other,
    }
}

/// Whether the body tells how large a part of this type is. What nobody here knows may be fetched by the server.
fn is_told(kind: &[u8]) -> bool {
    const TOLD: [&[u8]; 13] = [
        b"text",
        b"input_text",
        b"output_text",
        b"image_url",
        b"image",
        b"refusal",
        b"thinking",
        b"redacted_thinking",
        b"tool_use",
        b"tool_reference",
        b"search_result",
        b"input_audio",
        b"file",
    ];
    TOLD.contains(&kind) || kind.ends_with(b"tool_use") || kind.ends_with(b"tool_result")
}

/// A message with role `system` or `developer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prompter {
    /// The role's value, quotes included.
    pub role: Span,
    /// Whether it is called `developer`.
    pub developer: bool,
    /// Whether nothing but such messages stands before it.
    pub leading: bool,
}

/// Depths inside `messages`: 1 the array, 2 a message, 3 its content, 4 a block, 5 a block's source or a tool
/// result's content, 6 a block in there, 7 that block's source.
#[derive(Default, Debug)]
pub(crate) struct Survey {
    pub messages: u32,
    pub not_an_object: Option<u32>,
    pub media_bytes: u64,
    pub media_items: u32,
    pub documents: u32,
    pub prompters: Vec<Prompter>,
    /// Blocks of reasoning with an empty proof or with one that was carried here from another dialect, bracket to bracket.
    pub unsigned: Vec<Span>,
    /// A key or type is spelt with escapes: the server reads it, this look does not.
    pub odd: bool,
    /// A cache time of an hour is asked for.
    pub hour: bool,
    /// Audio is sent.
    pub audio: bool,
    /// Something is named that the server fetches, or of a kind that nobody here knows: its size is not known.
    pub fetched: bool,
    keys: [Key; 8],
    prompted: bool,
    other_before: bool,
    /// A source's payload and whether it calls itself base64; the two may come in either order.
    payload: u64,
    base64: bool,
    block: usize,
    thinking: bool,
    unsigned_here: bool,
    carried_here: bool,
}

/// Keys by which media is told; servers exist that match keys without regard to case.
const TOLD_BY_CASE: [&[u8]; 8] =
    [b"type", b"image_url", b"source", b"file", b"input_audio", b"url", b"data", b"file_data"];

impl Survey {
    /// Whether a key is another spelling of one that tells of media, where such a key may stand.
    fn is_other_case(&self, depth: u32, key: &[u8]) -> bool {
        let may_stand = match depth {
            2 | 4 | 6 => true,
            5 | 7 => matches!(self.holder(depth), Key::ImageUrl | Key::Source | Key::File | Key::InputAudio),
            _ => false,
        };
        may_stand
            && (key.eq_ignore_ascii_case(b"content") || TOLD_BY_CASE.iter().any(|k| key.eq_ignore_ascii_case(k)))
    }

    fn key_at(&self, depth: u32) -> Key {
        self.keys.get(depth as usize).copied().unwrap_or_default()
    }

    /// The block key under which a payload of this depth would stand.
    fn holder(&self, depth: u32) -> Key {
        let in_message = self.key_at(2) == Key::Content;
        match depth {
            5 if in_message => self.key_at(4),
            7 if in_message && self.key_at(4) == Key::Content => self.key_at(6),
            _ => Key::Other,
        }
    }

    fn payload_at(&mut self, depth: u32, inner: &[u8]) {
        let len = inner.len() as u64;
        match (self.holder(depth), self.key_at(depth)) {
            (Key::Source, Key::Data) => self.payload = len,
            (Key::ImageUrl, Key::Url) | (Key::File, Key::FileData) if inner.starts_with(b"data:") => {
                self.media_bytes += len;
                // What is no picture costs by its bytes, whatever it is sent as.
                if self.holder(depth) == Key::ImageUrl && !inner.starts_with(b"data:image/") {
                    self.documents += 1;
                }
            }
            (Key::InputAudio, Key::Data) => self.media_bytes += len,
            // An address instead of the data.
            (Key::File, Key::FileData) => self.fetched = true,
            (_, Key::Type) if matches!(depth, 4 | 6) && self.key_at(2) == Key::Content => self.fetched = true,
            _ => {}
        }
    }

    fn short_string(&mut self, depth: u32, inner: &[u8], span: &Range<usize>) {
        match (depth, self.key_at(depth)) {
            (2, Key::Role) => match inner {
                b"system" | b"developer" => {
                    self.prompted = true;
                    self.prompters.push(Prompter {
                        role: (span.start, span.end),
                        developer: inner == b"developer",
                        leading: !self.other_before,
                    });
                }
                _ => {}
            },
            (_, Key::Type) if inner.contains(&b'\\') => self.odd = true,
            (4 | 6, Key::Type) if self.key_at(2) == Key::Content => match inner {
                b"document" => self.documents += 1,
                b"thinking" if depth == 4 => self.thinking = true,
                _ => self.fetched |= !is_told(inner),
            },
            (_, Key::FileData) if self.holder(depth) == Key::File => self.fetched |= !inner.starts_with(b"data:"),
            (4, Key::Signature) if inner.is_empty() => self.unsigned_here = true,
            (_, Key::Ttl) => self.hour |= inner != b"5m",
            (5 | 7, Key::Type) if self.holder(depth) == Key::Source => {
                self.base64 = inner == b"base64";
            }
            _ => {}
        }
    }
}

impl Watch for Survey {
    #[inline]
    fn key(&mut self, depth: u32, key: &[u8]) {
        let Some(slot) = self.keys.get_mut(depth as usize) else {
            return;
        };
        *slot = key_of(key);
        match *slot {
            Key::Other => {
                self.odd |= key.contains(&b'\\')
                    || (key.iter().any(u8::is_ascii_uppercase) && self.is_other_case(depth, key));
            }
            Key::FileId => self.fetched = true,
            Key::InputAudio => self.audio = true,
            _ => {}
        }
        if matches!(depth, 5 | 7) && self.key_at(depth) == Key::Url && self.holder(depth) == Key::Source {
            self.fetched = true;
        }
        let Some(slot) = self.keys.get_mut(depth as usize) else {
            return;
        };
        if matches!(depth, 4 | 6) {
            match *slot {
                Key::ImageUrl | Key::Source | Key::InputAudio => self.media_items += 1,
                Key::File => {
                    self.media_items += 1;
                    self.documents += 1;
                }
                _ => {}
            }
        }
    }

    #[inline]
    fn string(&mut self, depth: u32, text: &[u8], span: Range<usize>) {
        if depth < 2 {
            self.element();
            return;
        }
        if depth > 7 {
            return;
        }
        let inner = &text[span.start + 1..span.end - 1];
        if depth == 4 && matches!(self.key_at(4), Key::Signature | Key::Data) {
            self.carried_here |= is_carried(inner);
        }
        if inner.len() < MEDIA_BYTES_MIN {
            self.short_string(depth, inner, &span);
        } else if depth >= 4 {
            self.payload_at(depth, inner);
        }
    }

    fn scalar(&mut self, depth: u32, _span: Range<usize>) {
        if depth == 1 {
            self.element();
        }
    }

    #[inline]
    fn open(&mut self, depth: u32, object: bool, at: usize) {
        match depth {
            2 if object => {
                self.messages += 1;
                self.prompted = false;
            }
            2 => self.element(),
            4 => {
                self.block = at;
                self.thinking = false;
                self.unsigned_here = false;
                self.carried_here = false;
            }
            5 | 7 => {
                self.payload = 0;
                self.base64 = false;
            }
            _ => {}
        }
        if let Some(slot) = self.keys.get_mut(depth as usize) {
            *slot = Key::Other;
        }
    }

    #[inline]
    fn close(&mut self, depth: u32, end: usize) {
        match depth {
            2 => self.other_before |= !self.prompted,
            4 if self.carried_here || (self.thinking && self.unsigned_here) => {
                self.unsigned.push((self.block, end));
            }
            5 | 7 if self.base64 && self.holder(depth) == Key::Source => {
                self.media_bytes += self.payload;
            }
            _ => {}
        }
    }
}

impl Survey {
    /// An element of `messages` that is no object.
    const fn element(&mut self) {
        if self.not_an_object.is_none() {
            self.not_an_object = Some(self.messages);
        }
        self.messages += 1;
    }
}
