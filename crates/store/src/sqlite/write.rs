//! One batch on its way to disk. In: entries in the order they were decided. Out: one transaction, row counts asserted.
//! Sums by grant and key are written once a batch. Never here: deciding anything.

use super::books::{Closed, HoldRow};
use super::inbox::Entry;
use super::journal::Journal;
use super::sums::Unfolded;
use super::usage::{self, Closing as Mark};
use crate::record::{KEY_SUMS, key_sums_to_disk};
use foldhash::fast::RandomState;
use ledger::{HoldState, KeySpend, Leg, places};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::collections::HashMap;
use std::sync::LazyLock;
use units::{BootId, GrantId, KeyId, MeterId, Timestamp};

/// Why a batch was not written; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// SQLite said no.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// The disk holds something else than memory believes.
    #[error("{0}")]
    Contradiction(String),
}

impl WriteError {
    /// Whether waiting cannot help: an entry itself is refused.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Sql(e) => e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation),
            Self::Contradiction(_) => true,
        }
    }
}

/// What a batch changes in one grant.
#[derive(Clone, Copy, Default)]
struct Change {
    posted: i64,
    held: i64,
}

/// The sums of a batch.
#[derive(Default)]
struct Sums {
    credit: HashMap<GrantId, Change, RandomState>,
    spend: HashMap<KeyId, KeySpend, RandomState>,
    /// What was charged to whom on a day, by how many requests.
    days: HashMap<(MeterId, i64), (i64, u32), RandomState>,
}

/// Adds to the sums of a key.
static SPEND: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO key_spend ({KEY_SUMS}) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (key) DO UPDATE SET spent = spent + excluded.spent,
         cache_read = cache_read + excluded.cache_read, cache_written = cache_written + excluded.cache_written,
         cache_saved = cache_saved + excluded.cache_saved"
    )
});

/// Writes a batch in one transaction. Gives what its requests came to, which is written down and in no sum yet.
pub fn batch(db: &mut Connection, boot: BootId, entries: &[Entry]) -> Result<Unfolded, WriteError> {
    if entries.is_empty() {
        return Ok(Unfolded::default());
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut sums = Sums::default();
    let mut days = usage::Writer::new(&tx);
    {
        let mut journal = Journal::new(&tx)?;
        for entry in entries {
            match entry {
                Entry::Close { closed, usage, at, .. } => {
                    let id = closed.hold.id.bytes();
                    for (leg, posting) in (0_i64..).zip(closed.closing.postings()) {
                        journal.post(id, leg, &posting, *at)?;
                    }
                    if let Some(row) = usage {
                        days.write(row, mark_of(closed.closing.state))?;
                    }
                    close(&tx, closed, usage.is_some(), *at)?;
                    sums.close(closed)?;
                }
                Entry::Hold(row) => {
                    hold(&tx, boot, row)?;
                    sums.hold(&row.added)?;
                }
                Entry::Sweep(sweep, at) => {
                    if let Some(posting) = sweep.posting() {
                        journal.post(sweep.grant.bytes(), 0, &posting, *at)?;
                    }
                    sums.change(sweep.grant, -sweep.broken.nano(), 0)?;
                    let swept = tx
                        .prepare_cached("UPDATE credit SET swept = 1 WHERE id = ?1")?
                        .execute([sweep.grant.bytes()])?;
                    one(swept, "swept grant")?;
                }
                Entry::Record(row) => days.write(row, Mark::Record)?,
            }
        }
    }
    let unfolded = days.finish()?;
    sums.write(&tx)?;
    tx.commit()?;
    Ok(unfolded)
}

/// How the usage row of a closed hold is marked.
const fn mark_of(state: HoldState) -> Mark {
    match state {
        HoldState::Settled { .. } => Mark::Settled,
        HoldState::Open | HoldState::Released | HoldState::Expired | HoldState::Unknown => Mark::Released,
    }
}

/// The row of a hold and its legs, new or raised.
fn hold(tx: &Transaction<'_>, boot: BootId, row: &HoldRow) -> Result<(), WriteError> {
    let hold = &row.hold;
    tx.prepare_cached(
        "INSERT INTO hold (id, workspace, key, boot, want, floor, seq, at, member, end_user)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET seq = excluded.seq",
    )?
    .execute(params![
        hold.id.bytes(),
        hold.workspace.bytes(),
        hold.key.bytes(),
        boot.bytes(),
        hold.want.nano(),
        hold.floor.nano(),
        hold.seq,
        hold.at.ms(),
        hold.counted.member.map(MeterId::bytes),
        hold.counted.end_user.map(MeterId::bytes),
    ])?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO hold_leg (hold, leg, credit, amount) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (hold, leg) DO UPDATE SET amount = excluded.amount",
    )?;
    for (n, leg) in (0_i64..).zip(&hold.legs) {
        insert.execute(params![hold.id.bytes(), n, leg.grant.bytes(), leg.amount.nano()])?;
    }
    Ok(())
}

/// Removes the row of a closed hold; leaves a tombstone where no usage row tells how it ended.
fn close(tx: &Transaction<'_>, closed: &Closed, has_usage: bool, at: Timestamp) -> Result<(), WriteError> {
    let id = closed.hold.id.bytes();
    if closed.written {
        let gone = tx.prepare_cached("DELETE FROM hold WHERE id = ?1")?.execute([id])?;
        one(gone, "hold")?;
        tx.prepare_cached("DELETE FROM hold_leg WHERE hold = ?1")?.execute([id])?;
    }
    if !has_usage {
        tombstone(tx, id, closed.closing.state, at)?;
    }
    Ok(())
}

/// Marks a hold that closed without a usage row.
pub fn tombstone(tx: &Transaction<'_>, id: [u8; 16], state: HoldState, at: Timestamp) -> Result<(), WriteError> {
    let number = if state == HoldState::Expired { 3 } else { 2 };
    tx.prepare_cached("INSERT INTO tombstone (hold, state, at) VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        number,
        at.ms()
    ])?;
    Ok(())
}

/// Asserts that exactly one row was touched.
pub fn one(rows: usize, what: &str) -> Result<(), WriteError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(WriteError::Contradiction(format!("{rows} rows where one {what} was expected")))
    }
}

fn overflow() -> WriteError {
    WriteError::Contradiction("a sum does not fit".to_owned())
}

impl Sums {
    fn change(&mut self, grant: GrantId, posted: i64, held: i64) -> Result<(), WriteError> {
        let change = self.credit.entry(grant).or_default();
        change.posted = change.posted.checked_add(posted).ok_or_else(overflow)?;
        change.held = change.held.checked_add(held).ok_or_else(overflow)?;
        Ok(())
    }

    fn hold(&mut self, added: &[Leg]) -> Result<(), WriteError> {
        added.iter().try_for_each(|leg| self.change(leg.grant, 0, leg.amount.nano()))
    }

    fn close(&mut self, closed: &Closed) -> Result<(), WriteError> {
        for end in &closed.closing.ends {
            let gone = end.charged.plus(end.broken).map_err(|_| overflow())?.nano();
            let freed = if closed.written { end.freed.nano() } else { 0 };
            if gone != 0 || freed != 0 {
                self.change(end.grant, -gone, -freed)?;
            }
        }
        if !closed.spend.is_none() {
            let sums = self.spend.entry(closed.hold.key).or_default();
            *sums = sums.plus(closed.spend).map_err(|_| overflow())?;
        }
        let charged = closed.spend.spent.nano();
        let counted = places(closed.hold.id, closed.hold.key, closed.hold.counted);
        for place in counted.filter(|_| closed.closing.is_settled()) {
            let (sum, requests) = self.days.entry(place).or_default();
            *sum = sum.checked_add(charged).ok_or_else(overflow)?;
            *requests = requests.saturating_add(1);
        }
        Ok(())
    }

    fn write(&self, tx: &Transaction<'_>) -> Result<(), WriteError> {
        let mut credit =
            tx.prepare_cached("UPDATE credit SET posted = posted + ?2, held = held + ?3 WHERE id = ?1")?;
        for (grant, change) in &self.credit {
            one(credit.execute(params![grant.bytes(), change.posted, change.held])?, "grant")?;
        }
        let mut spend = tx.prepare_cached(&SPEND)?;
        for (key, sums) in &self.spend {
            let [spent, read, written, saved] = key_sums_to_disk(sums);
            one(spend.execute(params![key.bytes(), spent, read, written, saved])?, "key spend")?;
        }
        let mut day = tx.prepare_cached(
            "INSERT INTO spend_day (meter, day, spent, requests) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (meter, day) DO UPDATE SET spent = spent + excluded.spent,
             requests = requests + excluded.requests",
        )?;
        for ((meter, of), (spent, requests)) in &self.days {
            one(day.execute(params![meter.bytes(), of, spent, requests])?, "day's spend")?;
        }
        Ok(())
    }
}
