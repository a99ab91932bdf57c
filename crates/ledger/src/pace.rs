//! How fast answers were: counts by time on a scale whose steps grow with it, so that any of them add up. In: milliseconds.
//! Out: quantiles. Never here: single requests, a store.

use std::collections::BTreeMap;

/// Steps of each doubling.
const STEPS: u32 = 4;

/// Which time is measured, from the head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timed {
    /// To the end of its answer.
    End,
    /// To the first byte that says something.
    FirstByte,
}

impl Timed {
    /// Both.
    pub const ALL: [Self; 2] = [Self::End, Self::FirstByte];

    /// Its number in the store.
    pub const fn number(self) -> i16 {
        match self {
            Self::End => 0,
            Self::FirstByte => 1,
        }
    }

    /// What is timed under that number; `None` for any other.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|timed| timed.number() == number)
    }
}

/// The step of a time: up to 7 ms each has its own, then four of each doubling.
pub fn step_of(ms: u32) -> u8 {
    let Some(doubling) = ms.checked_ilog2().filter(|n| *n > 2) else { return u8::try_from(ms).unwrap_or(0) };
    let part = (ms >> doubling.saturating_sub(2)) & (STEPS - 1);
    let step = doubling.saturating_sub(1).saturating_mul(STEPS).saturating_add(part);
    u8::try_from(step).unwrap_or(u8::MAX)
}

/// The smallest time of a step, in milliseconds.
pub fn start_of(step: u8) -> u64 {
    let step = u32::from(step);
    let (Some(doubling), part) = ((step / STEPS).checked_add(1), step % STEPS) else { return 0 };
    if step < 8 { step.into() } else { u64::from(STEPS.saturating_add(part)) << doubling.saturating_sub(2) }
}

/// How many answers were how fast.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Pace(BTreeMap<u8, u64>);

impl Pace {
    /// So many more of a step.
    pub fn add(&mut self, step: u8, count: u64) {
        let known = self.0.entry(step).or_default();
        *known = known.saturating_add(count);
    }

    /// Those of others too.
    pub fn take(&mut self, others: &Self) {
        others.0.iter().for_each(|(step, count)| self.add(*step, *count));
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The time within which so many of a hundred were done, in milliseconds: the end of its step, so that it is never told too
    /// small, and at most a quarter too large. `None` when there are none.
    pub fn percentile(&self, of_hundred: u64) -> Option<u64> {
        let wanted = self.count().saturating_mul(of_hundred).div_ceil(100).max(1);
        let mut seen = 0_u64;
        for (step, count) in &self.0 {
            seen = seen.saturating_add(*count);
            if seen >= wanted {
                return Some(start_of(step.saturating_add(1)).saturating_sub(1));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_follow_each_other_without_a_gap() {
        for (ms, step) in [(0, 0), (1, 1), (7, 7), (8, 8), (9, 8), (10, 9), (15, 11), (16, 12), (19, 12), (20, 13)]
        {
            assert_eq!(step_of(ms), step, "{ms}");
        }
        for step in 0..=step_of(u32::MAX) {
            let start = u32::try_from(start_of(step)).unwrap();
            assert_eq!(step_of(start), step);
            assert!(start == 0 || step_of(start - 1) == step - 1, "{start}");
        }
    }

    #[test]
    fn a_percentile_of_nothing_is_nothing() {
        assert_eq!(Pace::default().percentile(50), None);
    }

    proptest! {
        /// R-USE-2: percentiles are never told too small, and at most a quarter too large.
        #[test]
        fn r_use_2_percentiles_are_near_the_truth(mut times in prop::collection::vec(0..2_000_000_u32, 1..200), of in 1..=100_u64) {
            let mut pace = Pace::default();
            times.iter().for_each(|ms| pace.add(step_of(*ms), 1));
            times.sort_unstable();
            let place = (times.len() as u64 * of).div_ceil(100).max(1) - 1;
            let truth = u64::from(times[usize::try_from(place).unwrap()]);
            let told = pace.percentile(of).unwrap();
            prop_assert!(truth <= told && told <= truth + truth / 4, "{truth} {told}");
        }
    }
}
