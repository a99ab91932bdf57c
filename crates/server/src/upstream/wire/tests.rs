//! Tables and properties for wire.rs: every framing, every re-chunking, every mistake.
//! Never here: sockets.

use super::*;
use proptest::prelude::*;

/// Reads an answer given in pieces; the end of the pieces is the end of the connection.
fn read(pieces: &[&[u8]]) -> Result<(u16, Vec<u8>, bool), WireError> {
    let mut bytes = BytesMut::new();
    let mut pieces = pieces.iter();
    let mut head = loop {
        if let Some(head) = read_head(&mut bytes)? {
            break head;
        }
        bytes.extend_from_slice(pieces.next().ok_or(WireError::Cut)?);
    };
    let mut body = Vec::new();
    loop {
        while let Some(part) = head.framing.take(&mut bytes)? {
            body.extend_from_slice(&part);
        }
        if head.framing.is_done() {
            return Ok((head.status.as_u16(), body, head.reusable && bytes.is_empty()));
        }
        match pieces.next() {
            Some(piece) => bytes.extend_from_slice(piece),
            None => {
                head.framing.ended()?;
                return Ok((head.status.as_u16(), body, false));
            }
        }
    }
}

const CHUNKED: &str = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nx-trailer: 1\r\n\r\n";

#[test]
fn every_framing_is_read() {
    for (text, status, body, reusable) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: Close\r\n\r\nhello", 200, "hello", false),
        ("HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello", false),
        ("HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello", false),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, "", true),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 200, "", false),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok", 200, "ok", true),
        (CHUNKED, 200, "hello world", true),
    ] {
        assert_eq!(read(&[text.as_bytes()]), Ok((status, body.into(), reusable)), "{text}");
    }
}

#[test]
fn mistakes_are_errors_and_never_a_shifted_border() {
    let long = format!("HTTP/1.1 200 OK\r\nx: {}", "a".repeat(HEAD_BYTES_MAX));
    let line = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;{}", "a".repeat(CHUNK_LINE_MAX));
    for (text, error) in [
        ("HTTP/2 200\r\n\r\n", WireError::Syntax),
        ("garbage", WireError::Syntax),
        ("HTTP/1.1 101 Switching\r\n\r\n", WireError::Syntax),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nokk", WireError::Ambiguous),
        ("HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok", WireError::Ambiguous),
        ("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n", WireError::Ambiguous),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", WireError::Ambiguous),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", WireError::Syntax),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n", WireError::Syntax),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n", WireError::Syntax),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\na", WireError::Cut),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na", WireError::Cut),
        ("HTTP/1.1 200", WireError::Cut),
        (long.as_str(), WireError::TooLong),
        (line.as_str(), WireError::TooLong),
    ] {
        assert_eq!(read(&[text.as_bytes()]), Err(error), "{}", &text[..text.len().min(90)]);
    }
}

#[test]
fn a_request_is_written_in_one_piece() {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let uri: Uri = "https://api.example.com:8443/v1/x?y=1".parse().unwrap();
    let mut out = BytesMut::from(&fixed_head(&Method::POST, &uri, &headers)[..]);
    end_head(&mut out, &[(HeaderName::from_static("x-more"), HeaderValue::from_static("1"))], 12);
    let text = "POST /v1/x?y=1 HTTP/1.1\r\nhost: api.example.com:8443\r\ncontent-type: application/json\r\n\
        x-more: 1\r\ncontent-length: 12\r\n\r\n";
    assert_eq!(out, text);
}

#[test]
fn only_named_headers_are_kept() {
    let text = "HTTP/1.1 429 Slow\r\nContent-Type: Text/Event-Stream; x\r\nretry-after: 3 \r\nX-Should-Retry: false\r\n\
        Content-Encoding: gzip\r\nset-cookie: canary\r\nserver: canary\r\ncontent-length: 0\r\n\r\n";
    let head = read_head(&mut BytesMut::from(text)).unwrap().unwrap();
    let heard = Heard {
        events: true,
        encoded: true,
        length: Some(0),
        retry_after: Some("3".into()),
        retry_after_ms: None,
        should_retry: Some("false".into()),
        request_id: None,
    };
    assert_eq!(head.heard, heard);
}

proptest! {
    /// However the bytes come in pieces, the answer is the same.
    #[test]
    fn any_rechunking_reads_the_same(cuts in prop::collection::vec(0..CHUNKED.len(), 0..20)) {
        let mut cuts = cuts;
        cuts.extend([0, CHUNKED.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &CHUNKED.as_bytes()[w[0]..w[1]]).collect();
        prop_assert_eq!(read(&pieces), Ok((200, b"hello world".to_vec(), true)));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), start in 0..3_usize) {
        let starts: [&[u8]; 3] =
            [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"];
        let all = [starts[start], &bytes].concat();
        let _ = read(&[&all]);
    }
}
