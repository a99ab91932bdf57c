//! Rows of the descriptions that presets are made after, and the tests that show them. In: xtask/seed_rows.txt, files. Out: a
//! page, findings. Never here: a row, a test.

use super::File;
use std::fmt::Write;

/// The rows: an id, what must be seen, requirements.
const ROWS: &str = include_str!("../../seed_rows.txt");
/// The page that is made.
const PAGE: &str = "docs/SEED_ROWS.md";
/// What the names of tests begin with, before a row's digits.
const MARK: &str = "row_";

/// One row.
struct Row {
    id: &'static str,
    told: &'static str,
    requirements: &'static str,
}

fn rows() -> Vec<Row> {
    let lines = ROWS.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut parts = line.splitn(3, " | ");
            Some(Row { id: parts.next()?, told: parts.next()?, requirements: parts.next()? })
        })
        .collect()
}

/// The tests of a file that name a row: the row's id, the test's name. A test is a function `row_000_02_..` of any language.
fn tests(file: &File) -> Vec<(String, String)> {
    let inside = file.path.starts_with("tests/") || file.path.contains("/tests/");
    if !inside || ![".py", ".mjs", ".rs"].iter().any(|end| file.path.ends_with(end)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, _) in file.text.match_indices(MARK) {
        let name: String = file.text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let begins = ["def ", "fn ", "async "].iter().any(|word| file.text[..at].ends_with(word));
        let called = file.text[at + name.len()..].starts_with('(');
        if let Some(id) = row_of(&name).filter(|_| begins && called) {
            found.push((id, name));
        }
    }
    found
}

/// `row_000_02_the_first` names `000-02`.
fn row_of(name: &str) -> Option<String> {
    let mut parts = name.strip_prefix(MARK)?.splitn(3, '_');
    let (seed, row) = (parts.next()?, parts.next()?);
    let digits = |text: &str, many: usize| text.len() == many && text.bytes().all(|b| b.is_ascii_digit());
    (digits(seed, 3) && digits(row, 2)).then(|| format!("{seed}-{row}"))
}

/// A test names a row that there is.
pub(super) fn known(files: &[File]) -> Vec<String> {
    let rows = rows();
    let mut out = Vec::new();
    for file in files {
        for (id, name) in tests(file).into_iter().filter(|(id, _)| rows.iter().all(|row| row.id != id)) {
            out.push(format!("{}: {name} names the row {id}, which is not in xtask/seed_rows.txt", file.path));
        }
    }
    out
}

/// The page tells every row and what shows it.
pub(super) fn told(files: &[File]) -> Vec<String> {
    let Some(page) = files.iter().find(|file| file.path == PAGE) else {
        return Vec::new();
    };
    if page.text == self::page(files) {
        return Vec::new();
    }
    vec![format!("{PAGE}: it is stale; run `cargo xtask docs`")]
}

/// docs/SEED_ROWS.md.
fn page(files: &[File]) -> String {
    let rows = rows();
    let mut shown: Vec<(String, String)> = Vec::new();
    for file in files {
        let place = file.path.rsplit('/').next().unwrap_or(&file.path);
        shown.extend(tests(file).into_iter().map(|(id, name)| (id, format!("`{place}::{name}`"))));
    }
    let of = |id: &str| -> Vec<&str> {
        shown.iter().filter(|(row, _)| row == id).map(|(_, test)| test.as_str()).collect()
    };
    let done = rows.iter().filter(|row| !of(row.id).is_empty()).count();
    let mut out = format!(
        "# What presets promise\n\nMade by `cargo xtask docs` of `xtask/seed_rows.txt` and of the names of tests. Presets \
         ([SURFACES.md](SURFACES.md)) are made after\nfive public descriptions of gateways. A row is one thing that such a \
         description promises; the tests replay its own examples\nagainst the real binary with that preset (`tests/e2e/`), on \
         both stores. A name says what of a row is shown where that is not all.\n{done} of {} rows have a test.\n\n\
         | row | what must be seen working | requirements | shown by |\n| --- | --- | --- | --- |\n",
        rows.len()
    );
    for row in &rows {
        let tests = of(row.id);
        let tests = if tests.is_empty() { "not yet".to_owned() } else { tests.join(", ") };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "| {} | {} | {} | {tests} |", row.id, row.told, row.requirements);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{PAGE, ROWS, known, page, row_of, rows, told};
    use crate::shell::root;
    use crate::tidy::File;
    use crate::tidy::tests::tells_apart;

    #[test]
    fn rows_that_nobody_knows_are_found() {
        tells_apart(
            known,
            &[("tests/a.py", "def row_000_99_x(seed):"), ("tests/a.mjs", "  async row_005_01_x() {")],
            &[
                ("tests/a.py", "def row_000_02_x(seed):"),
                ("a.py", "def row_000_99_x(seed):"),
                ("tests/a.md", "def row_000_99_x("),
                ("tests/a.py", "# row_000_99_x("),
            ],
        );
    }

    #[test]
    fn every_row_is_whole_and_there_once() {
        let rows = rows();
        assert_eq!(rows.len(), ROWS.lines().filter(|line| !line.starts_with('#')).count());
        let mut ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
        assert!(ids.is_sorted() && rows.iter().all(|row| row.requirements.starts_with("R-")));
        ids.dedup();
        assert_eq!(ids.len(), rows.len());
        assert!(ids.iter().all(|id| row_of(&format!("row_{}_x", id.replace('-', "_"))).as_deref() == Some(*id)));
    }

    #[test]
    fn the_page_tells_what_shows_a_row() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let tests = file("tests/a.py", "def row_000_02_x(seed):\n");
        let made = page(std::slice::from_ref(&tests));
        assert!(made.contains("`a.py::row_000_02_x` |") && made.contains("1 of ") && made.contains("| not yet |"));
        assert_eq!(told(&[tests.clone(), file(PAGE, &made)]), Vec::<String>::new());
        assert_eq!(told(&[tests, file(PAGE, "old")]).len(), 1);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "`cargo xtask docs` says by it that documents are to be written")]
    fn seed_rows_are_told() {
        let files = crate::tidy::load().unwrap();
        let path = root().join(PAGE);
        if std::env::var_os("TOLLGATE_BLESS").is_some() {
            std::fs::write(&path, page(&files)).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page(&files), "run `cargo xtask docs`");
    }
}
