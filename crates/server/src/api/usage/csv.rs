//! Requests as CSV, by the very filters of the table on screen: streamed in pages, so that any number of rows needs little memory. In:
//! filters, a time zone. Out: text that a spreadsheet takes for what it is. Never here: sums.

use super::which::{WhichRequests, WhichUsage};
use crate::api::key_hand::Hand;
use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Asked, Checks};
use crate::house::{House, Worker};
use crate::limits::CSV_PAGE_ROWS;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use jiff::tz::TimeZone;
use ledger::UsageRow;
use ledger::facts::Ending;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::port::UsageFilter;
use units::{Class, KeyId};

/// What is asked for is CSV.
pub enum Csv {}

impl JsonSchema for Csv {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Csv".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentMediaType": "text/csv" })
    }
}

/// `GET /usage.csv`.
pub async fn run(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichUsage>,
) -> Result<Response, Problem> {
    let zone = zone(which.tz())?;
    let filter = which.filter(&worker.house)?;
    Ok(csv(&worker.house, filter, zone, true))
}

/// `GET /workspaces/{workspace}/usage.csv`: the same for members, without providers; developers read of their own keys.
pub async fn of_workspace(
    State(worker): State<Worker>,
    hand: Hand,
    Asked(which): Asked<WhichRequests>,
) -> Result<Response, Problem> {
    let zone = zone(which.tz())?;
    let filter = which.filter(&worker.house, &hand)?;
    Ok(csv(&worker.house, filter, zone, false))
}

fn zone(name: Option<&str>) -> Result<TimeZone, Problem> {
    let mut checks = Checks::default();
    let zone = name.map_or(Some(TimeZone::UTC), |name| TimeZone::get(name).ok());
    if zone.is_none() {
        checks.add("tz", "expected the name of a time zone, such as Europe/Berlin");
    }
    checks.done()?;
    Ok(zone.unwrap_or(TimeZone::UTC))
}

/// Where an export has come to.
struct Export {
    house: Arc<House>,
    filter: UsageFilter,
    names: BTreeMap<KeyId, String>,
    zone: TimeZone,
    providers: bool,
    begun: bool,
    done: bool,
}

fn csv(house: &Arc<House>, filter: UsageFilter, zone: TimeZone, providers: bool) -> Response {
    let filter = UsageFilter { limit: CSV_PAGE_ROWS, ..filter };
    let names = house.keys.names(filter.workspace);
    let export = Export { house: house.clone(), filter, names, zone, providers, begun: false, done: false };
    // An error breaks the body off, so that nobody takes a part for the whole.
    let pages = stream::unfold(export, |mut export| async move {
        let page = export.page().await?;
        Some((page, export))
    });
    let headers: [(HeaderName, HeaderValue); 3] = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"usage.csv\"")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Body::from_stream(pages)).into_response()
}

impl Export {
    /// The next page; `None` behind the last.
    async fn page(&mut self) -> Option<Result<Vec<u8>, std::io::Error>> {
        if self.done {
            return None;
        }
        let rows = match self.house.store.page_usage(self.filter.clone()).await {
            Ok(rows) => rows,
            Err(error) => {
                self.done = true;
                return Some(Err(std::io::Error::other(error)));
            }
        };
        self.done = rows.len() < self.filter.limit as usize;
        self.filter.before = rows.last().map(|row| row.request);
        let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
        let header = (!std::mem::replace(&mut self.begun, true)).then(|| self.header());
        let lines = header.into_iter().chain(rows.iter().map(|row| self.line(row)));
        let written = lines.into_iter().try_for_each(|line| writer.write_record(line));
        Some(
            written
                .map_err(std::io::Error::other)
                .and_then(|()| writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))),
        )
    }

    fn header(&self) -> Vec<String> {
        let first = [
            "request_id",
            "at_utc",
            "at_local",
            "workspace",
            "key",
            "key_name",
            "endpoint",
            "model",
            "asked_model",
            "status",
            "fault",
            "ending",
        ];
        let last = [
            "usage_source",
            "price",
            "charge_usd",
            "charge_nano_usd",
            "cache_saved_nano_usd",
            "latency_ms",
            "first_byte_ms",
            "streamed",
            "attempts",
            "session",
            "client",
            "client_request_id",
        ];
        let providers: &[&str] = if self.providers { &["provider", "upstream_model"] } else { &[] };
        let classes = Class::ALL.map(Class::name);
        [first.as_slice(), &classes, &last, providers].concat().into_iter().map(str::to_owned).collect()
    }

    fn line(&self, row: &UsageRow) -> Vec<String> {
        let name = self.names.get(&row.key).map_or("", String::as_str);
        let mut line = vec![
            row.request.to_string(),
            row.at.to_string(),
            self.local(row),
            row.workspace.to_string(),
            row.key.to_string(),
            cell(name),
            row.endpoint.to_owned(),
            cell(&row.model),
            cell(row.asked_model.as_deref().unwrap_or("")),
            row.status.to_string(),
            row.fault.unwrap_or("").to_owned(),
            Ending::of(row.status, row.partial).name().to_owned(),
        ];
        line.extend(
            Class::ALL.map(|class| row.usage.get(class).map_or_else(String::new, |count| count.to_string())),
        );
        line.extend([
            row.source.name().to_owned(),
            row.price.map_or_else(String::new, |id| id.to_string()),
            row.charge.to_string(),
            row.charge.nano().to_string(),
            row.cache_saved.nano().to_string(),
            row.latency_ms.to_string(),
            row.first_byte_ms.map_or_else(String::new, |ms| ms.to_string()),
            row.streamed.to_string(),
            row.attempts.to_string(),
            cell(row.session.as_deref().unwrap_or("")),
            cell(row.client.as_deref().unwrap_or("")),
            cell(row.client_request_id.as_deref().unwrap_or("")),
        ]);
        if self.providers {
            line.extend([cell(&row.provider), cell(&row.upstream_model)]);
        }
        line
    }

    /// When it came, by the clock on the wall there.
    fn local(&self, row: &UsageRow) -> String {
        let at = jiff::Timestamp::from_millisecond(row.at.ms());
        at.map_or_else(
            |_| String::new(),
            |at| at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        )
    }
}

/// A text that a spreadsheet takes for no formula.
fn cell(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-USE-2: what people or clients named is no formula in a spreadsheet.
    #[test]
    fn r_use_2_a_name_is_no_formula() {
        for (text, shown) in [
            ("=1+1", "'=1+1"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("@a", "'@a"),
            ("a=1", "a=1"),
            ("", ""),
            ("'=1", "'=1"),
        ] {
            assert_eq!(cell(text), shown);
        }
    }
}
