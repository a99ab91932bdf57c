//! What a dialect is to the converting lane: one reader of answers, one writer of them. In: a spec. Out: the reader of its
//! upstream's dialect, the writer of its client's. Never here: a pair of dialects, what lies between reader and writer.

use crate::anthropic::{reply::MessagesEncoder, stream::MessagesDecoder};
use crate::completions::{self, reply::CompletionsEncoder};
use crate::fault::render_event;
use crate::gemini::{reply::GeminiEncoder, stream::GeminiDecoder};
use crate::json::{Span, span_within, string_value};
use crate::lane::{StreamFault, StreamSpec};
use crate::openai_chat::{reply::ChatEncoder, stream::ChatDecoder};
use crate::openai_responses::{reply::ResponsesEncoder, stream::ResponsesDecoder};
use crate::read::Object;
use crate::{anthropic, gemini, openai_chat, openai_responses};
use bytes::{Bytes, BytesMut};
use canon::{Dialect, Event, Fault, Reply, Stop};
use std::borrow::Cow;
use std::fmt::Debug;
use units::Usage;

/// What differs between two frames of the same shape, as places in their data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Varies {
    /// The text, quotes included.
    pub text: Span,
    /// The usage told beside it, behind it.
    pub report: Option<Span>,
}

impl Varies {
    /// Of parts of the data; `None` where a report is told before the text.
    pub fn of(data: &[u8], text: &[u8], report: Option<&[u8]>) -> Option<Self> {
        let text = span_within(data, text)?;
        let report = match report {
            Some(report) => Some(span_within(data, report).filter(|report| report.0 >= text.1)?),
            None => None,
        };
        Some(Self { text, report })
    }
}

/// Reads answers of one dialect as events whose blocks never overlap.
pub(crate) trait Decode: Debug + Send {
    /// Takes one frame: the name it came under (empty when it has none), and its data: valid UTF-8, what else it is is the
    /// reader's to see.
    fn frame(&mut self, name: &[u8], data: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault>;
    /// What may differ from the last frame to the next, when a frame that differs there alone would only say more of the same
    /// block: nothing else of it counts, and the reader need know of nothing but its report.
    fn varies(&self) -> Option<Varies> {
        None
    }
    /// The report of a frame that differed from the last one in what varies alone.
    fn reported(&mut self, _report: &[u8], _out: &mut Vec<Event>) {}
    /// Takes a whole answer instead of frames.
    fn answer(&mut self, body: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault>;
    /// The connection ended. Without a proper end of the answer it is `StreamFault::Cut`.
    fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), StreamFault>;
    /// Whether the terminal group was read: nothing more needs to be awaited.
    fn is_done(&self) -> bool;
    /// Whether the server has said why its answer ends.
    fn has_stopped(&self) -> bool;
}

/// Writes streams of one dialect.
pub(crate) trait Encode: Debug + Send {
    /// Writes an event. `Event::Stop` and `Event::Usage` write nothing: the end is `end`.
    fn push(&mut self, event: &Event, out: &mut BytesMut);
    /// When the answer ended; few dialects tell it.
    fn ended_at(&mut self, _seconds: i64) {}
    /// Writes the terminal group.
    fn end(&mut self, stop: &Stop, usage: &Usage, out: &mut BytesMut);
    /// Ends the stream with a fault; no proper end follows (R-ERR-6).
    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut);
    /// The whole answer as one object, once the end was written, in a dialect whose stream ends with it.
    fn final_object(&self) -> Option<Bytes> {
        None
    }
    /// What keeps a silent stream alive by now, where that is more than a comment.
    fn ping(&self) -> Option<&'static [u8]> {
        None
    }
}

/// The type an event gives itself; without one, the name it came under.
pub(crate) fn type_of<'a>(event: &Object<'a>, name: &'a [u8]) -> Cow<'a, str> {
    match event.iter().find(|(key, _)| *key == b"type") {
        Some((_, kind)) => string_value(kind).unwrap_or_default(),
        None => String::from_utf8_lossy(name),
    }
}

/// The reader of the upstream's dialect.
pub(crate) fn decoder(spec: &StreamSpec) -> Box<dyn Decode> {
    match spec.upstream {
        Dialect::Anthropic => Box::new(MessagesDecoder::new(spec.head.call_stem())),
        Dialect::Gemini => Box::new(GeminiDecoder::new(spec.head.call_stem())),
        Dialect::OpenAiResponses => Box::new(ResponsesDecoder::new(spec.head.call_stem())),
        _ => Box::new(ChatDecoder::new(spec.head.call_stem())),
    }
}

/// The writer of the client's dialect.
pub(crate) fn encoder(spec: &StreamSpec) -> Box<dyn Encode> {
    match spec.client {
        Dialect::Anthropic => Box::new(MessagesEncoder::new(&spec.head)),
        Dialect::Gemini => Box::new(GeminiEncoder::new(spec)),
        Dialect::OpenAiResponses => Box::new(ResponsesEncoder::new(spec)),
        Dialect::Completions => Box::new(CompletionsEncoder::new(spec)),
        _ => Box::new(ChatEncoder::new(spec)),
    }
}

/// A whole answer in the client's dialect.
pub(crate) fn write_reply(spec: &StreamSpec, reply: &Reply, usage: &Usage) -> Vec<u8> {
    match spec.client {
        Dialect::Anthropic => anthropic::reply::write(reply, &spec.head, usage),
        Dialect::Gemini => gemini::reply::write(reply, spec, usage),
        Dialect::OpenAiResponses => openai_responses::reply::write(reply, spec, usage),
        Dialect::Completions => completions::reply::write(reply, spec, usage),
        _ => openai_chat::reply::write(reply, spec, usage),
    }
}

/// The fault as the last event of a dialect whose stream keeps no state for it.
pub(crate) fn fail_plainly(client: Dialect, fault: &Fault, request_id: &str, out: &mut BytesMut) {
    out.extend_from_slice(&render_event(fault, client, request_id));
}
