//! Rules about documents: short pages, no orphans, no dead links, tests that exist. In: files. Out: findings.
//! Never here: what a document says.

use super::File;
use std::collections::HashSet;

const LENGTHS: [(&str, usize); 2] = [("README.md", 150), ("ARCHITECTURE.md", 300)];
/// Where a reader begins.
const ROOTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// The first pages stay readable in one sitting.
pub(super) fn lengths(files: &[File]) -> Vec<String> {
    let mut out = Vec::new();
    for (path, most) in LENGTHS {
        let lines = files.iter().find(|f| f.path == path).map_or(0, |f| f.text.lines().count());
        if lines > most {
            out.push(format!("{path}: {lines} lines, at most {most}"));
        }
    }
    out
}

/// Every file in docs/ can be reached by links from the first pages.
pub(super) fn orphans(files: &[File]) -> Vec<String> {
    let mut reached: HashSet<String> = HashSet::new();
    let mut open: Vec<String> = ROOTS.iter().map(ToString::to_string).collect();
    while let Some(path) = open.pop() {
        let Some(file) = files.iter().find(|f| f.path == path) else {
            continue;
        };
        if !reached.insert(path) {
            continue;
        }
        open.extend(targets(file));
        // A link to a folder shows what is in it.
        let folders: Vec<String> = targets(file).map(|t| format!("{}/", t.trim_end_matches('/'))).collect();
        let inside = |f: &&File| folders.iter().any(|folder| f.path.starts_with(folder.as_str()));
        open.extend(files.iter().filter(inside).map(|f| f.path.clone()));
    }
    let orphan = |f: &&File| f.path.starts_with("docs/") && !reached.contains(&f.path);
    let tell = |f: &File| format!("{}: no link leads here from the first pages", f.path);
    files.iter().filter(orphan).map(tell).collect()
}

/// Relative links of documents lead to files.
pub(super) fn links(files: &[File]) -> Vec<String> {
    let mut out = Vec::new();
    let there = |target: &str| {
        let folder = format!("{}/", target.trim_end_matches('/'));
        files.iter().any(|f| f.path == target || f.path.starts_with(&folder))
    };
    for file in files.iter().filter(|f| f.path.ends_with(".md")) {
        for target in targets(file).filter(|target| !there(target)) {
            out.push(format!("{}: the link to {target} leads nowhere", file.path));
        }
    }
    out
}

/// Where the ids of requirements are told.
const REQUIREMENTS: &str = "docs/REQUIREMENTS.md";
/// What ids begin with, as they stand in text and in names of tests.
const FAMILIES: [&str; 11] = ["API", "ERR", "WIRE", "ROUTE", "ACC", "KEY", "LIM", "BILL", "USE", "WEB", "OPS"];

/// An id of a requirement that code names is told to who has nothing but this repository.
pub(super) fn requirements(files: &[File]) -> Vec<String> {
    let told = files.iter().find(|f| f.path == REQUIREMENTS).map_or("", |f| f.text.as_str());
    let code = |f: &&File| [".rs", ".py", ".mjs"].iter().any(|end| f.path.ends_with(end));
    let mut out = Vec::new();
    for file in files.iter().filter(code) {
        for id in ids(&file.text).into_iter().filter(|id| !told.contains(&format!("| {id} |"))) {
            out.push(format!("{}: {id} is not in {REQUIREMENTS}", file.path));
        }
    }
    out
}

/// The ids in a text, each once.
fn ids(text: &str) -> Vec<String> {
    let text = text.to_uppercase().replace('_', "-");
    let mut found: Vec<String> = Vec::new();
    for family in FAMILIES {
        let start = format!("R-{family}-");
        for (at, _) in text.match_indices(&start) {
            let inside = text[..at].ends_with(|c: char| c.is_alphanumeric());
            let digits: String = text[at + start.len()..].chars().take_while(char::is_ascii_digit).collect();
            let id = format!("{start}{digits}");
            if !inside && !digits.is_empty() && !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

/// Where tests are named as `folder/file.rs::name`.
const PROOFS: &str = "docs/PITFALLS.md";

/// A test that a document names as a proof is there.
pub(super) fn proofs(files: &[File]) -> Vec<String> {
    let told = files.iter().find(|f| f.path == PROOFS).map_or("", |f| f.text.as_str());
    let named = told.split('`').skip(1).step_by(2).filter_map(|word| word.split_once("::"));
    let mut out = Vec::new();
    for (place, name) in named {
        let defines =
            |f: &&File| ["fn", "def", "function"].iter().any(|word| f.text.contains(&format!("{word} {name}(")));
        let inside = |f: &&File| f.path == place || f.path.ends_with(&format!("/{place}"));
        if !files.iter().filter(inside).any(|f| defines(&f)) {
            out.push(format!("{PROOFS}: there is no {place}::{name}"));
        }
    }
    out
}

/// The files a document links to, as paths from the root.
fn targets(file: &File) -> impl Iterator<Item = String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let inside =
        |part: &&str| !part.contains("://") && !part.starts_with(['#', '<']) && !part.starts_with("mailto:");
    let links = file.text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
    let links = links.filter(|target| !target.is_empty()).filter(inside);
    links.map(move |target| join(folder, target))
}

/// `docs/adr` and `../x.md` make `docs/x.md`.
fn join(folder: &str, target: &str) -> String {
    let start = if target.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{File, lengths, links, orphans, proofs, requirements};
    use crate::tidy::tests::tells_apart;

    fn files(list: &[(&str, &str)]) -> Vec<File> {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        list.iter().map(file).collect()
    }

    #[test]
    fn long_pages_are_found() {
        let (long, short) = ("x\n".repeat(151), "x\n".repeat(150));
        tells_apart(lengths, &[("README.md", &long)], &[("README.md", &short), ("OTHER.md", &long)]);
    }

    #[test]
    fn orphans_are_found() {
        let all = files(&[
            ("README.md", "[a](docs/a.md#part) [adr](docs/adr/)"),
            ("docs/a.md", "[b](b.md)"),
            ("docs/b.md", "[up](../README.md)"),
            ("docs/adr/0001.md", ""),
            ("docs/lost.md", ""),
        ]);
        assert_eq!(orphans(&all).len(), 1);
        assert!(orphans(&all)[0].starts_with("docs/lost.md"));
    }

    #[test]
    fn requirements_that_are_not_told_are_found() {
        // In two pieces, or this file would be found.
        let named =
            |id: &str| format!("/// {}{id}: x\nfn {}{}() {{}}\n", "R-", "r_", id.to_lowercase().replace('-', "_"));
        let (known, unknown) = (named("API-1"), named("API-11"));
        let all = |code: &str| files(&[("docs/REQUIREMENTS.md", "| R-API-1 | x |"), ("a.rs", code)]);
        assert_eq!(requirements(&all(&known)), Vec::<String>::new());
        assert_eq!(requirements(&all(&unknown)).len(), 1);
    }

    #[test]
    fn proofs_that_are_gone_are_found() {
        let page = |told: &str| {
            files(&[("docs/PITFALLS.md", told), ("a/b/c.rs", "async fn here() {}"), ("d.py", "def so(x):")])
        };
        assert_eq!(proofs(&page("| 1 | `b/c.rs::here`, `d.py::so` | `plain` |")), Vec::<String>::new());
        for gone in ["`b/c.rs::her`", "`b/c.rs::gone`", "`d.rs::so`", "`c/b/c.rs::here`"] {
            assert_eq!(proofs(&page(gone)).len(), 1, "{gone}");
        }
    }

    #[test]
    fn dead_links_are_found() {
        tells_apart(
            links,
            &[("README.md", "[x](gone.md)")],
            &[("README.md", "[x](README.md) [y](https://example.com/x) [z](#here)")],
        );
    }
}
