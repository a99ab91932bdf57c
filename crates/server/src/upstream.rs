//! The only sockets to providers. In: a ready request. Out: an answer's head and body, or why there is none.
//! One small HTTP/1.1 client, so that a stream's events are read without a second task and joined without waiting; its
//! wire is checked apart (wire.rs). No redirect is followed: a credential goes to its provider's own origin and nowhere
//! else. Never here: choosing a route, translating, logging what was sent.

mod body;
mod guard;
mod link;
mod pool;
mod wire;

pub use body::AnswerBody;
pub use guard::GuardError;
pub use wire::Heard;

use crate::limits::CALL_JOIN_BYTES_MAX;
use body::Source;
use bytes::{Bytes, BytesMut};
use canon::BoxError;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body::Body;
use link::{Link, Origin};
use pool::Pool;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::ClientConfig;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No connection came about.
    #[error("no connection to the provider")]
    Connect(#[source] BoxError),
    /// The connection broke before the head of the answer.
    #[error("the connection to the provider broke")]
    Broken(#[source] BoxError),
    /// The body broke off.
    #[error("the provider's answer broke off")]
    Cut(#[source] BoxError),
    /// The body is larger than what is read.
    #[error("the provider's answer is too large")]
    TooLarge,
}

/// Why no connection came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// There is no host of that name.
    UnknownHost,
    /// Nobody takes connections there, or nobody can get there.
    Refused,
    /// It took too long.
    TimedOut,
    /// No TLS came about.
    Tls,
    /// It broke.
    Broken,
}

/// Something that answers in a provider's place: tests bring one, so that a whole call runs without a socket.
pub trait Stand: Send + Sync {
    /// Answers a request.
    fn answer(&self, request: Request<Bytes>) -> Pending<Result<http::Response<StandBody>, UpstreamError>>;
}

/// A future in a box.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The body of a stand-in's answer; an error in it is a broken connection.
pub type StandBody = Pin<Box<dyn Body<Data = Bytes, Error = Broke> + Send>>;

/// A connection that broke, as a stand-in says it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the connection broke")]
pub struct Broke;

/// Connections to providers; one pool a worker thread, so that its lock is never waited for.
#[derive(Clone)]
pub struct Upstream(Way);

#[derive(Clone)]
enum Way {
    Sockets(Arc<Sockets>),
    Stand(Arc<dyn Stand>),
}

struct Sockets {
    pool: Pool,
    tls: Arc<ClientConfig>,
    connect_timeout: Duration,
}

/// Where calls go, made ready once: the address, and the part of the head that stays the same, credential included.
pub struct Endpoint {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    origin: Arc<Origin>,
    head: Bytes,
}

impl Endpoint {
    /// Calls of a method to an address with these headers.
    ///
    /// # Errors
    /// When the address is not of http or https.
    pub fn new(method: Method, uri: Uri, headers: HeaderMap) -> io::Result<Self> {
        let origin = Arc::new(Origin::of(&uri)?);
        let head = wire::fixed_head(&method, &uri, &headers);
        Ok(Self { method, uri, headers, origin, head })
    }
}

/// One call.
pub struct Call<'a> {
    /// Where it goes.
    pub endpoint: &'a Endpoint,
    /// Headers of this call alone.
    pub headers: &'a [(HeaderName, HeaderValue)],
    /// Its body.
    pub body: Bytes,
}

impl Call<'_> {
    fn request(&self) -> Request<Bytes> {
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.endpoint.method.clone();
        *request.uri_mut() = self.endpoint.uri.clone();
        *request.headers_mut() = self.endpoint.headers.clone();
        request.headers_mut().extend(self.headers.iter().cloned());
        request
    }
}

/// An answer of a provider.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// What was heard of its headers; none is passed on.
    pub heard: Heard,
    /// Its body.
    pub body: AnswerBody,
}

impl Upstream {
    /// An empty pool.
    pub fn new(connect_timeout: Duration) -> Self {
        Self(Way::Sockets(Arc::new(Sockets { pool: Pool::default(), tls: link::tls_config(), connect_timeout })))
    }

    /// No sockets: a stand-in answers.
    pub fn stand_in(stand: Arc<dyn Stand>) -> Self {
        Self(Way::Stand(stand))
    }

    /// Makes a call and waits for the head of its answer.
    ///
    /// # Errors
    /// `Connect` or `Broken`.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, UpstreamError> {
        match &self.0 {
            Way::Sockets(sockets) => sockets.send(&call).await,
            Way::Stand(stand) => {
                let (head, body) = stand.answer(call.request()).await?.into_parts();
                let mut heard = Heard::default();
                head.headers.iter().for_each(|(name, value)| heard.take(name.as_str(), value.as_bytes()));
                Ok(Answer { status: head.status, heard, body: AnswerBody::new(Source::Stand(body)) })
            }
        }
    }
}

impl Upstream {
    /// Why a call got no connection. A host that cannot be reached is looked up once more: what the system says of names is
    /// words alone.
    pub async fn why_unreached(&self, endpoint: &Endpoint, error: &UpstreamError) -> Unreached {
        let (UpstreamError::Connect(why), Way::Sockets(sockets)) = (error, &self.0) else {
            return Unreached::Broken;
        };
        let Some(why) = why.downcast_ref::<io::Error>() else { return Unreached::Broken };
        let inner = why.get_ref().and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>());
        if inner.is_some() {
            return Unreached::Tls;
        }
        match why.kind() {
            io::ErrorKind::TimedOut => return Unreached::TimedOut,
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => return Unreached::Refused,
            io::ErrorKind::UnexpectedEof if endpoint.origin.is_tls() => return Unreached::Tls,
            _ => {}
        }
        match tokio::time::timeout(sockets.connect_timeout, endpoint.origin.places()).await {
            Ok(Err(_)) => Unreached::UnknownHost,
            Ok(Ok(_)) => Unreached::Broken,
            Err(_) => Unreached::TimedOut,
        }
    }
}

impl Sockets {
    async fn send(&self, call: &Call<'_>) -> Result<Answer, UpstreamError> {
        let origin = &call.endpoint.origin;
        if let Some(link) = self.pool.take(origin) {
            match self.exchange(link, call, true).await {
                // The server closed the idle connection while we wrote: nothing was answered, a fresh one may be.
                Err(Lost::Unanswered(_)) => {}
                Err(Lost::Spoiled(error)) => return Err(UpstreamError::Broken(error)),
                Ok(answer) => return Ok(answer),
            }
        }
        // A new connection is seldom needed: its handshake is no part of every call's memory.
        let link = Box::pin(self.connected(Link::open(origin, &self.tls))).await?;
        Ok(self.exchange(link, call, true).await?)
    }

    /// A new connection, within the time for one.
    async fn connected(&self, open: impl Future<Output = io::Result<Link>>) -> Result<Link, UpstreamError> {
        match tokio::time::timeout(self.connect_timeout, open).await {
            Ok(Ok(link)) => Ok(link),
            Ok(Err(error)) => Err(UpstreamError::Connect(error.into())),
            Err(_) => Err(UpstreamError::Connect(io::Error::from(io::ErrorKind::TimedOut).into())),
        }
    }

    /// Sends a call and reads the head of its answer; `again` keeps the connection for the next call to its origin.
    async fn exchange(&self, mut link: Link, call: &Call<'_>, again: bool) -> Result<Answer, Lost> {
        let endpoint = call.endpoint;
        let mut head =
            BytesMut::with_capacity(endpoint.head.len() + 256 + call.body.len().min(CALL_JOIN_BYTES_MAX));
        head.extend_from_slice(&endpoint.head);
        wire::end_head(&mut head, call.headers, call.body.len());
        link.send(head, &call.body).await.map_err(Lost::Unanswered)?;
        let mut bytes = BytesMut::new();
        let head = loop {
            match link.read(&mut bytes).await {
                Ok(0) if bytes.is_empty() => return Err(Lost::Unanswered(io::ErrorKind::UnexpectedEof.into())),
                Ok(0) => return Err(Lost::Spoiled(wire::WireError::Cut.into())),
                Err(error) if bytes.is_empty() => return Err(Lost::Unanswered(error)),
                Err(error) => return Err(Lost::Spoiled(error.into())),
                Ok(_) => {}
            }
            if let Some(head) = wire::read_head(&mut bytes).map_err(|e| Lost::Spoiled(e.into()))? {
                break head;
            }
        };
        let home = (again && head.reusable).then(|| (self.pool.clone(), endpoint.origin.clone()));
        let body = AnswerBody::new(Source::Link(body::Reading::new(link, bytes, head.framing, home)));
        Ok(Answer { status: head.status, heard: head.heard, body })
    }
}

/// Why a connection gave no answer.
enum Lost {
    /// It broke before a byte of an answer came.
    Unanswered(io::Error),
    /// What came is no answer.
    Spoiled(BoxError),
}

impl From<Lost> for UpstreamError {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Unanswered(error) => Self::Broken(error.into()),
            Lost::Spoiled(error) => Self::Broken(error),
        }
    }
}
