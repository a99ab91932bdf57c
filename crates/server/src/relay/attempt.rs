//! One attempt at one route: encode, send, wait for something that means an answer. In: a run, a seat. Out: an answer
//! that has begun (or is whole), or a failure with its cause. Never here: which seat comes next, money.

use crate::limits::{ANSWER_BYTES_MAX, UPSTREAM_ERROR_BYTES_MAX, UPSTREAM_RETRY_DEFAULT};
use crate::live::LiveRoute;
use crate::relay::finish::Run;
use crate::relay::letter::Letter;
use crate::relay::reply_head;
use crate::upstream::{Answer, AnswerBody, UpstreamError};
use bytes::{Bytes, BytesMut};
use canon::{Dialect, Fault, FaultKind, Loss};
use dialect::fault::{UpstreamClass, UpstreamFault, UpstreamHints};
use dialect::lane::{self, StreamFault, StreamSpec};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request};
use route::{Failure, Seat};
use units::Tokens;

/// An answer that is under way or whole.
pub enum Found {
    /// A stream whose first semantic byte has been read.
    Stream(Box<Begun>),
    /// A whole answer.
    Answer(Box<Whole>),
}

/// A stream that has begun.
pub struct Begun {
    /// The upstream's body.
    pub body: AnswerBody,
    /// The translation under way.
    pub lane: lane::Stream,
    /// What may already go to the client.
    pub out: BytesMut,
    /// What the translation dropped or changed.
    pub losses: Vec<Loss>,
    /// Milliseconds from the request's head to the first semantic byte.
    pub first_byte_ms: u32,
}

/// An answer that was read whole.
pub struct Whole {
    /// The answer.
    pub answer: lane::Answer,
    /// What the translation dropped or changed.
    pub losses: Vec<Loss>,
    /// Milliseconds from the request's head to its end.
    pub first_byte_ms: u32,
}

/// A failed attempt.
pub struct Failed {
    /// What the client is told, if this was the last one.
    pub fault: Box<Fault>,
    /// What it means for the next choice.
    pub failure: Failure,
    /// A word for the log.
    pub cause: &'static str,
}

/// Makes one attempt.
pub async fn make(run: &Run, seat: Seat, insert: Option<Tokens>) -> Result<Found, Failed> {
    let Some(route) = run.order.model.routes.get(seat.route) else { return Err(vanished()) };
    let letter = Letter::write(run, route, insert).map_err(not_expressible)?;
    let request = envelope(route, seat, &letter)?;
    let relay = run.worker.house.settings.relay;
    let timeouts = route.provider.provider.timeouts;
    let total = timeouts.total.unwrap_or(relay.total_timeout).min(relay.total_timeout);
    let left = total.saturating_sub(run.order.entry.started.elapsed());
    let first_byte = timeouts.first_byte.unwrap_or(relay.first_byte_timeout);
    // An answer that is not streamed shows its first byte when it is done: only the whole time bounds it.
    let patience = if run.order.peek.stream { first_byte.min(left) } else { left };
    match tokio::time::timeout(patience, exchange(run, route, letter, request)).await {
        Ok(result) => result,
        Err(_) => Err(too_slow(patience >= left)),
    }
}

async fn exchange(run: &Run, route: &LiveRoute, letter: Letter, request: Request<Bytes>) -> Result<Found, Failed> {
    let upstream = route.provider.dialect();
    let mut answer = run.worker.upstream.send(request).await.map_err(|e| broken(&e))?;
    if answer.status != http::StatusCode::OK {
        return Err(refused(upstream, &mut answer).await);
    }
    if answer.headers.get(CONTENT_ENCODING).is_some_and(|v| v != "identity") {
        return Err(nonsense("encoded_answer"));
    }
    let spec = StreamSpec {
        client: run.order.peek.dialect,
        upstream,
        head: reply_head(run),
        show_usage: run.order.peek.asks_usage,
        choices: run.order.peek.choices,
        names: letter.names,
        stops: letter.stops,
    };
    if !run.order.peek.stream {
        let bytes = answer.body.whole(ANSWER_BYTES_MAX).await.map_err(|e| broken(&e))?;
        let answer = lane::Answer::read(&spec, &bytes).map_err(|f| spoiled(&f))?;
        let first_byte_ms = run.order.entry.age_ms();
        return Ok(Found::Answer(Box::new(Whole { answer, losses: letter.losses, first_byte_ms })));
    }
    let is_events =
        answer.headers.get(CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/event-stream"));
    if !is_events {
        return Err(refused(upstream, &mut answer).await);
    }
    begin(run, answer.body, lane::Stream::new(&spec), letter.losses).await
}

/// Reads a stream up to its first semantic byte: until then another route may take over unseen.
async fn begin(
    run: &Run,
    mut body: AnswerBody,
    mut lane: lane::Stream,
    losses: Vec<Loss>,
) -> Result<Found, Failed> {
    let mut out = BytesMut::new();
    loop {
        match body.next().await.map_err(|e| broken(&e))? {
            Some(bytes) => lane.push(&bytes, &mut out).map_err(|f| spoiled(&f))?,
            None => lane.finish(&mut out).map_err(|f| spoiled(&f))?,
        }
        if lane.tally().semantic() || lane.is_complete() {
            let first_byte_ms = run.order.entry.age_ms();
            return Ok(Found::Stream(Box::new(Begun { body, lane, out, losses, first_byte_ms })));
        }
    }
}

fn envelope(route: &LiveRoute, seat: Seat, letter: &Letter) -> Result<Request<Bytes>, Failed> {
    let Some(credential) = route.provider.credentials.get(seat.credential) else { return Err(vanished()) };
    let mut request = Request::new(letter.body.clone());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = route.provider.endpoint.clone();
    let headers = request.headers_mut();
    headers.reserve(6 + letter.headers.len());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tollgate/", env!("CARGO_PKG_VERSION"))));
    for (name, value) in letter.headers.iter().chain(&route.provider.provider.headers) {
        headers.insert(name.clone(), value.clone());
    }
    let (name, value) = &credential.header;
    headers.insert(name.clone(), value.clone());
    Ok(request)
}

/// Reads what a provider says beside 200; its words are classed, never passed on.
async fn refused(upstream: Dialect, answer: &mut Answer) -> Failed {
    let body = answer.body.whole(UPSTREAM_ERROR_BYTES_MAX).await.unwrap_or_default();
    let mut told =
        dialect::fault::decode_upstream_fault(upstream, answer.status.as_u16(), hints(&answer.headers), &body);
    if answer.status.is_success() || answer.status.is_redirection() {
        // A 200 that is no stream, and a redirect, which is never followed.
        told.class = UpstreamClass::Server;
    }
    from_upstream(&told)
}

fn hints(headers: &HeaderMap) -> UpstreamHints<'_> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    UpstreamHints {
        retry_after: text("retry-after"),
        retry_after_ms: text("retry-after-ms"),
        should_retry: text("x-should-retry"),
    }
}

fn from_upstream(told: &UpstreamFault) -> Failed {
    let failure = match told.class {
        UpstreamClass::InvalidRequest | UpstreamClass::ContextTooLong | UpstreamClass::TooLarge => Failure::Request,
        UpstreamClass::Auth | UpstreamClass::Billing => Failure::Credential { retry_after: None },
        UpstreamClass::RateLimited => {
            Failure::Credential { retry_after: told.retry_after.or(Some(UPSTREAM_RETRY_DEFAULT)) }
        }
        _ => Failure::Server { retry_after: told.retry_after },
    };
    Failed { fault: Box::new(told.to_fault()), failure, cause: told.class.name() }
}

/// A connection that failed or broke.
fn broken(error: &UpstreamError) -> Failed {
    let (kind, told, cause) = match error {
        UpstreamError::Connect(_) => {
            (FaultKind::Unavailable, "No provider of this model can be reached at the moment.", "connect")
        }
        UpstreamError::Broken(_) => {
            (FaultKind::UpstreamFailed, "The provider broke off before answering.", "broken")
        }
        UpstreamError::Cut(_) => (FaultKind::UpstreamFailed, "The provider's answer broke off.", "cut"),
        UpstreamError::TooLarge => (FaultKind::UpstreamFailed, "The provider's answer was too large.", "too_large"),
    };
    let retry = canon::Retry::After(UPSTREAM_RETRY_DEFAULT);
    let fault = Fault::new(kind, told);
    let fault =
        if kind == FaultKind::Unavailable { fault.retry(retry) } else { fault.retry(canon::Retry::NextRoute) };
    Failed { fault: Box::new(fault), failure: Failure::Server { retry_after: None }, cause }
}

/// An answer that is none.
fn spoiled(fault: &StreamFault) -> Failed {
    match fault {
        StreamFault::Upstream(told) => from_upstream(told),
        other => Failed {
            fault: Box::new(other.to_fault()),
            failure: Failure::Server { retry_after: None },
            cause: other.name(),
        },
    }
}

fn nonsense(cause: &'static str) -> Failed {
    Failed { cause, ..spoiled(&StreamFault::Garbage) }
}

fn not_expressible(fault: Fault) -> Failed {
    Failed { fault: Box::new(fault), failure: Failure::Request, cause: "not_expressible" }
}

fn too_slow(total: bool) -> Failed {
    let fault = Fault::new(FaultKind::Timeout, "The model did not answer in time.");
    // When the whole time ran out, a retry would only wait as long again.
    let fault = if total { fault } else { fault.retry(canon::Retry::NextRoute) };
    Failed { fault: Box::new(fault), failure: Failure::Server { retry_after: None }, cause: "timeout" }
}

fn vanished() -> Failed {
    let fault = Fault::new(FaultKind::Internal, "The request could not be routed.");
    Failed { fault: Box::new(fault), failure: Failure::Request, cause: "route_vanished" }
}
