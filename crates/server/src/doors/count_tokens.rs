//! How many tokens a request has (R-API-6): free, without a hold, within a limit of its own. In: a request. Out: a count: the provider's own where its
//! server speaks the client's dialect and counts, else counted here, where that takes long aside. Never here: a usage row, a tokenizer (crate tokens).

use crate::aside::{Aside, Full};
use crate::asked::{Asker, served, whole_to_count};
use crate::body::{BodyLimits, read_json};
use crate::callers::Caller;
use crate::entry::ModelDoor;
use crate::house::Worker;
use crate::limits::{COUNT_ANSWER_BYTES_MAX, COUNT_RETRY, COUNT_TIME_MAX, COUNTED_SHORT_BYTES_MAX};
use crate::live::{LiveModel, LiveRoute};
use crate::own;
use crate::pipeline::{find_model, request_head};
use crate::room::Share;
use crate::upstream::Call;
use crate::visit::Visit;
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Retry};
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
    let tokenizer = tokenizer(model.model.vocabulary);
    counted_here(&worker.house.counting, (request, tokenizer), (body.len(), share)).await
}

/// Counts a request whose body had so many bytes: a short one at once, another aside, where all other answers of the worker would wait for
/// it. What waits there keeps its room.
async fn counted_here(
    counting: &Aside,
    (request, tokenizer): (canon::Request, Tokenizer),
    (bytes, share): (usize, Share),
) -> Result<u64, Fault> {
    let count = move || tokens::count(&request, tokenizer).tokens;
    if bytes <= COUNTED_SHORT_BYTES_MAX {
        return Ok(count());
    }
    let counted = counting.ask(move || {
        let tokens = count();
        drop(share);
        tokens
    });
    counted.await.map_err(|Full| {
        let told = "Too many requests are being counted at the moment; try again.";
        Fault::new(FaultKind::Unavailable, told).retry(Retry::After(COUNT_RETRY))
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::Room;
    use canon::{Block, Role};
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::Poll;
    use units::WorkspaceId;

    /// A request of one text, what counts it, and its body's size and room.
    fn asked(room: &Arc<Room>, bytes: usize) -> ((canon::Request, Tokenizer), (usize, Share)) {
        let mut request = canon::Request::new(Dialect::OpenAiChat, "m");
        request.say(Role::User, vec![Block::text("word ".repeat(bytes / 5))]);
        let mut share = Share::new(room.clone(), WorkspaceId::from_bytes([1; 16]), false, 1 << 20);
        share.grow_to(bytes).unwrap();
        ((request, Tokenizer::O200k), (bytes, share))
    }

    /// R-API-6: while a long request is counted, the worker answers others; a short one is counted at once.
    #[tokio::test]
    async fn r_api_6_a_long_count_holds_up_nobody() {
        let (counting, room) = (Aside::start("count", 1, 9).unwrap(), Arc::default());
        for (bytes, at_once) in [(5, true), (COUNTED_SHORT_BYTES_MAX, true), (400_000, false)] {
            let (request, body) = asked(&room, bytes);
            let mut count = pin!(counted_here(&counting, request, body));
            let first = poll_fn(|cx| Poll::Ready(count.as_mut().poll(cx))).await;
            assert_eq!(first.is_ready(), at_once, "{bytes}");
            let Poll::Ready(counted) = first else {
                // A token for each word and the last blank, 4 around a message and 3.
                assert_eq!(count.await.unwrap(), 80_000 + 1 + 4 + 3);
                continue;
            };
            assert!(counted.is_ok());
        }
    }

    /// R-API-6: of long counts so many wait and no more; who is refused is told so, and when to try again.
    #[tokio::test]
    async fn r_api_6_too_many_long_counts_are_refused() {
        let (counting, room) = (Aside::start("count", 1, 0).unwrap(), Arc::default());
        let (request, body) = asked(&room, COUNTED_SHORT_BYTES_MAX + 1);
        let fault = counted_here(&counting, request, body).await.unwrap_err();
        assert_eq!((fault.kind, fault.retry_after_s()), (FaultKind::Unavailable, Some(2)));
        let (request, body) = asked(&room, 5);
        assert!(counted_here(&counting, request, body).await.is_ok(), "a short one takes no place");
    }
}
