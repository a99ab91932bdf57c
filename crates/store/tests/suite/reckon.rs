//! Sums of rows that are in memory: what both engines are held against. In: rows, a question. Out: sums. Never here: SQL.

use ledger::UsageRow;
use ledger::facts::{Ending, Endings, Facets, Slot, Sums};
use ledger::pace::{Pace, step_of};
use std::collections::BTreeMap;
use store::port::{By, FactFilter, Facts, FactsAsk, Paces, Part, Point};
use units::Timestamp;

/// Asks for all that there is.
pub fn everything(until: Timestamp) -> FactsAsk {
    FactsAsk {
        filter: FactFilter {
            workspace: None,
            keys: None,
            model: None,
            endpoint: None,
            provider: None,
            ending: None,
            from: Timestamp::from_ms(0),
            until,
            hourly: false,
        },
        by: Some(By::Model),
        series_max: 1,
        step_hours: None,
        pace: true,
    }
}

/// What the rows come to, of all that are there.
pub fn facts_of(rows: &[UsageRow], ask: &FactsAsk) -> Facts {
    let rows: Vec<&UsageRow> = rows.iter().filter(|row| fits(row, &ask.filter)).collect();
    let mut facts =
        Facts { total: rows.iter().map(|row| Sums::of(row)).fold(Sums::default(), Sums::plus), ..Facts::default() };
    facts.endings = endings(&rows);
    if let Some(by) = ask.by {
        let mut parts: BTreeMap<Part, Sums> = BTreeMap::new();
        for row in &rows {
            let known = parts.entry(part(row, by)).or_default();
            *known = known.plus(Sums::of(row));
        }
        facts.parts = parts.into_iter().collect();
        facts.parts.sort_by(|(a, x), (b, y)| (y.charge, y.requests, a).cmp(&(x.charge, x.requests, b)));
        for (which, _) in &facts.parts {
            let of: Vec<&UsageRow> = rows.iter().copied().filter(|row| part(row, by) == *which).collect();
            facts.part_endings.push(endings(&of));
        }
    }
    let timed = ask.pace && ask.filter.is_timed();
    if timed {
        facts.pace = paces(&rows);
    }
    let Some(hours) = ask.step_hours else { return facts };
    let spans = Spans { from: ask.filter.from.ms(), step: i64::from(hours).max(1).saturating_mul(Slot::Hour.ms()) };
    facts.series = spans.series(&rows);
    if let Some(by) = ask.by {
        for (which, _) in facts.parts.iter().take(ask.series_max) {
            let of: Vec<&UsageRow> = rows.iter().copied().filter(|row| part(row, by) == *which).collect();
            facts.part_series.push((which.clone(), spans.series(&of)));
        }
    }
    if timed {
        let answered: Vec<&UsageRow> = rows.into_iter().filter(|row| is_answered(row)).collect();
        facts.pace_series = spans.split(&answered).into_iter().map(|(at, rows)| (at, paces(&rows))).collect();
    }
    facts
}

/// The spans of a series.
struct Spans {
    from: i64,
    step: i64,
}

impl Spans {
    fn split<'r>(&self, rows: &[&'r UsageRow]) -> BTreeMap<Timestamp, Vec<&'r UsageRow>> {
        let mut spans: BTreeMap<Timestamp, Vec<&UsageRow>> = BTreeMap::new();
        for row in rows {
            let number = (row.at.ms() - self.from).div_euclid(self.step);
            let at = Timestamp::from_ms(self.from + number * self.step);
            spans.entry(at).or_default().push(row);
        }
        spans
    }

    fn series(&self, rows: &[&UsageRow]) -> Vec<Point> {
        let sum = |rows: &[&UsageRow]| rows.iter().map(|row| Sums::of(row)).fold(Sums::default(), Sums::plus);
        self.split(rows).into_iter().map(|(at, rows)| Point { at, sums: sum(&rows) }).collect()
    }
}

fn part(row: &UsageRow, by: By) -> Part {
    let facets = Facets::of(row);
    match by {
        By::Workspace => Part::Workspace(facets.workspace),
        By::Key => Part::Key(facets.key),
        By::Model => Part::Named(facets.model.to_string()),
        By::Endpoint => Part::Named(facets.endpoint.to_owned()),
        By::Provider => Part::Named(facets.provider.to_string()),
        By::Ending => Part::Ending(facets.ending),
    }
}

fn endings(rows: &[&UsageRow]) -> Endings {
    let count = |ending| rows.iter().filter(|row| Facets::of(row).ending == ending).map(|_| 1).sum();
    Endings::new(Ending::ALL.map(count))
}

const fn is_answered(row: &UsageRow) -> bool {
    row.status < 400
}

fn paces(rows: &[&UsageRow]) -> Paces {
    let (mut end, mut first_byte) = (Pace::default(), Pace::default());
    for row in rows.iter().filter(|row| is_answered(row)) {
        end.add(step_of(row.latency_ms), 1);
        row.first_byte_ms.into_iter().for_each(|ms| first_byte.add(step_of(ms), 1));
    }
    Paces { end, first_byte }
}

/// Whether a row fits.
pub fn fits(row: &UsageRow, f: &FactFilter) -> bool {
    let facets = Facets::of(row);
    let named = |asked: &Option<String>, is: &str| asked.as_deref().is_none_or(|text| text == is);
    f.workspace.is_none_or(|id| id == row.workspace)
        && f.keys.as_ref().is_none_or(|keys| keys.contains(&row.key))
        && named(&f.model, &row.model)
        && named(&f.endpoint, row.endpoint)
        && named(&f.provider, &row.provider)
        && f.ending.is_none_or(|ending| ending == facets.ending)
        && f.from <= row.at
        && row.at < f.until
}
