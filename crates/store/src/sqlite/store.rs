//! The other door of the SQLite engine: each verb one transaction on the ledger thread, or one question to the reader.
//! In: the port's verbs. Out: rows. Never here: SQL, money.

use super::{
    Sqlite, answers, catalogue, facts, keys, log, look, once, people, sql_error, tasks, usage, workspaces,
};
use crate::port::{
    AnswerRow, AuditEntry, CatalogueRows, Change, DayCount, Facts, FactsAsk, KeyChange, KeyRotation, KeyRow,
    LogFilter, LogPage, Movement, MovementFilter, OnceRow, OperatorTokenRow, Pending, PriceRow, Store, TaskEnd,
    TaskRow, UsageFilter, UsageNews, WhichKeys, WorkspaceChange, WorkspaceRow,
};
use admit::PlatformRules;
use ledger::UsageRow;
use ledger::facts::Sums;
use units::{BootId, KeyId, OperatorTokenId, PriceId, RequestId, Secret, Timestamp, WorkspaceId};

impl Store for Sqlite {
    fn boot(&self) -> BootId {
        self.shared.boot
    }

    fn ping(&self) -> Pending<'_, ()> {
        Box::pin(async {
            self.shared.ready()?;
            self.reads.ask(|db| db.query_row("SELECT 1", [], |_| Ok(()))).await
        })
    }

    fn create_workspace(&self, row: WorkspaceRow, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| workspaces::create(tx, &row))))
    }

    fn list_workspaces(&self) -> Pending<'_, Vec<WorkspaceRow>> {
        Box::pin(self.reads.ask(workspaces::list))
    }

    fn change_workspace(&self, change: WorkspaceChange, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| workspaces::change(tx, &change))))
    }

    fn load_platform(&self) -> Pending<'_, PlatformRules> {
        Box::pin(self.reads.ask(workspaces::platform))
    }

    fn set_platform(&self, rules: PlatformRules, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| workspaces::set_platform(tx, &rules))))
    }

    fn create_key(&self, row: KeyRow, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| keys::create(tx, &row))))
    }

    fn list_keys(&self, which: WhichKeys) -> Pending<'_, Vec<KeyRow>> {
        Box::pin(self.reads.ask(move |db| keys::list(db, which)))
    }

    fn revoke_key(&self, id: KeyId, at: Timestamp, log: AuditEntry) -> Pending<'_, KeyRow> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| keys::revoke(tx, id, at))))
    }

    fn change_key(&self, change: KeyChange, log: AuditEntry) -> Pending<'_, KeyRow> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| keys::change(tx, &change))))
    }

    fn rotate_key(&self, rotation: KeyRotation, log: AuditEntry) -> Pending<'_, KeyRow> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| keys::rotate(tx, &rotation))))
    }

    fn touch_keys(&self, used: Vec<(KeyId, Timestamp)>) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| keys::touch(db, &used)))
    }

    fn create_operator_token(&self, row: OperatorTokenRow, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| people::create_operator_token(tx, &row))))
    }

    fn list_operator_tokens(&self) -> Pending<'_, Vec<OperatorTokenRow>> {
        Box::pin(self.reads.ask(people::list_operator_tokens))
    }

    fn revoke_operator_token(&self, id: OperatorTokenId, at: Timestamp, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| people::revoke_operator_token(tx, id, at))))
    }

    fn load_catalogue(&self) -> Pending<'_, CatalogueRows> {
        Box::pin(self.reads.ask(catalogue::load))
    }

    fn replace_catalogue(&self, rows: CatalogueRows, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |tx| catalogue::replace(tx, &rows))))
    }

    fn find_price(&self, id: PriceId) -> Pending<'_, Option<PriceRow>> {
        Box::pin(self.reads.ask(move |db| catalogue::find_price(db, id)))
    }

    fn page_usage(&self, filter: UsageFilter) -> Pending<'_, Vec<UsageRow>> {
        Box::pin(async move {
            self.shared.rows_are_there(&filter).await?;
            self.reports.ask(move |db| usage::page(db, &filter)).await
        })
    }

    fn forget_usage(&self, before: i64, hours_before: Timestamp) -> Pending<'_, bool> {
        Box::pin(self.shared.write(move |db| usage::forget(db, before, hours_before).map_err(sql_error)))
    }

    fn sum_usage(&self, filter: UsageFilter) -> Pending<'_, Sums> {
        Box::pin(async move {
            self.shared.rows_are_there(&filter).await?;
            self.reports.ask(move |db| facts::sum_rows(db, &filter)).await
        })
    }

    fn ask_facts(&self, ask: FactsAsk) -> Pending<'_, Facts> {
        Box::pin(async move {
            self.shared.summed().await?;
            self.reports.ask(move |db| facts::ask(db, &ask)).await
        })
    }

    fn count_requests(&self, day: i64, workspace: Option<WorkspaceId>) -> Pending<'_, Vec<DayCount>> {
        Box::pin(self.reads.ask(move |db| usage::count_requests(db, day, workspace)))
    }

    fn live_nodes(&self) -> Pending<'_, u32> {
        Box::pin(std::future::ready(Ok(1)))
    }

    fn note(&self, log: AuditEntry) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| log::logged(db, &log, |_| Ok(()))))
    }

    fn page_log(&self, filter: LogFilter) -> Pending<'_, LogPage> {
        Box::pin(self.reads.ask(move |db| log::page(db, &filter)))
    }

    fn page_movements(&self, filter: MovementFilter) -> Pending<'_, Vec<Movement>> {
        Box::pin(async move {
            // What was swept in memory is told too.
            self.shared.barrier().await?;
            self.reports.ask(move |db| look::movements(db, &filter)).await
        })
    }

    fn keep_answer(&self, row: AnswerRow, bytes_max: u64) -> Pending<'_, ()> {
        Box::pin(answers::keep(&self.answers, row, bytes_max))
    }

    fn find_answer(&self, workspace: WorkspaceId, id: String, now: Timestamp) -> Pending<'_, Option<AnswerRow>> {
        Box::pin(answers::find(&self.answers, workspace, id, now))
    }

    fn forget_answer(&self, workspace: WorkspaceId, id: String) -> Pending<'_, bool> {
        Box::pin(answers::forget(&self.answers, workspace, id))
    }

    fn sweep_answers(&self, now: Timestamp) -> Pending<'_, u64> {
        Box::pin(answers::sweep(&self.answers, now))
    }

    fn begin_once(&self, row: OnceRow, now: Timestamp) -> Pending<'_, Option<OnceRow>> {
        Box::pin(self.shared.write(move |db| once::begin(db, &row, now).map_err(sql_error)))
    }

    fn end_once(&self, id: [u8; 32], turn: [u8; 16], sealed: Secret<Vec<u8>>) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| once::end(db, id, turn, sealed.expose()).map_err(sql_error)))
    }

    fn forget_once(&self, id: [u8; 32], turn: [u8; 16]) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| once::forget(db, id, turn).map_err(sql_error)))
    }

    fn sweep_once(&self, now: Timestamp) -> Pending<'_, u64> {
        Box::pin(self.shared.write(move |db| once::sweep(db, now).map_err(sql_error)))
    }

    fn begin_task(&self, row: TaskRow, held: bool) -> Pending<'_, ()> {
        Box::pin(self.shared.begin_task(row, held))
    }

    fn claim_tasks(&self, now: Timestamp, until: Timestamp, limit: u32) -> Pending<'_, Vec<TaskRow>> {
        Box::pin(async move {
            // Mostly nothing is due, and that is no reason to write.
            if !self.reads.ask(move |db| tasks::is_due(db, now)).await? {
                return Ok(Vec::new());
            }
            self.shared.write(move |db| tasks::claim(db, now, until, limit).map_err(sql_error)).await
        })
    }

    fn put_off_task(&self, id: RequestId, next_at: Timestamp, document: String) -> Pending<'_, ()> {
        Box::pin(self.shared.write(move |db| tasks::put_off(db, id, next_at, &document).map_err(sql_error)))
    }

    fn end_task(&self, id: RequestId, end: TaskEnd) -> Pending<'_, bool> {
        Box::pin(self.shared.write(move |db| tasks::end(db, id, &end).map_err(sql_error)))
    }

    fn find_task(&self, workspace: WorkspaceId, id: RequestId, now: Timestamp) -> Pending<'_, Option<TaskRow>> {
        Box::pin(self.reads.ask(move |db| tasks::find(db, workspace, id, now)))
    }

    fn sweep_tasks(&self, now: Timestamp) -> Pending<'_, u64> {
        Box::pin(self.shared.write(move |db| tasks::sweep(db, now).map_err(sql_error)))
    }

    fn tell_usage(&self, _: UsageNews) -> Pending<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn next_usage(&self) -> Pending<'_, UsageNews> {
        Box::pin(std::future::pending())
    }

    fn next_change(&self) -> Pending<'_, Change> {
        // One process: nobody else changes anything.
        Box::pin(std::future::pending())
    }
}
