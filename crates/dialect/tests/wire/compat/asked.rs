//! What becomes of each feature of a request on each pair. In: corpus/features. Out: cells. Never here: answers.

use super::{Cell, facets};
use crate::run::root;
use bytes::Bytes;
use canon::{Dialect, Fault, Loss};
use dialect::{Target, decode_request, encode_embeddings, encode_request, peek_path, straight};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;

/// What must be in the request that a server gets when nothing was reported as lost: words that begin with `keep_`, and these.
const MARKS: [&str; 11] =
    ["iVBORw0KGgo", "JVBERi0x", "7001", "7002", "7003", "7004", "0.125", "0.25", "0.375", "0.75", "example.com"];

/// The requests of a client dialect, by the feature that each has. `null` where the dialect has no such thing.
pub fn requests(client: Dialect) -> Map<String, Value> {
    let path = root().join("corpus/features").join(format!("{}.json", client.name()));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What a request says that can be looked for in another.
pub fn marks(text: &str) -> BTreeSet<String> {
    let words =
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("keep_"));
    let fixed = MARKS.iter().copied().filter(|mark| text.contains(mark));
    words.chain(fixed).map(str::to_owned).collect()
}

/// A server of a dialect. What differs between servers of one dialect has its own tests.
fn target(upstream: Dialect) -> Target {
    Target::new(upstream, "m", 64_000)
}

fn refused(fault: &Fault) -> Cell {
    Cell::Refused(fault.param.as_deref().unwrap_or("-").to_owned())
}

fn lossy(losses: &[Loss]) -> Cell {
    let told: BTreeSet<String> =
        losses.iter().map(|loss| format!("`{}` {}", loss.path, loss.action.name())).collect();
    match told.is_empty() {
        true => Cell::Lossless,
        false => Cell::Lossy(told.into_iter().collect()),
    }
}

/// What the server gets, and what was reported.
fn sent(client: Dialect, upstream: Dialect, body: &Bytes) -> Result<(Bytes, Cell), Fault> {
    let look = peek_path(client, "m", false, body)?;
    if client == upstream {
        return Ok((straight::prepare(body, &look, &target(upstream)), Cell::Straight));
    }
    if client == Dialect::Embeddings {
        let encoded = encode_embeddings(body, &target(upstream))?;
        return Ok((encoded.body, lossy(&encoded.losses)));
    }
    let (request, mut losses) = decode_request(client, body)?;
    let encoded = encode_request(&request, &target(upstream))?;
    losses.extend(encoded.losses);
    Ok((encoded.body, lossy(&losses)))
}

/// The cell of a request, and what is missing at the server though nothing was reported.
pub fn cell(client: Dialect, upstream: Dialect, request: &Value) -> (Cell, Vec<String>) {
    if request.is_null() {
        return (Cell::Absent, Vec::new());
    }
    let text = request.to_string();
    match sent(client, upstream, &Bytes::from(text.clone())) {
        Err(fault) => (refused(&fault), Vec::new()),
        Ok((body, cell)) => {
            let there = marks(std::str::from_utf8(&body).unwrap());
            let mut missing: Vec<String> = marks(&text).difference(&there).cloned().collect();
            missing.extend(unread(client, upstream, &Bytes::from(text), &body));
            let told = matches!(cell, Cell::Lossy(_));
            (cell, if told { Vec::new() } else { missing })
        }
    }
}

/// What the reader of the server's dialect does not find in what it gets, though the reader of the client's did.
fn unread(client: Dialect, upstream: Dialect, body: &Bytes, sent: &Bytes) -> Vec<String> {
    if client == upstream || client == Dialect::Embeddings {
        return Vec::new();
    }
    let read = |dialect, body| facets::of(&decode_request(dialect, body).unwrap().0);
    // A Messages server thinks only where it is asked to.
    let said = read(client, body);
    let said = said.into_iter().filter(|line| upstream != Dialect::Anthropic || line != "thinks: no");
    let found = read(upstream, sent);
    said.filter(|line| !found.contains(line)).collect()
}
