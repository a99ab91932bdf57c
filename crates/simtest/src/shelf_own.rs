//! Secrets that workspaces bring, and devices, on the shelf in memory. In: the port's verbs. Out: rows. Never here: what other verbs do (shelf).

use crate::shelf::{Shelf, ready};
use store::port::{
    AuditEntry, DeviceDecision, DeviceRow, Devices, KeyRow, OwnCredentialChange, OwnCredentialRow, OwnCredentials,
    OwnNote, Pending, StoreError,
};
use units::{CredentialId, Timestamp, WorkspaceId};

fn missing() -> StoreError {
    StoreError::NotFound("provider key")
}

impl OwnCredentials for Shelf {
    fn create_own_credential(&self, row: OwnCredentialRow, most: u32, log: AuditEntry) -> Pending<'_, ()> {
        let mut own = self.own.lock();
        if own.iter().filter(|known| known.workspace == row.workspace).count() >= most as usize {
            return ready(Err(StoreError::Full("provider key")));
        }
        own.push(row);
        self.log.lock().push(log);
        ready(Ok(()))
    }

    fn list_own_credentials(&self) -> Pending<'_, Vec<OwnCredentialRow>> {
        ready(Ok(self.own.lock().clone()))
    }

    fn label_own_credential(&self, change: OwnCredentialChange, log: AuditEntry) -> Pending<'_, OwnCredentialRow> {
        self.log.lock().push(log);
        let mut own = self.own.lock();
        let found = own.iter_mut().find(|row| (row.workspace, row.id) == (change.workspace, change.id));
        ready(found.ok_or_else(missing).map(|row| {
            (row.label, row.version) = (change.label, row.version + 1);
            row.clone()
        }))
    }

    fn remove_own_credential(&self, workspace: WorkspaceId, id: CredentialId, log: AuditEntry) -> Pending<'_, ()> {
        self.log.lock().push(log);
        let mut own = self.own.lock();
        let before = own.len();
        own.retain(|row| (row.workspace, row.id) != (workspace, id));
        ready(if own.len() < before { Ok(()) } else { Err(missing()) })
    }

    fn note_own_credentials(&self, notes: Vec<OwnNote>) -> Pending<'_, ()> {
        for (id, state, at) in notes {
            if let Some(row) = self.own.lock().iter_mut().find(|row| row.id == id) {
                (row.state, row.state_at) = (state, Some(at));
            }
        }
        ready(Ok(()))
    }
}

/// Devices only begin in scenarios; nobody decides about them.
impl Devices for Shelf {
    fn begin_device(&self, row: DeviceRow, most: u32) -> Pending<'_, ()> {
        let mut devices = self.devices.lock();
        let is_full = |devices: &[Timestamp]| devices.len() >= most as usize;
        if is_full(&devices) {
            devices.retain(|ends_at| *ends_at > row.made_at);
        }
        if is_full(&devices) {
            return ready(Err(StoreError::Full("device")));
        }
        devices.push(row.ends_at);
        ready(Ok(()))
    }

    fn find_device(&self, _: [u8; 32]) -> Pending<'_, Option<DeviceRow>> {
        ready(Ok(None))
    }

    fn decide_device(&self, _: DeviceDecision, _: AuditEntry) -> Pending<'_, ()> {
        ready(Err(StoreError::NotFound("device")))
    }

    fn claim_device(&self, _: [u8; 32], _: KeyRow, _: AuditEntry) -> Pending<'_, ()> {
        ready(Err(StoreError::NotFound("device")))
    }

    fn sweep_devices(&self, _: Timestamp) -> Pending<'_, u64> {
        ready(Ok(0))
    }
}
