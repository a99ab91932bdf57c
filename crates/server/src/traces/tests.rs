//! What is traced, whose trace it is, what is told of it, how it is written. Never here: a collector (process tests).

use super::*;
use crate::metrics::tests_done as done;
use canon::Stop;
use serde_json::json;

struct Count(Mutex<u8>);

impl Chance for Count {
    fn fill(&self, bytes: &mut [u8]) {
        let mut next = self.0.lock();
        for byte in bytes {
            *next = next.wrapping_add(1).max(1);
            *byte = *next;
        }
    }
}

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn tracer(per_mille: u32, accepts: bool, passes_on: bool) -> Tracer {
    Tracer::new(TraceSettings {
        endpoint: Uri::from_static("http://127.0.0.1:4318/v1/traces"),
        headers: Secret::new(Vec::new()),
        per_mille,
        accepts,
        passes_on,
        service: "gate".into(),
    })
}

fn begin(tracer: &Tracer, parent: Option<&str>) -> Option<Trace> {
    let mut headers = HeaderMap::new();
    if let Some(parent) = parent {
        headers.insert(TRACEPARENT, HeaderValue::from_str(parent).unwrap());
    }
    let chance: Arc<dyn Chance> = Arc::new(Count(Mutex::new(0)));
    tracer.begin(&headers, &chance, (Timestamp::from_ms(1_000), Instant::now()))
}

/// R-USE-5: a caller's trace is taken over where the operator says so, and nowhere else; providers are told in the same way.
#[tokio::test]
async fn r_use_5_whose_trace_it_is() {
    let id = |trace: &Trace| otlp::hex(&trace.0.id);
    let own = begin(&tracer(1_000, false, false), Some(PARENT)).unwrap();
    assert!(id(&own) != PARENT[3..35] && own.0.parent.is_none());
    assert_eq!(own.passed_on(own.new_span()), None);
    let theirs = begin(&tracer(0, true, true), Some(PARENT)).unwrap();
    assert_eq!(
        (id(&theirs).as_str(), theirs.0.parent.map(|span| otlp::hex(&span))),
        (&PARENT[3..35], Some(PARENT[36..52].to_owned()))
    );
    let told = theirs.passed_on([0xab; 8]).unwrap();
    assert_eq!(told, format!("00-{}-abababababababab-01", &PARENT[3..35]).as_str());
    // Who says that it is not traced is not traced; who says nothing, or nonsense, is by lot.
    assert!(begin(&tracer(1_000, true, false), Some(&PARENT.replace("-01", "-00"))).is_none());
    assert!(begin(&tracer(0, true, false), None).is_none());
    let zero = format!("00-{}-b7ad6b7169203331-01", "0".repeat(32));
    for wrong in [
        zero.as_str(),
        "00-x-y-01",
        "",
        &PARENT.to_uppercase(),
        &format!("{PARENT}-more"),
        &PARENT.replace("00-", "ff-"),
    ] {
        assert!(begin(&tracer(0, true, false), Some(wrong)).is_none(), "{wrong}");
        assert!(begin(&tracer(1_000, true, false), Some(wrong)).unwrap().0.parent.is_none(), "{wrong}");
    }
}

/// R-USE-5: a call is a span with its steps below it, by the names of the conventions, and holds no text of anybody.
#[tokio::test]
async fn r_use_5_a_call_is_told_by_the_conventions() {
    let tracer = tracer(1_000, false, false);
    let trace = begin(&tracer, None).unwrap();
    trace.admitted();
    let attempt = |failed| Attempted {
        span: trace.new_span(),
        from: Instant::now(),
        dialect: Dialect::Anthropic,
        provider: "acme",
        model: "claude",
        endpoint: "messages",
        failed,
    };
    trace.attempted(&attempt(Some("overloaded")));
    trace.attempted(&attempt(None));
    let mut tally = Tally::default();
    tally.stopped(Stop::new(StopReason::MaxTokens));
    trace.stopped(&tally);
    trace.settled(Instant::now());
    let mut facts = done(200, None);
    facts.upstream = Some(Dialect::Anthropic);
    trace.finish(&tracer, &facts);
    let spans = std::mem::take(&mut *tracer.waiting.lock());
    let written = otlp::body("gate", &spans);
    let told = &written["resourceSpans"][0]["scopeSpans"][0]["spans"];
    let names: Vec<&str> = told.as_array().unwrap().iter().filter_map(|span| span["name"].as_str()).collect();
    assert_eq!(names, ["admission", "chat claude", "chat claude", "settle", "chat what anybody writes"]);
    let root = &told[4];
    assert!(root["parentSpanId"].is_null() && told[0]["parentSpanId"] == root["spanId"]);
    assert_eq!((&root["kind"], &told[1]["kind"], &told[0]["kind"]), (&json!(2), &json!(3), &json!(1)));
    assert_eq!((&told[1]["status"]["code"], &told[2]["status"]["code"]), (&json!(2), &json!(0)));
    let of = |span: &serde_json::Value, name: &str| {
        let all = span["attributes"].as_array().unwrap().iter();
        all.filter(|one| one["key"] == name).map(|one| one["value"].clone()).next().unwrap_or_default()
    };
    assert_eq!(of(root, "gen_ai.operation.name"), json!({ "stringValue": "chat" }));
    assert_eq!(of(root, "gen_ai.provider.name"), json!({ "stringValue": "anthropic" }));
    assert_eq!(of(root, "gen_ai.usage.input_tokens"), json!({ "intValue": "7" }));
    assert_eq!(of(root, "gen_ai.response.finish_reasons")["arrayValue"]["values"][0]["stringValue"], "length");
    assert_eq!(of(&told[1], "error.type"), json!({ "stringValue": "overloaded" }));
    assert_eq!(of(&told[1], "tollgate.provider"), json!({ "stringValue": "acme" }));
    assert_eq!(written["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"], "gate");
}

/// R-USE-5: spans that nobody takes are bounded, and what does not fit is counted.
#[tokio::test]
async fn r_use_5_spans_that_wait_are_bounded() {
    let tracer = tracer(1_000, false, false);
    let trace = begin(&tracer, None).unwrap();
    for _ in 0..SPANS_OF_ONE_MAX + 50 {
        trace.settled(Instant::now());
    }
    trace.finish(&tracer, &done(200, None));
    assert_eq!(tracer.waiting.lock().len(), SPANS_OF_ONE_MAX + 1);
    for _ in 0..SPANS_WAITING_MAX {
        begin(&tracer, None).unwrap().finish(&tracer, &done(200, None));
    }
    assert!(tracer.waiting.lock().len() <= SPANS_WAITING_MAX);
    assert!(tracer.dropped() > 0);
}
