//! The verb `test`: everything that must hold. In: `--quick` or nothing. Out: a table and a verdict.
//! Never here: how a step is done.

use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::s3::S3;
use crate::shell::{answers, cargo, succeeds, watched};
use crate::steps::{Count, Steps};
use crate::{deny, fuzz, needs, sdk, web};
use std::process::Command;

/// Runs everything; false when something failed.
pub(crate) fn run(args: &[String]) -> Result<bool, String> {
    let quick = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--quick"] => true,
        ["--agents"] => {
            let mut steps = Steps::default();
            steps.run("binaries", sdk::build);
            steps.run("coding clients", sdk::agents);
            return Ok(steps.finish());
        }
        _ => return Err(format!("test knows --quick and --agents, not {}", args.join(" "))),
    };
    if !quick {
        needs::ensure()?;
    }
    let mut steps = Steps::default();
    steps.run("format", || check(cargo(&["fmt", "--all", "--check"])));
    steps.run("lints", || {
        check(cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]))
    });
    steps.run("the console", web::checks);
    if quick {
        steps.run("tests", || cargo_tests(&["--exclude", "process-tests"], &[]));
        return Ok(steps.finish());
    }
    steps.run("binaries", sdk::build);
    steps.run("tests on both stores", on_both_stores);
    steps.run("fuzz targets", fuzz::step);
    steps.run("crates, licences, sources", || Ok(Count::one(deny::run()?)));
    steps.run("SDKs against the simulator", || sdk::scenarios("sim"));
    steps.run("SDKs against Tollgate", || sdk::scenarios("gateway"));
    steps.run("the same on PostgreSQL", sdk::on_postgres);
    steps.run("samples of the public pages", sdk::samples);
    steps.run("a browser in the console", web::journeys);
    Ok(steps.finish())
}

fn check(mut command: Command) -> Result<Count, String> {
    succeeds(&mut command).map(Count::one)
}

/// All tests, with a PostgreSQL, a Redis and an S3-compatible store beside them.
fn on_both_stores() -> Result<Count, String> {
    let postgres = Postgres::start()?;
    let redis = Redis::start()?;
    let s3 = S3::start()?;
    let binary = sdk::binary().to_string_lossy().into_owned();
    let certificate = postgres.certificate.to_string_lossy();
    let environment = [
        ("TOLLGATE_TEST_PG", postgres.url.as_str()),
        ("TOLLGATE_TEST_PG_CERT", &certificate),
        ("TOLLGATE_TEST_REDIS", redis.url.as_str()),
        ("TOLLGATE_TEST_S3", s3.url.as_str()),
        ("TOLLGATE_TEST_BIN", &binary),
    ];
    cargo_tests(&[], &environment)
}

/// All tests of the workspace, by nextest where it is installed.
fn cargo_tests(scope: &[&str], environment: &[(&str, &str)]) -> Result<Count, String> {
    let mut commands = if answers(env!("CARGO"), &["nextest", "--version"]) {
        let next = ["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests=pass", "--status-level=fail"];
        vec![cargo(&next), cargo(&["test", "--workspace", "--doc", "--no-fail-fast", "--quiet"])]
    } else {
        vec![cargo(&["test", "--workspace", "--no-fail-fast"])]
    };
    let mut count = Count::default();
    for command in &mut commands {
        let before = count.failed;
        let good = watched(command.args(scope).envs(environment.iter().copied()), |line| {
            count.add_line(line);
        })?;
        if !good && count.failed == before {
            // It did not even compile, which no runner counts.
            count.failed += 1;
        }
    }
    Ok(count)
}
