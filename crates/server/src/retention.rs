//! Usage that is kept no more: whole days of rows go, and sums by hour; sums by day stay. In: settings, the time. Out: word in the log.
//! Never here: what a row was charged (the store keeps it by key), other things whose time is over.

use crate::house::House;
use crate::limits::{RETENTION_EVERY, RETENTION_REST};
use ledger::facts::Slot;
use std::sync::Arc;
use units::Timestamp;

impl House {
    /// Forgets what is over, for ever.
    pub async fn forget_usage(self: Arc<Self>) {
        loop {
            let today = self.clock.now().day();
            let kept = self.settings.usage_kept;
            let before = |days: i64| today.saturating_add(1).saturating_sub(days);
            let hours: Timestamp = Slot::Day.start(before(kept.hours_days));
            let mut days = 0_u64;
            let failed = loop {
                match self.store.forget_usage(before(kept.rows_days), hours).await {
                    Ok(true) => days += 1,
                    Ok(false) => break None,
                    Err(error) => break Some(error),
                }
                tokio::time::sleep(RETENTION_REST).await;
            };
            if days > 0 {
                self.log.info("usage.forgotten", &[("days", &days.to_string())]);
            }
            if let Some(error) = failed {
                self.log.warn("usage.forget_failed", &[("error", &error.to_string())]);
            }
            tokio::time::sleep(RETENTION_EVERY).await;
        }
    }
}
