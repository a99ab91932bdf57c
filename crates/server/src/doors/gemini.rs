//! Calls whose model and method stand in the path (`{base}/models/{model}:generateContent`). In: a path, a query. Out: what they
//! say, and a key that came in the query as a header. Never here: what a call does (pipeline, count_tokens).

use crate::entry::PathAsk;
use axum::body::Body;
use canon::{Fault, FaultKind};
use http::{HeaderName, HeaderValue, Request};
use percent_encoding::percent_decode_str;

/// What is asked of a model in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// An answer.
    Generate,
    /// A count of tokens.
    Count,
    /// What no model does here.
    Unknown,
}

/// So much of the name of an unknown method is told back.
const METHOD_SHOWN_MAX: usize = 64;

const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// Reads what follows a surface's base path; `None` when it is no such call.
pub fn read(path: &str, query: Option<&str>) -> Option<(Method, PathAsk)> {
    let (model, method) = parted(path)?;
    let (method, stream) = match method {
        "generateContent" => (Method::Generate, false),
        "streamGenerateContent" => (Method::Generate, true),
        "countTokens" => (Method::Count, false),
        _ => (Method::Unknown, false),
    };
    let model = percent_decode_str(model).decode_utf8().ok()?;
    // Clients name a model as the list does, and then its collection comes twice.
    let model = model.strip_prefix("models/").unwrap_or(&model).to_owned();
    let events = pairs(query).any(|(name, value)| name == "alt" && value == "sse");
    Some((method, PathAsk { model, stream, array: stream && !events }))
}

/// Model and method of a path. A colon may come with an escape, as may everything of a path.
fn parted(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/models/")?;
    let plain = rest.rsplit_once(':');
    let escaped = ["%3A", "%3a"].into_iter().filter_map(|colon| rest.rsplit_once(colon));
    // The last one parts them: a model may have one in its name.
    plain.into_iter().chain(escaped).min_by_key(|(_, method)| method.len())
}

/// The fault for a method that no model has here.
pub fn no_such_method(path: &str) -> Fault {
    let sent = path.find("/models/").and_then(|at| parted(&path[at..]));
    let shown: String = sent.map_or("", |(_, method)| method).chars().take(METHOD_SHOWN_MAX).collect();
    let told = format!(
        "Models have no method \"{shown}\" here; use generateContent, streamGenerateContent or countTokens."
    );
    Fault::new(FaultKind::NotFound, told)
}

/// Whether a path below a surface's base is that of a list of models or of one of them.
pub fn is_model(path: &str) -> bool {
    path.strip_prefix("/models").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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
            ("/models/m%3AgenerateContent", None, "m", false, false),
            ("/models/m%3a1%3astreamGenerateContent", Some("alt=sse"), "m:1", true, false),
            ("/models/models%2Fm:generateContent", None, "m", false, false),
            ("/models/models/m:generateContent", None, "m", false, false),
        ] {
            let (method, ask) = read(path, query).unwrap();
            assert_eq!(
                (method, ask.model.as_str(), ask.stream, ask.array),
                (Method::Generate, model, stream, array)
            );
        }
        assert_eq!(read("/models/m:countTokens", None).unwrap().0, Method::Count);
        for other in ["/models/m", "/models", "/chat/completions", "/models/%ff:countTokens"] {
            assert!(read(other, None).is_none(), "{other}");
        }
    }

    /// R-API-15: a method that no model has is named.
    #[test]
    fn r_api_15_other_methods_are_named() {
        for (path, method) in [
            ("/v1beta/models/m:embedContent", "embedContent"),
            ("/v1beta/models/models/m%3AbatchEmbedContents", "batchEmbedContents"),
        ] {
            assert_eq!(read(path.strip_prefix("/v1beta").unwrap(), None).unwrap().0, Method::Unknown);
            let fault = no_such_method(path);
            assert_eq!(fault.kind, FaultKind::NotFound);
            assert!(fault.told.contains(&format!("\"{method}\"")), "{fault}");
        }
    }

    #[test]
    fn lists_of_models_are_told_apart() {
        for (path, is) in
            [("/models", true), ("/models/m", true), ("/modelsx", false), ("/responses/models", false)]
        {
            assert_eq!(is_model(path), is, "{path}");
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
