//! How many tokens a request has (R-API-6): free, without a hold, within a limit of its own. In: a request. Out: a count: the provider's own where its
//! server speaks the client's dialect and counts, else counted here. Never here: a usage row, a tokenizer (crate tokens).

use crate::asked::{Asker, served, whole_to_count};
use crate::body::{BodyLimits, read_json};
use crate::callers::Caller;
use crate::entry::ModelDoor;
use crate::house::Worker;
use crate::limits::{COUNT_ANSWER_BYTES_MAX, COUNT_TIME_MAX};
use crate::live::{LiveModel, LiveRoute};
use crate::own;
use crate::pipeline::{find_model, request_head};
use crate::upstream::Call;
use crate::visit::Visit;
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use canon::{Dialect, Fault};
use catalog::Vocabulary;
use dialect::{RequestHead, count_path, decode_count, prepare_count, read_count, upstream_headers, write_count};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use tokens::Tokenizer;
use units::Timestamp;

/// `POST {base}/messages/count_tokens`, `{base}/responses/input_tokens` and `{base}/models/{model}:countTokens`; `model` is empty where the body has it.
pub async fn count(
    door: ModelDoor,
    model: String,
    State(worker): State<Worker>,
    request: Request<Body>,
) -> Response<Body> {
    let mut visit = Visit::new(&worker.house, door.into(), &request);
    let (caller, may) = match visit.identify_to_count(request.headers()).await {
        Ok(found) => found,
        Err(fault) => return visit.answer(None, Err(fault)),
    };
    let counted = match may {
        Ok(()) => counted(&worker, (door, &model), (&caller, visit.entry.at), request).await,
        Err(fault) => Err(fault),
    };
    visit.answer(Some(&caller), counted.map(|tokens| write_count(door.dialect, tokens)))
}

async fn counted(
    worker: &Worker,
    (door, model): (ModelDoor, &str),
    (caller, at): (&Caller, Timestamp),
    request: Request<Body>,
) -> Result<u64, Fault> {
    let (parts, body) = request.into_parts();
    let settings = &worker.house.settings;
    let mut share = worker.house.share(caller);
    let body = read_json(&parts.headers, body, BodyLimits::of(settings, door.dialect), &mut share).await?;
    let asker = Asker { house: &worker.house, caller, at };
    let body = match door.dialect {
        Dialect::OpenAiResponses => whole_to_count(asker, body, &mut share).await?,
        _ => body,
    };
    let (request, _) = decode_count(door.dialect, model, &body)?;
    let model = find_model(&worker.house, caller, &request.model)?;
    served(door.dialect, &model)?;
    let model = own::first_place(&worker.house, caller.workspace, model, &request.model)?;
    if let Some(tokens) = asked(worker, door, &model, &request_head(&parts.headers), &body).await {
        return Ok(tokens);
    }
    Ok(tokens::count(&request, tokenizer(model.model.vocabulary)).tokens)
}

/// The vocabulary of a model in the counter's words.
pub const fn tokenizer(vocabulary: Vocabulary) -> Tokenizer {
    match vocabulary {
        Vocabulary::O200k => Tokenizer::O200k,
        Vocabulary::Cl100k => Tokenizer::Cl100k,
        Vocabulary::Unknown => Tokenizer::Unknown,
    }
}

/// Asks the first route's server, if it counts. Whatever goes wrong there, the count is made here: `None`.
async fn asked(
    worker: &Worker,
    door: ModelDoor,
    model: &LiveModel,
    head: &RequestHead,
    body: &Bytes,
) -> Option<u64> {
    let route = model.routes.first()?;
    let path = count_path(door.dialect, &route.target).filter(|_| route.target.counts)?;
    tokio::time::timeout(COUNT_TIME_MAX, ask(worker, route, path, head, body)).await.ok()?
}

async fn ask(worker: &Worker, route: &LiveRoute, path: &str, head: &RequestHead, body: &Bytes) -> Option<u64> {
    let endpoint = route.provider.endpoint(route.provider.turn(), path)?;
    let headers: Vec<_> = upstream_headers(head, &route.target)
        .into_iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?)))
        .collect();
    let call = Call { endpoint: &endpoint, headers: &headers, body: prepare_count(body, &route.target) };
    let mut answer = worker.upstream.send_to(&route.provider, call).await.ok()?;
    if answer.status != StatusCode::OK || answer.heard.encoded {
        return None;
    }
    read_count(&answer.body.whole(COUNT_ANSWER_BYTES_MAX).await.ok()?)
}
