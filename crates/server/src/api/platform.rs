//! The rules of the platform, by operators. In: a change. Out: the rules. Never here: what they mean (identify).

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Input};
use crate::house::Worker;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::port::Change;

/// What is to be another.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedPlatform {
    /// Whether the API is switched off for everybody (R-ACC-2).
    api_off: Option<bool>,
}

/// The rules of the platform.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "Platform")]
pub struct PlatformTold {
    /// Whether the API is switched off for everybody.
    api_off: bool,
}

/// `GET /platform`.
pub async fn show(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let rules = worker.house.store.load_platform().await?;
    Ok(Answer::ok(&object(rules.api_off)))
}

/// `PATCH /platform`.
pub async fn change(
    State(worker): State<Worker>,
    operator: Operator,
    Input(new): Input<ChangedPlatform>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut rules = house.store.load_platform().await?;
    let before = object(rules.api_off);
    if let Some(off) = new.api_off {
        rules.api_off = off;
    }
    let after = object(rules.api_off);
    let detail = json!({ "before": before, "after": after });
    let log = operator.did(house.clock.now(), "platform.change", "platform".to_owned(), &detail);
    house.store.set_platform(rules, log).await?;
    house.reload(Change::Keys).await?;
    Ok(Answer::ok(&after))
}

fn object(api_off: bool) -> PlatformTold {
    PlatformTold { api_off }
}
