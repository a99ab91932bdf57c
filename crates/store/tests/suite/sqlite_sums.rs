//! Sums of requests on their way into the file: what is in none yet, a disk that refuses them, a crash, a clock that is set back.
//! Never here: what sums there are, which holds for both engines (facts).

use crate::reckon::{everything, facts_of};
use crate::sqlite_only::raw;
use crate::world::{Place, World, on_sqlite};
use ledger::{HoldAnswer, SettleAnswer, UsageRow};
use std::time::Duration;
use store::StoreError;
use store::port::UsageFilter;
use units::Timestamp;

/// How many requests are in no sum.
fn unfolded(world: &World) -> i64 {
    let sql = "SELECT coalesce(sum(requests), 0) FROM facts_unfolded";
    raw(world).query_row(sql, [], |row| row.get(0)).unwrap()
}

/// R-USE-1: who asks while an entry is refused gets the sums of all others.
#[test]
fn r_use_1_sums_are_whole_beside_a_contradiction() {
    on_sqlite(|world| async move {
        let o = world.open().await;
        let (bad, good) = (world.customer(&o, 100).await, world.customer(&o, 100).await);
        let (one, two, three) = (world.hold(bad, 60), world.hold(good, 30), world.hold(good, 30));
        for hold in [&one, &two, &three] {
            assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        }
        let db = raw(&world);
        let sql = "INSERT INTO transfer VALUES (?1, 2, 0, ?1, ?1, 1, 0)";
        assert_eq!(db.execute(sql, [one.id.bytes()]).unwrap(), 1);
        // The disk is busy with the first settle until the others and the question wait together.
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        let moment = Duration::from_millis(50);
        let later = async |order| {
            tokio::time::sleep(moment).await;
            o.ledger.settle(order).await
        };
        let (first, refused, second, facts, ()) = tokio::join!(
            o.ledger.settle(world.settle(&three, 5)),
            later(world.settle(&one, 5)),
            later(world.settle(&two, 5)),
            async {
                tokio::time::sleep(moment).await;
                o.store.ask_facts(everything(Timestamp::from_ms(i64::MAX / 2))).await
            },
            async {
                tokio::time::sleep(2 * moment).await;
                db.execute_batch("COMMIT").unwrap();
            },
        );
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
        assert!([first, second].iter().all(|answer| matches!(answer, Ok(SettleAnswer::Settled { .. }))));
        assert_eq!(facts.unwrap().total.requests, 2);
        o.ledger.close().await.unwrap();
    });
}

/// R-USE-1, R-OPS-3: sums that the disk does not take are told of, with the cause, and come later. Charges go on, and rows are found.
#[test]
fn r_use_1_sums_that_cannot_be_written_are_told_and_made_up_for() {
    on_sqlite(|world| async move {
        let o = world.open().await;
        let customer = world.customer(&o, 1_000_000).await;
        raw(&world)
            .execute_batch(
                "CREATE TRIGGER no BEFORE INSERT ON house_hour BEGIN SELECT RAISE(ABORT, 'no such luck'); END",
            )
            .unwrap();
        let ask = everything(Timestamp::from_ms(i64::MAX / 2));
        for n in 0..3 {
            let hold = world.hold(customer, 100);
            assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
            let settled = o.ledger.settle(world.settle(&hold, 7)).await.unwrap();
            assert!(matches!(settled, SettleAnswer::Settled { charged, .. } if charged.nano() == 7), "{settled:?}");
            // At once, and when it is tried again.
            for _ in 0..2 {
                let refused = o.store.ask_facts(ask.clone()).await.unwrap_err();
                assert!(
                    matches!(&refused, StoreError::Unavailable(why) if why.contains("no such luck")),
                    "{refused:?}"
                );
                world.forward(Duration::from_secs(1));
            }
            let state = o.ledger.state().await.unwrap();
            assert!(state.sums_failing && !state.failing, "{state:?}");
            let rows = o.store.page_usage(UsageFilter { limit: 9, ..UsageFilter::default() }).await.unwrap();
            assert_eq!(rows.len(), n + 1);
        }
        assert!(o.ledger.audit().await.unwrap().findings.is_empty());
        raw(&world).execute_batch("DROP TRIGGER no").unwrap();
        assert!(o.store.ask_facts(ask.clone()).await.is_err(), "it was tried within this second");
        world.forward(Duration::from_secs(1));
        let rows = o.store.page_usage(UsageFilter { limit: 9, ..UsageFilter::default() }).await.unwrap();
        assert_eq!(o.store.ask_facts(ask.clone()).await.unwrap(), facts_of(&rows, &ask));
        assert!(!o.ledger.state().await.unwrap().sums_failing);
        assert!(o.ledger.audit().await.unwrap().findings.is_empty());
        o.ledger.close().await.unwrap();
    });
}

/// R-USE-1: what was in no sum yet when a process died is in the sums of the next, once.
#[test]
fn r_use_1_what_was_in_no_sum_at_a_crash_is_summed() {
    on_sqlite(|world| async move {
        let o = world.open().await;
        let customer = world.customer(&o, 1_000_000).await;
        for n in 0..6 {
            let hold = world.hold(customer, 100);
            assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
            let settle = world.settle(&hold, n);
            let usage = UsageRow { latency_ms: 1 << n, first_byte_ms: Some(1), ..settle.usage.clone() };
            let _ = o.ledger.settle(ledger::SettleOrder { usage, ..settle }).await.unwrap();
        }
        assert!(o.ledger.audit().await.unwrap().findings.is_empty(), "while they wait");
        assert_eq!(unfolded(&world), 6, "no second has passed");

        // What a crash leaves: the files as they are.
        let place = world.dir().join("crashed");
        std::fs::create_dir(&place).unwrap();
        for file in ["ledger.db", "ledger.db-wal", "lock"] {
            std::fs::copy(world.dir().join(file), place.join(file)).unwrap();
        }
        let crashed = World::new(Place::Sqlite(place));
        assert!(store::audit_offline(crashed.dir()).unwrap().findings.is_empty());
        let rows = o.store.page_usage(UsageFilter { limit: 9, ..UsageFilter::default() }).await.unwrap();
        let ask = everything(Timestamp::from_ms(i64::MAX / 2));
        let again = crashed.open().await;
        for _ in 0..2 {
            assert_eq!(again.store.ask_facts(ask.clone()).await.unwrap(), facts_of(&rows, &ask));
        }
        assert_eq!(unfolded(&crashed), 0);
        assert!(again.ledger.audit().await.unwrap().findings.is_empty());
        again.ledger.close().await.unwrap();
        assert_eq!(o.store.ask_facts(ask.clone()).await.unwrap(), facts_of(&rows, &ask));
        o.ledger.close().await.unwrap();
    });
}

/// R-USE-1: sums are brought up to date though the clock was set back, and though nobody asks for them.
#[test]
fn r_use_1_sums_do_not_wait_for_a_clock_that_was_set_back() {
    on_sqlite(|world| async move {
        let o = world.open().await;
        let customer = world.customer(&o, 1_000_000).await;
        let settle = async |world: &World| {
            let hold = world.hold(customer, 100);
            assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
            let _ = o.ledger.settle(world.settle(&hold, 5)).await.unwrap();
        };
        world.forward(Duration::from_secs(3_600));
        settle(&world).await;
        world.back(Duration::from_secs(3_000));
        settle(&world).await;
        for _ in 0..100 {
            if unfolded(&world) == 0 {
                break;
            }
            // It runs on, from where it was set.
            world.forward(Duration::from_millis(100));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(unfolded(&world), 0);
        assert!(o.ledger.audit().await.unwrap().findings.is_empty());
        o.ledger.close().await.unwrap();
    });
}
