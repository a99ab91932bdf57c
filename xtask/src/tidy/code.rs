//! Rules about what stands inside Rust files. In: files. Out: findings.
//! Never here: rules clippy can hold (it reads types, this reads text).

use super::File;

/// A Rust file taken apart: its code with comments and strings blanked, and the strings.
struct Parts {
    code: String,
    strings: String,
}

fn rust(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.path.ends_with(".rs"))
}

/// Lines of the code (or of the strings) in which `wrong` finds something.
fn lines(file: &File, text: &str, wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let numbered = text.lines().enumerate().filter(|(_, line)| wrong(line));
    numbered.map(|(at, line)| format!("{}:{}: {}", file.path, at + 1, line.trim())).collect()
}

/// No `todo!`, `unimplemented!`, `dbg!`, not even where clippy is told to look away.
pub(super) fn unfinished(files: &[File]) -> Vec<String> {
    let words = ["todo!", "unimplemented!", "dbg!"];
    let wrong = |line: &str| words.iter().any(|word| line.contains(word));
    rust(files).flat_map(|file| lines(file, &take_apart(&file.text).code, wrong)).collect()
}

/// A lint is expected, with a reason, and never allowed.
pub(super) fn allows(files: &[File]) -> Vec<String> {
    let wrong =
        |line: &str| line.replace(' ', "").contains("#[allow(") || line.replace(' ', "").contains("#![allow(");
    rust(files).flat_map(|file| lines(file, &take_apart(&file.text).code, wrong)).collect()
}

/// No float type and no float literal where money and tokens are counted.
pub(super) fn floats(files: &[File]) -> Vec<String> {
    let money = |file: &&File| file.path.starts_with("crates/ledger/") || file.path.starts_with("crates/units/");
    let wrong = |line: &str| {
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
        words.any(|word| {
            let mut halves = word.splitn(2, '.');
            let digits = |half: Option<&str>| {
                half.is_some_and(|h| h.starts_with(|c: char| c.is_ascii_digit()) && !h.starts_with("0x"))
            };
            word == "f32"
                || word == "f64"
                || word.ends_with("_f64")
                || (digits(halves.next()) && digits(halves.next()))
        })
    };
    // A tuple of tuples (`pair.0.1`) does not begin with a digit; ranges (`0..1`) have no second half.
    rust(files).filter(money).flat_map(|file| lines(file, &take_apart(&file.text).code, wrong)).collect()
}

/// The environment is read by the product's config, by tests, and by commands of developers.
pub(super) fn environment(files: &[File]) -> Vec<String> {
    let begins = ["crates/tollgate/src/config", "crates/simtest/", "tests/process/", "xtask/", "bench/"];
    let parts = ["/tests/", "/examples/", "/suite/", "/suite.rs", "build.rs"];
    let free = |file: &&File| {
        begins.iter().any(|begin| file.path.starts_with(begin)) || parts.iter().any(|part| file.path.contains(part))
    };
    let reads = ["env::var", "env::vars", "env::set_var", "env::remove_var"];
    let wrong = |line: &str| reads.iter().any(|read| line.contains(read));
    rust(files)
        .filter(|file| !free(file))
        .flat_map(|file| lines(file, &take_apart(&file.text).code, wrong))
        .collect()
}

/// SQL stands in crates/store and in tests.
pub(super) fn sql(files: &[File]) -> Vec<String> {
    let free = |file: &&File| {
        file.path.starts_with("crates/store/")
            || file.path.starts_with("tests/")
            || file.path.contains("/tests/")
            || file.path.starts_with("crates/simtest/")
    };
    let statements = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE ", "DROP TABLE "];
    let wrong = |line: &str| {
        statements.iter().any(|statement| line.contains(statement))
            || (line.contains("UPDATE ") && line.contains(" SET "))
    };
    rust(files)
        .filter(|file| !free(file) && file.path != "xtask/src/tidy/code.rs")
        .flat_map(|file| lines(file, &take_apart(&file.text).strings, wrong))
        .collect()
}

/// Where the reader of a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Code,
    Line,
    Block(u32),
    Text,
    Raw(usize),
}

/// The code of a Rust file, without comments and strings.
pub(super) fn code_of(text: &str) -> String {
    take_apart(text).code
}

/// Parts code from comments and strings. Newlines stay in both, so that lines keep their numbers.
fn take_apart(text: &str) -> Parts {
    let mut parts = Parts { code: String::new(), strings: String::new() };
    let mut at = At::Code;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (next, length) = step(at, rest, c);
        let piece = &rest[..length];
        let (to_code, to_strings) = match at {
            At::Code if next == At::Code => (true, false),
            At::Text | At::Raw(_) if next == at => (false, true),
            _ => (false, false),
        };
        for part in piece.chars() {
            let newline = part == '\n';
            if to_code || newline {
                parts.code.push(part);
            }
            if to_strings || newline {
                parts.strings.push(part);
            }
        }
        at = next;
        rest = &rest[length..];
    }
    parts
}

/// What comes after the next piece of text, and how long that piece is.
fn step(at: At, rest: &str, c: char) -> (At, usize) {
    let one = c.len_utf8();
    match at {
        At::Code if rest.starts_with("//") => (At::Line, 2),
        At::Code if rest.starts_with("/*") => (At::Block(1), 2),
        At::Code if c == '"' => (At::Text, 1),
        At::Code if c == 'r' => match raw_marks(rest) {
            Some(marks) => (At::Raw(marks), marks + 2),
            None => (At::Code, one),
        },
        // A quote as a character, so that it does not open a string.
        At::Code if rest.starts_with("'\"'") => (At::Code, 3),
        At::Code if rest.starts_with("'\\\"'") => (At::Code, 4),
        At::Code => (At::Code, one),
        At::Line if c == '\n' => (At::Code, 1),
        At::Block(1) if rest.starts_with("*/") => (At::Code, 2),
        At::Block(depth) if rest.starts_with("*/") => (At::Block(depth - 1), 2),
        At::Block(depth) if rest.starts_with("/*") => (At::Block(depth + 1), 2),
        At::Text if c == '\\' => (At::Text, one + rest[one..].chars().next().map_or(0, char::len_utf8)),
        At::Text if c == '"' => (At::Code, 1),
        At::Raw(marks) if c == '"' && rest[1..].starts_with(&"#".repeat(marks)) => (At::Code, marks + 1),
        At::Line | At::Block(_) | At::Text | At::Raw(_) => (at, one),
    }
}

/// The number of `#` of a raw string that begins here.
fn raw_marks(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let marks = after.bytes().take_while(|byte| *byte == b'#').count();
    after[marks..].starts_with('"').then_some(marks)
}

#[cfg(test)]
mod tests {
    use super::{allows, environment, floats, sql, take_apart, unfinished};
    use crate::tidy::tests::tells_apart;

    #[test]
    fn comments_and_strings_are_parted_from_code() {
        let parts = take_apart("a /* b /* c */ d */ e // f\ng \"h \\\" i\" r#\"j\" k\"# 'l' '\"' m\n");
        assert_eq!(parts.code.split_whitespace().collect::<Vec<_>>(), ["a", "e", "g", "'l'", "'\"'", "m"]);
        assert_eq!(parts.strings.trim(), "h \\\" ij\" k");
        assert_eq!(parts.code.lines().count(), 2);
    }

    #[test]
    fn unfinished_code_is_found() {
        let bad = [("a.rs", concat!("fn f() { to", "do!() }")), ("a.rs", concat!("db", "g!(x)"))];
        tells_apart(unfinished, &bad, &[("a.rs", "// todo!\nlet x = \"todo!\";"), ("a.md", "todo!")]);
    }

    #[test]
    fn allow_attributes_are_found() {
        tells_apart(
            allows,
            &[("a.rs", "#[allow(dead_code)]"), ("a.rs", "#![allow(clippy::all)]")],
            &[("a.rs", "#[expect(dead_code, reason = \"x\")]"), ("a.rs", "// #[allow(x)]")],
        );
    }

    #[test]
    fn floats_near_money_are_found() {
        let path = "crates/ledger/src/a.rs";
        tells_apart(
            floats,
            &[
                (path, "let x: f64 = 1;"),
                (path, "let x = 1.5;"),
                (path, "x.as_secs_f64()"),
                ("crates/units/src/a.rs", "f32"),
            ],
            &[
                (path, "for i in 0..10 {}"),
                (path, "pair.0"),
                (path, "// 1.5 f64"),
                (path, "\"1.5\""),
                ("crates/server/src/a.rs", "1.5"),
            ],
        );
    }

    #[test]
    fn the_environment_elsewhere_is_found() {
        let code = "let x = std::env::var(\"X\");";
        tells_apart(
            environment,
            &[("crates/server/src/a.rs", code), ("crates/tollgate/src/main.rs", code)],
            &[
                ("crates/tollgate/src/config/env.rs", code),
                ("crates/store/tests/a.rs", code),
                ("xtask/src/a.rs", code),
            ],
        );
    }

    #[test]
    fn sql_elsewhere_is_found() {
        let path = "crates/server/src/a.rs";
        tells_apart(
            sql,
            &[(path, "\"SELECT 1\""), (path, "r#\"INSERT INTO t\"#"), (path, "\"UPDATE t SET x = 1\"")],
            &[(path, "// SELECT 1"), (path, "\"select a model\""), ("crates/store/src/a.rs", "\"SELECT 1\"")],
        );
    }
}
