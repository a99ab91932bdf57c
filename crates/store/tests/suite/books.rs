//! The books as operators look at them: sums of everybody, open holds, what moved and was no request.
//! Never here: what moves money (money, tasks).

use crate::world::World;
use ledger::{GrantKind, GrantOrder, HoldAnswer};
use std::time::Duration;
use store::Opened;
use store::port::{HeldRow, Movement, MovementFilter, TaskRow, TaskState, Totals};
use units::{NanoUsd, WorkspaceId};

on_both! {
    r_bill_5_everybodys_credit_is_one_sum,
    r_bill_5_open_holds_are_told_oldest_first,
    r_bill_5_a_page_of_holds_is_the_same_from_anywhere,
    r_bill_5_what_moved_is_paged,
}

fn nano(n: i64) -> NanoUsd {
    NanoUsd::new(n)
}

async fn give(o: &Opened, order: GrantOrder) {
    let _ = o.ledger.grant(order).await.unwrap();
}

/// R-BILL-5: the sum is that of what every workspace is told, whatever has expired, been spent or is held.
async fn r_bill_5_everybodys_credit_is_one_sum(world: World) {
    let o = world.open().await;
    assert_eq!(o.ledger.totals(world.now()).await.unwrap(), Totals::default());
    let soon = world.now().plus(Duration::from_secs(60));
    let (one, two, three) =
        (world.customer(&o, 100).await, world.customer(&o, 0).await, world.customer(&o, 0).await);
    give(&o, GrantOrder { kind: GrantKind::Promo, expires_at: Some(soon), ..world.grant(two, 30) }).await;
    give(&o, GrantOrder { kind: GrantKind::Plan, ..world.grant(two, 5) }).await;
    let (spent, kept) = (world.hold(one, 40), world.hold(two, 20));
    for hold in [&spent, &kept] {
        assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
    }
    let _ = o.ledger.settle(world.settle(&spent, 25)).await.unwrap();
    let totals = o.ledger.totals(world.now()).await.unwrap();
    assert_eq!(totals, Totals { posted: nano(110), granted: nano(35), held: nano(20), workspaces: 2 });
    world.forward(Duration::from_secs(60));
    let mut told = nano(0);
    for customer in [one, two, three] {
        told = told.plus(o.ledger.balance(customer.workspace, world.now()).await.unwrap().posted).unwrap();
    }
    // 75 are left of what was bought, 5 of the plan, and 15 of what has expired are held.
    assert_eq!(told, nano(95));
    // What is held of credit that has expired is told once the hold has its row.
    while o.ledger.totals(world.now()).await.unwrap().posted < told {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let totals = o.ledger.totals(world.now()).await.unwrap();
    assert_eq!(totals, Totals { posted: told, granted: nano(20), held: nano(20), workspaces: 2 });
    let _ = o.ledger.release(kept.id, None).await.unwrap();
    let totals = o.ledger.totals(world.now()).await.unwrap();
    assert_eq!(totals, Totals { posted: nano(80), granted: nano(5), held: nano(0), workspaces: 2 });
    o.ledger.close().await.unwrap();
}

/// R-BILL-5: page by page, with what is of a task.
async fn r_bill_5_open_holds_are_told_oldest_first(world: World) {
    let o = world.open().await;
    let (one, two) = (world.customer(&o, 1_000).await, world.customer(&o, 1_000).await);
    let mut expected = Vec::new();
    for n in 0..7 {
        let customer = if n % 3 == 0 { two } else { one };
        let hold = world.hold(customer, 10 + n);
        let _ = o.ledger.hold(hold.clone()).await.unwrap();
        if n == 4 {
            let row = TaskRow {
                id: hold.id,
                workspace: hold.workspace,
                state: TaskState::Pending,
                created_at: world.now(),
                next_at: world.now(),
                vanishes_at: None,
                document: "{}".to_owned(),
            };
            o.store.begin_task(row, true).await.unwrap();
        }
        expected.push(HeldRow {
            id: hold.id,
            workspace: hold.workspace,
            key: hold.key,
            amount: nano(10 + n),
            at: hold.at,
            task: n == 4,
        });
        world.forward(Duration::from_millis(5));
    }
    let mut paged: Vec<HeldRow> = Vec::new();
    loop {
        let page = o.ledger.open_holds(paged.last().map(|row| row.id), 3).await.unwrap();
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, expected);
    let _ = o.ledger.release(expected[0].id, None).await.unwrap();
    assert_eq!(o.ledger.open_holds(None, 100).await.unwrap(), expected[1..]);
    o.ledger.close().await.unwrap();
}

/// R-BILL-5: many holds of the same instants, whose ids are by chance: a page from any of them is what follows it by its id.
async fn r_bill_5_a_page_of_holds_is_the_same_from_anywhere(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 1_000).await;
    let mut ids = Vec::new();
    for n in 0..60 {
        let hold = world.hold(customer, 1);
        let _ = o.ledger.hold(hold.clone()).await.unwrap();
        ids.push(hold.id);
        world.forward(Duration::from_millis(u64::from(n % 10 == 0)));
    }
    ids.sort_unstable();
    for from in 0..=ids.len() {
        for limit in [1, 7, 100] {
            let after = ids[..from].last().copied();
            let page = o.ledger.open_holds(after, limit).await.unwrap();
            let told: Vec<_> = page.iter().map(|row| row.id).collect();
            let until = (from + limit as usize).min(ids.len());
            assert_eq!(told, ids[from..until], "{limit} after {from}");
        }
    }
    o.ledger.close().await.unwrap();
}

async fn pages(o: &Opened, workspace: Option<WorkspaceId>, limit: u32) -> Vec<Movement> {
    let mut all: Vec<Movement> = Vec::new();
    loop {
        let before = all.last().map(|row| row.mark);
        let page = o.store.page_movements(MovementFilter { workspace, before, limit }).await.unwrap();
        assert!(page.len() <= limit as usize);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// R-BILL-5: what came in and what vanished, newest first, of everybody and of one; charges are no part of it, and many of one
/// instant are told once each.
async fn r_bill_5_what_moved_is_paged(world: World) {
    let o = world.open().await;
    let (one, two) = (world.customer(&o, 100).await, world.customer(&o, 50).await);
    let soon = world.now().plus(Duration::from_secs(60));
    for n in 1..=6 {
        let customer = if n % 2 == 0 { two } else { one };
        give(&o, GrantOrder { kind: GrantKind::Promo, expires_at: Some(soon), ..world.grant(customer, n) }).await;
    }
    // One vanishes in part while it is held: what nobody held goes first, the rest with the hold.
    let hold = world.hold(one, 2);
    let _ = o.ledger.hold(hold.clone()).await.unwrap();
    let charged = world.hold(two, 40);
    let _ = o.ledger.hold(charged.clone()).await.unwrap();
    let _ = o.ledger.settle(world.settle(&charged, 1)).await.unwrap();
    world.forward(Duration::from_secs(61));
    for customer in [one, two] {
        let touch = world.hold(customer, 1);
        let _ = o.ledger.hold(touch.clone()).await.unwrap();
        let _ = o.ledger.release(touch.id, None).await.unwrap();
    }
    world.forward(Duration::from_secs(1));
    let _ = o.ledger.release(hold.id, None).await.unwrap();
    let all = pages(&o, None, 100).await;
    assert!(all.is_sorted_by(|one, two| one.mark > two.mark), "{all:?}");
    let sum = |rows: &[Movement], came: bool| -> i64 {
        rows.iter().filter(|row| row.came == came).map(|row| row.amount.nano()).sum()
    };
    // 150 were bought and 21 given; 1 of what was given is spent, so 20 vanished.
    assert_eq!((sum(&all, true), sum(&all, false)), (171, 20));
    assert_eq!(all.iter().filter(|row| row.came).count(), 8);
    for limit in [1, 2, 3] {
        assert_eq!(pages(&o, None, limit).await, all, "{limit}");
    }
    for customer in [one, two] {
        let of_one: Vec<Movement> = all.iter().filter(|row| row.workspace == customer.workspace).cloned().collect();
        for limit in [1, 2, 100] {
            assert_eq!(pages(&o, Some(customer.workspace), limit).await, of_one, "{limit}");
        }
    }
    assert_eq!(pages(&o, Some(world.workspace()), 10).await, []);
    let bought = all.iter().find(|row| row.kind == GrantKind::Paid).unwrap();
    assert_eq!((bought.came, &*bought.reason, &*bought.actor, bought.expires_at), (true, "test", "test", None));
    // What was held is of one grant or of two, as their ids fall: it went last, and is told first.
    let last = all[0].mark.at;
    let gone: Vec<&Movement> = all.iter().take_while(|row| row.mark.at == last).collect();
    assert_eq!(gone.iter().map(|row| row.amount.nano()).sum::<i64>(), 2);
    assert!(gone.iter().all(|row| (row.came, row.kind, row.expires_at) == (false, GrantKind::Promo, Some(soon))));
    assert_eq!(o.ledger.audit().await.unwrap().findings, Vec::<String>::new());
    o.ledger.close().await.unwrap();
}
