//! Opening a server: schema steps, master key check, lease, tasks, recovery. In: an address. Out: an engine.
//! Never here: a verb of the port.

use super::address::Address;
use super::batcher::Batcher;
use super::changes::Changes;
use super::node::{Lease, leave};
use super::pool::{Db, Fail};
use super::queue::Queue;
use super::{Postgres, Shared};
use crate::open::{OpenError, Opened, Way};
use crate::shape::Shape;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_postgres::Transaction;
use units::BootId;

/// Every step, oldest first; a step is never changed once it was released.
const STEPS: [&str; 20] = [
    include_str!("../../migrations/postgres/0001_first.sql"),
    include_str!("../../migrations/postgres/0002_answers.sql"),
    include_str!("../../migrations/postgres/0003_images.sql"),
    include_str!("../../migrations/postgres/0004_kept.sql"),
    include_str!("../../migrations/postgres/0005_tasks.sql"),
    include_str!("../../migrations/postgres/0006_cache.sql"),
    include_str!("../../migrations/postgres/0007_caps.sql"),
    include_str!("../../migrations/postgres/0008_rules.sql"),
    include_str!("../../migrations/postgres/0009_tiers.sql"),
    include_str!("../../migrations/postgres/0010_people.sql"),
    include_str!("../../migrations/postgres/0011_management_keys.sql"),
    include_str!("../../migrations/postgres/0012_own_credentials.sql"),
    include_str!("../../migrations/postgres/0013_idempotency.sql"),
    include_str!("../../migrations/postgres/0014_requests.sql"),
    include_str!("../../migrations/postgres/0015_devices.sql"),
    include_str!("../../migrations/postgres/0016_facts.sql"),
    include_str!("../../migrations/postgres/0017_sums.sql"),
    include_str!("../../migrations/postgres/0018_movements.sql"),
    include_str!("../../migrations/postgres/0019_log_actions.sql"),
    include_str!("../../migrations/postgres/0020_by_workspace.sql"),
];
/// Keeps two nodes that start at once from taking the same step.
const STEP_LOCK: i64 = 0x746f_6c6c_6761_7465;

/// Opens a server's database for one node.
pub async fn open(
    url: &str,
    lease_time: Duration,
    master_check: Option<[u8; 32]>,
    way: Way,
) -> Result<Opened, OpenError> {
    let address = Address::read(url).map_err(unopened)?;
    let db = Db::new(address.clone(), way.background).map_err(unopened)?;
    migrate(&db).await?;
    check_master(&db, master_check).await?;
    let now = way.clock.now();
    let mut random = [0; 10];
    way.chance.fill(&mut random);
    let shared = Arc::new(Shared {
        db,
        address,
        queue: Queue::default(),
        changes: Changes::default(),
        failing: AtomicBool::new(false),
        unwritten: AtomicUsize::new(0),
        frozen: Mutex::default(),
        lease: Mutex::new(Lease { id: super::wire::Uuid([0; 16]), until: Instant::now() }),
        lease_time,
        clock: way.clock,
        chance: way.chance,
        boot: BootId::new(now, random),
    });
    shared.renew().await.map_err(unopened)?;
    shared.changes.start(&shared.db).await.map_err(unopened)?;
    let done = run_batcher(&shared);
    let recovered = shared.bury().await.map_err(unopened)?;
    let background = shared.db.background();
    #[expect(clippy::disallowed_methods, reason = "the engine owns both and aborts them")]
    let tasks =
        vec![background.spawn(Arc::clone(&shared).beat()), background.spawn(Changes::listen(Arc::clone(&shared)))];
    let engine = Arc::new(Postgres { shared, done, tasks });
    let (ledger, people) = (Arc::clone(&engine) as _, Arc::clone(&engine) as _);
    Ok(Opened { ledger, store: engine, people, recovered })
}

/// Starts the batcher; when it ends, the lease and the connections end.
fn run_batcher(shared: &Arc<Shared>) -> watch::Receiver<bool> {
    let (tell, done) = watch::channel(false);
    let shared = Arc::clone(shared);
    let background = shared.db.background().clone();
    #[expect(clippy::disallowed_methods, reason = "the batcher; its end is watched")]
    background.spawn(async move {
        Batcher::new(Arc::clone(&shared)).run().await;
        shared.queue.end(&shared.unwritten);
        let id = shared.lease.lock().id;
        // Without the database the lease ends by itself.
        let left = shared.db.write(Arc::new(move |tx| Box::pin(leave(tx, id))));
        let _ = tokio::time::timeout(Duration::from_secs(2), left).await;
        shared.db.close();
        let _ = tell.send(true);
    });
    done
}

/// Looks at the shape of a database.
pub async fn shape(url: &str, background: Handle) -> Result<Shape, OpenError> {
    let address = Address::read(url).map_err(unopened)?;
    let db = Db::new(address, background).map_err(unopened)?;
    let found = db.read(Arc::new(|tx| Box::pin(found(tx)))).await.map_err(unopened)?;
    db.close();
    Ok(Shape { found, known: i64::try_from(STEPS.len()).unwrap_or(i64::MAX) })
}

async fn found(tx: &Transaction<'_>) -> Result<i64, Fail> {
    let there: bool = tx.query_one("SELECT to_regclass('schema_step') IS NOT NULL", &[]).await?.try_get(0)?;
    if !there {
        return Ok(0);
    }
    Ok(tx.query_one("SELECT coalesce(max(number), 0) FROM schema_step", &[]).await?.try_get(0)?)
}

/// Brings the database to the newest shape.
async fn migrate(db: &Db) -> Result<(), OpenError> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let found = db.write(Arc::new(move |tx| Box::pin(steps(tx)))).await.map_err(unopened)?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    Ok(())
}

/// Takes the missing steps; says which shape was found.
async fn steps(tx: &Transaction<'_>) -> Result<i64, Fail> {
    tx.batch_execute(&format!(
        "SELECT pg_advisory_xact_lock({STEP_LOCK});
         CREATE TABLE IF NOT EXISTS schema_step (number bigint PRIMARY KEY);"
    ))
    .await?;
    let found: i64 = tx.query_one("SELECT coalesce(max(number), 0) FROM schema_step", &[]).await?.try_get(0)?;
    for (number, step) in (1_i64..).zip(STEPS) {
        if number > found {
            tx.batch_execute(step).await?;
            tx.execute("INSERT INTO schema_step (number) VALUES ($1)", &[&number]).await?;
        }
    }
    Ok(found)
}

/// Keeps the check value at the first start; refuses another one later.
async fn check_master(db: &Db, check: Option<[u8; 32]>) -> Result<(), OpenError> {
    let Some(check) = check else { return Ok(()) };
    let kept = db.write(Arc::new(move |tx| Box::pin(kept_check(tx, check)))).await.map_err(unopened)?;
    if kept == check { Ok(()) } else { Err(OpenError::WrongMaster) }
}

async fn kept_check(tx: &Transaction<'_>, check: [u8; 32]) -> Result<Vec<u8>, Fail> {
    tx.execute(
        "INSERT INTO meta (name, value) VALUES ('master_check', $1) ON CONFLICT (name) DO NOTHING",
        &[&&check[..]],
    )
    .await?;
    let row = tx.query_one("SELECT value FROM meta WHERE name = 'master_check'", &[]).await?;
    Ok(row.try_get(0)?)
}

/// What the database says, as the reason why the store does not open.
fn unopened(error: impl std::fmt::Display) -> OpenError {
    OpenError::Database(error.to_string())
}
