//! What the ledger costs: requests per second, CPU a request and added latency at 64 and 256 in flight.
//! In: `sqlite <dir>` or `postgres <url>`, seconds a run. Out: a table. One request is a hold and a settle with a
//! usage row on one of 200 workspaces (a fifth of them on the first); a free one is a usage row only.
//! Never here: HTTP (bench measures the whole gateway).
//! `ledger_load sqlite /tmp/load 4`

use ledger::{GrantKind, GrantOrder, HoldAnswer, HoldOrder, SettleOrder, UsageRow};
use parking_lot::Mutex;
use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::port::{AuditEntry, WorkspaceRow};
use store::{Kind, Opened, StoreConfig, StoreError};
use tokio::runtime::Handle;
use tokio::time::Instant;
use units::{Chance, Class, Clock, GrantId, KeyId, NanoUsd, RequestId, Timestamp, Usage, UsageSource, WorkspaceId};

const PAYERS: usize = 200;
type Failure = Box<dyn Error + Send + Sync>;

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "an example has no wiring")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ms = since.map_or(0, |d| d.as_millis());
        Timestamp::from_ms(i64::try_from(ms).unwrap_or(0))
    }
}

/// Cheap random numbers, so that the load itself costs little.
struct Dice(AtomicU64);

impl Dice {
    fn roll(&self) -> u64 {
        let n = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }
}

impl Chance for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            let roll = self.roll().to_le_bytes();
            part.copy_from_slice(&roll[..part.len()]);
        }
    }
}

struct Load {
    opened: Opened,
    dice: Arc<Dice>,
    payers: Vec<(WorkspaceId, KeyId)>,
    model: Arc<str>,
    latencies: Mutex<(Vec<u32>, Vec<u32>)>,
    /// Holds refused because the store was away (restart the server while this runs).
    away: AtomicU64,
}

impl Load {
    fn random(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.dice.fill(&mut bytes);
        bytes
    }

    fn order(&self) -> HoldOrder {
        let roll = self.dice.roll();
        let pick = if roll.is_multiple_of(5) { 0 } else { (roll >> 8) as usize % PAYERS };
        let (workspace, key) = self.payers[pick];
        let at = WallClock.now();
        let want = NanoUsd::new(40_000 + i64::from((roll >> 40) as u16));
        HoldOrder { id: RequestId::new(at, self.random()), workspace, key, want, floor: want, at }
    }

    fn row(&self, order: &HoldOrder) -> UsageRow {
        UsageRow {
            request: order.id,
            at: order.at,
            workspace: order.workspace,
            key: order.key,
            endpoint: "chat.completions",
            model: Arc::clone(&self.model),
            provider: Arc::clone(&self.model),
            upstream_model: Arc::clone(&self.model),
            status: 200,
            fault: None,
            usage: Usage::NONE.with(Class::Input, 400).with(Class::CacheRead, 800).with(Class::Output, 350),
            source: UsageSource::Provider,
            price: None,
            charge: NanoUsd::ZERO,
            latency_ms: 2_140,
            first_byte_ms: Some(310),
            streamed: true,
            attempts: 1,
            partial: false,
            client_request_id: None,
        }
    }

    async fn billed(&self) -> Result<(), Failure> {
        let order = self.order();
        let start = Instant::now();
        match self.opened.ledger.hold(order.clone()).await {
            Ok(HoldAnswer::Held { .. }) => {}
            Ok(other) => return Err(format!("{other:?}").into()),
            Err(StoreError::Unavailable(_)) => {
                self.away.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
                return Ok(());
            }
            Err(other) => return Err(other.into()),
        }
        let held = start.elapsed();
        let start = Instant::now();
        let settle =
            SettleOrder { id: order.id, cost: NanoUsd::new(order.want.nano() / 2), usage: self.row(&order) };
        let _ = self.opened.ledger.settle(settle).await?;
        let mut latencies = self.latencies.lock();
        let micros = |d: Duration| u32::try_from(d.as_micros()).unwrap_or(u32::MAX);
        latencies.0.push(micros(held));
        latencies.1.push(micros(start.elapsed()));
        Ok(())
    }
}

/// User and system time of this process, in microseconds.
fn cpu_us() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let field =
        |n: usize| -> u64 { rest.split_whitespace().nth(n).and_then(|word| word.parse().ok()).unwrap_or(0) };
    (field(11) + field(12)) * 10_000
}

fn quantile(sorted: &[u32], per_mille: usize) -> String {
    let at = sorted.len().saturating_sub(1) * per_mille / 1_000;
    sorted.get(at).map_or("-".to_owned(), |us| format!("{}.{:03}", us / 1_000, us % 1_000))
}

#[expect(clippy::disallowed_methods, reason = "the workers of a run are awaited in it")]
async fn run(load: &Arc<Load>, in_flight: usize, seconds: u64) -> Result<String, Failure> {
    let (cpu, start) = (cpu_us(), Instant::now());
    let end = start + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..in_flight)
        .map(|_| {
            let load = Arc::clone(load);
            Handle::current().spawn(async move {
                let mut done = 0_u64;
                while Instant::now() < end {
                    load.billed().await?;
                    done += 1;
                }
                Ok::<u64, Failure>(done)
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    let ms = u64::try_from(start.elapsed().as_millis())?.max(1);
    let (mut hold, mut settle) = std::mem::take(&mut *load.latencies.lock());
    hold.sort_unstable();
    settle.sort_unstable();
    let cpu_ns = (cpu_us() - cpu) * 1_000 / done.max(1);
    Ok(format!(
        "billed {in_flight:4} in flight: {:6} req/s, {:3}.{} us CPU/req, hold ms p50 {} p99 {}, settle ms p50 {} p99 {}",
        done * 1_000 / ms,
        cpu_ns / 1_000,
        cpu_ns % 1_000 / 100,
        quantile(&hold, 500),
        quantile(&hold, 990),
        quantile(&settle, 500),
        quantile(&settle, 990),
    ))
}

/// Free usage rows at a pace that the disk follows.
async fn run_free(load: &Load, seconds: u64) -> Result<String, Failure> {
    let (cpu, rounds) = (cpu_us(), seconds * 100);
    for _ in 0..rounds {
        for _ in 0..200 {
            load.opened.ledger.record(load.row(&load.order()));
        }
        tokio::time::sleep(Duration::from_millis(9)).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    let cpu_ns = (cpu_us() - cpu) * 1_000 / (rounds * 200);
    Ok(format!("free rows at {} a second: {}.{} us CPU/row", 20_000, cpu_ns / 1_000, cpu_ns % 1_000 / 100))
}

async fn prepare(kind: Kind, dice: Arc<Dice>) -> Result<Arc<Load>, Failure> {
    let config = StoreConfig { kind, master_check: None };
    let opened = store::open(config, Arc::new(WallClock), Arc::clone(&dice) as _, Handle::current()).await?;
    let mut load = Load {
        opened,
        dice,
        payers: Vec::new(),
        model: "acme-large-2".into(),
        latencies: Mutex::default(),
        away: AtomicU64::new(0),
    };
    for _ in 0..PAYERS {
        let now = WallClock.now();
        let id = WorkspaceId::new(now, load.random());
        let row = WorkspaceRow { id, name: "Load".to_owned(), slug: id.to_string(), created_at: now };
        let log = AuditEntry {
            at: now,
            actor: "load".to_owned(),
            action: "workspace.create".to_owned(),
            object: id.to_string(),
            detail: "{}".to_owned(),
        };
        load.opened.store.create_workspace(row, log).await?;
        for kind in [GrantKind::Promo, GrantKind::Paid] {
            let order = GrantOrder {
                id: GrantId::new(now, load.random()),
                workspace: id,
                kind,
                amount: NanoUsd::new(1_000_000_000_000_000),
                expires_at: None,
                reason: "load".to_owned(),
                actor: "load".to_owned(),
                at: now,
            };
            let _ = load.opened.ledger.grant(order).await?;
        }
        load.payers.push((id, KeyId::new(now, load.random())));
    }
    Ok(Arc::new(load))
}

async fn all(kind: Kind, seconds: u64, dice: Arc<Dice>) -> Result<(), Failure> {
    let load = prepare(kind, dice).await?;
    let mut out = std::io::stdout();
    for in_flight in [64, 256, 64, 256] {
        writeln!(out, "{}", run(&load, in_flight, seconds).await?)?;
    }
    writeln!(out, "{}", run_free(&load, seconds).await?)?;
    let report = load.opened.ledger.audit().await?;
    writeln!(
        out,
        "audit: {:?}, {} transfers, {} usage rows, {} open; {} times away",
        report.findings,
        report.transfers,
        report.usage_rows,
        report.open_holds,
        load.away.load(Ordering::Relaxed)
    )?;
    load.opened.ledger.close().await?;
    Ok(())
}

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let (engine, place) = (words.next(), words.next());
    let seconds = words.next().map_or(Ok(3), |word| word.parse())?;
    let kind = match (engine.as_deref(), place) {
        (Some("sqlite"), Some(dir)) => Kind::Sqlite { dir: dir.into() },
        (Some("postgres"), Some(url)) => Kind::Postgres { url, lease: Duration::from_secs(30) },
        _ => return Err("ledger_load sqlite <dir> | postgres <url> [seconds]".into()),
    };
    let seed = WallClock.now().ms().unsigned_abs();
    let dice = Arc::new(Dice(AtomicU64::new(seed.wrapping_mul(0x9e37_79b9))));
    // One current-thread runtime, as each core of the server has.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(all(kind, seconds, dice))
}
