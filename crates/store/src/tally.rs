//! An answer about sums of requests, put together alike for both engines. In: rows of a question, each about a part, a span of a series or
//! both. Out: total, parts, series. Never here: SQL, a connection.

use crate::facts::{Term, Value, span_start};
use crate::port::{Facts, FactsAsk, Paces, Part, Point};
use ledger::facts::{Endings, Sums};
use std::collections::BTreeMap;

/// What a question came to so far.
#[derive(Default)]
pub struct Tally {
    total: Sums,
    endings: Endings,
    parts: BTreeMap<Part, (Sums, Endings)>,
    spans: BTreeMap<i64, Sums>,
}

impl Tally {
    /// Requests of a part, or of none where none are told apart. Everything asked for passes here once.
    pub fn part(&mut self, part: Option<Part>, sums: Sums, ended: Endings) {
        self.total = self.total.plus(sums);
        self.endings.take(&ended);
        if let Some(part) = part {
            let (known, endings) = self.parts.entry(part).or_default();
            *known = known.plus(sums);
            endings.take(&ended);
        }
    }

    /// Requests of a span of the series. Everything asked for passes here once, where a series is asked for.
    pub fn span(&mut self, span: i64, sums: Sums) {
        let known = self.spans.entry(span).or_default();
        *known = known.plus(sums);
    }

    /// The answer but for the series of parts: the dearest part first, then those with most requests, then by what they are. Of a
    /// record that became a charge nothing may be left.
    pub fn answer(self, ask: &FactsAsk) -> Facts {
        let Self { total, endings, parts, spans } = self;
        let mut parts: Vec<_> = parts.into_iter().filter(|(_, (sums, _))| !sums.is_none()).collect();
        parts.sort_by(|(a, (x, _)), (b, (y, _))| (y.charge, y.requests, a).cmp(&(x.charge, x.requests, b)));
        Facts {
            total,
            endings,
            part_endings: parts.iter().map(|(_, (_, endings))| *endings).collect(),
            parts: parts.into_iter().map(|(part, (sums, _))| (part, sums)).collect(),
            series: points(ask, spans),
            ..Facts::default()
        }
    }
}

/// The points of spans in which something happened; none where no series is asked for.
fn points(ask: &FactsAsk, spans: BTreeMap<i64, Sums>) -> Vec<Point> {
    let Some(hours) = ask.step_hours else { return Vec::new() };
    let spans = spans.into_iter().filter(|(_, sums)| !sums.is_none());
    spans.map(|(span, sums)| Point { at: span_start(ask, hours, span), sums }).collect()
}

/// The first parts, which have a series of their own, as a term of the question for them; `None` where none have.
pub fn first_parts(ask: &FactsAsk, all: &Facts) -> Option<Term> {
    let by = ask.by.filter(|_| ask.step_hours.is_some())?;
    let (mut ids, mut texts, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for (part, _) in all.parts.iter().take(ask.series_max) {
        match part {
            Part::Workspace(id) => ids.push(id.bytes()),
            Part::Key(id) => ids.push(id.bytes()),
            Part::Named(name) => texts.push(name.clone()),
            Part::Ending(ending) => numbers.push(i64::from(ending.number())),
        }
    }
    // They are all of one kind.
    let value = match (ids.is_empty(), texts.is_empty(), numbers.is_empty()) {
        (false, _, _) => Value::Ids(ids),
        (_, false, _) => Value::Texts(texts),
        (_, _, false) => Value::Numbers(numbers),
        (true, true, true) => return None,
    };
    Some((by.name(), "in", value))
}

/// Puts the series of the first parts into an answer, in their order.
pub fn put_part_series(all: &mut Facts, ask: &FactsAsk, rows: impl IntoIterator<Item = (Part, i64, Sums)>) {
    let mut cells: BTreeMap<Part, BTreeMap<i64, Sums>> = BTreeMap::new();
    for (part, span, sums) in rows {
        let known = cells.entry(part).or_default().entry(span).or_default();
        *known = known.plus(sums);
    }
    let first = all.parts.iter().take(ask.series_max).map(|(part, _)| part.clone());
    let series = |part: Part| {
        let spans = cells.remove(&part).unwrap_or_default();
        (part, points(ask, spans))
    };
    all.part_series = first.map(series).collect();
}

/// Puts paces by span into an answer.
pub fn put_paces(all: &mut Facts, ask: &FactsAsk, by_span: BTreeMap<i64, Paces>) {
    by_span.values().for_each(|paces| all.pace.take(paces));
    if let Some(hours) = ask.step_hours {
        let start = |number| span_start(ask, hours, number);
        all.pace_series = by_span.into_iter().map(|(number, paces)| (start(number), paces)).collect();
    }
}
