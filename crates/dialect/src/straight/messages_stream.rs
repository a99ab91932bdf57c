//! A Messages stream passed on. In: its frames. Out: what may go to the client now; `message_delta` and `message_stop` are
//! held until they are sealed. Never here: a built event where the upstream sent one; frames are spliced, or copied by a
//! template (pass).
//!
//! Readers of this dialect fail on types they do not know, on blocks that were never begun and on gaps between the numbers
//! of blocks: types that the public description does not have are dropped, starts and ends that are missing are written,
//! numbers are made dense.

use super::block::{Block, Kind};
use super::event::{Before, Seen, see};
use super::pass::{Counts, EventReader, Frame, Lesson, Passage, Way};
use super::usage::{self, anew};
use crate::anthropic::event;
use crate::anthropic::usage::{MessageCounts, write};
use crate::codec::fail_plainly;
use crate::json::Span;
use crate::lane::{LaneStream, ReplyHead, StreamFault, StreamSpec};
use crate::splice::Edits;
use bytes::BytesMut;
use canon::{Dialect, Fault, Head, Stop, StopReason, Tally};
use units::{Usage, UsageSource};

/// More blocks than this are never open at once: servers end a block before they begin the next, or forget to.
const BLOCKS_MAX: usize = 1024;

/// A Messages stream on its way.
pub(crate) type MessagesStream = Passage<MessagesReader>;

/// Reads the events that no template knows.
#[derive(Debug)]
pub(crate) struct MessagesReader {
    head: ReplyHead,
    counts: MessageCounts,
    started: bool,
    open: Vec<Open>,
    /// How many blocks were begun.
    blocks: u64,
    tools: bool,
    held: Option<Box<Held>>,
    done: bool,
}

/// A block that was begun and has not ended.
#[derive(Debug)]
struct Open {
    /// Its number at the upstream and at the client.
    theirs: u64,
    ours: u64,
    /// Whether it is thinking that was never shown so far.
    dark: bool,
}

/// The `message_delta`, with where its usage stands or is to be inserted.
#[derive(Debug)]
struct Held {
    around: (Vec<u8>, Vec<u8>),
    json: Vec<u8>,
    edits: Edits,
    usage: Option<Span>,
    last: usize,
}

impl EventReader for MessagesReader {
    const DIALECT: Dialect = Dialect::Anthropic;

    fn is_done(&self) -> bool {
        self.done
    }

    fn may_end(&self) -> bool {
        self.done || self.held.is_some()
    }

    fn last_word(&mut self) {}

    fn read(&mut self, frame: &Frame<'_>, way: &mut Way<'_>) -> Result<(), StreamFault> {
        let before = Before { head: &self.head, blocks: self.blocks, tools: self.tools };
        let Some(seen) = see(frame, &before)? else {
            return Ok(());
        };
        match seen.kind {
            "message_start" => return self.start(frame, seen, way),
            "message_stop" => {
                self.done = true;
                return Ok(());
            }
            "ping" => {
                if self.started {
                    seen.write(frame, way.out);
                }
                return Ok(());
            }
            _ => self.begin(way.out),
        }
        match seen.kind {
            "content_block_start" => self.block_start(frame, seen, way),
            "content_block_delta" => self.delta(frame, seen, way),
            "content_block_stop" => {
                self.block_stop(frame, seen, way);
                Ok(())
            }
            _ => {
                self.message_delta(frame, seen, way.tally);
                Ok(())
            }
        }
    }
}

impl MessagesReader {
    /// Begins what the upstream did not begin.
    fn begin(&mut self, out: &mut BytesMut) {
        if !std::mem::replace(&mut self.started, true) {
            event::start(&self.head, &Usage::NONE, out);
        }
    }

    fn start(&mut self, frame: &Frame<'_>, mut seen: Seen<'_>, way: &mut Way<'_>) -> Result<(), StreamFault> {
        // A second start would splice two answers into one.
        if std::mem::replace(&mut self.started, true) {
            return Err(StreamFault::Garbage);
        }
        let json = &*frame.json;
        let message = seen.message.take().ok_or(StreamFault::Garbage)?;
        if let Some(usage) = message.usage {
            self.counts.take_start(usage.text(json));
            way.tally.report(&self.counts.usage());
            let mut edits = Edits::default();
            if usage::clean(json, usage.value.0, &usage::MESSAGES, &mut edits) {
                seen.edits.join(edits);
            } else {
                seen.edits.replace(usage.value, anew(b"", &self.counts.usage(), write));
            }
        }
        seen.write(frame, way.out);
        Ok(())
    }

    fn push(&mut self, theirs: Option<u64>, dark: bool) -> Result<u64, StreamFault> {
        if self.open.len() >= BLOCKS_MAX {
            return Err(StreamFault::Garbage);
        }
        let ours = self.blocks;
        self.blocks += 1;
        self.open.push(Open { theirs: theirs.unwrap_or(ours), ours, dark });
        Ok(ours)
    }

    /// The open block that an event speaks of: without a number, the last.
    fn find(&self, theirs: Option<u64>) -> Option<usize> {
        match theirs {
            Some(theirs) => self.open.iter().position(|open| open.theirs == theirs),
            None => self.open.len().checked_sub(1),
        }
    }

    fn block_start(&mut self, frame: &Frame<'_>, mut seen: Seen<'_>, way: &mut Way<'_>) -> Result<(), StreamFault> {
        let json = &*frame.json;
        let block = seen.block.take().ok_or(StreamFault::Garbage)?;
        block.tell(way.tally);
        self.tools |= block.kind == Kind::ToolUse;
        let theirs = seen.theirs(json);
        if let Some(same) = theirs.and_then(|theirs| self.find(Some(theirs))) {
            event::block_stop(self.open.remove(same).ours, way.out);
        }
        let ours = self.push(theirs, block.kind == Kind::Thinking && block.reasoning == 0)?;
        seen.set_index(json, ours);
        // What was learned of another block under this number is no longer right.
        way.templates.clear();
        seen.write(frame, way.out);
        Ok(())
    }

    fn block_stop(&mut self, frame: &Frame<'_>, mut seen: Seen<'_>, way: &mut Way<'_>) {
        if let Some(at) = self.find(seen.theirs(&frame.json)) {
            let open = self.open.remove(at);
            seen.set_index(&frame.json, open.ours);
            way.templates.clear();
            seen.write(frame, way.out);
        }
    }

    /// Opens the block that a delta belongs to and that was never begun. A call cannot be begun without its name.
    fn open_for(&mut self, block: &Block, theirs: Option<u64>, out: &mut BytesMut) -> Result<usize, StreamFault> {
        let head = match block.kind {
            Kind::Text => Head::Text,
            Kind::Thinking => Head::Thinking,
            Kind::ToolUse | Kind::Other => return Err(StreamFault::Garbage),
        };
        let ours = self.push(theirs, block.kind == Kind::Thinking)?;
        event::block_start(ours, &head, out);
        Ok(self.open.len() - 1)
    }

    fn delta(&mut self, frame: &Frame<'_>, mut seen: Seen<'_>, way: &mut Way<'_>) -> Result<(), StreamFault> {
        let json = &*frame.json;
        let block = seen.block.take().ok_or(StreamFault::Garbage)?;
        let theirs = seen.theirs(json);
        let at = match self.find(theirs) {
            Some(at) => at,
            None => self.open_for(&block, theirs, way.out)?,
        };
        let Some(open) = self.open.get_mut(at) else {
            return Err(StreamFault::Garbage);
        };
        block.tell(way.tally);
        if block.signed && open.dark {
            way.tally.sealed();
        }
        open.dark &= block.reasoning == 0;
        seen.set_index(json, open.ours);
        let (kind, numbered) = (seen.kind, seen.index.is_some());
        let edits = seen.write(frame, way.out);
        // A template of an empty text would hide which blocks of thinking ever showed any.
        if let Some((text, shown)) = block.only.filter(|(text, _)| numbered && text.1 > text.0) {
            let lesson =
                Lesson { texts: &[text], edits: &edits, shown, number: None, tag: 0, counts: Counts::default() };
            frame.teach(kind, &lesson, way.templates);
        }
        Ok(())
    }

    fn message_delta(&mut self, frame: &Frame<'_>, mut seen: Seen<'_>, tally: &mut Tally) {
        let json = &*frame.json;
        let usage = seen.usage.map(|member| member.value);
        if let Some((from, to)) = usage {
            self.counts.take(&json[from..to]);
            tally.report(&self.counts.usage());
        }
        // One that does not say why the answer ended only tells usage, which is taken.
        let Some(stop) = seen.stop.take() else { return };
        tally.stopped(stop);
        let around = frame.framing(seen.kind);
        let (edits, last) = seen.close();
        self.held = Some(Box::new(Held { around, json: json.to_vec(), edits, usage, last }));
    }

    /// Begins what never began and closes what is open.
    fn close(&mut self, out: &mut BytesMut) {
        self.begin(out);
        for open in self.open.drain(..) {
            event::block_stop(open.ours, out);
        }
    }
}

impl LaneStream for MessagesStream {
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

    fn seal(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        let reader = &mut self.reader;
        reader.close(out);
        match reader.held.take() {
            Some(held) => out.extend_from_slice(&held.sealed(usage, source)),
            None => event::delta(&Stop::new(StopReason::EndTurn.with_calls(reader.tools)), usage, out),
        }
        event::stop_event(out);
        reader.done = true;
    }

    fn cut_short(&mut self, usage: &Usage, _source: UsageSource, out: &mut BytesMut) {
        let stop = Stop::new(StopReason::MaxTokens);
        self.reader.close(out);
        event::delta(&stop, usage, out);
        event::stop_event(out);
        self.tally.stopped(stop);
        self.reader.done = true;
    }

    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        fail_plainly(Dialect::Anthropic, fault, request_id, out);
    }

    fn ping(&self) -> Option<&'static [u8]> {
        self.reader.started.then_some(event::PING)
    }
}

impl MessagesStream {
    /// A stream that has not begun.
    pub fn new(spec: &StreamSpec) -> Self {
        Self::of(MessagesReader {
            head: spec.head.clone(),
            counts: MessageCounts::default(),
            started: false,
            open: Vec::new(),
            blocks: 0,
            tools: false,
            held: None,
            done: false,
        })
    }
}

impl Held {
    /// The event with the usage that is charged: the upstream's object where it is the truth, its counts completed.
    fn sealed(self, usage: &Usage, source: UsageSource) -> Vec<u8> {
        let Self { around: (head, tail), json, mut edits, .. } = self;
        let ours = |start| anew(start, usage, write);
        match self.usage {
            Some(span) => {
                let mut completed = Edits::default();
                let whole = usage::complete(&json, span.0, usage, &mut completed).is_ok();
                if whole && source == UsageSource::Provider {
                    edits.join(completed);
                } else {
                    edits.replace(span, ours(b""));
                }
            }
            None => edits.insert(self.last, ours(b",\"usage\":")),
        }
        [head, edits.apply(&json), tail].concat()
    }
}
