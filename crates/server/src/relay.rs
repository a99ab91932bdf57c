//! The relay of one model call: it owns tab and upstream from its start to its end; the client is only a viewer.
//! In: a job and a slot. Out: an answer, one closed tab, one `request.done`. The walk: open the tab, find an upstream
//! that answers, pass the answer on, close the tab, send the end. Never here: what a dialect looks like, who may ask.

mod answer;
mod attempt;
mod finish;
mod instead;
mod job;
mod letter;
mod own_key;
mod pictures;
mod quote;
mod read_on;
mod run;
mod sample;
mod stream;
mod tab;
mod task;
mod unpaid;
mod usage;

pub use job::{Job, Terms};
pub use quote::Quote;
pub use sample::Sample;
pub use unpaid::{refused, unavailable};
pub use usage::estimate;

use crate::house::Worker;
use crate::limits::{RESTART_RETRY, TRIES_MAX};
use crate::traces::{Attempted, Trace};
use crate::viewer::{Relay, Slot};
use attempt::{Failed, Found};
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Retry};
use dialect::lane::{KEEPALIVE, ReplyHead};
use ledger::Tried;
use route::{Attempts, Failure, Next, Policy, Seat};
use run::Run;
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;
use tab::Tab;
use tokio::time::Instant;
use units::{Tokens, Usage};

/// The relay of a job; it runs when it is polled.
pub fn start(worker: Worker, job: Box<Job>, slot: Slot) -> Relay {
    Box::pin(run(worker, job, slot))
}

async fn run(worker: Worker, job: Box<Job>, slot: Slot) {
    let mut run = Run::new(worker, job);
    let (mut tab, insert) = match Tab::open(&run.worker.house, &run.job).await {
        Ok(open) => open,
        Err(fault) => return run.refuse(&fault, &slot),
    };
    run.price = tab.price();
    let found = search(&mut run, &mut tab, insert, &slot).await;
    run.job.let_go();
    match found {
        Ok(Found::Stream(stream)) => stream::pass(run, tab, *stream, &slot).await,
        Ok(Found::Answer(answer)) => answer::pass(run, tab, *answer, &slot).await,
        Ok(Found::Task(task)) => task::pass(run, tab, *task, &slot).await,
        Err(Lost::Gone) => run.abandon(tab).await,
        Err(Lost::Fault(fault)) => run.fail(tab, fault, &slot).await,
    }
}

/// Why no upstream was found.
enum Lost {
    /// The client left while we looked.
    Gone,
    /// Nothing is left to try.
    Fault(Fault),
}

/// Looks for an answer by the model that was asked for, then by those that serve in its place.
async fn search(run: &mut Run, tab: &mut Tab, mut insert: Option<Tokens>, slot: &Slot) -> Result<Found, Lost> {
    loop {
        let fault = match find(run, insert, slot).await {
            Err(Lost::Fault(fault)) if instead::exhausted(&fault) && !out_of_time(run, Duration::ZERO) => fault,
            other => return other,
        };
        match instead::next(run, tab).await {
            Some(limit) => insert = limit,
            None => return Err(Lost::Fault(fault)),
        }
    }
}

/// Tries routes until one answers: before the first semantic byte, a failure is the next route's turn (R-ROUTE-4).
async fn find(run: &mut Run, insert: Option<Tokens>, slot: &Slot) -> Result<Found, Lost> {
    let relay = run.worker.house.settings.relay;
    let policy = Policy { attempts_max: relay.attempts_max, wait_max: relay.retry_wait_max };
    let asked = |n: usize| !run.job.passed_over.contains(&n);
    let routes = || (0..).zip(&run.job.model.routes);
    let counts: Vec<usize> =
        routes().map(|(n, r)| if asked(n) { r.provider.credentials.len() } else { 0 }).collect();
    let turn = routes().find(|(n, _)| asked(*n)).map_or(0, |(_, r)| r.provider.turn());
    let mut attempts = Attempts::new(policy, &counts, turn);
    let mut seat = attempts.first().ok_or_else(|| Lost::Fault(no_route()))?;
    run.job.model.retries.lock().request(run.job.entry.at);
    if run.attempts == 0 {
        run.worker.house.metrics.asked(run.job.entry.started.elapsed());
        if let Some(trace) = &run.job.entry.trace {
            trace.admitted();
        }
    }
    loop {
        run.attempts = run.tried_before.saturating_add(attempts.tried());
        run.route = Some(seat.route);
        let began = begin(run);
        let failed = match try_seat(run, seat, insert, slot).await? {
            Ok(found) => {
                attempted(run, (seat, began), None);
                // What went wrong before is not why a later end is what it is.
                run.cause = None;
                return Ok(found);
            }
            Err(failed) => failed,
        };
        // What a failed attempt reported is not paid for.
        *run.reported.lock() = Usage::NONE;
        run.cause = Some(failed.cause);
        note(run, seat, &failed);
        attempted(run, (seat, began), Some((failed.cause, !matches!(failed.failure, Failure::Request))));
        if matches!(failed.failure, Failure::Credential { retry_after: None }) {
            tell_refused(run, seat);
        }
        if slot.is_gone() {
            return Err(Lost::Gone);
        }
        match next(run, &mut attempts, seat, &failed) {
            Some((again, wait)) if !out_of_time(run, wait) => {
                rest(run, slot, wait).await?;
                seat = again;
            }
            _ => return Err(Lost::Fault(*failed.fault)),
        }
    }
}

/// Remembers a failed attempt for the record.
fn note(run: &mut Run, seat: Seat, failed: &Failed) {
    let Some(route) = run.job.model.routes.get(seat.route) else { return };
    let tried = Tried {
        provider: route.provider.recorded.clone(),
        upstream_model: route.model.clone(),
        fault: failed.fault.kind.name().into(),
        cause: failed.cause.into(),
        until_ms: run.job.entry.age_ms(),
    };
    if run.tries.len() < TRIES_MAX {
        run.tries.push(tried);
    }
}

/// Counts an attempt: what went wrong, and whether its provider is to blame.
fn attempted(run: &Run, (seat, began): (Seat, Option<Instant>), failed: Option<(&'static str, bool)>) {
    let Some(route) = run.job.model.routes.get(seat.route) else { return };
    run.worker.house.metrics.attempted(&route.provider.recorded, failed);
    if let (Some(trace), Some(span), Some(from)) = (&run.job.entry.trace, run.span, began) {
        trace.attempted(&Attempted {
            span,
            from,
            dialect: route.target.dialect,
            provider: &route.provider.recorded,
            model: &route.model,
            endpoint: run.job.entry.door.endpoint,
            failed: failed.map(|(cause, _)| cause),
        });
    }
}

/// Marks the beginning of an attempt, where the call is traced.
fn begin(run: &mut Run) -> Option<Instant> {
    run.span = run.job.entry.trace.as_ref().map(Trace::new_span);
    run.span.map(|_| Instant::now())
}

/// A credential that a provider refuses is the operator's to mend.
fn tell_refused(run: &Run, seat: Seat) {
    let route = run.job.model.routes.get(seat.route);
    let credential = route.and_then(|r| r.provider.credentials.get(seat.credential));
    if let Some(credential) = credential.filter(|credential| credential.own.is_none()) {
        run.worker.house.log.warn("credential.refused", &[("credential.id", &credential.id.to_string())]);
    }
}

fn next(run: &Run, attempts: &mut Attempts, seat: Seat, failed: &Failed) -> Option<(Seat, Duration)> {
    let mut jitter = [0; 2];
    run.worker.house.chance.fill(&mut jitter);
    match attempts.after(seat, failed.failure, u64::from(u16::from_le_bytes(jitter)) % 1_000) {
        Next::Stop => None,
        Next::Try(seat, wait) => {
            let now = run.worker.house.clock.now();
            run.job.model.retries.lock().take(now).then_some((seat, wait))
        }
    }
}

fn out_of_time(run: &Run, wait: Duration) -> bool {
    run.job.entry.started.elapsed() + wait >= run.worker.house.settings.relay.total_timeout
}

/// Makes one attempt while the client waits for it. The provider is not hung up on where the client leaves and its answer
/// may be billed beyond what shows.
async fn try_seat(
    run: &Run,
    seat: Seat,
    insert: Option<Tokens>,
    slot: &Slot,
) -> Result<Result<Found, Failed>, Lost> {
    let mut step = pin!(attempt::make(run, seat, insert));
    match patiently(run, slot, run.deadline(), step.as_mut()).await {
        Waited::Done(out) => Ok(out),
        Waited::TooSlow => Ok(Err(attempt::too_slow(true))),
        Waited::Closing => Err(Lost::Fault(restarting())),
        Waited::Gone => read_on::attempt(run, step).await.ok_or(Lost::Gone),
    }
}

/// Waits before a second try.
async fn rest(run: &Run, slot: &Slot, wait: Duration) -> Result<(), Lost> {
    let until = Instant::now() + wait;
    match patiently(run, slot, until, pin!(tokio::time::sleep_until(until))).await {
        Waited::Done(()) | Waited::TooSlow => Ok(()),
        Waited::Closing => Err(Lost::Fault(restarting())),
        Waited::Gone => Err(Lost::Gone),
    }
}

/// What became of a step while the client waited.
enum Waited<T> {
    /// It came to its end.
    Done(T),
    /// Its time is over.
    TooSlow,
    /// The client left; the step may still go on.
    Gone,
    /// The process ends.
    Closing,
}

/// Runs a step while the client waits, until `until` at most: a silent stream gets its head and keep-alives. One timer
/// serves all.
async fn patiently<T>(
    run: &Run,
    slot: &Slot,
    until: Instant,
    mut step: Pin<&mut impl Future<Output = T>>,
) -> Waited<T> {
    let every = run.worker.house.settings.relay.keepalive;
    let mut quiet = if run.job.peek.stream { Instant::now() + every } else { until };
    let mut timer = pin!(tokio::time::sleep_until(quiet.min(until)));
    let mut last_call = pin!(run.worker.closing.last_call());
    loop {
        tokio::select! {
            biased;
            () = slot.gone() => return Waited::Gone,
            out = &mut step => return Waited::Done(out),
            () = last_call.as_mut() => return Waited::Closing,
            () = &mut timer => {
                let now = Instant::now();
                if now >= until {
                    return Waited::TooSlow;
                }
                if !run.head_out.get() {
                    run.head_out.set();
                    if slot.head(run.job.entry.stream_head(run.job.array, &[])).await.is_err() {
                        return Waited::Gone;
                    }
                }
                // Between the values of an array only blanks may stand.
                let sign: &[u8] = if run.job.array { b"\n" } else { KEEPALIVE };
                if slot.data(Bytes::from_static(sign)).await.is_err() {
                    return Waited::Gone;
                }
                quiet = now + every;
                timer.as_mut().reset(quiet.min(until));
            }
        }
    }
}

/// The process is asked to end and has waited long enough.
fn restarting() -> Fault {
    Fault::new(FaultKind::Unavailable, "The gateway is being restarted; try again.")
        .retry(Retry::After(RESTART_RETRY))
}

fn no_route() -> Fault {
    Fault::new(FaultKind::NoRoute, "No provider is configured for this model.")
}

/// The head of our own answer: our id, the public model, our time.
fn reply_head(run: &Run) -> ReplyHead {
    let entry = &run.job.entry;
    let prefix = match run.job.peek.dialect {
        Dialect::Anthropic => "msg_",
        Dialect::Gemini => "gen-",
        Dialect::OpenAiResponses => "resp_",
        Dialect::Completions => "cmpl-",
        _ => &entry.door.surface.chat_id_prefix,
    };
    let mut id = String::with_capacity(prefix.len() + 26);
    id.push_str(prefix);
    id.push_str(entry.id.text().body());
    ReplyHead { id, model: String::from(&*run.job.model.model.id), created: entry.at.seconds(), ended: None }
}
