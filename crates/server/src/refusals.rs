//! How many refused calls leave a record: who cannot pay may ask as often as anybody, and must not fill the disk. In: workspaces,
//! instants. Out: whether one more is recorded. Never here: refusing, writing rows, calls for which something was held.

use crate::limits::{REFUSALS_PER_MINUTE, REFUSED_PLACES_MAX};
use parking_lot::Mutex;
use units::{Timestamp, WorkspaceId};

const MINUTE_MS: i64 = 60_000;

/// The refused calls of the minute that runs, by workspace.
#[derive(Default)]
pub struct Refusals(Mutex<Minute>);

#[derive(Default)]
struct Minute {
    number: i64,
    recorded: foldhash::HashMap<WorkspaceId, u32>,
}

impl Refusals {
    /// Whether a call of a workspace that is refused now, before anything was held, is recorded; counts it if it is.
    pub fn record(&self, workspace: WorkspaceId, now: Timestamp) -> bool {
        let number = now.ms().div_euclid(MINUTE_MS);
        let mut minute = self.0.lock();
        // Threads look at the clock before they come here, so one may be a minute behind; farther back is a clock that was set.
        if number > minute.number || number + 1 < minute.number {
            minute.number = number;
            minute.recorded.clear();
        }
        if minute.recorded.len() >= REFUSED_PLACES_MAX && !minute.recorded.contains_key(&workspace) {
            return false;
        }
        let recorded = minute.recorded.entry(workspace).or_default();
        let room = *recorded < REFUSALS_PER_MINUTE;
        *recorded += u32::from(room);
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(n: u32) -> WorkspaceId {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        WorkspaceId::from_bytes(bytes)
    }

    fn recorded(refusals: &Refusals, n: u32, at_ms: i64) -> u32 {
        let all = 0..REFUSALS_PER_MINUTE + 9;
        all.map(|_| u32::from(refusals.record(workspace(n), Timestamp::from_ms(at_ms)))).sum()
    }

    /// R-USE-1: each workspace has its own bound, and a new one with each minute.
    #[test]
    fn r_use_1_refusals_are_recorded_up_to_a_bound() {
        let refusals = Refusals::default();
        let full = REFUSALS_PER_MINUTE;
        for (n, at_ms, expected) in [
            (1, 59_999, full),
            (2, 59_999, full),
            (1, 59_999, 0),
            (1, 60_000, full),
            // One that looked at the clock just before does not begin the old minute anew.
            (1, 59_999, 0),
            (1, 119_999, 0),
            (1, 120_000, full),
            // A clock that was set back far.
            (1, -1, full),
        ] {
            assert_eq!(recorded(&refusals, n, at_ms), expected, "{n} at {at_ms}");
        }
    }

    /// Memory is bounded however many workspaces there are: those that come too late leave no record.
    #[test]
    fn so_many_workspaces_are_remembered() {
        let refusals = Refusals::default();
        let most = u32::try_from(REFUSED_PLACES_MAX).unwrap();
        let now = Timestamp::from_ms(0);
        assert!((0..most).all(|n| refusals.record(workspace(n), now)));
        assert!(!refusals.record(workspace(most), now));
        assert!(refusals.record(workspace(0), now), "who is known goes on");
        assert_eq!(refusals.0.lock().recorded.len(), REFUSED_PLACES_MAX);
    }
}
