//! Who the caller is and what it may spend (R-API-10). In: a key. Out: identity, spend, caches, balance, of one ledger
//! snapshot. Never here: other keys, other workspaces.

use crate::callers::LiveKey;
use crate::entry::Door;
use crate::house::{House, Worker};
use crate::relay::unavailable;
use crate::visit::Visit;
use admit::Scope;
use axum::body::Body;
use axum::extract::State;
use bytes::Bytes;
use canon::Fault;
use http::{Request, Response};
use ledger::AccountAsk;
use serde_json::{Value, json};
use units::{NanoUsd, Timestamp};

/// `GET {base}/key` and `{base}/me`.
pub async fn key(door: Door, State(worker): State<Worker>, request: Request<Body>) -> Response<Body> {
    let visit = Visit::new(&worker.house, door, &request);
    match worker.house.identify(&visit.entry, request.headers(), Scope::Read) {
        Ok(caller) => {
            let found = identity(&worker.house, visit.entry.at, &caller).await;
            visit.answer(Some(&caller), found.map(|body| Bytes::from(body.to_string())))
        }
        Err(fault) => visit.answer(None, Err(fault)),
    }
}

async fn identity(house: &House, at: Timestamp, key: &LiveKey) -> Result<Value, Fault> {
    let ask = AccountAsk { workspace: key.workspace, key: key.id, member: key.member, at };
    let state = house.ledger.account(ask).await.map_err(unavailable)?;
    let (balance, sums) = (state.balance, state.key);
    let workspace = house.workspaces.find(key.workspace);
    let (name, slug) = workspace.map_or((String::new(), String::new()), |w| (w.name.clone(), w.slug.clone()));
    let available = balance.posted.minus(balance.held).unwrap_or_default();
    Ok(json!({
        "auth": "api_key",
        "org": { "id": key.workspace.to_string(), "name": name, "slug": slug },
        "api_key": {
            "id": key.id.to_string(), "name": key.name, "prefix": key.prefix,
            "spend_micro_usd": sums.spent.micro_up(), "spend_cap_micro_usd": key.rules.caps.total.map(NanoUsd::micro_down), "fallback_model": key.rules.fallback_model,
            "expires_at": key.expires_at.map(|t| t.to_string()),
        },
        // Of the key's charged requests. Rounded down: never more saved than is true, and below zero where writing cost more.
        "cache": {
            "read_tokens": sums.cache.read, "write_tokens": sums.cache.written,
            "saved_micro_usd": sums.cache.saved.micro_down(),
        },
        "balance_micro_usd": balance.posted.micro_down(),
        "holds_micro_usd": balance.held.micro_up(),
        "available_micro_usd": available.micro_down(),
    }))
}
