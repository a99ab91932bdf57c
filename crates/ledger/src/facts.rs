//! What requests came to, summed: what every tile, chart and total reads. In: rows of requests. Out: facets and sums of them,
//! integers all. Never here: a store, a name for people, a rate.

use crate::UsageRow;
use std::sync::Arc;
use units::{Class, KeyId, NanoUsd, Timestamp, Usage, UsageSource, WorkspaceId};

/// How a request ended, for whoever counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// Answered to the end.
    Served,
    /// Answered, but not to the end.
    Cut,
    /// Refused: by a limit, for want of credit, for what was asked.
    Refused,
    /// Failed: here or at the provider's.
    Failed,
}

impl Ending {
    /// Every one, in the order of its number.
    pub const ALL: [Self; 4] = [Self::Served, Self::Cut, Self::Refused, Self::Failed];

    /// That of a status and of an answer that stopped before its end.
    pub const fn of(status: u16, partial: bool) -> Self {
        match (status, partial) {
            (500.., _) => Self::Failed,
            (400.., _) => Self::Refused,
            (_, true) => Self::Cut,
            (_, false) => Self::Served,
        }
    }

    /// Its number in the store.
    pub const fn number(self) -> i16 {
        match self {
            Self::Served => 0,
            Self::Cut => 1,
            Self::Refused => 2,
            Self::Failed => 3,
        }
    }

    /// The one of a number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| i64::from(ending.number()) == number)
    }

    /// The word of the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Cut => "cut",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// The one of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.name() == name)
    }
}

/// How many requests ended in which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Endings([i64; Ending::ALL.len()]);

impl Endings {
    /// Those of counts in the order of `Ending::ALL`.
    pub const fn new(counts: [i64; Ending::ALL.len()]) -> Self {
        Self(counts)
    }

    /// So many more ended so.
    pub fn add(&mut self, ending: Ending, more: i64) {
        let all = Ending::ALL.into_iter().zip(&mut self.0);
        all.filter(|(each, _)| *each == ending).for_each(|(_, count)| *count = count.saturating_add(more));
    }

    /// Those of others too.
    pub fn take(&mut self, others: &Self) {
        self.0.iter_mut().zip(others.0).for_each(|(count, more)| *count = count.saturating_add(more));
    }

    /// How many ended so.
    pub fn count(&self, ending: Ending) -> i64 {
        let all = Ending::ALL.into_iter().zip(self.0);
        all.filter(|(each, _)| *each == ending).map(|(_, count)| count).sum()
    }
}

/// What a sum is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Facets {
    /// Who paid.
    pub workspace: WorkspaceId,
    /// With which key.
    pub key: KeyId,
    /// The public model id.
    pub model: Arc<str>,
    /// The endpoint family.
    pub endpoint: &'static str,
    /// The provider that served (operators only); empty when none did.
    pub provider: Arc<str>,
    /// How it ended.
    pub ending: Ending,
}

impl Facets {
    /// Those of a request.
    pub fn of(row: &UsageRow) -> Self {
        Self {
            workspace: row.workspace,
            key: row.key,
            model: Arc::clone(&row.model),
            endpoint: row.endpoint,
            provider: Arc::clone(&row.provider),
            ending: Ending::of(row.status, row.partial),
        }
    }
}

/// How many numbers a sum has.
pub const SUMS: usize = 6 + Class::ALL.len();

/// What requests came to. Each number is a sum over requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Sums {
    /// How many there were.
    pub requests: i64,
    /// Of these, how many whose usage was estimated.
    pub estimated: i64,
    /// How many that took more than one attempt.
    pub retried: i64,
    /// How many that were streams.
    pub streamed: i64,
    /// What was charged.
    pub charge: NanoUsd,
    /// What prompt caches saved.
    pub cache_saved: NanoUsd,
    /// Tokens and images, in the order of `Class::ALL`.
    pub counts: [i64; Class::ALL.len()],
}

impl Sums {
    /// Those of one request, whose charge is what its row says.
    pub fn of(row: &UsageRow) -> Self {
        Self {
            requests: 1,
            estimated: i64::from(row.source == UsageSource::Estimated),
            retried: i64::from(row.attempts > 1),
            streamed: i64::from(row.streamed),
            charge: row.charge,
            cache_saved: row.cache_saved,
            counts: Class::ALL.map(|class| believed(&row.usage, class)),
        }
    }

    /// The sum of both. One that does not fit stays at its end: what is told of requests never keeps a charge from being written.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let (a, b) = (self.numbers(), other.numbers());
        let mut sum = a.into_iter().zip(b).map(|(a, b)| a.saturating_add(b));
        Self::from_numbers(std::array::from_fn(|_| sum.next().unwrap_or(0)))
    }

    /// What is left without the other.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self::from_numbers(other.numbers().map(i64::saturating_neg)))
    }

    /// The count of a class.
    pub fn count(&self, class: Class) -> i64 {
        let all = Class::ALL.into_iter().zip(self.counts);
        all.filter(|(each, _)| *each == class).map(|(_, count)| count).sum()
    }

    /// All tokens of prompts, cached and written ones included.
    pub fn prompt_tokens(&self) -> i64 {
        self.total_of(Class::is_prompt)
    }

    /// All tokens of answers, reasoning included.
    pub fn answer_tokens(&self) -> i64 {
        self.total_of(Class::is_answer)
    }

    fn total_of(&self, belongs: impl Fn(Class) -> bool) -> i64 {
        let all = Class::ALL.into_iter().zip(self.counts).filter(|(class, _)| belongs(*class));
        all.fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// Its numbers in the order of storage.
    pub fn numbers(&self) -> [i64; SUMS] {
        let [a, b, c, d, e, f, g, h, i] = self.counts;
        let Self { requests, estimated, retried, streamed, charge, cache_saved, .. } = *self;
        [requests, estimated, retried, streamed, charge.nano(), cache_saved.nano(), a, b, c, d, e, f, g, h, i]
    }

    /// The sums of such numbers.
    pub const fn from_numbers(numbers: [i64; SUMS]) -> Self {
        let [requests, estimated, retried, streamed, charge, saved, a, b, c, d, e, f, g, h, i] = numbers;
        Self {
            requests,
            estimated,
            retried,
            streamed,
            charge: NanoUsd::new(charge),
            cache_saved: NanoUsd::new(saved),
            counts: [a, b, c, d, e, f, g, h, i],
        }
    }

    /// Whether there is nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// A count beyond belief counts as nothing, as it is never charged either.
fn believed(usage: &Usage, class: Class) -> i64 {
    let count = Some(usage.count(class)).filter(|n| *n <= Usage::COUNT_MAX);
    count.and_then(|n| i64::try_from(n).ok()).unwrap_or(0)
}

/// How long a sum's span of time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// An hour.
    Hour,
    /// A UTC day.
    Day,
}

impl Slot {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// Its length in milliseconds.
    pub const fn ms(self) -> i64 {
        match self {
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    /// The number of the one that an instant lies in, from 1970-01-01T00:00:00Z.
    pub const fn of(self, at: Timestamp) -> i64 {
        at.ms().div_euclid(self.ms())
    }

    /// When the one of a number begins.
    pub const fn start(self, number: i64) -> Timestamp {
        Timestamp::from_ms(number.saturating_mul(self.ms()))
    }

    /// Whether one begins at that instant.
    pub const fn begins_at(self, at: Timestamp) -> bool {
        at.ms().rem_euclid(self.ms()) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-USE-1: how a request ended, for whoever counts.
    #[test]
    fn r_use_1_every_request_ends_in_one_way() {
        for (status, partial, ending) in [
            (200, false, Ending::Served),
            (200, true, Ending::Cut),
            (400, false, Ending::Refused),
            (429, true, Ending::Refused),
            (499, true, Ending::Refused),
            (500, false, Ending::Failed),
            (529, true, Ending::Failed),
        ] {
            assert_eq!(Ending::of(status, partial), ending, "{status} {partial}");
        }
        for ending in Ending::ALL {
            assert_eq!(Ending::from_number(ending.number().into()), Some(ending));
            assert_eq!(Ending::from_name(ending.name()), Some(ending));
        }
        assert_eq!((Ending::from_number(4), Ending::from_name("")), (None, None));
    }

    #[test]
    fn sums_come_back_from_their_numbers() {
        let mut numbers = [0; SUMS];
        (1..).zip(&mut numbers).for_each(|(n, number)| *number = n * 1_000);
        let sums = Sums::from_numbers(numbers);
        assert_eq!(sums.numbers(), numbers);
        assert_eq!(sums.plus(sums).minus(sums), sums);
        assert_eq!((sums.count(Class::Input), sums.count(Class::Images)), (7_000, 15_000));
        // Seven to eleven are prompts, twelve to fourteen answers.
        assert_eq!((sums.prompt_tokens(), sums.answer_tokens()), (45_000, 39_000));
        let full = Sums { requests: i64::MAX, ..Sums::default() };
        assert_eq!(full.plus(sums).requests, i64::MAX);
        assert!(sums.minus(sums).is_none() && !sums.is_none());
    }

    #[test]
    fn slots_are_of_utc() {
        let at = Timestamp::parse_rfc3339("2026-11-30T07:59:59.999Z").unwrap();
        let hour = Slot::Hour.start(Slot::Hour.of(at));
        assert_eq!(hour.to_string(), "2026-11-30T07:00:00.000Z");
        assert!(Slot::Hour.begins_at(hour) && !Slot::Day.begins_at(hour) && !Slot::Hour.begins_at(at));
        assert_eq!(Slot::Day.start(Slot::Day.of(at)).to_string(), "2026-11-30T00:00:00.000Z");
        assert_eq!(Slot::Hour.of(Timestamp::from_ms(-1)), -1);
    }
}
