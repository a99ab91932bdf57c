//! A store in which there are no people: scenarios are calls of keys. In: the port's verbs. Out: nothing, or `NotFound`.
//! Never here: a user.

use store::port::{
    AuditEntry, InvitationRow, LogCheck, MailedRow, ManagementKeyRow, MemberRow, MethodRow, NewPassword, NewUser,
    Pending, People, Revoked, Role, SessionRow, StoreError, UserRow, WorkspaceRow,
};
use units::{InvitationId, ManagementKeyId, MethodId, SessionId, Timestamp, UserId, WorkspaceId};

/// Nobody at all.
pub struct Nobody;

fn none<T: Default + Send + 'static>() -> Pending<'static, T> {
    Box::pin(std::future::ready(Ok(T::default())))
}

fn nobody<T: Send + 'static>() -> Pending<'static, T> {
    Box::pin(std::future::ready(Err(StoreError::NotFound("user in a simulation"))))
}

macro_rules! answers {
    ($($how:ident: $name:ident($($argument:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $(_: $argument),*) -> Pending<'_, $answer> { $how() })*
    };
}

impl People for Nobody {
    answers! {
        none: list_users() -> Vec<UserRow>;
        none: list_members() -> Vec<MemberRow>;
        none: list_sessions(Timestamp) -> Vec<SessionRow>;
        none: find_session(SessionId) -> Option<SessionRow>;
        none: find_user(String) -> Option<UserRow>;
        none: methods_of(UserId) -> Vec<MethodRow>;
        nobody: register(NewUser, AuditEntry) -> ();
        nobody: keep_mailed(MailedRow, AuditEntry) -> ();
        none: find_mailed([u8; 32], Timestamp) -> Option<MailedRow>;
        nobody: verify_email([u8; 32], Timestamp, AuditEntry) -> ();
        nobody: set_password(MethodRow, NewPassword, AuditEntry) -> ();
        nobody: set_standing(UserId, Option<Timestamp>, bool, AuditEntry) -> UserRow;
        nobody: open_session(SessionRow, Option<SessionId>, AuditEntry) -> ();
        nobody: touch_session(SessionId, Timestamp) -> ();
        nobody: wrong_code(SessionId, u8) -> u8;
        nobody: end_sessions(UserId, Option<SessionId>, AuditEntry) -> u64;
        nobody: enrol_totp(MethodRow, AuditEntry) -> ();
        nobody: confirm_totp(MethodId, i64, Vec<[u8; 32]>, AuditEntry) -> ();
        nobody: take_step(MethodId, i64) -> bool;
        nobody: take_recovery(UserId, [u8; 32], AuditEntry) -> bool;
        nobody: drop_totp(UserId, AuditEntry) -> ();
        nobody: found_workspace(WorkspaceRow, UserId, AuditEntry) -> ();
        nobody: set_role(WorkspaceId, UserId, Role, AuditEntry) -> Revoked;
        nobody: remove_member(WorkspaceId, UserId, AuditEntry) -> Revoked;
        nobody: invite(InvitationRow, AuditEntry) -> ();
        none: list_invitations(WorkspaceId) -> Vec<InvitationRow>;
        nobody: withdraw(WorkspaceId, InvitationId, Timestamp, AuditEntry) -> ();
        none: find_invitation([u8; 32], Timestamp) -> Option<InvitationRow>;
        nobody: accept([u8; 32], UserId, AuditEntry) -> ();
        nobody: create_management_key(ManagementKeyRow, AuditEntry) -> ();
        none: list_management_keys() -> Vec<ManagementKeyRow>;
        nobody: revoke_management_key(WorkspaceId, ManagementKeyId, Timestamp, AuditEntry) -> ManagementKeyRow;
        none: check_log() -> LogCheck;
    }
}
