//! Devices that ask for a key, on disk. In: the port's verbs, rows. Out: rows. Never here: a code in the clear.

use super::people::taken;
use super::{Sqlite, keys, log, sql_error};
use crate::port::{AuditEntry, DeviceDecision, DeviceRow, DeviceState, Devices, KeyRow, Pending, StoreError};
use crate::record::{device_state, device_state_of};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use units::{Timestamp, UserId, WorkspaceId};

const DEVICE: &str = "id, user_code, client, scopes, address, made_at, ends_at, state, workspace, approver";
const GONE: StoreError = StoreError::NotFound("device");

impl Devices for Sqlite {
    fn begin_device(&self, row: DeviceRow, most: u32) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| begin(db, &row, most)))
    }

    fn find_device(&self, digest: [u8; 32]) -> Pending<'_, Option<DeviceRow>> {
        Box::pin(self.reads.ask(move |db| find(db, digest)))
    }

    fn decide_device(&self, decision: DeviceDecision, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| decide(tx, &decision))))
    }

    fn claim_device(&self, id: [u8; 32], key: KeyRow, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| claim(tx, id, &key))))
    }

    fn sweep_devices(&self, now: Timestamp) -> Pending<'_, u64> {
        Box::pin(self.shared.write(move |db| sweep(db, now).map_err(sql_error)))
    }
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<DeviceRow> {
    let workspace: Option<[u8; 16]> = row.get(8)?;
    let user: Option<[u8; 16]> = row.get(9)?;
    let who = workspace.map(WorkspaceId::from_bytes).zip(user.map(UserId::from_bytes));
    Ok(DeviceRow {
        id: row.get(0)?,
        user_code: row.get(1)?,
        client: row.get(2)?,
        scopes: row.get(3)?,
        address: row.get(4)?,
        made_at: Timestamp::from_ms(row.get(5)?),
        ends_at: Timestamp::from_ms(row.get(6)?),
        state: device_state_of(row.get(7)?, who),
    })
}

/// One thread writes, so nobody comes between the count and the row.
fn begin(db: &Connection, row: &DeviceRow, most: u32) -> Result<(), StoreError> {
    let is_full = || -> rusqlite::Result<bool> {
        let there: i64 = db.query_row("SELECT count(*) FROM device", [], |row| row.get(0))?;
        Ok(there >= i64::from(most))
    };
    if is_full().map_err(sql_error)? {
        sweep(db, row.made_at).map_err(sql_error)?;
        if is_full().map_err(sql_error)? {
            return Err(StoreError::Full("device"));
        }
    }
    let (state, who) = device_state(row.state);
    db.execute(
        &format!("INSERT INTO device ({DEVICE}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
        params![
            row.id,
            row.user_code,
            row.client,
            row.scopes,
            row.address,
            row.made_at.ms(),
            row.ends_at.ms(),
            state,
            who.map(|(workspace, _)| workspace.bytes()),
            who.map(|(_, user)| user.bytes()),
        ],
    )
    .map(drop)
    .map_err(taken("device"))
}

fn find(db: &Connection, digest: [u8; 32]) -> rusqlite::Result<Option<DeviceRow>> {
    let sql = format!("SELECT {DEVICE} FROM device WHERE id = ?1 OR user_code = ?1");
    db.query_row(&sql, [digest], row_of).optional()
}

fn decide(tx: &Transaction<'_>, decision: &DeviceDecision) -> Result<(), StoreError> {
    let approved = decision.approved.map(|(workspace, user)| DeviceState::Approved { workspace, user });
    let (state, who) = device_state(approved.unwrap_or(DeviceState::Denied));
    let sql = "UPDATE device SET state = ?3, workspace = ?4, approver = ?5
               WHERE user_code = ?1 AND state = 0 AND ends_at > ?2";
    let (workspace, user) = (who.map(|(workspace, _)| workspace.bytes()), who.map(|(_, user)| user.bytes()));
    let params = params![decision.user_code, decision.at.ms(), state, workspace, user];
    match tx.execute(sql, params).map_err(sql_error)? {
        0 => Err(GONE),
        _ => Ok(()),
    }
}

fn claim(tx: &Transaction<'_>, id: [u8; 32], key: &KeyRow) -> Result<(), StoreError> {
    let sql = "UPDATE device SET state = 3 WHERE id = ?1 AND state = 1 AND workspace = ?2 AND ends_at > ?3";
    match tx.execute(sql, params![id, key.workspace.bytes(), key.created_at.ms()]).map_err(sql_error)? {
        0 => Err(GONE),
        _ => keys::create(tx, key),
    }
}

fn sweep(db: &Connection, now: Timestamp) -> rusqlite::Result<u64> {
    let due = "SELECT 1 FROM device WHERE ends_at <= ?1 LIMIT 1";
    if db.query_row(due, [now.ms()], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    Ok(db.execute("DELETE FROM device WHERE ends_at <= ?1", [now.ms()])? as u64)
}
