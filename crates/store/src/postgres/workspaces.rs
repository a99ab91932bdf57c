//! Workspaces and the platform's rules. In: rows. Out: rows. Never here: money, what a rule means.

use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{StoreError, WorkspaceChange, WorkspaceRow};
use crate::record::{count_of, count_to_disk, rules_of, rules_to_disk};
use admit::PlatformRules;
use tokio_postgres::Transaction;
use units::{Timestamp, WorkspaceId};

/// Keeps a new workspace.
pub async fn create(tx: &Transaction<'_>, row: &WorkspaceRow) -> Result<(), Fail> {
    tx.execute(
        "INSERT INTO workspace (id, name, slug, created_at, rules, version) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            &Uuid(row.id.bytes()),
            &row.name,
            &row.slug,
            &row.created_at.ms(),
            &rules_to_disk(&row.rules),
            &count_to_disk(row.version),
        ],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "slug"))
}

/// All workspaces, oldest first.
pub async fn list(tx: &Transaction<'_>) -> Result<Vec<WorkspaceRow>, Fail> {
    let sql = "SELECT id, name, slug, created_at, rules, version FROM workspace ORDER BY created_at, id";
    let rows = tx.query(sql, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(WorkspaceRow {
                id: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
                name: row.try_get(1)?,
                slug: row.try_get(2)?,
                created_at: Timestamp::from_ms(row.try_get(3)?),
                rules: read(row.try_get(4)?)?,
                version: count_of(row.try_get(5)?),
            })
        })
        .collect()
}

/// Rules of their text.
pub fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fail> {
    rules_of(text).map_err(|e| Fail::Contradiction(format!("rules that are not to be read: {e}")))
}

/// Changes a workspace that nobody else changed meanwhile.
pub async fn change(tx: &Transaction<'_>, change: &WorkspaceChange) -> Result<(), Fail> {
    let rows = tx
        .execute(
            "UPDATE workspace SET name = $3, rules = $4, version = version + 1 WHERE id = $1 AND version = $2",
            &[
                &Uuid(change.id.bytes()),
                &count_to_disk(change.version),
                &change.name,
                &rules_to_disk(&change.rules),
            ],
        )
        .await?;
    match rows {
        1 => Ok(()),
        _ => Err(missing_or_stale(tx, "workspace", Uuid(change.id.bytes())).await?),
    }
}

/// Why no row of that id and version was there.
pub async fn missing_or_stale(tx: &Transaction<'_>, what: &'static str, id: Uuid) -> Result<Fail, Fail> {
    let sql = match what {
        "workspace" => "SELECT 1 FROM workspace WHERE id = $1",
        _ => "SELECT 1 FROM api_key WHERE id = $1",
    };
    let found = tx.query_opt(sql, &[&id]).await?;
    Ok(Fail::Store(found.map_or(StoreError::NotFound(what), |_| StoreError::Stale(what))))
}

/// The rules of the platform.
pub async fn platform(tx: &Transaction<'_>) -> Result<PlatformRules, Fail> {
    let row = tx.query_opt("SELECT value FROM meta WHERE name = 'platform'", &[]).await?;
    let Some(row) = row else { return Ok(PlatformRules::default()) };
    let bytes: &[u8] = row.try_get(0)?;
    serde_json::from_slice(bytes).map_err(|e| Fail::Contradiction(format!("rules that are not to be read: {e}")))
}

/// Replaces the rules of the platform.
pub async fn set_platform(tx: &Transaction<'_>, rules: &PlatformRules) -> Result<(), Fail> {
    let sql = "INSERT INTO meta (name, value) VALUES ('platform', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.execute(sql, &[&rules_to_disk(rules).into_bytes()]).await?;
    Ok(())
}
