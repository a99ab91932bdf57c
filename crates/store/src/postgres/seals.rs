//! Sealed secrets wherever they lie, and the ring of their keys. In: the port's verbs. Out: sealed bytes. Never here: a secret in
//! the clear.

use super::keys::digest;
use super::pool::Fail;
use super::wire::Uuid;
use super::{Postgres, changes};
use crate::port::{
    AuditEntry, Change, Pending, Resealed, RingChange, SealedAt, SealedKind, SealedRow, Seals, StoreError,
    WhichSealed,
};
use crate::record::seal_columns;
use std::sync::Arc;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};
use units::{CredentialId, MethodId, Secret, WorkspaceId};

impl Seals for Postgres {
    fn load_ring(&self) -> Pending<'_, Option<Secret<Vec<u8>>>> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(ring(tx)) as _)))
    }

    fn replace_ring(&self, change: RingChange, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change(change, log, [Change::Catalogue], |tx, change| Box::pin(replace(tx, change))))
    }

    fn page_sealed(&self, which: WhichSealed) -> Pending<'_, Vec<SealedRow>> {
        let which = Arc::new(which);
        Box::pin(self.shared.db.read(Arc::new(move |tx| {
            let which = Arc::clone(&which);
            Box::pin(async move { page(tx, &which).await })
        })))
    }

    fn reseal(&self, rows: Vec<Resealed>) -> Pending<'_, u64> {
        let rows: Arc<[Resealed]> = rows.into();
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let rows = Arc::clone(&rows);
            Box::pin(async move { reseal(tx, &rows).await })
        })))
    }
}

async fn ring(tx: &Transaction<'_>) -> Result<Option<Secret<Vec<u8>>>, Fail> {
    let found = tx.query_opt("SELECT value FROM meta WHERE name = 'keyring'", &[]).await?;
    Ok(found.map(|row| row.try_get(0)).transpose()?.map(Secret::new))
}

async fn replace(tx: &Transaction<'_>, change: &RingChange) -> Result<(), Fail> {
    let put = match &change.before {
        None => {
            let sql = "INSERT INTO meta (name, value) VALUES ('keyring', $1) ON CONFLICT (name) DO NOTHING";
            tx.execute(sql, &[change.after.expose()]).await?
        }
        Some(before) => {
            let sql = "UPDATE meta SET value = $1 WHERE name = 'keyring' AND value = $2";
            tx.execute(sql, &[change.after.expose(), before.expose()]).await?
        }
    };
    if put == 0 {
        return Err(StoreError::Stale("keyring").into());
    }
    if let Some(check) = &change.master_check {
        let sql = "INSERT INTO meta (name, value) VALUES ('master_check', $1)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        tx.execute(sql, &[&&check[..]]).await?;
    }
    Ok(())
}

/// The id as it is kept: a uuid, of answers a text.
fn id_of(at: &SealedAt) -> Box<dyn ToSql + Send + Sync> {
    match at {
        SealedAt::Credential(id) | SealedAt::OwnCredential { id, .. } => Box::new(Uuid(id.bytes())),
        SealedAt::Seed(id) => Box::new(Uuid(id.bytes())),
        SealedAt::Answer { id, .. } => Box::new(id.clone()),
        SealedAt::Once(id) => Box::new(id.to_vec()),
    }
}

fn row_of(kind: SealedKind, row: &Row) -> Result<SealedRow, Fail> {
    let id = || row.try_get::<_, Uuid>(0).map(|id| id.0);
    let workspace = || row.try_get::<_, Uuid>(2).map(|id| WorkspaceId::from_bytes(id.0));
    let at = match kind {
        SealedKind::Credential => SealedAt::Credential(CredentialId::from_bytes(id()?)),
        SealedKind::OwnCredential => SealedAt::OwnCredential {
            id: CredentialId::from_bytes(id()?),
            workspace: workspace()?,
            provider: row.try_get(3)?,
            base_url: row.try_get(4)?,
        },
        SealedKind::Seed => SealedAt::Seed(MethodId::from_bytes(id()?)),
        SealedKind::Answer => SealedAt::Answer { workspace: workspace()?, id: row.try_get(0)? },
        SealedKind::Once => SealedAt::Once(digest(row.try_get(0)?)?),
    };
    Ok(SealedRow { at, sealed: Secret::new(row.try_get(1)?) })
}

async fn page(tx: &Transaction<'_>, which: &WhichSealed) -> Result<Vec<SealedRow>, Fail> {
    let (columns, table, meant) = seal_columns(which.kind);
    let seal = columns.split(',').next().unwrap_or(columns);
    let behind = if which.after.is_some() { "AND id > $3" } else { "" };
    let sql = format!(
        "SELECT id, {columns} FROM {table}
         WHERE {meant} AND substr({seal}, 1, length($1::bytea)) <> $1::bytea {behind} ORDER BY id LIMIT $2"
    );
    let (limit, after) = (i64::from(which.limit), which.after.as_ref().map(id_of));
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![&which.but, &limit];
    if let Some(after) = &after {
        values.push(&**after);
    }
    tx.query(&sql, &values).await?.iter().map(|row| row_of(which.kind, row)).collect()
}

async fn reseal(tx: &Transaction<'_>, rows: &[Resealed]) -> Result<u64, Fail> {
    let mut changed = 0;
    for row in rows {
        let (columns, table, _) = seal_columns(row.at.kind());
        let seal = columns.split(',').next().unwrap_or(columns);
        let sql = format!("UPDATE {table} SET {seal} = $2 WHERE id = $1 AND {seal} = $3");
        let id = id_of(&row.at);
        changed += tx.execute(&sql, &[&*id, row.after.expose(), row.before.expose()]).await?;
    }
    let news = match rows.first().map(|row| row.at.kind()) {
        Some(SealedKind::Credential) => Some(Change::Catalogue),
        Some(SealedKind::OwnCredential) => Some(Change::OwnCredentials),
        _ => None,
    };
    if let Some(news) = news.filter(|_| changed > 0) {
        changes::tell(tx, news).await?;
    }
    Ok(changed)
}
