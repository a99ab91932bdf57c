//! The converting lane for answers. In: the upstream's bytes. Out: the client's; a tally watches the events between the two.
//! Never here: a pair of dialects; a decoder and an encoder meet over `canon::Event`.

use super::repeat::Repeat;
use super::stops::Stops;
use super::{LaneStream, StreamFault, StreamSpec};
use crate::codec::{Decode, Encode, decoder, encoder, write_reply};
use crate::fault::UpstreamFault;
use crate::names::ToolNames;
use crate::seal::Maker;
use crate::sse::{Frames, fields};
use bytes::{Bytes, BytesMut};
use canon::{Dialect, Event, Fault, Head, Piece, Reply, Stop, StopReason, Tally};
use units::{Usage, UsageSource};

/// What is between decoder and encoder: names go back to the client's, proofs of reasoning are put under their maker's
/// number, calls always have arguments, stop sequences that the server does not know end the answer, the tally watches.
#[derive(Debug, Default)]
struct Middle {
    names: ToolNames,
    maker: Maker,
    stops: Stops,
    tally: Tally,
    open: Option<Head>,
    any: bool,
    /// A stop sequence of ours came up: nothing after it counts but usage.
    cut: bool,
}

impl Middle {
    fn new(spec: &StreamSpec) -> Self {
        Self { names: spec.names.clone(), maker: spec.maker, stops: Stops::new(&spec.stops), ..Self::default() }
    }

    fn pass(&mut self, event: Event, mut take: impl FnMut(Event)) {
        if self.cut && !matches!(event, Event::Usage(_)) {
            return;
        }
        match event {
            Event::Open(Head::ToolCall { id, name }) => {
                let name = self.names.client_name(&name).to_owned();
                self.through(Event::Open(Head::ToolCall { id, name }), &mut take);
            }
            Event::Open(Head::Redacted(proof)) => {
                self.through(Event::Open(Head::Redacted(self.maker.carry(&proof))), &mut take);
            }
            Event::More(Piece::Signature(proof)) => {
                self.through(Event::More(Piece::Signature(self.maker.carry(&proof))), &mut take);
            }
            Event::More(Piece::Text(text)) if self.open == Some(Head::Text) => {
                self.text(&text, &mut take);
            }
            Event::Close => {
                let rest = self.stops.rest();
                self.show(rest, &mut take);
                if matches!(self.open, Some(Head::ToolCall { .. })) && !self.any {
                    self.through(Event::More(Piece::Arguments("{}".to_owned())), &mut take);
                }
                self.through(Event::Close, &mut take);
            }
            other => self.through(other, &mut take),
        }
    }

    fn text(&mut self, text: &str, take: &mut impl FnMut(Event)) {
        let (shown, hit) = self.stops.take(text);
        self.show(shown, take);
        let Some(sequence) = hit else { return };
        self.through(Event::Close, take);
        let stop = Stop { sequence: Some(sequence), ..Stop::new(StopReason::StopSequence) };
        self.through(Event::Stop(stop), take);
        self.cut = true;
    }

    fn show(&mut self, text: String, take: &mut impl FnMut(Event)) {
        if !text.is_empty() {
            self.through(Event::More(Piece::Text(text)), take);
        }
    }

    fn through(&mut self, event: Event, take: &mut impl FnMut(Event)) {
        match &event {
            Event::Open(head) => {
                self.open = Some(head.clone());
                self.any = false;
            }
            Event::More(piece) => {
                // A seal without text: there was reasoning that is billed and not shown.
                if matches!(piece, Piece::Signature(_)) && !self.any {
                    self.tally.sealed();
                }
                self.any = true;
            }
            _ => {}
        }
        self.tally.observe(&event, self.open.as_ref());
        if event == Event::Close {
            self.open = None;
        }
        take(event);
    }
}

/// A stream that changes its dialect.
#[derive(Debug)]
pub(super) struct Convert {
    upstream: Dialect,
    frames: Frames,
    decoder: Box<dyn Decode>,
    encoder: Box<dyn Encode>,
    middle: Middle,
    events: Vec<Event>,
    /// The last frame, when it was only more of a text.
    known: Option<Repeat>,
}

impl Convert {
    pub fn new(spec: &StreamSpec) -> Self {
        Self {
            upstream: spec.upstream,
            frames: Frames::default(),
            decoder: decoder(spec),
            encoder: encoder(spec),
            middle: Middle::new(spec),
            events: Vec::new(),
            known: None,
        }
    }

    fn frame(&mut self, frame: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        if let Some(said) = self.known.as_ref().and_then(|known| known.said(frame)) {
            self.events.push(Event::More(Piece::Text(said.text)));
            if let Some(report) = said.report {
                self.decoder.reported(report, &mut self.events);
            }
            self.flush(out);
            if self.middle.cut {
                self.known = None;
            }
            return Ok(());
        }
        self.known = None;
        let Some(fields) = fields(frame).filter(|_| !self.decoder.is_done()) else {
            return Ok(());
        };
        let data = fields.data.trim_ascii();
        if data.is_empty() {
            return Ok(());
        }
        // What comes behind a stop sequence of ours only tells usage: nothing in it can spoil the answer.
        let over = self.middle.cut;
        let taken = self.told(fields.event, data);
        let more = matches!(
            self.events[..],
            [Event::More(Piece::Text(_))] | [Event::More(Piece::Text(_)), Event::Usage(_)]
        );
        let varies = self.decoder.varies().filter(|_| more && taken.is_ok());
        self.flush(out);
        self.known = varies.filter(|_| !self.middle.cut).and_then(|varies| Repeat::of(frame, &fields, varies));
        if over { Ok(()) } else { taken }
    }

    /// What the server said in one frame, as events.
    fn told(&mut self, event: &[u8], data: &[u8]) -> Result<(), StreamFault> {
        if event == b"error" {
            let fault = UpstreamFault::in_stream(self.upstream, data);
            return Err(StreamFault::Upstream(fault));
        }
        if std::str::from_utf8(data).is_err() {
            return Err(StreamFault::Garbage);
        }
        self.decoder.frame(event, data, &mut self.events)
    }

    fn flush(&mut self, out: &mut BytesMut) {
        let mut events = std::mem::take(&mut self.events);
        for event in events.drain(..) {
            let encoder = &mut self.encoder;
            self.middle.pass(event, |event| encoder.push(&event, out));
        }
        self.events = events;
    }
}

impl LaneStream for Convert {
    fn push(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        let mut frames = std::mem::take(&mut self.frames);
        let pushed = frames.push(bytes, |frame| self.frame(frame, out));
        self.frames = frames;
        pushed
    }

    fn finish(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        let rest = self.frames.rest();
        if self.middle.cut {
            // The answer ended before; whether the server ended it as well only tells whose count is whole.
            let _ = self.frame(&rest, out);
            let _ = self.decoder.finish(&mut self.events);
            self.flush(out);
            return Ok(());
        }
        if let Some(fault) = UpstreamFault::bare(self.upstream, &rest) {
            return Err(StreamFault::Upstream(fault));
        }
        // An event that was cut in two is not an event.
        let whole = self.frame(&rest, out).is_ok();
        let ended = self.decoder.finish(&mut self.events);
        self.flush(out);
        if whole { ended } else { Err(StreamFault::Cut) }
    }

    fn tally(&self) -> &Tally {
        &self.middle.tally
    }

    fn is_complete(&self) -> bool {
        self.decoder.is_done() || self.middle.cut
    }

    fn goes_on(&self) -> bool {
        self.middle.cut && !self.decoder.is_done()
    }

    fn has_stopped(&self) -> bool {
        self.decoder.has_stopped()
    }

    fn ping(&self) -> Option<&'static [u8]> {
        self.encoder.ping()
    }

    fn final_object(&self) -> Option<Bytes> {
        self.encoder.final_object()
    }

    fn ended_at(&mut self, seconds: i64) {
        self.encoder.ended_at(seconds);
    }

    fn seal(&mut self, usage: &Usage, _source: UsageSource, out: &mut BytesMut) {
        let stop = self.middle.tally.stop().cloned();
        self.encoder.end(&stop.unwrap_or(Stop::new(StopReason::EndTurn)), usage, out);
    }

    fn cut_short(&mut self, usage: &Usage, _source: UsageSource, out: &mut BytesMut) {
        let stop = Stop::new(StopReason::MaxTokens);
        self.encoder.end(&stop, usage, out);
        self.middle.tally.stopped(stop);
    }

    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        self.encoder.fail(fault, request_id, out);
    }
}

/// A whole answer that changes its dialect: the fold of the same events.
#[derive(Debug)]
pub(super) struct Converted {
    reply: Reply,
    spec: StreamSpec,
    pub tally: Tally,
}

impl Converted {
    /// Reads a body that is valid UTF-8.
    pub fn read(spec: &StreamSpec, body: &[u8]) -> Result<Self, StreamFault> {
        let mut events = Vec::new();
        decoder(spec).answer(body, &mut events)?;
        let mut reply = Reply::default();
        let mut middle = Middle::new(spec);
        for event in events {
            middle.pass(event, |event| reply.take(event));
        }
        Ok(Self { reply, spec: spec.clone(), tally: middle.tally })
    }

    pub const fn ended_at(&mut self, seconds: i64) {
        self.spec.head.ended = Some(seconds);
    }

    pub fn seal(&self, usage: &Usage) -> Bytes {
        Bytes::from(write_reply(&self.spec, &self.reply, usage))
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
