//! What a provider says to a key that a workspace brought (R-ROUTE-8). In: how an attempt with it ended. Out: a note for people, and
//! a fault that tells whose key was refused, without a word of the provider's. Never here: which seat comes next.

use crate::live::LiveRoute;
use crate::relay::attempt::{Failed, Found};
use crate::relay::run::Run;
use canon::{Fault, FaultKind};
use dialect::fault::UpstreamClass;
use route::{Failure, Seat};
use store::port::OwnState;

/// Takes note of it. Other credentials than those of workspaces are the operator's affair.
pub fn heard(run: &Run, route: &LiveRoute, seat: Seat, found: &mut Result<Found, Failed>) {
    let Some(credential) = route.provider.credentials.get(seat.credential) else { return };
    let Some(said) = &credential.own else { return };
    let now = run.worker.house.clock.now();
    match found {
        Ok(_) => said.note(OwnState::Works, now),
        Err(Failed { fault, failure: Failure::Credential { retry_after: None }, cause }) => {
            said.note(OwnState::Refused, now);
            let ids = [
                ("credential.id", &*credential.id.to_string()),
                ("workspace.id", &*run.job.caller.workspace.to_string()),
            ];
            run.worker.house.log.info("own_key.refused", &ids);
            **fault = refused(&route.provider.provider.name, *cause == UpstreamClass::Billing.name());
        }
        Err(_) => {}
    }
}

fn refused(provider: &str, out_of_credit: bool) -> Fault {
    let told = match out_of_credit {
        false => format!(
            "The provider \"{provider}\" refused the key that this workspace brought to it; replace it, or remove it."
        ),
        true => format!(
            "The account behind this workspace's own key has no credit left at the provider \"{provider}\"."
        ),
    };
    Fault::new(FaultKind::ProviderKeyRefused, told)
}
