//! Tasks as they are kept: pictures that are made in a provider's own time. In: nothing. Out: rows. Never here: what is in a
//! document.

use units::{RequestId, Timestamp, WorkspaceId};

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// It is still to end.
    Pending,
    /// It ended well.
    Succeeded,
    /// It failed, or took too long.
    Failed,
}

impl TaskState {
    /// The number in the store.
    pub(crate) const fn number(self) -> i16 {
        match self {
            Self::Pending => 0,
            Self::Succeeded => 1,
            Self::Failed => 2,
        }
    }

    /// The state of that number.
    pub(crate) const fn of(number: i16) -> Self {
        match number {
            0 => Self::Pending,
            1 => Self::Succeeded,
            _ => Self::Failed,
        }
    }
}

/// A task: a request whose answer comes later than its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// The request that began it.
    pub id: RequestId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// How it stands.
    pub state: TaskState,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it is to be looked after next, while it is pending.
    pub next_at: Timestamp,
    /// When it is forgotten, once it has ended.
    pub vanishes_at: Option<Timestamp>,
    /// All else, in the server's own words.
    pub document: String,
}

/// How a task ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskEnd {
    /// How it stands from now on.
    pub state: TaskState,
    /// When it is forgotten.
    pub vanishes_at: Timestamp,
    /// All else, in the server's own words.
    pub document: String,
}
