//! Objects and arrays read one element at a time. In: text and where a bracket opens. Out: spans.
//! Never here: a copy of a value.

use super::{Bad, Span, blank, key_at, skip, unescape};
use std::borrow::Cow;

/// One member of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Where the value before it ends; 0 for the first member.
    pub before: usize,
    /// The key without quotes.
    pub key: Span,
    /// The value.
    pub value: Span,
}

impl Member {
    /// Where the member starts: the opening quote of its key.
    pub const fn start(&self) -> usize {
        self.key.0 - 1
    }

    /// Where the member ends.
    pub const fn end(&self) -> usize {
        self.value.1
    }

    /// The key, its escapes undone.
    pub fn name<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        unescape(&text[self.key.0..self.key.1])
    }

    /// The value's text.
    pub fn text<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        &text[self.value.0..self.value.1]
    }
}

/// Reads an object member by member. The caller walks each value (`done`) or lets it be walked unwatched (`skip`).
pub(crate) struct Members<'a> {
    text: &'a [u8],
    at: usize,
    before: usize,
    outside: u32,
}

/// A key whose value is still to be walked.
pub(crate) struct Pending {
    before: usize,
    key: Span,
    pub value: usize,
}

impl<'a> Members<'a> {
    /// `at` is the opening brace; `outside` levels are open around it.
    pub fn new(text: &'a [u8], at: usize, outside: u32) -> Result<Self, Bad> {
        match text.get(at) {
            Some(b'{') => Ok(Self { text, at: at + 1, before: 0, outside }),
            Some(_) => Err(Bad::Byte(at)),
            None => Err(Bad::End),
        }
    }

    /// The next key, or `None` at the closing brace (`end` then gives the index after it).
    pub fn key(&mut self) -> Result<Option<Pending>, Bad> {
        let mut at = blank(self.text, self.at);
        match (self.text.get(at), self.before) {
            (Some(b'}'), _) => {
                self.at = at + 1;
                return Ok(None);
            }
            (Some(b','), before) if before > 0 => at = blank(self.text, at + 1),
            (Some(b'"'), 0) => {}
            (Some(_), _) => return Err(Bad::Byte(at)),
            (None, _) => return Err(Bad::End),
        }
        let (key, value) = key_at(self.text, at)?;
        Ok(Some(Pending { before: self.before, key: (key.start, key.end), value }))
    }

    /// Takes the value's end, as the caller walked it.
    pub fn done(&mut self, pending: &Pending, end: usize) -> Member {
        self.at = end;
        self.before = end;
        Member { before: pending.before, key: pending.key, value: (pending.value, end) }
    }

    /// The next member, its value walked and not watched.
    pub fn next(&mut self) -> Result<Option<Member>, Bad> {
        let Some(pending) = self.key()? else {
            return Ok(None);
        };
        self.skip(&pending).map(Some)
    }

    /// Walks a value and does not watch it.
    #[inline]
    pub fn skip(&mut self, pending: &Pending) -> Result<Member, Bad> {
        let end = skip(self.text, pending.value, self.outside + 1)?;
        Ok(self.done(pending, end))
    }

    /// After `None`: the index after the closing brace.
    pub const fn end(&self) -> usize {
        self.at
    }

    /// The end of the last member's value so far; 0 when there was none.
    pub const fn last(&self) -> usize {
        self.before
    }
}

/// Reads an array element by element.
pub(crate) struct Items<'a> {
    text: &'a [u8],
    at: usize,
    first: bool,
    outside: u32,
}

impl<'a> Items<'a> {
    /// `at` is the opening bracket; `outside` levels are open around it.
    pub fn new(text: &'a [u8], at: usize, outside: u32) -> Result<Self, Bad> {
        match text.get(at) {
            Some(b'[') => Ok(Self { text, at: at + 1, first: true, outside }),
            Some(_) => Err(Bad::Byte(at)),
            None => Err(Bad::End),
        }
    }

    /// Where the next element starts; the caller walks it and says so with `done`.
    pub fn start(&mut self) -> Result<Option<usize>, Bad> {
        let mut at = blank(self.text, self.at);
        match (self.text.get(at), self.first) {
            (Some(b']'), _) => {
                self.at = at;
                return Ok(None);
            }
            (Some(b','), false) => at = blank(self.text, at + 1),
            (Some(_), true) => {}
            (Some(_), false) => return Err(Bad::Byte(at)),
            (None, _) => return Err(Bad::End),
        }
        Ok(Some(at))
    }

    /// Takes the element's end, as the caller walked it.
    pub const fn done(&mut self, end: usize) {
        self.first = false;
        self.at = end;
    }

    /// The next element's span.
    pub fn next(&mut self) -> Result<Option<Span>, Bad> {
        let Some(at) = self.start()? else { return Ok(None) };
        let end = skip(self.text, at, self.outside + 1)?;
        self.done(end);
        Ok(Some((at, end)))
    }

    /// After `None`: the index after the closing bracket.
    pub const fn end(&self) -> usize {
        self.at + 1
    }
}

impl Pending {
    /// The key, its escapes undone.
    pub fn name<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        unescape(&text[self.key.0..self.key.1])
    }
}
