//! The verb `deny`: banned crates, licences and sources of everything that is locked.
//! In: deny.toml and what cargo knows. Out: findings. Never here: the lists themselves.

use crate::shell::{answers, cargo, output, root, succeeds};
use serde_json::Value;

/// What deny.toml says, as far as it is checked here.
struct Lists {
    banned: Vec<String>,
    licences: Vec<String>,
    registries: Vec<String>,
}

/// Runs cargo-deny where it is installed, and the checks below where it is not.
pub(crate) fn run() -> Result<bool, String> {
    if answers(env!("CARGO"), &["deny", "--version"]) {
        return succeeds(&mut cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]));
    }
    println!("cargo-deny is not installed; its three lists are checked here (cargo install --locked cargo-deny)");
    let lists = Lists::read(&std::fs::read_to_string(root().join("deny.toml")).map_err(|why| why.to_string())?)?;
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let args = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &target];
    let text = output(&mut cargo(&args)).ok_or("cargo metadata failed (run a build first)")?;
    let metadata: Value = serde_json::from_str(&text).map_err(|why| why.to_string())?;
    let findings = findings(&metadata, &lists);
    for finding in &findings {
        eprintln!("{finding}");
    }
    Ok(findings.is_empty())
}

impl Lists {
    fn read(text: &str) -> Result<Self, String> {
        let file: toml::Table = text.parse().map_err(|why| format!("deny.toml: {why}"))?;
        let list = |section: &str, key: &str| {
            let items = file.get(section).and_then(|s| s.get(key)).and_then(toml::Value::as_array);
            items.ok_or_else(|| format!("deny.toml has no {section}.{key}")).cloned()
        };
        let texts = |items: Vec<toml::Value>| {
            items.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let banned = list("bans", "deny")?;
        let banned = banned.iter().filter_map(|ban| ban.get("crate")?.as_str());
        Ok(Self {
            banned: banned.map(str::to_owned).collect(),
            licences: texts(list("licenses", "allow")?),
            registries: texts(list("sources", "allow-registry")?),
        })
    }
}

fn findings(metadata: &Value, lists: &Lists) -> Vec<String> {
    let mut out = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or("");
        let source = package["source"].as_str();
        if lists.banned.iter().any(|banned| banned == name) {
            out.push(format!("{name} is banned by deny.toml"));
        }
        let Some(source) = source else {
            continue;
        };
        let registry = source.strip_prefix("registry+").unwrap_or("");
        if !lists.registries.iter().any(|allowed| allowed == registry) {
            out.push(format!("{name} comes from a source that is not allowed: {source}"));
        }
        let licence = package["license"].as_str().unwrap_or("");
        if !allowed(licence, &lists.licences) {
            out.push(format!("{name} has a licence that is not allowed: '{licence}'"));
        }
    }
    out
}

/// Whether a licence expression can be met: one side of every OR, all sides of every AND.
fn allowed(expression: &str, licences: &[String]) -> bool {
    let plain = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    either(&mut plain.split_whitespace().peekable(), licences)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words<'_>, licences: &[String]) -> bool {
    let mut good = both(words, licences);
    while words.peek() == Some(&"OR") {
        words.next();
        good |= both(words, licences);
    }
    good
}

fn both(words: &mut Words<'_>, licences: &[String]) -> bool {
    let mut good = single(words, licences);
    while words.peek() == Some(&"AND") {
        words.next();
        good &= single(words, licences);
    }
    good
}

fn single(words: &mut Words<'_>, licences: &[String]) -> bool {
    match words.next() {
        Some("(") => {
            let good = either(words, licences);
            words.next();
            good
        }
        Some(name) => {
            let mut name = name.to_owned();
            if words.peek() == Some(&"WITH") {
                words.next();
                name = format!("{name} WITH {}", words.next().unwrap_or(""));
            }
            licences.contains(&name)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Lists, allowed, findings};
    use serde_json::json;

    fn lists() -> Lists {
        Lists::read(include_str!("../../deny.toml")).unwrap()
    }

    #[test]
    fn licence_expressions_are_understood() {
        let licences = lists().licences;
        for (expression, good) in [
            ("MIT", true),
            ("MIT OR GPL-3.0", true),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR GPL-3.0) AND Apache-2.0", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT/Apache-2.0", true),
            ("", false),
        ] {
            assert_eq!(allowed(expression, &licences), good, "{expression}");
        }
    }

    #[test]
    fn what_is_not_allowed_is_found() {
        let crates_io = "registry+https://github.com/rust-lang/crates.io-index";
        let metadata = json!({"packages": [
            {"name": "openssl", "source": crates_io, "license": "MIT"},
            {"name": "copyleft", "source": crates_io, "license": "AGPL-3.0"},
            {"name": "elsewhere", "source": "git+https://example.com/x", "license": "MIT"},
            {"name": "units", "source": null, "license": null},
            {"name": "serde", "source": crates_io, "license": "MIT OR Apache-2.0"}]});
        let found = findings(&metadata, &lists()).join("\n");
        assert_eq!(found.lines().count(), 3, "{found}");
        for name in ["openssl", "copyleft", "elsewhere"] {
            assert!(found.contains(name), "{found}");
        }
    }
}
