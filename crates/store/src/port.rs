//! The doors of the store: `Ledger` (hot, money), `People` (who signs in), `Store` (everything else). In: use cases.
//! Out: what is durable. Never here: tables, SQL, a rule about money.

mod books;
mod device;
mod facts;
mod keys;
mod once;
mod own_credentials;
mod people;
mod seals;
mod tasks;
mod workspaces;

pub use books::{HeldRow, Movement, MovementFilter, MovementMark, NoMark, Totals};
pub use device::{DeviceDecision, DeviceRow, DeviceState, Devices};
pub use facts::{By, FactFilter, Facts, FactsAsk, Paces, Part, Point, Rest};
pub use keys::{KeyChange, KeyRotation, KeyRow, ManagementKeyRow, OldText, WhichKeys};
pub use once::OnceRow;
pub use own_credentials::{OwnCredentialChange, OwnCredentialRow, OwnCredentials, OwnNote, OwnState};
pub use people::{
    InvitationRow, LogCheck, MailedKind, MailedRow, MemberRow, MethodKind, MethodRow, NewPassword, NewUser, People,
    Revoked, Role, SessionRow, UserRow,
};
pub use seals::{Resealed, RingChange, SealedAt, SealedKind, SealedRow, Seals, WhichSealed};
pub use tasks::{TaskEnd, TaskRow, TaskState};
pub use workspaces::{WorkspaceChange, WorkspaceRow};

use admit::PlatformRules;
use ledger::facts::{Ending, Sums};
use ledger::{
    AccountAsk, AccountState, Balance, ExtendOrder, GrantOrder, HoldAnswer, HoldOrder, HoldState, KeyCharges,
    KeySpend, SettleAnswer, SettleOrder, UsageRow,
};
use std::future::Future;
use std::pin::Pin;
use units::{
    BootId, CredentialId, KeyId, NanoUsd, OperatorTokenId, PriceId, RequestId, Secret, Timestamp, WorkspaceId,
};

/// What a door returns: awaited by whoever needs it durable.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached or cannot write just now; nothing was changed.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// What the order names is not there.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The name or id is taken.
    #[error("{0} exists already")]
    Exists(&'static str),
    /// Somebody else changed it in between.
    #[error("{0} was changed by somebody else meanwhile")]
    Stale(&'static str),
    /// There are as many as may be.
    #[error("there is no room for another {0}")]
    Full(&'static str),
    /// Nobody of that kind would be left.
    #[error("this is the last {0}")]
    LastOne(&'static str),
    /// What is stored contradicts itself; the audit says more.
    #[error("the store contradicts itself: {0}")]
    Corrupt(String),
}

/// What an engine says at its end.
pub(crate) fn closed(unwritten: usize) -> Result<(), StoreError> {
    match unwritten {
        0 => Ok(()),
        n => Err(StoreError::Unavailable(format!("charges that could not be written and are lost: {n}"))),
    }
}

/// The hot door: money. Every order is idempotent by its id.
pub trait Ledger: Send + Sync {
    /// Reserves credit. Final when it answers (SQLite answers at once, PostgreSQL after its commit).
    fn hold(&self, order: HoldOrder) -> Pending<'_, HoldAnswer>;
    /// Raises a hold, all or nothing.
    fn extend(&self, order: ExtendOrder) -> Pending<'_, HoldAnswer>;
    /// Charges a hold and writes the usage row in the same transaction; answers when that is durable.
    fn settle(&self, order: SettleOrder) -> Pending<'_, SettleAnswer>;
    /// Gives a hold back uncharged; the usage row of the failed request, if any, is written with it. On SQLite a young
    /// hold released without a usage row leaves no trace: after a restart it is `Unknown`.
    fn release(&self, id: RequestId, usage: Option<UsageRow>) -> Pending<'_, HoldState>;
    /// Takes a usage row that moves no money (free models, refused requests); does not wait, may be lost by a crash.
    /// It is stored uncharged, within 250 ms; never over the row of a hold that was closed.
    fn record(&self, row: UsageRow);
    /// One snapshot of a workspace's money.
    fn balance(&self, workspace: WorkspaceId, now: Timestamp) -> Pending<'_, Balance>;
    /// What a key has spent in all, and what caches did for it, of one instant.
    fn key_spend(&self, key: KeyId) -> Pending<'_, KeySpend>;
    /// What was charged to each of these keys until now, all of one instant, in the order in which they were asked for.
    fn key_charges(&self, keys: Vec<KeyId>, now: Timestamp) -> Pending<'_, Vec<KeyCharges>>;
    /// Everything about one caller's money, of one instant: what every account endpoint tells.
    fn account(&self, ask: AccountAsk) -> Pending<'_, AccountState>;
    /// Posts credit to a workspace; answers when durable.
    fn grant(&self, order: GrantOrder) -> Pending<'_, Balance>;
    /// Recomputes everything and names what does not agree (`ledger::audit` lists the invariants).
    fn audit(&self) -> Pending<'_, AuditReport>;
    /// How it stands just now: cheap, for monitors that ask all the time.
    fn state(&self) -> Pending<'_, LedgerState>;
    /// What everybody's credit comes to.
    fn totals(&self, now: Timestamp) -> Pending<'_, Totals>;
    /// Open holds, the oldest first: at most `limit` of those that began after one of them.
    fn open_holds(&self, after: Option<RequestId>, limit: u32) -> Pending<'_, Vec<HeldRow>>;
    /// Writes everything that queued and stops; later orders are `Unavailable`. An error says how many charges could not be
    /// written: they are lost.
    fn close(&self) -> Pending<'_, ()>;
}

/// How the ledger stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LedgerState {
    /// Holds that are open: of this node on SQLite, of all nodes on PostgreSQL.
    pub open_holds: u64,
    /// What they have reserved.
    pub held: NanoUsd,
    /// Orders of this node that wait to be written.
    pub waiting: u64,
    /// Whether what was decided cannot be written just now.
    pub failing: bool,
    /// Whether sums of requests cannot be brought up to date just now, while charges can be written.
    pub sums_failing: bool,
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// One line an invariant that does not hold (`I2 account gra_..: posted 5, transfers sum to 4`).
    pub findings: Vec<String>,
    /// Rows looked at.
    pub accounts: u64,
    /// Rows looked at.
    pub transfers: u64,
    /// Rows looked at.
    pub usage_rows: u64,
    /// Holds still open (normal while requests run).
    pub open_holds: u64,
    /// The sum of all charges.
    pub charged: NanoUsd,
    /// The sum written off because a hold did not cover the cost.
    pub written_off: NanoUsd,
}

impl AuditReport {
    /// What the pure audit found, in the words of the port.
    pub(crate) fn of(auditor: ledger::audit::Auditor) -> Self {
        let outcome = auditor.finish();
        Self {
            findings: outcome.findings.iter().map(ToString::to_string).collect(),
            accounts: outcome.grants,
            transfers: outcome.transfers,
            usage_rows: outcome.usage_rows,
            open_holds: outcome.open_holds,
            charged: outcome.charged,
            written_off: outcome.written_off,
        }
    }
}

/// An operator's token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorTokenRow {
    /// Its id.
    pub id: OperatorTokenId,
    /// What people call it.
    pub name: String,
    /// The first characters, for people to recognise it.
    pub prefix: String,
    /// HMAC-SHA256 of the token under the pepper.
    pub digest: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// An upstream secret as it is kept: sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRow {
    /// Its id.
    pub id: CredentialId,
    /// The provider it belongs to.
    pub provider: String,
    /// Its place among the provider's credentials, from 0.
    pub position: u32,
    /// HMAC of the secret, to tell whether it changed without opening it.
    pub fingerprint: [u8; 32],
    /// The sealed secret (nonce and ciphertext).
    pub sealed: Secret<Vec<u8>>,
}

/// One version of a model's price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRow {
    /// Its id, frozen into holds and usage rows.
    pub id: PriceId,
    /// The model.
    pub model: String,
    /// The price document as JSON text.
    pub document: String,
    /// From when.
    pub effective_from: Timestamp,
}

/// The whole catalogue as stored. Tier, provider and model documents are JSON text; the catalog crate reads them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CatalogueRows {
    /// Rises by one with every change.
    pub version: u64,
    /// Tier name and document, in name order; none is the default table.
    pub tiers: Vec<(String, String)>,
    /// Provider name and document, in name order.
    pub providers: Vec<(String, String)>,
    /// Upstream secrets.
    pub credentials: Vec<CredentialRow>,
    /// Model id and document, in id order.
    pub models: Vec<(String, String)>,
    /// The price in force of each model that has one.
    pub prices: Vec<PriceRow>,
}

/// An entry of the operators' log.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who (an operator token's name, a user's address).
    pub actor: String,
    /// What was done (`key.create`).
    pub action: String,
    /// To what (an id or name).
    pub object: String,
    /// What changed, as JSON text with secrets masked.
    pub detail: String,
    /// In which workspace, where it was in one.
    pub workspace: Option<WorkspaceId>,
    /// From where the request came; empty when nobody asked.
    pub address: String,
    /// How what changed was before, as JSON text with secrets masked.
    pub before: Option<String>,
    /// How it is since.
    pub after: Option<String>,
}

/// So many answers of a workspace are kept, the newest.
pub const KEPT_OF_ONE_MAX: i64 = 10_000;

/// An answer that a caller asked to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// Its id, as the caller knows it.
    pub id: String,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it vanishes.
    pub expires_at: Timestamp,
    /// What is kept, sealed.
    pub sealed: Secret<Vec<u8>>,
}

/// Which usage rows are asked for. All of what is said holds together.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct UsageFilter {
    /// Only this one.
    pub request: Option<RequestId>,
    /// Only of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Only of these keys.
    pub keys: Option<Vec<KeyId>>,
    /// Only of this model.
    pub model: Option<String>,
    /// Only of this endpoint family.
    pub endpoint: Option<String>,
    /// Only served by this provider.
    pub provider: Option<String>,
    /// Only those that ended so.
    pub ending: Option<Ending>,
    /// Only those that ended with this fault.
    pub fault: Option<String>,
    /// Only those of a caller's own session.
    pub session: Option<String>,
    /// Only from this instant on.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub until: Option<Timestamp>,
    /// Only rows older than this one (keyset paging, newest first).
    pub before: Option<RequestId>,
    /// At most so many rows.
    pub limit: u32,
}

/// How many requests of a workspace to a model were admitted on a UTC day, as far as they ended: those for which a provider was
/// asked and that the house did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// Whose.
    pub workspace: WorkspaceId,
    /// To which model, by its public id.
    pub model: String,
    /// So many.
    pub requests: u32,
}

/// Which entries of the log are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LogFilter {
    /// Only of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Only this action, of the house's and of every workspace's.
    pub action: Option<&'static str>,
    /// Only before this instant: the `at` of the last one seen.
    pub before: Option<Timestamp>,
    /// About so many entries.
    pub limit: u32,
    /// The page ends before older entries that would bring it over so many bytes; `None`: no such bound.
    pub bytes_max: Option<u64>,
}

/// Entries of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LogPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Whether there are older ones.
    pub more: bool,
}

/// Requests that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageNews {
    /// These.
    Rows(Vec<(WorkspaceId, RequestId)>),
    /// Too many to name.
    Many,
}

/// What changed elsewhere (another node): caches reload it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Keys.
    Keys,
    /// Providers, models, prices.
    Catalogue,
    /// Operator tokens.
    OperatorTokens,
    /// Users, and the workspaces they belong to.
    People,
    /// Where users are signed in.
    Sessions,
    /// Keys of programs for the management API.
    ManagementKeys,
    /// Upstream secrets that workspaces bring.
    OwnCredentials,
}

/// The other door: customers, keys, catalogue, records. Each verb is one named transaction.
pub trait Store: Devices + OwnCredentials + Seals + Send + Sync {
    /// The id of this start of this process (holds of a dead boot are void).
    fn boot(&self) -> BootId;
    /// Whether it answers; `Unavailable` says why not.
    fn ping(&self) -> Pending<'_, ()>;

    /// Makes a workspace. `Exists("slug")` when the slug is taken.
    fn create_workspace(&self, row: WorkspaceRow, log: AuditEntry) -> Pending<'_, ()>;
    /// All workspaces, oldest first.
    fn list_workspaces(&self) -> Pending<'_, Vec<WorkspaceRow>>;
    /// Changes a workspace. `NotFound("workspace")`, `Stale("workspace")`.
    fn change_workspace(&self, change: WorkspaceChange, log: AuditEntry) -> Pending<'_, ()>;
    /// The rules of the platform.
    fn load_platform(&self) -> Pending<'_, PlatformRules>;
    /// Replaces the rules of the platform.
    fn set_platform(&self, rules: PlatformRules, log: AuditEntry) -> Pending<'_, ()>;

    /// Keeps a new key. `NotFound("workspace")`, `NotFound("member")` when its owner is not in the workspace.
    fn create_key(&self, row: KeyRow, log: AuditEntry) -> Pending<'_, ()>;
    /// Keys that are kept, revoked ones included, oldest first.
    fn list_keys(&self, which: WhichKeys) -> Pending<'_, Vec<KeyRow>>;
    /// Revokes a key; revoking again changes nothing. `NotFound("key")`.
    fn revoke_key(&self, id: KeyId, at: Timestamp, log: AuditEntry) -> Pending<'_, KeyRow>;
    /// Changes a key. `NotFound("key")`, `Stale("key")`.
    fn change_key(&self, change: KeyChange, log: AuditEntry) -> Pending<'_, KeyRow>;
    /// Gives a key a new text. `NotFound("key")`, `Stale("key")`, `Exists("key")`.
    fn rotate_key(&self, rotation: KeyRotation, log: AuditEntry) -> Pending<'_, KeyRow>;
    /// Notes when keys were last used; never an earlier time than the one that is there. Nobody is told: it is for people to read.
    fn touch_keys(&self, used: Vec<(KeyId, Timestamp)>) -> Pending<'_, ()>;

    /// Keeps a new operator token. `Exists("operator token")` when an unrevoked one has the name.
    fn create_operator_token(&self, row: OperatorTokenRow, log: AuditEntry) -> Pending<'_, ()>;
    /// All operator tokens, oldest first.
    fn list_operator_tokens(&self) -> Pending<'_, Vec<OperatorTokenRow>>;
    /// Revokes one; again changes nothing. `NotFound("operator token")`.
    fn revoke_operator_token(&self, id: OperatorTokenId, at: Timestamp, log: AuditEntry) -> Pending<'_, ()>;

    /// The catalogue as stored.
    fn load_catalogue(&self) -> Pending<'_, CatalogueRows>;
    /// Replaces the catalogue whole; `Stale("catalogue")` unless the stored version is `rows.version - 1`.
    /// Prices are appended when their id is new, never changed.
    fn replace_catalogue(&self, rows: CatalogueRows, log: AuditEntry) -> Pending<'_, ()>;

    /// A version of a price, in force or not.
    fn find_price(&self, id: PriceId) -> Pending<'_, Option<PriceRow>>;

    /// A page of usage rows, newest first.
    fn page_usage(&self, filter: UsageFilter) -> Pending<'_, Vec<UsageRow>>;
    /// What the rows that fit come to; neither `before` nor `limit` matters.
    fn sum_usage(&self, filter: UsageFilter) -> Pending<'_, Sums>;
    /// What requests came to, all of one instant.
    fn ask_facts(&self, ask: FactsAsk) -> Pending<'_, Facts>;
    /// Forgets the usage rows of the first whole UTC day before one (numbered from 1970-01-01), and the sums of hours before an
    /// instant. Sums by day stay, and so does what was charged. Says whether a day is gone: there may be more.
    fn forget_usage(&self, before: i64, hours_before: Timestamp) -> Pending<'_, bool>;
    /// The requests of a UTC day (numbered from 1970-01-01), by workspace and model; of one workspace where one is named.
    fn count_requests(&self, day: i64, workspace: Option<WorkspaceId>) -> Pending<'_, Vec<DayCount>>;
    /// How many nodes use this store just now, this one among them.
    fn live_nodes(&self) -> Pending<'_, u32>;
    /// Writes an entry of the log about something that leaves no other trace here.
    fn note(&self, log: AuditEntry) -> Pending<'_, ()>;
    /// A page of the log, newest first. A page ends between two instants, so that none is lost: it may be a little longer
    /// than its limit, and the entries of its first instant are on it however large they are.
    fn page_log(&self, filter: LogFilter) -> Pending<'_, LogPage>;

    /// A page of what moved balances and was no request, newest first.
    fn page_movements(&self, filter: MovementFilter) -> Pending<'_, Vec<Movement>>;

    /// Keeps an answer, and forgets the oldest of its workspace where they have more than `bytes_max` together, or are too
    /// many: a turn keeps its whole conversation, so that a short call may keep megabytes. It is no money: on SQLite the last ones may be lost by a power failure.
    fn keep_answer(&self, row: AnswerRow, bytes_max: u64) -> Pending<'_, ()>;
    /// An answer of a workspace that has not vanished by then.
    fn find_answer(&self, workspace: WorkspaceId, id: String, now: Timestamp) -> Pending<'_, Option<AnswerRow>>;
    /// Forgets an answer of a workspace; says whether there was one.
    fn forget_answer(&self, workspace: WorkspaceId, id: String) -> Pending<'_, bool>;
    /// Forgets what has vanished by then; says how much.
    fn sweep_answers(&self, now: Timestamp) -> Pending<'_, u64>;

    /// Begins a call that is done once: nothing when it is to be done now, or what is kept of the one that began it.
    fn begin_once(&self, row: OnceRow, now: Timestamp) -> Pending<'_, Option<OnceRow>>;
    /// Keeps the answer of a call, by who has its turn.
    fn end_once(&self, id: [u8; 32], turn: [u8; 16], sealed: Secret<Vec<u8>>) -> Pending<'_, ()>;
    /// Forgets a call that did nothing, by who has its turn.
    fn forget_once(&self, id: [u8; 32], turn: [u8; 16]) -> Pending<'_, ()>;
    /// Forgets calls whose time is over; says how many.
    fn sweep_once(&self, now: Timestamp) -> Pending<'_, u64>;

    /// Keeps a task whose answer comes later. Its hold, where `held` says that it has one, becomes the task's: it outlives this
    /// process and stays until it is settled or released. Answers when both are durable. `NotFound("hold")` when it is not
    /// open; then nothing is kept.
    fn begin_task(&self, row: TaskRow, held: bool) -> Pending<'_, ()>;
    /// Takes pending tasks that are due or whose taker is dead, at most `limit`, and puts them off until `until`, so that no other
    /// node takes them.
    fn claim_tasks(&self, now: Timestamp, until: Timestamp, limit: u32) -> Pending<'_, Vec<TaskRow>>;
    /// Sets when a pending task is due next, and what is kept of it by then.
    fn put_off_task(&self, id: RequestId, next_at: Timestamp, document: String) -> Pending<'_, ()>;
    /// Ends a pending task; says whether it was pending. Its hold must be closed before.
    fn end_task(&self, id: RequestId, end: TaskEnd) -> Pending<'_, bool>;
    /// A task of a workspace that has not vanished by then.
    fn find_task(&self, workspace: WorkspaceId, id: RequestId, now: Timestamp) -> Pending<'_, Option<TaskRow>>;
    /// Forgets what has vanished by then; says how many.
    fn sweep_tasks(&self, now: Timestamp) -> Pending<'_, u64>;

    /// Tells other processes of requests that ended. SQLite has no others.
    fn tell_usage(&self, news: UsageNews) -> Pending<'_, ()>;
    /// Waits for requests that ended in other processes. SQLite has one process and waits for ever.
    fn next_usage(&self) -> Pending<'_, UsageNews>;

    /// Waits for the next change made by another process. SQLite has one process and waits for ever.
    fn next_change(&self) -> Pending<'_, Change>;
}
