//! Frames that differ from an earlier one in a string or two, in their number, and in counts. In: a frame that was read whole
//! once. Out: a test of a few nanoseconds for the next ones. Never here: a frame that differs anywhere else; the scanner
//! reads that.
//!
//! A template is a frame cut at the quotes of its text (and of the padding some servers add), and around its numbers. A frame
//! made of the same seams, with nothing but one JSON string of valid UTF-8 or one whole number between each two, is the
//! learned frame with another text: whatever the scanner found in the first is true of it, and what the scanner wrote for
//! the first is right for it. In the place of the frame's own number goes the next of ours; counts pass, and what they
//! report is handed out to be read.

use crate::count::is_plain;
use crate::json::{Span, string_end};
use bytes::BytesMut;
use smallvec::SmallVec;

/// Text, reasoning, and the arguments of two calls.
const TEMPLATES_MAX: usize = 4;

/// What the first text of a template is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Text,
    Reasoning,
}

/// What differs from frame to frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hole {
    /// What stands between the quotes of a string.
    Text,
    /// The frame's number in its stream.
    Number,
    /// A plain whole number that counts something.
    Count,
}

/// A frame that a template knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Passed<'f> {
    /// What its text is.
    pub shown: Shown,
    /// Its text, as it stands between the quotes.
    pub text: &'f [u8],
    /// Whose it is, as its reader said.
    pub tag: u64,
    /// The object around its counts.
    pub report: Option<&'f [u8]>,
}

/// What stands between two holes of a frame: as it comes in, as it goes out.
#[derive(Debug)]
pub(super) struct Seam {
    pub from: Box<[u8]>,
    pub to: Box<[u8]>,
}

/// A frame that was learned.
#[derive(Debug)]
pub(super) struct Template {
    pub head: Seam,
    pub tails: SmallVec<[(Hole, Seam); 3]>,
    pub shown: Shown,
    pub tag: u64,
    /// Where the counts stand, if it has any: so far behind the first text, and so far before the end.
    pub report: Option<(usize, usize)>,
}

/// The templates of a stream, the last used first.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    list: SmallVec<[Template; TEMPLATES_MAX]>,
}

/// Most texts are short and ASCII, which is seen without a call.
#[inline]
fn is_utf8(text: &[u8]) -> bool {
    text.is_ascii() || std::str::from_utf8(text).is_ok()
}

/// The end of a whole number of a size that no stream exceeds.
#[inline]
fn number_end(frame: &[u8], at: usize) -> Option<usize> {
    let digits = frame[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let plain = (1..=18).contains(&digits) && (digits == 1 || frame[at] != b'0');
    plain.then_some(at + digits)
}

/// The end of a count that may stand in the place of another.
fn count_end(frame: &[u8], at: usize) -> Option<usize> {
    let rest = &frame[at..];
    let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = is_plain(&rest[..len]) && (len == 1 || rest[0] != b'0');
    whole.then_some(at + len)
}

impl Template {
    /// Where the holes of the frame are, if it is this one.
    #[inline]
    fn fits(&self, frame: &[u8]) -> Option<SmallVec<[Span; 3]>> {
        if !frame.starts_with(&self.head.from) {
            return None;
        }
        let mut holes = SmallVec::new();
        let mut at = self.head.from.len();
        for (hole, tail) in &self.tails {
            let end = match hole {
                Hole::Text => string_end(frame, at).ok()? - 1,
                Hole::Number => number_end(frame, at)?,
                Hole::Count => count_end(frame, at)?,
            };
            holes.push((at, end));
            if !frame[end..].starts_with(&tail.from) || (*hole == Hole::Text && !is_utf8(&frame[at..end])) {
                return None;
            }
            at = end + tail.from.len();
        }
        (at == frame.len()).then_some(holes)
    }
}

impl Templates {
    /// Writes the frame if it is a learned one; `next` is the number it gets where it has one.
    #[inline]
    pub fn pass<'f>(&mut self, frame: &'f [u8], next: &mut u64, out: &mut BytesMut) -> Option<Passed<'f>> {
        let (n, holes) = self.list.iter().enumerate().find_map(|(n, template)| Some((n, template.fits(frame)?)))?;
        let template = &self.list[n];
        out.extend_from_slice(&template.head.to);
        let mut text = None;
        for (span, (hole, tail)) in holes.iter().zip(&template.tails) {
            match hole {
                Hole::Text => {
                    out.extend_from_slice(&frame[span.0..span.1]);
                    text.get_or_insert(*span);
                }
                Hole::Count => out.extend_from_slice(&frame[span.0..span.1]),
                Hole::Number => {
                    out.extend_from_slice(itoa::Buffer::new().format(*next).as_bytes());
                    *next += 1;
                }
            }
            out.extend_from_slice(&tail.to);
        }
        let (from, to) = text.unwrap_or_default();
        let report = template.report.and_then(|(behind, before)| frame.get(to + behind..frame.len() - before));
        let passed = Passed { shown: template.shown, text: &frame[from..to], tag: template.tag, report };
        if n > 0 {
            self.list[..=n].rotate_right(1);
        }
        Some(passed)
    }

    /// Takes a new template; the one that was not used for longest makes room for it.
    pub fn add(&mut self, template: Template) {
        if self.list.len() == TEMPLATES_MAX {
            self.list.pop();
        }
        self.list.insert(0, template);
    }

    /// How many frames were learned.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// Forgets all: what was learned is no longer right.
    pub fn clear(&mut self) {
        self.list.clear();
    }
}
