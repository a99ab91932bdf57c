//! The journal on disk: one row a posting, never changed. In: postings. Out: rows. Never here: which postings there are.

use ledger::Posting;
use rusqlite::{CachedStatement, Transaction, params};
use units::Timestamp;

/// Writes postings inside one transaction.
pub struct Journal<'tx>(CachedStatement<'tx>);

impl<'tx> Journal<'tx> {
    /// For one transaction.
    pub fn new(tx: &'tx Transaction<'_>) -> rusqlite::Result<Self> {
        let sql =
            "INSERT INTO transfer (ref, code, leg, debit, credit, amount, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        tx.prepare_cached(sql).map(Self)
    }

    /// Writes one: `leg` is its place among those of its reference.
    pub fn post(
        &mut self,
        reference: [u8; 16],
        leg: i64,
        posting: &Posting,
        at: Timestamp,
    ) -> rusqlite::Result<()> {
        let row = params![
            reference,
            posting.code.number(),
            leg,
            posting.debit.bytes(),
            posting.credit.bytes(),
            posting.amount.nano(),
            at.ms(),
        ];
        self.0.execute(row).map(drop)
    }
}
