//! What an admitted request holds. In: a verdict that was yes. Out: slots that are free again when it is dropped.
//! Never here: deciding.

use crate::limiter::Inner;
use crate::shared::{Bases, News, Word};
use admit::Taken;
use std::fmt;
use std::sync::Arc;
use units::{RequestId, WorkspaceId};

/// The right to run, as long as it is kept. Dropping it frees the slots at once, here and for all nodes.
#[must_use = "the slot is free again when the permit is dropped"]
pub struct Permit {
    inner: Arc<Inner>,
    workspace: WorkspaceId,
    taken: Taken,
    /// Under which names Redis knows it.
    bond: Option<(RequestId, Bases)>,
    day_given_back: bool,
    slot_free: bool,
}

impl Permit {
    pub(crate) fn new(
        inner: &Arc<Inner>,
        workspace: WorkspaceId,
        taken: Taken,
        bond: Option<(RequestId, Bases)>,
    ) -> Self {
        if let (Some(shared), Some((request, bases))) = (&inner.shared, &bond) {
            shared.live.begin(*request, bases);
        }
        Self { inner: Arc::clone(inner), workspace, taken, bond, day_given_back: false, slot_free: false }
    }

    /// The caller has gone: its slots are free at once, here and for all nodes, whatever still runs of its request.
    pub fn free_slot(&mut self) {
        if std::mem::replace(&mut self.slot_free, true) {
            return;
        }
        self.inner.local.release(self.workspace, &self.taken);
        let last = self.inner.shared.as_ref().zip(self.bond.as_ref()).is_some_and(|(s, (id, _))| s.live.end(*id));
        if last {
            self.tell(Word::Ended);
        }
    }

    /// The request does not count for its day: the house failed and no byte of an answer was sent. Once.
    pub fn give_back_day(&mut self) {
        if std::mem::replace(&mut self.day_given_back, true) {
            return;
        }
        self.inner.local.of(self.workspace, |account| account.gauges.give_back_day(&self.taken));
        let day = self.taken.day;
        self.tell(Word::DayGivenBack(day));
    }

    /// The request took so many tokens, not what was estimated.
    pub fn correct_tokens(&mut self, counted: u64) {
        let estimated = std::mem::replace(&mut self.taken.tokens, counted);
        if estimated == counted {
            return;
        }
        let before = Taken { tokens: estimated, ..self.taken.clone() };
        self.inner.local.of(self.workspace, |account| account.gauges.correct_tokens(&before, counted));
        self.tell(Word::Counted { estimated, counted });
    }

    fn tell(&self, word: Word) {
        if let (Some(shared), Some((request, bases))) = (&self.inner.shared, &self.bond) {
            shared.tell(News::Request(*request, bases.clone(), word));
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.free_slot();
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("workspace", &self.workspace)
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}
