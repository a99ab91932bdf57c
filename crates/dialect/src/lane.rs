//! What the relay talks to: one type for streams and one for whole answers, whatever the two dialects are. In: the
//! upstream's bytes. Out: the client's bytes, a tally, and the terminal group when it is sealed.
//! Never here: IO, time, money, a retry.

mod array;
mod convert;
mod repeat;
mod stops;

use crate::embeddings::{self, Vectors};
use crate::fault::UpstreamFault;
use crate::images::{self, ImagesAnswer, Made};
use crate::json::Bad;
use crate::names::ToolNames;
use crate::openai_responses::echo::Echo;
use crate::seal::Maker;
use crate::sse::TooLong;
use crate::straight::{
    ChatStream, GeminiAnswer, GeminiStream, MessagesStream, ResponsesStream, StraightAnswer, read_chat,
    read_gemini, read_messages, read_responses,
};
use array::Array;
use bytes::{Bytes, BytesMut};
use canon::{Dialect, Fault, FaultKind, Retry, Tally};
use convert::{Convert, Converted};
use std::fmt::Debug;
use units::{Usage, UsageSource};

/// What keeps a silent connection open: a comment, which any reader of events skips.
pub const KEEPALIVE: &[u8] = b": keep-alive\n\n";

/// What the head of an answer says; the server makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyHead {
    /// Our id of the answer, prefix included.
    pub id: String,
    /// The public id of the model.
    pub model: String,
    /// Seconds since 1970.
    pub created: i64,
    /// The same of its end, once it has come.
    pub ended: Option<i64>,
}

impl ReplyHead {
    /// The id without its prefix: ids of calls that an upstream forgot are made from it.
    pub(crate) fn id_stem(&self) -> &str {
        let from = self.id.find(['_', '-']).map_or(0, |at| at + 1);
        &self.id[from..]
    }

    /// What ids of Chat calls start with that an upstream forgot.
    pub(crate) fn call_stem(&self) -> String {
        ["call_", self.id_stem(), "_"].concat()
    }
}

/// How an answer is to be passed on.
#[derive(Clone, Debug)]
pub struct StreamSpec {
    /// The dialect of the client.
    pub client: Dialect,
    /// The dialect of the upstream.
    pub upstream: Dialect,
    /// Who makes the answer: proofs of its reasoning are carried under this number.
    pub maker: Maker,
    /// The head of the answer.
    pub head: ReplyHead,
    /// Whether the client sees usage in the stream (it asked, or its surface always shows it).
    pub show_usage: bool,
    /// Whether the client reads thoughts; their proofs it gets in any case (Gemini clients only).
    pub show_thoughts: bool,
    /// Whether the stream is one JSON array instead of events (Gemini clients without `alt=sse`).
    pub array: bool,
    /// How many choices were asked for.
    pub choices: u32,
    /// The way back for names of tools (`Encoded::names`).
    pub names: ToolNames,
    /// Stop sequences that the server does not take (`Encoded::stops`). When one comes up the stream is complete; whoever
    /// reads the upstream may read on for its usage (`Stream::is_ended`) or hang up.
    pub stops: Vec<String>,
    /// The settings of the request that the answer repeats (a Responses client's; empty for others).
    pub echo: Echo,
    /// A text that the answer begins with though the model does not write it (`canon::Request::lead`; Completions clients
    /// only). It counts as no output.
    pub lead: Option<String>,
    /// What vectors the client awaits (`Peek::vectors`; Embeddings clients only).
    pub vectors: Vectors,
    /// How many images the client awaits at most (`Peek::pictures`; Images clients only).
    pub images: u32,
}

impl StreamSpec {
    /// The same dialect on both sides.
    pub fn straight(dialect: Dialect, head: ReplyHead, show_usage: bool, choices: u32) -> Self {
        Self {
            client: dialect,
            upstream: dialect,
            maker: Maker::default(),
            head,
            show_usage,
            show_thoughts: true,
            array: false,
            choices,
            names: ToolNames::default(),
            stops: Vec::new(),
            echo: Echo::default(),
            lead: None,
            vectors: Vectors::default(),
            images: 0,
        }
    }
}

/// Why an upstream's answer cannot be passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamFault {
    /// It ended without its proper end.
    Cut,
    /// An event is longer than any event should be.
    TooLong,
    /// It is not what the dialect says.
    Garbage,
    /// The upstream said what went wrong.
    Upstream(UpstreamFault),
}

impl From<TooLong> for StreamFault {
    fn from(_: TooLong) -> Self {
        Self::TooLong
    }
}

impl From<Bad> for StreamFault {
    fn from(_: Bad) -> Self {
        Self::Garbage
    }
}

impl StreamFault {
    /// The name in logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::TooLong => "too_long",
            Self::Garbage => "garbage",
            Self::Upstream(_) => "upstream",
        }
    }

    /// The fault of the house.
    pub fn to_fault(&self) -> Fault {
        let told = match self {
            Self::Upstream(fault) => return fault.to_fault(),
            Self::Cut => "The model's provider broke off its answer.",
            Self::TooLong | Self::Garbage => "The model's provider gave an answer that makes no sense.",
        };
        Fault::new(FaultKind::UpstreamFailed, told).retry(Retry::Again)
    }
}

/// What a lane is to the relay. `Stream` sees to it that nothing is written behind the end.
pub(crate) trait LaneStream: Debug + Send {
    /// Takes bytes of the upstream, cut anywhere.
    fn push(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault>;
    /// The upstream's connection ended.
    fn finish(&mut self, out: &mut BytesMut) -> Result<(), StreamFault>;
    /// What was used and shown so far.
    fn tally(&self) -> &Tally;
    /// Whether nothing more needs to be awaited.
    fn is_complete(&self) -> bool;
    /// Whether the answer is complete while the upstream still goes on.
    fn goes_on(&self) -> bool {
        false
    }
    /// Whether the upstream has said why its answer ends.
    fn has_stopped(&self) -> bool {
        self.tally().stop().is_some()
    }
    /// What keeps a silent stream alive by now, where that is more than a comment.
    fn ping(&self) -> Option<&'static [u8]> {
        None
    }
    /// The whole answer as one object, once the end was written.
    fn final_object(&self) -> Option<Bytes> {
        None
    }
    /// When the answer ended; few dialects tell it.
    fn ended_at(&mut self, _seconds: i64) {}
    /// Writes the terminal group.
    fn seal(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut);
    /// Ends the answer as one that reached its limit of tokens.
    fn cut_short(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut);
    /// Ends the stream with a fault.
    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut);
}

/// A stream on its way from an upstream to a client.
#[derive(Debug)]
pub struct Stream {
    lane: Box<dyn LaneStream>,
    ended: bool,
    over: bool,
}

impl Stream {
    /// A stream that has not begun.
    pub fn new(spec: &StreamSpec) -> Self {
        let lane: Box<dyn LaneStream> = match spec.client {
            _ if spec.client != spec.upstream => Box::new(Convert::new(spec)),
            Dialect::Anthropic => Box::new(MessagesStream::new(spec)),
            Dialect::Gemini => Box::new(GeminiStream::new(spec)),
            Dialect::OpenAiResponses => Box::new(ResponsesStream::new(spec)),
            _ => Box::new(ChatStream::new(spec)),
        };
        let lane = if spec.array { Box::new(Array::new(lane)) } else { lane };
        Self { lane, ended: false, over: false }
    }

    /// Takes bytes of the upstream, cut anywhere; appends to `out` what may go to the client now.
    pub fn push(&mut self, bytes: &[u8], out: &mut BytesMut) -> Result<(), StreamFault> {
        if self.over { Ok(()) } else { self.lane.push(bytes, out) }
    }

    /// The upstream's connection ended. Without a proper end of the answer it is `StreamFault::Cut`.
    pub fn finish(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        if !self.over {
            self.lane.finish(out)?;
            self.ended = true;
        }
        Ok(())
    }

    /// What was used and shown so far.
    pub fn tally(&self) -> &Tally {
        self.lane.tally()
    }

    /// Whether the upstream's terminal group was read, or its connection came to a proper end without the last words of
    /// it: nothing more needs to be awaited.
    pub fn is_complete(&self) -> bool {
        self.lane.is_complete() || self.ended
    }

    /// Whether the upstream itself came to its end: no more can be heard of it. It differs from `is_complete` where a stop
    /// sequence that is watched for here ended the answer before the upstream did.
    pub fn is_ended(&self) -> bool {
        !self.lane.goes_on() && self.is_complete()
    }

    /// Whether the upstream has said why its answer ends: then only its report is still to come.
    pub fn has_stopped(&self) -> bool {
        self.lane.has_stopped()
    }

    /// Tells when the answer ended, in seconds since 1970, before its end is written.
    pub fn ended_at(&mut self, seconds: i64) {
        self.lane.ended_at(seconds);
    }

    /// Writes the terminal group. The charge is durable by now.
    pub fn seal(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        if !std::mem::replace(&mut self.over, true) {
            self.lane.seal(usage, source, out);
        }
    }

    /// Ends the answer inside the protocol as one that reached its limit of tokens.
    pub fn cut_short(&mut self, usage: &Usage, source: UsageSource, out: &mut BytesMut) {
        if !std::mem::replace(&mut self.over, true) {
            self.lane.cut_short(usage, source, out);
        }
    }

    /// Ends the stream with a fault in the client's dialect; no proper end follows (R-ERR-6).
    pub fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        if !std::mem::replace(&mut self.over, true) {
            self.lane.fail(fault, request_id, out);
        }
    }

    /// The response object that the stream of a Responses client ended with, its output among it; `None` before `seal`,
    /// `cut_short` or `fail`, and for clients of other dialects. What it is of a whole answer is what `Answer::seal` gives.
    pub fn final_object(&self) -> Option<Bytes> {
        self.lane.final_object()
    }

    /// What keeps a silent connection alive in the client's dialect.
    pub fn keepalive(&self) -> &'static [u8] {
        self.lane.ping().unwrap_or(KEEPALIVE)
    }
}

/// An answer that is not streamed, read and waiting for its charge.
#[derive(Debug)]
pub struct Answer {
    lane: AnswerLane,
}

#[derive(Debug)]
enum AnswerLane {
    Straight(Box<StraightAnswer>),
    Gemini(Box<GeminiAnswer>),
    Images(Box<ImagesAnswer>),
    Converted(Box<Converted>),
}

impl Answer {
    /// Reads an upstream's body.
    pub fn read(spec: &StreamSpec, body: &Bytes) -> Result<Self, StreamFault> {
        if std::str::from_utf8(body).is_err() {
            return Err(StreamFault::Garbage);
        }
        // A server that answers with the frames of a stream has them folded.
        let frames = spec.client == Dialect::Gemini && body.trim_ascii_start().starts_with(b"[");
        let lane = if spec.client == Dialect::Embeddings {
            AnswerLane::Straight(Box::new(embeddings::read(spec, body)?))
        } else if matches!(spec.client, Dialect::Images | Dialect::ImageEdits) {
            AnswerLane::Images(Box::new(images::read(spec, body)?))
        } else if spec.client != spec.upstream || frames {
            AnswerLane::Converted(Box::new(Converted::read(spec, body)?))
        } else if spec.client == Dialect::Anthropic {
            AnswerLane::Straight(Box::new(read_messages(body, &spec.head)?))
        } else if spec.client == Dialect::Gemini {
            AnswerLane::Gemini(Box::new(read_gemini(body, &spec.head)?))
        } else if spec.client == Dialect::OpenAiResponses {
            AnswerLane::Straight(Box::new(read_responses(body, &spec.head, &spec.echo)?))
        } else {
            AnswerLane::Straight(Box::new(read_chat(body, &spec.head)?))
        };
        Ok(Self { lane })
    }

    /// What was used and shown.
    pub fn tally(&self) -> &Tally {
        match &self.lane {
            AnswerLane::Straight(answer) => &answer.tally,
            AnswerLane::Gemini(answer) => &answer.tally,
            AnswerLane::Images(answer) => &answer.tally,
            AnswerLane::Converted(answer) => &answer.tally,
        }
    }

    /// What images came, for their price; `None` where the answer is about something else.
    pub fn made(&self) -> Option<&Made> {
        match &self.lane {
            AnswerLane::Images(answer) => Some(&answer.made),
            _ => None,
        }
    }

    /// Where the provider keeps the images that it told by an address, in their order. The address tells who it is, so no
    /// client gets it: whoever keeps the images tells his own (`readdress`).
    pub fn addresses(&self) -> Vec<&str> {
        match &self.lane {
            AnswerLane::Images(answer) => answer.urls.iter().map(|(_, url)| &**url).collect(),
            _ => Vec::new(),
        }
    }

    /// Tells other addresses, one for each of `addresses`.
    pub fn readdress(&mut self, addresses: &[String]) {
        if let AnswerLane::Images(answer) = &mut self.lane {
            answer.readdress(addresses);
        }
    }

    /// Tells when the answer ended, in seconds since 1970, before it is written.
    pub fn ended_at(&mut self, seconds: i64) {
        if let AnswerLane::Converted(answer) = &mut self.lane {
            answer.ended_at(seconds);
        }
    }

    /// The body for the client. The charge is durable by now.
    pub fn seal(self, usage: &Usage, source: UsageSource) -> Bytes {
        match self.lane {
            AnswerLane::Straight(answer) => answer.seal(usage, source),
            AnswerLane::Gemini(answer) => answer.seal(usage, source),
            AnswerLane::Images(answer) => answer.seal(),
            AnswerLane::Converted(answer) => answer.seal(usage),
        }
    }
}
