//! The owner of every task of the server. In: futures. Out: they run, are counted, and can be waited for.
//! Never here: what they do. The only home of `tokio::spawn` in this crate.

use crate::viewer::Relay;
use std::future::Future;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Spawns on the runtime of the caller and keeps count; shutdown waits for all of them.
#[derive(Clone, Default)]
pub struct Tasks(TaskTracker);

impl Tasks {
    /// Runs a future to its end on the current runtime.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(future);
    }

    /// Runs a relay to its end that lost its client. Outside a runtime (the process ends) the relay is dropped: its
    /// hold is void, nothing is charged.
    pub fn finish(&self, relay: Relay) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.0.spawn_on(relay, &runtime);
        }
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.0.len()
    }

    /// Waits until all have ended, at most that long; says whether they have.
    pub async fn close_and_wait(&self, at_most: Duration) -> bool {
        self.0.close();
        tokio::time::timeout(at_most, self.0.wait()).await.is_ok()
    }
}
