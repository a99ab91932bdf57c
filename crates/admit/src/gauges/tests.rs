//! Admission in all scopes at once: each default tier at given instants, all or nothing, what is told.
//! Never here: the window by itself, who is in which tier.

use super::*;
use crate::{Allowance, Reading};
use catalog::Tiers;
use proptest::prelude::*;

/// 2026-03-03T09:00:00Z.
const START: i64 = 1_772_528_400_000;
const WORKSPACE: WorkspaceId = WorkspaceId::from_bytes([1; 16]);
const KEY: KeyId = KeyId::from_bytes([2; 16]);

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(START + ms)
}

fn ask<'a>(account: Limits) -> Ask<'a> {
    let request = RequestId::from_bytes([3; 16]);
    Ask { workspace: WORKSPACE, request, account, key: None, model: None, tokens: 0, model_only: false }
}

fn admit(gauges: &mut Gauges, ask: &Ask<'_>, ms: i64) -> Verdict {
    gauges.admit(ask, &ask.account, at(ms))
}

fn refused(verdict: Verdict) -> Option<(LimitScope, LimitKind, u64)> {
    verdict.refusal.map(|refusal| (refusal.scope, refusal.kind, refusal.retry_after_s()))
}

fn limits(minute: u32, concurrent: u32, day: u32) -> Limits {
    Limits {
        requests_per_minute: Some(minute),
        concurrent: Some(concurrent),
        requests_per_day: Some(day),
        tokens_per_minute: None,
    }
}

/// R-LIM-1: every default tier at given instants: rate, concurrency and day all bite, and all come back.
#[test]
fn r_lim_1_every_default_tier() {
    for (has, name, minute, concurrent, day) in [
        ((None, false), "free", 5, 1, 50),
        ((None, true), "topup", 30, 2, 500),
        ((Some("starter"), false), "starter", 30, 2, 1_000),
        ((Some("pro"), false), "pro", 60, 3, 2_000),
        ((Some("max"), false), "max", 90, 6, 5_000),
        ((Some("ultra"), false), "ultra", 120, 8, 10_000),
    ] {
        let tiers = Tiers::default();
        let allowed = Allowance::of_plans(&tiers, has.0).unwrap_or_else(|| Allowance::of_balance(&tiers, has.1));
        assert_eq!((&*allowed.tier.name, allowed.limits), (name, limits(minute, concurrent, day)));
        let ask = ask(allowed.limits);
        let taken = ask.taken(at(0));
        let mut gauges = Gauges::default();
        // Slots: so many at once, and one more when one ends.
        for n in 0..concurrent {
            let readings = admit(&mut gauges, &ask, 0).readings;
            let left = readings.concurrent.map(|reading| (reading.limit, reading.remaining));
            assert_eq!(left, Some((concurrent, concurrent - n - 1)));
        }
        assert_eq!(refused(admit(&mut gauges, &ask, 0)), Some((LimitScope::Account, LimitKind::Concurrent, 1)));
        gauges.release(&taken);
        assert_eq!(refused(admit(&mut gauges, &ask, 1)), None);
        (0..concurrent).for_each(|_| gauges.release(&taken));
        // The rate: so many in 60 seconds, one after the other.
        for n in concurrent + 1..minute {
            assert_eq!(refused(admit(&mut gauges, &ask, 2)), None, "{name} {n}");
            gauges.release(&taken);
        }
        let over = admit(&mut gauges, &ask, 1_500);
        assert_eq!(refused(over), Some((LimitScope::Account, LimitKind::Requests, 59)));
        // Ever the last of them is the instant at which all is free.
        let last = if minute > concurrent + 1 { 2 } else { 1 };
        let full = Reading { limit: minute, remaining: 0, free_at: at(60_000 + last) };
        assert_eq!(over.readings.requests, Some(full));
        assert_eq!(refused(admit(&mut gauges, &ask, 59_999)), Some((LimitScope::Account, LimitKind::Requests, 1)));
        // The day: what is left of it, minute by minute, and no more until it ends.
        let mut used = minute;
        let mut ms = 61_000;
        while used < day {
            assert_eq!(refused(admit(&mut gauges, &ask, ms)), None, "{name} {used}");
            gauges.release(&taken);
            used += 1;
            ms += if used % minute == 0 { 60_000 } else { 0 };
        }
        ms += 60_000;
        let over = admit(&mut gauges, &ask, ms);
        let night = 15 * 3_600_000;
        assert_eq!(
            refused(over),
            Some((LimitScope::Account, LimitKind::Day, ((night - ms) as u64).div_ceil(1_000)))
        );
        assert_eq!(over.readings.day, Some(Reading { limit: day, remaining: 0, free_at: at(night) }));
        assert_eq!(at(night).to_string(), "2026-03-04T00:00:00.000Z");
        assert!(admit(&mut gauges, &ask, night - 1).refusal.is_some());
        let next = admit(&mut gauges, &ask, night);
        assert_eq!((refused(next), next.readings.day.unwrap().remaining), (None, day - 1));
    }
}

/// R-LIM-1: one admission over three scopes: who is refused took nothing anywhere, and the scope and limit are named.
#[test]
fn r_lim_1_all_or_nothing_over_all_scopes() {
    let model: Arc<str> = "acme/trial".into();
    let only = |minute: Option<u32>, day: Option<u32>| Limits {
        requests_per_minute: minute,
        requests_per_day: day,
        ..Limits::default()
    };
    let all = Ask {
        key: Some((KEY, only(Some(2), None))),
        model: Some((&model, only(None, Some(3)))),
        ..ask(limits(10, 10, 10))
    };
    let mut gauges = Gauges::default();
    assert_eq!(refused(admit(&mut gauges, &all, 0)), None);
    assert_eq!(refused(admit(&mut gauges, &all, 500)), None);
    let over = admit(&mut gauges, &all, 1_000);
    assert_eq!(refused(over), Some((LimitScope::Key, LimitKind::Requests, 59)));
    // The account lost nothing by it.
    assert_eq!(over.readings.requests.unwrap().remaining, 8);
    assert_eq!((over.readings.day.unwrap().remaining, gauges.held()), (8, 2));
    // Without the key's limit the model's day has room for one more.
    let keyless = Ask { key: None, ..all.clone() };
    assert_eq!(refused(admit(&mut gauges, &keyless, 1_000)), None);
    assert_eq!(refused(admit(&mut gauges, &keyless, 1_000)), Some((LimitScope::Model, LimitKind::Day, 53_999)));
    // Who asks for another model only takes nothing of the account, and gives nothing back to it.
    let other: Arc<str> = "acme/other".into();
    let second = Ask { model: Some((&other, only(Some(1), None))), model_only: true, ..all.clone() };
    let before = gauges.held();
    let got = admit(&mut gauges, &second, 1_000);
    assert_eq!((refused(got), gauges.held()), (None, before));
    assert_eq!(refused(admit(&mut gauges, &second, 1_000)), Some((LimitScope::Model, LimitKind::Requests, 60)));
    gauges.release(&second.taken(at(1_000)));
    assert_eq!(gauges.held(), before);
    // Of two refusals the longer is told.
    assert_eq!(refused(admit(&mut gauges, &all, 1_000)), Some((LimitScope::Model, LimitKind::Day, 53_999)));
    // Another model does not know of it.
    let elsewhere = Ask { model: Some((&other, only(None, Some(3)))), ..keyless.clone() };
    assert_eq!(refused(admit(&mut gauges, &elsewhere, 1_000)), None);
    // What one took is given back by its name.
    gauges.give_back_day(&keyless.taken(at(0)));
    assert_eq!(refused(admit(&mut gauges, &keyless, 1_000)), None);
}

/// A request that lacked slots alone may wait for one; one that lacks more may not.
#[test]
fn r_lim_5_who_lacks_slots_alone_is_told_apart() {
    let one = ask(limits(2, 1, 10));
    let mut gauges = Gauges::default();
    assert_eq!(refused(admit(&mut gauges, &one, 0)), None);
    assert!(admit(&mut gauges, &one, 0).refusal.unwrap().slots_only);
    gauges.release(&one.taken(at(0)));
    assert_eq!(refused(admit(&mut gauges, &one, 0)), None);
    assert!(!admit(&mut gauges, &one, 0).refusal.unwrap().slots_only);
}

#[test]
fn tokens_are_estimated_and_corrected() {
    let limit = Limits { tokens_per_minute: Some(600), ..Limits::default() };
    let one = Ask { tokens: 400, ..ask(limit) };
    let mut gauges = Gauges::default();
    assert_eq!(refused(admit(&mut gauges, &one, 0)), None);
    assert_eq!(refused(admit(&mut gauges, &one, 0)), Some((LimitScope::Account, LimitKind::Tokens, 20)));
    gauges.correct_tokens(&one.taken(at(0)), 100);
    assert_eq!(refused(admit(&mut gauges, &one, 0)), None);
    assert_eq!(admit(&mut gauges, &one, 0).readings, Readings::default());
}

#[test]
fn days_are_seeded_given_back_and_turned() {
    let one = ask(limits(100, 100, 3));
    let mut gauges = Gauges::default();
    let today = at(0).day();
    gauges.raise_day(None, today, 2);
    gauges.raise_day(None, today, 1);
    gauges.raise_day(None, today - 1, 9);
    assert_eq!(refused(admit(&mut gauges, &one, 0)), None);
    assert_eq!(refused(admit(&mut gauges, &one, 0)), Some((LimitScope::Account, LimitKind::Day, 54_000)));
    gauges.give_back_day(&one.taken(at(0)));
    // Not what counted for another day.
    gauges.give_back_day(&Taken { day: today - 1, ..one.taken(at(0)) });
    assert_eq!(refused(admit(&mut gauges, &one, 0)), None);
    assert!(admit(&mut gauges, &one, 0).refusal.is_some());
    gauges.set_days(&one, &[Some(0), None, Some(9)], today);
    assert_eq!(gauges.days_used(&one, at(0)), [0; 3]);
    assert_eq!(refused(admit(&mut gauges, &one, 0)), None);
    // A clock that was a day ahead and is set right takes its count along.
    let mut ahead = Gauges::default();
    (0..3).for_each(|_| assert_eq!(refused(admit(&mut ahead, &one, 86_400_000)), None));
    assert!(admit(&mut ahead, &one, 0).refusal.is_some());
    assert_eq!(refused(admit(&mut ahead, &one, 86_400_000)), None);
}

/// R-LIM-4: what all nodes count together binds, but a node that alone has too many knows that the others' memory was lost.
#[test]
fn r_lim_4_a_node_follows_unless_it_knows_better() {
    let model: Arc<str> = "m".into();
    let one = Ask { model: Some((&model, limits(9, 9, 9))), ..ask(limits(3, 2, 1)) };
    let mut gauges = Gauges::default();
    let follow = |gauges: &mut Gauges, ms| gauges.follow(&one, false, at(ms)).map(|r| (r.scope, r.kind));
    assert_eq!(follow(&mut gauges, 0), None);
    assert_eq!(follow(&mut gauges, 1), None);
    gauges.set_days(&one, &[Some(7), None, Some(5)], at(0).day());
    assert_eq!(gauges.days_used(&one, at(0)), [7, 0, 5]);
    assert_eq!(gauges.days_used(&one, at(86_400_000)), [0; 3]);
    assert_eq!(follow(&mut gauges, 2), Some((LimitScope::Account, LimitKind::Concurrent)));
    // The same request again has its slot already.
    assert_eq!(gauges.follow(&one, true, at(2)), None);
    (0..3).for_each(|_| gauges.release(&one.taken(at(0))));
    assert_eq!(follow(&mut gauges, 3), Some((LimitScope::Account, LimitKind::Requests)));
    assert_eq!(follow(&mut gauges, 60_000), None);
    assert_eq!(one.share_of_rates(2).account, limits(2, 2, 1));
}

#[test]
fn nothing_is_remembered_of_who_is_idle() {
    let model: Arc<str> = "m".into();
    let all =
        Ask { key: Some((KEY, limits(5, 5, 5))), model: Some((&model, limits(5, 5, 5))), ..ask(limits(5, 5, 5)) };
    let mut gauges = Gauges::default();
    assert!(gauges.tidy(at(0)));
    assert_eq!(refused(admit(&mut gauges, &all, 0)), None);
    assert!(!gauges.tidy(at(70_000)));
    gauges.release(&all.taken(at(0)));
    // The day's count must be remembered to its end.
    assert!(!gauges.tidy(at(70_000)));
    assert!(gauges.tidy(at(86_400_000)));
}

/// R-LIM-4: without a shared count each node has its part, rounded up; callers read the whole limit.
#[test]
fn r_lim_4_nodes_without_a_shared_count_take_parts() {
    let whole = ask(limits(10, 3, 7));
    let part = whole.share(4, true);
    assert_eq!(part.account, limits(3, 1, 2));
    assert_eq!(whole.share(4, false).account, limits(3, 1, 7));
    assert_eq!(whole.share(0, true).account, whole.account);
    let mut gauges = Gauges::default();
    let readings = gauges.admit(&part, &whole.account, at(0)).readings;
    assert_eq!(readings.requests.map(|r| (r.limit, r.remaining)), Some((10, 2)));
    assert_eq!(readings.day.map(|r| (r.limit, r.remaining)), Some((7, 1)));
}

proptest! {
    /// R-LIM-1: whatever comes and goes, every scope holds its limits, and what is refused takes nothing.
    #[test]
    fn r_lim_1_no_scope_is_ever_above_its_limits(
        account in (1_u32..8, 1_u32..4, 1_u32..30),
        own in (1_u32..8, 1_u32..4, 1_u32..30),
        steps in proptest::collection::vec((0_i64..20_000, any::<bool>(), any::<bool>(), any::<bool>()), 1..200),
    ) {
        let model: Arc<str> = "m".into();
        let mut gauges = Gauges::default();
        let mut live: Vec<Taken> = Vec::new();
        let mut seen: Vec<(i64, bool, bool)> = Vec::new();
        let mut now = 0;
        for (step, with_key, with_model, end) in steps {
            now += step;
            if end && let Some(taken) = live.pop() {
                gauges.release(&taken);
            }
            let small = limits(own.0, own.1, own.2);
            let one = Ask {
                key: with_key.then_some((KEY, small)),
                model: with_model.then_some((&model, small)),
                ..ask(limits(account.0, account.1, account.2))
            };
            let fits = |of: &dyn Fn(&(i64, bool, bool)) -> bool, most: (u32, u32, u32), held: usize| {
                let minute = seen.iter().filter(|s| of(s) && s.0 > now - 60_000).count();
                let day = seen.iter().filter(|s| of(s) && at(s.0).day() == at(now).day()).count();
                minute < most.0 as usize && held < most.1 as usize && day < most.2 as usize
            };
            let key_held = live.iter().filter(|t| t.key.is_some()).count();
            let model_held = live.iter().filter(|t| t.model.is_some()).count();
            let expected = fits(&|_| true, account, live.len())
                && (!with_key || fits(&|s| s.1, own, key_held))
                && (!with_model || fits(&|s| s.2, own, model_held));
            let verdict = admit(&mut gauges, &one, now);
            prop_assert_eq!(verdict.refusal.is_none(), expected);
            if expected {
                live.push(one.taken(at(now)));
                seen.push((now, with_key, with_model));
            }
            prop_assert_eq!(gauges.held() as usize, live.len());
        }
    }
}
