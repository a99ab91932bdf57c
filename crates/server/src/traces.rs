//! Traces of model calls, for a collector of OpenTelemetry. In: what happened to a call, and when. Out: spans that wait for their
//! sender. Off unless the operator names a collector: then a call pays one look at an option in each place where a span would be.
//! Never here: prompts, answers, keys, addresses of people; names of attributes (names), how spans are written (otlp), sending (send).

mod names;
mod otlp;
mod send;

use crate::done::Done;
use crate::limits::{SPANS_OF_ONE_MAX, SPANS_WAITING_MAX};
use canon::{Dialect, StopReason, Tally};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use otlp::{Kind, Span, Value};
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::Instant;
use units::{Chance, Class, Secret, Timestamp};

/// Where traces go, and of how many calls.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// Where a collector takes them (`http://127.0.0.1:4318/v1/traces`).
    pub endpoint: Uri,
    /// Headers for the collector; they may hold secrets.
    pub headers: Secret<Vec<(HeaderName, HeaderValue)>>,
    /// Of so many calls in a thousand.
    pub per_mille: u32,
    /// Whether a caller's `traceparent` is taken over, and with it whether the call is traced.
    pub accepts: bool,
    /// Whether providers are told a `traceparent`.
    pub passes_on: bool,
    /// What the collector knows this gateway as.
    pub service: String,
}

/// The header that carries a trace from one program to the next.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

type TraceId = [u8; 16];
/// The id of a span.
pub type SpanId = [u8; 8];

/// Makes traces, and keeps their spans until they are sent.
pub struct Tracer {
    settings: TraceSettings,
    waiting: Mutex<Vec<Span>>,
    dropped: AtomicU64,
}

/// One call that is traced. Clones are the same trace.
#[derive(Clone)]
pub struct Trace(Arc<Inner>);

struct Inner {
    id: TraceId,
    span: SpanId,
    parent: Option<SpanId>,
    at: Timestamp,
    started: Instant,
    passes_on: bool,
    chance: Arc<dyn Chance>,
    spans: Mutex<Vec<Span>>,
    stop: Mutex<Option<StopReason>>,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({})", otlp::hex(&self.0.id))
    }
}

/// An attempt, as its span tells it.
pub struct Attempted<'a> {
    /// Its span, made before it began.
    pub span: SpanId,
    /// When it began.
    pub from: Instant,
    /// The provider's language.
    pub dialect: Dialect,
    /// The provider, as operators call it.
    pub provider: &'a str,
    /// The provider's model.
    pub model: &'a str,
    /// What the client called.
    pub endpoint: &'a str,
    /// A word for what went wrong.
    pub failed: Option<&'static str>,
}

impl Tracer {
    /// Makes traces by these settings.
    pub const fn new(settings: TraceSettings) -> Self {
        Self { settings, waiting: Mutex::new(Vec::new()), dropped: AtomicU64::new(0) }
    }

    /// Begins the trace of a call, where it is to be traced: by its caller's word where that is taken, else by lot.
    pub fn begin(
        &self,
        headers: &HeaderMap,
        chance: &Arc<dyn Chance>,
        (at, started): (Timestamp, Instant),
    ) -> Option<Trace> {
        let told = headers.get(TRACEPARENT).filter(|_| self.settings.accepts);
        let told = told.and_then(|value| parent_of(value.to_str().ok()?));
        let mut random = [0; 28];
        chance.fill(&mut random);
        let (ids, lot) = random.split_at(24);
        let is_drawn =
            || lot.iter().fold(0_u32, |n, byte| (n << 8) | u32::from(*byte)) % 1_000 < self.settings.per_mille;
        let (id, parent) = match told {
            Some((id, parent, true)) => (id, Some(parent)),
            None if is_drawn() => (first(ids), None),
            Some((_, _, false)) | None => return None,
        };
        let span = first(&ids[16..]);
        Some(Trace(Arc::new(Inner {
            id,
            span,
            parent,
            at,
            started,
            passes_on: self.settings.passes_on,
            chance: Arc::clone(chance),
            spans: Mutex::default(),
            stop: Mutex::default(),
        })))
    }

    /// Keeps spans until they are sent; what does not fit is dropped and counted.
    fn keep(&self, spans: Vec<Span>) {
        let mut waiting = self.waiting.lock();
        if waiting.len() + spans.len() > SPANS_WAITING_MAX {
            self.dropped.fetch_add(spans.len() as u64, Ordering::Relaxed);
        } else {
            waiting.extend(spans);
        }
    }
}

/// The first bytes of a slice that has enough of them.
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|n| bytes.get(n).copied().unwrap_or(1))
}

/// The trace and the span that a `traceparent` names, and whether they are traced; `None` for one that is not valid.
fn parent_of(text: &str) -> Option<(TraceId, SpanId, bool)> {
    let mut parts = text.split('-');
    let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let known = version.len() == 2 && version != "ff" && (version != "00" || parts.next().is_none());
    let (id, span) = (from_hex::<16>(id)?, from_hex::<8>(span)?);
    let [flags] = from_hex::<1>(flags)?;
    let [_] = from_hex::<1>(version)?;
    (known && id != [0; 16] && span != [0; 8]).then_some((id, span, flags & 1 == 1))
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let small = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() != 2 * N || !text.bytes().all(small) {
        return None;
    }
    let mut bytes = [0; N];
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(bytes)
}

impl Trace {
    /// A new span's id.
    pub fn new_span(&self) -> SpanId {
        let mut id = [0; 8];
        self.0.chance.fill(&mut id);
        id
    }

    /// What a provider is told, where the operator wants it to be told anything: no id of this house is in it.
    pub fn passed_on(&self, span: SpanId) -> Option<HeaderValue> {
        let text = || format!("00-{}-{}-01", otlp::hex(&self.0.id), otlp::hex(&span));
        self.0.passes_on.then(text).and_then(|text| HeaderValue::try_from(text).ok())
    }

    /// Nanoseconds since 1970 of an instant of this process.
    fn nanos(&self, at: Instant) -> u128 {
        let start = u128::from(self.0.at.ms().unsigned_abs()) * 1_000_000;
        start + at.saturating_duration_since(self.0.started).as_nanos()
    }

    fn child(&self, span: SpanId, name: String, (from, until): (Instant, Instant)) -> Span {
        Span {
            trace: self.0.id,
            id: span,
            parent: Some(self.0.span),
            name,
            kind: Kind::Internal,
            from: self.nanos(from),
            until: self.nanos(until),
            attributes: Vec::new(),
            error: None,
        }
    }

    fn keep(&self, span: Span) {
        let mut spans = self.0.spans.lock();
        if spans.len() < SPANS_OF_ONE_MAX {
            spans.push(span);
        }
    }

    /// Everything before the first question to a provider is done.
    pub fn admitted(&self) {
        let until = Instant::now();
        self.keep(self.child(self.new_span(), names::ADMISSION.to_owned(), (self.0.started, until)));
    }

    /// An attempt ended: it began to answer, or failed.
    pub fn attempted(&self, attempt: &Attempted<'_>) {
        let name = format!("{} {}", names::operation_of(attempt.endpoint), attempt.model);
        let mut span = self.child(attempt.span, name, (attempt.from, Instant::now()));
        span.kind = Kind::Client;
        span.attributes = vec![
            (names::OPERATION, Value::Text(names::operation_of(attempt.endpoint).to_owned())),
            (names::PROVIDER, Value::Text(names::provider_of(attempt.dialect).to_owned())),
            (names::REQUEST_MODEL, Value::Text(attempt.model.to_owned())),
            (names::OUR_PROVIDER, Value::Text(attempt.provider.to_owned())),
        ];
        span.error = attempt.failed;
        self.keep(span);
    }

    /// The charge is durable, or nobody waits for it any more.
    pub fn settled(&self, from: Instant) {
        self.keep(self.child(self.new_span(), names::SETTLE.to_owned(), (from, Instant::now())));
    }

    /// Why the model stopped.
    pub fn stopped(&self, tally: &Tally) {
        *self.0.stop.lock() = tally.stop().map(|stop| stop.reason);
    }

    /// The call is done: its own span, and all below it, wait for the sender.
    pub fn finish(&self, tracer: &Tracer, done: &Done) {
        let row = &done.row;
        let operation = names::operation_of(row.endpoint);
        let span = Span {
            trace: self.0.id,
            id: self.0.span,
            parent: self.0.parent,
            name: if row.model.is_empty() { operation.to_owned() } else { format!("{operation} {}", row.model) },
            kind: Kind::Server,
            from: self.nanos(self.0.started),
            until: self.nanos(Instant::now()),
            attributes: self.facts(done),
            error: done.fault.map(canon::FaultKind::name),
        };
        let mut spans = std::mem::take(&mut *self.0.spans.lock());
        spans.push(span);
        tracer.keep(spans);
    }

    fn facts(&self, done: &Done) -> Vec<(&'static str, Value)> {
        let row = &done.row;
        let number = |count: u64| Value::Number(i64::try_from(count).unwrap_or(i64::MAX));
        let text = |text: &str| Value::Text(text.to_owned());
        let mut facts = vec![
            (names::OPERATION, text(names::operation_of(row.endpoint))),
            (names::REQUEST_MODEL, text(row.asked_model.as_deref().unwrap_or(&row.model))),
            (names::STATUS, Value::Number(i64::from(row.status))),
            (names::REQUEST_ID, text(row.request.text().as_str())),
            (names::SURFACE, text(done.surface)),
            (names::ENDPOINT, text(row.endpoint)),
            (names::STREAMED, Value::Flag(row.streamed)),
            (names::ATTEMPTS, Value::Number(i64::from(row.attempts))),
            (names::CHARGE, Value::Number(row.charge.nano())),
        ];
        if done.known_caller {
            facts.push((names::WORKSPACE, text(row.workspace.text().as_str())));
        }
        if let Some(upstream) = done.upstream {
            facts.push((names::PROVIDER, text(names::provider_of(upstream))));
            facts.push((names::RESPONSE_MODEL, text(&row.model)));
        }
        if !row.usage.is_empty() {
            facts.push((names::INPUT_TOKENS, number(row.usage.prompt_total())));
            facts.push((names::OUTPUT_TOKENS, number(row.usage.answer_total())));
        }
        for (class, name) in [(Class::CacheRead, names::CACHE_READ), (Class::Reasoning, names::REASONING)] {
            if let Some(count) = row.usage.get(class) {
                facts.push((name, number(count)));
            }
        }
        if let Some(reason) = *self.0.stop.lock() {
            facts.push((names::FINISH_REASONS, Value::Texts(vec![names::finish_of(reason).to_owned()])));
        }
        if let Some(session) = &row.session {
            facts.push((names::CONVERSATION, text(session)));
        }
        facts
    }
}

#[cfg(test)]
mod tests;
