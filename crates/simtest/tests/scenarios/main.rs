//! Whole calls with faults on a paused clock: what the client saw, what was charged, that nothing stays held.
//! In: nothing. Out: verdicts, by theme. Never here: the gateway in memory itself (the crate).

mod bounds;
mod caches;
mod console;
mod counts;
mod doors;
mod failover;
mod faults;
mod images;
mod instead;
mod leaving;
mod limits;
mod money;
mod own_keys;
mod pages;
mod pairs;
mod pictures;
mod refusals;
mod rules;
mod stored;
mod streams;
mod surcharges;
mod surfaces;

use serde_json::{Value, json};
use simtest::{Setup, SimHouse};
use std::time::Duration;

/// A small call of Chat Completions or Messages.
pub fn ask(stream: bool) -> Value {
    json!({ "model": "m", "stream": stream, "max_tokens": 1_000, "messages": [{ "role": "user", "content": "Hello" }] })
}

/// So many seconds.
pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A gateway with one provider.
pub async fn open() -> SimHouse {
    SimHouse::open(Setup::default()).await
}

/// A gateway with two providers.
pub async fn open_two() -> SimHouse {
    SimHouse::open(Setup { hosts: vec!["one", "two"], ..Setup::default() }).await
}
