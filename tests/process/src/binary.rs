//! Where the binary under test is. In: TOLLGATE_TEST_BIN, or cargo. Out: its path.
//! Never here: starting it.

use crate::{Outcome, at};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The `tollgate` binary: the one TOLLGATE_TEST_BIN names, else one that cargo builds now (once a process; there is
/// nothing to do when it is fresh), in the same target folder as this test.
///
/// # Errors
/// When it is not there and cannot be built.
pub fn binary() -> Outcome<PathBuf> {
    static FOUND: OnceLock<Outcome<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(find).clone()
}

fn find() -> Outcome<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "how the command of all tests says what it has built")]
    let named = std::env::var_os("TOLLGATE_TEST_BIN");
    match named.filter(|name| !name.is_empty()) {
        Some(name) => Ok(PathBuf::from(name)),
        None => build(),
    }
}

fn build() -> Outcome<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "tollgate", "--bin", "tollgate", "--message-format", "json"]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit());
    let built = cargo.output().map_err(at("cargo build --package tollgate"))?;
    let lines = String::from_utf8_lossy(&built.stdout);
    let messages = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut paths = messages.filter(|m| m["target"]["name"] == "tollgate").filter_map(|m| {
        let path = m["executable"].as_str()?;
        Some(PathBuf::from(path))
    });
    let path = paths.next_back();
    path.filter(|_| built.status.success()).ok_or_else(|| "cargo build --package tollgate failed".to_owned())
}
