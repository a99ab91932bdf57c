//! Rules about packages of Node: pins are exact, lock files are whole and name no registry. In: files. Out: findings.
//! Never here: which packages.

use super::File;
use serde_json::{Map, Value};

/// A version that a range allows today is not the one that it allows tomorrow.
pub(super) fn pins(files: &[File]) -> Vec<String> {
    let mut out = Vec::new();
    for file in files.iter().filter(|file| named(file, "package.json")) {
        let Some(package) = object(&file.text) else {
            out.push(format!("{}: is no JSON object", file.path));
            continue;
        };
        for list in ["dependencies", "devDependencies", "optionalDependencies"] {
            for (name, version) in package.get(list).and_then(Value::as_object).into_iter().flatten() {
                let exact = version.as_str().is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()));
                if !exact {
                    out.push(format!("{}: {name} is not pinned to a version", file.path));
                }
            }
        }
    }
    out
}

/// npm leaves packages for other machines out of a lock file when its registry has not got them, and `npm ci` refuses that file
/// then; and whoever installs from it uses their own registry.
pub(super) fn locks(files: &[File]) -> Vec<String> {
    let mut out = Vec::new();
    for file in files.iter().filter(|file| named(file, "package-lock.json")) {
        let whole = object(&file.text).and_then(|mut lock| lock.remove("packages"));
        let Some(Value::Object(packages)) = whole else {
            out.push(format!("{}: has no packages", file.path));
            continue;
        };
        for (place, package) in &packages {
            if package.get("resolved").is_some() {
                out.push(format!("{}: {place} names a registry", file.path));
            }
            let optional = package.get("optionalDependencies").and_then(Value::as_object);
            for name in optional.into_iter().flat_map(Map::keys).filter(|name| !has(&packages, place, name)) {
                out.push(format!("{}: {name}, which {place} may need, is missing", file.path));
            }
        }
    }
    out
}

/// Whether a package is found from a place: beside it, or in a folder above.
fn has(packages: &Map<String, Value>, place: &str, name: &str) -> bool {
    let mut from = place;
    loop {
        let inside =
            if from.is_empty() { format!("node_modules/{name}") } else { format!("{from}/node_modules/{name}") };
        if packages.contains_key(&inside) {
            return true;
        }
        match from.rfind("/node_modules/") {
            Some(at) => from = &from[..at],
            None if from.is_empty() => return false,
            None => from = "",
        }
    }
}

fn named(file: &File, name: &str) -> bool {
    file.path.rsplit('/').next() == Some(name)
}

fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::{locks, pins};
    use crate::tidy::tests::tells_apart;

    #[test]
    fn ranges_are_found() {
        tells_apart(
            pins,
            &[("a/package.json", r#"{"dependencies":{"x":"^1.0.0"}}"#), ("package.json", "[]")],
            &[
                ("package.json", r#"{"devDependencies":{"x":"1.0.0"}}"#),
                ("other.json", r#"{"dependencies":{"x":"^1"}}"#),
            ],
        );
    }

    #[test]
    fn holes_and_registries_are_found() {
        let lock = |packages: &str| format!(r#"{{"packages":{{{packages}}}}}"#);
        let (hole, named) = (
            lock(r#""node_modules/a":{"optionalDependencies":{"a-mac":"1"}}"#),
            lock(r#""node_modules/a":{"resolved":"https://example.com/a.tgz"}"#),
        );
        let whole = lock(
            r#""node_modules/a":{"optionalDependencies":{"a-mac":"1","a-win":"1"}},"node_modules/a-mac":{},"node_modules/a/node_modules/a-win":{}"#,
        );
        tells_apart(
            locks,
            &[("package-lock.json", &hole), ("x/package-lock.json", &named), ("package-lock.json", "{}")],
            &[("package-lock.json", &whole)],
        );
    }
}
