//! Devices that ask for a key (RFC 8628): decided about once, given a key once, forgotten in time. Never here: codes, patience.

use crate::management::town;
use crate::money::engines;
use crate::people::key;
use crate::users::missing;
use crate::world::{World, newest, spawn};
use std::sync::Arc;
use std::time::Duration;
use store::port::{DeviceDecision, DeviceRow, DeviceState, KeyRow, StoreError, WhichKeys};
use units::{UserId, WorkspaceId};

on_both! {
    r_web_4_a_device_gets_its_key_once,
    r_web_4_a_device_is_decided_about_once_and_in_time,
    r_web_4_so_many_devices_wait_and_no_more,
}

/// More than the other tests begin.
const MOST: u32 = 9;

fn device(world: &World, n: u8) -> DeviceRow {
    DeviceRow {
        id: [n; 32],
        user_code: [n + 100; 32],
        client: "Editor".to_owned(),
        scopes: "chat read".to_owned(),
        address: "192.0.2.7".to_owned(),
        made_at: world.now(),
        ends_at: world.now().plus(Duration::from_secs(600)),
        state: DeviceState::Waiting,
    }
}

fn decision(world: &World, n: u8, approved: Option<(WorkspaceId, UserId)>) -> DeviceDecision {
    DeviceDecision { user_code: [n + 100; 32], approved, at: world.now() }
}

async fn r_web_4_a_device_gets_its_key_once(world: World) {
    let all = engines(&world).await;
    let o = &all[0];
    let (acme, [ada, ..]) = town(&world, o).await;
    let log = || world.log("key.create");
    let asked = device(&world, 1);
    o.store.begin_device(asked.clone(), MOST).await.unwrap();
    for twin in [DeviceRow { user_code: [9; 32], ..asked.clone() }, DeviceRow { id: [9; 32], ..asked.clone() }] {
        assert!(matches!(o.store.begin_device(twin, MOST).await, Err(StoreError::Exists("device"))));
    }
    for digest in [asked.id, asked.user_code] {
        assert_eq!(o.store.find_device(digest).await.unwrap(), Some(asked.clone()));
    }
    let owned = KeyRow { owner: Some(ada), ..key(&world, acme) };
    assert!(missing(&o.store.claim_device(asked.id, owned.clone(), log()).await, "device"));
    o.store.decide_device(decision(&world, 1, Some((acme, ada))), world.log("device.approve")).await.unwrap();
    let state = DeviceState::Approved { workspace: acme, user: ada };
    assert_eq!(o.store.find_device(asked.id).await.unwrap().unwrap().state, state);
    // Of many that ask at once, on every node, one has the key.
    let before = o.store.page_log(newest(99)).await.unwrap().entries.len();
    let tries: Vec<_> = (0..12)
        .map(|n| {
            let (store, log) = (Arc::clone(&all[n % all.len()].store), log());
            let row = KeyRow { owner: Some(ada), ..key(&world, acme) };
            spawn(async move { store.claim_device([1; 32], row, log).await })
        })
        .collect();
    let mut claimed = 0;
    for one in tries {
        match one.await.unwrap() {
            Ok(()) => claimed += 1,
            refused => assert!(missing(&refused, "device"), "{refused:?}"),
        }
    }
    assert_eq!((claimed, o.store.list_keys(WhichKeys::All).await.unwrap().len()), (1, 1));
    assert_eq!(o.store.page_log(newest(99)).await.unwrap().entries.len(), before + 1);
    assert_eq!(o.store.find_device(asked.id).await.unwrap().unwrap().state, DeviceState::Claimed);
    for o in &all {
        o.ledger.close().await.unwrap();
    }
}

async fn r_web_4_a_device_is_decided_about_once_and_in_time(world: World) {
    let o = world.open().await;
    let (acme, [ada, ..]) = town(&world, &o).await;
    let log = || world.log("device.decide");
    let (yes, no) = (Some((acme, ada)), None);
    for (n, first, second) in [(1, no, yes), (2, yes, no)] {
        o.store.begin_device(device(&world, n), MOST).await.unwrap();
        o.store.decide_device(decision(&world, n, first), log()).await.unwrap();
        assert!(missing(&o.store.decide_device(decision(&world, n, second), log()).await, "device"));
        let state = o.store.find_device([n; 32]).await.unwrap().unwrap().state;
        assert_eq!(state == DeviceState::Denied, first.is_none());
    }
    assert!(missing(&o.store.decide_device(decision(&world, 7, yes), log()).await, "device"));
    o.store.begin_device(device(&world, 3), MOST).await.unwrap();
    world.forward(Duration::from_secs(600));
    assert!(missing(&o.store.decide_device(decision(&world, 3, yes), log()).await, "device"));
    let late = KeyRow { owner: Some(ada), ..key(&world, acme) };
    assert!(missing(&o.store.claim_device([2; 32], late, log()).await, "device"));
    o.store.begin_device(device(&world, 4), MOST).await.unwrap();
    assert_eq!(o.store.sweep_devices(world.now()).await.unwrap(), 3);
    assert_eq!(o.store.find_device([3; 32]).await.unwrap(), None);
    assert_eq!(o.store.find_device([4; 32]).await.unwrap(), Some(device(&world, 4)));
    o.ledger.close().await.unwrap();
}

/// R-WEB-4: the table has a bound, on all nodes together; those whose time is over make room.
async fn r_web_4_so_many_devices_wait_and_no_more(world: World) {
    let all = engines(&world).await;
    let o = &all[0];
    let begin = |n: u8| {
        let store = Arc::clone(&all[usize::from(n) % all.len()].store);
        let row = device(&world, n);
        spawn(async move { store.begin_device(row, 5).await })
    };
    let full = |result: &Result<(), StoreError>| matches!(result, Err(StoreError::Full("device")));
    let tries: Vec<_> = (0..40).map(|n| (n, begin(n))).collect();
    let mut begun = Vec::new();
    for (n, one) in tries {
        match one.await.unwrap() {
            Ok(()) => begun.push(n),
            refused => assert!(full(&refused), "{refused:?}"),
        }
    }
    assert_eq!(begun.len(), 5);
    // Those that were decided about are rows as well.
    o.store.decide_device(decision(&world, begun[0], None), world.log("device.deny")).await.unwrap();
    world.forward(Duration::from_secs(599));
    assert!(full(&begin(50).await.unwrap()));
    world.forward(Duration::from_secs(1));
    for n in 51..56 {
        begin(n).await.unwrap().unwrap();
    }
    assert!(full(&begin(56).await.unwrap()));
    for n in begun {
        assert_eq!(o.store.find_device([n; 32]).await.unwrap(), None, "{n}");
    }
    assert_eq!(o.store.sweep_devices(world.now()).await.unwrap(), 0);
    for o in &all {
        o.ledger.close().await.unwrap();
    }
}
