//! A call of Chat Completions that is streamed though nobody asked for it. In: a body that a look has understood. Out: the same
//! with `stream` on. Never here: which surface wants that (server).

use crate::json::Members;
use crate::splice::Edits;
use bytes::Bytes;

/// Puts `"stream":true` into a body, in the place of what it says of that. A body that is no object stays as it is.
pub fn with_stream(body: &Bytes) -> Bytes {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let Ok(mut members) = Members::new(body, start, 0) else {
        return body.clone();
    };
    let mut edits = Edits::default();
    loop {
        match members.next() {
            Ok(Some(member)) if &*member.name(body) == b"stream" => edits.replace(member.value, &b"true"[..]),
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(_) => return body.clone(),
        }
    }
    if edits.is_empty() {
        let comma: &[u8] = if members.last() > 0 { b"," } else { b"" };
        edits.insert(members.last().max(start + 1), [comma, b"\"stream\":true"].concat());
    }
    Bytes::from(edits.apply(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-API-1: whatever a body says of streaming, it asks for it afterwards, and nothing else of it changes.
    #[test]
    fn r_api_1_a_body_asks_for_a_stream() {
        for (body, wanted) in [
            (r#"{"model":"m"}"#, r#"{"model":"m","stream":true}"#),
            (r#"{}"#, r#"{"stream":true}"#),
            (r#" { "a" : [1] } "#, r#" { "a" : [1],"stream":true } "#),
            (r#"{"stream":false,"model":"m"}"#, r#"{"stream":true,"model":"m"}"#),
            (r#"{"stream": null}"#, r#"{"stream": true}"#),
            (r#"{"str\u0065am":false}"#, r#"{"str\u0065am":true}"#),
            (r#"{"stream":true}"#, r#"{"stream":true}"#),
            (r#"{"a":{"stream":false}}"#, r#"{"a":{"stream":false},"stream":true}"#),
            ("[]", "[]"),
            ("{", "{"),
        ] {
            assert_eq!(with_stream(&Bytes::from(body)), wanted, "{body}");
        }
    }
}
