//! The console's own checks, and the browser that is driven through it. In: web/, tests/console. Out: counts.
//! Never here: what is checked (web/, tests/console/journeys), building the console into the binary (crates/web).

use crate::sdk;
use crate::shell::{program, root, scratch, succeeds, watched};
use crate::steps::Count;
use std::process::Command;

/// The word that builds Tollgate without its console, for machines without Node.
const SKIP: &str = "TOLLGATE_WEB";

/// Types, lints, tests, and what a build weighs.
pub(crate) fn checks() -> Result<Count, String> {
    if is_skipped() {
        println!("{SKIP}=skip: the console is not checked");
        return Ok(Count::default());
    }
    install("web")?;
    let built = scratch("web");
    let built = built.to_string_lossy();
    let mut count = Count::default();
    for step in [&["typecheck"][..], &["lint"], &["build", "--", "--outDir", &built, "--emptyOutDir"]] {
        count = count.and(Count::one(succeeds(npm("web", &["run", "--silent"]).args(step))?));
    }
    count = count.and(counted(npm("web", &["run", "--silent", "test"]).env("NO_COLOR", "1"))?);
    let mut budget = program("node", &["build/budget.mjs", &built]);
    Ok(count.and(counted(budget.current_dir(root().join("web")))?))
}

/// Journeys through the console of the binary that was built, in a headless browser.
pub(crate) fn journeys() -> Result<Count, String> {
    if is_skipped() {
        println!("{SKIP}=skip: there is no console to go through");
        return Ok(Count::default());
    }
    install("tests/console")?;
    counted(program("node", &["tests/console/run.mjs"]).arg(sdk::binary()))
}

#[expect(clippy::disallowed_methods, reason = "a word for developers, of nothing that ships")]
fn is_skipped() -> bool {
    std::env::var(SKIP).is_ok_and(|word| word == "skip")
}

/// Runs something that counts by itself; a failure that counts nothing is one.
fn counted(command: &mut Command) -> Result<Count, String> {
    let mut count = Count::default();
    let good = watched(command, |line| count.add_line(line))?;
    if !good && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

/// Installs the packages of a lock file beside it, once for each; crates/web does the same with the same mark.
fn install(folder: &str) -> Result<(), String> {
    let place = root().join(folder);
    let wanted = std::fs::read(place.join("package-lock.json")).map_err(|why| format!("{folder}: {why}"))?;
    let mark = place.join("node_modules/.tollgate-lock");
    if std::fs::read(&mark).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    if !succeeds(&mut npm(folder, &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]))? {
        return Err(format!("the Node packages of {folder} could not be installed"));
    }
    std::fs::write(&mark, wanted).map_err(|why| format!("{}: {why}", mark.display()))
}

fn npm(folder: &str, args: &[&str]) -> Command {
    let mut command = program("npm", args);
    command.current_dir(root().join(folder));
    command
}
