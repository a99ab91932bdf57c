//! One attempt at one route: encode, send, wait for something that means an answer. In: a run, a seat. Out: an answer
//! that has begun (or is whole), or a failure with its cause. Never here: which seat comes next, money.

use crate::limits::{ANSWER_BYTES_MAX, TASK_ANSWER_BYTES_MAX, UPSTREAM_ERROR_BYTES_MAX, UPSTREAM_RETRY_DEFAULT};
use crate::live::LiveRoute;
use crate::relay::letter::Letter;
use crate::relay::own_key;
use crate::relay::reply_head;
use crate::relay::run::Run;
use crate::traces::TRACEPARENT;
use crate::upstream::{Answer, AnswerBody, Call, UpstreamError};
use bytes::BytesMut;
use canon::{Dialect, Fault, FaultKind, Loss, Retry};
use dialect::PictureForm;
use dialect::fault::{UpstreamClass, UpstreamFault, UpstreamHints};
use dialect::lane::{self, StreamFault, StreamSpec};
use dialect::tasks::{TaskShape, TaskState, read_begun};
use route::{Failure, Seat};
use std::pin::{Pin, pin};
use std::time::Duration;
use units::{CredentialId, Tokens};

/// An answer that is under way or whole.
pub enum Found {
    /// A stream whose first semantic byte has been read.
    Stream(Box<Begun>),
    /// A whole answer.
    Answer(Box<Whole>),
    /// A task: its pictures come later.
    Task(Box<BegunTask>),
}

/// A task that a provider has begun.
pub struct BegunTask {
    /// Its id at the provider.
    pub id: String,
    /// The credential that began it.
    pub credential: CredentialId,
    /// What the translation dropped or changed.
    pub losses: Vec<Loss>,
    /// Milliseconds from the request's head to the answer.
    pub first_byte_ms: u32,
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

/// How long an attempt waits for its upstream. A sign of life is any byte of the answer: providers that think for minutes
/// ping, or send comments, and must not be asked again for it.
struct Patience {
    first: Duration,
    idle: Duration,
}

impl Patience {
    fn new(run: &Run) -> Self {
        let (relay, timeouts) = (run.worker.house.settings.relay, run.timeouts());
        Self {
            first: timeouts.first_byte.unwrap_or(relay.first_byte_timeout),
            idle: timeouts.idle.unwrap_or(relay.idle_timeout),
        }
    }

    /// A step, unless it shows no sign of life for that long. The step is the caller's: taken over, it would be kept twice.
    async fn within<T>(time: Duration, step: Pin<&mut impl Future<Output = T>>) -> Result<T, Failed> {
        tokio::time::timeout(time, step).await.map_err(|_| too_slow(false))
    }
}

/// Makes one attempt; whoever calls bounds its whole time.
pub async fn make(run: &Run, seat: Seat, insert: Option<Tokens>) -> Result<Found, Failed> {
    let Some(route) = run.job.model.routes.get(seat.route) else { return Err(vanished()) };
    let mut found = ask(run, route, seat, insert).await;
    if let Err(failed) = &mut found {
        dialect::fault::reword(&mut failed.fault, run.job.peek.dialect, route.target.dialect);
    }
    own_key::heard(run, route, seat, &mut found);
    found
}

async fn ask(run: &Run, route: &LiveRoute, seat: Seat, insert: Option<Tokens>) -> Result<Found, Failed> {
    let Some(calls) = route.calls.get(seat.credential) else { return Err(vanished()) };
    let mut letter = Letter::write(run, route, insert).map_err(not_expressible)?;
    if let (Some(trace), Some(span)) = (&run.job.entry.trace, run.span) {
        letter.headers.extend(trace.passed_on(span).map(|parent| (TRACEPARENT, parent)));
    }
    let Some(endpoint) = calls.of(&run.job.peek) else { return Err(vanished()) };
    let call = Call { endpoint, headers: &letter.headers, body: letter.body.clone() };
    if !run.job.peek.stream {
        // An answer that is not streamed shows its first byte when it is done: only the whole time bounds it.
        let answer = run.worker.upstream.send_to(&route.provider, call).await.map_err(|e| broken(&e))?;
        return match (&route.provider.tasks, route.provider.credentials.get(seat.credential)) {
            (Some(shape), Some(credential)) => begin_task(run, shape, (letter, credential.id), answer).await,
            _ => read(run, route, letter, answer).await,
        };
    }
    let first = Patience::new(run).first;
    let answer = Patience::within(first, pin!(run.worker.upstream.send_to(&route.provider, call))).await?;
    read(run, route, letter, answer.map_err(|e| broken(&e))?).await
}

/// Reads the answer to a request that begins a task.
async fn begin_task(
    run: &Run,
    shape: &TaskShape,
    (letter, credential): (Letter, CredentialId),
    mut answer: Answer,
) -> Result<Found, Failed> {
    use http::StatusCode;
    if !matches!(answer.status, StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED) {
        return Err(refused(Dialect::Images, &mut answer).await);
    }
    if answer.heard.encoded {
        return Err(nonsense("encoded_answer"));
    }
    let bytes = answer.body.whole(TASK_ANSWER_BYTES_MAX).await.map_err(|e| broken(&e))?;
    let begun = read_begun(shape, run.job.peek.pictures.count, &bytes).map_err(|f| spoiled(&f))?;
    if begun.state == TaskState::Failed {
        // It is no task to wait for; the next server may do it.
        return Err(nonsense("task_failed"));
    }
    let mut losses = letter.losses;
    if run.job.peek.pictures.form == PictureForm::Base64 {
        losses.push(Loss::dropped("response_format", "pictures that come later are told by an address"));
    }
    let first_byte_ms = run.job.entry.age_ms();
    Ok(Found::Task(Box::new(BegunTask { id: begun.id, credential, losses, first_byte_ms })))
}

/// Reads an answer as far as an attempt goes: whole, or to its first semantic byte.
async fn read(run: &Run, route: &LiveRoute, letter: Letter, mut answer: Answer) -> Result<Found, Failed> {
    let upstream = route.target.dialect;
    if answer.status != http::StatusCode::OK {
        return Err(refused(upstream, &mut answer).await);
    }
    if answer.heard.encoded {
        return Err(nonsense("encoded_answer"));
    }
    let spec = StreamSpec {
        client: run.job.peek.dialect,
        upstream,
        maker: route.target.maker,
        head: reply_head(run),
        show_usage: run.job.peek.asks_usage || run.job.entry.door.surface.always_usage,
        show_thoughts: run.job.peek.shows_thoughts,
        array: run.job.array,
        choices: run.job.peek.choices,
        names: letter.names,
        stops: letter.stops,
        echo: run.job.echo.clone(),
        lead: run.job.decoded.as_ref().and_then(|(request, _)| request.lead.clone()),
        vectors: run.job.peek.vectors,
        images: run.job.peek.pictures.count,
    };
    if !run.job.peek.stream {
        let bytes = answer.body.whole(ANSWER_BYTES_MAX).await.map_err(|e| broken(&e))?;
        let answer = lane::Answer::read(&spec, &bytes).map_err(|f| spoiled(&f))?;
        let first_byte_ms = run.job.entry.age_ms();
        return Ok(Found::Answer(Box::new(Whole { answer, losses: letter.losses, first_byte_ms })));
    }
    if !answer.heard.events {
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
    let patience = Patience::new(run);
    let mut time = patience.first;
    loop {
        let read = Patience::within(time, pin!(body.next())).await?;
        time = patience.idle;
        match read.map_err(|e| broken(&e))? {
            Some(bytes) => lane.push(&bytes, &mut out).map_err(|f| spoiled(&f))?,
            None => lane.finish(&mut out).map_err(|f| spoiled(&f))?,
        }
        let tally = lane.tally();
        if !tally.usage().is_empty() {
            *run.reported.lock() = *tally.usage();
        }
        let why = tally.stop().and_then(|stop| stop.native.as_ref());
        if lane.is_complete() && !tally.semantic() && why.is_none() && tally.usage().is_empty() {
            // It said nothing at all: that is no answer, and not one to pay for.
            return Err(spoiled(&StreamFault::Cut));
        }
        if tally.semantic() || lane.is_complete() {
            let first_byte_ms = run.job.entry.age_ms();
            return Ok(Found::Stream(Box::new(Begun { body, lane, out, losses, first_byte_ms })));
        }
    }
}

/// Reads what a provider says beside 200; its words are classed, never passed on.
async fn refused(upstream: Dialect, answer: &mut Answer) -> Failed {
    let body = answer.body.whole(UPSTREAM_ERROR_BYTES_MAX).await.unwrap_or_default();
    let hints = UpstreamHints {
        retry_after: answer.heard.retry_after.as_deref(),
        retry_after_ms: answer.heard.retry_after_ms.as_deref(),
        should_retry: answer.heard.should_retry.as_deref(),
    };
    let mut theirs = dialect::fault::decode_upstream_fault(upstream, answer.status.as_u16(), hints, &body);
    if answer.status.is_success() || answer.status.is_redirection() {
        // A 200 that is no stream, and a redirect, which is never followed.
        theirs.class = UpstreamClass::Server;
    }
    from_upstream(&theirs)
}

fn from_upstream(theirs: &UpstreamFault) -> Failed {
    let failure = match theirs.class {
        UpstreamClass::InvalidRequest | UpstreamClass::ContextTooLong | UpstreamClass::TooLarge => Failure::Request,
        UpstreamClass::Auth | UpstreamClass::Billing => Failure::Credential { retry_after: None },
        UpstreamClass::RateLimited => {
            Failure::Credential { retry_after: theirs.retry_after.or(Some(UPSTREAM_RETRY_DEFAULT)) }
        }
        _ => Failure::Server { retry_after: theirs.retry_after },
    };
    Failed { fault: Box::new(theirs.to_fault()), failure, cause: theirs.class.name() }
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
    let retry = if kind == FaultKind::Unavailable { Retry::After(UPSTREAM_RETRY_DEFAULT) } else { Retry::Again };
    Failed {
        fault: Box::new(Fault::new(kind, told).retry(retry)),
        failure: Failure::Server { retry_after: None },
        cause,
    }
}

/// An answer that is none.
fn spoiled(fault: &StreamFault) -> Failed {
    match fault {
        StreamFault::Upstream(theirs) => from_upstream(theirs),
        // The next server would only say as much again.
        StreamFault::TooLong => {
            Failed { fault: Box::new(fault.to_fault()), failure: Failure::Request, cause: fault.name() }
        }
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

/// It took too long; `total` says that the whole call's time is over.
pub fn too_slow(total: bool) -> Failed {
    let fault = Fault::new(FaultKind::Timeout, "The model did not answer in time.");
    // When the whole time ran out, a retry would only wait as long again.
    let fault = if total { fault } else { fault.retry(Retry::Again) };
    Failed { fault: Box::new(fault), failure: Failure::Server { retry_after: None }, cause: "timeout" }
}

fn vanished() -> Failed {
    let fault = Fault::new(FaultKind::Internal, "The request could not be routed.");
    Failed { fault: Box::new(fault), failure: Failure::Request, cause: "route_vanished" }
}
