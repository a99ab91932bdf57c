//! Redis that is stopped, started anew, flushed or slow while requests come: nobody waits long, and no limit is passed by more
//! than one limit in a window. Never here: a Redis that is well (together).

use crate::redis_server::{Server, SlowWay};
use crate::world::{Node, ask, call, calls, limits, now, wait_until, workspace};
use limits::{Denied, Mode, SharedConfig};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// R-LIM-4: before, without and after Redis: two nodes admit at most one limit more in a window, each at most the limit.
#[tokio::test]
async fn r_lim_4_a_redis_that_dies_lets_at_most_one_limit_more_pass() {
    let Some(mut server) = Server::start().await else { return };
    let (a, b) = (Node::on(&server.url()).await, Node::on(&server.url()).await);
    [&a, &b].iter().for_each(|node| node.limiter.set_live_nodes(2));
    let (account, tier) = (workspace(), limits(Some(30), None, None));
    assert_eq!(calls(&a.limiter, account, tier, 40).await, (30, vec![Mode::Shared]));
    server.stop();
    a.becomes(Mode::Degraded).await;
    b.becomes(Mode::Degraded).await;
    // What a node admitted before counts against its part.
    assert_eq!(calls(&a.limiter, account, tier, 40).await, (0, vec![Mode::Degraded]));
    assert_eq!(calls(&b.limiter, account, tier, 40).await, (15, vec![Mode::Degraded]));
    assert!(server.begin().await);
    a.becomes(Mode::Shared).await;
    b.becomes(Mode::Shared).await;
    // It forgot everything; the nodes did not. What they refuse takes nothing of what it counts.
    assert_eq!(calls(&a.limiter, account, tier, 40).await, (0, vec![Mode::Shared]));
    wait_until(async || b.limiter.look(&ask(account, tier), now()).await.0.requests.unwrap().remaining == 30).await;
    assert_eq!(calls(&b.limiter, account, tier, 40).await, (0, vec![Mode::Shared]));
}

/// Slots that are held when Redis dies are held when it is back.
#[tokio::test]
async fn r_lim_4_slots_outlive_a_redis_that_forgot_them() {
    let Some(mut server) = Server::start().await else { return };
    let (a, b) = (Node::on(&server.url()).await, Node::on(&server.url()).await);
    let (account, tier) = (workspace(), limits(None, Some(2), None));
    let before = call(&a.limiter, account, tier).await.unwrap();
    server.stop();
    a.becomes(Mode::Degraded).await;
    let during = call(&a.limiter, account, tier).await.unwrap();
    assert_eq!((before.mode, during.mode), (Mode::Shared, Mode::Degraded));
    assert!(server.begin().await);
    a.becomes(Mode::Shared).await;
    b.becomes(Mode::Shared).await;
    // The keeper of the first says so at once, not only when leases are due.
    let began = Instant::now();
    wait_until(async || call(&b.limiter, account, tier).await.is_err()).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop(before);
    drop(during);
    wait_until(async || call(&b.limiter, account, tier).await.is_ok()).await;
}

/// While Redis is away a day is what the records say, and what came since.
#[tokio::test]
async fn r_lim_4_days_go_on_without_redis() {
    let Some(mut server) = Server::start().await else { return };
    let node = Node::on(&server.url()).await;
    let (account, tier) = (workspace(), limits(None, None, Some(20)));
    assert_eq!(calls(&node.limiter, account, tier, 8).await.0, 8);
    server.stop();
    node.becomes(Mode::Degraded).await;
    // Another node's requests are in the records by now.
    node.days.0.store(15, Ordering::Relaxed);
    assert_eq!(calls(&node.limiter, account, tier, 20).await, (5, vec![Mode::Degraded]));
    assert!(server.begin().await);
    node.becomes(Mode::Shared).await;
    assert_eq!(calls(&node.limiter, account, tier, 20).await, (0, vec![Mode::Shared]));
}

/// Strict: without Redis nobody is admitted, and never more than the limit, whatever happens to Redis.
#[tokio::test]
async fn r_lim_4_strict_is_never_above_the_limit() {
    let Some(mut server) = Server::start().await else { return };
    let config = SharedConfig { strict: true, budget: Duration::from_secs(5), ..SharedConfig::new(server.url()) };
    let node = Node::with(config);
    node.becomes(Mode::Shared).await;
    let (account, tier) = (workspace(), limits(Some(30), None, Some(100)));
    let mut admitted = calls(&node.limiter, account, tier, 20).await.0;
    assert!(server.say("FLUSHALL").await);
    admitted += calls(&node.limiter, account, tier, 20).await.0;
    assert_eq!(admitted, 30);
    server.stop();
    node.becomes(Mode::Degraded).await;
    let none = call(&node.limiter, workspace(), tier).await;
    assert_eq!(none.unwrap_err(), Denied::Unavailable { retry_after: Duration::from_secs(1) });
    assert!(server.begin().await);
    node.becomes(Mode::Shared).await;
    assert_eq!(calls(&node.limiter, account, tier, 20).await, (0, vec![Mode::Shared]));
}

/// Flushed while requests come from all sides: this node never admits more than the limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the test awaits them all")]
async fn r_lim_4_a_flush_under_load_lets_nothing_more_pass_here() {
    let Some(server) = Server::start().await else { return };
    let node = Node::on(&server.url()).await;
    let (account, tier) = (workspace(), limits(Some(200), None, Some(250)));
    let many: Vec<_> = (0..20)
        .map(|_| {
            let limiter = node.limiter.clone();
            tokio::spawn(async move { calls(&limiter, account, tier, 40).await.0 })
        })
        .collect();
    for _ in 0..5 {
        assert!(server.say("FLUSHALL").await);
        sleep(Duration::from_millis(10)).await;
    }
    let mut admitted = 0;
    for one in many {
        admitted += one.await.unwrap();
    }
    assert_eq!(admitted, 200);
}

/// A Redis that takes half a second costs a request its budget, five of them open the breaker, and then nobody waits.
#[tokio::test]
async fn r_lim_4_a_slow_redis_is_not_waited_for() {
    let Some(server) = Server::start().await else { return };
    let way = SlowWay::to(server.address()).await;
    // A busy machine may need more than the usual 50 ms where nothing is slow.
    let node = Node::with(SharedConfig { budget: Duration::from_millis(150), ..SharedConfig::new(&way.url) });
    node.becomes(Mode::Shared).await;
    let (account, tier) = (workspace(), limits(Some(100), None, None));
    call(&node.limiter, account, tier).await.unwrap();
    let (small, few) = (workspace(), limits(Some(10), None, None));
    assert_eq!(calls(&node.limiter, small, few, 4).await.0, 4);
    let (daily, ten) = (workspace(), limits(None, None, Some(10)));
    assert_eq!(calls(&node.limiter, daily, ten, 4).await.0, 4);
    way.is_late_by(500);
    let began = Instant::now();
    for _ in 0..20 {
        let granted = call(&node.limiter, account, tier).await.unwrap();
        assert_eq!(granted.mode, Mode::Degraded);
    }
    // Five waited 150 ms each.
    let took = began.elapsed();
    assert!(took > Duration::from_millis(600) && took < Duration::from_millis(2_500), "{took:?}");
    assert_eq!(calls(&node.limiter, small, few, 20).await, (6, vec![Mode::Degraded]));
    assert_eq!(calls(&node.limiter, daily, ten, 3).await, (3, vec![Mode::Degraded]));
    way.is_late_by(0);
    node.becomes(Mode::Shared).await;
    // The first window is full, by whoever judged it.
    assert_eq!(calls(&node.limiter, small, few, 20).await, (0, vec![Mode::Shared]));
    // What this node counted meanwhile is a part of the day.
    assert_eq!(calls(&node.limiter, daily, ten, 20).await, (3, vec![Mode::Shared]));
    // What was late took no slot for good.
    let narrow = limits(None, Some(1), None);
    let other = workspace();
    drop(call(&node.limiter, other, narrow).await.unwrap());
    wait_until(async || call(&node.limiter, account, narrow).await.is_ok()).await;
}

/// A caller that goes while its question is on its way leaves no slot behind, and loses nothing of its day.
#[tokio::test]
async fn r_lim_4_a_question_that_is_given_up_takes_nothing() {
    let Some(server) = Server::start().await else { return };
    let way = SlowWay::to(server.address()).await;
    let node = Node::with(SharedConfig { budget: Duration::from_secs(5), ..SharedConfig::new(&way.url) });
    node.becomes(Mode::Shared).await;
    let (account, tier) = (workspace(), limits(None, Some(1), Some(10)));
    way.is_late_by(100);
    assert!(timeout(Duration::from_millis(20), call(&node.limiter, account, tier)).await.is_err());
    way.is_late_by(0);
    wait_until(async || {
        let left = node.limiter.look(&ask(account, tier), now()).await.0;
        left.concurrent.unwrap().remaining == 1 && left.day.unwrap().remaining == 10
    })
    .await;
    // It was taken once: Redis heard the question.
    sleep(Duration::from_millis(300)).await;
    let left = node.limiter.look(&ask(account, tier), now()).await.0;
    assert_eq!((left.concurrent.unwrap().remaining, left.day.unwrap().remaining), (1, 10));
    assert!(call(&node.limiter, account, tier).await.is_ok());
}

/// Without a server at all a node judges by itself from the start.
#[tokio::test]
async fn r_lim_4_a_node_without_redis_starts() {
    let node = Node::with(SharedConfig::new("redis://127.0.0.1:1"));
    let granted = call(&node.limiter, workspace(), limits(Some(1), Some(1), Some(1))).await.unwrap();
    assert_eq!(granted.mode, Mode::Degraded);
    assert!(limits::Limiter::shared(SharedConfig::new("http://x"), node.days.clone()).is_err());
    assert_eq!(node.limiter.blocked([127, 0, 0, 1].into(), now()), None);
}
