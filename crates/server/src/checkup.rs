//! Looks the house over, line by line: whether each thing it needs is there, and what to do where it is not. In: a house, or parts of
//! one. Out: lines. Never here: mending anything, a question that costs money.

mod machine;
mod outside;

pub use machine::{clock, disk, folder};

use crate::house::{House, Worker};
use crate::limits::{AUDIT_OLD, LEDGER_QUEUE_LONG, PING_TIME_MAX, STORE_SLOW};
use limits::Mode;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use units::Timestamp;

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warn,
    /// It does not work.
    Fail,
}

impl Health {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What was looked at, how it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// What was seen.
    pub told: String,
    /// What to do, where there is something.
    pub advice: Option<String>,
}

impl Finding {
    /// It is as it should be.
    pub fn ok(name: impl Into<String>, told: impl Into<String>) -> Self {
        Self { name: name.into(), health: Health::Ok, told: told.into(), advice: None }
    }

    /// Somebody should look at it.
    pub fn warn(name: impl Into<String>, told: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), health: Health::Warn, ..Self::ok(name, told) }
    }

    /// It does not work.
    pub fn fail(name: impl Into<String>, told: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { health: Health::Fail, ..Self::warn(name, told, advice) }
    }
}

/// Looks at everything that a running house has. Providers are asked for their models, which costs nothing.
pub async fn look(worker: &Worker) -> Vec<Finding> {
    let house = &*worker.house;
    let now = house.clock.now();
    let newest = house.store.page_log(store::port::LogFilter { limit: 1, ..Default::default() }).await;
    let newest = newest.ok().and_then(|page| page.entries.first().map(|entry| entry.at));
    let (store, ledger) = tokio::join!(store_answers(house), ledger_writes(house));
    let (providers, letters, outside) =
        tokio::join!(outside::providers(worker), outside::mail(house), outside::public_url(worker));
    let mut lines = vec![
        store,
        ledger,
        books(house.metrics.last_audit(), now),
        folder(&house.settings.data_dir),
        disk(&house.settings.data_dir),
        clock(now, newest),
        catalogue(house),
    ];
    lines.extend(providers);
    if house.workspaces.api_is_off() {
        lines.push(Finding::warn(
            "platform",
            "the API is switched off for everybody",
            "Switch it on where calls are wanted again.",
        ));
    }
    lines.extend([letters, outside, console(house), counting(house.limiter.mode()), operators(house)]);
    lines
}

async fn store_answers(house: &House) -> Finding {
    let asked = Instant::now();
    let answer = timeout(PING_TIME_MAX, house.store.ping()).await;
    let took = asked.elapsed();
    match answer {
        Ok(Ok(())) => store_of(took),
        Ok(Err(error)) => Finding::fail(
            "store",
            error.to_string(),
            "Look at the database, its address and its disk (database.url).",
        ),
        Err(_) => Finding::fail("store", "it does not answer", "Look at the load and the locks of the database."),
    }
}

fn store_of(took: Duration) -> Finding {
    let told = format!("answers in {:.1} ms, at the newest shape", took.as_secs_f64() * 1_000.0);
    if took > STORE_SLOW {
        return Finding::warn("store", told, "Look at the load of the database, and how far away it is.");
    }
    Finding::ok("store", told)
}

async fn ledger_writes(house: &House) -> Finding {
    match timeout(PING_TIME_MAX, house.ledger.state()).await {
        Ok(Ok(state)) => ledger_of(state),
        _ => Finding::fail("ledger", "it does not say how it stands", "See the line of the store."),
    }
}

fn ledger_of(state: store::port::LedgerState) -> Finding {
    let told = format!("{} open holds of {} USD, {} orders wait", state.open_holds, state.held, state.waiting);
    if state.failing {
        let advice = "Charges cannot be written, and no new call is held: look at the disk or the database.";
        return Finding::fail("ledger", told, advice);
    }
    if state.sums_failing {
        let advice = "Charges are written, but what usage pages show is old: look at the disk.";
        return Finding::warn("ledger", told, advice);
    }
    if state.waiting > LEDGER_QUEUE_LONG {
        return Finding::warn("ledger", told, "The store is slower than the calls: look at its disk.");
    }
    Finding::ok("ledger", told)
}

/// The last audit: when it was, and what it found.
fn books(last: Option<(Timestamp, i64)>, now: Timestamp) -> Finding {
    match last {
        Some((at, findings)) if findings > 0 => {
            let told = format!("the audit of {at} found {findings} things that do not agree");
            Finding::fail("books", told, "Run `tollgate audit`, and change no money until they are understood.")
        }
        Some((at, _)) if now.since(at) > AUDIT_OLD => Finding::warn(
            "books",
            format!("clean, last audited {at}"),
            "Run `tollgate audit`, or set audit.every_ms.",
        ),
        Some((at, _)) => Finding::ok("books", format!("clean, audited {at}")),
        None => Finding::warn(
            "books",
            "not audited since this process started",
            "Run `tollgate audit`; with audit.every_ms it is done by itself.",
        ),
    }
}

fn catalogue(house: &House) -> Finding {
    let live = house.catalogue.load();
    let enabled = || live.models.values().filter(|model| model.model.enabled);
    let unpriced = enabled().filter(|model| matches!(model.price, crate::live::LivePrice::Unknown)).count();
    let unserved = enabled().filter(|model| model.routes.is_empty()).count();
    let told = format!("version {}, {} models", live.catalogue.version, enabled().count());
    match (enabled().count(), unpriced, unserved) {
        (0, ..) => {
            Finding::warn("catalogue", "nothing is sold", "Write one (`tollgate init`) and `tollgate apply` it.")
        }
        (_, 0, 0) => Finding::ok("catalogue", told),
        (_, unpriced, unserved) => {
            let told = format!("{told}; {unpriced} without a price, {unserved} without a route");
            Finding::warn(
                "catalogue",
                told,
                "Such models are refused: give each a price and a route, or disable it.",
            )
        }
    }
}

fn console(house: &House) -> Finding {
    match house.console.knows("/") {
        true => Finding::ok("console", "built in"),
        false => Finding::warn(
            "console",
            "this binary was built without it",
            "Build it with Node 20.19 and without TOLLGATE_WEB=skip (docs/CONSOLE.md).",
        ),
    }
}

/// Who counts limits.
fn counting(mode: Mode) -> Finding {
    match mode {
        Mode::Local => Finding::ok("limits", "counted by this node alone"),
        Mode::Shared => Finding::ok("limits", "counted by Redis for all nodes"),
        Mode::Degraded => Finding::fail(
            "limits",
            "Redis is away: this node judges by its part of each limit",
            "Look at the Redis of limits.redis_url, and at the way to it.",
        ),
    }
}

fn operators(house: &House) -> Finding {
    match house.people.has_operator() {
        true => Finding::ok("operators", "somebody runs the platform"),
        false => Finding::warn(
            "operators",
            "nobody can sign in as an operator yet",
            "Open the link of `setup.needed` in the log; its token lies in setup.token of the data folder as well.",
        ),
    }
}

#[cfg(test)]
mod tests;
