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
use smallvec::SmallVec;
use std::cell::RefCell;

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
    /// A name for the shapes of it.
    const OF: u8;
    /// Reads an object.
    fn read(text: &[u8]) -> Self;
    /// Whether an object may be shown at all.
    fn is_whole(text: &[u8]) -> bool;
    /// Every count that was told, in one order.
    fn fields(&mut self) -> SmallVec<[&mut Option<u64>; 8]>;
}

/// What is kept of a shape.
struct Shape {
    of: u8,
    /// What stands before each number, and behind the last.
    seams: SmallVec<[Box<[u8]>; 8]>,
    /// Which number each count is, in the order of the fields.
    fields: SmallVec<[Option<usize>; 8]>,
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
        let fits = |(n, shape): (usize, &Shape)| Some((n, (shape.of == C::OF).then(|| shape.read(text))??));
        let (n, counts) = self.list.iter().enumerate().find_map(fits)?;
        if n > 0 {
            self.list[..=n].rotate_right(1);
        }
        Some(counts)
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
        let place = |count: Option<u64>| Some((0..numbers).position(|n| count == Some(own(n))));
        let fields = told.fields().into_iter().map(|count| place(*count)).collect::<Option<_>>()?;
        let shape = Self { of: C::OF, seams, fields };
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
        for (count, place) in counts.fields().into_iter().zip(&self.fields) {
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

/// The counts of a dialect, the number of their shapes, what may be shown of them, and what an object must have to be shown.
macro_rules! counts {
    ($($counts:ty, $of:literal, $rules:expr, $whole:expr;)*) => {$(
        impl Counts for $counts {
            const RULES: Rules = $rules;
            const OF: u8 = $of;

            fn read(text: &[u8]) -> Self {
                let mut counts = Self::default();
                counts.take(text);
                counts
            }

            fn is_whole(text: &[u8]) -> bool {
                $whole(text)
            }

            fn fields(&mut self) -> SmallVec<[&mut Option<u64>; 8]> {
                self.counts_mut()
            }
        }
    )*};
}

counts! {
    ChatCounts, 0, usage::CHAT, |_| true;
    MessageCounts, 1, usage::MESSAGES, |_| true;
    ResponseCounts, 2, usage::RESPONSES, usage::has_details;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the reader and the cleaner say without anything known.
    fn fresh<C: Counts>(text: &[u8]) -> (C, Option<Vec<u8>>) {
        let clean = cleaned(text, 0, &C::RULES).filter(|_| C::is_whole(text));
        (C::read(text), clean.map(|edits| edits.apply(text)))
    }

    fn known<C: Counts>(text: &[u8]) -> (C, Option<Vec<u8>>) {
        let (counts, clean) = counted::<C>(text, 0, text);
        (counts, clean.map(|edits| edits.apply(text)))
    }

    fn knows<C: Counts>(text: &str) -> bool {
        KNOWN.with_borrow_mut(|known| known.find::<C>(text.as_bytes())).is_some()
    }

    const CHAT: &str = r#"{"prompt_tokens":14,"completion_tokens":0,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":5}}"#;

    #[test]
    fn a_shape_is_read_once() {
        assert!(!knows::<ChatCounts>(CHAT));
        let (first, _) = known::<ChatCounts>(CHAT.as_bytes());
        assert_eq!(first, ChatCounts::read(CHAT.as_bytes()));
        for (other, same) in [
            (CHAT.replace("14", "999"), true),
            (CHAT.replace("14", "0"), true),
            (CHAT.replace("14", "014"), false),
            (CHAT.replace("14", "14.0"), false),
            (CHAT.replace("14", "-14"), false),
            (CHAT.replace("14", "1234567890123456"), false),
            (CHAT.replace("prompt_tokens_details", "p"), false),
            (format!("{CHAT} "), false),
        ] {
            assert_eq!(knows::<ChatCounts>(&other), same, "{other}");
        }
        assert!(!knows::<MessageCounts>(CHAT), "each dialect knows its own");
    }

    /// What a reader adds up, or what is not fit to be shown as it is, is no shape.
    #[test]
    fn what_is_more_than_numbers_is_read_each_time() {
        let passes = r#"{"input_tokens":1,"output_tokens":2,"iterations":[{"type":"compaction","input_tokens":0,"output_tokens":0}]}"#;
        for n in 0..3 {
            let text = passes.replace(":0", &format!(":{n}"));
            assert_eq!(known::<MessageCounts>(text.as_bytes()), fresh::<MessageCounts>(text.as_bytes()));
            assert!(!knows::<MessageCounts>(&text));
        }
        let told = CHAT.replace("{\"cached", "{\"secret\":1,\"cached");
        known::<ChatCounts>(told.as_bytes());
        assert!(!knows::<ChatCounts>(&told));
    }

    #[test]
    fn only_so_many_shapes_are_kept() {
        for n in 0..1_000 {
            let text = CHAT.replace("5}", &format!("5}},\"p{n}\":null"));
            known::<ChatCounts>(text.as_bytes());
            let text = CHAT.replace(':', &" ".repeat(n % 40)).replace("\" ", "\":");
            known::<ChatCounts>(text.as_bytes());
        }
        KNOWN.with_borrow(|known| assert!(known.list.len() <= SHAPES_MAX));
    }

    /// Members of usage objects of three dialects, official and not, at the top and inside.
    fn object() -> impl Strategy<Value = String> {
        let names = prop::sample::select(vec![
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
            "input_tokens",
            "output_tokens",
            "cached_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "prompt_cache_hit_tokens",
            "cost",
            "reasoning_tokens",
        ]);
        let groups = prop::sample::select(vec![
            "prompt_tokens_details",
            "completion_tokens_details",
            "input_tokens_details",
            "output_tokens_details",
            "cache_creation",
            "iterations",
        ]);
        let value = prop_oneof![
            8 => (0..3_u64).prop_map(|n| n.to_string()),
            8 => any::<u64>().prop_map(|n| n.to_string()),
            1 => Just("null".to_owned()),
            1 => Just("1.5".to_owned()),
            1 => Just("-1".to_owned()),
        ];
        let member = (names, value).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        let members = prop::collection::vec(member, 0..4);
        let base = prop::sample::select(vec![
            "\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3",
            "\"input_tokens\":1,\"output_tokens\":2",
            "\"input_tokens\":1,\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":2,\
             \"output_tokens_details\":{\"reasoning_tokens\":5},\"total_tokens\":3",
        ]);
        (base, members.clone(), prop::collection::vec((groups, members), 0..3)).prop_map(
            |(base, mut all, groups)| {
                all.insert(0, base.to_owned());
                all.extend(
                    groups.into_iter().map(|(name, members)| format!("\"{name}\":{{{}}}", members.join(","))),
                );
                format!("{{{}}}", all.join(","))
            },
        )
    }

    proptest! {
        /// R-WIRE-5: whatever was read before, an object is read as if nothing had been.
        #[test]
        fn what_is_known_says_what_the_reader_says(first in object(), numbers in prop::collection::vec(any::<u64>(), 24)) {
            let mut other = String::new();
            let mut numbers = numbers.iter().map(|n| n % 1_000);
            for part in first.split_inclusive(':') {
                let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
                if rest.len() < part.len() {
                    other.push_str(&numbers.next().unwrap_or(0).to_string());
                }
                other.push_str(rest);
            }
            for text in [&first, &other, &first] {
                let text = text.as_bytes();
                prop_assert!(known::<ChatCounts>(text) == fresh::<ChatCounts>(text));
                prop_assert!(known::<MessageCounts>(text) == fresh::<MessageCounts>(text));
                prop_assert!(known::<ResponseCounts>(text) == fresh::<ResponseCounts>(text));
            }
        }
    }
}
