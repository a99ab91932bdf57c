//! Limits as headers of an answer (R-LIM-2). In: readings. Out: headers. Every answer has them, so their values are written into one
//! text that all of them share. Never here: what may be told of which tier.

use super::{LimitTold, seconds_up};
use admit::Reading;
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
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

/// So much room for headers and for the text of all values is seldom too little.
const HEADERS_USUAL: usize = 24;
const TEXT_BYTES_USUAL: usize = 320;

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

impl LimitTold {
    /// Puts the headers on an answer; `anthropic` adds that dialect's own names.
    pub fn put(&self, headers: &mut HeaderMap, anthropic: bool) {
        headers.reserve(HEADERS_USUAL);
        let mut text = Text(BytesMut::with_capacity(TEXT_BYTES_USUAL));
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
