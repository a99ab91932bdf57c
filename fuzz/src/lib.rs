//! The bodies of the fuzz targets: the dialect crate's own, so its tests and these binaries can never say different things.
//! In: the name of a target, bytes. Out: nothing, or a panic. Never here: a claim of its own.

#[path = "../../crates/dialect/tests/wire/fuzzed.rs"]
pub mod fuzzed;
#[path = "../../crates/dialect/tests/wire/run.rs"]
pub mod run;
#[path = "../../crates/dialect/tests/wire/strict.rs"]
#[expect(unused_imports, reason = "its tests are not here")]
pub mod strict;

/// Runs the target of that name.
pub fn run(name: &str, bytes: &[u8]) {
    let target = fuzzed::TARGETS.iter().find(|(known, _)| *known == name).expect(name).1;
    target(bytes);
}
