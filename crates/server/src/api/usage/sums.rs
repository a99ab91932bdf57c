//! How sums are told: the total, its parts, their spans of time, how fast answers were. In: an answer of the store. Out: JSON, with the
//! names that people give. Never here: a sum of its own (ledger and store add), which requests are summed (facts).

use crate::api::schema::Shown;
use crate::house::House;
use crate::limits::FACTS_PARTS_MAX;
use ledger::facts::{Ending, Endings, Sums};
use ledger::pace::Pace;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use store::port::{By, Facts, FactsAsk, Paces, Part, Point, Rest};
use units::{Class, KeyId, NanoUsd, Timestamp};

/// What requests came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Facts")]
pub struct FactsTold {
    from: Shown<Timestamp>,
    until: Shown<Timestamp>,
    step_hours: Option<u16>,
    total: SumsTold,
    /// How all of them ended.
    endings: EndingsTold,
    /// Each part, the dearest first.
    parts: Vec<PartTold>,
    /// How many parts there are; the dearest are told.
    parts_in_all: usize,
    /// The parts without a series, together; null where each has one, or none was asked for.
    rest: Option<RestTold>,
    /// All together by time, oldest first; spans without requests are not there.
    series: Vec<PointTold>,
    /// How fast answers were; null where that was not asked, or is not kept of just these requests.
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
    /// All tokens of prompts, cached and written ones included.
    prompt_tokens: i64,
    /// All tokens of answers, reasoning included.
    answer_tokens: i64,
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
    /// How they ended.
    endings: EndingsTold,
    /// By time, where it is among the dearest.
    series: Option<Vec<PointTold>>,
}

/// Parts that have no series of their own, together.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rest")]
pub struct RestTold {
    /// How many parts.
    parts: usize,
    sums: SumsTold,
    /// By time.
    series: Vec<PointTold>,
}

/// How many requests ended in which way.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Endings")]
pub struct EndingsTold {
    /// Answered to the end.
    served: i64,
    /// Answered, but not to the end.
    cut: i64,
    /// 4xx.
    refused: i64,
    /// 5xx.
    failed: i64,
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

/// An answer of the store, told.
pub fn told(house: &House, ask: &FactsAsk, facts: Facts) -> FactsTold {
    let names = Names::of(house, ask);
    let rest = facts.rest().map(rest_told);
    let mut series: BTreeMap<Part, Vec<Point>> = facts.part_series.into_iter().collect();
    let parts_in_all = facts.parts.len();
    let part = |((part, sums), endings): ((Part, Sums), Endings)| {
        let series = series.remove(&part).map(|points| points.into_iter().map(point).collect());
        let (id, name) = names.of_part(&part);
        PartTold { id, name, sums: sums_told(&sums), endings: endings_told(&endings), series }
    };
    let parts = facts.parts.into_iter().zip(facts.part_endings);
    FactsTold {
        from: Shown(ask.filter.from),
        until: Shown(ask.filter.until),
        step_hours: ask.step_hours.and_then(|hours| u16::try_from(hours).ok()),
        total: sums_told(&facts.total),
        endings: endings_told(&facts.endings),
        parts: parts.take(FACTS_PARTS_MAX).map(part).collect(),
        parts_in_all,
        rest,
        series: facts.series.into_iter().map(point).collect(),
        pace: (ask.pace && ask.filter.is_timed()).then(|| pace_told(&facts.pace)),
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

fn rest_told(Rest { parts, sums, series }: Rest) -> RestTold {
    RestTold { parts, sums: sums_told(&sums), series: series.into_iter().map(point).collect() }
}

fn endings_told(endings: &Endings) -> EndingsTold {
    EndingsTold {
        served: endings.count(Ending::Served),
        cut: endings.count(Ending::Cut),
        refused: endings.count(Ending::Refused),
        failed: endings.count(Ending::Failed),
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
        prompt_tokens: sums.prompt_tokens(),
        answer_tokens: sums.answer_tokens(),
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
