//! Programs that manage a workspace by a key of their own. In: rows. Out: a snapshot, swapped here at once and from other nodes
//! within a second, and whether a key works. Never here: writing the store, what a role may.

use super::LivePeople;
use std::sync::Arc;
use store::port::ManagementKeyRow;
use units::{Timestamp, WorkspaceId};

/// A program, by its key.
#[derive(Debug)]
pub struct Program {
    /// The key's record.
    pub row: ManagementKeyRow,
    /// What the log calls it: the key's name, and its id, so that no two are called the same.
    pub name: String,
}

impl Program {
    /// Whether its key works: it is neither revoked nor over, and the member who made it may sign in and still has that role
    /// or a higher one.
    pub fn works(&self, people: &LivePeople, now: Timestamp) -> bool {
        let row = &self.row;
        let stands = row.made_by.is_none_or(|user| {
            let welcome = people.user(user).is_some_and(|user| user.disabled_at.is_none());
            welcome && people.role(row.workspace, user).is_some_and(|role| role <= row.role)
        });
        row.revoked_at.is_none() && now < row.expires_at && stands
    }
}

/// All programs, by the digest of their key.
#[derive(Default)]
pub struct LivePrograms {
    all: parking_lot::RwLock<foldhash::HashMap<[u8; 32], Arc<Program>>>,
}

impl LivePrograms {
    /// The program whose key has that digest, whether the key works or not.
    pub fn find(&self, digest: &[u8; 32]) -> Option<Arc<Program>> {
        self.all.read().get(digest).cloned()
    }

    /// The programs of a workspace, in no order.
    pub fn of(&self, workspace: WorkspaceId) -> Vec<Arc<Program>> {
        self.all.read().values().filter(|program| program.row.workspace == workspace).cloned().collect()
    }

    /// Replaces all by what is stored.
    pub fn replace(&self, rows: Vec<ManagementKeyRow>) {
        let ready = rows.into_iter().map(|row| {
            let name = format!("{} ({})", row.name, row.id);
            (row.digest, Arc::new(Program { row, name }))
        });
        *self.all.write() = ready.collect();
    }
}
