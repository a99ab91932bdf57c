//! R-API-8: tasks and the holds that outlive their process. In: an engine, opened twice. Out: what is left of both.
//! Never here: what is in a task's document, a question to a provider.

use crate::world::{World, spawn};
use ledger::{HoldAnswer, HoldOrder, HoldState, SettleAnswer};
use std::collections::BTreeSet;
use std::time::Duration;
use store::Opened;
use store::port::{StoreError, TaskEnd, TaskRow, TaskState};
use units::{NanoUsd, Timestamp};

on_both! {
    a_tasks_hold_outlives_its_process,
    a_task_without_its_hold_is_not_kept,
    a_due_task_is_claimed_once,
    a_task_is_its_workspaces_alone_and_vanishes,
    two_nodes_share_the_tasks,
    a_hold_whose_task_has_ended_is_named,
}

fn row(hold: &HoldOrder, next_at: Timestamp) -> TaskRow {
    TaskRow {
        id: hold.id,
        workspace: hold.workspace,
        state: TaskState::Pending,
        created_at: hold.at,
        next_at,
        vanishes_at: None,
        document: r#"{"a":1}"#.to_owned(),
    }
}

fn end(state: TaskState, vanishes_at: Timestamp) -> TaskEnd {
    TaskEnd { state, vanishes_at, document: r#"{"b":2}"#.to_owned() }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_ms(at.ms() + seconds * 1_000)
}

async fn held(world: &World, o: &Opened, hold: &HoldOrder) -> i64 {
    o.ledger.balance(hold.workspace, world.now()).await.unwrap().held.nano()
}

async fn take(o: &Opened, hold: &HoldOrder) {
    assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
}

/// R-BILL-5: the hold of a call is void when its process dies, that of a task waits for its end, and is charged once.
async fn a_tasks_hold_outlives_its_process(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let (task, call, released) = (world.hold(customer, 40), world.hold(customer, 20), world.hold(customer, 7));
    for hold in [&task, &call, &released] {
        take(&o, hold).await;
    }
    o.store.begin_task(row(&task, later(world.now(), 600)), true).await.unwrap();
    o.store.begin_task(row(&released, world.now()), true).await.unwrap();
    o.ledger.close().await.unwrap();
    drop(o);
    world.forward(Duration::from_secs(5));
    let o = world.open().await;
    // On SQLite the young hold of the call left no trace; either way it is void.
    assert_eq!(held(&world, &o, &task).await, 47);
    let state = o.ledger.release(released.id, None).await.unwrap();
    assert_eq!(state, HoldState::Released);
    let settled = o.ledger.settle(world.settle(&task, 25)).await.unwrap();
    assert_eq!(settled, SettleAnswer::Settled { charged: NanoUsd::new(25), written_off: NanoUsd::ZERO });
    let again = o.ledger.settle(world.settle(&task, 25)).await.unwrap();
    assert_eq!(again, SettleAnswer::Already(HoldState::Settled { charged: NanoUsd::new(25) }));
    for task in [&task, &released] {
        assert!(o.store.end_task(task.id, end(TaskState::Succeeded, later(world.now(), 9))).await.unwrap());
    }
    assert_eq!(held(&world, &o, &task).await, 0);
    let report = o.ledger.audit().await.unwrap();
    assert_eq!((report.findings, report.open_holds, report.charged), (Vec::new(), 0, NanoUsd::new(25)));
    o.ledger.close().await.unwrap();
}

async fn a_task_without_its_hold_is_not_kept(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let (never, closed) = (world.hold(customer, 40), world.hold(customer, 20));
    take(&o, &closed).await;
    assert_eq!(o.ledger.release(closed.id, None).await.unwrap(), HoldState::Released);
    for hold in [&never, &closed] {
        let refused = o.store.begin_task(row(hold, world.now()), true).await;
        assert!(matches!(refused, Err(StoreError::NotFound("hold"))), "{refused:?}");
        assert_eq!(o.store.find_task(hold.workspace, hold.id, world.now()).await.unwrap(), None);
    }
    // What costs nothing has no hold.
    let free = row(&never, world.now());
    o.store.begin_task(free.clone(), false).await.unwrap();
    assert_eq!(o.store.find_task(never.workspace, never.id, world.now()).await.unwrap(), Some(free));
    o.ledger.close().await.unwrap();
}

async fn a_due_task_is_claimed_once(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 0).await;
    let now = world.now();
    let rows: Vec<TaskRow> = (0..4).map(|n| row(&world.hold(customer, 1), later(now, n))).collect();
    for row in &rows {
        o.store.begin_task(row.clone(), false).await.unwrap();
    }
    // Which of them, in no order.
    let ids = |rows: Vec<TaskRow>| rows.into_iter().map(|row| row.id).collect::<BTreeSet<_>>();
    let these = |places: &[usize]| places.iter().map(|n| rows[*n].id).collect::<BTreeSet<_>>();
    let until = later(now, 30);
    let claim = |at: Timestamp, limit| o.store.claim_tasks(at, until, limit);
    assert_eq!(ids(claim(later(now, -1), 9).await.unwrap()), these(&[]));
    assert_eq!(ids(claim(later(now, 2), 2).await.unwrap()), these(&[0, 1]));
    assert_eq!(ids(claim(later(now, 2), 9).await.unwrap()), these(&[2]));
    assert_eq!(ids(claim(later(now, 2), 9).await.unwrap()), these(&[]));
    o.store.put_off_task(rows[0].id, later(now, 1), "{\"c\":3}".to_owned()).await.unwrap();
    let again = claim(later(now, 2), 9).await.unwrap();
    assert_eq!(again[0].document, "{\"c\":3}");
    assert_eq!(ids(again), these(&[0]));
    assert!(o.store.end_task(rows[1].id, end(TaskState::Failed, until)).await.unwrap());
    assert!(!o.store.end_task(rows[1].id, end(TaskState::Succeeded, until)).await.unwrap());
    // Who claimed and died is followed by the next one.
    assert_eq!(ids(claim(later(now, 30), 9).await.unwrap()), these(&[0, 2, 3]));
    o.ledger.close().await.unwrap();
}

async fn a_task_is_its_workspaces_alone_and_vanishes(world: World) {
    let o = world.open().await;
    let (customer, other) = (world.customer(&o, 0).await, world.customer(&o, 0).await);
    let (hold, pending) = (world.hold(customer, 1), world.hold(customer, 1));
    let now = world.now();
    for hold in [&hold, &pending] {
        o.store.begin_task(row(hold, now), false).await.unwrap();
    }
    let find = |workspace, at| o.store.find_task(workspace, hold.id, at);
    assert_eq!(find(other.workspace, now).await.unwrap(), None);
    assert_eq!(find(customer.workspace, now).await.unwrap(), Some(row(&hold, now)));
    assert!(o.store.end_task(hold.id, end(TaskState::Succeeded, later(now, 10))).await.unwrap());
    let ended = find(customer.workspace, later(now, 9)).await.unwrap().unwrap();
    assert_eq!((ended.state, &*ended.document), (TaskState::Succeeded, r#"{"b":2}"#));
    assert_eq!(find(customer.workspace, later(now, 10)).await.unwrap(), None);
    assert_eq!(o.store.sweep_tasks(later(now, 9)).await.unwrap(), 0);
    assert_eq!(o.store.sweep_tasks(later(now, 10)).await.unwrap(), 1);
    assert_eq!(find(customer.workspace, now).await.unwrap(), None);
    assert!(o.store.find_task(customer.workspace, pending.id, later(now, 99)).await.unwrap().is_some());
    o.ledger.close().await.unwrap();
}

async fn two_nodes_share_the_tasks(world: World) {
    if world.is_sqlite() {
        return;
    }
    let (a, b) = (world.open().await, world.open().await);
    let customer = world.customer(&a, 100).await;
    let holds: Vec<HoldOrder> = (0..20).map(|_| world.hold(customer, 1)).collect();
    for hold in &holds {
        take(&a, hold).await;
        a.store.begin_task(row(hold, world.now()), true).await.unwrap();
    }
    let now = world.now();
    let claim = |o: &Opened| {
        let store = o.store.clone();
        spawn(async move {
            let mut mine = Vec::new();
            for _ in 0..10 {
                mine.extend(store.claim_tasks(now, later(now, 30), 2).await.unwrap());
            }
            mine
        })
    };
    let (mine, yours) = (claim(&a), claim(&b));
    // None is due before half a minute is over.
    let (mine, yours) = (mine.await.unwrap(), yours.await.unwrap());
    assert!(b.store.claim_tasks(now, later(now, 30), 20).await.unwrap().is_empty());
    let of_a = mine.len();
    let mut all: Vec<_> = mine.into_iter().chain(yours).map(|row| row.id).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), holds.len());
    // A node that leaves takes no hold of a task with it; another one closes it.
    a.ledger.close().await.unwrap();
    drop(a);
    tokio::time::sleep(world.lease * 2).await;
    assert_eq!(b.store.claim_tasks(now, later(now, 30), 20).await.unwrap().len(), of_a, "those of a dead node");
    assert_eq!(held(&world, &b, &holds[0]).await, 20);
    for hold in &holds {
        let settled = b.ledger.settle(world.settle(hold, 1)).await.unwrap();
        assert_eq!(settled, SettleAnswer::Settled { charged: NanoUsd::new(1), written_off: NanoUsd::ZERO });
    }
    b.ledger.close().await.unwrap();
}

async fn a_hold_whose_task_has_ended_is_named(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let hold = world.hold(customer, 40);
    take(&o, &hold).await;
    o.store.begin_task(row(&hold, world.now()), true).await.unwrap();
    assert_eq!(o.ledger.audit().await.unwrap().findings, Vec::<String>::new());
    assert!(o.store.end_task(hold.id, end(TaskState::Failed, later(world.now(), 9))).await.unwrap());
    let findings = o.ledger.audit().await.unwrap().findings;
    assert!(findings.len() == 1 && findings[0].starts_with("I12 "), "{findings:?}");
    o.ledger.close().await.unwrap();
}
