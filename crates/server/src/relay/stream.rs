//! Passing a stream on. In: a stream that has begun. Out: its frames to the client, its end after the charge is durable.
//! Never here: what frames mean (lane), which usage counts (usage), failover (there is none after the first byte).

use crate::limits::{DRAIN_TIME_MAX, REPORT_TIME_MAX};
use crate::relay::attempt::Begun;
use crate::relay::finish::Ending;
use crate::relay::read_on;
use crate::relay::restarting;
use crate::relay::run::Run;
use crate::relay::tab::Tab;
use crate::relay::usage::truth;
use crate::upstream::AnswerBody;
use crate::viewer::{Gone, Slot};
use bytes::{Bytes, BytesMut};
use canon::{Fault, FaultKind};
use dialect::lane::{self, StreamFault};
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// How the passing ended.
enum End {
    /// The upstream said everything; its last words are held back in the lane.
    Complete,
    /// The hold could not be extended any more.
    OutOfCredit,
    /// It failed in the middle, with a word for why where the upstream is the reason.
    Failed(Fault, Option<&'static str>),
    /// The client left.
    Gone,
}

/// A stream on its way: where it comes from, what it is turned into, where it goes.
pub struct Passing<'s> {
    /// The upstream's body.
    pub body: AnswerBody,
    /// The translation under way.
    pub lane: lane::Stream,
    /// What may go to the client.
    pub out: BytesMut,
    /// The client's end.
    pub slot: &'s Slot,
}

impl Passing<'_> {
    /// Sends what may go out now.
    async fn flush(&mut self) -> Result<(), Gone> {
        self.slot.data(self.out.split().freeze()).await
    }
}

/// Passes a stream on to its end.
pub async fn pass(mut run: Run, mut tab: Tab, begun: Begun, slot: &Slot) {
    let Begun { body, lane, out, losses, first_byte_ms } = begun;
    run.first_byte_ms = Some(first_byte_ms);
    run.losses = losses;
    let mut passing = Passing { body, lane, out, slot };
    let end = match open(&run, slot).await {
        Ok(()) => pump(&run, &mut tab, &mut passing).await,
        Err(Gone) => End::Gone,
    };
    close(run, tab, passing, end).await;
}

/// Sends the head, unless a keep-alive sent it before.
async fn open(run: &Run, slot: &Slot) -> Result<(), Gone> {
    if run.head_out.get() {
        return Ok(());
    }
    run.head_out.set();
    slot.head(run.job.entry.stream_head(run.job.array, &run.losses)).await
}

async fn pump(run: &Run, tab: &mut Tab, passing: &mut Passing<'_>) -> End {
    let mut patience = Patience::new(run);
    let mut last_call = pin!(run.worker.closing.last_call());
    loop {
        let ahead = tab.keep_ahead(&run.worker.house, passing.lane.tally()).await;
        // What was read is billed and counted as begun, so it goes out, also when credit ends right behind it.
        if passing.flush().await == Err(Gone) {
            return End::Gone;
        }
        if passing.lane.is_complete() {
            return End::Complete;
        }
        if patience.is_over() {
            return End::Failed(Fault::new(FaultKind::Timeout, TOO_LONG), Some("timeout"));
        }
        match ahead {
            Ok(true) => {}
            Ok(false) => return End::OutOfCredit,
            Err(fault) => return End::Failed(fault, None),
        }
        let stopped = passing.lane.has_stopped();
        let read = tokio::select! {
            biased;
            () = passing.slot.gone() => return End::Gone,
            read = passing.body.next() => read,
            () = last_call.as_mut() => return End::Failed(restarting(), Some("shutdown")),
            due = patience.due(stopped) => match due {
                // The server has said why it ends: that it neither ends nor reports changes nothing for the client.
                Due::Ended => Ok(None),
                Due::KeepAlive => {
                    let comment = Bytes::from_static(passing.lane.keepalive());
                    if passing.slot.data(comment).await == Err(Gone) {
                        return End::Gone;
                    }
                    continue;
                }
                Due::TooSlow(told) => return End::Failed(Fault::new(FaultKind::Timeout, told), Some("timeout")),
            },
        };
        patience.saw();
        let pushed = match read {
            Ok(Some(bytes)) => passing.lane.push(&bytes, &mut passing.out),
            Ok(None) => passing.lane.finish(&mut passing.out),
            Err(_) => Err(StreamFault::Cut),
        };
        if let Err(fault) = pushed {
            // What came before the failure was delivered: it goes out, and is billed.
            return match passing.flush().await {
                Ok(()) => End::Failed(fault.to_fault(), Some(cause(&fault))),
                Err(Gone) => End::Gone,
            };
        }
    }
}

async fn close(mut run: Run, tab: Tab, mut passing: Passing<'_>, mut end: End) {
    let upstream = run.route.and_then(|route| run.job.model.routes.get(route)).map(|route| route.target.dialect);
    if let (End::Failed(fault, _), Some(upstream)) = (&mut end, upstream) {
        dialect::fault::reword(fault, run.job.peek.dialect, upstream);
    }
    let passed = passing.lane.tally().text_bytes();
    // Nobody waits for more words, be it that the client left or that a stop sequence of ours came up.
    let alone = matches!(end, End::Complete | End::Gone);
    if passing.slot.is_gone() {
        run.free_slot();
    }
    let cut = !(alone && read_on::stream(&run, &mut passing).await);
    let Passing { mut body, mut lane, mut out, slot } = passing;
    let usage = truth(&run.job, lane.tally(), passed, cut);
    if let Some(trace) = &run.job.entry.trace {
        trace.stopped(lane.tally());
    }
    let fault = if let End::Failed(fault, cause) = &end {
        run.cause = *cause;
        Some(fault)
    } else {
        None
    };
    let partial = !matches!(end, End::Complete);
    let ending = Ending { usage, partial, client_gone: slot.is_gone(), fault };
    let settled = if cut {
        // Dropping the body closes the connection: the upstream stops.
        drop(body);
        run.settle(tab, &ending).await
    } else {
        tokio::join!(run.settle(tab, &ending), drain(&mut body)).0
    };
    out.clear();
    lane.ended_at(run.worker.house.clock.now().seconds());
    let id = || run.job.entry.id.to_string();
    match (settled, &end) {
        (Err(fault), _) => lane.fail(&fault, &id(), &mut out),
        (Ok(()), End::Complete) => lane.seal(&usage.0, usage.1, &mut out),
        (Ok(()), End::OutOfCredit) => lane.cut_short(&usage.0, usage.1, &mut out),
        (Ok(()), End::Failed(fault, _)) => lane.fail(fault, &id(), &mut out),
        (Ok(()), End::Gone) => {}
    }
    // Before its end goes out: the next turn may come at once.
    if matches!(end, End::Complete | End::OutOfCredit)
        && let Some(object) = lane.final_object()
    {
        run.keep(&object).await;
    }
    slot.last(out.freeze());
}

/// A word for why an upstream's stream is no good.
const fn cause(fault: &StreamFault) -> &'static str {
    match fault {
        StreamFault::Upstream(theirs) => theirs.class.name(),
        other => other.name(),
    }
}

/// Reads the rest of an answer that is complete, so that its connection can be used again.
async fn drain(body: &mut AnswerBody) {
    let rest = async { while let Ok(Some(_)) = body.next().await {} };
    // Too slow an end only costs a connection.
    let _ = tokio::time::timeout(DRAIN_TIME_MAX, rest).await;
}

/// What a client reads when the whole call's time is over.
const TOO_LONG: &str = "The answer took longer than a call may take.";

enum Due {
    KeepAlive,
    Ended,
    TooSlow(&'static str),
}

/// The clock of a stream: one timer, moved only when it fires, so that a chunk costs no timer.
struct Patience {
    keepalive: Duration,
    idle: Duration,
    deadline: Instant,
    seen: Instant,
    last_sent: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    fn new(run: &Run) -> Self {
        let relay = run.worker.house.settings.relay;
        let now = Instant::now();
        Self {
            keepalive: relay.keepalive,
            idle: run.timeouts().idle.unwrap_or(relay.idle_timeout),
            deadline: run.deadline(),
            seen: now,
            last_sent: now,
            timer: Box::pin(tokio::time::sleep(relay.keepalive.min(relay.idle_timeout))),
        }
    }

    /// Something came from the upstream.
    fn saw(&mut self) {
        self.seen = Instant::now();
        self.last_sent = self.seen;
    }

    /// Whether the whole call's time is over: a stream that never falls silent ends by it too.
    fn is_over(&self) -> bool {
        self.seen >= self.deadline
    }

    /// Waits until something is due: a keep-alive, or the end of patience, which comes soon once the server has `stopped`.
    async fn due(&mut self, stopped: bool) -> Due {
        loop {
            let idle = if stopped { self.idle.min(REPORT_TIME_MAX) } else { self.idle };
            let (quiet, dead) = (self.last_sent + self.keepalive, self.seen + idle);
            let next = quiet.min(dead).min(self.deadline);
            // A timer that fires too early is only looked at again: moving it at every chunk would cost more.
            if self.timer.deadline() > next || self.timer.is_elapsed() {
                self.timer.as_mut().reset(next);
            }
            self.timer.as_mut().await;
            let now = Instant::now();
            if now >= self.deadline {
                return Due::TooSlow(TOO_LONG);
            }
            if now >= dead && stopped {
                return Due::Ended;
            }
            if now >= dead {
                return Due::TooSlow("The provider fell silent in the middle of its answer.");
            }
            if now >= quiet {
                self.last_sent = now;
                return Due::KeepAlive;
            }
        }
    }
}
