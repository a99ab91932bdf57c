//! How a task stands (R-API-8). In: an id. Out: what the caller's workspace may know of it. Never here: asking a provider (the
//! keeper of tasks does, in its own time), the pictures.

use crate::assets;
use crate::doors::id_of;
use crate::entry::Door;
use crate::house::{House, Worker};
use crate::image_tasks::{Document, Where, told};
use crate::limits::TASK_SHOWN_CHARS_MAX;
use crate::visit::Visit;
use admit::Scope;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use bytes::Bytes;
use canon::{Fault, FaultKind};
use http::{Request, Response};
use units::{TaskId, Timestamp, WorkspaceId};

/// `GET {base}/tasks/{id}`.
pub async fn task(
    door: Door,
    State(worker): State<Worker>,
    path: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Response<Body> {
    let id = id_of(path);
    let mut visit = Visit::new(&worker.house, door, &request);
    let caller = match visit.identify(request.headers(), Scope::Read).await {
        Ok(caller) => caller,
        Err(fault) => return visit.answer(None, Err(fault)),
    };
    let origin = assets::origin(&worker.house, request.headers());
    let place = Where { origin: &origin, base: &door.surface.base };
    let answer = stands(&worker.house, caller.workspace, &id, (place, visit.entry.at)).await;
    visit.answer(Some(&caller), answer)
}

async fn stands(
    house: &House,
    workspace: WorkspaceId,
    id: &str,
    (place, now): (Where<'_>, Timestamp),
) -> Result<Bytes, Fault> {
    let no_such = || {
        let shown: String = id.chars().filter(|c| !c.is_control()).take(TASK_SHOWN_CHARS_MAX).collect();
        Fault::new(FaultKind::NotFound, format!("There is no task \"{shown}\"."))
    };
    let parsed: TaskId = id.parse().map_err(|_| no_such())?;
    let row = house.task(workspace, parsed, now).await?.ok_or_else(no_such)?;
    let document = Document::read(&row);
    let document =
        document.ok_or_else(|| Fault::new(FaultKind::Internal, "What is kept of this task cannot be read."))?;
    Ok(told(house, &row, &document, place, now))
}
