//! Every metric, once: its name, kind, labels and meaning. In: nothing. Out: the table of which `/metrics` and docs/METRICS.md are made.
//! Never here: a value, a label's value, a label that grows with customers, keys or requests.

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only rises; its name ends with `_total` where it is told.
    Counter,
    /// It rises and falls.
    Gauge,
    /// Counts by size; told as `_bucket`, `_sum` and `_count`.
    Histogram,
}

impl Kind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric as it is told of.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// Its name, without the prefix and the ending of its kind.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it means, in a sentence.
    pub help: &'static str,
}

/// What the names of all of them begin with.
pub const PREFIX: &str = "tollgate";

impl Listed {
    /// Its name as monitors know it.
    pub fn told(&self) -> String {
        let ending = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{PREFIX}_{}{ending}", self.name)
    }
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Listed {
    Listed { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Listed {
    Listed { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, help: &'static str) -> Listed {
    Listed { name, kind: Kind::Histogram, labels: &[], help }
}

/// All of them.
#[rustfmt::skip]
pub const LIST: &[Listed] = &[
    counter("requests", &["surface", "model", "status"], "Model calls by base path, model (`unknown` for what is not sold) and class of status."),
    counter("faults", &["fault"], "Model calls that ended with a fault, by its name in docs/FAULTS.md."),
    counter("visits", &["status"], "Requests that call no model, by class of status; probes that went well are not counted."),
    gauge("in_flight", &[], "Model calls under way."),
    histogram("request_seconds", "From a call's head to the end of its answer."),
    histogram("first_byte_seconds", "From a call's head to the first meaningful byte of its answer."),
    histogram("overhead_seconds", "From a call's head to the first question to a provider: what the gateway itself takes, reading the body and the hold included."),
    counter("tokens", &["class"], "Tokens by usage class."),
    counter("images", &[], "Images made."),
    counter("charged_nano_usd", &[], "Charged, in nano-USD."),
    counter("written_off_nano_usd", &[], "Cost above the hold, paid by the house, in nano-USD."),
    counter("estimated", &[], "Requests whose usage was estimated."),
    counter("upstream_attempts", &["provider", "outcome"], "Routes tried, retries included: `answered`, or the word for what went wrong (`cause` in docs/LOG.md)."),
    gauge("provider_up", &["provider"], "Whether the last attempt at a provider was answered: 0 after one that failed by its server, its network or its credential."),
    gauge("open_holds", &[], "Holds that are open: of this node on SQLite, of all nodes on PostgreSQL."),
    gauge("held_nano_usd", &[], "What open holds have reserved, in nano-USD."),
    gauge("ledger_queue", &[], "Orders that wait to be written."),
    gauge("ledger_failing", &[], "Whether charges cannot be written just now: then no new call is held."),
    histogram("hold_seconds", "How long the ledger takes to reserve credit."),
    histogram("settle_seconds", "How long the ledger takes until a charge is durable."),
    gauge("audit_findings", &[], "What the last audit of this node found that does not agree; must be 0."),
    gauge("audit_timestamp_seconds", &[], "When this node audited the books last; 0 before the first time."),
    gauge("store_up", &[], "Whether the store answers."),
    gauge("store_ping_seconds", &[], "How long it took to answer, when the metrics were asked for."),
    gauge("listeners", &[], "Streams of events that are open on this node."),
    counter("limits_judged", &["mode"], "Questions about limits by who judged: `local`, `shared` or `degraded`."),
    gauge("limiter_mode", &["mode"], "1 for who would judge just now."),
    gauge("limited_accounts", &[], "Accounts whose use is remembered for limits."),
    gauge("addresses_blocked", &[], "Addresses that this node blocks after failed authentications."),
    gauge("catalogue_version", &[], "The version of the catalogue in force on this node."),
    gauge("spans_dropped", &[], "Spans of traces that no collector took."),
    gauge("log_lines_dropped", &[], "Log lines that nobody could write."),
    gauge("started_timestamp_seconds", &[], "When this process started."),
    gauge("build_info", &["version"], "Always 1; the version that runs."),
];

/// What a metric means, without its full stop: the registry writes one itself. Empty for one that is not in the table, which a test
/// finds.
pub fn help(name: &str) -> &'static str {
    LIST.iter().find(|listed| listed.name == name).map_or("", |listed| listed.help.trim_end_matches('.'))
}
