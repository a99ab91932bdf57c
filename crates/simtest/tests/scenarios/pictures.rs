//! Kept pictures: links, the door on every surface, their end, what is fetched of providers. In: pictures and addresses.
//! Out: what a client sees of them. Never here: a real bucket (crates/server), real sockets (tests/process).

use crate::secs;
use bytes::Bytes;
use http::Response;
use serde_json::Value;
use server::AssetFault;
use simtest::{Script, Setup, SimHouse};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand so on";
const GIF: &str = "GIF89a and so on";
const BASES: [&str; 4] = ["/v1", "/api/v1", "/anthropic/v1", "/v1beta"];

fn header<'a>(seen: &'a Response<Bytes>, name: &str) -> &'a str {
    seen.headers().get(name).map_or("", |value| value.to_str().unwrap_or(""))
}

async fn open() -> SimHouse {
    SimHouse::open(Setup::default()).await
}

/// R-API-8: whoever has the link gets the picture on any surface, under headers that let it be nothing but a picture.
#[tokio::test(start_paused = true)]
async fn r_api_8_a_link_opens_on_every_surface() {
    let sim = open().await;
    let id = sim.keep(PNG).await.unwrap();
    for base in BASES {
        let link = sim.link(base, id);
        assert!(link.starts_with(&format!("{base}/assets/ast_")), "{link}");
        let seen = sim.visit("GET", &link).await;
        assert_eq!((seen.status().as_u16(), &seen.body()[..]), (200, PNG));
        for (name, value) in [
            ("content-type", "image/png"),
            ("content-length", "17"),
            ("x-content-type-options", "nosniff"),
            ("content-disposition", "inline"),
            ("cache-control", "private, max-age=1800"),
            ("content-security-policy", "default-src 'none'; sandbox"),
        ] {
            assert_eq!(header(&seen, name), value, "{name}");
        }
        assert!(header(&seen, "x-request-id").starts_with("req_"));
        let head = sim.visit("HEAD", &link).await;
        assert_eq!((head.status().as_u16(), head.body().len(), header(&head, "content-length")), (200, 0, "17"));
        assert_eq!(header(&head, "content-type"), "image/png");
        let wrong = sim.visit("POST", &link).await;
        assert_eq!((wrong.status().as_u16(), header(&wrong, "allow")), (405, "GET, HEAD"));
    }
    let day = sim.clock.now().to_string();
    assert_eq!(sim.upstreams.bucket.keys(), [format!("kept/{}/{id}", &day[..10])]);
}

/// R-API-8: a wrong signature is refused and a good link to nothing is lost, each told in the surface's style; neither says
/// whether there is such a picture. No line of the log has a signature.
#[tokio::test(start_paused = true)]
async fn r_api_8_what_is_no_link_opens_nothing() {
    let sim = open().await;
    let id = sim.keep(PNG).await.unwrap();
    let link = sim.link("/v1", id);
    let (path, query) = link.split_once('?').unwrap();
    let (_, signature) = link.rsplit_once('=').unwrap();
    let other = "/v1/assets/ast_01m8m9fht2et2tn478vh923gxy";
    let mut bodies = Vec::new();
    for wrong in [
        path.to_owned(),
        format!("{path}?{}x", &query[..query.len() - 1]),
        format!("{other}?{query}"),
        format!("/v1/assets/..%2F..%2Fmaster.key?{query}"),
        format!("/v1/assets/%ff?{query}"),
    ] {
        let seen = sim.visit("GET", &wrong).await;
        assert_eq!((seen.status().as_u16(), header(&seen, "content-type")), (403, "application/json"), "{wrong}");
        let body: Value = serde_json::from_slice(seen.body()).unwrap();
        assert_eq!(body["error"]["code"], "invalid_link");
        bodies.push(body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "all are told the same");
    // A path that leads elsewhere is no id at all.
    assert_eq!(sim.visit("GET", &format!("/v1/assets/../key?{query}")).await.status().as_u16(), 404);
    let anthropic = sim.visit("GET", &format!("/anthropic{path}?expires=1")).await;
    assert_eq!(serde_json::from_slice::<Value>(anthropic.body()).unwrap()["error"]["type"], "permission_error");

    // It went early, by somebody else's hand.
    let gone = sim.keep(PNG).await.unwrap();
    let lost = sim.link("/v1", gone);
    let kept = sim.upstreams.bucket.keys();
    let key = kept.iter().find(|key| key.ends_with(&gone.to_string())).unwrap();
    sim.upstreams.bucket.remove(key);
    let (early, late) = (sim.visit("GET", &lost).await, async {
        tokio::time::advance(secs(1_801)).await;
        sim.visit("GET", &link).await
    });
    let late = late.await;
    assert_eq!((early.status().as_u16(), late.status().as_u16()), (404, 404));
    assert_eq!(early.body(), late.body(), "expired and gone are told the same");
    let log = sim.log.take();
    assert!(log.contains("endpoint=assets.get") && log.contains("fault=link_not_valid"), "{log}");
    assert!(!log.contains(signature) && !log.contains("signature"), "{log}");
}

/// R-API-8: a link ends at its second, no link outlives its picture, and the sweep deletes days that are over, but nothing
/// that is not ours.
#[tokio::test(start_paused = true)]
async fn r_api_8_pictures_and_links_end() {
    let sim = open().await;
    let id = sim.keep(PNG).await.unwrap();
    let early = sim.link("/v1", id);
    let status = async |link: &str| sim.visit("GET", link).await.status().as_u16();
    tokio::time::advance(secs(1_799)).await;
    assert_eq!(status(&early).await, 200);
    tokio::time::advance(secs(1)).await;
    assert_eq!(status(&early).await, 404);
    tokio::time::advance(secs(1_000)).await;
    let late = sim.link("/v1", id);
    assert_eq!(header(&sim.visit("GET", &late).await, "cache-control"), "private, max-age=800");
    tokio::time::advance(secs(800)).await;
    assert_eq!(status(&late).await, 404);
    for foreign in ["kept/2020-01-01/note.txt", "kept/notes/a", "other/2020-01-01/a"] {
        sim.upstreams.bucket.put(foreign, b"x");
    }
    sim.sweep_pictures().await;
    assert_eq!(sim.upstreams.bucket.keys().len(), 4, "the day is not over yet");
    tokio::time::advance(secs(2 * 86_400)).await;
    let young = sim.keep(PNG).await.unwrap();
    sim.sweep_pictures().await;
    let left = sim.upstreams.bucket.keys();
    assert_eq!(left.len(), 4, "{left:?} {}", sim.log.take());
    assert!(left.iter().any(|key| key.ends_with(&young.to_string())), "{left:?}");
    assert!(!left.iter().any(|key| key.ends_with(&id.to_string())), "{left:?}");
}

/// R-API-8: what is no picture is not kept, and what became none is not given out.
#[tokio::test(start_paused = true)]
async fn r_api_8_only_pictures_are_kept_and_given_out() {
    let sim = open().await;
    for other in [&b"<svg onload=alert(1)>"[..], b"<!doctype html>", b"", b"{}"] {
        assert!(matches!(sim.keep(other).await, Err(AssetFault::NoPicture)));
    }
    assert!(sim.upstreams.bucket.keys().is_empty());
    let id = sim.keep(PNG).await.unwrap();
    let key = sim.upstreams.bucket.keys().remove(0);
    sim.upstreams.bucket.put(&key, b"<!doctype html><script>");
    let seen = sim.visit("GET", &sim.link("/v1", id)).await;
    assert_eq!(header(&seen, "content-type"), "application/json");
    assert!(!seen.status().is_success() && !String::from_utf8_lossy(seen.body()).contains("script"));
}

/// R-API-8: the same door over the folder, whose readers have a file each.
#[tokio::test]
async fn r_api_8_the_folder_gives_out_too() {
    let dir = std::env::temp_dir().join(format!("tollgate-sim-pictures-{}", std::process::id()));
    let sim = SimHouse::open(Setup { pictures: Some((dir.clone(), 1 << 20)), ..Setup::default() }).await;
    let large = [PNG, &[7; 500_000]].concat();
    let id = sim.keep(&large).await.unwrap();
    let link = sim.link("/v1", id);
    let (one, two) = (sim.visit("GET", &link).await, sim.visit("GET", &link).await);
    assert!(one.body() == &large && two.body() == &large && header(&one, "content-length") == "500017");
    assert_eq!(sim.visit("HEAD", &link).await.body().len(), 0);
    assert!(matches!(sim.keep(&[PNG, &vec![7; 600_000][..]].concat()).await, Err(AssetFault::Full)));
    assert!(sim.log.take().contains("asset.not_kept"));
    assert_eq!(sim.visit("GET", &link).await.status().as_u16(), 200, "a full folder breaks nothing");
    std::fs::remove_dir_all(dir).unwrap();
}

/// R-API-8: a provider's picture is fetched without its credential, and no redirect is followed.
#[tokio::test(start_paused = true)]
async fn r_api_8_a_providers_picture_is_fetched() {
    let sim = open().await;
    let gif = || Script::text(200, GIF);
    sim.upstreams.set("one", vec![gif()]);
    sim.upstreams.set("cdn", vec![gif()]);
    let own = sim.fetch("one", "http://one/files/a").await.unwrap();
    assert_eq!(own, GIF);
    assert_eq!(sim.fetch("one", "https://cdn/a").await.unwrap(), GIF);
    assert!(matches!(sim.fetch("one", "http://cdn/a").await, Err(AssetFault::Refused)));
    let arrived = sim.upstreams.arrived();
    assert_eq!(arrived.iter().map(|a| a.host.as_str()).collect::<Vec<_>>(), ["one", "cdn"]);
    assert!(!arrived.iter().any(|a| a.credential), "a credential went with it");

    for (script, told) in [
        (Script::text(302, GIF).with("location", "http://one/b"), "could not be fetched"),
        (Script::text(404, GIF), "could not be fetched"),
        (gif().with("content-encoding", "gzip"), "could not be fetched"),
        (Script::unreachable(), "could not be fetched"),
        (gif().after(secs(61)), "could not be fetched"),
        (gif().with("content-length", "67108865"), "too large"),
        (Script::text(200, "<!doctype html>"), "no picture"),
    ] {
        sim.upstreams.set("cdn", vec![script]);
        let before = sim.upstreams.arrived().len();
        let fault = sim.fetch("one", "https://cdn/a").await.err().unwrap().told();
        assert!(fault.told.contains(told) && !fault.told.contains("cdn"), "{}", fault.told);
        assert_eq!(sim.upstreams.arrived().len(), before + 1, "it is asked once");
    }
    let log = sim.log.take();
    assert!(log.contains("asset.not_fetched") && !log.contains("cdn"), "{log}");
}
