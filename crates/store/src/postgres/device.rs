//! Devices that ask for a key. In: the port's verbs, rows. Out: rows. Never here: a code in the clear.

use super::Postgres;
use super::keys::{self, digest};
use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{
    AuditEntry, Change, DeviceDecision, DeviceRow, DeviceState, Devices, KeyRow, Pending, StoreError,
};
use crate::record::{device_state, device_state_of};
use std::sync::Arc;
use tokio_postgres::{Row, Transaction};
use units::{Timestamp, UserId, WorkspaceId};

const DEVICE: &str = "id, user_code, client, scopes, address, made_at, ends_at, state, workspace, approver";
const GONE: StoreError = StoreError::NotFound("device");
/// Lets one at a time begin, so that each counts those before it.
const BEGIN_LOCK: i64 = 0x746f_6c6c_6465_7669;

impl Devices for Postgres {
    fn begin_device(&self, row: DeviceRow, most: u32) -> Pending<'_, ()> {
        let row = Arc::new(row);
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let row = Arc::clone(&row);
            Box::pin(async move { begin(tx, &row, most).await })
        })))
    }

    fn find_device(&self, digest: [u8; 32]) -> Pending<'_, Option<DeviceRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(find(tx, digest)) as _)))
    }

    fn decide_device(&self, decision: DeviceDecision, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change(decision, log, None, |tx, decision| Box::pin(decide(tx, decision))))
    }

    fn claim_device(&self, id: [u8; 32], key: KeyRow, log: AuditEntry) -> Pending<'_, ()> {
        let news = Some(Change::Keys);
        Box::pin(self.change((id, key), log, news, |tx, (id, key)| Box::pin(claim(tx, *id, key))))
    }

    fn sweep_devices(&self, now: Timestamp) -> Pending<'_, u64> {
        Box::pin(self.shared.db.write(Arc::new(move |tx| Box::pin(sweep(tx, now)) as _)))
    }
}

fn row_of(row: &Row) -> Result<DeviceRow, Fail> {
    let workspace = row.try_get::<_, Option<Uuid>>(8)?.map(|id| WorkspaceId::from_bytes(id.0));
    let user = row.try_get::<_, Option<Uuid>>(9)?.map(|id| UserId::from_bytes(id.0));
    Ok(DeviceRow {
        id: digest(row.try_get(0)?)?,
        user_code: digest(row.try_get(1)?)?,
        client: row.try_get(2)?,
        scopes: row.try_get(3)?,
        address: row.try_get(4)?,
        made_at: Timestamp::from_ms(row.try_get(5)?),
        ends_at: Timestamp::from_ms(row.try_get(6)?),
        state: device_state_of(row.try_get::<_, i16>(7)?.into(), workspace.zip(user)),
    })
}

async fn is_full(tx: &Transaction<'_>, most: u32) -> Result<bool, Fail> {
    let there: i64 = tx.query_one("SELECT count(*) FROM device", &[]).await?.try_get(0)?;
    Ok(there >= i64::from(most))
}

async fn begin(tx: &Transaction<'_>, row: &DeviceRow, most: u32) -> Result<(), Fail> {
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&BEGIN_LOCK]).await?;
    if is_full(tx, most).await? {
        sweep(tx, row.made_at).await?;
        if is_full(tx, most).await? {
            return Err(StoreError::Full("device").into());
        }
    }
    let (state, who) = device_state(row.state);
    tx.execute(
        &format!("INSERT INTO device ({DEVICE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        &[
            &&row.id[..],
            &&row.user_code[..],
            &row.client,
            &row.scopes,
            &row.address,
            &row.made_at.ms(),
            &row.ends_at.ms(),
            &i16::from(state),
            &who.map(|(workspace, _)| Uuid(workspace.bytes())),
            &who.map(|(_, user)| Uuid(user.bytes())),
        ],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "device"))
}

async fn find(tx: &Transaction<'_>, digest: [u8; 32]) -> Result<Option<DeviceRow>, Fail> {
    let sql = format!("SELECT {DEVICE} FROM device WHERE id = $1 OR user_code = $1");
    tx.query_opt(&sql, &[&&digest[..]]).await?.as_ref().map(row_of).transpose()
}

async fn decide(tx: &Transaction<'_>, decision: &DeviceDecision) -> Result<(), Fail> {
    let approved = decision.approved.map(|(workspace, user)| DeviceState::Approved { workspace, user });
    let (state, who) = device_state(approved.unwrap_or(DeviceState::Denied));
    let sql = "UPDATE device SET state = $3, workspace = $4, approver = $5
               WHERE user_code = $1 AND state = 0 AND ends_at > $2";
    let (workspace, user) = (who.map(|(w, _)| Uuid(w.bytes())), who.map(|(_, user)| Uuid(user.bytes())));
    let changed = tx
        .execute(sql, &[&&decision.user_code[..], &decision.at.ms(), &i16::from(state), &workspace, &user])
        .await?;
    if changed == 0 { Err(GONE.into()) } else { Ok(()) }
}

async fn claim(tx: &Transaction<'_>, id: [u8; 32], key: &KeyRow) -> Result<(), Fail> {
    let sql = "UPDATE device SET state = 3 WHERE id = $1 AND state = 1 AND workspace = $2 AND ends_at > $3";
    let workspace = Uuid(key.workspace.bytes());
    match tx.execute(sql, &[&&id[..], &workspace, &key.created_at.ms()]).await? {
        0 => Err(GONE.into()),
        _ => keys::create(tx, key).await,
    }
}

async fn sweep(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Fail> {
    Ok(tx.execute("DELETE FROM device WHERE ends_at <= $1", &[&now.ms()]).await?)
}
