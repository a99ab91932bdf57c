//! The walk of one request through a simulated provider.
//! In: an HTTP request. Out: a response whose body keeps time. Never here: fields of a dialect.

use crate::anthropic::{self, cache::Cache};
use crate::ask::Ask;
use crate::body::Paced;
use crate::config::SimConfig;
use crate::journal::{Arrival, Journal, Watch};
use crate::openai::responses::store::Store;
use crate::refused::{Refused, Stamp};
use crate::script::Script;
use crate::tasks::{self, Tasks};
use crate::wire::Wire;
use crate::{control, gemini, openai, png};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{HeaderMap, Request, Response};
use serde_json::Value;
use std::io;
use std::sync::Arc;

const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Everything a running simulator knows.
pub(crate) struct Sim {
    pub(crate) config: SimConfig,
    pub(crate) journal: Arc<Journal>,
    pub(crate) script: Script,
    pub(crate) cache: Cache,
    pub(crate) responses: Store,
    pub(crate) tasks: Tasks,
}

/// Which provider is spoken to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    OpenAi,
    Anthropic,
    Gemini,
    Tasks,
}

impl Provider {
    fn of(path: &str) -> Option<(Self, &str)> {
        let bases = [
            ("/openai/v1/", Self::OpenAi),
            ("/anthropic/v1/", Self::Anthropic),
            ("/gemini/v1beta/", Self::Gemini),
            ("/gemini/v1/", Self::Gemini),
            ("/tasks/v1/", Self::Tasks),
        ];
        bases.iter().find_map(|(base, provider)| path.split_once(base).map(|(_, rest)| (*provider, rest)))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Tasks => "tasks",
        }
    }

    pub(crate) fn headers(self, stamp: &Stamp) -> Vec<(&'static str, String)> {
        match self {
            Self::OpenAi => openai::headers(stamp),
            Self::Anthropic => anthropic::headers(stamp),
            Self::Gemini => gemini::headers(stamp),
            Self::Tasks => tasks::headers(stamp),
        }
    }
}

impl Sim {
    pub(crate) fn new(config: SimConfig) -> Self {
        Self {
            journal: Arc::new(Journal::new(config.journal_requests_max)),
            script: Script::default(),
            cache: Cache::default(),
            responses: Store::default(),
            tasks: Tasks::default(),
            config,
        }
    }
}

/// Answers one request. An error closes the connection without a word.
pub(crate) async fn handle(sim: &Arc<Sim>, request: Request<Incoming>) -> io::Result<Response<Paced>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let method = parts.method.as_str().to_owned();
    let query = parts.uri.query().unwrap_or("");
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Ok(json_reply(413, &serde_json::json!({"error": "body too large"})));
    };
    let body = body.to_bytes();
    if let Some(what) = path.strip_prefix("/_sim/") {
        return Ok(control::handle(sim, &method, what, &body));
    }
    let now = sim.config.clock.now();
    let headers = &parts.headers;
    let watch =
        sim.journal.record(&Arrival { at_ms: now.ms(), method: &method, path: &path, query, headers, body: &body });
    let stamp = Stamp { number: watch.number(), created: now.seconds(), canary: sim.config.canary.clone() };
    if let Some(name) = path.split_once("/media/").and_then(|(_, name)| name.strip_suffix(".png")) {
        watch.status(200);
        return Ok(kind_of(Response::new(Paced::whole(png::picture(name), Some(watch))), "image/png"));
    }
    let Some((provider, rest)) = Provider::of(&path) else {
        watch.status(404);
        let body = serde_json::json!({"error": {"message": format!("Invalid URL ({method} {path})"),
            "type": "invalid_request_error", "param": null, "code": null}});
        return Ok(json_reply(404, &body));
    };
    let call = Call { sim, provider, rest, query, headers, body: &body, stamp };
    call.answer(&method, watch).await
}

/// One request to one provider.
pub(crate) struct Call<'a> {
    pub(crate) sim: &'a Sim,
    pub(crate) provider: Provider,
    /// The path behind the provider's base.
    pub(crate) rest: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) stamp: Stamp,
}

/// What a request comes to.
pub(crate) enum Found {
    /// An answer that no directive touches.
    Json(Value),
    Ask(Box<Ask>, Wire),
}

impl Found {
    pub(crate) fn ask((ask, wire): (Ask, Wire)) -> Self {
        Self::Ask(Box::new(ask), wire)
    }
}

impl Call<'_> {
    async fn answer(self, method: &str, watch: Watch) -> io::Result<Response<Paced>> {
        let found = match self.provider {
            Provider::OpenAi => openai::look_up(&self, method),
            Provider::Anthropic => anthropic::look_up(&self, method),
            Provider::Gemini => gemini::look_up(&self, method),
            Provider::Tasks => tasks::look_up(&self, method),
        };
        match found {
            Ok(Found::Json(value)) => {
                watch.status(200);
                let body = Paced::whole(value.to_string(), Some(watch));
                Ok(self.response(200, "application/json", body, &[]))
            }
            Ok(Found::Ask(ask, wire)) => self.speak(*ask, wire, watch).await,
            Err(refused) => {
                watch.status(refused.status);
                let body = Paced::whole(self.error(&refused).to_string(), Some(watch));
                Ok(self.response(refused.status, "application/json", body, &[]))
            }
        }
    }

    /// The body of a refusal.
    pub(crate) fn error(&self, refused: &Refused) -> Value {
        match self.provider {
            Provider::OpenAi | Provider::Tasks => openai::error(refused),
            Provider::Anthropic => anthropic::error(refused, &self.stamp),
            Provider::Gemini if gemini::lists(self) => Value::Array(vec![gemini::error(refused)]),
            Provider::Gemini => gemini::error(refused),
        }
    }

    /// Nothing is at this address: 405 when there is something for another method.
    pub(crate) fn nowhere(&self, method: &str, addresses: &[&str]) -> Refused {
        if addresses.contains(&self.rest) {
            return Refused::new(405, format!("Not allowed to {method} here"));
        }
        Refused::new(404, format!("Invalid URL ({method} {})", self.rest))
    }
}

/// A JSON answer without a provider's headers.
pub(crate) fn json_reply(status: u16, value: &Value) -> Response<Paced> {
    let mut response = Response::new(Paced::whole(value.to_string(), None));
    if let Ok(status) = hyper::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    kind_of(response, "application/json")
}

fn kind_of(mut response: Response<Paced>, kind: &'static str) -> Response<Paced> {
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}
