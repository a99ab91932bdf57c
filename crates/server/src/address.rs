//! Where a request comes from. In: the connection's other end, headers, the proxies that are trusted. Out: the client's address.
//! Never here: what an address may do (identify).

use http::{HeaderMap, HeaderValue, Request};
use ipnet::IpNet;
use std::net::IpAddr;

/// The other end of a connection. It rides on each of its requests: handlers behind axum have no other way to it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Where proxies write the client's address, the nearest proxy last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address: that of the connection, or where a trusted proxy has it, what that says. Of several proxies in a row, the
/// nearest one that is not trusted is the client: what stands before it anybody may have written.
pub fn client<B>(request: &Request<B>, trusted: &[IpNet]) -> Option<IpAddr> {
    let Peer(peer) = request.extensions().get::<Peer>()?;
    Some(behind(peer.to_canonical(), request.headers(), trusted))
}

fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut client = peer;
    let lines: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    // What a client put before what its proxy wrote may be no text, and spoils nothing behind it.
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    let mut hops = hops.map(|hop| std::str::from_utf8(hop).unwrap_or(""));
    while is_trusted(&client) {
        // What is no address was not written by a proxy that can be trusted for more.
        let Some(next) = hops.next().and_then(read) else { break };
        client = next;
    }
    client
}

/// An address as proxies write it: alone, or with a port.
fn read(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(address, _)| address);
    let alone = bare.parse().ok();
    alone
        .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|at| at.ip()))
        .map(|at: IpAddr| at.to_canonical())
}

/// Networks of a setting, divided by commas: `10.0.0.0/8, 192.0.2.7`.
///
/// # Errors
/// The one that is none.
pub fn networks(text: &str) -> Result<Vec<IpNet>, &str> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| network(word).ok_or(word)).collect()
}

/// A network, or one address.
pub fn network(text: &str) -> Option<IpNet> {
    let alone = || text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
    text.parse::<IpNet>().ok().map(|net| net.trunc()).or_else(alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, forwarded: &[&str], trusted: &str) -> String {
        let headers: HeaderMap =
            forwarded.iter().map(|line| (FORWARDED_FOR.parse().unwrap(), line.parse().unwrap())).collect();
        behind(peer.parse().unwrap(), &headers, &networks(trusted).unwrap()).to_string()
    }

    /// R-LIM-3, R-KEY-2: nobody says where they come from but proxies that an operator named.
    #[test]
    fn a_client_is_known_behind_trusted_proxies_alone() {
        let proxies = "10.0.0.0/8, fd00::/8";
        for (peer, forwarded, client) in [
            ("203.0.113.9", &[][..], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["9.9.9.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["9.9.9.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["9.9.9.9", "198.51.100.1,10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["nonsense, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("fd00::1", &["[2001:db8::7]:443"], "2001:db8::7"),
            ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
            ("10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
        ] {
            assert_eq!(from(peer, forwarded, proxies), client, "{peer} {forwarded:?}");
        }
        assert_eq!(from("10.0.0.1", &["198.51.100.1"], ""), "10.0.0.1");
        let dirty = HeaderValue::from_bytes(b"\xff, 198.51.100.1").unwrap();
        let headers = HeaderMap::from_iter([(FORWARDED_FOR.parse().unwrap(), dirty)]);
        let client = behind("10.0.0.1".parse().unwrap(), &headers, &networks(proxies).unwrap());
        assert_eq!(client.to_string(), "198.51.100.1");
    }

    #[test]
    fn networks_are_read_or_named() {
        assert_eq!(networks("").unwrap(), []);
        assert_eq!(
            networks(" 10.1.2.3/8 ,::1").unwrap(),
            [network("10.0.0.0/8").unwrap(), network("::1/128").unwrap()]
        );
        for bad in ["10.0.0.0/33", "example.com", "10.0.0"] {
            assert_eq!(networks(bad), Err(bad));
        }
    }
}
