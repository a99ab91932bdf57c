//! Holds, extensions, settles, releases, grants: exact, idempotent, durable.
//! Never here: random histories (history), killed processes (kill).

use crate::world::{World, newest, spawn, usage_row};
use ledger::{
    Balance, Caps, ExtendOrder, GrantKind, GrantOrder, HoldAnswer, HoldOrder, HoldState, LimitSource, Refusal,
    SettleAnswer,
};
use std::time::Duration;
use store::port::AuditEntry;
use store::{Opened, StoreError};
use units::{NanoUsd, RequestId};

fn nano(n: i64) -> NanoUsd {
    NanoUsd::new(n)
}

fn held(n: i64) -> HoldAnswer {
    HoldAnswer::Held { amount: nano(n) }
}

fn settled(n: i64) -> SettleAnswer {
    SettleAnswer::Settled { charged: nano(n), written_off: nano(0) }
}

async fn balance(world: &World, opened: &Opened, order: &HoldOrder) -> (i64, i64) {
    let Balance { posted, held, .. } = opened.ledger.balance(order.workspace, world.now()).await.unwrap();
    (posted.nano(), held.nano())
}

async fn clean(opened: &Opened) {
    let report = opened.ledger.audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
}

on_both! {
    a_hold_is_settled_with_its_true_cost,
    every_order_is_idempotent,
    a_refusal_says_what_is_in_the_way,
    a_hold_takes_less_down_to_its_floor,
    an_extension_is_all_or_nothing,
    what_a_hold_does_not_cover_is_written_off,
    closed_holds_stay_closed,
    grants_drain_in_their_order,
    an_expired_grant_breaks,
    closed_holds_are_known_after_a_restart,
    a_grant_needs_a_workspace_and_a_sum,
    exactly_37_of_500,
    random_sizes_sum_exactly,
}

async fn a_hold_is_settled_with_its_true_cost(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let hold = world.hold(customer, 60);
    assert_eq!(o.ledger.hold(hold.clone()).await.unwrap(), held(60));
    assert_eq!(balance(&world, &o, &hold).await, (100, 60));
    let state = o.ledger.state().await.unwrap();
    assert_eq!((state.open_holds, state.held, state.failing), (1, nano(60), false));
    let answer = o.ledger.settle(world.settle(&hold, 25)).await.unwrap();
    assert_eq!(answer, settled(25));
    assert_eq!(balance(&world, &o, &hold).await, (75, 0));
    assert_eq!(o.ledger.state().await.unwrap(), store::port::LedgerState::default());
    assert_eq!(o.ledger.key_spend(customer.key).await.unwrap().spent, nano(25));
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

async fn every_order_is_idempotent(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 0).await;
    let grant = world.grant(customer, 100);
    for _ in 0..3 {
        let balance = o.ledger.grant(grant.clone()).await.unwrap();
        assert_eq!(balance.posted, nano(100));
    }
    let other = GrantOrder { amount: nano(7), ..grant.clone() };
    assert!(matches!(o.ledger.grant(other).await, Err(StoreError::Exists("grant"))));
    // Who gave it is told once, with what they gave; what a plan gives by itself nobody did.
    let plan = GrantOrder { kind: GrantKind::Plan, ..world.grant(customer, 1) };
    o.ledger.grant(plan).await.unwrap();
    let told = o.store.page_log(newest(9)).await.unwrap().entries;
    let told: Vec<&AuditEntry> = told.iter().filter(|entry| entry.action == "credit.grant").collect();
    assert_eq!((told.len(), &told[0].object), (1, &grant.id.to_string()));
    assert_eq!((told[0].workspace, &*told[0].address), (Some(customer.workspace), "10.0.0.1"));
    assert!(told[0].detail.contains("\"amount_usd\":\"0.0000001\""), "{}", told[0].detail);
    let hold = world.hold(customer, 40);
    for _ in 0..3 {
        assert_eq!(o.ledger.hold(hold.clone()).await.unwrap(), held(40));
    }
    let other = HoldOrder { want: nano(41), ..hold.clone() };
    let conflict = HoldAnswer::Conflict(HoldState::Open);
    assert_eq!(o.ledger.hold(other).await.unwrap(), conflict);
    let extend = ExtendOrder { id: hold.id, seq: 1, by: nano(10), caps: Caps::default(), at: world.now() };
    for _ in 0..3 {
        assert_eq!(o.ledger.extend(extend.clone()).await.unwrap(), held(50));
    }
    assert_eq!(o.ledger.settle(world.settle(&hold, 45)).await.unwrap(), settled(45));
    let state = HoldState::Settled { charged: nano(45) };
    for cost in [45, 1, 99] {
        let again = o.ledger.settle(world.settle(&hold, cost)).await.unwrap();
        assert_eq!(again, SettleAnswer::Already(state));
    }
    assert_eq!(o.ledger.release(hold.id, None).await.unwrap(), state);
    assert_eq!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Conflict(state));
    assert_eq!(o.ledger.extend(ExtendOrder { seq: 2, ..extend }).await.unwrap(), HoldAnswer::Conflict(state));
    assert_eq!(balance(&world, &o, &hold).await, (56, 0));
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

async fn a_refusal_says_what_is_in_the_way(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let first = world.hold(customer, 80);
    assert_eq!(o.ledger.hold(first.clone()).await.unwrap(), held(80));
    let refused =
        |source, needed| HoldAnswer::Refused(Refusal { source, available: nano(20), needed: nano(needed) });
    assert_eq!(o.ledger.hold(world.hold(customer, 21)).await.unwrap(), refused(LimitSource::InFlight, 21));
    assert_eq!(o.ledger.hold(world.hold(customer, 101)).await.unwrap(), refused(LimitSource::Balance, 101));
    assert_eq!(o.ledger.release(first.id, None).await.unwrap(), HoldState::Released);
    assert_eq!(o.ledger.hold(world.hold(customer, 100)).await.unwrap(), held(100));
    o.ledger.close().await.unwrap();
}

async fn a_hold_takes_less_down_to_its_floor(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let cut = HoldOrder { floor: nano(50), ..world.hold(customer, 130) };
    assert_eq!(o.ledger.hold(cut.clone()).await.unwrap(), held(100));
    assert_eq!(o.ledger.hold(cut.clone()).await.unwrap(), held(100));
    let nothing = HoldOrder { floor: nano(0), ..world.hold(customer, 10) };
    assert_eq!(o.ledger.hold(nothing.clone()).await.unwrap(), held(0));
    let answer = o.ledger.settle(world.settle(&nothing, 0)).await.unwrap();
    assert_eq!(answer, settled(0));
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

async fn an_extension_is_all_or_nothing(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let hold = world.hold(customer, 60);
    assert_eq!(o.ledger.hold(hold.clone()).await.unwrap(), held(60));
    let extend = |seq, by| ExtendOrder { id: hold.id, seq, by: nano(by), caps: Caps::default(), at: world.now() };
    let refused = o.ledger.extend(extend(1, 41)).await.unwrap();
    assert!(matches!(refused, HoldAnswer::Refused(r) if r.available == nano(40)));
    assert_eq!(balance(&world, &o, &hold).await, (100, 60));
    assert_eq!(o.ledger.extend(extend(1, 15)).await.unwrap(), held(75));
    assert_eq!(o.ledger.extend(extend(2, 25)).await.unwrap(), held(100));
    clean(&o).await;
    let unknown = ExtendOrder { id: world.request(), ..extend(1, 1) };
    assert_eq!(o.ledger.extend(unknown).await.unwrap(), HoldAnswer::Conflict(HoldState::Unknown));
    let answer = o.ledger.settle(world.settle(&hold, 90)).await.unwrap();
    assert_eq!(answer, settled(90));
    assert_eq!(balance(&world, &o, &hold).await, (10, 0));
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

async fn what_a_hold_does_not_cover_is_written_off(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let hold = world.hold(customer, 60);
    assert_eq!(o.ledger.hold(hold.clone()).await.unwrap(), held(60));
    assert_eq!(
        o.ledger.settle(world.settle(&hold, 75)).await.unwrap(),
        SettleAnswer::Settled { charged: nano(60), written_off: nano(15) }
    );
    assert_eq!(balance(&world, &o, &hold).await, (40, 0));
    let report = o.ledger.audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
    assert_eq!((report.charged, report.written_off), (nano(60), nano(15)));
    o.ledger.close().await.unwrap();
}

async fn closed_holds_stay_closed(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let hold = world.hold(customer, 60);
    assert_eq!(o.ledger.hold(hold.clone()).await.unwrap(), held(60));
    let row = usage_row(&hold);
    assert_eq!(o.ledger.release(hold.id, Some(row)).await.unwrap(), HoldState::Released);
    assert_eq!(o.ledger.settle(world.settle(&hold, 5)).await.unwrap(), SettleAnswer::Already(HoldState::Released));
    let unknown = world.hold(customer, 5);
    assert_eq!(
        o.ledger.settle(world.settle(&unknown, 5)).await.unwrap(),
        SettleAnswer::Already(HoldState::Unknown)
    );
    assert_eq!(o.ledger.release(unknown.id, None).await.unwrap(), HoldState::Unknown);
    assert_eq!(balance(&world, &o, &hold).await, (100, 0));
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

async fn grants_drain_in_their_order(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let soon = world.now().plus(Duration::from_secs(60));
    for (kind, expires_at) in [(GrantKind::Promo, None), (GrantKind::Plan, Some(soon))] {
        let order = GrantOrder { kind, expires_at, ..world.grant(customer, 10) };
        o.ledger.grant(order).await.unwrap();
    }
    // 10 of the plan and 5 of the promotion are used; the plan's grant has nothing left to break.
    let hold = world.hold(customer, 50);
    assert_eq!(o.ledger.hold(hold.clone()).await.unwrap(), held(50));
    let answer = o.ledger.settle(world.settle(&hold, 15)).await.unwrap();
    assert_eq!(answer, settled(15));
    // R-API-11: what is left of the promotion was given, the rest was bought.
    let left = o.ledger.balance(customer.workspace, world.now()).await.unwrap();
    assert_eq!(left, Balance { posted: nano(105), held: nano(0), granted: nano(5) });
    world.forward(Duration::from_secs(61));
    assert_eq!(balance(&world, &o, &hold).await, (105, 0));
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

async fn an_expired_grant_breaks(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 0).await;
    let order = GrantOrder {
        kind: GrantKind::Plan,
        expires_at: Some(world.now().plus(Duration::from_secs(60))),
        ..world.grant(customer, 100)
    };
    o.ledger.grant(order).await.unwrap();
    let hold = world.hold(customer, 60);
    let given_back = world.hold(customer, 20);
    assert_eq!(o.ledger.hold(hold.clone()).await.unwrap(), held(60));
    assert_eq!(o.ledger.hold(given_back.clone()).await.unwrap(), held(20));
    world.forward(Duration::from_secs(60));
    // 20 unheld are gone; the held rest counts on both sides.
    assert_eq!(balance(&world, &o, &hold).await, (80, 80));
    let late = o.ledger.hold(world.hold(customer, 1)).await.unwrap();
    assert!(matches!(late, HoldAnswer::Refused(r) if r.source == LimitSource::Balance));
    // A hold taken before the expiry settles against its own grant; what returns is breakage.
    let answer = o.ledger.settle(world.settle(&hold, 25)).await.unwrap();
    assert_eq!(answer, settled(25));
    assert_eq!(o.ledger.release(given_back.id, None).await.unwrap(), HoldState::Released);
    assert_eq!(balance(&world, &o, &hold).await, (0, 0));
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

async fn closed_holds_are_known_after_a_restart(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let paid = world.hold(customer, 30);
    let returned = world.hold(customer, 30);
    let left = world.hold(customer, 20);
    for hold in [&paid, &returned, &left] {
        let HoldAnswer::Held { .. } = o.ledger.hold(hold.clone()).await.unwrap() else {
            panic!("not held");
        };
    }
    // An extension puts the row of a hold on disk.
    let extend = ExtendOrder { id: left.id, seq: 1, by: nano(1), caps: Caps::default(), at: world.now() };
    assert_eq!(o.ledger.extend(extend).await.unwrap(), held(21));
    let answer = o.ledger.settle(world.settle(&paid, 12)).await.unwrap();
    assert_eq!(answer, settled(12));
    let row = usage_row(&returned);
    assert_eq!(o.ledger.release(returned.id, Some(row)).await.unwrap(), HoldState::Released);
    o.ledger.close().await.unwrap();
    assert!(matches!(o.ledger.hold(world.hold(customer, 1)).await, Err(StoreError::Unavailable(_))));
    drop(o);
    let o = world.open().await;
    assert_eq!(o.recovered, 1);
    assert_eq!(balance(&world, &o, &paid).await, (88, 0));
    let settle = |hold: &HoldOrder| o.ledger.settle(world.settle(hold, 9));
    assert_eq!(settle(&paid).await.unwrap(), SettleAnswer::Already(HoldState::Settled { charged: nano(12) }));
    assert_eq!(settle(&returned).await.unwrap(), SettleAnswer::Already(HoldState::Released));
    assert_eq!(settle(&left).await.unwrap(), SettleAnswer::Already(HoldState::Expired));
    assert_eq!(
        o.ledger.hold(paid.clone()).await.unwrap(),
        HoldAnswer::Conflict(HoldState::Settled { charged: nano(12) })
    );
    assert_eq!(o.ledger.key_spend(customer.key).await.unwrap().spent, nano(12));
    clean(&o).await;
    o.ledger.close().await.unwrap();
}

async fn a_grant_needs_a_workspace_and_a_sum(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 0).await;
    let nobody = GrantOrder { workspace: world.workspace(), ..world.grant(customer, 5) };
    assert!(matches!(o.ledger.grant(nobody).await, Err(StoreError::NotFound("workspace"))));
    for amount in [0, -5] {
        assert!(o.ledger.grant(world.grant(customer, amount)).await.is_err());
    }
    let hold = world.hold(customer, 1);
    assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Refused(_)));
    assert_eq!(balance(&world, &o, &hold).await, (0, 0));
    o.ledger.close().await.unwrap();
}

/// How many engines share the store: PostgreSQL takes three, SQLite one.
pub async fn engines(world: &World) -> Vec<Opened> {
    let mut all = vec![world.open().await];
    while !world.is_sqlite() && all.len() < 3 {
        all.push(world.open().await);
    }
    all
}

pub async fn hold_at_once(engines: &[Opened], orders: Vec<HoldOrder>) -> Vec<(HoldOrder, HoldAnswer)> {
    let tasks: Vec<_> = orders
        .into_iter()
        .enumerate()
        .map(|(n, order)| {
            let ledger = std::sync::Arc::clone(&engines[n % engines.len()].ledger);
            spawn(async move { (order.clone(), ledger.hold(order).await.unwrap()) })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// R6: a balance for exactly 37 serves exactly 37 of 500 that come at once.
async fn exactly_37_of_500(world: World) {
    let engines = engines(&world).await;
    let customer = world.customer(&engines[0], 37 * 1_000).await;
    let orders = (0..500).map(|_| world.hold(customer, 1_000)).collect();
    let answers = hold_at_once(&engines, orders).await;
    let served: Vec<_> = answers.iter().filter(|(_, a)| *a == held(1_000)).collect();
    assert_eq!(served.len(), 37);
    let settles = served.iter().enumerate().map(|(n, (order, _))| {
        let ledger = std::sync::Arc::clone(&engines[n % engines.len()].ledger);
        let settle = world.settle(order, 1_000);
        spawn(async move { ledger.settle(settle).await })
    });
    for settle in settles.collect::<Vec<_>>() {
        assert_eq!(settle.await.unwrap().unwrap(), settled(1_000));
    }
    for opened in &engines {
        assert_eq!(balance(&world, opened, &answers[0].0).await, (0, 0));
        clean(opened).await;
    }
    for opened in &engines {
        opened.ledger.close().await.unwrap();
    }
}

async fn random_sizes_sum_exactly(world: World) {
    let engines = engines(&world).await;
    let customer = world.customer(&engines[0], 100_000).await;
    let size = |id: RequestId| i64::from(id.bytes()[15]) * 20 + 1;
    let orders: Vec<_> = (0..300)
        .map(|_| {
            let order = world.hold(customer, 0);
            let amount = nano(size(order.id));
            HoldOrder { want: amount, floor: amount, ..order }
        })
        .collect();
    let answers = hold_at_once(&engines, orders).await;
    let mut spent = 0;
    for (n, (order, answer)) in answers.iter().enumerate() {
        let HoldAnswer::Held { amount } = *answer else {
            continue;
        };
        let ledger = &engines[n % engines.len()].ledger;
        match n % 3 {
            0 => assert_eq!(ledger.release(order.id, None).await.unwrap(), HoldState::Released),
            _ => {
                let cost = amount.nano() / 2;
                assert_eq!(ledger.settle(world.settle(order, cost)).await.unwrap(), settled(cost));
                spent += cost;
            }
        }
    }
    for opened in &engines {
        assert_eq!(balance(&world, opened, &answers[0].0).await, (100_000 - spent, 0));
        clean(opened).await;
    }
    let spend = engines[0].ledger.key_spend(customer.key).await.unwrap();
    assert_eq!(spend.spent, nano(spent));
    for opened in &engines {
        opened.ledger.close().await.unwrap();
    }
}
