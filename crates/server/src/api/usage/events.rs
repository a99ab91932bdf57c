//! Requests as they end, as server-sent events: `request` with what the list tells of it, `gap` where some were missed and the list
//! must be asked for again. After a break a browser says which it saw last, and what came since is told first. In: who watches. Out: a
//! stream that ends with the right to see it, or with the process. Never here: which rows there are (live_rows).

use super::told::{request_told, usage_told};
use super::which::narrowed;
use crate::api::key_hand::Hand;
use crate::api::problem::Problem;
use crate::house::Worker;
use crate::limits::{EVENTS_BEAT, EVENTS_PART_BYTES, EVENTS_REPLAYED_MAX, ROWS_TOGETHER};
use crate::live_rows::{Crowded, Heard, Listener};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue};
use ledger::UsageRow;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use store::port::UsageFilter;
use tokio::time::Instant;
use units::{KeyId, RequestId};

/// Some were missed.
const GAP: &[u8] = b"event: gap\ndata: {}\n\n";

/// What is asked for is a stream of events.
pub enum Events {}

impl JsonSchema for Events {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Events".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentMediaType": "text/event-stream" })
    }
}

/// `GET /events` and `GET /workspaces/{workspace}/events`.
pub async fn events(State(worker): State<Worker>, hand: Hand, headers: HeaderMap) -> Result<Response, Problem> {
    let house = &worker.house;
    let listener = house.listen(hand.name().to_owned(), hand.place()).map_err(|crowded| {
        Problem::crowded(match crowded {
            Crowded::One => "You watch in too many places; close some.",
            Crowded::All => "Too many watch at the moment; try again later.",
        })
    })?;
    let last = headers.get("last-event-id").and_then(|value| Last::read(value.to_str().ok()?));
    let mut watch = Watch {
        keys: narrowed(None, house, &hand),
        providers: hand.place().is_none(),
        worker: worker.clone(),
        hand,
        listener,
        beat_at: Instant::now() + EVENTS_BEAT,
        ready: VecDeque::from([Bytes::from_static(b"retry: 2000\n\n")]),
        seen: HashSet::new(),
    };
    if let Some(last) = last {
        watch.replay(&last).await?;
    }
    let parts = stream::unfold(watch, |mut watch| async move {
        let part = watch.next().await?;
        Some((Ok::<_, Infallible>(part), watch))
    });
    let headers: [(HeaderName, HeaderValue); 3] = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Proxies pass each event on when it comes.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// The event that a browser saw last: when the request ended, and which it was.
struct Last {
    ended_ms: i64,
    request: RequestId,
}

impl Last {
    fn read(text: &str) -> Option<Self> {
        let (ended_ms, request) = text.split_once('-')?;
        Some(Self { ended_ms: ended_ms.parse().ok()?, request: request.parse().ok()? })
    }
}

fn ended_ms(row: &UsageRow) -> i64 {
    row.at.ms().saturating_add(row.latency_ms.into())
}

/// One who watches.
struct Watch {
    worker: Worker,
    hand: Hand,
    keys: Option<Vec<KeyId>>,
    providers: bool,
    listener: Listener,
    /// When it shows next that it is there.
    beat_at: Instant,
    /// What is to be sent.
    ready: VecDeque<Bytes>,
    /// What was told again after a break, and may come once more.
    seen: HashSet<RequestId>,
}

impl Watch {
    /// What ended since the last event that was seen; a gap where that may not be all.
    async fn replay(&mut self, last: &Last) -> Result<(), Problem> {
        let (workspace, keys) = (self.hand.place(), self.keys.clone());
        let filter = UsageFilter { workspace, keys, limit: EVENTS_REPLAYED_MAX, ..UsageFilter::default() };
        let mut rows = self.worker.house.store.page_usage(filter).await?;
        let all = rows.len() < EVENTS_REPLAYED_MAX as usize;
        rows.retain(|row| ended_ms(row) >= last.ended_ms && row.request != last.request);
        if !all && rows.len() == EVENTS_REPLAYED_MAX as usize {
            self.ready.push_back(Bytes::from_static(GAP));
        }
        rows.sort_by_key(|row| (ended_ms(row), row.request));
        for row in &rows {
            self.seen.insert(row.request);
            self.ready.push_back(event(row, self.providers));
        }
        Ok(())
    }

    /// The next part; `None` when there is nothing more to see.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(part) = self.ready.pop_front() {
                return Some(part);
            }
            let worker = self.worker.clone();
            let heard = tokio::select! {
                biased;
                () = worker.closing.last_call() => return None,
                // However much there is to hear.
                () = tokio::time::sleep_until(self.beat_at) => return self.beat(),
                heard = self.listener.next() => heard,
            };
            let part = self.together(heard).await;
            if !part.is_empty() {
                return Some(part);
            }
        }
    }

    /// Shows that the stream is there; `None` when who watches may no longer.
    fn beat(&mut self) -> Option<Bytes> {
        self.beat_at = Instant::now() + EVENTS_BEAT;
        self.hand = self.hand.again(&self.worker.house)?;
        self.keys = narrowed(None, &self.worker.house, &self.hand);
        Some(Bytes::from_static(b": beat\n\n"))
    }

    /// This, and what ends in the next moment, as one part.
    async fn together(&mut self, first: Heard) -> Bytes {
        tokio::time::sleep(ROWS_TOGETHER).await;
        let (mut part, mut heard) = (BytesMut::new(), Some(first));
        while let Some(one) = heard {
            match one {
                Heard::Gap => part.extend_from_slice(GAP),
                Heard::Row(ended) if self.is_theirs(&ended.row) => {
                    part.extend_from_slice(ended.words(self.providers, |row| event(row, self.providers)));
                }
                Heard::Row(_) => {}
            }
            heard = if part.len() < EVENTS_PART_BYTES { self.listener.at_hand() } else { None };
        }
        part.freeze()
    }

    fn is_theirs(&mut self, row: &UsageRow) -> bool {
        let theirs = self.keys.as_ref().is_none_or(|keys| keys.contains(&row.key));
        theirs && !self.seen.remove(&row.request)
    }
}

fn event(row: &UsageRow, providers: bool) -> Bytes {
    let data =
        if providers { serde_json::to_string(&usage_told(row)) } else { serde_json::to_string(&request_told(row)) };
    // What is told can be written.
    let data = data.unwrap_or_default();
    Bytes::from(format!("event: request\nid: {}-{}\ndata: {data}\n\n", ended_ms(row), row.request))
}
