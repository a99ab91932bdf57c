//! The end of a model call: one `request.done` line, one usage row, the metrics, all of the same facts.
//! In: facts. Out: a line, counts. Never here: deciding anything, names of providers or their models in the line.

use crate::house::House;
use crate::log::{Level, Value};
use crate::traces::Trace;
use canon::{Blame, Dialect, FaultKind};
use ledger::UsageRow;
use units::NanoUsd;

/// What is known at the end of a request.
#[derive(Clone, Debug)]
pub struct Done {
    /// The facts that last.
    pub row: UsageRow,
    /// Whether the caller's key was good; else its ids say nothing.
    pub known_caller: bool,
    /// The base path.
    pub surface: &'static str,
    /// The client's language.
    pub client: Dialect,
    /// The upstream's language, once one was called.
    pub upstream: Option<Dialect>,
    /// The place of the route that served, in the model's order.
    pub route: Option<usize>,
    /// How it ended.
    pub fault: Option<FaultKind>,
    /// A word for the cause of the fault; never an upstream's text.
    pub cause: Option<&'static str>,
    /// How many things the translation dropped or changed.
    pub losses: usize,
    /// What the hold did not cover.
    pub written_off: NanoUsd,
    /// Whether the client left before the end.
    pub client_gone: bool,
    /// Its trace.
    pub trace: Option<Trace>,
}

impl House {
    /// Records a call that was refused before anything was held, where its workspace has not left too many of the kind in this
    /// minute.
    pub fn record_refusal(&self, row: &UsageRow) {
        if self.refusals.record(row.workspace, self.clock.now()) {
            self.ledger.record(row.clone());
        }
    }

    /// Tells log and metrics that a request is done.
    pub fn done(&self, done: &Done) {
        // Between two versions of the catalogue a model may be gone; it is counted as none then.
        let catalogue = self.catalogue.load();
        let sold = catalogue.models.get_key_value(&done.row.model).map(|(id, _)| id);
        self.metrics.count(done, sold);
        if let (Some(tracer), Some(trace)) = (&self.tracer, &done.trace) {
            trace.finish(tracer, done);
        }
        if done.known_caller {
            self.live_rows.ended(&done.row);
        }
        self.log.line(level(done), "request.done", |line| {
            let row = &done.row;
            line.put_plain("request.id", row.request.text().as_str());
            line.put("status", &Value::Number(i64::from(row.status)));
            // A model is called by nothing else.
            line.put("method", &Value::Text("POST"));
            line.put("surface", &Value::Text(done.surface));
            line.put("endpoint", &Value::Text(row.endpoint));
            line.put("model", &Value::Text(&row.model));
            line.put("client", &Value::Text(done.client.name()));
            if let Some(upstream) = done.upstream {
                line.put("upstream", &Value::Text(upstream.name()));
            }
            if let Some(route) = done.route {
                line.put("route", &Value::Number(i64::try_from(route).unwrap_or(i64::MAX)));
            }
            if done.known_caller {
                line.put_plain("workspace.id", row.workspace.text().as_str());
                line.put_plain("key.id", row.key.text().as_str());
            }
            line.put("streamed", &Value::Flag(row.streamed));
            line.put("attempts", &Value::Number(i64::from(row.attempts)));
            for (class, count) in row.usage.iter() {
                line.put(count_field(class), &Value::Number(i64::try_from(count).unwrap_or(i64::MAX)));
            }
            line.put("usage.source", &Value::Text(row.source.name()));
            line.put("charge.nano_usd", &Value::Number(row.charge.nano()));
            if done.written_off > NanoUsd::ZERO {
                line.put("written_off.nano_usd", &Value::Number(done.written_off.nano()));
            }
            if let Some(ms) = row.first_byte_ms {
                line.put("first_byte_ms", &Value::Number(i64::from(ms)));
            }
            line.put("latency_ms", &Value::Number(i64::from(row.latency_ms)));
            if done.losses > 0 {
                line.put("losses", &Value::Number(i64::try_from(done.losses).unwrap_or(i64::MAX)));
            }
            if row.partial {
                line.put("partial", &Value::Flag(true));
            }
            if done.client_gone {
                line.put("client_gone", &Value::Flag(true));
            }
            if let Some(fault) = done.fault {
                line.put("fault", &Value::Text(fault.name()));
            }
            if let Some(cause) = done.cause {
                line.put("cause", &Value::Text(cause));
            }
            if let Some(id) = &row.client_request_id {
                line.put("client_request_id", &Value::Text(id));
            }
        });
    }
}

/// Whose pager rings (docs/LOG.md).
const fn level(done: &Done) -> Level {
    match done.fault {
        Some(kind) => level_of(kind),
        None if done.written_off.nano() > 0 => Level::Warn,
        None => Level::Info,
    }
}

const fn level_of(kind: FaultKind) -> Level {
    match (kind, kind.blame()) {
        (FaultKind::Internal | FaultKind::LedgerUnavailable, _) => Level::Error,
        (_, Blame::House | Blame::Upstream) => Level::Warn,
        (_, Blame::Client | Blame::Tenant) => Level::Info,
    }
}

const fn count_field(class: units::Class) -> &'static str {
    use units::Class;
    match class {
        Class::Input => "tokens.input",
        Class::CacheRead => "tokens.cached_input",
        Class::CacheWrite5m => "tokens.cache_write_5m",
        Class::CacheWrite1h => "tokens.cache_write_1h",
        Class::AudioIn => "tokens.audio_input",
        Class::Output => "tokens.output",
        Class::Reasoning => "tokens.reasoning",
        Class::AudioOut => "tokens.audio_output",
        Class::Images => "images",
    }
}
