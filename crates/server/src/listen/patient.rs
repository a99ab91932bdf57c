//! A client's connection that is not waited for without end. In: a socket. Out: the same, failing when the client takes
//! nothing for too long: a reader that stalls would hold credit and an upstream for ever. Never here: HTTP.

use crate::limits::ANSWER_JOIN_BYTES_MAX;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// A socket with an end to its patience.
pub struct Patient {
    stream: TcpStream,
    patience: Duration,
    /// Runs only while a write waits: a client that reads costs no timer.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs until the first byte is there.
    first: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    /// The socket, failing when one write waits longer than `patience`, or when no byte comes within `first`.
    pub fn new(stream: TcpStream, patience: Duration, first: Duration) -> Self {
        Self { stream, patience, stalled: None, first: Some(Box::pin(tokio::time::sleep(first))) }
    }

    fn judge<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_ready() {
            self.first = None;
        } else if let Some(first) = &mut self.first {
            ready!(first.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let total: usize = bufs.iter().map(|buf| buf.len()).sum();
        if total > ANSWER_JOIN_BYTES_MAX {
            let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
            return self.judge(cx, written);
        }
        let mut joined = [0; ANSWER_JOIN_BYTES_MAX];
        let mut at = 0;
        for buf in bufs {
            joined[at..at + buf.len()].copy_from_slice(buf);
            at += buf.len();
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, &joined[..total]);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use tokio::io::{AsyncReadExt, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_reader_that_stalls_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "a client of the test")]
        let reader = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut patient = Patient::new(stream, Duration::from_millis(50), Duration::from_secs(9));
        let chunk = vec![0; 1 << 20];
        let failed = loop {
            if let Err(error) = patient.write_all(&chunk).await {
                break error;
            }
        };
        assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
        drop(reader);
    }

    #[tokio::test]
    async fn who_says_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "a client of the test")]
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut patient = Patient::new(stream, Duration::from_secs(9), Duration::from_millis(50));
        client.write_all(b"x").unwrap();
        assert_eq!(patient.read_u8().await.unwrap(), b'x');
        // Once it has spoken, others look after its time.
        assert!(tokio::time::timeout(Duration::from_millis(200), patient.read_u8()).await.is_err());
        #[expect(clippy::disallowed_methods, reason = "a client of the test")]
        let silent = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut patient = Patient::new(stream, Duration::from_secs(9), Duration::from_millis(50));
        assert_eq!(patient.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(silent);
    }
}
