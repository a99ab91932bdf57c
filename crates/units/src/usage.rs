//! What a request used, class by class. In: counts as a provider or a counter gave them. Out: a vector of disjoint classes.
//! A class is present or absent; zero is not absent. Never here: prices, provider field names.

/// A number of tokens. Bounded: no provider's count above 2^40 is believed.
pub type Tokens = u64;

/// The largest thinking budget where a model says nothing else (R-WIRE-7).
pub const THINKING_BUDGET_MAX: Tokens = 32_000;

/// The disjoint classes of what a request uses: tokens, of which none is in two of them, and images, which are counted
/// whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// Prompt tokens that were neither read from nor written to a prompt cache.
    Input,
    /// Prompt tokens read from a prompt cache.
    CacheRead,
    /// Prompt tokens written to a cache that lives 5 minutes (or a time not told).
    CacheWrite5m,
    /// Prompt tokens written to a cache that lives an hour.
    CacheWrite1h,
    /// Audio in the prompt.
    AudioIn,
    /// Answer tokens but for the classes below.
    Output,
    /// Reasoning tokens, shown or hidden.
    Reasoning,
    /// Audio in the answer.
    AudioOut,
    /// Images that were made: whole ones, no tokens.
    Images,
}

impl Class {
    /// Every class, in the order of storage.
    pub const ALL: [Self; 9] = [
        Self::Input,
        Self::CacheRead,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::AudioIn,
        Self::Output,
        Self::Reasoning,
        Self::AudioOut,
        Self::Images,
    ];

    /// The classes that count tokens, in the order of storage.
    pub const TOKENS: [Self; 8] = [
        Self::Input,
        Self::CacheRead,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::AudioIn,
        Self::Output,
        Self::Reasoning,
        Self::AudioOut,
    ];

    /// The name used in usage records and logs; that of tokens in price documents too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CacheRead => "cached_input",
            Self::CacheWrite5m => "cache_write_5m",
            Self::CacheWrite1h => "cache_write_1h",
            Self::AudioIn => "audio_input",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::AudioOut => "audio_output",
            Self::Images => "images",
        }
    }

    /// Whether the class counts tokens of the prompt.
    pub const fn is_prompt(self) -> bool {
        matches!(self, Self::Input | Self::CacheRead | Self::CacheWrite5m | Self::CacheWrite1h | Self::AudioIn)
    }

    /// Whether the class counts tokens of the answer.
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::Output | Self::Reasoning | Self::AudioOut)
    }
}

/// Counts by class, with presence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Usage {
    counts: [u64; Class::ALL.len()],
    present: u16,
}

impl Usage {
    /// Nothing known.
    pub const NONE: Self = Self { counts: [0; Class::ALL.len()], present: 0 };
    /// A count above this is absurd (2^40): quarantined, never charged.
    pub const COUNT_MAX: Tokens = 1 << 40;

    /// The count of a class, `None` when it was not told.
    pub fn get(&self, class: Class) -> Option<u64> {
        (self.present & (1 << class as u8) != 0).then(|| self.counts[class as usize])
    }

    /// The count of a class, zero when it was not told.
    pub const fn count(&self, class: Class) -> u64 {
        self.counts[class as usize]
    }

    /// Sets the count of a class; zero makes it present too.
    pub const fn set(&mut self, class: Class, count: u64) {
        self.counts[class as usize] = count;
        self.present |= 1 << class as u8;
    }

    /// The same with one class set.
    #[must_use]
    pub const fn with(mut self, class: Class, count: u64) -> Self {
        self.set(class, count);
        self
    }

    /// Takes over every class that `newer` tells; cumulative reports replace, they never add.
    pub fn merge(&mut self, newer: &Self) {
        for class in Class::ALL {
            if let Some(count) = newer.get(class) {
                self.set(class, count);
            }
        }
    }

    /// Whether nothing was told.
    pub const fn is_empty(&self) -> bool {
        self.present == 0
    }

    /// All prompt tokens, cached and written ones included (OpenAI's `prompt_tokens`).
    pub fn prompt_total(&self) -> Tokens {
        self.total_of(Class::is_prompt)
    }

    /// All answer tokens, reasoning included (OpenAI's `completion_tokens`).
    pub fn answer_total(&self) -> Tokens {
        self.total_of(Class::is_answer)
    }

    /// Whether a count is beyond belief.
    pub fn is_absurd(&self) -> bool {
        self.counts.iter().any(|c| *c > Self::COUNT_MAX)
    }

    /// The classes that were told, in the order of storage.
    pub fn iter(&self) -> impl Iterator<Item = (Class, u64)> + '_ {
        Class::ALL.into_iter().filter_map(|c| self.get(c).map(|n| (c, n)))
    }

    fn total_of(&self, within: fn(Class) -> bool) -> Tokens {
        Class::ALL.into_iter().filter(|c| within(*c)).fold(0, |sum: Tokens, c| sum.saturating_add(self.count(c)))
    }
}

/// Where a usage came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum UsageSource {
    /// The provider told it.
    Provider,
    /// Counted here with the model's own tokenizer.
    Counted,
    /// Estimated here from bytes (docs/MONEY.md says how); shown as `estimated`.
    Estimated,
    /// Nothing was used.
    #[default]
    None,
}

impl UsageSource {
    /// The name used in records and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Counted => "counted",
            Self::Estimated => "estimated",
            Self::None => "none",
        }
    }

    /// The source of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Provider, Self::Counted, Self::Estimated, Self::None].into_iter().find(|s| s.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_not_absent() {
        let mut usage = Usage::NONE.with(Class::Input, 10).with(Class::CacheRead, 5);
        assert_eq!(usage.get(Class::Output), None);
        usage.merge(&Usage::NONE.with(Class::CacheRead, 0).with(Class::Output, 3));
        assert_eq!(usage.get(Class::CacheRead), Some(0));
        assert_eq!((usage.prompt_total(), usage.answer_total()), (10, 3));
    }

    #[test]
    fn a_token_is_of_one_side_and_an_image_of_none() {
        for class in Class::ALL {
            assert_eq!(Class::TOKENS.contains(&class), class.is_prompt() != class.is_answer(), "{class:?}");
            let usage = Usage::NONE.with(class, 7);
            assert_eq!(usage.prompt_total() + usage.answer_total() == 7, class != Class::Images, "{class:?}");
            assert_eq!(usage.iter().collect::<Vec<_>>(), [(class, 7)]);
        }
    }

    #[test]
    fn absurd_counts_are_seen() {
        assert!(Usage::NONE.with(Class::Output, Usage::COUNT_MAX + 1).is_absurd());
        assert!(!Usage::NONE.with(Class::Output, Usage::COUNT_MAX).is_absurd());
    }
}
