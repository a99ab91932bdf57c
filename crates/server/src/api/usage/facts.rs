//! Sums of requests as every tile, chart and table footer reads them: the parts and the spans sum to the total, for they are of one
//! instant. In: filters. Out: a question to the store, its answer told (sums). Never here: adding up (the store does), rows.

use super::sums::told;
use super::which::{ending, narrowed, plain};
use crate::api::key_hand::Hand;
use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks};
use crate::api::schema::{ByName, EndingName, Shown};
use crate::house::{House, Worker};
use crate::limits::{FACTS_SERIES_MAX, FACTS_SPANS_MAX};
use axum::extract::State;
use ledger::facts::Slot;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;
use store::port::{By, FactFilter, FactsAsk};
use units::{KeyId, Timestamp};

/// Which requests are summed, and how.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichFacts {
    #[schemars(with = "Option<Shown<KeyId>>")]
    key: Option<String>,
    /// The id of a model.
    model: Option<String>,
    /// The endpoint family (`chat.completions`).
    endpoint: Option<String>,
    /// How they ended.
    #[schemars(with = "Option<EndingName>")]
    ending: Option<String>,
    /// From the beginning of an hour on; a day before `until` unless it is said.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    from: Option<String>,
    /// Before the beginning of an hour; the end of the running hour unless it is said.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    until: Option<String>,
    /// By what sums are told apart: `key`, `model`, `endpoint` or `ending`.
    #[schemars(with = "Option<ByName>")]
    by: Option<String>,
    /// So many of the dearest parts have a series of their own; 8 unless it is said.
    series: Option<u8>,
    /// How many hours a span of a series is long; without it there is no series. A day is 24, which begin at `from`.
    step_hours: Option<u16>,
    /// Whether it is told how fast answers were: by model, and by key for whole days; not by endpoint or ending.
    pace: Option<bool>,
}

/// The same for operators.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichHouseFacts {
    /// The id or slug of a workspace.
    workspace: Option<String>,
    /// The provider that served.
    provider: Option<String>,
    #[schemars(with = "Option<Shown<KeyId>>")]
    key: Option<String>,
    /// The id of a model.
    model: Option<String>,
    /// The endpoint family (`chat.completions`).
    endpoint: Option<String>,
    /// How they ended.
    #[schemars(with = "Option<EndingName>")]
    ending: Option<String>,
    /// From the beginning of an hour on; a day before `until` unless it is said.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    from: Option<String>,
    /// Before the beginning of an hour; the end of the running hour unless it is said.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    until: Option<String>,
    /// By what sums are told apart.
    #[schemars(with = "Option<ByName>")]
    by: Option<String>,
    /// So many of the dearest parts have a series of their own; 8 unless it is said.
    series: Option<u8>,
    /// How many hours a span of a series is long; without it there is no series. A day is 24, which begin at `from`.
    step_hours: Option<u16>,
    /// Whether it is told how fast answers were: as for members, or by model and provider of all.
    pace: Option<bool>,
}

/// `GET /facts`.
pub async fn facts(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichHouseFacts>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    let workspace = which.workspace.as_deref().map(|text| house.workspaces.named(text));
    if matches!(workspace, Some(None)) {
        checks.add("workspace", "there is no such workspace");
    }
    let provider = plain(&mut checks, "provider", which.provider);
    let WhichHouseFacts { key, model, endpoint, ending, from, until, by, series, step_hours, pace, .. } = which;
    let which = WhichFacts { key, model, endpoint, ending, from, until, by, series, step_hours, pace };
    let mut ask = which.ask(house, &By::ALL, &mut checks);
    ask.filter.provider = provider;
    // A key tells whose it is, and what is one customer's is found sooner.
    let of_key = |keys: &Vec<KeyId>| keys.first().and_then(|id| house.keys.of_id(*id)).map(|key| key.workspace);
    let named = workspace.flatten().map(|row| row.id);
    ask.filter.workspace = named.or_else(|| ask.filter.keys.as_ref().and_then(of_key));
    if !ask.is_kept() {
        let told = "sums of keys tell neither providers nor workspaces apart; leave out the key, or the other";
        checks.add(if ask.by == Some(By::Key) { "by" } else { "key" }, told);
    }
    checks.done()?;
    let facts = house.store.ask_facts(ask.clone()).await?;
    Ok(Answer::ok(&told(house, &ask, facts)))
}

/// `GET /workspaces/{workspace}/facts`: developers read of their own keys.
pub async fn of_workspace(
    State(worker): State<Worker>,
    hand: Hand,
    Asked(which): Asked<WhichFacts>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    let mut ask = which.ask(house, &[By::Key, By::Model, By::Endpoint, By::Ending], &mut checks);
    checks.done()?;
    ask.filter.workspace = hand.place();
    ask.filter.keys = narrowed(ask.filter.keys.take(), house, &hand);
    let facts = house.store.ask_facts(ask.clone()).await?;
    Ok(Answer::ok(&told(house, &ask, facts)))
}

impl WhichFacts {
    /// The question, or what is wrong with it.
    fn ask(self, house: &House, by: &[By], checks: &mut Checks) -> FactsAsk {
        let now = house.clock.now();
        let end = Slot::Hour.start(Slot::Hour.of(now).saturating_add(1));
        let until = checks.instant("until", self.until.as_deref()).unwrap_or(end);
        let day_before = Timestamp::from_ms(until.ms().saturating_sub(Slot::Day.ms()));
        let from = checks.instant("from", self.from.as_deref()).unwrap_or(day_before);
        for (field, at) in [("from", from), ("until", until)] {
            if !Slot::Hour.begins_at(at) {
                checks.add(field, "expected the beginning of an hour, such as 2026-03-03T09:00:00Z");
            }
        }
        if from >= until {
            checks.add("from", "expected a time before \"until\"");
        }
        let first_hour =
            Slot::Day.start(now.day().saturating_add(1).saturating_sub(house.settings.usage_kept.hours_days));
        let whole_days = Slot::Day.begins_at(from) && Slot::Day.begins_at(until);
        let hourly = self.step_hours.is_some_and(|hours| hours % 24 != 0);
        if from < first_hour && (hourly || !whole_days) {
            checks.add(
                "from",
                format!("sums by hour are kept from {first_hour} on; ask between two midnights UTC for older ones"),
            );
        }
        if let Some(hours) = self.step_hours {
            let length = Duration::from_secs(u64::from(hours) * 3_600);
            if hours == 0 || until.since(from).as_secs() / length.as_secs().max(1) > FACTS_SPANS_MAX {
                checks.add(
                    "step_hours",
                    format!("expected a number of hours that makes at most {FACTS_SPANS_MAX} spans"),
                );
            }
        }
        let key: Option<KeyId> = self.key.as_deref().and_then(|text| checks.parse("key", text));
        let filter = FactFilter {
            workspace: None,
            keys: key.map(|key| vec![key]),
            model: plain(checks, "model", self.model),
            endpoint: plain(checks, "endpoint", self.endpoint),
            provider: None,
            ending: ending(checks, self.ending.as_deref()),
            from,
            until,
            hourly,
        };
        let asked_by = self.by.as_deref().map(|name| by.iter().copied().find(|by| by.name() == name));
        if matches!(asked_by, Some(None)) {
            let names: Vec<&str> = by.iter().map(|by| by.name()).collect();
            checks.add("by", format!("expected one of {}", names.join(", ")));
        }
        let series = self.series.unwrap_or(FACTS_SERIES_MAX);
        if series > FACTS_SERIES_MAX {
            checks.add("series", format!("expected 0 to {FACTS_SERIES_MAX}"));
        }
        FactsAsk {
            filter,
            by: asked_by.flatten(),
            series_max: series.into(),
            step_hours: self.step_hours.map(u32::from),
            pace: self.pace.unwrap_or(false),
        }
    }
}
