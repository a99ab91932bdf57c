//! HTTP/1.1 as a client speaks it, without IO. In: what to ask, bytes as they come. Out: a request's head as bytes, an
//! answer's head, the framing of its body. Strict where a mistake could shift the border between two answers.
//! Never here: sockets, pools, what a body says.

use bytes::{Buf, Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

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
    /// The length of the body is told in contradictory ways.
    #[error("the length of the answer is ambiguous")]
    Ambiguous,
    /// The connection ended inside the answer.
    #[error("the connection ended inside the answer")]
    Cut,
}

/// Writes a request's head. Header values were checked by their type, so no line can be smuggled in.
pub fn write_head(out: &mut BytesMut, method: &Method, uri: &Uri, headers: &HeaderMap, length: usize) {
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    let host = uri.authority().map_or("", |a| a.as_str());
    out.extend_from_slice(method.as_str().as_bytes());
    out.extend_from_slice(b" ");
    out.extend_from_slice(path.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\nhost: ");
    out.extend_from_slice(host.as_bytes());
    for (name, value) in headers {
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
    }
    out.extend_from_slice(b"\r\ncontent-length: ");
    out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
    out.extend_from_slice(b"\r\n\r\n");
}

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// How its body is framed.
    pub framing: Framing,
    /// Whether the connection can be used again after the body.
    pub reusable: bool,
}

/// Reads a head off the front of `bytes`; `None` while it is not complete. Interim answers (1xx) are skipped.
///
/// # Errors
/// `Syntax`, `TooLong` or `Ambiguous`.
pub fn read_head(bytes: &mut BytesMut) -> Result<Option<Head>, WireError> {
    loop {
        let mut lines = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Response::new(&mut lines);
        let length = match parsed.parse(bytes) {
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
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    for line in parsed.headers.iter() {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| WireError::Syntax)?;
        let value = HeaderValue::from_bytes(line.value).map_err(|_| WireError::Syntax)?;
        headers.append(name, value);
    }
    let framing = framing_of(&headers, status)?;
    let says_close = headers
        .get_all(CONNECTION)
        .into_iter()
        .any(|v| v.as_bytes().split(|b| *b == b',').any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close")));
    let both = headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH);
    let reusable = parsed.version == Some(1) && !says_close && !both && !matches!(framing, Framing::UntilClose);
    Ok(Head { status, headers, framing, reusable })
}

fn framing_of(headers: &HeaderMap, status: StatusCode) -> Result<Framing, WireError> {
    if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
        return Ok(Framing::Length(0));
    }
    if let Some(last) = headers.get_all(TRANSFER_ENCODING).into_iter().next_back() {
        let only = headers.get_all(TRANSFER_ENCODING).into_iter().count() == 1;
        let chunked = last.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
        return if only && chunked { Ok(Framing::Chunked(Chunk::Size)) } else { Err(WireError::Ambiguous) };
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).into_iter();
    let Some(first) = lengths.next() else { return Ok(Framing::UntilClose) };
    if lengths.any(|other| other != first) {
        return Err(WireError::Ambiguous);
    }
    let digits = first.to_str().map_err(|_| WireError::Ambiguous)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(WireError::Ambiguous);
    }
    digits.parse().map(Framing::Length).map_err(|_| WireError::Ambiguous)
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
