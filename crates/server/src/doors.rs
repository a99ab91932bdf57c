//! The doors of a surface: paths, methods, and what stands behind each. In: requests. Out: the pipeline's answers.
//! Never here: a decision about a request (pipeline), a body's shape beyond lists (models, key).

mod account;
mod assets;
mod console;
mod count_tokens;
mod device;
mod document;
mod gemini;
mod health;
pub mod models;
mod pages;
mod responses;
mod tasks;

pub use console::FILE as CONSOLE_FILE;
pub use count_tokens::tokenizer;
pub use health::answer_monitors;

use crate::entry::{Door, ModelDoor, PathAsk};
use crate::house::{House, Worker};
use crate::limits::METHOD_BYTES_MAX;
use crate::pipeline;
use crate::surface::Surface;
use crate::visit::{UNKNOWN, Visit};
use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::routing::{MethodRouter, any, delete, get, post};
use canon::{Dialect, Fault, FaultKind};
use http::{HeaderValue, Method, Request, Response};
use responses::Ask;
use std::sync::Arc;
use tower::ServiceExt;

/// All doors of one worker. Model calls, which are nearly everything, are found by comparing a few paths; all else is
/// axum's.
#[derive(Clone)]
pub struct Front {
    worker: Worker,
    calls: Arc<[ModelCall]>,
    others: Router,
}

/// A path where models are called.
struct ModelCall {
    path: String,
    door: ModelDoor,
}

/// Endpoints that call models, below every surface.
const MODEL_CALLS: [(&str, &str, Dialect); 7] = [
    ("/chat/completions", "chat.completions", Dialect::OpenAiChat),
    ("/messages", "messages", Dialect::Anthropic),
    ("/responses", "responses", Dialect::OpenAiResponses),
    ("/completions", "completions", Dialect::Completions),
    ("/embeddings", "embeddings", Dialect::Embeddings),
    ("/images/generations", "images.generations", Dialect::Images),
    ("/images/edits", "images.edits", Dialect::ImageEdits),
];

/// Where requests are counted, below every surface.
const COUNTS: [(&str, &str, Dialect); 2] = [
    ("/messages/count_tokens", "count_tokens", Dialect::Anthropic),
    ("/responses/input_tokens", "input_tokens", Dialect::OpenAiResponses),
];

impl Front {
    /// Every path of the server, for one worker.
    pub fn new(worker: Worker) -> Self {
        let mut others = crate::api::router(&worker).merge(device::router(&worker));
        let mut calls = Vec::new();
        for surface in worker.house.surfaces.iter() {
            others = open(others, surface);
            calls.extend(model_calls(surface));
        }
        let others = pages::add(health::add(others, &worker.house), &worker.house);
        let others = console::add(others, &worker.house).fallback(any(nowhere)).with_state(worker.clone());
        Self { worker, calls: calls.into(), others }
    }

    /// The shared house.
    pub fn house(&self) -> Arc<House> {
        self.worker.house.clone()
    }

    /// Answers a request.
    pub async fn answer(self, mut request: Request<Body>) -> Response<Body> {
        let path = request.uri().path();
        if request.method() == Method::POST {
            if let Some(call) = self.calls.iter().find(|call| call.path == path) {
                return pipeline::serve(self.worker, call.door, PathAsk::default(), request).await;
            }
            if let Some((surface, method, ask)) = in_path(&self.worker, path, request.uri().query()) {
                if !surface.families.gemini {
                    return unknown(&self.worker, Door { surface, endpoint: UNKNOWN, dialect: None }, &request);
                }
                gemini::key_to_header(&mut request);
                let door = |endpoint| ModelDoor { surface, endpoint, dialect: Dialect::Gemini };
                return match method {
                    gemini::Method::Generate => {
                        pipeline::serve(self.worker, door("generate_content"), ask, request).await
                    }
                    gemini::Method::Count => {
                        count_tokens::count(door("count_tokens"), ask.model, State(self.worker), request).await
                    }
                    gemini::Method::Unknown => {
                        let visit = Visit::new(&self.worker.house, door(UNKNOWN).into(), &request);
                        visit.answer(None, Err(gemini::no_such_method(request.uri().path())))
                    }
                };
            }
        }
        let below = |surface: &Surface| {
            surface.families.gemini && surface.below(request.uri().path()).is_some_and(gemini::is_model)
        };
        if request.method() == Method::GET && self.worker.house.surfaces.iter().any(below) {
            gemini::key_to_header(&mut request);
        }
        match self.others.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// A call whose path names the model, below any surface.
fn in_path(
    worker: &Worker,
    path: &str,
    query: Option<&str>,
) -> Option<(&'static Surface, gemini::Method, PathAsk)> {
    let surface = worker.house.surfaces.of(path)?;
    let (method, ask) = gemini::read(surface.below(path)?, query)?;
    Some((surface, method, ask))
}

fn model_calls(surface: &'static Surface) -> impl Iterator<Item = ModelCall> {
    let carried = MODEL_CALLS.into_iter().filter(|(_, _, dialect)| surface.families.speak(*dialect));
    carried.map(move |(path, endpoint, dialect)| ModelCall {
        path: format!("{}{path}", surface.base),
        door: ModelDoor { surface, endpoint, dialect },
    })
}

/// The door of a request of which only the line is known; its errors look as they would behind it.
pub fn unread(house: &House, line: &[u8]) -> Door {
    let mut door = Door::nowhere(house, "unread");
    // It may be cut off anywhere, and hold anything.
    let line = String::from_utf8_lossy(line);
    let path = line.split(' ').nth(1).and_then(|target| target.split('?').next()).unwrap_or_default();
    if let Some(surface) = house.surfaces.of(path) {
        door.surface = surface;
        let rest = surface.below(path).unwrap_or_default();
        let calls = MODEL_CALLS.into_iter().chain(COUNTS).find(|(path, _, _)| *path == rest);
        let gemini = || gemini::read(rest, None).map(|_| Dialect::Gemini);
        let dialect = calls.map(|(_, _, dialect)| dialect).or_else(gemini);
        door.dialect = dialect.filter(|dialect| surface.families.speak(*dialect));
    }
    door
}

/// Adds a surface's other paths, each whole: nesting would take every request's path apart and build it again.
fn open(mut router: Router<Worker>, surface: &'static Surface) -> Router<Worker> {
    let at = |path: &str| format!("{}{path}", surface.base);
    let door = |endpoint| Door { surface, endpoint, dialect: None };
    let (lost, told) = (door(UNKNOWN), door("openapi"));
    let beyond = any(move |State(worker): State<Worker>, request: Request<Body>| async move {
        unknown(&worker, lost, &request)
    });
    router = router
        .route(&at("/{*rest}"), beyond)
        .route(&at("/openapi.json"), only(told, "GET", get(move |s, r| document::document(told, s, r))));
    if surface.families.calls_models() {
        let (list, one) = (door("models.list"), door("models.get"));
        router = router
            .route(&at("/models"), only(list, "GET", get(move |s, r| models::list(list, s, r))))
            // Ids may hold slashes (`vendor/model`).
            .route(&at("/models/{*id}"), only(one, "GET", get(move |s, p, r| models::one(one, s, p, r))));
    }
    if surface.families.openai {
        let (asset, task) = (door("assets.get"), door("tasks.get"));
        let picture = get(move |s, p, r| assets::picture(asset, s, p, r));
        router = kept(router, surface)
            .route(&at("/assets/{id}"), only(asset, "GET, HEAD", picture))
            .route(&at("/tasks/{id}"), only(task, "GET", get(move |s, p, r| tasks::task(task, s, p, r))));
    }
    if surface.families.account {
        router = account::add(router, surface);
    }
    for (path, endpoint, dialect) in COUNTS.into_iter().filter(|(_, _, d)| surface.families.speak(*d)) {
        let count = ModelDoor { surface, endpoint, dialect };
        let counts = post(move |s, r| count_tokens::count(count, String::new(), s, r));
        router = router.route(&at(path), only(count.into(), "POST", counts));
    }
    for call in model_calls(surface) {
        router = router.route(&call.path, only(call.door.into(), "POST", MethodRouter::new()));
    }
    router
}

/// Adds the paths of kept answers.
fn kept(router: Router<Worker>, surface: &'static Surface) -> Router<Worker> {
    let at = |path: &str| format!("{}{path}", surface.base);
    let handler = |endpoint, ask| (Door { surface, endpoint, dialect: Some(Dialect::OpenAiResponses) }, ask);
    let (object, input) = (handler("responses.get", Ask::Object), handler("responses.input_items", Ask::Input));
    let gone = handler("responses.delete", Ask::Forget);
    let both = get(move |s, p, r| responses::kept(object, s, p, r))
        .merge(delete(move |s, p, r| responses::kept(gone, s, p, r)));
    let list = get(move |s, p, r| responses::kept(input, s, p, r));
    router
        .route(&at("/responses/{id}"), only(object.0, "GET, DELETE", both))
        .route(&at("/responses/{id}/input_items"), only(input.0, "GET", list))
}

/// The id that a path names; one that is no text is nobody's.
fn id_of(path: Result<Path<String>, PathRejection>) -> String {
    path.map_or_else(|_| String::new(), |Path(id)| id)
}

/// The right method, or 405 with `Allow` and the method to use (R-API-15).
fn only(door: Door, allow: &'static str, right: MethodRouter<Worker>) -> MethodRouter<Worker> {
    right.fallback(move |State(worker): State<Worker>, request: Request<Body>| async move {
        let visit = Visit::new(&worker.house, door, &request);
        let told = format!("{} is not the method of this path; use {allow}.", shown(request.method()));
        let mut response = visit.answer(None, Err(Fault::new(FaultKind::MethodNotAllowed, told)));
        response.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static(allow));
        response
    })
}

fn shown(method: &Method) -> &str {
    if method.as_str().len() <= METHOD_BYTES_MAX { method.as_str() } else { "This" }
}

fn unknown(worker: &Worker, door: Door, request: &Request<Body>) -> Response<Body> {
    let visit = Visit::new(&worker.house, door, request);
    let surface = door.surface;
    let base = &surface.base;
    let mut paths: Vec<String> = model_calls(surface).map(|call| call.path).collect();
    if surface.families.gemini {
        paths.push(format!("{base}/models/MODEL:generateContent"));
    }
    let told = match paths.split_last() {
        Some((last, [])) => format!("There is no such path below {base}; model calls go to {last}."),
        Some((last, more)) => {
            format!("There is no such path below {base}; model calls go to {} or {last}.", more.join(", "))
        }
        None => format!("There is no such path below {base}."),
    };
    visit.answer(None, Err(Fault::new(FaultKind::NotFound, told)))
}

/// A path below no surface: the console's, or nobody's.
async fn nowhere(State(worker): State<Worker>, request: Request<Body>) -> Response<Body> {
    if let Some(page) = console::answer(&worker.house, &request) {
        return page;
    }
    let visit = Visit::new(&worker.house, Door::nowhere(&worker.house, UNKNOWN), &request);
    let bases: Vec<&str> = worker.house.surfaces.iter().map(|s| &*s.base).collect();
    let told = format!("There is no such path; the API is at {}.", bases.join(", "));
    visit.answer(None, Err(Fault::new(FaultKind::NotFound, told)))
}
