//! Remembers what reached the simulated providers. In: requests. Out: the newest of them, as JSON.
//! Never here: a credential in clear (a digest of it is kept).

use base64::Engine;
use bytes::Bytes;
use hyper::HeaderMap;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::sync::Arc;

const BYTES_MAX: usize = 64 * 1024 * 1024;
const SECRET_HEADERS: [&str; 5] = ["authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie"];

/// The newest requests.
pub(crate) struct Journal {
    requests_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    sequence: u64,
    bytes: usize,
    entries: VecDeque<Entry>,
}

struct Entry {
    sequence: u64,
    at_ms: i64,
    method: String,
    path: String,
    query: String,
    headers: Map<String, Value>,
    body: Bytes,
    status: u16,
    ended: &'static str,
}

/// A request as it arrived.
pub(crate) struct Arrival<'a> {
    pub(crate) at_ms: i64,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
}

/// Writes down how a request ended, also when nobody says so: then the client went away.
pub(crate) struct Watch {
    journal: Arc<Journal>,
    sequence: u64,
}

impl Journal {
    pub(crate) fn new(requests_max: usize) -> Self {
        Self { requests_max, inner: Mutex::default() }
    }

    /// Notes a request; the answer says its number and watches its end.
    pub(crate) fn record(self: &Arc<Self>, arrival: &Arrival<'_>) -> Watch {
        let mut inner = self.inner.lock();
        inner.sequence += 1;
        let sequence = inner.sequence;
        inner.bytes += arrival.body.len();
        inner.entries.push_back(Entry {
            sequence,
            at_ms: arrival.at_ms,
            method: arrival.method.to_owned(),
            path: arrival.path.to_owned(),
            query: query(arrival.query),
            headers: headers(arrival.headers),
            body: arrival.body.clone(),
            status: 0,
            ended: "",
        });
        while inner.entries.len() > self.requests_max || inner.bytes > BYTES_MAX {
            let Some(old) = inner.entries.pop_front() else {
                break;
            };
            inner.bytes -= old.body.len();
        }
        let journal = Arc::clone(self);
        Watch { journal, sequence }
    }

    pub(crate) fn clear(&self) {
        let mut inner = self.inner.lock();
        inner.entries.clear();
        inner.bytes = 0;
    }

    pub(crate) fn show(&self) -> Value {
        let inner = self.inner.lock();
        let requests: Vec<Value> = inner.entries.iter().map(Entry::show).collect();
        json!({"total": inner.sequence, "requests": requests})
    }

    fn change(&self, sequence: u64, change: impl FnOnce(&mut Entry)) {
        let mut inner = self.inner.lock();
        let found = inner.entries.iter_mut().rev().find(|e| e.sequence == sequence);
        if let Some(entry) = found {
            change(entry);
        }
    }
}

impl Entry {
    fn show(&self) -> Value {
        let body = match std::str::from_utf8(&self.body) {
            Ok(text) => json!(text),
            Err(_) => {
                json!({"base64": base64::engine::general_purpose::STANDARD.encode(&self.body)})
            }
        };
        json!({"sequence": self.sequence, "at_ms": self.at_ms, "method": self.method, "path": self.path,
            "query": self.query, "headers": self.headers, "body": body, "status": self.status, "ended": self.ended})
    }
}

impl Watch {
    pub(crate) fn number(&self) -> u64 {
        self.sequence
    }

    pub(crate) fn status(&self, status: u16) {
        self.journal.change(self.sequence, |e| e.status = status);
    }

    pub(crate) fn end(self, how: &'static str) {
        self.journal.change(self.sequence, |e| e.ended = how);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.journal.change(self.sequence, |entry| {
            if entry.ended.is_empty() {
                entry.ended = "client_gone";
            }
        });
    }
}

/// `sha256:` and the first 16 hex digits: equal secrets are seen to be equal, and no more.
pub(crate) fn digest(secret: &[u8]) -> String {
    let sum = Sha256::digest(secret);
    let hex: String = sum.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The query without the key that may stand in it.
fn query(text: &str) -> String {
    let shown = |pair: &str| match pair.strip_prefix("key=") {
        Some(key) => format!("key={}", digest(key.as_bytes())),
        None => pair.to_owned(),
    };
    text.split('&').map(shown).collect::<Vec<_>>().join("&")
}

fn headers(map: &HeaderMap) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, value) in map {
        let text = if SECRET_HEADERS.contains(&name.as_str()) {
            let bytes = value.as_bytes();
            digest(bytes.strip_prefix(b"Bearer ").unwrap_or(bytes))
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        match out.get_mut(name.as_str()) {
            Some(Value::String(before)) => before.push_str(&format!(", {text}")),
            _ => {
                out.insert(name.as_str().to_owned(), Value::String(text));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Arrival, Journal, digest};
    use bytes::Bytes;
    use hyper::HeaderMap;
    use std::sync::Arc;

    #[test]
    fn credentials_are_digests_and_the_oldest_are_forgotten() {
        let journal = Arc::new(Journal::new(2));
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer sk-canary".parse().unwrap());
        for body in ["one", "two", "three"] {
            let body = Bytes::from_static(body.as_bytes());
            let arrival = Arrival {
                at_ms: 0,
                method: "POST",
                path: "/x",
                query: "alt=sse&key=sk-canary",
                headers: &headers,
                body: &body,
            };
            let watch = journal.record(&arrival);
            if body == "three" {
                watch.end("complete");
            }
        }
        let shown = journal.show();
        assert_eq!(shown["total"], 3);
        assert_eq!(shown["requests"][0]["body"], "two");
        assert_eq!(shown["requests"][0]["ended"], "client_gone");
        assert_eq!(shown["requests"][1]["ended"], "complete");
        assert_eq!(shown["requests"][1]["headers"]["authorization"], digest(b"sk-canary"));
        assert_eq!(shown["requests"][1]["query"], format!("alt=sse&key={}", digest(b"sk-canary")));
        assert!(!shown.to_string().contains("canary"));
    }
}
