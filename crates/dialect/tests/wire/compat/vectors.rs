//! What becomes of answers in vectors. In: vectors that are made here, as servers of both dialects tell them. Out: rows of cells;
//! what a client gets is read as numbers and compared. Never here: requests for them (asked), odd answers (embeddings).

use super::{Cell, VECTOR_SERVERS};
use crate::run::spec;
use bytes::Bytes;
use canon::Dialect;
use dialect::Vectors;
use dialect::lane::{Answer, StreamSpec};
use serde_json::{Value, json};
use units::{Class, Usage, UsageSource};

/// Numbers that a float of four bytes holds exactly, and what they are in base64.
const VECTORS: [(&[f32], &str); 2] = [(&[0.25, -1.5], "AACAPgAAwL8="), (&[3.0], "AABAQA==")];
/// What is charged where the server tells nothing.
const COUNTED: u64 = 99;

/// Two vectors as a server tells them, and the tokens of the prompt where it tells those.
fn told(upstream: Dialect, base64: bool, prompt: Option<u64>) -> Value {
    if upstream == Dialect::GeminiEmbeddings {
        let list: Vec<Value> = VECTORS.iter().map(|(numbers, _)| json!({ "values": numbers })).collect();
        let mut body = json!({ "embeddings": list });
        if let Some(prompt) = prompt {
            body["usageMetadata"] = json!({ "promptTokenCount": prompt });
        }
        return body;
    }
    let vector = |(numbers, text): &(&[f32], &str)| if base64 { json!(text) } else { json!(numbers) };
    let item = |(n, told)| json!({ "object": "embedding", "index": n, "embedding": vector(told) });
    let list: Vec<Value> = VECTORS.iter().enumerate().map(item).collect();
    let mut body = json!({ "object": "list", "data": list, "model": "um" });
    if let Some(prompt) = prompt {
        body["usage"] = json!({ "prompt_tokens": prompt, "total_tokens": prompt });
    }
    body
}

/// What the client gets, which must be the same vectors in their order.
fn got(upstream: Dialect, base64: bool, body: &Value) -> Value {
    let vectors = Vectors { count: 2, base64 };
    let spec = StreamSpec { vectors, ..spec(Dialect::Embeddings, upstream) };
    let answer = Answer::read(&spec, &Bytes::from(body.to_string())).unwrap();
    let (usage, source) = match *answer.tally().usage() {
        usage if usage.is_empty() => (Usage::NONE.with(Class::Input, COUNTED), UsageSource::Estimated),
        usage => (usage, UsageSource::Provider),
    };
    let got: Value = serde_json::from_slice(&answer.seal(&usage, source)).unwrap();
    for (n, (numbers, text)) in VECTORS.iter().enumerate() {
        let item = &got["data"][n];
        let floats = |found: &Value| -> Vec<f32> {
            found.as_array().into_iter().flatten().map(|one| one.as_f64().unwrap() as f32).collect()
        };
        let same = if base64 { item["embedding"] == *text } else { floats(&item["embedding"]) == *numbers };
        assert!(same && item["index"] == n, "{upstream:?}: {got}");
    }
    got
}

fn cell(upstream: Dialect, same_form: bool, lost: &[&str]) -> Cell {
    match lost.is_empty() {
        true if upstream == Dialect::Embeddings && same_form => Cell::Straight,
        true => Cell::Lossless,
        false => Cell::Lossy(lost.iter().map(|what| (*what).to_owned()).collect()),
    }
}

/// Every row of the table.
pub fn rows() -> Vec<(String, Vec<Cell>)> {
    let each = |what: &str, of: &dyn Fn(Dialect) -> Cell| {
        (what.to_owned(), VECTOR_SERVERS.iter().map(|upstream| of(*upstream)).collect())
    };
    // Gemini tells numbers alone.
    let form = |asked: bool, told_so: bool| {
        move |upstream: Dialect| {
            if told_so && upstream == Dialect::GeminiEmbeddings {
                return Cell::Absent;
            }
            got(upstream, asked, &told(upstream, told_so, Some(7)));
            cell(upstream, asked == told_so, &[])
        }
    };
    let usage = |prompt: Option<u64>| {
        move |upstream: Dialect| {
            let found = got(upstream, false, &told(upstream, false, prompt))["usage"]["prompt_tokens"].as_u64();
            assert_eq!(found, Some(prompt.unwrap_or(COUNTED)), "{upstream:?}");
            cell(upstream, true, if prompt.is_some() { &[] } else { &["counted by the gateway"] })
        }
    };
    vec![
        each("vectors told as numbers", &form(false, false)),
        each("vectors told as numbers, asked for as base64", &form(true, false)),
        each("vectors told as base64", &form(true, true)),
        each("vectors told as base64, asked for as numbers", &form(false, true)),
        each("usage that is told", &usage(Some(7))),
        each("usage that is not told", &usage(None)),
    ]
}
