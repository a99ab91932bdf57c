//! Frames of Gemini that we write ourselves. In: a head and what a frame says. Out: frames, or the body of a whole answer.
//! Never here: when they are sent.

use super::usage;
use crate::json::push_string;
use crate::lane::ReplyHead;
use crate::write::Writer;
use bytes::BytesMut;
use units::Usage;

/// Writes frames that share model and id.
#[derive(Debug)]
pub(crate) struct Pen {
    id: Vec<u8>,
    model: Vec<u8>,
}

/// How an answer ends.
#[derive(Clone, Copy)]
pub(crate) struct End<'e> {
    /// The word for why.
    pub word: &'e str,
    /// What is charged.
    pub usage: &'e Usage,
}

impl Pen {
    pub fn new(head: &ReplyHead) -> Self {
        let quoted = |text: &str| {
            let mut out = Vec::with_capacity(text.len() + 2);
            push_string(&mut out, text);
            out
        };
        Self { id: quoted(&head.id), model: quoted(&head.model) }
    }

    /// The id as JSON.
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// The model as JSON.
    pub fn model(&self) -> &[u8] {
        &self.model
    }

    /// An answer, or a piece of one: parts as JSON, and how it ends where it does.
    pub fn body(&self, parts: &[Vec<u8>], end: Option<End<'_>>, out: &mut Vec<u8>) {
        let mut body = Writer::object(out);
        let mut candidates = Writer::array(body.key("candidates"));
        let mut candidate = Writer::object(candidates.item());
        let mut content = Writer::object(candidate.key("content"));
        let mut list = Writer::array(content.key("parts"));
        for part in parts {
            list.item().extend_from_slice(part);
        }
        list.end();
        content.text("role", "model");
        content.end();
        if let Some(end) = end {
            candidate.text("finishReason", end.word);
        }
        candidate.number("index", 0);
        candidate.end();
        candidates.end();
        if let Some(end) = end {
            usage::write(end.usage, body.key("usageMetadata"));
        }
        body.key("modelVersion").extend_from_slice(&self.model);
        body.key("responseId").extend_from_slice(&self.id);
        body.end();
    }

    /// A frame that only says why a candidate ended.
    pub fn finish(&self, index: u64, word: &str, out: &mut BytesMut) {
        let mut json = Vec::new();
        let mut body = Writer::object(&mut json);
        let mut candidates = Writer::array(body.key("candidates"));
        let mut candidate = Writer::object(candidates.item());
        candidate.text("finishReason", word);
        candidate.number("index", index);
        candidate.end();
        candidates.end();
        body.key("modelVersion").extend_from_slice(&self.model);
        body.key("responseId").extend_from_slice(&self.id);
        body.end();
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&json);
        out.extend_from_slice(b"\n\n");
    }

    /// A frame of one part.
    pub fn frame(&self, part: Vec<u8>, end: Option<End<'_>>, out: &mut BytesMut) {
        let mut json = Vec::with_capacity(part.len() + 256);
        self.body(&[part], end, &mut json);
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&json);
        out.extend_from_slice(b"\n\n");
    }
}
