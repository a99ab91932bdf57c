//! Whether workspaces may bring their own keys to a provider (R-ROUTE-8), checked. In: what a document says of it. Out: the rules, or
//! every problem. Never here: the keys themselves, whether an address is a public one (it is judged when it is called).

use super::{Problems, base_url};
use crate::catalogue::{OwnKeys, ProviderKind};
use crate::doc::OwnKeysDoc;
use http::Uri;
use units::{NanoUsd, PriceId};

/// A request that costs more is a slip of the pen; in micro-USD.
const FEE_MAX: u64 = 1_000_000_000;
/// So many addresses may be chosen from.
const BASE_URLS_MAX: usize = 32;

/// The name of a fee among prices: no model is called so, for its id has no spaces.
pub fn fee_name(provider: &str) -> String {
    format!("own keys of {provider}")
}

/// One spelling of an address, to be compared: the host in small letters, no port that goes without saying, no `/` at the end.
pub fn canonical(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("");
    let host = uri.host().unwrap_or("").to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    let port = uri.port_u16().filter(|port| *port != usual).map_or_else(String::new, |port| format!(":{port}"));
    format!("{scheme}://{host}{port}{}", uri.path().trim_end_matches('/'))
}

/// The same of a text that somebody wrote.
///
/// # Errors
/// A sentence, when it is no address that a provider may have.
pub fn address(text: &str) -> Result<String, String> {
    base_url(text).map(|uri| canonical(&uri))
}

/// The rules of a provider; `None` where nobody may bring a key.
pub(super) fn own_keys(
    doc: &OwnKeysDoc,
    (kind, own): (Option<ProviderKind>, Option<&Uri>),
    price: Option<PriceId>,
    (at, problems): (&str, &mut Problems),
) -> Option<OwnKeys> {
    if doc.allowed && kind == Some(ProviderKind::ImageTask) {
        problems.add(
            format!("{at}.own_keys"),
            "a provider of kind \"image-task\" takes no keys of workspaces: its tasks outlive their call",
        );
    }
    if doc.fee_micro_usd > FEE_MAX {
        problems.add(format!("{at}.own_keys.fee_micro_usd"), format!("expected 0 to {FEE_MAX}"));
    }
    if doc.base_urls.len() > BASE_URLS_MAX {
        problems.add(format!("{at}.own_keys.base_urls"), format!("expected at most {BASE_URLS_MAX} addresses"));
    }
    let mut known: Vec<String> = own.map(canonical).into_iter().collect();
    let mut base_urls = Vec::new();
    for (n, text) in doc.base_urls.iter().enumerate() {
        let path = format!("{at}.own_keys.base_urls[{n}]");
        let Some(uri) = problems.take(path.clone(), base_url(text)) else { continue };
        if uri.scheme_str() != Some("https") {
            problems.add(path, "expected an address that begins with https://");
        } else if known.contains(&canonical(&uri)) {
            problems.add(path, "this address is there twice");
        } else {
            known.push(canonical(&uri));
            base_urls.push(uri);
        }
    }
    let fee = i64::try_from(doc.fee_micro_usd).ok().and_then(|micro| NanoUsd::from_micro(micro).ok());
    doc.allowed.then(|| OwnKeys { fee: fee.unwrap_or_default(), price, base_urls })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ROUTE-8: an address is one of the list in whatever spelling, and another is another.
    #[test]
    fn r_route_8_addresses_are_compared_in_one_spelling() {
        let one = "https://eu.example.com/v1";
        for text in ["https://eu.example.com/v1", "HTTPS://EU.Example.com:443/v1/", "https://eu.example.com/v1//"] {
            assert_eq!(address(text).as_deref(), Ok(one), "{text}");
        }
        for text in [
            "http://eu.example.com/v1",
            "https://eu.example.com:8443/v1",
            "https://eu.example.com/V1",
            "https://eu.example.com/v1/x",
            "https://eu.example.com.evil.example/v1",
            "https://eu.example.com/v1/..",
            "https://eu.example.com./v1",
        ] {
            assert_ne!(address(text).unwrap(), one, "{text}");
        }
        for text in ["", "eu.example.com", "https://", "https://a@eu.example.com/v1", "https://eu.example.com/v1?x"]
        {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
