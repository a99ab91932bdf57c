//! Requests that call no model: every answer has its ids (R-API-14) and, like a call, one `request.done` (docs/LOG.md).
//! In: a request and what stands behind its door. Out: the answer, a line. Never here: model calls (done.rs), a path as
//! it was sent: it may hold anything.

use crate::callers::Caller;
use crate::doors::CONSOLE_FILE;
use crate::entry::{Door, Entry};
use crate::house::House;
use crate::limits::METHOD_BYTES_MAX;
use crate::log::{Level, Value};
use crate::respond::into_axum;
use admit::Scope;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use canon::Fault;
use http::{HeaderMap, Method, StatusCode};
use std::sync::Arc;
use store::port::KeyRow;
use units::{KeyId, WorkspaceId};

/// What is asked all the time: a good answer is no news.
const PROBES: [&str; 4] = ["healthz", "readyz", "metrics", CONSOLE_FILE];
/// What is logged of a path that is none of ours.
pub const UNKNOWN: &str = "unknown";

/// The stable name of a problem, for the line. It rides on the answer and goes no farther than `attend`: a handler, or an
/// extractor that refuses before it, has no other way back through axum.
#[derive(Clone, Copy, Debug)]
pub struct Code(pub &'static str);

/// What is known of a visit that was answered.
pub struct Facts<'a> {
    /// The request.
    pub entry: &'a Entry,
    /// Its method, when it could be read.
    pub method: Option<&'a Method>,
    /// The route that was found, where one door has many.
    pub route: Option<&'a str>,
    /// The status that was sent.
    pub status: StatusCode,
    /// Who called, when the key was good.
    pub caller: Option<(WorkspaceId, KeyId)>,
    /// The stable name of what went wrong.
    pub fault: Option<&'static str>,
}

impl Facts<'_> {
    /// The base path and what was asked there, never a path as it was sent.
    fn place(&self) -> (&str, &str) {
        let door = &self.entry.door;
        let base = &*door.surface.base;
        match self.route.and_then(|route| route.strip_prefix(base)) {
            None | Some("" | "/") => (base, door.endpoint),
            Some(path) if base.is_empty() => (base, path.trim_start_matches('/')),
            Some(path) => (base, path),
        }
    }
}

/// A visit at a door of a surface, or at none.
pub struct Visit<'h> {
    house: &'h House,
    /// The request.
    pub entry: Entry,
    method: Method,
}

impl<'h> Visit<'h> {
    /// Takes a request in.
    pub fn new<B>(house: &'h House, door: Door, request: &http::Request<B>) -> Self {
        Self { house, entry: Entry::new(house, door, request), method: request.method().clone() }
    }

    /// Finds who visits, and what may be told of the limits.
    ///
    /// # Errors
    /// Those of `House::identify` and `House::may_use`.
    pub async fn identify(&mut self, headers: &HeaderMap, scope: Scope) -> Result<Caller, Fault> {
        let caller = self.caller(headers).await?;
        self.entry.limits = self.house.limits_of(&self.entry, &caller).await;
        self.house.may_use(&caller, scope, self.entry.at)?;
        Ok(caller)
    }

    /// The same for a count of tokens, and whether it may be made: both questions about limits are asked at once.
    ///
    /// # Errors
    /// Those of `House::identify`; inside, those of `House::may_use` and `House::permit_count`.
    pub async fn identify_to_count(&mut self, headers: &HeaderMap) -> Result<(Caller, Result<(), Fault>), Fault> {
        let caller = self.caller(headers).await?;
        let (house, entry) = (self.house, &self.entry);
        let permit = async {
            house.may_use(&caller, Scope::Chat, entry.at)?;
            house.permit_count(entry, &caller).await
        };
        let (told, may) = tokio::join!(house.limits_of(entry, &caller), permit);
        self.entry.limits = told;
        Ok((caller, may))
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Fault> {
        let key = self.house.identify(&self.entry, headers)?;
        Ok(self.house.caller(key, self.entry.at).await)
    }

    /// The answer, in the style of the door; the log is told of it.
    pub fn answer(self, caller: Option<&KeyRow>, answer: Result<Bytes, Fault>) -> Response {
        let fault = answer.as_ref().err().map(|fault| fault.kind.name());
        let response = match answer {
            Ok(body) => self.entry.json(StatusCode::OK, body, &[]),
            Err(fault) => self.entry.fault(&fault),
        };
        self.tell(response.status(), caller, fault);
        into_axum(response)
    }

    /// A good answer whose body is still to come; it gets its ids, and the log is told of its head.
    pub fn stream(self, mut response: Response) -> Response {
        self.entry.identify_answer(response.headers_mut());
        self.tell(response.status(), None, None);
        response
    }

    /// An answer to a browser; it gets its ids, and the log is told of it.
    pub fn page(self, mut response: Response, fault: Option<&'static str>) -> Response {
        self.entry.identify_answer(response.headers_mut());
        self.tell(response.status(), None, fault);
        response
    }

    /// The house that is visited.
    pub const fn house(&self) -> &'h House {
        self.house
    }

    fn tell(&self, status: StatusCode, caller: Option<&KeyRow>, fault: Option<&'static str>) {
        self.house.log_visit(&Facts {
            entry: &self.entry,
            method: Some(&self.method),
            route: None,
            status,
            caller: caller.map(|key| (key.workspace, key.id)),
            fault,
        });
    }
}

/// Takes a request in for handlers that answer by themselves, gives their answer its ids, and tells the log.
pub async fn attend(State((house, door)): State<(Arc<House>, Door)>, request: Request, next: Next) -> Response {
    let entry = Entry::new(&house, door, &request);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    entry.identify_answer(response.headers_mut());
    let code = response.extensions_mut().remove::<Code>();
    house.log_visit(&Facts {
        entry: &entry,
        method: Some(&method),
        route: route.as_ref().map(MatchedPath::as_str),
        status: response.status(),
        caller: None,
        fault: code.map(|Code(name)| name),
    });
    response
}

impl House {
    /// Tells the log that a visit was answered.
    pub fn log_visit(&self, facts: &Facts<'_>) {
        let (surface, endpoint) = facts.place();
        let probe = surface.is_empty() && PROBES.contains(&endpoint);
        if probe && facts.status.as_u16() < 400 {
            return;
        }
        self.metrics.visited(facts.status.as_u16());
        let level = match facts.status.is_server_error() {
            // What the probe has found has lines of its own.
            true if probe => Level::Warn,
            true => Level::Error,
            false => Level::Info,
        };
        self.log.line(level, "request.done", |line| {
            line.put_plain("request.id", facts.entry.id.text().as_str());
            line.put("status", &Value::Number(i64::from(facts.status.as_u16())));
            if let Some(method) = facts.method.map(Method::as_str) {
                line.put("method", &Value::Text(if method.len() > METHOD_BYTES_MAX { "other" } else { method }));
            }
            line.put("surface", &Value::Text(surface));
            line.put("endpoint", &Value::Text(endpoint));
            if let Some((workspace, key)) = facts.caller {
                line.put_plain("workspace.id", workspace.text().as_str());
                line.put_plain("key.id", key.text().as_str());
            }
            line.put("latency_ms", &Value::Number(i64::from(facts.entry.age_ms())));
            if let Some(fault) = facts.fault {
                line.put("fault", &Value::Text(fault));
            }
            if let Some(id) = &facts.entry.client_request_id {
                line.put("client_request_id", &Value::Text(id));
            }
        });
    }
}
