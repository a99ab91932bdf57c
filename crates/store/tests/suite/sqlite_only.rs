//! What only the file has: its lock, a disk that does not take commits, rows of old holds, corruption planted by hand.
//! Never here: what holds for both engines, killed processes (kill).

use crate::contradiction::one_row_contradicts;
use crate::world::{Customer, WITHOUT_FACTS, WITHOUT_PEOPLE, World, old_row, on_sqlite, spawn, usage_row};
use ledger::{HoldAnswer, HoldOrder, HoldState, SettleAnswer, UsageRow};
use rusqlite::Connection;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;
use store::port::{UsageFilter, WorkspaceRow};
use store::{OpenError, Opened, StoreError};
use units::{Class, NanoUsd, Usage};

/// A connection that looks past the engine.
pub fn raw(world: &World) -> Connection {
    Connection::open(world.dir().join("ledger.db")).unwrap()
}

async fn shape_of(world: &World) -> Result<store::Shape, OpenError> {
    store::shape(world.config().kind, tokio::runtime::Handle::current()).await
}

#[test]
fn a_directory_has_one_process() {
    on_sqlite(|world| async move {
        assert!(matches!(store::audit_offline(world.dir()), Err(OpenError::Missing(_))));
        assert!(matches!(shape_of(&world).await, Err(OpenError::Missing(_))));
        let o = world.open().await;
        let second = world.try_open(world.config()).await;
        assert!(matches!(second, Err(OpenError::InUse(_))));
        assert!(matches!(store::audit_offline(world.dir()), Err(OpenError::InUse(_))));
        let shape = shape_of(&world).await.unwrap();
        assert!(shape.found == shape.known && shape.known > 0, "{shape:?}");
        o.ledger.close().await.unwrap();
        drop(o);
        let report = store::audit_offline(world.dir()).unwrap();
        assert!(report.findings.is_empty());
        world.open().await.ledger.close().await.unwrap();
        // Pages that no row of the books is in may be damaged, too.
        let db = raw(&world);
        let root = "SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'session' AND type = 'table'";
        let page: u32 = db.query_row(root, [], |row| row.get(0)).unwrap();
        let bytes: u32 = db.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        drop(db);
        let file = std::fs::OpenOptions::new().write(true).open(world.dir().join("ledger.db")).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, &[0xa5; 512], u64::from((page - 1) * bytes)).unwrap();
        let report = store::audit_offline(world.dir()).unwrap();
        assert!(report.findings.iter().any(|finding| finding.contains("is damaged")), "{:?}", report.findings);
    });
}

/// Who starts anew while the old owner is just ending waits for it.
#[test]
fn a_lock_that_is_just_given_back_is_waited_for() {
    on_sqlite(|world| async move {
        let first = world.open().await;
        first.ledger.close().await.unwrap();
        let lock = File::options().write(true).open(world.dir().join("lock")).unwrap();
        // The thread of the first owner may hold it for a moment more.
        lock.lock().unwrap();
        #[expect(clippy::disallowed_methods, reason = "joined below")]
        let holder = std::thread::Builder::new().spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            drop(lock);
        });
        assert!(world.try_open(world.config()).await.is_ok());
        holder.unwrap().join().unwrap();
    });
}

/// A file from before images were counted gets the column in the table of each day; its rows made none.
#[test]
fn r_bill_3_rows_from_before_images_made_none() {
    on_sqlite(|world| async move {
        let o = world.open().await;
        let customer = world.customer(&o, 0).await;
        let mut rows = Vec::new();
        for _ in 0..2 {
            rows.push(old_row(&world.hold(customer, 0)));
            world.forward(Duration::from_secs(24 * 60 * 60));
        }
        rows.iter().for_each(|row| o.ledger.record(row.clone()));
        o.ledger.close().await.unwrap();
        drop(o);
        {
            let db = raw(&world);
            let days: Vec<i64> = rows.iter().map(|row| row.at.day()).collect();
            days.iter().for_each(|day| {
                db.execute_batch(&format!("ALTER TABLE usage_{day} DROP COLUMN images")).unwrap();
            });
            db.execute_batch("DROP TABLE image_task; ALTER TABLE hold DROP COLUMN task").unwrap();
            without_caches(&db);
            db.pragma_update(None, "user_version", 1).unwrap();
        }
        let o = world.open().await;
        let made = UsageRow { usage: Usage::NONE.with(Class::Images, 3), ..usage_row(&world.hold(customer, 0)) };
        o.ledger.record(made.clone());
        rows.insert(0, made);
        rows[1..].reverse();
        let found = o.store.page_usage(UsageFilter { limit: 9, ..UsageFilter::default() }).await.unwrap();
        assert_eq!(found, rows);
        assert_eq!(found[1].usage.count(Class::Images), 0);
        o.ledger.close().await.unwrap();
    });
}

/// Brings a file to the shape from before charges were counted by day.
pub fn without_caps(db: &Connection) {
    let triggers = "DROP TRIGGER operator_log_is_never_changed; DROP TRIGGER operator_log_is_never_deleted;";
    without_facts(db);
    db.execute_batch(&format!("{triggers} {WITHOUT_PEOPLE}")).unwrap();
    let hold = "ALTER TABLE hold DROP COLUMN member; ALTER TABLE hold DROP COLUMN end_user";
    db.execute_batch(&format!("DROP TABLE tier; DROP TABLE spend_day; {hold}")).unwrap();
    let rules = ["rules", "version", "owner", "created_by", "last_used_at", "old_digest", "old_ends_at"];
    for (table, columns) in [("workspace", &rules[..2]), ("api_key", &rules[..])] {
        for column in columns {
            db.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {column}")).unwrap();
        }
    }
    each_day(db, "ALTER TABLE usage_DAY DROP COLUMN member; ALTER TABLE usage_DAY DROP COLUMN end_user");
    db.pragma_update(None, "user_version", 4).unwrap();
}

/// Brings a file to the shape from before there were sums of requests.
pub fn without_facts(db: &Connection) {
    db.execute_batch(&format!("DROP INDEX credit_workspace; {WITHOUT_FACTS}")).unwrap();
    for index in ["workspace", "key", "session", "model", "fault", "unserved", "unserved_of"] {
        each_day(db, &format!("DROP INDEX usage_DAY_{index}"));
    }
    for column in ["asked_model", "session", "client", "tries"] {
        each_day(db, &format!("ALTER TABLE usage_DAY DROP COLUMN {column}"));
    }
    db.pragma_update(None, "user_version", 13).unwrap();
}

fn each_day(db: &Connection, sql: &str) {
    let mut days = db.prepare("SELECT day FROM usage_day").unwrap();
    let days: Vec<i64> = days.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    days.iter().for_each(|day| db.execute_batch(&sql.replace("DAY", &day.to_string())).unwrap());
}

/// Brings a file to the shape from before caches were counted.
pub fn without_caches(db: &Connection) {
    without_caps(db);
    for column in ["cache_read", "cache_written", "cache_saved"] {
        db.execute_batch(&format!("ALTER TABLE key_spend DROP COLUMN {column}")).unwrap();
    }
    each_day(db, "ALTER TABLE usage_DAY DROP COLUMN cache_saved");
    db.pragma_update(None, "user_version", 3).unwrap();
}

#[test]
fn a_newer_schema_is_refused() {
    on_sqlite(|world| async move {
        world.open().await.ledger.close().await.unwrap();
        raw(&world).pragma_update(None, "user_version", 99).unwrap();
        let newer = world.try_open(world.config()).await;
        assert!(matches!(newer, Err(OpenError::Newer { found: 99, .. })));
        let newer = store::audit_offline(world.dir());
        assert!(matches!(newer, Err(OpenError::Newer { found: 99, .. })));
    });
}

/// An audit of files that nobody has open says what to do where they are of another shape, and changes nothing.
#[test]
fn an_older_schema_is_not_audited() {
    on_sqlite(|world| async move {
        world.open().await.ledger.close().await.unwrap();
        let back = "DROP TABLE facts_unfolded; DROP TABLE model_workspace_day; DROP TABLE provider_workspace_day;
            PRAGMA user_version = 17";
        raw(&world).execute_batch(back).unwrap();
        let older = store::audit_offline(world.dir()).unwrap_err();
        assert!(matches!(older, OpenError::Older { found: 17, .. }), "{older}");
        world.open().await.ledger.close().await.unwrap();
        assert!(store::audit_offline(world.dir()).unwrap().findings.is_empty());
    });
}

#[test]
fn only_an_old_hold_gets_a_row() {
    on_sqlite(|world| async move {
        let o = world.open().await;
        let customer = world.customer(&o, 100).await;
        let reader = raw(&world);
        let rows = || -> i64 { reader.query_row("SELECT count(*) FROM hold", [], |row| row.get(0)).unwrap() };
        let young = world.hold(customer, 10);
        let old = world.hold(customer, 10);
        assert!(matches!(o.ledger.hold(young.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        assert!(matches!(o.ledger.hold(old.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        assert_eq!(o.ledger.release(young.id, None).await.unwrap(), HoldState::Released);
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(rows(), 0);
        world.forward(Duration::from_millis(1_001));
        for _ in 0..100 {
            if rows() > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(rows(), 1);
        let report = o.ledger.audit().await.unwrap();
        assert_eq!((report.findings.len(), report.open_holds), (0, 1));
        let _ = o.ledger.settle(world.settle(&old, 5)).await.unwrap();
        assert_eq!(rows(), 0);
        o.ledger.close().await.unwrap();
    });
}

#[test]
fn a_contradiction_freezes_its_workspace() {
    on_sqlite(|world| {
        one_row_contradicts(world, async |world, hold| {
            let sql = "INSERT INTO transfer VALUES (?1, 2, 0, ?1, ?1, 1, 0)";
            raw(world).execute(sql, [hold.id.bytes()]).unwrap() as u64
        })
    });
}

/// A hold whose settle waits for a disk that somebody else has locked.
struct Waiting {
    opened: Opened,
    customer: Customer,
    hold: HoldOrder,
    blocker: Connection,
    settle: tokio::task::JoinHandle<Result<SettleAnswer, StoreError>>,
}

async fn waiting(world: &World) -> Waiting {
    let opened = world.open().await;
    let customer = world.customer(&opened, 100).await;
    let hold = world.hold(customer, 60);
    assert!(matches!(opened.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
    let blocker = raw(world);
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (ledger, order) = (Arc::clone(&opened.ledger), world.settle(&hold, 25));
    let settle = spawn(async move { ledger.settle(order).await });
    Waiting { opened, customer, hold, blocker, settle }
}

/// Somebody else holds the write lock: holds fail closed, settles wait and are answered in the end.
#[test]
fn a_locked_file_fails_closed() {
    on_sqlite(|world| async move {
        let Waiting { opened: o, customer, hold, blocker, settle } = waiting(&world).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(!settle.is_finished(), "told before it was durable");
        assert!(matches!(o.ledger.hold(world.hold(customer, 1)).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(o.store.ping().await, Err(StoreError::Unavailable(_))));
        assert!(matches!(o.ledger.grant(world.grant(customer, 5)).await, Err(StoreError::Unavailable(_))));
        blocker.execute_batch("ROLLBACK").unwrap();
        let (charged, written_off) = (NanoUsd::new(25), NanoUsd::ZERO);
        assert_eq!(settle.await.unwrap().unwrap(), SettleAnswer::Settled { charged, written_off });
        let state = HoldState::Settled { charged };
        let again = o.ledger.settle(world.settle(&hold, 25)).await.unwrap();
        assert_eq!(again, SettleAnswer::Already(state));
        assert!(matches!(o.ledger.hold(world.hold(customer, 75)).await.unwrap(), HoldAnswer::Held { .. }));
        assert!(o.ledger.audit().await.unwrap().findings.is_empty());
        o.ledger.close().await.unwrap();
    });
}

#[test]
fn closing_before_the_disk_recovers_tells_so() {
    on_sqlite(|world| async move {
        let Waiting { opened: o, customer, blocker, settle, .. } = waiting(&world).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let told = o.ledger.close().await.unwrap_err().to_string();
        assert!(told.contains("charges that could not be written and are lost: 1"), "{told}");
        assert!(matches!(settle.await.unwrap(), Err(StoreError::Unavailable(_))));
        blocker.execute_batch("ROLLBACK").unwrap();
        drop((o, blocker));
        // Nothing was charged: the client never saw the end of its answer.
        let o = world.open().await;
        let balance = o.ledger.balance(customer.workspace, world.now()).await.unwrap();
        assert_eq!((balance.posted, balance.held), (NanoUsd::new(100), NanoUsd::ZERO));
        o.ledger.close().await.unwrap();
    });
}

/// A store with one of everything, corrupted with `sql`, must be found out under `invariant`.
async fn planted(world: World, invariant: &str, sql: &str) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    for cost in [25, 70] {
        let hold = world.hold(customer, 60);
        assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        let _ = o.ledger.settle(world.settle(&hold, cost)).await.unwrap();
    }
    let open = world.hold(customer, 40);
    assert!(matches!(o.ledger.hold(open.clone()).await.unwrap(), HoldAnswer::Held { .. }));
    let extend = ledger::ExtendOrder {
        id: open.id,
        seq: 1,
        by: NanoUsd::new(1),
        caps: ledger::Caps::default(),
        at: world.now(),
    };
    assert!(matches!(o.ledger.extend(extend).await.unwrap(), HoldAnswer::Held { .. }));
    o.ledger.close().await.unwrap();
    assert_eq!(store::audit_offline(world.dir()).unwrap().findings, Vec::<String>::new());
    let db = raw(&world);
    db.execute_batch(
        "PRAGMA ignore_check_constraints = ON;
         DROP TRIGGER transfer_is_never_changed; DROP TRIGGER transfer_is_never_deleted;",
    )
    .unwrap();
    let day: i64 = db.query_row("SELECT day FROM usage_day", [], |row| row.get(0)).unwrap();
    db.execute_batch(&sql.replace("USAGE", &format!("usage_{day}"))).unwrap();
    drop(db);
    let findings = store::audit_offline(world.dir()).unwrap().findings;
    let named = findings.iter().any(|f| f.starts_with(&format!("{invariant} ")));
    assert!(named, "{invariant} by {sql}: {findings:?}");
}

#[test]
fn planted_corruption_is_named() {
    let cases = [
        ("I1", "UPDATE transfer SET amount = -amount WHERE code = 3"),
        ("I1", "UPDATE transfer SET code = 99 WHERE code = 3"),
        ("I1", "UPDATE transfer SET credit = randomblob(16) WHERE code = 1"),
        ("I2", "UPDATE credit SET posted = posted - 1"),
        ("I2", "DELETE FROM transfer WHERE code = 2 AND amount = 25"),
        ("I3", "UPDATE credit SET held = held + 1"),
        ("I3", "DELETE FROM hold_leg"),
        ("I4", "UPDATE credit SET posted = -5"),
        ("I4", "UPDATE credit SET held = 99999"),
        ("I5", "INSERT INTO tombstone SELECT id, 3, at FROM hold"),
        (
            "I5",
            "INSERT INTO hold SELECT request, workspace, key, key, 0, 0, 0, at, 0, NULL, NULL FROM USAGE LIMIT 1",
        ),
        ("I6", "DELETE FROM USAGE WHERE charge = 25"),
        ("I6", "UPDATE USAGE SET charge = charge + 1 WHERE charge = 25"),
        ("I6", "UPDATE USAGE SET closing = 0 WHERE charge = 25"),
        ("I8", "UPDATE credit SET granted = granted + 1"),
        ("I11", "UPDATE key_spend SET spent = spent + 1"),
        ("I11", "DELETE FROM key_spend"),
        ("I13", "DELETE FROM key_spend"),
        ("I13", "UPDATE key_spend SET cache_read = cache_read + 1"),
        ("I13", "UPDATE key_spend SET cache_written = cache_written - 1"),
        ("I13", "UPDATE key_spend SET cache_saved = cache_saved + 1"),
        ("I13", "UPDATE USAGE SET cache_saved = cache_saved - 1 WHERE charge = 25"),
        ("I13", "UPDATE USAGE SET cache_saved = NULL WHERE charge = 25"),
        ("I13", "UPDATE USAGE SET cache_read = cache_read + 1 WHERE charge = 25"),
        ("I13", "UPDATE USAGE SET cache_write_1h = 0 WHERE charge = 25"),
        ("I13", "UPDATE USAGE SET closing = 2 WHERE charge = 25"),
        ("I14", "UPDATE USAGE SET member = NULL WHERE charge = 25"),
        ("I14", "UPDATE USAGE SET end_user = member WHERE charge = 25"),
        ("I16", "UPDATE key_day SET charge = charge + 1"),
        ("I17", "UPDATE payer_day SET requests = requests + 1"),
        ("I17", "UPDATE house_day SET charge = charge - 1"),
        ("I17", "DELETE FROM workspace_day"),
    ];
    for (invariant, sql) in cases {
        on_sqlite(|world| planted(world, invariant, sql));
    }
}

/// I9 needs the time, so it is looked at by the audit of a running store.
#[test]
fn a_forgotten_hold_is_found() {
    on_sqlite(|world| async move {
        let o = world.open().await;
        let customer = world.customer(&o, 100).await;
        assert!(matches!(o.ledger.hold(world.hold(customer, 10)).await.unwrap(), HoldAnswer::Held { .. }));
        world.forward(Duration::from_secs(25 * 60 * 60));
        let mut findings = Vec::new();
        for _ in 0..100 {
            findings = o.ledger.audit().await.unwrap().findings;
            if !findings.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(findings[0].starts_with("I9 "), "{findings:?}");
        o.ledger.close().await.unwrap();
    });
}

#[test]
fn the_journal_is_append_only() {
    on_sqlite(|world| async move {
        let o = world.open().await;
        world.customer(&o, 100).await;
        let db = raw(&world);
        assert!(db.execute("UPDATE transfer SET amount = 1", []).is_err());
        assert!(db.execute("DELETE FROM transfer", []).is_err());
        o.ledger.close().await.unwrap();
    });
}

/// R-ACC-1: who changes the log past the engine is found.
#[test]
fn r_acc_1_a_forged_log_is_found() {
    on_sqlite(|world| async move {
        let o = world.open().await;
        for n in 0..5 {
            let row = WorkspaceRow::new(world.workspace(), "w".to_owned(), format!("w{n}"), world.now());
            o.store.create_workspace(row, world.log("workspace.create")).await.unwrap();
        }
        let db = raw(&world);
        for sql in ["UPDATE operator_log SET actor = 'eve'", "DELETE FROM operator_log"] {
            assert!(db.execute(sql, []).is_err(), "{sql}");
        }
        assert!(o.people.check_log().await.unwrap().whole);
        db.execute_batch("DROP TRIGGER operator_log_is_never_changed; DROP TRIGGER operator_log_is_never_deleted")
            .unwrap();
        db.execute("UPDATE operator_log SET actor = 'eve' WHERE seq = 3", []).unwrap();
        assert_eq!(o.people.check_log().await.unwrap().broken_at, Some(3));
        db.execute("UPDATE operator_log SET actor = 'test' WHERE seq = 3", []).unwrap();
        assert!(o.people.check_log().await.unwrap().whole);
        db.execute("DELETE FROM operator_log WHERE seq = 5", []).unwrap();
        let cut = o.people.check_log().await.unwrap();
        assert_eq!((cut.broken_at, cut.whole), (None, false));
        o.ledger.close().await.unwrap();
    });
}
