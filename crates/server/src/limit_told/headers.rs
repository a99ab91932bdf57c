//! Limits as headers of an answer (R-LIM-2). In: readings. Out: headers. Every answer has them, so their values are written into one
//! text that all of them share. Never here: what may be told of which tier.

use super::LimitTold;
use admit::Reading;
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;
use units::Timestamp;

const fn named(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

const TIER: HeaderName = named("x-ratelimit-tier");
/// The limit, what remains of it, when it is all free.
const REQUESTS: [HeaderName; 3] = [
    named("x-ratelimit-limit-requests"),
    named("x-ratelimit-remaining-requests"),
    named("x-ratelimit-reset-requests"),
];
const ANTHROPIC: [HeaderName; 3] = [
    named("anthropic-ratelimit-requests-limit"),
    named("anthropic-ratelimit-requests-remaining"),
    named("anthropic-ratelimit-requests-reset"),
];
/// The limit, and what remains of it.
const CONCURRENT: [HeaderName; 2] = [named("x-concurrent-limit"), named("x-concurrent-remaining")];
const DAY: [HeaderName; 2] = [named("x-ratelimit-limit-day"), named("x-ratelimit-remaining-day")];
/// The names of the IETF's draft (draft-ietf-httpapi-ratelimit-headers).
const POLICY: HeaderName = named("ratelimit-policy");
const STATE: HeaderName = named("ratelimit");

/// Headers that come behind an answer's two ids: these are 13 in the Anthropic dialect, a stream has up to 8 more. Two and 22 are what a map
/// of 32 places takes; for one more it has 64.
const HEADERS_TO_COME: usize = 22;
/// The values of that dialect have 159 bytes with usual figures, and so many with the longest name and the largest numbers.
const TEXT_BYTES_MAX: usize = 320;

/// The text of the values.
struct Text(BytesMut);

impl Text {
    fn put(&mut self, text: &str) {
        self.0.put_slice(text.as_bytes());
    }

    fn number(&mut self, number: impl itoa::Integer) {
        self.put(itoa::Buffer::new().format(number));
    }

    fn instant(&mut self, at: Timestamp) {
        self.put(&at.to_string());
    }

    /// Begins a member of a list.
    fn next(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.put(", ");
        }
        self.put(name);
    }

    /// What was put since the last value.
    fn value(&mut self) -> Bytes {
        self.0.split().freeze()
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: Bytes) {
    // A tier's name is checked to be plain; numbers and instants are.
    if let Ok(value) = HeaderValue::from_maybe_shared(value) {
        headers.insert(name, value);
    }
}

const fn seconds_up(time: Duration) -> u64 {
    time.as_secs() + (time.subsec_nanos() > 0) as u64
}

impl LimitTold {
    /// Puts the headers on an answer; `anthropic` adds that dialect's own names.
    pub fn put(&self, headers: &mut HeaderMap, anthropic: bool) {
        headers.reserve(HEADERS_TO_COME);
        let mut text = Text(BytesMut::with_capacity(TEXT_BYTES_MAX));
        let readings = &self.readings;
        text.put(&self.tier);
        insert(headers, TIER, text.value());
        if let Some(Reading { limit, remaining, free_at }) = readings.requests {
            text.number(limit);
            let limit = text.value();
            text.number(remaining);
            let remaining = text.value();
            text.instant(free_at);
            let values = [limit, remaining, text.value()];
            for (n, value) in values.into_iter().enumerate() {
                if anthropic {
                    insert(headers, ANTHROPIC[n].clone(), value.clone());
                }
                insert(headers, REQUESTS[n].clone(), value);
            }
        }
        for ([most, left], reading) in [(CONCURRENT, readings.concurrent), (DAY, readings.day)] {
            if let Some(Reading { limit, remaining, .. }) = reading {
                text.number(limit);
                insert(headers, most, text.value());
                text.number(remaining);
                insert(headers, left, text.value());
            }
        }
        self.put_draft(headers, text);
    }

    fn put_draft(&self, headers: &mut HeaderMap, mut text: Text) {
        let windows = [("\"rpm\"", self.readings.requests, ";w=60"), ("\"day\"", self.readings.day, ";w=86400")];
        let windows = windows.into_iter().filter_map(|(name, reading, window)| Some((name, reading?, window)));
        for (name, Reading { limit, .. }, window) in windows.clone() {
            text.next(name);
            text.put(";q=");
            text.number(limit);
            text.put(window);
        }
        if let Some(Reading { limit, .. }) = self.readings.concurrent {
            text.next("\"conc\"");
            text.put(";q=");
            text.number(limit);
            text.put(";qu=\"concurrent-requests\"");
        }
        if text.0.is_empty() {
            return;
        }
        insert(headers, POLICY, text.value());
        for (name, Reading { remaining, free_at, .. }, _) in windows {
            text.next(name);
            text.put(";r=");
            text.number(remaining);
            text.put(";t=");
            text.number(seconds_up(free_at.since(self.at)));
        }
        if let Some(Reading { remaining, .. }) = self.readings.concurrent {
            text.next("\"conc\"");
            text.put(";r=");
            text.number(remaining);
        }
        insert(headers, STATE, text.value());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use admit::{Allowance, Readings};
    use catalog::Tiers;

    fn of(readings: Readings, anthropic: bool) -> Vec<(String, String)> {
        let allowance = Allowance::of_balance(&Tiers::default(), true);
        let at = Timestamp::parse_rfc3339("2026-03-03T08:59:30.500Z").unwrap();
        let mut headers = HeaderMap::new();
        LimitTold::of(&allowance, readings, at).unwrap().put(&mut headers, anthropic);
        headers.iter().map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned())).collect()
    }

    /// R-LIM-2 (001-23): the names and forms of the description, and those of the draft.
    #[test]
    fn r_lim_2_limits_are_told_in_headers() {
        let free_at = Timestamp::parse_rfc3339("2026-03-03T09:00:00Z").unwrap();
        let reading = |limit, remaining| Some(Reading { limit, remaining, free_at });
        let readings = Readings { requests: reading(30, 12), concurrent: reading(2, 1), day: reading(500, 499) };
        let headers = of(readings, true);
        let value = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        for (name, expected) in [
            ("x-ratelimit-tier", "topup"),
            ("x-ratelimit-limit-requests", "30"),
            ("x-ratelimit-remaining-requests", "12"),
            ("x-ratelimit-reset-requests", "2026-03-03T09:00:00.000Z"),
            ("x-concurrent-limit", "2"),
            ("x-concurrent-remaining", "1"),
            ("x-ratelimit-limit-day", "500"),
            ("x-ratelimit-remaining-day", "499"),
            ("anthropic-ratelimit-requests-reset", "2026-03-03T09:00:00.000Z"),
            (
                "ratelimit-policy",
                "\"rpm\";q=30;w=60, \"day\";q=500;w=86400, \"conc\";q=2;qu=\"concurrent-requests\"",
            ),
            ("ratelimit", "\"rpm\";r=12;t=30, \"day\";r=499;t=30, \"conc\";r=1"),
        ] {
            assert_eq!(value(name), Some(expected), "{name}");
        }
        assert_eq!(of(Readings::default(), false).len(), 1);
    }

    /// R-LIM-2: no map grows for them, nor does their text, with usual figures and with the largest.
    #[test]
    fn r_lim_2_headers_have_room() {
        let at = Timestamp::parse_rfc3339("2026-03-03T00:00:00Z").unwrap();
        let reading = |limit, remaining, seconds: i64| {
            let free_at = Timestamp::from_ms(at.ms() + seconds * 1_000);
            Some(Reading { limit, remaining, free_at })
        };
        let bytes = |tier: &str, readings| {
            let mut headers = HeaderMap::new();
            for id in ["request-id", "x-request-id"] {
                headers.insert(named(id), HeaderValue::from_static(""));
            }
            LimitTold { tier: tier.into(), readings, at }.put(&mut headers, true);
            assert_eq!((headers.len(), headers.capacity()), (2 + 13, 24));
            // Anthropic's names share the values of others.
            let own = headers.iter().filter(|(name, _)| !name.as_str().starts_with("anthropic-"));
            own.map(|(_, value)| value.len()).sum::<usize>()
        };
        let usual =
            Readings { requests: reading(30, 12, 30), concurrent: reading(2, 1, 30), day: reading(500, 499, 30) };
        let most = reading(u32::MAX, u32::MAX, 86_400);
        let largest = Readings { requests: most, concurrent: most, day: most };
        assert_eq!((bytes("topup", usual), bytes(&"t".repeat(64), largest)), (159, TEXT_BYTES_MAX));
    }
}
