//! A stream that is one JSON array instead of events, as Gemini clients get it that do not ask for events. In: a lane that
//! writes events. Out: their data as elements, the bracket that closes them at the end, be it good or bad.
//! Never here: what an element says.

use super::{LaneStream, StreamFault};
use bytes::BytesMut;
use canon::{Fault, Tally};
use units::{Usage, UsageSource};

/// Blanks between elements keep a silent connection open.
const KEEPALIVE: &[u8] = b"\n";

/// See the caption.
#[derive(Debug)]
pub(super) struct Array {
    lane: Box<dyn LaneStream>,
    events: BytesMut,
    begun: bool,
}

impl Array {
    pub fn new(lane: Box<dyn LaneStream>) -> Self {
        Self { lane, events: BytesMut::new(), begun: false }
    }

    /// Writes the events of the lane as elements. A lane writes whole events.
    fn elements(&mut self, out: &mut BytesMut) {
        let events = self.events.split();
        let mut inside = false;
        for line in events[..].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            let Some(data) = line.strip_prefix(b"data:") else {
                inside &= !line.is_empty();
                continue;
            };
            if !std::mem::replace(&mut inside, true) {
                let start: &[u8] = if std::mem::replace(&mut self.begun, true) { b"\n,\n" } else { b"[" };
                out.extend_from_slice(start);
            }
            out.extend_from_slice(data.trim_ascii());
        }
    }

    fn close(&mut self, out: &mut BytesMut) {
        self.elements(out);
        let end: &[u8] = if self.begun { b"\n]\n" } else { b"[]\n" };
        out.extend_from_slice(end);
    }
}

impl LaneStream for Array {
    fn push(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        let pushed = self.lane.push(bytes, &mut self.events);
        self.elements(out);
        pushed
    }

    fn finish(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        let finished = self.lane.finish(&mut self.events);
        self.elements(out);
        finished
    }

    fn tally(&self) -> &Tally {
        self.lane.tally()
    }

    fn is_complete(&self) -> bool {
        self.lane.is_complete()
    }

    fn goes_on(&self) -> bool {
        self.lane.goes_on()
    }

    fn has_stopped(&self) -> bool {
        self.lane.has_stopped()
    }

    fn ping(&self) -> Option<&'static [u8]> {
        Some(KEEPALIVE)
    }

    fn seal(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        self.lane.seal(usage, source, &mut self.events);
        self.close(out);
    }

    fn cut_short(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        self.lane.cut_short(usage, source, &mut self.events);
        self.close(out);
    }

    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        self.lane.fail(fault, request_id, &mut self.events);
        self.close(out);
    }
}
