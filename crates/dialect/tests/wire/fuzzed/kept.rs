//! Inputs that fuzzers found, each once more. Never here: what they showed; the commit that mended it says so.

use super::TARGETS;
use crate::run::root;
use std::fs;

/// Every kept input passes its target, and every folder belongs to one.
#[test]
fn what_fuzzers_found_stays_mended() {
    for entry in fs::read_dir(root().join("fuzz/kept")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == name) else {
            assert!(cfg!(not(feature = "probe")) && ["json", "sse"].contains(&&*name), "no target {name}");
            continue;
        };
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            target(&fs::read(path).unwrap());
        }
    }
}
