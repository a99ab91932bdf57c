//! Money as integers. In: nano-USD and pico-USD rates, as integers or decimal text. Out: checked sums, decimal text.
//! Never here: a float, a rounding (the one rounding of a charge is in ledger::meter), a saturating sum.

use std::fmt;
use std::str::FromStr;

/// Why a sum or a text is not an amount.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum MoneyError {
    /// The sum does not fit (about 9.2 billion USD).
    #[error("the amount is too large")]
    Overflow,
    /// The text is not a plain decimal such as `2.50`.
    #[error("expected a plain decimal number such as \"2.50\"")]
    Syntax,
    /// The text has more decimals than can be kept exactly.
    #[error("at most {0} decimals can be kept exactly")]
    Decimals(u32),
    /// The amount is below zero where that makes no sense.
    #[error("the amount must not be negative")]
    Negative,
}

/// An amount in nano-USD (10^-9 USD). Signed: a chargeback may leave a balance below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NanoUsd(i64);

impl NanoUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that can be kept.
    pub const MAX: Self = Self(i64::MAX);

    /// From nano-USD.
    pub const fn new(nano: i64) -> Self {
        Self(nano)
    }

    /// As nano-USD.
    pub const fn nano(self) -> i64 {
        self.0
    }

    /// From micro-USD (10^-6 USD), as the API speaks.
    ///
    /// # Errors
    /// `Overflow` when the amount does not fit.
    pub const fn from_micro(micro: i64) -> Result<Self, MoneyError> {
        match micro.checked_mul(1_000) {
            Some(nano) => Ok(Self(nano)),
            None => Err(MoneyError::Overflow),
        }
    }

    /// As micro-USD rounded up: how spend is shown (never less than was taken).
    pub const fn micro_up(self) -> i64 {
        let floor = self.0.div_euclid(1_000);
        if self.0.rem_euclid(1_000) == 0 { floor } else { floor + 1 }
    }

    /// As micro-USD rounded down: how balances are shown (never more than is there).
    pub const fn micro_down(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The sum.
    ///
    /// # Errors
    /// `Overflow` when it does not fit.
    pub const fn plus(self, other: Self) -> Result<Self, MoneyError> {
        match self.0.checked_add(other.0) {
            Some(nano) => Ok(Self(nano)),
            None => Err(MoneyError::Overflow),
        }
    }

    /// The difference.
    ///
    /// # Errors
    /// `Overflow` when it does not fit.
    pub const fn minus(self, other: Self) -> Result<Self, MoneyError> {
        match self.0.checked_sub(other.0) {
            Some(nano) => Ok(Self(nano)),
            None => Err(MoneyError::Overflow),
        }
    }

    /// Reads a decimal amount in USD with at most 9 decimals (`"5"`, `"0.000000001"`, `"-1.5"`).
    ///
    /// # Errors
    /// `Syntax`, `Decimals` or `Overflow`; the text is never rounded.
    pub fn parse_usd(text: &str) -> Result<Self, MoneyError> {
        parse_scaled(text, 9).map(Self)
    }
}

impl fmt::Display for NanoUsd {
    /// Decimal USD without needless zeros, at least two decimals (`5.00`, `0.0000025`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / 1_000_000_000;
        let part = format!("{:09}", self.0.unsigned_abs() % 1_000_000_000);
        let keep = part.trim_end_matches('0').len().max(2);
        write!(f, "{sign}{whole}.{}", &part[..keep])
    }
}

/// A price of one unit (one token, one request, one image) in pico-USD (10^-12 USD). Never negative.
/// One USD per million tokens is 1,000,000 pico-USD a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PicoRate(i64);

impl PicoRate {
    /// Free.
    pub const ZERO: Self = Self(0);

    /// From pico-USD a unit.
    ///
    /// # Errors
    /// `Negative` below zero.
    pub const fn new(pico: i64) -> Result<Self, MoneyError> {
        if pico < 0 { Err(MoneyError::Negative) } else { Ok(Self(pico)) }
    }

    /// From what one unit costs.
    ///
    /// # Errors
    /// `Negative` below zero, `Overflow` when it does not fit.
    pub const fn each(amount: NanoUsd) -> Result<Self, MoneyError> {
        match amount.nano().checked_mul(1_000) {
            Some(pico) => Self::new(pico),
            None => Err(MoneyError::Overflow),
        }
    }

    /// As pico-USD a unit.
    pub const fn pico(self) -> i64 {
        self.0
    }

    /// Reads a rate in USD per million units with at most 6 decimals, which is a whole number of pico-USD a unit.
    ///
    /// # Errors
    /// `Syntax`, `Decimals(6)`, `Negative` or `Overflow`.
    pub fn parse_usd_per_million(text: &str) -> Result<Self, MoneyError> {
        parse_scaled(text, 6).and_then(Self::new)
    }
}

impl fmt::Display for PicoRate {
    /// USD per million units, at least two decimals (`2.50`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:06}", self.0 % 1_000_000);
        let keep = part.trim_end_matches('0').len().max(2);
        write!(f, "{}.{}", self.0 / 1_000_000, &part[..keep])
    }
}

impl FromStr for PicoRate {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::parse_usd_per_million(text)
    }
}

/// Reads `[-]digits[.digits]` into an integer scaled by `10^decimals`, exactly or not at all.
fn parse_scaled(text: &str, decimals: u32) -> Result<i64, MoneyError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let dangling = digits.contains('.') && part.is_empty();
    if whole.is_empty() || dangling || !plain(whole) || !plain(part) {
        return Err(MoneyError::Syntax);
    }
    let part = part.trim_end_matches('0');
    let missing = (decimals as usize).checked_sub(part.len()).ok_or(MoneyError::Decimals(decimals))?;
    let scaled: i64 = format!("{whole}{part}{}", "0".repeat(missing)).parse().map_err(|_| MoneyError::Overflow)?;
    Ok(if negative { -scaled } else { scaled })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_are_whole_pico_usd_a_token() {
        for (text, pico) in [("2.50", 2_500_000), ("0.075", 75_000), ("0.000001", 1), ("0", 0)] {
            assert_eq!(PicoRate::parse_usd_per_million(text).map(PicoRate::pico), Ok(pico), "{text}");
        }
        for (text, error) in [
            ("0.0000001", MoneyError::Decimals(6)),
            ("-1", MoneyError::Negative),
            ("1e3", MoneyError::Syntax),
            ("", MoneyError::Syntax),
            (".5", MoneyError::Syntax),
            ("5.", MoneyError::Syntax),
            ("99999999999999999999", MoneyError::Overflow),
        ] {
            assert_eq!(PicoRate::parse_usd_per_million(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_price_each_is_a_thousand_pico_a_nano() {
        assert_eq!(PicoRate::each(NanoUsd::new(40_000_000)).map(PicoRate::pico), Ok(40_000_000_000));
        assert_eq!(PicoRate::each(NanoUsd::new(-1)), Err(MoneyError::Negative));
        assert_eq!(PicoRate::each(NanoUsd::new(i64::MAX)), Err(MoneyError::Overflow));
    }

    /// R-BILL-1: shown as whole micro-USD, spend up, balance down.
    #[test]
    fn micro_views_round_against_nobody_twice() {
        assert_eq!(NanoUsd::new(18_233_001).micro_up(), 18_234);
        assert_eq!(NanoUsd::new(18_233_999).micro_down(), 18_233);
        assert_eq!(NanoUsd::new(18_233_000).micro_up(), 18_233);
        assert_eq!(NanoUsd::new(-1).micro_down(), -1);
    }

    proptest! {
        #[test]
        fn usd_text_round_trip(nano in -(1_i64 << 60)..(1_i64 << 60)) {
            let amount = NanoUsd::new(nano);
            prop_assert_eq!(NanoUsd::parse_usd(&amount.to_string()), Ok(amount));
        }
    }
}
