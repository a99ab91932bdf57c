//! Nodes on one Redis that is well: what they share, and what comes free when one of them dies.
//! Never here: a Redis that fails (outage).

use crate::redis_server;
use crate::world::{Node, ask, call, calls, limits, now, refused, wait_until, workspace};
use admit::{Ask, LimitKind, LimitScope};
use catalog::{FairUse, Limits};
use limits::{Mode, SharedConfig};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;
use units::{KeyId, Timestamp};

/// R-LIM-4: forty calls at thirty a minute, over three nodes: exactly thirty, and the wait is told to the second.
#[tokio::test]
async fn r_lim_4_three_nodes_share_a_rate() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let nodes = [Node::on(&url).await, Node::on(&url).await, Node::on(&url).await];
    let (account, tier) = (workspace(), limits(Some(30), Some(2), Some(1_000)));
    let began = now();
    let mut admitted = 0;
    for n in 0..40 {
        // The slot of the one before may still be on its way back.
        let (one, modes) = calls(&nodes[n % 3].limiter, account, limits(Some(30), None, Some(1_000)), 1).await;
        assert_eq!(modes, [Mode::Shared]);
        admitted += one;
    }
    assert_eq!(admitted, 30);
    let (scope, kind, seconds) = refused(&call(&nodes[0].limiter, account, tier).await).unwrap();
    assert_eq!((scope, kind), (LimitScope::Account, LimitKind::Requests));
    let passed = now().since(began).as_secs();
    assert!((59 - passed..=60).contains(&seconds), "{seconds} after {passed}");
    let (left, mode) = nodes[1].limiter.look(&ask(account, tier), now()).await;
    assert_eq!((left.requests.unwrap().remaining, left.day.unwrap().remaining, mode), (0, 970, Mode::Shared));
    assert!(left.requests.unwrap().free_at > now().plus(Duration::from_secs(50)));
}

/// R-LIM-4: fifty connections of forty calls each against a day of a hundred: exactly a hundred.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the test awaits them all")]
async fn r_lim_4_fifty_connections_share_a_day() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let node = Node::on(&url).await;
    let (account, tier) = (workspace(), limits(Some(120), None, Some(100)));
    let many: Vec<_> = (0..50)
        .map(|_| {
            let limiter = node.limiter.clone();
            tokio::spawn(async move { calls(&limiter, account, tier, 40).await })
        })
        .collect();
    let mut admitted = 0;
    for one in many {
        let (n, modes) = one.await.unwrap();
        assert_eq!(modes, [Mode::Shared]);
        admitted += n;
    }
    assert_eq!(admitted, 100);
}

/// R-LIM-4: slots are shared, and one that is dropped on a node is free on all.
#[tokio::test]
async fn r_lim_4_slots_are_shared_and_come_back() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let (a, b) = (Node::on(&url).await, Node::on(&url).await);
    let (account, tier) = (workspace(), limits(None, Some(2), None));
    let first = call(&a.limiter, account, tier).await.unwrap();
    let second = call(&b.limiter, account, tier).await.unwrap();
    assert_eq!(second.readings.concurrent.map(|r| (r.limit, r.remaining)), Some((2, 0)));
    assert_eq!(
        refused(&call(&a.limiter, account, tier).await),
        Some((LimitScope::Account, LimitKind::Concurrent, 1))
    );
    // Where use is fair one waits for a slot of another node.
    let fair = Some(FairUse { queue_ms_max: 10_000, queued_max: 1 });
    let one = ask(account, tier);
    let (third, ()) = tokio::join!(b.limiter.admit(&one, fair, now()), async {
        sleep(Duration::from_millis(50)).await;
        drop(first);
    });
    assert_eq!(third.unwrap().mode, Mode::Shared);
}

/// R-LIM-4: what is counted beside an account's models, such as counts of tokens, is shared too and takes nothing of its calls.
#[tokio::test]
async fn r_lim_4_what_is_counted_beside_calls_is_shared() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let nodes = [Node::on(&url).await, Node::on(&url).await];
    let (account, tier) = (workspace(), limits(Some(5), Some(1), Some(5)));
    let name: Arc<str> = "counts of tokens".into();
    let mut refusals = Vec::new();
    for n in 0..53 {
        let beside = Ask {
            model: Some((&name, limits(Some(50), None, None))),
            model_only: true,
            ..ask(account, Limits::default())
        };
        match nodes[n % 2].limiter.admit(&beside, None, now()).await {
            Ok(granted) => assert_eq!(granted.mode, Mode::Shared),
            Err(denied) => refusals.extend(refused(&Err(denied)).map(|(scope, kind, _)| (n, scope, kind))),
        }
    }
    let expected = [50, 51, 52].map(|n| (n, LimitScope::Model, LimitKind::Requests));
    assert_eq!(refusals, expected);
    let (left, _) = nodes[0].limiter.look(&ask(account, tier), now()).await;
    let left = [left.requests, left.concurrent, left.day].map(|reading| reading.unwrap().remaining);
    assert_eq!(left, [5, 1, 5]);
}

/// The same request twice takes one slot, one of the rate and one of the day.
#[tokio::test]
async fn r_lim_4_the_same_request_twice_takes_one_slot() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let (a, b) = (Node::on(&url).await, Node::on(&url).await);
    let tier = limits(Some(5), Some(1), Some(5));
    let one = ask(workspace(), tier);
    let first = a.limiter.admit(&one, None, now()).await.unwrap();
    let again = a.limiter.admit(&one, None, now()).await.unwrap();
    let elsewhere = b.limiter.admit(&one, None, now()).await.unwrap();
    for granted in [&first, &again, &elsewhere] {
        let left = granted.readings;
        assert_eq!((left.requests.unwrap().remaining, left.concurrent.unwrap().remaining), (4, 0));
        assert_eq!(left.day.unwrap().remaining, 4);
    }
    assert!(call(&b.limiter, one.workspace, tier).await.is_err());
}

/// R-LIM-4: the slots of a node that died come free when their lease ends, those of a node that lives do not.
#[tokio::test]
async fn r_lim_4_a_dead_nodes_slots_come_free() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let short = || SharedConfig {
        lease: Duration::from_secs(3),
        budget: Duration::from_secs(5),
        ..SharedConfig::new(&url)
    };
    let (dying, living) = (Node::with(short()), Node::with(short()));
    dying.becomes(Mode::Shared).await;
    living.becomes(Mode::Shared).await;
    let tier = limits(None, Some(1), None);
    let (lost, kept) = (workspace(), workspace());
    std::mem::forget(call(&dying.limiter, lost, tier).await.unwrap());
    let _kept = call(&living.limiter, kept, tier).await.unwrap();
    // From here on nobody speaks for the first.
    drop(dying);
    assert!(call(&living.limiter, lost, tier).await.is_err());
    let began = now();
    wait_until(async || call(&living.limiter, lost, tier).await.is_ok()).await;
    assert!(now().since(began) < Duration::from_secs(5));
    sleep(Duration::from_millis(3_200)).await;
    assert!(call(&living.limiter, kept, tier).await.is_err());
}

/// All scopes in one answer: who is refused by its key or model took nothing of its account.
#[tokio::test]
async fn r_lim_4_scopes_are_asked_together() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let node = Node::on(&url).await;
    let (account, model): (_, Arc<str>) = (workspace(), "acme/trial".into());
    let all = || Ask {
        key: Some((KeyId::from_bytes([7; 16]), limits(Some(2), None, None))),
        model: Some((&model, limits(None, None, Some(3)))),
        ..ask(account, limits(Some(10), None, Some(10)))
    };
    let asked = async |ask: Ask<'_>| node.limiter.admit(&ask, None, now()).await;
    for _ in 0..2 {
        asked(all()).await.unwrap();
    }
    let over = asked(all()).await;
    assert!(matches!(refused(&over), Some((LimitScope::Key, LimitKind::Requests, 59..=60))));
    let keyless = || Ask { key: None, ..all() };
    let third = asked(keyless()).await.unwrap();
    assert_eq!(third.readings.requests.map(|r| r.remaining), Some(7));
    // Another model of the same request takes nothing of its account and key.
    let other: Arc<str> = "acme/other".into();
    let second = || Ask { model: Some((&other, limits(Some(1), None, None))), model_only: true, ..all() };
    let held = asked(second()).await.unwrap();
    let over = asked(second()).await;
    assert!(matches!(refused(&over), Some((LimitScope::Model, LimitKind::Requests, 59..=60))));
    drop(held);
    assert_eq!(node.limiter.look(&keyless(), now()).await.0.requests.map(|r| r.remaining), Some(7));
    let mut third = third;
    assert!(matches!(refused(&asked(keyless()).await), Some((LimitScope::Model, LimitKind::Day, _))));
    // The house failed: the day is given back in both scopes, the rate is not.
    third.permit.give_back_day();
    drop(third);
    wait_until(async || asked(keyless()).await.is_ok()).await;
    let (left, _) = node.limiter.look(&keyless(), now()).await;
    assert_eq!((left.requests.unwrap().remaining, left.day.unwrap().remaining), (6, 7));
}

/// Above 2000 a minute requests are counted by the second; tokens by a bucket that is corrected.
#[tokio::test]
async fn r_lim_4_large_rates_and_tokens() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let (a, b) = (Node::on(&url).await, Node::on(&url).await);
    let (account, tier) = (workspace(), limits(Some(2_100), None, None));
    let (first, second) =
        tokio::join!(calls(&a.limiter, account, tier, 1_200), calls(&b.limiter, account, tier, 1_200));
    assert_eq!(first.0 + second.0, 2_100);
    let (_, _, seconds) = refused(&call(&a.limiter, account, tier).await).unwrap();
    assert!((30..=62).contains(&seconds), "{seconds}");
    let thrifty = Limits { tokens_per_minute: Some(60_000), ..Limits::default() };
    let spender = workspace();
    let big = || Ask { tokens: 50_000, ..ask(spender, thrifty) };
    let mut granted = a.limiter.admit(&big(), None, now()).await.unwrap();
    let over = refused(&b.limiter.admit(&big(), None, now()).await);
    assert!(matches!(over, Some((LimitScope::Account, LimitKind::Tokens, 38..=40))), "{over:?}");
    granted.permit.correct_tokens(1_000);
    wait_until(async || b.limiter.admit(&big(), None, now()).await.is_ok()).await;
}

/// What a node knows of yesterday is nothing of today, not even when its question crosses midnight on its way.
#[tokio::test]
async fn r_lim_4_yesterday_is_not_carried_over() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let node = Node::on(&url).await;
    let (account, tier) = (workspace(), limits(None, None, Some(50)));
    let yesterday = Timestamp::from_ms(now().ms() - 86_400_000);
    node.limiter.seed_day(account, None, yesterday.day(), 50);
    let granted = node.limiter.admit(&ask(account, tier), None, yesterday).await.unwrap();
    assert_eq!((granted.mode, granted.readings.day.unwrap().remaining), (Mode::Shared, 49));
    // What one knows of today counts where Redis knows nothing.
    let (other, node) = (workspace(), Node::on(&url).await);
    node.limiter.seed_day(other, None, now().day(), 48);
    assert_eq!(calls(&node.limiter, other, tier, 5).await, (2, vec![Mode::Shared]));
}

/// Over TLS with an authority of one's own; without it the server is not trusted, and nobody is told anything.
#[tokio::test]
async fn r_lim_4_the_way_to_redis_can_be_sealed() {
    let Some(server) = redis_server::Server::start_sealed().await else { return };
    let config = |authority_pem| SharedConfig {
        authority_pem,
        budget: Duration::from_secs(5),
        ..SharedConfig::new(server.url())
    };
    let trusting = Node::with(config(server.certificate()));
    trusting.becomes(Mode::Shared).await;
    let (account, tier) = (workspace(), limits(Some(3), None, None));
    assert_eq!(calls(&trusting.limiter, account, tier, 5).await, (3, vec![Mode::Shared]));
    let wary = Node::with(config(None));
    sleep(Duration::from_millis(300)).await;
    assert_eq!(call(&wary.limiter, account, tier).await.unwrap().mode, Mode::Degraded);
}

/// A day of which Redis knows nothing is what the records say.
#[tokio::test]
async fn r_lim_4_a_day_that_redis_forgot_is_in_the_records() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let node = Node::on(&url).await;
    node.days.0.store(95, Ordering::Relaxed);
    let (account, tier) = (workspace(), limits(None, None, Some(100)));
    assert!(call(&node.limiter, account, tier).await.is_ok());
    wait_until(async || node.limiter.look(&ask(account, tier), now()).await.0.day.unwrap().remaining == 5).await;
    assert_eq!(calls(&node.limiter, account, tier, 10).await.0, 5);
}

/// R-LIM-3: failures of one address at two nodes block it at both; a success forgets them.
#[tokio::test]
async fn r_lim_3_addresses_are_blocked_everywhere() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let (a, b) = (Node::on(&url).await, Node::on(&url).await);
    let bytes = workspace().bytes();
    let address = |last: u8| IpAddr::from([10, bytes[6], bytes[15], last]);
    for _ in 0..25 {
        assert_eq!(a.limiter.failed(address(1), now()), None);
        assert_eq!(b.limiter.failed(address(1), now()), None);
    }
    wait_until(async || [&a, &b].iter().all(|node| node.limiter.blocked(address(1), now()).is_some())).await;
    let until = a.limiter.blocked(address(1), now()).unwrap();
    assert!(until <= now().plus(Duration::from_secs(301)) && until > now().plus(Duration::from_secs(280)));
    // One node alone blocks for the other too.
    for _ in 0..50 {
        a.limiter.failed(address(2), now());
    }
    wait_until(async || b.limiter.blocked(address(2), now()).is_some()).await;
    // Failures before a success do not count.
    for _ in 0..3 {
        (0..20).for_each(|_| assert_eq!(a.limiter.failed(address(3), now()), None));
        a.limiter.succeeded(address(3));
    }
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!([&a, &b].map(|node| node.limiter.blocked(address(3), now())), [None, None]);
}

/// R-LIM-3: a block that is lifted at one node is gone at the other, and does not come back by itself; the next one holds.
#[tokio::test]
async fn r_lim_3_a_block_is_lifted_everywhere() {
    let Some((url, _server)) = redis_server::shared().await else { return };
    let (a, b) = (Node::on(&url).await, Node::on(&url).await);
    let bytes = workspace().bytes();
    let address = IpAddr::from([10, bytes[6], bytes[15], 9]);
    for _ in 0..50 {
        a.limiter.failed(address, now());
    }
    wait_until(async || b.limiter.blocked(address, now()).is_some()).await;
    assert!(b.limiter.blocks(now()).iter().any(|block| block.address.first() == address));
    // Past what two nodes may make of one instant.
    sleep(Duration::from_millis(2_500)).await;
    b.limiter.lift(address, now());
    wait_until(async || [&a, &b].iter().all(|node| node.limiter.blocked(address, now()).is_none())).await;
    sleep(Duration::from_millis(2_500)).await;
    assert_eq!([&a, &b].map(|node| node.limiter.blocked(address, now())), [None, None]);
    for _ in 0..50 {
        a.limiter.failed(address, now());
    }
    wait_until(async || b.limiter.blocked(address, now()).is_some()).await;
    sleep(Duration::from_millis(2_500)).await;
    assert!([&a, &b].iter().all(|node| node.limiter.blocked(address, now()).is_some()));
}
