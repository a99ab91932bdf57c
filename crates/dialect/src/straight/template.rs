//! Frames that differ from an earlier one in a string or two, and in counts. In: a frame that was read whole once. Out: a test of a few
//! nanoseconds for the next ones. Never here: a frame that differs anywhere else; the scanner reads that.
//!
//! A template is a frame cut at the quotes of its text (and of the padding some servers add). A frame made of the same
//! seams, with nothing but one JSON string of valid UTF-8 between each two, is the learned frame with another text:
//! whatever the scanner found in the first is true of it, and what the scanner wrote for the first is right for it.
//! The same holds of a plain whole number in the place of another; what such numbers report is handed out to be read.

use crate::count::is_plain;
use crate::json::{Span, string_end, text_len};
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
    /// A string, without its quotes.
    Text,
    /// A plain whole number.
    Count,
}

/// A hole, and what stands behind it.
#[derive(Debug)]
pub(super) struct Tail {
    pub hole: Hole,
    pub seam: Seam,
}

/// What stands between two texts of a frame: as it comes in, as it goes out.
#[derive(Debug)]
pub(super) struct Seam {
    pub from: Box<[u8]>,
    pub to: Box<[u8]>,
}

/// A frame that was learned: the text that counts is its first hole.
#[derive(Debug)]
pub(super) struct Template {
    pub head: Seam,
    pub tails: SmallVec<[Tail; 2]>,
    pub shown: Shown,
    /// Where the counts stand, if it has any: so far behind the first text, and so far before the end.
    pub report: Option<(usize, usize)>,
}

/// What a learned frame showed.
pub(super) struct Passed<'f> {
    pub shown: Shown,
    /// Bytes of its text.
    pub bytes: usize,
    /// Its counts.
    pub report: Option<&'f [u8]>,
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

impl Template {
    /// Where the texts of the frame are, if it is this one.
    #[inline]
    fn fits(&self, frame: &[u8]) -> Option<SmallVec<[Span; 4]>> {
        if !frame.starts_with(&self.head.from) {
            return None;
        }
        let mut texts = SmallVec::new();
        let mut at = self.head.from.len();
        for tail in &self.tails {
            let end = match tail.hole {
                Hole::Text => string_end(frame, at).ok()? - 1,
                Hole::Count => count_end(frame, at)?,
            };
            texts.push((at, end));
            if !frame[end..].starts_with(&tail.seam.from) || !is_utf8(&frame[at..end]) {
                return None;
            }
            at = end + tail.seam.from.len();
        }
        (at == frame.len()).then_some(texts)
    }
}

/// Where a number ends that may stand in the place of another.
fn count_end(frame: &[u8], at: usize) -> Option<usize> {
    let rest = &frame[at..];
    let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = is_plain(&rest[..len]) && (len == 1 || rest[0] != b'0');
    whole.then_some(at + len)
}

impl Templates {
    /// Writes the frame if it is a learned one; gives what it showed.
    #[inline]
    pub fn pass<'f>(&mut self, frame: &'f [u8], out: &mut BytesMut) -> Option<Passed<'f>> {
        let (n, texts) = self.list.iter().enumerate().find_map(|(n, template)| Some((n, template.fits(frame)?)))?;
        let template = &self.list[n];
        out.extend_from_slice(&template.head.to);
        for ((from, to), tail) in texts.iter().zip(&template.tails) {
            out.extend_from_slice(&frame[*from..*to]);
            out.extend_from_slice(&tail.seam.to);
        }
        let (from, to) = texts[0];
        let report = template.report.and_then(|(behind, before)| frame.get(to + behind..frame.len() - before));
        let passed = Passed { shown: template.shown, bytes: text_len(&frame[from..to]), report };
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
