//! Usage objects that differ from an earlier one in their numbers alone, as those of one provider do. In: a usage object. Out: its
//! counts, and what makes it fit to be shown; of a shape that is known without a reader. Never here: what a name means (the readers
//! of the dialects), what is charged.
//!
//! A shape is learned by the reader itself: with a number of its own in every place it tells which place feeds which count, and
//! a shape of which that is not the whole truth is not kept. So a known shape says what its reader would.

use super::answer::cleaned;
use super::usage::{self, Rules};
use crate::anthropic::usage::MessageCounts;
use crate::openai_chat::usage::ChatCounts;
use crate::openai_responses::usage::ResponseCounts;
use crate::splice::Edits;
use canon::Dialect;
use smallvec::SmallVec;
use std::cell::RefCell;
use units::Usage;

/// So many shapes are known on a thread, the last used first; so long are they, and so many numbers have they.
const SHAPES_MAX: usize = 8;
const SHAPE_BYTES_MAX: usize = 1_024;
const NUMBERS_MAX: usize = 24;

/// While there is no room left, one of so many unknown shapes is learned: who never sends one twice is not worth it.
const LEARNED_ONE_OF: u32 = 32;

/// The largest number of digits that is read here.
const DIGITS_MAX: usize = 15;

/// Counts of a dialect, and what their objects may show.
pub(super) trait Counts: Copy + Default + PartialEq {
    /// What may be shown.
    const RULES: Rules;
    /// Whose they are: the dialects know their shapes apart.
    const DIALECT: Dialect;
    /// Reads an object.
    fn read(text: &[u8]) -> Self;
    /// Whether an object may be shown at all.
    fn is_whole(text: &[u8]) -> bool;
    /// Every count, told or not, in one order.
    fn counts_mut(&mut self) -> SmallVec<[&mut Option<u64>; 8]>;
    /// The counts as disjoint classes.
    fn usage(&self) -> Usage;
}

/// What is kept of a shape.
struct Shape {
    dialect: Dialect,
    /// What stands before each number, and behind the last.
    seams: SmallVec<[Box<[u8]>; 8]>,
    /// Which number each count is, in the order of the counts.
    places: SmallVec<[Option<usize>; 8]>,
}

#[derive(Default)]
struct Shapes {
    list: Vec<Shape>,
    missed: u32,
}

thread_local! {
    static KNOWN: RefCell<Shapes> = const { RefCell::new(Shapes { list: Vec::new(), missed: 0 }) };
}

/// The counts of the usage object at `at` in `body`, which is `text`; and the edits that make it fit to be shown, if there are any
/// that do.
pub(super) fn counted<C: Counts>(body: &[u8], at: usize, text: &[u8]) -> (C, Option<Edits>) {
    if let Some(counts) = KNOWN.with_borrow_mut(|known| known.find(text)) {
        return (counts, Some(Edits::default()));
    }
    let clean = cleaned(body, at, &C::RULES).filter(|_| C::is_whole(text));
    if clean.as_ref().is_some_and(Edits::is_empty) {
        KNOWN.with_borrow_mut(|known| known.learn::<C>(text));
    }
    (C::read(text), clean)
}

impl Shapes {
    fn find<C: Counts>(&mut self, text: &[u8]) -> Option<C> {
        for (n, shape) in self.list.iter().enumerate() {
            if shape.dialect == C::DIALECT
                && let Some(counts) = shape.read(text)
            {
                if n > 0 {
                    self.list[..=n].rotate_right(1);
                }
                return Some(counts);
            }
        }
        None
    }

    fn learn<C: Counts>(&mut self, text: &[u8]) {
        self.missed = self.missed.wrapping_add(1);
        if self.list.len() == SHAPES_MAX && !self.missed.is_multiple_of(LEARNED_ONE_OF) {
            return;
        }
        let Some(shape) = Shape::of::<C>(text) else { return };
        self.list.truncate(SHAPES_MAX - 1);
        self.list.insert(0, shape);
    }
}

impl Shape {
    /// The shape of an object, if all that its reader tells are numbers as they stand in it.
    fn of<C: Counts>(text: &[u8]) -> Option<Self> {
        let seams = seams(text)?;
        let own = |n: usize| 100_000_000_000_000 + n as u64;
        let mut probe = seams[0].to_vec();
        for (n, seam) in seams[1..].iter().enumerate() {
            probe.extend_from_slice(own(n).to_string().as_bytes());
            probe.extend_from_slice(seam);
        }
        let numbers = seams.len() - 1;
        let mut told = C::read(&probe);
        let place = |count: &mut Option<u64>| (0..numbers).position(|n| *count == Some(own(n)));
        let places = told.counts_mut().into_iter().map(place).collect();
        let shape = Self { dialect: C::DIALECT, seams, places };
        let same = |text: &[u8]| shape.read::<C>(text).is_some_and(|counts| counts == C::read(text));
        (same(&probe) && same(text)).then_some(shape)
    }

    /// What an object of this shape tells; `None` of any other.
    fn read<C: Counts>(&self, text: &[u8]) -> Option<C> {
        let mut numbers: SmallVec<[u64; NUMBERS_MAX]> = SmallVec::new();
        let mut rest = text.strip_prefix(&*self.seams[0])?;
        for seam in &self.seams[1..] {
            let (number, len) = number(rest)?;
            numbers.push(number);
            rest = rest.get(len..)?.strip_prefix(&**seam)?;
        }
        if !rest.is_empty() {
            return None;
        }
        let mut counts = C::default();
        for (count, place) in counts.counts_mut().into_iter().zip(&self.places) {
            *count = place.and_then(|n| numbers.get(n).copied());
        }
        Some(counts)
    }
}

/// The plain whole number that a text begins with, and how long it is.
fn number(text: &[u8]) -> Option<(u64, usize)> {
    let (mut number, mut len) = (0_u64, 0);
    while let Some(digit) = text.get(len).filter(|byte| byte.is_ascii_digit()) {
        number = number * 10 + u64::from(digit - b'0');
        len += 1;
        if len > DIGITS_MAX {
            return None;
        }
    }
    (len == 1 || (len > 0 && text[0] != b'0')).then_some((number, len))
}

/// What stands around the numbers of an object that is JSON; `None` where one is none of ours.
fn seams(text: &[u8]) -> Option<SmallVec<[Box<[u8]>; 8]>> {
    if text.len() > SHAPE_BYTES_MAX || !text.starts_with(b"{") {
        return None;
    }
    let mut seams = SmallVec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = crate::json::string_end(text, at + 1).ok()?,
            b'0'..=b'9' => {
                let (_, len) = number(&text[at..])?;
                let fraction = matches!(text.get(at + len), Some(b'.' | b'e' | b'E'));
                if fraction || text[..at].ends_with(b"-") || seams.len() == NUMBERS_MAX {
                    return None;
                }
                seams.push(text[from..at].into());
                at += len;
                from = at;
            }
            _ => at += 1,
        }
    }
    seams.push(text[from..].into());
    Some(seams)
}

/// The counts of a dialect, which one that is, what may be shown of them, and what an object must have to be shown.
macro_rules! counts {
    ($($counts:ty, $dialect:ident, $rules:expr, $whole:expr;)*) => {$(
        impl Counts for $counts {
            const RULES: Rules = $rules;
            const DIALECT: Dialect = Dialect::$dialect;

            fn read(text: &[u8]) -> Self {
                let mut counts = Self::default();
                counts.take(text);
                counts
            }

            fn is_whole(text: &[u8]) -> bool {
                $whole(text)
            }

            fn counts_mut(&mut self) -> SmallVec<[&mut Option<u64>; 8]> {
                self.counts_mut()
            }

            fn usage(&self) -> Usage {
                self.usage()
            }
        }
    )*};
}

counts! {
    ChatCounts, OpenAiChat, usage::CHAT, |_| true;
    MessageCounts, Anthropic, usage::MESSAGES, |_| true;
    ResponseCounts, OpenAiResponses, usage::RESPONSES, usage::has_details;
}

#[cfg(test)]
mod tests;
