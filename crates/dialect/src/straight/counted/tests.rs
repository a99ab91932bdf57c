//! Known shapes against the readers and the cleaner. Here: which shapes are known, and that they say the same.
//! Never here: what the readers make of a count.

use super::*;
use proptest::prelude::*;
use std::fmt::Debug;

/// Official usage objects, with the details that providers send; `#` stands for a number.
const CHAT: &[&str] = &[
    r##"{"prompt_tokens":#,"completion_tokens":#,"total_tokens":#}"##,
    r##"{"prompt_tokens":#,"total_tokens":#,"completion_tokens":#,"prompt_tokens_details":null}"##,
    r##"{"prompt_tokens":#,"completion_tokens":#,"total_tokens":#,"prompt_tokens_details":{"cached_tokens":#}}"##,
    r##"{"prompt_tokens":#,"completion_tokens":#,"total_tokens":#,
        "prompt_tokens_details":{"cached_tokens":#,"cache_write_tokens":#,"audio_tokens":#},
        "completion_tokens_details":{"reasoning_tokens":#,"audio_tokens":#,"accepted_prediction_tokens":#,
        "rejected_prediction_tokens":#}}"##,
    r##"{"prompt_tokens": #, "completion_tokens": #, "total_tokens": #,
        "prompt_tokens_details": {"text_tokens": #, "audio_tokens": #, "image_tokens": #, "cached_tokens": #},
        "completion_tokens_details": {"reasoning_tokens": #, "audio_tokens": null, "text_tokens": #}}"##,
];
const MESSAGES: &[&str] = &[
    r##"{"input_tokens":#,"output_tokens":#}"##,
    r##"{"input_tokens":#,"cache_creation_input_tokens":#,"cache_read_input_tokens":#,
        "cache_creation":{"ephemeral_5m_input_tokens":#,"ephemeral_1h_input_tokens":#},
        "output_tokens":#,"service_tier":"standard","inference_geo":"not_available"}"##,
    r##"{"input_tokens":#,"cache_creation_input_tokens":null,"cache_read_input_tokens":#,"cache_creation":null,
        "output_tokens":#,"output_tokens_details":{"thinking_tokens":#},
        "server_tool_use":{"web_search_requests":#,"web_fetch_requests":#},"service_tier":"priority"}"##,
    r##"{"input_tokens":#,"output_tokens":#,"server_tool_use":null,"speed":"fast","iterations":[
        {"type":"message","input_tokens":#,"cache_creation_input_tokens":#,"cache_read_input_tokens":#,
        "cache_creation":{"ephemeral_5m_input_tokens":#,"ephemeral_1h_input_tokens":#},"output_tokens":#}]}"##,
];
const RESPONSES: &[&str] = &[
    r##"{"input_tokens":#,"input_tokens_details":{"cached_tokens":#},"output_tokens":#,
        "output_tokens_details":{"reasoning_tokens":#},"total_tokens":#}"##,
    r##"{"input_tokens":#,"input_tokens_details":{"cached_tokens":#,"cache_write_tokens":#,
        "cache_write_tokens_details":{"ttl_30m_tokens":#,"ttl_12h_tokens":#}},"output_tokens":#,
        "output_tokens_details":{"reasoning_tokens":#},"total_tokens":#}"##,
];

/// A text with numbers in their places; a place without one gets 7.
fn filled<N: ToString>(template: &str, numbers: impl IntoIterator<Item = N>) -> String {
    let mut numbers = numbers.into_iter();
    let mut parts = template.split('#');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push_str(&numbers.next().map_or_else(|| "7".to_owned(), |number| number.to_string()));
        text.push_str(part);
    }
    text
}

/// Forgets what other tests of this thread taught.
fn forget() {
    KNOWN.take();
}

/// What the reader and the cleaner say without anything known.
fn fresh<C: Counts>(text: &str) -> (C, Option<Vec<u8>>) {
    let text = text.as_bytes();
    let clean = cleaned(text, 0, &C::RULES).filter(|_| C::is_whole(text));
    (C::read(text), clean.map(|edits| edits.apply(text)))
}

fn known<C: Counts>(text: &str) -> (C, Option<Vec<u8>>) {
    let text = text.as_bytes();
    let (counts, clean) = counted::<C>(text, 0, text);
    (counts, clean.map(|edits| edits.apply(text)))
}

fn knows<C: Counts>(text: &str) -> bool {
    KNOWN.with_borrow_mut(|known| known.find::<C>(text.as_bytes())).is_some()
}

/// Every object is known when it comes again with other numbers, and together they tell every count there is.
fn all_are_learned<C: Counts + Debug>(objects: &[&str]) {
    forget();
    let mut untold: Vec<usize> = (0..C::default().counts_mut().len()).collect();
    for object in objects {
        known::<C>(&filled(object, 1_u64..));
        let other = filled(object, 101_u64..);
        assert!(knows::<C>(&other), "{other}");
        let (mut counts, clean) = known::<C>(&other);
        assert_eq!((counts, clean), fresh::<C>(&other), "{other}");
        let told = counts.counts_mut();
        untold.retain(|n| told[*n].is_none());
    }
    assert!(untold.is_empty(), "no object tells these counts of {:?}: {untold:?}", C::default());
}

#[test]
fn official_objects_of_every_dialect_are_learned() {
    all_are_learned::<ChatCounts>(CHAT);
    all_are_learned::<MessageCounts>(MESSAGES);
    all_are_learned::<ResponseCounts>(RESPONSES);
}

#[test]
fn a_shape_is_its_seams_and_plain_numbers() {
    forget();
    let text = filled(CHAT[2], [14, 0, 14, 5]);
    assert!(!knows::<ChatCounts>(&text));
    known::<ChatCounts>(&text);
    for (other, same) in [
        (text.replace("14", "999"), true),
        (text.replace("14", "0"), true),
        (text.replace("14", "123456789012345"), true),
        (text.replace("14", "1234567890123456"), false),
        (text.replace("14", "014"), false),
        (text.replace("14", "14.0"), false),
        (text.replace("14", "-14"), false),
        (text.replace("14", "null"), false),
        (text.replace("prompt_tokens_details", "p"), false),
        (format!("{text} "), false),
    ] {
        assert_eq!(knows::<ChatCounts>(&other), same, "{other}");
    }
    assert!(!knows::<MessageCounts>(&text), "each dialect knows its own");
}

/// What a reader adds up, or what is not fit to be shown as it is, is no shape.
#[test]
fn what_is_more_than_numbers_is_read_each_time() {
    forget();
    let passes = r##"{"input_tokens":1,"output_tokens":2,"iterations":[{"type":"compaction","input_tokens":#}]}"##;
    for n in 0..3 {
        let text = filled(passes, [n]);
        assert_eq!(known::<MessageCounts>(&text), fresh::<MessageCounts>(&text));
        assert!(!knows::<MessageCounts>(&text));
    }
    let told = filled(CHAT[2], 1..).replace("{\"cached", "{\"secret\":1,\"cached");
    known::<ChatCounts>(&told);
    assert!(!knows::<ChatCounts>(&told));
    let bare = r#"{"input_tokens":1,"output_tokens":2,"total_tokens":3}"#;
    known::<ResponseCounts>(bare);
    assert!(!knows::<ResponseCounts>(bare), "clients of Responses read details");
}

#[test]
fn an_object_that_is_long_or_has_other_numbers_has_no_seams() {
    let numbers = |n: usize| format!("{{\"n\":[{}1]}}", "1,".repeat(n - 1));
    let long = |n: usize| format!("{{\"n\":1{}}}", " ".repeat(n - 7));
    for (text, some) in [
        (numbers(NUMBERS_MAX), true),
        (numbers(NUMBERS_MAX + 1), false),
        (long(SHAPE_BYTES_MAX), true),
        (long(SHAPE_BYTES_MAX + 1), false),
        (filled(CHAT[0], ["0", "1", "2"]), true),
        (filled(CHAT[0], ["01"]), false),
        (filled(CHAT[0], ["-1"]), false),
        (filled(CHAT[0], ["1.5"]), false),
        (filled(CHAT[0], ["1e2"]), false),
        (filled(CHAT[0], [LONG]), false),
        ("[1]".to_owned(), false),
        ("{\"1".to_owned(), false),
    ] {
        assert_eq!(seams(text.as_bytes()).is_some(), some, "{text}");
    }
}

/// An object of a shape that differs with `n`.
fn shape(n: usize) -> String {
    format!("{{{}{}", " ".repeat(n), filled(&CHAT[0][1..], 1..))
}

#[test]
fn only_so_many_shapes_are_kept() {
    forget();
    for n in 0..SHAPES_MAX {
        known::<ChatCounts>(&shape(n));
    }
    // The first is used again, so the second is the one that was not used for longest.
    known::<ChatCounts>(&shape(0));
    let learned = (SHAPES_MAX..).take(LEARNED_ONE_OF as usize).filter(|n| {
        known::<ChatCounts>(&shape(*n));
        knows::<ChatCounts>(&shape(*n))
    });
    assert_eq!(learned.count(), 1, "one of so many");
    KNOWN.with_borrow(|known| assert_eq!(known.list.len(), SHAPES_MAX));
    let gone: Vec<usize> = (0..SHAPES_MAX).filter(|n| !knows::<ChatCounts>(&shape(*n))).collect();
    assert_eq!(gone, [1], "it takes the place of the one that was not used for longest");
}

/// The first number that is too long to be read here.
const LONG: u64 = 10_u64.pow(DIGITS_MAX as u32);

/// A number that is read here.
fn short() -> impl Strategy<Value = u64> {
    prop_oneof![2 => Just(0), 2 => 1..200_u64, 2 => LONG / 100..LONG, 1 => Just(LONG - 1)]
}

/// Any number that may stand in an object, as it stands there.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => short().prop_map(|n| n.to_string()),
        1 => Just(LONG.to_string()),
        1 => (LONG..LONG * 10_000).prop_map(|n| n.to_string()),
        1 => (LONG * 1_000..=u64::MAX).prop_map(|n| n.to_string()),
        1 => Just(u64::MAX.to_string()),
        1 => (u128::from(u64::MAX) + 1..).prop_map(|n| n.to_string()),
    ]
}

/// The numbers of an object, more than it has places.
fn numbers() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![
        2 => prop::collection::vec(short().prop_map(|n| n.to_string()), NUMBERS_MAX),
        1 => prop::collection::vec(number(), NUMBERS_MAX),
    ]
}

/// An official object, or members of three dialects, official and not, at the top and inside.
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
    let value =
        prop_oneof![16 => Just("#"), 1 => Just("null"), 1 => Just("#.5"), 1 => Just("-#"), 1 => Just("#e2")];
    let member = (names, value).prop_map(|(name, value)| format!("\"{name}\":{value}"));
    let members = prop::collection::vec(member, 0..4);
    let official = prop::sample::select([CHAT, MESSAGES, RESPONSES].concat());
    let mixed = (official.clone(), members.clone(), prop::collection::vec((groups, members), 0..3)).prop_map(
        |(official, mut all, groups)| {
            all.insert(0, official[1..official.len() - 1].to_owned());
            all.extend(groups.into_iter().map(|(name, members)| format!("\"{name}\":{{{}}}", members.join(","))));
            format!("{{{}}}", all.join(","))
        },
    );
    prop_oneof![1 => official.prop_map(str::to_owned), 2 => mixed]
}

proptest! {
    /// R-WIRE-6: whatever was read before, an object is read as if nothing had been.
    #[test]
    fn what_is_known_says_what_the_reader_says(
        object in object(),
        first in prop::collection::vec(short(), NUMBERS_MAX),
        others in prop::collection::vec(numbers(), 4),
    ) {
        forget();
        let first = filled(&object, first);
        let others: Vec<String> = others.iter().map(|numbers| filled(&object, numbers)).collect();
        for text in [&first].into_iter().chain(&others).chain([&first]) {
            prop_assert_eq!(known::<ChatCounts>(text), fresh::<ChatCounts>(text));
            prop_assert_eq!(known::<MessageCounts>(text), fresh::<MessageCounts>(text));
            prop_assert_eq!(known::<ResponseCounts>(text), fresh::<ResponseCounts>(text));
        }
    }
}
