//! The other door of the PostgreSQL engine: each verb one named transaction. In: the port's verbs. Out: rows.
//! Never here: SQL, money.

use super::pool::Fail;
use super::{
    Postgres, answers, catalogue, changes, facts, keys, log, look, node, once, people, tasks, usage, workspaces,
};
use crate::port::{
    AnswerRow, AuditEntry, CatalogueRows, Change, DayCount, Facts, FactsAsk, KeyChange, KeyRotation, KeyRow,
    LogFilter, LogPage, Movement, MovementFilter, OnceRow, OperatorTokenRow, Pending, PriceRow, Store, StoreError,
    TaskEnd, TaskRow, UsageFilter, UsageNews, WhichKeys, WorkspaceChange, WorkspaceRow,
};
use admit::PlatformRules;
use futures_util::future::BoxFuture;
use ledger::UsageRow;
use ledger::facts::Sums;
use std::sync::Arc;
use tokio_postgres::Transaction;
use units::{BootId, KeyId, OperatorTokenId, PriceId, RequestId, Secret, Timestamp, WorkspaceId};

/// What a change does inside its transaction.
pub type Verb<A, T> = for<'t> fn(&'t Transaction<'t>, &'t A) -> BoxFuture<'t, Result<T, Fail>>;

impl Postgres {
    /// One change, its log entry, and the news for the other nodes, in one transaction.
    pub(super) async fn change<A, T>(
        &self,
        argument: A,
        log: AuditEntry,
        news: impl IntoIterator<Item = Change>,
        verb: Verb<A, T>,
    ) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
    {
        let all = Arc::new((argument, log, news.into_iter().collect::<Vec<_>>()));
        let (done, announced) = self
            .shared
            .db
            .write(Arc::new(move |tx| {
                let all = Arc::clone(&all);
                Box::pin(async move {
                    let done = verb(tx, &all.0).await?;
                    log::write(tx, &all.1).await?;
                    let mut announced = Vec::new();
                    for change in &all.2 {
                        announced.push(changes::tell(tx, *change).await?);
                    }
                    Ok((done, announced))
                })
            }))
            .await?;
        announced.into_iter().for_each(|change| self.shared.changes.own(change));
        Ok(done)
    }
}

impl Store for Postgres {
    fn boot(&self) -> BootId {
        self.shared.boot
    }

    fn ping(&self) -> Pending<'_, ()> {
        Box::pin(async {
            self.shared.ready()?;
            self.shared
                .db
                .read(Arc::new(|tx| Box::pin(async move { Ok(tx.batch_execute("SELECT 1").await?) })))
                .await
        })
    }

    fn create_workspace(&self, row: WorkspaceRow, log: AuditEntry) -> Pending<'_, ()> {
        let news = Some(Change::People);
        Box::pin(self.change(row, log, news, |tx, row| Box::pin(workspaces::create(tx, row))))
    }

    fn list_workspaces(&self) -> Pending<'_, Vec<WorkspaceRow>> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(workspaces::list(tx)) as _)))
    }

    fn change_workspace(&self, change: WorkspaceChange, log: AuditEntry) -> Pending<'_, ()> {
        let news = Some(Change::Keys);
        Box::pin(self.change(change, log, news, |tx, change| Box::pin(workspaces::change(tx, change))))
    }

    fn load_platform(&self) -> Pending<'_, PlatformRules> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(workspaces::platform(tx)) as _)))
    }

    fn set_platform(&self, rules: PlatformRules, log: AuditEntry) -> Pending<'_, ()> {
        let news = Some(Change::Keys);
        Box::pin(self.change(rules, log, news, |tx, rules| Box::pin(workspaces::set_platform(tx, rules))))
    }

    fn create_key(&self, row: KeyRow, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change(row, log, Some(Change::Keys), |tx, row| Box::pin(keys::create(tx, row))))
    }

    fn list_keys(&self, which: WhichKeys) -> Pending<'_, Vec<KeyRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(keys::list(tx, which)) as _)))
    }

    fn revoke_key(&self, id: KeyId, at: Timestamp, log: AuditEntry) -> Pending<'_, KeyRow> {
        Box::pin(
            self.change((id, at), log, Some(Change::Keys), |tx, (id, at)| Box::pin(keys::revoke(tx, *id, *at))),
        )
    }

    fn change_key(&self, change: KeyChange, log: AuditEntry) -> Pending<'_, KeyRow> {
        let news = Some(Change::Keys);
        Box::pin(self.change(change, log, news, |tx, change| Box::pin(keys::change(tx, change))))
    }

    fn rotate_key(&self, rotation: KeyRotation, log: AuditEntry) -> Pending<'_, KeyRow> {
        let news = Some(Change::Keys);
        Box::pin(self.change(rotation, log, news, |tx, rotation| Box::pin(keys::rotate(tx, rotation))))
    }

    fn touch_keys(&self, used: Vec<(KeyId, Timestamp)>) -> Pending<'_, ()> {
        let used = Arc::new(used);
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let used = Arc::clone(&used);
            Box::pin(async move { keys::touch(tx, &used).await })
        })))
    }

    fn create_operator_token(&self, row: OperatorTokenRow, log: AuditEntry) -> Pending<'_, ()> {
        let news = Some(Change::OperatorTokens);
        Box::pin(self.change(row, log, news, |tx, row| Box::pin(people::create_operator_token(tx, row))))
    }

    fn list_operator_tokens(&self) -> Pending<'_, Vec<OperatorTokenRow>> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(people::list_operator_tokens(tx)) as _)))
    }

    fn revoke_operator_token(&self, id: OperatorTokenId, at: Timestamp, log: AuditEntry) -> Pending<'_, ()> {
        let news = Some(Change::OperatorTokens);
        Box::pin(
            self.change((id, at), log, news, |tx, (id, at)| Box::pin(people::revoke_operator_token(tx, *id, *at))),
        )
    }

    fn load_catalogue(&self) -> Pending<'_, CatalogueRows> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(catalogue::load(tx)) as _)))
    }

    fn replace_catalogue(&self, rows: CatalogueRows, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change(rows, log, Some(Change::Catalogue), |tx, rows| Box::pin(catalogue::replace(tx, rows))))
    }

    fn find_price(&self, id: PriceId) -> Pending<'_, Option<PriceRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(catalogue::find_price(tx, id)) as _)))
    }

    fn page_usage(&self, filter: UsageFilter) -> Pending<'_, Vec<UsageRow>> {
        Box::pin(async {
            // Records that still wait for company are shown too.
            self.shared.barrier().await?;
            let filter = Arc::new(filter);
            self.shared
                .db
                .read(Arc::new(move |tx| {
                    let filter = Arc::clone(&filter);
                    Box::pin(async move { usage::page(tx, &filter).await })
                }))
                .await
        })
    }

    fn forget_usage(&self, before: i64, hours_before: Timestamp) -> Pending<'_, bool> {
        let db = &self.shared.db;
        Box::pin(db.write(Arc::new(move |tx| Box::pin(usage::forget(tx, before, hours_before)) as _)))
    }

    fn sum_usage(&self, filter: UsageFilter) -> Pending<'_, Sums> {
        Box::pin(async move {
            self.shared.barrier().await?;
            let filter = Arc::new(filter);
            self.shared
                .db
                .read(Arc::new(move |tx| {
                    let filter = Arc::clone(&filter);
                    Box::pin(async move { facts::sum_rows(tx, &filter).await })
                }))
                .await
        })
    }

    fn ask_facts(&self, ask: FactsAsk) -> Pending<'_, Facts> {
        Box::pin(async move {
            self.shared.barrier().await?;
            let ask = Arc::new(ask);
            self.shared
                .db
                .read(Arc::new(move |tx| {
                    let ask = Arc::clone(&ask);
                    Box::pin(async move { facts::ask(tx, &ask).await })
                }))
                .await
        })
    }

    fn count_requests(&self, day: i64, workspace: Option<WorkspaceId>) -> Pending<'_, Vec<DayCount>> {
        let db = &self.shared.db;
        Box::pin(db.read(Arc::new(move |tx| Box::pin(usage::count_requests(tx, day, workspace)) as _)))
    }

    fn live_nodes(&self) -> Pending<'_, u32> {
        Box::pin(self.shared.db.read(Arc::new(|tx| Box::pin(node::live(tx)) as _)))
    }

    fn note(&self, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.change((), log, None, |_, ()| Box::pin(std::future::ready(Ok(())))))
    }

    fn page_log(&self, filter: LogFilter) -> Pending<'_, LogPage> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(log::page(tx, filter)) as _)))
    }

    fn page_movements(&self, filter: MovementFilter) -> Pending<'_, Vec<Movement>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(look::movements(tx, filter)) as _)))
    }

    fn keep_answer(&self, row: AnswerRow, bytes_max: u64) -> Pending<'_, ()> {
        let row = Arc::new(row);
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let row = Arc::clone(&row);
            Box::pin(async move { answers::keep(tx, &row, bytes_max).await })
        })))
    }

    fn find_answer(&self, workspace: WorkspaceId, id: String, now: Timestamp) -> Pending<'_, Option<AnswerRow>> {
        let id: Arc<str> = id.into();
        Box::pin(self.shared.db.read(Arc::new(move |tx| {
            let id = Arc::clone(&id);
            Box::pin(async move { answers::find(tx, workspace, &id, now).await })
        })))
    }

    fn forget_answer(&self, workspace: WorkspaceId, id: String) -> Pending<'_, bool> {
        let id: Arc<str> = id.into();
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let id = Arc::clone(&id);
            Box::pin(async move { answers::forget(tx, workspace, &id).await })
        })))
    }

    fn sweep_answers(&self, now: Timestamp) -> Pending<'_, u64> {
        Box::pin(self.shared.db.write(Arc::new(move |tx| Box::pin(answers::sweep(tx, now)) as _)))
    }

    fn begin_once(&self, row: OnceRow, now: Timestamp) -> Pending<'_, Option<OnceRow>> {
        let row = Arc::new(row);
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let row = Arc::clone(&row);
            Box::pin(async move { once::begin(tx, &row, now).await })
        })))
    }

    fn end_once(&self, id: [u8; 32], turn: [u8; 16], sealed: Secret<Vec<u8>>) -> Pending<'_, ()> {
        let sealed = Arc::new(sealed);
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let sealed = Arc::clone(&sealed);
            Box::pin(async move { once::end(tx, &id, &turn, sealed.expose()).await })
        })))
    }

    fn forget_once(&self, id: [u8; 32], turn: [u8; 16]) -> Pending<'_, ()> {
        Box::pin(
            self.shared.db.write(Arc::new(move |tx| Box::pin(async move { once::forget(tx, &id, &turn).await }))),
        )
    }

    fn sweep_once(&self, now: Timestamp) -> Pending<'_, u64> {
        Box::pin(self.shared.db.write(Arc::new(move |tx| Box::pin(once::sweep(tx, now)) as _)))
    }

    fn begin_task(&self, row: TaskRow, held: bool) -> Pending<'_, ()> {
        let row = Arc::new(row);
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let row = Arc::clone(&row);
            Box::pin(async move { tasks::begin(tx, &row, held).await })
        })))
    }

    fn claim_tasks(&self, now: Timestamp, until: Timestamp, limit: u32) -> Pending<'_, Vec<TaskRow>> {
        let claim = tasks::Claim { now, until, limit, owner: self.shared.lease.lock().id };
        Box::pin(self.shared.db.write(Arc::new(move |tx| Box::pin(tasks::claim(tx, claim)) as _)))
    }

    fn put_off_task(&self, id: RequestId, next_at: Timestamp, document: String) -> Pending<'_, ()> {
        let document: Arc<str> = document.into();
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let document = Arc::clone(&document);
            Box::pin(async move { tasks::put_off(tx, id, next_at, &document).await })
        })))
    }

    fn end_task(&self, id: RequestId, end: TaskEnd) -> Pending<'_, bool> {
        let end = Arc::new(end);
        Box::pin(self.shared.db.write(Arc::new(move |tx| {
            let end = Arc::clone(&end);
            Box::pin(async move { tasks::end(tx, id, &end).await })
        })))
    }

    fn find_task(&self, workspace: WorkspaceId, id: RequestId, now: Timestamp) -> Pending<'_, Option<TaskRow>> {
        Box::pin(self.shared.db.read(Arc::new(move |tx| Box::pin(tasks::find(tx, workspace, id, now)) as _)))
    }

    fn sweep_tasks(&self, now: Timestamp) -> Pending<'_, u64> {
        Box::pin(self.shared.db.write(Arc::new(move |tx| Box::pin(tasks::sweep(tx, now)) as _)))
    }

    fn tell_usage(&self, news: UsageNews) -> Pending<'_, ()> {
        Box::pin(changes::tell_usage(&self.shared, news))
    }

    fn next_usage(&self) -> Pending<'_, UsageNews> {
        Box::pin(async move { Ok(self.shared.changes.next_usage().await) })
    }

    fn next_change(&self) -> Pending<'_, Change> {
        Box::pin(async { Ok(self.shared.changes.next().await) })
    }
}
