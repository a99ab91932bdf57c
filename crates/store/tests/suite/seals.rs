//! Sealed secrets wherever they lie: found by their beginning, sealed anew where nobody did meanwhile; the ring that replaces another.
//! Never here: what a seal is (server).

use crate::users::{method, registered};
use crate::world::{World, newest, on_postgres};
use std::time::Duration;
use store::port::{
    AnswerRow, CatalogueRows, Change, CredentialRow, MethodKind, MethodRow, OnceRow, OwnCredentialRow, OwnState,
    Resealed, RingChange, SealedAt, SealedKind, SealedRow, WhichSealed,
};
use store::{OpenError, Opened, StoreError};
use tokio::time::timeout;
use units::{CredentialId, Secret, WorkspaceId};

on_both! {
    secrets_are_found_and_sealed_anew,
    a_ring_replaces_the_one_that_was_seen,
}

const OLD: &[u8] = b"old:";
const NEW: &[u8] = b"new:";

fn sealed(beginning: &[u8], n: u8) -> Secret<Vec<u8>> {
    Secret::new([beginning, &[n]].concat())
}

/// Two secrets of each kind, with old seals but for the second answer.
async fn filled(world: &World, o: &Opened) -> WorkspaceId {
    let acme = world.customer(o, 0).await.workspace;
    let credential = |n: u8| CredentialRow {
        id: CredentialId::from_bytes([n; 16]),
        provider: "p".to_owned(),
        position: u32::from(n),
        fingerprint: [n; 32],
        sealed: sealed(OLD, n),
    };
    let credentials = vec![credential(1), credential(2)];
    let rows = CatalogueRows { version: 1, credentials, ..CatalogueRows::default() };
    o.store.replace_catalogue(rows, world.log("catalogue")).await.unwrap();
    for n in [3, 4] {
        let own = OwnCredentialRow {
            id: CredentialId::from_bytes([n; 16]),
            workspace: acme,
            provider: "p".to_owned(),
            label: "ours".to_owned(),
            base_url: "https://a.example".to_owned(),
            sealed: sealed(OLD, n),
            fingerprint: [n; 32],
            prefix: String::new(),
            created_at: world.now(),
            created_by: String::new(),
            state: OwnState::Unused,
            state_at: None,
            version: 1,
        };
        o.store.create_own_credential(own, 9, world.log("own")).await.unwrap();
    }
    for (n, name) in [(5, "ada"), (6, "bob")] {
        // With a password, which is no sealed secret.
        let user = registered(world, o, name).await.id;
        world.forward(Duration::from_millis(5));
        let totp = MethodRow { secret: sealed(OLD, n), ..method(world, user, MethodKind::Totp) };
        o.people.enrol_totp(totp, world.log("totp")).await.unwrap();
    }
    for (n, id, beginning) in [(7, "resp_a", OLD), (8, "resp_b", NEW), (9, "resp_c", OLD)] {
        let answer = AnswerRow {
            id: id.to_owned(),
            workspace: acme,
            created_at: world.now(),
            expires_at: world.now().plus(Duration::from_secs(60)),
            sealed: sealed(beginning, n),
        };
        o.store.keep_answer(answer, 1_000).await.unwrap();
    }
    // One that is under way has no answer yet.
    for n in [10, 11, 12] {
        let row = OnceRow {
            id: [n; 32],
            asked: [n; 32],
            turn: [n; 16],
            ends_at: world.now().plus(Duration::from_secs(60)),
            sealed: None,
        };
        o.store.begin_once(row, world.now()).await.unwrap();
        if n < 12 {
            o.store.end_once([n; 32], [n; 16], sealed(OLD, n)).await.unwrap();
        }
    }
    acme
}

async fn page(o: &Opened, kind: SealedKind, after: Option<SealedAt>, limit: u32) -> Vec<SealedRow> {
    o.store.page_sealed(WhichSealed { kind, but: NEW.to_vec(), after, limit }).await.unwrap()
}

fn anew(row: &SealedRow) -> Resealed {
    let n = *row.sealed.expose().last().unwrap();
    Resealed { at: row.at.clone(), before: row.sealed.clone(), after: sealed(NEW, n) }
}

async fn secrets_are_found_and_sealed_anew(world: World) {
    let o = world.open().await;
    let acme = filled(&world, &o).await;
    let ends = |rows: &[SealedRow]| rows.iter().map(|row| *row.sealed.expose().last().unwrap()).collect::<Vec<_>>();
    for (kind, wanted) in SealedKind::ALL.into_iter().zip([[1, 2], [3, 4], [5, 6], [7, 9], [10, 11]]) {
        let all = page(&o, kind, None, 9).await;
        assert_eq!(ends(&all), wanted, "{kind:?}");
        assert!(all.iter().all(|row| row.at.kind() == kind));
        assert_eq!(page(&o, kind, None, 1).await, all[..1]);
        assert_eq!(page(&o, kind, Some(all[0].at.clone()), 9).await, all[1..]);
        assert_eq!(page(&o, kind, Some(all[1].at.clone()), 9).await, []);
        // Somebody else changed the second one meanwhile.
        let lost = Resealed { before: sealed(OLD, 99), ..anew(&all[1]) };
        assert_eq!(o.store.reseal(vec![anew(&all[0]), lost]).await.unwrap(), 1, "{kind:?}");
        assert_eq!(page(&o, kind, None, 9).await, all[1..], "{kind:?}");
        assert_eq!(o.store.reseal(vec![anew(&all[1])]).await.unwrap(), 1, "{kind:?}");
        assert_eq!(page(&o, kind, None, 9).await, [], "{kind:?}");
    }
    let own = o.store.list_own_credentials().await.unwrap();
    assert!(own.iter().all(|row| row.sealed.expose().starts_with(NEW) && row.version == 1));
    let catalogue = o.store.load_catalogue().await.unwrap();
    assert_eq!((catalogue.version, catalogue.credentials[1].sealed.clone()), (1, sealed(NEW, 2)));
    let answer = o.store.find_answer(acme, "resp_c".to_owned(), world.now()).await.unwrap();
    assert_eq!(answer.map(|row| row.sealed), Some(sealed(NEW, 9)));
    o.ledger.close().await.unwrap();
}

async fn a_ring_replaces_the_one_that_was_seen(world: World) {
    let with = |n: u8| world.config().with_master_check([n; 32]);
    let o = world.try_open(with(1)).await.unwrap();
    assert_eq!(o.store.load_ring().await.unwrap(), None);
    let change = |before: Option<u8>, after: u8, check: Option<u8>| RingChange {
        before: before.map(|n| sealed(NEW, n)),
        after: sealed(NEW, after),
        master_check: check.map(|n| [n; 32]),
    };
    let log = || world.log("secrets.rotate");
    let stale = |result: Result<(), StoreError>| matches!(result, Err(StoreError::Stale("keyring")));
    assert!(stale(o.store.replace_ring(change(Some(1), 2, None), log()).await));
    o.store.replace_ring(change(None, 1, None), log()).await.unwrap();
    assert!(stale(o.store.replace_ring(change(None, 2, Some(2)), log()).await));
    assert!(stale(o.store.replace_ring(change(Some(2), 3, Some(2)), log()).await));
    assert_eq!(o.store.load_ring().await.unwrap(), Some(sealed(NEW, 1)));
    o.store.replace_ring(change(Some(1), 2, Some(2)), log()).await.unwrap();
    assert_eq!(o.store.load_ring().await.unwrap(), Some(sealed(NEW, 2)));
    let entries = o.store.page_log(newest(99)).await.unwrap().entries;
    assert_eq!(entries.iter().filter(|entry| entry.action == "secrets.rotate").count(), 2);
    o.ledger.close().await.unwrap();
    drop(o);
    assert!(matches!(world.try_open(with(1)).await, Err(OpenError::WrongMaster)));
    let o = world.try_open(with(2)).await.unwrap();
    assert_eq!(o.store.load_ring().await.unwrap(), Some(sealed(NEW, 2)));
    o.ledger.close().await.unwrap();
}

/// Other nodes read again what was sealed anew.
#[test]
fn other_nodes_hear_of_new_seals() {
    on_postgres(|world| async move {
        let (one, two) = (world.open().await, world.open().await);
        filled(&world, &one).await;
        while timeout(Duration::from_secs(2), two.store.next_change()).await.is_ok() {}
        let heard = async |change| {
            let next = timeout(Duration::from_secs(1), two.store.next_change()).await;
            assert_eq!(next.unwrap().unwrap(), change);
        };
        let ring = RingChange { before: None, after: sealed(NEW, 1), master_check: None };
        one.store.replace_ring(ring, world.log("secrets.rotate")).await.unwrap();
        heard(Change::Catalogue).await;
        for (kind, change) in
            [(SealedKind::Credential, Change::Catalogue), (SealedKind::OwnCredential, Change::OwnCredentials)]
        {
            let rows = page(&one, kind, None, 9).await.iter().map(anew).collect();
            assert_eq!(one.store.reseal(rows).await.unwrap(), 2);
            heard(change).await;
        }
        one.ledger.close().await.unwrap();
        two.ledger.close().await.unwrap();
    });
}
