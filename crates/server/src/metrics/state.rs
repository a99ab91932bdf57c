//! How the house stands at the moment somebody asks. In: the house. Out: gauges, and the text of all metrics.
//! Never here: what is counted as it happens (metrics).

use super::add;
use crate::house::House;
use crate::limits::{AUDIT_FIRST, PING_TIME_MAX};
use crate::traces::Tracer;
use limits::Mode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use store::port::{AuditReport, StoreError};
use tokio::time::{Instant, timeout};
use units::Timestamp;

type Seconds = Gauge<f64, AtomicU64>;

/// The gauges.
pub struct State {
    open_holds: Gauge,
    held: Gauge,
    queue: Gauge,
    failing: Gauge,
    findings: Gauge,
    audited_at: Gauge,
    store_up: Gauge,
    store_ping: Seconds,
    listeners: Gauge,
    modes: [Gauge; Mode::ALL.len()],
    accounts: Gauge,
    blocked: Gauge,
    catalogue: Gauge,
    spans_dropped: Gauge,
    lines_dropped: Gauge,
    started: Gauge,
}

impl State {
    /// Registers them.
    pub fn new(to: &mut Registry) -> Self {
        let open_holds = add(to, "open_holds");
        let held = add(to, "held_nano_usd");
        let (queue, failing) = (add(to, "ledger_queue"), add(to, "ledger_failing"));
        let (findings, audited_at) = (add(to, "audit_findings"), add(to, "audit_timestamp_seconds"));
        let (store_up, store_ping) = (add(to, "store_up"), add(to, "store_ping_seconds"));
        let listeners = add(to, "listeners");
        let modes: Family<super::One, Gauge> = add(to, "limiter_mode");
        let modes = Mode::ALL.map(|mode| modes.get_or_create_owned(&[("mode", mode.name())]));
        let (accounts, blocked) = (add(to, "limited_accounts"), add(to, "addresses_blocked"));
        let (catalogue, lines_dropped) = (add(to, "catalogue_version"), add(to, "log_lines_dropped"));
        let spans_dropped = add(to, "spans_dropped");
        let started = add(to, "started_timestamp_seconds");
        let build: Family<super::One, Gauge> = add(to, "build_info");
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        Self {
            open_holds,
            held,
            queue,
            failing,
            findings,
            audited_at,
            store_up,
            store_ping,
            listeners,
            modes,
            accounts,
            blocked,
            catalogue,
            spans_dropped,
            lines_dropped,
            started,
        }
    }

    /// The books were audited.
    pub fn audited(&self, findings: usize, at: Timestamp) {
        self.findings.set(whole(findings as u64));
        self.audited_at.set(at.seconds());
    }
}

impl State {
    /// When that was last, and what was found.
    pub fn last_audit(&self) -> Option<(Timestamp, i64)> {
        let seconds = self.audited_at.get();
        (seconds > 0).then(|| (Timestamp::from_ms(seconds.saturating_mul(1_000)), self.findings.get()))
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl House {
    /// The text of `/metrics`.
    pub async fn numbers(&self) -> String {
        let (state, now) = (&self.metrics.state, self.clock.now());
        let asked = Instant::now();
        let ping = timeout(PING_TIME_MAX, self.store.ping()).await;
        state.store_up.set(i64::from(matches!(ping, Ok(Ok(())))));
        state.store_ping.set(asked.elapsed().as_secs_f64());
        // A ledger that does not answer leaves the last word that it said.
        if let Ok(Ok(ledger)) = timeout(PING_TIME_MAX, self.ledger.state()).await {
            state.open_holds.set(whole(ledger.open_holds));
            state.held.set(ledger.held.nano());
            state.queue.set(whole(ledger.waiting));
            state.failing.set(i64::from(ledger.failing));
        }
        state.listeners.set(whole(self.live_rows.listeners() as u64));
        let judge = self.limiter.mode();
        for (gauge, mode) in state.modes.iter().zip(Mode::ALL) {
            gauge.set(i64::from(mode == judge));
        }
        state.accounts.set(whole(self.limiter.accounts() as u64));
        state.blocked.set(whole(self.limiter.blocked_addresses(now) as u64));
        state.catalogue.set(whole(self.catalogue.load().catalogue.version));
        state.spans_dropped.set(whole(self.tracer.as_ref().map_or(0, Tracer::dropped)));
        state.lines_dropped.set(whole(self.log.dropped()));
        state.started.set(self.started.seconds());
        self.metrics.text()
    }

    /// Recomputes the ledger, and tells monitors and the log what came of it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn audit(&self) -> Result<AuditReport, StoreError> {
        let report = self.ledger.audit().await?;
        self.metrics.audited(report.findings.len(), self.clock.now());
        if let Some(first) = report.findings.first() {
            let count = report.findings.len().to_string();
            self.log.error("audit.findings", &[("findings", &count), ("first", first)]);
        }
        Ok(report)
    }

    /// Audits the books again and again, for ever, where the operator wants it.
    pub async fn audit_often(self: Arc<Self>) {
        let every = self.settings.audit_every;
        if every.is_zero() {
            return;
        }
        let mut rest: Duration = every.min(AUDIT_FIRST);
        loop {
            tokio::time::sleep(rest).await;
            if let Err(error) = self.audit().await {
                self.log.warn("audit.failed", &[("error", &error.to_string())]);
            }
            rest = every;
        }
    }
}
