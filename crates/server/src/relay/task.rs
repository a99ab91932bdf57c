//! A call whose pictures come later: it ends with a pending task. In: a task that a provider has begun. Out: a kept task that has
//! the call's hold, and what the client is told of it. Never here: how the task goes on (image_tasks).

use crate::image_tasks::{Document, TaskTerms, Where, next_look, told};
use crate::relay::attempt::BegunTask;
use crate::relay::finish::Ending;
use crate::relay::job::Terms;
use crate::relay::run::Run;
use crate::relay::tab::Tab;
use crate::relay::unpaid::unavailable;
use crate::relay::usage::prompt_estimate;
use crate::viewer::Slot;
use canon::{Fault, FaultKind};
use http::StatusCode;
use std::collections::BTreeMap;
use store::port::{TaskRow, TaskState};
use units::{Class, Usage, UsageSource};

/// Keeps the task, then tells the client. Where it cannot be kept, the call failed: the hold goes back.
pub async fn pass(mut run: Run, tab: Tab, begun: BegunTask, slot: &Slot) {
    run.losses = begun.losses.clone();
    run.first_byte_ms = Some(begun.first_byte_ms);
    let (row, document) = match kept(&run, &begun).await {
        Ok(kept) => kept,
        Err(fault) => return run.fail(tab, fault, slot).await,
    };
    tab.give_away(&run.worker.house).await;
    run.worker.house.task_begun.notify_one();
    let ending = Ending {
        usage: (Usage::NONE, UsageSource::None),
        partial: false,
        client_gone: slot.is_gone(),
        fault: None,
    };
    run.begun(&ending);
    let place = Where { origin: &run.job.origin, base: &run.job.entry.door.surface.base };
    let body = told(&run.worker.house, &row, &document, place, row.created_at);
    slot.whole(run.job.entry.json(StatusCode::OK, body, &run.losses));
}

/// Keeps it, and its hold with it.
async fn kept(run: &Run, begun: &BegunTask) -> Result<(TaskRow, Document), Fault> {
    let document = document(run, begun)?;
    let now = run.worker.house.clock.now();
    let row = TaskRow {
        id: run.job.entry.id,
        workspace: run.job.caller.workspace,
        state: TaskState::Pending,
        created_at: run.job.entry.at,
        next_at: next_look(now, now),
        vanishes_at: None,
        document: document.text(),
    };
    run.worker.house.store.begin_task(row.clone(), document.is_held()).await.map_err(unavailable)?;
    Ok((row, document))
}

fn unaccounted() -> Fault {
    Fault::new(FaultKind::Internal, "The task could not be accounted for.")
}

/// What is kept of it.
fn document(run: &Run, begun: &BegunTask) -> Result<Document, Fault> {
    let (job, house) = (&run.job, &run.worker.house);
    let route = run.route.and_then(|n| job.model.routes.get(n)).ok_or_else(unaccounted)?;
    let now = house.clock.now();
    Ok(Document {
        key: job.caller.id,
        model: String::from(&*job.model.model.id),
        provider: String::from(&*route.provider.provider.name),
        credential: begun.credential,
        upstream_model: String::from(&*route.model),
        upstream_task: begun.id.clone(),
        count: job.peek.pictures.count,
        terms: terms(run)?,
        counted: job.counts_requests(),
        attempts: run.attempts,
        client_request_id: job.entry.client_request_id.clone(),
        asked_model: run.asked_model().map(|name| name.to_string()),
        session: job.entry.session.as_deref().map(str::to_owned),
        client: job.entry.client.as_deref().map(str::to_owned),
        deadline_ms: now.plus(house.settings.task_time_max).ms(),
        pictures: Vec::new(),
        brought: BTreeMap::new(),
    })
}

/// What so many pictures cost, by the price that was held by.
fn terms(run: &Run) -> Result<Option<TaskTerms>, Fault> {
    let Terms::Billed(quote) = &run.job.terms else { return Ok(None) };
    let ordered = quote.ordered.as_ref().ok_or_else(unaccounted)?;
    let prompt = prompt_estimate(&run.job);
    let mut tokens = None;
    let mut costs = Vec::new();
    for made in 1..=ordered.count {
        let (usage, source) = ordered.usage(&Usage::NONE.with(Class::Images, made), prompt, &quote.rates);
        if source == UsageSource::Estimated {
            tokens = Some((prompt, ordered.tokens_each));
        }
        let cost = ledger::meter::charge(&usage, &quote.rates).map_err(|error| unaccounted().because(error))?;
        costs.push(cost.nano());
    }
    Ok(Some(TaskTerms { price: quote.price, costs, tokens }))
}
