//! The doors of a surface: paths, methods, and what stands behind each. In: requests. Out: the pipeline's answers.
//! Never here: a decision about a request (pipeline), a body's shape beyond lists (models, key).

mod account;
mod health;
mod models;

use crate::entry::{Door, Entry};
use crate::house::Worker;
use crate::pipeline;
use crate::respond::into_axum;
use crate::surface::Surface;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{MethodRouter, any, get, post};
use canon::{Dialect, Fault, FaultKind};
use dialect::fault::Style;
use http::{HeaderValue, Method, Request, Response};

/// Every path of the server, for one worker.
pub fn router(worker: Worker) -> Router {
    let mut router = Router::new().nest("/api/manage", crate::api::router(&worker));
    for surface in worker.house.surfaces {
        router = open(router, surface);
    }
    health::add(router).fallback(any(nowhere)).with_state(worker)
}

/// Adds a surface's paths, each whole: nesting would take every request's path apart and build it again.
fn open(router: Router<Worker>, surface: &'static Surface) -> Router<Worker> {
    let at = |path: &str| format!("{}{path}", surface.base);
    let call = |dialect: Dialect, endpoint: &'static str| {
        let door = Door { surface, endpoint, dialect: Some(dialect) };
        let serve = post(move |State(worker): State<Worker>, request: Request<Body>| {
            pipeline::serve(worker, door, dialect, request)
        });
        only(door, "POST", serve)
    };
    let door = |endpoint| Door { surface, endpoint, dialect: None };
    let (list, one, key, lost) = (door("models.list"), door("models.get"), door("key"), door("unknown"));
    let identity = || only(key, "GET", get(move |s, r| account::key(key, s, r)));
    router
        .route(&at("/chat/completions"), call(Dialect::OpenAiChat, "chat.completions"))
        .route(&at("/messages"), call(Dialect::Anthropic, "messages"))
        .route(&at("/models"), only(list, "GET", get(move |s, r| models::list(list, s, r))))
        // Ids may hold slashes (`vendor/model`).
        .route(&at("/models/{*id}"), only(one, "GET", get(move |s, p, r| models::one(one, s, p, r))))
        .route(&at("/key"), identity())
        .route(&at("/me"), identity())
        .route(
            &at("/{*rest}"),
            any(move |State(worker): State<Worker>, request: Request<Body>| async move {
                unknown(&worker, lost, &request)
            }),
        )
}

/// The right method, or 405 with `Allow` and the method to use (R-API-15).
fn only(door: Door, allow: &'static str, right: MethodRouter<Worker>) -> MethodRouter<Worker> {
    right.fallback(move |State(worker): State<Worker>, request: Request<Body>| async move {
        let entry = Entry::new(&worker.house, door, request.headers());
        let told = format!("{} is not the method of this path; use {allow}.", shown(request.method()));
        let mut response = entry.fault(&Fault::new(FaultKind::MethodNotAllowed, told));
        response.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static(allow));
        into_axum(response)
    })
}

fn shown(method: &Method) -> &str {
    if method.as_str().len() <= 16 { method.as_str() } else { "This" }
}

fn unknown(worker: &Worker, door: Door, request: &Request<Body>) -> Response<Body> {
    let entry = Entry::new(&worker.house, door, request.headers());
    let base = door.surface.base;
    let told = format!(
        "There is no such path below {base}; model calls go to {base}/chat/completions or {base}/messages."
    );
    into_axum(entry.fault(&Fault::new(FaultKind::NotFound, told)))
}

/// A path below no surface.
async fn nowhere(State(worker): State<Worker>, request: Request<Body>) -> Response<Body> {
    static NONE: Surface =
        Surface { base: "", style: Style::OpenAi, chat_id_prefix: "chatcmpl-", anthropic_lists: false };
    let door = Door { surface: &NONE, endpoint: "unknown", dialect: None };
    let entry = Entry::new(&worker.house, door, request.headers());
    let bases: Vec<&str> = worker.house.surfaces.iter().map(|s| s.base).collect();
    let told = format!("There is no such path; the API is at {}.", bases.join(", "));
    into_axum(entry.fault(&Fault::new(FaultKind::NotFound, told)))
}
