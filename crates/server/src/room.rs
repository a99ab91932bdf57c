//! Memory for request bodies: who may fill how much of it. In: a caller, the bytes that were read. Out: room, or a fault.
//! Small bodies are not counted. Never here: reading (body), a limit of one body (settings).

use crate::callers::Caller;
use crate::house::House;
use crate::limits::{BODIES_MAX, BODIES_OF_ONE_MAX, BODIES_UNPAID_MAX, BODY_SMALL_BYTES_MAX, ROOM_RETRY};
use bytes::Bytes;
use canon::{Fault, FaultKind, Retry};
use parking_lot::Mutex;
use std::sync::Arc;
use units::WorkspaceId;

/// The bodies of all calls under way.
#[derive(Default)]
pub struct Room {
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    /// Of those, what accounts have that pay nothing.
    unpaid: usize,
    each: foldhash::HashMap<WorkspaceId, usize>,
}

/// One body's part of the room; given back when it is dropped.
pub struct Share {
    room: Arc<Room>,
    workspace: WorkspaceId,
    /// Whether the account has neither plan nor balance.
    unpaid: bool,
    bytes: usize,
    /// The largest body that is read.
    body_max: usize,
}

impl Share {
    /// An empty share for one of an account's bodies; `unpaid` says whether the account has neither plan nor balance.
    pub const fn new(room: Arc<Room>, workspace: WorkspaceId, unpaid: bool, body_max: usize) -> Self {
        Self { room, workspace, unpaid, bytes: 0, body_max }
    }

    /// Bytes that keep their room for as long as anybody has them: what waits for a slow reader is counted until it is gone.
    pub fn around(mut self, bytes: Bytes) -> Bytes {
        self.shrink_to(bytes.len());
        if self.bytes == 0 { bytes } else { Bytes::from_owner(Held { bytes, _share: self }) }
    }

    /// Gives back what is not needed any more.
    fn shrink_to(&mut self, bytes: usize) {
        let wanted = if bytes <= BODY_SMALL_BYTES_MAX { 0 } else { bytes.next_multiple_of(BODY_SMALL_BYTES_MAX) };
        if wanted < self.bytes {
            self.give_back(self.bytes - wanted);
            self.bytes = wanted;
        }
    }

    fn give_back(&self, bytes: usize) {
        let mut taken = self.room.taken.lock();
        taken.all = taken.all.saturating_sub(bytes);
        if self.unpaid {
            taken.unpaid = taken.unpaid.saturating_sub(bytes);
        }
        if let Some(of_one) = taken.each.get_mut(&self.workspace) {
            *of_one = of_one.saturating_sub(bytes);
            if *of_one == 0 {
                taken.each.remove(&self.workspace);
            }
        }
    }

    /// Takes room for a body that has grown to so many bytes.
    ///
    /// # Errors
    /// When this workspace, all that pay nothing, or all together have too much under way.
    pub fn grow_to(&mut self, bytes: usize) -> Result<(), Fault> {
        if bytes <= BODY_SMALL_BYTES_MAX || bytes <= self.bytes {
            return Ok(());
        }
        // In steps, so that the lock is seldom taken.
        let wanted = bytes.next_multiple_of(BODY_SMALL_BYTES_MAX);
        let more = wanted - self.bytes;
        let mut taken = self.room.taken.lock();
        let of_one = taken.each.get(&self.workspace).copied().unwrap_or(0);
        if of_one + more > self.body_max.saturating_mul(BODIES_OF_ONE_MAX) {
            return Err(full(
                "Calls of this workspace that are under way carry too much; try again when they have ended.",
            ));
        }
        if taken.all + more > self.body_max.saturating_mul(BODIES_MAX) {
            return Err(full("Calls that are under way carry too much; try again in a moment."));
        }
        if self.unpaid {
            if taken.unpaid + more > self.body_max.saturating_mul(BODIES_UNPAID_MAX) {
                return Err(full(
                    "Calls of accounts without a plan or credit that are under way carry too much together; try again in a \
                     moment, or add credit.",
                ));
            }
            taken.unpaid += more;
        }
        taken.all += more;
        taken.each.insert(self.workspace, of_one + more);
        self.bytes = wanted;
        Ok(())
    }
}

impl House {
    /// An empty share of the room for bodies: what is read for a caller counts until nobody has it any more.
    pub fn share(&self, caller: &Caller) -> Share {
        Share::new(self.room.clone(), caller.workspace, caller.allowance.has_nothing, self.settings.body_bytes_max)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.give_back(self.bytes);
        }
    }
}

/// Bytes and their room.
struct Held {
    bytes: Bytes,
    _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn full(told: &'static str) -> Fault {
    Fault::new(FaultKind::Unavailable, told).retry(Retry::After(ROOM_RETRY))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1 << 20;

    fn share(room: &Arc<Room>, n: u8) -> Share {
        Share::new(room.clone(), WorkspaceId::from_bytes([n; 16]), false, MAX)
    }

    #[test]
    fn one_workspace_cannot_take_the_room_of_all() {
        let room = Arc::new(Room::default());
        let mut taken = Vec::new();
        for _ in 0..BODIES_OF_ONE_MAX {
            let mut one = share(&room, 1);
            one.grow_to(MAX).unwrap();
            taken.push(one);
        }
        let mut next = share(&room, 1);
        assert!(next.grow_to(BODY_SMALL_BYTES_MAX).is_ok(), "small bodies are not counted");
        assert_eq!(next.grow_to(MAX).unwrap_err().kind, FaultKind::Unavailable);
        assert!(share(&room, 2).grow_to(MAX).is_ok());
        taken.pop();
        assert!(next.grow_to(MAX).is_ok());
        drop((taken, next));
        assert!(room.taken.lock().each.is_empty() && room.taken.lock().all == 0);
    }

    /// R-LIM-1: who pays nothing has a quarter of the room, all together, whatever the others have.
    #[test]
    fn r_lim_1_those_who_pay_nothing_have_a_quarter() {
        let room = Arc::new(Room::default());
        let mut taken = Vec::new();
        let mut fill = |of_all: usize, unpaid: bool| {
            let told = (0..=u8::MAX).find_map(|n| {
                let mut one = Share::new(room.clone(), WorkspaceId::from_bytes([n; 16]), unpaid, MAX);
                let full = one.grow_to(MAX).err();
                taken.push(one);
                full
            });
            assert_eq!(room.taken.lock().all, of_all * MAX);
            told.unwrap().told
        };
        assert!(fill(BODIES_MAX / 4, true).contains("without a plan or credit"));
        assert!(fill(BODIES_MAX, false).starts_with("Calls that are under way"));
        drop(taken);
        let left = room.taken.lock();
        assert_eq!((left.all, left.unpaid, left.each.len()), (0, 0, 0));
    }

    /// Room for kept reads: however the bytes travel on, and in how many pieces, they count until the last is gone.
    #[test]
    fn bytes_keep_their_room() {
        let room = Arc::new(Room::default());
        let all = || room.taken.lock().all;
        let mut one = share(&room, 1);
        one.grow_to(3 * MAX).unwrap();
        let bytes = one.around(Bytes::from(vec![b'x'; MAX]));
        assert_eq!((bytes.len(), all()), (MAX, MAX), "what was only needed on the way is given back");
        let piece = bytes.slice(7..9);
        drop(bytes);
        assert_eq!((&*piece, all()), (&b"xx"[..], MAX));
        drop(piece);
        assert_eq!(all(), 0);
        let mut small = share(&room, 1);
        small.grow_to(MAX).unwrap();
        assert_eq!((small.around(Bytes::from_static(b"x")).len(), all()), (1, 0));
    }

    #[test]
    fn all_together_have_a_limit() {
        let room = Arc::new(Room::default());
        let mut taken = Vec::new();
        let refused = (0..=u8::MAX).find(|n| {
            let mut one = share(&room, *n);
            let full = one.grow_to(MAX).is_err();
            taken.push(one);
            full
        });
        assert_eq!(refused.map(usize::from), Some(BODIES_MAX));
    }
}
