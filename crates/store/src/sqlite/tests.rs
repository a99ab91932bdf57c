//! A full disk, from within: the file may not grow. Holds fail closed, settles wait, nothing is lost.
//! Never here: what holds for both engines (tests/suite).

use super::{Sqlite, files, sql_error};
use crate::port::{AuditEntry, Ledger, Store, StoreError, UsageFilter, WorkspaceRow};
use ledger::facts::Ending;
use ledger::{GrantKind, GrantOrder, HoldAnswer, HoldOrder, SettleAnswer, SettleOrder, UsageRow};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use units::{Chance, Clock, GrantId, KeyId, NanoUsd, RequestId, Timestamp, Usage, UsageSource, WorkspaceId};

const NOW: Timestamp = Timestamp::from_ms(1_795_167_000_000);
const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
const KEY: KeyId = KeyId::from_bytes([2; 16]);

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

#[derive(Default)]
struct Count(Mutex<u64>);

impl Chance for Count {
    fn fill(&self, bytes: &mut [u8]) {
        let mut n = self.0.lock();
        *n += 1;
        bytes.fill(0);
        bytes[..8].copy_from_slice(&n.to_be_bytes());
    }
}

fn order(n: u8) -> HoldOrder {
    HoldOrder {
        id: RequestId::new(NOW, [n; 10]),
        workspace: WORKSPACE,
        key: KEY,
        counted: ledger::Counted::default(),
        caps: ledger::Caps::default(),
        want: NanoUsd::new(10),
        floor: NanoUsd::new(10),
        at: NOW,
    }
}

fn row(order: &HoldOrder) -> UsageRow {
    // Large enough to need a new page.
    let model: Arc<str> = "m".repeat(20_000).into();
    UsageRow {
        request: order.id,
        at: NOW,
        workspace: WORKSPACE,
        key: KEY,
        counted: ledger::Counted::default(),
        endpoint: "messages",
        provider: Arc::clone(&model),
        upstream_model: Arc::clone(&model),
        model,
        status: 200,
        fault: None,
        usage: Usage::NONE,
        source: UsageSource::None,
        price: None,
        charge: NanoUsd::ZERO,
        cache_saved: NanoUsd::ZERO,
        latency_ms: 1,
        first_byte_ms: None,
        streamed: false,
        attempts: 1,
        partial: false,
        client_request_id: None,
        asked_model: None,
        session: None,
        client: None,
        tries: Vec::new(),
    }
}

async fn prepare(engine: &Sqlite) {
    let workspace = WorkspaceRow {
        id: WORKSPACE,
        name: "Acme".to_owned(),
        slug: "acme".to_owned(),
        created_at: NOW,
        rules: admit::WorkspaceRules::default(),
        version: 1,
    };
    let log = AuditEntry {
        at: NOW,
        actor: "test".to_owned(),
        action: "workspace.create".to_owned(),
        object: "acme".to_owned(),
        detail: "{}".to_owned(),
        ..AuditEntry::default()
    };
    engine.create_workspace(workspace, log).await.unwrap();
    let grant = GrantOrder {
        id: GrantId::from_bytes([3; 16]),
        workspace: WORKSPACE,
        kind: GrantKind::Paid,
        amount: NanoUsd::new(100),
        expires_at: None,
        reason: String::new(),
        actor: String::new(),
        address: String::new(),
        at: NOW,
    };
    engine.grant(grant).await.unwrap();
}

/// How many pages the file may have: as many as it has, or no limit.
async fn limit_pages(engine: &Sqlite, full: bool) {
    let limit = move |db: &mut rusqlite::Connection| -> rusqlite::Result<()> {
        let pages: i64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let most = if full { pages } else { 1 << 30 };
        db.query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(()))
    };
    let errand = move |db: &mut rusqlite::Connection| limit(db).map_err(sql_error);
    engine.shared.write(errand).await.unwrap();
}

/// R-OPS-3: a question whose answer hangs on what cannot be written is refused at once; it does not wait for the disk.
async fn nothing_is_told(engine: &Sqlite) {
    tokio::task::yield_now().await;
    let filter = || UsageFilter { limit: 10, ..UsageFilter::default() };
    let failed = || UsageFilter { ending: Some(Ending::Failed), ..filter() };
    let questions = async {
        [
            engine.page_usage(filter()).await.map(drop),
            engine.page_usage(failed()).await.map(drop),
            engine.audit().await.map(drop),
        ]
    };
    let told =
        tokio::time::timeout(Duration::from_secs(20), questions).await.expect("a question waits for the disk");
    assert!(told.iter().all(|answer| matches!(answer, Err(StoreError::Unavailable(_)))), "{told:?}");
}

async fn on_a_full_disk(engine: Arc<Sqlite>) {
    prepare(&engine).await;
    let first = order(1);
    let held = engine.hold(first.clone()).await.unwrap();
    assert!(matches!(held, HoldAnswer::Held { .. }));
    limit_pages(&engine, true).await;
    let settle = SettleOrder { id: first.id, cost: NanoUsd::new(7), usage: row(&first) };
    let same = Arc::clone(&engine);
    let waiting = tokio::task::LocalSet::new();
    let waiting_settle = waiting.spawn_local(async move { same.settle(settle).await });
    waiting
        .run_until(async {
            // Once while the disk is taken for well, and once when it is known not to be.
            nothing_is_told(&engine).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            nothing_is_told(&engine).await;
            assert!(!waiting_settle.is_finished(), "told before it was durable");
            let refused = engine.hold(order(2)).await;
            assert!(matches!(refused, Err(StoreError::Unavailable(_))));
            limit_pages(&engine, false).await;
            let (charged, written_off) = (NanoUsd::new(7), NanoUsd::ZERO);
            assert_eq!(waiting_settle.await.unwrap().unwrap(), SettleAnswer::Settled { charged, written_off });
        })
        .await;
    let held = engine.hold(order(2)).await.unwrap();
    assert!(matches!(held, HoldAnswer::Held { .. }));
    let report = engine.audit().await.unwrap();
    assert_eq!((report.findings.len(), report.charged), (0, NanoUsd::new(7)));
    engine.close().await.unwrap();
}

#[test]
fn a_full_disk_fails_closed() {
    let dir = std::env::temp_dir().join(format!("tollgate-full-{}", std::process::id()));
    let clock = Arc::new(Still);
    let (engine, _) = files::open_engine(&dir, None, clock, &Count::default()).unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(on_a_full_disk(engine));
    std::fs::remove_dir_all(&dir).unwrap();
}
