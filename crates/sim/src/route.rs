//! The walk of one request through a simulated provider.
//! In: an HTTP request. Out: a response whose body keeps time. Never here: fields of a dialect.

use crate::anthropic::{self, cache::Cache};
use crate::ask::Ask;
use crate::body::Paced;
use crate::config::SimConfig;
use crate::journal::{Arrival, Journal, Watch};
use crate::refused::{Refused, Stamp};
use crate::script::Script;
use crate::{control, openai};
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
}

/// Which provider is spoken to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    OpenAi,
    Anthropic,
}

impl Provider {
    fn of(path: &str) -> Option<(Self, &str)> {
        if let Some((_, rest)) = path.split_once("/openai/v1/") {
            return Some((Self::OpenAi, rest));
        }
        path.split_once("/anthropic/v1/").map(|(_, rest)| (Self::Anthropic, rest))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    pub(crate) fn error(self, refused: &Refused, stamp: &Stamp) -> Value {
        match self {
            Self::OpenAi => openai::error(refused),
            Self::Anthropic => anthropic::error(refused, stamp),
        }
    }

    pub(crate) fn headers(self, stamp: &Stamp) -> Vec<(&'static str, String)> {
        match self {
            Self::OpenAi => openai::headers(stamp),
            Self::Anthropic => anthropic::headers(stamp),
        }
    }
}

impl Sim {
    pub(crate) fn new(config: SimConfig) -> Self {
        Self {
            journal: Arc::new(Journal::new(config.journal_requests_max)),
            script: Script::default(),
            cache: Cache::default(),
            config,
        }
    }
}

/// Answers one request. An error closes the connection without a word.
pub(crate) async fn handle(sim: &Arc<Sim>, request: Request<Incoming>) -> io::Result<Response<Paced>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let method = parts.method.as_str().to_owned();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Ok(json_reply(413, &serde_json::json!({"error": "body too large"})));
    };
    let body = body.to_bytes();
    if let Some(what) = path.strip_prefix("/_sim/") {
        return Ok(control::handle(sim, &method, what, &body));
    }
    let now = sim.config.clock.now();
    let watch = sim.journal.record(&Arrival {
        at_ms: now.ms(),
        method: &method,
        path: &path,
        query: parts.uri.query().unwrap_or(""),
        headers: &parts.headers,
        body: &body,
    });
    let stamp = Stamp { number: watch.number(), created: now.seconds(), canary: sim.config.canary.clone() };
    let Some((provider, rest)) = Provider::of(&path) else {
        watch.status(404);
        let body = serde_json::json!({"error": {"message": format!("Invalid URL ({method} {path})"),
            "type": "invalid_request_error", "param": null, "code": null}});
        return Ok(json_reply(404, &body));
    };
    let call = Call { sim, provider, headers: &parts.headers, body: &body, stamp };
    call.answer(&method, rest, watch).await
}

/// One request to one provider.
pub(crate) struct Call<'a> {
    pub(crate) sim: &'a Sim,
    pub(crate) provider: Provider,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) stamp: Stamp,
}

impl Call<'_> {
    async fn answer(self, method: &str, rest: &str, watch: Watch) -> io::Result<Response<Paced>> {
        match self.look_up(method, rest) {
            Ok(Found::Json(value)) => {
                watch.status(200);
                let body = Paced::whole(value.to_string(), Some(watch));
                Ok(self.response(200, "application/json", body, &[]))
            }
            Ok(Found::Ask(ask)) => self.speak(*ask, watch).await,
            Err(refused) => {
                watch.status(refused.status);
                let body = self.provider.error(&refused, &self.stamp).to_string();
                let body = Paced::whole(body, Some(watch));
                Ok(self.response(refused.status, "application/json", body, &[]))
            }
        }
    }

    /// Everything before thinking: who asks, what for, and whether it is well said.
    fn look_up(&self, method: &str, rest: &str) -> Result<Found, Refused> {
        let version = match self.provider {
            Provider::OpenAi => {
                openai::authorise(&self.sim.config, self.headers).map(|()| anthropic::Version::Old)?
            }
            Provider::Anthropic => anthropic::authorise(&self.sim.config, self.headers)?,
        };
        match (self.provider, method, rest) {
            (Provider::OpenAi, "POST", "chat/completions") => {
                let ask = openai::read(self.body, &self.sim.config)?;
                Ok(Found::Ask(Box::new(ask)))
            }
            (Provider::Anthropic, "POST", "messages") => {
                let ask = anthropic::read(self.body, self.sim, version)?;
                Ok(Found::Ask(Box::new(ask)))
            }
            (Provider::Anthropic, "POST", "messages/count_tokens") => {
                anthropic::count(self.body, self.sim, version).map(Found::Json)
            }
            (Provider::OpenAi, "GET", _) if rest.starts_with("models") => {
                openai::models(&self.sim.config, rest).map(Found::Json)
            }
            (Provider::Anthropic, "GET", _) if rest.starts_with("models") => {
                anthropic::models(&self.sim.config, rest).map(Found::Json)
            }
            (_, _, "chat/completions" | "messages" | "models") => {
                Err(Refused::new(405, format!("Not allowed to {method} here")))
            }
            _ => Err(Refused::new(404, format!("Invalid URL ({method} {rest})"))),
        }
    }
}

enum Found {
    Json(Value),
    Ask(Box<Ask>),
}

/// A JSON answer without a provider's headers.
pub(crate) fn json_reply(status: u16, value: &Value) -> Response<Paced> {
    let mut response = Response::new(Paced::whole(value.to_string(), None));
    if let Ok(status) = hyper::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    let kind = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    response
}
