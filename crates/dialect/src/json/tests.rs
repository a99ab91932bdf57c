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
