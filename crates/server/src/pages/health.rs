//! How models did in the last day, for the public status. In: sums of usage. Out: answered and failed calls by model, asked for once a
//! minute at most. Never here: who called, which provider answered.

use super::Pages;
use crate::house::House;
use crate::limits::STATUS_KEPT;
use ledger::facts::{Ending, Slot};
use pages::{Health, ModelHealth};
use std::sync::Arc;
use store::port::{By, FactFilter, Facts, FactsAsk, Part};
use units::Timestamp;

/// What was known last, and when.
#[derive(Default)]
pub(super) struct Known(Option<(Timestamp, Arc<Health>)>);

/// So many hours are summed, the running one among them.
const HOURS: i64 = 24;

impl Pages {
    /// How models did.
    pub async fn health(&self, house: &House) -> Arc<Health> {
        let now = house.clock.now();
        let known = self.health.lock().0.clone();
        if let Some((_, health)) = known.filter(|(at, _)| now.since(*at) < STATUS_KEPT) {
            return health;
        }
        let health = Arc::new(asked(house, now).await);
        self.health.lock().0 = Some((now, Arc::clone(&health)));
        health
    }
}

async fn asked(house: &House, now: Timestamp) -> Health {
    let hour = Slot::Hour.of(now);
    let filter = FactFilter {
        workspace: None,
        keys: None,
        model: None,
        endpoint: None,
        provider: None,
        ending: None,
        from: Slot::Hour.start(hour.saturating_sub(HOURS - 1)),
        until: Slot::Hour.start(hour.saturating_add(1)),
        hourly: true,
    };
    let ask = FactsAsk { filter, by: Some(By::Model), series_max: 0, step_hours: None, pace: false };
    match house.store.ask_facts(ask).await {
        Ok(facts) => told(&facts, now),
        Err(error) => {
            house.log.warn("status.failed", &[("error", &error.to_string())]);
            Health::default()
        }
    }
}

fn told(facts: &Facts, now: Timestamp) -> Health {
    let parts = facts.parts.iter().zip(&facts.part_endings);
    let models = parts.filter_map(|((part, _), endings)| {
        let Part::Named(model) = part else { return None };
        let of = |ending| u64::try_from(endings.count(ending)).unwrap_or(0);
        let answered = of(Ending::Served).saturating_add(of(Ending::Cut));
        Some(ModelHealth { model: model.clone(), answered, failed: of(Ending::Failed) })
    });
    Health { until: now.to_string(), models: models.collect(), known: true }
}
