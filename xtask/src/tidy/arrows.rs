//! Which crate may know which: the arrows of the design. In: `cargo metadata`. Out: edges that may not be.
//! Never here: files.

use serde_json::Value;

/// What each crate may depend on. Tests (dev-dependencies) may use `sim` and `simtest` besides.
const ARROWS: [(&str, &[&str]); 22] = [
    ("units", &[]),
    ("canon", &["units"]),
    ("dialect", &["units", "canon"]),
    ("tokens", &["canon"]),
    ("catalog", &["units"]),
    ("admit", &["units", "canon", "catalog"]),
    ("route", &["units", "canon", "catalog"]),
    ("ledger", &["units", "catalog"]),
    ("store", &["units", "catalog", "admit", "ledger"]),
    ("limits", &["units", "catalog", "admit"]),
    (
        "server",
        &["units", "canon", "dialect", "catalog", "admit", "route", "ledger", "store", "tokens", "limits", "pages"],
    ),
    ("pages", &[]),
    ("sim", &["units"]),
    ("web", &[]),
    ("tollgate", &["units", "catalog", "server", "store", "sim", "web"]),
    ("xtask", &[]),
    ("bench-mock", &[]),
    ("bench-lanes", &["dialect", "canon", "simtest", "tokens", "units"]),
    ("bench-limits", &["limits", "admit", "catalog", "simtest", "units"]),
    ("bench-rows", &["ledger", "simtest", "store", "units"]),
    ("bench-load", &[]),
    ("process-tests", &["units", "sim"]),
];

/// May know everyone, and nobody knows it but tests.
const KNOWS_ALL: &str = "simtest";

/// Crates that cannot wait, draw lots or open a socket.
const PURE: [&str; 9] = ["pages", "units", "canon", "dialect", "tokens", "catalog", "admit", "route", "ledger"];

/// Beginnings of names of crates that bring a runtime, a server, a driver or chance.
const IMPURE: [&str; 14] = [
    "tokio",
    "async-",
    "axum",
    "hyper",
    "tower",
    "reqwest",
    "rusqlite",
    "postgres",
    "deadpool",
    "redis",
    "rand",
    "getrandom",
    "mio",
    "socket2",
];

/// Edges between crates of the workspace that are not allowed.
pub(super) fn workspace(metadata: &Value) -> Vec<String> {
    let packages = packages(metadata);
    let names: Vec<&str> = packages.iter().map(name).collect();
    let mut out = Vec::new();
    for package in packages {
        let from = name(package);
        if from == KNOWS_ALL {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == from) else {
            out.push(format!("{from}: a crate without a line in the table of arrows"));
            continue;
        };
        for dependency in dependencies(package) {
            let to = name(dependency);
            let for_tests = dependency["kind"] == "dev" && (to == "sim" || to == KNOWS_ALL);
            if names.contains(&to) && !allowed.contains(&to) && !for_tests {
                out.push(format!("{from} -> {to}: this arrow is not allowed"));
            }
        }
    }
    out
}

/// Lines of the table, and ends of its arrows, that are no crate.
pub(super) fn rooms(metadata: &Value) -> Vec<String> {
    missing(metadata, &ARROWS)
}

fn missing(metadata: &Value, arrows: &[(&str, &[&str])]) -> Vec<String> {
    let names: Vec<&str> = packages(metadata).iter().map(name).collect();
    let rooms = arrows.iter().flat_map(|(from, to)| std::iter::once(from).chain(to.iter()));
    let mut gone: Vec<&str> = rooms.copied().filter(|room| !names.contains(room)).collect();
    gone.sort_unstable();
    gone.dedup();
    gone.into_iter().map(|room| format!("{room}: the table of arrows names a room that does not exist")).collect()
}

/// Dependencies of pure crates that are not pure. Tests may have them.
pub(super) fn purity(metadata: &Value) -> Vec<String> {
    let mut out = Vec::new();
    for package in packages(metadata) {
        let from = name(package);
        for dependency in dependencies(package) {
            let to = name(dependency);
            let impure = IMPURE.iter().any(|begin| to.starts_with(begin)) || to.ends_with("-postgres");
            if PURE.contains(&from) && impure && dependency["kind"] != "dev" {
                out.push(format!("{from} -> {to}: a pure crate may not"));
            }
        }
    }
    out
}

pub(super) fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn dependencies(package: &Value) -> &[Value] {
    package["dependencies"].as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::{missing, purity, workspace};
    use serde_json::{Value, json};

    fn with(from: &str, to: &str, kind: &Value) -> Value {
        json!({"packages": [
            {"name": from, "dependencies": [{"name": to, "kind": kind}]},
            {"name": "units", "dependencies": []}, {"name": "server", "dependencies": []},
            {"name": "simtest", "dependencies": [{"name": "server", "kind": null}]}]})
    }

    #[test]
    fn arrows_are_told_apart() {
        let found = |from, to, kind| workspace(&with(from, to, &kind)).len();
        assert_eq!(found("canon", "units", Value::Null), 0);
        assert_eq!(found("canon", "server", Value::Null), 1);
        assert_eq!(found("canon", "server", json!("dev")), 1);
        assert_eq!(found("canon", "simtest", json!("dev")), 0);
        assert_eq!(found("canon", "simtest", Value::Null), 1);
        assert_eq!(found("canon", "serde", Value::Null), 0);
        assert_eq!(found("stranger", "serde", Value::Null), 1);
    }

    #[test]
    fn rooms_that_are_gone_are_found() {
        let metadata = with("canon", "units", &Value::Null);
        assert_eq!(missing(&metadata, &[("canon", &["units"])]).len(), 0);
        assert_eq!(missing(&metadata, &[("canon", &["gone"]), ("gone", &[])]).len(), 1);
    }

    #[test]
    fn pure_crates_are_kept_pure() {
        let found = |from, to, kind| purity(&with(from, to, &kind)).len();
        assert_eq!(found("ledger", "tokio", Value::Null), 1);
        assert_eq!(found("ledger", "tokio-postgres", Value::Null), 1);
        assert_eq!(found("ledger", "rand_chacha", Value::Null), 1);
        assert_eq!(found("ledger", "tokio", json!("dev")), 0);
        assert_eq!(found("server", "tokio", Value::Null), 0);
        assert_eq!(found("ledger", "thiserror", Value::Null), 0);
    }
}
