//! The management API asked from inside the process, without a socket: how a demonstration makes its people and keys at times of the
//! past. In: requests as a browser or a program would send them. Out: answers. Never here: a way round the gate.

use crate::address::Peer;
use crate::closing::Closing;
use crate::doors::Front;
use crate::house::{House, Worker};
use crate::limits::INSIDE_ANSWER_BYTES_MAX;
use crate::tasks::Tasks;
use crate::upstream::Upstream;
use axum::body::Body;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderName, HeaderValue, Method, Request};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;

/// The doors of a house, from inside.
pub struct Inside {
    front: Front,
}

/// What is asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// Its method.
    pub method: Method,
    /// The path below the base of the management API.
    pub path: &'a str,
    /// Headers besides the body's type.
    pub headers: &'a [(HeaderName, HeaderValue)],
    /// Its body; null is none.
    pub body: Value,
    /// From where it would have come.
    pub from: IpAddr,
}

/// What is answered.
#[derive(Debug)]
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// The cookie that it sets, without what browsers do with it.
    pub cookie: Option<HeaderValue>,
    /// Its body; null where it is no JSON.
    pub body: Value,
}

impl Inside {
    /// The doors of that house.
    pub fn new(house: Arc<House>) -> Self {
        let upstream = Upstream::new(house.settings.relay.connect_timeout);
        let worker = Worker { house, upstream, tasks: Tasks::default(), closing: Closing::default() };
        Self { front: Front::new(worker) }
    }

    /// Asks; `None` where the path makes no request.
    pub async fn ask(&self, question: Question<'_>) -> Option<Answered> {
        let Question { method, path, headers, body, from } = question;
        let text = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let uri = format!("{}{path}", crate::surface::MANAGED.base);
        let mut request = Request::builder().method(method).uri(uri).body(text).ok()?;
        request.headers_mut().extend(headers.iter().cloned());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.extensions_mut().insert(Peer(from));
        let response = self.front.clone().answer(request).await;
        let status = response.status().as_u16();
        let set = response.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok());
        let cookie = set.and_then(|text| HeaderValue::from_str(text.split(';').next()?).ok());
        let bytes = axum::body::to_bytes(response.into_body(), INSIDE_ANSWER_BYTES_MAX).await.ok()?;
        Some(Answered { status, cookie, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }
}
