//! What secrets are sealed with, changed by an operator. In: that somebody asks for it. Out: how far it is. Never here: how it is done
//! (reseal), another master key (the binary: it never comes over the network).

use super::operator::Operator;
use super::problem::Problem;
use super::read::Answer;
use crate::house::Worker;
use crate::limits::RESEAL_TURN;
use crate::reseal::SealError;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// How far a change of keys is.
#[derive(Serialize, JsonSchema)]
pub struct Resealing {
    /// The number of the key that secrets are sealed with.
    key: u32,
    /// Whether this request made that key; else it went on with what is under way.
    made: bool,
    /// So many secrets were sealed anew by this request.
    resealed: u64,
    /// So many open with no key, and stay as they are.
    unreadable: u64,
    /// Whether nothing is left; until then ask again.
    finished: bool,
}

/// `POST /secrets/rotate`: a new key, and as much sealed with it as a few seconds allow.
pub async fn rotate(State(worker): State<Worker>, operator: Operator) -> Result<Answer, Problem> {
    let house = &worker.house;
    let now = house.clock.now();
    let log = |key: u32| operator.did(now, "secrets.rotate", "keyring".to_owned(), &json!({ "key": key }));
    let made = house.new_seal(log).await.map_err(problem)?;
    let progress = house.reseal(now.plus(RESEAL_TURN)).await.map_err(problem)?;
    Ok(Answer::ok(&Resealing {
        key: house.vault.ring().0.newest(),
        made,
        resealed: progress.resealed,
        unreadable: progress.unreadable,
        finished: progress.finished,
    }))
}

fn problem(error: SealError) -> Problem {
    match error {
        SealError::Store(error) => error.into(),
        SealError::House(error) => error.into(),
        SealError::OtherMaster(_) => Problem::conflict(error.to_string()),
    }
}
