//! Any whole answer of an upstream, and any failure. Never here: streams.

use crate::run::spec;
use bytes::Bytes;
use canon::Dialect;
use dialect::Vectors;
use dialect::fault::{Style, UpstreamHints, decode_upstream_fault, render, render_event};
use dialect::lane::Answer;
use dialect::tasks::{PendingData, TaskReply, TaskShape, TaskState, read_begun, read_state, task_path, write_task};
use serde_json::Value;
use units::{Class, Usage, UsageSource};

fn value(body: &[u8], what: &str) -> Value {
    let read = serde_json::from_slice(&without_surrogates(body));
    read.unwrap_or_else(|why| unreachable!("{what}: {why}: {}", String::from_utf8_lossy(body)))
}

/// The same with U+FFFD for every half of a pair: half a pair is JSON by its grammar, so it passes as it came, and serde
/// alone does not read it.
fn without_surrogates(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'\\', [b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', _, _, after @ ..]) => {
                out.extend_from_slice(b"\\ufffd");
                rest = after;
            }
            (b'\\', [escaped, after @ ..]) => {
                out.extend_from_slice(&[b'\\', *escaped]);
                rest = after;
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// An answer of an upstream of this dialect.
pub fn any(upstream: Dialect, bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    let mut told: Option<Usage> = None;
    for client in Dialect::CLIENTS {
        let Ok(answer) = Answer::read(&spec(*client, upstream), &body) else {
            continue;
        };
        let usage = *answer.tally().usage();
        assert_eq!(*told.get_or_insert(usage), usage, "usage differs for {client:?}");
        let sealed = answer.seal(&usage, UsageSource::Provider);
        assert!(value(&sealed, client.name()).is_object());
    }
}

/// An answer of vectors, asked for both ways.
pub fn vectors(bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    for upstream in [Dialect::Embeddings, Dialect::GeminiEmbeddings] {
        for (count, base64) in [(1, false), (2, true)] {
            let mut spec = spec(Dialect::Embeddings, upstream);
            spec.vectors = Vectors { count, base64 };
            if let Ok(answer) = Answer::read(&spec, &body) {
                let sealed = answer.seal(&Usage::NONE.with(Class::Input, 3), UsageSource::Estimated);
                let items = value(&sealed, upstream.name())["data"].as_array().map(Vec::len);
                assert_eq!(items, Some(count as usize));
            }
        }
    }
}

/// An answer with pictures: as many as were asked for at most, and no address of the provider's.
pub fn pictures(bytes: &[u8]) {
    let body = Bytes::copy_from_slice(bytes);
    for upstream in [Dialect::Images, Dialect::GeminiImages] {
        let mut spec = spec(Dialect::Images, upstream);
        spec.images = 3;
        let Ok(mut answer) = Answer::read(&spec, &body) else { continue };
        let usage = *answer.tally().usage();
        let made = answer.made().map_or(0, |made| made.count);
        assert!((1..=3).contains(&made) && usage.count(Class::Images) == u64::from(made));
        let ours: Vec<String> =
            (0..answer.addresses().len()).map(|n| format!("https://ours.example/{n}")).collect();
        answer.readdress(&ours);
        let sealed = value(&answer.seal(&usage, UsageSource::Provider), upstream.name());
        let list = sealed["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert_eq!(list.len(), made as usize);
        let addresses = list.iter().filter_map(|one| one["url"].as_str());
        assert!(addresses.clone().all(|url| url.starts_with("https://ours.example/")), "{sealed}");
    }
}

/// What a provider says of a task: it stands in one of three ways, and what is asked about it is one step of a path.
pub fn task(bytes: &[u8]) {
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect();
    let shape = TaskShape {
        begin: "/begin".to_owned(),
        ask: "/tasks/{id}/state".to_owned(),
        id: "task_id".to_owned(),
        state: "status".to_owned(),
        pending: words(&["pending"]),
        succeeded: words(&["succeeded"]),
        failed: words(&["failed"]),
        images: "data".to_owned(),
        url: "url".to_owned(),
        b64_json: "b64_json".to_owned(),
    };
    if let Ok(begun) = read_begun(&shape, 3, bytes) {
        let path = task_path(&shape, &begun.id);
        assert!(path.split('/').count() == 4 && path.is_ascii() && !path.contains(['?', '#', ' ']), "{path}");
    }
    let Ok(state) = read_state(&shape, 3, bytes) else { return };
    if let TaskState::Succeeded(pictures) = &state {
        assert!((1..=3).contains(&pictures.len()));
    }
    let pending_data = PendingData::Nulls;
    let reply =
        TaskReply { created: 1, task_id: "a", provider_task_id: "b", model: "m", state: &state, pending_data };
    assert_eq!(value(&write_task(&reply), "a task")["status"], state.name());
}

/// A failure: it is classed, and none of its sentences comes out (R-ERR-7).
pub fn fault(bytes: &[u8]) {
    let status = [400, 401, 403, 404, 413, 422, 429, 500, 503, 529, 200][bytes.len() % 11];
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
    let hints = UpstreamHints { retry_after: Some(&text), ..UpstreamHints::default() };
    for dialect in Dialect::ALL {
        for hints in [UpstreamHints::default(), hints] {
            let found = decode_upstream_fault(*dialect, status, hints, bytes).to_fault();
            assert!(found.retry_after_s().is_none_or(|wait_s| wait_s <= 600));
            for style in Style::ALL {
                let body = render(&found, *style, "req_1").body;
                assert!(value(&body, "a fault").is_object());
            }
            for client in Dialect::CLIENTS {
                let event = render_event(&found, *client, "req_1");
                assert!(event.ends_with(b"\n\n"));
            }
        }
    }
}
