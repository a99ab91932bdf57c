//! Sealed secrets wherever they lie, on disk, and the ring of their keys. In: the port's verbs. Out: sealed bytes. Never here: a
//! secret in the clear.

use super::{Sqlite, log, sql_error};
use crate::port::{
    AuditEntry, Pending, Resealed, RingChange, SealedAt, SealedKind, SealedRow, Seals, StoreError, WhichSealed,
};
use crate::record::seal_columns;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, Transaction, TransactionBehavior, params};
use units::{CredentialId, MethodId, Secret, WorkspaceId};

impl Seals for Sqlite {
    fn load_ring(&self) -> Pending<'_, Option<Secret<Vec<u8>>>> {
        Box::pin(self.reads.ask(|db| Ok(ring(db)?.map(Secret::new))))
    }

    fn replace_ring(&self, change: RingChange, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| replace(tx, &change))))
    }

    fn page_sealed(&self, which: WhichSealed) -> Pending<'_, Vec<SealedRow>> {
        let place = if which.kind == SealedKind::Answer { &self.answers } else { &self.reads };
        Box::pin(place.ask(move |db| page(db, &which)))
    }

    fn reseal(&self, rows: Vec<Resealed>) -> Pending<'_, u64> {
        if rows.iter().any(|row| row.at.kind() == SealedKind::Answer) {
            return Box::pin(self.answers.ask(move |db| reseal(db, &rows)));
        }
        Box::pin(self.shared.write(move |db| {
            let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql_error)?;
            let changed = reseal(&tx, &rows).map_err(sql_error)?;
            tx.commit().map_err(sql_error)?;
            Ok(changed)
        }))
    }
}

fn ring(db: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    db.query_row("SELECT value FROM meta WHERE name = 'keyring'", [], |row| row.get(0)).optional()
}

fn replace(tx: &Transaction<'_>, change: &RingChange) -> Result<(), StoreError> {
    let there = ring(tx).map_err(sql_error)?;
    if there.as_ref() != change.before.as_ref().map(Secret::expose) {
        return Err(StoreError::Stale("keyring"));
    }
    let put = |name: &str, value: &[u8]| {
        let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        tx.execute(sql, params![name, value]).map(drop).map_err(sql_error)
    };
    put("keyring", change.after.expose())?;
    change.master_check.map_or(Ok(()), |check| put("master_check", &check))
}

/// The id as it is kept: bytes, of answers a text.
fn id_of(at: &SealedAt) -> Box<dyn ToSql> {
    match at {
        SealedAt::Credential(id) | SealedAt::OwnCredential { id, .. } => Box::new(id.bytes()),
        SealedAt::Seed(id) => Box::new(id.bytes()),
        SealedAt::Answer { id, .. } => Box::new(id.clone()),
        SealedAt::Once(id) => Box::new(*id),
    }
}

fn row_of(kind: SealedKind, row: &Row<'_>) -> rusqlite::Result<SealedRow> {
    let workspace = || row.get(2).map(WorkspaceId::from_bytes);
    let at = match kind {
        SealedKind::Credential => SealedAt::Credential(CredentialId::from_bytes(row.get(0)?)),
        SealedKind::OwnCredential => SealedAt::OwnCredential {
            id: CredentialId::from_bytes(row.get(0)?),
            workspace: workspace()?,
            provider: row.get(3)?,
            base_url: row.get(4)?,
        },
        SealedKind::Seed => SealedAt::Seed(MethodId::from_bytes(row.get(0)?)),
        SealedKind::Answer => SealedAt::Answer { workspace: workspace()?, id: row.get(0)? },
        SealedKind::Once => SealedAt::Once(row.get(0)?),
    };
    Ok(SealedRow { at, sealed: Secret::new(row.get(1)?) })
}

fn page(db: &Connection, which: &WhichSealed) -> rusqlite::Result<Vec<SealedRow>> {
    let (columns, table, meant) = seal_columns(which.kind);
    let seal = columns.split(',').next().unwrap_or(columns);
    let behind = if which.after.is_some() { "id > ?2" } else { "?2 IS NULL" };
    let sql = format!(
        "SELECT id, {columns} FROM {table}
         WHERE {meant} AND {behind} AND substr({seal}, 1, length(?1)) <> ?1 ORDER BY id LIMIT ?3"
    );
    let after = which.after.as_ref().map(id_of);
    db.prepare(&sql)?.query_map(params![which.but, after, which.limit], |row| row_of(which.kind, row))?.collect()
}

fn reseal(db: &Connection, rows: &[Resealed]) -> rusqlite::Result<u64> {
    let mut changed = 0;
    for row in rows {
        let (columns, table, _) = seal_columns(row.at.kind());
        let seal = columns.split(',').next().unwrap_or(columns);
        let sql = format!("UPDATE {table} SET {seal} = ?2 WHERE id = ?1 AND {seal} = ?3");
        let done = db.execute(&sql, params![id_of(&row.at), row.after.expose(), row.before.expose()])?;
        changed += done as u64;
    }
    Ok(changed)
}
