//! Credit outside of the batches: grants posted, balances and spends read. In: orders. Out: rows, sums.
//! Never here: a rule (ledger has them).

use super::load;
use super::log;
use super::pool::{Db, Fail, one};
use super::wire::Uuid;
use crate::port::StoreError;
use crate::record::{KEY_SUMS, grant_entry, key_sums_of};
use ledger::{AccountAsk, AccountState, Balance, GrantOrder, KeyCharges, KeySpend, Span, Tallies, Wallet};
use std::sync::Arc;
use tokio_postgres::{Row, Transaction};
use units::{KeyId, MeterId, NanoUsd, Timestamp, WorkspaceId};

/// Posts credit, once.
pub async fn grant(db: &Db, order: GrantOrder) -> Result<(), StoreError> {
    if order.amount <= NanoUsd::ZERO {
        return Err(StoreError::Corrupt("a grant must be above zero".to_owned()));
    }
    let order = Arc::new(order);
    db.write(Arc::new(move |tx| {
        let order = Arc::clone(&order);
        Box::pin(async move { insert(tx, &order).await })
    }))
    .await
}

async fn insert(tx: &Transaction<'_>, order: &GrantOrder) -> Result<(), Fail> {
    let id = Uuid(order.id.bytes());
    let workspace = Uuid(order.workspace.bytes());
    let (amount, expires_at) = (order.amount.nano(), order.expires_at.map(Timestamp::ms));
    let priority = i16::from(order.kind.priority());
    let owner = tx.query_opt("SELECT 1 FROM workspace WHERE id = $1", &[&workspace]).await?;
    if owner.is_none() {
        return Err(StoreError::NotFound("workspace").into());
    }
    let fresh = tx
        .execute(
            "INSERT INTO credit (id, workspace, kind, priority, granted, expires_at, posted, held, reason, actor, at)
             VALUES ($1, $2, $3, $4, $5, $6, $5, 0, $7, $8, $9) ON CONFLICT (id) DO NOTHING",
            &[
                &id, &workspace, &order.kind.name(), &priority, &amount, &expires_at, &order.reason,
                &order.actor, &order.at.ms(),
            ],
        )
        .await?;
    if fresh == 0 {
        let same = tx
            .query_opt(
                "SELECT 1 FROM credit WHERE id = $1 AND workspace = $2 AND kind = $3 AND granted = $4
                 AND expires_at IS NOT DISTINCT FROM $5",
                &[&id, &workspace, &order.kind.name(), &amount, &expires_at],
            )
            .await?;
        return same.map(drop).ok_or(Fail::Store(StoreError::Exists("grant")));
    }
    let posting = Wallet::grant_posting(order.kind, order.id, order.amount);
    let posted = tx
        .execute(
            "INSERT INTO transfer (ref, code, leg, debit, credit, amount, at) VALUES ($1, $2, 0, $3, $4, $5, $6)",
            &[
                &id,
                &posting.code.number(),
                &Uuid(posting.debit.bytes()),
                &Uuid(posting.credit.bytes()),
                &amount,
                &order.at.ms(),
            ],
        )
        .await?;
    one(posted, "transfer")?;
    match grant_entry(order) {
        Some(entry) => log::write(tx, &entry).await,
        None => Ok(()),
    }
}

/// One snapshot of a workspace's money.
pub async fn balance(db: &Db, workspace: WorkspaceId, now: Timestamp) -> Result<Balance, StoreError> {
    db.read(Arc::new(move |tx| Box::pin(balance_in(tx, workspace, now)))).await
}

async fn balance_in(tx: &Transaction<'_>, workspace: WorkspaceId, now: Timestamp) -> Result<Balance, Fail> {
    let rows = tx
        .query(
            "SELECT workspace, id, priority, expires_at, swept, posted, held FROM credit
             WHERE workspace = $1 AND (posted <> 0 OR held <> 0)",
            &[&Uuid(workspace.bytes())],
        )
        .await?;
    let grants = rows.iter().map(|row| load::grant(row).map(|(_, g)| g));
    let wallet = Wallet::new(grants.collect::<Result<_, _>>()?);
    wallet.balance(now).map_err(|e| StoreError::Corrupt(e.to_string()).into())
}

/// How many holds are open on all nodes, and what they have reserved.
pub async fn held(db: &Db) -> Result<(u64, NanoUsd), StoreError> {
    db.read(Arc::new(|tx| {
        Box::pin(async move {
            let row = tx
                .query_one(
                    "SELECT (SELECT count(*) FROM hold),
                     (SELECT coalesce(sum(held), 0)::bigint FROM credit WHERE held <> 0)",
                    &[],
                )
                .await?;
            Ok((crate::record::count_of(row.try_get(0)?), NanoUsd::new(row.try_get(1)?)))
        })
    }))
    .await
}

/// Everything about one caller's money, of one instant.
pub async fn account(db: &Db, ask: AccountAsk) -> Result<AccountState, StoreError> {
    db.read(Arc::new(move |tx| {
        Box::pin(async move {
            let balance = balance_in(tx, ask.workspace, ask.at).await?;
            let mut tallies = Tallies::default();
            tallies.load_key(ask.key, key_spend_in(tx, ask.key).await?);
            let meters = [Some(MeterId::from(ask.key)), ask.member];
            let meters: Vec<Uuid> = meters.iter().flatten().map(|meter| Uuid(meter.bytes())).collect();
            for row in tx.query(load::DAYS, &[&meters, Span::Month.days(ask.at).start()]).await? {
                let (meter, day, sums) = load::day(&row)?;
                tallies.load_day(meter, day, sums);
            }
            for row in tx.query(load::HELD, &[&[Uuid(ask.workspace.bytes())].as_slice()]).await? {
                let hold = load::hold(&row)?;
                tallies.load_hold(&hold, hold.amount().map_err(|e| StoreError::Corrupt(e.to_string()))?);
            }
            Ok(ledger::account(balance, &ask, &tallies))
        })
    }))
    .await
}

/// What was charged to each of these keys, of one instant.
pub async fn key_charges(db: &Db, keys: Vec<KeyId>, now: Timestamp) -> Result<Vec<KeyCharges>, StoreError> {
    let keys: Arc<[KeyId]> = keys.into();
    db.read(Arc::new(move |tx| {
        let keys = Arc::clone(&keys);
        Box::pin(async move {
            let mut tallies = Tallies::default();
            let ids: Vec<Uuid> = keys.iter().map(|key| Uuid(key.bytes())).collect();
            let sql = format!("SELECT {KEY_SUMS} FROM key_spend WHERE key = ANY($1)");
            for row in tx.query(&sql, &[&ids]).await? {
                tallies.load_key(KeyId::from_bytes(row.try_get::<_, Uuid>(0)?.0), sums(&row)?);
            }
            let meters: Vec<Uuid> = keys.iter().map(|key| Uuid(MeterId::from(*key).bytes())).collect();
            for row in tx.query(load::DAYS, &[&meters, Span::Month.days(now).start()]).await? {
                let (meter, day, sums) = load::day(&row)?;
                tallies.load_day(meter, day, sums);
            }
            Ok(ledger::key_charges(&keys, now, &tallies))
        })
    }))
    .await
}

/// What a key came to.
pub async fn key_spend(db: &Db, key: KeyId) -> Result<KeySpend, StoreError> {
    db.read(Arc::new(move |tx| Box::pin(key_spend_in(tx, key)))).await
}

async fn key_spend_in(tx: &Transaction<'_>, key: KeyId) -> Result<KeySpend, Fail> {
    let sql = format!("SELECT {KEY_SUMS} FROM key_spend WHERE key = $1");
    let row = tx.query_opt(&sql, &[&Uuid(key.bytes())]).await?;
    Ok(row.map_or(Ok(KeySpend::default()), |row| sums(&row))?)
}

/// The sums of a row with the columns of `KEY_SUMS`.
pub fn sums(row: &Row) -> Result<KeySpend, tokio_postgres::Error> {
    Ok(key_sums_of([row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?]))
}
