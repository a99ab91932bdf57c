//! How sums of requests are told. In: the store's answer. Out: JSON, with what people call keys and workspaces. Never here: a question,
//! adding up.

use crate::api::schema::Shown;
use crate::house::House;
use crate::limits::FACTS_PARTS_MAX;
use ledger::facts::Sums;
use ledger::pace::Pace;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use store::port::{By, Facts, FactsAsk, Paces, Part, Point};
use units::{Class, KeyId, NanoUsd, Timestamp};

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

/// The answer to a question.
pub fn told(house: &House, ask: &FactsAsk, facts: Facts) -> FactsTold {
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
