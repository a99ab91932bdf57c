//! The catalogue on disk: tiers, providers, sealed credentials, models, prices. In: the whole of it. Out: the whole of it.
//! Never here: reading a document (the catalog crate does).

use super::sql_error;
use crate::port::{CatalogueRows, CredentialRow, PriceRow, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use units::{CredentialId, PriceId, Secret, Timestamp};

fn version(db: &Connection) -> rusqlite::Result<u64> {
    let kept: Option<i64> =
        db.query_row("SELECT value FROM meta WHERE name = 'catalogue_version'", [], |row| row.get(0)).optional()?;
    Ok(kept.and_then(|v| u64::try_from(v).ok()).unwrap_or(0))
}

/// The catalogue as it stands, read at one instant.
pub fn load(db: &Connection) -> rusqlite::Result<CatalogueRows> {
    let tx = db.unchecked_transaction()?;
    let pair = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let rows = CatalogueRows {
        version: version(&tx)?,
        tiers: tx
            .prepare("SELECT name, document FROM tier ORDER BY name")?
            .query_map([], pair)?
            .collect::<rusqlite::Result<_>>()?,
        providers: tx
            .prepare("SELECT name, document FROM provider ORDER BY name")?
            .query_map([], pair)?
            .collect::<rusqlite::Result<_>>()?,
        credentials: tx
            .prepare(
                "SELECT id, provider, position, fingerprint, sealed FROM credential ORDER BY provider, position",
            )?
            .query_map([], |row| {
                Ok(CredentialRow {
                    id: CredentialId::from_bytes(row.get(0)?),
                    provider: row.get(1)?,
                    position: row.get(2)?,
                    fingerprint: row.get(3)?,
                    sealed: Secret::new(row.get(4)?),
                })
            })?
            .collect::<rusqlite::Result<_>>()?,
        models: tx
            .prepare("SELECT id, document FROM model ORDER BY id")?
            .query_map([], pair)?
            .collect::<rusqlite::Result<_>>()?,
        prices: tx
            .prepare("SELECT id, model, document, effective_from FROM price WHERE in_force = 1 ORDER BY model, id")?
            .query_map([], price)?
            .collect::<rusqlite::Result<_>>()?,
    };
    Ok(rows)
}

fn price(row: &Row<'_>) -> rusqlite::Result<PriceRow> {
    Ok(PriceRow {
        id: PriceId::from_bytes(row.get(0)?),
        model: row.get(1)?,
        document: row.get(2)?,
        effective_from: Timestamp::from_ms(row.get(3)?),
    })
}

/// A version of a price, in force or not.
pub fn find_price(db: &Connection, id: PriceId) -> rusqlite::Result<Option<PriceRow>> {
    let sql = "SELECT id, model, document, effective_from FROM price WHERE id = ?1";
    db.query_row(sql, [id.bytes()], price).optional()
}

/// Replaces it whole, if nobody else did meanwhile.
pub fn replace(tx: &Transaction<'_>, rows: &CatalogueRows) -> Result<(), StoreError> {
    let kept = version(tx).map_err(sql_error)?;
    if kept.checked_add(1) != Some(rows.version) {
        return Err(StoreError::Stale("catalogue"));
    }
    write(tx, rows).map_err(sql_error)
}

fn write(tx: &Transaction<'_>, rows: &CatalogueRows) -> rusqlite::Result<()> {
    tx.execute_batch(
        "DELETE FROM tier; DELETE FROM provider; DELETE FROM credential; DELETE FROM model;
         UPDATE price SET in_force = 0;",
    )?;
    for (name, document) in &rows.tiers {
        tx.prepare_cached("INSERT INTO tier (name, document) VALUES (?1, ?2)")?.execute(params![name, document])?;
    }
    for (name, document) in &rows.providers {
        tx.prepare_cached("INSERT INTO provider (name, document) VALUES (?1, ?2)")?
            .execute(params![name, document])?;
    }
    for row in &rows.credentials {
        tx.prepare_cached(
            "INSERT INTO credential (id, provider, position, fingerprint, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            row.id.bytes(),
            row.provider,
            row.position,
            row.fingerprint,
            row.sealed.expose()
        ])?;
    }
    for (id, document) in &rows.models {
        tx.prepare_cached("INSERT INTO model (id, document) VALUES (?1, ?2)")?.execute(params![id, document])?;
    }
    for row in &rows.prices {
        tx.prepare_cached(
            "INSERT INTO price (id, model, document, effective_from, in_force) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (id) DO UPDATE SET in_force = 1",
        )?
        .execute(params![row.id.bytes(), row.model, row.document, row.effective_from.ms()])?;
    }
    let version = i64::try_from(rows.version).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO meta (name, value) VALUES ('catalogue_version', ?1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [version],
    )
    .map(drop)
}
