//! Who calls. In: headers. Out: the key's record, or `InvalidKey`. The text of a key never leaves this room.
//! One extractor for every endpoint, so that no header form skips a check. Never here: limits, models, money.

use crate::callers::{Caller, LiveKey};
use crate::entry::Entry;
use crate::house::House;
use admit::{Denied, Scope, Standing};
use canon::{Fault, FaultKind, Retry};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use std::net::IpAddr;
use std::sync::Arc;
use units::Timestamp;

/// Headers that hold a key and nothing else: Anthropic's, and Google's.
const PLAIN: [&str; 2] = ["x-api-key", "x-goog-api-key"];

/// The key a caller sent: `Authorization: Bearer K`, `x-api-key: K` or `x-goog-api-key: K` (R-API-12).
///
/// # Errors
/// `InvalidKey` when there is none, or two different ones.
pub fn sent_key(headers: &HeaderMap) -> Result<&str, Fault> {
    let mut found: Option<&str> = None;
    let bearers = headers.get_all(AUTHORIZATION).into_iter().map(|v| (v, true));
    let plain = PLAIN.iter().flat_map(|name| headers.get_all(*name)).map(|v| (v, false));
    for (value, is_bearer) in bearers.chain(plain) {
        let text = value.to_str().map_err(|_| invalid("Invalid API key: it holds characters no key has."))?.trim();
        let key = if is_bearer { bearer(text)? } else { text };
        if key.is_empty() {
            continue;
        }
        match found {
            Some(other) if other != key => {
                return Err(invalid(
                    "Two different API keys were sent; send one, as Authorization: Bearer or x-api-key.",
                ));
            }
            _ => found = Some(key),
        }
    }
    found.ok_or_else(|| invalid("No API key was sent; send it as Authorization: Bearer KEY or x-api-key: KEY."))
}

fn bearer(text: &str) -> Result<&str, Fault> {
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(key.trim_start()),
        _ if text.eq_ignore_ascii_case("bearer") || text.is_empty() => Ok(""),
        _ => Err(invalid("The Authorization header is not of the form: Bearer KEY.")),
    }
}

fn sends_a_key(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || PLAIN.iter().any(|name| headers.contains_key(*name))
}

/// The fault of an address that is blocked.
pub fn blocked(until: Timestamp, now: Timestamp) -> Fault {
    let left = until.since(now);
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    let told = format!("Too many failed tries from this address: it is blocked for {seconds} s more.");
    Fault::new(FaultKind::AddressBlocked, told).retry(Retry::After(left))
}

fn invalid(told: &'static str) -> Fault {
    Fault::new(FaultKind::InvalidKey, told)
}

impl House {
    /// Finds the caller. A misspelt key is refused before any lookup; a known one needs no store.
    ///
    /// # Errors
    /// `InvalidKey`, the same for unknown and revoked keys; `AddressNotAllowed`: who has a key in the wrong place is told nothing
    /// of its account.
    pub fn identify(&self, entry: &Entry, headers: &HeaderMap) -> Result<Arc<LiveKey>, Fault> {
        let key = self.key_from(entry, headers)?;
        if key.rules.addresses.is_some() && !entry.address.is_some_and(|at| key.rules.may_come_from(at)) {
            let told = "This API key may not be used from this address.";
            return Err(Fault::new(FaultKind::AddressNotAllowed, told));
        }
        Ok(key)
    }

    /// Whether a caller may use its key for something now.
    ///
    /// # Errors
    /// `ApiDisabled`, `ScopeNotAllowed`.
    pub fn may_use(&self, caller: &Caller, scope: Scope, now: Timestamp) -> Result<(), Fault> {
        let off = |told| Err(Fault::new(FaultKind::ApiDisabled, told));
        if self.workspaces.api_is_off() {
            return off("The API is switched off at the moment.");
        }
        if caller.account.as_ref().is_some_and(|workspace| workspace.rules.api_off) {
            return off("The API is switched off for this workspace.");
        }
        if !caller.rules.has(scope) {
            let told = format!("This API key lacks the scope \"{}\".", scope.name());
            return Err(Fault::new(FaultKind::ScopeNotAllowed, told));
        }
        caller.touch(now);
        Ok(())
    }

    /// The key, unless its address failed too often (R-LIM-3). A request without a key proves nothing against anybody.
    fn key_from(&self, entry: &Entry, headers: &HeaderMap) -> Result<Arc<LiveKey>, Fault> {
        let Some(address) = entry.address else { return self.key_of(headers, entry.at) };
        if let Some(until) = self.limiter.blocked(address, entry.at) {
            return Err(blocked(until, entry.at));
        }
        let found = self.key_of(headers, entry.at);
        match &found {
            Ok(_) => self.limiter.succeeded(address),
            Err(_) if sends_a_key(headers) => {
                self.warn_of_proxy(address, headers);
                self.limiter.failed(address, entry.at);
            }
            Err(_) => {}
        }
        found
    }

    /// A proxy that is not named as one stands for everybody behind it, and is blocked for one of them. Told once.
    fn warn_of_proxy(&self, address: IpAddr, headers: &HeaderMap) {
        let near = match address {
            IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
        };
        let unnamed = near && headers.contains_key("x-forwarded-for");
        if unnamed
            && !self.settings.trusted_proxies.iter().any(|net| net.contains(&address))
            && self.proxy_is_news()
        {
            self.log.warn("proxy.not_trusted", &[("address", &address.to_string())]);
        }
    }

    fn key_of(&self, headers: &HeaderMap, now: Timestamp) -> Result<Arc<LiveKey>, Fault> {
        let text = sent_key(headers)?;
        admit::is_well_formed(text).map_err(|_| invalid("Invalid API key"))?;
        let key = self.keys.find(&self.vault.digest(text), now).ok_or_else(|| invalid("Invalid API key"))?;
        match (Standing { expires_at: key.expires_at, revoked_at: key.revoked_at }).at(now) {
            // A key ends with the right of its owner to sign in; with that it works again.
            Ok(()) if key.owner.is_some_and(|user| self.people.is_shut_out(user)) => {
                Err(invalid("Invalid API key"))
            }
            Ok(()) => Ok(key),
            Err(Denied::Expired) => Err(invalid("This API key has expired.")),
            Err(Denied::Revoked) => Err(invalid("Invalid API key")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect::<HeaderMap>()
    }

    /// R-API-12: either header on every surface; both when they agree.
    #[test]
    fn one_key_in_either_header() {
        let ok = |pairs| sent_key(&headers(pairs)).map(str::to_owned).map_err(|f| f.told);
        assert_eq!(ok(&[("authorization", "Bearer k1")]), Ok("k1".into()));
        assert_eq!(ok(&[("authorization", "bearer  k1")]), Ok("k1".into()));
        assert_eq!(ok(&[("x-api-key", "k1")]), Ok("k1".into()));
        assert_eq!(ok(&[("x-api-key", "k1"), ("authorization", "Bearer k1")]), Ok("k1".into()));
        assert_eq!(ok(&[("x-goog-api-key", "k1")]), Ok("k1".into()));
        for bad in [
            &[][..],
            &[("authorization", "Basic abc")],
            &[("authorization", "Bearer ")],
            &[("x-api-key", "k1"), ("authorization", "Bearer k2")],
        ] {
            assert!(ok(bad).is_err(), "{bad:?}");
        }
    }
}
