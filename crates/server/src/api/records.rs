//! Records for operators: usage rows, the ledger's audit, the operators' log. In: filters. Out: pages.
//! Never here: changing anything.

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks};
use crate::house::Worker;
use crate::limits::{PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
use axum::extract::State;
use ledger::UsageRow;
use serde::Deserialize;
use serde_json::{Value, json};
use store::port::UsageFilter;
use units::Class;

/// Which usage rows are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhichUsage {
    workspace: Option<String>,
    key: Option<String>,
    model: Option<String>,
    from: Option<String>,
    until: Option<String>,
    before: Option<String>,
    limit: Option<u32>,
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
        key: which.key.as_deref().and_then(|text| checks.parse("key", text)),
        model: which.model,
        from: checks.instant("from", which.from.as_deref()),
        until: checks.instant("until", which.until.as_deref()),
        before: which.before.as_deref().and_then(|text| checks.parse("before", text)),
        limit: which.limit.unwrap_or(PAGE_ROWS_DEFAULT),
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
    let objects: Vec<Value> = rows.iter().map(object).collect();
    Ok(Answer::ok(&json!({ "data": objects, "next": next })))
}

fn object(row: &UsageRow) -> Value {
    let counted = row.usage.iter().filter(|(class, _)| *class != Class::Images);
    let tokens: serde_json::Map<String, Value> =
        counted.map(|(class, count)| (class.name().to_owned(), json!(count))).collect();
    json!({
        "request_id": row.request.to_string(), "at": row.at.to_string(), "workspace": row.workspace.to_string(),
        "key": row.key.to_string(), "endpoint": row.endpoint, "model": &*row.model, "provider": &*row.provider,
        "upstream_model": &*row.upstream_model, "status": row.status, "fault": row.fault, "tokens": tokens,
        "images": row.usage.count(Class::Images),
        "usage_source": row.source.name(), "estimated": row.source == units::UsageSource::Estimated,
        "price": row.price.map(|p| p.to_string()), "charge_nano_usd": row.charge.nano(),
        "charge_usd": row.charge.to_string(), "cache_saved_nano_usd": row.cache_saved.nano(), "latency_ms": row.latency_ms, "first_byte_ms": row.first_byte_ms,
        "streamed": row.streamed, "attempts": row.attempts, "partial": row.partial,
        "client_request_id": row.client_request_id,
    })
}

/// `GET /audit`: recomputes the ledger.
pub async fn audit(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let report = worker.house.ledger.audit().await?;
    Ok(Answer::ok(&json!({
        "clean": report.findings.is_empty(), "findings": report.findings, "accounts": report.accounts,
        "transfers": report.transfers, "usage_rows": report.usage_rows, "open_holds": report.open_holds,
        "charged_nano_usd": report.charged.nano(), "charged_usd": report.charged.to_string(),
        "written_off_nano_usd": report.written_off.nano(),
    })))
}

/// Which entries of the log are asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhichLog {
    before: Option<String>,
    limit: Option<u32>,
}

/// `GET /log`: what operators did, newest first.
pub async fn log(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichLog>,
) -> Result<Answer, Problem> {
    let mut checks = Checks::default();
    let before = checks.instant("before", which.before.as_deref());
    let limit = which.limit.unwrap_or(PAGE_ROWS_DEFAULT);
    if !(1..=PAGE_ROWS_MAX).contains(&limit) {
        checks.add("limit", format!("expected 1 to {PAGE_ROWS_MAX}"));
    }
    checks.done()?;
    let rows = worker.house.store.page_log(before, limit).await?;
    let objects: Vec<Value> = rows
        .iter()
        .map(|e| {
            let detail: Value = serde_json::from_str(&e.detail).unwrap_or(Value::Null);
            let state = |text: &Option<String>| -> Value {
                text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
            };
            json!({
                "at": e.at.to_string(), "actor": e.actor, "action": e.action, "object": e.object, "detail": detail,
                "workspace": e.workspace.map(|id| id.to_string()), "address": e.address,
                "before": state(&e.before), "after": state(&e.after),
            })
        })
        .collect();
    Ok(Answer::ok(&json!({ "data": objects })))
}

/// `GET /log/check`: whether every entry of the log follows from the one before it. The head is for keeping elsewhere: who
/// has an older one can tell that nothing before it was changed.
pub async fn check_log(State(worker): State<Worker>, _: Operator) -> Result<Answer, Problem> {
    let check = worker.house.store_people.check_log().await?;
    let head: String = check.head.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Answer::ok(&json!({
        "whole": check.whole, "entries": check.entries, "broken_at": check.broken_at, "head": head,
    })))
}
