//! Upstream secrets that workspaces bring, on disk. In: the port's verbs, rows. Out: rows. Never here: a secret in the clear.

use super::people::taken;
use super::{Sqlite, log, management, sql_error};
use crate::port::{
    AuditEntry, OwnCredentialChange, OwnCredentialRow, OwnCredentials, OwnNote, OwnState, Pending, StoreError,
};
use crate::record::{count_of, count_to_disk};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use units::{CredentialId, Secret, Timestamp, WorkspaceId};

const OWN: &str = "id, workspace, provider, label, base_url, sealed, fingerprint, prefix, created_at, created_by, state, \
    state_at, version";

impl OwnCredentials for Sqlite {
    fn create_own_credential(&self, row: OwnCredentialRow, most: u32, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| create(tx, &row, most))))
    }

    fn list_own_credentials(&self) -> Pending<'_, Vec<OwnCredentialRow>> {
        Box::pin(self.reads.ask(list))
    }

    fn label_own_credential(&self, change: OwnCredentialChange, log: AuditEntry) -> Pending<'_, OwnCredentialRow> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| label(tx, &change))))
    }

    fn remove_own_credential(&self, workspace: WorkspaceId, id: CredentialId, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| remove(tx, workspace, id))))
    }

    fn note_own_credentials(&self, notes: Vec<OwnNote>) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| note(db, &notes)))
    }
}

fn own_of(row: &Row<'_>) -> rusqlite::Result<OwnCredentialRow> {
    Ok(OwnCredentialRow {
        id: CredentialId::from_bytes(row.get(0)?),
        workspace: WorkspaceId::from_bytes(row.get(1)?),
        provider: row.get(2)?,
        label: row.get(3)?,
        base_url: row.get(4)?,
        sealed: Secret::new(row.get(5)?),
        fingerprint: row.get(6)?,
        prefix: row.get(7)?,
        created_at: Timestamp::from_ms(row.get(8)?),
        created_by: row.get(9)?,
        state: OwnState::of(row.get(10)?),
        state_at: row.get::<_, Option<i64>>(11)?.map(Timestamp::from_ms),
        version: count_of(row.get(12)?),
    })
}

fn create(tx: &Transaction<'_>, row: &OwnCredentialRow, most: u32) -> Result<(), StoreError> {
    management::place(tx, row.workspace, None)?;
    let sql = "SELECT count(*) FROM own_credential WHERE workspace = ?1";
    let there: i64 = tx.query_row(sql, [row.workspace.bytes()], |row| row.get(0)).map_err(sql_error)?;
    if there >= i64::from(most) {
        return Err(StoreError::Full("provider key"));
    }
    tx.execute(
        &format!(
            "INSERT INTO own_credential ({OWN}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
        ),
        params![
            row.id.bytes(),
            row.workspace.bytes(),
            row.provider,
            row.label,
            row.base_url,
            row.sealed.expose(),
            row.fingerprint,
            row.prefix,
            row.created_at.ms(),
            row.created_by,
            row.state.number(),
            row.state_at.map(Timestamp::ms),
            count_to_disk(row.version),
        ],
    )
    .map(drop)
    .map_err(taken("provider key"))
}

fn list(db: &Connection) -> rusqlite::Result<Vec<OwnCredentialRow>> {
    db.prepare(&format!("SELECT {OWN} FROM own_credential ORDER BY id"))?.query_map([], own_of)?.collect()
}

fn label(tx: &Transaction<'_>, change: &OwnCredentialChange) -> Result<OwnCredentialRow, StoreError> {
    let sql = format!(
        "UPDATE own_credential SET label = ?4, version = version + 1
         WHERE workspace = ?1 AND id = ?2 AND version = ?3 RETURNING {OWN}"
    );
    let (workspace, id) = (change.workspace.bytes(), change.id.bytes());
    let found = tx
        .query_row(&sql, params![workspace, id, count_to_disk(change.version), change.label], own_of)
        .optional()
        .map_err(sql_error)?;
    match found {
        Some(row) => Ok(row),
        None => Err(gone_or_stale(tx, change)?),
    }
}

/// Why a change did not find its row.
fn gone_or_stale(tx: &Transaction<'_>, change: &OwnCredentialChange) -> Result<StoreError, StoreError> {
    let sql = "SELECT 1 FROM own_credential WHERE workspace = ?1 AND id = ?2";
    let there: Option<i64> = tx
        .query_row(sql, params![change.workspace.bytes(), change.id.bytes()], |row| row.get(0))
        .optional()
        .map_err(sql_error)?;
    Ok(there.map_or(StoreError::NotFound("provider key"), |_| StoreError::Stale("provider key")))
}

fn remove(tx: &Transaction<'_>, workspace: WorkspaceId, id: CredentialId) -> Result<(), StoreError> {
    let sql = "DELETE FROM own_credential WHERE workspace = ?1 AND id = ?2";
    match tx.execute(sql, params![workspace.bytes(), id.bytes()]).map_err(sql_error)? {
        0 => Err(StoreError::NotFound("provider key")),
        _ => Ok(()),
    }
}

fn note(db: &mut Connection, notes: &[OwnNote]) -> Result<(), StoreError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql_error)?;
    for (id, state, at) in notes {
        let sql = "UPDATE own_credential SET state = ?2, state_at = ?3
                   WHERE id = ?1 AND coalesce(state_at, ?3) <= ?3";
        tx.prepare_cached(sql)
            .and_then(|mut s| s.execute(params![id.bytes(), state.number(), at.ms()]))
            .map_err(sql_error)?;
    }
    tx.commit().map_err(sql_error)
}
