//! What fuzzers start with. In: corpus/ and fuzz/kept/. Out: a folder of seeds and a list of words for one target, below
//! target/. Never here: inputs of its own; a better corpus makes better seeds.

use crate::shell::{root, scratch};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Longer strings are content, not words of a language.
const WORD_BYTES_MAX: usize = 40;

/// Writes the seeds and the words of a target anew.
pub(crate) fn write(target: &str) -> Result<(PathBuf, PathBuf), String> {
    let folder = scratch("fuzz").join("seeds").join(target);
    let words = scratch("fuzz").join("seeds").join(format!("{target}.dict"));
    let texts = collect(target).map_err(|why| format!("seeds of {target}: {why}"))?;
    put(&folder, &words, &texts).map_err(|why| format!("{}: {why}", folder.display()))?;
    Ok((folder, words))
}

fn put(folder: &Path, words: &Path, texts: &[Vec<u8>]) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for (number, text) in texts.iter().enumerate() {
        fs::write(folder.join(format!("{number:04}")), text)?;
    }
    let known: BTreeSet<&[u8]> = texts.iter().flat_map(|text| words_of(text)).collect();
    let mut lines = String::new();
    for word in known {
        let escaped: String = word.iter().map(|byte| format!("\\x{byte:02X}")).collect();
        lines.push_str(&format!("\"{escaped}\"\n"));
    }
    fs::write(words, lines)
}

/// The strings of a text that could be words of a language, quotes included.
fn words_of(text: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::new();
    let quotes: Vec<usize> = text.iter().enumerate().filter(|(_, byte)| **byte == b'"').map(|(at, _)| at).collect();
    for pair in quotes.windows(2) {
        let word = &text[pair[0]..=pair[1]];
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"\"_.-".contains(byte);
        if (3..=WORD_BYTES_MAX).contains(&word.len()) && word.iter().all(plain) {
            out.push(word);
        }
    }
    out
}

/// What the corpus has for a target, by what its name says, and what was kept for it.
fn collect(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let mut out = Vec::new();
    let (kind, dialect) = target.split_once('_').unwrap_or((target, ""));
    for entry in fs::read_dir(root().join("corpus"))? {
        let upstream = entry?.path();
        if !upstream.is_dir() {
            continue;
        }
        let same =
            upstream.file_name().is_some_and(|name| name.to_str().is_some_and(|name| name.ends_with(dialect)));
        for entry in fs::read_dir(&upstream)? {
            let case = entry?.path();
            let mut take = |name: &str| out.extend(fs::read(case.join(name)));
            match kind {
                "request" => {
                    out.extend(asked(&case, dialect));
                    if same {
                        out.extend(
                            fs::read(case.join("upstream-request.json")).ok().filter(|body| body.starts_with(b"{")),
                        );
                    }
                }
                "stream" if same => take("upstream.sse"),
                "answer" if same => take("upstream.json"),
                "sse" => take("upstream.sse"),
                "json" | "upstream" => take("upstream.json"),
                _ => {}
            }
        }
    }
    if kind == "request" {
        let features = root().join("corpus/features").join(format!("{dialect}.json"));
        // Of pictures there are whole cases alone.
        let features = if features.exists() { fs::read(features)? } else { b"{}".to_vec() };
        let features: Map<String, Value> = serde_json::from_slice(&features)?;
        out.extend(features.values().filter(|body| body.is_object()).map(|body| body.to_string().into_bytes()));
    }
    for entry in fs::read_dir(root().join("fuzz/kept").join(target)).into_iter().flatten() {
        out.push(fs::read(entry?.path())?);
    }
    Ok(out)
}

/// The body of a case's request, where a client of that dialect sent it.
fn asked(case: &Path, dialect: &str) -> Option<Vec<u8>> {
    let request: Value = serde_json::from_slice(&fs::read(case.join("request.json")).ok()?).ok()?;
    (request["client"] == dialect).then(|| request["body"].to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::{collect, words_of};

    #[test]
    fn words_are_short_and_plain() {
        let words = words_of(br#"{"type":"a b","n":1}"#);
        assert_eq!(words, [&b"\"type\""[..], b"\"n\""]);
    }

    /// A target that starts with nothing finds nothing in a few seconds.
    #[test]
    fn every_target_has_seeds() {
        for target in crate::fuzz::targets().unwrap() {
            assert!(collect(&target).unwrap().len() > 1, "{target} has no seeds");
        }
    }
}
