//! How a request is told. In: a usage row. Out: its JSON; to members without providers. Never here: a filter, sums.

use crate::api::schema::{EndingName, Shown};
use ledger::facts::Ending;
use ledger::{Tried, UsageRow};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use units::{Class, KeyId, NanoUsd, PriceId, RequestId, Timestamp, UsageSource, WorkspaceId};

/// What a request came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Request")]
pub struct RequestTold {
    request_id: Shown<RequestId>,
    at: Shown<Timestamp>,
    workspace: Shown<WorkspaceId>,
    key: Shown<KeyId>,
    endpoint: &'static str,
    /// The model that served or refused; empty where none was known.
    model: String,
    /// The name that was asked for, where the model has another one.
    asked_model: Option<String>,
    /// The status that the client saw.
    status: u16,
    fault: Option<&'static str>,
    #[schemars(with = "EndingName")]
    ending: &'static str,
    /// All tokens of the prompt, cached and written ones included.
    prompt_tokens: u64,
    /// All tokens of the answer, reasoning included.
    answer_tokens: u64,
    /// Tokens by class (`input`, `cached_input`, `output`, ..); one that was not told of is not there.
    #[schemars(with = "BTreeMap<String, u64>")]
    tokens: Map<String, Value>,
    images: u64,
    /// Where the counts are from: `provider`, `counted`, `estimated` or `none`.
    #[schemars(extend("enum" = ["provider", "counted", "estimated", "none"]))]
    usage_source: &'static str,
    estimated: bool,
    /// The version of the price that was applied; null is free.
    price: Option<Shown<PriceId>>,
    charge_nano_usd: i64,
    charge_usd: Shown<NanoUsd>,
    /// What prompt caches saved; below zero where writing cost more than reading saved.
    cache_saved_nano_usd: i64,
    latency_ms: u32,
    first_byte_ms: Option<u32>,
    streamed: bool,
    attempts: u8,
    /// Whether the answer stopped before its end.
    partial: bool,
    client_request_id: Option<String>,
    /// The caller's own session.
    session: Option<String>,
    /// The client by its own word.
    client: Option<String>,
}

/// The same for operators.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Usage")]
pub struct UsageTold {
    #[serde(flatten)]
    request: RequestTold,
    provider: String,
    upstream_model: String,
}

/// An attempt that failed, for operators.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UsageTried")]
pub struct UsageTried {
    provider: String,
    upstream_model: String,
    fault: String,
    /// A word for the cause (docs/LOG.md).
    cause: String,
    /// From the request's head to its end.
    until_ms: u32,
}

/// An attempt that failed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RequestTried")]
pub struct RequestTried {
    fault: String,
    /// From the request's head to its end.
    until_ms: u32,
}

/// A page of usage, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UsagePage")]
pub struct UsagePage {
    pub data: Vec<UsageTold>,
    /// The `before` of the next page; null at the end.
    pub next: Option<String>,
}

/// A page of requests, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RequestPage")]
pub struct RequestPage {
    pub data: Vec<RequestTold>,
    /// The `before` of the next page; null at the end.
    pub next: Option<String>,
}

/// A row as members read it.
pub fn request_told(row: &UsageRow) -> RequestTold {
    let counted = row.usage.iter().filter(|(class, _)| *class != Class::Images);
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    RequestTold {
        request_id: Shown(row.request),
        at: Shown(row.at),
        workspace: Shown(row.workspace),
        key: Shown(row.key),
        endpoint: row.endpoint,
        model: row.model.to_string(),
        asked_model: text(&row.asked_model),
        status: row.status,
        fault: row.fault,
        ending: Ending::of(row.status, row.partial).name(),
        prompt_tokens: row.usage.prompt_total(),
        answer_tokens: row.usage.answer_total(),
        tokens: counted.map(|(class, count)| (class.name().to_owned(), Value::from(count))).collect(),
        images: row.usage.count(Class::Images),
        usage_source: row.source.name(),
        estimated: row.source == UsageSource::Estimated,
        price: row.price.map(Shown),
        charge_nano_usd: row.charge.nano(),
        charge_usd: Shown(row.charge),
        cache_saved_nano_usd: row.cache_saved.nano(),
        latency_ms: row.latency_ms,
        first_byte_ms: row.first_byte_ms,
        streamed: row.streamed,
        attempts: row.attempts,
        partial: row.partial,
        client_request_id: row.client_request_id.clone(),
        session: text(&row.session),
        client: text(&row.client),
    }
}

/// A row as operators read it.
pub fn usage_told(row: &UsageRow) -> UsageTold {
    UsageTold {
        request: request_told(row),
        provider: row.provider.to_string(),
        upstream_model: row.upstream_model.to_string(),
    }
}

/// Failed attempts as members read them.
pub fn request_tried(tries: &[Tried]) -> Vec<RequestTried> {
    tries.iter().map(|tried| RequestTried { fault: tried.fault.to_string(), until_ms: tried.until_ms }).collect()
}

/// Failed attempts as operators read them.
pub fn usage_tried(tries: &[Tried]) -> Vec<UsageTried> {
    let told = |tried: &Tried| UsageTried {
        provider: tried.provider.to_string(),
        upstream_model: tried.upstream_model.to_string(),
        fault: tried.fault.to_string(),
        cause: tried.cause.to_string(),
        until_ms: tried.until_ms,
    };
    tries.iter().map(told).collect()
}
