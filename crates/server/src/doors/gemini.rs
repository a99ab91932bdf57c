//! Calls whose model and method stand in the path (`{base}/models/{model}:generateContent`). In: a path, a query. Out: what they
//! say, and a key that came in the query as a header. Never here: what a call does (pipeline, count_tokens).

use crate::entry::PathAsk;
use axum::body::Body;
use http::{HeaderName, HeaderValue, Request};
use percent_encoding::percent_decode_str;

/// What is asked of a model in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// An answer.
    Generate,
    /// A count of tokens.
    Count,
}

const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// Reads what follows a surface's base path; `None` when it is no such call.
pub fn read(path: &str, query: Option<&str>) -> Option<(Method, PathAsk)> {
    let (model, method) = path.strip_prefix("/models/")?.rsplit_once(':')?;
    let (method, stream) = match method {
        "generateContent" => (Method::Generate, false),
        "streamGenerateContent" => (Method::Generate, true),
        "countTokens" => (Method::Count, false),
        _ => return None,
    };
    let model = percent_decode_str(model).decode_utf8().ok()?.into_owned();
    let events = pairs(query).any(|(name, value)| name == "alt" && value == "sse");
    Some((method, PathAsk { model, stream, array: stream && !events }))
}

/// Puts a key that came as `?key=` where all others are.
pub fn key_to_header(request: &mut Request<Body>) {
    let key = pairs(request.uri().query()).find(|(name, _)| *name == "key").map(|(_, value)| value);
    let key = key.and_then(|text| percent_decode_str(text).decode_utf8().ok());
    let value = key.and_then(|text| HeaderValue::from_str(&text).ok());
    if let Some(mut value) = value {
        value.set_sensitive(true);
        request.headers_mut().append(KEY, value);
    }
}

fn pairs(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    query.unwrap_or_default().split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_model_and_method() {
        for (path, query, model, stream, array) in [
            ("/models/m:generateContent", None, "m", false, false),
            ("/models/m:streamGenerateContent", Some("alt=sse"), "m", true, false),
            ("/models/m:streamGenerateContent", Some("key=k"), "m", true, true),
            ("/models/vendor/m:generateContent", None, "vendor/m", false, false),
            ("/models/vendor%2Fm%3A1:generateContent", None, "vendor/m:1", false, false),
        ] {
            let (method, ask) = read(path, query).unwrap();
            assert_eq!(
                (method, ask.model.as_str(), ask.stream, ask.array),
                (Method::Generate, model, stream, array)
            );
        }
        assert_eq!(read("/models/m:countTokens", None).unwrap().0, Method::Count);
        for other in
            ["/models/m", "/models/m:embedContent", "/models", "/chat/completions", "/models/%ff:countTokens"]
        {
            assert!(read(other, None).is_none(), "{other}");
        }
    }

    #[test]
    fn a_key_in_the_query_is_a_key() {
        let mut request = Request::builder()
            .uri("/v1beta/models/m:generateContent?alt=sse&key=a%2Db")
            .body(Body::empty())
            .unwrap();
        key_to_header(&mut request);
        assert_eq!(request.headers().get(KEY).unwrap(), "a-b");
        let mut none = Request::builder().uri("/x?keys=1").body(Body::empty()).unwrap();
        key_to_header(&mut none);
        assert!(none.headers().is_empty());
    }
}
