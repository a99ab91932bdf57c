//! Writes each vocabulary in its smallest form: its tokens in the order of their numbers, each behind its length. In: the tables of
//! bpe-openai. Out: a file in OUT_DIR for each. Never here: a table to count with (that is ten times as large, and quickly made).
#![expect(clippy::disallowed_methods, reason = "a build script is told where things are by its environment")]

use bpe_openai::Tokenizer;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(why) = build() {
        println!("cargo::error={why}");
    }
}

fn build() -> Result<(), String> {
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|e| e.to_string())?);
    for (name, vocabulary) in [("o200k", bpe_openai::o200k_base()), ("cl100k", bpe_openai::cl100k_base())] {
        let path = out.join(name);
        let file = file(vocabulary).map_err(|e| format!("{name}: {e}"))?;
        fs::write(&path, file).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn file(vocabulary: &Tokenizer) -> Result<Vec<u8>, std::num::TryFromIntError> {
    let mut file = Vec::new();
    for number in 0..u32::try_from(vocabulary.bpe.num_tokens())? {
        let token = vocabulary.bpe.token_bytes(number);
        file.push(u8::try_from(token.len())?);
        file.extend_from_slice(token);
    }
    Ok(file)
}
