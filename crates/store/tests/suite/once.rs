//! Calls that are done once, however often they are sent. Never here: what they do.

use crate::world::{World, spawn};
use std::collections::HashSet;
use std::time::Duration;
use store::port::OnceRow;
use units::{Chance, Secret};

on_both! {
    r_acc_1_a_call_is_begun_by_one,
    r_acc_1_only_who_began_a_call_ends_it,
    r_acc_1_a_call_is_forgotten_in_its_time,
}

fn row(world: &World, id: u8) -> OnceRow {
    let mut turn = [0; 16];
    world.dice.fill(&mut turn);
    let ends_at = world.now().plus(Duration::from_secs(60));
    OnceRow { id: [id; 32], asked: [9; 32], turn, ends_at, sealed: None }
}

/// Whoever begins first has it, on whatever node; all others hear of that one.
async fn r_acc_1_a_call_is_begun_by_one(world: World) {
    let o = world.open().await;
    // A file has one process; a database has as many as there are.
    let other = if world.is_sqlite() { None } else { Some(world.open().await) };
    let mut tries = Vec::new();
    for n in 0..16 {
        let at = other.as_ref().filter(|_| n % 2 == 1).unwrap_or(&o);
        let (row, now) = (row(&world, 1), world.now());
        let pending = std::sync::Arc::clone(&at.store);
        tries.push(spawn(async move { (row.turn, pending.begin_once(row, now).await.unwrap()) }));
    }
    let (mut began, mut heard) = (Vec::new(), HashSet::new());
    for one in tries {
        match one.await.unwrap() {
            (turn, None) => began.push(turn),
            (_, Some(kept)) => {
                assert_eq!((kept.id, kept.asked, &kept.sealed), ([1; 32], [9; 32], &None));
                heard.insert(kept.turn);
            }
        }
    }
    assert_eq!(began.len(), 1);
    assert_eq!(heard, HashSet::from_iter(began));
    // Another call is another matter.
    assert_eq!(o.store.begin_once(row(&world, 2), world.now()).await.unwrap(), None);
    if let Some(other) = other {
        other.ledger.close().await.unwrap();
    }
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_only_who_began_a_call_ends_it(world: World) {
    let o = world.open().await;
    let (first, second) = (row(&world, 1), row(&world, 1));
    let begin = async |row: &OnceRow| o.store.begin_once(row.clone(), world.now()).await.unwrap();
    assert_eq!(begin(&first).await, None);
    // The same try again, after a lost connection, is still its own.
    assert_eq!(begin(&first).await, None);
    assert_eq!(begin(&second).await, Some(first.clone()));
    o.store.end_once([1; 32], second.turn, Secret::new(vec![2])).await.unwrap();
    o.store.forget_once([1; 32], second.turn).await.unwrap();
    assert_eq!(begin(&second).await, Some(first.clone()));
    o.store.end_once([1; 32], first.turn, Secret::new(vec![1])).await.unwrap();
    // What has ended is not forgotten.
    o.store.forget_once([1; 32], first.turn).await.unwrap();
    let ended = OnceRow { sealed: Some(Secret::new(vec![1])), ..first.clone() };
    assert_eq!(begin(&second).await, Some(ended));
    let third = row(&world, 3);
    assert_eq!(begin(&third).await, None);
    o.store.forget_once([3; 32], third.turn).await.unwrap();
    assert_eq!(begin(&row(&world, 3)).await, None);
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_a_call_is_forgotten_in_its_time(world: World) {
    let o = world.open().await;
    let begin = async |id| o.store.begin_once(row(&world, id), world.now()).await.unwrap();
    assert_eq!((begin(1).await, begin(2).await), (None, None));
    world.forward(Duration::from_millis(59_999));
    assert!(begin(1).await.is_some());
    assert_eq!(begin(3).await, None);
    assert_eq!(o.store.sweep_once(world.now()).await.unwrap(), 0);
    world.forward(Duration::from_millis(1));
    // Swept or not, it is over.
    assert_eq!(begin(1).await, None);
    assert_eq!(o.store.sweep_once(world.now()).await.unwrap(), 1);
    assert_eq!(o.store.sweep_once(world.now()).await.unwrap(), 0);
    assert!(begin(3).await.is_some());
    o.ledger.close().await.unwrap();
}
