//! Requests of a day as they are recorded, for the limiter: it asks while Redis is away, and is told at its start. In: workspaces,
//! days. Out: counts. Never here: limits, counting what comes now (limits).

use crate::house::House;
use limits::DayCounts;
use std::pin::Pin;
use std::sync::Arc;
use store::port::Store;
use units::WorkspaceId;

/// The days that a limiter over Redis asks about.
pub struct RecordedDays(pub Arc<dyn Store>);

impl DayCounts for RecordedDays {
    fn used<'a>(
        &'a self,
        workspace: WorkspaceId,
        model: Option<&'a str>,
        day: i64,
    ) -> Pin<Box<dyn Future<Output = Option<u32>> + Send + 'a>> {
        Box::pin(async move {
            let counts = self.0.count_requests(day, Some(workspace)).await.ok()?;
            let fits = counts.iter().filter(|count| model.is_none_or(|model| count.model == model));
            Some(fits.fold(0_u32, |sum, count| sum.saturating_add(count.requests)))
        })
    }
}

impl House {
    /// Tells the limiter what is recorded of the day that runs.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn recall_day(&self) -> Result<(), store::port::StoreError> {
        let day = self.clock.now().day();
        let mut sums: foldhash::HashMap<WorkspaceId, u32> = foldhash::HashMap::default();
        let catalogue = self.catalogue.load();
        for count in self.store.count_requests(day, None).await? {
            let sum = sums.entry(count.workspace).or_default();
            *sum = sum.saturating_add(count.requests);
            if let Some(model) = catalogue.models.get(count.model.as_str()) {
                self.limiter.seed_day(count.workspace, Some(&model.model.id), day, count.requests);
            }
        }
        for (workspace, sum) in sums {
            self.limiter.seed_day(workspace, None, day, sum);
        }
        Ok(())
    }
}
