//! One node by itself, on a paused clock: slots that come free, waiting where use is fair, days, parts, what is forgotten.
//! Never here: Redis.

use crate::world::{ask, limits, refused, workspace};
use admit::{LimitKind, LimitScope};
use catalog::{FairUse, Limits};
use limits::{Denied, Granted, Limiter, Mode};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use units::{Timestamp, WorkspaceId};

const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);

fn at(ms: u64) -> Timestamp {
    START.plus(Duration::from_millis(ms))
}

async fn call(limiter: &Limiter, workspace: WorkspaceId, account: Limits, ms: u64) -> Result<Granted, Denied> {
    limiter.admit(&ask(workspace, account), None, at(ms)).await
}

/// R-LIM-1: a permit that is dropped frees its slot at once; rate and day stay taken, unless the day is given back.
#[tokio::test(start_paused = true)]
async fn r_lim_1_a_dropped_permit_frees_its_slot() {
    let (limiter, account) = (Limiter::local(), workspace());
    let tier = limits(Some(3), Some(1), Some(3));
    let first = call(&limiter, account, tier, 0).await.unwrap();
    assert_eq!(first.mode, Mode::Local);
    assert_eq!(
        refused(&call(&limiter, account, tier, 0).await),
        Some((LimitScope::Account, LimitKind::Concurrent, 1))
    );
    drop(first);
    let mut second = call(&limiter, account, tier, 0).await.unwrap();
    assert_eq!(second.readings.day.unwrap().remaining, 1);
    second.permit.give_back_day();
    second.permit.give_back_day();
    drop(second);
    let third = call(&limiter, account, tier, 0).await.unwrap();
    assert_eq!(third.readings.day.unwrap().remaining, 1);
    drop(third);
    assert_eq!(
        refused(&call(&limiter, account, tier, 1_000).await),
        Some((LimitScope::Account, LimitKind::Requests, 59))
    );
    let (left, mode) = limiter.look(&ask(account, tier), at(1_000)).await;
    assert_eq!((left.requests.unwrap().remaining, left.requests.unwrap().free_at), (0, at(60_000)));
    assert_eq!((left.concurrent.unwrap().remaining, mode), (1, Mode::Local));
    // Another account knows nothing of it.
    assert!(call(&limiter, workspace(), tier, 0).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn tokens_are_corrected_by_the_permit() {
    let (limiter, account) = (Limiter::local(), workspace());
    let tier = Limits { tokens_per_minute: Some(1_000), ..Limits::default() };
    let big = || admit::Ask { tokens: 900, ..ask(account, tier) };
    let mut first = limiter.admit(&big(), None, at(0)).await.unwrap();
    assert_eq!(
        refused(&limiter.admit(&big(), None, at(0)).await),
        Some((LimitScope::Account, LimitKind::Tokens, 48))
    );
    first.permit.correct_tokens(50);
    first.permit.correct_tokens(100);
    assert!(limiter.admit(&big(), None, at(0)).await.is_ok());
}

/// R-LIM-1: many threads at once are admitted exactly as often as the limits say.
#[test]
fn r_lim_1_threads_at_once_never_exceed() {
    let (limiter, account) = (Limiter::local(), workspace());
    let admitted = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    for _ in 0..200 {
                        let tier = limits(Some(120), Some(100), Some(100));
                        if call(&limiter, account, tier, 0).await.is_ok() {
                            admitted.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            });
        }
    });
    assert_eq!(admitted.into_inner(), 100);
}

/// R-LIM-5: who lacks nothing but a slot waits for it, in the order of coming, no longer than the bound.
#[tokio::test(start_paused = true)]
async fn r_lim_5_fair_use_waits_for_a_slot_within_a_bound() {
    let (limiter, account) = (Limiter::local(), workspace());
    let tier = limits(None, Some(1), None);
    let fair = Some(FairUse { queue_ms_max: 2_000, queued_max: 2 });
    let began = Instant::now();
    let waits = async |ms: u64| {
        sleep(Duration::from_millis(ms)).await;
        let answer = limiter.admit(&ask(account, tier), fair, at(ms)).await;
        (answer, began.elapsed().as_millis())
    };
    let held = limiter.admit(&ask(account, tier), fair, at(0)).await.unwrap();
    let first = async {
        let (answer, waited) = waits(10).await;
        let granted = answer.unwrap();
        sleep(Duration::from_millis(100)).await;
        drop(granted);
        waited
    };
    let release = async {
        sleep(Duration::from_millis(500)).await;
        drop(held);
    };
    let (first, second, third, ()) = tokio::join!(first, waits(20), waits(30), release);
    assert_eq!(first, 500);
    // The line had two places.
    assert_eq!((refused(&third.0), third.1), (Some((LimitScope::Account, LimitKind::Concurrent, 1)), 30));
    assert_eq!(second.1, 600);
    // Nobody gives up this slot: the wait ends at its bound.
    let kept = second.0.unwrap();
    let late = waits(0).await;
    assert_eq!((refused(&late.0), late.1), (Some((LimitScope::Account, LimitKind::Concurrent, 1)), 2_600));
    // Who leaves the line frees the place, and the line is empty again.
    for _ in 0..5 {
        assert!(timeout(Duration::from_millis(50), limiter.admit(&ask(account, tier), fair, at(0))).await.is_err());
    }
    drop(kept);
    assert!(limiter.admit(&ask(account, tier), fair, at(0)).await.is_ok());
}

/// A rate is not waited for: that may take a minute.
#[tokio::test(start_paused = true)]
async fn r_lim_5_a_rate_is_not_waited_for() {
    let (limiter, account) = (Limiter::local(), workspace());
    let tier = limits(Some(1), Some(1), None);
    let fair = Some(FairUse { queue_ms_max: 2_000, queued_max: 2 });
    let began = Instant::now();
    let _held = limiter.admit(&ask(account, tier), fair, at(0)).await.unwrap();
    let over = limiter.admit(&ask(account, tier), fair, at(0)).await;
    assert_eq!(
        (refused(&over), began.elapsed()),
        (Some((LimitScope::Account, LimitKind::Requests, 60)), Duration::ZERO)
    );
}

#[tokio::test(start_paused = true)]
async fn days_are_seeded_after_a_restart() {
    let (limiter, account) = (Limiter::local(), workspace());
    let tier = limits(None, None, Some(50));
    limiter.seed_day(account, None, at(0).day(), 48);
    let first = call(&limiter, account, tier, 0).await.unwrap();
    assert_eq!(first.readings.day.unwrap().remaining, 1);
    assert!(call(&limiter, account, tier, 0).await.is_ok());
    assert!(matches!(
        refused(&call(&limiter, account, tier, 0).await),
        Some((LimitScope::Account, LimitKind::Day, _))
    ));
    assert!(call(&limiter, account, tier, 86_400_000).await.is_ok());
}

/// R-LIM-4: nodes that do not know of each other have their parts, and tell the whole limit.
#[tokio::test(start_paused = true)]
async fn r_lim_4_nodes_without_redis_have_parts() {
    let (limiter, account) = (Limiter::local(), workspace());
    limiter.set_live_nodes(3);
    let tier = limits(Some(10), None, None);
    for left in (0..4).rev() {
        let reading = call(&limiter, account, tier, 0).await.unwrap().readings.requests.unwrap();
        assert_eq!((reading.limit, reading.remaining), (10, left));
    }
    assert!(call(&limiter, account, tier, 0).await.is_err());
    limiter.set_live_nodes(1);
    assert!(call(&limiter, account, tier, 0).await.is_ok());
}

/// A hundred thousand accounts that came once are forgotten when their day and window are past.
#[tokio::test(start_paused = true)]
async fn idle_accounts_are_forgotten() {
    let limiter = Limiter::local();
    let tier = limits(Some(5), Some(1), Some(50));
    let busy = workspace();
    let held = call(&limiter, busy, tier, 0).await.unwrap();
    for _ in 0..10_000 {
        call(&limiter, workspace(), tier, 0).await.unwrap();
    }
    assert_eq!(limiter.accounts(), 10_001);
    // The day must be remembered; after it only who runs still is.
    for n in 0..256 {
        call(&limiter, WorkspaceId::from_bytes([n as u8; 16]), tier, 86_400_000).await.unwrap();
    }
    assert!(limiter.accounts() <= 257, "{}", limiter.accounts());
    assert!(call(&limiter, busy, tier, 86_400_000).await.is_err());
    drop(held);
    assert!(call(&limiter, busy, tier, 86_400_000).await.is_ok());
}

/// R-LIM-3: an address is blocked by its 50th failure in a row.
#[test]
fn r_lim_3_addresses_are_blocked() {
    let limiter = Limiter::local();
    let address: IpAddr = "198.51.100.7".parse().unwrap();
    for n in 1..50 {
        assert_eq!(limiter.failed(address, at(n)), None);
    }
    limiter.succeeded(address);
    for n in 1..50 {
        assert_eq!(limiter.failed(address, at(n)), None);
    }
    assert_eq!(limiter.failed(address, at(1_000)), Some(at(301_000)));
    assert_eq!(limiter.blocked(address, at(300_999)), Some(at(301_000)));
    assert_eq!(limiter.blocked(address, at(301_000)), None);
    // Somebody lets it in before its time; what is not blocked is left alone.
    for n in 0..50 {
        let _ = limiter.failed(address, at(400_000 + n));
    }
    let other: IpAddr = "198.51.100.8".parse().unwrap();
    limiter.lift(other, at(400_050));
    assert_eq!(limiter.blocks(at(400_050)).len(), 1);
    limiter.lift(address, at(400_050));
    assert_eq!((limiter.blocked(address, at(400_050)), limiter.blocks(at(400_050))), (None, vec![]));
}
