//! The window against a naive count: never more than the limit in any 60 seconds, and whatever the naive count admits.
//! Never here: other limits (gauges).

use super::*;
use catalog::Tiers;
use proptest::prelude::*;

const START: i64 = 1_800_000_000_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(START + ms)
}

/// Every instant that was admitted, for ever, the earliest first.
#[derive(Default)]
struct Naive(Vec<i64>);

impl Naive {
    fn in_window(&self, now: i64) -> usize {
        self.after(now - SPAN_MS) - self.after(now)
    }

    fn after(&self, ms: i64) -> usize {
        self.0.len() - self.0.partition_point(|at| *at <= ms)
    }

    /// The most in any 60 seconds.
    fn most(&self) -> usize {
        self.0.iter().map(|end| self.in_window(*end)).max().unwrap_or(0)
    }
}

fn admit(window: &mut Window, limit: u32, ms: i64) -> bool {
    let fits = window.wait(limit, at(ms)).is_none();
    if fits {
        window.record(limit, at(ms));
    }
    fits
}

/// R-LIM-1: for an hour of random arrivals at each default tier, exactly what a naive count admits.
#[test]
fn r_lim_1_an_hour_of_each_tier_agrees_with_a_naive_count() {
    let mut seed = 7_u64;
    for tier in Tiers::default().iter() {
        let limit = tier.limits.requests_per_minute.unwrap();
        let (mut window, mut naive) = (Window::default(), Naive::default());
        let mut now = 0_i64;
        while now < 3_600_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Bursts and pauses, twice the limit in all.
            let pause = if seed >> 60 < 12 { 20 } else { 60_000 * 7 / i64::from(limit) };
            now += (seed >> 33) as i64 % pause.max(2);
            let expected = naive.in_window(now) < limit as usize;
            assert_eq!(admit(&mut window, limit, now), expected, "{} at {now}", tier.name);
            if expected {
                naive.0.push(now);
            }
        }
        assert_eq!(naive.most(), limit as usize, "{}", tier.name);
    }
}

/// A wait is told by what still counts, not by what stood in its place before: a limit may have become lower.
#[test]
fn waits_of_seconds_are_true_after_a_lower_limit() {
    let (mut window, high, low) = (Window::default(), EXACT_MAX + 3_000, EXACT_MAX + 1);
    (0..3_000).for_each(|_| window.record(high, at(0)));
    (0..low).for_each(|_| window.record(high, at(30_000)));
    assert_eq!((window.used(at(60_999)), window.used(at(61_000))), (low + 3_000, low));
    assert_eq!(window.wait(low, at(61_000)), Some(Duration::from_secs(30)));
    assert_eq!(window.wait(low, at(91_000)), None);
}

#[test]
fn waits_are_true_to_the_millisecond() {
    let mut window = Window::default();
    let wait = |window: &mut Window, limit, ms| window.wait(limit, at(ms)).map(|wait| wait.as_millis());
    for ms in [0, 10_000, 20_000] {
        assert!(admit(&mut window, 3, ms));
    }
    assert_eq!(wait(&mut window, 3, 20_000), Some(40_000));
    assert_eq!(wait(&mut window, 3, 59_999), Some(1));
    assert_eq!(wait(&mut window, 3, 60_000), None);
    // A smaller limit waits for more of them, a larger one for fewer.
    assert_eq!(wait(&mut window, 1, 30_000), Some(50_000));
    assert_eq!(wait(&mut window, 4, 30_000), None);
    assert_eq!(wait(&mut window, 0, 90_000), Some(60_000));
    assert_eq!(window.free_at(at(30_000)), at(80_000));
    assert_eq!(window.free_at(at(80_000)), at(80_000));
    assert_eq!((window.used(at(79_999)), window.used(at(80_000))), (1, 0));
}

#[test]
fn a_clock_that_is_set_back_does_not_lock_anybody_out() {
    for limit in [3, 3_000] {
        let mut window = Window::default();
        let day = 86_400_000;
        (0..limit).for_each(|_| assert!(admit(&mut window, limit, day)));
        // A little: nothing changes. Much: what came counts as if it had come now.
        assert!(!admit(&mut window, limit, day - 1_000));
        assert!(!admit(&mut window, limit, 0));
        assert!(!admit(&mut window, limit, 59_000));
        assert!(admit(&mut window, limit, 61_000), "{limit}");
    }
}

#[test]
fn a_window_that_slept_for_months_is_empty() {
    let mut window = Window::default();
    assert!(admit(&mut window, 1, 0));
    // The low half of the instant comes round.
    let round = 1_i64 << 32;
    assert!(admit(&mut window, 1, round + 1));
    assert!(!admit(&mut window, 1, round + 60_000));
    assert!(!window.tidy(at(round + 60_000)));
    assert!(window.tidy(at(round + 60_001)));
}

/// Another limit takes what came along, on the strict side.
#[test]
fn a_change_of_form_forgets_nothing() {
    let mut window = Window::default();
    (0..2_000).for_each(|n| assert!(admit(&mut window, 2_000, n)));
    (0..1_000).for_each(|n| assert!(admit(&mut window, 3_000, 2_000 + n)));
    assert!(!admit(&mut window, 3_000, 59_000));
    assert!(!admit(&mut window, 100, 59_000));
    // The last came at 2,999; by seconds it counts until its second is past.
    assert!(admit(&mut window, 100, 63_000));
    let mut small = Window::default();
    (0..50).for_each(|n| assert!(admit(&mut small, 3_000, n * 100)));
    assert!(!admit(&mut small, 50, 60_998));
    assert!(admit(&mut small, 50, 60_999));
}

proptest! {
    /// Exact up to the largest limit that is kept so: neither more nor fewer than a naive count.
    #[test]
    fn r_lim_1_small_limits_are_exact(
        limit in 1_u32..40,
        steps in proptest::collection::vec(prop_oneof![0_i64..50, 0_i64..3_000, 50_000_i64..130_000], 1..300),
    ) {
        let (mut window, mut naive) = (Window::default(), Naive::default());
        let mut now = 0;
        for step in steps {
            now += step;
            let expected = naive.in_window(now) < limit as usize;
            prop_assert_eq!(window.used(at(now)) as usize, naive.in_window(now));
            prop_assert_eq!(admit(&mut window, limit, now), expected);
            if expected {
                naive.0.push(now);
            } else {
                let wait = window.wait(limit, at(now)).map_or(0, |wait| wait.as_millis() as i64);
                prop_assert!(naive.in_window(now + wait) < limit as usize);
                prop_assert!(naive.in_window(now + wait - 1) >= limit as usize);
            }
        }
        prop_assert!(naive.most() <= limit as usize);
    }

    /// By seconds: never more, and nothing is refused that would fit a second later.
    #[test]
    fn r_lim_1_large_limits_err_on_the_strict_side(
        bursts in proptest::collection::vec((0_i64..40_000, 1_usize..1_500), 1..40),
    ) {
        let limit = EXACT_MAX + 1;
        let (mut window, mut naive) = (Window::default(), Naive::default());
        let mut now = 0;
        for (step, many) in bursts {
            now += step;
            for _ in 0..many {
                if admit(&mut window, limit, now) {
                    naive.0.push(now);
                } else {
                    // Whatever is past its 60 seconds by a whole second counts no more.
                    prop_assert!(naive.after(now - SPAN_MS - 1_000) >= limit as usize);
                    let wait = window.wait(limit, at(now)).map_or(0, |wait| wait.as_millis() as i64);
                    prop_assert!(naive.in_window(now + wait) < limit as usize);
                    // The rest of the burst fares alike.
                    break;
                }
            }
        }
        let mut ends = naive.0.clone();
        ends.dedup();
        for end in ends {
            prop_assert!(naive.in_window(end) <= limit as usize);
        }
    }

    /// Threads that bring their instants in another order never bring more in.
    #[test]
    fn r_lim_1_instants_out_of_order_are_strict(
        limit in 1_u32..20,
        steps in proptest::collection::vec((0_i64..8_000, 0_i64..50), 1..200),
    ) {
        let (mut window, mut naive) = (Window::default(), Naive::default());
        let mut clock = 0;
        for (step, late) in steps {
            clock += step;
            let now = clock - late;
            if admit(&mut window, limit, now) {
                naive.0.push(now);
            }
        }
        naive.0.sort_unstable();
        prop_assert!(naive.most() <= limit as usize);
    }
}
