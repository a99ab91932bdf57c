//! The choices of a Chat chunk or answer, read where they stand. In: its JSON. Out: what they show, where they finish, edits
//! that drop what is not ours to tell and mend what readers trip over. Never here: a text moved or re-escaped.
//!
//! Mended, because SDK readers fail without it: a missing `index`, `delta`, `role` or finish of a choice, a finish reason
//! that is none, a missing tool call `index`, and `id` or `type` on a call's first fragment.

use super::calls::Begun;
use super::names::{Sieve, once, strip};
use super::template::Shown;
use crate::json::{Bad, Items, Member, Span, string_value, text_len, whole};
use crate::openai_chat::stop;
use crate::peek::CHOICES_MAX;
use crate::splice::Edits;
use smallvec::SmallVec;

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
    /// Bytes of what nobody here knows.
    pub other: usize,
    pub sealed: bool,
    pub tools: bool,
    /// The one text of the frame, if the frame has one and nothing else that counts.
    pub only: Option<(Span, Shown)>,
    texts: usize,
    /// Whether it is unlike the frames that follow it.
    pub(super) first: bool,
}

/// What earlier frames of the stream have shown of choices and calls.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub choices: SmallVec<[u64; 1]>,
    /// The choices whose role went out.
    roles: SmallVec<[u64; 1]>,
    pub tools: bool,
    pub(super) calls: Vec<Begun>,
    /// Whether some call has another number at the client than at the upstream.
    pub renumbered: bool,
    /// Whether the frames are chunks (else one answer, where calls need no index).
    pub(super) streamed: bool,
    pub(super) call_stem: String,
}

impl Known {
    /// Nothing known of a stream yet; made-up call ids start with `call_stem`.
    pub fn of_stream(call_stem: String) -> Self {
        Self { streamed: true, call_stem, ..Self::default() }
    }

    /// The same of a whole answer.
    pub fn of_answer(call_stem: String) -> Self {
        Self { call_stem, ..Self::default() }
    }

    /// Whether the client knows the role of a choice.
    pub fn has_role(&self, choice: u64) -> bool {
        self.roles.contains(&choice)
    }

    /// What a frame shows goes out, its roles among it.
    pub fn went_out(&mut self, shows: &Shows) {
        for choice in shows.choices.iter().filter(|choice| choice.delta.is_some()) {
            if !self.roles.contains(&choice.index) {
                self.roles.push(choice.index);
            }
        }
    }
}

/// A choice's members that are read when all of them are found.
#[derive(Default)]
struct ChoiceMembers {
    index: Option<Member>,
    delta: Option<Member>,
    message: Option<Member>,
    finish: Option<Member>,
}

impl ChoiceMembers {
    /// Where a body goes that has the right name.
    fn body(&mut self, name: &[u8], streamed: bool) -> Option<&mut Option<Member>> {
        match name {
            b"delta" if streamed => Some(&mut self.delta),
            b"message" if !streamed => Some(&mut self.message),
            _ => None,
        }
    }
}

/// Reads the choices of one frame.
pub(super) struct ChoiceReader<'a, 'e> {
    pub frame: &'a [u8],
    pub edits: &'e mut Edits,
    pub known: &'e mut Known,
}

impl<'a> ChoiceReader<'a, '_> {
    /// Reads the array that starts at `at`, or a null; gives where it ends as well.
    pub fn read(&mut self, at: usize) -> Result<(Shows, usize), Bad> {
        let mut shows = Shows::default();
        if self.frame.get(at..at + 4) == Some(b"null") {
            return Ok((shows, at + 4));
        }
        let mut items = Items::new(self.frame, at, 1)?;
        while let Some(start) = items.start()? {
            let (choice, end) = self.choice(start, &mut shows)?;
            shows.choices.push(choice);
            items.done(end);
        }
        self.known.tools |= shows.tools;
        if shows.choices.len() != 1 || shows.texts != 1 || shows.first || shows.sealed {
            shows.only = None;
        }
        Ok((shows, items.end()))
    }

    fn choice(&mut self, at: usize, shows: &mut Shows) -> Result<(Choice, usize), Bad> {
        let frame = self.frame;
        let mut found = ChoiceMembers::default();
        let mut number = None;
        // What the body carries, if it was read where it stands: it can be when its choice's number stands before it.
        let mut carries = None;
        let mut object = Sieve::new(frame, at, 2)?;
        while let Some(key) = object.key()? {
            let name = &*key.name(frame);
            if let Some(index) = number.filter(|_| frame.get(key.value) == Some(&b'{'))
                && let Some(slot) = found.body(name, self.known.streamed)
            {
                let (carried, end) = self.delta(key.value, index, shows)?;
                carries = Some(carried);
                once(slot, object.done(&key, end))?;
                continue;
            }
            let member = object.skip(&key)?;
            match name {
                b"index" => {
                    once(&mut found.index, member)?;
                    number = whole(member.text(frame));
                }
                b"delta" => once(&mut found.delta, member)?,
                b"message" => once(&mut found.message, member)?,
                b"finish_reason" => once(&mut found.finish, member)?,
                b"logprobs" if is_empty(member.text(frame)) => {}
                name => {
                    object.other(member, name, self.edits)?;
                }
            }
        }
        let mut choice = Choice { index: shows.choices.len() as u64, finish: None, delta: None, carries: false };
        match number {
            Some(index) => choice.index = index,
            None => object.set(found.index, "index", choice.index.to_string().into_bytes(), self.edits),
        }
        choice.delta = self.body(&found, &mut object)?;
        if let Some((start, _)) = choice.delta {
            choice.carries = match carries {
                Some(carries) => carries,
                None => self.delta(start, choice.index, shows)?.0,
            };
        }
        choice.finish = self.finish(found.finish, shows.tools, &mut object);
        let end = object.close(self.edits).end;
        if !self.known.choices.contains(&choice.index) {
            if self.known.choices.len() as u64 >= CHOICES_MAX {
                return Err(Bad::Byte(at));
            }
            self.known.choices.push(choice.index);
        }
        Ok((choice, end))
    }

    /// The delta of a chunk or the message of an answer: under its right name, and there even if it is empty.
    fn body(&mut self, found: &ChoiceMembers, object: &mut Sieve<'_>) -> Result<Option<Span>, Bad> {
        let frame = self.frame;
        let streamed = self.known.streamed;
        let (right, other, key) = match streamed {
            true => (found.delta, found.message, "delta"),
            false => (found.message, found.delta, "message"),
        };
        let is_object = |member: &Member| member.text(frame).first() == Some(&b'{');
        match (right.filter(is_object), other.filter(is_object)) {
            (Some(body), _) => {
                other.into_iter().for_each(|member| object.drop(member));
                Ok(Some(body.value))
            }
            (None, Some(body)) => {
                right.into_iter().for_each(|member| object.drop(member));
                self.edits.replace(body.key, key.as_bytes());
                Ok(Some(body.value))
            }
            (None, None) if streamed && right.is_none_or(|member| member.text(frame) == b"null") => {
                other.into_iter().for_each(|member| object.drop(member));
                object.set(right, "delta", b"{}", self.edits);
                Ok(None)
            }
            (None, None) => Err(Bad::Byte(object.at())),
        }
    }

    /// Where the finish stands that says something. A word that is none of the dialect's becomes the nearest that is.
    fn finish(&mut self, member: Option<Member>, tools: bool, object: &mut Sieve<'_>) -> Option<Span> {
        let tools = tools || self.known.tools;
        let told = member.and_then(|member| string_value(member.text(self.frame))).filter(|word| !word.is_empty());
        let quoted = |word: &str| format!("\"{word}\"").into_bytes();
        let Some(word) = told else {
            if !self.known.streamed {
                object.set(member, "finish_reason", quoted(stop::shown("", tools)), self.edits);
            } else if member.is_some() {
                object.set(member, "finish_reason", b"null", self.edits);
            }
            return None;
        };
        let shown = stop::shown(&word, tools);
        if shown != &*word {
            object.set(member, "finish_reason", quoted(shown), self.edits);
        }
        member.map(|member| member.value)
    }

    /// Reads a delta or a message; says whether it carries more than a role, and where it ends.
    fn delta(&mut self, at: usize, index: u64, shows: &mut Shows) -> Result<(bool, usize), Bad> {
        let frame = self.frame;
        let mut object = Sieve::new(frame, at, 3)?;
        let mut role = None;
        let mut reasoning = 0;
        let mut carries = false;
        while let Some(key) = object.key()? {
            let name = &*key.name(frame);
            let text = &frame[key.value..];
            if name == b"tool_calls" && text.starts_with(b"[") && !text.starts_with(b"[]") {
                let end = self.calls(key.value, index, shows)?;
                object.done(&key, end);
                carries = true;
                continue;
            }
            let member = object.skip(&key)?;
            let value = member.text(frame);
            match name {
                b"role" => {
                    once(&mut role, member)?;
                    shows.first = true;
                    continue;
                }
                name if is_empty(value) => {
                    if !matches!(name, b"content" | b"refusal") {
                        object.other(member, name, self.edits)?;
                    }
                    continue;
                }
                b"content" | b"refusal" => shows.text(member.value, value),
                b"reasoning_content" | b"reasoning" => {
                    let len = shows.thought(member.value, value);
                    // Servers that send both fields send the same text in them.
                    shows.reasoning += usize::saturating_sub(len, reasoning);
                    reasoning = reasoning.max(len);
                }
                b"tool_calls" => return Err(Bad::Byte(key.value)),
                b"reasoning_details" => {
                    shows.texts += 1;
                    let sealed = b"reasoning.encrypted";
                    shows.sealed |= memchr::memmem::find(value, sealed).is_some();
                    strip(frame, member.value.0, 4, self.edits)?;
                }
                b"audio" => shows.sealed = true,
                name if object.other(member, name, self.edits)? => {
                    shows.texts += 1;
                    shows.other += value.len();
                }
                _ => continue,
            }
            carries = true;
        }
        if !self.known.streamed || !self.known.has_role(index) {
            if role.is_none_or(|role| role.text(frame) == b"null") {
                object.set(role, "role", b"\"assistant\"", self.edits);
            }
            shows.first = true;
        }
        Ok((carries, object.close(self.edits).end))
    }
}

impl Shows {
    /// A text of the answer.
    pub(super) fn text(&mut self, span: Span, value: &[u8]) {
        self.texts += 1;
        if value.first() != Some(&b'"') {
            self.text += value.len();
            return;
        }
        self.text += text_len(&value[1..value.len() - 1]);
        self.only = Some(((span.0 + 1, span.1 - 1), Shown::Text));
    }

    fn thought(&mut self, span: Span, value: &[u8]) -> usize {
        self.texts += 1;
        if value.first() != Some(&b'"') {
            return value.len();
        }
        self.only = Some(((span.0 + 1, span.1 - 1), Shown::Reasoning));
        text_len(&value[1..value.len() - 1])
    }
}

/// Whether a member of a delta shows nothing.
fn is_empty(value: &[u8]) -> bool {
    matches!(value, b"null" | b"\"\"" | b"[]" | b"{}" | b"false")
}

/// The word of a finish reason.
pub(super) fn word(frame: &[u8], span: Span) -> String {
    string_value(&frame[span.0..span.1]).unwrap_or_default().into_owned()
}
