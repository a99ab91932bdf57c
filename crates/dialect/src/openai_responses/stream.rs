//! Responses answers decoded, streamed or whole. In: events of any server that calls itself compatible. Out: events of ours.
//! Never here: the order of blocks (order), what one item holds (growth), what goes to the client.
//!
//! Deltas are trusted; what stands in `.done` events, in whole items and in the whole answer only fills gaps. Servers leave
//! out numbers, ids of items, deltas or ends, and tell done texts that are not what they sent before.

use super::growth::{Blocks, Growth, Kind, Source};
use super::stop;
use super::usage::ResponseCounts;
use crate::codec::{Decode, type_of};
use crate::fault::UpstreamFault;
use crate::json::whole;
use crate::lane::StreamFault;
use crate::order::Order;
use crate::read::{Object, elements};
use canon::{Dialect, Event, StopReason};

/// No answer has more items.
const ITEMS_MAX: usize = 4096;

/// See the caption.
#[derive(Debug, Default)]
pub(crate) struct ResponsesDecoder {
    order: Order,
    counts: ResponseCounts,
    call_stem: String,
    next_key: u64,
    started: bool,
    items: Vec<Growth>,
    done: bool,
}

/// A failure told inside the answer: what stands under `error`, or the event itself.
fn upstream(json: &[u8]) -> StreamFault {
    StreamFault::Upstream(UpstreamFault::in_stream(Dialect::OpenAiResponses, json))
}

impl Decode for ResponsesDecoder {
    fn frame(&mut self, name: &[u8], data: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if data == b"[DONE]" {
            return Ok(());
        }
        let event = Object::alone(data).ok_or(StreamFault::Garbage)?;
        let kind = type_of(&event, name);
        if kind == "error" || event.get("error").is_some() {
            return Err(upstream(data));
        }
        let response = event.get("response").and_then(Object::open);
        match &*kind {
            "response.created" => {
                // A second start would splice two answers into one.
                if self.started {
                    return Err(StreamFault::Garbage);
                }
                self.start(out);
            }
            "response.in_progress" | "response.queued" => self.start(out),
            "response.failed" => {
                let error = response.as_ref().and_then(|response| response.get("error"));
                return Err(upstream(error.unwrap_or(data)));
            }
            "response.completed" | "response.incomplete" => {
                self.start(out);
                let status = kind.trim_start_matches("response.");
                return self.ended(status, &response.ok_or(StreamFault::Garbage)?, out);
            }
            _ => {
                self.start(out);
                return self.item_event(&kind, &event, out);
            }
        }
        Ok(())
    }

    fn answer(&mut self, body: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault> {
        let body = body.trim_ascii();
        if crate::json::skip(body, 0, 0) != Ok(body.len()) {
            return Err(StreamFault::Garbage);
        }
        let answer = Object::open(body).ok_or(StreamFault::Garbage)?;
        if let Some(error) = answer.get("error") {
            return Err(upstream(if error.first() == Some(&b'{') { error } else { body }));
        }
        let status = answer.str("status").unwrap_or_default();
        if status == "failed" || answer.str("type").as_deref() == Some("error") {
            return Err(upstream(body));
        }
        if answer.get("output").and_then(elements).is_none() || matches!(&*status, "in_progress" | "queued") {
            return Err(StreamFault::Garbage);
        }
        self.start(out);
        self.ended(if status.is_empty() { "completed" } else { &status }, &answer, out)
    }

    fn finish(&mut self, _out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if self.done { Ok(()) } else { Err(StreamFault::Cut) }
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn has_stopped(&self) -> bool {
        self.done
    }
}

impl ResponsesDecoder {
    /// Ids of calls that the server forgot start with `call_stem`.
    pub fn new(call_stem: String) -> Self {
        Self { call_stem, ..Self::default() }
    }

    fn start(&mut self, out: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.started, true) {
            out.push(Event::Start);
        }
    }

    fn item_event(&mut self, kind: &str, event: &Object<'_>, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if let Some(item) = event.get("item").and_then(Object::open) {
            let at = self.known(event, &item)?;
            self.items[at].head(&item);
            let to = &mut Blocks { order: &mut self.order, out };
            return match kind {
                "response.output_item.done" => self.items[at].finish(&item, to),
                _ => self.items[at].begin(to),
            };
        }
        let Some((source, whole)) = Source::of(kind) else {
            // Steps of tools that the provider runs, and events newer than this code, are its own affair.
            return Ok(());
        };
        let Some(at) = self.place(event, source)? else {
            return Ok(());
        };
        let item = &mut self.items[at];
        if let Some(name) = event.str("name") {
            item.name(&name);
        }
        let Some(text) = event.str(if whole { source.key() } else { "delta" }) else {
            return Ok(());
        };
        let number = event.get(source.index()).and_then(crate::json::whole).unwrap_or(0);
        let to = &mut Blocks { order: &mut self.order, out };
        if whole { item.fill(source, number, &text, to) } else { item.more(source, number, &text, to) }
    }

    /// The item that an event speaks of; one that was never begun begins here.
    fn place(&mut self, event: &Object<'_>, source: Source) -> Result<Option<usize>, StreamFault> {
        let id = event.str("item_id").unwrap_or_default();
        let index = event.get("output_index").and_then(whole);
        if let Some(at) = self.find(&id, index) {
            return Ok(self.items[at].takes(source).then_some(at));
        }
        let last = self.items.len().checked_sub(1);
        if let Some(at) = last.filter(|at| id.is_empty() && index.is_none() && self.items[*at].takes(source)) {
            return Ok(Some(at));
        }
        self.push(&id, index, source.kind()).map(Some)
    }

    /// The item of an event that carries one.
    fn known(&mut self, event: &Object<'_>, item: &Object<'_>) -> Result<usize, StreamFault> {
        let id = item.str("id").unwrap_or_default();
        let index = event.get("output_index").and_then(whole);
        let kind = Kind::of(&item.str("type").unwrap_or_default());
        match self.find(&id, index).filter(|at| self.items[*at].kind == kind) {
            Some(at) => Ok(at),
            None => self.push(&id, index, kind),
        }
    }

    /// An id says most; servers exist that give two items the same number.
    fn find(&self, id: &str, index: Option<u64>) -> Option<usize> {
        let by_id = self.items.iter().rposition(|item| !id.is_empty() && item.id == id);
        let unlike = |item: &Growth| !id.is_empty() && !item.id.is_empty() && item.id != id;
        by_id.or_else(|| {
            let index = index?;
            self.items.iter().rposition(|item| item.index == index && !unlike(item))
        })
    }

    fn push(&mut self, id: &str, index: Option<u64>, kind: Kind) -> Result<usize, StreamFault> {
        let at = self.items.len();
        if at >= ITEMS_MAX {
            return Err(StreamFault::TooLong);
        }
        // Keys of an item's blocks lie between its own and the next item's.
        self.next_key += 1 << 32;
        let call_id = format!("{}{at}", self.call_stem);
        self.items.push(Growth::new(kind, id, index.unwrap_or(at as u64), self.next_key, call_id));
        Ok(at)
    }

    /// The answer as a whole: it fills gaps, tells the usage, and says how it ended.
    fn ended(&mut self, status: &str, response: &Object<'_>, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        for (n, raw) in response.get("output").and_then(elements).unwrap_or_default().into_iter().enumerate() {
            let Some(item) = Object::open(raw) else { continue };
            let kind = Kind::of(&item.str("type").unwrap_or_default());
            let id = item.str("id").unwrap_or_default();
            let by_id = self.find(&id, None);
            let same = |at: &usize| self.items.get(*at).is_some_and(|item| item.kind == kind);
            let at = match by_id.or_else(|| Some(n).filter(same)) {
                Some(at) => at,
                None => self.push(&id, Some(n as u64), kind)?,
            };
            self.items[at].head(&item);
            self.items[at].finish(&item, &mut Blocks { order: &mut self.order, out })?;
        }
        for item in &mut self.items {
            item.close(&mut Blocks { order: &mut self.order, out })?;
        }
        self.order.end(out);
        if let Some(raw) = response.get("usage").filter(|raw| raw.first() == Some(&b'{')) {
            self.counts.take(raw);
            out.push(Event::Usage(self.counts.usage()));
        }
        let details = response.get("incomplete_details").and_then(Object::open);
        let reason = details.and_then(|details| details.str("reason"));
        let mut stop = stop::read(status, reason.as_deref());
        stop.reason = stop.reason.with_calls(self.items.iter().any(Growth::is_call));
        if stop.reason == StopReason::EndTurn && self.items.iter().any(Growth::is_refusal) {
            stop.reason = StopReason::Refusal;
        }
        self.done = true;
        out.push(Event::Stop(stop));
        Ok(())
    }
}
