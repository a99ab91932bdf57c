//! What balancers and monitors ask: alive, ready, metrics. In: GET. Out: short texts.
//! Metrics tell what was charged, so they are for operators alone, or for whoever reaches an address of their own: behind
//! a reverse proxy every peer is near, and being near proves nothing. Never here: anything that needs an API key.

use super::only;
use crate::api::Problem;
use crate::entry::Door;
use crate::house::{House, Worker};
use crate::limits::PING_TIME_MAX;
use crate::people::principal_of;
use crate::visit;
use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use http::{HeaderMap, HeaderName, StatusCode, header::CONTENT_TYPE};
use std::sync::Arc;
use tokio::net::TcpListener;

const ALIVE: &str = "ok\n";

/// Metrics as they are sent.
type Numbers = ([(HeaderName, &'static str); 1], String);

/// Adds the paths.
pub fn add(router: Router<Worker>, house: &Arc<House>) -> Router<Worker> {
    let asked = |endpoint, answer: MethodRouter<Worker>| {
        let door = Door::nowhere(house, endpoint);
        only(door, "GET", answer.layer(from_fn_with_state((house.clone(), door), visit::attend)))
    };
    router
        .route("/healthz", asked("healthz", get(|| async { ALIVE })))
        .route("/readyz", asked("readyz", get(ready)))
        .route("/metrics", asked("metrics", get(metrics)))
}

/// Answers monitors on an address of their own, for ever: whoever reaches it needs no token (`metrics.listen`).
pub async fn answer_monitors(listener: TcpListener, house: Arc<House>) {
    let attend = from_fn_with_state((house.clone(), Door::nowhere(&house, visit::UNKNOWN)), visit::attend);
    let router = Router::new()
        .route("/healthz", get(|| async { ALIVE }))
        .route("/readyz", get(async |State(house): State<Arc<House>>| readiness(&house).await))
        .route("/metrics", get(async |State(house): State<Arc<House>>| numbers(&house).await))
        .layer(attend)
        .with_state(house);
    // It ends with the process: a connection that fails is the monitor's affair.
    let _ = axum::serve(listener, router).await;
}

async fn ready(State(worker): State<Worker>) -> (StatusCode, String) {
    readiness(&worker.house).await
}

async fn metrics(State(worker): State<Worker>, headers: HeaderMap) -> Result<Numbers, Problem> {
    let principal = principal_of(&worker.house, &headers, None).await;
    if principal.is_operator() { Ok(numbers(&worker.house).await) } else { Err(Problem::unauthorized()) }
}

async fn readiness(house: &House) -> (StatusCode, String) {
    if house.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n".into());
    }
    match tokio::time::timeout(PING_TIME_MAX, house.store.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n".into()),
        Ok(Err(_)) => (StatusCode::SERVICE_UNAVAILABLE, "the store is not available\n".into()),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n".into()),
    }
}

async fn numbers(house: &House) -> Numbers {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], house.numbers().await)
}
