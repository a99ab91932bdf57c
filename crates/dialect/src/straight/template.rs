//! Frames that differ from an earlier one in a string or two. In: a frame that was read whole once. Out: a test of a few
//! nanoseconds for the next ones. Never here: a frame that differs anywhere else; the scanner reads that.
//!
//! A template is a frame cut at the quotes of its text (and of the padding some servers add). A frame made of the same
//! pieces, with nothing but one JSON string between each two, is the learned frame with another text: whatever the
//! scanner found in the first is true of it, and what the scanner wrote for the first is right for it.

use crate::json::string_end;
use crate::splice::Edits;
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

/// A piece of the frame between two texts: as it comes in, as it goes out.
#[derive(Debug)]
struct Piece {
    from: Box<[u8]>,
    to: Box<[u8]>,
}

#[derive(Debug)]
struct Template {
    head: Piece,
    tails: SmallVec<[Piece; 2]>,
    shown: Shown,
}

/// The templates of a stream, the last used first.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    list: SmallVec<[Template; TEMPLATES_MAX]>,
}

impl Template {
    /// Where the texts of the frame are, if it is this one.
    #[inline]
    fn fits(&self, frame: &[u8]) -> Option<SmallVec<[(usize, usize); 2]>> {
        if !frame.starts_with(&self.head.from) {
            return None;
        }
        let mut texts = SmallVec::new();
        let mut at = self.head.from.len();
        for tail in &self.tails {
            let quote = string_end(frame, at).ok()? - 1;
            texts.push((at, quote));
            if !frame[quote..].starts_with(&tail.from) {
                return None;
            }
            at = quote + tail.from.len();
        }
        (at == frame.len()).then_some(texts)
    }
}

impl Templates {
    /// Writes the frame if it is a learned one; gives what its text is and how many bytes it has.
    #[inline]
    pub fn pass(&mut self, frame: &[u8], out: &mut BytesMut) -> Option<(Shown, usize)> {
        let (n, texts) = self.list.iter().enumerate().find_map(|(n, template)| Some((n, template.fits(frame)?)))?;
        let template = &self.list[n];
        out.extend_from_slice(&template.head.to);
        for ((from, to), tail) in texts.iter().zip(&template.tails) {
            out.extend_from_slice(&frame[*from..*to]);
            out.extend_from_slice(&tail.to);
        }
        let passed = (template.shown, texts[0].1 - texts[0].0);
        if n > 0 {
            self.list.swap(0, n);
        }
        Some(passed)
    }

    /// Learns a frame: `texts` are the strings (without quotes, in order) that may differ the next time, `edits` what
    /// was changed around them.
    pub fn learn(&mut self, frame: &[u8], texts: &[(usize, usize)], edits: &Edits, shown: Shown) {
        let piece = |from: usize, to: usize| Piece {
            from: frame[from..to].into(),
            to: edits.apply_within(frame, from, to).into(),
        };
        let Some(first) = texts.first() else { return };
        let mut tails = SmallVec::new();
        for (n, text) in texts.iter().enumerate() {
            let until = texts.get(n + 1).map_or(frame.len(), |next| next.0);
            if until < text.1 {
                return;
            }
            tails.push(piece(text.1, until));
        }
        if self.list.len() == TEMPLATES_MAX {
            self.list.pop();
        }
        let head = piece(0, first.0);
        self.list.insert(0, Template { head, tails, shown });
    }
}
