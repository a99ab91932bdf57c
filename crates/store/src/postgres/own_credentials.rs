//! Upstream secrets that workspaces bring. In: the port's verbs, rows. Out: rows. Never here: a secret in the clear.

use super::Postgres;
use super::keys::digest;
use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{
    AuditEntry, Change, OwnCredentialChange, OwnCredentialRow, OwnCredentials, OwnNote, OwnState, Pending,
    StoreError,
};
use crate::record::{count_of, count_to_disk};
use std::sync::Arc;
use tokio_postgres::{Row, Transaction};
use units::{CredentialId, Secret, Timestamp, WorkspaceId};

const OWN: &str = "id, workspace, provider, label, base_url, sealed, fingerprint, prefix, created_at, created_by, state, \
    state_at, version";
const NEWS: Option<Change> = Some(Change::OwnCredentials);

impl OwnCredentials for Postgres {
    fn create_own_credential(&self, row: OwnCredentialRow, most: u32, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change((row, most), log, NEWS, |tx, (row, most)| Box::pin(create(tx, row, *most))))
    }

    fn list_own_credentials(&self) -> Pending<'_, Vec<OwnCredentialRow>> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(list(tx)) as _)))
    }

    fn label_own_credential(&self, change: OwnCredentialChange, log: AuditEntry) -> Pending<'_, OwnCredentialRow> {
        Box::pin(self.change(change, log, NEWS, |tx, change| Box::pin(label(tx, change))))
    }

    fn remove_own_credential(&self, workspace: WorkspaceId, id: CredentialId, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(
            self.change((workspace, id), log, NEWS, |tx, (workspace, id)| Box::pin(remove(tx, *workspace, *id))),
        )
    }

    fn note_own_credentials(&self, notes: Vec<OwnNote>) -> Pending<'_, ()> {
        let notes: Arc<[OwnNote]> = notes.into();
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let notes = Arc::clone(&notes);
            Box::pin(async move { note(tx, &notes).await })
        })))
    }
}

fn own_of(row: &Row) -> Result<OwnCredentialRow, Fail> {
    Ok(OwnCredentialRow {
        id: CredentialId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        workspace: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(1)?.0),
        provider: row.try_get(2)?,
        label: row.try_get(3)?,
        base_url: row.try_get(4)?,
        sealed: Secret::new(row.try_get(5)?),
        fingerprint: digest(row.try_get(6)?)?,
        prefix: row.try_get(7)?,
        created_at: Timestamp::from_ms(row.try_get(8)?),
        created_by: row.try_get(9)?,
        state: OwnState::of(row.try_get(10)?),
        state_at: row.try_get::<_, Option<i64>>(11)?.map(Timestamp::from_ms),
        version: count_of(row.try_get(12)?),
    })
}

async fn create(tx: &Transaction<'_>, row: &OwnCredentialRow, most: u32) -> Result<(), Fail> {
    let workspace = Uuid(row.workspace.bytes());
    // Held to the commit: of two that come at once the second counts the first.
    let held = "SELECT 1 FROM workspace WHERE id = $1 FOR NO KEY UPDATE";
    tx.query_opt(held, &[&workspace]).await?.ok_or(StoreError::NotFound("workspace"))?;
    let there = tx.query_one("SELECT count(*) FROM own_credential WHERE workspace = $1", &[&workspace]).await?;
    if there.try_get::<_, i64>(0)? >= i64::from(most) {
        return Err(StoreError::Full("provider key").into());
    }
    let sql = format!(
        "INSERT INTO own_credential ({OWN}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    );
    tx.execute(
        &sql,
        &[
            &Uuid(row.id.bytes()),
            &workspace,
            &row.provider,
            &row.label,
            &row.base_url,
            row.sealed.expose(),
            &&row.fingerprint[..],
            &row.prefix,
            &row.created_at.ms(),
            &row.created_by,
            &row.state.number(),
            &row.state_at.map(Timestamp::ms),
            &count_to_disk(row.version),
        ],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "provider key"))
}

async fn list(tx: &Transaction<'_>) -> Result<Vec<OwnCredentialRow>, Fail> {
    let sql = format!("SELECT {OWN} FROM own_credential ORDER BY id");
    tx.query(&sql, &[]).await?.iter().map(own_of).collect()
}

async fn label(tx: &Transaction<'_>, change: &OwnCredentialChange) -> Result<OwnCredentialRow, Fail> {
    let sql = format!(
        "UPDATE own_credential SET label = $4, version = version + 1
         WHERE workspace = $1 AND id = $2 AND version = $3 RETURNING {OWN}"
    );
    let (workspace, id) = (Uuid(change.workspace.bytes()), Uuid(change.id.bytes()));
    let found = tx.query_opt(&sql, &[&workspace, &id, &count_to_disk(change.version), &change.label]).await?;
    if let Some(row) = found {
        return own_of(&row);
    }
    let there = "SELECT 1 FROM own_credential WHERE workspace = $1 AND id = $2";
    let there = tx.query_opt(there, &[&workspace, &id]).await?;
    Err(there.map_or(StoreError::NotFound("provider key"), |_| StoreError::Stale("provider key")).into())
}

async fn remove(tx: &Transaction<'_>, workspace: WorkspaceId, id: CredentialId) -> Result<(), Fail> {
    let sql = "DELETE FROM own_credential WHERE workspace = $1 AND id = $2";
    match tx.execute(sql, &[&Uuid(workspace.bytes()), &Uuid(id.bytes())]).await? {
        0 => Err(StoreError::NotFound("provider key").into()),
        _ => Ok(()),
    }
}

/// In the order of their ids, so that two nodes never wait for each other.
async fn note(tx: &Transaction<'_>, notes: &[OwnNote]) -> Result<(), Fail> {
    let ids: Vec<Uuid> = notes.iter().map(|(id, ..)| Uuid(id.bytes())).collect();
    let states: Vec<i64> = notes.iter().map(|(_, state, _)| state.number()).collect();
    let ats: Vec<i64> = notes.iter().map(|(.., at)| at.ms()).collect();
    tx.execute("SELECT id FROM own_credential WHERE id = ANY($1) ORDER BY id FOR UPDATE", &[&ids]).await?;
    tx.execute(
        "UPDATE own_credential SET state = v.state, state_at = v.at
         FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS v (id, state, at)
         WHERE own_credential.id = v.id AND coalesce(own_credential.state_at, v.at) <= v.at",
        &[&ids, &states, &ats],
    )
    .await?;
    Ok(())
}
