//! What a workspace may ask for now, as its members read it: its tier, and what is left of each limit. In: a workspace. Out: readings
//! of the limiter; nothing is taken. Never here: which tier an account is in (allowed), the same for a key (account).

use crate::api::gate::Seated;
use crate::api::read::Answer;
use crate::api::schema::Shown;
use crate::house::Worker;
use admit::Reading;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use units::Timestamp;

/// What a workspace may ask for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Limits")]
pub struct LimitsTold {
    /// The tier's name; null where a tier publishes nothing.
    tier: Option<String>,
    /// Null is no limit, or one that is not published.
    requests_per_minute: Option<Left>,
    /// The same.
    concurrent_requests: Option<Left>,
    /// The same, by UTC day.
    requests_per_day: Option<Left>,
}

/// What is left of a limit.
#[derive(Serialize, JsonSchema)]
pub struct Left {
    limit: u32,
    remaining: u32,
    /// When all of it is free; null where nothing is used, and of concurrent requests.
    reset_at: Option<Shown<Timestamp>>,
}

impl Left {
    fn of(reading: Reading) -> Self {
        let Reading { limit, remaining, free_at } = reading;
        Self { limit, remaining, reset_at: (remaining < limit).then_some(Shown(free_at)) }
    }
}

/// `GET /workspaces/{workspace}/limits`.
pub async fn show(State(worker): State<Worker>, seated: Seated) -> Answer {
    let house = &worker.house;
    let told = house.limits_of_account(&seated.seat.workspace, house.clock.now()).await;
    let readings = told.as_ref().map(|told| *told.readings()).unwrap_or_default();
    Answer::ok(&LimitsTold {
        tier: told.map(|told| told.tier().to_owned()),
        requests_per_minute: readings.requests.map(Left::of),
        // Nobody knows when an answer ends.
        concurrent_requests: readings.concurrent.map(|slots| Left { reset_at: None, ..Left::of(slots) }),
        requests_per_day: readings.day.map(Left::of),
    })
}
