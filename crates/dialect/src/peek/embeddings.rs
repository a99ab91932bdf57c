//! The look at an embeddings request. In: a body. Out: a `Peek` with what vectors are awaited. Never here: a text.

use super::{Peek, plain};
use crate::embeddings::Vectors;
use crate::embeddings::input::{Input, required};
use crate::json::whole;
use crate::read::At;
use bytes::Bytes;
use canon::{Dialect, Fault};

/// The fields that only this endpoint reads, and those it refuses: other texts than `input`, and more than one answer.
const OWN: [&str; 9] =
    ["input", "encoding_format", "dimensions", "stream", "messages", "prompt", "tools", "n", "best_of"];

/// Looks at a body.
pub(super) fn look(body: &Bytes) -> Result<Peek, Fault> {
    let mut vectors = Vectors::default();
    let mut peek = plain::look(Dialect::Embeddings, body, &OWN, |name, value| {
        let at = At::field(name);
        match name {
            "input" => vectors.count = u32::try_from(Input::read(value)?.len()).unwrap_or(u32::MAX),
            _ if value == b"null" => {}
            "encoding_format" => match value {
                b"\"float\"" => {}
                b"\"base64\"" => vectors.base64 = true,
                _ => return Err(at.refuse("float or base64")),
            },
            "dimensions" if whole(value).is_none_or(|n| n == 0) => return Err(at.refuse("an integer from 1 on")),
            "dimensions" => {}
            "stream" if value == b"false" => {}
            "stream" => return Err(at.unsupported("Embeddings are not streamed; `stream` must be false.")),
            "n" | "best_of" if value == b"1" => {}
            "n" | "best_of" => {
                return Err(at.unsupported(&format!("`{name}` must be 1: each input has one vector.")));
            }
            _ => {
                return Err(at.unsupported(&format!("`{name}` is no field of this endpoint; use `input`.")));
            }
        }
        Ok(())
    })?;
    if vectors.count == 0 {
        return Err(required());
    }
    peek.vectors = vectors;
    // A vector has no tokens.
    peek.max_output = None;
    Ok(peek)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peek::peek;
    use canon::FaultKind;

    fn looked(body: &str) -> Result<Peek, Fault> {
        peek(Dialect::Embeddings, &Bytes::from(body.to_owned()))
    }

    #[test]
    fn r_api_7_what_is_awaited_is_seen() {
        let body = r#"{"model":"m","input":["a","b"],"encoding_format":"base64","dimensions":3,"user":"u","max_tokens":5}"#;
        let peek = looked(body).unwrap();
        assert_eq!(
            (peek.dialect, peek.model.as_str(), peek.user.as_deref()),
            (Dialect::Embeddings, "m", Some("u"))
        );
        assert_eq!(peek.vectors, Vectors { count: 2, base64: true });
        assert_eq!((peek.stream, peek.max_output, peek.choices), (false, None, 1));
        assert_eq!(peek.prompt_bytes, body.len() as u64);
        for (input, count) in [(r#""a""#, 1), ("[1,2,3]", 1), ("[[1],[2],[3]]", 3)] {
            let peek = looked(&format!(r#"{{"model":"m","input":{input},"stream":false}}"#)).unwrap();
            assert_eq!(peek.vectors, Vectors { count, base64: false });
        }
    }

    #[test]
    fn every_refusal_names_its_field() {
        for (body, kind, at) in [
            (r#"{"input":"a"}"#, FaultKind::ModelRequired, "model"),
            (r#"{"model":"m"}"#, FaultKind::InvalidRequest, "input"),
            (r#"{"model":"m","input":null}"#, FaultKind::InvalidRequest, "input"),
            (r#"{"model":"m","input":["a","b","c",""]}"#, FaultKind::InvalidRequest, "input[3]"),
            (r#"{"model":"m","input":"a","input":"b"}"#, FaultKind::InvalidRequest, "input"),
            (r#"{"model":"m","input":"a","Input":"b"}"#, FaultKind::InvalidRequest, "Input"),
            (r#"{"model":"m","input":"a","encoding_format":"int8"}"#, FaultKind::InvalidRequest, "encoding_format"),
            (r#"{"model":"m","input":"a","encoding_format":1}"#, FaultKind::InvalidRequest, "encoding_format"),
            (r#"{"model":"m","input":"a","dimensions":0}"#, FaultKind::InvalidRequest, "dimensions"),
            (r#"{"model":"m","input":"a","dimensions":"3"}"#, FaultKind::InvalidRequest, "dimensions"),
            (r#"{"model":"m","input":"a","stream":true}"#, FaultKind::UnsupportedParameter, "stream"),
            (r#"{"model":"m","input":"a","messages":[]}"#, FaultKind::UnsupportedParameter, "messages"),
            (r#"{"model":"m","input":"a","n":2}"#, FaultKind::UnsupportedParameter, "n"),
            (r#"{"model":"m","input":"a","user":7}"#, FaultKind::InvalidRequest, "user"),
        ] {
            let fault = looked(body).unwrap_err();
            assert_eq!((fault.kind, fault.param.as_deref()), (kind, Some(at)), "{body}");
        }
    }

    /// What is billed beyond tokens is seen here too.
    #[test]
    fn what_costs_more_is_seen() {
        let peek = looked(r#"{"model":"m","input":"a","service_tier":"flex","task":"x"}"#).unwrap();
        assert_eq!(peek.beyond.len(), 1);
        assert_eq!(peek.beyond[0].field, "service_tier");
    }
}
