//! The keeper of tasks: asks providers how theirs stand until each has ended or its time is over, on one worker of each node. In:
//! tasks that are due. Out: pictures kept, holds settled or given back, tasks ended. Whatever breaks in between is found again
//! by the next turn: closing a hold twice changes nothing. Never here: a client, beginning a task (relay).

use super::Document;
use crate::assets;
use crate::house::{House, Worker};
use crate::limits::{
    ASSET_BYTES_MAX, TASK_ANSWER_BYTES_MAX, TASK_ASK_TIME_MAX, TASK_LEASE, TASK_LOOK_EVERY, TASK_TURN_TIME_MAX,
    TASK_TURN_WAIT, TASK_WAIT, TASKS_AT_ONCE,
};
use crate::live::LiveProvider;
use crate::log::{Level, Value};
use crate::upstream::Call;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use canon::FaultKind;
use dialect::tasks::{Picture, TaskShape, TaskState, read_state, task_path};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::StatusCode;
use ledger::{HoldState, SettleAnswer, SettleOrder, UsageRow};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::port::{StoreError, TaskEnd, TaskRow, TaskState as Stands};
use tokio::time::timeout;
use units::{Class, NanoUsd, Timestamp};

/// Looks after tasks, for ever.
pub async fn keep(worker: Worker) {
    let house = worker.house.clone();
    // Each by itself: a provider that takes its time holds up no other's tasks.
    let mut turns = FuturesUnordered::new();
    loop {
        let free = TASKS_AT_ONCE.saturating_sub(u32::try_from(turns.len()).unwrap_or(u32::MAX));
        let now = house.clock.now();
        if free > 0 {
            match house.store.claim_tasks(now, now.plus(TASK_LEASE), free).await {
                Ok(due) => turns.extend(due.into_iter().map(|task| turn(&worker, task))),
                Err(error) => house.log.warn("task.not_claimed", &[("error", &error.to_string())]),
            }
        }
        tokio::select! {
            Some(()) = turns.next() => {}
            () = house.task_begun.notified(), if free > 0 => {}
            () = tokio::time::sleep(TASK_LOOK_EVERY) => {}
        }
    }
}

/// One task's turn. What it does not get to is found by a later one.
async fn turn(worker: &Worker, task: TaskRow) {
    let house = &worker.house;
    let log = |error: &dyn std::fmt::Display| {
        house.log.warn("task.put_off", &[("task.id", &task.id.to_string()), ("error", &error.to_string())]);
    };
    match timeout(TASK_TURN_TIME_MAX, look_after(worker, &task)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log(&error),
        Err(_) => log(&"it took too long"),
    }
}

async fn look_after(worker: &Worker, task: &TaskRow) -> Result<(), StoreError> {
    let house = &worker.house;
    let now = house.clock.now();
    let Some(mut document) = Document::read(task) else {
        // Nobody could ever end it otherwise, and its hold would stay.
        house.log.error("task.unreadable", &[("task.id", &task.id.to_string())]);
        house.ledger.release(task.id, None).await?;
        return end(house, task, Stands::Failed, task.document.clone()).await;
    };
    if now >= document.deadline() {
        return fail(house, task, &document, FaultKind::Timeout).await;
    }
    let provider = house.catalogue.load().providers.get(&*document.provider).cloned();
    let Some(provider) = provider else {
        return put_off(house, task, document, "its provider is not in the catalogue").await;
    };
    let Ok(_turn) = provider.asking.try_acquire() else {
        return house.store.put_off_task(task.id, now.plus(TASK_TURN_WAIT), task.document.clone()).await;
    };
    match ask(worker, &provider, &document).await {
        Ok(TaskState::Failed) => fail(house, task, &document, FaultKind::UpstreamFailed).await,
        Ok(TaskState::Succeeded(pictures)) => {
            match take_in(worker, &provider, (task, &mut document), pictures).await {
                Ok(pictures) => {
                    succeed(house, task, Document { pictures, brought: BTreeMap::new(), ..document }).await
                }
                Err(error) => put_off(house, task, document, &error).await,
            }
        }
        Ok(TaskState::Pending) => put_off(house, task, document, "").await,
        Err(error) => put_off(house, task, document, error).await,
    }
}

/// Looks again later: the older it is, the later.
async fn put_off(house: &House, task: &TaskRow, document: Document, error: &str) -> Result<(), StoreError> {
    if !error.is_empty() {
        house.log.warn("task.put_off", &[("task.id", &task.id.to_string()), ("error", error)]);
    }
    let now = house.clock.now();
    house.store.put_off_task(task.id, next_look(task.created_at, now), document.text()).await
}

/// When a task is looked after next.
pub fn next_look(created_at: Timestamp, now: Timestamp) -> Timestamp {
    let age: Duration = now.since(created_at);
    now.plus((age / 5).clamp(TASK_WAIT.0, TASK_WAIT.1))
}

/// Asks the provider how a task stands. The error is a word for the log: no text of a provider.
async fn ask(worker: &Worker, provider: &LiveProvider, document: &Document) -> Result<TaskState, &'static str> {
    let shape = provider.tasks.as_ref().ok_or("its provider has no tasks")?;
    timeout(TASK_ASK_TIME_MAX, ask_of(worker, provider, shape, document)).await.map_err(|_| "no answer in time")?
}

async fn ask_of(
    worker: &Worker,
    provider: &LiveProvider,
    shape: &TaskShape,
    document: &Document,
) -> Result<TaskState, &'static str> {
    // The account that began it, while there is one.
    let credential = provider.credentials.iter().position(|own| own.id == document.credential).unwrap_or(0);
    let path = task_path(shape, &document.upstream_task);
    let endpoint = provider.question(credential, &path).ok_or("its path is no address")?;
    let call = Call { endpoint: &endpoint, headers: &[], body: Bytes::new() };
    let mut answer = worker.upstream.send(call).await.map_err(|_| "no connection")?;
    if answer.status != StatusCode::OK || answer.heard.encoded {
        return Err("an answer that is none");
    }
    let body = answer.body.whole(TASK_ANSWER_BYTES_MAX).await.map_err(|_| "the answer broke off")?;
    read_state(shape, document.count, &body).map_err(|fault| fault.name())
}

/// Keeps the pictures of a task under ids of ours; those that were kept by an earlier turn are not brought again.
async fn take_in(
    worker: &Worker,
    provider: &LiveProvider,
    (task, document): (&TaskRow, &mut Document),
    pictures: Vec<Picture>,
) -> Result<Vec<String>, String> {
    let mut ids = Vec::with_capacity(pictures.len());
    for (n, picture) in pictures.into_iter().enumerate() {
        let name = match &picture {
            Picture::Url(address) => address.clone(),
            Picture::Base64(_) => format!("#{n}"),
        };
        if let Some(id) = document.brought.get(&name) {
            ids.push(id.clone());
            continue;
        }
        let kept = match picture {
            Picture::Url(address) => assets::bring(worker, provider, task.workspace, &address).await,
            Picture::Base64(text) => assets::keep(worker, task.workspace, bytes_of(&text)?).await,
        };
        let id = kept.map_err(|error| error.to_string())?.to_string();
        document.brought.insert(name, id.clone());
        ids.push(id);
    }
    Ok(ids)
}

fn bytes_of(text: &str) -> Result<Bytes, String> {
    if text.len() / 4 * 3 > ASSET_BYTES_MAX {
        return Err("the picture is above the limit".to_owned());
    }
    STANDARD.decode(text).map(Bytes::from).map_err(|error| error.to_string())
}

/// Charges what came, then ends the task: whoever reads that it succeeded has paid.
async fn succeed(house: &Arc<House>, task: &TaskRow, document: Document) -> Result<(), StoreError> {
    let now = house.clock.now();
    let made = u32::try_from(document.pictures.len()).unwrap_or(u32::MAX);
    let mut row = document.row(task, now);
    let free = (units::Usage::NONE.with(Class::Images, u64::from(made)), units::UsageSource::Provider);
    (row.usage, row.source) = document.terms.as_ref().map_or(free, |terms| terms.usage(made));
    if document.is_held() {
        let cost = document.terms.as_ref().map_or(NanoUsd::ZERO, |terms| terms.cost(made));
        let order = SettleOrder { id: task.id, cost, usage: row.clone() };
        match house.ledger.settle(order).await? {
            // Now, or by a turn before this one that broke before it could say so.
            SettleAnswer::Settled { charged, .. } | SettleAnswer::Already(HoldState::Settled { charged }) => {
                row.charge = charged;
            }
            SettleAnswer::Already(state) => return lost(house, task, &document, state).await,
        }
    } else {
        house.ledger.record(row.clone());
    }
    end(house, task, Stands::Succeeded, document.text()).await?;
    tell(house, &row, None);
    Ok(())
}

/// The hold is gone, so the pictures cannot be charged: they are not given out either.
async fn lost(house: &House, task: &TaskRow, document: &Document, state: HoldState) -> Result<(), StoreError> {
    let cost = document.terms.as_ref().map_or(NanoUsd::ZERO, |terms| terms.cost(document.count));
    house.log.error(
        "charge.lost",
        &[("request.id", &task.id.to_string()), ("cost.usd", &cost.to_string()), ("hold", &format!("{state:?}"))],
    );
    end(house, task, Stands::Failed, Document { pictures: Vec::new(), ..document.clone() }.text()).await
}

/// Gives the hold back, then ends the task.
async fn fail(house: &House, task: &TaskRow, document: &Document, kind: FaultKind) -> Result<(), StoreError> {
    let row = UsageRow {
        status: dialect::fault::status(kind),
        fault: Some(kind.name()),
        ..document.row(task, house.clock.now())
    };
    match document.is_held() {
        true => drop(house.ledger.release(task.id, Some(row.clone())).await?),
        false => house.ledger.record(row.clone()),
    }
    end(house, task, Stands::Failed, document.text()).await?;
    tell(house, &row, Some(kind));
    Ok(())
}

async fn end(house: &House, task: &TaskRow, state: Stands, document: String) -> Result<(), StoreError> {
    let vanishes_at = house.clock.now().plus(house.settings.assets.kept_for);
    house.store.end_task(task.id, TaskEnd { state, vanishes_at, document }).await.map(drop)
}

/// Tells log and metrics how a task ended (docs/LOG.md).
fn tell(house: &House, row: &UsageRow, fault: Option<FaultKind>) {
    house.metrics.count_task(row);
    house.live_rows.ended(row);
    let level = if fault.is_some() { Level::Warn } else { Level::Info };
    let images = i64::try_from(row.usage.count(Class::Images)).unwrap_or(i64::MAX);
    house.log.line(level, "task.done", |line| {
        line.put_plain("request.id", row.request.text().as_str());
        line.put("model", &Value::Text(&row.model));
        line.put("images", &Value::Number(images));
        line.put("charge.nano_usd", &Value::Number(row.charge.nano()));
        line.put("latency_ms", &Value::Number(i64::from(row.latency_ms)));
        if let Some(kind) = fault {
            line.put("fault", &Value::Text(kind.name()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_task_is_looked_after_less_often() {
        let at = |seconds: i64| Timestamp::from_ms(seconds * 1_000);
        let wait = |age: i64| next_look(at(0), at(age)).since(at(age));
        assert_eq!(wait(0), TASK_WAIT.0);
        assert_eq!(wait(20), Duration::from_secs(4));
        assert_eq!(wait(3_600), TASK_WAIT.1);
    }
}
