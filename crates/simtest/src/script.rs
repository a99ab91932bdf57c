//! What a scripted provider does, step by step. In: steps. Out: a `server::Stand` that plays them, call by call.
//! Never here: deciding by what was asked (the sim crate does that).

use crate::bucket::{BUCKET_HOST, Bucket};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use parking_lot::Mutex;
use serde_json::Value;
use server::{Broke, Pending, Stand, StandBody, UpstreamError};
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// One thing a provider does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Bytes of the body.
    Say(String),
    /// Nothing, for so long.
    Wait(Duration),
    /// The connection breaks.
    Cut,
    /// Nothing, for ever.
    Hang,
    /// A defect of the gateway itself: whoever reads this panics.
    Panic,
}

/// One call's answer.
#[derive(Clone, Debug)]
pub struct Script {
    status: u16,
    headers: Vec<(&'static str, String)>,
    before: Duration,
    refuse: bool,
    steps: Vec<Step>,
}

impl Script {
    /// A stream.
    pub fn stream(steps: Vec<Step>) -> Self {
        let headers = vec![("content-type", "text/event-stream".to_owned())];
        Self { status: 200, headers, before: Duration::ZERO, refuse: false, steps }
    }

    /// A JSON body with a status.
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, before: Duration::ZERO, refuse: false, steps: vec![Step::Say(body.to_string())] }
    }

    /// A text of any kind with a status.
    pub fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            before: Duration::ZERO,
            refuse: false,
            steps: vec![Step::Say(body.to_owned())],
        }
    }

    /// No connection comes about.
    pub fn unreachable() -> Self {
        Self { refuse: true, ..Self::stream(Vec::new()) }
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same after a wait before the head.
    #[must_use]
    pub const fn after(mut self, wait: Duration) -> Self {
        self.before = wait;
        self
    }
}

/// What arrived at a provider.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The host it was sent to.
    pub host: String,
    /// The body.
    pub body: Value,
    /// Whether a credential went with it.
    pub credential: bool,
    /// The credential that went with it, with the word before it.
    pub sent: String,
}

/// All scripted providers, by host: each call plays the next script; the last one stays.
#[derive(Default)]
pub struct Upstreams {
    scripts: Mutex<HashMap<String, VecDeque<Script>>>,
    arrived: Mutex<Vec<Arrived>>,
    dropped: Arc<Mutex<u32>>,
    /// The bucket for pictures.
    pub bucket: Bucket,
}

impl Upstreams {
    /// Sets the scripts of a host.
    pub fn set(&self, host: &str, scripts: Vec<Script>) {
        self.scripts.lock().insert(host.to_owned(), scripts.into());
    }

    /// What arrived, in order.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().clone()
    }

    /// How many bodies were dropped before their end: upstream calls that were cancelled.
    pub fn cancelled(&self) -> u32 {
        *self.dropped.lock()
    }

    fn next(&self, host: &str) -> Option<Script> {
        let mut scripts = self.scripts.lock();
        let queue = scripts.get_mut(host)?;
        if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() }
    }
}

impl Stand for Upstreams {
    fn answer(&self, request: Request<Bytes>) -> Pending<Result<Response<StandBody>, UpstreamError>> {
        let host = request.uri().host().unwrap_or("").to_owned();
        if host == BUCKET_HOST {
            let answer = self.bucket.answer(&request);
            return Box::pin(async move { Ok(answer.map(whole)) });
        }
        let script = self.next(&host);
        let dropped = self.dropped.clone();
        let value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let credential = ["authorization", "x-api-key", "x-goog-api-key"].map(|h| request.headers().get(h));
        let credential = credential.into_iter().flatten().next();
        let sent = credential.and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        self.arrived.lock().push(Arrived { host, body: value, credential: credential.is_some(), sent });
        Box::pin(async move {
            let Some(script) = script.filter(|s| !s.refuse) else {
                return Err(UpstreamError::Connect(Box::new(Broke)));
            };
            tokio::time::sleep(script.before).await;
            let body: StandBody =
                Box::pin(Playing { steps: script.steps.into(), wait: None, over: false, dropped });
            let mut response = Response::new(body);
            *response.status_mut() = StatusCode::from_u16(script.status).unwrap_or(StatusCode::BAD_GATEWAY);
            for (name, value) in script.headers {
                if let Ok(value) = HeaderValue::try_from(value) {
                    response.headers_mut().insert(name, value);
                }
            }
            Ok(response)
        })
    }
}

/// A body that is there at once.
fn whole(bytes: Bytes) -> StandBody {
    Box::pin(Full::new(bytes).map_err(|never| match never {}))
}

struct Playing {
    steps: VecDeque<Step>,
    wait: Option<Pin<Box<Sleep>>>,
    over: bool,
    dropped: Arc<Mutex<u32>>,
}

impl Body for Playing {
    type Data = Bytes;
    type Error = Broke;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broke>>> {
        loop {
            if let Some(wait) = self.wait.as_mut() {
                if wait.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.wait = None;
            }
            match self.steps.pop_front() {
                Some(Step::Say(text)) => return Poll::Ready(Some(Ok(Frame::data(Bytes::from(text))))),
                Some(Step::Wait(time)) => self.wait = Some(Box::pin(tokio::time::sleep(time))),
                Some(Step::Cut) => {
                    self.over = true;
                    return Poll::Ready(Some(Err(Broke)));
                }
                Some(Step::Panic) => defect(),
                Some(Step::Hang) => {
                    self.steps.push_front(Step::Hang);
                    return Poll::Pending;
                }
                None => {
                    self.over = true;
                    return Poll::Ready(None);
                }
            }
        }
    }
}

#[expect(clippy::panic, reason = "the scenario asks for it")]
fn defect() -> ! {
    panic!("a planted defect");
}

impl Drop for Playing {
    fn drop(&mut self) {
        if !self.over {
            *self.dropped.lock() += 1;
        }
    }
}
