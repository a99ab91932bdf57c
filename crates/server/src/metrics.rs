//! Counters for `/metrics` (Prometheus text). In: facts at the end of a request. Out: text. All handles are made at the
//! start, so counting is a few atomic adds. Never here: labels that grow with customers, keys or requests.

use crate::done::Done;
use ledger::UsageRow;
use limits::Mode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use units::Class;

const SECONDS: [f64; 11] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];

/// All metrics.
pub struct Metrics {
    registry: Registry,
    requests: [Counter; 5],
    tokens: [Counter; Class::TOKENS.len()],
    images: Counter,
    charged: Counter,
    written_off: Counter,
    estimated: Counter,
    attempts: Counter,
    seconds: Histogram,
    first_byte: Histogram,
    judged: [Counter; Mode::ALL.len()],
    lines_dropped: Gauge,
    /// Requests under way.
    pub in_flight: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tollgate");
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        let requests = classes.map(|class| {
            let counter = Counter::default();
            let mut sub = registry.sub_registry_with_label(("status".into(), class.into()));
            register(&mut sub, "requests", "Model calls by class of status.", &counter);
            counter
        });
        let judged = Mode::ALL.map(|mode| {
            let counter = Counter::default();
            let mut sub = registry.sub_registry_with_label(("mode".into(), mode.name().into()));
            register(&mut sub, "limits_judged", "Questions about limits by who judged.", &counter);
            counter
        });
        let tokens = Class::TOKENS.map(|class| {
            let counter = Counter::default();
            let mut sub = registry.sub_registry_with_label(("class".into(), class.name().into()));
            register(&mut sub, "tokens", "Tokens by usage class.", &counter);
            counter
        });
        let [images, charged, written_off, estimated, attempts] = [
            ("images", "Images made."),
            ("charged_nano_usd", "Charged, in nano-USD."),
            ("written_off_nano_usd", "Cost above the hold, paid by the house, in nano-USD."),
            ("estimated", "Requests whose usage was estimated."),
            ("upstream_attempts", "Routes tried, retries included."),
        ]
        .map(|(name, help)| {
            let counter = Counter::default();
            let mut sub = &mut registry;
            register(&mut sub, name, help, &counter);
            counter
        });
        let seconds = Histogram::new(SECONDS);
        registry.register("request_seconds", "From head to end of answer.", seconds.clone());
        let first_byte = Histogram::new(SECONDS);
        registry.register("first_byte_seconds", "From head to the first meaningful byte.", first_byte.clone());
        let in_flight = Gauge::default();
        registry.register("in_flight", "Model calls under way.", in_flight.clone());
        let lines_dropped = Gauge::default();
        registry.register("log_lines_dropped", "Log lines that nobody could write.", lines_dropped.clone());
        Self {
            lines_dropped,
            registry,
            requests,
            judged,
            tokens,
            images,
            charged,
            written_off,
            estimated,
            attempts,
            seconds,
            first_byte,
            in_flight,
        }
    }
}

fn register(registry: &mut &mut Registry, name: &str, help: &str, counter: &Counter) {
    registry.register(name, help, counter.clone());
}

impl Metrics {
    /// Counts a finished request.
    pub fn count(&self, done: &Done) {
        let row = &done.row;
        let class = usize::from(row.status / 100).clamp(1, self.requests.len()) - 1;
        self.requests[class].inc();
        for (class, count) in row.usage.iter() {
            match class {
                Class::Images => self.images.inc_by(count),
                _ => self.tokens[class as usize].inc_by(count),
            };
        }
        self.charged.inc_by(u64::try_from(row.charge.nano()).unwrap_or(0));
        self.written_off.inc_by(u64::try_from(done.written_off.nano()).unwrap_or(0));
        self.attempts.inc_by(u64::from(row.attempts));
        if row.source == units::UsageSource::Estimated {
            self.estimated.inc();
        }
        self.seconds.observe(f64::from(row.latency_ms) / 1_000.0);
        if let Some(ms) = row.first_byte_ms {
            self.first_byte.observe(f64::from(ms) / 1_000.0);
        }
    }

    /// Counts a question about limits.
    pub fn judged(&self, mode: Mode) {
        let place = Mode::ALL.iter().position(|known| *known == mode).unwrap_or(0);
        self.judged[place].inc();
    }

    /// Counts what a task came to; its request was counted when it was begun.
    pub fn count_task(&self, row: &UsageRow) {
        self.images.inc_by(row.usage.count(Class::Images));
        self.charged.inc_by(u64::try_from(row.charge.nano()).unwrap_or(0));
    }

    /// The text of `/metrics`; `dropped` is the count of lost log lines.
    pub fn text(&self, dropped: u64) -> String {
        self.lines_dropped.set(i64::try_from(dropped).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
