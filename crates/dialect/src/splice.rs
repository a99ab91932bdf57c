//! Changes a few places of a text and leaves every other byte as it is. In: a text and edits. Out: the new text.
//! Never here: which places those are.

use crate::json::{Member, Span, blank};
use bytes::BufMut;
use smallvec::SmallVec;
use std::borrow::Cow;

/// From, to, what comes there.
type Edit = (usize, usize, Cow<'static, [u8]>);

/// Edits of one text, in any order; they must not overlap (an overlap is cut off, never a panic).
#[derive(Default, Debug, Clone)]
pub(crate) struct Edits {
    list: SmallVec<[Edit; 6]>,
}

impl Edits {
    /// Puts `new` in the place of the span.
    pub fn replace(&mut self, span: Span, new: impl Into<Cow<'static, [u8]>>) {
        self.list.push((span.0, span.1, new.into()));
    }

    /// Inserts before the byte at `at`.
    pub fn insert(&mut self, at: usize, new: impl Into<Cow<'static, [u8]>>) {
        self.list.push((at, at, new.into()));
    }

    /// Takes members out of their object, with the commas that would be left over.
    pub fn remove(&mut self, text: &[u8], members: &mut [Member]) {
        members.sort_unstable_by_key(Member::start);
        let mut front = 0;
        for member in members {
            if member.before == front {
                // All before it is gone as well: take the comma behind it.
                let next = blank(text, member.end());
                let to = if text.get(next) == Some(&b',') { blank(text, next + 1) } else { member.end() };
                front = member.end();
                self.replace((member.start(), to), Cow::Borrowed(&b""[..]));
            } else {
                self.replace((member.before, member.end()), Cow::Borrowed(&b""[..]));
            }
        }
    }

    /// Adds the edits of another part of the text.
    pub fn join(&mut self, more: Self) {
        self.list.extend(more.list);
    }

    /// Takes back the edits inside a span.
    pub fn clear_within(&mut self, span: Span) {
        self.list.retain(|(from, to, _)| *to <= span.0 || *from >= span.1);
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Puts the edits in the order of the text; needed before they are applied.
    pub fn sort(&mut self) {
        self.list.sort_by_key(|(from, to, _)| (*from, *to));
    }

    /// The new text.
    pub fn apply(mut self, text: &[u8]) -> Vec<u8> {
        self.sort();
        self.apply_within(text, 0, text.len())
    }

    /// The new text of a part. The edits are sorted, and none crosses the part's borders.
    pub fn apply_within(&self, text: &[u8], start: usize, end: usize) -> Vec<u8> {
        let grown: usize = self.list.iter().map(|(_, _, new)| new.len()).sum();
        let mut out = Vec::with_capacity(end.saturating_sub(start) + grown);
        self.write_within(text, start, end, &mut out);
        out
    }

    /// The same, written behind what is there.
    pub fn write_within(&self, text: &[u8], start: usize, end: usize, out: &mut impl BufMut) {
        let mut at = start;
        for (from, to, new) in &self.list {
            if *from < start || *to > end {
                continue;
            }
            if let Some(kept) = text.get(at..*from) {
                out.put_slice(kept);
            }
            out.put_slice(new);
            at = at.max(*to);
        }
        out.put_slice(text.get(at..end).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Members;

    fn without(text: &str, names: &[&str]) -> String {
        let mut members = Members::new(text.as_bytes(), 0, 0).unwrap();
        let mut gone = Vec::new();
        while let Some(member) = members.next().unwrap() {
            if names.iter().any(|n| n.as_bytes() == &*member.name(text.as_bytes())) {
                gone.push(member);
            }
        }
        let mut edits = Edits::default();
        edits.remove(text.as_bytes(), &mut gone);
        String::from_utf8(edits.apply(text.as_bytes())).unwrap()
    }

    #[test]
    fn members_go_with_their_commas() {
        let text = r#"{"a":1, "b":2 ,"c":3}"#;
        for (names, expect) in [
            (&["a"][..], r#"{"b":2 ,"c":3}"#),
            (&["b"], r#"{"a":1 ,"c":3}"#),
            (&["c"], r#"{"a":1, "b":2}"#),
            (&["a", "b"], r#"{"c":3}"#),
            (&["a", "c"], r#"{"b":2}"#),
            (&["b", "c"], r#"{"a":1}"#),
            (&["a", "b", "c"], "{}"),
            (&[], text),
        ] {
            assert_eq!(without(text, names), expect, "{names:?}");
        }
    }
}
