//! The door of people of the SQLite engine: each verb one transaction on the ledger thread, or one question to the reader.
//! In: the port's verbs. Out: rows. Never here: SQL.

use super::{Sqlite, files, log, management, members, sql_error, unavailable, users};
use crate::port::{
    AuditEntry, InvitationRow, LogCheck, MailedRow, ManagementKeyRow, MemberRow, MethodRow, NewPassword, NewUser,
    Pending, People, Revoked, Role, SessionRow, StoreError, UserRow, WorkspaceRow,
};
use rusqlite::Transaction;
use units::{InvitationId, ManagementKeyId, MethodId, SessionId, Timestamp, UserId, WorkspaceId};

impl Sqlite {
    /// One change with its entry in the log.
    fn told<T: Send + 'static>(
        &self,
        entry: AuditEntry,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<'_, T> {
        Box::pin(self.shared.write(move |db| log::logged(db, &entry, change)))
    }
}

impl People for Sqlite {
    fn list_users(&self) -> Pending<'_, Vec<UserRow>> {
        Box::pin(self.reads.ask(users::list))
    }

    fn list_members(&self) -> Pending<'_, Vec<MemberRow>> {
        Box::pin(self.reads.ask(members::list))
    }

    fn list_sessions(&self, now: Timestamp) -> Pending<'_, Vec<SessionRow>> {
        Box::pin(self.reads.ask(move |db| users::sessions(db, now)))
    }

    fn find_session(&self, id: SessionId) -> Pending<'_, Option<SessionRow>> {
        Box::pin(self.reads.ask(move |db| users::session(db, id)))
    }

    fn find_user(&self, folded: String) -> Pending<'_, Option<UserRow>> {
        Box::pin(self.reads.ask(move |db| users::find(db, &folded)))
    }

    fn methods_of(&self, user: UserId) -> Pending<'_, Vec<MethodRow>> {
        Box::pin(self.reads.ask(move |db| users::methods(db, user)))
    }

    fn register(&self, new: NewUser, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| users::register(tx, &new))
    }

    fn keep_mailed(&self, row: MailedRow, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| users::keep_mailed(tx, &row))
    }

    fn find_mailed(&self, digest: [u8; 32], now: Timestamp) -> Pending<'_, Option<MailedRow>> {
        Box::pin(self.reads.ask(move |db| users::find_mailed(db, &digest, now)))
    }

    fn verify_email(&self, digest: [u8; 32], now: Timestamp, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| users::verify_email(tx, &digest, now))
    }

    fn set_password(&self, row: MethodRow, how: NewPassword, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| users::set_password(tx, &row, how))
    }

    fn set_standing(
        &self,
        user: UserId,
        disabled_at: Option<Timestamp>,
        operator: bool,
        log: AuditEntry,
    ) -> Pending<'_, UserRow> {
        self.told(log, move |tx| users::set_standing(tx, user, disabled_at, operator))
    }

    fn open_session(&self, row: SessionRow, replaces: Option<SessionId>, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| users::open_session(tx, &row, replaces))
    }

    fn touch_session(&self, id: SessionId, now: Timestamp) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| users::touch(db, id, now).map_err(sql_error)))
    }

    fn wrong_code(&self, id: SessionId, most: u8) -> Pending<'_, u8> {
        Box::pin(self.shared.write(move |db| users::wrong_code(db, id, most).map_err(sql_error)))
    }

    fn end_sessions(&self, user: UserId, only: Option<SessionId>, log: AuditEntry) -> Pending<'_, u64> {
        self.told(log, move |tx| users::end_sessions(tx, user, only))
    }

    fn enrol_totp(&self, row: MethodRow, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| users::enrol_totp(tx, &row))
    }

    fn confirm_totp(&self, id: MethodId, step: i64, codes: Vec<[u8; 32]>, log: AuditEntry) -> Pending<'_, ()> {
        let now = log.at;
        self.told(log, move |tx| users::confirm_totp(tx, id, step, (&codes, now)))
    }

    fn take_step(&self, id: MethodId, step: i64) -> Pending<'_, bool> {
        Box::pin(self.shared.write(move |db| users::take_step(db, id, step).map_err(sql_error)))
    }

    fn take_recovery(&self, user: UserId, digest: [u8; 32], log: AuditEntry) -> Pending<'_, bool> {
        let take = move |db: &mut rusqlite::Connection| {
            log::logged_if(db, &log, |tx| users::take_recovery(tx, user, &digest, log.at))
        };
        Box::pin(self.shared.write(take))
    }

    fn drop_totp(&self, user: UserId, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| users::drop_totp(tx, user))
    }

    fn found_workspace(&self, row: WorkspaceRow, owner: UserId, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| members::found(tx, &row, owner))
    }

    fn set_role(&self, workspace: WorkspaceId, user: UserId, role: Role, log: AuditEntry) -> Pending<'_, Revoked> {
        self.told(log.clone(), move |tx| members::set_role(tx, workspace, user, role, &log))
    }

    fn remove_member(&self, workspace: WorkspaceId, user: UserId, log: AuditEntry) -> Pending<'_, Revoked> {
        self.told(log.clone(), move |tx| members::remove(tx, workspace, user, &log))
    }

    fn invite(&self, row: InvitationRow, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| members::invite(tx, &row))
    }

    fn list_invitations(&self, workspace: WorkspaceId) -> Pending<'_, Vec<InvitationRow>> {
        Box::pin(self.reads.ask(move |db| members::invitations(db, workspace)))
    }

    fn withdraw(
        &self,
        workspace: WorkspaceId,
        id: InvitationId,
        at: Timestamp,
        log: AuditEntry,
    ) -> Pending<'_, ()> {
        self.told(log, move |tx| members::withdraw(tx, workspace, id, at))
    }

    fn find_invitation(&self, digest: [u8; 32], now: Timestamp) -> Pending<'_, Option<InvitationRow>> {
        Box::pin(self.reads.ask(move |db| members::find(db, &digest, now)))
    }

    fn accept(&self, digest: [u8; 32], user: UserId, log: AuditEntry) -> Pending<'_, ()> {
        let now = log.at;
        self.told(log, move |tx| members::accept(tx, &digest, user, now))
    }

    fn create_management_key(&self, row: ManagementKeyRow, log: AuditEntry) -> Pending<'_, ()> {
        self.told(log, move |tx| management::create(tx, &row))
    }

    fn list_management_keys(&self) -> Pending<'_, Vec<ManagementKeyRow>> {
        Box::pin(self.reads.ask(management::list))
    }

    fn revoke_management_key(
        &self,
        workspace: WorkspaceId,
        id: ManagementKeyId,
        at: Timestamp,
        log: AuditEntry,
    ) -> Pending<'_, ManagementKeyRow> {
        self.told(log, move |tx| management::revoke(tx, workspace, id, at))
    }

    fn check_log(&self) -> Pending<'_, LogCheck> {
        Box::pin(async {
            // A reader of its own, so that no other question waits for it.
            let reader = files::reader(&self.dir).map_err(unavailable)?;
            reader.ask(log::check).await
        })
    }
}
