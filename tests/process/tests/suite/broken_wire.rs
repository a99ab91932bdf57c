//! Requests that are wrong in how they come: keys, methods, headers, lengths, pace. None is held or charged for, none
//! takes the server down, and no two parties can disagree about where a request ends.
//! Never here: well-formed requests that say something wrong (bad_input).

use crate::world::{World, all_pairs};
use process_tests::{Conversation, Ending, Outcome, Reply, at, catalogue, raw};
use std::time::Duration;

const PATH: &str = "/v1/chat/completions";
const BODY: &str =
    r#"{"model":"to-openai","max_tokens":5,"messages":[{"role":"user","content":"x [[sim: tokens=2]]"}]}"#;

fn open() -> Outcome<World> {
    World::open("sim-upstream", &[("TOLLGATE_SERVER__BODY_TIME_MAX_MS", "600")], catalogue)
}

/// That nothing was charged so far, nothing is held, and the next calls go well.
fn unharmed(world: &World) -> Outcome<()> {
    assert_eq!(world.operator.audit()?.charged_nano, 0);
    for call in all_pairs("hi [[sim: tokens=3]]", 10) {
        assert_eq!(world.call(&call)?.0, Ending::Well);
    }
    world.settled()
}

/// Bytes as they are, then what comes back: whole answers until the connection ends or falls silent.
fn answers(world: &World, bytes: &[u8], half_close: bool) -> Outcome<Vec<Reply>> {
    let mut conversation =
        Conversation::open(world.gateway.address, Duration::from_secs(3)).map_err(at("connect"))?;
    // The server may hang up before it has read everything.
    let _sent = conversation.send(bytes);
    if half_close {
        let _ended = conversation.end_of_request();
    }
    Ok(std::iter::from_fn(|| conversation.reply().ok()).collect())
}

fn statuses(replies: &[Reply]) -> Vec<u16> {
    replies.iter().map(|reply| reply.head.status).collect()
}

/// R-API-12 and R-API-15: a wrong key is told without being repeated; wrong methods and paths have their status.
#[test]
fn keys_and_methods() -> Outcome<()> {
    let world = open()?;
    let key = world.account.key.clone();
    let (bearer, long) = (format!("Bearer {key}"), "k".repeat(48 * 1024));
    let misspelt = format!("{}{}", &key[..key.len() - 1], if key.ends_with('0') { '1' } else { '0' });
    let other = world.operator.customer("Other", "1.00")?.key;
    let sets: [(&str, Vec<(&str, &str)>); 8] = [
        ("no key", vec![]),
        ("two keys", vec![("authorization", &bearer), ("x-api-key", &other)]),
        ("two bearers", vec![("authorization", &bearer), ("authorization", "Bearer sk-tg-x")]),
        ("a misspelt key", vec![("x-api-key", &misspelt)]),
        ("a long key", vec![("x-api-key", &long)]),
        ("Basic", vec![("authorization", "Basic dXNlcjpwYXNz")]),
        ("a blank key", vec![("x-api-key", " ")]),
        ("8-bit characters", vec![("x-api-key", "sk-tg-\u{e4}\u{f6}\u{fc}")]),
    ];
    for (name, headers) in sets {
        let reply = world.send(&raw("POST", PATH, &headers, BODY.as_bytes()))?;
        let code = reply.json()["error"]["code"].as_str().unwrap_or("").to_owned();
        assert_eq!((reply.head.status, code.as_str()), (401, "invalid_api_key"), "{name}: {}", reply.shown());
        assert!(!reply.text().contains(&key[10..]), "{name}: the answer repeats the key");
    }
    for (method, path, allow) in [
        ("GET", PATH, "POST"),
        ("PUT", "/anthropic/v1/messages", "POST"),
        ("DELETE", "/v1/models", "GET"),
        ("POST", "/v1/key", "GET"),
        ("FROBNICATE", "/v1/messages", "POST"),
    ] {
        let reply = world.send(&raw(method, path, &[("x-api-key", &key)], b""))?;
        assert_eq!(
            (reply.head.status, reply.head.get("allow")),
            (405, allow),
            "{method} {path}: {}",
            reply.shown()
        );
    }
    for path in ["/v1/nothing", "/", "/v1//chat/completions", "/v1/chat/completions/x", "/..%2f..%2fetc/passwd"] {
        let reply = world.send(&raw("POST", path, &[("x-api-key", &key)], BODY.as_bytes()))?;
        assert!(matches!(reply.head.status, 404 | 405), "{path}: {}", reply.shown());
    }
    unharmed(&world)
}

#[test]
fn lengths_that_lie() -> Outcome<()> {
    let world = open()?;
    let key = world.account.key.clone();
    let head = |more: &str| format!("POST {PATH} HTTP/1.1\r\nhost: t\r\nx-api-key: {key}\r\n{more}\r\n");
    // A second request hides in what one reading takes for the first one's body.
    let hidden = format!("GET /v1/key HTTP/1.1\r\nhost: t\r\nx-api-key: {key}\r\n\r\n");
    let chunked = "transfer-encoding: chunked\r\n";
    let cases = [
        ("both lengths", head(&format!("content-length: 4\r\n{chunked}")) + "0\r\n\r\n" + &hidden),
        ("two lengths", head("content-length: 5\r\ncontent-length: 6\r\n") + "hello" + &hidden),
        ("a length with a sign", head("content-length: +5\r\n") + "hello" + &hidden),
        ("a length below zero", head("content-length: -5\r\n") + "hello" + &hidden),
        ("a huge length", head("content-length: 99999999999999999999\r\n") + "hello" + &hidden),
        ("not chunked last", head("transfer-encoding: chunked, identity\r\n") + "0\r\n\r\n" + &hidden),
        ("no chunk size", head(chunked) + "xyz\r\nhello\r\n0\r\n\r\n" + &hidden),
        ("a chunk size that overflows", head(chunked) + "fffffffffffffffff\r\nhello\r\n0\r\n\r\n" + &hidden),
        ("a blank before the colon", head("content-length : 5\r\n") + "hello" + &hidden),
        ("a header line without a colon", head("content-length 5\r\n") + "hello" + &hidden),
        ("a folded header", head("x: 1\r\n content-length: 5\r\n") + "hello" + &hidden),
    ];
    let mut wrong = Vec::new();
    for (name, bytes) in cases {
        let all = answers(&world, bytes.as_bytes(), false)?;
        // One refusal, and the connection ends: the hidden request never runs.
        if statuses(&all) != [400] {
            wrong.push((name, all.iter().map(Reply::shown).collect::<Vec<_>>()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    unharmed(&world)
}

#[test]
fn slow_cut_and_oversized() -> Outcome<()> {
    let world = open()?;
    let key = world.account.key.clone();
    let head = |length: usize| {
        format!("POST {PATH} HTTP/1.1\r\nhost: t\r\nx-api-key: {key}\r\ncontent-length: {length}\r\n\r\n")
    };
    // Half a body, then silence.
    let slow = answers(&world, (head(BODY.len()) + &BODY[..30]).as_bytes(), false)?;
    assert_eq!(slow.first().map(|r| r.head.status), Some(408), "{:?}", slow.first().map(Reply::shown));
    // Half a body, then the end of the connection.
    let cut = answers(&world, (head(BODY.len()) + &BODY[..30]).as_bytes(), true)?;
    assert_eq!(statuses(&cut), [400], "{:?}", cut.first().map(Reply::shown));
    // Chunks without an end.
    let mut endless = head(0).replace("content-length: 0", "transfer-encoding: chunked").into_bytes();
    let chunk = format!("100000\r\n{}\r\n", " ".repeat(1 << 20));
    (0..40).for_each(|_| endless.extend_from_slice(chunk.as_bytes()));
    let endless = answers(&world, &endless, false)?;
    assert_eq!(endless.first().map(|r| r.head.status), Some(413), "{:?}", endless.first().map(Reply::shown));
    // Headers beyond their limit: one that is too long, and too many of them.
    let many: String = (0..2_000).map(|n| format!("x-{n}: {n}\r\n")).collect();
    for more in [format!("x: {}\r\n", "y".repeat(200_000)), many] {
        let bytes = head(BODY.len()).replace("\r\n\r\n", &format!("\r\n{more}\r\n")) + BODY;
        let all = answers(&world, bytes.as_bytes(), false)?;
        assert_eq!(statuses(&all), [431], "{:?}", all.first().map(Reply::shown));
    }
    // Nothing like HTTP at all.
    let refused: &[u16] = &[400];
    for (bytes, wanted) in [
        (&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], refused),
        (b"GET\r\n\r\n", refused),
        (b"\0\0\0\0\r\n\r\n", refused),
        // Empty lines before a request are nothing yet (RFC 9112, 2.2).
        (b"\r\n\r\n\r\n", &[]),
    ] {
        let all = answers(&world, bytes, true)?;
        assert_eq!(statuses(&all), wanted, "{bytes:?}: {:?}", all.first().map(Reply::shown));
    }
    unharmed(&world)
}

/// A good request with garbage right behind it: the good one is answered and charged, the garbage is refused.
#[test]
fn garbage_behind_a_good_request() -> Outcome<()> {
    let world = open()?;
    let good = raw("POST", PATH, &[("x-api-key", &world.account.key)], BODY.as_bytes());
    let all = answers(&world, &[&good[..], b"\x00garbage\r\n\r\n"].concat(), false)?;
    assert_eq!(statuses(&all), [200, 400]);
    // Two good ones in one write are two calls, answered in order.
    let both = answers(&world, &[&good[..], &good[..]].concat(), false)?;
    assert_eq!(statuses(&both), [200, 200]);
    assert_eq!(world.operator.rows(&world.account)?.iter().filter(|row| row.charge_nano > 0).count(), 3);
    let reply = world.send(&raw("GET", "/healthz", &[], b""))?;
    assert_eq!(reply.head.status, 200);
    world.settled()
}
