//! The door of people of the PostgreSQL engine: each verb one named transaction. In: the port's verbs. Out: rows.
//! Never here: SQL.

use super::{Postgres, log, management, members, users};
use crate::port::{
    AuditEntry, Change, InvitationRow, LogCheck, MailedRow, ManagementKeyRow, MemberRow, MethodRow, NewPassword,
    NewUser, Pending, People, Revoked, Role, SessionRow, UserRow, WorkspaceRow,
};
use std::sync::Arc;
use units::{InvitationId, ManagementKeyId, MethodId, SessionId, Timestamp, UserId, WorkspaceId};

const PEOPLE: Option<Change> = Some(Change::People);
const SESSIONS: Option<Change> = Some(Change::Sessions);
/// What a member takes along who goes, in the order of their numbers, so that two changes never wait for each other.
const GONE: [Change; 3] = [Change::Keys, Change::People, Change::ManagementKeys];

impl People for Postgres {
    fn list_users(&self) -> Pending<'_, Vec<UserRow>> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(users::list(tx)) as _)))
    }

    fn list_members(&self) -> Pending<'_, Vec<MemberRow>> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(members::list(tx)) as _)))
    }

    fn list_sessions(&self, now: Timestamp) -> Pending<'_, Vec<SessionRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(users::sessions(tx, now)) as _)))
    }

    fn find_session(&self, id: SessionId) -> Pending<'_, Option<SessionRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(users::session(tx, id)) as _)))
    }

    fn find_user(&self, folded: String) -> Pending<'_, Option<UserRow>> {
        let folded: Arc<str> = folded.into();
        Box::pin(self.shared.db.read(Arc::new(move |tx| {
            let folded = Arc::clone(&folded);
            Box::pin(async move { users::find(tx, &folded).await })
        })))
    }

    fn methods_of(&self, user: UserId) -> Pending<'_, Vec<MethodRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(users::methods(tx, user)) as _)))
    }

    fn register(&self, new: NewUser, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change(new, log, PEOPLE, |tx, new| Box::pin(users::register(tx, new))))
    }

    fn keep_mailed(&self, row: MailedRow, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change(row, log, None, |tx, row| Box::pin(users::keep_mailed(tx, row))))
    }

    fn find_mailed(&self, digest: [u8; 32], now: Timestamp) -> Pending<'_, Option<MailedRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(users::find_mailed(tx, digest, now)) as _)))
    }

    fn verify_email(&self, digest: [u8; 32], now: Timestamp, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change((digest, now), log, PEOPLE, |tx, (digest, now)| {
            Box::pin(users::verify_email(tx, digest, *now))
        }))
    }

    fn set_password(&self, row: MethodRow, how: NewPassword, log: AuditEntry) -> Pending<'_, ()> {
        let news = if how == NewPassword::Rehashed { None } else { PEOPLE };
        Box::pin(self.change((row, how), log, news, |tx, (row, how)| Box::pin(users::set_password(tx, row, *how))))
    }

    fn set_standing(
        &self,
        user: UserId,
        disabled_at: Option<Timestamp>,
        operator: bool,
        log: AuditEntry,
    ) -> Pending<'_, UserRow> {
        let standing = (user, disabled_at, operator);
        Box::pin(self.change(standing, log, PEOPLE, |tx, (user, disabled_at, operator)| {
            Box::pin(users::set_standing(tx, *user, *disabled_at, *operator))
        }))
    }

    fn open_session(&self, row: SessionRow, replaces: Option<SessionId>, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change((row, replaces), log, SESSIONS, |tx, (row, replaces)| {
            Box::pin(users::open_session(tx, row, *replaces))
        }))
    }

    fn touch_session(&self, id: SessionId, now: Timestamp) -> Pending<'_, ()> {
        Box::pin(self.shared.db.write(Arc::new(move |tx| Box::pin(users::touch(tx, id, now)) as _)))
    }

    fn wrong_code(&self, id: SessionId, most: u8) -> Pending<'_, u8> {
        Box::pin(self.shared.db.write(Arc::new(move |tx| Box::pin(users::wrong_code(tx, id, most)) as _)))
    }

    fn end_sessions(&self, user: UserId, only: Option<SessionId>, log: AuditEntry) -> Pending<'_, u64> {
        Box::pin(self.change((user, only), log, SESSIONS, |tx, (user, only)| {
            Box::pin(users::end_sessions(tx, *user, *only))
        }))
    }

    fn enrol_totp(&self, row: MethodRow, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change(row, log, None, |tx, row| Box::pin(users::enrol_totp(tx, row))))
    }

    fn confirm_totp(&self, id: MethodId, step: i64, codes: Vec<[u8; 32]>, log: AuditEntry) -> Pending<'_, ()> {
        let all = (id, step, codes, log.at);
        Box::pin(self.change(all, log, PEOPLE, |tx, (id, step, codes, now)| {
            Box::pin(users::confirm_totp(tx, *id, *step, (codes, *now)))
        }))
    }

    fn take_step(&self, id: MethodId, step: i64) -> Pending<'_, bool> {
        Box::pin(self.shared.db.write(Arc::new(move |tx| Box::pin(users::take_step(tx, id, step)) as _)))
    }

    fn take_recovery(&self, user: UserId, digest: [u8; 32], entry: AuditEntry) -> Pending<'_, bool> {
        let entry = Arc::new(entry);
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let entry = Arc::clone(&entry);
            Box::pin(async move {
                let taken = users::take_recovery(tx, user, &digest, entry.at).await?;
                if taken {
                    log::write(tx, &entry).await?;
                }
                Ok(taken)
            })
        })))
    }

    fn drop_totp(&self, user: UserId, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change(user, log, PEOPLE, |tx, user| Box::pin(users::drop_totp(tx, *user))))
    }

    fn found_workspace(&self, row: WorkspaceRow, owner: UserId, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(
            self.change((row, owner), log, PEOPLE, |tx, (row, owner)| Box::pin(members::found(tx, row, *owner))),
        )
    }

    fn set_role(&self, workspace: WorkspaceId, user: UserId, role: Role, log: AuditEntry) -> Pending<'_, Revoked> {
        let all = (workspace, user, role, log.clone());
        let news = if role.has_keys() { vec![Change::People] } else { GONE.to_vec() };
        Box::pin(self.change(all, log, news, |tx, (workspace, user, role, log)| {
            Box::pin(members::set_role(tx, *workspace, *user, *role, log))
        }))
    }

    fn remove_member(&self, workspace: WorkspaceId, user: UserId, log: AuditEntry) -> Pending<'_, Revoked> {
        let all = (workspace, user, log.clone());
        Box::pin(self.change(all, log, GONE, |tx, (workspace, user, log)| {
            Box::pin(members::remove(tx, *workspace, *user, log))
        }))
    }

    fn invite(&self, row: InvitationRow, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change(row, log, None, |tx, row| Box::pin(members::invite(tx, row))))
    }

    fn list_invitations(&self, workspace: WorkspaceId) -> Pending<'_, Vec<InvitationRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(members::invitations(tx, workspace)) as _)))
    }

    fn withdraw(
        &self,
        workspace: WorkspaceId,
        id: InvitationId,
        at: Timestamp,
        log: AuditEntry,
    ) -> Pending<'_, ()> {
        Box::pin(self.change((workspace, id, at), log, None, |tx, (workspace, id, at)| {
            Box::pin(members::withdraw(tx, *workspace, *id, *at))
        }))
    }

    fn find_invitation(&self, digest: [u8; 32], now: Timestamp) -> Pending<'_, Option<InvitationRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(members::find(tx, digest, now)) as _)))
    }

    fn accept(&self, digest: [u8; 32], user: UserId, log: AuditEntry) -> Pending<'_, ()> {
        let all = (digest, user, log.at);
        Box::pin(
            self.change(all, log, PEOPLE, |tx, (digest, user, now)| {
                Box::pin(members::accept(tx, digest, *user, *now))
            }),
        )
    }

    fn create_management_key(&self, row: ManagementKeyRow, log: AuditEntry) -> Pending<'_, ()> {
        let news = Some(Change::ManagementKeys);
        Box::pin(self.change(row, log, news, |tx, row| Box::pin(management::create(tx, row))))
    }

    fn list_management_keys(&self) -> Pending<'_, Vec<ManagementKeyRow>> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(management::list(tx)) as _)))
    }

    fn revoke_management_key(
        &self,
        workspace: WorkspaceId,
        id: ManagementKeyId,
        at: Timestamp,
        log: AuditEntry,
    ) -> Pending<'_, ManagementKeyRow> {
        let news = Some(Change::ManagementKeys);
        Box::pin(self.change((workspace, id, at), log, news, |tx, (workspace, id, at)| {
            Box::pin(management::revoke(tx, *workspace, *id, *at))
        }))
    }

    fn check_log(&self) -> Pending<'_, LogCheck> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(log::check(tx)) as _)))
    }
}
