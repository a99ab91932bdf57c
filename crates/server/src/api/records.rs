//! Records for operators: usage rows, the ledger's audit. In: filters. Out: pages.
//! Never here: changing anything, the log of what people did (log).

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks};
use crate::api::schema::{Limit, Shown};
use crate::house::Worker;
use crate::limits::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
use axum::extract::State;
use ledger::UsageRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use store::port::UsageFilter;
use units::{Class, KeyId, NanoUsd, PriceId, RequestId, Timestamp, WorkspaceId};

/// Which usage rows are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichUsage {
    /// The id or slug of a workspace.
    workspace: Option<String>,
    #[schemars(with = "Option<Shown<KeyId>>")]
    key: Option<String>,
    /// The id of a model.
    model: Option<String>,
    /// From this instant on.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    from: Option<String>,
    /// Before this instant.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    until: Option<String>,
    /// The `next` of the page before: only what is older.
    #[schemars(with = "Option<Shown<RequestId>>")]
    before: Option<String>,
    /// At most so many; 100 unless it is said.
    #[schemars(with = "Option<Limit>")]
    limit: Option<u32>,
}

/// What a request came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Usage")]
pub struct UsageTold {
    request_id: Shown<RequestId>,
    at: Shown<Timestamp>,
    workspace: Shown<WorkspaceId>,
    key: Shown<KeyId>,
    endpoint: &'static str,
    model: String,
    provider: String,
    upstream_model: String,
    /// The status that the client saw.
    status: u16,
    fault: Option<&'static str>,
    /// Tokens by class (`input`, `cached_input`, `output`, ..); one that was not told of is not there.
    #[schemars(with = "BTreeMap<String, u64>")]
    tokens: serde_json::Map<String, Value>,
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
}

/// A page of usage, newest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UsagePage")]
pub struct UsageRows {
    data: Vec<UsageTold>,
    /// The `before` of the next page; null at the end.
    next: Option<String>,
}

/// `GET /usage`: newest first; `next` is the `before` of the next page.
pub async fn usage(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichUsage>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let mut checks = Checks::default();
    let workspace = which.workspace.as_deref().map(|text| house.workspaces.named(text));
    if matches!(workspace, Some(None)) {
        checks.add("workspace", "there is no such workspace");
    }
    let filter = UsageFilter {
        workspace: workspace.flatten().map(|w| w.id),
        keys: which.key.as_deref().and_then(|text| checks.parse("key", text)).map(|key| vec![key]),
        model: which.model,
        from: checks.instant("from", which.from.as_deref()),
        until: checks.instant("until", which.until.as_deref()),
        before: which.before.as_deref().and_then(|text| checks.parse("before", text)),
        limit: which.limit.unwrap_or(PAGE_ROWS_DEFAULT),
        ..UsageFilter::default()
    };
    if filter.model.as_deref().is_some_and(|model| model.contains('\0')) {
        // PostgreSQL has no such text.
        checks.add("model", "expected the id of a model");
    }
    if !(1..=PAGE_ROWS_MAX).contains(&filter.limit) {
        checks.add("limit", format!("expected 1 to {PAGE_ROWS_MAX}"));
    }
    checks.done()?;
    let limit = filter.limit as usize;
    let rows = house.store.page_usage(filter).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|r| r.request.to_string());
    Ok(Answer::ok(&UsageRows { data: rows.iter().map(object).collect(), next }))
}

fn object(row: &UsageRow) -> UsageTold {
    let counted = row.usage.iter().filter(|(class, _)| *class != Class::Images);
    UsageTold {
        request_id: Shown(row.request),
        at: Shown(row.at),
        workspace: Shown(row.workspace),
        key: Shown(row.key),
        endpoint: row.endpoint,
        model: row.model.to_string(),
        provider: row.provider.to_string(),
        upstream_model: row.upstream_model.to_string(),
        status: row.status,
        fault: row.fault,
        tokens: counted.map(|(class, count)| (class.name().to_owned(), Value::from(count))).collect(),
        images: row.usage.count(Class::Images),
        usage_source: row.source.name(),
        estimated: row.source == units::UsageSource::Estimated,
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
    }
}

/// What recomputing the ledger found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Audit")]
pub struct AuditTold {
    clean: bool,
    /// One line an invariant that does not hold.
    findings: Vec<String>,
    accounts: u64,
    transfers: u64,
    usage_rows: u64,
    open_holds: u64,
    charged_nano_usd: i64,
    charged_usd: Shown<NanoUsd>,
    written_off_nano_usd: i64,
}

/// `GET /audit`: recomputes the ledger.
pub async fn audit(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let report = worker.house.ledger.audit().await?;
    Ok(Answer::ok(&AuditTold {
        clean: report.findings.is_empty(),
        findings: report.findings,
        accounts: report.accounts,
        transfers: report.transfers,
        usage_rows: report.usage_rows,
        open_holds: report.open_holds,
        charged_nano_usd: report.charged.nano(),
        charged_usd: Shown(report.charged),
        written_off_nano_usd: report.written_off.nano(),
    }))
}
