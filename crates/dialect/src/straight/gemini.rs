//! A Gemini frame or answer, read where it stands. In: its JSON. Out: what it says, and the edits that make it ours.
//! Never here: what becomes of it (gemini_stream, gemini_answer), a text moved or re-escaped.
//!
//! At the top only names of the public description stay; candidates and parts grow with every release of an SDK, so in
//! them what is unknown stays unless its name is private.

use super::names::{Sieve, once, strip};
use super::template::Shown;
use super::usage::{self, anew};
use crate::count::is_plain;
use crate::fault::UpstreamFault;
use crate::gemini::frame::Pen;
use crate::gemini::stop;
use crate::gemini::usage::{GeminiCounts, write};
use crate::json::{Bad, Items, Member, Members, Span, blank, string_value, whole};
use crate::lane::StreamFault;
use crate::read::Object;
use crate::splice::Edits;
use canon::{Dialect, Stop, StopReason, Tally};
use smallvec::SmallVec;
use units::Usage;

/// More candidates than this are refused.
const CANDIDATES_MAX: usize = 128;

/// A candidate of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub index: u64,
    /// The upstream's word for why it ends, where it says so.
    pub word: Option<String>,
    /// Whether it has parts: what has none tells about an answer that may have ended.
    pub says: bool,
}

/// What a frame or an answer says.
#[derive(Debug, Default)]
pub(super) struct Top {
    pub candidates: SmallVec<[Candidate; 1]>,
    /// The word by which the prompt was refused.
    pub blocked: Option<String>,
    /// The usage, if there is any.
    pub usage: Option<Member>,
    /// Whether a call is in it.
    pub called: bool,
    /// The one text, if it has one and nothing else that counts.
    pub only: Option<(Span, Shown)>,
    /// The end of the last member.
    pub last: usize,
    text: usize,
    reasoning: usize,
    sealed: bool,
    parts: usize,
}

impl Top {
    /// Tells the tally what is shown.
    pub const fn tell(&self, tally: &mut Tally) {
        tally.text(self.text);
        tally.reasoning(self.reasoning);
        if self.sealed {
            tally.sealed();
        }
    }

    /// Whether it says why the answer, or a part of it, ends.
    pub fn ends(&self) -> bool {
        self.blocked.is_some() || self.candidates.iter().any(|candidate| candidate.word.is_some())
    }

    /// Why it ends; of several candidates the last counts.
    pub fn stop(&self, called: bool) -> Option<Stop> {
        let mut stop = match &self.blocked {
            Some(word) => stop::blocked(word),
            None => stop::read(self.candidates.iter().rev().find_map(|candidate| candidate.word.as_deref())?),
        };
        if matches!(stop.reason, StopReason::EndTurn | StopReason::Other) {
            stop.reason = stop.reason.with_calls(called);
        }
        Some(stop)
    }
}

/// The usage that a client is shown: the object as it stands where it is fit to be, else what was counted.
pub(super) fn show_usage(json: &[u8], top: &Top, counts: &GeminiCounts, edits: &mut Edits) -> bool {
    let Some(member) = top.usage else { return true };
    let mut cleaned = Edits::default();
    let plain = usage::clean(json, member.value.0, &usage::GEMINI, &mut cleaned);
    if plain {
        edits.join(cleaned);
    } else {
        edits.replace(member.value, anew(b"", &counts.usage(), write));
    }
    plain
}

/// The usage at the end: what is charged. The upstream's own object stays where it says the same.
pub(super) fn charge_usage(json: &[u8], top: &Top, charged: &Usage, told: bool, edits: &mut Edits) {
    let ours = |start| anew(start, charged, write);
    let Some(member) = top.usage else {
        edits.insert(top.last, ours(b",\"usageMetadata\":"));
        return;
    };
    let mut alone = GeminiCounts::default();
    alone.take(member.text(json));
    let mut cleaned = Edits::default();
    let plain = usage::clean(json, member.value.0, &usage::GEMINI, &mut cleaned);
    if told && plain && alone.usage() == *charged {
        edits.join(cleaned);
    } else {
        edits.replace(member.value, ours(b""));
    }
}

/// The counts that grow from frame to frame, in their order.
pub(super) fn growing(json: &[u8], usage: Member) -> SmallVec<[Span; 4]> {
    let mut out = SmallVec::new();
    let Ok(mut members) = Members::new(json, usage.value.0, 1) else { return out };
    while let Ok(Some(member)) = members.next() {
        let grows =
            matches!(&*member.name(json), b"candidatesTokenCount" | b"thoughtsTokenCount" | b"totalTokenCount");
        if grows && is_plain(member.text(json)) {
            out.push(member.value);
        }
    }
    out
}

/// Reads one frame or answer.
pub(super) struct TopReader<'a, 'e> {
    pub json: &'a [u8],
    pub edits: &'e mut Edits,
    pub pen: &'e Pen,
    pub part: Part,
}

/// What a frame is of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// A part, as it comes.
    Frame,
    /// A part behind which more of its candidates came: words for why they end are dropped.
    Earlier,
}

impl TopReader<'_, '_> {
    pub fn read(mut self) -> Result<Top, StreamFault> {
        let json = self.json;
        let mut top = Top::default();
        let (mut id, mut model, mut list, mut feedback, mut time) = (None, None, None, None, None);
        let mut object = Sieve::new(json, blank(json, 0), 0)?;
        while let Some(key) = object.key()? {
            let name = &*key.name(json);
            if name == b"candidates" && json.get(key.value) == Some(&b'[') {
                let end = self.candidates(key.value, &mut top)?;
                once(&mut list, object.done(&key, end))?;
                continue;
            }
            let member = object.skip(&key)?;
            let value = member.text(json);
            match name {
                b"responseId" => once(&mut id, member)?,
                b"modelVersion" => once(&mut model, member)?,
                b"usageMetadata" if value.starts_with(b"{") => once(&mut top.usage, member)?,
                b"createTime" if value.starts_with(b"\"") => once(&mut time, member)?,
                b"promptFeedback" if value.starts_with(b"{") => {
                    once(&mut feedback, member)?;
                    strip(json, member.value.0, 1, self.edits)?;
                    let word = Object::open(value).and_then(|f| Some(f.str("blockReason")?.into_owned()));
                    top.blocked = word.filter(|word| !word.is_empty());
                }
                b"error" if value != b"null" => {
                    let fault = UpstreamFault::in_stream(Dialect::Gemini, json.trim_ascii());
                    return Err(StreamFault::Upstream(fault));
                }
                _ => object.drop(member),
            }
        }
        if !top.candidates.is_empty() {
            top.blocked = None;
        }
        object.set(model, "modelVersion", self.pen.model().to_vec(), self.edits);
        object.set(id, "responseId", self.pen.id().to_vec(), self.edits);
        let closed = object.close(self.edits);
        if blank(json, closed.end) < json.len() {
            return Err(StreamFault::Garbage);
        }
        top.last = closed.last;
        if top.candidates.len() != 1 || top.parts != 1 || top.sealed || top.ends() {
            top.only = None;
        }
        Ok(top)
    }

    fn candidates(&mut self, at: usize, top: &mut Top) -> Result<usize, Bad> {
        let mut items = Items::new(self.json, at, 1)?;
        while let Some(start) = items.start()? {
            let end = self.candidate(start, top)?;
            items.done(end);
            if top.candidates.len() > CANDIDATES_MAX {
                return Err(Bad::Byte(start));
            }
        }
        Ok(items.end())
    }

    fn candidate(&mut self, at: usize, top: &mut Top) -> Result<usize, Bad> {
        let json = self.json;
        let parts_before = top.parts;
        let mut candidate = Candidate { index: top.candidates.len() as u64, word: None, says: false };
        let (mut index, mut finish, mut content) = (None, None, None);
        let mut object = Sieve::new(json, at, 2)?;
        while let Some(key) = object.key()? {
            let name = &*key.name(json);
            if name == b"content" && json.get(key.value) == Some(&b'{') {
                let end = self.content(key.value, top)?;
                once(&mut content, object.done(&key, end))?;
                continue;
            }
            let member = object.skip(&key)?;
            match name {
                b"index" => {
                    once(&mut index, member)?;
                    candidate.index = whole(member.text(json)).unwrap_or(candidate.index);
                }
                b"finishReason" => {
                    once(&mut finish, member)?;
                    let word = string_value(member.text(json)).filter(|word| !word.is_empty());
                    candidate.word = word.map(std::borrow::Cow::into_owned);
                    if self.part == Part::Earlier {
                        object.drop(member);
                    }
                }
                b"content" => once(&mut content, member)?,
                name => {
                    object.other(member, name, self.edits)?;
                }
            }
        }
        if self.part == Part::Whole && candidate.word.is_none() {
            candidate.word = Some("STOP".to_owned());
        }
        if let Some(word) = candidate.word.as_ref().filter(|_| self.part != Part::Earlier) {
            object.set(finish, "finishReason", format!("\"{}\"", stop::shown(word)).into_bytes(), self.edits);
        }
        candidate.says = top.parts > parts_before;
        top.candidates.push(candidate);
        Ok(object.close(self.edits).end)
    }

    fn content(&mut self, at: usize, top: &mut Top) -> Result<usize, Bad> {
        let json = self.json;
        let mut parts = None;
        let mut object = Sieve::new(json, at, 3)?;
        while let Some(key) = object.key()? {
            let name = &*key.name(json);
            if name == b"parts" && json.get(key.value) == Some(&b'[') {
                let mut items = Items::new(json, key.value, 4)?;
                while let Some(start) = items.start()? {
                    let end = self.part(start, top)?;
                    items.done(end);
                }
                once(&mut parts, object.done(&key, items.end()))?;
                continue;
            }
            let member = object.skip(&key)?;
            object.other(member, name, self.edits)?;
        }
        Ok(object.close(self.edits).end)
    }

    fn part(&mut self, at: usize, top: &mut Top) -> Result<usize, Bad> {
        let json = self.json;
        top.parts += 1;
        let (mut text, mut thought, mut call) = (None, None, None);
        let mut plain = true;
        let mut object = Sieve::new(json, at, 5)?;
        while let Some(key) = object.key()? {
            let name = &*key.name(json);
            if name == b"functionCall" && json.get(key.value) == Some(&b'{') {
                let end = self.call(key.value, top)?;
                once(&mut call, object.done(&key, end))?;
                plain = false;
                continue;
            }
            let member = object.skip(&key)?;
            let value = member.text(json);
            match name {
                b"text" => once(&mut text, member)?,
                b"thought" => once(&mut thought, member)?,
                b"thoughtSignature" => top.sealed |= value.len() > 2,
                // What the provider's own tools said: the names inside are theirs.
                b"executableCode" | b"codeExecutionResult" | b"toolCall" | b"toolResponse" | b"inlineData" => {
                    top.text += value.len();
                    plain = false;
                }
                name => {
                    if object.other(member, name, self.edits)? {
                        top.text += value.len();
                        plain = false;
                    }
                }
            }
        }
        let thought = thought.is_some_and(|member: Member| member.text(json) == b"true");
        if let Some(member) = text.filter(|member: &Member| member.text(json)[0] == b'"') {
            let inner = (member.value.0 + 1, member.value.1 - 1);
            let (shown, count) =
                if thought { (Shown::Reasoning, &mut top.reasoning) } else { (Shown::Text, &mut top.text) };
            *count += inner.1 - inner.0;
            top.only = Some((inner, shown)).filter(|_| plain && inner.1 > inner.0);
        }
        Ok(object.close(self.edits).end)
    }

    fn call(&mut self, at: usize, top: &mut Top) -> Result<usize, Bad> {
        let json = self.json;
        top.called = true;
        let mut object = Sieve::new(json, at, 6)?;
        while let Some(member) = object.next()? {
            let value = member.text(json);
            match &*member.name(json) {
                b"name" => top.text += value.len().saturating_sub(2),
                b"args" | b"partialArgs" => top.text += value.len(),
                b"id" => {}
                name => {
                    object.other(member, name, self.edits)?;
                }
            }
        }
        Ok(object.close(self.edits).end)
    }
}
