//! The calls of a day: more on working days than at weekends, more by day than by night, more at the end of the month than at its
//! beginning, and one afternoon on which a provider fails. In: a seed, a day. Out: calls in the order of their times, the same for
//! the same seed. Pure. Never here: what they cost, keys.

use crate::demo::dice::Dice;
use crate::demo::plan::{Called, DAYS, Kind, OUTAGE_DAY, PROGRAMS, Program};
use server::PastEnding;
use std::ops::Range;
use std::sync::Arc;
use units::{Class, Timestamp, Usage};

/// What is served by the provider that fails, and the hours in which it does.
const OUTAGE: (&[&str], Range<u64>) = (&["sim-openai", "sim-failover", "sim-reasoner"], 14..16);
const HOUR_MS: u64 = 3_600_000;
/// A session of a program lasts so long.
const SESSION_MS: u64 = 40 * 60_000;

/// A call, before it has a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// When.
    pub at: Timestamp,
    /// Random bytes for its id.
    pub random: [u8; 10],
    /// By which of the programs.
    pub program: usize,
    /// What it calls.
    pub called: Called,
    /// How it ends.
    pub ending: PastEnding,
    /// Whether the first try fails.
    pub retried: bool,
    /// What it uses.
    pub usage: Usage,
    /// How long it takes.
    pub latency_ms: u32,
    /// How long until its first byte.
    pub first_byte_ms: u32,
    /// Whether it is a stream.
    pub streamed: bool,
    /// Its session.
    pub session: Option<Arc<str>>,
}

/// The calls of the day `n` of a month whose first UTC day is `first`, in their order.
pub fn of_day(seed: u64, first: i64, n: i64) -> Vec<Planned> {
    let mut all: Vec<Planned> = (0..)
        .zip(&PROGRAMS)
        .filter(|(_, program)| program.days.contains(&n))
        .flat_map(|(place, program)| of_program(seed, (first, n), (place, program)))
        .collect();
    all.sort_by_key(|call| (call.at, call.random));
    all
}

/// Whether a day counted from 1970-01-01, a Thursday, is a Saturday or a Sunday.
const fn is_weekend(day: i64) -> bool {
    (day + 3).rem_euclid(7) >= 5
}

fn of_program(seed: u64, (first, n): (i64, i64), (place, program): (usize, &Program)) -> Vec<Planned> {
    let number = u64::try_from(n).unwrap_or(0);
    let mut dice = Dice::new(seed, number * 64 + u64::try_from(place).unwrap_or(0));
    let usual = if is_weekend(first + n) { program.calls * program.weekend / 100 } else { program.calls };
    let grown = usual * (70 + 60 * number / u64::try_from(DAYS).unwrap_or(1)) / 100;
    let count = grown * dice.between(85, 115) / 100;
    let hours: Vec<(u64, u64)> = (0..24).zip(program.hours.weights()).collect();
    let one = |dice: &mut Dice| {
        let hour = *dice.weighted(&hours)?;
        let ms = hour * HOUR_MS + dice.between(0, HOUR_MS - 1);
        let called = *dice.weighted(program.models)?;
        let at = Timestamp::of_day(first + n).plus(std::time::Duration::from_millis(ms));
        let session = program.sessions.then(|| session(seed, (number, place), ms / SESSION_MS));
        Some(Planned { at, program: place, session, ..call(dice, program, (called, is_out(n, hour, called))) })
    };
    (0..count).filter_map(|_| one(&mut dice)).collect()
}

fn is_out(n: i64, hour: u64, called: Called) -> bool {
    n == OUTAGE_DAY && OUTAGE.1.contains(&hour) && OUTAGE.0.contains(&called.model)
}

fn session(seed: u64, (day, place): (u64, usize), turn: u64) -> Arc<str> {
    let place = (1 << 32) + (day * 64 + u64::try_from(place).unwrap_or(0)) * 64 + turn;
    let hex: String = Dice::new(seed, place).ten().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("session-{hex}").into()
}

fn call(dice: &mut Dice, program: &Program, (called, out): (Called, bool)) -> Planned {
    let random = dice.ten();
    let streamed = dice.one_of(program.streamed);
    let usage = usage(dice, called);
    let fast = first_byte_ms(dice, called.kind, &usage);
    let slow = fast.saturating_add(words_ms(dice, called.kind, &usage));
    let (ending, retried) = ending(dice, called, (streamed, out));
    let usage = match ending {
        PastEnding::Cut => usage.with(Class::Output, usage.count(Class::Output) / 2),
        _ => usage,
    };
    let (first_byte_ms, latency_ms) = match ending {
        PastEnding::Limited | PastEnding::Invalid => (0, dice.between(1, 6)),
        PastEnding::Overloaded | PastEnding::Failed => (0, dice.between(90, 1_800)),
        PastEnding::Cut => (fast, fast.midpoint(slow)),
        PastEnding::Served if streamed => (fast, slow),
        PastEnding::Served => (slow, slow),
    };
    let ms = |ms: u64| u32::try_from(ms).unwrap_or(u32::MAX);
    Planned {
        at: Timestamp::default(),
        random,
        program: 0,
        called,
        ending,
        retried,
        usage,
        latency_ms: ms(latency_ms),
        first_byte_ms: ms(first_byte_ms),
        streamed,
        session: None,
    }
}

/// How it ends, and whether its first try failed.
fn ending(dice: &mut Dice, called: Called, (streamed, out): (bool, bool)) -> (PastEnding, bool) {
    if out {
        // Who has a second provider is served by it.
        return match called.model {
            "sim-failover" => (PastEnding::Served, true),
            _ if dice.one_of(800) => (PastEnding::Failed, true),
            _ => (PastEnding::Served, dice.one_of(300)),
        };
    }
    match dice.between(0, 999) {
        0..8 => (PastEnding::Limited, false),
        8..15 => (PastEnding::Invalid, false),
        15..19 => (PastEnding::Overloaded, dice.one_of(500)),
        19..22 => (PastEnding::Failed, true),
        22..34 if streamed => (PastEnding::Cut, false),
        34..48 => (PastEnding::Served, true),
        _ => (PastEnding::Served, false),
    }
}

fn usage(dice: &mut Dice, called: Called) -> Usage {
    let part = |dice: &mut Dice, of: u64, least: u64, most: u64| of * dice.between(least, most) / 100;
    match called.kind {
        Kind::Chat => {
            let prompt = dice.mostly_small(180, 6_000);
            let kept = if prompt > 1_024 && dice.one_of(550) { part(dice, prompt, 40, 85) } else { 0 };
            let plain = Usage::NONE.with(Class::Input, prompt - kept).with(Class::CacheRead, kept);
            plain.with(Class::Output, dice.mostly_small(20, 1_400))
        }
        Kind::Code => {
            let prompt = dice.mostly_small(9_000, 140_000);
            let (read, written) = (part(dice, prompt, 70, 94), part(dice, prompt, 1, 6));
            Usage::NONE
                .with(Class::Input, prompt - read - written)
                .with(Class::CacheRead, read)
                .with(Class::CacheWrite5m, written)
                .with(Class::Output, dice.mostly_small(60, 2_600))
        }
        Kind::Think => Usage::NONE
            .with(Class::Input, dice.mostly_small(200, 4_500))
            .with(Class::Reasoning, dice.mostly_small(250, 7_000))
            .with(Class::Output, dice.mostly_small(80, 1_600)),
        Kind::Digest => Usage::NONE
            .with(Class::Input, dice.mostly_small(6_000, 52_000))
            .with(Class::Output, dice.between(60, 320)),
        Kind::Embed => Usage::NONE.with(Class::Input, dice.mostly_small(120, 7_000)),
        Kind::Paint => Usage::NONE.with(Class::Images, dice.mostly_small(1, 4)),
    }
}

fn first_byte_ms(dice: &mut Dice, kind: Kind, usage: &Usage) -> u64 {
    match kind {
        Kind::Chat => dice.mostly_small(210, 1_600),
        Kind::Code => dice.mostly_small(600, 4_200),
        Kind::Think => dice.mostly_small(500, 1_500) + usage.count(Class::Reasoning) * 5,
        Kind::Digest => dice.mostly_small(700, 3_600),
        Kind::Embed => dice.mostly_small(30, 420),
        Kind::Paint => dice.mostly_small(5_500, 26_000),
    }
}

/// How long its words take.
fn words_ms(dice: &mut Dice, kind: Kind, usage: &Usage) -> u64 {
    match kind {
        Kind::Embed | Kind::Paint => 0,
        _ => usage.count(Class::Output) * dice.between(6, 14),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday.
    const FIRST: i64 = 20_395;

    fn month(seed: u64) -> Vec<Planned> {
        (0..=DAYS).flat_map(|n| of_day(seed, FIRST, n)).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_month() {
        assert_eq!(month(3), month(3));
        assert_ne!(month(3), month(4));
    }

    #[test]
    fn a_month_is_plausible() {
        let all = month(1);
        assert!((5_000..12_000).contains(&all.len()), "{}", all.len());
        assert!(all.is_sorted_by_key(|call| call.at));
        let on = |n: i64| of_day(1, FIRST, n).len();
        assert!(on(14) * 10 > on(12) * 14, "a Monday of {} and a Saturday of {}", on(14), on(12));
        let share = |is: &dyn Fn(&Planned) -> bool| all.iter().filter(|call| is(call)).count() * 1_000 / all.len();
        assert!((930..985).contains(&share(&|call| call.ending == PastEnding::Served)));
        for ending in [PastEnding::Cut, PastEnding::Limited, PastEnding::Invalid, PastEnding::Failed] {
            assert!(share(&|call| call.ending == ending) >= 2, "{ending:?}");
        }
        assert!(share(&|call| call.usage.count(Class::CacheRead) > 0) > 200);
        assert!(share(&|call| call.session.is_some()) > 150);
        let hour = |call: &Planned| (call.at.ms() / 3_600_000) % 24;
        let office = |call: &Planned| call.program == 1;
        assert!(all.iter().filter(|call| office(call)).all(|call| (5..22).contains(&hour(call))));
    }

    #[test]
    fn a_provider_fails_for_an_afternoon_and_another_serves() {
        let day = of_day(1, FIRST, OUTAGE_DAY);
        let at = |call: &&Planned| (14..16).contains(&((call.at.ms() / 3_600_000) % 24));
        let of = |model: &str| {
            day.iter().filter(|call| call.called.model == model).filter(at).collect::<Vec<&Planned>>()
        };
        let failed = of("sim-openai").iter().filter(|call| call.ending == PastEnding::Failed).count();
        assert!(failed * 2 > of("sim-openai").len(), "{failed} of {}", of("sim-openai").len());
        assert!(of("sim-failover").iter().all(|call| call.ending == PastEnding::Served && call.retried));
    }
}
