//! Sends spans to the collector: OTLP over HTTP, by the house's own client, so that there is one TLS stack and no call waits for it. In:
//! spans that wait. Out: requests. What a collector does not take is tried once more and then dropped: a trace is worth no memory.
//! Never here: what a span says.

use super::{Tracer, otlp};
use crate::house::House;
use crate::limits::{SPANS_AT_ONCE, TRACES_EVERY, TRACES_TIME_MAX};
use crate::upstream::{Call, Endpoint, Upstream};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::time::timeout;

impl House {
    /// Sends what was traced, for ever; ends at once where nothing is.
    pub async fn send_traces(self: Arc<Self>, upstream: Upstream) {
        let Some(tracer) = &self.tracer else { return };
        let mut away = false;
        loop {
            tokio::time::sleep(TRACES_EVERY).await;
            let sent = tracer.send_all(&upstream).await;
            if let Err(told) = &sent
                && !away
            {
                // Told once until it goes well again.
                self.log.warn("traces.not_sent", &[("error", told)]);
            }
            away = sent.is_err();
        }
    }

    /// Sends what still waits, before the process ends.
    pub async fn send_last_traces(&self, upstream: &Upstream) {
        if let Some(tracer) = &self.tracer {
            // What is not taken now is nobody's any more.
            let _ = tracer.send_all(upstream).await;
        }
    }
}

impl Tracer {
    /// How many spans were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    async fn send_all(&self, upstream: &Upstream) -> Result<(), String> {
        loop {
            let some = {
                let mut waiting = self.waiting.lock();
                let count = waiting.len().min(SPANS_AT_ONCE);
                waiting.drain(..count).collect::<Vec<_>>()
            };
            if some.is_empty() {
                return Ok(());
            }
            let text = Bytes::from(otlp::body(&self.settings.service, &some).to_string());
            let sent = match self.send(upstream, text.clone()).await {
                Err(_) => self.send(upstream, text).await,
                sent => sent,
            };
            if let Err(told) = sent {
                self.dropped.fetch_add(some.len() as u64, Ordering::Relaxed);
                return Err(told);
            }
        }
    }

    async fn send(&self, upstream: &Upstream, body: Bytes) -> Result<(), String> {
        let mut headers = HeaderMap::from_iter(self.settings.headers.expose().iter().cloned());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let endpoint = Endpoint::new(Method::POST, self.settings.endpoint.clone(), headers);
        let endpoint = endpoint.map_err(|error| error.to_string())?;
        let exchange = async {
            let call = Call { endpoint: &endpoint, headers: &[], body };
            let mut answer = upstream.send(call).await.map_err(|_| "the collector cannot be reached".to_owned())?;
            // Its words are of no use, but the connection is.
            let _ = answer.body.whole(crate::limits::CHECKUP_BYTES_MAX).await;
            match answer.status.is_success() {
                true => Ok(()),
                false => Err(format!("the collector answers {}", answer.status.as_u16())),
            }
        };
        timeout(TRACES_TIME_MAX, exchange).await.unwrap_or_else(|_| Err("the collector does not answer".into()))
    }
}
