//! Upstream secrets that workspaces bring themselves (R-ROUTE-8): as they are kept, and the verbs for them. In: rows. Out: rows.
//! Never here: a secret in the clear, which of them a call uses.

use super::{AuditEntry, Pending};
use units::{CredentialId, Secret, Timestamp, WorkspaceId};

/// What the provider said to a workspace's own secret when it was used last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OwnState {
    /// It was never used.
    #[default]
    Unused,
    /// It was taken.
    Works,
    /// It was refused.
    Refused,
}

impl OwnState {
    /// The word that people read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Works => "works",
            Self::Refused => "refused",
        }
    }

    /// The number on disk.
    pub const fn number(self) -> i64 {
        match self {
            Self::Unused => 0,
            Self::Works => 1,
            Self::Refused => 2,
        }
    }

    /// The state of that number.
    pub const fn of(number: i64) -> Self {
        match number {
            1 => Self::Works,
            2 => Self::Refused,
            _ => Self::Unused,
        }
    }
}

/// An upstream secret of a workspace as it is kept: sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCredentialRow {
    /// Its id.
    pub id: CredentialId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The name of the provider that it is for.
    pub provider: String,
    /// What people call it.
    pub label: String,
    /// The one address that it is sent to.
    pub base_url: String,
    /// The sealed secret (nonce and ciphertext).
    pub sealed: Secret<Vec<u8>>,
    /// HMAC of the secret, to tell a second one that is the same.
    pub fingerprint: [u8; 32],
    /// The first characters of the secret, for people to recognise it.
    pub prefix: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Who added it, in words.
    pub created_by: String,
    /// What its provider said to it last.
    pub state: OwnState,
    /// When that was, to the minute.
    pub state_at: Option<Timestamp>,
    /// Rises by one with every change of people.
    pub version: u64,
}

/// Another label for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCredentialChange {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Which.
    pub id: CredentialId,
    /// The version that was looked at: another one is `Stale`.
    pub version: u64,
    /// What people call it from now on.
    pub label: String,
}

/// What is to be noted of one that was used.
pub type OwnNote = (CredentialId, OwnState, Timestamp);

/// The verbs about secrets that workspaces bring. Every change is told to the other nodes.
pub trait OwnCredentials: Send + Sync {
    /// Keeps a new one where the workspace has fewer than `most`, however many come at once; else `Full("provider key")`.
    /// `NotFound("workspace")`; `Exists("provider key")` when the workspace has the same secret for the same provider.
    fn create_own_credential(&self, row: OwnCredentialRow, most: u32, log: AuditEntry) -> Pending<'_, ()>;
    /// All of all workspaces, oldest first.
    fn list_own_credentials(&self) -> Pending<'_, Vec<OwnCredentialRow>>;
    /// Gives one another label. `NotFound("provider key")`, `Stale("provider key")`.
    fn label_own_credential(&self, change: OwnCredentialChange, log: AuditEntry) -> Pending<'_, OwnCredentialRow>;
    /// Forgets one, its secret too. `NotFound("provider key")`.
    fn remove_own_credential(&self, workspace: WorkspaceId, id: CredentialId, log: AuditEntry) -> Pending<'_, ()>;
    /// Notes what providers said; never an earlier word than the one that is there. Nobody is told: it is for people to read.
    fn note_own_credentials(&self, notes: Vec<OwnNote>) -> Pending<'_, ()>;
}
