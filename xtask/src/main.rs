//! The commands of this repository: `cargo xtask <verb>`. In: a verb. Out: its exit code, words on the terminal.
//! Never here: anything the product needs to run, or what a verb does (each has its file).
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command of developers speaks on the terminal")]

mod bench;
mod deny;
mod docs;
mod fuzz;
mod needs;
#[cfg(test)]
mod notices;
mod postgres;
mod redis;
mod s3;
mod sdk;
mod shell;
mod soak;
mod steps;
mod test;
mod tidy;
mod web;

use std::process::ExitCode;

const HELP: &str = "cargo xtask <verb>

  test [--quick | --agents]
                   everything: format, lints, the console, tests on both stores, licences, the SDKs and a browser
                   end to end
                   --agents runs coding clients alone, which take a gigabyte and some minutes
                   --quick leaves out the stores, the fuzzers, the licences, the processes, the SDKs and the browser
  tidy             the rules of the house alone (they are tests of this package too)
  deny             banned crates, licences and sources
  docs             writes the generated documents anew
  fuzz [--seconds N] [TARGET..]
                   every target of fuzz/ (or these) for so many seconds, seeded by the corpus
  soak [--kills N] [--store sqlite|postgres|both]
                   kill -9 of gateways under load, 200 times a store, with the books looked at each time
  bench [args]     bench/run: Tollgate beside nginx and no proxy at all
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let done = match args.first().map(String::as_str) {
        Some("test") => test::run(rest),
        Some("tidy") => tidy::run(),
        Some("deny") => deny::run(),
        Some("docs") => docs::run(),
        Some("fuzz") => fuzz::run(rest),
        Some("soak") => soak::run(rest),
        Some("bench") => bench::run(rest),
        Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            Ok(true)
        }
        _ => {
            eprintln!("{HELP}");
            Ok(false)
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
