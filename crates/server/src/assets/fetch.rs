//! Fetches a picture from where its provider says that it is. What a provider says is not trusted: it may lead into the
//! operator's own network, or on and on. In: a provider, an address. Out: the bytes of a picture.
//! Never here: a credential, a redirect that is followed, keeping.

use crate::assets::{AssetFault, Kind};
use crate::house::Worker;
use crate::limits::{ASSET_ADDRESS_BYTES_MAX, ASSET_BYTES_MAX, ASSET_FETCH_TIME_MAX};
use crate::live::LiveProvider;
use crate::upstream::{Answer, Call, Endpoint, GuardError, UpstreamError};
use bytes::Bytes;
use canon::BoxError;
use http::header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

/// Which way leads to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is the provider's own origin, where its calls go too: as private as the operator set it.
    Own,
    /// It is anywhere: a public host, with TLS.
    Public,
}

/// Fetches a picture that a provider made.
///
/// # Errors
/// `Refused` for an address that nothing is fetched from, `Unfetched`, `TooLarge`, `NoPicture`.
pub async fn fetch(worker: &Worker, provider: &LiveProvider, address: &str) -> Result<Bytes, AssetFault> {
    let read = async {
        let (uri, way) = way_to(address, &provider.provider.base_url).ok_or(AssetFault::Refused)?;
        read(call(worker, uri, way).await?).await
    };
    let fetched = match tokio::time::timeout(ASSET_FETCH_TIME_MAX, read).await {
        Ok(fetched) => fetched,
        Err(late) => Err(unfetched(late)),
    };
    fetched.inspect_err(|error| worker.house.log.warn("asset.not_fetched", &[("error", &error.to_string())]))
}

fn unfetched(error: impl Into<BoxError>) -> AssetFault {
    AssetFault::Unfetched(error.into())
}

async fn call(worker: &Worker, uri: Uri, way: Way) -> Result<Answer, AssetFault> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("image/*"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tollgate/", env!("CARGO_PKG_VERSION"))));
    let endpoint = Endpoint::new(Method::GET, uri, headers).map_err(unfetched)?;
    let call = Call { endpoint: &endpoint, headers: &[], body: Bytes::new() };
    match way {
        Way::Own => worker.upstream.send(call).await.map_err(unfetched),
        Way::Public => worker.upstream.send_guarded(call).await.map_err(|error| match error {
            GuardError::Private => AssetFault::Refused,
            GuardError::Upstream(error) => unfetched(error),
        }),
    }
}

async fn read(mut answer: Answer) -> Result<Bytes, AssetFault> {
    // A redirect is an answer like another: there is no picture here.
    if answer.status != StatusCode::OK || answer.heard.encoded {
        return Err(unfetched(format!("the provider answered with {}", answer.status.as_u16())));
    }
    if answer.heard.length.is_some_and(|length| length > ASSET_BYTES_MAX as u64) {
        return Err(AssetFault::TooLarge);
    }
    let bytes = answer.body.whole(ASSET_BYTES_MAX).await.map_err(|error| match error {
        UpstreamError::TooLarge => AssetFault::TooLarge,
        other => unfetched(other),
    })?;
    if Kind::of(&bytes).is_some() { Ok(bytes) } else { Err(AssetFault::NoPicture) }
}

/// What is asked for, and which way; `None` for an address from which nothing is fetched.
fn way_to(address: &str, base: &Uri) -> Option<(Uri, Way)> {
    let plain = address.len() <= ASSET_ADDRESS_BYTES_MAX && address.bytes().all(|b| b.is_ascii_graphic());
    let uri: Uri = address.parse().ok().filter(|_| plain)?;
    let origin = origin_of(&uri)?;
    match origin {
        _ if origin_of(base).is_some_and(|own| own == origin) => Some((uri, Way::Own)),
        (true, ..) => Some((uri, Way::Public)),
        // Without TLS anybody on the way could put another picture there.
        (false, ..) => None,
    }
}

/// Whether there is TLS, the host and the port; `None` where there is a user, another scheme or no host.
fn origin_of(uri: &Uri) -> Option<(bool, String, u16)> {
    let tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return None,
    };
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    let host = authority.host();
    // A port that is no number is no port: `https://host:/`.
    let port = match authority.as_str().len() == host.len() {
        true => Some(if tls { 443 } else { 80 }),
        false => authority.port_u16(),
    };
    (!host.is_empty()).then_some(())?;
    Some((tls, host.to_ascii_lowercase(), port?))
}

#[cfg(test)]
#[path = "tests/fetch.rs"]
mod tests;
