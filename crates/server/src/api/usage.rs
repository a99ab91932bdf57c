//! What requests came to, for operators and for members of a workspace: rows, one row with the way its charge came about, sums. In:
//! filters. Out: pages, sums, CSV; members read nothing of providers. Never here: adding anything up (the store does), money moving.

mod csv;
mod detail;
mod events;
mod facts;
mod sums;
mod told;
mod which;

pub use csv::{Csv, of_workspace as csv_of_workspace, run as csv};
pub use detail::{RequestDetail, UsageDetail, detail, of_workspace as detail_of_workspace};
pub use events::{Events, events};
pub use facts::{WhichFacts, WhichHouseFacts, facts, of_workspace as facts_of_workspace};
pub use sums::FactsTold;
pub use told::{RequestPage, UsagePage};
pub use which::{WhichRequests, WhichUsage};

use crate::api::key_hand::Hand;
use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked};
use crate::house::Worker;
use axum::extract::State;
use store::port::UsageFilter;
use told::{request_told, usage_told};
use units::RequestId;

/// `GET /usage`: newest first; `next` is the `before` of the next page.
pub async fn list(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichUsage>,
) -> Result<Answer, Problem> {
    let filter = which.filter(&worker.house)?;
    let (rows, next) = page(&worker, filter).await?;
    Ok(Answer::ok(&UsagePage { data: rows.iter().map(usage_told).collect(), next }))
}

/// `GET /workspaces/{workspace}/usage`: the same for members, without providers; developers read of their own keys.
pub async fn list_of_workspace(
    State(worker): State<Worker>,
    hand: Hand,
    Asked(which): Asked<WhichRequests>,
) -> Result<Answer, Problem> {
    let filter = which.filter(&worker.house, &hand)?;
    let (rows, next) = page(&worker, filter).await?;
    Ok(Answer::ok(&RequestPage { data: rows.iter().map(request_told).collect(), next }))
}

async fn page(worker: &Worker, filter: UsageFilter) -> Result<(Vec<ledger::UsageRow>, Option<String>), Problem> {
    let limit = filter.limit as usize;
    let rows = worker.house.store.page_usage(filter).await?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|row| row.request.to_string());
    Ok((rows, next))
}

/// The row of a request, where it fits.
async fn find(worker: &Worker, id: &str, filter: UsageFilter) -> Result<ledger::UsageRow, Problem> {
    let id: RequestId = id.parse().map_err(|_| Problem::not_found("request"))?;
    let filter = UsageFilter { request: Some(id), limit: 1, ..filter };
    let mut rows = worker.house.store.page_usage(filter).await?;
    rows.pop().ok_or_else(|| Problem::not_found("request"))
}
