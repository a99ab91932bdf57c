//! Upstream secrets that workspaces bring (R-ROUTE-8): kept, told to other nodes, forgotten. Never here: sealing them, calls.

use crate::users::missing;
use crate::world::{World, newest, on_postgres, spawn};
use std::time::Duration;
use store::port::{Change, OwnCredentialChange, OwnCredentialRow, OwnState};
use store::{Opened, StoreError};
use tokio::time::timeout;
use units::{CredentialId, Secret, WorkspaceId};

on_both! {
    r_route_8_own_secrets_are_kept_once_and_forgotten,
    r_route_8_a_workspace_keeps_so_many_and_no_more,
    r_route_8_labels_change_one_at_a_time,
    r_route_8_what_providers_say_is_noted_in_order,
}

/// More than the other tests keep.
const MOST: u32 = 9;

fn own(world: &World, workspace: WorkspaceId, print: u8) -> OwnCredentialRow {
    OwnCredentialRow {
        id: CredentialId::new(world.now(), world.random()),
        workspace,
        provider: "openai-main".to_owned(),
        label: "ours".to_owned(),
        base_url: "https://api.example.com/v1".to_owned(),
        sealed: Secret::new(vec![1, 2, print]),
        fingerprint: [print; 32],
        prefix: "sk-a".to_owned(),
        created_at: world.now(),
        created_by: "Ada".to_owned(),
        state: OwnState::Unused,
        state_at: None,
        version: 1,
    }
}

async fn kept(o: &Opened) -> Vec<OwnCredentialRow> {
    o.store.list_own_credentials().await.unwrap()
}

async fn r_route_8_own_secrets_are_kept_once_and_forgotten(world: World) {
    let o = world.open().await;
    let (acme, bolt) = (world.customer(&o, 0).await.workspace, world.customer(&o, 0).await.workspace);
    let log = || world.log("own_credential.create");
    let first = own(&world, acme, 7);
    world.forward(Duration::from_millis(5));
    let other = OwnCredentialRow { provider: "anthropic-main".to_owned(), ..own(&world, acme, 7) };
    world.forward(Duration::from_millis(5));
    let elsewhere = own(&world, bolt, 7);
    for row in [&first, &other, &elsewhere] {
        o.store.create_own_credential(row.clone(), MOST, log()).await.unwrap();
    }
    let twin = o.store.create_own_credential(own(&world, acme, 7), MOST, log()).await;
    assert!(matches!(twin, Err(StoreError::Exists("provider key"))));
    let nowhere = o.store.create_own_credential(own(&world, world.workspace(), 8), MOST, log()).await;
    assert!(missing(&nowhere, "workspace"));
    assert_eq!(kept(&o).await, [first.clone(), other.clone(), elsewhere.clone()]);
    // Another workspace's is as good as none.
    assert!(missing(&o.store.remove_own_credential(bolt, first.id, log()).await, "provider key"));
    o.store.remove_own_credential(acme, first.id, log()).await.unwrap();
    assert!(missing(&o.store.remove_own_credential(acme, first.id, log()).await, "provider key"));
    assert_eq!(kept(&o).await, [other, elsewhere]);
    // Three were made and one removed: what failed is in no log.
    let entries = o.store.page_log(newest(99)).await.unwrap().entries;
    assert_eq!(entries.iter().filter(|entry| entry.action == "own_credential.create").count(), 4);
    o.ledger.close().await.unwrap();
}

async fn r_route_8_a_workspace_keeps_so_many_and_no_more(world: World) {
    let o = world.open().await;
    let (acme, bolt) = (world.customer(&o, 0).await.workspace, world.customer(&o, 0).await.workspace);
    let create = |row: OwnCredentialRow| {
        let (store, log) = (o.store.clone(), world.log("own_credential.create"));
        spawn(async move { store.create_own_credential(row, 3, log).await })
    };
    let full = |result: &Result<(), StoreError>| matches!(result, Err(StoreError::Full("provider key")));
    // All at once: those find room whom there is room for.
    let rows: Vec<OwnCredentialRow> = (0..40).map(|print| own(&world, acme, print)).collect();
    let all: Vec<_> = rows.iter().map(|row| create(row.clone())).collect();
    let mut there = Vec::new();
    for (row, one) in rows.into_iter().zip(all) {
        match one.await.unwrap() {
            Ok(()) => there.push(row),
            result => assert!(full(&result), "{result:?}"),
        }
    }
    assert_eq!((there.len(), kept(&o).await.len()), (3, 3));
    // None of those from before, of which any may have found room.
    let (new, newer) = (40, 41);
    assert!(full(&create(own(&world, acme, new)).await.unwrap()));
    create(own(&world, bolt, new)).await.unwrap().unwrap();
    o.store.remove_own_credential(acme, there[0].id, world.log("own_credential.remove")).await.unwrap();
    create(own(&world, acme, new)).await.unwrap().unwrap();
    assert!(full(&create(own(&world, acme, newer)).await.unwrap()));
    o.ledger.close().await.unwrap();
}

async fn r_route_8_labels_change_one_at_a_time(world: World) {
    let o = world.open().await;
    let (acme, bolt) = (world.customer(&o, 0).await.workspace, world.customer(&o, 0).await.workspace);
    let log = || world.log("own_credential.label");
    let row = own(&world, acme, 7);
    o.store.create_own_credential(row.clone(), MOST, log()).await.unwrap();
    let change = OwnCredentialChange { workspace: acme, id: row.id, version: 1, label: "theirs".to_owned() };
    let changed = o.store.label_own_credential(change.clone(), log()).await.unwrap();
    assert_eq!(changed, OwnCredentialRow { label: "theirs".to_owned(), version: 2, ..row });
    assert_eq!(kept(&o).await, [changed]);
    let late = o.store.label_own_credential(change.clone(), log()).await;
    assert!(matches!(late, Err(StoreError::Stale("provider key"))));
    let strange = OwnCredentialChange { workspace: bolt, version: 2, ..change };
    assert!(missing(&o.store.label_own_credential(strange, log()).await, "provider key"));
    o.ledger.close().await.unwrap();
}

async fn r_route_8_what_providers_say_is_noted_in_order(world: World) {
    let o = world.open().await;
    let acme = world.customer(&o, 0).await.workspace;
    let rows = [own(&world, acme, 7), own(&world, acme, 8)];
    for row in &rows {
        o.store.create_own_credential(row.clone(), MOST, world.log("own_credential.create")).await.unwrap();
    }
    let (early, late) = (world.now(), world.now().plus(Duration::from_secs(60)));
    let gone = CredentialId::new(early, world.random());
    let notes = vec![(rows[0].id, OwnState::Refused, late), (rows[1].id, OwnState::Works, early)];
    o.store.note_own_credentials(notes).await.unwrap();
    o.store
        .note_own_credentials(vec![(rows[0].id, OwnState::Works, early), (gone, OwnState::Works, late)])
        .await
        .unwrap();
    let states = async || {
        let mut all = kept(&o).await;
        all.sort_by_key(|row| row.fingerprint);
        all.iter().map(|row| (row.state, row.state_at, row.version)).collect::<Vec<_>>()
    };
    let expected = [(OwnState::Refused, Some(late), 1), (OwnState::Works, Some(early), 1)];
    assert_eq!(states().await, expected);
    o.store.note_own_credentials(vec![(rows[0].id, OwnState::Works, late)]).await.unwrap();
    assert_eq!(states().await[0], (OwnState::Works, Some(late), 1));
    o.ledger.close().await.unwrap();
}

/// R-ROUTE-8: other nodes hear within a second that a workspace's secret came, was called otherwise, or went.
#[test]
fn r_route_8_other_nodes_hear_of_own_secrets() {
    on_postgres(|world| async move {
        let (one, two) = (world.open().await, world.open().await);
        let acme = world.customer(&one, 0).await.workspace;
        // Whatever the making of the customer told.
        while timeout(Duration::from_secs(2), two.store.next_change()).await.is_ok() {}
        let heard = async || {
            let next = timeout(Duration::from_secs(1), two.store.next_change()).await;
            assert_eq!(next.unwrap().unwrap(), Change::OwnCredentials);
        };
        let row = own(&world, acme, 7);
        one.store.create_own_credential(row.clone(), MOST, world.log("create")).await.unwrap();
        heard().await;
        assert_eq!(kept(&two).await.len(), 1);
        let change = OwnCredentialChange { workspace: acme, id: row.id, version: 1, label: "b".to_owned() };
        one.store.label_own_credential(change, world.log("label")).await.unwrap();
        heard().await;
        one.store.remove_own_credential(acme, row.id, world.log("remove")).await.unwrap();
        heard().await;
        assert_eq!(kept(&two).await, []);
        one.ledger.close().await.unwrap();
        two.ledger.close().await.unwrap();
    });
}
