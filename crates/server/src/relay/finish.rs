//! The end of a relay: facts, closing, the last words to the client. In: how it ended. Out: one usage row, one
//! `request.done`, and an answer or fault. Never here: reading upstreams, choosing usage (usage.rs).

use crate::done::Done;
use crate::limits::MODEL_SHOWN_CHARS_MAX;
use crate::relay::reply_head;
use crate::relay::run::Run;
use crate::relay::tab::{Closed, Tab};
use crate::relay::usage::truth;
use crate::viewer::Slot;
use bytes::Bytes;
use canon::{Fault, FaultKind, Tally};
use ledger::UsageRow;
use limits::Permit;
use std::sync::Arc;
use tokio::time::Instant;
use units::{Usage, UsageSource};

/// How an answer ended.
pub struct Ending<'a> {
    /// What was used.
    pub usage: (Usage, UsageSource),
    /// Whether it stopped before its end.
    pub partial: bool,
    /// Whether the client left.
    pub client_gone: bool,
    /// The fault it ended with.
    pub fault: Option<&'a Fault>,
}

impl Run {
    /// Keeps an answer whose caller may come back to it.
    pub async fn keep(&self, object: &Bytes) {
        if let Some(keeping) = &self.job.keeping {
            let id = reply_head(self).id;
            self.worker.house.keep(self.job.caller.workspace, &id, keeping, object).await;
        }
    }

    /// The name that was asked for, where the model that answers has another one.
    pub fn asked_model(&self) -> Option<Arc<str>> {
        let (asked, id) = (self.job.peek.model.as_str(), &*self.job.model.model.id);
        let shown = || asked.chars().filter(|c| !c.is_control()).take(MODEL_SHOWN_CHARS_MAX).collect::<String>();
        (asked != id).then(|| shown().into())
    }

    /// The record of this run.
    pub fn row(&self, ending: &Ending<'_>) -> UsageRow {
        let (job, served) = (&self.job, self.route.and_then(|r| self.job.model.routes.get(r)));
        let status = ending.fault.map_or(200, |fault| job.entry.door.surface.status(fault.kind));
        UsageRow {
            model: job.model.model.id.clone(),
            provider: served.map_or_else(|| "".into(), |r| r.provider.recorded.clone()),
            upstream_model: served.map_or_else(|| "".into(), |r| r.model.clone()),
            // Once a stream's head is out, its status is 200 whatever follows.
            status: if self.head_out.get() { 200 } else { status },
            fault: ending.fault.map(|f| f.kind.name()),
            usage: ending.usage.0,
            source: ending.usage.1,
            price: self.price,
            first_byte_ms: self.first_byte_ms,
            streamed: job.peek.stream,
            attempts: self.attempts,
            partial: ending.partial,
            counted: job.counts_for,
            asked_model: self.asked_model(),
            tries: self.tries.clone(),
            ..job.entry.row(Some(&job.caller))
        }
    }

    /// Settles the tab with an ending; the charge is durable when this returns `Ok`.
    pub async fn settle(&self, tab: Tab, ending: &Ending<'_>) -> Result<(), Fault> {
        let mut row = self.row(ending);
        let tokens = row.usage.prompt_total().saturating_add(row.usage.answer_total());
        self.job.permits.lock().iter_mut().for_each(|permit| permit.correct_tokens(tokens));
        let asked = Instant::now();
        let settled = tab.settle(&self.worker.house, &row).await;
        if let Some(trace) = &self.job.entry.trace {
            trace.settled(asked);
        }
        let closed = settled.as_ref().copied().unwrap_or_default();
        row.charge = closed.charged;
        let fault = ending.fault.map(|f| f.kind).or(settled.as_ref().err().map(|f| f.kind));
        if settled.is_err() {
            self.worker.house.log.error("charge.pending", &[("request.id", &row.request.to_string())]);
        }
        self.done(row, fault, ending.client_gone, closed);
        settled.map(|_| ())
    }

    /// A call does not count for its day where nothing of an answer was sent.
    fn give_back_day(&self) {
        if !self.head_out.get() {
            self.job.permits.lock().iter_mut().for_each(Permit::give_back_day);
        }
    }

    /// No hold was placed: the fault is the whole answer.
    pub fn refuse(self, fault: &Fault, slot: &Slot) {
        // Nobody was asked.
        self.give_back_day();
        let row = self.row(&Ending::nothing(fault));
        self.worker.house.record_refusal(&row);
        self.done(row, Some(fault.kind), false, Closed::default());
        slot.whole(self.job.entry.fault(fault));
    }

    /// Every attempt failed before the first semantic byte: nothing is charged, the hold goes back first.
    pub async fn fail(self, tab: Tab, fault: Fault, slot: &Slot) {
        if dialect::fault::status(fault.kind) >= 500 {
            self.give_back_day();
        }
        let row = self.row(&Ending::nothing(&fault));
        tab.release(&self.worker.house, row.clone()).await;
        self.done(row, Some(fault.kind), false, Closed::default());
        if self.head_out.get() {
            slot.last(self.told_inside(&fault));
        } else {
            slot.whole(self.job.entry.fault(&fault));
        }
    }

    /// The client left before there was anything to read. A prompt that the provider has reported is charged, since it
    /// was read for this client; else nothing is.
    pub async fn abandon(self, tab: Tab) {
        let mut tally = Tally::default();
        tally.report(&self.reported.lock());
        let ending = |usage| Ending { usage, partial: true, client_gone: true, fault: None };
        if tally.usage().iter().any(|(class, _)| class.is_prompt()) {
            // Nobody is left to be told that the charge comes late.
            let _ = self.settle(tab, &ending(truth(&self.job, &tally, 0, true))).await;
            return;
        }
        let ending = ending((Usage::NONE, UsageSource::None));
        let row = self.row(&ending);
        tab.release(&self.worker.house, row.clone()).await;
        self.done(row, None, true, Closed::default());
    }

    /// It began a task: what it is charged and how it ends is told when that ends.
    pub fn begun(&self, ending: &Ending<'_>) {
        self.done(self.row(ending), None, ending.client_gone, Closed::default());
    }

    fn told_inside(&self, fault: &Fault) -> Bytes {
        dialect::fault::render_event(fault, self.job.peek.dialect, &self.job.entry.id.to_string())
    }

    fn done(&self, row: UsageRow, fault: Option<FaultKind>, client_gone: bool, closed: Closed) {
        let served = self.route.and_then(|r| self.job.model.routes.get(r));
        self.worker.house.done(&Done {
            row,
            known_caller: true,
            surface: &self.job.entry.door.surface.base,
            client: self.job.peek.dialect,
            upstream: served.map(|r| r.target.dialect),
            route: self.route,
            fault,
            cause: fault.and(self.cause),
            losses: self.losses.len(),
            written_off: closed.written_off,
            client_gone,
            trace: self.job.entry.trace.clone(),
        });
    }
}

impl<'a> Ending<'a> {
    /// Nothing was used.
    pub const fn nothing(fault: &'a Fault) -> Self {
        Self { usage: (Usage::NONE, UsageSource::None), partial: false, client_gone: false, fault: Some(fault) }
    }
}
