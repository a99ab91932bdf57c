//! Sums of requests, as they are asked for. In: facets, a span of time. Out: sums by facet and by time, of one instant.
//! Never here: SQL, names for people.

use ledger::facts::{Ending, Endings, Slot, Sums};
use ledger::pace::Pace;
use units::{KeyId, Timestamp, WorkspaceId};

/// By what sums are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Who paid.
    Workspace,
    /// The key.
    Key,
    /// The model.
    Model,
    /// The endpoint family.
    Endpoint,
    /// The provider (operators only).
    Provider,
    /// How they ended.
    Ending,
}

impl By {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Workspace, Self::Key, Self::Model, Self::Endpoint, Self::Provider, Self::Ending];

    /// The word of the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Key => "key",
            Self::Model => "model",
            Self::Endpoint => "endpoint",
            Self::Provider => "provider",
            Self::Ending => "ending",
        }
    }
}

/// The value of what sums are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A workspace.
    Workspace(WorkspaceId),
    /// A key.
    Key(KeyId),
    /// A model, an endpoint family or a provider.
    Named(String),
    /// How requests ended.
    Ending(Ending),
}

/// Which requests are summed. All of what is said holds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactFilter {
    /// Only of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Only of these keys.
    pub keys: Option<Vec<KeyId>>,
    /// Only of this model.
    pub model: Option<String>,
    /// Only of this endpoint family.
    pub endpoint: Option<String>,
    /// Only served by this provider.
    pub provider: Option<String>,
    /// Only those that ended so.
    pub ending: Option<Ending>,
    /// From this instant on, the beginning of an hour.
    pub from: Timestamp,
    /// Before this instant, the beginning of an hour.
    pub until: Timestamp,
    /// Whether sums by hour are read though the span is of whole days.
    pub hourly: bool,
}

impl FactFilter {
    /// The coarsest slots that the span is made of.
    pub fn slot(&self) -> Slot {
        let whole = Slot::Day.begins_at(self.from) && Slot::Day.begins_at(self.until);
        if whole && !self.hourly { Slot::Day } else { Slot::Hour }
    }

    /// Whether it is kept how fast exactly these were: times are counted by workspace and model, of keys by day, and of all customers
    /// together by model and provider.
    pub fn is_timed(&self) -> bool {
        let finer = self.endpoint.is_some() || self.ending.is_some();
        let of_some = self.workspace.is_some() || self.keys.is_some();
        let by_hour = self.keys.is_some() && self.slot() == Slot::Hour;
        !(finer || by_hour || of_some && self.provider.is_some())
    }
}

/// What is asked about requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsAsk {
    /// Which requests.
    pub filter: FactFilter,
    /// By what their sums are told apart; `None` is not at all.
    pub by: Option<By>,
    /// At most so many parts have a series of their own: those that cost most, then those with most requests.
    pub series_max: usize,
    /// How long the spans of a series are, in hours; `None` is no series. They begin at `filter.from`.
    pub step_hours: Option<u32>,
    /// Whether it is told how fast they were; nothing is where `FactFilter::is_timed` says no.
    pub pace: bool,
}

impl FactsAsk {
    /// Whether such sums are kept: those of keys tell neither providers nor workspaces apart.
    pub fn is_kept(&self) -> bool {
        let of_keys = self.filter.keys.is_some() || self.by == Some(By::Key);
        !(of_keys && (self.filter.provider.is_some() || matches!(self.by, Some(By::Workspace | By::Provider))))
    }
}

/// Sums of a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When the span begins.
    pub at: Timestamp,
    /// What its requests came to.
    pub sums: Sums,
}

/// How fast answers were.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Paces {
    /// To the end of an answer.
    pub end: Pace,
    /// To its first byte.
    pub first_byte: Pace,
}

impl Paces {
    /// Those of others too.
    pub fn take(&mut self, others: &Self) {
        self.end.take(&others.end);
        self.first_byte.take(&others.first_byte);
    }
}

/// What requests came to, all of one instant: the parts sum to the total, and so do the spans.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Facts {
    /// All together.
    pub total: Sums,
    /// How all of them ended.
    pub endings: Endings,
    /// Each part, the dearest first.
    pub parts: Vec<(Part, Sums)>,
    /// How those of each part ended, in the same order.
    pub part_endings: Vec<Endings>,
    /// All together by time, oldest first; spans without requests are not told.
    pub series: Vec<Point>,
    /// The first parts by time.
    pub part_series: Vec<(Part, Vec<Point>)>,
    /// How fast they were.
    pub pace: Paces,
    /// How fast they were by time.
    pub pace_series: Vec<(Timestamp, Paces)>,
}

/// The parts that have no series of their own, together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// How many parts.
    pub parts: usize,
    /// What they came to.
    pub sums: Sums,
    /// The same by time; spans without any of them are not told.
    pub series: Vec<Point>,
}

impl Facts {
    /// What is left of the total beside the parts with a series; nothing where each has one, or none was asked for.
    pub fn rest(&self) -> Option<Rest> {
        let told = self.part_series.len();
        let parts = self.parts.len().checked_sub(told).filter(|left| told > 0 && *left > 0)?;
        let sums = self.parts.iter().take(told).fold(self.total, |left, (_, sums)| left.minus(*sums));
        let told_at = |at: Timestamp| {
            let points = self.part_series.iter().flat_map(|(_, points)| points);
            points.filter(move |point| point.at == at).map(|point| point.sums)
        };
        let left = |point: &Point| Point { sums: told_at(point.at).fold(point.sums, Sums::minus), ..*point };
        let series = self.series.iter().map(left).filter(|point| !point.sums.is_none()).collect();
        Some(Rest { parts, sums, series })
    }
}
