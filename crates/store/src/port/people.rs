//! The third door: people, how they sign in, and the workspaces they belong to. In: use cases. Out: what is durable.
//! Each verb that changes something is one transaction with its entry in the log. Never here: a secret in the clear, who
//! may do what (the server's table of routes), mail.

use super::{AuditEntry, ManagementKeyRow, Pending, WorkspaceRow};
use units::{InvitationId, KeyId, ManagementKeyId, MethodId, Secret, SessionId, Timestamp, UserId, WorkspaceId};

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Its id.
    pub id: UserId,
    /// The address as it was written.
    pub email: String,
    /// The address as it is compared, unique.
    pub folded: String,
    /// What people call them.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the address was proved to be theirs.
    pub verified_at: Option<Timestamp>,
    /// When they were shut out.
    pub disabled_at: Option<Timestamp>,
    /// Whether they run the platform.
    pub operator: bool,
    /// Rises with every change that ends all sessions; a session of an older one is void.
    pub epoch: u32,
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// A password, as PHC text.
    Password,
    /// One-time codes; the seed is sealed.
    Totp,
    /// Somebody else vouches: issuer and subject.
    Oidc,
    /// A passkey: its public key.
    Passkey,
}

impl MethodKind {
    /// The number in the store.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Password => 1,
            Self::Totp => 2,
            Self::Oidc => 3,
            Self::Passkey => 4,
        }
    }

    /// The kind of that number.
    pub(crate) const fn of(number: i64) -> Self {
        match number {
            1 => Self::Password,
            2 => Self::Totp,
            3 => Self::Oidc,
            _ => Self::Passkey,
        }
    }
}

/// One way in which a user signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodRow {
    /// Its id.
    pub id: MethodId,
    /// Whose it is.
    pub user: UserId,
    /// What it is.
    pub kind: MethodKind,
    /// Tells several of a kind apart; empty for passwords and one-time codes, of which each user has one.
    pub subject: String,
    /// PHC text, a sealed seed, a public key.
    pub secret: Secret<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was shown to work; before that it counts for nothing.
    pub confirmed_at: Option<Timestamp>,
    /// What only rises: the last step of one-time codes, the counter of a passkey.
    pub counter: i64,
}

/// A user who is signed in somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Of the secret that the browser keeps.
    pub digest: [u8; 32],
    /// Who it is.
    pub user: UserId,
    /// The user's epoch when it was made.
    pub epoch: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was used last, to some minutes.
    pub seen_at: Timestamp,
    /// When it ends, however much it is used.
    pub ends_at: Timestamp,
    /// How sure it is: 1 by one factor, 2 by two; 0 while a second one is still out, and then it is good for nothing else.
    pub aal: u8,
    /// Wrong one-time codes in a row.
    pub tries: u8,
    /// Where it was made.
    pub address: String,
    /// What made it (`User-Agent`).
    pub agent: String,
}

/// What a member may do in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything, and who else may.
    Owner,
    /// Everything but owners.
    Admin,
    /// Money.
    Billing,
    /// Keys and use.
    Developer,
    /// Looking.
    Viewer,
}

impl Role {
    /// All of them, the strongest first.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Billing, Self::Developer, Self::Viewer];

    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Billing => "billing",
            Self::Developer => "developer",
            Self::Viewer => "viewer",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether a member of this role may have keys.
    pub const fn has_keys(self) -> bool {
        matches!(self, Self::Owner | Self::Admin | Self::Developer)
    }

    /// The number in the store.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Owner => 1,
            Self::Admin => 2,
            Self::Billing => 3,
            Self::Developer => 4,
            Self::Viewer => 5,
        }
    }

    /// The role of that number; what nobody knows may only look.
    pub(crate) const fn of(number: i64) -> Self {
        match number {
            1 => Self::Owner,
            2 => Self::Admin,
            3 => Self::Billing,
            4 => Self::Developer,
            _ => Self::Viewer,
        }
    }
}

/// A user in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Who.
    pub user: UserId,
    /// What they may do there.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
}

/// What was revoked with a member's leaving, or with a role that may have no keys.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Revoked {
    /// Their keys, in the order of their ids.
    pub keys: Vec<KeyId>,
    /// The management keys that they made.
    pub management_keys: Vec<ManagementKeyId>,
}

/// An invitation into a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationRow {
    /// Its id.
    pub id: InvitationId,
    /// Into which workspace.
    pub workspace: WorkspaceId,
    /// Who is invited, as it was written.
    pub email: String,
    /// The same as it is compared.
    pub folded: String,
    /// As what.
    pub role: Role,
    /// Of the secret in the mail.
    pub digest: [u8; 32],
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Who invited.
    pub made_by: String,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
}

/// What the holder of a token may do, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailedKind {
    /// Prove that an address is theirs.
    Verify,
    /// Set a new password.
    Reset,
    /// Make the first operator.
    Setup,
}

impl MailedKind {
    /// The number in the store.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Verify => 1,
            Self::Reset => 2,
            Self::Setup => 3,
        }
    }

    /// The kind of that number.
    pub(crate) const fn of(number: i64) -> Self {
        match number {
            1 => Self::Verify,
            2 => Self::Reset,
            _ => Self::Setup,
        }
    }
}

/// A token that works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailedRow {
    /// Of the token.
    pub digest: [u8; 32],
    /// Whose it is; nobody's where there is no user yet.
    pub user: Option<UserId>,
    /// What it is for.
    pub kind: MailedKind,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// A user with all that comes with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// The user.
    pub user: UserRow,
    /// Their password.
    pub method: MethodRow,
    /// A workspace of their own, which they will own.
    pub workspace: Option<WorkspaceRow>,
    /// What proves their address, unless they have proved it.
    pub verify: Option<MailedRow>,
    /// The digest of the invitation that they accept by this.
    pub invitation: Option<[u8; 32]>,
    /// The digest of the token that lets them make themselves the first operator.
    pub setup: Option<[u8; 32]>,
}

/// Why a password changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPassword {
    /// Its user has changed it: every session ends.
    Changed,
    /// Who has the mailed token of that digest has set it: every session ends, and the address is proved.
    Reset([u8; 32]),
    /// It is the same, kept by stronger parameters: nothing ends.
    Rehashed,
}

/// What the chain of the log says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LogCheck {
    /// Entries of the chain.
    pub entries: u64,
    /// The place of the first entry that does not follow from the one before it.
    pub broken_at: Option<u64>,
    /// Whether the last entry is the one that was written last.
    pub whole: bool,
    /// The hash of the last entry, to be kept elsewhere.
    pub head: [u8; 32],
}

/// The third door. Every question about a workspace names it.
pub trait People: Send + Sync {
    /// All users, oldest first.
    fn list_users(&self) -> Pending<'_, Vec<UserRow>>;
    /// All members of all workspaces, for the cache.
    fn list_members(&self) -> Pending<'_, Vec<MemberRow>>;
    /// All sessions that have not ended by then.
    fn list_sessions(&self, now: Timestamp) -> Pending<'_, Vec<SessionRow>>;
    /// The session of that id, if it has not ended.
    fn find_session(&self, id: SessionId) -> Pending<'_, Option<SessionRow>>;
    /// The user of an address, as it is compared.
    fn find_user(&self, folded: String) -> Pending<'_, Option<UserRow>>;
    /// How a user signs in.
    fn methods_of(&self, user: UserId) -> Pending<'_, Vec<MethodRow>>;

    /// Makes a user with their password, their workspace, and what they accept by it. `Exists("user")` when the address is
    /// taken, `Exists("slug")`; `NotFound("invitation")` or `NotFound("token")` when it does not work (any more).
    fn register(&self, new: NewUser, log: AuditEntry) -> Pending<'_, ()>;
    /// Keeps a token; an older one of the same user and kind works no more.
    fn keep_mailed(&self, row: MailedRow, log: AuditEntry) -> Pending<'_, ()>;
    /// What a token is for, while it works.
    fn find_mailed(&self, digest: [u8; 32], now: Timestamp) -> Pending<'_, Option<MailedRow>>;
    /// Proves an address by its token. `NotFound("token")`.
    fn verify_email(&self, digest: [u8; 32], now: Timestamp, log: AuditEntry) -> Pending<'_, ()>;
    /// Sets a password. `NotFound("token")` where a reset has none.
    fn set_password(&self, row: MethodRow, how: NewPassword, log: AuditEntry) -> Pending<'_, ()>;
    /// Lets a user in or shuts them out, and makes them an operator or not; shut out, their sessions end.
    /// `NotFound("user")`, `LastOne("operator")`.
    fn set_standing(
        &self,
        user: UserId,
        disabled_at: Option<Timestamp>,
        operator: bool,
        log: AuditEntry,
    ) -> Pending<'_, UserRow>;

    /// Keeps a session; the one that it takes the place of ends. `NotFound("session")` when that has ended.
    fn open_session(&self, row: SessionRow, replaces: Option<SessionId>, log: AuditEntry) -> Pending<'_, ()>;
    /// Notes that a session was used.
    fn touch_session(&self, id: SessionId, now: Timestamp) -> Pending<'_, ()>;
    /// Counts a wrong one-time code; says how many there were in a row. The session ends with the one of that number.
    fn wrong_code(&self, id: SessionId, most: u8) -> Pending<'_, u8>;
    /// Ends one session of a user, or all; says how many. `NotFound("session")` for one that is not theirs.
    fn end_sessions(&self, user: UserId, only: Option<SessionId>, log: AuditEntry) -> Pending<'_, u64>;

    /// Keeps a seed of one-time codes that is still to be confirmed. `Exists("second factor")` when one is confirmed.
    fn enrol_totp(&self, row: MethodRow, log: AuditEntry) -> Pending<'_, ()>;
    /// Confirms it by a code of that step, and keeps the digests of recovery codes. `NotFound("second factor")`.
    fn confirm_totp(&self, id: MethodId, step: i64, codes: Vec<[u8; 32]>, log: AuditEntry) -> Pending<'_, ()>;
    /// Uses a step of one-time codes up; false when it, or a later one, was used before.
    fn take_step(&self, id: MethodId, step: i64) -> Pending<'_, bool>;
    /// Uses a recovery code up; false when it is none that works.
    fn take_recovery(&self, user: UserId, digest: [u8; 32], log: AuditEntry) -> Pending<'_, bool>;
    /// Forgets a user's one-time codes and recovery codes. `NotFound("second factor")`.
    fn drop_totp(&self, user: UserId, log: AuditEntry) -> Pending<'_, ()>;

    /// Makes a workspace with its owner. `Exists("slug")`.
    fn found_workspace(&self, row: WorkspaceRow, owner: UserId, log: AuditEntry) -> Pending<'_, ()>;
    /// Gives a member another role. Where that may have no keys, theirs are revoked by it as by `remove_member`.
    /// `NotFound("member")`, `LastOne("owner")`.
    fn set_role(&self, workspace: WorkspaceId, user: UserId, role: Role, log: AuditEntry) -> Pending<'_, Revoked>;
    /// Takes a member out; the keys that are theirs, and the management keys that they made, are revoked by it, each with an entry
    /// in the log. `NotFound("member")`, `LastOne("owner")`.
    fn remove_member(&self, workspace: WorkspaceId, user: UserId, log: AuditEntry) -> Pending<'_, Revoked>;

    /// Keeps an invitation; an open one of the same address is withdrawn by it. `Exists("member")`.
    fn invite(&self, row: InvitationRow, log: AuditEntry) -> Pending<'_, ()>;
    /// All invitations of a workspace, newest first.
    fn list_invitations(&self, workspace: WorkspaceId) -> Pending<'_, Vec<InvitationRow>>;
    /// Withdraws an open invitation. `NotFound("invitation")`.
    fn withdraw(&self, workspace: WorkspaceId, id: InvitationId, at: Timestamp, log: AuditEntry)
    -> Pending<'_, ()>;
    /// The invitation of that digest, while it works.
    fn find_invitation(&self, digest: [u8; 32], now: Timestamp) -> Pending<'_, Option<InvitationRow>>;
    /// Makes a user a member by an invitation to their address. `NotFound("invitation")`, `Exists("member")`.
    fn accept(&self, digest: [u8; 32], user: UserId, log: AuditEntry) -> Pending<'_, ()>;

    /// Keeps a new management key. `NotFound("workspace")`, `NotFound("member")` when its maker is not in the workspace with a role
    /// that may have keys.
    fn create_management_key(&self, row: ManagementKeyRow, log: AuditEntry) -> Pending<'_, ()>;
    /// All management keys of all workspaces, newest first.
    fn list_management_keys(&self) -> Pending<'_, Vec<ManagementKeyRow>>;
    /// Revokes a management key of a workspace; again changes nothing. `NotFound("management key")`.
    fn revoke_management_key(
        &self,
        workspace: WorkspaceId,
        id: ManagementKeyId,
        at: Timestamp,
        log: AuditEntry,
    ) -> Pending<'_, ManagementKeyRow>;

    /// Follows the chain of the log from its first entry to its last.
    fn check_log(&self) -> Pending<'_, LogCheck>;
}
