//! Feeds the rows of a file to the pure audit. In: a connection. Out: a report. Never here: a rule, a repair.

use super::files::{self, unopened};
use super::{credit, schema, usage};
use crate::kept::SUMMED;
use crate::open::OpenError;
use crate::port::AuditReport;
use crate::record;
use ledger::audit::{Auditor, GrantRow, TransferRow, UsageFact};
use ledger::facts::Slot;
use ledger::{Account, Code, Posting};
use rusqlite::{Connection, OpenFlags, Row, Transaction};
use std::cmp::Ordering;
use std::path::Path;
use units::{GrantId, KeyId, NanoUsd, RequestId, Timestamp};

/// Audits what the connection sees, at one instant.
pub fn run(db: &Connection, now: Option<Timestamp>) -> rusqlite::Result<AuditReport> {
    let tx = db.unchecked_transaction()?;
    let mut auditor = Auditor::new(now);
    each(&tx, "SELECT id, granted, posted, held FROM credit", |row| {
        auditor.grant(GrantRow {
            id: GrantId::from_bytes(row.get(0)?),
            granted: NanoUsd::new(row.get(1)?),
            posted: NanoUsd::new(row.get(2)?),
            held: NanoUsd::new(row.get(3)?),
        });
        Ok(())
    })?;
    for hold in credit::open_holds(&tx, credit::Whose::All)? {
        auditor.hold(&hold);
    }
    each(&tx, record::STRAYS, |row| {
        auditor.stray(RequestId::from_bytes(row.get(0)?));
        Ok(())
    })?;
    each(&tx, "SELECT hold FROM tombstone", |row| {
        auditor.tombstone(RequestId::from_bytes(row.get(0)?));
        Ok(())
    })?;
    for (key, sums) in credit::spends(&tx)? {
        auditor.key_spend(key, sums);
    }
    credit::each_day(&tx, i64::MIN, |meter, day, sums| auditor.spend_day(meter, day, sums))?;
    each(
        &tx,
        "SELECT key, sum(charge) FROM (SELECT key, charge FROM key_day UNION ALL SELECT key, charge FROM facts_unfolded) GROUP BY key",
        |row| {
            auditor.fact(KeyId::from_bytes(row.get(0)?), NanoUsd::new(row.get(1)?));
            Ok(())
        },
    )?;
    for kept in SUMMED {
        let table = kept.table(Slot::Day);
        let all =
            format!("SELECT requests, charge FROM {table} UNION ALL SELECT requests, charge FROM facts_unfolded");
        each(&tx, &format!("SELECT coalesce(sum(requests), 0), coalesce(sum(charge), 0) FROM ({all})"), |row| {
            auditor.sums(table, row.get(0)?, NanoUsd::new(row.get(1)?));
            Ok(())
        })?;
    }
    each(&tx, &format!("SELECT {} FROM usage_gone", record::KEY_SUMS), |row| {
        let sums = record::key_sums_of([row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]);
        auditor.gone(KeyId::from_bytes(row.get(0)?), sums);
        Ok(())
    })?;
    let kept_from = tx.query_row("SELECT day FROM usage_kept_from", [], |row| row.get(0))?;
    auditor.kept_from(record::first_id_of(kept_from));
    journal(&tx, &mut auditor)?;
    Ok(AuditReport::of(auditor))
}

/// Transfers and usage rows, day by day, so that only one day's requests are in memory.
fn journal(tx: &Transaction<'_>, auditor: &mut Auditor) -> rusqlite::Result<()> {
    let mut after = [0; 16];
    for day in usage::days(tx)? {
        let end = record::first_id_of(day.saturating_add(1));
        transfers(tx, auditor, "ref >= ?1 AND ref < ?2", [after, end])?;
        after = end;
        let sql =
            format!("SELECT request, key, closing, charge, {}, member, end_user FROM usage_{day}", record::CACHE);
        each(tx, &sql, |row| {
            auditor.usage(&UsageFact {
                request: RequestId::from_bytes(row.get(0)?),
                key: KeyId::from_bytes(row.get(1)?),
                counted: usage::counted_of(row, 8)?,
                settled: row.get::<_, i64>(2)? == 1,
                charge: NanoUsd::new(row.get(3)?),
                cache: record::cache_of([row.get(4)?, row.get(5)?, row.get(6)?], row.get(7)?),
            });
            Ok(())
        })?;
        auditor.day_ends();
    }
    transfers(tx, auditor, "ref >= ?1 AND ref <= ?2", [after, [255; 16]])
}

fn transfers(
    tx: &Transaction<'_>,
    auditor: &mut Auditor,
    range: &str,
    ends: [[u8; 16]; 2],
) -> rusqlite::Result<()> {
    let sql = format!("SELECT ref, code, debit, credit, amount FROM transfer WHERE {range}");
    let mut statement = tx.prepare(&sql)?;
    let mut rows = statement.query(ends)?;
    while let Some(row) = rows.next()? {
        let (debit, credit, amount) = (row.get(2)?, row.get(3)?, row.get(4)?);
        auditor.transfer(&TransferRow {
            reference: row.get(0)?,
            posting: Code::from_number(row.get(1)?).map(|code| Posting {
                code,
                debit: Account::from_bytes(debit),
                credit: Account::from_bytes(credit),
                amount: NanoUsd::new(amount),
            }),
        });
    }
    Ok(())
}

fn each(
    tx: &Transaction<'_>,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// Audits a directory that no process has open, without changing it.
pub fn audit_offline(dir: &Path) -> Result<AuditReport, OpenError> {
    let path = dir.join(files::LEDGER_FILE);
    if !path.is_file() {
        return Err(OpenError::Missing(dir.to_owned()));
    }
    let _lock = files::lock(dir, false)?;
    // Not read-only for the operating system: after a crash the log's index has to be made anew beside the file.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(&path, flags).map_err(unopened)?;
    db.pragma_update(None, "query_only", true).map_err(unopened)?;
    // Closing the last connection must not fold the log into the file either.
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(unopened)?;
    let (found, known) = (schema::version(&db).map_err(unopened)?, schema::newest());
    match found.cmp(&known) {
        Ordering::Less => Err(OpenError::Older { found, known }),
        Ordering::Greater => Err(OpenError::Newer { found, known }),
        Ordering::Equal => {
            let mut report = run(&db, None).map_err(unopened)?;
            // What was not read of the file may be damaged all the same.
            let whole: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(unopened)?;
            if whole != "ok" {
                report.findings.push(format!("{} is damaged: {}", files::LEDGER_FILE, whole.replace('\n', " ")));
            }
            Ok(report)
        }
    }
}
