//! The choices of a Chat chunk or answer, read where they stand. In: a frame. Out: what they show, where they finish, edits
//! that drop what is not ours to tell and mend what readers trip over. Never here: a text moved or re-escaped.
//!
//! Mended, because SDK readers fail without it: a missing `role` on a choice's first delta, a missing tool call `index`,
//! `id` or `type` on a call's first fragment.

use super::template::Shown;
use crate::json::{Bad, Items, Members, string_value};
use crate::splice::Edits;
use smallvec::SmallVec;

type Span = (usize, usize);

/// One choice of a frame.
#[derive(Debug)]
pub(super) struct Choice {
    pub index: u64,
    /// The value of a finish reason that says something.
    pub finish: Option<Span>,
    /// The delta or message.
    pub delta: Option<Span>,
    /// Whether it carries more than a role.
    pub carries: bool,
}

/// What a frame's choices show.
#[derive(Debug, Default)]
pub(super) struct Shows {
    pub choices: SmallVec<[Choice; 1]>,
    pub text: usize,
    pub reasoning: usize,
    pub sealed: bool,
    pub tools: bool,
    /// The one text of the frame, if the frame has one and nothing else that counts.
    pub only: Option<(Span, Shown)>,
    texts: usize,
    first: bool,
}

/// What earlier frames of the stream have shown of choices and calls.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub choices: SmallVec<[u64; 1]>,
    pub tools: bool,
    calls: Vec<(u64, u64)>,
    last_id: Vec<u8>,
    /// Whether the frames are chunks (else one answer, where calls need no index).
    streamed: bool,
    call_stem: String,
}

impl Known {
    /// Nothing known of a stream yet; made-up call ids start with `call_stem`.
    pub fn of_stream(call_stem: String) -> Self {
        Self { streamed: true, call_stem, ..Self::default() }
    }
}

/// Reads the choices of one frame.
pub(super) struct Reader<'a, 'e> {
    pub frame: &'a [u8],
    pub edits: &'e mut Edits,
    pub known: &'e mut Known,
}

impl<'a> Reader<'a, '_> {
    /// Reads the array that starts at `at`.
    pub fn read(&mut self, at: usize) -> Result<Shows, Bad> {
        let mut shows = Shows::default();
        if self.frame.get(at..at + 4) == Some(b"null") {
            return Ok(shows);
        }
        let mut items = Items::new(self.frame, at, 1)?;
        while let Some((start, _)) = items.next()? {
            let choice = self.choice(start, &mut shows)?;
            shows.choices.push(choice);
        }
        self.known.tools |= shows.tools;
        if shows.choices.len() != 1 || shows.texts != 1 || shows.first || shows.sealed {
            shows.only = None;
        }
        Ok(shows)
    }

    fn choice(&mut self, at: usize, shows: &mut Shows) -> Result<Choice, Bad> {
        let frame = self.frame;
        let mut choice = Choice { index: 0, finish: None, delta: None, carries: false };
        let mut gone = Vec::new();
        let mut members = Members::new(frame, at, 2)?;
        while let Some(member) = members.next()? {
            let value = member.text(frame);
            match &*member.name(frame) {
                b"index" => choice.index = number(value).unwrap_or(0),
                b"delta" | b"message" if value.first() == Some(&b'{') => {
                    choice.delta = Some(member.value);
                }
                b"finish_reason" if value.len() > 2 && value[0] == b'"' => {
                    choice.finish = Some(member.value);
                }
                b"content_filter_results" | b"native_finish_reason" => gone.push(member),
                _ => {}
            }
        }
        self.edits.remove(frame, &mut gone);
        if let Some((start, _)) = choice.delta {
            choice.carries = self.delta(start, choice.index, shows)?;
        }
        if !self.known.choices.contains(&choice.index) {
            self.known.choices.push(choice.index);
        }
        Ok(choice)
    }

    fn delta(&mut self, at: usize, index: u64, shows: &mut Shows) -> Result<bool, Bad> {
        let frame = self.frame;
        let mut members = Members::new(frame, at, 3)?;
        let mut role = false;
        let mut reasoning = 0;
        let mut carries = false;
        while let Some(member) = members.next()? {
            let value = member.text(frame);
            match &*member.name(frame) {
                b"role" => {
                    role = value != b"null";
                    shows.first = true;
                    continue;
                }
                _ if matches!(value, b"null" | b"\"\"" | b"[]" | b"{}" | b"false") => continue,
                b"reasoning_content" | b"reasoning" => {
                    let len = shows.thought(member.value, value);
                    // Servers that send both fields send the same text in them.
                    shows.reasoning += usize::saturating_sub(len, reasoning);
                    reasoning = reasoning.max(len);
                }
                b"tool_calls" => self.calls(member.value.0, index, shows)?,
                b"reasoning_details" => {
                    shows.texts += 1;
                    let sealed = b"reasoning.encrypted";
                    shows.sealed |= memchr::memmem::find(value, sealed).is_some();
                }
                b"audio" => shows.sealed = true,
                _ => shows.text(member.value, value),
            }
            carries = true;
        }
        if !role && self.known.streamed && !self.known.choices.contains(&index) {
            let comma: &[u8] = if members.last() > 0 { b"," } else { b"" };
            self.edits.insert(at + 1, [b"\"role\":\"assistant\"", comma].concat());
            shows.first = true;
        }
        Ok(carries)
    }

    fn calls(&mut self, at: usize, choice: u64, shows: &mut Shows) -> Result<(), Bad> {
        shows.tools = true;
        let mut items = Items::new(self.frame, at, 4)?;
        while let Some((start, _)) = items.next()? {
            self.call(start, choice, shows)?;
        }
        Ok(())
    }

    fn call(&mut self, at: usize, choice: u64, shows: &mut Shows) -> Result<(), Bad> {
        let frame = self.frame;
        let mut members = Members::new(frame, at, 5)?;
        let (mut index, mut id, mut kind) = (None, None, false);
        while let Some(member) = members.next()? {
            let value = member.text(frame);
            match &*member.name(frame) {
                b"index" => index = number(value),
                b"id" if value != b"null" => id = Some(member.value),
                b"type" => kind = value != b"null",
                b"function" | b"custom" if value.first() == Some(&b'{') => {
                    self.function(member.value.0, shows)?;
                }
                _ => {}
            }
        }
        if !self.known.streamed {
            return Ok(());
        }
        let id_text = id.map_or(&b""[..], |(from, to)| &frame[from..to]);
        let named = id_text.len() > 2;
        let number = index.unwrap_or_else(|| {
            shows.first = true;
            let count = self.known.calls.iter().filter(|c| c.0 == choice).count() as u64;
            if count == 0 || (named && id_text != self.known.last_id) { count } else { count - 1 }
        });
        let mut added = String::new();
        if index.is_none() {
            added.push_str(&format!("\"index\":{number},"));
        }
        if !self.known.calls.contains(&(choice, number)) {
            self.known.calls.push((choice, number));
            shows.first = true;
            let made = format!("\"{}{choice}_{number}\"", self.known.call_stem);
            match id {
                _ if named => {}
                Some(empty) => self.edits.replace(empty, made.into_bytes()),
                None => added.push_str(&format!("\"id\":{made},")),
            }
            if !kind {
                added.push_str("\"type\":\"function\",");
            }
        }
        if named {
            self.known.last_id = id_text.to_vec();
        }
        if !added.is_empty() {
            if members.last() == 0 {
                added.pop();
            }
            self.edits.insert(at + 1, added.into_bytes());
        }
        Ok(())
    }

    fn function(&mut self, at: usize, shows: &mut Shows) -> Result<(), Bad> {
        let frame = self.frame;
        let mut members = Members::new(frame, at, 6)?;
        while let Some(member) = members.next()? {
            let value = member.text(frame);
            match &*member.name(frame) {
                b"name" | b"arguments" | b"input" if value != b"null" && value != b"\"\"" => {
                    shows.text(member.value, value);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Shows {
    fn text(&mut self, span: Span, value: &[u8]) {
        self.texts += 1;
        let quoted = value.first() == Some(&b'"');
        let len = value.len() - if quoted { 2 } else { 0 };
        self.text += len;
        if quoted {
            self.only = Some(((span.0 + 1, span.1 - 1), Shown::Text));
        }
    }

    fn thought(&mut self, span: Span, value: &[u8]) -> usize {
        self.texts += 1;
        if value.first() != Some(&b'"') {
            return value.len();
        }
        self.only = Some(((span.0 + 1, span.1 - 1), Shown::Reasoning));
        value.len() - 2
    }
}

fn number(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// The word of a finish reason.
pub(super) fn word(frame: &[u8], span: Span) -> String {
    string_value(&frame[span.0..span.1]).unwrap_or_default().into_owned()
}
