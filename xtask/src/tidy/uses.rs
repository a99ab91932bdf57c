//! Whether what is asked for is used. In: `cargo metadata`, files. Out: dependencies that nobody names, or twice.
//! Never here: which crate may know which (arrows).

use super::arrows::{dependencies, name, packages};
use super::{File, code};
use serde_json::Value;
use std::collections::HashSet;

/// Dependencies whose name is in no source of their crate; those for tests may be named anywhere in it.
pub(super) fn named(metadata: &Value, files: &[File]) -> Vec<String> {
    let root = metadata["workspace_root"].as_str().unwrap_or("");
    let mut out = Vec::new();
    for package in packages(metadata) {
        let manifest = package["manifest_path"].as_str().unwrap_or("");
        let folder = manifest.strip_prefix(root).unwrap_or(manifest).trim_start_matches('/');
        let folder = folder.strip_suffix("Cargo.toml").unwrap_or(folder);
        let sources: Vec<(&str, String)> = files
            .iter()
            .filter_map(|file| Some((file.path.strip_prefix(folder)?, file)))
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, file)| (path, code::code_of(&file.text)))
            .collect();
        for dependency in dependencies(package) {
            let called = dependency["rename"].as_str().unwrap_or(name(dependency)).replace('-', "_");
            let for_tests = dependency["kind"] == "dev";
            let mut places =
                sources.iter().filter(|(path, _)| for_tests || path.starts_with("src/") || *path == "build.rs");
            if !places.any(|(_, code)| names(code, &called)) {
                out.push(format!("{folder}Cargo.toml: {called} is not used"));
            }
        }
    }
    out
}

/// Dependencies for tests that are there already, with every feature.
pub(super) fn once(metadata: &Value) -> Vec<String> {
    let mut out = Vec::new();
    for package in packages(metadata) {
        let of_kind = |kind: &'static str| {
            dependencies(package).iter().filter(move |d| d["kind"].as_str().unwrap_or("normal") == kind)
        };
        for dev in of_kind("dev") {
            let covers = |normal: &Value| {
                let features = |d: &Value| d["features"].as_array().cloned().unwrap_or_default();
                let has = features(normal);
                name(normal) == name(dev) && features(dev).iter().all(|feature| has.contains(feature))
            };
            if of_kind("normal").any(covers) {
                out.push(format!("{}: {} is asked for twice", name(package), name(dev)));
            }
        }
    }
    out
}

/// Dependencies of the workspace that none of its crates asks for.
pub(super) fn wanted(metadata: &Value, files: &[File]) -> Vec<String> {
    let manifest = files.iter().find(|file| file.path == "Cargo.toml");
    let table: toml::Table = manifest.and_then(|file| file.text.parse().ok()).unwrap_or_default();
    let asked: HashSet<&str> = packages(metadata).iter().flat_map(dependencies).map(name).collect();
    let offered = table.get("workspace").and_then(|w| w.get("dependencies")).and_then(toml::Value::as_table);
    let offered = offered.into_iter().flat_map(toml::Table::keys);
    offered
        .filter(|name| !asked.contains(name.as_str()))
        .map(|name| format!("Cargo.toml: nobody asks for {name}"))
        .collect()
}

/// Whether code has a path that begins with this crate.
fn names(code: &str, called: &str) -> bool {
    let path = format!("{called}::");
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(&path).any(|(at, _)| !code[..at].ends_with(inside))
}

#[cfg(test)]
mod tests {
    use super::{named, once, wanted};
    use crate::tidy::tests::file;
    use serde_json::{Value, json};

    fn metadata(dependencies: &Value) -> Value {
        json!({ "workspace_root": "/r", "packages": [
            { "name": "a", "manifest_path": "/r/crates/a/Cargo.toml", "dependencies": dependencies }] })
    }

    #[test]
    fn unused_dependencies_are_found() {
        let found = |kind: &Value, path: &str, text: &str| {
            named(&metadata(&json!([{ "name": "my-dep", "kind": kind }])), &file(path, text)).len()
        };
        let (normal, dev) = (Value::Null, json!("dev"));
        assert_eq!(found(&normal, "crates/a/src/lib.rs", "use my_dep::X;"), 0);
        assert_eq!(found(&dev, "crates/a/tests/x.rs", "my_dep::x();"), 0);
        assert_eq!(found(&normal, "crates/a/tests/x.rs", "my_dep::x();"), 1);
        assert_eq!(found(&normal, "crates/a/src/lib.rs", "// my_dep::x\nuse not_my_dep::X;"), 1);
        assert_eq!(found(&normal, "crates/b/src/lib.rs", "use my_dep::X;"), 1);
    }

    #[test]
    fn doubled_dependencies_are_found() {
        let found = |normal: &Value, dev: &Value| {
            let normal = json!({ "name": "x", "kind": null, "features": normal });
            once(&metadata(&json!([normal, { "name": "x", "kind": "dev", "features": dev }]))).len()
        };
        assert_eq!(found(&json!(["rt"]), &json!(["rt"])), 1);
        assert_eq!(found(&json!(["rt"]), &json!(["rt", "test-util"])), 0);
    }

    #[test]
    fn dependencies_that_nobody_asks_for_are_found() {
        let root = file("Cargo.toml", "[workspace.dependencies]\nx = \"1\"\n");
        assert_eq!(wanted(&metadata(&json!([])), &root).len(), 1);
        assert_eq!(wanted(&metadata(&json!([{ "name": "x", "kind": null }])), &root).len(), 0);
    }
}
