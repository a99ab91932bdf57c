//! The verb `fuzz`: every target of fuzz/ for some seconds. In: seconds, names of targets; the corpus. Out: what broke a
//! target, as a file and a verdict. Never here: what must hold (crates/dialect/tests/wire/fuzzed.rs), kept inputs.

mod seeds;

use crate::shell::{cargo, output, program, root, scratch, watched};
use crate::steps::Count;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many inputs, the same each time, are what a target gets where no seconds are told: a check must not fail by chance.
const RUNS: &str = "-runs=4000";
/// The seconds that each target runs in `cargo xtask test`.
const SECONDS_NAME: &str = "TOLLGATE_FUZZ_SECONDS";
/// Inputs are no longer than this: readers that are linear learn nothing from more.
const BYTES_MAX: &str = "-max_len=8192";
/// What a target may use before it counts as a leak.
const MEMORY_MB: &str = "-rss_limit_mb=1024";
/// No input may take so many seconds.
const SLOW: &str = "-timeout=10";
/// Coverage as libFuzzer reads it; these flags are known to any toolchain.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing";

/// The verb: `[--seconds N] [TARGET..]`.
pub(crate) fn run(args: &[String]) -> Result<bool, String> {
    let (mut seconds, mut names) = (seconds()?, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => seconds = Some(number(args.next().map_or("", String::as_str))?),
            name => names.push(name.to_owned()),
        }
    }
    let count = all(seconds, &names)?;
    println!("{} passed, {} failed", count.passed, count.failed);
    Ok(count.failed == 0)
}

/// The step of `cargo xtask test`.
pub(crate) fn step() -> Result<Count, String> {
    all(seconds()?, &[])
}

#[expect(clippy::disallowed_methods, reason = "a setting of a command for developers, of nothing that ships")]
fn seconds() -> Result<Option<u64>, String> {
    std::env::var(SECONDS_NAME).ok().map(|text| number(&text)).transpose()
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is no number of seconds"))
}

/// Builds the targets and runs them, as many at once as there are processors.
fn all(seconds: Option<u64>, wanted: &[String]) -> Result<Count, String> {
    let targets = targets()?;
    if let Some(unknown) = wanted.iter().find(|name| !targets.contains(name)) {
        return Err(format!("no target {unknown}; there are {}", targets.join(", ")));
    }
    if seconds == Some(0) {
        println!("{SECONDS_NAME} is 0: no target runs");
        return Ok(Count::default());
    }
    let binaries = build()?;
    let names: Vec<&String> = targets.iter().filter(|name| wanted.is_empty() || wanted.contains(name)).collect();
    let (next, passed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            match one(&binaries, name, seconds) {
                Ok(true) => _ = passed.fetch_add(1, Ordering::Relaxed),
                Ok(false) => {}
                Err(why) => eprintln!("{name}: {why}"),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let passed = passed.into_inner() as u64;
    Ok(Count { passed, failed: names.len() as u64 - passed })
}

/// The names of the targets: the files of fuzz/fuzz_targets.
fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz/fuzz_targets");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .map_err(|why| format!("{}: {why}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// Builds all targets; the flags are for them alone, so they have a folder and a target of their own.
fn build() -> Result<PathBuf, String> {
    let host = host()?;
    let folder = scratch("fuzz");
    let manifest = root().join("fuzz/Cargo.toml");
    let mut command = cargo(&["build", "--release", "--locked", "--quiet", "--target", &host, "--manifest-path"]);
    command.arg(manifest).env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &folder);
    if !watched(&mut command, |_| ())? {
        return Err("the fuzz targets do not compile".to_owned());
    }
    Ok(folder.join(host).join("release"))
}

/// The machine as rustc calls it.
fn host() -> Result<String, String> {
    let text = output(&mut program("rustc", &["--version", "--verbose"])).ok_or("rustc does not answer")?;
    let found = text.lines().find_map(|line| line.strip_prefix("host: "));
    found.map(str::to_owned).ok_or_else(|| "rustc does not say its host".to_owned())
}

/// Runs one target over its seeds and what it learned before, and says what broke it.
fn one(binaries: &Path, name: &str, seconds: Option<u64>) -> Result<bool, String> {
    let (seeds, words) = seeds::write(name)?;
    let found = folder("found", name)?;
    let mut command = Command::new(binaries.join(name));
    command.current_dir(&found);
    if let Some(seconds) = seconds {
        command.arg(folder("learned", name)?).arg(format!("-max_total_time={seconds}"));
    } else {
        command.args([RUNS, "-seed=1"]);
    }
    command.arg(&seeds);
    command.args([BYTES_MAX, MEMORY_MB, SLOW, "-print_final_stats=1"]);
    command.arg(format!("-dict={}", words.display()));
    command.arg(format!("-artifact_prefix={}/", found.display()));
    let ran = command.output().map_err(|why| format!("{}: {why}", binaries.join(name).display()))?;
    let told = String::from_utf8_lossy(&ran.stderr);
    if !ran.status.success() {
        let from = told.find("panicked at").or_else(|| told.find("ERROR")).unwrap_or(0);
        println!("{}", &told[from..]);
        println!("{name}: mend what broke it ({}), and keep the input in fuzz/kept/{name}", found.display());
        return Ok(false);
    }
    let runs = told.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    println!("{name}: {} inputs", runs.unwrap_or("?").trim());
    Ok(true)
}

fn folder(kind: &str, name: &str) -> Result<PathBuf, String> {
    let path = scratch("fuzz").join(kind).join(name);
    std::fs::create_dir_all(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(path)
}
