//! Calls to an address that somebody else named: a provider says where its picture is, and that may be anywhere, also inside
//! the operator's own network. In: an endpoint. Out: an answer of a host whose every address is public, or a refusal.
//! Never here: a pooled connection, a second look at the host's name, the providers' own addresses (upstream.rs).

use crate::live::LiveProvider;
use crate::upstream::link::Link;
use crate::upstream::{Answer, Call, Sockets, Upstream, UpstreamError, Way};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Why a guarded call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The host has an address that is not public.
    #[error("the host is not a public one")]
    Private,
    /// It was called, in vain.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
}

/// IPv4 blocks that lead to no public host, as address and length of the prefix (the registry of special-purpose addresses).
const PRIVATE_V4: [(Ipv4Addr, u32); 15] = [
    // This network: Linux takes 0.0.0.0 for the host itself.
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Shared by customers of one carrier.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local; clouds answer with credentials here.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // Relays towards IPv6, given up.
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Measurements.
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The one IPv6 block from which public addresses are given out.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Blocks inside it that lead to no public host, or to an IPv4 host by a way of their own.
const PRIVATE_V6: [(Ipv6Addr, u32); 4] = [
    // Teredo, measurements, hashes in the form of addresses.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4 has an IPv4 address inside.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address is one of the public internet. What is not known to be one is none.
fn is_public(address: IpAddr) -> bool {
    let v6 = match address {
        IpAddr::V4(v4) => return is_public_v4(v4),
        IpAddr::V6(v6) => v6,
    };
    // The kernel connects to the IPv4 host that such an address holds.
    if let Some(v4) = v6.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    // The other forms that hold an IPv4 address (64:ff9b::/96, ::/96) lie outside of what is given out.
    let inside = |(block, length): (Ipv6Addr, u32)| (v6.to_bits() ^ block.to_bits()) >> (128 - length) == 0;
    inside(GLOBAL_V6) && !PRIVATE_V6.into_iter().any(inside)
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let inside = |(block, length): (Ipv4Addr, u32)| (v4.to_bits() ^ block.to_bits()) >> (32 - length) == 0;
    !PRIVATE_V4.into_iter().any(inside)
}

impl Upstream {
    /// Makes a call to a provider: to one whose address must be judged, guarded.
    ///
    /// # Errors
    /// As `send`; an address that is not public is as good as one that cannot be reached.
    pub async fn send_to(&self, provider: &LiveProvider, call: Call<'_>) -> Result<Answer, UpstreamError> {
        if !provider.judged {
            return self.send(call).await;
        }
        Box::pin(self.send_guarded(call)).await.map_err(|error| match error {
            GuardError::Upstream(error) => error,
            GuardError::Private => UpstreamError::Connect(GuardError::Private.into()),
        })
    }

    /// Makes a call to a public host and waits for the head of its answer. The host's name is resolved once, every address of
    /// it is judged, and the connection goes to one of the judged addresses and is not kept.
    ///
    /// # Errors
    /// `Private`, or what `send` fails with.
    pub async fn send_guarded(&self, call: Call<'_>) -> Result<Answer, GuardError> {
        match &self.0 {
            Way::Sockets(sockets) => sockets.send_guarded(&call).await,
            // A stand-in has no addresses to judge.
            Way::Stand(_) => Ok(self.send(call).await?),
        }
    }
}

impl Sockets {
    async fn send_guarded(&self, call: &Call<'_>) -> Result<Answer, GuardError> {
        let origin = &call.endpoint.origin;
        let resolved = tokio::time::timeout(self.connect_timeout, origin.places()).await;
        let resolved = resolved.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let places = judged(resolved.map_err(|error| UpstreamError::Connect(error.into()))?)?;
        let link = self.connected(Link::open_at(&places, origin, &self.tls)).await?;
        Ok(self.exchange(link, call, false).await.map_err(UpstreamError::from)?)
    }
}

/// One address that is not public spoils them all: which of them is used is chance, or the choice of who gave them.
fn judged(places: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, GuardError> {
    if places.iter().all(|place| is_public(place.ip())) { Ok(places) } else { Err(GuardError::Private) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::link::Origin;
    use crate::upstream::{Endpoint, link};
    use bytes::Bytes;
    use http::{HeaderMap, Method};
    use std::time::Duration;

    /// R-API-8: pictures are fetched from public addresses alone; each block is tried at both ends and just beside them.
    #[test]
    fn r_api_8_addresses_are_told_apart() {
        let public = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
            169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.167.255.255 \
            192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 203.0.114.0 223.255.255.255 2606:4700::1111 \
            2a00:1450:4001::1 2001:200::1 2001:db7:ffff:: 2001:db9:: 2003::1 3ffe:ffff:: ::ffff:1.1.1.1";
        let private = "0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 \
            127.255.255.255 169.254.0.0 169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 \
            192.0.2.1 192.88.99.1 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.7 \
            203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.0 255.255.255.255 :: ::1 ::7f00:1 \
            ::ffff:127.0.0.1 ::ffff:10.1.2.3 ::ffff:169.254.169.254 ::ffff:0:10.0.0.1 64:ff9b::1.1.1.1 \
            64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:10::1 2001:1ff:ffff:: 2001:db8::1 \
            2001:db8:ffff:: 2002:a00:1::1 3fff::1 3fff:fff:ffff:: 4000::1 5f00::1 fc00::1 fdff::1 fe80::1 \
            febf::1 fec0::1 ff02::1 ffff::1";
        for text in public.split_whitespace() {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in private.split_whitespace() {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    /// R-API-8: a name with a public and a private address is refused whole.
    #[test]
    fn r_api_8_one_private_address_spoils_a_name() {
        let places = |texts: [&str; 2]| judged(texts.map(|text| text.parse().unwrap()).to_vec());
        assert!(places(["1.1.1.1:443", "[2606:4700::1111]:443"]).is_ok());
        assert!(matches!(places(["1.1.1.1:443", "10.0.0.1:443"]), Err(GuardError::Private)));
    }

    /// R-API-8: the connection goes to the address that was judged, and no name is looked up again: this one has no address.
    #[tokio::test]
    async fn r_api_8_no_name_is_looked_up_twice() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let place = listener.local_addr().unwrap();
        let origin = Origin::of(&format!("http://pictures.invalid:{}", place.port()).parse().unwrap()).unwrap();
        assert!(origin.places().await.is_err());
        let (places, tls) = ([place], link::tls_config());
        let (opened, accepted) = tokio::join!(Link::open_at(&places, &origin, &tls), listener.accept());
        assert!(opened.is_ok() && accepted.is_ok());
    }

    /// R-API-8: however a private host is written, nobody connects to it.
    #[tokio::test]
    async fn r_api_8_no_spelling_reaches_a_private_host() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let upstream = Upstream::new(Duration::from_secs(5));
        for host in
            ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "0", "[::ffff:127.0.0.1]"]
        {
            let uri = format!("http://{host}:{port}/x").parse().unwrap();
            let endpoint = Endpoint::new(Method::GET, uri, HeaderMap::new()).unwrap();
            let call = Call { endpoint: &endpoint, headers: &[], body: Bytes::new() };
            let answered = upstream.send_guarded(call).await;
            // A resolver that does not know a spelling refuses it in its own way.
            let refused = matches!(
                answered.err(),
                Some(GuardError::Private | GuardError::Upstream(UpstreamError::Connect(_)))
            );
            assert!(refused, "{host}");
        }
        assert!(tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err());
    }
}
