//! Calls that are done once, however often they are sent. In: digests of who asks what. Out: rows. Never here: what a call does,
//! its answer in the clear.

use units::{Secret, Timestamp};

/// A call that is done once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceRow {
    /// A digest of who asks, of what route, by which key.
    pub id: [u8; 32],
    /// A digest of what is asked.
    pub asked: [u8; 32],
    /// Drawn by who does it, so that a repeated try knows its own row.
    pub turn: [u8; 16],
    /// When it is forgotten.
    pub ends_at: Timestamp,
    /// The answer; nothing while it runs.
    pub sealed: Option<Secret<Vec<u8>>>,
}
