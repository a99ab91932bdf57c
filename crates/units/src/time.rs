//! Instants as data. In: milliseconds since 1970 UTC. Out: the same, and RFC 3339 text.
//! Never here: reading a clock (the trait is only the door through which one enters).

use std::fmt;
use std::time::Duration;

/// Wall time in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970 UTC.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970 UTC.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970 UTC, rounded down (what the wire calls `created`).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The UTC day number since 1970-01-01 (for day-indexed tables).
    pub const fn day(self) -> i64 {
        self.0.div_euclid(86_400_000)
    }

    /// The first and the last day of the UTC month that it lies in, as `day` counts.
    pub fn month(self) -> (i64, i64) {
        let day = self.day();
        let Ok(at) = jiff::Timestamp::from_millisecond(self.0) else { return (day, day) };
        let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        let first = day - i64::from(date.day()) + 1;
        (first, first + i64::from(date.days_in_month()) - 1)
    }

    /// The instant at which a day begins, as `day` counts.
    pub const fn of_day(day: i64) -> Self {
        Self(day.saturating_mul(86_400_000))
    }

    /// This instant moved forward; stays at the largest instant instead of wrapping.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(ms))
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads RFC 3339 text (`2026-03-03T09:00:00.000Z`); `None` when it is not that.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Self(t.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds and `Z` (`2026-03-03T09:00:00.000Z`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(t) => write!(f, "{t:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

/// Where wall time enters. The one real clock lives in tollgate::wiring; tests bring their own.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_month_has_its_days() {
        let month = |text| Timestamp::parse_rfc3339(text).unwrap().month();
        let day = |text| Timestamp::parse_rfc3339(text).unwrap().day();
        let february = (day("2028-02-01T00:00:00Z"), day("2028-02-29T00:00:00Z"));
        for at in ["2028-02-01T00:00:00Z", "2028-02-17T12:00:00Z", "2028-02-29T23:59:59.999Z"] {
            assert_eq!(month(at), february, "{at}");
        }
        assert_eq!(month("2028-03-01T00:00:00Z").0, february.1 + 1);
        assert_eq!(Timestamp::from_ms(i64::MAX).month(), (i64::MAX / 86_400_000, i64::MAX / 86_400_000));
        assert_eq!(Timestamp::of_day(february.1 + 1).to_string(), "2028-03-01T00:00:00.000Z");
    }

    #[test]
    fn text_form_is_utc_with_milliseconds() {
        let t = Timestamp::from_ms(1_772_528_400_000);
        assert_eq!(t.to_string(), "2026-03-03T09:00:00.000Z");
        assert_eq!(Timestamp::parse_rfc3339("2026-03-03T09:00:00.000Z"), Some(t));
        assert_eq!(t.seconds(), 1_772_528_400);
    }
}
