//! What a look reads inside `input` of Responses, while the walk passes over it anyway. In: brackets, keys, strings. Out: how
//! many items, how much media, where system prompts and reasoning stand. Never here: text of the prompt, a copy of anything.

use super::survey::{MEDIA_BYTES_MIN, Prompter, Survey};
use crate::json::{Span, Watch};
use crate::seal::is_carried;
use std::ops::Range;

/// The keys that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Key {
    #[default]
    Other,
    Role,
    Type,
    Id,
    Content,
    Encrypted,
    ImageUrl,
    FileData,
    FileUrl,
    FileId,
    InputAudio,
    Data,
    Ttl,
}

fn key_of(key: &[u8]) -> Key {
    match key {
        b"role" => Key::Role,
        b"type" => Key::Type,
        b"id" => Key::Id,
        b"content" => Key::Content,
        b"encrypted_content" => Key::Encrypted,
        b"image_url" => Key::ImageUrl,
        b"file_data" => Key::FileData,
        b"file_url" => Key::FileUrl,
        b"file_id" => Key::FileId,
        b"input_audio" => Key::InputAudio,
        b"data" => Key::Data,
        b"ttl" => Key::Ttl,
        _ => Key::Other,
    }
}

/// Parts whose size the body tells.
const PARTS: [&[u8]; 9] = [
    b"input_text",
    b"output_text",
    b"text",
    b"refusal",
    b"summary_text",
    b"reasoning_text",
    b"input_image",
    b"input_file",
    b"input_audio",
];

/// Whether the body tells how large an item of this type is. What nobody here knows may be read by the server from elsewhere.
fn is_told(kind: &[u8]) -> bool {
    const TOLD: [&[u8]; 6] =
        [b"message", b"reasoning", b"compaction", b"additional_tools", b"tool_search_output", b"mcp_list_tools"];
    TOLD.contains(&kind) || kind.ends_with(b"_call") || kind.ends_with(b"_call_output")
}

/// Depths inside `input`: 1 the array, 2 an item, 3 its content or output, 4 a part, 5 what stands in a part.
#[derive(Default, Debug)]
pub(super) struct InputSurvey {
    found: Survey,
    /// Items that bring tools of their own, with their numbers.
    pub tools: Vec<(Span, u32)>,
    /// An item says no more than an id.
    pub bare: bool,
    keys: [Key; 6],
    item: Item,
    other_before: bool,
}

/// The item that is passed over.
#[derive(Default, Debug)]
struct Item {
    at: usize,
    prompted: bool,
    reasoning: bool,
    tools: bool,
    named: bool,
    /// It says what it is, or who speaks.
    told: bool,
    /// It has a proof; the proof was carried here from another dialect.
    proved: bool,
    carried: bool,
    /// It has parts of content.
    parts: bool,
}

impl InputSurvey {
    /// What was found, as the look takes it.
    pub fn into_survey(self) -> Survey {
        self.found
    }

    /// An `input` that is one string.
    pub const fn one_text(&mut self) {
        self.found.messages = 1;
    }

    fn key_at(&self, depth: u32) -> Key {
        self.keys.get(depth as usize).copied().unwrap_or_default()
    }

    fn payload(&mut self, inner: &[u8], document: bool) {
        self.found.media_items += 1;
        self.found.documents += u32::from(document);
        let here = if document { !inner.starts_with(b"http") } else { inner.starts_with(b"data:") };
        match here {
            true if inner.len() >= MEDIA_BYTES_MIN => self.found.media_bytes += inner.len() as u64,
            true => {}
            false => self.found.fetched = true,
        }
    }

    fn of_item(&mut self, key: Key, inner: &[u8], span: &Range<usize>) {
        self.item.told |= matches!(key, Key::Role | Key::Type);
        match key {
            Key::Role if matches!(inner, b"system" | b"developer") => {
                self.item.prompted = true;
                self.found.prompters.push(Prompter {
                    role: (span.start, span.end),
                    developer: inner == b"developer",
                    leading: !self.other_before,
                });
            }
            Key::Type => {
                self.found.odd |= inner.contains(&b'\\');
                self.item.reasoning = inner == b"reasoning";
                self.item.tools = matches!(inner, b"additional_tools" | b"tool_search_output");
                self.found.fetched |= !is_told(inner);
            }
            Key::Id => self.item.named = !inner.is_empty(),
            Key::Encrypted => {
                self.item.proved = !inner.is_empty();
                self.item.carried = is_carried(inner);
            }
            _ => {}
        }
    }
}

impl Watch for InputSurvey {
    #[inline]
    fn key(&mut self, depth: u32, key: &[u8]) {
        let Some(slot) = self.keys.get_mut(depth as usize) else {
            return;
        };
        *slot = key_of(key);
        match *slot {
            Key::Other => self.found.odd |= key.contains(&b'\\'),
            Key::InputAudio if depth == 4 => {
                self.found.audio = true;
                self.found.media_items += 1;
            }
            _ => {}
        }
    }

    #[inline]
    fn string(&mut self, depth: u32, text: &[u8], span: Range<usize>) {
        let inner = &text[span.start + 1..span.end - 1];
        let key = self.key_at(depth);
        match (depth, key) {
            (0 | 1, _) => self.element(),
            (_, Key::Ttl) => self.found.hour |= !matches!(inner, b"5m" | b"30m"),
            (2, key) => self.of_item(key, inner, &span),
            (3 | 4, Key::ImageUrl) => self.payload(inner, false),
            (3 | 4, Key::FileData) => self.payload(inner, true),
            (3 | 4, Key::FileUrl | Key::FileId) => {
                self.found.media_items += 1;
                self.found.documents += 1;
                self.found.fetched = true;
            }
            (4, Key::Type) => {
                self.found.odd |= inner.contains(&b'\\');
                let content = self.key_at(2) == Key::Content;
                self.found.fetched |= content && !PARTS.contains(&inner);
            }
            (5, Key::Data) if self.key_at(4) == Key::InputAudio && inner.len() >= MEDIA_BYTES_MIN => {
                self.found.media_bytes += inner.len() as u64;
            }
            _ => {}
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
                self.found.messages += 1;
                self.item = Item { at, ..Item::default() };
            }
            2 => self.element(),
            4 if self.key_at(2) == Key::Content => self.item.parts = true,
            _ => {}
        }
        if let Some(slot) = self.keys.get_mut(depth as usize) {
            *slot = Key::Other;
        }
    }

    #[inline]
    fn close(&mut self, depth: u32, end: usize) {
        if depth != 2 {
            return;
        }
        let item = &self.item;
        self.other_before |= !item.prompted;
        // Reasoning by its name alone lies at a server that keeps nothing for us.
        let elsewhere = item.reasoning && item.named && !item.proved && !item.parts;
        if item.carried || elsewhere {
            self.found.unsigned.push((item.at, end));
        }
        self.bare |= item.named && !item.told;
        if item.tools {
            self.tools.push(((item.at, end), self.found.messages.saturating_sub(1)));
        }
    }
}

impl InputSurvey {
    /// An element that is no object.
    const fn element(&mut self) {
        if self.found.not_an_object.is_none() {
            self.found.not_an_object = Some(self.found.messages);
        }
        self.found.messages += 1;
    }
}
