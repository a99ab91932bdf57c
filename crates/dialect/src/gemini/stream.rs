//! Gemini answers decoded, streamed or whole. In: frames, an answer, or an array of frames. Out: events of ours.
//! Never here: what goes to the client.
//!
//! Parts are deltas. Texts and thoughts that follow each other are one block; a call is whole in one part. A signature proves
//! what led to its part, so it comes before that part's block. Servers say again and again why they end, or only once; so
//! only the end of the connection is the end.

use super::stop;
use super::usage::GeminiCounts;
use crate::codec::{Decode, Varies};
use crate::fault::UpstreamFault;
use crate::lane::StreamFault;
use crate::read::{Object, elements};
use canon::{Dialect, Event, Head, Piece, Stop, StopReason};

/// See the caption.
#[derive(Debug, Default)]
pub(crate) struct GeminiDecoder {
    call_stem: String,
    counts: GeminiCounts,
    started: bool,
    /// Whether there was a candidate.
    answered: bool,
    open: Option<Head>,
    calls: usize,
    stop: Option<Stop>,
    done: bool,
    varies: Option<Varies>,
}

/// The text of a candidate with one part that says nothing else.
fn only_text<'a>(candidate: &Object<'a>) -> Option<&'a [u8]> {
    let content = Object::open(candidate.get("content")?)?;
    let [part] = elements(content.get("parts")?)?[..] else { return None };
    let part = Object::open(part)?;
    let plain = part.iter().all(|(name, _)| name == b"text" || name == b"thought");
    part.get("text").filter(|raw| plain && raw.first() == Some(&b'"'))
}

impl Decode for GeminiDecoder {
    fn frame(&mut self, _name: &[u8], data: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if data == b"[DONE]" {
            return if self.stop.is_some() { self.finish(out) } else { Ok(()) };
        }
        self.varies = None;
        let frame = Object::alone(data).ok_or(StreamFault::Garbage)?;
        if frame.get("error").is_some() {
            return Err(StreamFault::Upstream(UpstreamFault::in_stream(Dialect::Gemini, data)));
        }
        if !std::mem::replace(&mut self.started, true) {
            out.push(Event::Start);
        }
        let candidates = frame.get("candidates").and_then(elements).unwrap_or_default();
        // One candidate was asked for; a server that gives more is not followed.
        let first = candidates.iter().find_map(|raw| {
            let candidate = Object::open(raw)?;
            candidate.get("index").is_none_or(|n| n == b"0").then_some(candidate)
        });
        match &first {
            Some(candidate) => {
                self.answered = true;
                self.candidate(candidate, out);
            }
            None => self.blocked(&frame),
        }
        let report = frame.get("usageMetadata");
        if let Some(raw) = report {
            self.reported(raw, out);
        }
        let text = first.as_ref().and_then(only_text);
        self.varies = text.and_then(|text| Varies::of(data, text, report));
        Ok(())
    }

    fn varies(&self) -> Option<Varies> {
        self.varies
    }

    fn reported(&mut self, report: &[u8], out: &mut Vec<Event>) {
        self.counts.take(report);
        out.push(Event::Usage(self.counts.usage()));
    }

    fn answer(&mut self, body: &[u8], out: &mut Vec<Event>) -> Result<(), StreamFault> {
        let body = body.trim_ascii();
        if crate::json::skip(body, 0, 0) != Ok(body.len()) {
            return Err(StreamFault::Garbage);
        }
        // What would be the frames of a stream may come as one array.
        let frames = if body.first() == Some(&b'[') { elements(body).unwrap_or_default() } else { vec![body] };
        for frame in frames {
            self.frame(b"", frame, out)?;
        }
        if !self.answered && self.stop.is_none() {
            return Err(StreamFault::Garbage);
        }
        self.end(out);
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), StreamFault> {
        if !self.done && self.stop.is_none() {
            return Err(StreamFault::Cut);
        }
        self.end(out);
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn has_stopped(&self) -> bool {
        self.done || self.stop.is_some()
    }
}

impl GeminiDecoder {
    /// Made-up ids of calls start with `call_stem`.
    pub fn new(call_stem: String) -> Self {
        Self { call_stem, ..Self::default() }
    }

    /// A prompt that was refused has no candidate, and a word instead.
    fn blocked(&mut self, frame: &Object<'_>) {
        let feedback = frame.get("promptFeedback").and_then(Object::open);
        let word = feedback.and_then(|feedback| feedback.str("blockReason"));
        if let Some(word) = word.filter(|word| !word.is_empty()) {
            self.stop = Some(stop::blocked(&word));
        }
    }

    fn candidate(&mut self, candidate: &Object<'_>, out: &mut Vec<Event>) {
        let content = candidate.get("content").and_then(Object::open);
        let parts = content.and_then(|c| c.get("parts")).and_then(elements).unwrap_or_default();
        if !parts.is_empty() {
            // Whatever was said of its end, it goes on.
            self.stop = None;
        }
        for raw in parts {
            if let Some(part) = Object::open(raw) {
                self.part(&part, out);
            }
        }
        if let Some(word) = candidate.str("finishReason").filter(|w| !w.is_empty()) {
            self.stop = Some(stop::read(&word));
        }
    }

    fn part(&mut self, part: &Object<'_>, out: &mut Vec<Event>) {
        if let Some(proof) = part.str("thoughtSignature").filter(|proof| !proof.is_empty()) {
            self.close(out);
            out.push(Event::Open(Head::Redacted(proof.into_owned())));
            out.push(Event::Close);
        }
        if let Some(text) = part.str("text").filter(|text| !text.is_empty()) {
            let head = if part.get("thought") == Some(b"true") { Head::Thinking } else { Head::Text };
            if self.open.as_ref() != Some(&head) {
                self.close(out);
                out.push(Event::Open(head.clone()));
                self.open = Some(head);
            }
            out.push(Event::More(Piece::Text(text.into_owned())));
        }
        if let Some(call) = part.get("functionCall").and_then(Object::open) {
            self.call(&call, out);
        }
        // Code that the provider runs, and media, are nothing that an answer of ours has.
    }

    fn call(&mut self, call: &Object<'_>, out: &mut Vec<Event>) {
        let Some(name) = call.str("name").filter(|name| !name.is_empty()) else {
            return;
        };
        self.close(out);
        let given = call.str("id").filter(|id| !id.is_empty());
        let id = given.map_or_else(|| format!("{}{}", self.call_stem, self.calls), std::borrow::Cow::into_owned);
        self.calls += 1;
        out.push(Event::Open(Head::ToolCall { id, name: name.into_owned() }));
        if let Some(arguments) = call.get("args") {
            out.push(Event::More(Piece::Arguments(String::from_utf8_lossy(arguments).into_owned())));
        }
        out.push(Event::Close);
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if self.open.take().is_some() {
            out.push(Event::Close);
        }
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        if std::mem::replace(&mut self.done, true) {
            return;
        }
        if !std::mem::replace(&mut self.started, true) {
            out.push(Event::Start);
        }
        self.close(out);
        let mut stop = self.stop.take().unwrap_or(Stop::new(StopReason::EndTurn));
        stop.reason = stop.reason.with_calls(self.calls > 0);
        out.push(Event::Stop(stop));
    }
}
