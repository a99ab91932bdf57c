//! `/api/manage`: what operators do, for the commands and later the console. In: an operator token and JSON.
//! Out: JSON, or RFC 9457 problems that name every field at once. Never here: money rules, model calls.

mod catalogue;
mod credit;
mod key_rules;
mod keys;
mod operator;
mod platform;
mod problem;
mod read;
mod records;
mod tokens;
mod workspaces;

pub use operator::{Operator, mint_operator_token};

use crate::entry::Door;
use crate::house::{House, Worker};
use crate::surface::MANAGED;
use crate::visit;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, delete, get, post};
use problem::Problem;
use std::sync::Arc;

/// `/api/manage` and all below.
pub fn router(house: &Arc<House>) -> Router<Worker> {
    let door = Door { surface: &MANAGED, endpoint: visit::UNKNOWN, dialect: None };
    // Nesting leaves the bare folder to whoever comes next.
    let folder = format!("{}/", MANAGED.base);
    let folder = Router::new().route(&folder, any(|| async { Problem::not_found("path") }));
    let all = Router::new().nest(&MANAGED.base, paths()).merge(folder);
    all.layer(from_fn_with_state((house.clone(), door), visit::attend))
}

fn paths() -> Router<Worker> {
    Router::new()
        .route("/whoami", get(operator::whoami))
        .route("/workspaces", get(workspaces::list).post(workspaces::create))
        .route("/workspaces/{workspace}", get(workspaces::show).patch(workspaces::change))
        .route("/platform", get(platform::show).patch(platform::change))
        .route("/workspaces/{workspace}/credit", post(credit::grant))
        .route("/keys", get(keys::list).post(keys::create))
        .route("/keys/{id}", get(keys::show).patch(keys::change).delete(keys::revoke))
        .route("/keys/{id}/rotate", post(keys::rotate))
        .route("/operator-tokens", get(tokens::list).post(tokens::create))
        .route("/operator-tokens/{id}", delete(tokens::revoke))
        .route("/catalogue", get(catalogue::show).put(catalogue::apply))
        .route("/providers", get(catalogue::providers))
        .route("/models", get(catalogue::models))
        .route("/usage", get(records::usage))
        .route("/audit", get(records::audit))
        .route("/log", get(records::log))
        .method_not_allowed_fallback(any(|| async { Problem::method() }))
        .fallback(any(|| async { Problem::not_found("path") }))
}
