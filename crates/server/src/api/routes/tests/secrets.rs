//! New keys for seals, over the API on a store that had none: every secret sealed anew, old keys dropped, whatever comes between.
//! Never here: other nodes, another master key (tests/process).

use super::keys::By;
use super::*;
use crate::reseal::{Progress, open_vault};
use crate::ring::Ring;
use serde_json::{Value, json};
use store::port::{AnswerRow, MethodKind, MethodRow, SealedKind, SealedRow, WhichSealed};
use units::MethodId;

/// The master key of the town.
const MASTER: Secret<[u8; 32]> = Secret::new([7; 32]);

impl Town {
    /// A secret of each kind, sealed before there was any ring.
    async fn fill(&self, by: &By) {
        let docs = json!({
            "provider": [{ "name": "open", "kind": "openai", "base_url": "https://api.example.com/v1",
                           "credentials": ["sk-house-0123456789"], "own_keys": { "allowed": true } }],
            "model": [],
        });
        assert_eq!(self.call(by, "PUT /api/manage/catalogue", docs).await.0, 200);
        let own = json!({ "provider": "open", "label": "ours", "key": "sk-own-canary-0123456789" });
        assert_eq!(self.call(by, "POST /api/manage/workspaces/acme/provider-keys", own).await.0, 201);
        let (house, now) = (self.house(), self.clock.now());
        let id = MethodId::new(now, house.ten());
        let seed = house.vault.seal(&crate::people::seed_place(id), "seed", &*house.chance);
        let method = MethodRow {
            id,
            user: self.user("stranger"),
            kind: MethodKind::Totp,
            subject: String::new(),
            secret: Secret::new(seed),
            created_at: now,
            confirmed_at: None,
            counter: 0,
        };
        house.store_people.enrol_totp(method, AuditEntry::default()).await.unwrap();
        self.keep("resp_1", &house.vault).await;
        assert_eq!(self.once().await, "false");
    }

    /// A call that is done once; whether its answer was given before.
    async fn once(&self) -> String {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "k")];
        let request = headers
            .into_iter()
            .fold(Request::post("/api/manage/keys"), |request, (name, value)| request.header(name, value));
        let body = json!({ "workspace": "acme", "name": "n" }).to_string();
        let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
        let response = self.front.clone().answer(request).await;
        assert_eq!(response.status(), 201);
        response.headers().get("idempotent-replayed").map_or("false", |text| text.to_str().unwrap()).to_owned()
    }

    async fn keep(&self, id: &str, vault: &Vault) {
        let (house, now, workspace) = (self.house(), self.clock.now(), self.acme.id);
        let sealed = vault.seal(&crate::kept::answer_place(workspace, id), "2\n[]{}", &*house.chance);
        let expires_at = now.plus(Duration::from_secs(86_400));
        let row =
            AnswerRow { id: id.to_owned(), workspace, created_at: now, expires_at, sealed: Secret::new(sealed) };
        house.store.keep_answer(row, 1_000_000).await.unwrap();
    }

    /// What does not begin with these bytes, of all kinds.
    async fn sealed(&self, but: &[u8]) -> Vec<SealedRow> {
        let mut all = Vec::new();
        for kind in SealedKind::ALL {
            let which = WhichSealed { kind, but: but.to_vec(), after: None, limit: 99 };
            all.extend(self.house().store.page_sealed(which).await.unwrap());
        }
        all
    }

    async fn rotate(&self, by: &By) -> Value {
        let (status, told) = self.call(by, "POST /api/manage/secrets/rotate", Value::Null).await;
        assert_eq!(status, 200, "{told}");
        told
    }

    /// The vault of a process that starts now.
    async fn restarted(&self) -> Vault {
        let house = self.house();
        open_vault(&*house.store, &MASTER, (self.clock.now(), &*house.chance)).await.unwrap()
    }

    fn wait(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }
}

fn told(key: u32, made: bool, resealed: u64) -> Value {
    json!({ "key": key, "made": made, "resealed": resealed, "unreadable": 0, "finished": true })
}

/// All that was sealed with what the master key gives away is sealed with a key of its own, opens after a restart, and works.
#[tokio::test]
async fn r_route_8_every_secret_is_sealed_anew() {
    let town = Town::open("reseal").await;
    let token = town.by("token").await;
    town.fill(&token).await;
    let before = town.sealed(b"none").await;
    assert_eq!(before.len(), 5);
    let old = town.restarted().await;
    assert_eq!(town.rotate(&token).await, told(1, true, 5));
    let house = town.house();
    let mark = house.vault.newest_mark().unwrap();
    assert_eq!((town.sealed(&mark).await.len(), town.sealed(b"none").await.len()), (0, 5));
    let new = town.restarted().await;
    assert_eq!(new.digest("k"), old.digest("k"));
    for row in town.sealed(b"none").await {
        let place = crate::reseal::place(&row.at);
        assert!(new.unseal(&place, row.sealed.expose()).is_ok(), "{place}");
        assert!(old.unseal(&place, row.sealed.expose()).is_err(), "{place}");
    }
    let kept = house.kept(town.acme.id, "resp_1", town.clock.now()).await.unwrap().unwrap();
    assert_eq!((&*kept.input, &*kept.object), (&b"[]"[..], &b"{}"[..]));
    assert_eq!(town.once().await, "true");
    house.reload(Change::Catalogue).await.unwrap();
    let log = town.call(&token, "GET /api/manage/log", Value::Null).await.1.to_string();
    assert!(log.contains("secrets.rotate") && !log.contains("canary"), "{log}");
}

/// A change of keys that was cut off goes on, here or by itself; a node that did not know of the new key loses nothing; the old key
/// goes only when nothing needs it and every node has learnt of the new one.
#[tokio::test]
async fn r_route_8_a_change_of_keys_comes_to_its_end() {
    let town = Town::open("reseal-cut").await;
    let token = town.by("token").await;
    town.fill(&token).await;
    let house = town.house();
    let numbers = async || {
        let (ring, _) = town.restarted().await.ring();
        (ring.seals.iter().map(|seal| seal.number).collect::<Vec<_>>(), ring.settled)
    };
    town.rotate(&token).await;
    town.wait(601);
    house.settle_seals().await.unwrap();
    assert_eq!(numbers().await, (vec![1], true));
    // Cut off as soon as the key is there: nothing is sealed anew yet, and all of it opens.
    let late = town.restarted().await;
    assert!(house.new_seal(|_| AuditEntry::default()).await.unwrap());
    let cut = house.reseal(town.clock.now()).await.unwrap();
    assert_eq!(cut, Progress::default());
    house.reload(Change::Catalogue).await.unwrap();
    assert_eq!(numbers().await, (vec![1, 2], false));
    // Asked for again, it is brought to its end, and no third key is made.
    assert_eq!(town.rotate(&token).await, told(2, false, 5));
    assert_eq!(town.rotate(&token).await, told(2, false, 0));
    // A node that has not heard of it seals with the key before.
    town.keep("resp_2", &late).await;
    house.settle_seals().await.unwrap();
    assert_eq!(numbers().await, (vec![1, 2], false), "the key is too young to be the only one");
    town.keep("resp_3", &late).await;
    town.wait(601);
    house.settle_seals().await.unwrap();
    assert_eq!(numbers().await, (vec![2], true));
    let fresh = town.restarted().await;
    for row in town.sealed(b"none").await {
        assert!(fresh.unseal(&crate::reseal::place(&row.at), row.sealed.expose()).is_ok(), "{:?}", row.at);
    }
    assert_eq!(town.rotate(&token).await, told(3, true, 7));
    // What no key opens is told of, and holds nothing up.
    town.keep("resp_4", &Vault::new(&Secret::new([9; 32]))).await;
    let told = town.rotate(&token).await;
    assert_eq!((&told["unreadable"], &told["finished"]), (&json!(1), &json!(true)));
    town.wait(601);
    house.settle_seals().await.unwrap();
    assert_eq!(numbers().await, (vec![3], true));
}

/// Another node's seal is opened by learning its key; a ring under another master key is not written over.
#[tokio::test]
async fn r_route_8_keys_of_others_are_learnt() {
    let town = Town::open("reseal-others").await;
    let token = town.by("token").await;
    let house = town.house();
    let other = town.restarted().await;
    let (ring, before) = other.ring();
    let ring = ring.with_new_seal(town.clock.now(), &*house.chance, false);
    let change =
        |before, vault: Secret<Vec<u8>>| store::port::RingChange { before, after: vault, master_check: None };
    let kept = other.keep(&ring, &*house.chance);
    house.store.replace_ring(change(before, kept.clone()), AuditEntry::default()).await.unwrap();
    other.learn(kept.clone()).unwrap();
    town.keep("resp_1", &other).await;
    assert_eq!(house.vault.newest_mark(), None);
    assert!(house.kept(town.acme.id, "resp_1", town.clock.now()).await.unwrap().is_some());
    assert_eq!(house.vault.newest_mark(), other.newest_mark());
    let moved =
        Vault::keep_for(&Secret::new([8; 32]), &Ring::new(town.clock.now(), &*house.chance), &*house.chance);
    house.store.replace_ring(change(Some(kept), moved.clone()), AuditEntry::default()).await.unwrap();
    let (status, refused) = town.call(&token, "POST /api/manage/secrets/rotate", Value::Null).await;
    assert_eq!((status, &refused["code"]), (409, &json!("conflict")), "{refused}");
    assert_eq!(house.store.load_ring().await.unwrap(), Some(moved));
}
