//! Feeds the rows of a database to the pure audit, all of one instant. In: a pool. Out: a report.
//! Never here: a rule, a repair.

use super::pool::{Db, Fail};
use super::wire::{Uuid, unpack};
use super::{credit, load};
use crate::kept::SUMMED;
use crate::port::{AuditReport, StoreError};
use crate::record;
use futures_util::{TryStreamExt, pin_mut};
use ledger::audit::{Auditor, GrantRow, TransferRow, UsageFact};
use ledger::facts::Slot;
use ledger::{Account, Code, OpenHold, Posting};
use std::sync::Arc;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};
use units::{GrantId, KeyId, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// Audits the whole database.
pub async fn run(db: &Db, now: Timestamp) -> Result<AuditReport, StoreError> {
    db.read(Arc::new(move |tx| Box::pin(audit(tx, now)))).await
}

fn id(row: &Row, n: usize) -> Result<[u8; 16], tokio_postgres::Error> {
    row.try_get::<_, Uuid>(n).map(|id| id.0)
}

fn money(row: &Row, n: usize) -> Result<NanoUsd, tokio_postgres::Error> {
    row.try_get(n).map(NanoUsd::new)
}

async fn audit(tx: &Transaction<'_>, now: Timestamp) -> Result<AuditReport, Fail> {
    let mut auditor = Auditor::new(Some(now));
    each(tx, "SELECT id, granted, posted, held FROM credit", &[], |row| {
        auditor.grant(GrantRow {
            id: GrantId::from_bytes(id(row, 0)?),
            granted: money(row, 1)?,
            posted: money(row, 2)?,
            held: money(row, 3)?,
        });
        Ok(())
    })
    .await?;
    let holds = "SELECT id, workspace, key, want, floor, at, seq, legs, member, end_user FROM hold";
    each(tx, holds, &[], |row| {
        auditor.hold(&hold(row)?);
        Ok(())
    })
    .await?;
    each(tx, record::STRAYS, &[], |row| {
        auditor.stray(RequestId::from_bytes(id(row, 0)?));
        Ok(())
    })
    .await?;
    each(tx, "SELECT hold FROM tombstone", &[], |row| {
        auditor.tombstone(RequestId::from_bytes(id(row, 0)?));
        Ok(())
    })
    .await?;
    let sums = format!("SELECT {} FROM key_spend", record::KEY_SUMS);
    each(tx, &sums, &[], |row| {
        auditor.key_spend(KeyId::from_bytes(id(row, 0)?), credit::sums(row)?);
        Ok(())
    })
    .await?;
    each(tx, "SELECT meter, day, spent, requests FROM spend_day", &[], |row| {
        let (meter, day, sums) = load::day(row)?;
        auditor.spend_day(meter, day, sums);
        Ok(())
    })
    .await?;
    each(tx, "SELECT key, sum(charge)::bigint FROM key_day GROUP BY key", &[], |row| {
        auditor.fact(KeyId::from_bytes(id(row, 0)?), money(row, 1)?);
        Ok(())
    })
    .await?;
    for kept in SUMMED {
        let table = kept.table(Slot::Day);
        let sql =
            format!("SELECT coalesce(sum(requests), 0)::bigint, coalesce(sum(charge), 0)::bigint FROM {table}");
        each(tx, &sql, &[], |row| {
            auditor.sums(table, row.try_get(0)?, money(row, 1)?);
            Ok(())
        })
        .await?;
    }
    each(tx, &format!("SELECT {} FROM usage_gone", record::KEY_SUMS), &[], |row| {
        auditor.gone(KeyId::from_bytes(id(row, 0)?), credit::sums(row)?);
        Ok(())
    })
    .await?;
    let kept_from = tx.query_one("SELECT day FROM usage_kept_from", &[]).await?.try_get(0)?;
    auditor.kept_from(record::first_id_of(kept_from));
    journal(tx, &mut auditor).await?;
    Ok(AuditReport::of(auditor))
}

/// A hold whose legs are not whole counts without them: then I3 names the grant.
fn hold(row: &Row) -> Result<OpenHold, tokio_postgres::Error> {
    Ok(OpenHold {
        id: RequestId::from_bytes(id(row, 0)?),
        workspace: WorkspaceId::from_bytes(id(row, 1)?),
        key: KeyId::from_bytes(id(row, 2)?),
        counted: load::counted(row, 8)?,
        want: money(row, 3)?,
        floor: money(row, 4)?,
        at: Timestamp::from_ms(row.try_get(5)?),
        seq: 0,
        legs: unpack(row.try_get(7)?).unwrap_or_default(),
    })
}

/// Transfers and usage rows, day by day, so that only one day's requests are in memory.
async fn journal(tx: &Transaction<'_>, auditor: &mut Auditor) -> Result<(), Fail> {
    let days = tx.query("SELECT day FROM usage_day ORDER BY day", &[]).await?;
    let mut after = [0; 16];
    for day in days {
        let day: i64 = day.try_get(0)?;
        let end = record::first_id_of(day.saturating_add(1));
        transfers(tx, auditor, "ref >= $1 AND ref < $2", [after, end]).await?;
        after = end;
        let columns = format!("request, key, closing, charge, {}, member, end_user", record::CACHE);
        let usage = format!("SELECT {columns} FROM usage WHERE day = $1");
        each(tx, &usage, &[&day], |row| {
            auditor.usage(&UsageFact {
                request: RequestId::from_bytes(id(row, 0)?),
                key: KeyId::from_bytes(id(row, 1)?),
                counted: load::counted(row, 8)?,
                settled: row.try_get::<_, i16>(2)? == 1,
                charge: money(row, 3)?,
                cache: record::cache_of([row.try_get(4)?, row.try_get(5)?, row.try_get(6)?], row.try_get(7)?),
            });
            Ok(())
        })
        .await?;
        auditor.day_ends();
    }
    transfers(tx, auditor, "ref >= $1 AND ref <= $2", [after, [255; 16]]).await
}

async fn transfers(
    tx: &Transaction<'_>,
    auditor: &mut Auditor,
    range: &str,
    [from, to]: [[u8; 16]; 2],
) -> Result<(), Fail> {
    let sql = format!("SELECT ref, code, debit, credit, amount FROM transfer WHERE {range}");
    each(tx, &sql, &[&Uuid(from), &Uuid(to)], |row| {
        let (debit, credit, amount) = (id(row, 2)?, id(row, 3)?, money(row, 4)?);
        auditor.transfer(&TransferRow {
            reference: id(row, 0)?,
            posting: Code::from_number(i64::from(row.try_get::<_, i16>(1)?)).map(|code| Posting {
                code,
                debit: Account::from_bytes(debit),
                credit: Account::from_bytes(credit),
                amount,
            }),
        });
        Ok(())
    })
    .await
}

async fn each(
    tx: &Transaction<'_>,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
    mut take: impl FnMut(&Row) -> Result<(), tokio_postgres::Error>,
) -> Result<(), Fail> {
    let rows = tx.query_raw(sql, params.iter().copied()).await?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await? {
        take(&row)?;
    }
    Ok(())
}
