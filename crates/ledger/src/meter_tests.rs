//! The meter against its promises: never below the cost, less than a nano above, monotone, nothing unknown for free.
//! Never here: wallets (wallet_tests).

use super::*;
use proptest::prelude::*;

fn rate(pico: i64) -> PicoRate {
    PicoRate::new(pico).unwrap()
}

fn some_rates() -> impl Strategy<Value = Rates> {
    let known = 0_i64..=(1 << 40);
    let maybe = prop::collection::vec(prop::option::of(known.clone()), 10);
    (known.clone(), known.clone(), known, maybe).prop_map(|(input, output, image, rest)| {
        let rates = Class::ALL
            .into_iter()
            .zip(&rest)
            .filter_map(|(class, r)| r.map(|r| (class, r)))
            .fold(Rates::UNKNOWN, |rates, (class, r)| rates.with(class, rate(r)))
            .with(Class::Input, rate(input))
            .with(Class::Output, rate(output))
            .with(Class::Images, rate(image));
        rest[9].map_or(rates.clone(), |r| rates.with_request(rate(r)))
    })
}

fn some_usage() -> impl Strategy<Value = Usage> {
    prop::collection::vec(prop::option::of(0_u64..=2_000_000), 9).prop_map(|counts| {
        Class::ALL
            .into_iter()
            .zip(counts)
            .filter_map(|(class, n)| n.map(|n| (class, n)))
            .fold(Usage::NONE, |usage, (class, n)| usage.with(class, n))
    })
}

#[test]
fn a_charge_is_the_exact_sum_rounded_up_once() {
    // 2.50 / 10.00 USD per million, cached input at 1.25.
    let rates = Rates::UNKNOWN
        .with(Class::Input, rate(2_500_000))
        .with(Class::Output, rate(10_000_000))
        .with(Class::CacheRead, rate(1_250_000));
    let usage = Usage::NONE.with(Class::Input, 400).with(Class::CacheRead, 800).with(Class::Output, 350);
    assert_eq!(charge(&usage, &rates), Ok(NanoUsd::new(5_500_000)));
    // Three classes of a third of a nano each make one nano, not three.
    let thin = Rates::UNKNOWN.with(Class::Input, rate(333)).with(Class::Output, rate(333));
    let usage = Usage::NONE.with(Class::Input, 1).with(Class::CacheRead, 1).with(Class::Output, 1);
    assert_eq!(charge(&usage, &thin), Ok(NanoUsd::new(1)));
}

#[test]
fn unknown_is_refused_and_free_is_said() {
    let input_only = Rates::UNKNOWN.with(Class::Input, rate(5));
    let usage = Usage::NONE.with(Class::Reasoning, 1);
    assert_eq!(charge(&usage, &input_only), Err(MeterError::Unpriced(Class::Reasoning)));
    assert_eq!(charge(&Usage::NONE.with(Class::Output, 0), &input_only), Ok(NanoUsd::ZERO));
    assert!(!input_only.is_free() && !Rates::UNKNOWN.is_free() && Rates::FREE.is_free());
    assert!(!Rates::FREE.with_request(rate(1)).is_free());
    assert_eq!(
        charge(&Usage::NONE.with(Class::Input, (1 << 40) + 1), &Rates::FREE),
        Err(MeterError::Absurd(Class::Input))
    );
}

#[test]
fn classes_fall_back_as_documented() {
    let rates = Rates::UNKNOWN.with(Class::Input, rate(10)).with(Class::Output, rate(20));
    let all = |r: &Rates| Class::ALL.map(|c| r.rate(c).map(PicoRate::pico));
    let (i, o) = (Some(10), Some(20));
    assert_eq!(all(&rates), [i, i, i, i, i, o, o, o, None]);
    let written = rates.with(Class::CacheWrite5m, rate(12));
    assert_eq!(written.rate(Class::CacheWrite1h), Some(rate(12)));
}

/// R-BILL-3: images cost by the piece, beside tokens and the request; a hold covers as many as were asked for.
#[test]
fn images_are_charged_by_the_piece() {
    let rates = Rates::FREE.with(Class::Images, rate(40_000_000_000));
    let made = |n| Usage::NONE.with(Class::Images, n);
    let bounds = |images| Bounds { images, ..Bounds::default() };
    assert_eq!(charge(&made(3), &rates), Ok(NanoUsd::new(120_000_000)));
    assert_eq!(worst_case(&bounds(10), &rates), Ok(NanoUsd::new(400_000_000)));
    assert!(!rates.is_free(), "tokens are free, images are not");
    // Of four that were asked for, two came.
    assert!(charge(&made(2), &rates).unwrap() < worst_case(&bounds(4), &rates).unwrap());
    let unpriced = Rates::UNKNOWN.with(Class::Input, rate(1)).with(Class::Output, rate(1));
    assert_eq!(charge(&made(1), &unpriced), Err(MeterError::Unpriced(Class::Images)));
    assert_eq!(worst_case(&bounds(1), &unpriced), Err(MeterError::Unpriced(Class::Images)));
    assert_eq!(worst_case(&bounds(Usage::COUNT_MAX + 1), &rates), Err(MeterError::Absurd(Class::Images)));
    // A model that makes none needs no rate for them.
    assert!(worst_case(&bounds(0), &unpriced).is_ok());
    let zero = Rates::UNKNOWN.with(Class::Input, PicoRate::ZERO).with(Class::Output, PicoRate::ZERO);
    assert!(zero.is_free() && zero.with(Class::Images, PicoRate::ZERO).is_free());
}

/// R-ROUTE-9: reading saves, writing costs, and what a cache has no rate for saves nothing.
#[test]
fn r_route_9_what_caches_saved_is_exact() {
    // 3.00 USD per million; a tenth for reading, a quarter more for minutes, twice as much for an hour.
    let dear = Rates::UNKNOWN
        .with(Class::Input, rate(3_000_000))
        .with(Class::CacheRead, rate(300_000))
        .with(Class::CacheWrite5m, rate(3_750_000))
        .with(Class::CacheWrite1h, rate(6_000_000))
        .with(Class::Output, rate(15_000_000));
    // A rate that no nano divides: 0.333 nano plain, 0.001 read, 0.334 written.
    let thin = Rates::UNKNOWN
        .with(Class::Input, rate(333))
        .with(Class::CacheRead, rate(1))
        .with(Class::CacheWrite5m, rate(334))
        .with(Class::Output, rate(1));
    let plain = Rates::UNKNOWN.with(Class::Input, rate(5_000)).with(Class::Output, rate(9_000));
    let used = |read, minutes, hour| {
        let usage = Usage::NONE.with(Class::Input, 70).with(Class::CacheRead, read).with(Class::Output, 90);
        usage.with(Class::CacheWrite5m, minutes).with(Class::CacheWrite1h, hour)
    };
    for (rates, usage, saved) in [
        (&dear, used(0, 0, 0), 0),
        (&dear, used(1_000, 0, 0), 2_700_000),
        (&dear, used(0, 1_000, 0), -750_000),
        (&dear, used(0, 0, 1_000), -3_000_000),
        (&dear, used(1_000, 1_000, 500), 2_700_000 - 750_000 - 1_500_000),
        // 0.996 saved is told as nothing, 1.328 as one; 0.001 lost is told as one lost.
        (&thin, used(3, 0, 0), 0),
        (&thin, used(4, 0, 0), 1),
        (&thin, used(0, 1, 0), -1),
        (&thin, used(0, 1_000, 0), -1),
        (&thin, used(0, 1_001, 0), -2),
        (&plain, used(1_000, 1_000, 1_000), 0),
        (&Rates::FREE, used(1_000, 1_000, 1_000), 0),
    ] {
        assert_eq!(cache_saved(&usage, rates), Ok(NanoUsd::new(saved)), "{usage:?}");
    }
    let unpriced = Rates::UNKNOWN.with(Class::CacheRead, rate(1));
    assert_eq!(cache_saved(&used(1, 0, 0), &unpriced), Err(MeterError::Unpriced(Class::Input)));
    assert_eq!(cache_saved(&used(0, 0, 0), &Rates::UNKNOWN), Ok(NanoUsd::ZERO));
    let absurd = used(Usage::COUNT_MAX + 1, 0, 0);
    assert_eq!(cache_saved(&absurd, &dear), Err(MeterError::Absurd(Class::CacheRead)));
    let much = dear.with(Class::Input, rate(i64::MAX));
    assert_eq!(cache_saved(&used(Usage::COUNT_MAX, 0, 0), &much), Err(MeterError::Money(MoneyError::Overflow)));
}

proptest! {
    /// R-ROUTE-9: never more than the same prompt without a cache would have been charged beyond it, and a nano less at most.
    #[test]
    fn r_route_9_never_more_saved_than_is_true(usage in some_usage(), rates in some_rates()) {
        let cached = [Class::CacheRead, Class::CacheWrite5m, Class::CacheWrite1h];
        let moved = usage.count(Class::Input) + cached.map(|class| usage.count(class)).iter().sum::<u64>();
        let uncached = cached.into_iter().fold(usage, |usage, class| usage.with(class, 0)).with(Class::Input, moved);
        let saved = i128::from(cache_saved(&usage, &rates).unwrap().nano());
        let exact = exact_pico(&uncached, &rates).unwrap() - exact_pico(&usage, &rates).unwrap();
        prop_assert!(saved * 1_000 <= exact && exact - saved * 1_000 < 1_000);
        let charged = |usage| i128::from(charge(usage, &rates).unwrap().nano());
        let told = charged(&uncached) - charged(&usage);
        prop_assert!(saved <= told && told <= saved + 1);
    }

    #[test]
    fn never_below_the_cost_and_less_than_a_nano_above(usage in some_usage(), rates in some_rates()) {
        let pico = exact_pico(&usage, &rates).unwrap();
        let charged = i128::from(charge(&usage, &rates).unwrap().nano()) * 1_000;
        prop_assert!(charged >= pico && charged - pico < 1_000);
    }

    #[test]
    fn monotone_in_every_class(usage in some_usage(), rates in some_rates(), more in 0_u64..1_000_000) {
        let base = charge(&usage, &rates).unwrap();
        for class in Class::ALL {
            let raised = usage.with(class, usage.count(class) + more);
            prop_assert!(charge(&raised, &rates).unwrap() >= base);
        }
    }

    #[test]
    fn a_worst_case_covers_every_usage_within_it(usage in some_usage(), rates in some_rates()) {
        let bounds = Bounds { prompt: usage.prompt_total(), answer: usage.answer_total(), reach: Reach::ALL, images: usage.count(Class::Images) };
        prop_assert!(worst_case(&bounds, &rates).unwrap() >= charge(&usage, &rates).unwrap());
    }

    #[test]
    fn the_affordable_answer_is_the_largest(
        amount in 0_i64..(1 << 50), prompt in 0_u64..2_000_000, images in 0_u64..11, rates in some_rates(),
    ) {
        let amount = NanoUsd::new(amount);
        let bounds = |answer| Bounds { prompt, answer, reach: Reach::default(), images };
        match affordable_answer(amount, &bounds(0), &rates).unwrap() {
            None => prop_assert!(worst_case(&bounds(0), &rates).unwrap() > amount),
            Some(n) => {
                prop_assert!(worst_case(&bounds(n), &rates).unwrap() <= amount);
                if n < Usage::COUNT_MAX {
                    prop_assert!(worst_case(&bounds(n + 1), &rates).unwrap() > amount);
                }
            }
        }
    }
}
