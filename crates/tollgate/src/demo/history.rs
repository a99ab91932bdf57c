//! The month before the demonstration: what people did, day by day, and the calls in between. In: a configuration whose store is
//! empty, a seed, the time. Out: a store that holds a month, closed again. Never here: what is called (traffic), how people do
//! things (town), serving.

use crate::config::Config;
use crate::demo::clock::Moving;
use crate::demo::kept::Kept;
use crate::demo::plan::{DAYS, OWN_KEY_DAY, PRICE_DAY, PROGRAMS, REVOKED_DAY, SECOND_DAY};
use crate::demo::town::{ADA, BILLS, DEVELOPER, NOOR, Tending, Town, VIEWER};
use crate::demo::traffic::{self, Planned};
use crate::demo::{CATALOGUE, WORKSPACE};
use crate::wiring::{Ground, OsChance, Sources, WiringError};
use serde_json::{Value, json};
use server::{CatalogueDoc, Log, LogFormat, MailHome, PastCall, PastError, Registration};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::port::StoreError;
use tokio::runtime::Handle;
use units::{Clock, RequestId, Timestamp};

/// So many calls are written at once.
const AT_ONCE: usize = 256;
/// Calls of the last seconds would be there before their time.
const NEWEST: Duration = Duration::from_secs(5);
/// What the two models that became cheaper cost before, and since.
const PRICE: (&str, &str) = (
    "price = { input = \"3.00\", output = \"12.00\", cached_input = \"0.30\" }",
    "price = { input = \"2.50\", output = \"10.00\", cached_input = \"0.25\" }",
);
/// Keys of which somebody may go on calling after the start.
const WORKING: [&str; 3] = ["production backend", "code assistants", "website assistant"];

/// Why there is no month.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store does not open, or not again.
    #[error(transparent)]
    Wiring(#[from] WiringError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger did not take a call.
    #[error(transparent)]
    Past(#[from] PastError),
    /// The house refused what somebody did.
    #[error("{what} was refused: {told}")]
    Refused {
        /// What it was.
        what: String,
        /// What was answered.
        told: Value,
    },
    /// What was to come of it did not come.
    #[error("nothing came for {0}")]
    Letter(&'static str),
    /// A file is not there, or cannot be written.
    #[error("{0} cannot be used: {1}")]
    File(PathBuf, std::io::Error),
    /// The catalogue of the demonstration is not valid.
    #[error("the demo's catalogue is not valid: {0}")]
    Catalogue(String),
}

/// What the month is made of.
#[derive(Clone, Copy, Debug)]
pub struct How<'a> {
    /// The same seed makes the same calls.
    pub seed: u64,
    /// Where the simulated providers will listen.
    pub sim: &'a str,
    /// When it ends.
    pub now: Timestamp,
}

/// Something that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    SetUp,
    Found,
    AdaJoins,
    DeveloperJoins,
    Prototype,
    Production,
    Agents,
    Nightly,
    ViewerJoins,
    BillsJoin,
    Second,
    SecondKeys,
    DemoKey,
    CapMembers,
    OwnKey,
    NewPrices,
    TopUp,
    Rotate,
    Revoke,
    SecondTopUp,
    Management,
    Withdraw,
    Invite,
}

/// What happens when: the day, the minute of the day, the deed. In the order of their times.
const DEEDS: [(i64, u64, Deed); 23] = [
    (0, 5 * 60, Deed::SetUp),
    (0, 5 * 60 + 20, Deed::Found),
    (0, 5 * 60 + 40, Deed::AdaJoins),
    (0, 6 * 60 + 10, Deed::Production),
    (0, 6 * 60 + 30, Deed::DeveloperJoins),
    (0, 7 * 60, Deed::Prototype),
    (1, 5 * 60 + 5, Deed::Agents),
    (1, 14 * 60, Deed::ViewerJoins),
    (1, 15 * 60 + 30, Deed::Nightly),
    (3, 9 * 60 + 25, Deed::BillsJoin),
    (SECOND_DAY, 7 * 60 + 15, Deed::Second),
    (SECOND_DAY, 8 * 60 + 5, Deed::SecondKeys),
    (6, 10 * 60 + 45, Deed::DemoKey),
    (8, 9 * 60 + 10, Deed::CapMembers),
    (OWN_KEY_DAY, 13 * 60 + 35, Deed::OwnKey),
    (PRICE_DAY, 8 * 60, Deed::NewPrices),
    (17, 11 * 60 + 20, Deed::TopUp),
    (19, 16 * 60 + 40, Deed::Rotate),
    (REVOKED_DAY, 9 * 60 + 30, Deed::Revoke),
    (25, 9 * 60 + 55, Deed::SecondTopUp),
    (26, 12 * 60 + 15, Deed::Management),
    (27, 10 * 60 + 5, Deed::Withdraw),
    (28, 15 * 60 + 50, Deed::Invite),
];

/// Makes the month, where the store is empty; else nothing is changed, and nothing comes of it.
///
/// # Errors
/// What the house refused, or what does not open. Then the store may hold a part of the month.
pub async fn tell(config: &Config, how: How<'_>) -> Result<Option<Kept>, HistoryError> {
    let clock = Arc::new(Moving::at(how.now));
    let log = Log::new(LogFormat::Off, clock.clone());
    let config = quiet(config);
    let sources = Sources { clock: clock.clone(), chance: Arc::new(OsChance) };
    let ground = Ground::open(&config, &log, sources, Handle::current()).await?;
    let (workspaces, users) =
        (ground.opened.store.list_workspaces().await?, ground.opened.people.list_users().await?);
    if !workspaces.is_empty() || !users.is_empty() {
        ground.opened.ledger.close().await?;
        return Ok(None);
    }
    let first = how.now.day() - DAYS;
    clock.set(Timestamp::of_day(first));
    let house = ground.build(&config, log).await?;
    let mut town = Town::new(house.clone(), clock, config.data_dir.clone());
    let told = live(&mut town, first, how).await;
    // Whatever came of it, what was written is written to its end.
    house.ledger.close().await?;
    told?;
    let kept = town.kept(how.seed, &WORKING);
    kept.write(&config.data_dir).map_err(|cause| HistoryError::File(config.data_dir.clone(), cause))?;
    Ok(Some(kept))
}

/// The configuration for a time in which nobody listens: letters lie in the data folder, limits and lines are nobody's.
fn quiet(config: &Config) -> Config {
    let mut config = config.clone();
    config.server.mail.home = MailHome::Folder(config.data_dir.join("mail"));
    config.server.registration = Registration::Invited;
    config.server.limits = None;
    config.server.log = LogFormat::Off;
    config
}

async fn live(town: &mut Town, first: i64, how: How<'_>) -> Result<(), HistoryError> {
    let mut deeds = DEEDS.iter().peekable();
    for n in 0..=DAYS {
        let mut calls = traffic::of_day(how.seed, first, n);
        calls.retain(|call| call.at.plus(NEWEST) < how.now);
        let mut rest: &[Planned] = &calls;
        while let Some((_, minute, deed)) = deeds.next_if(|(day, ..)| *day == n) {
            let at = Timestamp::of_day(first + n).plus(Duration::from_secs(minute * 60));
            let (before, after) = rest.split_at(rest.partition_point(|call| call.at < at));
            pass(town, before).await?;
            town.clock.set(at);
            act(town, *deed, how.sim).await?;
            rest = after;
        }
        pass(town, rest).await?;
    }
    town.clock.set(how.now);
    Ok(town.house.note_past_uses().await?)
}

/// Lets calls happen whose keys are there.
async fn pass(town: &Town, calls: &[Planned]) -> Result<(), HistoryError> {
    let ready: Vec<PastCall> = calls.iter().filter_map(|call| past_call(town, call)).collect();
    for some in ready.chunks(AT_ONCE) {
        if let Some(last) = some.last() {
            // What somebody did last may have moved the clock already.
            town.clock.set(last.request.made_at().max(town.clock.now()));
        }
        town.house.replay(some).await?;
    }
    Ok(())
}

fn past_call(town: &Town, call: &Planned) -> Option<PastCall> {
    let program = PROGRAMS.get(call.program)?;
    Some(PastCall {
        request: RequestId::new(call.at, call.random),
        key: town.key(program.name, call.at)?,
        endpoint: call.called.endpoint,
        model: call.called.model,
        ending: call.ending,
        usage: call.usage,
        latency_ms: call.latency_ms,
        first_byte_ms: call.first_byte_ms,
        streamed: call.streamed,
        retried: call.retried,
        session: call.session.clone(),
        client: program.client,
    })
}

async fn act(town: &mut Town, deed: Deed, sim: &str) -> Result<(), HistoryError> {
    let usd =
        |amount: &str, reason: &str, kind: &str| json!({ "amount_usd": amount, "reason": reason, "kind": kind });
    match deed {
        Deed::SetUp => {
            town.set_up().await?;
            town.sell(&catalogue(sim, PRICE.0)?).await
        }
        Deed::Found => {
            town.found("Demo", WORKSPACE).await?;
            town.grant(WORKSPACE, usd("150.00", "first top-up", "paid")).await
        }
        Deed::AdaJoins => town.join(ADA, None, WORKSPACE).await,
        Deed::DeveloperJoins => town.join(DEVELOPER, Some(ADA), WORKSPACE).await,
        Deed::ViewerJoins => town.join(VIEWER, Some(ADA), WORKSPACE).await,
        Deed::BillsJoin => town.join(BILLS, Some(ADA), WORKSPACE).await,
        Deed::Production => {
            let rules = json!({ "environment": "production", "caps": { "month_micro_usd": 400_000_000_u64 } });
            town.make_key(ADA, (WORKSPACE, "production backend"), rules).await
        }
        Deed::Prototype => town.make_key(DEVELOPER, (WORKSPACE, "old prototype"), json!({})).await,
        Deed::Agents => {
            let rules = json!({ "environment": "development", "metadata": { "team": "platform" } });
            town.make_key(DEVELOPER, (WORKSPACE, "code assistants"), rules).await
        }
        Deed::Nightly => {
            let models = json!(["sim-gemini", "sim-openai-embedding"]);
            let rules = json!({ "models": models, "scopes": ["chat", "embeddings"] });
            town.make_key(ADA, (WORKSPACE, "nightly digest"), rules).await
        }
        Deed::Second => {
            town.found("Northwind Robotics", "northwind").await?;
            let promo = json!({
                "amount_usd": "4.00", "reason": "welcome credit", "kind": "promo",
                "expires_at": town.clock.now().plus(Duration::from_secs(14 * 86_400)).to_string(),
            });
            town.grant("northwind", promo).await?;
            town.grant("northwind", usd("6.00", "first top-up", "paid")).await?;
            town.join(NOOR, None, "northwind").await
        }
        Deed::SecondKeys => {
            town.join(DEVELOPER, Some(NOOR), "northwind").await?;
            town.make_key(NOOR, ("northwind", "website assistant"), json!({ "environment": "production" })).await?;
            let rules = json!({ "scopes": ["images"], "caps": { "day_micro_usd": 1_000_000_u64 } });
            town.make_key(NOOR, ("northwind", "catalogue pictures"), rules).await
        }
        Deed::DemoKey => town.make_key(DEVELOPER, (WORKSPACE, "demo key"), json!({})).await,
        Deed::CapMembers => town.cap_members().await,
        Deed::OwnKey => town.bring_own_key().await,
        Deed::NewPrices => town.sell(&catalogue(sim, PRICE.1)?).await,
        Deed::TopUp => town.grant(WORKSPACE, usd("100.00", "invoice 2041", "paid")).await,
        Deed::Rotate => town.tend_key("production backend", &Tending::Rotate).await,
        Deed::Revoke => {
            town.tend_key("old prototype", &Tending::Revoke).await?;
            let caps = json!({ "caps": { "day_micro_usd": 30_000_000_u64 } });
            town.tend_key("code assistants", &Tending::Change(caps)).await
        }
        Deed::SecondTopUp => town.grant("northwind", usd("25.00", "invoice 2057", "paid")).await,
        Deed::Management => town.make_management_key().await,
        Deed::Withdraw => town.invite_in_vain("wrong.address@example.com", true).await,
        Deed::Invite => town.invite_in_vain("newcomer@example.com", false).await,
    }
}

/// The catalogue of the demonstration, with the price of two models as it is said.
///
/// # Errors
/// When it is not valid.
pub fn catalogue(sim: &str, price: &str) -> Result<Value, HistoryError> {
    let text = CATALOGUE.replace("SIM", sim).replace(PRICE.1, price);
    let docs: CatalogueDoc = toml::from_str(&text).map_err(|e| HistoryError::Catalogue(e.to_string()))?;
    Ok(json!(docs))
}

/// The catalogue as it is in force after the month.
///
/// # Errors
/// When it is not valid.
pub fn catalogue_now(sim: &str) -> Result<Value, HistoryError> {
    catalogue(sim, PRICE.1)
}

#[cfg(test)]
mod tests;
