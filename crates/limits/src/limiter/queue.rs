//! Waiting for a slot where use is fair (R-LIM-5). In: a question that lacked nothing else. Out: a permit, or the refusal when the
//! time is over. Never here: an unbounded wait, more who wait than the tier allows.

use super::Limiter;
use crate::granted::{Denied, Granted};
use admit::Ask;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use units::{Timestamp, WorkspaceId};

/// A slot may come free on another node, which tells nobody here.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Limiter {
    /// A place in the line of an account; `None` when the line is full.
    pub(super) fn place(&self, workspace: WorkspaceId, most: u32, now: Timestamp) -> Option<Place<'_>> {
        let freed = self.inner.local.join(workspace, most, now)?;
        Some(Place { limiter: self, workspace, freed })
    }
}

/// A place in the line; given up when dropped.
pub struct Place<'a> {
    limiter: &'a Limiter,
    workspace: WorkspaceId,
    freed: Arc<Notify>,
}

impl Place<'_> {
    /// Waits its turn, as long as the tier allows.
    pub async fn wait(&self, ask: &Ask<'_>, queue_ms_max: u32, now: Timestamp) -> Result<Granted, Denied> {
        let began = Instant::now();
        let until = began + Duration::from_millis(u64::from(queue_ms_max));
        loop {
            let mut next = pin!(self.freed.notified());
            // It stands in line before it asks: a slot that comes free between is not missed.
            next.as_mut().enable();
            let answer = self.limiter.judge(ask, now.plus(began.elapsed())).await;
            let again = matches!(&answer, Err(Denied::Limit { refusal, .. }) if refusal.slots_only);
            if !again || Instant::now() >= until {
                return answer;
            }
            let look = if self.limiter.inner.shared.is_some() { Instant::now() + LOOK_EVERY } else { until };
            let _ = timeout_at(look.min(until), next).await;
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limiter.inner.local.leave(self.workspace);
    }
}
