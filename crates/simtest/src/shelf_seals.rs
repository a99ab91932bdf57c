//! The ring and sealed secrets, on the shelf in memory: calls need neither, so nothing is ever sealed anew here. In: the port's
//! verbs. Out: what there is. Never here: what other verbs do (shelf).

use crate::shelf::{Shelf, ready};
use store::port::{AuditEntry, Pending, Resealed, RingChange, SealedRow, Seals, StoreError, WhichSealed};
use units::Secret;

impl Seals for Shelf {
    fn load_ring(&self) -> Pending<'_, Option<Secret<Vec<u8>>>> {
        ready(Ok(self.ring.lock().clone()))
    }

    fn replace_ring(&self, change: RingChange, log: AuditEntry) -> Pending<'_, ()> {
        let mut ring = self.ring.lock();
        if *ring != change.before {
            return ready(Err(StoreError::Stale("keyring")));
        }
        *ring = Some(change.after);
        self.log.lock().push(log);
        ready(Ok(()))
    }

    fn page_sealed(&self, _which: WhichSealed) -> Pending<'_, Vec<SealedRow>> {
        ready(Ok(Vec::new()))
    }

    fn reseal(&self, _rows: Vec<Resealed>) -> Pending<'_, u64> {
        ready(Ok(0))
    }
}
