//! One request, and the way its charge came about, line by line. In: a row, the version of the price that was frozen for it. Out:
//! lines that sum to the charge. Never here: charging (ledger::meter, whose rates these are).

use super::find;
use super::told::{
    RequestTold, RequestTried, UsageTold, UsageTried, request_told, request_tried, usage_told, usage_tried,
};
use super::which::within;
use crate::api::key_hand::Hand;
use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Named};
use crate::api::schema::Shown;
use crate::house::Worker;
use axum::extract::State;
use catalog::{Price, PriceDoc, Serves};
use ledger::{Rates, UsageRow};
use schemars::JsonSchema;
use serde::Serialize;
use store::port::UsageFilter;
use units::{Class, NanoUsd, PicoRate};

/// A request and its charge, for members.
#[derive(Serialize, JsonSchema)]
pub struct RequestDetail {
    #[serde(flatten)]
    request: RequestTold,
    /// Attempts that failed before.
    tries: Vec<RequestTried>,
    charged: Charged,
}

/// A request and its charge, for operators.
#[derive(Serialize, JsonSchema)]
pub struct UsageDetail {
    #[serde(flatten)]
    usage: UsageTold,
    /// Attempts that failed before.
    tries: Vec<UsageTried>,
    charged: Charged,
}

/// How a charge came about.
#[derive(Serialize, JsonSchema)]
pub struct Charged {
    /// What was counted and what it costs; empty where nothing is charged for, or the price is not known any more.
    lines: Vec<Line>,
    /// What the lines sum to, rounded up once to a nano-USD.
    sum_usd: Option<Shown<NanoUsd>>,
    /// What was charged; less than the sum where credit did not cover it.
    charge_usd: Shown<NanoUsd>,
}

/// A line of a charge.
#[derive(Serialize, JsonSchema)]
pub struct Line {
    /// What was counted: a class of tokens, `images`, or `request`.
    what: &'static str,
    count: u64,
    /// What a million of it costs, or one image, or one request; exactly. Null where each had a price of its own.
    rate_usd: Option<String>,
    /// What of it costs so much: 1,000,000 tokens, 1 image, 1 request.
    per: u32,
    /// The line's part, exactly.
    cost_usd: String,
}

/// `GET /usage/{request}`.
pub async fn detail(State(worker): State<Worker>, _: Operator, Named(id): Named) -> Result<Answer, Problem> {
    let row = find(&worker, &id, UsageFilter::default()).await?;
    let charged = charged(&worker, &row).await?;
    Ok(Answer::ok(&UsageDetail { usage: usage_told(&row), tries: usage_tried(&row.tries), charged }))
}

/// `GET /workspaces/{workspace}/usage/{request}`.
pub async fn of_workspace(State(worker): State<Worker>, hand: Hand, Named(id): Named) -> Result<Answer, Problem> {
    let row = find(&worker, &id, within(UsageFilter::default(), &worker.house, &hand)).await?;
    let charged = charged(&worker, &row).await?;
    Ok(Answer::ok(&RequestDetail { request: request_told(&row), tries: request_tried(&row.tries), charged }))
}

async fn charged(worker: &Worker, row: &UsageRow) -> Result<Charged, Problem> {
    let none = Charged { lines: Vec::new(), sum_usd: None, charge_usd: Shown(row.charge) };
    // What failed and was not charged used nothing that has a price.
    if row.charge == NanoUsd::ZERO && row.status >= 400 {
        return Ok(none);
    }
    let Some(id) = row.price else { return Ok(none) };
    let Some(price) = worker.house.store.find_price(id).await? else { return Ok(none) };
    let serves = match row.endpoint {
        "embeddings" => Serves::Embeddings,
        endpoint if endpoint.starts_with("images") => Serves::Images,
        _ => Serves::Chat,
    };
    let read = serde_json::from_str::<PriceDoc>(&price.document).ok();
    let Some(price) = read.and_then(|doc| Price::read(&doc, serves).ok()) else { return Ok(none) };
    Ok(lines(row, &price).unwrap_or(none))
}

/// The lines of a row under a price; `None` where they cannot be told.
fn lines(row: &UsageRow, price: &Price) -> Option<Charged> {
    let Price::Rates { rates, request, .. } = price else { return None };
    let (mut known, mut lines, mut pico) = (Rates::UNKNOWN, Vec::new(), 0_i128);
    if row.endpoint == "embeddings" {
        known = known.with(Class::Output, PicoRate::ZERO);
    }
    for (class, rate) in rates {
        known = known.with(*class, *rate);
    }
    if *request > NanoUsd::ZERO {
        let cost = i128::from(request.nano()).checked_mul(1_000)?;
        pico += cost;
        lines.push(Line { what: "request", count: 1, rate_usd: Some(usd(cost)), per: 1, cost_usd: usd(cost) });
    }
    for (class, count) in row.usage.iter().filter(|(class, count)| *class != Class::Images && *count > 0) {
        let rate = i128::from(known.rate(class)?.pico());
        let cost = rate.checked_mul(i128::from(count))?;
        pico = pico.checked_add(cost)?;
        let of_million = usd(rate.checked_mul(1_000_000)?);
        let (what, per) = (class.name(), 1_000_000);
        lines.push(Line { what, count, rate_usd: Some(of_million), per, cost_usd: usd(cost) });
    }
    let images = row.usage.count(Class::Images);
    if images > 0 {
        // Each has a price by its size and quality, which the row does not keep: what is left of the charge is theirs.
        let cost = i128::from(row.charge.nano()).checked_mul(1_000)?.checked_sub(pico)?.max(0);
        pico = pico.checked_add(cost)?;
        let each = (cost % i128::from(images) == 0).then(|| usd(cost / i128::from(images)));
        lines.push(Line { what: "images", count: images, rate_usd: each, per: 1, cost_usd: usd(cost) });
    }
    let sum = i64::try_from(pico.checked_add(999)?.div_euclid(1_000)).ok()?;
    Some(Charged { lines, sum_usd: Some(Shown(NanoUsd::new(sum))), charge_usd: Shown(row.charge) })
}

/// Pico-USD as text, with as many decimals as it has, two at least.
fn usd(pico: i128) -> String {
    const ONE: i128 = 1_000_000_000_000;
    let text = format!("{}.{:012}", pico / ONE, (pico % ONE).abs());
    let digits = text.trim_end_matches('0');
    let least = text.len() - 10;
    text.get(..digits.len().max(least)).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-USE-1: a sum of pico-USD is told exactly.
    #[test]
    fn r_use_1_small_sums_are_told_exactly() {
        for (pico, text) in [
            (0, "0.00"),
            (1, "0.000000000001"),
            (1_500_000_000_000, "1.50"),
            (8_415_000_000, "0.008415"),
            (12_000_000_000_000, "12.00"),
        ] {
            assert_eq!(usd(pico), text);
        }
    }
}
