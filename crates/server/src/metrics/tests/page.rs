//! The page, the dashboard and the alerts know the metrics of the table. Never here: what `/metrics` tells.

use super::super::list::{LIST, Listed};
use std::collections::BTreeSet;

/// Where the page is, and what stands around its table.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/METRICS.md");
const MARKS: (&str, &str) = ("<!-- metrics -->\n", "<!-- end -->\n");

fn table() -> String {
    let mut table = "| metric | kind | labels | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for one in LIST {
        let labels: Vec<String> = one.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, kind, labels) = (one.told(), one.kind.name(), labels.join(", "));
        table.push_str(&format!("| `{name}` | {kind} | {labels} | {} |\n", one.help));
    }
    table
}

/// R-USE-5: the page lists what there is; `TOLLGATE_BLESS=1` writes its table.
#[test]
#[expect(clippy::disallowed_methods, reason = "`cargo xtask docs` says by it that documents are to be written")]
fn r_use_5_the_page_of_metrics_is_the_table() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(MARKS.0).unwrap();
    let (there, after) = rest.split_once(MARKS.1).unwrap();
    if std::env::var_os("TOLLGATE_BLESS").is_some() {
        let text = [before, MARKS.0, &table(), MARKS.1, after].concat();
        return std::fs::write(PAGE, text).unwrap();
    }
    assert_eq!(there, table(), "run `cargo xtask docs`");
}

/// Every name of a metric of ours that a text holds, with the endings of histograms taken off.
fn named(text: &str) -> BTreeSet<String> {
    let starts = text.match_indices("tollgate_").map(|(at, _)| &text[at..]);
    let word = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
    };
    starts.map(word).collect()
}

fn deployed(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../../deploy/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// R-USE-5: the dashboard shows every metric there is and none that is not; alerts are of metrics that there are.
#[test]
fn r_use_5_dashboard_and_alerts_know_the_metrics() {
    let listed: BTreeSet<String> = LIST.iter().map(Listed::told).collect();
    let text = deployed("grafana/tollgate.json");
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    assert_eq!(named(&text), listed);
    let alerts = deployed("prometheus/alerts.yml");
    let unknown: Vec<String> = named(&alerts).difference(&listed).cloned().collect();
    assert_eq!(unknown, Vec::<String>::new());
    for about in ["audit_findings", "provider_up", "requests_total", "store_up", "ledger_failing"] {
        assert!(alerts.contains(&format!("tollgate_{about}")), "no alert about {about}");
    }
    assert_eq!(alerts.matches("- alert: ").count(), alerts.matches("labels: { severity: ").count());
}
