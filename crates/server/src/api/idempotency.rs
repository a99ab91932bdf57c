//! Calls that are done once, however often they are sent (`Idempotency-Key`): the first is done and its answer kept, sealed; the
//! same again gets that answer. In: a request that the gate let through. Out: the answer. Never here: what a call does.

use crate::api::problem::{FieldProblem, Problem};
use crate::house::{House, Worker};
use crate::limits::{MANAGE_BODY_BYTES_MAX, ONCE_KEY_CHARS_MAX, ONCE_TIME};
use crate::people::{Principal, Who};
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use store::port::OnceRow;
use units::Secret;

/// The header that names a call.
pub const KEY_HEADER: &str = "Idempotency-Key";
/// The header that says that an answer was given before.
const REPLAYED: &str = "idempotent-replayed";

/// Runs a call, once for each key that comes with it; without a key, as often as it is sent.
pub async fn run(
    worker: &Worker,
    principal: &Principal,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(key) = key_of(request.headers())? else {
        return to_its_end(worker, async move { Ok(next.run(request).await) }).await;
    };
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, MANAGE_BODY_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| Problem::too_large(MANAGE_BODY_BYTES_MAX))?;
    let house = &worker.house;
    let route = format!("{} {}", parts.method, parts.uri);
    let mut turn = [0; 16];
    house.chance.fill(&mut turn);
    let row = OnceRow {
        id: house.vault.digest(&format!("once\n{}\n{route}\n{key}", identity(principal))),
        asked: house.vault.digest(&format!("asked\n{}", text_of(&bytes)?)),
        turn,
        ends_at: house.clock.now().plus(ONCE_TIME),
        sealed: None,
    };
    let house = worker.house.clone();
    let request = Request::from_parts(parts, Body::from(bytes));
    to_its_end(worker, async move { once(&house, &row, request, next).await }).await
}

/// Runs to its end whether the caller waits or not: who goes away must find what was begun ended, in the store and in memory.
pub async fn to_its_end(
    worker: &Worker,
    work: impl Future<Output = Result<Response, Problem>> + Send + 'static,
) -> Result<Response, Problem> {
    let (tell, told) = tokio::sync::oneshot::channel();
    worker.tasks.spawn(async move {
        // Nobody is there to hear it when the caller has gone.
        let _gone = tell.send(work.await);
    });
    told.await.map_err(|_| Problem::internal())?
}

/// Begins a call and brings it to its end, or gives the answer of who began it before.
async fn once(house: &House, row: &OnceRow, request: Request, next: Next) -> Result<Response, Problem> {
    match house.store.begin_once(row.clone(), house.clock.now()).await? {
        Some(kept) => replayed(house, row, &kept).await,
        None => Ok(kept(house, row, next.run(request).await).await),
    }
}

/// The key of a call, where it has one.
fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all(KEY_HEADER).iter();
    let Some(first) = all.next() else { return Ok(None) };
    let text = first.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    match text.filter(|text| (1..=ONCE_KEY_CHARS_MAX).contains(&text.len()) && all.next().is_none()) {
        Some(text) => Ok(Some(text.to_owned())),
        None => {
            let detail = format!("expected once, 1 to {ONCE_KEY_CHARS_MAX} visible ASCII characters");
            Err(Problem::fields(vec![FieldProblem { field: KEY_HEADER.to_owned(), detail }]))
        }
    }
}

/// Who asks, whatever they are called.
fn identity(principal: &Principal) -> String {
    match &principal.who {
        Who::Nobody => String::new(),
        Who::Token(token) => token.id.to_string(),
        Who::Program(program) => program.row.id.to_string(),
        Who::Half(signed) | Who::User(signed) => signed.user.id.to_string(),
    }
}

/// Where a sealed answer belongs: bound into the seal.
pub fn once_place(id: &[u8; 32]) -> String {
    id.iter().fold("once/".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// A body as text; what is none is no JSON either.
fn text_of(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body).map_err(|_| Problem::body("The body is not UTF-8."))
}

/// The answer to a call that was begun before.
async fn replayed(house: &House, asked: &OnceRow, kept: &OnceRow) -> Result<Response, Problem> {
    if kept.asked != asked.asked {
        return Err(Problem::key_reused());
    }
    let Some(sealed) = &kept.sealed else { return Err(Problem::not_ended()) };
    let opened = house.unseal(&once_place(&kept.id), sealed.expose()).await;
    let opened = opened.map_err(|_| Problem::internal())?;
    let (status, body) = opened.expose().split_once('\n').ok_or_else(Problem::internal)?;
    let status: StatusCode = status.parse().map_err(|_| Problem::internal())?;
    let mut response = (status, body.to_owned()).into_response();
    let replayed = HeaderName::from_static(REPLAYED);
    for (name, value) in [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (replayed, "true")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Keeps what was done, and forgets what was refused. What broke stays begun: nobody knows what of it was done.
async fn kept(house: &House, row: &OnceRow, response: Response) -> Response {
    let status = response.status();
    if status.is_server_error() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return Problem::internal().into_response();
    };
    let done = if status.is_success() {
        let text = format!("{}\n{}", status.as_u16(), String::from_utf8_lossy(&bytes));
        let sealed = house.vault.seal(&once_place(&row.id), &text, &*house.chance);
        house.store.end_once(row.id, row.turn, Secret::new(sealed)).await
    } else {
        house.store.forget_once(row.id, row.turn).await
    };
    if let Err(error) = done {
        house.log.warn("once.not_kept", &[("error", &error.to_string())]);
    }
    Response::from_parts(parts, Body::from(bytes))
}
