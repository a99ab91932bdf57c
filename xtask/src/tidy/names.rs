//! Rules about names that others read: events of the log, codes of problems. In: files. Out: names that code has and the documents do
//! not, or the other way round. Never here: what a name means.

use super::File;

/// Where the names of log lines are told.
const LOG: &str = "docs/LOG.md";
/// Where the codes of problems are told.
const MANAGE: &str = "docs/MANAGE.md";
/// Where problems are made.
const PROBLEMS: &str = "crates/server/src/api/problem.rs";
/// What writes a line, its event first: the methods of the log, and what ends behind an answer.
const WRITERS: [&str; 3] = ["log.info(", "log.warn(", "log.error("];
/// The same, the event second.
const WRITERS_SECOND: [&str; 2] = ["log.line(", "behind("];

/// An event of the log is told, and what is told is written somewhere.
pub(super) fn events(files: &[File]) -> Vec<String> {
    let ours = |f: &&File| {
        let place = ["crates/server/src/", "crates/tollgate/src/"].iter().any(|begin| f.path.starts_with(begin));
        place && f.path.ends_with(".rs")
    };
    let mut named: Vec<(&str, String)> = Vec::new();
    for file in files.iter().filter(ours) {
        named.extend(events_of(&file.text).into_iter().map(|name| (file.path.as_str(), name)));
    }
    named.sort_unstable();
    named.dedup();
    compare(files, LOG, &named, |name| name.contains('.'))
}

/// A code of a problem is told, and what is told exists.
pub(super) fn codes(files: &[File]) -> Vec<String> {
    let text = files.iter().find(|f| f.path == PROBLEMS).map_or("", |f| f.text.as_str());
    let named: Vec<(&str, String)> = codes_of(text).into_iter().map(|code| (PROBLEMS, code)).collect();
    compare(files, MANAGE, &named, |_| true)
}

/// Where every way a call can fail is told.
const FAULTS: &str = "docs/FAULTS.md";

/// A fault that readers are told of is one that a test brings about: its code, or its name in the log, stands in a test of whole calls.
pub(super) fn faults(files: &[File]) -> Vec<String> {
    let told = files.iter().find(|f| f.path == FAULTS).map_or("", |f| f.text.as_str());
    let is_test = |f: &&File| {
        let begins = ["crates/simtest/tests/", "tests/process/tests/", "tests/e2e/"];
        begins.iter().any(|begin| f.path.starts_with(begin)) || f.path.contains("/routes/tests/")
    };
    let tests: Vec<&File> = files.iter().filter(is_test).collect();
    let mut out = Vec::new();
    for line in told.lines().filter(|line| line.starts_with("| ")) {
        let names: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        let (Some(code), Some(name)) = (names.first(), names.last()) else { continue };
        let named = |f: &&&File| [code, name].iter().any(|word| f.text.contains(**word));
        // The head of the table has names of columns.
        if line.contains("| status |") || tests.iter().any(|f| named(&f)) {
            continue;
        }
        out.push(format!("{FAULTS}: no test of whole calls brings about {code}"));
    }
    out
}

/// Names of code that a document does not tell, and names in the first column of its tables that code does not have.
fn compare(files: &[File], document: &str, named: &[(&str, String)], is_one: impl Fn(&str) -> bool) -> Vec<String> {
    let told = files.iter().find(|f| f.path == document).map_or("", |f| f.text.as_str());
    let mut out = Vec::new();
    for (path, name) in named.iter().filter(|(_, name)| !told.contains(&format!("`{name}`"))) {
        out.push(format!("{path}: {name} is not in {document}"));
    }
    // Without code there is nothing to compare with.
    let gone = |name: &&str| is_one(name) && !named.is_empty() && !named.iter().any(|(_, known)| known == name);
    out.extend(
        first_column(told).into_iter().filter(gone).map(|name| format!("{document}: nothing is called {name}")),
    );
    out
}

/// The names in the first column of the tables whose first column is called so.
fn first_column(told: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in told.lines() {
        let first = line.strip_prefix('|').and_then(|rest| rest.split('|').next()).map(str::trim);
        match first {
            None => inside = false,
            Some("line" | "code") => inside = true,
            Some(cell) if inside => names.extend(cell.split('`').skip(1).step_by(2)),
            Some(_) => {}
        }
    }
    names
}

fn events_of(text: &str) -> Vec<String> {
    // However a call is broken into lines.
    let text: String = shipped(text).split_whitespace().collect();
    let first =
        WRITERS.iter().flat_map(|writer| text.split(writer).skip(1)).filter_map(|rest| rest.strip_prefix('"'));
    let second = WRITERS_SECOND.iter().flat_map(|writer| text.split(writer).skip(1)).filter_map(|rest| {
        let (before, after) = rest.split_once(",\"")?;
        (!before.contains([';', '{', '|'])).then_some(after)
    });
    first.chain(second).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

fn codes_of(text: &str) -> Vec<String> {
    let text: String = shipped(text).split_whitespace().collect();
    let made = text.split("Self::new(StatusCode::").skip(1).filter_map(|rest| rest.split('"').nth(1));
    made.map(str::to_owned).collect()
}

/// A file without its tests, which make up names.
fn shipped(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod tests").map_or(text, |(shipped, _)| shipped)
}

#[cfg(test)]
mod tests {
    use super::{FAULTS, LOG, MANAGE, PROBLEMS, codes, events, faults};
    use crate::tidy::File;

    fn files(all: &[(&str, &str)]) -> Vec<File> {
        all.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
    }

    #[test]
    fn events_of_the_log_are_told() {
        let told = "| line | level |\n| --- | --- |\n| `a.b`, `c.d` | info |\n| `e.f` | warn |\n\n| key | x |\n| `g.h` | y |\n";
        let code = "fn f() { house\n.log\n.warn(\n\"a.b\", &[]); log.line(level(x), \"c.d\", |l| ()); behind(&w, \"e.f\", x); \
                    other.line(\"n.n\"); }\n#[cfg(test)]\nmod tests { log.warn(\"x.y\", &[]) }";
        let path = "crates/server/src/x.rs";
        assert_eq!(events(&files(&[(path, code), (LOG, told)])), [""; 0]);
        let found = events(&files(&[(path, "log.error(\"z.z\", &[]);"), (LOG, told)]));
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].contains("z.z is not in"), "{found:?}");
        assert!(events(&files(&[("crates/dialect/src/x.rs", "log.error(\"z.z\", &[]);"), (LOG, told)])).is_empty());
    }

    /// R-ERR-8: what the reference tells can happen.
    #[test]
    fn faults_are_brought_about() {
        let told = "| status | code | `type` | in logs |\n|---|---|---|---|\n| 400 | `a_code` | `t` | `a_name` |\n";
        let test = |text: &'static str| ("crates/simtest/tests/scenarios/x.rs", text);
        assert_eq!(faults(&files(&[(FAULTS, told), test("\"a_code\"")])), [""; 0]);
        assert_eq!(faults(&files(&[(FAULTS, told), test("fault=a_name")])), [""; 0]);
        assert_eq!(faults(&files(&[(FAULTS, told), test("other")])).len(), 1);
        assert_eq!(faults(&files(&[(FAULTS, told), ("crates/x/src/a.rs", "a_code")])).len(), 1);
    }

    #[test]
    fn codes_of_problems_are_told() {
        let told = "| code | status |\n| --- | --- |\n| `a`, `b` | 400 |\n";
        let code = |code: &str| {
            format!("Self::new(StatusCode::BAD_REQUEST, \"a\", told); Self::new(\nStatusCode::OK,\n\"{code}\", x)")
        };
        assert_eq!(codes(&files(&[(PROBLEMS, &code("b")), (MANAGE, told)])), [""; 0]);
        assert_eq!(codes(&files(&[(PROBLEMS, &code("c")), (MANAGE, told)])).len(), 2);
    }
}
