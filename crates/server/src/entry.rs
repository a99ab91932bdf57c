//! A request at the door, before anything is known of it. In: surface, dialect, headers. Out: ids, times, what must be
//! echoed. Never here: who calls (identify), what is asked (pipeline).

use crate::address;
use crate::callers::LiveKey;
use crate::house::House;
use crate::limit_told::LimitTold;
use crate::limits::{CLIENT_REQUEST_ID_BYTES_MAX, CLIENT_TOLD_BYTES_MAX};
use crate::surface::Surface;
use crate::traces::Trace;
use canon::Dialect;
use dialect::SESSION_HEADERS;
use dialect::fault::Style;
use http::header::USER_AGENT;
use http::{HeaderMap, Request};
use ledger::{Counted, UsageRow};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::Instant;
use units::{KeyId, NanoUsd, RequestId, Timestamp, Usage, UsageSource, WorkspaceId};

/// Which way a request came in.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// The base path.
    pub surface: &'static Surface,
    /// The endpoint's name in records.
    pub endpoint: &'static str,
    /// The client's language, where the endpoint has one.
    pub dialect: Option<Dialect>,
}

impl Door {
    /// A door below no surface.
    pub fn nowhere(house: &House, endpoint: &'static str) -> Self {
        Self { surface: &house.surfaces.nowhere, endpoint, dialect: None }
    }

    /// How errors look here: Messages is always Anthropic's, generateContent always Google's (R-API-1).
    pub fn style(&self) -> Style {
        match self.dialect {
            Some(Dialect::Anthropic) => Style::Anthropic,
            Some(Dialect::Gemini) => Style::Gemini,
            _ => self.surface.style,
        }
    }
}

/// A way in that calls models.
#[derive(Clone, Copy, Debug)]
pub struct ModelDoor {
    /// The base path.
    pub surface: &'static Surface,
    /// The endpoint's name in records.
    pub endpoint: &'static str,
    /// The client's language.
    pub dialect: Dialect,
}

/// What the path of a call says where its dialect has it there and not in the body.
#[derive(Clone, Debug, Default)]
pub struct PathAsk {
    /// The model.
    pub model: String,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Whether the stream is one JSON array.
    pub array: bool,
}

impl From<ModelDoor> for Door {
    fn from(door: ModelDoor) -> Self {
        Self { surface: door.surface, endpoint: door.endpoint, dialect: Some(door.dialect) }
    }
}

/// A request that has an id and a time.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id, told in every answer.
    pub id: RequestId,
    /// When it came.
    pub at: Timestamp,
    /// The same on the clock that only runs forward.
    pub started: Instant,
    /// Which way it came.
    pub door: Door,
    /// What may be told of the caller's limits, once it is known.
    pub limits: Option<Arc<LimitTold>>,
    /// Where it came from; unknown only where there is no connection.
    pub address: Option<IpAddr>,
    /// The caller's own id (`x-client-request-id`), echoed and kept.
    pub client_request_id: Option<String>,
    /// The caller's own session, as its client tells it.
    pub session: Option<Arc<str>>,
    /// The client by its own word.
    pub client: Option<Arc<str>>,
    /// The trace of a model call, where it is traced.
    pub trace: Option<Trace>,
}

impl Entry {
    /// Takes a request in.
    pub fn new<B>(house: &House, door: Door, request: &Request<B>) -> Self {
        let at = house.clock.now();
        let started = Instant::now();
        let calls = house.tracer.as_ref().filter(|_| door.dialect.is_some());
        let own = request.headers().get("x-client-request-id").and_then(|v| v.to_str().ok());
        Self {
            id: house.request_id(at),
            at,
            started,
            door,
            limits: None,
            address: address::client(request, &house.settings.trusted_proxies),
            client_request_id: own
                .filter(|id| !id.is_empty())
                .map(|id| cut(id, CLIENT_REQUEST_ID_BYTES_MAX).to_owned()),
            session: SESSION_HEADERS.iter().find_map(|name| told(request.headers(), name)),
            client: told(request.headers(), USER_AGENT.as_str()),
            trace: calls.and_then(|tracer| tracer.begin(request.headers(), &house.chance, (at, started))),
        }
    }

    /// The record of a request for which nothing has happened yet.
    pub fn row(&self, caller: Option<&LiveKey>) -> UsageRow {
        let nobody = || (WorkspaceId::from_bytes([0; 16]), KeyId::from_bytes([0; 16]));
        let (workspace, key) = caller.map_or_else(nobody, |caller| (caller.workspace, caller.id));
        UsageRow {
            request: self.id,
            at: self.at,
            workspace,
            key,
            counted: Counted { member: caller.and_then(|caller| caller.member), end_user: None },
            endpoint: self.door.endpoint,
            model: "".into(),
            provider: "".into(),
            upstream_model: "".into(),
            status: 200,
            fault: None,
            usage: Usage::NONE,
            source: UsageSource::None,
            price: None,
            charge: NanoUsd::ZERO,
            cache_saved: NanoUsd::ZERO,
            latency_ms: self.age_ms(),
            first_byte_ms: None,
            streamed: false,
            attempts: 0,
            partial: false,
            client_request_id: self.client_request_id.clone(),
            asked_model: None,
            session: self.session.clone(),
            client: self.client.clone(),
            tries: Vec::new(),
        }
    }

    /// Milliseconds since it came.
    pub fn age_ms(&self) -> u32 {
        u32::try_from(self.started.elapsed().as_millis()).unwrap_or(u32::MAX)
    }
}

/// Header text is visible ASCII, so any byte is a border of a character.
fn cut(text: &str, most: usize) -> &str {
    text.get(..most).unwrap_or(text)
}

/// The first word of a header: of a `User-Agent` the product, of anything else mostly the whole.
fn told(headers: &HeaderMap, name: &str) -> Option<Arc<str>> {
    let word = headers.get(name)?.to_str().ok()?.split_ascii_whitespace().next()?;
    Some(cut(word, CLIENT_TOLD_BYTES_MAX).into())
}
