//! Requests as members and operators read them: rows, one row, sums, CSV. Never here: the sums themselves (the store's suite), how a
//! charge came about (process tests, over prices in force).

use super::*;
use crate::api::routes::tests::keys::{By, id};
use ledger::{Counted, Tried, UsageRow};
use serde_json::{Value, json};
use units::{Class, KeyId, NanoUsd, RequestId, Usage, UsageSource};

impl Town {
    /// A request that moved no money, with a key.
    pub fn requested(&self, key: &Value, n: u8, change: impl FnOnce(UsageRow) -> UsageRow) -> RequestId {
        let at = self.clock.now();
        let row = UsageRow {
            request: RequestId::new(at, [n; 10]),
            at,
            workspace: self.acme.id,
            key: id(key).parse::<KeyId>().unwrap(),
            counted: Counted::default(),
            endpoint: "chat.completions",
            model: "fast".into(),
            provider: "acme-upstream".into(),
            upstream_model: "upstream-large".into(),
            status: 200,
            fault: None,
            usage: Usage::NONE.with(Class::Input, 10).with(Class::Output, 5),
            source: UsageSource::Provider,
            price: None,
            charge: NanoUsd::ZERO,
            cache_saved: NanoUsd::ZERO,
            latency_ms: 900,
            first_byte_ms: Some(100),
            streamed: true,
            attempts: 2,
            partial: false,
            client_request_id: None,
            asked_model: Some("=HYPERLINK(\"x\")".into()),
            session: Some("s-1".into()),
            client: Some("+claude-cli/2.1".into()),
            tries: vec![Tried {
                provider: "other-upstream".into(),
                upstream_model: "upstream-small".into(),
                fault: "upstream_overloaded".into(),
                cause: "status_529".into(),
                until_ms: 40,
            }],
        };
        let row = change(row);
        self.house().ledger.record(row.clone());
        row.request
    }

    async fn csv(&self, by: &By, path: &str) -> String {
        let response = self.send_text(&Method::GET, path, &by.headers(), String::new()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
        text_of(response).await
    }
}

const BASE: &str = "/api/manage/workspaces/acme";

/// R-USE-1, R-USE-2: members read the requests of their workspace, developers those of their own keys; of providers they read
/// nothing, in rows, in one row, in sums and in CSV.
#[tokio::test]
async fn r_use_1_members_read_requests_without_providers() {
    let town = Town::open("usage").await;
    let (owner, developer, operator) = (town.by("owner").await, town.by("developer").await, town.by("token").await);
    let (owners, developers) = (town.key_of(&owner, "=cmd|x").await, town.key_of(&developer, "mine").await);
    let first = town.requested(&owners, 1, |row| row);
    town.requested(&developers, 2, |row| UsageRow {
        model: "slow".into(),
        status: 429,
        fault: Some("rate_limited"),
        ..row
    });
    let get = async |by: &By, path: String| {
        let (status, told) = town.call(by, &format!("GET {path}"), Value::Null).await;
        assert_eq!(status, 200, "{path} {told}");
        told
    };
    for (by, seen) in [(&owner, 2), (&developer, 1)] {
        let rows = get(by, format!("{BASE}/usage")).await;
        assert_eq!(rows["data"].as_array().unwrap().len(), seen);
        let facts = get(by, format!("{BASE}/facts?by=model&step_hours=1&pace=true")).await;
        assert_eq!(facts["total"]["requests"], json!(seen));
        assert_eq!(facts["parts"].as_array().unwrap().len(), seen);
        let csv = town.csv(by, &format!("{BASE}/usage.csv?tz=Europe/Berlin")).await;
        assert_eq!(csv.lines().count(), seen + 1);
        for told in [rows.to_string(), facts.to_string(), csv] {
            assert!(!told.contains("upstream-") && !told.contains("-upstream"), "{told}");
        }
    }
    let row = &get(&owner, format!("{BASE}/usage?model=fast")).await["data"][0];
    assert_eq!((&row["asked_model"], &row["ending"]), (&json!("=HYPERLINK(\"x\")"), &json!("served")));
    let one = get(&owner, format!("{BASE}/usage/{first}")).await;
    assert_eq!(one["tries"], json!([{ "fault": "upstream_overloaded", "until_ms": 40 }]));
    assert_eq!(one["charged"], json!({ "lines": [], "sum_usd": null, "charge_usd": "0.00" }));
    let mut theirs = get(&operator, format!("/api/manage/usage/{first}")).await;
    assert_eq!(theirs["tries"][0]["provider"], json!("other-upstream"));
    assert_eq!(theirs["provider"].take(), json!("acme-upstream"));
    let others = town.call(&developer, &format!("GET {BASE}/usage/{first}"), Value::Null).await;
    assert_eq!(
        others,
        town.call(&developer, &format!("GET {BASE}/usage/req_00000000000000000000000000"), Value::Null).await
    );
    assert_eq!(others.0, 404);
    let sums = get(&operator, "/api/manage/facts?by=provider&workspace=acme".to_owned()).await;
    assert_eq!((&sums["parts"][0]["id"], &sums["total"]["requests"]), (&json!("acme-upstream"), &json!(2)));
}

/// R-USE-2: CSV has exactly the rows of the filters, however many pages they are, and no cell is a formula.
#[tokio::test]
async fn r_use_2_csv_is_what_the_filters_say() {
    let town = Town::open("usage-csv").await;
    let owner = town.by("owner").await;
    let key = town.key_of(&owner, "=cmd|x").await;
    for n in 0..5 {
        town.requested(&key, n, |row| UsageRow { model: if n < 3 { "fast" } else { "slow" }.into(), ..row });
        town.later();
    }
    let csv = town.csv(&owner, &format!("{BASE}/usage.csv?model=fast&tz=Asia/Kathmandu")).await;
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    let at = |row: &::csv::StringRecord, name: &str| {
        row[header.iter().position(|column| column == name).unwrap()].to_owned()
    };
    for row in &rows {
        assert_eq!(at(row, "model"), "fast");
        for (name, shown) in
            [("key_name", "'=cmd|x"), ("asked_model", "'=HYPERLINK(\"x\")"), ("client", "'+claude-cli/2.1")]
        {
            assert_eq!(at(row, name), shown);
        }
        assert!(at(row, "at_local").ends_with("+05:45"), "{}", at(row, "at_local"));
    }
}

/// Bad input: every wrong field is told at once.
#[tokio::test]
async fn r_use_2_wrong_questions_name_their_fields() {
    let town = Town::open("usage-wrong").await;
    let owner = town.by("owner").await;
    for (path, fields) in [
        (
            "facts?by=provider&series=9&step_hours=0&from=2026-11-20T00:30:00Z",
            &["by", "from", "series", "step_hours"][..],
        ),
        ("facts?from=2026-11-21T00:00:00Z&until=2026-11-20T00:00:00Z", &["from"]),
        ("facts?step_hours=5&from=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z", &["step_hours"]),
        ("facts?step_hours=1&from=2020-11-20T00:00:00Z&until=2026-11-21T01:00:00Z", &["step_hours"]),
        ("usage?ending=well&key=x&limit=0&from=yesterday", &["ending", "from", "key", "limit"]),
        ("usage.csv?tz=Mars/Olympus", &["tz"]),
    ] {
        let (status, told) = town.call(&owner, &format!("GET {BASE}/{path}"), Value::Null).await;
        assert_eq!(status, 400, "{path} {told}");
        let mut named: Vec<&str> =
            told["errors"].as_array().unwrap().iter().filter_map(|e| e["field"].as_str()).collect();
        named.sort_unstable();
        assert_eq!(named, fields, "{path} {told}");
    }
}
