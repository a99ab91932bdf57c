//! `GET {base}/openapi.json`: what stands here, for generators of clients (R-API-19). In: nothing; it needs no key. Out: the
//! document. Never here: what stands in it (openapi).

use crate::entry::Door;
use crate::house::Worker;
use crate::openapi;
use crate::visit::Visit;
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use http::{Request, Response};

/// Answers with the document of the door's surface.
pub async fn document(door: Door, State(worker): State<Worker>, request: Request<Body>) -> Response<Body> {
    let visit = Visit::new(&worker.house, door, &request);
    visit.answer(None, Ok(Bytes::from(openapi::document(door.surface).to_string())))
}
