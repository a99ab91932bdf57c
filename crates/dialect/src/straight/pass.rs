//! The way of a stream through the straight lane, whatever the dialect. In: the upstream's bytes. Out: frames that a template
//! knows are copied; the others are handed to the dialect's reader. Never here: what an event means.

use super::template::{Hole, Seam, Shown, Template, Templates};
use crate::fault::UpstreamFault;
use crate::json::{Span, text_len};
use crate::lane::StreamFault;
use crate::splice::Edits;
use crate::sse::{Fields, Frames, fields};
use bytes::{BufMut, BytesMut};
use canon::{Dialect, Tally};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Reads the events of a dialect.
pub(super) trait EventReader {
    /// The dialect.
    const DIALECT: Dialect;
    /// Whether the last word was read.
    fn is_done(&self) -> bool;
    /// Whether the connection may end here.
    fn may_end(&self) -> bool;
    /// `[DONE]` came.
    fn last_word(&mut self);
    /// A template passed more of a text, as it stands between its quotes; the reader gave the tag.
    fn passed(&mut self, _tag: u64, _text: &[u8]) {}
    /// Counts came in an event that a template knew.
    fn counted(&mut self, _report: &[u8], _tally: &mut Tally) {}
    /// An event came that no template knows.
    fn read(&mut self, frame: &Frame<'_>, way: &mut Way<'_>) -> Result<(), StreamFault>;
}

/// Where a reader writes and notes what it learned.
pub(super) struct Way<'a> {
    pub out: &'a mut BytesMut,
    pub tally: &'a mut Tally,
    pub templates: &'a mut Templates,
    /// The number of the next event, in dialects that count them.
    pub next: &'a mut u64,
}

/// A stream on its way.
#[derive(Debug)]
pub(crate) struct Passage<R> {
    frames: Frames,
    templates: Templates,
    pub(super) next: u64,
    pub(super) tally: Tally,
    pub(super) reader: R,
}

#[expect(private_bounds, reason = "the readers are named by their streams")]
impl<R: EventReader> Passage<R> {
    pub(super) fn of(reader: R) -> Self {
        Self {
            frames: Frames::default(),
            templates: Templates::default(),
            next: 0,
            tally: Tally::default(),
            reader,
        }
    }

    /// How many frames were learned.
    #[cfg(test)]
    pub fn learned(&self) -> usize {
        self.templates.count()
    }

    /// Makes every frame be read whole.
    #[cfg(test)]
    pub fn forget(&mut self) {
        self.templates = Templates::default();
    }
}

#[expect(private_bounds, reason = "the readers are named by their streams")]
impl<R: EventReader> Passage<R> {
    /// Takes bytes, cut anywhere.
    pub fn take(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        let mut frames = std::mem::take(&mut self.frames);
        let pushed = frames.push(bytes, |frame| self.frame(frame, out));
        self.frames = frames;
        pushed
    }

    /// The connection ended.
    pub fn ended(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        let rest = self.frames.rest();
        if let Some(fault) = UpstreamFault::bare(R::DIALECT, &rest) {
            return Err(StreamFault::Upstream(fault));
        }
        // An event that was cut in two is not an event.
        if self.frame(&rest, out).is_err() || !self.reader.may_end() {
            return Err(StreamFault::Cut);
        }
        Ok(())
    }

    #[inline]
    fn frame(&mut self, frame: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        if self.reader.is_done() {
            return Ok(());
        }
        if let Some(passed) = self.templates.pass(frame, &mut self.next, out) {
            let len = text_len(passed.text);
            match passed.shown {
                Shown::Text => self.tally.text(len),
                Shown::Reasoning => self.tally.reasoning(len),
            }
            self.reader.passed(passed.tag, passed.text);
            if let Some(report) = passed.report {
                self.reader.counted(report, &mut self.tally);
            }
            return Ok(());
        }
        self.unknown_frame(frame, out)
    }

    #[inline(never)]
    fn unknown_frame(&mut self, frame: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        let Some(fields) = fields(frame) else {
            return Ok(());
        };
        // What a template learns is valid, so its frames need no more than a look at their texts.
        if std::str::from_utf8(frame).is_err() {
            return Err(StreamFault::Garbage);
        }
        match fields.data.trim_ascii() {
            b"" => Ok(()),
            b"[DONE]" => {
                self.reader.last_word();
                Ok(())
            }
            data if fields.event == b"error" => {
                Err(StreamFault::Upstream(UpstreamFault::in_stream(R::DIALECT, data)))
            }
            _ => {
                let mut way =
                    Way { out, tally: &mut self.tally, templates: &mut self.templates, next: &mut self.next };
                self.reader.read(&Frame::new(frame, &fields), &mut way)
            }
        }
    }
}

/// An event: its JSON, and what stands around it.
pub(super) struct Frame<'a> {
    raw: &'a [u8],
    /// The name it came under; empty when it has none.
    pub event: &'a [u8],
    /// The data, without blanks around it and without line ends inside.
    pub json: Cow<'a, [u8]>,
    /// Where the data stands in the frame, if it stands there in one piece with nothing but an event line beside it.
    at: Option<usize>,
}

/// What a template is made of, beside its frame.
pub(super) struct Lesson<'l> {
    /// The strings of the JSON (without quotes, in order) that may differ the next time.
    pub texts: &'l [Span],
    /// What was changed around them, in order.
    pub edits: &'l Edits,
    /// What the first text is.
    pub shown: Shown,
    /// The frame's number, where the dialect has one.
    pub number: Option<Span>,
    /// What the reader is told when such a frame passes.
    pub tag: u64,
    /// Counts that may differ the next time.
    pub counts: Counts<'l>,
}

/// Counts in a frame, behind its text.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts<'c> {
    /// The numbers, in order.
    pub numbers: &'c [Span],
    /// The object around them.
    pub report: Option<Span>,
}

impl<'a> Frame<'a> {
    fn new(raw: &'a [u8], fields: &Fields<'a>) -> Self {
        if let Some(from) = fields.whole {
            let data = &raw[from..from + fields.data.len()];
            let from = from + data.len() - data.trim_ascii_start().len();
            let json = data.trim_ascii();
            // A lone CR may end a line for a reader, and a form feed is no blank of JSON.
            if memchr::memchr(b'\r', json).is_none() && memchr::memchr(b'\x0c', data).is_none() {
                return Self { raw, event: fields.event, json: Cow::Borrowed(json), at: Some(from) };
            }
        }
        let space = |b: &u8| if matches!(b, b'\n' | b'\r') { b' ' } else { *b };
        let json = fields.data.trim_ascii().iter().map(space).collect();
        Self { raw, event: fields.event, json: Cow::Owned(json), at: None }
    }

    /// What goes out before and behind the JSON of an event of this name: the upstream's own framing where it is right.
    fn around(&self, name: &str) -> (Cow<'_, [u8]>, &[u8]) {
        // Two empty names are not compared: some processors take long over no bytes at no address.
        let same = if name.is_empty() { self.event.is_empty() } else { self.event == name.as_bytes() };
        if let Some(at) = self.at.filter(|_| same) {
            let (head, tail) = (&self.raw[..at], &self.raw[at + self.json.len()..]);
            if memchr::memchr_iter(b'\n', tail).count() == 2 && tail.ends_with(b"\n") {
                return (Cow::Borrowed(head), tail);
            }
        }
        let line = if name.is_empty() { String::new() } else { format!("event: {name}\n") };
        (Cow::Owned((line + "data: ").into_bytes()), b"\n\n")
    }

    /// The same, to be kept.
    pub fn framing(&self, name: &str) -> (Vec<u8>, Vec<u8>) {
        let (head, tail) = self.around(name);
        (head.into_owned(), tail.to_vec())
    }

    /// Writes the event under this name (empty for none), with edits of its JSON, which come into their order.
    pub fn write(&self, name: &str, edits: &mut Edits, out: &mut impl BufMut) {
        let (head, tail) = self.around(name);
        edits.sort();
        out.put_slice(&head);
        edits.write_within(&self.json, 0, self.json.len(), out);
        out.put_slice(tail);
    }

    /// Lets the templates know this event under this name.
    pub fn teach(&self, name: &str, lesson: &Lesson<'_>, templates: &mut Templates) {
        let Lesson { texts, edits, shown, number, tag, counts } = *lesson;
        let mut holes: SmallVec<[(Span, Hole); 3]> = texts.iter().map(|text| (*text, Hole::Text)).collect();
        holes.extend(number.map(|number| (number, Hole::Number)));
        holes.extend(counts.numbers.iter().map(|number| (*number, Hole::Count)));
        holes.sort_unstable_by_key(|(span, _)| *span);
        let (Some(at), Some((first, _)), false) = (self.at, holes.first(), texts.is_empty()) else { return };
        let (head, tail) = self.around(name);
        let to = |from: usize, to: usize| edits.apply_within(&self.json, from, to);
        let mut tails = SmallVec::new();
        for (n, (span, hole)) in holes.iter().enumerate() {
            let next = holes.get(n + 1).map(|(next, _)| next.0);
            let until = next.unwrap_or(self.json.len());
            if until < span.1 {
                return;
            }
            let end: (&[u8], &[u8]) = if next.is_some() { (b"", b"") } else { (&self.raw[at + until..], tail) };
            let seam = Seam {
                from: [&self.json[span.1..until], end.0].concat().into(),
                to: [&to(span.1, until), end.1].concat().into(),
            };
            tails.push((*hole, seam));
        }
        let end = texts.first().map_or(0, |text| text.1);
        let report = counts.report.map(|(from, to)| (from.saturating_sub(end), self.raw.len() - at - to));
        let from = self.raw[..at + first.0].into();
        let head = Seam { from, to: [&*head, &to(0, first.0)].concat().into() };
        templates.add(Template { head, tails, shown, tag, report });
    }
}
