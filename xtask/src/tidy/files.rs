//! Rules about files as such: length, caption, name, last byte. In: files. Out: findings.
//! Never here: what stands inside the code.

use super::File;

const LINES_MAX: usize = 500;
const CAPPED: [&str; 6] = [".rs", ".ts", ".tsx", ".py", ".sh", ".mjs"];

/// Files of more lines say what goes in and out, and what they are not for.
const SMALL: usize = 40;

/// No file of code is longer than the cap.
pub(super) fn caps(files: &[File]) -> Vec<String> {
    let long = |file: &&File| is_code(file) && file.text.lines().count() > LINES_MAX;
    let tell = |file: &File| format!("{}: {} lines", file.path, file.text.lines().count());
    files.iter().filter(long).map(tell).collect()
}

/// Rust opens with `//!`, scripts with a comment after their first line.
pub(super) fn captions(files: &[File]) -> Vec<String> {
    let silent = |file: &&File| {
        if !is_code(file) {
            return false;
        }
        let mut lines = file.text.lines().skip_while(|line| line.starts_with("#!/"));
        let first = lines.next().unwrap_or("");
        let begins: &[&str] = if file.path.ends_with(".rs") {
            &["//! "]
        } else if file.path.ends_with(".py") || first.starts_with(['#', '"']) {
            &["# ", "\"\"\""]
        } else {
            &["# ", "//", "/*"]
        };
        !begins.iter().any(|begin| first.starts_with(begin))
    };
    let tell = |file: &File| format!("{}: does not open with what it is for", file.path);
    files.iter().filter(silent).map(tell).collect()
}

/// The caption of a Rust or Python file that is not small says what goes in, what comes out, and what is never there.
/// What goes into tests and comes out is always the same.
pub(super) fn borders(files: &[File]) -> Vec<String> {
    let mut out = Vec::new();
    for file in files.iter().filter(|file| file.text.lines().count() > SMALL) {
        let rust = file.path.ends_with(".rs");
        if !(rust || file.path.ends_with(".py")) {
            continue;
        }
        let begins = |line: &&str| !rust || line.starts_with("//!");
        // The second line of quotes ends the caption of a script.
        let caption: Vec<&str> =
            file.text.split("\n\"\"\"").next().unwrap_or("").lines().take_while(begins).collect();
        let caption = caption.join(" ").to_lowercase();
        let test = file.path.contains("/tests/") && rust || file.path.ends_with("tests.rs");
        let inside = caption.contains("in:") || caption.contains("in and out:");
        let outside = caption.contains("out:");
        let missing = [
            (!caption.contains("never here"), "what is never here"),
            (!inside && !test, "what goes in"),
            (!outside && !test, "what comes out"),
        ];
        let missing = missing.iter().filter(|(missing, _)| *missing);
        out.extend(missing.map(|(_, what)| format!("{}: does not say {what}", file.path)));
    }
    out
}

/// The last byte of a file is a newline.
pub(super) fn newlines(files: &[File]) -> Vec<String> {
    let open = |file: &&File| !file.text.is_empty() && !file.text.ends_with('\n');
    let tell = |file: &File| format!("{}: no newline at its end", file.path);
    files.iter().filter(open).map(tell).collect()
}

/// `room.rs` beside `room/`.
pub(super) fn no_mod_rs(files: &[File]) -> Vec<String> {
    let wrong = |file: &&File| file.path.rsplit('/').next() == Some("mod.rs");
    let tell = |file: &File| format!("{}: name it after its folder, beside it", file.path);
    files.iter().filter(wrong).map(tell).collect()
}

/// By its name, or by its first line when it has no ending (`bench/run`).
fn is_code(file: &File) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or("");
    CAPPED.iter().any(|ending| name.ends_with(ending)) || (!name.contains('.') && file.text.starts_with("#!/"))
}

#[cfg(test)]
mod tests {
    use super::{borders, caps, captions, newlines, no_mod_rs};
    use crate::tidy::tests::tells_apart;

    #[test]
    fn long_files_are_found() {
        let (long, short) = ("x\n".repeat(501), "x\n".repeat(500));
        let script = format!("#!/usr/bin/env python3\n{long}");
        tells_apart(
            caps,
            &[("a.rs", &long), ("bench/run", &script), ("web/x.tsx", &long)],
            &[("a.rs", &short), ("a.json", &long)],
        );
    }

    #[test]
    fn files_without_a_caption_are_found() {
        tells_apart(
            captions,
            &[
                ("a.rs", "fn main() {}\n"),
                ("a.rs", "// no\n"),
                ("a.py", "import os\n"),
                ("run", "#!/bin/sh\nset -e\n"),
                ("a.mjs", "import x from 'x'\n"),
            ],
            &[
                ("a.rs", "//! What it is for.\n"),
                ("a.py", "#!/usr/bin/env python3\n\"\"\"What it is for.\"\"\"\n"),
                ("run", "#!/bin/sh\n# What it is for.\n"),
                ("a.mjs", "// What it is for.\n"),
                ("a.txt", "anything\n"),
            ],
        );
    }

    #[test]
    fn captions_without_borders_are_found() {
        let body = "x\n".repeat(41);
        let with = |caption: &str| format!("{caption}\n{body}");
        let good = with("//! What for. In: this. Out: that.\n//! Never here: other.");
        let both = with("//! What for. In and out: values. Never here: other.");
        let test = with("//! What for. Never here: other.");
        let script = with("\"\"\"What for.\n\nIn: this. Out: that. Never here: other.\n\"\"\"");
        let late = with("\"\"\"What for.\n\nIn: this. Out: that.\n\"\"\"\n# Never here");
        tells_apart(
            borders,
            &[
                ("a.rs", &with("//! What for. In: this. Out: that.")),
                ("a.rs", &with("//! What for. In: this. Never here: other.")),
                ("a.rs", &with("//! What for. Out: that. Never here: other.")),
                ("a.rs", &with("//! What for. In: this. Out: that.\n\n// Never here")),
                ("a/tests/x.rs", &with("//! What for.")),
                ("a.py", &late),
            ],
            &[
                ("a.rs", &good),
                ("a.rs", &both),
                ("a/tests/x.rs", &test),
                ("a.py", &script),
                ("a.rs", "//! Small.\n"),
            ],
        );
    }

    #[test]
    fn a_missing_newline_and_mod_rs_are_found() {
        tells_apart(newlines, &[("a", "x")], &[("a", "x\n"), ("a", "")]);
        tells_apart(no_mod_rs, &[("a/mod.rs", "")], &[("a.rs", ""), ("a/my_mod.rs", "")]);
    }
}
