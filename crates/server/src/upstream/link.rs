//! One connection to one server: TCP, with TLS where the scheme says so. In: an origin. Out: bytes both ways.
//! Never here: HTTP, pools, a connection to anywhere but the origin that was asked for.

use crate::limits::CALL_JOIN_BYTES_MAX;
use bytes::BytesMut;
use http::Uri;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Where a connection leads: scheme, host and port. Two requests share a connection only when all three are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    tls: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an address.
    pub fn of(uri: &Uri) -> io::Result<Self> {
        let unfit = || io::Error::new(io::ErrorKind::InvalidInput, "not an http or https address");
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(unfit()),
        };
        let host = uri.host().ok_or_else(unfit)?;
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        Ok(Self { tls, host: host.to_owned(), port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }) })
    }

    /// Whether it speaks TLS.
    pub const fn is_tls(&self) -> bool {
        self.tls
    }

    /// Where its host is, by every address that its name has now.
    pub async fn places(&self) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((self.host.as_str(), self.port)).await?.collect())
    }
}

/// Writes a head and the body behind it, both in each system call until they are out.
async fn write_both(stream: &mut TcpStream, head: &[u8], body: &[u8]) -> io::Result<()> {
    if body.is_empty() {
        return stream.write_all(head).await;
    }
    let mut sent = 0;
    while sent < head.len() {
        let parts = [IoSlice::new(&head[sent..]), IoSlice::new(body)];
        sent += match stream.write_vectored(&parts).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => written,
        };
    }
    stream.write_all(&body[(sent - head.len()).min(body.len())..]).await
}

/// What TLS trusts: the roots that ship with this version.
pub fn tls_config() -> Arc<ClientConfig> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

/// A connection.
pub enum Link {
    /// In the clear.
    Plain(TcpStream),
    /// With TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Link {
    /// Connects.
    #[expect(clippy::disallowed_methods, reason = "this is the one home of sockets to providers")]
    pub async fn open(origin: &Origin, tls: &Arc<ClientConfig>) -> io::Result<Self> {
        Self::over(TcpStream::connect((origin.host.as_str(), origin.port)).await?, origin, tls).await
    }

    /// Connects to one of these places in the origin's name: nothing is resolved again, and TLS still checks that name.
    #[expect(clippy::disallowed_methods, reason = "this is the one home of sockets to providers")]
    pub async fn open_at(places: &[SocketAddr], origin: &Origin, tls: &Arc<ClientConfig>) -> io::Result<Self> {
        Self::over(TcpStream::connect(places).await?, origin, tls).await
    }

    async fn over(stream: TcpStream, origin: &Origin, tls: &Arc<ClientConfig>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        if !origin.tls {
            return Ok(Self::Plain(stream));
        }
        let name = ServerName::try_from(origin.host.clone())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "not a host name that TLS can check"))?;
        let stream = TlsConnector::from(tls.clone()).connect(name, stream).await?;
        Ok(Self::Tls(Box::new(stream)))
    }

    /// Sends a head and a body, in one write as far as the socket takes it.
    pub async fn send(&mut self, mut head: BytesMut, body: &[u8]) -> io::Result<()> {
        let joined = body.len() <= CALL_JOIN_BYTES_MAX;
        if joined {
            head.extend_from_slice(body);
        }
        let body = if joined { &[][..] } else { body };
        match self {
            Self::Plain(stream) => write_both(stream, &head, body).await,
            Self::Tls(stream) => {
                stream.write_all(&head).await?;
                stream.write_all(body).await?;
                stream.flush().await
            }
        }
    }

    /// Reads what there is behind `bytes`; 0 is the end of the connection.
    pub async fn read(&mut self, bytes: &mut BytesMut) -> io::Result<usize> {
        /// Read at a time; a burst of events fits.
        const READ_BYTES: usize = 16 * 1024;
        /// Less room than this is not worth a read.
        const ROOM_BYTES_MIN: usize = 2 * 1024;
        if let Self::Plain(stream) = self
            && bytes.is_empty()
        {
            // A stream is silent most of its time: no room is kept for what has not come.
            *bytes = BytesMut::new();
            stream.readable().await?;
        }
        if bytes.capacity() - bytes.len() < ROOM_BYTES_MIN {
            bytes.reserve(READ_BYTES);
        }
        match self {
            Self::Plain(stream) => stream.read_buf(bytes).await,
            Self::Tls(stream) => stream.read_buf(bytes).await,
        }
    }

    /// Whether an idle connection is still good: neither ended nor with bytes that nobody asked for.
    pub fn is_idle(&mut self) -> bool {
        let mut byte = [0; 1];
        let mut buffer = ReadBuf::new(&mut byte);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let read = match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(&mut cx, &mut buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(&mut cx, &mut buffer),
        };
        matches!(read, Poll::Pending)
    }
}
