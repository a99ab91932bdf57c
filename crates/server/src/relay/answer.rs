//! Passing on an answer that is not streamed. In: a whole answer. Out: its body, after the charge is durable.
//! Never here: what the answer looks like (lane), which usage counts (usage).

use crate::assets;
use crate::relay::attempt::Whole;
use crate::relay::finish::Ending;
use crate::relay::run::Run;
use crate::relay::tab::Tab;
use crate::relay::usage::truth;
use crate::viewer::Slot;
use canon::Fault;
use dialect::lane::Answer;
use futures_util::future::try_join_all;
use http::StatusCode;

/// Settles, then sends.
pub async fn pass(mut run: Run, mut tab: Tab, whole: Whole, slot: &Slot) {
    let Whole { mut answer, losses, first_byte_ms } = whole;
    run.first_byte_ms = Some(first_byte_ms);
    run.losses = losses;
    if let Some(made) = answer.made() {
        tab.price_of(made);
    }
    if let Err(fault) = take_in(&run, &mut answer).await {
        run.cause = Some("pictures_not_kept");
        return run.fail(tab, fault, slot).await;
    }
    let usage = truth(&run.job, answer.tally(), answer.tally().text_bytes(), false);
    if let Some(trace) = &run.job.entry.trace {
        trace.stopped(answer.tally());
    }
    let ending = Ending { usage, partial: false, client_gone: slot.is_gone(), fault: None };
    match run.settle(tab, &ending).await {
        Ok(()) => {
            answer.ended_at(run.worker.house.clock.now().seconds());
            let body = answer.seal(&usage.0, usage.1);
            run.keep(&body).await;
            slot.whole(run.job.entry.json(StatusCode::OK, body, &run.losses));
        }
        Err(fault) => slot.whole(run.job.entry.fault(&fault)),
    }
}

/// Pictures that the provider told by its own addresses are kept here, and told by ours. Where that fails, nobody could fetch
/// them, so nobody pays for them.
async fn take_in(run: &Run, answer: &mut Answer) -> Result<(), Fault> {
    let addresses: Vec<String> = answer.addresses().into_iter().map(str::to_owned).collect();
    let Some(route) = run.route.and_then(|n| run.job.model.routes.get(n)).filter(|_| !addresses.is_empty()) else {
        return Ok(());
    };
    let (worker, job) = (&run.worker, &run.job);
    let base = &*job.entry.door.surface.base;
    let one = |address: String| async move {
        let id = assets::bring(worker, &route.provider, job.caller.workspace, &address).await?;
        Ok(assets::link(&worker.house, &job.origin, base, id, worker.house.clock.now()))
    };
    let ours = try_join_all(addresses.into_iter().map(one)).await.map_err(assets::AssetFault::told)?;
    answer.readdress(&ours);
    Ok(())
}
