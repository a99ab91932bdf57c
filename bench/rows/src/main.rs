//! Fills a store with a month of requests, by the store's own door, so that what its pages ask can be timed. In: where the store is, how
//! many rows, the time. Out: rows and all their sums; a line about it as JSON. Never here: a table's name, SQL, timing of questions
//! (bench/facts).
//!
//! Rows move no money (`Ledger::record`): balances stay, and the audit stays clean. Half of them are of one workspace, and models fall
//! off by halves, so that there is a large customer and a rare model.

mod crowd;

use crowd::Crowd;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;
use store::port::{AuditEntry, Ledger, WorkspaceRow};
use store::{Opened, StoreConfig};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};
use units::{Clock, Timestamp};

/// So many rows are handed over before it is looked how many wait.
const HANDED: u64 = 4_096;
/// No more are handed over while so many wait: a store drops records where too much waits.
const WAITING_MAX: u64 = 16_384;
/// How long is waited before it is looked again.
const LOOKED: Duration = Duration::from_millis(2);

/// The allocator of the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The time that was given, and what went by since.
struct Given {
    now: Timestamp,
    since: Instant,
}

impl Clock for Given {
    fn now(&self) -> Timestamp {
        self.now.plus(self.since.elapsed())
    }
}

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [store, rows, days, workspaces, now] = args.as_slice() else {
        return Err(
            "usage: bench-rows STORE ROWS DAYS WORKSPACES NOW_MS, with a folder or postgres://... as the store"
                .into(),
        );
    };
    let config = match store.starts_with("postgres") {
        true => StoreConfig::postgres(store),
        false => StoreConfig::sqlite(store),
    };
    let crowd = Crowd::new(days.parse()?, workspaces.parse()?, Timestamp::from_ms(now.parse()?))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let told = runtime.block_on(fill(config, crowd, rows.parse()?, runtime.handle().clone()))?;
    std::io::stdout().write_all(told.as_bytes())?;
    Ok(())
}

async fn fill(config: StoreConfig, crowd: Crowd, rows: u64, background: Handle) -> Outcome<String> {
    let clock = Arc::new(Given { now: crowd.now(), since: Instant::now() });
    let chance = Arc::new(simtest::SimChance::new(1));
    let Opened { ledger, store, .. } = store::open(config, clock, chance, background).await?;
    for (n, id) in crowd.workspaces().enumerate() {
        let made = WorkspaceRow::new(id, format!("Bench {n}"), format!("bench-{n}"), crowd.now());
        let log = AuditEntry {
            at: crowd.now(),
            actor: "bench".into(),
            action: "workspace.create".into(),
            ..AuditEntry::default()
        };
        store.create_workspace(made, log).await?;
    }
    let began = Instant::now();
    for n in 0..rows {
        if n % HANDED == 0 {
            room(&*ledger, WAITING_MAX).await?;
        }
        ledger.record(crowd.next(n, rows));
    }
    room(&*ledger, 0).await?;
    let seconds = began.elapsed().as_secs_f64();
    let (workspace, key) = crowd.large();
    ledger.close().await?;
    Ok(format!("{{\"rows\":{rows},\"seconds\":{seconds:.1},\"workspace\":\"{workspace}\",\"key\":\"{key}\"}}\n"))
}

/// Waits until at most so many wait to be written.
async fn room(ledger: &dyn Ledger, most: u64) -> Outcome<()> {
    loop {
        let state = ledger.state().await?;
        if state.failing {
            return Err("the store cannot be written".into());
        }
        if state.waiting <= most {
            return Ok(());
        }
        sleep(LOOKED).await;
    }
}
