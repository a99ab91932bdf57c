//! What an admission costs by itself: the whole of it and the limiter alone, on one node with 100,000 accounts, and over Redis. In: the address of a Redis, or nothing.
//! Out: tables in Markdown on stdout. Never here: HTTP, a verdict (docs/PERFORMANCE.md has the goals).
//!
//! CPU is the scheduler's own count of this process (Linux), so that a busy neighbour costs precision, not truth.

use admit::Ask;
use catalog::Limits;
use futures_util::future::join_all;
use limits::{DayCounts, Limiter, Mode, SharedConfig};
use simtest::{Crowd, Setup, SimHouse};
use std::fmt::Write;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use units::{Clock, KeyId, RequestId, Timestamp, WorkspaceId};

/// Accounts that are loaded.
const ACCOUNTS: u64 = 100_000;
/// Admissions of one measurement.
const ADMISSIONS: u64 = 1_000_000;
/// Requests that are made before the admissions of as many are measured.
const FRESH: usize = 200;
/// How often each is measured.
const ROUNDS: usize = 7;
/// How long Redis is asked for each row.
const ASKED: Duration = Duration::from_secs(5);
/// 2026-11-20T09:30:00Z.
const START: Timestamp = Timestamp::from_ms(1_795_167_000_000);

/// The allocator of the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut out = std::io::stdout();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    // The one that weighs memory first.
    out.write_all(runtime.block_on(alone())?.as_bytes())?;
    out.write_all(runtime.block_on(whole())?.as_bytes())?;
    let url = std::env::args().nth(1);
    if let Some(url) = url {
        out.write_all(runtime.block_on(together(&url))?.as_bytes())?;
    }
    Ok(())
}

fn id(kind: u8, n: u64) -> [u8; 16] {
    (u128::from(kind) << 120 | u128::from(n)).to_be_bytes()
}

const fn limits(minute: u32, concurrent: u32, day: u32) -> Limits {
    Limits {
        requests_per_minute: Some(minute),
        concurrent: Some(concurrent),
        requests_per_day: Some(day),
        tokens_per_minute: None,
    }
}

/// A cheap row of numbers without an order.
const fn shuffled(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
}

/// One node: CPU of the whole admission of a call, its permit's end included: a request's key is read and found among as many, its
/// address, workspace, tier and model are judged, and the limits of account, key and model. The request is fresh, as from a connection.
async fn whole() -> Outcome<String> {
    let tier = |when: &str| {
        serde_json::json!({ "name": when, "when": when, "requests_per_minute": 2_000, "concurrent": 100,
                                   "requests_per_day": 1_000_000 })
    };
    let setup = Setup { tiers: Some(serde_json::json!([tier("free"), tier("plan")])), ..Setup::default() };
    let mut table = String::from("\n| the whole admission | us CPU |\n| --- | ---: |\n");
    for keys in [1_000, ACCOUNTS] {
        let sim = SimHouse::open(setup.clone()).await;
        let crowd = Crowd::of(&sim, u32::try_from(keys)?);
        let mut times = Vec::new();
        for round in 0..=ROUNDS as u64 {
            let each = asked(&crowd, (round * keys, keys)).await?;
            if round > 0 {
                times.push(each);
            }
        }
        writeln!(table, "| {keys} keys | {:.2} |", median(&mut times))?;
    }
    Ok(table)
}

/// Microseconds of CPU of an admission, over so many of accounts in no order.
async fn asked(crowd: &Crowd<'_>, (first, count): (u64, u64)) -> Outcome<f64> {
    let mut ns = 0.0;
    for batch in (first..first + count).collect::<Vec<_>>().chunks(FRESH) {
        let numbers = batch.iter().map(|n| usize::try_from(shuffled(*n) % ACCOUNTS));
        let requests = numbers.map(|n| Ok(crowd.request(n?))).collect::<Outcome<Vec<_>>>()?;
        let start = thread_ns();
        for request in &requests {
            if !crowd.admit(request).await {
                return Err("an account is not admitted".into());
            }
        }
        ns += thread_ns() - start;
    }
    Ok(ns / count as f64 / 1_000.0)
}

/// One node: CPU of an admission and its permit's end, in the account alone and in all scopes.
async fn alone() -> Outcome<String> {
    let limiter = Limiter::local();
    let model: Arc<str> = "acme/trial".into();
    let before = resident()?;
    let tier = limits(120, 8, 1_000_000);
    let ask = |n: u64| Ask {
        workspace: WorkspaceId::from_bytes(id(1, n % ACCOUNTS)),
        request: RequestId::from_bytes(id(2, n)),
        account: tier,
        key: None,
        model: None,
        tokens: 0,
        model_only: false,
    };
    for n in 0..ACCOUNTS {
        limiter.admit(&ask(n), None, START).await.map_err(|denied| format!("{denied:?}"))?;
    }
    let each = resident()?.saturating_sub(before) / ACCOUNTS;
    let full = |n: u64| Ask {
        key: Some((KeyId::from_bytes(id(3, n % ACCOUNTS)), limits(60, 4, 1_000_000))),
        model: Some((&model, limits(60, 4, 1_000_000))),
        ..ask(n)
    };
    let mut table = format!(
        "{ACCOUNTS} accounts, {each} bytes each after one request:\n\n| one node | us an admission |\n| --- | ---: |\n"
    );
    writeln!(table, "| account | {:.2} |", measured(&limiter, 1, &ask)?)?;
    writeln!(table, "| account, key and model | {:.2} |", measured(&limiter, 2, &full)?)?;
    let now = START.plus(Duration::from_secs(3_600));
    let one = |_: u64| ask(7);
    let start = cpu_ns()?;
    for n in 0..ADMISSIONS {
        drop(ready(limiter.admit(&one(n), None, now))?);
    }
    writeln!(
        table,
        "| refused: one account over its rate | {:.2} |",
        (cpu_ns()? - start) / ADMISSIONS as f64 / 1_000.0
    )?;
    Ok(table)
}

/// Microseconds of CPU that an admission costs, its permit's end included.
fn measured<'a>(limiter: &Limiter, hour: u64, of: &dyn Fn(u64) -> Ask<'a>) -> Outcome<f64> {
    let mut times = Vec::new();
    for round in 0..ROUNDS as u64 {
        // So much later that no window is full.
        let now = START.plus(Duration::from_secs(hour * 1_000 + round * 61));
        let start = cpu_ns()?;
        let mut admitted = 0_u64;
        for n in 0..ADMISSIONS {
            let question = of(shuffled(n + round * ADMISSIONS));
            admitted += u64::from(ready(limiter.admit(&question, None, now))?.is_ok());
        }
        times.push((cpu_ns()? - start) / ADMISSIONS as f64 / 1_000.0);
        if admitted * 100 < ADMISSIONS * 99 {
            return Err(format!("only {admitted} of {ADMISSIONS} were admitted").into());
        }
    }
    Ok(median(&mut times))
}

/// The answer of a question that waits for nobody.
fn ready<T>(question: impl Future<Output = T>) -> Outcome<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(question).poll(&mut context) {
        std::task::Poll::Ready(answer) => Ok(answer),
        std::task::Poll::Pending => Err("one node by itself waits for somebody".into()),
    }
}

struct NoDays;

impl DayCounts for NoDays {
    fn used<'a>(
        &'a self,
        _: WorkspaceId,
        _: Option<&'a str>,
        _: i64,
    ) -> Pin<Box<dyn Future<Output = Option<u32>> + Send + 'a>> {
        Box::pin(std::future::ready(None))
    }
}

struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "a real Redis tells real time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(0))
    }
}

/// Many nodes: admissions a second over Redis, by how many are asked at once.
async fn together(url: &str) -> Outcome<String> {
    let config = SharedConfig { budget: Duration::from_secs(1), ..SharedConfig::new(url) };
    let limiter = Limiter::shared(config, Arc::new(NoDays))?;
    let mut table = String::from(
        "\n| over Redis, at once | admissions/s | us CPU here | p50 us | p99 us |\n| --- | ---: | ---: | ---: | ---: |\n",
    );
    tokio::select! {
        () = limiter.keep(&RealClock) => return Err("the keeper ended".into()),
        rows = rows(&limiter, &mut table) => rows?,
    }
    Ok(table)
}

async fn rows(limiter: &Limiter, table: &mut String) -> Outcome<()> {
    let mut n = 0;
    while question(limiter, u64::MAX - n).await? != Mode::Shared {
        sleep(Duration::from_millis(10)).await;
        n += 1;
    }
    for width in [1_u64, 16, 64] {
        let (began, cpu) = (Instant::now(), cpu_ns()?);
        let lanes: Vec<_> = (0..width).map(|lane| lane_of(limiter, width << 32 | lane << 24, began)).collect();
        let mut times: Vec<f64> = Vec::new();
        for lane in join_all(lanes).await {
            times.extend(lane?);
        }
        let (count, seconds) = (times.len() as f64, began.elapsed().as_secs_f64());
        let cpu = (cpu_ns()? - cpu) / count / 1_000.0;
        let p50 = median(&mut times);
        let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or(0.0);
        writeln!(table, "| {width} | {:.0} | {cpu:.1} | {p50:.0} | {p99:.0} |", count / seconds)?;
    }
    Ok(())
}

/// Asks one after the other; the time of each in microseconds.
async fn lane_of(limiter: &Limiter, first: u64, began: Instant) -> Result<Vec<f64>, String> {
    let mut times = Vec::new();
    while began.elapsed() < ASKED {
        let start = Instant::now();
        if question(limiter, first + times.len() as u64).await? != Mode::Shared {
            return Err("Redis did not answer in a second".to_owned());
        }
        times.push(start.elapsed().as_secs_f64() * 1_000_000.0);
    }
    Ok(times)
}

async fn question(limiter: &Limiter, n: u64) -> Result<Mode, String> {
    let ask = Ask {
        workspace: WorkspaceId::from_bytes(id(4, shuffled(n) % ACCOUNTS)),
        request: RequestId::from_bytes(id(5, n)),
        account: limits(2_000, 100, 1_000_000_000),
        key: None,
        model: None,
        tokens: 0,
        model_only: false,
    };
    let granted = limiter.admit(&ask, None, RealClock.now()).await.map_err(|denied| format!("{denied:?}"))?;
    Ok(granted.mode)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

/// Nanoseconds that this process has run.
fn cpu_ns() -> Outcome<f64> {
    let mut all = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        all += text.split_whitespace().next().unwrap_or("").parse::<f64>()?;
    }
    Ok(all)
}

/// Nanoseconds that this thread has run, to the last one.
fn thread_ns() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Bytes of memory that are in use.
fn resident() -> Outcome<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split_whitespace().nth(1).unwrap_or("").parse()?;
    Ok(pages * 4_096)
}
