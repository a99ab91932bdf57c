//! A Messages stream passed on. In: the upstream's bytes. Out: what may go to the client now; `message_delta` and
//! `message_stop` are held until they are sealed. Never here: a built event; frames are spliced, or copied by a template.
//!
//! Event types outside the families `message_*` and `content_block_*`, `ping` and `error` are dropped: a reader of
//! this dialect may fail on them, and no provider has sent one yet that a client asked for.

use super::message::{is_private, is_signature, read_block, read_message};
use super::template::{Shown, Templates};
use crate::anthropic::usage::{MessageCounts, pairs, write};
use crate::anthropic::{event, stop};
use crate::fault::UpstreamFault;
use crate::json::{Member, Members, blank, string_value};
use crate::lane::{ReplyHead, StreamFault, StreamSpec};
use crate::splice::Edits;
use crate::sse::{Frames, fields};
use bytes::BytesMut;
use canon::{Dialect, Stop, StopReason, Tally};
use units::{Usage, UsageSource};

/// See the caption.
#[derive(Debug)]
pub(crate) struct MessagesStream {
    head: ReplyHead,
    frames: Frames,
    templates: Templates,
    tally: Tally,
    counts: MessageCounts,
    started: bool,
    open: Vec<u64>,
    /// Blocks of thinking whose text was never shown.
    dark: Vec<u64>,
    tools: bool,
    held: Option<Held>,
    done: bool,
}

/// The `message_delta`, with where its usage stands or is to be inserted.
#[derive(Debug)]
struct Held {
    frame: Vec<u8>,
    usage: Option<(usize, usize)>,
    last: usize,
}

/// An event's fields that matter here.
#[derive(Debug, Default)]
struct Event {
    kind: String,
    index: u64,
    /// `message`, `content_block` or `delta`.
    inner: Option<(usize, usize)>,
    usage: Option<Member>,
    last: usize,
}

impl MessagesStream {
    pub fn new(spec: &StreamSpec) -> Self {
        Self {
            head: spec.head.clone(),
            frames: Frames::default(),
            templates: Templates::default(),
            tally: Tally::default(),
            counts: MessageCounts::default(),
            started: false,
            open: Vec::new(),
            dark: Vec::new(),
            tools: false,
            held: None,
            done: false,
        }
    }

    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    pub const fn is_complete(&self) -> bool {
        self.done
    }

    pub const fn started(&self) -> bool {
        self.started
    }

    pub fn push(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        let mut frames = std::mem::take(&mut self.frames);
        let pushed = frames.push(bytes, |frame| self.frame(frame, out));
        self.frames = frames;
        pushed
    }

    pub fn finish(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        let rest = self.frames.rest();
        if let Some(fault) = UpstreamFault::bare(Dialect::Anthropic, &rest) {
            return Err(StreamFault::Upstream(fault));
        }
        if self.frame(&rest, out).is_err() || !(self.done || self.held.is_some()) {
            return Err(StreamFault::Cut);
        }
        Ok(())
    }

    #[inline]
    fn frame(&mut self, frame: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        if self.done {
            return Ok(());
        }
        if let Some((shown, len)) = self.templates.pass(frame, out) {
            match shown {
                Shown::Text => self.tally.text(len),
                Shown::Reasoning => self.tally.reasoning(len),
            }
            return Ok(());
        }
        self.unknown_frame(frame, out)
    }

    fn unknown_frame(&mut self, frame: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        let Some(fields) = fields(frame) else {
            return Ok(());
        };
        if matches!(fields.data.trim_ascii(), b"" | b"[DONE]") {
            return Ok(());
        }
        if let Some(start) = fields.whole.filter(|_| frame.ends_with(b"\n")) {
            let start = blank(frame, start);
            let event = self.read(frame, start)?;
            if event.kind.as_bytes() == fields.event {
                return self.event(frame, start, &event, out);
            }
        }
        let start = blank(&fields.data, 0);
        let kind = self.read(&fields.data, start)?.kind;
        let mut plain = format!("event: {kind}\ndata: ").into_bytes();
        let start = plain.len() + start;
        plain.extend(fields.data.iter().map(|b| if *b == b'\n' { b' ' } else { *b }));
        plain.extend_from_slice(b"\n\n");
        let event = self.read(&plain, start)?;
        self.event(&plain, start, &event, out)
    }

    fn read(&self, frame: &[u8], start: usize) -> Result<Event, StreamFault> {
        let mut event = Event::default();
        let mut members = Members::new(frame, start, 0)?;
        while let Some(member) = members.next()? {
            let value = member.text(frame);
            let object = value.first() == Some(&b'{');
            match &*member.name(frame) {
                b"type" => event.kind = string_value(value).unwrap_or_default().into_owned(),
                b"index" => {
                    let text = std::str::from_utf8(value).unwrap_or_default();
                    event.index = text.parse().unwrap_or_default();
                }
                b"message" | b"content_block" | b"delta" if object => {
                    event.inner = Some(member.value);
                }
                b"usage" => event.usage = Some(member),
                b"error" if value != b"null" => event.kind = "error".to_owned(),
                _ => {}
            }
        }
        if blank(frame, members.end()) < frame.len() {
            return Err(StreamFault::Garbage);
        }
        event.last = members.last();
        Ok(event)
    }

    fn event(&mut self, frame: &[u8], start: usize, event: &Event, out: &mut BytesMut) -> Result<(), StreamFault> {
        match &*event.kind {
            "message_start" => return self.start(frame, event, out),
            "content_block_start" => self.block_start(frame, event)?,
            "content_block_delta" => return self.delta(frame, event, out),
            "content_block_stop" => self.open.retain(|i| *i != event.index),
            "message_delta" => {
                self.message_delta(frame, event)?;
                return Ok(());
            }
            "message_stop" => {
                self.done = true;
                return Ok(());
            }
            "error" => {
                let json = frame[start..].trim_ascii_end();
                return Err(StreamFault::Upstream(UpstreamFault::in_stream(Dialect::Anthropic, json)));
            }
            "ping" => {}
            kind if kind.starts_with("message_") || kind.starts_with("content_block_") => {}
            _ => return Ok(()),
        }
        out.extend_from_slice(frame);
        Ok(())
    }

    fn start(&mut self, frame: &[u8], event: &Event, out: &mut BytesMut) -> Result<(), StreamFault> {
        // A second start would splice two answers into one.
        let (Some((at, _)), false) = (event.inner, self.started) else {
            return Err(StreamFault::Garbage);
        };
        let mut edits = Edits::default();
        let message = read_message(frame, at, &self.head, &mut edits)?;
        match message.usage {
            Some((from, to)) => {
                self.counts.take_start(&frame[from..to]);
                self.tally.report(&self.counts.usage());
            }
            None => {
                let mut usage = b",\"usage\":".to_vec();
                write(&Usage::NONE, &mut usage);
                edits.insert(message.last, usage);
            }
        }
        self.started = true;
        out.extend_from_slice(&edits.apply(frame));
        Ok(())
    }

    fn block_start(&mut self, frame: &[u8], event: &Event) -> Result<(), StreamFault> {
        let (at, to) = event.inner.ok_or(StreamFault::Garbage)?;
        read_block(frame, at)?.tell(&mut self.tally);
        let block = &frame[at..to];
        self.tools |= memchr::memmem::find(block, b"\"tool_use\"").is_some();
        if memchr::memmem::find(block, b"\"thinking\"").is_some() {
            self.dark.push(event.index);
        }
        self.open.push(event.index);
        Ok(())
    }

    fn delta(&mut self, frame: &[u8], event: &Event, out: &mut BytesMut) -> Result<(), StreamFault> {
        let (at, _) = event.inner.ok_or(StreamFault::Garbage)?;
        let block = read_block(frame, at)?;
        block.tell(&mut self.tally);
        if is_signature(frame, at) && self.dark.contains(&event.index) {
            self.tally.sealed();
        }
        out.extend_from_slice(frame);
        // A template of an empty text would hide which blocks of thinking ever showed any.
        if let Some((text, shown)) = block.only.filter(|(text, _)| text.1 > text.0) {
            if shown == Shown::Reasoning {
                self.dark.retain(|i| *i != event.index);
            }
            self.templates.learn(frame, &[text], &Edits::default(), shown);
        }
        Ok(())
    }

    fn message_delta(&mut self, frame: &[u8], event: &Event) -> Result<(), StreamFault> {
        let usage = event.usage.map(|m| m.value);
        if let Some((from, to)) = usage {
            self.counts.take(&frame[from..to]);
            self.tally.report(&self.counts.usage());
        }
        let stop = event.inner.and_then(|(at, _)| read_stop(frame, at));
        if let Some(stop) = stop {
            self.tally.stopped(stop);
        } else if self.held.is_some() {
            // An empty report after the end only tells usage, which is taken.
            return Ok(());
        }
        self.held = Some(Held {
            frame: frame.to_vec(),
            usage: usage.filter(|(from, _)| frame[*from] == b'{'),
            last: event.last,
        });
        Ok(())
    }

    pub fn seal(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        let reason = if self.tools { StopReason::ToolUse } else { StopReason::EndTurn };
        self.close(out);
        match self.held.take() {
            Some(held) => out.extend_from_slice(&held.sealed(usage, source)),
            None => event::delta(&Stop::new(reason), usage, out),
        }
        event::stop_event(out);
        self.done = true;
    }

    pub fn cut_short(&mut self, usage: &Usage, out: &mut BytesMut) {
        let stop = Stop::new(StopReason::MaxTokens);
        self.close(out);
        event::delta(&stop, usage, out);
        event::stop_event(out);
        self.tally.stopped(stop);
        self.done = true;
    }

    /// Begins what never began and closes what is open.
    fn close(&mut self, out: &mut BytesMut) {
        if !self.started {
            event::start(&self.head, &Usage::NONE, out);
            self.started = true;
        }
        for index in self.open.drain(..) {
            event::block_stop(index, out);
        }
    }
}

fn read_stop(frame: &[u8], at: usize) -> Option<Stop> {
    let mut members = Members::new(frame, at, 1).ok()?;
    let (mut word, mut sequence) = (None, None);
    while let Ok(Some(member)) = members.next() {
        let text = string_value(member.text(frame)).map(std::borrow::Cow::into_owned);
        match &*member.name(frame) {
            b"stop_reason" => word = text,
            b"stop_sequence" => sequence = text,
            _ => {}
        }
    }
    let mut stop = stop::read(&word.filter(|w| !w.is_empty())?);
    stop.sequence = sequence;
    Some(stop)
}

impl Held {
    /// The frame with the usage that is charged: the upstream's object where it is the truth, its counts completed.
    fn sealed(self, usage: &Usage, source: UsageSource) -> Vec<u8> {
        let mut edits = Edits::default();
        let mut text = Vec::new();
        match self.usage {
            Some((at, _)) if source == UsageSource::Provider => {
                self.complete(at, usage, &mut edits);
            }
            Some(span) => {
                write(usage, &mut text);
                edits.replace(span, text);
            }
            None => {
                text.extend_from_slice(b",\"usage\":");
                write(usage, &mut text);
                edits.insert(self.last, text);
            }
        }
        edits.apply(&self.frame)
    }

    fn complete(&self, at: usize, usage: &Usage, edits: &mut Edits) {
        let Ok(mut members) = Members::new(&self.frame, at, 1) else {
            return;
        };
        let mut missing = pairs(usage);
        let mut gone = Vec::new();
        while let Ok(Some(member)) = members.next() {
            let name = member.name(&self.frame);
            if let Some(n) = missing.iter().position(|(k, _)| k.as_bytes() == &*name) {
                let ours = missing.swap_remove(n).1.to_string();
                if ours.as_bytes() != member.text(&self.frame) {
                    edits.replace(member.value, ours.into_bytes());
                }
            } else if is_private(&name) {
                gone.push(member);
            }
        }
        missing.sort_unstable();
        for (key, count) in missing {
            let comma = if members.last() > 0 { "," } else { "" };
            let text = format!("{comma}\"{key}\":{count}");
            edits.insert(members.last().max(at + 1), text.into_bytes());
        }
        edits.remove(&self.frame, &mut gone);
    }
}
