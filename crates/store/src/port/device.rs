//! Devices that ask for a key (RFC 8628): what one shows, a person decides elsewhere, and the device takes its key once. In: digests
//! of its two codes. Out: rows. Never here: a code in the clear, who may decide, how often a device may ask.

use crate::port::{AuditEntry, KeyRow, Pending};
use units::{Timestamp, UserId, WorkspaceId};

/// How far a device has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// Nobody has decided.
    Waiting,
    /// It may have a key of this workspace, by this user's word.
    Approved {
        /// The workspace.
        workspace: WorkspaceId,
        /// The user.
        user: UserId,
    },
    /// It may not.
    Denied,
    /// It has its key.
    Claimed,
}

/// A device that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// A digest of the code that the device keeps.
    pub id: [u8; 32],
    /// A digest of the code that people type.
    pub user_code: [u8; 32],
    /// What it calls itself.
    pub client: String,
    /// What it wants the key for, in the words of scopes with blanks between; empty is everything.
    pub scopes: String,
    /// Where it asked from.
    pub address: String,
    /// When it asked.
    pub made_at: Timestamp,
    /// When it is too late.
    pub ends_at: Timestamp,
    /// How far it has come.
    pub state: DeviceState,
}

/// What a person decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceDecision {
    /// A digest of the code that they typed.
    pub user_code: [u8; 32],
    /// For which workspace they approved it, and who they are; `None` is no.
    pub approved: Option<(WorkspaceId, UserId)>,
    /// When.
    pub at: Timestamp,
}

/// The verbs about devices.
pub trait Devices: Send + Sync {
    /// Keeps a new one where there are fewer than `most`, on all nodes together; else those whose time is over are forgotten, and
    /// where that makes no room it is `Full("device")`. `Exists("device")` when one of its codes is taken.
    fn begin_device(&self, row: DeviceRow, most: u32) -> Pending<'_, ()>;
    /// The device that one of these digests is of.
    fn find_device(&self, digest: [u8; 32]) -> Pending<'_, Option<DeviceRow>>;
    /// Decides about one that waits. `NotFound("device")` when there is none, or not any more.
    fn decide_device(&self, decision: DeviceDecision, log: AuditEntry) -> Pending<'_, ()>;
    /// Gives an approved one its key, once. `NotFound("device")` when it is not approved, or has it; `NotFound("member")` when the
    /// key's owner may have none any more.
    fn claim_device(&self, id: [u8; 32], key: KeyRow, log: AuditEntry) -> Pending<'_, ()>;
    /// Forgets those whose time is over; says how many.
    fn sweep_devices(&self, now: Timestamp) -> Pending<'_, u64>;
}
