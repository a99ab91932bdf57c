//! `/api/manage`: what operators and users do, for the commands and the console. In: an operator token or a session,
//! and JSON. Out: JSON, or RFC 9457 problems that name every field at once. Never here: money rules, model calls.

mod about;
mod account_limits;
mod account_models;
mod address_blocks;
mod books;
mod catalogue;
mod credit;
mod devices;
mod document;
mod fit;
mod gate;
mod idempotency;
mod install_tokens;
mod key_hand;
mod key_rules;
mod key_told;
mod keys;
mod log;
mod look;
mod management_keys;
mod operator;
mod own_providers;
mod page;
mod people;
mod platform;
mod problem;
mod read;
mod records;
mod routes;
mod schema;
mod search;
mod secrets;
mod system;
mod tokens;
mod typed;
mod usage;
mod workspace_rules;
mod workspaces;

pub use document::made as document_of_manage;
pub use idempotency::once_place;
pub use keys::new_key;
pub use operator::mint_operator_token;
pub use people::setup_token;
pub use problem::Problem;
pub use routes::{RouteTold, told as routes};
pub use schema::Shown;

use crate::entry::Door;
use crate::house::Worker;
use crate::surface::MANAGED;
use crate::visit;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::any;

/// `/api/manage` and all below.
pub fn router(worker: &Worker) -> Router<Worker> {
    let house = &worker.house;
    let door = Door { surface: &MANAGED, endpoint: visit::UNKNOWN, dialect: None };
    // Nesting leaves the bare folder to whoever comes next.
    let folder = format!("{}/", MANAGED.base);
    let folder = Router::new().route(&folder, any(|| async { Problem::not_found("path") }));
    let all = Router::new().nest(&MANAGED.base, routes::router(worker)).merge(folder);
    all.layer(from_fn_with_state((house.clone(), door), visit::attend))
}
