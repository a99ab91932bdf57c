//! Workspaces, keys, operator tokens, the log, the catalogue; and what opening refuses.
//! Never here: money (money), usage rows (records).

use crate::world::{World, newest};
use admit::{KeyRules, PlatformRules, Quota, SpendCaps, WorkspaceRules};
use std::time::Duration;
use store::port::{
    AnswerRow, AuditEntry, CatalogueRows, CredentialRow, KeyChange, KeyRotation, KeyRow, LogFilter, OldText,
    OperatorTokenRow, PriceRow, WhichKeys, WorkspaceChange, WorkspaceRow,
};
use store::{OpenError, Opened, StoreError};
use units::{CredentialId, NanoUsd, OperatorTokenId, PriceId, Secret, WorkspaceId};

on_both! {
    workspaces_have_one_slug,
    keys_are_kept_and_revoked_once,
    r_key_2_a_key_is_changed_by_one_at_a_time,
    r_key_2_a_rotation_keeps_the_key_and_its_old_text_for_a_while,
    the_last_use_of_a_key_never_goes_back,
    rules_of_workspaces_and_the_platform_are_kept,
    operator_token_names_are_free_again_after_revocation,
    the_log_pages_newest_first,
    r_acc_1_the_log_pages_by_bytes,
    the_catalogue_is_replaced_whole,
    another_master_key_is_refused,
    answers_are_kept_for_their_workspace_until_they_vanish,
}

fn workspace(world: &World, slug: &str) -> WorkspaceRow {
    WorkspaceRow {
        id: world.workspace(),
        name: format!("The {slug}"),
        slug: slug.to_owned(),
        created_at: world.now(),
        rules: WorkspaceRules::default(),
        version: 1,
    }
}

pub fn key(world: &World, workspace: WorkspaceId) -> KeyRow {
    let id = world.key();
    let mut digest = [7; 32];
    digest[..16].copy_from_slice(&id.bytes());
    KeyRow {
        id,
        workspace,
        name: "laptop".to_owned(),
        prefix: "tg_live_ab12".to_owned(),
        digest,
        created_at: world.now(),
        expires_at: Some(world.now().plus(Duration::from_secs(1))),
        revoked_at: None,
        rules: KeyRules { models: Some(vec!["ez-*".to_owned()]), ..KeyRules::default() },
        owner: None,
        created_by: "Ada".to_owned(),
        last_used_at: None,
        old: None,
        version: 1,
    }
}

async fn workspaces_have_one_slug(world: World) {
    let o = world.open().await;
    let first = workspace(&world, "acme");
    world.forward(Duration::from_millis(5));
    let second = workspace(&world, "bolt");
    let twin = workspace(&world, "acme");
    let log = || world.log("workspace.create");
    o.store.create_workspace(first.clone(), log()).await.unwrap();
    o.store.create_workspace(second.clone(), log()).await.unwrap();
    assert!(matches!(o.store.create_workspace(twin, log()).await, Err(StoreError::Exists("slug"))));
    assert_eq!(o.store.list_workspaces().await.unwrap(), [first, second]);
    assert_eq!(o.store.page_log(newest(10)).await.unwrap().entries.len(), 2);
    o.store.ping().await.unwrap();
    o.ledger.close().await.unwrap();
    assert!(o.store.list_workspaces().await.is_err());
}

async fn keys_are_kept_and_revoked_once(world: World) {
    let o = world.open().await;
    let log = || world.log("key.create");
    let stranger = key(&world, world.workspace());
    assert!(matches!(o.store.create_key(stranger.clone(), log()).await, Err(StoreError::NotFound("workspace"))));
    let acme = workspace(&world, "acme");
    o.store.create_workspace(acme.clone(), log()).await.unwrap();
    let kept = key(&world, acme.id);
    o.store.create_key(kept.clone(), log()).await.unwrap();
    assert!(matches!(o.store.create_key(kept.clone(), log()).await, Err(StoreError::Exists("key"))));
    let nobodys = [WhichKeys::One(stranger.id), WhichKeys::Of(world.workspace())];
    for which in [WhichKeys::All, WhichKeys::Of(kept.workspace), WhichKeys::One(kept.id)] {
        assert_eq!(o.store.list_keys(which).await.unwrap(), std::slice::from_ref(&kept), "{which:?}");
    }
    for which in nobodys {
        assert_eq!(o.store.list_keys(which).await.unwrap(), [], "{which:?}");
    }
    let at = world.now();
    let revoked = KeyRow { revoked_at: Some(at), version: 2, ..kept.clone() };
    for _ in 0..2 {
        let row = o.store.revoke_key(kept.id, world.now(), log()).await.unwrap();
        assert_eq!(row, revoked);
        world.forward(Duration::from_secs(1));
    }
    assert!(matches!(o.store.revoke_key(stranger.id, at, log()).await, Err(StoreError::NotFound("key"))));
    assert_eq!(o.store.list_keys(WhichKeys::All).await.unwrap(), [revoked]);
    o.ledger.close().await.unwrap();
}

/// A change of a key as it is, and who looked at which version.
fn change_of(row: &KeyRow) -> KeyChange {
    KeyChange {
        id: row.id,
        version: row.version,
        name: row.name.clone(),
        expires_at: row.expires_at,
        rules: row.rules.clone(),
    }
}

/// A workspace with one key.
async fn kept_key(world: &World, o: &Opened) -> KeyRow {
    let log = || world.log("key.create");
    let acme = workspace(world, "acme");
    o.store.create_workspace(acme.clone(), log()).await.unwrap();
    let kept = key(world, acme.id);
    o.store.create_key(kept.clone(), log()).await.unwrap();
    kept
}

async fn r_key_2_a_key_is_changed_by_one_at_a_time(world: World) {
    let o = world.open().await;
    let log = || world.log("key.change");
    let kept = kept_key(&world, &o).await;
    let rules = KeyRules {
        caps: SpendCaps { total: Some(NanoUsd::new(5)), ..SpendCaps::default() },
        requests_per_minute: Some(7),
        ..KeyRules::default()
    };
    let change = KeyChange { name: "desk".to_owned(), expires_at: None, rules: rules.clone(), ..change_of(&kept) };
    let changed = o.store.change_key(change.clone(), log()).await.unwrap();
    let expected = KeyRow { name: "desk".to_owned(), expires_at: None, rules, version: 2, ..kept.clone() };
    assert_eq!(changed, expected);
    assert!(matches!(o.store.change_key(change.clone(), log()).await, Err(StoreError::Stale("key"))));
    let stranger = KeyChange { id: world.key(), ..change };
    assert!(matches!(o.store.change_key(stranger, log()).await, Err(StoreError::NotFound("key"))));
    assert_eq!(o.store.list_keys(WhichKeys::All).await.unwrap(), [expected]);
    // What was refused left no entry.
    assert_eq!(o.store.page_log(newest(10)).await.unwrap().entries.len(), 3);
    o.ledger.close().await.unwrap();
}

async fn r_key_2_a_rotation_keeps_the_key_and_its_old_text_for_a_while(world: World) {
    let o = world.open().await;
    let log = || world.log("key.rotate");
    let kept = kept_key(&world, &o).await;
    let other = KeyRow { id: world.key(), digest: [9; 32], ..kept.clone() };
    o.store.create_key(other.clone(), log()).await.unwrap();
    let ends_at = world.now().plus(Duration::from_secs(60));
    let rotation = KeyRotation {
        id: kept.id,
        version: 1,
        digest: [5; 32],
        prefix: "tg_live_cd34".to_owned(),
        old_ends_at: ends_at,
    };
    // The text of another key is nobody else's.
    let twin = KeyRotation { digest: other.digest, ..rotation.clone() };
    assert!(matches!(o.store.rotate_key(twin, log()).await, Err(StoreError::Exists("key"))));
    let rotated = o.store.rotate_key(rotation.clone(), log()).await.unwrap();
    let old = Some(OldText { digest: kept.digest, ends_at });
    let expected = KeyRow { digest: [5; 32], prefix: "tg_live_cd34".to_owned(), old, version: 2, ..kept.clone() };
    assert_eq!(rotated, expected);
    assert!(o.store.list_keys(WhichKeys::All).await.unwrap().contains(&expected));
    assert!(matches!(o.store.rotate_key(rotation.clone(), log()).await, Err(StoreError::Stale("key"))));
    let again = KeyRotation { version: 2, digest: [6; 32], ..rotation.clone() };
    let again = o.store.rotate_key(again, log()).await.unwrap();
    assert_eq!(again.old, Some(OldText { digest: [5; 32], ends_at }));
    let stranger = KeyRotation { id: world.key(), ..rotation };
    assert!(matches!(o.store.rotate_key(stranger, log()).await, Err(StoreError::NotFound("key"))));
    o.ledger.close().await.unwrap();
}

async fn the_last_use_of_a_key_never_goes_back(world: World) {
    let o = world.open().await;
    let kept = kept_key(&world, &o).await;
    let (early, late) = (world.now(), world.now().plus(Duration::from_secs(60)));
    for (used, known) in [(early, early), (late, late), (early, late)] {
        o.store.touch_keys(vec![(kept.id, used), (world.key(), used)]).await.unwrap();
        assert_eq!(o.store.list_keys(WhichKeys::All).await.unwrap()[0].last_used_at, Some(known));
    }
    o.store.touch_keys(Vec::new()).await.unwrap();
    o.ledger.close().await.unwrap();
}

async fn rules_of_workspaces_and_the_platform_are_kept(world: World) {
    let o = world.open().await;
    let log = || world.log("workspace.change");
    let acme = workspace(&world, "acme");
    o.store.create_workspace(acme.clone(), log()).await.unwrap();
    let rules = WorkspaceRules {
        api_off: true,
        plans: vec!["pro".to_owned(), "pro".to_owned()],
        end_user: Quota { requests_per_day: Some(3), ..Quota::default() },
        ..WorkspaceRules::default()
    };
    let change = WorkspaceChange { id: acme.id, version: 1, name: "Acme & Co".to_owned(), rules: rules.clone() };
    o.store.change_workspace(change.clone(), log()).await.unwrap();
    assert!(matches!(o.store.change_workspace(change.clone(), log()).await, Err(StoreError::Stale("workspace"))));
    let stranger = WorkspaceChange { id: world.workspace(), ..change };
    assert!(matches!(o.store.change_workspace(stranger, log()).await, Err(StoreError::NotFound("workspace"))));
    let expected = WorkspaceRow { name: "Acme & Co".to_owned(), rules, version: 2, ..acme };
    assert_eq!(o.store.list_workspaces().await.unwrap(), [expected]);
    assert_eq!(o.store.load_platform().await.unwrap(), PlatformRules::default());
    for api_off in [true, false, true] {
        o.store.set_platform(PlatformRules { api_off }, log()).await.unwrap();
        assert_eq!(o.store.load_platform().await.unwrap(), PlatformRules { api_off });
    }
    o.ledger.close().await.unwrap();
}

async fn operator_token_names_are_free_again_after_revocation(world: World) {
    let o = world.open().await;
    let log = || world.log("operator_token.create");
    let token = |n: u8| OperatorTokenRow {
        id: OperatorTokenId::new(world.now(), [n; 10]),
        name: "ci".to_owned(),
        prefix: "tgo_12".to_owned(),
        digest: [n; 32],
        created_at: world.now(),
        revoked_at: None,
    };
    o.store.create_operator_token(token(1), log()).await.unwrap();
    assert!(matches!(
        o.store.create_operator_token(token(2), log()).await,
        Err(StoreError::Exists("operator token"))
    ));
    let at = world.now();
    let id = token(1).id;
    o.store.revoke_operator_token(id, at, log()).await.unwrap();
    world.forward(Duration::from_secs(9));
    o.store.revoke_operator_token(id, world.now(), log()).await.unwrap();
    assert!(matches!(
        o.store.revoke_operator_token(token(3).id, at, log()).await,
        Err(StoreError::NotFound("operator token"))
    ));
    let second = token(2);
    o.store.create_operator_token(second.clone(), log()).await.unwrap();
    let all = o.store.list_operator_tokens().await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].revoked_at, Some(at));
    assert_eq!(all[1], second);
    o.ledger.close().await.unwrap();
}

async fn the_log_pages_newest_first(world: World) {
    let o = world.open().await;
    for n in 0..6 {
        let row = workspace(&world, &format!("w{n}"));
        o.store.create_workspace(row, world.log(&format!("a{n}"))).await.unwrap();
        // Two entries share each instant.
        world.forward(Duration::from_millis(n % 2));
    }
    let actions = |page: &[AuditEntry]| -> Vec<String> { page.iter().map(|e| e.action.clone()).collect() };
    // A page ends between two instants, so none is lost between two pages.
    let first = o.store.page_log(newest(3)).await.unwrap().entries;
    assert_eq!(actions(&first), ["a5", "a4", "a3", "a2"]);
    let before = first.last().map(|e| e.at);
    let second = o.store.page_log(LogFilter { before, ..newest(3) }).await.unwrap().entries;
    assert_eq!(actions(&second), ["a1", "a0"]);
    let end =
        o.store.page_log(LogFilter { before: second.last().map(|e| e.at), ..newest(3) }).await.unwrap().entries;
    assert!(end.is_empty());
    // Of one workspace there are its own entries alone.
    let acme = Some(world.workspace());
    for n in 0..4 {
        let row = workspace(&world, &format!("b{n}"));
        let entry = AuditEntry { workspace: acme.filter(|_| n != 2), ..world.log(&format!("b{n}")) };
        o.store.create_workspace(row, entry).await.unwrap();
        world.forward(Duration::from_millis(1));
    }
    let page = o.store.page_log(LogFilter { workspace: acme, ..newest(2) }).await.unwrap().entries;
    assert_eq!(actions(&page), ["b3", "b1"]);
    let before = page.last().map(|e| e.at);
    let page = o.store.page_log(LogFilter { workspace: acme, before, ..newest(2) }).await.unwrap().entries;
    assert_eq!(actions(&page), ["b0"]);
    // Of one action there are its own entries alone.
    let page = o.store.page_log(LogFilter { action: Some("b2"), ..newest(9) }).await.unwrap().entries;
    assert_eq!(actions(&page), ["b2"]);
    let page =
        o.store.page_log(LogFilter { action: Some("b2"), workspace: acme, ..newest(9) }).await.unwrap().entries;
    assert!(page.is_empty(), "{page:?}");
    o.ledger.close().await.unwrap();
}

/// R-ACC-1: entries may be large, so a page of them ends by their bytes too; page by page, each of them is told once and whole.
async fn r_acc_1_the_log_pages_by_bytes(world: World) {
    let o = world.open().await;
    let large = "\u{e4}".repeat(10_000);
    let mut written = Vec::new();
    for (n, size) in [9, 10_000, 0, 10_000, 10_000, 10_000, 3, 4, 10_000].into_iter().enumerate() {
        let detail = format!("\"{}\"", &large[..2 * size]);
        // Of each field something is counted, and of what is not there nothing.
        let entry =
            AuditEntry { detail, after: (n % 2 == 0).then(|| "{}".to_owned()), ..world.log(&format!("a{n}")) };
        o.store.note(entry.clone()).await.unwrap();
        written.insert(0, entry);
        // The last two large ones in a row are of one instant.
        world.forward(Duration::from_millis(u64::from(n != 4)));
    }
    let pages = async |limit: u32, bytes_max: Option<u64>| {
        let (mut all, mut sizes, mut before) = (Vec::new(), Vec::new(), None);
        loop {
            let page = o.store.page_log(LogFilter { before, bytes_max, ..newest(limit) }).await.unwrap();
            assert_ne!(page.entries, [], "a page says that there is more, and there is not");
            before = page.entries.last().map(|entry| entry.at);
            sizes.push(page.entries.len());
            all.extend(page.entries);
            if !page.more {
                break;
            }
        }
        assert_eq!(all, written, "{limit} {bytes_max:?}");
        sizes
    };
    assert_eq!(pages(100, None).await, [9]);
    assert_eq!(pages(3, None).await, [3, 3, 3]);
    // The newest large one, with the small ones after it; two of one instant, though they are too much; each of the others.
    assert_eq!(pages(100, Some(30_000)).await, [3, 2, 2, 2]);
    assert_eq!(pages(100, Some(1_000_000)).await, [9]);
    assert_eq!(pages(2, Some(30_000)).await, [2, 1, 2, 2, 2]);
    assert_eq!(pages(100, Some(0)).await, [1, 1, 1, 2, 1, 1, 1, 1]);
    o.ledger.close().await.unwrap();
}

async fn the_catalogue_is_replaced_whole(world: World) {
    let o = world.open().await;
    let log = || world.log("catalogue.replace");
    assert_eq!(o.store.load_catalogue().await.unwrap(), CatalogueRows::default());
    let price = |n: u8| PriceRow {
        id: PriceId::new(world.now(), [n; 10]),
        model: "fast".to_owned(),
        document: format!("{{\"n\":{n}}}"),
        effective_from: world.now(),
    };
    let rows = CatalogueRows {
        version: 1,
        tiers: vec![("free".to_owned(), "{}".to_owned()), ("team".to_owned(), "{\"n\":1}".to_owned())],
        providers: vec![("acme".to_owned(), "{}".to_owned())],
        credentials: vec![CredentialRow {
            id: CredentialId::new(world.now(), [1; 10]),
            provider: "acme".to_owned(),
            position: 0,
            fingerprint: [9; 32],
            sealed: Secret::new(vec![1, 2, 3]),
        }],
        models: vec![("fast".to_owned(), "{}".to_owned()), ("slow".to_owned(), "{}".to_owned())],
        prices: vec![price(1)],
    };
    o.store.replace_catalogue(rows.clone(), log()).await.unwrap();
    assert_eq!(o.store.load_catalogue().await.unwrap(), rows);
    // Written by somebody who saw version 0.
    assert!(matches!(o.store.replace_catalogue(rows.clone(), log()).await, Err(StoreError::Stale("catalogue"))));
    // A price that is known is never changed, only put in force again.
    let changed = PriceRow { document: "{}".to_owned(), ..price(1) };
    let next = CatalogueRows {
        version: 2,
        models: vec![("fast".to_owned(), "{}".to_owned())],
        prices: vec![changed],
        ..CatalogueRows::default()
    };
    o.store.replace_catalogue(next.clone(), log()).await.unwrap();
    let read = o.store.load_catalogue().await.unwrap();
    assert_eq!(read.prices, [price(1)]);
    assert!(read.tiers.is_empty() && read.providers.is_empty() && read.credentials.is_empty());
    assert_eq!((read.version, read.models), (2, next.models));
    o.ledger.close().await.unwrap();
}

async fn another_master_key_is_refused(world: World) {
    let with = |n: u8| world.config().with_master_check([n; 32]);
    let o = world.try_open(with(1)).await.unwrap();
    o.ledger.close().await.unwrap();
    drop(o);
    assert!(matches!(world.try_open(with(2)).await, Err(OpenError::WrongMaster)));
    let o = world.try_open(with(1)).await.unwrap();
    o.ledger.close().await.unwrap();
}

async fn answers_are_kept_for_their_workspace_until_they_vanish(world: World) {
    let o = world.open().await;
    let (acme, bolt) = (workspace(&world, "acme"), workspace(&world, "bolt"));
    for row in [&acme, &bolt] {
        o.store.create_workspace(row.clone(), world.log("workspace.create")).await.unwrap();
    }
    let answer = |id: &str, seconds| AnswerRow {
        id: id.to_owned(),
        workspace: acme.id,
        created_at: world.now(),
        expires_at: world.now().plus(Duration::from_secs(seconds)),
        sealed: Secret::new(vec![7; 100_000]),
    };
    let (short, long) = (answer("resp_a", 10), answer("resp_b", 100));
    for row in [&short, &long, &short] {
        o.store.keep_answer(row.clone(), 1_000_000).await.unwrap();
    }
    let find = async |of: WorkspaceId, id: &str| o.store.find_answer(of, id.to_owned(), world.now()).await.unwrap();
    assert_eq!(find(acme.id, "resp_a").await, Some(short.clone()));
    assert_eq!(find(bolt.id, "resp_a").await, None, "another's");
    assert_eq!(find(acme.id, "resp_c").await, None);
    assert!(!o.store.forget_answer(bolt.id, "resp_b".to_owned()).await.unwrap());
    world.forward(Duration::from_secs(10));
    assert_eq!(find(acme.id, "resp_a").await, None, "vanished");
    assert_eq!(o.store.sweep_answers(world.now()).await.unwrap(), 1);
    o.ledger.close().await.unwrap();
    drop(o);
    let o = world.open().await;
    assert_eq!(o.store.find_answer(acme.id, long.id.clone(), world.now()).await.unwrap(), Some(long.clone()));
    assert!(o.store.forget_answer(acme.id, long.id.clone()).await.unwrap());
    assert!(!o.store.forget_answer(acme.id, long.id).await.unwrap());
    // Too large together: the oldest go, and another's stay.
    let other = AnswerRow { workspace: bolt.id, ..answer("resp_o", 900) };
    o.store.keep_answer(other, 250_000).await.unwrap();
    for id in ["resp_1", "resp_2", "resp_3"] {
        world.forward(Duration::from_secs(1));
        o.store.keep_answer(answer(id, 900), 250_000).await.unwrap();
    }
    let left = async |of: WorkspaceId, id: &str| {
        o.store.find_answer(of, id.to_owned(), world.now()).await.unwrap().is_some()
    };
    assert!(!left(acme.id, "resp_1").await && left(acme.id, "resp_2").await && left(acme.id, "resp_3").await);
    assert!(left(bolt.id, "resp_o").await);
    o.ledger.close().await.unwrap();
}
