//! A Gemini stream passed on. In: its frames. Out: what may go to the client now; the frames that say why the answer ends
//! are held until they are sealed. Never here: a built frame where the upstream sent one; frames are spliced, or recognised
//! by a template and copied (pass).
//!
//! Only the end of the connection is the end: servers exist that say on every frame why the answer ends. A held frame of a
//! candidate that goes on is let go without its word.

use super::gemini::{Candidate, Part, TopReader, charge_usage, growing, show_usage};
use super::pass::{Counts, EventReader, Frame, Lesson, Passage, Way};
use crate::codec::fail_plainly;
use crate::gemini::frame::{End, Pen};
use crate::gemini::stop;
use crate::gemini::usage::GeminiCounts;
use crate::lane::{LaneStream, StreamFault, StreamSpec};
use crate::splice::Edits;
use crate::sse::EVENT_BYTES_MAX;
use bytes::BytesMut;
use canon::{Dialect, Fault, Stop, StopReason, Tally};
use smallvec::SmallVec;
use units::{Usage, UsageSource};

/// A Gemini stream on its way.
pub(crate) type GeminiStream = Passage<GeminiReader>;

/// Reads the frames that no template knows.
#[derive(Debug)]
pub(crate) struct GeminiReader {
    pen: Pen,
    counts: GeminiCounts,
    /// The candidates that were seen, and the word of each that came to its end.
    seen: Vec<Candidate>,
    blocked: bool,
    called: bool,
    held: Vec<Held>,
    held_bytes: usize,
    /// Words that left with no frame of their own.
    owed: Vec<Candidate>,
    done: bool,
}

/// A frame that waits for the seal.
#[derive(Debug)]
struct Held {
    around: (Vec<u8>, Vec<u8>),
    json: Vec<u8>,
    candidates: SmallVec<[Candidate; 1]>,
}

impl EventReader for GeminiReader {
    const DIALECT: Dialect = Dialect::Gemini;

    fn is_done(&self) -> bool {
        self.done
    }

    fn may_end(&self) -> bool {
        self.done || self.blocked || (!self.seen.is_empty() && self.seen.iter().all(|c| c.word.is_some()))
    }

    fn last_word(&mut self) {
        self.done = self.may_end();
    }

    fn counted(&mut self, report: &[u8], tally: &mut Tally) {
        self.counts.take(report);
        tally.report(&self.counts.usage());
    }

    fn read(&mut self, frame: &Frame<'_>, way: &mut Way<'_>) -> Result<(), StreamFault> {
        let json = &*frame.json;
        let mut edits = Edits::default();
        let top = TopReader { json, edits: &mut edits, pen: &self.pen, part: Part::Frame }.read()?;
        // A report counts what stands in its frame, too.
        top.tell(way.tally);
        if let Some(usage) = top.usage {
            self.counted(usage.text(json), way.tally);
        }
        self.called |= top.called;
        self.blocked |= top.blocked.is_some();
        self.note(&top.candidates);
        self.let_go(&top.candidates, way)?;
        if let Some(stop) = top.stop(self.called) {
            way.tally.stopped(stop);
        }
        // What follows the end without parts tells about the answer; its usage is what the end shows.
        let says = top.candidates.iter().any(|candidate| candidate.says);
        if top.ends() || (!says && !self.held.is_empty()) {
            // What was learned would overtake it.
            way.templates.clear();
            return self.hold(frame, top.candidates);
        }
        let plain = show_usage(json, &top, &self.counts, &mut edits);
        frame.write("", &mut edits, way.out);
        if let Some((text, shown)) = top.only.filter(|_| plain) {
            let numbers = top.usage.map(|usage| growing(json, usage)).unwrap_or_default();
            let report = top.usage.map(|usage| usage.value);
            // The text is the first hole; counts before it would be taken for it.
            if report.is_none_or(|report| report.0 > text.1) {
                let counts = Counts { numbers: &numbers, report };
                let lesson = Lesson { texts: &[text], edits: &edits, shown, number: None, tag: 0, counts };
                frame.teach("", &lesson, way.templates);
            }
        }
        Ok(())
    }
}

impl GeminiReader {
    /// Takes note of candidates; what goes on has no end yet.
    fn note(&mut self, candidates: &[Candidate]) {
        for candidate in candidates {
            match self.seen.iter_mut().find(|seen| seen.index == candidate.index) {
                Some(seen) if candidate.says || candidate.word.is_some() => seen.word.clone_from(&candidate.word),
                Some(_) => {}
                None => self.seen.push(candidate.clone()),
            }
        }
    }

    fn hold(&mut self, frame: &Frame<'_>, candidates: SmallVec<[Candidate; 1]>) -> Result<(), StreamFault> {
        self.held_bytes += frame.json.len();
        // A server that ends again and again must not fill our memory.
        if self.held_bytes > EVENT_BYTES_MAX {
            return Err(StreamFault::TooLong);
        }
        self.held.push(Held { around: frame.framing(""), json: frame.json.to_vec(), candidates });
        Ok(())
    }

    /// Writes the held frames of candidates that go on.
    fn let_go(&mut self, candidates: &[Candidate], way: &mut Way<'_>) -> Result<(), StreamFault> {
        let comes = |one: &Candidate| candidates.iter().any(|c| c.index == one.index && c.says);
        self.owed.retain(|owed| !comes(owed));
        let (gone, stays): (Vec<Held>, Vec<Held>) =
            self.held.drain(..).partition(|held| held.candidates.iter().any(comes));
        self.held = stays;
        for held in gone {
            self.held_bytes -= held.json.len();
            self.owed.extend(held.candidates.iter().filter(|c| c.word.is_some() && !comes(c)).cloned());
            let mut edits = Edits::default();
            let top =
                TopReader { json: &held.json, edits: &mut edits, pen: &self.pen, part: Part::Earlier }.read()?;
            show_usage(&held.json, &top, &self.counts, &mut edits);
            held.write(edits, way.out);
        }
        Ok(())
    }
}

impl Held {
    fn write(&self, edits: Edits, out: &mut BytesMut) {
        let (head, tail) = &self.around;
        out.extend_from_slice(head);
        out.extend_from_slice(&edits.apply(&self.json));
        out.extend_from_slice(tail);
    }
}

impl LaneStream for GeminiStream {
    fn push(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        self.take(bytes, out)
    }

    fn finish(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        self.ended(out)
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn is_complete(&self) -> bool {
        self.reader.done
    }

    fn has_stopped(&self) -> bool {
        self.reader.may_end()
    }

    fn seal(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        self.end(StopReason::EndTurn, usage, source, out);
    }

    fn cut_short(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        self.tally.stopped(Stop::new(StopReason::MaxTokens));
        self.end(StopReason::MaxTokens, usage, source, out);
    }

    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        fail_plainly(Dialect::Gemini, fault, request_id, out);
    }
}

impl GeminiStream {
    /// A stream that has not begun.
    pub fn new(spec: &StreamSpec) -> Self {
        Self::of(GeminiReader {
            pen: Pen::new(&spec.head),
            counts: GeminiCounts::default(),
            seen: Vec::new(),
            blocked: false,
            called: false,
            held: Vec::new(),
            held_bytes: 0,
            owed: Vec::new(),
            done: false,
        })
    }

    /// Writes the terminal group; where the upstream never said why it ends, an end of ours.
    fn end(&mut self, reason: StopReason, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        let reader = &mut self.reader;
        reader.done = true;
        for owed in &reader.owed {
            let word = stop::shown(owed.word.as_deref().unwrap_or_default());
            reader.pen.finish(owed.index, word, out);
        }
        let held = std::mem::take(&mut reader.held);
        if held.is_empty() {
            let last = br#"{"text":""}"#.to_vec();
            reader.pen.frame(last, Some(End { word: stop::word(reason), usage }), out);
        }
        let last = held.len().saturating_sub(1);
        for (n, held) in held.into_iter().enumerate() {
            let mut edits = Edits::default();
            let read =
                TopReader { json: &held.json, edits: &mut edits, pen: &reader.pen, part: Part::Frame }.read();
            // It was read before it was held.
            let Ok(top) = read else { continue };
            if n == last {
                charge_usage(&held.json, &top, usage, source == UsageSource::Provider, &mut edits);
            } else {
                show_usage(&held.json, &top, &reader.counts, &mut edits);
            }
            held.write(edits, out);
        }
    }
}

#[cfg(test)]
#[path = "tests/gemini_templates.rs"]
mod tests;
