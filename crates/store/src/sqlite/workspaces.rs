//! Workspaces and the platform's rules on disk. In: rows. Out: rows. Never here: money, what a rule means.

use super::people::taken;
use super::sql_error;
use crate::port::{StoreError, WorkspaceChange, WorkspaceRow};
use crate::record::{count_of, count_to_disk, rules_of, rules_to_disk};
use admit::PlatformRules;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use units::{Timestamp, WorkspaceId};

/// The name under which the platform's rules are kept.
const PLATFORM: &str = "platform";

/// Keeps a new workspace.
pub fn create(tx: &Transaction<'_>, row: &WorkspaceRow) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO workspace (id, name, slug, created_at, rules, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            row.id.bytes(),
            row.name,
            row.slug,
            row.created_at.ms(),
            rules_to_disk(&row.rules),
            count_to_disk(row.version),
        ],
    )
    .map(drop)
    .map_err(taken("slug"))
}

/// All workspaces, oldest first.
pub fn list(db: &Connection) -> rusqlite::Result<Vec<WorkspaceRow>> {
    db.prepare("SELECT id, name, slug, created_at, rules, version FROM workspace ORDER BY created_at, id")?
        .query_map([], |row| {
            Ok(WorkspaceRow {
                id: WorkspaceId::from_bytes(row.get(0)?),
                name: row.get(1)?,
                slug: row.get(2)?,
                created_at: Timestamp::from_ms(row.get(3)?),
                rules: rules_of(row.get_ref(4)?.as_str()?).map_err(unread)?,
                version: count_of(row.get(5)?),
            })
        })?
        .collect()
}

/// Changes a workspace that nobody else changed meanwhile.
pub fn change(tx: &Transaction<'_>, change: &WorkspaceChange) -> Result<(), StoreError> {
    let rows = tx
        .execute(
            "UPDATE workspace SET name = ?3, rules = ?4, version = version + 1 WHERE id = ?1 AND version = ?2",
            params![change.id.bytes(), count_to_disk(change.version), change.name, rules_to_disk(&change.rules)],
        )
        .map_err(sql_error)?;
    match rows {
        1 => Ok(()),
        _ => Err(missing_or_stale(tx, "workspace", change.id.bytes())),
    }
}

/// Why no row of that id and version was there. Tables have the name of what they hold.
pub fn missing_or_stale(tx: &Transaction<'_>, what: &'static str, id: [u8; 16]) -> StoreError {
    let sql = match what {
        "workspace" => "SELECT 1 FROM workspace WHERE id = ?1",
        _ => "SELECT 1 FROM api_key WHERE id = ?1",
    };
    match tx.query_row(sql, [id], |_| Ok(())).optional() {
        Ok(Some(())) => StoreError::Stale(what),
        Ok(None) => StoreError::NotFound(what),
        Err(error) => sql_error(error),
    }
}

/// Rules that are not to be read.
pub fn unread(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
}

/// The rules of the platform.
pub fn platform(db: &Connection) -> rusqlite::Result<PlatformRules> {
    let kept: Option<Vec<u8>> =
        db.query_row("SELECT value FROM meta WHERE name = ?1", [PLATFORM], |row| row.get(0)).optional()?;
    kept.map_or_else(|| Ok(PlatformRules::default()), |bytes| serde_json::from_slice(&bytes).map_err(unread))
}

/// Replaces the rules of the platform.
pub fn set_platform(tx: &Transaction<'_>, rules: &PlatformRules) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.execute(sql, params![PLATFORM, rules_to_disk(rules).into_bytes()]).map(drop).map_err(sql_error)
}
