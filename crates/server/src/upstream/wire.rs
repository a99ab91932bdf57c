//! HTTP/1.1 as a client speaks it, without IO. In: what to ask, bytes as they come. Out: a request's head as bytes, an
//! answer's head, the framing of its body. Strict where a mistake could shift the border between two answers.
//! Never here: sockets, pools, what a body says.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use std::mem::MaybeUninit;

/// An answer's head is not larger.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// An answer has no more header lines.
const HEADERS_MAX: usize = 128;
/// The line that tells a chunk's size is not longer (extensions are skipped).
const CHUNK_LINE_MAX: usize = 4 * 1024;
/// Trailers altogether are not longer; they are skipped.
const TRAILER_BYTES_MAX: usize = 16 * 1024;

/// Why bytes are not an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// They are not HTTP/1.x.
    #[error("the answer is not HTTP/1.1")]
    Syntax,
    /// A head, line or list is longer than any should be.
    #[error("a part of the answer is too long")]
    TooLong,
    /// The length of the body is given in contradictory ways.
    #[error("the length of the answer is ambiguous")]
    Ambiguous,
    /// The connection ended inside the answer.
    #[error("the connection ended inside the answer")]
    Cut,
}

/// The part of a request's head that stays the same from call to call. Header values were checked by their type, so no
/// line can be smuggled in.
pub fn fixed_head(method: &Method, uri: &Uri, headers: &HeaderMap) -> Bytes {
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    let host = uri.authority().map_or("", |a| a.as_str());
    let mut out = BytesMut::with_capacity(512);
    out.extend_from_slice(format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n").as_bytes());
    for (name, value) in headers {
        put_line(&mut out, name, value);
    }
    out.freeze()
}

/// Ends a request's head: what this call adds, and the length of its body.
pub fn end_head(out: &mut BytesMut, headers: &[(HeaderName, HeaderValue)], length: usize) {
    for (name, value) in headers {
        put_line(out, name, value);
    }
    out.extend_from_slice(b"content-length: ");
    out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
    out.extend_from_slice(b"\r\n\r\n");
}

fn put_line(out: &mut BytesMut, name: &HeaderName, value: &HeaderValue) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The head of an answer, as far as anybody reads it: nothing else of an upstream's headers is even kept.
#[derive(Debug)]
pub struct Head {
    /// Its status.
    pub status: StatusCode,
    /// What the headers said.
    pub heard: Heard,
    /// How its body is framed.
    pub framing: Framing,
    /// Whether the connection can be used again after the body.
    pub reusable: bool,
}

/// What was heard of an answer's headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Whether the body is an event stream.
    pub events: bool,
    /// Whether the body is compressed, which nobody asked for.
    pub encoded: bool,
    /// How many bytes the body was announced to have.
    pub length: Option<u64>,
    /// `retry-after`.
    pub retry_after: Option<Box<str>>,
    /// `retry-after-ms`.
    pub retry_after_ms: Option<Box<str>>,
    /// `x-should-retry`.
    pub should_retry: Option<Box<str>>,
    /// `x-request-id`; for logs and commands, never for clients.
    pub request_id: Option<Box<str>>,
}

impl Heard {
    /// Takes over one header.
    pub fn take(&mut self, name: &str, value: &[u8]) {
        let text = || std::str::from_utf8(value).ok().map(|v| v.trim().into());
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("content-type") {
            self.events = starts_with(value, b"text/event-stream");
        } else if is("content-encoding") {
            self.encoded = !value.trim_ascii().eq_ignore_ascii_case(b"identity");
        } else if is("content-length") {
            self.length = std::str::from_utf8(value).ok().and_then(|v| v.trim().parse().ok());
        } else if is("retry-after") {
            self.retry_after = text();
        } else if is("retry-after-ms") {
            self.retry_after_ms = text();
        } else if is("x-should-retry") {
            self.should_retry = text();
        } else if is("x-request-id") {
            self.request_id = text();
        }
    }
}

fn starts_with(value: &[u8], start: &[u8]) -> bool {
    value.get(..start.len()).is_some_and(|v| v.eq_ignore_ascii_case(start))
}

/// Reads a head off the front of `bytes`; `None` while it is not complete. Interim answers (1xx) are skipped.
///
/// # Errors
/// `Syntax`, `TooLong` or `Ambiguous`.
pub fn read_head(bytes: &mut BytesMut) -> Result<Option<Head>, WireError> {
    loop {
        // Lines that are not there need not be wiped before each answer.
        let mut lines = [const { MaybeUninit::uninit() }; HEADERS_MAX];
        let mut parsed = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        let length = match config.parse_response_with_uninit_headers(&mut parsed, bytes, &mut lines) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() > HEAD_BYTES_MAX => return Err(WireError::TooLong),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(WireError::TooLong),
            Err(_) => return Err(WireError::Syntax),
        };
        let code = parsed.code.unwrap_or(0);
        if code == 101 || !(100..=999).contains(&code) {
            return Err(WireError::Syntax);
        }
        if code < 200 {
            bytes.advance(length);
            continue;
        }
        let head = head_of(&parsed, code)?;
        bytes.advance(length);
        return Ok(Some(head));
    }
}

fn head_of(parsed: &httparse::Response<'_, '_>, code: u16) -> Result<Head, WireError> {
    let status = StatusCode::from_u16(code).map_err(|_| WireError::Syntax)?;
    let (mut heard, mut borders) = (Heard::default(), Borders::default());
    for line in parsed.headers.iter() {
        borders.take(line.name, line.value)?;
        heard.take(line.name, line.value);
    }
    let framing = borders.framing(status);
    let unclear = borders.close || (borders.chunked && borders.length.is_some());
    let reusable = parsed.version == Some(1) && !unclear && !matches!(framing, Framing::UntilClose);
    Ok(Head { status, heard, framing, reusable })
}

/// What the headers say about where the body ends.
#[derive(Default)]
struct Borders {
    length: Option<u64>,
    chunked: bool,
    close: bool,
}

impl Borders {
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), WireError> {
        let value = value.trim_ascii();
        if name.eq_ignore_ascii_case("content-length") {
            let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let length = std::str::from_utf8(value).ok().filter(|_| digits).and_then(|v| v.parse().ok());
            let length = length.ok_or(WireError::Ambiguous)?;
            if self.length.replace(length).is_some_and(|before| before != length) {
                return Err(WireError::Ambiguous);
            }
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(WireError::Ambiguous);
            }
            self.chunked = true;
        } else if name.eq_ignore_ascii_case("connection") {
            let mut words = value.split(|b| *b == b',').map(<[u8]>::trim_ascii);
            self.close |= words.any(|word| word.eq_ignore_ascii_case(b"close"));
        }
        Ok(())
    }

    fn framing(&self, status: StatusCode) -> Framing {
        match self.length {
            _ if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED => Framing::Length(0),
            _ if self.chunked => Framing::Chunked(Chunk::Size),
            Some(length) => Framing::Length(length),
            None => Framing::UntilClose,
        }
    }
}

/// How a body is framed, and how far it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes are left.
    Length(u64),
    /// In chunks.
    Chunked(Chunk),
    /// Until the connection ends.
    UntilClose,
    /// It was read to its end.
    Done,
}

/// Where in a chunked body the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Before a line that tells a size.
    Size,
    /// Inside a chunk with so many bytes left.
    Data(u64),
    /// Before the line end after a chunk.
    End,
    /// In the trailers, so many bytes of which were skipped.
    Trailer(usize),
}

impl Framing {
    /// Whether the body was read to its end.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::Length(0))
    }

    /// Takes what there is of the body off the front of `bytes`: as one piece, without a copy where it is one. `None`
    /// means that more bytes are needed, or (see `is_done`) that there is no more.
    ///
    /// # Errors
    /// `Syntax` or `TooLong`.
    pub fn take(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, WireError> {
        let mut first: Option<BytesMut> = None;
        let mut joined: Option<BytesMut> = None;
        while let Some(piece) = self.piece(bytes)? {
            match (&mut joined, first.take()) {
                (Some(all), _) => all.extend_from_slice(&piece),
                (None, None) => first = Some(piece),
                (None, Some(head)) => {
                    let mut all = BytesMut::with_capacity(head.len() + piece.len() + bytes.len());
                    all.extend_from_slice(&head);
                    all.extend_from_slice(&piece);
                    joined = Some(all);
                }
            }
        }
        Ok(joined.or(first).map(BytesMut::freeze))
    }

    fn piece(&mut self, bytes: &mut BytesMut) -> Result<Option<BytesMut>, WireError> {
        loop {
            match self {
                Self::Done | Self::Length(0) => return Ok(None),
                Self::UntilClose => return Ok((!bytes.is_empty()).then(|| bytes.split())),
                Self::Length(left) | Self::Chunked(Chunk::Data(left)) => {
                    let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    if here == 0 {
                        return Ok(None);
                    }
                    *left -= here as u64;
                    let ended = *left == 0;
                    if ended && let Self::Chunked(state) = self {
                        *state = Chunk::End;
                    }
                    return Ok(Some(bytes.split_to(here)));
                }
                Self::Chunked(state) => match state.advance(bytes)? {
                    Moved::On(next) => *self = next,
                    Moved::NeedsMore => return Ok(None),
                },
            }
        }
    }

    /// The connection ended: whether that was the end of the body.
    ///
    /// # Errors
    /// `Cut` when it was not.
    pub const fn ended(&mut self) -> Result<(), WireError> {
        match self {
            Self::UntilClose => *self = Self::Done,
            _ if self.is_done() => {}
            _ => return Err(WireError::Cut),
        }
        Ok(())
    }
}

enum Moved {
    On(Framing),
    NeedsMore,
}

impl Chunk {
    /// One step through what stands between the data of chunks.
    fn advance(self, bytes: &mut BytesMut) -> Result<Moved, WireError> {
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            let most = if matches!(self, Self::Trailer(_)) { TRAILER_BYTES_MAX } else { CHUNK_LINE_MAX };
            return if bytes.len() > most { Err(WireError::TooLong) } else { Ok(Moved::NeedsMore) };
        };
        let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
        let next = match self {
            Self::Size => match chunk_size(line)? {
                0 => Framing::Chunked(Self::Trailer(0)),
                size => Framing::Chunked(Self::Data(size)),
            },
            Self::End if line.is_empty() => Framing::Chunked(Self::Size),
            Self::Trailer(_) if line.is_empty() => Framing::Done,
            Self::Trailer(seen) if seen + end <= TRAILER_BYTES_MAX => Framing::Chunked(Self::Trailer(seen + end)),
            Self::Trailer(_) => return Err(WireError::TooLong),
            Self::End | Self::Data(_) => return Err(WireError::Syntax),
        };
        bytes.advance(end + 1);
        Ok(Moved::On(next))
    }
}

/// Hex digits, then perhaps an extension, which is skipped.
fn chunk_size(line: &[u8]) -> Result<u64, WireError> {
    let digits = line.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    if digits.is_empty() || digits.len() > 15 {
        return Err(WireError::Syntax);
    }
    digits.iter().try_fold(0_u64, |size, b| {
        let digit = char::from(*b).to_digit(16).ok_or(WireError::Syntax)?;
        Ok(size * 16 + u64::from(digit))
    })
}

#[cfg(test)]
mod tests;
