//! Credit on disk: grants posted, wallets read back, the holds of a dead boot given back.
//! In: grant orders; a connection at start. Out: rows, wallets. Never here: a rule (ledger has them).

use super::journal::Journal;
use super::write::{WriteError, one, tombstone};
use super::{Shared, books, log, sql_error, tasks, usage};
use crate::port::StoreError;
use crate::record::{KEY_SUMS, grant_entry, key_sums_of};
use ledger::{Balance, Grant, GrantOrder, KeySpend, Leg, OpenHold, Tallies, Wallet};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::HashMap;
use units::{GrantId, KeyId, MeterId, NanoUsd, RequestId, Timestamp, WorkspaceId};

impl Shared {
    /// Posts credit: on disk first, then in memory.
    pub(super) async fn grant(&self, order: GrantOrder) -> Result<Balance, StoreError> {
        if order.amount <= NanoUsd::ZERO {
            return Err(StoreError::Corrupt("a grant must be above zero".to_owned()));
        }
        let workspace = order.workspace;
        let kept = order.clone();
        let fresh = self.write(move |db| insert(db, &kept)).await?;
        let mut books = self.books.lock();
        if fresh {
            books.grant(&order)?;
        }
        books.balance(workspace, self.clock.now())
    }
}

/// Writes a grant; `false` when the same one was there.
fn insert(db: &mut Connection, order: &GrantOrder) -> Result<bool, StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql_error)?;
    let known: Option<([u8; 16], String, i64, Option<i64>)> = tx
        .query_row(
            "SELECT workspace, kind, granted, expires_at FROM credit WHERE id = ?1",
            [order.id.bytes()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .optional()
        .map_err(sql_error)?;
    if let Some(known) = known {
        let same = known
            == (
                order.workspace.bytes(),
                order.kind.name().to_owned(),
                order.amount.nano(),
                order.expires_at.map(Timestamp::ms),
            );
        return if same { Ok(false) } else { Err(StoreError::Exists("grant")) };
    }
    let owner: Option<i64> = tx
        .query_row("SELECT 1 FROM workspace WHERE id = ?1", [order.workspace.bytes()], |row| row.get(0))
        .optional()
        .map_err(sql_error)?;
    if owner.is_none() {
        return Err(StoreError::NotFound("workspace"));
    }
    insert_rows(&tx, order).map_err(sql_error)?;
    tx.commit().map_err(sql_error)?;
    Ok(true)
}

fn insert_rows(tx: &Transaction<'_>, order: &GrantOrder) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO credit (id, workspace, kind, priority, granted, expires_at, swept, posted, held, reason, actor, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?5, 0, ?7, ?8, ?9)",
        params![
            order.id.bytes(),
            order.workspace.bytes(),
            order.kind.name(),
            order.kind.priority(),
            order.amount.nano(),
            order.expires_at.map(Timestamp::ms),
            order.reason,
            order.actor,
            order.at.ms(),
        ],
    )?;
    let posting = Wallet::grant_posting(order.kind, order.id, order.amount);
    Journal::new(tx)?.post(order.id.bytes(), 0, &posting, order.at)?;
    grant_entry(order).map_or(Ok(()), |entry| log::write(tx, &entry))
}

/// Every wallet that has something left.
pub fn wallets(db: &Connection) -> rusqlite::Result<Vec<(WorkspaceId, Wallet)>> {
    let mut grants: HashMap<WorkspaceId, Vec<Grant>> = HashMap::new();
    let mut statement = db.prepare(
        "SELECT workspace, id, priority, expires_at, swept, posted, held FROM credit WHERE posted <> 0 OR held <> 0",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        grants.entry(WorkspaceId::from_bytes(row.get(0)?)).or_default().push(Grant {
            id: GrantId::from_bytes(row.get(1)?),
            priority: row.get(2)?,
            expires_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_ms),
            swept: row.get(4)?,
            posted: NanoUsd::new(row.get(5)?),
            held: NanoUsd::new(row.get(6)?),
        });
    }
    Ok(grants.into_iter().map(|(workspace, grants)| (workspace, Wallet::new(grants))).collect())
}

/// What every key came to.
pub fn spends(db: &Connection) -> rusqlite::Result<Vec<(KeyId, KeySpend)>> {
    db.prepare(&format!("SELECT {KEY_SUMS} FROM key_spend"))?
        .query_map([], |row| {
            let sums = key_sums_of([row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]);
            Ok((KeyId::from_bytes(row.get(0)?), sums))
        })?
        .collect()
}

/// What everybody has spent: keys in all, and all who are counted on the days that caps may read.
pub fn tallies(db: &Connection, now: Timestamp) -> rusqlite::Result<Tallies> {
    let mut tallies = Tallies::default();
    for (key, spend) in spends(db)? {
        tallies.load_key(key, spend);
    }
    each_day(db, books::first_day(now), |meter, day, sums| tallies.load_day(meter, day, sums))?;
    Ok(tallies)
}

/// What was charged to whom by how many requests, from a day on.
pub fn each_day(
    db: &Connection,
    from: i64,
    mut take: impl FnMut(MeterId, i64, (NanoUsd, u32)),
) -> rusqlite::Result<()> {
    let mut statement = db.prepare("SELECT meter, day, spent, requests FROM spend_day WHERE day >= ?1")?;
    let mut rows = statement.query([from])?;
    while let Some(row) = rows.next()? {
        take(MeterId::from_bytes(row.get(0)?), row.get(1)?, (NanoUsd::new(row.get(2)?), row.get(3)?));
    }
    Ok(())
}

/// The newest hold that closed without a usage row.
pub fn newest_stone(db: &Connection) -> rusqlite::Result<Option<RequestId>> {
    let id: Option<[u8; 16]> = db.query_row("SELECT max(hold) FROM tombstone", [], |row| row.get(0))?;
    Ok(id.map(RequestId::from_bytes))
}

/// Which holds are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All of them.
    All,
    /// Those of tasks, which outlive a process.
    Tasks,
    /// The others.
    Calls,
}

/// The holds on disk, with their legs.
pub fn open_holds(db: &Connection, whose: Whose) -> rusqlite::Result<Vec<OpenHold>> {
    let mut legs = db.prepare("SELECT credit, amount FROM hold_leg WHERE hold = ?1 ORDER BY leg")?;
    let mut holds = db.prepare(
        "SELECT id, workspace, key, want, floor, at, seq, member, end_user FROM hold WHERE ?1 IS NULL OR task = ?1 ORDER BY id",
    )?;
    let task = (whose != Whose::All).then_some(whose == Whose::Tasks);
    holds
        .query_map([task], |row| {
            let id: [u8; 16] = row.get(0)?;
            let legs = legs.query_map([id], |leg| {
                Ok(Leg { grant: GrantId::from_bytes(leg.get(0)?), amount: NanoUsd::new(leg.get(1)?) })
            })?;
            Ok(OpenHold {
                id: RequestId::from_bytes(id),
                workspace: WorkspaceId::from_bytes(row.get(1)?),
                key: KeyId::from_bytes(row.get(2)?),
                counted: usage::counted_of(row, 7)?,
                want: NanoUsd::new(row.get(3)?),
                floor: NanoUsd::new(row.get(4)?),
                at: Timestamp::from_ms(row.get(5)?),
                seq: row.get(6)?,
                legs: legs.collect::<rusqlite::Result<_>>()?,
            })
        })?
        .collect()
}

/// Gives back every hold on disk but those of tasks: the process that had them is dead. Says how many there were.
pub fn recover(db: &mut Connection, now: Timestamp) -> Result<u64, WriteError> {
    let holds = open_holds(db, Whose::Calls)?;
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut wallets: HashMap<_, _> = wallets(&tx)?.into_iter().collect();
    for hold in &holds {
        let wallet = wallets.entry(hold.workspace).or_default();
        expire(&tx, wallet, hold, now)?;
    }
    tasks::wake(&tx)?;
    tx.commit()?;
    Ok(u64::try_from(holds.len()).unwrap_or(u64::MAX))
}

fn expire(tx: &Transaction<'_>, wallet: &mut Wallet, hold: &OpenHold, now: Timestamp) -> Result<(), WriteError> {
    let closing = wallet.release(hold, true, now).map_err(|e| WriteError::Contradiction(e.to_string()))?;
    let mut journal = Journal::new(tx)?;
    for (leg, posting) in (0_i64..).zip(closing.postings()) {
        journal.post(hold.id.bytes(), leg, &posting, now)?;
    }
    for end in &closing.ends {
        let rows = tx
            .prepare_cached("UPDATE credit SET posted = posted - ?2, held = held - ?3 WHERE id = ?1")?
            .execute(params![end.grant.bytes(), end.broken.nano(), end.freed.nano()])?;
        one(rows, "grant")?;
    }
    tx.prepare_cached("DELETE FROM hold_leg WHERE hold = ?1")?.execute([hold.id.bytes()])?;
    let rows = tx.prepare_cached("DELETE FROM hold WHERE id = ?1")?.execute([hold.id.bytes()])?;
    one(rows, "hold")?;
    tombstone(tx, hold.id.bytes(), closing.state, now)
}
