//! A Responses stream passed on. In: its frames. Out: what may go to the client now; the event with the whole answer is held
//! until it is sealed. Never here: a built event where the upstream sent one; frames are spliced, or copied by a template.
//!
//! Readers of this dialect fail where an item or a part was never begun, keep nothing that was never ended, and stop at a
//! gap between numbers: what an upstream leaves out is written here of what its deltas said (response_items).

mod ending;
mod whole;

use super::event::{ends, type_of};
use super::message::quoted;
use super::names::{Sieve, once};
use super::pass::{Counts, EventReader, Frame, Lesson, Passage, Way};
use super::response::{ResponseReader, failed};
use super::response_event::{EventSeen, is_event};
use super::response_items::{ItemList, part_of, write};
use super::template::Shown;
use crate::json::{Member, Members, Span, text_len, whole};
use crate::lane::{ReplyHead, StreamFault};
use crate::openai_responses::echo::Echo;
use crate::openai_responses::growth::Source;
use crate::openai_responses::item::Part;
use crate::openai_responses::object::{End, write_object};
use crate::openai_responses::usage::ResponseCounts;
use crate::splice::Edits;
use bytes::{Bytes, BytesMut};
use canon::Dialect;

/// A Responses stream on its way.
pub(crate) type ResponsesStream = Passage<ResponsesReader>;

/// Reads the events that no template knows.
#[derive(Debug)]
pub(crate) struct ResponsesReader {
    head: ReplyHead,
    echo: Echo,
    counts: ResponseCounts,
    started: bool,
    items: ItemList,
    held: Option<Box<Held>>,
    object: Option<Bytes>,
}

/// The event with the whole answer.
#[derive(Debug)]
struct Held {
    around: (Vec<u8>, Vec<u8>),
    json: Vec<u8>,
    edits: Edits,
    /// The response object, its usage, and the end of its last member.
    response: Span,
    usage: Option<Span>,
    clean: Option<Edits>,
    last: usize,
}

/// The tag of a template: the item and its part.
const fn tag(item: usize, part: usize) -> u64 {
    ((item as u64) << 32) | part as u64
}

impl EventReader for ResponsesReader {
    const DIALECT: Dialect = Dialect::OpenAiResponses;

    fn is_done(&self) -> bool {
        self.held.is_some()
    }

    fn may_end(&self) -> bool {
        self.held.is_some()
    }

    fn last_word(&mut self) {}

    fn passed(&mut self, tag: u64, text: &[u8]) {
        let (item, part) = ((tag >> 32) as usize, (tag & 0xffff_ffff) as usize);
        let Some(known) = self.items.list.get_mut(item) else { return };
        match known.parts.get_mut(part) {
            Some(part) => part.text.extend_from_slice(text),
            None => known.arguments.extend_from_slice(text),
        }
    }

    fn read(&mut self, frame: &Frame<'_>, way: &mut Way<'_>) -> Result<(), StreamFault> {
        let (kind, typed) = type_of(frame)?;
        match &*kind {
            "error" | "response.failed" => Err(failed(told_failure(&frame.json))),
            "response.created" if self.started => Err(StreamFault::Garbage),
            "response.created" | "response.in_progress" | "response.queued" => self.begun(frame, &kind, way),
            "response.completed" | "response.incomplete" => self.ended_by(frame, &kind, way),
            kind if is_event(kind) => {
                self.begin(way.next, way.out);
                self.item_event(frame, (kind, typed), way)
            }
            _ => unknown(&frame.json),
        }
    }
}

/// What a failure says about itself: what stands under `error`, here or in the response, or the event itself.
fn told_failure(json: &[u8]) -> &[u8] {
    let member = |text: &[u8], name: &[u8]| -> Option<Span> {
        let mut members = Members::new(text, 0, 0).ok()?;
        while let Some(member) = members.next().ok()? {
            if &*member.name(text) == name && member.text(text).starts_with(b"{") {
                return Some(member.value);
            }
        }
        None
    };
    let inside = |(from, to): Span| {
        let response = &json[from..to];
        member(response, b"error").map(|(from, to)| &response[from..to])
    };
    let direct = || member(json, b"error").map(|(from, to)| &json[from..to]);
    member(json, b"response").and_then(inside).or_else(direct).unwrap_or(json)
}

/// An event of a type that readers do not know goes, unless it tells an error.
fn unknown(json: &[u8]) -> Result<(), StreamFault> {
    let mut members = Members::new(json, 0, 0)?;
    while let Some(member) = members.next()? {
        if &*member.name(json) == b"error" && member.text(json) != b"null" {
            return Err(failed(member.text(json)));
        }
    }
    ends(json, members.end())
}

/// The `response` of an event.
fn response_of(json: &[u8]) -> Result<Member, StreamFault> {
    let mut members = Members::new(json, 0, 0)?;
    let mut found = None;
    while let Some(member) = members.next()? {
        if &*member.name(json) == b"response" && member.text(json).starts_with(b"{") {
            once(&mut found, member)?;
        }
    }
    ends(json, members.end())?;
    found.ok_or(StreamFault::Garbage)
}

/// Numbers an event that carries the response object, and leaves of it what is ours to tell.
fn envelope(json: &[u8], kind: &str, next: u64, edits: &mut Edits) -> Result<(), StreamFault> {
    let mut object = Sieve::new(json, 0, 0)?;
    let (mut number, mut types) = (None, None);
    while let Some(member) = object.next()? {
        match &*member.name(json) {
            b"type" => once(&mut types, member)?,
            b"sequence_number" => once(&mut number, member)?,
            b"response" => {}
            name => {
                object.other(member, name, edits)?;
            }
        }
    }
    object.set(types, "type", quoted(kind), edits);
    object.set(number, "sequence_number", next.to_string().into_bytes(), edits);
    object.close(edits);
    Ok(())
}

impl ResponsesReader {
    /// Begins what the upstream did not begin.
    fn begin(&mut self, next: &mut u64, out: &mut BytesMut) {
        self.begin_as(&["response.created", "response.in_progress"], next, out);
    }

    fn begin_as(&mut self, kinds: &[&str], next: &mut u64, out: &mut BytesMut) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let mut object = Vec::new();
        let end = End { status: "in_progress", ..End::default() };
        write_object(&self.head, &self.echo, b"", &end, &mut object);
        for kind in kinds {
            write(next, out, |pen, out| pen.response(kind, &object, out));
        }
    }

    /// The answer begins, or still goes on.
    fn begun(&mut self, frame: &Frame<'_>, kind: &str, way: &mut Way<'_>) -> Result<(), StreamFault> {
        if kind != "response.created" {
            self.begin_as(&["response.created"], way.next, way.out);
        }
        let json = &*frame.json;
        let response = response_of(json)?;
        let mut edits = Edits::default();
        let status = if kind == "response.queued" { "queued" } else { "in_progress" };
        let reader = ResponseReader {
            json,
            head: &self.head,
            echo: &self.echo,
            edits: &mut edits,
            status: Some(status),
            items: Some(b""),
        };
        reader.read(response.value.0, 1)?;
        envelope(json, kind, *way.next, &mut edits)?;
        *way.next += 1;
        frame.write(kind, &mut edits, way.out);
        // An opening that could not be read is none: what is said next opens the stream itself.
        self.started = true;
        Ok(())
    }

    fn item_event(
        &mut self,
        frame: &Frame<'_>,
        (kind, typed): (&str, bool),
        way: &mut Way<'_>,
    ) -> Result<(), StreamFault> {
        let seen = EventSeen::read(frame, kind, typed)?;
        match kind {
            "response.output_item.added" => return self.added(frame, seen, way),
            "response.output_item.done" => return self.item_done(frame, seen, way),
            _ => {}
        }
        if let Some((source, all)) = Source::of(kind) {
            return if all {
                self.text_done(frame, (kind, source), seen, way)
            } else {
                self.delta(frame, (kind, source), seen, way)
            };
        }
        let part = match kind {
            "response.content_part.added" | "response.content_part.done" => Some(Part::Text),
            "response.reasoning_summary_part.added" | "response.reasoning_summary_part.done" => Some(Part::Summary),
            _ => None,
        };
        if let Some(part) = part {
            return self.part(frame, (kind, part), seen, way);
        }
        // Anything else is about an item that was begun and has not ended, or about the answer.
        let mut seen = seen;
        if seen.is_named() {
            let (id, theirs) = seen.names();
            let open = |at: &usize| self.items.list[*at].whole.is_none();
            let Some(at) = self.items.find(&id, theirs).filter(open) else {
                return Ok(());
            };
            seen.name(Some(&self.items.list[at].id), at as u64);
        }
        if let Some(delta) = seen.delta {
            way.tally.other(delta.value.1 - delta.value.0);
        }
        seen.write(frame, kind, way.next, way.out);
        Ok(())
    }

    fn added(&mut self, frame: &Frame<'_>, mut seen: EventSeen<'_>, way: &mut Way<'_>) -> Result<(), StreamFault> {
        let item = seen.item_as_is()?;
        let (_, theirs) = seen.names();
        // What was begun before is not begun again.
        let same = |at: &usize| self.items.list[*at].id == item.id || self.items.list[*at].whole.is_none();
        let known = self.items.find(&item.id, theirs.or(Some(u64::MAX))).filter(same);
        if known.is_some() {
            return Ok(());
        }
        let stem = self.head.id_stem().to_owned();
        let at = self.items.begin(&item, theirs, &stem, frame.json[item.span.0..item.span.1].to_vec())?;
        let id = self.items.list[at].id.clone();
        let item = seen.item(Some(&id))?;
        item.tell_name(way.tally);
        seen.name(None, at as u64);
        way.templates.clear();
        let edits = seen.write(frame, "response.output_item.added", way.next, way.out);
        if let Err(begun) = &mut self.items.list[at].form {
            *begun = edits.apply_within(&frame.json, item.span.0, item.span.1);
        }
        // Texts that come with the beginning are shown as if they came behind it.
        for text in &item.texts {
            self.items.refused |= text.part == Part::Refusal;
        }
        Ok(())
    }

    /// The item of a text, begun here if it was not before; `None` when it has ended, or is of another kind.
    fn place(
        &mut self,
        source: Source,
        seen: &EventSeen<'_>,
        way: &mut Way<'_>,
    ) -> Result<Option<usize>, StreamFault> {
        let (id, theirs) = seen.names();
        let at = match self.items.find(&id, theirs) {
            Some(at) => at,
            None => {
                let stem = self.head.id_stem().to_owned();
                self.items.begin_for(source, (&id, theirs), &stem, way)?
            }
        };
        let known = &self.items.list[at];
        Ok((known.whole.is_none() && known.takes(source)).then_some(at))
    }

    fn delta(
        &mut self,
        frame: &Frame<'_>,
        (kind, source): (&str, Source),
        mut seen: EventSeen<'_>,
        way: &mut Way<'_>,
    ) -> Result<(), StreamFault> {
        let delta =
            seen.delta.filter(|delta| delta.text(&frame.json).starts_with(b"\"")).ok_or(StreamFault::Garbage)?;
        let Some(at) = self.place(source, &seen, way)? else {
            return Ok(());
        };
        let inner = (delta.value.0 + 1, delta.value.1 - 1);
        let text = &frame.json[inner.0..inner.1];
        let mut part = 0;
        let shown = match part_of(source) {
            Some(kind_of_part) => {
                let number = seen.part_number().unwrap_or(0);
                part = self.items.part(at, kind_of_part, number, Some(way))?;
                let known = &mut self.items.list[at].parts[part];
                if known.said || known.ended {
                    return Ok(());
                }
                known.text.extend_from_slice(text);
                seen.number_part(source.index(), number);
                if matches!(source, Source::Summary | Source::Thought) { Shown::Reasoning } else { Shown::Text }
            }
            None => {
                let known = &mut self.items.list[at];
                if known.arguments_ended {
                    return Ok(());
                }
                known.arguments.extend_from_slice(text);
                known.argued = true;
                Shown::Text
            }
        };
        match shown {
            Shown::Text => way.tally.text(text_len(text)),
            Shown::Reasoning => way.tally.reasoning(text_len(text)),
        }
        seen.name(Some(&self.items.list[at].id), at as u64);
        let number =
            seen.number.filter(|number| whole(number.text(&frame.json)).is_some()).map(|number| number.value);
        let padding = seen.padding.map(|padding| (padding.value.0 + 1, padding.value.1 - 1));
        let edits = seen.write(frame, kind, way.next, way.out);
        let mut texts = vec![inner];
        texts.extend(padding);
        texts.sort_unstable();
        // The first text is the one that counts; padding before it would be counted instead.
        if number.is_some() && texts[0] == inner {
            let lesson = Lesson {
                texts: &texts,
                edits: &edits,
                shown,
                number,
                tag: tag(at, part),
                counts: Counts::default(),
            };
            frame.teach(kind, &lesson, way.templates);
        }
        Ok(())
    }

    fn text_done(
        &mut self,
        frame: &Frame<'_>,
        (kind, source): (&str, Source),
        mut seen: EventSeen<'_>,
        way: &mut Way<'_>,
    ) -> Result<(), StreamFault> {
        let (id, theirs) = seen.names();
        if self.items.find(&id, theirs).is_none() && part_of(source).is_none() {
            return Ok(());
        }
        let Some(at) = self.place(source, &seen, way)? else {
            return Ok(());
        };
        // A text that came late must not pass by what was learned before.
        way.templates.clear();
        let text = seen.text.map(|member| member.value);
        let inner = text.map(|text| seen.inner(text)).unwrap_or_default();
        match part_of(source) {
            Some(part) => {
                let number = seen.part_number().unwrap_or(0);
                let place = self.items.part(at, part, number, Some(way))?;
                if self.items.list[at].parts[place].text.is_empty() {
                    self.fill(at, Some(place), inner, way);
                }
                let known = &mut self.items.list[at].parts[place];
                if std::mem::replace(&mut known.said, true) {
                    return Ok(());
                }
                if let Some(text) = text {
                    seen.correct(text, &known.text);
                }
                seen.number_part(source.index(), number);
            }
            None => {
                if !self.items.list[at].argued {
                    self.fill(at, None, inner, way);
                }
                let known = &mut self.items.list[at];
                if std::mem::replace(&mut known.arguments_ended, true) {
                    return Ok(());
                }
                if let Some(text) = text {
                    seen.correct(text, &known.arguments);
                }
            }
        }
        seen.name(Some(&self.items.list[at].id), at as u64);
        seen.write(frame, kind, way.next, way.out);
        Ok(())
    }

    /// Shows a text that only came whole.
    fn fill(&mut self, at: usize, place: Option<usize>, inner: &[u8], way: &mut Way<'_>) {
        let part = place.and_then(|place| self.items.list[at].parts.get(place)).map(|known| known.part);
        match part {
            Some(Part::Summary | Part::Thought) => way.tally.reasoning(text_len(inner)),
            Some(Part::Text | Part::Refusal) | None => way.tally.text(text_len(inner)),
        }
        self.items.show(at, place, inner, way);
    }

    fn part(
        &mut self,
        frame: &Frame<'_>,
        (kind, default): (&str, Part),
        mut seen: EventSeen<'_>,
        way: &mut Way<'_>,
    ) -> Result<(), StreamFault> {
        let text = seen.part(default)?;
        let part = text.map_or(default, |text| text.part);
        let source = match part {
            Part::Text => Source::Text,
            Part::Refusal => Source::Refusal,
            Part::Summary => Source::Summary,
            Part::Thought => Source::Thought,
        };
        let Some(at) = self.place(source, &seen, way)? else {
            return Ok(());
        };
        let begins = kind.ends_with("added");
        let known = &self.items.list[at];
        let last = known.count(part).saturating_sub(u64::from(!begins));
        let number = seen.part_number().unwrap_or(last);
        if begins {
            if known.place(part, number).is_some() {
                return Ok(());
            }
            self.items.part(at, part, number, None)?;
            way.templates.clear();
        } else {
            let place = self.items.part(at, part, number, Some(way))?;
            way.templates.clear();
            if let Some(text) = text.filter(|_| self.items.list[at].parts[place].text.is_empty()) {
                let inner = seen.inner(text.value);
                self.fill(at, Some(place), inner, way);
            }
            let known = &mut self.items.list[at].parts[place];
            if std::mem::replace(&mut known.ended, true) {
                return Ok(());
            }
            if let Some(text) = text {
                seen.correct(text.value, &known.text);
            }
        }
        seen.number_part(if part == Part::Summary { "summary_index" } else { "content_index" }, number);
        seen.name(Some(&self.items.list[at].id), at as u64);
        seen.write(frame, kind, way.next, way.out);
        Ok(())
    }
}
