//! Links to kept pictures: whoever has one may fetch the picture until it expires, without a key. In: an id, an instant, what
//! a request came by. Out: an address; of an address that comes back, whether it is one of ours and still good.
//! Never here: whether the picture is there.

use crate::house::House;
use crate::limits::HOST_BYTES_MAX;
use crate::seal::Vault;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::HOST;
use http::uri::Authority;
use units::{AssetId, Timestamp};

/// Why an address opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// This house did not sign it.
    NotOurs,
    /// It was good once.
    Expired,
}

/// What a good link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The picture.
    pub id: AssetId,
    /// The second, since 1970 UTC, at which it is good no more.
    pub expires: i64,
}

/// The text that is signed: the id and the end as they stand in the address, so that no other spelling of them is good.
fn signed(id: &str, expires: &str) -> String {
    format!("{id}\n{expires}")
}

/// The address of a picture on a surface, good for as long as the settings say and never longer than the picture is kept.
/// `origin` is what `origin` gives, `surface_base` the base path of the surface (`/v1`).
pub fn link(house: &House, origin: &str, surface_base: &str, id: AssetId, now: Timestamp) -> String {
    let settings = &house.settings.assets;
    let end = now.plus(settings.link_for).min(id.made_at().plus(settings.kept_for));
    let (name, expires) = (id.to_string(), end.seconds().to_string());
    let signature = URL_SAFE_NO_PAD.encode(house.vault.sign_link(&signed(&name, &expires)));
    format!("{origin}{surface_base}/assets/{name}?expires={expires}&signature={signature}")
}

impl Ticket {
    /// Reads what came back of a link: the last part of its path, and its query.
    ///
    /// # Errors
    /// `NotOurs` before `Expired`: only who has a link that was good learns that it was.
    pub fn read(vault: &Vault, name: &str, query: &str, now: Timestamp) -> Result<Self, LinkError> {
        let value = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| *name == wanted).map_or("", |(_, value)| value)
        };
        let expires = value("expires");
        // A signature that cannot be read is as wrong as another one.
        let signature = URL_SAFE_NO_PAD.decode(value("signature")).unwrap_or_default();
        if !vault.signed_link(&signed(name, expires), &signature) {
            return Err(LinkError::NotOurs);
        }
        // What is signed was written above; if it were not, it would be no link.
        let (Ok(id), Ok(expires)) = (name.parse(), expires.parse()) else { return Err(LinkError::NotOurs) };
        if now.seconds() >= expires { Err(LinkError::Expired) } else { Ok(Self { id, expires }) }
    }
}

/// What links of an answer begin with: the setting, else what the request came by. This server itself speaks no TLS, and
/// whatever is in front of it may say anything in a header, so that without the setting a link begins with `http://`.
pub fn origin(house: &House, headers: &HeaderMap) -> String {
    if let Some(public) = &house.settings.public_url {
        return public.clone();
    }
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).filter(|host| is_host(host));
    host.map_or_else(|| format!("http://{}", house.settings.listen), |host| format!("http://{host}"))
}

/// Whether a Host header is a host, perhaps with a port, and nothing else: it becomes a part of an address.
fn is_host(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    let known = text.len() <= HOST_BYTES_MAX && text.bytes().all(plain);
    let read = text.parse::<Authority>().ok().filter(|_| known);
    // A port that is there is a number; a lone colon is none.
    read.is_some_and(|a| !a.host().is_empty() && (a.port_u16().is_some() || a.as_str() == a.host()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use units::Secret;

    fn vault() -> Vault {
        Vault::new(&Secret::new([7; 32]))
    }

    fn query(vault: &Vault, name: &str, expires: i64) -> String {
        let signature = URL_SAFE_NO_PAD.encode(vault.sign_link(&signed(name, &expires.to_string())));
        format!("expires={expires}&signature={signature}")
    }

    fn read(name: &str, query: &str, seconds: i64) -> Result<Ticket, LinkError> {
        Ticket::read(&vault(), name, query, Timestamp::from_ms(seconds * 1_000))
    }

    /// R-API-8: a link is good to the last millisecond before its end, and not at it.
    #[test]
    fn r_api_8_a_link_ends_at_its_second() {
        let id = AssetId::new(Timestamp::from_ms(5), [1; 10]);
        let (name, query) = (id.to_string(), query(&vault(), &id.to_string(), 1_000));
        let at = |ms| Ticket::read(&vault(), &name, &query, Timestamp::from_ms(ms));
        assert_eq!(at(999_999), Ok(Ticket { id, expires: 1_000 }));
        assert_eq!(at(1_000_000), Err(LinkError::Expired));
        // What others add behind it does no harm.
        assert!(read(&name, &format!("{query}&utm_source=x"), 1).is_ok());
    }

    /// R-API-8: what is not signed so, to the last character, is nobody's link, expired or not.
    #[test]
    fn r_api_8_other_spellings_are_not_signed() {
        let id = AssetId::new(Timestamp::from_ms(5), [1; 10]).to_string();
        let good = query(&vault(), &id, 1_000);
        let (_, signature) = good.split_once("&signature=").unwrap();
        let other = query(&Vault::new(&Secret::new([8; 32])), &id, 1_000);
        for (name, query) in [
            (id.as_str(), String::new()),
            (&id, "expires=1000".into()),
            (&id, "expires=1000&signature=".into()),
            (&id, format!("signature={signature}")),
            (&id, format!("expires=01000&signature={signature}")),
            (&id, format!("expires=%31000&signature={signature}")),
            (&id, format!("expires=2000&expires=1000&signature={signature}")),
            (&id, format!("{good}=")),
            (&id, format!("expires=1000&signature={}", &signature[..42])),
            (&id.to_uppercase(), good.clone()),
            ("../../../etc/passwd", good.clone()),
            (&id, other),
        ] {
            for second in [1, 5_000] {
                assert_eq!(read(name, &query, second), Err(LinkError::NotOurs), "{name} {query}");
            }
        }
        // Signed by the house, and still no id: it cannot come about, and opens nothing.
        assert_eq!(read("../x", &query(&vault(), "../x", 1_000), 1), Err(LinkError::NotOurs));
    }

    proptest! {
        /// R-API-8: any one character changed, anywhere in the link, and it is not ours.
        #[test]
        fn r_api_8_tampering_with_any_part_fails(at in 0_usize..200, to in "[ -~]", ten: [u8; 10], expires in 1_i64..9_999_999_999) {
            let id = AssetId::new(Timestamp::from_ms(5), ten).to_string();
            let whole = format!("{id}?{}", query(&vault(), &id, expires));
            let at = at % whole.len();
            let changed = format!("{}{to}{}", &whole[..at], &whole[at + 1..]);
            prop_assume!(changed != whole);
            let (name, query) = changed.split_once('?').unwrap_or((&changed, ""));
            prop_assert_eq!(read(name, query, 0), Err(LinkError::NotOurs));
        }
    }

    /// R-API-8: a Host header is a host or nothing.
    #[test]
    fn r_api_8_a_hostile_host_injects_nothing() {
        for good in
            ["example.com", "example.com:8443", "127.0.0.1:8011", "[::1]:80", "[::1]", "my_host", "localhost"]
        {
            assert!(is_host(good), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a:",
            "a:b",
            "a:99999",
            "a b",
            "a/b",
            "a?b",
            "a#b",
            "user@a",
            "user:pass@a",
            "a\\b",
            "a\"b",
            "a<b>",
            "a,b",
            "a%2fb",
            "[::1",
            "::1",
            "a\tb",
            "ä.de",
            "a..b@",
            "javascript:alert(1)",
            &"a".repeat(300),
        ] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
