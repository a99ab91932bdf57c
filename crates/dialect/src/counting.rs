//! A request that asks only how many tokens it has. In: a client's body. Out: the conversation, and the body for a server of
//! the same dialect that counts itself; its answer. Never here: counting (crate tokens), a limit of the answer: none is asked.

use crate::json::{Members, blank, push_string, skip, whole};
use crate::peek::{check_text, stored};
use crate::splice::Edits;
use crate::target::Target;
use crate::{convert, read};
use bytes::Bytes;
use canon::{Dialect, Fault, Loss, Request};

/// The request inside, where a dialect wraps one to be counted whole.
fn inner(dialect: Dialect, body: &Bytes) -> Option<Bytes> {
    let wrap = read::Object::open(body).filter(|_| dialect == Dialect::Gemini)?;
    let inner = wrap.get("generateContentRequest").or_else(|| wrap.get("generate_content_request"))?;
    Some(body.slice_ref(inner))
}

/// Reads a request for a count; `model` is what the path names where the body does not.
///
/// # Errors
/// A fault that names the field.
pub fn decode_count(dialect: Dialect, model: &str, body: &Bytes) -> Result<(Request, Vec<Loss>), Fault> {
    let start = check_text(body)?;
    let end = skip(body, start, 0).map_err(crate::peek::not_json)?;
    if blank(body, end) < body.len() {
        return Err(crate::peek::not_json(crate::json::Bad::Trailing(blank(body, end))));
    }
    let wrapped = inner(dialect, body);
    // A conversation of Responses may hold what this house kept; what its client sent was looked at before.
    if dialect != Dialect::OpenAiResponses {
        stored::check(dialect, wrapped.as_ref().unwrap_or(body))?;
    }
    let (mut request, losses) = convert::decode_request(dialect, wrapped.as_ref().unwrap_or(body))?;
    if request.model.is_empty() {
        model.clone_into(&mut request.model);
    }
    if request.model.is_empty() {
        return Err(crate::peek::model_required());
    }
    Ok((request, losses))
}

/// Where a server of the target's dialect counts requests of the client's, below its base address.
pub const fn count_path(client: Dialect, target: &Target) -> Option<&'static str> {
    match (client, target.dialect) {
        (Dialect::Anthropic, Dialect::Anthropic) => Some("/messages/count_tokens"),
        (Dialect::OpenAiResponses, Dialect::OpenAiResponses) => Some("/responses/input_tokens"),
        _ => None,
    }
}

/// The body for that server: the client's with the server's name of the model.
pub fn prepare_count(body: &Bytes, target: &Target) -> Bytes {
    let mut edits = Edits::default();
    if let Ok(mut members) = Members::new(body, blank(body, 0), 0) {
        while let Ok(Some(member)) = members.next() {
            if &*member.name(body) == b"model" {
                let mut model = Vec::with_capacity(target.model.len() + 2);
                push_string(&mut model, &target.model);
                edits.replace(member.value, model);
            }
        }
    }
    if edits.is_empty() { body.clone() } else { Bytes::from(edits.apply(body)) }
}

/// What such a server counted.
pub fn read_count(body: &[u8]) -> Option<u64> {
    let body = body.trim_ascii();
    if skip(body, 0, 0) != Ok(body.len()) {
        return None;
    }
    read::Object::open(body)?.get("input_tokens").and_then(whole)
}

/// A count as the client's dialect tells it.
pub fn write_count(client: Dialect, tokens: u64) -> Bytes {
    Bytes::from(match client {
        Dialect::Gemini => format!("{{\"totalTokens\":{tokens}}}"),
        Dialect::OpenAiResponses => format!("{{\"object\":\"response.input_tokens\",\"input_tokens\":{tokens}}}"),
        _ => format!("{{\"input_tokens\":{tokens}}}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-API-6: no limit of the answer is asked for, everything else must be there.
    #[test]
    fn r_api_6_a_count_needs_no_limit() {
        let good = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f"}]}"#;
        let (request, _) = decode_count(Dialect::Anthropic, "", &Bytes::from(good)).unwrap();
        assert_eq!((request.model.as_str(), request.tools.len()), ("m", 1));
        for (bad, at) in [
            ("", None),
            ("[]", None),
            (r#"{"model":"m","messages":[]} x"#, None),
            (r#"{"messages":[{"role":"user","content":"hi"}]}"#, Some("model")),
            (r#"{"model":"m"}"#, Some("messages")),
            (r#"{"model":"m","messages":[{"role":"user"}]}"#, Some("messages[0].content")),
        ] {
            let fault = decode_count(Dialect::Anthropic, "", &Bytes::from(bad)).unwrap_err();
            assert_eq!(fault.param.as_deref(), at, "{bad} {fault}");
        }
        // Gemini's clients send the contents, or the whole request that is to be counted.
        let contents = r#"{"contents":[{"parts":[{"text":"hi"}]}]}"#;
        for body in [contents.to_owned(), format!(r#"{{"generateContentRequest":{contents}}}"#)] {
            let (request, _) = decode_count(Dialect::Gemini, "m", &Bytes::from(body)).unwrap();
            assert_eq!((request.model.as_str(), request.turns.len()), ("m", 1));
        }
    }

    #[test]
    fn the_server_gets_its_own_name_of_the_model() {
        let body = Bytes::from(r#"{"x":1, "model" : "pub","messages":[]}"#);
        let target = Target::new(Dialect::Anthropic, "up\"", 9);
        assert_eq!(prepare_count(&body, &target), r#"{"x":1, "model" : "up\"","messages":[]}"#);
        assert_eq!(read_count(br#" {"input_tokens": 12}"#), Some(12));
        for odd in ["", "x", r#"{"input_tokens":-1}"#, r#"{"tokens":1}"#, r#"{"input_tokens":"7"}"#] {
            assert_eq!(read_count(odd.as_bytes()), None, "{odd}");
        }
    }
}
