//! What the management API knows of people without asking the store: users, members, sessions. In: rows. Out: snapshots,
//! changed here at once and from other nodes within a second. Never here: writing the store, who may do what.

use crate::limits::{SESSION_IDLE, SESSION_SEEN_EVERY};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use store::port::{MemberRow, Role, SessionRow, UserRow};
use units::{SessionId, Timestamp, UserId, WorkspaceId};

type Map<K, V> = parking_lot::RwLock<foldhash::HashMap<K, V>>;

/// A session, and when it was used last as far as this node knows.
#[derive(Debug)]
pub struct LiveSession {
    /// Its record as it was read.
    pub row: SessionRow,
    seen: AtomicI64,
}

impl LiveSession {
    fn new(row: SessionRow) -> Arc<Self> {
        Arc::new(Self { seen: AtomicI64::new(row.seen_at.ms()), row })
    }

    /// When it was used last.
    pub fn seen_at(&self) -> Timestamp {
        Timestamp::from_ms(self.seen.load(Ordering::Relaxed))
    }

    /// Whether it has lain unused for too long, by what is known here.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        now.since(self.seen_at()) >= SESSION_IDLE
    }

    /// It is used; says whether the store should hear of it.
    pub fn touch(&self, now: Timestamp) -> bool {
        let due = now.since(self.seen_at()) >= SESSION_SEEN_EVERY;
        if due {
            self.seen.fetch_max(now.ms(), Ordering::Relaxed);
        }
        due
    }

    /// Another node has seen it.
    pub fn was_seen(&self, at: Timestamp) {
        self.seen.fetch_max(at.ms(), Ordering::Relaxed);
    }
}

/// All people.
#[derive(Default)]
pub struct LivePeople {
    users: Map<UserId, Arc<UserRow>>,
    members: Map<WorkspaceId, Vec<MemberRow>>,
    sessions: Map<[u8; 32], Arc<LiveSession>>,
    /// Changes of sessions made here; rows that were read before one are old.
    changes: AtomicU64,
    /// Lets one at a time read everything, so that older rows never come after newer ones.
    pub gate: tokio::sync::Mutex<()>,
}

impl LivePeople {
    /// The user of that id.
    pub fn user(&self, id: UserId) -> Option<Arc<UserRow>> {
        self.users.read().get(&id).cloned()
    }

    /// Whether somebody was shut out.
    pub fn is_shut_out(&self, id: UserId) -> bool {
        self.users.read().get(&id).is_some_and(|user| user.disabled_at.is_some())
    }

    /// All users, oldest first.
    pub fn users(&self) -> Vec<Arc<UserRow>> {
        let mut all: Vec<Arc<UserRow>> = self.users.read().values().cloned().collect();
        all.sort_by_key(|user| (user.created_at, user.id));
        all
    }

    /// Looks at each user, in no order.
    pub fn each_user(&self, look: impl FnMut(&UserRow)) {
        self.users.read().values().map(|user| &**user).for_each(look);
    }

    /// Whether anybody who may sign in runs the platform.
    pub fn has_operator(&self) -> bool {
        self.users.read().values().any(|user| user.operator)
    }

    /// What a user may do in a workspace.
    pub fn role(&self, workspace: WorkspaceId, user: UserId) -> Option<Role> {
        let members = self.members.read();
        members.get(&workspace)?.iter().find(|member| member.user == user).map(|member| member.role)
    }

    /// The members of a workspace, those of longest standing first.
    pub fn members(&self, workspace: WorkspaceId) -> Vec<MemberRow> {
        self.members.read().get(&workspace).cloned().unwrap_or_default()
    }

    /// How many workspaces a user owns.
    pub fn owned_by(&self, user: UserId) -> usize {
        let members = self.members.read();
        members.values().flatten().filter(|m| m.user == user && m.role == Role::Owner).count()
    }

    /// The session of a digest, if it has not ended by its own time.
    pub fn session(&self, digest: &[u8; 32], now: Timestamp) -> Option<Arc<LiveSession>> {
        self.sessions.read().get(digest).filter(|session| session.row.ends_at > now).cloned()
    }

    /// The sessions of a user that are in force, newest first.
    pub fn sessions_of(&self, user: &UserRow, now: Timestamp) -> Vec<Arc<LiveSession>> {
        let sessions = self.sessions.read();
        let theirs = sessions.values().filter(|s| s.row.user == user.id && s.row.epoch == user.epoch);
        let mut theirs: Vec<_> = theirs.filter(|s| s.row.ends_at > now && !s.is_idle(now)).cloned().collect();
        theirs.sort_by_key(|session| std::cmp::Reverse(session.row.id));
        theirs
    }

    /// Takes over a session that was made here, in place of another.
    pub fn open(&self, row: SessionRow, replaces: Option<SessionId>) {
        let mut sessions = self.sessions.write();
        self.changes.fetch_add(1, Ordering::Release);
        sessions.retain(|_, session| Some(session.row.id) != replaces && session.row.ends_at > row.made_at);
        sessions.insert(row.digest, LiveSession::new(row));
    }

    /// Sessions of a user were ended here: one, or all.
    pub fn end(&self, user: UserId, only: Option<SessionId>) {
        let mut sessions = self.sessions.write();
        self.changes.fetch_add(1, Ordering::Release);
        sessions.retain(|_, s| s.row.user != user || only.is_some_and(|id| id != s.row.id));
    }

    /// How many changes there were; asked for before rows are read.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Replaces all sessions by rows that were read after so many changes; false when there were more meanwhile.
    pub fn replace_sessions(&self, rows: Vec<SessionRow>, changes: u64) -> bool {
        let mut sessions = self.sessions.write();
        if self.changes.load(Ordering::Acquire) != changes {
            return false;
        }
        let live = rows.into_iter().map(|row| {
            let new = LiveSession::new(row);
            // What this node has seen it need not have told yet.
            if let Some(old) = sessions.get(&new.row.digest) {
                new.was_seen(old.seen_at());
            }
            (new.row.digest, new)
        });
        let live = live.collect();
        *sessions = live;
        true
    }

    /// Replaces all users and members by what is stored.
    pub fn replace(&self, users: Vec<UserRow>, members: Vec<MemberRow>) {
        *self.users.write() = users.into_iter().map(|row| (row.id, Arc::new(row))).collect();
        let mut by_workspace: foldhash::HashMap<WorkspaceId, Vec<MemberRow>> = foldhash::HashMap::default();
        for member in members {
            by_workspace.entry(member.workspace).or_default().push(member);
        }
        *self.members.write() = by_workspace;
    }
}
