//! Refusals of the HTTP library: what it cannot read as a request it refuses by itself, with a bare head and no word.
//! In: a client's socket. Out: the same, on which such a refusal has what every answer has: an id (R-API-14), a fault in
//! words, a line in the log. Never here: reading a request; an answer of a door.

use crate::doors::unread;
use crate::entry::Entry;
use crate::house::House;
use crate::limits::{BARE_HEAD_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX, LINE_READ_BYTES_MAX};
use crate::visit::Facts;
use bytes::Bytes;
use canon::{Fault, FaultKind};
use http::{Response, StatusCode};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket on which no refusal is bare.
pub struct Refusals<S> {
    socket: S,
    house: Arc<House>,
    /// How the request under way begins: enough to know its surface.
    line: Vec<u8>,
    /// Something was written since: what is read next begins another request.
    answered: bool,
    /// What is sent in place of a bare refusal, and how much of it is sent.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Refusals<S> {
    /// Notes how a request begins.
    fn note(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() && std::mem::take(&mut self.answered) {
            self.line.clear();
        }
        let room = LINE_READ_BYTES_MAX.saturating_sub(self.line.len()).min(bytes.len());
        self.line.extend_from_slice(&bytes[..room]);
    }
}

impl<S: AsyncWrite + Unpin> Refusals<S> {
    /// The socket, with refusals told by a house.
    pub const fn new(socket: S, house: Arc<House>) -> Self {
        Self { socket, house, line: Vec::new(), answered: false, instead: None }
    }

    /// Sends something else in place of a bare refusal; `None` when it is none.
    fn replace(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        if self.instead.is_none() {
            let status = bare(bytes)?;
            self.instead = Some((refuse(&self.house, status, (&self.line, bytes)), 0));
        }
        Some(self.send(cx).map_ok(|()| bytes.len()))
    }

    fn send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((bytes, sent)) = self.instead.as_mut().filter(|(bytes, sent)| *sent < bytes.len()) {
            match ready!(Pin::new(&mut self.socket).poll_write(cx, &bytes[*sent..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => *sent += more,
            }
        }
        self.instead = None;
        Poll::Ready(Ok(()))
    }
}

/// The status of a refusal that the library wrote: a whole head of 4xx, nothing behind it, and none of our ids in it.
fn bare(bytes: &[u8]) -> Option<StatusCode> {
    if !bytes.starts_with(b"HTTP/1.1 4") || bytes.len() > BARE_HEAD_BYTES_MAX || !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let has = |words: &[u8]| memchr::memmem::find(bytes, words).is_some();
    if !has(b"\r\ncontent-length: 0\r\n") || has(b"\r\nx-request-id: ") {
        return None;
    }
    StatusCode::from_bytes(bytes.get(9..12)?).ok()
}

/// Refuses in the library's place: what is sent instead of its head, and a line in the log.
fn refuse(house: &House, status: StatusCode, (line, head): (&[u8], &[u8])) -> Vec<u8> {
    let (entry, fault) = (Entry::new(house, unread(house, line), &http::Request::new(())), fault_of(status));
    let answer = entry.fault(&fault);
    house.log_visit(&Facts {
        entry: &entry,
        method: None,
        route: None,
        status: answer.status(),
        caller: None,
        fault: Some(fault.kind.name()),
    });
    written(&answer, head)
}

/// What the library has refused, in words.
fn fault_of(status: StatusCode) -> Fault {
    match status.as_u16() {
        414 | 431 => Fault::new(
            FaultKind::HeadersTooLarge,
            format!(
                "The request line and the headers are above the limit of {HEADER_BYTES_MAX} bytes or of \
                 {HEADERS_MAX} headers; send less."
            ),
        ),
        _ => Fault::new(FaultKind::InvalidRequest, "This is no HTTP/1.1 request; the connection is closed."),
    }
}

/// An answer as it goes over the wire; the headers of the library's own head stay, but for the length.
fn written(answer: &Response<Bytes>, head: &[u8]) -> Vec<u8> {
    let status = answer.status();
    let mut out =
        format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or("")).into_bytes();
    for line in head.split_inclusive(|b| *b == b'\n').skip(1) {
        if line != b"\r\n" && !line.starts_with(b"content-length") {
            out.extend_from_slice(line);
        }
    }
    let length = answer.body().len().to_string();
    let headers = answer.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    for (name, value) in headers.chain([("content-length", length.as_bytes())]) {
        out.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(answer.body());
    out
}

impl<S: AsyncRead + Unpin> AsyncRead for Refusals<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(cx, buf);
        self.note(&buf.filled()[before..]);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Refusals<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let refused = self.replace(cx, buf);
        self.answered = true;
        match refused {
            Some(sent) => sent,
            None => Pin::new(&mut self.socket).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [one] = bufs {
            return self.poll_write(cx, one);
        }
        self.answered = true;
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_librarys_own_refusals_are_bare() {
        let head = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        assert_eq!(bare(head.as_bytes()), Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
        let ours = head.replace("date: x", "x-request-id: req_1");
        let (well, body) = (head.replace("431", "200"), head.replace("length: 0", "length: 2") + "{}");
        let (cut, later) = (&head[..head.len() - 1], format!("{head}x"));
        for other in [&ours, &well, &body, cut, &later, "", "HTTP/1.1 100 Continue\r\n\r\n"] {
            assert_eq!(bare(other.as_bytes()), None, "{other}");
        }
    }
}
