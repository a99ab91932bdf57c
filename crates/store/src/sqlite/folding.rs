//! When what is in no sum yet is folded into the sums. In: what batches came to, who asks for sums, the time. Out: sums up to date, or why
//! they are not. Never here: which sums there are (kept), what a fold writes (sums).

use super::inbox::Taken;
use super::sums::Unfolded;
use super::thread::is_due;
use rusqlite::{Connection, TransactionBehavior};
use std::time::Duration;
use units::Timestamp;

/// So long a request may be in no sum; who asks for sums does not wait for that. The same between two tries where one failed.
const EVERY: Duration = Duration::from_secs(1);
/// So many groups are folded at once.
const MANY: usize = 2_000;

/// What is in no sum yet, and the last try to change that.
pub struct Folding {
    unfolded: Unfolded,
    tried: Timestamp,
    /// Why the last try failed.
    failed: Option<String>,
}

impl Folding {
    /// With what an earlier process left.
    pub fn new(unfolded: Unfolded) -> Self {
        Self { unfolded, tried: Timestamp::default(), failed: None }
    }

    /// What a batch came to.
    pub fn add(&mut self, unfolded: Unfolded) {
        self.unfolded.add(unfolded);
    }

    /// Folds where it is time to, or where somebody asks.
    ///
    /// # Errors
    /// In words, where the sums are not up to date because the last try failed.
    pub fn look(&mut self, db: &mut Connection, now: Timestamp, taken: &Taken) -> Result<(), String> {
        let late = is_due(now, self.tried, EVERY);
        let wanted = !taken.asked.is_empty() || self.unfolded.len() >= MANY;
        if late || taken.closing || (wanted && self.failed.is_none()) {
            self.tried = now;
            self.failed = self.fold(db).err().map(|error| format!("sums cannot be brought up to date: {error}"));
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn fold(&mut self, db: &mut Connection) -> rusqlite::Result<()> {
        if self.unfolded.is_empty() {
            return Ok(());
        }
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.unfolded.fold(&tx)?;
        tx.commit()?;
        self.unfolded = Unfolded::default();
        Ok(())
    }
}
