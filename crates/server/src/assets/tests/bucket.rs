//! Tests against a real store that checks signatures: the one that TOLLGATE_TEST_S3 names (`http://ID:SECRET@HOST:PORT/BUCKET`),
//! which `cargo xtask test` starts. Never here: a store that believes anything (simtest).

use super::*;
use std::time::Duration;
use units::Secret;

/// The store that is named; without one it says so, and the caller has nothing to do.
#[expect(clippy::disallowed_methods, reason = "the test command names the server here")]
fn settings(prefix: &str) -> Option<BucketSettings> {
    let Some(url) = std::env::var("TOLLGATE_TEST_S3").ok().filter(|url| !url.is_empty()) else {
        eprintln!("the tests of the bucket are NOT RUN: TOLLGATE_TEST_S3 names no store");
        return None;
    };
    let (user, rest) = url.strip_prefix("http://").and_then(|rest| rest.split_once('@')).unwrap();
    let ((id, secret), (host, bucket)) = (user.split_once(':').unwrap(), rest.split_once('/').unwrap());
    Some(BucketSettings {
        endpoint: format!("http://{host}"),
        region: "us-east-1".into(),
        bucket: bucket.into(),
        // Each test has its own keys.
        prefix: format!("{prefix}-{}/", std::process::id()),
        path_style: true,
        access_key_id: Secret::new(id.into()),
        secret_access_key: Secret::new(secret.into()),
    })
}

#[expect(clippy::disallowed_methods, reason = "a real store knows what time it is")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap())
}

fn upstream() -> Upstream {
    Upstream::new(Duration::from_secs(5))
}

fn picture(length: usize) -> Bytes {
    let rest = (0..).map(|n: u32| (n % 251) as u8);
    b"\x89PNG\r\n\x1a\n".iter().copied().chain(rest).take(length).collect()
}

fn owner() -> WorkspaceId {
    WorkspaceId::from_bytes([9; 16])
}

async fn read(place: Place<'_>, id: AssetId) -> Option<Vec<u8>> {
    let mut picture = place.find(id).await.unwrap()?;
    let (mut all, mut parts) = (Vec::new(), 0);
    while let Some(part) = picture.next().await.unwrap() {
        all.extend_from_slice(&part);
        parts += 1;
    }
    assert_eq!(all.len() as u64, picture.length);
    assert!(all.len() < 100_000 || parts > 5, "a large picture came in {parts} parts");
    Some(all)
}

/// R-API-8: a store that checks signatures takes a picture, gives it out in parts, and says when there is none.
#[tokio::test]
async fn r_api_8_a_real_store_keeps_pictures() {
    let Some(settings) = settings("keep") else { return };
    let (bucket, upstream) = (Bucket::open(&settings).unwrap(), upstream());
    let place = bucket.at(&upstream, now());
    for (n, length) in (1..).zip([20, 70_000, 3_000_000]) {
        let (id, bytes) = (AssetId::new(now(), [n; 10]), picture(length));
        assert!(place.find(id).await.unwrap().is_none());
        place.put(id, owner(), Kind::Png, bytes.clone()).await.unwrap();
        assert!(read(place, id).await.unwrap() == bytes, "{length}");
    }
}

/// R-API-8: another secret, another time or another region is refused, and nothing was kept.
#[tokio::test]
async fn r_api_8_a_real_store_refuses_wrong_signatures() {
    let Some(right) = settings("refuse") else { return };
    let (upstream, id) = (upstream(), AssetId::new(now(), [7; 10]));
    let secret = BucketSettings { secret_access_key: Secret::new("another".into()), ..right.clone() };
    let region = BucketSettings { region: "eu-west-1".into(), ..right.clone() };
    let late = Timestamp::from_ms(now().ms() - 600_000);
    for (settings, at) in [(&secret, now()), (&region, now()), (&right, late)] {
        let bucket = Bucket::open(settings).unwrap();
        let refused = bucket.at(&upstream, at).put(id, owner(), Kind::Png, picture(20)).await;
        let told = refused.err().unwrap().to_string();
        assert!(told.contains("403") && !told.contains("another"), "{told}");
    }
    let bucket = Bucket::open(&right).unwrap();
    assert!(bucket.at(&upstream, now()).find(id).await.unwrap().is_none());
}

/// R-API-8: days that are over are listed and deleted, page by page; younger ones and what is not ours stay.
#[tokio::test]
async fn r_api_8_a_real_store_is_swept() {
    let Some(settings) = settings("sweep") else { return };
    let (bucket, upstream) = (Bucket::open(&settings).unwrap(), upstream());
    let place = bucket.at(&upstream, now());
    let day = Duration::from_secs(86_400);
    let old = Timestamp::from_ms(now().ms() - 3 * 86_400_000);
    let (first, second, young) =
        (AssetId::new(old, [1; 10]), AssetId::new(old, [2; 10]), AssetId::new(now(), [3; 10]));
    for id in [first, second, young] {
        place.put(id, owner(), Kind::Png, picture(20)).await.unwrap();
    }
    // Somebody else's object among them.
    let note = format!("{}{}/note", settings.prefix, day_of(old));
    let signed = place.signed(&bucket.bucket.put_object(Some(&bucket.credentials), &note)).unwrap();
    assert!(place.send(&signed, &[], Bytes::from_static(b"mine")).await.unwrap().status.is_success());
    place.sweep(Timestamp::from_ms(now().ms() - 86_400_000)).await.unwrap();
    for (id, there) in [(first, false), (second, false), (young, true)] {
        assert_eq!(read(place, id).await.is_some(), there, "{id}");
    }
    let left = place.page(&format!("{}{}/", settings.prefix, day_of(old)), false, None).await.unwrap();
    assert_eq!(left.contents.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), [note.as_str()]);
    // Nothing is left to do, and that is no mistake.
    place.sweep(Timestamp::from_ms(now().ms() - 86_400_000)).await.unwrap();
    assert!(end_of(&day_of(old)).unwrap() <= old.plus(day));
}
