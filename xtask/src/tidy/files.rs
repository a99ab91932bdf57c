//! Rules about files as such: length, caption, name, last byte. In: files. Out: findings.
//! Never here: what stands inside the code.

use super::File;

const LINES_MAX: usize = 500;
const CAPPED: [&str; 6] = [".rs", ".ts", ".tsx", ".py", ".sh", ".mjs"];

/// Written by a program, as long as they need to be.
const GENERATED: [&str; 1] = ["web/src/api/schema.d.ts"];

/// No file of code is longer than the cap.
pub(super) fn caps(files: &[File]) -> Vec<String> {
    let long = |file: &&File| {
        let capped = is_code(file) && !GENERATED.contains(&file.path.as_str());
        capped && file.text.lines().count() > LINES_MAX
    };
    let tell = |file: &File| format!("{}: {} lines", file.path, file.text.lines().count());
    files.iter().filter(long).map(tell).collect()
}

/// Rust opens with `//!`, scripts with a comment after their first line.
pub(super) fn captions(files: &[File]) -> Vec<String> {
    let silent = |file: &&File| {
        if !is_code(file) || GENERATED.contains(&file.path.as_str()) {
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
    use super::{caps, captions, newlines, no_mod_rs};
    use crate::tidy::tests::tells_apart;

    #[test]
    fn long_files_are_found() {
        let (long, short) = ("x\n".repeat(501), "x\n".repeat(500));
        let script = format!("#!/usr/bin/env python3\n{long}");
        tells_apart(
            caps,
            &[("a.rs", &long), ("bench/run", &script), ("web/x.tsx", &long)],
            &[("a.rs", &short), ("a.json", &long), ("web/src/api/schema.d.ts", &long)],
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
    fn a_missing_newline_and_mod_rs_are_found() {
        tells_apart(newlines, &[("a", "x")], &[("a", "x\n"), ("a", "")]);
        tells_apart(no_mod_rs, &[("a/mod.rs", "")], &[("a.rs", ""), ("a/my_mod.rs", "")]);
    }
}
