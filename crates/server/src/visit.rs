//! Requests that call no model: every answer has its ids (R-API-14) and, like a call, one `request.done` (docs/LOG.md).
//! In: a request and what stands behind its door. Out: the answer, a line. Never here: model calls (done.rs), a path as
//! it was sent: it may hold anything.

use crate::entry::{Door, Entry};
use crate::house::House;
use crate::limits::METHOD_BYTES_MAX;
use crate::log::{Level, Value};
use crate::respond::into_axum;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use canon::Fault;
use http::{Method, StatusCode};
use std::sync::Arc;
use store::port::KeyRow;
use units::{KeyId, WorkspaceId};

/// Where the management API is.
pub const MANAGE: &str = "/api/manage";
/// What is asked all the time: a good answer is no news.
const PROBES: [&str; 3] = ["healthz", "readyz", "metrics"];
/// What is logged of a path that is none of ours.
const UNKNOWN: &str = "unknown";

/// What a door tells of its answer, for the line. It rides on the answer to `attend` and goes no farther.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// The door, where it is one of a surface.
    pub door: Option<Door>,
    /// Who called, when the key was good.
    pub caller: Option<(WorkspaceId, KeyId)>,
    /// The stable name of what went wrong.
    pub fault: Option<&'static str>,
}

/// A visit that was answered.
pub struct Visit<'a> {
    /// The request.
    pub entry: &'a Entry,
    /// Its method, when it could be read.
    pub method: Option<&'a Method>,
    /// The base path and what is asked there, never a path as it was sent.
    pub place: (&'a str, &'a str),
    /// The status that was sent.
    pub status: StatusCode,
    /// What its door told.
    pub told: Told,
}

/// Takes a request in, lets its door answer, and tells the log.
pub async fn attend(State(house): State<Arc<House>>, mut request: Request, next: Next) -> Response {
    let entry = Entry::new(&house, Door::nowhere(UNKNOWN), request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let below = request.uri().path().strip_prefix(MANAGE);
    let managed = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    request.extensions_mut().insert(entry.clone());
    let mut response = next.run(request).await;
    entry.identify_answer(response.headers_mut());
    let told = response.extensions_mut().remove::<Told>().unwrap_or_default();
    let place = match (told.door, route.as_ref().map(MatchedPath::as_str)) {
        (Some(door), _) => (door.surface.base, door.endpoint),
        (None, Some(route)) => place_of(route),
        (None, None) => (if managed { MANAGE } else { "" }, UNKNOWN),
    };
    let status = response.status();
    house.visited(&Visit { entry: &entry, method: Some(&method), place, status, told });
    response
}

/// The base path and the endpoint of a route.
fn place_of(route: &str) -> (&str, &str) {
    match (route.strip_prefix(MANAGE), route.trim_start_matches('/')) {
        (Some("" | "/"), _) => (MANAGE, UNKNOWN),
        (Some(endpoint), _) => (MANAGE, endpoint),
        (None, "") => ("", "root"),
        (None, endpoint) => ("", endpoint),
    }
}

impl Entry {
    /// The answer of a door that calls no model.
    pub fn visited(&self, caller: Option<&KeyRow>, answer: Result<Bytes, Fault>) -> Response {
        let fault = answer.as_ref().err().map(|fault| fault.kind.name());
        let mut response = into_axum(match answer {
            Ok(body) => self.json(StatusCode::OK, body, &[]),
            Err(fault) => self.fault(&fault),
        });
        let caller = caller.map(|key| (key.workspace, key.id));
        response.extensions_mut().insert(Told { door: Some(self.door), caller, fault });
        response
    }
}

impl House {
    /// Tells the log that a visit was answered.
    pub fn visited(&self, visit: &Visit<'_>) {
        let (surface, endpoint) = visit.place;
        let probe = surface.is_empty() && PROBES.contains(&endpoint);
        if probe && visit.status.is_success() {
            return;
        }
        let level = match visit.status.is_server_error() {
            // What the probe has found has lines of its own.
            true if probe => Level::Warn,
            true => Level::Error,
            false => Level::Info,
        };
        self.log.line(level, "request.done", |line| {
            line.put_plain("request.id", visit.entry.id.text().as_str());
            line.put("status", &Value::Number(i64::from(visit.status.as_u16())));
            if let Some(method) = visit.method.map(Method::as_str) {
                line.put("method", &Value::Text(if method.len() > METHOD_BYTES_MAX { "other" } else { method }));
            }
            line.put("surface", &Value::Text(surface));
            line.put("endpoint", &Value::Text(endpoint));
            if let Some((workspace, key)) = visit.told.caller {
                line.put_plain("workspace.id", workspace.text().as_str());
                line.put_plain("key.id", key.text().as_str());
            }
            line.put("latency_ms", &Value::Number(i64::from(visit.entry.age_ms())));
            if let Some(fault) = visit.told.fault {
                line.put("fault", &Value::Text(fault));
            }
            if let Some(id) = &visit.entry.client_request_id {
                line.put("client_request_id", &Value::Text(id));
            }
        });
    }
}
