//! Another model in the place of one that cannot serve (R-ROUTE-7): the next of those that the caller wants is fitted, priced and
//! authorised anew. In: a run whose model is exhausted, its tab. Out: the same run for another model, or nothing.
//! Never here: which models a caller wants (asked), trying routes (find).

use crate::pipeline::{Fitted, fit};
use crate::relay::run::Run;
use crate::relay::tab::Tab;
use canon::{Fault, FaultKind, Retry};
use limits::Permit;
use std::sync::Arc;
use units::Tokens;

/// Whether a fault says that a model cannot serve just now, and not that the request is wrong.
pub fn exhausted(fault: &Fault) -> bool {
    match fault.kind {
        FaultKind::NoRoute
        | FaultKind::Unavailable
        | FaultKind::Overloaded
        | FaultKind::UpstreamFailed
        // The workspace's own key was refused: the house's may do.
        | FaultKind::ProviderKeyRefused => true,
        // The whole time ran out where trying again is not told to help.
        FaultKind::Timeout => fault.retry != Retry::Never,
        _ => false,
    }
}

/// Makes the run one for the next model that takes the request and that the caller can pay. Says which limit of the answer must
/// be inserted; `None` where no model is left.
pub async fn next(run: &mut Run, tab: &mut Tab) -> Option<Option<Tokens>> {
    while let Some(model) = run.job.instead.pop_front() {
        let Ok(fitted) = fit(&run.worker.house, &run.job.peek, &run.job.body, &model) else { continue };
        // Another place for the same model was admitted with the first.
        let known = model.model.id == run.job.model.model.id;
        let permit = if known { Ok(None) } else { run.worker.house.permit_instead(&run.job, &model).await };
        let Ok(mut permit) = permit else { continue };
        let Fitted { peek, passed_over, terms, decoded } = fitted;
        let before = std::mem::replace(&mut run.job.model, Arc::clone(&model));
        (run.job.peek, run.job.passed_over, run.job.terms) = (peek, passed_over, terms);
        run.job.decoded = decoded;
        if let Ok(insert) = tab.turn_to(&run.worker.house, &run.job).await {
            let ids = [
                ("request.id", &*run.job.entry.id.to_string()),
                ("model", &before.model.id),
                ("instead", &model.model.id),
            ];
            run.worker.house.log.info("model.fell_back", &ids);
            (run.price, run.tried_before) = (tab.price(), run.attempts);
            run.job.permits.get_mut().extend(permit);
            return Some(insert);
        }
        permit.iter_mut().for_each(Permit::give_back_day);
    }
    None
}
