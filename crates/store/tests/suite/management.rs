//! Keys of members and of programs: who may own one, what becomes of them when a member leaves, what keys came to.
//! Never here: rules of keys (people), who may do what.

use crate::people::key;
use crate::users::{invited, missing, registered, workspace};
use crate::world::{Customer, World, on_postgres, spawn};
use ledger::{HoldAnswer, KeyCharges, SettleAnswer};
use std::time::Duration;
use store::port::{Change, KeyRow, LogFilter, ManagementKeyRow, Revoked, Role, WhichKeys, WorkspaceRow};
use store::{Opened, StoreError};
use tokio::time::timeout;
use units::{ManagementKeyId, NanoUsd, UserId, WorkspaceId};

on_both! {
    r_key_1_a_key_belongs_to_a_member_or_to_nobody,
    r_acc_1_who_leaves_leaves_without_keys,
    r_acc_1_a_role_without_keys_takes_them,
    r_acc_1_no_key_slips_past_a_role_without_keys,
    r_acc_1_management_keys_are_kept_and_revoked_once,
    r_key_2_charges_of_keys_are_told_together,
}

fn management_key(world: &World, workspace: WorkspaceId, made_by: Option<UserId>) -> ManagementKeyRow {
    let id = ManagementKeyId::new(world.now(), world.random());
    let mut digest = [3; 32];
    digest[..16].copy_from_slice(&id.bytes());
    ManagementKeyRow {
        id,
        workspace,
        name: "ci".to_owned(),
        prefix: "tgmk-ab12".to_owned(),
        digest,
        role: Role::Developer,
        made_by,
        created_by: "Ada".to_owned(),
        created_at: world.now(),
        expires_at: world.now().plus(Duration::from_secs(60)),
        revoked_at: None,
    }
}

/// A workspace with an owner and a developer, and a stranger to it.
pub async fn town(world: &World, o: &Opened) -> (WorkspaceId, [UserId; 3]) {
    let mut users = Vec::new();
    for name in ["ada", "bob", "eve"] {
        users.push(registered(world, o, name).await.id);
    }
    let acme = workspace(world, "acme");
    o.people.found_workspace(acme.clone(), users[0], world.log("found")).await.unwrap();
    invited(world, o, &acme, ("bob", Role::Developer), 1).await;
    o.people.accept([1; 32], users[1], world.log("accept")).await.unwrap();
    (acme.id, [users[0], users[1], users[2]])
}

async fn r_key_1_a_key_belongs_to_a_member_or_to_nobody(world: World) {
    let o = world.open().await;
    let (acme, [ada, _, eve]) = town(&world, &o).await;
    let log = || world.log("key.create");
    let of = |owner| KeyRow { owner, ..key(&world, acme) };
    assert!(missing(&o.store.create_key(of(Some(eve)), log()).await, "member"));
    for owner in [None, Some(ada)] {
        let row = of(owner);
        o.store.create_key(row.clone(), log()).await.unwrap();
        assert!(o.store.list_keys(WhichKeys::All).await.unwrap().contains(&row));
    }
    assert!(missing(
        &o.people.create_management_key(management_key(&world, acme, Some(eve)), log()).await,
        "member"
    ));
    let nowhere = management_key(&world, world.workspace(), None);
    assert!(missing(&o.people.create_management_key(nowhere, log()).await, "workspace"));
    assert!(o.people.list_management_keys().await.unwrap().is_empty());
    o.ledger.close().await.unwrap();
}

/// R-ACC-1, R-KEY-2: the keys of a member end in the transaction that takes the member out, and nobody else's do.
async fn r_acc_1_who_leaves_leaves_without_keys(world: World) {
    let o = world.open().await;
    let (acme, [ada, bob, _]) = town(&world, &o).await;
    let bolt = workspace(&world, "bolt");
    o.people.found_workspace(bolt.clone(), bob, world.log("found")).await.unwrap();
    let log = || world.log("key.create");
    let keys = [(acme, Some(bob)), (acme, Some(ada)), (acme, None), (bolt.id, Some(bob))]
        .map(|(workspace, owner)| KeyRow { owner, ..key(&world, workspace) });
    for row in &keys {
        o.store.create_key(row.clone(), log()).await.unwrap();
    }
    let programs =
        [(acme, bob), (acme, ada), (bolt.id, bob)].map(|(place, user)| management_key(&world, place, Some(user)));
    for row in &programs {
        o.people.create_management_key(row.clone(), log()).await.unwrap();
    }
    // An owner who cannot go keeps what is theirs.
    let stays = o.people.remove_member(acme, ada, world.log("remove")).await;
    assert!(matches!(stays, Err(StoreError::LastOne("owner"))));
    world.forward(Duration::from_secs(1));
    let at = world.now();
    let revoked = o.people.remove_member(acme, bob, world.log("remove")).await.unwrap();
    assert_eq!(revoked, Revoked { keys: vec![keys[0].id], management_keys: vec![programs[0].id] });
    let found = o.store.list_keys(WhichKeys::All).await.unwrap();
    for (n, row) in keys.iter().enumerate() {
        let expected = match n {
            0 => KeyRow { revoked_at: Some(at), version: 2, ..row.clone() },
            _ => row.clone(),
        };
        assert!(found.contains(&expected), "{n}");
    }
    let found = o.people.list_management_keys().await.unwrap();
    for (n, row) in programs.iter().enumerate() {
        let expected = ManagementKeyRow { revoked_at: (n == 0).then_some(at), ..row.clone() };
        assert!(found.contains(&expected), "{n}");
    }
    // They are no member any more, and no key of theirs comes after that.
    assert!(missing(&o.store.create_key(KeyRow { owner: Some(bob), ..key(&world, acme) }, log()).await, "member"));
    o.ledger.close().await.unwrap();
}

/// R-ACC-1, R-KEY-2: who becomes one whose role may have no keys loses them as who leaves does; the log names each.
async fn r_acc_1_a_role_without_keys_takes_them(world: World) {
    let o = world.open().await;
    let (acme, [_, bob, _]) = town(&world, &o).await;
    let role = async |role| o.people.set_role(acme, bob, role, world.log("member.change")).await.unwrap();
    for without in [Role::Viewer, Role::Billing] {
        role(Role::Developer).await;
        let (row, program) =
            (KeyRow { owner: Some(bob), ..key(&world, acme) }, management_key(&world, acme, Some(bob)));
        o.store.create_key(row.clone(), world.log("key.create")).await.unwrap();
        o.people.create_management_key(program.clone(), world.log("management_key.create")).await.unwrap();
        for with in [Role::Admin, Role::Owner, Role::Developer] {
            assert_eq!(role(with).await, Revoked::default(), "{with:?}");
        }
        world.forward(Duration::from_secs(1));
        let at = world.now();
        let revoked = Revoked { keys: vec![row.id], management_keys: vec![program.id] };
        assert_eq!(role(without).await, revoked);
        let expected = KeyRow { revoked_at: Some(at), version: 2, ..row.clone() };
        assert!(o.store.list_keys(WhichKeys::All).await.unwrap().contains(&expected));
        let expected = ManagementKeyRow { revoked_at: Some(at), ..program.clone() };
        assert!(o.people.list_management_keys().await.unwrap().contains(&expected));
        let told = o.store.page_log(LogFilter { limit: 3, ..LogFilter::default() }).await.unwrap().entries;
        let told: Vec<_> = told.into_iter().filter(|entry| entry.at == at).map(|e| (e.action, e.object)).collect();
        let entry = |action: &str, object: String| (action.to_owned(), object);
        let member = world.log("member.change");
        assert_eq!(
            told,
            [
                entry("member.change", member.object),
                entry("management_key.revoke", program.id.to_string()),
                entry("key.revoke", row.id.to_string()),
            ]
        );
        // No key of theirs comes after that, and a better role revives none.
        let late = KeyRow { owner: Some(bob), ..key(&world, acme) };
        assert!(missing(&o.store.create_key(late, world.log("key.create")).await, "member"));
        let late = management_key(&world, acme, Some(bob));
        assert!(missing(&o.people.create_management_key(late, world.log("create")).await, "member"));
        assert_eq!(role(Role::Developer).await, Revoked::default());
        let works = |row: &KeyRow| row.owner == Some(bob) && row.revoked_at.is_none();
        assert!(!o.store.list_keys(WhichKeys::All).await.unwrap().iter().any(works));
        world.forward(Duration::from_secs(1));
    }
    assert!(o.people.check_log().await.unwrap().whole);
    o.ledger.close().await.unwrap();
}

/// R-ACC-1: keys that are made at the same instant end too, or are not made.
async fn r_acc_1_no_key_slips_past_a_role_without_keys(world: World) {
    let o = world.open().await;
    let (acme, [_, bob, _]) = town(&world, &o).await;
    for _ in 0..5 {
        o.people.set_role(acme, bob, Role::Developer, world.log("up")).await.unwrap();
        let making = [(); 4].map(|()| {
            let (store, entry) = (o.store.clone(), world.log("key.create"));
            let row = KeyRow { owner: Some(bob), ..key(&world, acme) };
            spawn(async move { store.create_key(row, entry).await })
        });
        o.people.set_role(acme, bob, Role::Viewer, world.log("down")).await.unwrap();
        for one in making {
            let made = one.await.unwrap();
            assert!(made.is_ok() || missing(&made, "member"), "{made:?}");
        }
        let works = |row: &KeyRow| row.owner == Some(bob) && row.revoked_at.is_none();
        assert!(!o.store.list_keys(WhichKeys::All).await.unwrap().iter().any(works));
    }
    o.ledger.close().await.unwrap();
}

async fn r_acc_1_management_keys_are_kept_and_revoked_once(world: World) {
    let o = world.open().await;
    let (acme, [ada, ..]) = town(&world, &o).await;
    let log = || world.log("management_key.create");
    let first = management_key(&world, acme, Some(ada));
    world.forward(Duration::from_millis(5));
    let second = ManagementKeyRow { role: Role::Owner, ..management_key(&world, acme, None) };
    for row in [&first, &second] {
        o.people.create_management_key(row.clone(), log()).await.unwrap();
    }
    let twin = ManagementKeyRow { id: management_key(&world, acme, None).id, ..first.clone() };
    assert!(matches!(o.people.create_management_key(twin, log()).await, Err(StoreError::Exists("management key"))));
    assert_eq!(o.people.list_management_keys().await.unwrap(), [second.clone(), first.clone()]);
    let elsewhere = o.people.revoke_management_key(world.workspace(), first.id, world.now(), log()).await;
    assert!(missing(&elsewhere, "management key"));
    let revoked = ManagementKeyRow { revoked_at: Some(world.now()), ..first.clone() };
    for _ in 0..2 {
        let row = o.people.revoke_management_key(acme, first.id, world.now(), log()).await.unwrap();
        assert_eq!(row, revoked);
        world.forward(Duration::from_secs(1));
    }
    assert_eq!(o.people.list_management_keys().await.unwrap(), [second, revoked]);
    o.ledger.close().await.unwrap();
}

async fn r_key_2_charges_of_keys_are_told_together(world: World) {
    let o = world.open().await;
    let first = world.customer(&o, 1_000).await;
    let second = Customer { key: world.key(), ..first };
    let spend = async |customer: Customer, cost: i64| {
        let hold = world.hold(customer, cost);
        assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
        let settled = o.ledger.settle(world.settle(&hold, cost)).await.unwrap();
        assert!(matches!(settled, SettleAnswer::Settled { .. }));
    };
    spend(first, 7).await;
    spend(second, 20).await;
    world.forward(Duration::from_secs(40 * 86_400));
    spend(first, 100).await;
    let charges = |total, recent| KeyCharges {
        total: NanoUsd::new(total),
        month: NanoUsd::new(recent),
        day: NanoUsd::new(recent),
    };
    let asked = vec![second.key, world.key(), first.key];
    let told = o.ledger.key_charges(asked, world.now()).await.unwrap();
    assert_eq!(told, [charges(20, 0), charges(0, 0), charges(107, 100)]);
    o.ledger.close().await.unwrap();
}

/// R-ACC-1: other nodes hear within a second that a management key is revoked, and that whoever left took keys along.
#[test]
fn r_acc_1_other_nodes_hear_of_revoked_keys() {
    on_postgres(|world| async move {
        let (one, two) = (world.open().await, world.open().await);
        let (acme, [ada, bob, eve]) = town(&world, &one).await;
        let row = management_key(&world, acme, Some(bob));
        let heard = async |all: &[Change]| {
            let mut news = Vec::new();
            while news.len() < all.len() {
                let next = timeout(Duration::from_secs(1), two.store.next_change()).await;
                news.push(next.unwrap().unwrap());
            }
            assert!(all.iter().all(|change| news.contains(change)), "{news:?}");
        };
        // Whatever the making of the town told.
        while timeout(Duration::from_secs(2), two.store.next_change()).await.is_ok() {}
        one.people.create_management_key(row.clone(), world.log("create")).await.unwrap();
        heard(&[Change::ManagementKeys]).await;
        one.people.revoke_management_key(acme, row.id, world.now(), world.log("revoke")).await.unwrap();
        heard(&[Change::ManagementKeys]).await;
        one.people.remove_member(acme, bob, world.log("remove")).await.unwrap();
        heard(&[Change::Keys, Change::People, Change::ManagementKeys]).await;
        one.people.set_role(acme, ada, Role::Owner, world.log("same")).await.unwrap();
        heard(&[Change::People]).await;
        invited(&world, &one, &WorkspaceRow { id: acme, ..workspace(&world, "acme") }, ("eve", Role::Developer), 2)
            .await;
        one.people.accept([2; 32], eve, world.log("accept")).await.unwrap();
        heard(&[Change::People]).await;
        one.people.set_role(acme, eve, Role::Viewer, world.log("viewer")).await.unwrap();
        heard(&[Change::Keys, Change::People, Change::ManagementKeys]).await;
        one.ledger.close().await.unwrap();
        two.ledger.close().await.unwrap();
    });
}
