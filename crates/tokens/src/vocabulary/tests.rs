//! Whole texts beside another implementation (bpe-openai), and what its own users saw. Never here: bytes that are no text (merge/tests.rs).

use super::*;
use bpe_openai::Tokenizer as Oracle;
use proptest::prelude::*;

fn both() -> [(&'static Vocabulary, &'static Oracle); 2] {
    [(&O200K, bpe_openai::o200k_base()), (&CL100K, bpe_openai::cl100k_base())]
}

/// Pieces and count are those of the other.
fn agrees(text: &str) -> Result<(), TestCaseError> {
    for (ours, oracle) in both() {
        let mut pieces = Vec::new();
        ours.pieces.each(text, |piece| pieces.push(piece.to_owned()));
        prop_assert_eq!(&pieces, &oracle.split(text).collect::<Vec<_>>());
        prop_assert_eq!(pieces.concat(), text);
        prop_assert_eq!(ours.count(text), oracle.count(text) as u64);
    }
    Ok(())
}

/// Counts that the public tokenizers of these vocabularies give.
#[test]
fn texts_have_the_tokens_of_their_vocabulary() {
    for (text, o200k, cl100k) in [
        ("", 0, 0),
        ("hello world", 2, 2),
        ("tiktoken is great!", 6, 6),
        ("お誕生日おめでとう", 8, 9),
        ("antidisestablishmentarianism", 6, 6),
    ] {
        assert_eq!(Tokenizer::O200k.count(text), o200k, "{text}");
        assert_eq!(Tokenizer::Cl100k.count(text), cl100k, "{text}");
    }
    assert_eq!(Tokenizer::Unknown.count("hello world"), 3);
    assert_eq!(Tokenizer::Unknown.count(""), 0);
}

#[test]
fn tokens_make_their_text_again() {
    assert_eq!(Tokenizer::Cl100k.text(&[15339, 1917], 11).as_deref(), Ok("hello world"));
    assert_eq!(Tokenizer::Cl100k.text(&[15339, 1917], 10), Err(NoText::TooLong));
    assert_eq!(Tokenizer::Unknown.text(&[1], 9), Err(NoText::Unknown));
}

/// Numbers that are no tokens of a text are refused, the special ones too; every other is a token.
#[test]
fn what_is_no_token_is_refused() {
    for (tokenizer, least) in [(Tokenizer::O200k, 199_998), (Tokenizer::Cl100k, 100_256)] {
        for token in [least, least + 1, least + 20, 1 << 20, u32::MAX - 1, u32::MAX] {
            assert_eq!(tokenizer.text(&[0, token], 99), Err(NoText::NoToken(1)), "{token}");
        }
        for token in 0..least {
            let text = tokenizer.text(&[token], 1_000);
            assert!(matches!(text, Ok(_) | Err(NoText::NoUtf8)), "{token} {text:?}");
        }
    }
}

#[test]
fn names_lead_back() {
    for tokenizer in Tokenizer::ALL {
        assert_eq!(Tokenizer::from_name(tokenizer.name()), Some(*tokenizer));
    }
    assert_eq!(Tokenizer::from_name("bert"), None);
}

/// Every character, behind what pieces turn on, so that the automaton meets all of its states. Of the last planes, where
/// hardly any has a meaning, a few.
#[test]
fn every_character_falls_where_it_should() {
    let mut text = String::new();
    for character in ('\0'..'\u{30000}').chain(('\u{30000}'..=char::MAX).step_by(61)) {
        for before in ["a", "A", " ", "1", "\n"] {
            text.push_str(before);
            text.push(character);
        }
        if text.len() > 1 << 16 {
            agrees(&text).unwrap();
            text.clear();
        }
    }
    agrees(&text).unwrap();
}

/// Tokens side by side that may be one text, also where each by itself is none.
fn glued() -> impl Strategy<Value = String> {
    (0..2_usize, prop::collection::vec(any::<prop::sample::Index>(), 0..60)).prop_map(|(which, picks)| {
        let (ours, oracle) = both()[which];
        let numbers = picks.iter().map(|pick| u32::try_from(pick.index(oracle.bpe.num_tokens())).unwrap());
        let bytes: Vec<u8> = numbers.flat_map(|number| ours.table.bytes(number).unwrap()).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Code, JSON, blanks of every kind, apostrophes, letters that are small and large at once.
fn mixed() -> impl Strategy<Value = String> {
    const PARTS: [&str; 44] = [
        " ",
        "  ",
        "    ",
        "\n",
        "\r\n",
        "\t",
        "\u{a0}",
        "\u{3000}",
        "\u{2028}",
        "\u{85}",
        "fn main() {",
        "}",
        "{\"a\": [1, 2.5e10]}",
        "https://x.example/a?b=c",
        "//",
        "/*",
        "*/",
        "==",
        "->",
        "'s",
        "'T",
        "'re",
        "'LL",
        "'\u{17f}",
        "don",
        "HTTPServer",
        "camelCase",
        "\u{1c5}",
        "\u{2b0}",
        "\u{301}",
        "\u{200d}",
        "1234567",
        "\u{663}",
        "\u{bd}",
        "日本語",
        "мир",
        "\u{5e9}",
        "\u{e01}\u{e33}",
        "👩‍👩‍👧",
        "\u{130}",
        "_",
        "\u{ad}",
        "\0",
        "\u{fffd}",
    ];
    prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..60).prop_map(|parts| parts.concat())
}

/// A long run with something before and after it.
fn run() -> impl Strategy<Value = String> {
    (mixed(), prop_oneof!["\\PC", "\\s", "\\PC{2,3}"], 1..3_000_usize, mixed())
        .prop_map(|(head, unit, times, tail)| head + &unit.repeat(times) + &tail)
}

proptest! {
    #[test]
    fn texts_count_as_elsewhere(text in prop_oneof![any::<String>(), "\\PC{0,200}", "[ -~\\n\\t]{0,200}", "(?s-u:\\w|\\s){0,99}", glued(), mixed()]) {
        agrees(&text)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn long_runs_count_as_elsewhere(text in run()) {
        agrees(&text)?;
    }
}
