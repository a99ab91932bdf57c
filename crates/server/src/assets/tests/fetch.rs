//! Tests of the way to a provider's picture. Never here: which addresses are public (upstream/guard.rs), a whole fetch (simtest).

use super::*;

fn way(address: &str, base: &str) -> Option<Way> {
    way_to(address, &base.parse().unwrap()).map(|(_, way)| way)
}

/// R-API-8: with TLS to anybody, without it to the provider's own origin alone; no user, no other scheme.
#[test]
fn r_api_8_the_way_to_a_picture_is_chosen_by_its_origin() {
    let (own, plain) = ("https://api.example.com/v1", "http://10.0.0.5:8080/v1");
    for (address, base, wanted) in [
        ("https://cdn.example.net/a.png?x=1", own, Some(Way::Public)),
        ("https://10.0.0.5/a.png", own, Some(Way::Public)),
        ("https://api.example.com/a.png", own, Some(Way::Own)),
        ("https://API.example.com:443/a.png", own, Some(Way::Own)),
        ("https://api.example.com:8443/a.png", own, Some(Way::Public)),
        ("https://api.example.com./a.png", own, Some(Way::Public)),
        ("http://api.example.com/a.png", own, None),
        ("http://api.example.com:443/a.png", own, None),
        ("http://10.0.0.5:8080/view?name=a", plain, Some(Way::Own)),
        ("https://10.0.0.5:8080/view", plain, Some(Way::Public)),
        ("http://10.0.0.5/view", plain, None),
        ("http://10.0.0.5:8081/view", plain, None),
        ("http://10.0.0.50:8080/view", plain, None),
        ("http://cdn.example.net/a.png", plain, None),
        ("https://user@api.example.com/a.png", own, None),
        ("https://user:pass@cdn.example.net/a.png", own, None),
        ("https://api.example.com@evil.example/a.png", own, None),
        ("https://api.example.com:x/a.png", own, None),
        ("https:///a.png", own, None),
        ("ftp://cdn.example.net/a.png", own, None),
        ("file:///etc/passwd", own, None),
        ("gopher://cdn.example.net/", own, None),
        ("data:image/png;base64,AAAA", own, None),
        ("//cdn.example.net/a.png", own, None),
        ("/a.png", own, None),
        ("", own, None),
        ("https://cdn.example.net/a b", own, None),
        ("https://cdn.example.net/a\r\nx: y", own, None),
        ("https://cdn.ex\u{e4}mple.net/a", own, None),
    ] {
        assert_eq!(way(address, base), wanted, "{address} of {base}");
    }
    let long = format!("https://cdn.example.net/{}", "a".repeat(ASSET_ADDRESS_BYTES_MAX));
    assert_eq!(way(&long, own), None);
}
