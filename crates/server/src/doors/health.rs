//! What balancers, monitors and curious clients ask: alive, ready, metrics, the root. In: GET. Out: short texts.
//! Metrics tell what was charged, so they are for operators alone: behind a reverse proxy every peer is near, and being
//! near proves nothing. Never here: anything that needs an API key.

use super::only;
use crate::api::Operator;
use crate::entry::Door;
use crate::house::Worker;
use crate::limits::PING_TIME_MAX;
use axum::Router;
use axum::extract::State;
use axum::routing::{MethodRouter, get};
use http::{StatusCode, header::CONTENT_TYPE};

/// Adds the paths.
pub fn add(router: Router<Worker>) -> Router<Worker> {
    router
        // Claude Code asks HEAD / before its first call.
        .route("/", asked("root", get(|| async { "Tollgate\n" })))
        .route("/healthz", asked("healthz", get(|| async { "ok\n" })))
        .route("/readyz", asked("readyz", get(ready)))
        .route("/metrics", asked("metrics", get(metrics)))
}

fn asked(endpoint: &'static str, answer: MethodRouter<Worker>) -> MethodRouter<Worker> {
    only(Door::nowhere(endpoint), "GET", answer)
}

async fn ready(State(worker): State<Worker>) -> (StatusCode, String) {
    if worker.house.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n".into());
    }
    match tokio::time::timeout(PING_TIME_MAX, worker.house.store.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n".into()),
        Ok(Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the store is not available\n".into()),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n".into()),
    }
}

async fn metrics(State(worker): State<Worker>, _: Operator) -> ([(http::HeaderName, &'static str); 1], String) {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], worker.house.metrics.text(worker.house.log.dropped()))
}
