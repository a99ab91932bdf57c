//! What is over is forgotten: kept answers, ended tasks, calls that are done once, devices. In: the time. Out: lines about what could
//! not be swept. Never here: pictures (assets), what is over when (the store).

use crate::house::House;
use crate::limits::SWEEP_EVERY;
use std::sync::Arc;

impl House {
    /// Forgets answers, ended tasks, calls that are done once and devices whose time is over, for ever.
    pub async fn sweep(self: Arc<Self>) {
        loop {
            if let Err(error) = self.store.sweep_answers(self.clock.now()).await {
                self.log.warn("answer.not_swept", &[("error", &error.to_string())]);
            }
            if let Err(error) = self.store.sweep_tasks(self.clock.now()).await {
                self.log.warn("task.not_swept", &[("error", &error.to_string())]);
            }
            if let Err(error) = self.store.sweep_once(self.clock.now()).await {
                self.log.warn("once.not_swept", &[("error", &error.to_string())]);
            }
            if let Err(error) = self.store.sweep_devices(self.clock.now()).await {
                self.log.warn("device.not_swept", &[("error", &error.to_string())]);
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }
}
