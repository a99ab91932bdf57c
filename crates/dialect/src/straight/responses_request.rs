//! What a Responses request needs beside its model on its way to a server. In: the look at it, the target. Out: edits.
//! Never here: other dialects (request), a turn that was kept (crate's responses).

use super::request::Plan;
use crate::json::{Span, blank};

/// What proves reasoning must come with the answer where nothing is kept.
const PROOF: &str = "reasoning.encrypted_content";

impl Plan<'_> {
    /// Nothing is kept at the upstream, whatever the client may keep here; an earlier answer's name means nothing there.
    pub(super) fn keep_nothing(&mut self) {
        let cuts = &self.peek.cuts;
        self.gone.extend(cuts.previous);
        match cuts.store {
            Some(member) if member.text(self.body) == b"false" => {}
            Some(member) => self.edits.replace(member.value, &b"false"[..]),
            None => self.added.extend_from_slice(b",\"store\":false"),
        }
        // A client that has its answers kept does not ask for proofs; without them its next turn would lose the reasoning.
        if self.peek.store && self.peek.reasoning_requested {
            self.prove();
        }
    }

    fn prove(&mut self) {
        let Some(include) = self.peek.cuts.include else {
            self.added.extend_from_slice(format!(",\"include\":[\"{PROOF}\"]").as_bytes());
            return;
        };
        let text = include.text(self.body);
        if memchr::memmem::find(text, PROOF.as_bytes()).is_some() {
            return;
        }
        if text == b"null" {
            self.edits.replace(include.value, format!("[\"{PROOF}\"]").into_bytes());
            return;
        }
        let empty = text[1..].trim_ascii_start().first() == Some(&b']');
        let comma = if empty { "" } else { "," };
        self.edits.insert(include.value.0 + 1, format!("\"{PROOF}\"{comma}").into_bytes());
    }

    /// The affordable limit of answer tokens where the client gave none.
    pub(super) fn limit_output(&mut self) {
        let Some(number) = self.target.insert_max_tokens.filter(|_| self.peek.max_output.is_none()) else {
            return;
        };
        let number = number.to_string().into_bytes();
        match self.peek.cuts.max_output_tokens {
            Some(member) => self.edits.replace(member.value, number),
            None => {
                self.added.extend_from_slice(b",\"max_output_tokens\":");
                self.added.extend(number);
            }
        }
    }

    /// Reasoning that another kind of upstream gave, or that lies at a server that keeps nothing, leaves the input.
    pub(super) fn drop_foreign(&mut self) {
        let spans = &self.peek.cuts.unsigned;
        let mut n = 0;
        while let Some((start, mut end)) = spans.get(n).copied() {
            n += 1;
            while let Some(next) = spans.get(n).filter(|next| follows(self.body, end, **next)) {
                end = next.1;
                n += 1;
            }
            let gone = with_comma(self.body, (start, end));
            // Whatever stands in it, a role perhaps, goes with it.
            self.edits.clear_within(gone);
            self.edits.replace(gone, &b""[..]);
        }
    }
}

/// Whether nothing but a comma stands between an element and the next.
fn follows(body: &[u8], end: usize, next: Span) -> bool {
    let comma = blank(body, end);
    body.get(comma) == Some(&b',') && blank(body, comma + 1) == next.0
}

/// Elements of an array with the comma that would be left over.
fn with_comma(body: &[u8], (start, end): Span) -> Span {
    let next = blank(body, end);
    if body.get(next) == Some(&b',') {
        return (start, blank(body, next + 1));
    }
    let before = body[..start].trim_ascii_end().len();
    let comma = before.saturating_sub(1);
    if body.get(comma) == Some(&b',') { (comma, end) } else { (start, end) }
}
