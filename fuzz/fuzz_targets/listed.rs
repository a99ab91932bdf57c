//! The target `listed`; its body is in the dialect crate's tests (`tests/wire/fuzzed.rs`).
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tollgate_fuzz::run("listed", bytes));
