//! The verb `bench`: builds what is measured and runs bench/run. In: arguments for it. Out: its verdict.
//! Never here: measuring.

use crate::shell::{cargo, program, succeeds};

/// Builds the mock and the gateway as they are shipped, then measures.
pub(crate) fn run(args: &[String]) -> Result<bool, String> {
    let packages = ["--package", "bench-mock", "--package", "bench-load", "--package", "tollgate"];
    let mut build = cargo(&["build", "--profile", "dist"]);
    if !succeeds(build.args(packages))? {
        return Ok(false);
    }
    succeeds(program("python3", &["bench/run"]).args(args))
}
