//! Kept pictures, given out to whoever has a link (R-API-8). In: an address. Out: the picture, a part at a time, under headers
//! that keep a browser from taking it for anything else. Never here: a key; what a link is made of (assets/link.rs).

use crate::assets::{LinkError, Picture, Ticket, find};
use crate::doors::id_of;
use crate::entry::Door;
use crate::house::Worker;
use crate::visit::Visit;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use canon::{Fault, FaultKind};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Request, Response};
use units::Timestamp;

/// `GET {base}/assets/{id}`, and HEAD, whose body axum drops.
pub async fn picture(
    door: Door,
    State(worker): State<Worker>,
    path: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Response<Body> {
    let id = id_of(path);
    let visit = Visit::new(&worker.house, door, &request);
    let query = request.uri().query().unwrap_or_default();
    match opened(&worker, &id, query, visit.entry.at).await {
        Ok((ticket, picture)) => {
            let rest = ticket.expires.saturating_sub(visit.entry.at.seconds());
            visit.stream(response(picture, rest))
        }
        Err(fault) => visit.answer(None, Err(fault)),
    }
}

async fn opened(worker: &Worker, id: &str, query: &str, now: Timestamp) -> Result<(Ticket, Picture), Fault> {
    // Whether there is such a picture is nobody's business who has no link to it: the signature is looked at first.
    let gone = || Fault::new(FaultKind::NotFound, "This picture is not kept any more.");
    let ticket = Ticket::read(&worker.house.vault, id, query, now).map_err(|error| match error {
        LinkError::NotOurs => Fault::new(FaultKind::LinkNotValid, "The signature of this link is not right."),
        LinkError::Expired => gone(),
    })?;
    let found = find(worker, ticket.id, now).await.map_err(|error| {
        worker.house.log.warn("asset.not_read", &[("asset.id", id), ("error", &error.to_string())]);
        error.told()
    })?;
    Ok((ticket, found.ok_or_else(gone)?))
}

/// `rest` are the seconds for which the link is still good.
fn response(picture: Picture, rest: i64) -> Response<Body> {
    let (kind, length) = (picture.kind, picture.length);
    let mut response = Response::new(picture.into_body());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind.media_type()));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    if let Ok(age) = HeaderValue::try_from(format!("private, max-age={rest}")) {
        headers.insert(CACHE_CONTROL, age);
    }
    response
}
