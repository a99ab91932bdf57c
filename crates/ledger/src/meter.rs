//! Turns usage into money. In: `Usage`, `Rates`. Out: a charge, a worst case, what an amount affords.
//! Never here: clocks, storage, a float, a rounding of a charge anywhere but in `round_up`.

use units::{Class, MoneyError, NanoUsd, PicoRate, Tokens, Usage};

/// Pico-USD in a nano-USD.
const PICO: i128 = 1_000;

/// Why a usage has no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeterError {
    /// A class that was used has no rate of its own and none to fall back to. Never taken for zero.
    #[error("no rate is known for {}", .0.name())]
    Unpriced(Class),
    /// A count is beyond belief: quarantined, never charged.
    #[error("the count of {} is beyond belief", .0.name())]
    Absurd(Class),
    /// The sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// The rates that apply to one request. Made from a price document; the version is frozen into the hold.
///
/// A class without a rate of its own falls back: reasoning and audio out to output; cache read, cache write (5 min)
/// and audio in to input; cache write (1 h) to cache write (5 min). Input, output and images fall back to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Rates {
    input: Option<PicoRate>,
    cache_read: Option<PicoRate>,
    cache_write_5m: Option<PicoRate>,
    cache_write_1h: Option<PicoRate>,
    audio_in: Option<PicoRate>,
    output: Option<PicoRate>,
    reasoning: Option<PicoRate>,
    audio_out: Option<PicoRate>,
    images: Option<PicoRate>,
    request: Option<PicoRate>,
}

impl Rates {
    /// Nothing known.
    pub const UNKNOWN: Self = Self {
        input: None,
        cache_read: None,
        cache_write_5m: None,
        cache_write_1h: None,
        audio_in: None,
        output: None,
        reasoning: None,
        audio_out: None,
        images: None,
        request: None,
    };

    /// Explicitly free: every rate is zero, said out loud.
    pub const FREE: Self = Self {
        input: Some(PicoRate::ZERO),
        output: Some(PicoRate::ZERO),
        images: Some(PicoRate::ZERO),
        ..Self::UNKNOWN
    };

    /// The same with the rate of a class: pico-USD a token, or an image.
    #[must_use]
    pub const fn with(mut self, class: Class, rate: PicoRate) -> Self {
        *self.slot(class) = Some(rate);
        self
    }

    /// The same with a price of the request itself, in pico-USD.
    #[must_use]
    pub const fn with_request(mut self, rate: PicoRate) -> Self {
        self.request = Some(rate);
        self
    }

    const fn slot(&mut self, class: Class) -> &mut Option<PicoRate> {
        match class {
            Class::Input => &mut self.input,
            Class::CacheRead => &mut self.cache_read,
            Class::CacheWrite5m => &mut self.cache_write_5m,
            Class::CacheWrite1h => &mut self.cache_write_1h,
            Class::AudioIn => &mut self.audio_in,
            Class::Output => &mut self.output,
            Class::Reasoning => &mut self.reasoning,
            Class::AudioOut => &mut self.audio_out,
            Class::Images => &mut self.images,
        }
    }

    /// The rate of a class, after falling back.
    pub fn rate(&self, class: Class) -> Option<PicoRate> {
        match class {
            Class::Input => self.input,
            Class::CacheRead => self.cache_read.or(self.input),
            Class::CacheWrite5m => self.cache_write_5m.or(self.input),
            Class::CacheWrite1h => self.cache_write_1h.or(self.rate(Class::CacheWrite5m)),
            Class::AudioIn => self.audio_in.or(self.input),
            Class::Output => self.output,
            Class::Reasoning => self.reasoning.or(self.output),
            Class::AudioOut => self.audio_out.or(self.output),
            Class::Images => self.images,
        }
    }

    /// Whether everything is known and zero: no hold, no charge. A model that makes no images has no rate for them.
    pub fn is_free(&self) -> bool {
        Class::TOKENS.into_iter().all(|class| self.rate(class) == Some(PicoRate::ZERO))
            && [self.images, self.request].into_iter().flatten().all(|rate| rate == PicoRate::ZERO)
    }

    fn known(&self, class: Class) -> Result<PicoRate, MeterError> {
        self.rate(class).ok_or(MeterError::Unpriced(class))
    }

    /// The dearest rate among the classes of one side that a request can reach.
    fn dearest(&self, reach: Reach, side: fn(Class) -> bool) -> Result<PicoRate, MeterError> {
        Class::ALL
            .into_iter()
            .filter(|class| side(*class) && reach.includes(*class))
            .try_fold(PicoRate::ZERO, |top, class| self.known(class).map(|rate| rate.max(top)))
    }

    fn request_pico(&self) -> i128 {
        i128::from(self.request.unwrap_or(PicoRate::ZERO).pico())
    }
}

/// Which of the less common classes a request can reach; the worst case counts only those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Reach {
    /// It may write to a cache that lives 5 minutes.
    pub cache_write_5m: bool,
    /// It may write to a cache that lives an hour.
    pub cache_write_1h: bool,
    /// Its prompt may carry audio.
    pub audio_in: bool,
    /// Its answer may carry audio.
    pub audio_out: bool,
}

impl Reach {
    /// Every class: for whoever cannot tell.
    pub const ALL: Self = Self { cache_write_5m: true, cache_write_1h: true, audio_in: true, audio_out: true };

    const fn includes(self, class: Class) -> bool {
        match class {
            Class::Input | Class::CacheRead | Class::Output | Class::Reasoning => true,
            Class::CacheWrite5m => self.cache_write_5m,
            Class::CacheWrite1h => self.cache_write_1h,
            Class::AudioIn => self.audio_in,
            Class::AudioOut => self.audio_out,
            // They are bounded apart.
            Class::Images => false,
        }
    }
}

/// Upper bounds of what a request can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Prompt tokens at most.
    pub prompt: Tokens,
    /// Answer tokens at most.
    pub answer: Tokens,
    /// Which classes they may be of.
    pub reach: Reach,
    /// Images at most.
    pub images: u64,
}

/// The charge for a usage: the exact sum in pico-USD, rounded up once.
///
/// # Errors
/// `Unpriced` for a class with a count and no rate, `Absurd` for a count beyond belief, `Overflow`.
pub fn charge(usage: &Usage, rates: &Rates) -> Result<NanoUsd, MeterError> {
    round_up(exact_pico(usage, rates)?)
}

/// The exact cost of a usage in pico-USD.
///
/// # Errors
/// As `charge`.
pub fn exact_pico(usage: &Usage, rates: &Rates) -> Result<i128, MeterError> {
    usage.iter().filter(|(_, count)| *count > 0).try_fold(rates.request_pico(), |sum, (class, count)| {
        if count > Usage::COUNT_MAX {
            return Err(MeterError::Absurd(class));
        }
        plus_cost(sum, count, rates.known(class)?)
    })
}

/// What prompt caches saved: the cost of the same usage if every prompt token that was read from or written to a cache had
/// cost the plain input rate, less what it cost. Below zero where writing cost more than reading saved. Rounded down once,
/// so never more than is true, and never more than the charges of the two usages differ by.
///
/// # Errors
/// As `charge`, of the cached classes and the plain input.
pub fn cache_saved(usage: &Usage, rates: &Rates) -> Result<NanoUsd, MeterError> {
    let cached = [Class::CacheRead, Class::CacheWrite5m, Class::CacheWrite1h];
    let mut used = cached.into_iter().map(|class| (class, usage.count(class))).filter(|(_, count)| *count > 0);
    let (plain, cost) = used.try_fold((0, 0), |(plain, cost), (class, count)| {
        if count > Usage::COUNT_MAX {
            return Err(MeterError::Absurd(class));
        }
        Ok((plus_cost(plain, count, rates.known(Class::Input)?)?, plus_cost(cost, count, rates.known(class)?)?))
    })?;
    let saved: i128 = plain.checked_sub(cost).ok_or(MeterError::Money(MoneyError::Overflow))?;
    nano(saved.div_euclid(PICO))
}

/// The largest cost of a request within these bounds: what a hold must cover.
///
/// # Errors
/// `Unpriced` when a class within reach has no rate, `Absurd`, `Overflow`.
pub fn worst_case(bounds: &Bounds, rates: &Rates) -> Result<NanoUsd, MeterError> {
    let prompt = worst_prompt_pico(bounds, rates)?;
    if bounds.answer > Usage::COUNT_MAX {
        return Err(MeterError::Absurd(Class::Output));
    }
    let answer_rate = rates.dearest(bounds.reach, Class::is_answer)?;
    round_up(plus_cost(prompt, bounds.answer, answer_rate)?)
}

/// How many answer tokens `amount` affords beside the prompt of `bounds` (its `answer` is not read): the largest `n`
/// whose worst case is within the amount. `None` when not even the prompt is (and the images, where some are asked for). `COUNT_MAX` when answers are free.
///
/// # Errors
/// As `worst_case`.
pub fn affordable_answer(amount: NanoUsd, bounds: &Bounds, rates: &Rates) -> Result<Option<Tokens>, MeterError> {
    let too_large = MeterError::Money(MoneyError::Overflow);
    let prompt = worst_prompt_pico(bounds, rates)?;
    let rate = i128::from(rates.dearest(bounds.reach, Class::is_answer)?.pico());
    let budget =
        i128::from(amount.nano()).checked_mul(PICO).and_then(|pico| pico.checked_sub(prompt)).ok_or(too_large)?;
    if budget < 0 {
        return Ok(None);
    }
    // A rate of zero divides into nothing: then the answer costs nothing.
    let tokens = budget.checked_div(rate).map_or(Usage::COUNT_MAX, |n| Tokens::try_from(n).unwrap_or(Tokens::MAX));
    Ok(Some(tokens.min(Usage::COUNT_MAX)))
}

fn worst_prompt_pico(bounds: &Bounds, rates: &Rates) -> Result<i128, MeterError> {
    if bounds.prompt > Usage::COUNT_MAX {
        return Err(MeterError::Absurd(Class::Input));
    }
    let rate = rates.dearest(bounds.reach, Class::is_prompt)?;
    plus_cost(worst_fixed_pico(bounds, rates)?, bounds.prompt, rate)
}

/// What is priced by the piece: the request itself and its images.
fn worst_fixed_pico(bounds: &Bounds, rates: &Rates) -> Result<i128, MeterError> {
    match bounds.images {
        0 => Ok(rates.request_pico()),
        images if images > Usage::COUNT_MAX => Err(MeterError::Absurd(Class::Images)),
        images => plus_cost(rates.request_pico(), images, rates.known(Class::Images)?),
    }
}

fn plus_cost(sum: i128, count: u64, rate: PicoRate) -> Result<i128, MeterError> {
    i128::from(count)
        .checked_mul(i128::from(rate.pico()))
        .and_then(|cost| sum.checked_add(cost))
        .ok_or(MeterError::Money(MoneyError::Overflow))
}

/// The only rounding of a charge: up to the next nano-USD.
fn round_up(pico: i128) -> Result<NanoUsd, MeterError> {
    let too_large = MeterError::Money(MoneyError::Overflow);
    nano(pico.checked_add(999).ok_or(too_large)?.div_euclid(PICO))
}

fn nano(amount: i128) -> Result<NanoUsd, MeterError> {
    i64::try_from(amount).map(NanoUsd::new).map_err(|_| MeterError::Money(MoneyError::Overflow))
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
