//! Reading a request body. In: headers and a body. Out: its bytes, decompressed, within the limit, in time; what kind it is.
//! Never here: what is in it.

use crate::room::Share;
use crate::settings::Settings;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use canon::{Dialect, Fault, FaultKind};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt;
use std::io::Read;
use std::time::Duration;

/// How large a body may be, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// Bytes, before and after decompression.
    pub bytes_max: usize,
    /// From its first byte to its last.
    pub time_max: Duration,
}

impl BodyLimits {
    /// Those of calls in a language.
    pub fn of(settings: &Settings, dialect: Dialect) -> Self {
        Self { bytes_max: settings.body_bytes_max(dialect), time_max: settings.body_time_max }
    }
}

/// Reads a JSON body whole; `share` grows with it.
///
/// # Errors
/// `TooLarge` above `bytes_max` (before and after decompression), `Timeout`, `InvalidRequest` naming the header.
pub async fn read_json(
    headers: &HeaderMap,
    body: Body,
    limits: BodyLimits,
    share: &mut Share,
) -> Result<Bytes, Fault> {
    check_type(headers)?;
    read(headers, body, limits, share).await
}

/// Reads a body whole that may be a form with files. The second part is the content type of a form, its boundary included.
///
/// # Errors
/// As `read_json`.
pub async fn read_form_or_json(
    headers: &HeaderMap,
    body: Body,
    limits: BodyLimits,
    share: &mut Share,
) -> Result<(Bytes, Option<String>), Fault> {
    let form = form_type(headers);
    if form.is_none() {
        check_type(headers)?;
    }
    Ok((read(headers, body, limits, share).await?, form))
}

async fn read(headers: &HeaderMap, body: Body, limits: BodyLimits, share: &mut Share) -> Result<Bytes, Fault> {
    let BodyLimits { bytes_max, time_max } = limits;
    let announced = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if announced.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    let read = tokio::time::timeout(time_max, collect(body, bytes_max, share)).await;
    let bytes = read.map_err(|_| {
        Fault::new(FaultKind::Timeout, format!("The request body did not arrive within {} s.", time_max.as_secs()))
    })??;
    let compressed = bytes.len();
    let bytes = decompress(headers, bytes, bytes_max)?;
    share.grow_to(compressed.max(bytes.len()))?;
    Ok(bytes)
}

/// The content type, where it is that of a form with files.
fn form_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = text.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("multipart/form-data").then(|| text.to_owned())
}

fn check_type(headers: &HeaderMap) -> Result<(), Fault> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or("");
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("");
    if essence.eq_ignore_ascii_case("application/json") {
        return parts.try_for_each(check_charset);
    }
    Err(Fault::invalid("content-type", "The Content-Type header must be application/json."))
}

/// JSON is UTF-8, of which ASCII is a part; whoever announces anything else would be read wrongly.
fn check_charset(parameter: &str) -> Result<(), Fault> {
    let Some((name, value)) = parameter.split_once('=') else { return Ok(()) };
    let value = value.trim().trim_matches('"');
    let fine = ["utf-8", "utf8", "us-ascii", "ascii"].iter().any(|known| value.eq_ignore_ascii_case(known));
    if fine || !name.trim().eq_ignore_ascii_case("charset") {
        return Ok(());
    }
    Err(Fault::invalid(
        "content-type",
        "The charset of the Content-Type header must be utf-8; send the body in UTF-8.",
    ))
}

async fn collect(mut body: Body, bytes_max: usize, share: &mut Share) -> Result<Bytes, Fault> {
    let mut first: Option<Bytes> = None;
    let mut all: Option<BytesMut> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Fault::new(FaultKind::InvalidRequest, "The request body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        let so_far = all.as_ref().map_or_else(|| first.as_ref().map_or(0, Bytes::len), BytesMut::len);
        if so_far + data.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        share.grow_to(so_far + data.len())?;
        match (&mut all, first.take()) {
            (Some(all), _) => all.extend_from_slice(&data),
            (None, None) => first = Some(data),
            (None, Some(head)) => {
                let mut joined = BytesMut::with_capacity((head.len() + data.len()) * 2);
                joined.extend_from_slice(&head);
                joined.extend_from_slice(&data);
                all = Some(joined);
            }
        }
    }
    Ok(all.map(BytesMut::freeze).or(first).unwrap_or_default())
}

fn decompress(headers: &HeaderMap, bytes: Bytes, bytes_max: usize) -> Result<Bytes, Fault> {
    let Some(encoding) = headers.get(CONTENT_ENCODING) else { return Ok(bytes) };
    let read = |reader: &mut dyn Read| {
        let mut out = Vec::new();
        match reader.take(bytes_max as u64 + 1).read_to_end(&mut out) {
            Ok(_) if out.len() > bytes_max => Err(too_large(bytes_max)),
            Ok(_) => Ok(Bytes::from(out)),
            Err(_) => Err(Fault::invalid(
                "content-encoding",
                "The request body does not decompress as its Content-Encoding header says.",
            )),
        }
    };
    match encoding.to_str().map(str::to_ascii_lowercase).as_deref() {
        Ok("identity") => Ok(bytes),
        Ok("gzip") => read(&mut MultiGzDecoder::new(&bytes[..])),
        Ok("deflate") => read(&mut ZlibDecoder::new(&bytes[..])),
        _ => Err(Fault::invalid(
            "content-encoding",
            "This Content-Encoding is not understood; send the body plain, gzip or deflate.",
        )),
    }
}

fn too_large(bytes_max: usize) -> Fault {
    Fault::new(
        FaultKind::TooLarge,
        format!("The request body is above the limit of {bytes_max} bytes; send less, for example smaller images."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    use std::sync::Arc;

    async fn read(pairs: &[(&'static str, &'static str)], body: Vec<u8>, max: usize) -> Result<Bytes, FaultKind> {
        let headers: HeaderMap = pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        let limits = BodyLimits { bytes_max: max, time_max: Duration::from_secs(1) };
        read_json(&headers, Body::from(body), limits, &mut share(max)).await.map_err(|f| f.kind)
    }

    fn share(max: usize) -> Share {
        Share::new(Arc::default(), units::WorkspaceId::from_bytes([1; 16]), false, max)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// R-API-15: body over the limit 413, bad content type 400; a bomb is caught after decompression.
    #[tokio::test]
    async fn limits_hold_before_and_after_decompression() {
        assert_eq!(read(&[], b"{}".to_vec(), 2).await.unwrap(), "{}");
        assert_eq!(read(&[], b"{  }".to_vec(), 2).await, Err(FaultKind::TooLarge));
        assert_eq!(read(&[("content-length", "9")], b"{}".to_vec(), 2).await, Err(FaultKind::TooLarge));
        let bomb = gzip(&vec![b' '; 10_000_000]);
        assert!(bomb.len() < 20_000);
        assert_eq!(read(&[("content-encoding", "gzip")], bomb, 1_000_000).await, Err(FaultKind::TooLarge));
        assert_eq!(read(&[("content-encoding", "gzip")], gzip(b"{}"), 100).await.unwrap(), "{}");
        for (name, value) in
            [("content-encoding", "br"), ("content-encoding", "gzip"), ("content-type", "text/plain")]
        {
            assert_eq!(
                read(&[(name, value)], b"{}".to_vec(), 100).await,
                Err(FaultKind::InvalidRequest),
                "{value}"
            );
        }
    }

    /// R-API-15: a body in another charset than JSON's is refused, whatever it holds.
    #[tokio::test]
    async fn r_api_15_a_charset_is_utf_8() {
        for (value, fine) in [
            ("Application/JSON", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/json;Charset=\"UTF-8\"; x=y", true),
            ("application/json; charset=us-ascii;", true),
            ("application/json; charset=utf-16", false),
            ("application/json; x=y; charset = \"iso-8859-1\"", false),
            ("application/json; charset=", false),
        ] {
            let read = read(&[("content-type", value)], b"{}".to_vec(), 100).await;
            assert_eq!(read.map(|_| ()), if fine { Ok(()) } else { Err(FaultKind::InvalidRequest) }, "{value}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_a_timeout() {
        let never = http_body_util::StreamBody::new(futures_util::stream::pending::<Result<_, std::io::Error>>());
        let body = Body::new(never.map_frame(|f: http_body::Frame<Bytes>| f));
        let limits = BodyLimits { bytes_max: 10, time_max: Duration::from_secs(15) };
        let read = read_json(&HeaderMap::new(), body, limits, &mut share(10)).await;
        assert_eq!(read.map_err(|f| f.kind), Err(FaultKind::Timeout));
    }
}
