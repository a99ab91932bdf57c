//! What a workspace may ask for now, as its members read it: its tier, and what is left of each limit. In: a workspace. Out: readings
//! of the limiter; nothing is taken. Never here: which tier an account is in (allowed), the same for a key (account).

use crate::api::gate::Seated;
use crate::api::read::Answer;
use crate::house::Worker;
use crate::limit_told::AllLeft;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

/// What a workspace may ask for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Limits")]
pub struct LimitsTold {
    /// The tier's name; null where a tier publishes nothing.
    tier: Option<String>,
    #[serde(flatten)]
    left: AllLeft,
}

/// `GET /workspaces/{workspace}/limits`.
pub async fn show(State(worker): State<Worker>, seated: Seated) -> Answer {
    let house = &worker.house;
    let told = house.limits_of_account(&seated.seat.workspace, house.clock.now()).await;
    let left = told.as_ref().map(|told| told.left()).unwrap_or_default();
    Answer::ok(&LimitsTold { tier: told.map(|told| told.tier().to_owned()), left })
}
