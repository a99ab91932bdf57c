//! Reading on when nobody waits for an answer's words any more, so that the provider's own report makes the charge exact
//! (docs/MONEY.md). In: a client that left, a stop sequence of ours that came up. Out: whether the provider's end was
//! heard. Never here: the choice of what is charged then (usage), words for a client.

use crate::limits::{READ_ON_LOOK_EVERY, READ_ON_TIME_MAX, REPORT_TIME_MAX};
use crate::relay::job::Terms;
use crate::relay::run::Run;
use crate::relay::stream::Passing;
use bytes::Bytes;
use canon::Tally;
use dialect::lane;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Until when it is read on at most; shorter once the process is on its way out.
struct Limit(Instant);

impl Limit {
    /// `time` from the moment on which nobody waited any more, never beyond the time of the whole call.
    fn new(run: &Run, since: Instant, time: Duration) -> Self {
        Self((since + time).min(run.deadline()))
    }

    /// When to look again; `None` when the time is over.
    fn next(&mut self, run: &Run, now: Instant) -> Option<Instant> {
        if run.worker.house.is_draining() {
            // What is left of a shutdown's time is for settling.
            self.0 = self.0.min(now + REPORT_TIME_MAX);
        }
        (now < self.0).then(|| self.0.min(now + READ_ON_LOOK_EVERY))
    }
}

/// Goes on with an attempt whose client left, where only the provider's report tells what it costs: the provider thinks and
/// counts whether anybody listens or not. `None` when it is given up.
pub async fn attempt<T>(run: &Run, mut step: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    if !run.job.terms.needs_report(&Tally::default()) {
        return None;
    }
    // Pictures take minutes, and the whole call's time bounds them.
    run.free_slot();
    let pictures = run.job.peek.pictures.count > 0;
    let since = run.mark_alone();
    let mut limit = if pictures { Limit(run.deadline()) } else { Limit::new(run, since, READ_ON_TIME_MAX) };
    loop {
        let next = limit.next(run, Instant::now())?;
        if let Ok(out) = timeout_at(next, step.as_mut()).await {
            return Some(out);
        }
    }
}

/// Reads a stream on to the provider's end where that changes what is charged: a short time where it has said that it
/// ends, longer where only the report tells what the call costs, else not at all. Whoever still waits for the end (its
/// charge comes first) gets keep-alives. Says whether the provider's end was heard.
pub async fn stream(run: &Run, passing: &mut Passing<'_>) -> bool {
    let Some(mut limit) = worth(run, &passing.lane) else { return passing.lane.is_ended() };
    let every = run.worker.house.settings.relay.keepalive;
    let mut quiet = Instant::now() + every;
    while !passing.lane.is_ended() {
        let now = Instant::now();
        let Some(next) = limit.next(run, now) else { return false };
        if now >= quiet {
            // Nobody may be there to take it.
            let _ = passing.slot.data(Bytes::from_static(passing.lane.keepalive())).await;
            quiet = now + every;
        }
        let Ok(read) = timeout_at(next.min(quiet), passing.body.next()).await else { continue };
        let heard = match read {
            Ok(Some(bytes)) => passing.lane.push(&bytes, &mut passing.out),
            Ok(None) => return passing.lane.finish(&mut passing.out).is_ok() && passing.lane.is_ended(),
            Err(_) => return false,
        };
        passing.out.clear();
        if heard.is_err() {
            return false;
        }
    }
    true
}

fn worth(run: &Run, lane: &lane::Stream) -> Option<Limit> {
    match &run.job.terms {
        Terms::Free => None,
        _ if lane.is_ended() => None,
        _ if lane.has_stopped() => Some(Limit::new(run, Instant::now(), REPORT_TIME_MAX)),
        terms if terms.needs_report(lane.tally()) => Some(Limit::new(run, run.mark_alone(), READ_ON_TIME_MAX)),
        Terms::Billed(_) => None,
    }
}
