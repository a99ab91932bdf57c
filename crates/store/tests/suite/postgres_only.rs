//! What only several nodes have: leases, lost connections, simultaneous starts, news, three processes on one database.
//! Never here: what holds for both engines, killed processes (kill).

use crate::contradiction::one_row_contradicts;
use crate::kill::{check_acked, kill_together};
use crate::world::{Place, WITHOUT_FACTS, WITHOUT_PEOPLE, World, old_row, on_postgres, runtime, spawn, usage_row};
use ledger::{HoldAnswer, HoldState, SettleAnswer, UsageRow};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::port::{CatalogueRows, Change, UsageFilter};
use store::{Opened, StoreError};
use tokio::time::{sleep, timeout};
use units::{Class, NanoUsd, Usage};

/// A connection that looks past the engine.
pub async fn raw(world: &World) -> tokio_postgres::Client {
    let Place::Postgres(url) = &world.place else {
        panic!("only for PostgreSQL");
    };
    #[expect(clippy::disallowed_methods, reason = "looks past the engine")]
    let (client, link) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    spawn(async move {
        let _ = link.await;
    });
    client
}

async fn held(world: &World, opened: &Opened, customer: crate::world::Customer) -> i64 {
    let balance = opened.ledger.balance(customer.workspace, world.now()).await.unwrap();
    balance.held.nano()
}

/// Waits until so much is held, at most `patience`.
async fn becomes_held(
    world: &World,
    opened: &Opened,
    customer: crate::world::Customer,
    expected: i64,
    patience: Duration,
) -> bool {
    timeout(patience, async {
        while held(world, opened, customer).await != expected {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .is_ok()
}

#[test]
fn a_dead_nodes_holds_are_voided_and_a_live_ones_are_not() {
    on_postgres(|world| async move {
        let alive = world.open().await;
        let customer = world.customer(&alive, 100).await;
        // The other node runs on a runtime that is torn down under it, as a kill would.
        let grave = std::thread::scope(|scope| scope.spawn(runtime).join().unwrap());
        let config = world.config();
        let (clock, dice) = (Arc::clone(&world.clock), Arc::clone(&world.dice));
        let handle = grave.handle().clone();
        #[expect(clippy::disallowed_methods, reason = "a runtime that is torn down under its tasks")]
        let dead =
            grave.spawn(async move { store::open(config, clock, dice, handle).await.unwrap() }).await.unwrap();
        let (mine, its) = (world.hold(customer, 30), world.hold(customer, 40));
        assert!(matches!(alive.ledger.hold(mine.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        assert!(matches!(dead.ledger.hold(its.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        grave.shutdown_background();
        sleep(Duration::from_millis(500)).await;
        assert_eq!(held(&world, &alive, customer).await, 70, "its lease has not ended");
        assert!(becomes_held(&world, &alive, customer, 30, 3 * world.lease).await);
        let settle = |hold| alive.ledger.settle(world.settle(hold, 5));
        assert_eq!(settle(&its).await.unwrap(), SettleAnswer::Already(HoldState::Expired));
        // Several leases later the live node still has its own.
        sleep(2 * world.lease).await;
        assert!(matches!(settle(&mine).await.unwrap(), SettleAnswer::Settled { .. }));
        assert_eq!(alive.ledger.audit().await.unwrap().findings, Vec::<String>::new());
        drop(dead);
        alive.ledger.close().await.unwrap();
    });
}

#[test]
fn a_node_that_was_given_up_does_not_settle_what_was_voided() {
    on_postgres(|world| async move {
        let one = world.open().await;
        let two = world.open().await;
        let customer = world.customer(&one, 100).await;
        let hold = world.hold(customer, 60);
        assert!(matches!(one.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        // As if node one had been silent for longer than its lease.
        let boot = one.store.boot().to_string();
        assert!(boot.starts_with("boo_"));
        let db = raw(&world).await;
        let gone =
            db.execute("DELETE FROM node WHERE lease = (SELECT lease FROM hold LIMIT 1)", &[]).await.unwrap();
        assert_eq!(gone, 1);
        assert!(becomes_held(&world, &two, customer, 0, 2 * world.lease).await);
        assert_eq!(
            one.ledger.settle(world.settle(&hold, 5)).await.unwrap(),
            SettleAnswer::Already(HoldState::Expired)
        );
        // It takes a new lease and works on; that hold stays.
        sleep(world.lease).await;
        let next = world.hold(customer, 100);
        assert!(matches!(one.ledger.hold(next.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        sleep(world.lease * 2).await;
        assert!(matches!(two.ledger.settle(world.settle(&next, 100)).await.unwrap(), SettleAnswer::Settled { .. }));
        assert_eq!(two.ledger.audit().await.unwrap().findings, Vec::<String>::new());
        one.ledger.close().await.unwrap();
        two.ledger.close().await.unwrap();
    });
}

/// What one line of requests came to.
#[derive(Default)]
struct Line {
    settled: i64,
    charged: i64,
    refused: i64,
}

/// Holds and settles until it is stopped; a hold may be refused, a settle never.
async fn work(world: &World, o: &Opened, customer: crate::world::Customer, stop: &AtomicBool) -> Line {
    let mut line = Line::default();
    while !stop.load(Ordering::Relaxed) {
        let hold = world.hold(customer, 10);
        match o.ledger.hold(hold.clone()).await {
            Ok(HoldAnswer::Held { .. }) => {}
            Err(StoreError::Unavailable(_)) => {
                line.refused += 1;
                sleep(Duration::from_millis(5)).await;
                continue;
            }
            other => panic!("{other:?}"),
        }
        match o.ledger.settle(world.settle(&hold, 7)).await.unwrap() {
            SettleAnswer::Settled { charged, .. } => {
                line.charged += charged.nano();
                line.settled += 1;
            }
            SettleAnswer::Already(state) => panic!("{state:?}"),
        }
    }
    line
}

/// Cuts the batcher's connection 30 times, soon or a little later after it is there: on a busy machine that takes longer.
async fn cut(world: &World) -> usize {
    let db = raw(world).await;
    let mut cuts = 0;
    for n in 0..3_000_u64 {
        sleep(Duration::from_millis(5 + n * 31 % 120)).await;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'tollgate-ledger' AND datname = current_database()";
        cuts += db.query(sql, &[]).await.unwrap().len();
        if cuts >= 30 {
            break;
        }
    }
    cuts
}

/// Connections are cut all the time, also between a commit and its answer.
#[test]
fn unknown_outcomes_are_settled_by_asking_again() {
    on_postgres(|world| async move {
        let o = Arc::new(world.open().await);
        let world = Arc::new(world);
        let customer = world.customer(&o, 1_000_000).await;
        let stop = Arc::new(AtomicBool::new(false));
        let lines: Vec<_> = (0..16)
            .map(|_| {
                let (o, world, stop) = (Arc::clone(&o), Arc::clone(&world), Arc::clone(&stop));
                spawn(async move { work(&world, &o, customer, &stop).await })
            })
            .collect();
        let cuts = cut(&world).await;
        stop.store(true, Ordering::Relaxed);
        let mut sum = Line::default();
        for line in lines {
            let line = line.await.unwrap();
            sum.settled += line.settled;
            sum.charged += line.charged;
            sum.refused += line.refused;
        }
        let told = format!("{cuts} cuts, {} settled, {} holds refused", sum.settled, sum.refused);
        assert!(cuts > 20 && sum.settled > 20 && sum.refused > 0, "{told}");
        // What was refused while its outcome was unknown is given back.
        assert!(becomes_held(&world, &o, customer, 0, Duration::from_secs(5)).await);
        let report = o.ledger.audit().await.unwrap();
        assert_eq!(report.findings, Vec::<String>::new());
        assert_eq!(report.charged.nano(), sum.charged, "{told}");
        o.ledger.close().await.unwrap();
    });
}

#[test]
fn a_look_at_the_shape_makes_nothing() {
    on_postgres(|world| async move {
        let look = || store::shape(world.config().kind, tokio::runtime::Handle::current());
        let before = look().await.unwrap();
        assert_eq!((before.found, before), (0, look().await.unwrap()));
        world.open().await.ledger.close().await.unwrap();
        let after = look().await.unwrap();
        assert_eq!((after.found, after.known), (before.known, before.known));
    });
}

#[test]
fn three_nodes_start_at_once() {
    on_postgres(|world| async move {
        let world = Arc::new(world);
        let opening: Vec<_> = (0..3)
            .map(|_| {
                let world = Arc::clone(&world);
                spawn(async move { world.open().await })
            })
            .collect();
        let mut boots = Vec::new();
        for task in opening {
            let opened = task.await.unwrap();
            boots.push(opened.store.boot());
            opened.ledger.close().await.unwrap();
        }
        boots.dedup();
        assert_eq!(boots.len(), 3);
    });
}

#[test]
fn news_reach_the_other_node_within_a_second() {
    on_postgres(|world| async move {
        let (one, two) = (world.open().await, world.open().await);
        sleep(Duration::from_millis(200)).await;
        let rows = CatalogueRows { version: 1, ..CatalogueRows::default() };
        let log = world.log("catalogue.replace");
        one.store.replace_catalogue(rows, log).await.unwrap();
        let news = timeout(Duration::from_secs(1), two.store.next_change()).await;
        assert_eq!(news.unwrap().unwrap(), Change::Catalogue);
        let own = timeout(Duration::from_millis(1_500), one.store.next_change()).await;
        assert!(own.is_err(), "a node was told of its own change");
        // Without NOTIFY the poll finds it.
        let db = raw(&world).await;
        db.execute("UPDATE change SET seq = seq + 1 WHERE kind = 1", &[]).await.unwrap();
        for opened in [&one, &two] {
            let news = timeout(Duration::from_millis(1_500), opened.store.next_change()).await;
            assert_eq!(news.unwrap().unwrap(), Change::Keys);
        }
        one.ledger.close().await.unwrap();
        two.ledger.close().await.unwrap();
    });
}

/// A database from before images were counted gets the column in every partition; its rows made none.
#[test]
fn r_bill_3_rows_from_before_images_made_none() {
    on_postgres(|world| async move {
        let o = world.open().await;
        let customer = world.customer(&o, 0).await;
        let old = old_row(&world.hold(customer, 0));
        o.ledger.record(old.clone());
        o.ledger.close().await.unwrap();
        drop(o);
        let back = "ALTER TABLE usage DROP COLUMN images; DROP TABLE image_task; ALTER TABLE hold DROP COLUMN task;
            DELETE FROM schema_step WHERE number >= 3";
        let db = raw(&world).await;
        without_caches(&db).await;
        db.batch_execute(back).await.unwrap();
        world.forward(Duration::from_millis(1));
        let o = world.open().await;
        let made = UsageRow { usage: Usage::NONE.with(Class::Images, 3), ..usage_row(&world.hold(customer, 0)) };
        o.ledger.record(made.clone());
        let all = UsageFilter { limit: 9, ..UsageFilter::default() };
        // A row without a charge is written behind the calls.
        timeout(Duration::from_secs(5), async {
            while o.store.page_usage(all.clone()).await.unwrap() != [made.clone(), old.clone()] {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();
        assert_eq!(old.usage.count(Class::Images), 0);
        o.ledger.close().await.unwrap();
    });
}

/// Brings a database to the shape from before charges were counted by day.
pub async fn without_caps(db: &tokio_postgres::Client) {
    let people = "DELETE FROM change WHERE kind > 3; DROP TRIGGER operator_log_is_never_changed ON operator_log;
        DROP FUNCTION log_is_append_only";
    without_facts(db).await;
    db.batch_execute(&format!("{people}; {WITHOUT_PEOPLE}")).await.unwrap();
    let back = "DROP TABLE tier; DROP TABLE spend_day; DROP INDEX hold_workspace;
        ALTER TABLE hold DROP COLUMN member, DROP COLUMN end_user;
        ALTER TABLE usage DROP COLUMN member, DROP COLUMN end_user;
        ALTER TABLE workspace DROP COLUMN rules, DROP COLUMN version;
        ALTER TABLE api_key DROP COLUMN rules, DROP COLUMN version, DROP COLUMN owner, DROP COLUMN created_by,
        DROP COLUMN last_used_at, DROP COLUMN old_digest, DROP COLUMN old_ends_at; DELETE FROM schema_step WHERE number >= 7";
    db.batch_execute(back).await.unwrap();
}

/// Brings a database to the shape from before there were sums of requests.
pub async fn without_facts(db: &tokio_postgres::Client) {
    let back = "DROP INDEX usage_workspace; DROP INDEX usage_key; DROP INDEX usage_session;
        DROP INDEX usage_model; DROP INDEX usage_fault; DROP INDEX usage_unserved; DROP INDEX usage_unserved_of;
        ALTER TABLE usage DROP COLUMN asked_model, DROP COLUMN session, DROP COLUMN client, DROP COLUMN tries;
        DELETE FROM schema_step WHERE number >= 16";
    db.batch_execute(&format!("{WITHOUT_FACTS} {back}")).await.unwrap();
}

/// Brings a database to the shape from before caches were counted.
pub async fn without_caches(db: &tokio_postgres::Client) {
    without_caps(db).await;
    let back = "ALTER TABLE usage DROP COLUMN cache_saved; ALTER TABLE key_spend DROP COLUMN cache_read,
        DROP COLUMN cache_written, DROP COLUMN cache_saved; DELETE FROM schema_step WHERE number >= 6";
    db.batch_execute(back).await.unwrap();
}

#[test]
fn the_journal_is_append_only() {
    on_postgres(|world| async move {
        let o = world.open().await;
        world.customer(&o, 100).await;
        let db = raw(&world).await;
        for sql in [
            "UPDATE transfer SET amount = 1",
            "DELETE FROM transfer",
            "TRUNCATE transfer",
            "DELETE FROM operator_log",
        ] {
            assert!(db.execute(sql, &[]).await.is_err(), "{sql}");
        }
        db.execute("UPDATE credit SET posted = posted - 1", &[]).await.unwrap();
        let findings = o.ledger.audit().await.unwrap().findings;
        assert!(findings.iter().any(|f| f.starts_with("I2 ")), "{findings:?}");
        o.ledger.close().await.unwrap();
    });
}

#[test]
fn a_contradiction_freezes_its_workspace() {
    on_postgres(|world| {
        one_row_contradicts(world, async |world, hold| {
            let sql = format!(
                "INSERT INTO transfer SELECT id, 2, 0, workspace, key, 1, 0 FROM hold WHERE id = '{}'",
                uuid_text(hold.id.bytes())
            );
            raw(world).await.execute(&sql, &[]).await.unwrap()
        })
    });
}

fn uuid_text(bytes: [u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A database that does not answer: holds fail closed, settles wait and are answered in the end.
#[test]
fn a_locked_table_fails_closed() {
    on_postgres(|world| async move {
        let o = world.open().await;
        let customer = world.customer(&o, 100).await;
        let hold = world.hold(customer, 60);
        assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        let db = raw(&world).await;
        db.batch_execute("ALTER TABLE transfer RENAME TO away").await.unwrap();
        let ledger = Arc::clone(&o.ledger);
        let settle = world.settle(&hold, 25);
        let waiting = spawn(async move { ledger.settle(settle).await });
        sleep(Duration::from_millis(500)).await;
        assert!(!waiting.is_finished(), "told before it was durable");
        assert!(matches!(o.ledger.hold(world.hold(customer, 1)).await, Err(StoreError::Unavailable(_))));
        db.batch_execute("ALTER TABLE away RENAME TO transfer").await.unwrap();
        let (charged, written_off) = (NanoUsd::new(25), NanoUsd::ZERO);
        assert_eq!(waiting.await.unwrap().unwrap(), SettleAnswer::Settled { charged, written_off });
        assert_eq!(o.ledger.audit().await.unwrap().findings, Vec::<String>::new());
        o.ledger.close().await.unwrap();
    });
}

/// R6 with real processes: three of them on one database, killed together.
#[test]
fn three_processes_share_one_database() {
    on_postgres(|world| async move {
        let o = world.open().await;
        let mut payers = Vec::new();
        for _ in 0..4 {
            payers.push(world.customer(&o, 1_000_000_000_000).await);
        }
        let acked = kill_together(&world, &payers, 3);
        assert!(acked.len() > 30, "{} acked", acked.len());
        for _ in 0..100 {
            if o.ledger.audit().await.unwrap().open_holds == 0 {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        let report = o.ledger.audit().await.unwrap();
        assert_eq!((report.findings, report.open_holds), (Vec::new(), 0));
        check_acked(&world, &o, payers[0], &acked).await;
        o.ledger.close().await.unwrap();
    });
}
