//! Conversations that a server keeps for its Responses clients. In: bodies, items as they were kept. Out: the body with the
//! kept items before its own, and the items that are to be kept. Never here: where they are kept, who may read them.
//!
//! A turn goes on from an earlier one by its id. The server looks that turn up, calls `with_history`, and looks at the new
//! body (`peek`) in the place of the old. After the answer it keeps `joined` of the items of the earlier turn, of
//! `input_items` of the client's own body and of `output_items` of the answer's object.

pub use crate::openai_responses::encode::OUTPUT_MIN;

use crate::json::{Members, Span, blank};
use crate::peek::Peek;
use crate::read;
use crate::splice::Edits;
use bytes::Bytes;
use std::borrow::Cow;

/// The body with kept items before its own input and without `previous_response_id`. `items` is a JSON array; a text of an
/// input becomes a message. The look (of this very body) is out of date for what comes out.
pub fn with_history(body: &Bytes, peek: &Peek, items: &[u8]) -> Bytes {
    let mut edits = Edits::default();
    let kept = inner(items);
    let cuts = &peek.cuts;
    let mut gone: Vec<_> = cuts.previous.into_iter().collect();
    match cuts.input {
        Some(member) if member.text(body).first() == Some(&b'[') => {
            let own = inner(member.text(body));
            let comma: &[u8] = if kept.is_empty() || own.is_empty() { b"" } else { b"," };
            edits.insert(member.value.0 + 1, [kept, comma].concat());
        }
        Some(member) => edits.replace(member.value, joined(&[items, &of_input(member.text(body))]).to_vec()),
        None => edits.insert(cuts.last, [b",\"input\":[", kept, b"]"].concat()),
    }
    edits.remove(body, &mut gone);
    Bytes::from(edits.apply(body))
}

/// The input of a request as a JSON array of items.
pub fn input_items(body: &[u8]) -> Bytes {
    let Some((from, to)) = member(body, b"input") else { return Bytes::from_static(b"[]") };
    Bytes::from(match &body[from..to] {
        // SDKs read parts alone.
        text @ [b'"', _, _, ..] => {
            let part = [b"{\"type\":\"input_text\",\"text\":", text, b"}"].concat();
            [b"[{\"type\":\"message\",\"role\":\"user\",\"content\":[", &part[..], b"]}]"].concat()
        }
        other => of_input(other),
    })
}

/// The output of a response object as a JSON array of items.
pub fn output_items(object: &[u8]) -> Bytes {
    let found = member(object, b"output").map(|(from, to)| &object[from..to]);
    let found = found.filter(|text| text.first() == Some(&b'['));
    Bytes::copy_from_slice(found.unwrap_or(b"[]"))
}

/// Arrays of items as one array.
pub fn joined(arrays: &[&[u8]]) -> Bytes {
    let mut out = b"[".to_vec();
    for items in arrays.iter().map(|array| inner(array)).filter(|items| !items.is_empty()) {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(items);
    }
    out.push(b']');
    Bytes::from(out)
}

/// An input as an array: a text is what the user says.
fn of_input(text: &[u8]) -> Vec<u8> {
    match text.first() {
        Some(b'[') => text.to_vec(),
        Some(b'"') if text.len() > 2 => {
            [b"[{\"type\":\"message\",\"role\":\"user\",\"content\":", text, b"}]"].concat()
        }
        _ => b"[]".to_vec(),
    }
}

/// The body without the searches of the web among its tools, which clients offer to every model; `None` where there are none.
/// The look (of this very body) is out of date for what comes out.
pub fn without_searches(body: &Bytes) -> Option<Bytes> {
    let span = member(body, b"tools")?;
    let tools = read::elements(&body[span.0..span.1])?;
    let is_search = |tool: &&&[u8]| {
        let kind = read::Object::open(tool).and_then(|tool| tool.str("type").map(Cow::into_owned));
        kind.is_some_and(|kind| kind.starts_with("web_search"))
    };
    let kept: Vec<&[u8]> = tools.iter().filter(|tool| !is_search(tool)).copied().collect();
    if kept.len() == tools.len() {
        return None;
    }
    let mut edits = Edits::default();
    edits.replace(span, [b"[".as_slice(), &kept.join(&b","[..]), b"]"].concat());
    Some(Bytes::from(edits.apply(body)))
}

/// What stands between the brackets of an array; nothing if it is none.
fn inner(array: &[u8]) -> &[u8] {
    let inner = array.trim_ascii().strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    inner.unwrap_or_default().trim_ascii()
}

/// Where the value of a top-level member stands.
fn member(text: &[u8], name: &[u8]) -> Option<Span> {
    let mut members = Members::new(text, blank(text, 0), 0).ok()?;
    while let Some(member) = members.next().ok()? {
        if &*member.name(text) == name {
            return Some(member.value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::Dialect;

    fn resumed(body: &str, items: &str) -> String {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let peek = crate::peek::peek(Dialect::OpenAiResponses, &body).unwrap();
        String::from_utf8(with_history(&body, &peek, items.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn kept_items_come_before_those_of_the_request() {
        let said = r#"{"type":"message","role":"user","content":"h\u00e9"}"#;
        for (body, items, expect) in [
            (
                r#"{"model":"m","previous_response_id":"resp_1","input":"h\u00e9","x":1e400}"#,
                r#" [ {"a":1}, {"b":2} ] "#,
                format!(r#"{{"model":"m","input":[{{"a":1}}, {{"b":2}},{said}],"x":1e400}}"#),
            ),
            (
                r#"{"model":"m","input":[ {"c":3} ],"previous_response_id":"resp_1"}"#,
                r#"[{"a":1}]"#,
                r#"{"model":"m","input":[{"a":1}, {"c":3} ]}"#.to_owned(),
            ),
            (
                r#"{"model":"m","input":[],"previous_response_id":"resp_1"}"#,
                r#"[{"a":1}]"#,
                r#"{"model":"m","input":[{"a":1}]}"#.to_owned(),
            ),
            (
                r#"{"previous_response_id":"resp_1","model":"m"}"#,
                r#"[{"a":1}]"#,
                r#"{"model":"m","input":[{"a":1}]}"#.to_owned(),
            ),
            (
                r#"{"previous_response_id":"resp_1","input":null,"model":"m"}"#,
                r#"[{"a":1}]"#,
                r#"{"input":[{"a":1}],"model":"m"}"#.to_owned(),
            ),
            (r#"{"model":"m","input":"h\u00e9"}"#, "[]", format!(r#"{{"model":"m","input":[{said}]}}"#)),
            (r#"{"model":"m","input":[{"c":3}]}"#, "[]", r#"{"model":"m","input":[{"c":3}]}"#.to_owned()),
        ] {
            assert_eq!(resumed(body, items), expect);
            let again = Bytes::from(resumed(body, items));
            let peek = crate::peek::peek(Dialect::OpenAiResponses, &again).unwrap();
            assert_eq!(peek.previous_response, None);
        }
    }

    #[test]
    fn searches_are_left_out() {
        let without = |tools: &str| {
            let body = Bytes::from(format!(r#"{{"model":"m","tools":{tools},"input":"web_search"}}"#));
            without_searches(&body).map(|body| String::from_utf8(body.to_vec()).unwrap())
        };
        let f = r#"{"type":"function","name":"web_search","n":1e400}"#;
        for search in [r#"{"type":"web_search"}"#, r#"{"a":1,"type":"web_search_preview_2025_03_11","x":{}}"#] {
            for (tools, left) in [
                (format!("[{search}]"), "[]".to_owned()),
                (format!("[ {f} , {search}]"), format!("[{f}]")),
                (format!("[{search},{f},{search} ]"), format!("[{f}]")),
            ] {
                let wanted = format!(r#"{{"model":"m","tools":{left},"input":"web_search"}}"#);
                assert_eq!(without(&tools), Some(wanted));
            }
        }
        for none in ["[]", "null", "{}", &format!("[{f}]"), r#"[{"type":"mcp"},7,"web_search"]"#] {
            assert_eq!(without(none), None, "{none}");
        }
    }

    #[test]
    fn items_are_taken_out_as_they_are() {
        let said = br#"[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}]"#;
        assert_eq!(&input_items(br#"{"input":"x"}"#)[..], said);
        assert_eq!(&input_items(br#"{"input":""}"#)[..], b"[]");
        assert_eq!(
            &input_items(br#"{"a":{"input":[1]},"input":[ {"n":9007199254740993} ]}"#)[..],
            br#"[ {"n":9007199254740993} ]"#
        );
        assert_eq!(&input_items(b"{}")[..], b"[]");
        assert_eq!(&output_items(br#"{"id":"r","output":[{"a":1}]}"#)[..], br#"[{"a":1}]"#);
        assert_eq!(&output_items(b"nonsense")[..], b"[]");
        assert_eq!(&joined(&[b"[]", b"[1]", b" [ 2 , 3 ] "])[..], b"[1,2 , 3]");
    }
}
