//! A store in memory, as far as whole calls need it. In: what a scenario sets up. Out: the same.
//! Never here: what calls do not touch (it says `NotFound`).

use admit::PlatformRules;
use ledger::UsageRow;
use ledger::facts::Sums;
use parking_lot::Mutex;
use store::port::{
    AnswerRow, AuditEntry, CatalogueRows, Change, DayCount, Facts, FactsAsk, KeyChange, KeyRotation, KeyRow,
    LogFilter, LogPage, Movement, MovementFilter, OldText, OnceRow, OperatorTokenRow, OwnCredentialRow, Pending,
    PriceRow, Store, StoreError, TaskEnd, TaskRow, TaskState, UsageFilter, UsageNews, WhichKeys, WorkspaceChange,
    WorkspaceRow,
};
use units::{BootId, KeyId, OperatorTokenId, PriceId, RequestId, Secret, Timestamp, WorkspaceId};

/// The store in memory.
#[derive(Default)]
pub struct Shelf {
    workspaces: Mutex<Vec<WorkspaceRow>>,
    keys: Mutex<Vec<KeyRow>>,
    platform: Mutex<PlatformRules>,
    tokens: Mutex<Vec<OperatorTokenRow>>,
    catalogue: Mutex<CatalogueRows>,
    pub(crate) log: Mutex<Vec<AuditEntry>>,
    answers: Mutex<Vec<AnswerRow>>,
    tasks: Mutex<Vec<TaskRow>>,
    pub(crate) own: Mutex<Vec<OwnCredentialRow>>,
    /// When each device ends.
    pub(crate) devices: Mutex<Vec<Timestamp>>,
    pub(crate) ring: Mutex<Option<Secret<Vec<u8>>>>,
}

/// What is known at once.
pub(crate) fn ready<T: Send + 'static>(result: Result<T, StoreError>) -> Pending<'static, T> {
    Box::pin(std::future::ready(result))
}

impl Store for Shelf {
    fn boot(&self) -> BootId {
        BootId::from_bytes([0; 16])
    }

    fn ping(&self) -> Pending<'_, ()> {
        ready(Ok(()))
    }

    fn create_workspace(&self, row: WorkspaceRow, log: AuditEntry) -> Pending<'_, ()> {
        self.workspaces.lock().push(row);
        self.log.lock().push(log);
        ready(Ok(()))
    }

    fn list_workspaces(&self) -> Pending<'_, Vec<WorkspaceRow>> {
        ready(Ok(self.workspaces.lock().clone()))
    }

    fn change_workspace(&self, change: WorkspaceChange, log: AuditEntry) -> Pending<'_, ()> {
        self.log.lock().push(log);
        let mut workspaces = self.workspaces.lock();
        let found = workspaces.iter_mut().find(|row| row.id == change.id);
        ready(found.ok_or(StoreError::NotFound("workspace")).map(|row| {
            (row.name, row.rules, row.version) = (change.name, change.rules, row.version + 1);
        }))
    }

    fn load_platform(&self) -> Pending<'_, PlatformRules> {
        ready(Ok(self.platform.lock().clone()))
    }

    fn set_platform(&self, rules: PlatformRules, log: AuditEntry) -> Pending<'_, ()> {
        self.log.lock().push(log);
        *self.platform.lock() = rules;
        ready(Ok(()))
    }

    fn create_key(&self, row: KeyRow, log: AuditEntry) -> Pending<'_, ()> {
        self.keys.lock().push(row);
        self.log.lock().push(log);
        ready(Ok(()))
    }

    fn list_keys(&self, which: WhichKeys) -> Pending<'_, Vec<KeyRow>> {
        let fits = |row: &&KeyRow| match which {
            WhichKeys::All => true,
            WhichKeys::Of(workspace) => row.workspace == workspace,
            WhichKeys::One(id) => row.id == id,
        };
        ready(Ok(self.keys.lock().iter().filter(fits).cloned().collect()))
    }

    fn revoke_key(&self, id: KeyId, at: Timestamp, log: AuditEntry) -> Pending<'_, KeyRow> {
        self.log.lock().push(log);
        let mut keys = self.keys.lock();
        let found = keys.iter_mut().find(|k| k.id == id);
        ready(found.ok_or(StoreError::NotFound("key")).map(|key| {
            key.revoked_at.get_or_insert(at);
            key.clone()
        }))
    }

    fn change_key(&self, change: KeyChange, log: AuditEntry) -> Pending<'_, KeyRow> {
        self.log.lock().push(log);
        let mut keys = self.keys.lock();
        let found = keys.iter_mut().find(|row| row.id == change.id);
        ready(found.ok_or(StoreError::NotFound("key")).map(|row| {
            (row.name, row.expires_at, row.rules) = (change.name, change.expires_at, change.rules);
            row.version += 1;
            row.clone()
        }))
    }

    fn rotate_key(&self, rotation: KeyRotation, log: AuditEntry) -> Pending<'_, KeyRow> {
        self.log.lock().push(log);
        let mut keys = self.keys.lock();
        let found = keys.iter_mut().find(|row| row.id == rotation.id);
        ready(found.ok_or(StoreError::NotFound("key")).map(|row| {
            row.old = Some(OldText { digest: row.digest, ends_at: rotation.old_ends_at });
            (row.digest, row.prefix) = (rotation.digest, rotation.prefix);
            row.version += 1;
            row.clone()
        }))
    }

    fn touch_keys(&self, used: Vec<(KeyId, Timestamp)>) -> Pending<'_, ()> {
        for row in self.keys.lock().iter_mut() {
            row.last_used_at = used.iter().find(|(id, _)| *id == row.id).map(|(_, at)| *at).max(row.last_used_at);
        }
        ready(Ok(()))
    }

    fn create_operator_token(&self, row: OperatorTokenRow, log: AuditEntry) -> Pending<'_, ()> {
        self.tokens.lock().push(row);
        self.log.lock().push(log);
        ready(Ok(()))
    }

    fn list_operator_tokens(&self) -> Pending<'_, Vec<OperatorTokenRow>> {
        ready(Ok(self.tokens.lock().clone()))
    }

    fn revoke_operator_token(&self, id: OperatorTokenId, at: Timestamp, log: AuditEntry) -> Pending<'_, ()> {
        self.log.lock().push(log);
        let mut tokens = self.tokens.lock();
        let found = tokens.iter_mut().find(|t| t.id == id);
        ready(found.ok_or(StoreError::NotFound("operator token")).map(|token| {
            token.revoked_at.get_or_insert(at);
        }))
    }

    fn load_catalogue(&self) -> Pending<'_, CatalogueRows> {
        ready(Ok(self.catalogue.lock().clone()))
    }

    fn replace_catalogue(&self, rows: CatalogueRows, log: AuditEntry) -> Pending<'_, ()> {
        self.log.lock().push(log);
        *self.catalogue.lock() = rows;
        ready(Ok(()))
    }

    fn find_price(&self, id: PriceId) -> Pending<'_, Option<PriceRow>> {
        ready(Ok(self.catalogue.lock().prices.iter().find(|row| row.id == id).cloned()))
    }

    fn page_usage(&self, _: UsageFilter) -> Pending<'_, Vec<UsageRow>> {
        ready(Err(StoreError::NotFound("usage in a simulation")))
    }

    fn sum_usage(&self, _: UsageFilter) -> Pending<'_, Sums> {
        ready(Err(StoreError::NotFound("usage in a simulation")))
    }

    fn ask_facts(&self, _: FactsAsk) -> Pending<'_, Facts> {
        ready(Err(StoreError::NotFound("usage in a simulation")))
    }

    fn forget_usage(&self, _: i64, _: Timestamp) -> Pending<'_, bool> {
        ready(Ok(false))
    }

    fn count_requests(&self, _: i64, _: Option<WorkspaceId>) -> Pending<'_, Vec<DayCount>> {
        ready(Ok(Vec::new()))
    }

    fn live_nodes(&self) -> Pending<'_, u32> {
        ready(Ok(1))
    }

    fn note(&self, log: AuditEntry) -> Pending<'_, ()> {
        self.log.lock().push(log);
        ready(Ok(()))
    }

    fn page_log(&self, filter: LogFilter) -> Pending<'_, LogPage> {
        let log = self.log.lock();
        let limit = filter.limit as usize;
        ready(Ok(LogPage { entries: log.iter().rev().take(limit).cloned().collect(), more: log.len() > limit }))
    }

    fn page_movements(&self, _: MovementFilter) -> Pending<'_, Vec<Movement>> {
        ready(Err(StoreError::NotFound("journal in a simulation")))
    }

    fn keep_answer(&self, row: AnswerRow, _: u64) -> Pending<'_, ()> {
        self.answers.lock().push(row);
        ready(Ok(()))
    }

    fn find_answer(&self, workspace: WorkspaceId, id: String, now: Timestamp) -> Pending<'_, Option<AnswerRow>> {
        let answers = self.answers.lock();
        let found = answers.iter().find(|a| a.workspace == workspace && a.id == id && a.expires_at > now);
        ready(Ok(found.cloned()))
    }

    fn forget_answer(&self, workspace: WorkspaceId, id: String) -> Pending<'_, bool> {
        let mut answers = self.answers.lock();
        let before = answers.len();
        answers.retain(|a| a.workspace != workspace || a.id != id);
        ready(Ok(answers.len() < before))
    }

    fn sweep_answers(&self, now: Timestamp) -> Pending<'_, u64> {
        let mut answers = self.answers.lock();
        let before = answers.len();
        answers.retain(|a| a.expires_at > now);
        ready(Ok((before - answers.len()) as u64))
    }

    fn begin_once(&self, _: OnceRow, _: Timestamp) -> Pending<'_, Option<OnceRow>> {
        ready(Ok(None))
    }

    fn end_once(&self, _: [u8; 32], _: [u8; 16], _: Secret<Vec<u8>>) -> Pending<'_, ()> {
        ready(Ok(()))
    }

    fn forget_once(&self, _: [u8; 32], _: [u8; 16]) -> Pending<'_, ()> {
        ready(Ok(()))
    }

    fn sweep_once(&self, _: Timestamp) -> Pending<'_, u64> {
        ready(Ok(0))
    }

    fn begin_task(&self, row: TaskRow, _: bool) -> Pending<'_, ()> {
        self.tasks.lock().push(row);
        ready(Ok(()))
    }

    fn claim_tasks(&self, now: Timestamp, until: Timestamp, limit: u32) -> Pending<'_, Vec<TaskRow>> {
        let mut tasks = self.tasks.lock();
        let due = tasks.iter_mut().filter(|t| t.state == TaskState::Pending && t.next_at <= now);
        let claimed = due.take(limit as usize).map(|task| {
            task.next_at = until;
            task.clone()
        });
        ready(Ok(claimed.collect()))
    }

    fn put_off_task(&self, id: RequestId, next_at: Timestamp, document: String) -> Pending<'_, ()> {
        if let Some(task) = self.tasks.lock().iter_mut().find(|t| t.id == id) {
            (task.next_at, task.document) = (next_at, document);
        }
        ready(Ok(()))
    }

    fn end_task(&self, id: RequestId, end: TaskEnd) -> Pending<'_, bool> {
        let mut tasks = self.tasks.lock();
        let pending = tasks.iter_mut().find(|t| t.id == id && t.state == TaskState::Pending);
        ready(Ok(pending.is_some_and(|task| {
            *task = TaskRow {
                state: end.state,
                vanishes_at: Some(end.vanishes_at),
                document: end.document,
                ..task.clone()
            };
            true
        })))
    }

    fn find_task(&self, workspace: WorkspaceId, id: RequestId, now: Timestamp) -> Pending<'_, Option<TaskRow>> {
        let tasks = self.tasks.lock();
        let there =
            |t: &&TaskRow| t.workspace == workspace && t.id == id && t.vanishes_at.is_none_or(|at| at > now);
        ready(Ok(tasks.iter().find(there).cloned()))
    }

    fn sweep_tasks(&self, now: Timestamp) -> Pending<'_, u64> {
        let mut tasks = self.tasks.lock();
        let before = tasks.len();
        tasks.retain(|t| t.vanishes_at.is_none_or(|at| at > now));
        ready(Ok((before - tasks.len()) as u64))
    }

    fn tell_usage(&self, _: UsageNews) -> Pending<'_, ()> {
        ready(Ok(()))
    }

    fn next_usage(&self) -> Pending<'_, UsageNews> {
        Box::pin(std::future::pending())
    }

    fn next_change(&self) -> Pending<'_, Change> {
        Box::pin(std::future::pending())
    }
}
