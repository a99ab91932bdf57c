//! Reasoning that crosses Chat Completions: sealed blocks ride in `reasoning_details`, their proofs as the seal carries them.
//! In: a message of the client. Out: its blocks with the reasoning in its place; and the details of a block.
//! Never here: reasoning as text of the answer; what nobody sealed for the target is dropped by its encoder.

use crate::json::{push_string, whole};
use crate::read::{Object, elements};
use canon::{Block, BlockKind, Dialect};

/// What the details call the form of their proofs: readers choose by it what they keep.
pub(crate) const fn format_of(upstream: Dialect) -> &'static str {
    match upstream {
        Dialect::Anthropic => "anthropic-claude-v1",
        Dialect::Gemini => "google-gemini-v1",
        _ => "unknown",
    }
}

struct Detail {
    index: Option<u64>,
    text: String,
    signature: Option<String>,
    data: Option<String>,
}

/// Puts a message's reasoning among what it said. Our details carry the place of their block, so reasoning between
/// calls comes back between them; without places it comes first.
pub(super) fn weave(message: &Object<'_>, said: Vec<Block>) -> Vec<Block> {
    let mut details = details(message);
    if details.is_empty() {
        let plain = message.str("reasoning_content").or_else(|| message.str("reasoning"));
        details.extend(plain.filter(|t| !t.is_empty()).map(|text| Detail {
            index: None,
            text: text.into_owned(),
            signature: None,
            data: None,
        }));
    }
    let mut out = Vec::with_capacity(details.len() + said.len());
    let mut said = said.into_iter();
    for detail in details {
        while detail.index.is_some_and(|index| index > out.len() as u64) {
            match said.next() {
                Some(block) => out.push(block),
                None => break,
            }
        }
        out.push(Block::new(match detail.data {
            Some(data) => BlockKind::Redacted(data),
            None => BlockKind::Thinking { text: detail.text, signature: detail.signature },
        }));
    }
    out.extend(said);
    out
}

/// The details of a message; fragments of a stream that a client kept apart are joined by their index.
fn details(message: &Object<'_>) -> Vec<Detail> {
    let list = message.get("reasoning_details").and_then(elements).unwrap_or_default();
    let mut out: Vec<Detail> = Vec::new();
    for raw in list {
        let Some(detail) = Object::open(raw) else {
            continue;
        };
        let index = detail.get("index").and_then(whole);
        let data = detail.str("data").map(std::borrow::Cow::into_owned);
        let text = detail.str("text").unwrap_or_default();
        let signature = detail.str("signature").filter(|s| !s.is_empty());
        let signature = signature.map(std::borrow::Cow::into_owned);
        match detail.str("type").as_deref() {
            Some("reasoning.text") => match out.last_mut() {
                Some(last) if index.is_some() && last.index == index && last.data.is_none() => {
                    last.text.push_str(&text);
                    last.signature = signature.or(last.signature.take());
                }
                _ => out.push(Detail { index, text: text.into_owned(), signature, data: None }),
            },
            Some("reasoning.encrypted") if data.is_some() => {
                out.push(Detail { index, text: String::new(), signature: None, data });
            }
            _ => {}
        }
    }
    out
}

/// Where a detail belongs: the form of its proof, and the number of its block.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub format: Option<&'static str>,
    pub index: usize,
}

/// Writes a detail of a text, a seal, or both.
pub(crate) fn write_text(out: &mut Vec<u8>, place: Place, text: Option<&str>, signature: Option<&str>) {
    out.extend_from_slice(b"{\"type\":\"reasoning.text\"");
    if let Some(text) = text {
        out.extend_from_slice(b",\"text\":");
        push_string(out, text);
    }
    if let Some(signature) = signature {
        out.extend_from_slice(b",\"signature\":");
        push_string(out, signature);
    }
    close(out, place);
}

/// Writes a detail of reasoning that nobody may read.
pub(crate) fn write_sealed(out: &mut Vec<u8>, place: Place, data: &str) {
    out.extend_from_slice(b"{\"type\":\"reasoning.encrypted\",\"data\":");
    push_string(out, data);
    close(out, place);
}

fn close(out: &mut Vec<u8>, place: Place) {
    if let Some(format) = place.format {
        out.extend_from_slice(format!(",\"format\":\"{format}\"").as_bytes());
    }
    out.extend_from_slice(format!(",\"index\":{}}}", place.index).as_bytes());
}
