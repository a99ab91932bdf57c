//! A load generator for what wrk cannot do: a fixed rate with honest latencies, and many streams held open.
//! In: `rate|hold URL-HOST:PORT PATH KEY BODY-FILE N SECONDS`. Out: one line of JSON.
//! Never here: checking answers beyond their status.

mod client;
mod summary;

use client::{Client, Target};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use summary::Summary;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Idle connections above this many are not needed to keep a low rate.
const RATE_CONNECTIONS: usize = 8;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "its output is its result")]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match &args[..] {
        [mode, address, path, key, body, n, seconds] => match (std::fs::read(body), n.parse(), seconds.parse()) {
            (Ok(body), Ok(n), Ok(seconds)) => {
                let target = Arc::new(Target::new(address, path, key, &body));
                let time = Duration::from_secs(seconds);
                match mode.as_str() {
                    "rate" => Ok(at_rate(target, n, time).await),
                    "hold" => Ok(held(target, n, time).await),
                    other => Err(format!("no such mode: {other}")),
                }
            }
            _ => Err("BODY-FILE must be readable, N and SECONDS numbers".to_owned()),
        },
        _ => Err("bench-load rate|hold HOST:PORT PATH KEY BODY-FILE N SECONDS".to_owned()),
    };
    match done {
        Ok(summary) => {
            println!("{}", summary.json());
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// `rate` requests a second, whatever the answers do; a latency counts from when its request was due.
async fn at_rate(target: Arc<Target>, rate: u32, time: Duration) -> Summary {
    let start = Instant::now() + Duration::from_millis(50);
    let total = u64::from(rate) * time.as_secs();
    let gap = Duration::from_secs(1) / rate.max(1);
    let mut workers = JoinSet::new();
    for worker in 0..RATE_CONNECTIONS as u64 {
        let target = Arc::clone(&target);
        #[expect(clippy::disallowed_methods, reason = "a worker of a load generator")]
        workers.spawn(async move {
            let mut client = Client::new(target);
            let mut summary = Summary::default();
            for number in (worker..total).step_by(RATE_CONNECTIONS) {
                let due = start + gap * u32::try_from(number).unwrap_or(u32::MAX);
                sleep_until(due).await;
                let good = client.ask().await;
                summary.add(due.elapsed(), good);
            }
            summary
        });
    }
    gather(workers).await
}

/// `n` streams open at once, each asked for again when it ended.
async fn held(target: Arc<Target>, n: u32, time: Duration) -> Summary {
    let end = Instant::now() + time;
    let mut workers = JoinSet::new();
    for worker in 0..n {
        let target = Arc::clone(&target);
        #[expect(clippy::disallowed_methods, reason = "a worker of a load generator")]
        workers.spawn(async move {
            let mut client = Client::new(target);
            let mut summary = Summary::default();
            // Not all in the same millisecond: the backlog of a listener is short.
            tokio::time::sleep(Duration::from_millis(u64::from(worker))).await;
            while Instant::now() < end {
                let start = Instant::now();
                let good = client.ask().await;
                summary.add(start.elapsed(), good);
            }
            summary
        });
    }
    gather(workers).await
}

async fn gather(mut workers: JoinSet<Summary>) -> Summary {
    let mut all = Summary::default();
    while let Some(done) = workers.join_next().await {
        match done {
            Ok(summary) => all.join(summary),
            Err(_) => all.add(Duration::ZERO, false),
        }
    }
    all
}
