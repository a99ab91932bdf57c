//! Frames that differ from an earlier one in a string or two. In: a frame that was read whole once. Out: a test of a few
//! nanoseconds for the next ones. Never here: a frame that differs anywhere else; the scanner reads that.
//!
//! A template is a frame cut at the quotes of its text (and of the padding some servers add). A frame made of the same
//! seams, with nothing but one JSON string of valid UTF-8 between each two, is the learned frame with another text:
//! whatever the scanner found in the first is true of it, and what the scanner wrote for the first is right for it.

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

/// What stands between two texts of a frame: as it comes in, as it goes out.
#[derive(Debug)]
pub(super) struct Seam {
    pub from: Box<[u8]>,
    pub to: Box<[u8]>,
}

#[derive(Debug)]
struct Template {
    head: Seam,
    tails: SmallVec<[Seam; 2]>,
    shown: Shown,
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
    fn fits(&self, frame: &[u8]) -> Option<SmallVec<[Span; 2]>> {
        if !frame.starts_with(&self.head.from) {
            return None;
        }
        let mut texts = SmallVec::new();
        let mut at = self.head.from.len();
        for tail in &self.tails {
            let quote = string_end(frame, at).ok()? - 1;
            texts.push((at, quote));
            if !frame[quote..].starts_with(&tail.from) || !is_utf8(&frame[at..quote]) {
                return None;
            }
            at = quote + tail.from.len();
        }
        (at == frame.len()).then_some(texts)
    }
}

impl Templates {
    /// Writes the frame if it is a learned one; gives what its text is and how many bytes it has, escapes undone.
    #[inline]
    pub fn pass(&mut self, frame: &[u8], out: &mut BytesMut) -> Option<(Shown, usize)> {
        let (n, texts) = self.list.iter().enumerate().find_map(|(n, template)| Some((n, template.fits(frame)?)))?;
        let template = &self.list[n];
        out.extend_from_slice(&template.head.to);
        for ((from, to), tail) in texts.iter().zip(&template.tails) {
            out.extend_from_slice(&frame[*from..*to]);
            out.extend_from_slice(&tail.to);
        }
        let passed = (template.shown, text_len(&frame[texts[0].0..texts[0].1]));
        if n > 0 {
            self.list[..=n].rotate_right(1);
        }
        Some(passed)
    }

    /// Takes a new template; the one that was not used for longest makes room for it.
    pub fn add(&mut self, head: Seam, tails: SmallVec<[Seam; 2]>, shown: Shown) {
        if self.list.len() == TEMPLATES_MAX {
            self.list.pop();
        }
        self.list.insert(0, Template { head, tails, shown });
    }

    /// Forgets all: what was learned is no longer right.
    pub fn clear(&mut self) {
        self.list.clear();
    }
}
