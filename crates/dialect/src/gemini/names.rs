//! The two spellings of this dialect's field names: servers take `maxOutputTokens` and `max_output_tokens` alike. In: an
//! object and the first spelling. Out: the field under either. Never here: what a field means.

use crate::read::{At, Object, elements, text};
use canon::Fault;
use std::borrow::Cow;

/// The first spelling of a name in either.
pub(crate) fn camel(name: &str) -> Cow<'_, str> {
    let (mark, rest) = name.strip_prefix('_').map_or(("", name), |rest| ("_", rest));
    if !rest.contains('_') {
        return Cow::Borrowed(name);
    }
    let mut out = String::from(mark);
    for (n, word) in rest.split('_').enumerate() {
        match word.chars().next().filter(|_| n > 0) {
            Some(first) => {
                out.push(first.to_ascii_uppercase());
                out.push_str(&word[first.len_utf8()..]);
            }
            None => out.push_str(word),
        }
    }
    Cow::Owned(out)
}

/// The other spelling of a name in the first.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// A field under either spelling.
pub(crate) fn get<'a>(object: &Object<'a>, name: &str) -> Option<&'a [u8]> {
    object.get(name).or_else(|| {
        let other = snake(name);
        if other == name { None } else { object.get(&other) }
    })
}

/// A string field under either spelling.
pub(super) fn string(object: &Object<'_>, name: &str, at: &At<'_>) -> Result<Option<String>, Fault> {
    get(object, name).map(|raw| text(raw, &at.key(name))).transpose()
}

/// A string field that must be there.
pub(super) fn required(object: &Object<'_>, name: &str, at: &At<'_>) -> Result<String, Fault> {
    string(object, name, at)?.ok_or_else(|| at.key(name).refuse("a string"))
}

/// The elements of a field that may be repeated: servers take a single object for an array of one.
pub(super) fn many<'a>(raw: &'a [u8], at: &At<'_>) -> Result<Vec<&'a [u8]>, Fault> {
    match raw.first() {
        Some(b'{') => Ok(vec![raw]),
        _ => elements(raw).ok_or_else(|| at.refuse("an array")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_name() {
        for (either, first) in [
            ("max_output_tokens", "maxOutputTokens"),
            ("maxOutputTokens", "maxOutputTokens"),
            ("contents", "contents"),
            ("_response_json_schema", "_responseJsonSchema"),
            ("top_p", "topP"),
        ] {
            assert_eq!(camel(either), first);
        }
        assert_eq!(snake("responseMimeType"), "response_mime_type");
        let object = Object::open(br#"{"top_p":1,"topK":2}"#).unwrap();
        assert_eq!((get(&object, "topP"), get(&object, "topK")), (Some(&b"1"[..]), Some(&b"2"[..])));
    }
}
