//! API keys. In: rows. Out: rows. Never here: a key in clear, what a rule means.

use super::management;
use super::pool::Fail;
use super::wire::Uuid;
use super::workspaces::{missing_or_stale, read};
use crate::port::{KeyChange, KeyRotation, KeyRow, OldText, StoreError, WhichKeys};
use crate::record::{count_of, count_to_disk, rules_to_disk};
use tokio_postgres::{Row, Transaction};
use units::{KeyId, Timestamp, UserId, WorkspaceId};

const KEY: &str = "id, workspace, name, prefix, digest, created_at, expires_at, revoked_at, rules, owner, created_by, \
    last_used_at, version, old_digest, old_ends_at";

/// A digest as it is kept.
pub fn digest(bytes: &[u8]) -> Result<[u8; 32], Fail> {
    bytes.try_into().map_err(|_| Fail::Contradiction("a digest is not 32 bytes".to_owned()))
}

fn key_of(row: &Row) -> Result<KeyRow, Fail> {
    let instant = |n: usize| row.try_get::<_, Option<i64>>(n).map(|ms| ms.map(Timestamp::from_ms));
    Ok(KeyRow {
        id: KeyId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        workspace: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(1)?.0),
        name: row.try_get(2)?,
        prefix: row.try_get(3)?,
        digest: digest(row.try_get(4)?)?,
        created_at: Timestamp::from_ms(row.try_get(5)?),
        expires_at: instant(6)?,
        revoked_at: instant(7)?,
        rules: read(row.try_get(8)?)?,
        owner: row.try_get::<_, Option<Uuid>>(9)?.map(|id| UserId::from_bytes(id.0)),
        created_by: row.try_get(10)?,
        last_used_at: instant(11)?,
        version: count_of(row.try_get(12)?),
        old: match (row.try_get::<_, Option<&[u8]>>(13)?, instant(14)?) {
            (Some(bytes), Some(ends_at)) => Some(OldText { digest: digest(bytes)?, ends_at }),
            _ => None,
        },
    })
}

/// Keeps a new key.
pub async fn create(tx: &Transaction<'_>, row: &KeyRow) -> Result<(), Fail> {
    let workspace = Uuid(row.workspace.bytes());
    management::place(tx, workspace, row.owner).await?;
    let sql = format!(
        "INSERT INTO api_key ({KEY}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    );
    tx.execute(
        &sql,
        &[
            &Uuid(row.id.bytes()),
            &workspace,
            &row.name,
            &row.prefix,
            &&row.digest[..],
            &row.created_at.ms(),
            &row.expires_at.map(Timestamp::ms),
            &row.revoked_at.map(Timestamp::ms),
            &rules_to_disk(&row.rules),
            &row.owner.map(|id| Uuid(id.bytes())),
            &row.created_by,
            &row.last_used_at.map(Timestamp::ms),
            &count_to_disk(row.version),
            &row.old.as_ref().map(|old| &old.digest[..]),
            &row.old.map(|old| old.ends_at.ms()),
        ],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "key"))
}

/// Every key, oldest first.
pub async fn list(tx: &Transaction<'_>, which: WhichKeys) -> Result<Vec<KeyRow>, Fail> {
    let (fits, id) = match which {
        WhichKeys::All => ("$1::uuid IS NULL", None),
        WhichKeys::Of(workspace) => ("workspace = $1", Some(Uuid(workspace.bytes()))),
        WhichKeys::One(id) => ("id = $1", Some(Uuid(id.bytes()))),
    };
    let sql = format!("SELECT {KEY} FROM api_key WHERE {fits} ORDER BY created_at, id");
    tx.query(&sql, &[&id]).await?.iter().map(key_of).collect()
}

/// Revokes a key; the first time counts.
pub async fn revoke(tx: &Transaction<'_>, id: KeyId, at: Timestamp) -> Result<KeyRow, Fail> {
    let id = Uuid(id.bytes());
    let first = "UPDATE api_key SET revoked_at = $2, version = version + 1 WHERE id = $1 AND revoked_at IS NULL";
    tx.execute(first, &[&id, &at.ms()]).await?;
    let sql = format!("SELECT {KEY} FROM api_key WHERE id = $1");
    key_of(&tx.query_opt(&sql, &[&id]).await?.ok_or(StoreError::NotFound("key"))?)
}

/// Changes a key that nobody else changed meanwhile.
pub async fn change(tx: &Transaction<'_>, change: &KeyChange) -> Result<KeyRow, Fail> {
    let sql = format!(
        "UPDATE api_key SET name = $3, expires_at = $4, rules = $5, version = version + 1
         WHERE id = $1 AND version = $2 RETURNING {KEY}"
    );
    let id = Uuid(change.id.bytes());
    let row = tx
        .query_opt(
            &sql,
            &[
                &id,
                &count_to_disk(change.version),
                &change.name,
                &change.expires_at.map(Timestamp::ms),
                &rules_to_disk(&change.rules),
            ],
        )
        .await?;
    match row {
        Some(row) => key_of(&row),
        None => Err(missing_or_stale(tx, "key", id).await?),
    }
}

/// Gives a key that nobody else changed meanwhile a new text.
pub async fn rotate(tx: &Transaction<'_>, rotation: &KeyRotation) -> Result<KeyRow, Fail> {
    let sql = format!(
        "UPDATE api_key SET old_digest = digest, old_ends_at = $5, digest = $3, prefix = $4, version = version + 1
         WHERE id = $1 AND version = $2 RETURNING {KEY}"
    );
    let id = Uuid(rotation.id.bytes());
    let row = tx
        .query_opt(
            &sql,
            &[
                &id,
                &count_to_disk(rotation.version),
                &&rotation.digest[..],
                &rotation.prefix,
                &rotation.old_ends_at.ms(),
            ],
        )
        .await
        .map_err(|e| Fail::taken(e, "key"))?;
    match row {
        Some(row) => key_of(&row),
        None => Err(missing_or_stale(tx, "key", id).await?),
    }
}

/// Notes when keys were last used, in the order of their ids, so that two nodes never wait for each other.
pub async fn touch(tx: &Transaction<'_>, used: &[(KeyId, Timestamp)]) -> Result<(), Fail> {
    let (ids, ats): (Vec<Uuid>, Vec<i64>) = used.iter().map(|(id, at)| (Uuid(id.bytes()), at.ms())).unzip();
    tx.execute("SELECT id FROM api_key WHERE id = ANY($1) ORDER BY id FOR UPDATE", &[&ids]).await?;
    tx.execute(
        "UPDATE api_key SET last_used_at = greatest(last_used_at, v.at)
         FROM unnest($1::uuid[], $2::bigint[]) AS v (id, at) WHERE api_key.id = v.id",
        &[&ids, &ats],
    )
    .await?;
    Ok(())
}
