//! The end of a Responses stream. In: the event with the whole answer, the charge. Out: the terminal group, and the response
//! object that is kept. Never here: items (whole), events before the end.

use super::super::pass::{Frame, Way};
use super::super::response::ResponseReader;
use super::super::response_items::write;
use super::super::usage::{self, anew};
use super::{Held, ResponsesReader, ResponsesStream, envelope, response_of};
use crate::json::{Items, Members};
use crate::lane::{LaneStream, StreamFault, StreamSpec};
use crate::openai_responses::object::{End, write_object};
use crate::openai_responses::stop;
use crate::openai_responses::usage::{ResponseCounts, write as write_usage};
use crate::splice::Edits;
use bytes::{Bytes, BytesMut};
use canon::{Fault, Stop, StopReason, Tally};
use units::{Usage, UsageSource};

impl ResponsesReader {
    /// The event with the whole answer came: it fills gaps, and is held.
    pub(super) fn ended_by(&mut self, frame: &Frame<'_>, kind: &str, way: &mut Way<'_>) -> Result<(), StreamFault> {
        self.begin(way.next, way.out);
        let json = &*frame.json;
        let response = response_of(json)?;
        self.settle_all(json, response.value.0, way)?;
        let status = if kind == "response.completed" { "completed" } else { "incomplete" };
        for at in 0..self.items.list.len() {
            self.items.end(at, status, way.next, way.out);
        }
        let mut edits = Edits::default();
        let output = self.items.output();
        let reader = ResponseReader {
            json,
            head: &self.head,
            echo: &self.echo,
            edits: &mut edits,
            status: Some(status),
            items: Some(&output),
        };
        let found = reader.read(response.value.0, 1)?;
        let usage = found.usage.map(|member| member.value);
        let mut clean = None;
        if let Some((from, to)) = usage {
            let text = &json[from..to];
            self.counts.take(text);
            way.tally.report(&self.counts.usage());
            let mut cleaned = Edits::default();
            let plain = usage::clean(json, from, &usage::RESPONSES, &mut cleaned) && usage::has_details(text);
            clean = plain.then_some(cleaned);
        }
        way.tally.stopped(self.stop(status, found.reason.as_deref()));
        // Its number is its own: nothing is written between now and the seal.
        envelope(json, kind, *way.next, &mut edits)?;
        self.held = Some(Box::new(Held {
            around: frame.framing(kind),
            json: json.to_vec(),
            edits,
            response: response.value,
            usage,
            clean,
            last: found.closed.last,
        }));
        Ok(())
    }

    fn settle_all(&mut self, json: &[u8], at: usize, way: &mut Way<'_>) -> Result<(), StreamFault> {
        let mut members = Members::new(json, at, 1)?;
        while let Some(member) = members.next()? {
            if &*member.name(json) != b"output" || !member.text(json).starts_with(b"[") {
                continue;
            }
            let mut items = Items::new(json, member.value.0, 2)?;
            let mut n = 0;
            while let Some((start, _)) = items.next()? {
                if json.get(start) == Some(&b'{') {
                    self.settle(n, start, json, way)?;
                    n += 1;
                }
            }
        }
        Ok(())
    }

    fn stop(&self, status: &str, reason: Option<&str>) -> Stop {
        let mut stop = stop::read(status, reason);
        stop.reason = stop.reason.with_calls(self.items.called);
        if stop.reason == StopReason::EndTurn && self.items.refused {
            stop.reason = StopReason::Refusal;
        }
        stop
    }

    /// Ends what is open, and the answer with it, in an object of ours.
    fn close(&mut self, kind: &str, end: &End<'_>, next: &mut u64, out: &mut BytesMut) {
        self.begin(next, out);
        let items = if end.status == "completed" { "completed" } else { "incomplete" };
        for at in 0..self.items.list.len() {
            self.items.end(at, items, next, out);
        }
        let mut object = Vec::new();
        write_object(&self.head, &self.echo, &self.items.output(), end, &mut object);
        write(next, out, |pen, out| pen.response(kind, &object, out));
        self.object = Some(Bytes::from(object));
    }
}

impl LaneStream for ResponsesStream {
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
        self.reader.held.is_some() || self.reader.object.is_some()
    }

    fn final_object(&self) -> Option<Bytes> {
        self.reader.object.clone()
    }

    fn seal(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        let reader = &mut self.reader;
        match reader.held.take() {
            Some(held) => {
                let (event, object) = held.sealed(usage, source);
                out.extend_from_slice(&event);
                self.next += 1;
                reader.object = Some(Bytes::from(object));
            }
            None => {
                let end = End { status: "completed", usage: Some(usage), ..End::default() };
                reader.close("response.completed", &end, &mut self.next, out);
            }
        }
    }

    fn cut_short(&mut self, usage: &Usage, _source: UsageSource, out: &mut BytesMut) {
        let incomplete = Some("max_output_tokens");
        let end = End { status: "incomplete", incomplete, error: None, usage: Some(usage) };
        self.reader.close("response.incomplete", &end, &mut self.next, out);
        self.tally.stopped(Stop::new(StopReason::MaxTokens));
    }

    fn fail(&mut self, fault: &Fault, _request_id: &str, out: &mut BytesMut) {
        let error = Some((crate::fault::code(fault.kind), &*fault.told));
        let end = End { status: "failed", error, ..End::default() };
        self.reader.close("response.failed", &end, &mut self.next, out);
    }
}

impl ResponsesStream {
    /// A stream that has not begun.
    pub fn new(spec: &StreamSpec) -> Self {
        Self::of(ResponsesReader {
            head: spec.head.clone(),
            echo: spec.echo.clone(),
            counts: ResponseCounts::default(),
            started: false,
            items: super::ItemList::default(),
            held: None,
            object: None,
        })
    }
}

impl Held {
    /// The event and its response object with the usage that is charged: the upstream's own where it is the truth.
    fn sealed(self, usage: &Usage, source: UsageSource) -> (Vec<u8>, Vec<u8>) {
        let Self { around: (head, tail), json, mut edits, response, clean, last, .. } = self;
        let ours = |start| anew(start, usage, write_usage);
        match (self.usage, clean) {
            (Some(_), Some(clean)) if source == UsageSource::Provider => edits.join(clean),
            (Some(span), _) => edits.replace(span, ours(b"")),
            (None, _) => edits.insert(last, ours(b",\"usage\":")),
        }
        edits.sort();
        let object = edits.apply_within(&json, response.0, response.1);
        (edits_around(&head, &edits.apply(&json), &tail), object)
    }
}

fn edits_around(head: &[u8], json: &[u8], tail: &[u8]) -> Vec<u8> {
    [head, json, tail].concat()
}
