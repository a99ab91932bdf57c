//! Spend caps (R-KEY-2, R-KEY-3): never exceeded, whoever asks at once, and counted by day for ever.
//! Never here: the rules themselves (ledger has a model of them).

use crate::money::{engines, hold_at_once};
use crate::world::{Customer, World};
use crate::{postgres_only, sqlite_only};
use ledger::{
    AccountAsk, AccountState, Cap, Capped, Counted, ExtendOrder, HoldAnswer, HoldOrder, KeySpend, LimitSource,
    Refusal, Span, Spent,
};
use std::time::Duration;
use store::Opened;
use store::port::{TaskRow, TaskState, UsageFilter};
use units::{MeterId, NanoUsd};

on_both! {
    r_key_2_a_cap_is_held_to_the_nano_dollar,
    r_key_2_a_cap_for_exactly_37_of_200,
    r_key_3_members_and_end_users_have_caps_over_their_keys,
    r_key_3_a_quota_for_exactly_20_of_60,
    caps_hold_over_a_restart_and_for_tasks,
    everything_about_a_caller_is_told_at_once,
    what_is_from_before_counts_for_its_key_and_day,
    a_day_that_does_not_agree_is_named,
}

fn nano(n: i64) -> NanoUsd {
    NanoUsd::new(n)
}

fn spent(spent: i64, held: i64) -> Spent {
    Spent { spent: nano(spent), held: nano(held) }
}

fn capped(mut order: HoldOrder, of: Capped, limit: i64) -> HoldOrder {
    order.caps = [Cap::spend(of, nano(limit))].into();
    order
}

async fn clean(o: &Opened) {
    assert_eq!(o.ledger.audit().await.unwrap().findings, Vec::<String>::new());
}

async fn hold(o: &Opened, order: &HoldOrder) -> Result<i64, LimitSource> {
    match o.ledger.hold(order.clone()).await.unwrap() {
        HoldAnswer::Held { amount } => Ok(amount.nano()),
        HoldAnswer::Refused(Refusal { source, .. }) => Err(source),
        HoldAnswer::Conflict(state) => panic!("{state:?}"),
    }
}

async fn account(o: &Opened, world: &World, customer: Customer) -> AccountState {
    let member = world.hold(customer, 0).counted.member;
    let ask = AccountAsk { workspace: customer.workspace, key: customer.key, member, at: world.now() };
    o.ledger.account(ask).await.unwrap()
}

async fn r_key_2_a_cap_is_held_to_the_nano_dollar(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    for of in [Capped::KeyInAll, Capped::Key(Span::Day), Capped::Key(Span::Month)] {
        let customer = Customer { key: world.key(), ..customer };
        let cap = Cap::spend(of, nano(100));
        let first = capped(world.hold(customer, 60), of, 100);
        assert_eq!(hold(&o, &first).await, Ok(60));
        let waits = capped(world.hold(customer, 41), of, 100);
        assert_eq!(hold(&o, &waits).await, Err(LimitSource::CapInFlight(cap)), "{of:?}");
        let extend =
            |by| ExtendOrder { id: first.id, seq: 1, by: nano(by), caps: first.caps.clone(), at: first.at };
        let answer = o.ledger.extend(extend(41)).await.unwrap();
        let in_the_way = |available, needed| {
            let (available, needed) = (nano(available), nano(needed));
            HoldAnswer::Refused(Refusal { source: LimitSource::CapInFlight(cap), available, needed })
        };
        // Its own hold is what is in the way.
        assert_eq!(answer, in_the_way(40, 41), "{of:?}");
        assert_eq!(o.ledger.extend(extend(40)).await.unwrap(), HoldAnswer::Held { amount: nano(100) });
        let _ = o.ledger.settle(world.settle(&first, 70)).await.unwrap();
        let cut = HoldOrder { floor: nano(1), ..capped(world.hold(customer, 50), of, 100) };
        assert_eq!(hold(&o, &cut).await, Ok(30), "{of:?}");
        let _ = o.ledger.settle(world.settle(&cut, 30)).await.unwrap();
        let last = capped(world.hold(customer, 1), of, 100);
        assert_eq!(hold(&o, &last).await, Err(LimitSource::Cap(cap)), "{of:?}");
        // A key beside it, of the same workspace, is not concerned.
        let other = capped(world.hold(Customer { key: world.key(), ..customer }, 1), of, 100);
        assert_eq!(hold(&o, &other).await, Ok(1), "{of:?}");
        let _ = o.ledger.release(other.id, None).await.unwrap();
    }
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

/// A cap for exactly 37 serves exactly 37 of many that come at once, on one node and on three.
async fn r_key_2_a_cap_for_exactly_37_of_200(world: World) {
    let engines = engines(&world).await;
    let customer = world.customer(&engines[0], 1_000_000).await;
    let orders = (0..200).map(|_| capped(world.hold(customer, 1_000), Capped::KeyInAll, 37_999)).collect();
    let answers = hold_at_once(&engines, orders).await;
    let served: Vec<_> =
        answers.iter().filter(|(_, a)| matches!(a, HoldAnswer::Held { .. })).map(|(order, _)| order).collect();
    assert_eq!(served.len(), 37);
    for order in &served {
        let _ = engines[0].ledger.settle(world.settle(order, 1_000)).await.unwrap();
    }
    let again = (0..20).map(|_| capped(world.hold(customer, 1_000), Capped::KeyInAll, 37_999)).collect();
    for (_, answer) in hold_at_once(&engines, again).await {
        assert!(matches!(answer, HoldAnswer::Refused(_)), "{answer:?}");
    }
    for o in &engines {
        clean(o).await;
        o.ledger.close().await.unwrap();
    }
}

async fn r_key_3_members_and_end_users_have_caps_over_their_keys(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    let meter = || Some(MeterId::new(world.now(), world.random()));
    let (member, end_user) = (meter(), meter());
    for (of, counted) in [
        (Capped::Member(Span::Month), Counted { member, end_user: None }),
        (Capped::EndUser(Span::Day), Counted { member: None, end_user }),
    ] {
        let with = |counted, amount| {
            let customer = Customer { key: world.key(), ..customer };
            HoldOrder { counted, ..capped(world.hold(customer, amount), of, 50) }
        };
        let first = with(counted, 30);
        assert_eq!(hold(&o, &first).await, Ok(30));
        let _ = o.ledger.settle(world.settle(&first, 30)).await.unwrap();
        let second = with(counted, 21);
        assert!(matches!(hold(&o, &second).await, Err(LimitSource::Cap(_))), "{of:?}");
        let third = with(counted, 20);
        assert_eq!(hold(&o, &third).await, Ok(20));
        let _ = o.ledger.settle(world.settle(&third, 20)).await.unwrap();
        let other = with(Counted { member: meter(), end_user: meter() }, 50);
        assert_eq!(hold(&o, &other).await, Ok(50));
        let _ = o.ledger.release(other.id, None).await.unwrap();
    }
    let rows = o.store.page_usage(UsageFilter { limit: 9, ..UsageFilter::default() }).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.counted.member == member).count(), 2);
    assert_eq!(rows.iter().filter(|row| row.counted.end_user == end_user).count(), 2);
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

/// A quota of requests serves exactly so many of those that come at once, though nothing is paid and nobody has credit: on one node and
/// on three, and after a restart.
async fn r_key_3_a_quota_for_exactly_20_of_60(world: World) {
    let all = engines(&world).await;
    let customer = world.customer(&all[0], 0).await;
    let one = || HoldOrder {
        caps: [Cap::requests(Capped::Member(Span::Day), 20)].into(),
        ..world.hold(Customer { key: world.key(), ..customer }, 0)
    };
    let answers = hold_at_once(&all, (0..60).map(|_| one()).collect()).await;
    let served: Vec<_> = answers.into_iter().filter(|(_, a)| matches!(a, HoldAnswer::Held { .. })).collect();
    assert_eq!(served.len(), 20);
    for (n, (order, _)) in served.iter().enumerate() {
        match n {
            0..3 => drop(all[0].ledger.release(order.id, None).await.unwrap()),
            _ => drop(all[0].ledger.settle(world.settle(order, 0)).await.unwrap()),
        }
    }
    for o in &all {
        clean(o).await;
        o.ledger.close().await.unwrap();
    }
    drop(all);
    let all = engines(&world).await;
    let again = hold_at_once(&all, (0..9).map(|_| one()).collect()).await;
    assert_eq!(again.iter().filter(|(_, a)| matches!(a, HoldAnswer::Held { .. })).count(), 3);
    world.forward(Duration::from_secs(24 * 60 * 60));
    assert_eq!(hold(&all[0], &one()).await, Ok(0));
    for o in &all {
        o.ledger.close().await.unwrap();
    }
}

async fn caps_hold_over_a_restart_and_for_tasks(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    let of = Capped::Key(Span::Month);
    let first = capped(world.hold(customer, 60), of, 100);
    assert_eq!(hold(&o, &first).await, Ok(60));
    let _ = o.ledger.settle(world.settle(&first, 60)).await.unwrap();
    let task = capped(world.hold(customer, 30), of, 100);
    assert_eq!(hold(&o, &task).await, Ok(30));
    let row = TaskRow {
        id: task.id,
        workspace: task.workspace,
        state: TaskState::Pending,
        created_at: world.now(),
        next_at: world.now(),
        vanishes_at: None,
        document: "{}".to_owned(),
    };
    o.store.begin_task(row, true).await.unwrap();
    o.ledger.close().await.unwrap();
    drop(o);
    let o = world.open().await;
    let waits = capped(world.hold(customer, 11), of, 100);
    assert!(matches!(hold(&o, &waits).await, Err(LimitSource::CapInFlight(_))));
    let fits = capped(world.hold(customer, 10), of, 100);
    assert_eq!(hold(&o, &fits).await, Ok(10));
    let _ = o.ledger.settle(world.settle(&task, 30)).await.unwrap();
    let late = capped(world.hold(customer, 1), of, 100);
    assert!(matches!(hold(&o, &late).await, Err(LimitSource::CapInFlight(_))));
    // The month is over: the cap begins anew; what was held in it ends in it.
    world.forward(Duration::from_secs(20 * 24 * 60 * 60));
    let anew = capped(world.hold(customer, 100), of, 100);
    assert_eq!(hold(&o, &anew).await, Ok(100));
    let _ = o.ledger.settle(world.settle(&fits, 10)).await.unwrap();
    let more = capped(world.hold(customer, 1), of, 100);
    assert!(matches!(hold(&o, &more).await, Err(LimitSource::CapInFlight(_))));
    o.ledger.close().await.unwrap();
}

async fn everything_about_a_caller_is_told_at_once(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    assert_eq!(account(&o, &world, customer).await.balance.posted, nano(1_000));
    let first = world.hold(customer, 60);
    assert_eq!(hold(&o, &first).await, Ok(60));
    let _ = o.ledger.settle(world.settle(&first, 50)).await.unwrap();
    world.forward(Duration::from_secs(24 * 60 * 60));
    let second = world.hold(customer, 40);
    assert_eq!(hold(&o, &second).await, Ok(40));
    let _ = o.ledger.settle(world.settle(&second, 8)).await.unwrap();
    // Another key of the same member.
    let neighbour = Customer { key: world.key(), ..customer };
    let third = world.hold(neighbour, 5);
    assert_eq!(hold(&o, &third).await, Ok(5));
    let open = world.hold(customer, 7);
    assert_eq!(hold(&o, &open).await, Ok(7));
    let told = account(&o, &world, customer).await;
    let cache = o.ledger.key_spend(customer.key).await.unwrap().cache;
    let expected = AccountState {
        balance: o.ledger.balance(customer.workspace, world.now()).await.unwrap(),
        key: KeySpend { spent: nano(58), cache },
        key_in_all: spent(58, 7),
        key_day: spent(8, 7),
        key_month: spent(58, 7),
        member_day: spent(8, 12),
        member_month: spent(58, 12),
    };
    assert_eq!(told, expected);
    assert_eq!((told.balance.posted, told.balance.held), (nano(942), nano(12)));
    o.ledger.close().await.unwrap();
}

async fn what_is_from_before_counts_for_its_key_and_day(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    for (cost, days) in [(20, 1), (30, 0), (5, 0)] {
        let order = HoldOrder { counted: Counted::default(), ..world.hold(customer, 50) };
        assert_eq!(hold(&o, &order).await, Ok(50));
        let _ = o.ledger.settle(world.settle(&order, cost)).await.unwrap();
        world.forward(Duration::from_secs(days * 24 * 60 * 60 + 1));
    }
    o.ledger.close().await.unwrap();
    drop(o);
    if world.is_sqlite() {
        sqlite_only::without_caps(&sqlite_only::raw(&world));
    } else {
        postgres_only::without_caps(&postgres_only::raw(&world).await).await;
    }
    let o = world.open().await;
    let told = account(&o, &world, customer).await;
    assert_eq!((told.key_day, told.key_month, told.key_in_all), (spent(35, 0), spent(55, 0), spent(55, 0)));
    clean(&o).await;
    // The three requests count as well.
    let counted =
        || HoldOrder { caps: [Cap::requests(Capped::Key(Span::Month), 4)].into(), ..world.hold(customer, 0) };
    assert_eq!(hold(&o, &counted()).await, Ok(0));
    assert!(matches!(hold(&o, &counted()).await, Err(LimitSource::Cap(_))));
    o.ledger.close().await.unwrap();
}

async fn a_day_that_does_not_agree_is_named(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    let order = world.hold(customer, 50);
    assert_eq!(hold(&o, &order).await, Ok(50));
    let _ = o.ledger.settle(world.settle(&order, 20)).await.unwrap();
    clean(&o).await;
    for (sql, found) in [
        ("UPDATE spend_day SET spent = spent + 1", 2),
        ("UPDATE spend_day SET spent = spent - 1", 0),
        ("UPDATE spend_day SET requests = requests + 1", 2),
        ("UPDATE spend_day SET requests = requests - 1", 0),
        ("UPDATE spend_day SET day = day + 1", 4),
        ("DELETE FROM spend_day", 2),
    ] {
        if world.is_sqlite() {
            sqlite_only::raw(&world).execute_batch(sql).unwrap();
        } else {
            postgres_only::raw(&world).await.batch_execute(sql).await.unwrap();
        }
        let findings = o.ledger.audit().await.unwrap().findings;
        assert_eq!(findings.iter().filter(|f| f.starts_with("I14 ")).count(), found, "{sql}: {findings:?}");
        assert_eq!(findings.len(), found);
    }
    o.ledger.close().await.unwrap();
}
