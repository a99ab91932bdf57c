//! The catalogue: tiers, providers, sealed credentials, models, prices. In: the whole of it. Out: the whole of it.
//! Never here: reading a document (the catalog crate does).

use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{CatalogueRows, CredentialRow, PriceRow, StoreError};
use tokio_postgres::{Row, Transaction};
use units::{CredentialId, PriceId, Secret, Timestamp};

/// Kept as text in `meta`, beside the master key check.
async fn version(tx: &Transaction<'_>, lock: &str) -> Result<u64, Fail> {
    let sql = format!("SELECT value FROM meta WHERE name = 'catalogue_version' {lock}");
    let Some(row) = tx.query_opt(&sql, &[]).await? else {
        return Ok(0);
    };
    let bytes: &[u8] = row.try_get(0)?;
    bytes
        .try_into()
        .map(u64::from_be_bytes)
        .map_err(|_| Fail::Contradiction("the catalogue's version is not 8 bytes".to_owned()))
}

fn pair(row: &Row) -> Result<(String, String), Fail> {
    Ok((row.try_get(0)?, row.try_get(1)?))
}

fn credential(row: &Row) -> Result<CredentialRow, Fail> {
    Ok(CredentialRow {
        id: CredentialId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        provider: row.try_get(1)?,
        position: u32::try_from(row.try_get::<_, i64>(2)?).unwrap_or(u32::MAX),
        fingerprint: row
            .try_get::<_, &[u8]>(3)?
            .try_into()
            .map_err(|_| Fail::Contradiction("a fingerprint is not 32 bytes".to_owned()))?,
        sealed: Secret::new(row.try_get(4)?),
    })
}

fn price(row: &Row) -> Result<PriceRow, Fail> {
    Ok(PriceRow {
        id: PriceId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        model: row.try_get(1)?,
        document: row.try_get(2)?,
        effective_from: Timestamp::from_ms(row.try_get(3)?),
    })
}

/// A version of a price, in force or not.
pub async fn find_price(tx: &Transaction<'_>, id: PriceId) -> Result<Option<PriceRow>, Fail> {
    let sql = "SELECT id, model, document, effective_from FROM price WHERE id = $1";
    tx.query_opt(sql, &[&Uuid(id.bytes())]).await?.as_ref().map(price).transpose()
}

/// The catalogue as it stands; the transaction sees one instant.
pub async fn load(tx: &Transaction<'_>) -> Result<CatalogueRows, Fail> {
    let all = async |sql: &str| tx.query(sql, &[]).await;
    let tiers = all("SELECT name, document FROM tier ORDER BY name").await?;
    let providers = all("SELECT name, document FROM provider ORDER BY name").await?;
    let credentials =
        all("SELECT id, provider, position, fingerprint, sealed FROM credential ORDER BY provider, position")
            .await?;
    let models = all("SELECT id, document FROM model ORDER BY id").await?;
    let prices =
        all("SELECT id, model, document, effective_from FROM price WHERE in_force ORDER BY model, id").await?;
    Ok(CatalogueRows {
        version: version(tx, "").await?,
        tiers: tiers.iter().map(pair).collect::<Result<_, _>>()?,
        providers: providers.iter().map(pair).collect::<Result<_, _>>()?,
        credentials: credentials.iter().map(credential).collect::<Result<_, _>>()?,
        models: models.iter().map(pair).collect::<Result<_, _>>()?,
        prices: prices.iter().map(price).collect::<Result<_, _>>()?,
    })
}

/// Replaces it whole, if nobody else did meanwhile.
pub async fn replace(tx: &Transaction<'_>, rows: &CatalogueRows) -> Result<(), Fail> {
    tx.execute(
        "INSERT INTO meta (name, value) VALUES ('catalogue_version', $1) ON CONFLICT (name) DO NOTHING",
        &[&&0_u64.to_be_bytes()[..]],
    )
    .await?;
    let kept = version(tx, "FOR UPDATE").await?;
    if kept.checked_add(1) != Some(rows.version) {
        return Err(StoreError::Stale("catalogue").into());
    }
    tx.batch_execute(
        "DELETE FROM tier; DELETE FROM provider; DELETE FROM credential; DELETE FROM model;
         UPDATE price SET in_force = false",
    )
    .await?;
    for (name, document) in &rows.tiers {
        tx.execute("INSERT INTO tier (name, document) VALUES ($1, $2)", &[name, document]).await?;
    }
    for (name, document) in &rows.providers {
        tx.execute("INSERT INTO provider (name, document) VALUES ($1, $2)", &[name, document]).await?;
    }
    for row in &rows.credentials {
        tx.execute(
            "INSERT INTO credential (id, provider, position, fingerprint, sealed) VALUES ($1, $2, $3, $4, $5)",
            &[
                &Uuid(row.id.bytes()),
                &row.provider,
                &i64::from(row.position),
                &&row.fingerprint[..],
                row.sealed.expose(),
            ],
        )
        .await?;
    }
    for (id, document) in &rows.models {
        tx.execute("INSERT INTO model (id, document) VALUES ($1, $2)", &[id, document]).await?;
    }
    for row in &rows.prices {
        tx.execute(
            "INSERT INTO price (id, model, document, effective_from, in_force) VALUES ($1, $2, $3, $4, true)
             ON CONFLICT (id) DO UPDATE SET in_force = true",
            &[&Uuid(row.id.bytes()), &row.model, &row.document, &row.effective_from.ms()],
        )
        .await?;
    }
    tx.execute("UPDATE meta SET value = $1 WHERE name = 'catalogue_version'", &[&&rows.version.to_be_bytes()[..]])
        .await?;
    Ok(())
}
