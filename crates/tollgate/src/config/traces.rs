//! Settings of traces: an address and headers, read and checked. In: loaded texts. Out: settings, or mistakes. Never here: sending.

use crate::config::load::{Loaded, Mistake};
use http::{HeaderName, HeaderValue, Uri};
use server::TraceSettings;
use units::Secret;

const ENDPOINT: &str = "traces.endpoint";
const HEADERS: &str = "traces.headers";

fn text<'a>(loaded: &'a Loaded, key: &str) -> &'a str {
    loaded.get(key).map_or("", |(text, _)| text.as_str())
}

fn endpoint(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    // The path is the collector's own: /v1/traces where nothing stands before it.
    (known && uri.host().is_some() && uri.path().len() > 1).then_some(uri)
}

fn headers(text: &str) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let mut value = HeaderValue::try_from(value.trim()).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::try_from(name.trim()).ok()?, value))
    };
    text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(pair).collect()
}

/// What is wrong with them.
pub fn mistakes(loaded: &Loaded) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut wrong = |key: &str, told: &str| {
        if let Some((_, origin)) = loaded.get(key) {
            mistakes.push(Mistake { origin: origin.clone(), told: told.to_owned() });
        }
    };
    let address = text(loaded, ENDPOINT);
    if !address.is_empty() && endpoint(address).is_none() {
        wrong(
            ENDPOINT,
            "`traces.endpoint` must be empty or a whole address such as http://127.0.0.1:4318/v1/traces",
        );
    }
    if headers(text(loaded, HEADERS)).is_none() {
        // They may hold a secret, so they are not repeated.
        wrong(HEADERS, "`traces.headers` must be name=value pairs, divided by commas");
    }
    mistakes
}

/// The settings; nothing where no collector is named.
pub fn settings(loaded: &Loaded) -> Option<TraceSettings> {
    Some(TraceSettings {
        endpoint: endpoint(text(loaded, ENDPOINT))?,
        headers: Secret::new(headers(text(loaded, HEADERS)).unwrap_or_default()),
        per_mille: text(loaded, "traces.per_mille").parse().unwrap_or(0),
        accepts: text(loaded, "traces.accept_parent") == "true",
        passes_on: text(loaded, "traces.pass_on") == "true",
        service: text(loaded, "traces.service_name").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_headers_are_told_from_others() {
        for good in ["http://127.0.0.1:4318/v1/traces", "https://otel.example.com/v1/traces"] {
            assert!(endpoint(good).is_some(), "{good}");
        }
        for wrong in ["127.0.0.1:4318", "http://127.0.0.1:4318", "grpc://x/v1", "/v1/traces", "http://"] {
            assert!(endpoint(wrong).is_none(), "{wrong}");
        }
        let read = headers(" authorization = Bearer a=b , x-tenant=7,").unwrap();
        assert_eq!((read.len(), read[0].1.to_str().unwrap()), (2, "Bearer a=b"));
        assert!(headers("").unwrap().is_empty() && headers("x").is_none() && headers("a b=c").is_none());
    }
}
