//! Counters for `/metrics` (Prometheus text). In: facts at the end of a request, the state when somebody asks. Out: text. What every
//! call touches is made at the start or found by one look, so counting is a few atomic adds.
//! Never here: labels that grow with customers, keys or requests; what the metrics mean (list).

pub mod list;
mod state;

use crate::done::Done;
use crate::limits::SECOND_BUCKETS;
use ledger::UsageRow;
use limits::Mode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use state::State;
use std::sync::Arc;
use std::time::Duration;
use units::{Class, Timestamp};

/// What a model is called that is not sold.
const UNKNOWN: &str = "unknown";
/// Classes of statuses.
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What calls are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Called {
    surface: &'static str,
    model: Arc<str>,
    status: &'static str,
}

/// What attempts are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempted {
    provider: Arc<str>,
    outcome: &'static str,
}

/// A label that is alone.
type One = [(&'static str, &'static str); 1];
type Ones = Family<One, Counter>;
type OfProvider = [(&'static str, Arc<str>); 1];

/// All metrics.
pub struct Metrics {
    registry: Registry,
    requests: Family<Called, Counter>,
    faults: Ones,
    visits: [Counter; STATUSES.len()],
    tokens: [Counter; Class::TOKENS.len()],
    images: Counter,
    charged: Counter,
    written_off: Counter,
    estimated: Counter,
    attempts: Family<Attempted, Counter>,
    provider_up: Family<OfProvider, Gauge>,
    seconds: Histogram,
    first_byte: Histogram,
    overhead: Histogram,
    hold: Histogram,
    settle: Histogram,
    judged: [Counter; Mode::ALL.len()],
    state: State,
    unknown: Arc<str>,
    /// Requests under way.
    pub in_flight: Gauge,
}

/// Registers a metric with what the table says of it.
fn add<M: Metric + Clone + Default>(registry: &mut Registry, name: &'static str) -> M {
    let metric = M::default();
    registry.register(name, list::help(name), metric.clone());
    metric
}

fn add_histogram(registry: &mut Registry, name: &'static str) -> Histogram {
    let histogram = Histogram::new(SECOND_BUCKETS);
    registry.register(name, list::help(name), histogram.clone());
    histogram
}

/// A counter for each value of one label, all of them there from the start.
fn add_each<const N: usize>(
    registry: &mut Registry,
    (name, label): (&'static str, &'static str),
    values: [&'static str; N],
) -> [Counter; N] {
    let family: Ones = add(registry, name);
    values.map(|value| family.get_or_create_owned(&[(label, value)]))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(list::PREFIX);
        let to = &mut registry;
        Self {
            requests: add(to, "requests"),
            faults: add(to, "faults"),
            visits: add_each(to, ("visits", "status"), STATUSES),
            in_flight: add(to, "in_flight"),
            seconds: add_histogram(to, "request_seconds"),
            first_byte: add_histogram(to, "first_byte_seconds"),
            overhead: add_histogram(to, "overhead_seconds"),
            tokens: add_each(to, ("tokens", "class"), Class::TOKENS.map(Class::name)),
            images: add(to, "images"),
            charged: add(to, "charged_nano_usd"),
            written_off: add(to, "written_off_nano_usd"),
            estimated: add(to, "estimated"),
            attempts: add(to, "upstream_attempts"),
            provider_up: add(to, "provider_up"),
            hold: add_histogram(to, "hold_seconds"),
            settle: add_histogram(to, "settle_seconds"),
            judged: add_each(to, ("limits_judged", "mode"), Mode::ALL.map(Mode::name)),
            state: State::new(to),
            unknown: UNKNOWN.into(),
            registry,
        }
    }
}

/// The class of a status, as a place.
fn class_of(status: u16) -> usize {
    usize::from(status / 100).clamp(1, STATUSES.len()) - 1
}

impl Metrics {
    /// Counts a finished call; `sold` is its model's id, where it is sold: what callers write is no label.
    pub fn count(&self, done: &Done, sold: Option<&Arc<str>>) {
        let row = &done.row;
        let model = Arc::clone(sold.unwrap_or(&self.unknown));
        let called = Called { surface: done.surface, model, status: STATUSES[class_of(row.status)] };
        self.requests.get_or_create(&called).inc();
        if let Some(fault) = done.fault {
            self.faults.get_or_create(&[("fault", fault.name())]).inc();
        }
        for (class, count) in row.usage.iter() {
            match class {
                Class::Images => self.images.inc_by(count),
                _ => self.tokens[class as usize].inc_by(count),
            };
        }
        self.charged.inc_by(u64::try_from(row.charge.nano()).unwrap_or(0));
        self.written_off.inc_by(u64::try_from(done.written_off.nano()).unwrap_or(0));
        if row.source == units::UsageSource::Estimated {
            self.estimated.inc();
        }
        self.seconds.observe(f64::from(row.latency_ms) / 1_000.0);
        if let Some(ms) = row.first_byte_ms {
            self.first_byte.observe(f64::from(ms) / 1_000.0);
        }
    }

    /// Counts a request that calls no model.
    pub fn visited(&self, status: u16) {
        self.visits[class_of(status)].inc();
    }

    /// Counts an attempt at a provider, by the name that records have: `None` was answered, else the word for what went wrong, and
    /// whether the provider is to blame.
    pub fn attempted(&self, provider: &Arc<str>, failed: Option<(&'static str, bool)>) {
        let provider = Arc::clone(provider);
        let outcome = failed.map_or("answered", |(cause, _)| cause);
        self.attempts.get_or_create(&Attempted { provider: Arc::clone(&provider), outcome }).inc();
        // A request that its server refuses says nothing about the server.
        if let Some(up) = failed.map_or(Some(1), |(_, to_blame)| to_blame.then_some(0)) {
            self.provider_up.get_or_create(&[("provider", provider)]).set(up);
        }
    }

    /// Whether the last attempt at a provider was answered; `None` where there was none.
    pub fn provider_up(&self, provider: &str) -> Option<bool> {
        self.provider_up.get(&[("provider", Arc::from(provider))]).map(|up| up.get() == 1)
    }

    /// A call is about to ask its first provider.
    pub fn asked(&self, since_head: Duration) {
        self.overhead.observe(since_head.as_secs_f64());
    }

    /// The ledger answered a hold.
    pub fn held(&self, took: Duration) {
        self.hold.observe(took.as_secs_f64());
    }

    /// A charge is durable.
    pub fn settled(&self, took: Duration) {
        self.settle.observe(took.as_secs_f64());
    }

    /// When the books were audited last, and how much did not agree; `None` before the first time.
    pub fn last_audit(&self) -> Option<(Timestamp, i64)> {
        self.state.last_audit()
    }

    /// The books were audited.
    pub fn audited(&self, findings: usize, at: Timestamp) {
        self.state.audited(findings, at);
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

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub use tests::done as tests_done;
