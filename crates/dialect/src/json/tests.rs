//! The walker against serde_json. Never here: meaning.

use super::*;

fn whole(text: &str) -> Result<usize, Bad> {
    let end = skip(text.as_bytes(), blank(text.as_bytes(), 0), 0)?;
    let rest = blank(text.as_bytes(), end);
    if rest == text.len() { Ok(end) } else { Err(Bad::Trailing(rest)) }
}

#[test]
fn takes_what_serde_takes() {
    for text in [
        "{}",
        "[]",
        " [ ] ",
        "{\"a\":1}",
        "{\"a\":[1,-2.5e+3,0,{\"b\":null}],\"c\":\"x\\u00e9\\n\"}",
        "[1,]",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "01",
        "-",
        "1.",
        "1e",
        "tru",
        "\"a",
        "\"a\\x\"",
        "\"a\u{1}\"",
        "[1 2]",
        "[1}",
        "{\"a\":1]",
        "1 2",
        "",
        "{\"a\":1}}",
        "{1:2}",
    ] {
        assert_eq!(whole(text).is_ok(), serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(), "{text}");
    }
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    let deep = "[".repeat(100_000);
    assert_eq!(whole(&deep), Err(Bad::Depth));
    let fits = format!("{}1{}", "[".repeat(64), "]".repeat(64));
    assert!(whole(&fits).is_ok());
    let over = format!("{}1{}", "{\"a\":".repeat(65), "}".repeat(65));
    assert_eq!(whole(&over), Err(Bad::Depth));
}

#[test]
fn strings_written_are_read_back() {
    for text in ["", "plain", "q\"b\\n\n\t\r\u{1}\u{7f}é漢🙂", "12345678\"", "\u{1f}"] {
        let mut out = Vec::new();
        push_string(&mut out, text);
        assert_eq!(string_value(&out).as_deref(), Some(text));
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }
}

proptest::proptest! {
    #[test]
    fn agrees_with_serde(text in "[\\[\\]{}\":,0-9a-z\\\\ .eE+-]{0,24}") {
        let ours = whole(&text).is_ok();
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        proptest::prop_assert_eq!(ours, theirs);
    }
}

#[test]
fn half_pairs_do_not_lose_the_rest() {
    for (text, expect) in [
        (r#""a\ud83dz""#, "a\u{fffd}z"),
        (r#""\ude00z""#, "\u{fffd}z"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}🙂"),
        (r#""\ud83d\ude42\u00e9\/\b\f""#, "🙂é/\u{8}\u{c}"),
    ] {
        let expect = expect.replace("\u{fffd}🙂", "\u{fffd}😀");
        assert_eq!(string_value(text.as_bytes()).as_deref(), Some(&*expect), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn unescapes_like_serde(text in proptest::prelude::any::<String>()) {
        let quoted = serde_json::to_string(&text).unwrap();
        let read = string_value(quoted.as_bytes()).map(Cow::into_owned);
        proptest::prop_assert_eq!(read.as_ref(), Some(&text));
        let mut ours = Vec::new();
        push_string(&mut ours, &text);
        proptest::prop_assert_eq!(serde_json::from_slice::<String>(&ours).unwrap(), text);
    }
}

#[test]
fn the_length_of_a_text_is_that_of_its_text() {
    for raw in ["", "abc", r"a\nb", r"\u65e5\u672c", r"\ud83e\udd8a", r"\u00e9x\\", r"\ud83e", r"\u12"] {
        assert_eq!(text_len(raw.as_bytes()), unescape(raw.as_bytes()).len(), "{raw}");
    }
}
