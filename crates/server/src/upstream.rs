//! The only sockets to providers. In: a ready request. Out: an answer's head and body, or why there is none.
//! No redirect is followed: a credential goes to its provider's own origin and nowhere else. Never here: choosing a
//! route, translating, retrying, logging what was sent.

use crate::limits::COALESCE_BYTES_MAX;
use bytes::{Bytes, BytesMut};
use canon::BoxError;
use http::{HeaderMap, Request, StatusCode};
use http_body::{Body, Frame};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

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

/// Something that answers in a provider's place: tests bring one, so that a whole call runs without a socket.
pub trait Stand: Send + Sync {
    /// Answers a request.
    fn answer(&self, request: Request<Full<Bytes>>) -> Pending<Result<http::Response<StandBody>, UpstreamError>>;
}

/// A future in a box.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The body of a stand-in's answer; an error in it is a broken connection.
pub type StandBody = Pin<Box<dyn Body<Data = Bytes, Error = Broke> + Send>>;

/// A connection that broke, as a stand-in says it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the connection broke")]
pub struct Broke;

/// A pool of upstream connections; one a worker thread, so that no lock is shared.
#[derive(Clone)]
pub struct Upstream(Way);

#[derive(Clone)]
enum Way {
    Sockets(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
    Stand(Arc<dyn Stand>),
}

impl Upstream {
    /// An empty pool.
    pub fn new(connect_timeout: Duration) -> Self {
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        http.set_connect_timeout(Some(connect_timeout));
        http.enforce_http(false);
        let https =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(1_024)
            .build(https);
        Self(Way::Sockets(client))
    }

    /// No sockets: a stand-in answers.
    pub fn stand_in(stand: Arc<dyn Stand>) -> Self {
        Self(Way::Stand(stand))
    }

    /// Sends a request and waits for the head of its answer.
    ///
    /// # Errors
    /// `Connect` or `Broken`.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, UpstreamError> {
        let (head, source) = match &self.0 {
            Way::Sockets(client) => {
                let (head, body) = client.request(request).await.map_err(not_sent)?.into_parts();
                (head, Source::Socket(body))
            }
            Way::Stand(stand) => {
                let (head, body) = stand.answer(request).await?.into_parts();
                (head, Source::Stand(body))
            }
        };
        Ok(Answer { status: head.status, headers: head.headers, body: AnswerBody::new(source) })
    }
}

fn not_sent(error: hyper_util::client::legacy::Error) -> UpstreamError {
    if error.is_connect() { UpstreamError::Connect(error.into()) } else { UpstreamError::Broken(error.into()) }
}

/// An answer of a provider.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers; only named ones are ever read, none is passed on.
    pub headers: HeaderMap,
    /// Its body.
    pub body: AnswerBody,
}

enum Source {
    Socket(Incoming),
    Stand(StandBody),
}

impl Source {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self {
            Self::Socket(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Self::Stand(body) => body.as_mut().poll_frame(cx).map_err(Into::into),
        }
    }
}

/// The body of an answer, read in pieces as large as what has come in already.
pub struct AnswerBody {
    source: Source,
    first: Option<Bytes>,
    rest: BytesMut,
    empty_polls: u8,
    ended: bool,
    broken: Option<BoxError>,
}

impl AnswerBody {
    fn new(source: Source) -> Self {
        Self { source, first: None, rest: BytesMut::new(), empty_polls: 0, ended: false, broken: None }
    }

    /// The next piece; `None` at the end. Frames that lie ready are joined, so that a burst of events costs one write
    /// to the client; nothing waits for a frame that is not there. Cancelling loses nothing.
    ///
    /// # Errors
    /// `Cut` when the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The whole body.
    ///
    /// # Errors
    /// `Cut`, or `TooLarge` above `bytes_max`.
    pub async fn whole(&mut self, bytes_max: usize) -> Result<Bytes, UpstreamError> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let mut all: Option<BytesMut> = None;
        while let Some(more) = self.next().await? {
            let all = all.get_or_insert_with(|| BytesMut::from(&first[..]));
            if all.len() + more.len() > bytes_max {
                return Err(UpstreamError::TooLarge);
            }
            all.extend_from_slice(&more);
        }
        Ok(all.map_or(first, BytesMut::freeze))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, UpstreamError>> {
        if !self.ended {
            match self.source.poll(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.keep(data);
                    }
                    self.empty_polls = 0;
                    if self.rest.len() < COALESCE_BYTES_MAX {
                        // The connection's task may have the next frame in its buffer: let it run once, then look again.
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    // What came before the break is handed out first.
                    self.broken = Some(error);
                    self.ended = true;
                }
                Poll::Ready(None) => self.ended = true,
                Poll::Pending if self.first.is_none() && self.rest.is_empty() => return Poll::Pending,
                Poll::Pending => {
                    // hyper's server polls a body twice a turn, so only the second empty poll lies after a turn.
                    self.empty_polls += 1;
                    if self.empty_polls < 2 {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    self.empty_polls = 0;
                }
            }
        }
        let next = self.take();
        match (next, self.broken.take()) {
            (None, Some(error)) => Poll::Ready(Err(UpstreamError::Cut(error))),
            (next, broken) => {
                self.broken = broken;
                Poll::Ready(Ok(next))
            }
        }
    }

    fn keep(&mut self, data: Bytes) {
        if self.rest.is_empty() {
            match self.first.take() {
                None => self.first = Some(data),
                Some(first) => {
                    self.rest.reserve(4_096.max(first.len() + data.len()));
                    self.rest.extend_from_slice(&first);
                    self.rest.extend_from_slice(&data);
                }
            }
        } else {
            self.rest.extend_from_slice(&data);
        }
    }

    fn take(&mut self) -> Option<Bytes> {
        if self.rest.is_empty() { self.first.take() } else { Some(self.rest.split().freeze()) }
    }
}
