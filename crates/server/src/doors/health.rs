//! What balancers, monitors and curious clients ask: alive, ready, metrics, the root. In: GET. Out: short texts.
//! Never here: anything that needs a key or tells about customers.

use crate::house::Worker;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::{StatusCode, header::CONTENT_TYPE};
use std::time::Duration;

/// A store that does not answer within this is not ready.
const PING_TIME_MAX: Duration = Duration::from_secs(2);

/// Adds the paths.
pub fn add(router: Router<Worker>) -> Router<Worker> {
    router
        // Claude Code asks HEAD / before its first call.
        .route("/", get(|| async { "Tollgate\n" }))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
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

async fn metrics(State(worker): State<Worker>) -> ([(http::HeaderName, &'static str); 1], String) {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], worker.house.metrics.text(worker.house.log.dropped()))
}
