//! What prompt caches did, by request and by key (R-ROUTE-9): counted once, with the charge, and kept.
//! Never here: what is saved by which rates (the meter of ledger).

use crate::world::{Customer, World, usage_row};
use crate::{postgres_only, sqlite_only};
use ledger::{CacheSums, HoldAnswer, HoldOrder, HoldState, KeySpend, SettleAnswer, SettleOrder, UsageRow};
use std::time::Duration;
use store::Opened;
use store::port::UsageFilter;
use units::{Class, NanoUsd, Usage};

on_both! {
    r_route_9_a_settle_adds_to_its_key_alone,
    r_route_9_what_is_not_charged_adds_nothing,
    r_route_9_what_is_from_before_counts_as_nothing,
    r_route_9_sums_that_do_not_agree_are_named,
}

fn sums(read: u64, written: u64, saved: i64) -> CacheSums {
    CacheSums { read, written, saved: NanoUsd::new(saved) }
}

/// A settle of `cost` whose row tells so much of caches.
fn settle(hold: &HoldOrder, cost: i64, cache: CacheSums) -> SettleOrder {
    let usage = Usage::NONE.with(Class::CacheRead, cache.read).with(Class::CacheWrite5m, cache.written / 3);
    let usage = usage.with(Class::CacheWrite1h, cache.written - cache.written / 3).with(Class::Output, 9);
    let usage = UsageRow { usage, cache_saved: cache.saved, ..usage_row(hold) };
    SettleOrder { id: hold.id, cost: NanoUsd::new(cost), usage }
}

async fn held(world: &World, o: &Opened, customer: Customer) -> HoldOrder {
    // Rows are told by their ids, newest first.
    world.forward(Duration::from_millis(1));
    let hold = world.hold(customer, 50);
    assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
    hold
}

async fn told(o: &Opened, customer: Customer, spent: i64, cache: CacheSums) {
    let spend = KeySpend { spent: NanoUsd::new(spent), cache };
    assert_eq!(o.ledger.key_spend(customer.key).await.unwrap(), spend);
    assert_eq!(o.ledger.audit().await.unwrap().findings, Vec::<String>::new());
}

async fn saved_by_row(o: &Opened) -> Vec<i64> {
    let rows = o.store.page_usage(UsageFilter { limit: 9, ..UsageFilter::default() }).await.unwrap();
    rows.iter().map(|row| row.cache_saved.nano()).collect()
}

async fn again(world: &World, o: Opened) -> Opened {
    o.ledger.close().await.unwrap();
    drop(o);
    world.open().await
}

async fn r_route_9_a_settle_adds_to_its_key_alone(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    let neighbour = Customer { key: world.key(), ..customer };
    let first = held(&world, &o, customer).await;
    let _ = o.ledger.settle(settle(&first, 20, sums(800, 0, 300))).await.unwrap();
    told(&o, customer, 20, sums(800, 0, 300)).await;
    // Writing costs more than it saves: the sum goes down.
    let second = held(&world, &o, customer).await;
    let _ = o.ledger.settle(settle(&second, 30, sums(0, 500, -450))).await.unwrap();
    told(&o, customer, 50, sums(800, 500, -150)).await;
    // What the hold did not cover was cached all the same; a charge of nothing tells its tokens too.
    let third = held(&world, &o, neighbour).await;
    let answer = o.ledger.settle(settle(&third, 70, sums(7, 1, 3))).await.unwrap();
    assert_eq!(answer, SettleAnswer::Settled { charged: NanoUsd::new(50), written_off: NanoUsd::new(20) });
    let fourth = held(&world, &o, neighbour).await;
    let _ = o.ledger.settle(settle(&fourth, 0, sums(2, 0, 0))).await.unwrap();
    told(&o, neighbour, 50, sums(9, 1, 3)).await;
    // The same again changes nothing, whatever it says.
    for hold in [&first, &second] {
        let answer = o.ledger.settle(settle(hold, 20, sums(5, 5, 5))).await.unwrap();
        assert!(matches!(answer, SettleAnswer::Already(HoldState::Settled { .. })), "{answer:?}");
    }
    told(&o, customer, 50, sums(800, 500, -150)).await;
    assert_eq!(saved_by_row(&o).await, [0, 3, -450, 300]);
    let o = again(&world, o).await;
    told(&o, customer, 50, sums(800, 500, -150)).await;
    told(&o, neighbour, 50, sums(9, 1, 3)).await;
    let last = held(&world, &o, customer).await;
    let _ = o.ledger.settle(settle(&last, 1, sums(1, 1, 151))).await.unwrap();
    told(&o, customer, 51, sums(801, 501, 1)).await;
    o.ledger.close().await.unwrap();
}

async fn r_route_9_what_is_not_charged_adds_nothing(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    let row = |hold: &HoldOrder| settle(hold, 0, sums(800, 30, 300)).usage;
    let released = held(&world, &o, customer).await;
    assert_eq!(o.ledger.release(released.id, Some(row(&released))).await.unwrap(), HoldState::Released);
    let answer = o.ledger.settle(settle(&released, 9, sums(1, 1, 1))).await.unwrap();
    assert_eq!(answer, SettleAnswer::Already(HoldState::Released));
    world.forward(Duration::from_millis(1));
    o.ledger.record(row(&world.hold(customer, 0)));
    told(&o, customer, 0, CacheSums::NONE).await;
    assert_eq!(saved_by_row(&o).await, [0, 0]);
    let o = again(&world, o).await;
    told(&o, customer, 0, CacheSums::NONE).await;
    o.ledger.close().await.unwrap();
}

async fn r_route_9_what_is_from_before_counts_as_nothing(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    let old = held(&world, &o, customer).await;
    let _ = o.ledger.settle(settle(&old, 20, sums(800, 30, 300))).await.unwrap();
    o.ledger.close().await.unwrap();
    drop(o);
    if world.is_sqlite() {
        sqlite_only::without_caches(&sqlite_only::raw(&world));
    } else {
        postgres_only::without_caches(&postgres_only::raw(&world).await).await;
    }
    let o = world.open().await;
    told(&o, customer, 20, CacheSums::NONE).await;
    let new = held(&world, &o, customer).await;
    let _ = o.ledger.settle(settle(&new, 5, sums(3, 2, 1))).await.unwrap();
    told(&o, customer, 25, sums(3, 2, 1)).await;
    assert_eq!(saved_by_row(&o).await, [1, 0]);
    o.ledger.close().await.unwrap();
}

async fn r_route_9_sums_that_do_not_agree_are_named(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    let hold = held(&world, &o, customer).await;
    let _ = o.ledger.settle(settle(&hold, 20, sums(800, 30, 300))).await.unwrap();
    for column in ["cache_read", "cache_written", "cache_saved"] {
        for by in [1, -1] {
            let sql = format!("UPDATE key_spend SET {column} = {column} + {by}");
            if world.is_sqlite() {
                sqlite_only::raw(&world).execute_batch(&sql).unwrap();
            } else {
                postgres_only::raw(&world).await.batch_execute(&sql).await.unwrap();
            }
            let findings = o.ledger.audit().await.unwrap().findings;
            let named = findings.len() == 1 && findings[0].starts_with("I13 ");
            assert_eq!(named, by == 1, "{column}: {findings:?}");
        }
    }
    o.ledger.close().await.unwrap();
}
