//! Workspaces as they are kept, with their rules. In: nothing. Out: rows and their changes. Never here: what a rule means (admit),
//! members (people).

use admit::WorkspaceRules;
use units::{Timestamp, WorkspaceId};

/// A customer's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRow {
    /// Its id.
    pub id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// Its name in addresses, unique.
    pub slug: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it may do.
    pub rules: WorkspaceRules,
    /// Rises by one with every change.
    pub version: u64,
}

impl WorkspaceRow {
    /// A new one, without rules.
    pub fn new(id: WorkspaceId, name: String, slug: String, created_at: Timestamp) -> Self {
        Self { id, name, slug, created_at, rules: WorkspaceRules::default(), version: 1 }
    }
}

/// A change of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceChange {
    /// Which.
    pub id: WorkspaceId,
    /// The version that was looked at: another one is `Stale`.
    pub version: u64,
    /// What people call it from now on.
    pub name: String,
    /// What it may do from now on.
    pub rules: WorkspaceRules,
}
