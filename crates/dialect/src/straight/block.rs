//! A content block of a Messages answer, or a delta of one, read where it stands. In: JSON. Out: what it shows, and the edits
//! that make it whole. Never here: a text moved or re-escaped, which block of a stream it is (messages_stream).

use super::names::Sieve;
use super::template::Shown;
use crate::json::{Span, string_value, text_len};
use crate::lane::StreamFault;
use crate::splice::Edits;
use canon::Tally;

/// What a block is, or what its delta belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
    ToolUse,
    #[default]
    Other,
}

/// Which of the two it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    /// It is a delta.
    Delta,
    /// It is a block, whole or at its start; a missing id of a call is made of these.
    Block { stem: &'a str, number: u64 },
}

/// What a block or a delta shows.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub kind: Kind,
    text: usize,
    pub reasoning: usize,
    /// Bytes of what nobody here knows.
    other: usize,
    /// Whether it carries a seal.
    pub signed: bool,
    sealed: bool,
    /// Its one text, if it has one.
    pub only: Option<(Span, Shown)>,
    /// The index after its closing brace.
    pub end: usize,
}

impl Block {
    /// Tells the tally.
    pub const fn tell(&self, tally: &mut Tally) {
        tally.text(self.text);
        tally.reasoning(self.reasoning);
        tally.other(self.other);
        if self.sealed {
            tally.sealed();
        }
    }
}

/// What a type says: what it belongs to, and whether we know what it carries.
fn block_kind(name: &str) -> (Kind, bool) {
    match name {
        "text" | "text_delta" | "citations_delta" => (Kind::Text, true),
        "thinking" | "thinking_delta" | "signature_delta" => (Kind::Thinking, true),
        "tool_use" | "input_json_delta" => (Kind::ToolUse, true),
        "redacted_thinking" => (Kind::Other, true),
        _ => (Kind::Other, false),
    }
}

/// Reads a content block or a delta of one.
pub(super) fn read_block(json: &[u8], at: usize, part: Part<'_>, edits: &mut Edits) -> Result<Block, StreamFault> {
    let mut block = Block::default();
    let mut kind = None;
    let mut has = [false; REQUIRED.len()];
    let mut rest = 0;
    let mut object = Sieve::new(json, at, 2)?;
    while let Some(member) = object.next()? {
        let value = member.text(json);
        let inner = (member.value.0 + 1, member.value.1.max(2) - 1);
        let len = text_len(json.get(inner.0..inner.1).unwrap_or_default());
        let name = &*member.name(json);
        if let Some(n) = REQUIRED.iter().position(|known| known.as_bytes() == name) {
            has[n] = true;
        }
        match name {
            b"type" => kind = string_value(value),
            b"text" | b"partial_json" | b"thinking" | b"signature" if value == b"null" => {
                edits.replace(member.value, &b"\"\""[..]);
            }
            b"text" | b"partial_json" | b"thinking" | b"signature" if value[0] != b'"' => {
                return Err(StreamFault::Garbage);
            }
            b"text" | b"partial_json" => {
                block.text += len;
                block.only = Some((inner, Shown::Text));
            }
            b"thinking" => {
                block.reasoning += len;
                block.only = Some((inner, Shown::Reasoning));
            }
            b"signature" => block.signed = len > 0,
            b"name" => block.text += len,
            b"input" if value != b"{}" => block.text += value.len(),
            b"id" if object_id_tells(value) => edits.replace(member.value, plain_id(value)),
            b"data" | b"id" | b"citations" | b"citation" | b"input" => {}
            name => {
                if object.other(member, name, edits)? {
                    rest += value.len();
                }
            }
        }
    }
    let kind = kind.ok_or(StreamFault::Garbage)?;
    let known;
    (block.kind, known) = block_kind(&kind);
    // A whole thinking block without text was thought in the dark.
    block.sealed = kind == "redacted_thinking" || (kind == "thinking" && block.signed && block.reasoning == 0);
    if !known {
        // Newer kinds of block: whatever they carry was written by the model, at most.
        block.other += rest;
    }
    if let Part::Block { stem, number } = part {
        for key in missing(block.kind, has) {
            match key {
                // Nobody can answer a call of nothing.
                "name" => return Err(StreamFault::Garbage),
                "id" => object.set(None, key, format!("\"toolu_{stem}_{number}\"").into_bytes(), edits),
                "input" => object.set(None, key, b"{}", edits),
                key => object.set(None, key, b"\"\"", edits),
            }
        }
    }
    block.end = object.close(edits).end;
    Ok(block)
}

/// Words in ids of calls that tell through whom the provider is reached. The pairs of a conversation match all the same: the
/// call and its result lose the word alike, for the result is the client's echo.
const TELLING: [&[u8]; 2] = [b"\"toolu_bdrk_", b"\"toolu_vrtx_"];

fn object_id_tells(value: &[u8]) -> bool {
    TELLING.iter().any(|start| value.starts_with(start))
}

fn plain_id(value: &[u8]) -> Vec<u8> {
    let rest = value.get(TELLING[0].len()..).unwrap_or_default();
    [b"\"toolu_", rest].concat()
}

/// Members that readers of a block need.
const REQUIRED: [&str; 6] = ["text", "thinking", "signature", "id", "name", "input"];

/// What a block of this kind lacks.
fn missing(kind: Kind, has: [bool; REQUIRED.len()]) -> impl Iterator<Item = &'static str> {
    let needed: &[&str] = match kind {
        Kind::Text => &["text"],
        Kind::Thinking => &["thinking", "signature"],
        Kind::ToolUse => &["id", "name", "input"],
        Kind::Other => &[],
    };
    REQUIRED.into_iter().zip(has).filter(|(key, has)| !has && needed.contains(key)).map(|(key, _)| key)
}
