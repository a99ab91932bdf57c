//! Sums of requests as every tile, chart and table footer reads them: the parts and the spans sum to the total, for they are of one
//! instant. In: filters. Out: sums. Never here: adding up (the store does), rows.

use super::which::{ending, narrowed, plain};
use crate::api::key_hand::Hand;
use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks};
use crate::api::schema::{ByName, EndingName, Shown};
use crate::house::{House, Worker};
use crate::limits::{FACTS_PARTS_MAX, FACTS_SERIES_MAX, FACTS_SPANS_MAX};
use axum::extract::State;
use ledger::facts::{Slot, Sums};
use ledger::pace::Pace;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use store::port::{By, FactFilter, Facts, FactsAsk, Paces, Part, Point};
use units::{Class, KeyId, NanoUsd, Timestamp};

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
    /// Whether it is told how fast answers were.
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
    /// Whether it is told how fast answers were.
    pace: Option<bool>,
}

/// What requests came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Facts")]
pub struct FactsTold {
    from: Shown<Timestamp>,
    until: Shown<Timestamp>,
    step_hours: Option<u16>,
    total: SumsTold,
    /// Each part, the dearest first.
    parts: Vec<PartTold>,
    /// How many parts there are; the dearest are told.
    parts_in_all: usize,
    /// All together by time, oldest first; spans without requests are not there.
    series: Vec<PointTold>,
    /// How fast answers were; null where that was not asked.
    pace: Option<PaceTold>,
    /// The same by time.
    pace_series: Vec<PacePoint>,
}

/// What requests came to, summed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sums")]
pub struct SumsTold {
    requests: i64,
    /// Of these, how many whose usage was estimated.
    estimated: i64,
    /// How many that took more than one attempt.
    retried: i64,
    /// How many that were streams.
    streamed: i64,
    charge_usd: Shown<NanoUsd>,
    /// What prompt caches saved; below zero where writing cost more than reading saved.
    cache_saved_usd: Shown<NanoUsd>,
    /// Tokens by class; one without any is not there.
    #[schemars(with = "BTreeMap<String, i64>")]
    tokens: serde_json::Map<String, serde_json::Value>,
    images: i64,
}

/// A part of the sums.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Part")]
pub struct PartTold {
    /// The id or name of what it is.
    id: String,
    /// What people call it.
    name: String,
    sums: SumsTold,
    /// By time, where it is among the dearest.
    series: Option<Vec<PointTold>>,
}

/// Sums of a span of time.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Point")]
pub struct PointTold {
    at: Shown<Timestamp>,
    sums: SumsTold,
}

/// How fast answers were: the time within which so many of a hundred were done, at most a quarter too large.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Pace")]
pub struct PaceTold {
    /// To the end of an answer.
    end: Percentiles,
    /// To its first byte.
    first_byte: Percentiles,
}

/// Milliseconds; null where there are no answers.
#[derive(Serialize, JsonSchema)]
pub struct Percentiles {
    answers: u64,
    p50_ms: Option<u64>,
    p90_ms: Option<u64>,
    p99_ms: Option<u64>,
}

/// How fast answers were in a span of time.
#[derive(Serialize, JsonSchema)]
pub struct PacePoint {
    at: Shown<Timestamp>,
    pace: PaceTold,
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
    checks.done()?;
    ask.filter.provider = provider;
    ask.filter.workspace = workspace.flatten().map(|row| row.id);
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
        if from < first_hour && !whole_days {
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
            } else if whole_days && hours % 24 != 0 {
                checks.add(
                    "step_hours",
                    "expected a multiple of 24 between two midnights UTC; ask for an hour less or more for others",
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

fn told(house: &House, ask: &FactsAsk, facts: Facts) -> FactsTold {
    let names = Names::of(house, ask);
    let mut series: BTreeMap<Part, Vec<Point>> = facts.part_series.into_iter().collect();
    let parts_in_all = facts.parts.len();
    let part = |(part, sums): (Part, Sums)| {
        let series = series.remove(&part).map(|points| points.into_iter().map(point).collect());
        let (id, name) = names.of_part(&part);
        PartTold { id, name, sums: sums_told(&sums), series }
    };
    FactsTold {
        from: Shown(ask.filter.from),
        until: Shown(ask.filter.until),
        step_hours: ask.step_hours.and_then(|hours| u16::try_from(hours).ok()),
        total: sums_told(&facts.total),
        parts: facts.parts.into_iter().take(FACTS_PARTS_MAX).map(part).collect(),
        parts_in_all,
        series: facts.series.into_iter().map(point).collect(),
        pace: ask.pace.then(|| pace_told(&facts.pace)),
        pace_series: facts
            .pace_series
            .into_iter()
            .map(|(at, paces)| PacePoint { at: Shown(at), pace: pace_told(&paces) })
            .collect(),
    }
}

/// What people call the parts.
struct Names<'h> {
    house: &'h House,
    keys: BTreeMap<KeyId, String>,
}

impl<'h> Names<'h> {
    fn of(house: &'h House, ask: &FactsAsk) -> Self {
        let keys = if ask.by == Some(By::Key) { house.keys.names(ask.filter.workspace) } else { BTreeMap::new() };
        Self { house, keys }
    }

    fn of_part(&self, part: &Part) -> (String, String) {
        match part {
            Part::Workspace(id) => {
                let name = self.house.workspaces.find(*id).map(|row| row.name.clone());
                (id.to_string(), name.unwrap_or_default())
            }
            Part::Key(id) => (id.to_string(), self.keys.get(id).cloned().unwrap_or_default()),
            Part::Named(name) => (name.clone(), name.clone()),
            Part::Ending(ending) => (ending.name().to_owned(), ending.name().to_owned()),
        }
    }
}

fn point(point: Point) -> PointTold {
    PointTold { at: Shown(point.at), sums: sums_told(&point.sums) }
}

fn sums_told(sums: &Sums) -> SumsTold {
    let tokens = Class::TOKENS.into_iter().map(|class| (class, sums.count(class))).filter(|(_, count)| *count != 0);
    SumsTold {
        requests: sums.requests,
        estimated: sums.estimated,
        retried: sums.retried,
        streamed: sums.streamed,
        charge_usd: Shown(sums.charge),
        cache_saved_usd: Shown(sums.cache_saved),
        tokens: tokens.map(|(class, count)| (class.name().to_owned(), count.into())).collect(),
        images: sums.count(Class::Images),
    }
}

fn pace_told(paces: &Paces) -> PaceTold {
    let told = |pace: &Pace| Percentiles {
        answers: pace.count(),
        p50_ms: pace.percentile(50),
        p90_ms: pace.percentile(90),
        p99_ms: pace.percentile(99),
    };
    PaceTold { end: told(&paces.end), first_byte: told(&paces.first_byte) }
}
