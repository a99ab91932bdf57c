//! What is told of the house agrees with the table. Never here: what a number means, pages made of the table (page).

mod page;

use super::list::{LIST, PREFIX};
use super::*;
use canon::{Dialect, FaultKind};
use std::collections::{BTreeMap, BTreeSet};
use units::{KeyId, NanoUsd, RequestId, Usage, UsageSource, WorkspaceId};

fn row(status: u16) -> UsageRow {
    UsageRow {
        request: RequestId::from_bytes([0; 16]),
        at: Timestamp::default(),
        workspace: WorkspaceId::from_bytes([0; 16]),
        key: KeyId::from_bytes([0; 16]),
        counted: ledger::Counted::default(),
        endpoint: "chat.completions",
        model: "what anybody writes".into(),
        provider: "".into(),
        upstream_model: "".into(),
        status,
        fault: None,
        usage: Usage::NONE.with(Class::Input, 7).with(Class::Images, 2),
        source: UsageSource::Estimated,
        price: None,
        charge: NanoUsd::new(5),
        cache_saved: NanoUsd::ZERO,
        latency_ms: 30,
        first_byte_ms: Some(20),
        streamed: false,
        attempts: 1,
        partial: false,
        client_request_id: None,
        asked_model: None,
        session: None,
        client: None,
        tries: Vec::new(),
    }
}

pub fn done(status: u16, fault: Option<FaultKind>) -> Done {
    Done {
        row: row(status),
        known_caller: true,
        surface: "/v1",
        client: Dialect::OpenAiChat,
        upstream: None,
        route: None,
        fault,
        cause: None,
        losses: 0,
        written_off: NanoUsd::new(1),
        client_gone: false,
        trace: None,
    }
}

/// Metrics of which everything was counted once.
fn used() -> Metrics {
    let metrics = Metrics::default();
    metrics.count(&done(200, None), Some(&"sold".into()));
    metrics.count(&done(529, Some(FaultKind::Overloaded)), None);
    metrics.visited(200);
    metrics.attempted(&"acme".into(), None);
    metrics.attempted(&"acme".into(), Some(("overloaded", true)));
    metrics.attempted(&"other".into(), Some(("invalid_request", false)));
    metrics.asked(Duration::from_micros(300));
    metrics.held(Duration::from_micros(300));
    metrics.settled(Duration::from_millis(3));
    metrics.audited(2, Timestamp::from_ms(5_000));
    metrics
}

/// Name and kind of every metric that a text tells, and the labels of each.
fn told(text: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut all = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let fresh = all.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new())).is_none();
        assert!(fresh, "{name} is told twice");
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let sample = line.split([' ', '{']).next().unwrap();
        let endings = ["_total", "_bucket", "_sum", "_count", ""];
        let name = endings.iter().find_map(|end| sample.strip_suffix(end).filter(|name| all.contains_key(*name)));
        let labels = &mut all.get_mut(name.unwrap_or_else(|| panic!("{line}"))).unwrap().1;
        let inside = line.split_once('{').map_or("", |(_, rest)| rest.split_once('}').unwrap().0);
        labels.extend(inside.split(',').filter_map(|pair| Some(pair.split_once('=')?.0.to_owned())));
        labels.remove("le");
    }
    all
}

/// R-USE-5: what is told is what the table says, no more and no less, labels included.
#[test]
fn r_use_5_metrics_are_those_of_the_table() {
    let told = told(&used().text());
    let listed = LIST.iter().map(|one| {
        let labels: BTreeSet<String> = one.labels.iter().map(|label| (*label).to_owned()).collect();
        (format!("{PREFIX}_{}", one.name), (one.kind.name().to_owned(), labels))
    });
    assert_eq!(told, listed.collect());
    let text = used().text();
    let twice: Vec<&str> = text.lines().filter(|line| line.starts_with("# HELP") && line.ends_with("..")).collect();
    assert!(twice.is_empty(), "{twice:#?}");
}

/// R-USE-5: what callers write never becomes a label, and a provider is down only by its own fault.
#[test]
fn r_use_5_labels_are_bounded() {
    let metrics = used();
    for n in 0..50 {
        let mut done = done(404, Some(FaultKind::ModelNotAvailable));
        done.row.model = format!("made-up-{n}").into();
        metrics.count(&done, None);
    }
    let text = metrics.text();
    assert!(!text.contains("made-up") && !text.contains("what anybody writes"));
    let calls: Vec<&str> = text.lines().filter(|line| line.starts_with("tollgate_requests_total{")).collect();
    assert_eq!(calls.len(), 3, "{calls:#?}");
    assert!(
        text.contains("tollgate_requests_total{surface=\"/v1\",model=\"unknown\",status=\"4xx\"} 50"),
        "{text}"
    );
    assert!(text.contains("tollgate_provider_up{provider=\"acme\"} 0"));
    assert!(!text.contains("tollgate_provider_up{provider=\"other\"}"));
    metrics.attempted(&"acme".into(), None);
    assert!(metrics.text().contains("tollgate_provider_up{provider=\"acme\"} 1"));
    assert!(text.contains("tollgate_audit_findings 2") && text.contains("tollgate_audit_timestamp_seconds 5\n"));
}
