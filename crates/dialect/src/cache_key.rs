//! A name for the prompt cache where the client gave none (R-ROUTE-9). In: a body on its way to an OpenAI server. Out: the body with
//! `prompt_cache_key`. Never here: what the name is made of, any other byte.

use crate::json::{Members, push_string};
use bytes::Bytes;

/// The body with this key, or as it was where it has one of its own or is no object.
pub fn with_cache_key(body: &Bytes, key: &str) -> Bytes {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let Ok(mut members) = Members::new(body, start, 0) else {
        return body.clone();
    };
    loop {
        match members.next() {
            Ok(Some(member)) if &*member.name(body) == b"prompt_cache_key" => return body.clone(),
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(_) => return body.clone(),
        }
    }
    let at = members.last().max(start + 1);
    let mut out = Vec::with_capacity(body.len() + key.len() + 32);
    out.extend_from_slice(&body[..at]);
    out.extend_from_slice(if members.last() > 0 { b",\"prompt_cache_key\":" } else { b"\"prompt_cache_key\":" });
    push_string(&mut out, key);
    out.extend_from_slice(&body[at..]);
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ROUTE-9: the key is the one thing that is added, and a client's own stays alone.
    #[test]
    fn r_route_9_a_key_is_added_where_there_is_none() {
        for (body, wanted) in [
            (r#"{"model":"m","n":1e400}"#, r#"{"model":"m","n":1e400,"prompt_cache_key":"k"}"#),
            (" { \"a\" : [1] } ", " { \"a\" : [1],\"prompt_cache_key\":\"k\" } "),
            ("{}", r#"{"prompt_cache_key":"k"}"#),
            (r#"{"prompt_cache_key":null,"a":1}"#, r#"{"prompt_cache_key":null,"a":1}"#),
            (r#"{"prompt_cache_ke\u0079":"own"}"#, r#"{"prompt_cache_ke\u0079":"own"}"#),
            (r#"{"a":{"prompt_cache_key":1}}"#, r#"{"a":{"prompt_cache_key":1},"prompt_cache_key":"k"}"#),
            ("[1]", "[1]"),
            (r#"{"a":"#, r#"{"a":"#),
        ] {
            assert_eq!(with_cache_key(&Bytes::from(body), "k"), wanted, "{body}");
        }
    }
}
