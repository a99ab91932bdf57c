//! Passing on an answer that is not streamed. In: a whole answer. Out: its body, after the charge is durable.
//! Never here: what the answer looks like (lane), which usage counts (usage).

use crate::relay::attempt::Whole;
use crate::relay::finish::Ending;
use crate::relay::run::Run;
use crate::relay::tab::Tab;
use crate::relay::usage::truth;
use crate::viewer::Slot;
use http::StatusCode;

/// Settles, then sends.
pub async fn pass(mut run: Run, mut tab: Tab, whole: Whole, slot: &Slot) {
    let Whole { answer, losses, first_byte_ms } = whole;
    run.first_byte_ms = Some(first_byte_ms);
    run.losses = losses;
    if let Some(made) = answer.made() {
        tab.price_of(made);
    }
    let usage = truth(&run.job, answer.tally(), answer.tally().text_bytes(), false);
    let ending = Ending { usage, partial: false, client_gone: slot.is_gone(), fault: None };
    match run.settle(tab, &ending).await {
        Ok(()) => {
            let body = answer.seal(&usage.0, usage.1);
            run.keep(&body).await;
            slot.whole(run.job.entry.json(StatusCode::OK, body, &run.losses));
        }
        Err(fault) => slot.whole(run.job.entry.fault(&fault)),
    }
}
