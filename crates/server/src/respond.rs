//! Heads and fault bodies of answers. In: an entry, a fault or a status. Out: responses with the ids every answer
//! carries (R-API-14). Never here: deciding what went wrong; a header of an upstream.

use crate::entry::Entry;
use crate::limits::DROPPED_BYTES_MAX;
use bytes::Bytes;
use canon::{Dialect, Fault, Loss};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const ANTHROPIC_REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");
const DROPPED: HeaderName = HeaderName::from_static("x-tollgate-dropped");
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");

impl Entry {
    /// The head of a stream of events, or of one JSON array.
    pub fn stream_head(&self, array: bool, losses: &[Loss]) -> Response<()> {
        let mut response = Response::new(());
        let headers = response.headers_mut();
        self.identify_answer(headers);
        headers.insert(CONTENT_TYPE, if array { JSON } else { EVENTS });
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(BUFFERING, HeaderValue::from_static("no"));
        put_losses(headers, losses);
        response
    }

    /// A whole JSON answer.
    pub fn json(&self, status: StatusCode, body: Bytes, losses: &[Loss]) -> Response<Bytes> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        self.identify_answer(headers);
        headers.insert(CONTENT_TYPE, JSON);
        put_losses(headers, losses);
        response
    }

    /// A fault before anything was sent, in the style of the door.
    pub fn fault(&self, fault: &Fault) -> Response<Bytes> {
        let door = &self.door;
        let status = door.surface.status(fault.kind);
        let rendered = dialect::fault::render_as(fault, door.style(), status, &self.id.to_string());
        let status = StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = self.json(status, rendered.body, &[]);
        for (name, value) in rendered.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    /// Gives an answer its ids, and what may be told of the caller's limits.
    pub fn identify_answer(&self, headers: &mut HeaderMap) {
        // An id is plain ASCII, so it always is a header value.
        if let Ok(id) = HeaderValue::from_str(self.id.text().as_str()) {
            if self.door.dialect == Some(Dialect::Anthropic) {
                headers.insert(ANTHROPIC_REQUEST_ID, id.clone());
            }
            headers.insert(REQUEST_ID, id);
        }
        if let Some(limits) = &self.limits {
            limits.put(headers, self.door.dialect == Some(Dialect::Anthropic));
        }
        if let Some(own) = self.client_request_id.as_deref().and_then(|id| HeaderValue::try_from(id).ok()) {
            headers.insert(CLIENT_REQUEST_ID, own);
        }
    }
}

fn put_losses(headers: &mut HeaderMap, losses: &[Loss]) {
    if losses.is_empty() {
        return;
    }
    let mut text = String::new();
    for loss in losses {
        let part = format!("{}{}={}", if text.is_empty() { "" } else { ", " }, loss.path, loss.action.name());
        if text.len() + part.len() > DROPPED_BYTES_MAX {
            text.push_str(", ...");
            break;
        }
        text.push_str(&part);
    }
    let plain: String = text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    if let Ok(value) = HeaderValue::try_from(plain) {
        headers.insert(DROPPED, value);
    }
}

/// A whole answer as axum's body.
pub fn into_axum(response: Response<Bytes>) -> Response<axum::body::Body> {
    response.map(axum::body::Body::from)
}
