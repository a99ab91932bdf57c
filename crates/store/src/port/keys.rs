//! Keys as they are kept: those that call models, and those of programs that manage a workspace. In: fields. Out: rows.
//! Never here: the text of a key, what a rule means.

use super::Role;
use admit::KeyRules;
use units::{KeyId, ManagementKeyId, Timestamp, UserId, WorkspaceId};

/// An API key as it is kept: never the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// The prefix text and four characters, for people to recognise it.
    pub prefix: String,
    /// HMAC-SHA256 of the key under the pepper.
    pub digest: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// What it may do.
    pub rules: KeyRules,
    /// Whose it is inside the workspace.
    pub owner: Option<UserId>,
    /// Who made it, in words.
    pub created_by: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The digest of the text that it had before its last rotation, and when that stops working.
    pub old: Option<OldText>,
    /// Rises by one with every change.
    pub version: u64,
}

/// What a key's text was before its last rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldText {
    /// HMAC-SHA256 of it under the pepper.
    pub digest: [u8; 32],
    /// When it stops working.
    pub ends_at: Timestamp,
}

/// A new text for a key: what it spent, its rules and its id stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRotation {
    /// Which.
    pub id: KeyId,
    /// The version that was looked at: another one is `Stale`.
    pub version: u64,
    /// HMAC-SHA256 of the new text under the pepper.
    pub digest: [u8; 32],
    /// The prefix text and four characters of the new text.
    pub prefix: String,
    /// When the old text stops working. One that is still older stops at once.
    pub old_ends_at: Timestamp,
}

/// Which keys are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichKeys {
    /// All.
    All,
    /// Those of a workspace.
    Of(WorkspaceId),
    /// One.
    One(KeyId),
}

/// A change of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// Which.
    pub id: KeyId,
    /// The version that was looked at: another one is `Stale`.
    pub version: u64,
    /// What people call it from now on.
    pub name: String,
    /// When it ends from now on.
    pub expires_at: Option<Timestamp>,
    /// What it may do from now on.
    pub rules: KeyRules,
}

/// A key of a program that manages a workspace, as it is kept: never the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagementKeyRow {
    /// Its id.
    pub id: ManagementKeyId,
    /// The one workspace that it opens.
    pub workspace: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// The first characters, for people to recognise it.
    pub prefix: String,
    /// HMAC-SHA256 of the key under the pepper.
    pub digest: [u8; 32],
    /// What it may do there.
    pub role: Role,
    /// The member who made it, in whose place it stands; nobody where an operator did.
    pub made_by: Option<UserId>,
    /// Who made it, in words.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}
