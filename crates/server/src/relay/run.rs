//! What has become of one job so far, and how long it may take. In: a job. Out: the facts that the steps of a relay set and
//! read. Never here: a step (attempt, stream, finish), the client's end.

use crate::house::Worker;
use crate::relay::job::Job;
use crate::traces::SpanId;
use canon::Loss;
use catalog::Timeouts;
use ledger::Tried;
use limits::Permit;
use parking_lot::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::Instant;
use units::{PriceId, Usage};

/// A flag that can be set while the run itself is lent out.
#[derive(Default)]
pub struct Flag(AtomicBool);

impl Flag {
    /// Whether it was set.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets it.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One relay under way: the job and what has become of it.
pub struct Run {
    /// The thread's share of the house.
    pub worker: Worker,
    /// What is to be done.
    pub job: Box<Job>,
    /// Attempts begun.
    pub attempts: u8,
    /// Those at models that could not serve.
    pub tried_before: u8,
    /// The route of the last attempt.
    pub route: Option<usize>,
    /// A word for the last failure.
    pub cause: Option<&'static str>,
    /// The span of the attempt under way, where the call is traced.
    pub span: Option<SpanId>,
    /// The attempts that failed.
    pub tries: Vec<Tried>,
    /// The frozen version of the price.
    pub price: Option<PriceId>,
    /// What the translation dropped or changed.
    pub losses: Vec<Loss>,
    /// When the first semantic byte came.
    pub first_byte_ms: Option<u32>,
    /// Set once the head of a stream is out: from then on a fault is told inside the stream.
    pub head_out: Flag,
    /// What the attempt under way has reported before its first semantic byte.
    pub reported: Mutex<Usage>,
    alone: OnceLock<Instant>,
}

impl Run {
    /// Nothing has happened yet.
    pub fn new(worker: Worker, job: Box<Job>) -> Self {
        worker.house.metrics.in_flight.inc();
        Self {
            worker,
            job,
            attempts: 0,
            tried_before: 0,
            route: None,
            cause: None,
            span: None,
            tries: Vec::new(),
            price: None,
            losses: Vec::new(),
            first_byte_ms: None,
            head_out: Flag::default(),
            reported: Mutex::new(Usage::NONE),
            alone: OnceLock::new(),
        }
    }

    /// How long the provider of the last attempt may take for what.
    pub fn timeouts(&self) -> Timeouts {
        let route = self.route.and_then(|r| self.job.model.routes.get(r));
        route.map(|r| r.provider.provider.timeouts).unwrap_or_default()
    }

    /// When the whole call's time is over.
    pub fn deadline(&self) -> Instant {
        let total = self.worker.house.settings.relay.total_timeout;
        self.job.entry.started + self.timeouts().total.unwrap_or(total).min(total)
    }

    /// The caller has gone: its slot is free, however long the rest is read.
    pub fn free_slot(&self) {
        self.job.permits.lock().iter_mut().for_each(Permit::free_slot);
    }

    /// Marks that nobody waits for the answer's words any more, and says since when: since the first mark.
    pub fn mark_alone(&self) -> Instant {
        *self.alone.get_or_init(Instant::now)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.worker.house.metrics.in_flight.dec();
    }
}
