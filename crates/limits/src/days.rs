//! Where the count of a day comes from when nobody else has it. In: an account, a day. Out: so many requests are recorded.
//! Never here: counting (the store has the rows).

use std::pin::Pin;
use units::WorkspaceId;

/// How many requests the store has recorded. It is asked while Redis is away, and when Redis knows nothing of a day that runs.
pub trait DayCounts: Send + Sync {
    /// Requests of a workspace (to a model) since 00:00 UTC of a day, which is numbered from 1970-01-01. `None` when that cannot
    /// be told now: what this node knows must do then.
    fn used<'a>(
        &'a self,
        workspace: WorkspaceId,
        model: Option<&'a str>,
        day: i64,
    ) -> Pin<Box<dyn Future<Output = Option<u32>> + Send + 'a>>;
}
