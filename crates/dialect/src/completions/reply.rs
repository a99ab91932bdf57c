//! An answer written for a Completions client, streamed or whole. In: events, or the reply they fold to. Out: chunks or a
//! body. Text and refusals are its text; reasoning and calls have no place in it. Never here: when the terminal group goes
//! out (lane).

use crate::codec::{Encode, fail_plainly};
use crate::json::push_string;
use crate::lane::{ReplyHead, StreamSpec};
use crate::openai_chat::{stop, usage};
use crate::write::Writer;
use bytes::BytesMut;
use canon::{Dialect, Event, Fault, Head, Piece, Reply, Stop, StopReason};
use units::Usage;

/// Writes chunks.
#[derive(Debug)]
pub(crate) struct CompletionsEncoder {
    /// What every chunk starts with.
    start: Vec<u8>,
    show_usage: bool,
    /// The text that comes before the model's own; told once.
    lead: Option<String>,
    /// Whether the open block is one that is shown.
    shown: bool,
    refused: bool,
}

impl Encode for CompletionsEncoder {
    fn push(&mut self, event: &Event, out: &mut BytesMut) {
        match event {
            Event::Start => self.lead(out),
            Event::Open(head) => {
                self.refused |= *head == Head::Refusal;
                self.shown = is_shown(head);
            }
            Event::More(Piece::Text(text)) if self.shown => {
                self.lead(out);
                self.choice(text, None, out);
            }
            Event::More(_) | Event::Close | Event::Usage(_) | Event::Stop(_) => {}
        }
    }

    fn end(&mut self, stop: &Stop, counts: &Usage, out: &mut BytesMut) {
        self.lead(out);
        self.choice("", Some(finish(stop.reason, self.refused)), out);
        if self.show_usage {
            let mut text = Vec::new();
            usage::write(counts, &mut text);
            self.frame(&[b"[],\"usage\":", &text], out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn fail(&mut self, fault: &Fault, request_id: &str, out: &mut BytesMut) {
        fail_plainly(Dialect::Completions, fault, request_id, out);
    }
}

impl CompletionsEncoder {
    pub fn new(spec: &StreamSpec) -> Self {
        let mut start = b"data: ".to_vec();
        write_head(&spec.head, &mut Writer::object(&mut start));
        Self {
            start,
            show_usage: spec.show_usage,
            lead: spec.lead.clone().filter(|lead| !lead.is_empty()),
            shown: false,
            refused: false,
        }
    }

    fn lead(&mut self, out: &mut BytesMut) {
        if let Some(lead) = self.lead.take() {
            self.choice(&lead, None, out);
        }
    }

    fn choice(&self, text: &str, finish: Option<&str>, out: &mut BytesMut) {
        let mut json = Vec::with_capacity(text.len() + 80);
        write_choice(text, finish, &mut json);
        self.frame(&[b"[", &json, b"]"], out);
    }

    /// A chunk whose choices, and what comes behind them, are these.
    fn frame(&self, rest: &[&[u8]], out: &mut BytesMut) {
        out.extend_from_slice(&self.start);
        out.extend_from_slice(b",\"choices\":");
        for part in rest {
            out.extend_from_slice(part);
        }
        out.extend_from_slice(b"}\n\n");
    }
}

/// What stands before the choices, in chunks and answers alike.
fn write_head(head: &ReplyHead, object: &mut Writer<'_>) {
    object.text("id", &head.id);
    object.text("object", "text_completion");
    object.raw("created", &head.created.to_string());
    object.text("model", &head.model);
}

fn write_choice(text: &str, finish: Option<&str>, out: &mut Vec<u8>) {
    let mut choice = Writer::object(out);
    choice.text("text", text);
    choice.number("index", 0);
    choice.raw("logprobs", "null");
    match finish {
        Some(word) => push_string(choice.key("finish_reason"), word),
        None => choice.raw("finish_reason", "null"),
    }
    choice.end();
}

const fn is_shown(head: &Head) -> bool {
    matches!(head, Head::Text | Head::Refusal)
}

/// The word for a reason. Calls have no word here; a refusal without words of its own would pass for an ordinary end.
const fn finish(reason: StopReason, refused: bool) -> &'static str {
    match reason {
        StopReason::ToolUse => "stop",
        StopReason::Refusal if !refused => "content_filter",
        _ => stop::word(reason),
    }
}

/// Writes a whole answer.
pub(crate) fn write(reply: &Reply, spec: &StreamSpec, counts: &Usage) -> Vec<u8> {
    let shown = reply.blocks.iter().filter(|block| is_shown(&block.head));
    let text: String = spec.lead.as_deref().into_iter().chain(shown.map(|block| block.text.as_str())).collect();
    let reason = reply.stop.as_ref().map_or(StopReason::EndTurn, |s| s.reason);
    let refused = reply.blocks.iter().any(|block| block.head == Head::Refusal);
    let mut out = Vec::with_capacity(text.len() + 512);
    let mut body = Writer::object(&mut out);
    write_head(&spec.head, &mut body);
    let mut choices = Writer::array(body.key("choices"));
    write_choice(&text, Some(finish(reason, refused)), choices.item());
    choices.end();
    usage::write(counts, body.key("usage"));
    body.end();
    out
}
