//! The rules of the house, as functions over the files of the repository.
//! In: the files git knows, and `cargo metadata`. Out: findings, each with its file.
//! Never here: formatting and lints (rustfmt and clippy know better).

mod arrows;
mod code;
mod docs;
mod files;
mod names;
mod npm;
mod seeds;
mod uses;
mod words;

use crate::shell::{cargo, output, program, root};
use serde_json::Value;

/// A file with its text; the path is relative to the root.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Finds what breaks a rule: `path: why`.
type Rule = fn(&[File]) -> Vec<String>;

/// Every rule over files.
const RULES: [(&str, Rule); 23] = [
    ("a file has at most 500 lines", files::caps),
    ("a file says what it is for", files::captions),
    ("a file says what it is not for", files::borders),
    ("a file ends with a newline", files::newlines),
    ("no mod.rs", files::no_mod_rs),
    ("no unfinished code", code::unfinished),
    ("no allow attributes", code::allows),
    ("no floats near money", code::floats),
    ("the environment is read in one place", code::environment),
    ("only store speaks SQL", code::sql),
    ("no path of a machine, no word about the work", words::banned),
    ("pages stay short", docs::lengths),
    ("documents can be reached", docs::orphans),
    ("links lead somewhere", docs::links),
    ("events of the log are told, and written", names::events),
    ("codes of problems are told, and made", names::codes),
    ("faults that are told are brought about by a test", names::faults),
    ("requirements that code names are told", docs::requirements),
    ("tests that are named as proofs exist", docs::proofs),
    ("packages of Node are pinned", npm::pins),
    ("lock files of Node are whole", npm::locks),
    ("rows that tests name are known", seeds::known),
    ("every row of seeds is told", seeds::told),
];

/// The verb: prints what was found.
pub(crate) fn run() -> Result<bool, String> {
    let found = check_all()?;
    for finding in &found {
        eprintln!("{finding}");
    }
    println!("{} rules, {} findings", RULES.len() + 6, found.len());
    Ok(found.is_empty())
}

/// Everything the rules have to say about this repository.
fn check_all() -> Result<Vec<String>, String> {
    let files = load()?;
    let mut found = Vec::new();
    for (name, rule) in RULES {
        found.extend(rule(&files).into_iter().map(|finding| format!("{finding} ({name})")));
    }
    let metadata = metadata()?;
    found.extend(arrows::workspace(&metadata));
    found.extend(arrows::rooms(&metadata));
    found.extend(arrows::purity(&metadata));
    found.extend(uses::named(&metadata, &files));
    found.extend(uses::once(&metadata));
    found.extend(uses::wanted(&metadata, &files));
    Ok(found)
}

fn metadata() -> Result<Value, String> {
    let args = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let text = output(&mut cargo(&args)).ok_or("cargo metadata failed")?;
    serde_json::from_str(&text).map_err(|why| why.to_string())
}

/// All text files that are tracked or could be.
fn load() -> Result<Vec<File>, String> {
    let args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let list = output(&mut program("git", &args)).ok_or("git ls-files failed")?;
    let mut files = Vec::new();
    for path in list.split('\0').filter(|path| !path.is_empty()) {
        // What is deleted but still known, or not text, has no rule.
        if let Ok(text) = std::fs::read_to_string(root().join(path)) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    Ok(files)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::File;

    #[test]
    fn the_repository_is_tidy() {
        let found = super::check_all().unwrap();
        assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    }

    /// One file, for trying a rule.
    pub(crate) fn file(path: &str, text: &str) -> [File; 1] {
        [File { path: path.to_owned(), text: text.to_owned() }]
    }

    /// A rule must find something in `bad`, and nothing in `good`.
    pub(crate) fn tells_apart(rule: super::Rule, bad: &[(&str, &str)], good: &[(&str, &str)]) {
        for (path, text) in bad {
            assert!(!rule(&file(path, text)).is_empty(), "nothing found in {path}: {text}");
        }
        for (path, text) in good {
            let found = rule(&file(path, text));
            assert!(found.is_empty(), "{found:?}");
        }
    }
}
