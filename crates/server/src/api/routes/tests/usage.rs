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
        let row = change(self.row_of(key, n));
        self.house().ledger.record(row.clone());
        row.request
    }

    /// What a request of that key leaves.
    fn row_of(&self, key: &Value, n: u8) -> UsageRow {
        let at = self.clock.now();
        UsageRow {
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
        }
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
        assert_eq!(facts["endings"], json!({ "served": 1 - (2 - seen), "cut": 0, "refused": 1, "failed": 0 }));
        let tokens = (&facts["total"]["prompt_tokens"], &facts["total"]["answer_tokens"]);
        assert_eq!(tokens, (&json!(10 * seen), &json!(5 * seen)));
        assert_eq!((&rows["data"][0]["prompt_tokens"], &rows["data"][0]["answer_tokens"]), (&json!(10), &json!(5)));
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
        ("facts?step_hours=1&from=2026-01-20T00:00:00Z&until=2026-11-21T01:00:00Z", &["step_hours"]),
        ("facts?from=2020-11-20T01:00:00Z", &["from"]),
        ("facts?step_hours=1&from=2020-11-20T00:00:00Z&until=2020-11-21T00:00:00Z", &["from"]),
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
    let operator = town.by("operator").await;
    for (path, field) in [("by=key&provider=p", "by"), ("by=workspace&key=key_00000000000000000000000000", "key")] {
        let (status, told) = town.call(&operator, &format!("GET /api/manage/facts?{path}"), Value::Null).await;
        assert_eq!((status, told["errors"][0]["field"].as_str()), (400, Some(field)), "{path} {told}");
    }
}

/// A stream of events that is read as it comes.
struct Watched(axum::body::BodyDataStream, String);

impl Watched {
    /// The next event, without beats.
    async fn next(&mut self) -> Option<String> {
        use futures_util::StreamExt;
        loop {
            if let Some((event, rest)) = self.1.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.1 = rest;
                if event.starts_with("event") {
                    return Some(event);
                }
                continue;
            }
            let part = tokio::time::timeout(Duration::from_secs(20), self.0.next()).await.ok()??.ok()?;
            self.1.push_str(std::str::from_utf8(&part).unwrap());
        }
    }
}

impl Town {
    async fn watch(&self, by: &By, last: Option<&str>) -> Watched {
        self.watch_at(&format!("{BASE}/events"), by, last).await
    }

    async fn watch_at(&self, path: &str, by: &By, last: Option<&str>) -> Watched {
        let mut headers = by.headers();
        headers.extend(last.map(|id| ("last-event-id", id)));
        let response = self.send_text(&Method::GET, path, &headers, String::new()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Watched(response.into_body().into_data_stream(), String::new())
    }
}

fn id_of(event: &str) -> &str {
    event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap()
}

/// R-USE-2: whoever watches hears of each request that is theirs to see when it ends, and after a break of what ended meanwhile.
#[tokio::test]
async fn r_use_2_requests_are_heard_of_when_they_end() {
    let town = Town::open("usage-live").await;
    let (owner, developer) = (town.by("owner").await, town.by("developer").await);
    let (owners, developers) = (town.key_of(&owner, "a").await, town.key_of(&developer, "b").await);
    let (mut all, mut own) = (town.watch(&owner, None).await, town.watch(&developer, None).await);
    assert_eq!(town.house().live_rows.listeners(), 2);
    let end = |key: &Value, n: u8| {
        let request = town.requested(key, n, |row| row);
        let rows = &town.house().live_rows;
        let row = UsageRow { request, ..town.row_of(key, n) };
        rows.ended(&row);
        request.to_string()
    };
    let first = end(&owners, 1);
    town.later();
    let second = end(&developers, 2);
    let told = [all.next().await.unwrap(), all.next().await.unwrap()];
    assert!(told[0].contains(&first) && told[1].contains(&second), "{told:?}");
    assert!(!told[0].contains("upstream"), "{told:?}");
    let seen = own.next().await.unwrap();
    assert!(seen.contains(&second) && !seen.contains(&first), "{seen}");
    // A break: what ended since is told first, then what ends.
    drop(all);
    assert_eq!(town.house().live_rows.listeners(), 1);
    town.later();
    let third = end(&owners, 3);
    let mut all = town.watch(&owner, Some(id_of(&told[1]))).await;
    let fourth = end(&owners, 4);
    for expected in [third, fourth] {
        let event = all.next().await.unwrap();
        assert!(event.contains(&expected), "{event}");
    }
}

/// R-USE-2, R-ACC-1: rows of one moment come in one part, in their order; operators hear of providers, members do not, though a row's
/// words are made once for all who hear them.
#[tokio::test(start_paused = true)]
async fn r_use_2_rows_of_one_moment_come_together_and_to_each_in_their_words() {
    use futures_util::StreamExt;
    let town = Town::open("usage-live-together").await;
    let (owner, operator) = (town.by("owner").await, town.by("operator").await);
    let key = town.key_of(&owner, "a").await;
    let mut watched = Vec::new();
    for (path, by) in [("/api/manage/events", &operator), (&format!("{BASE}/events"), &owner)] {
        let mut parts = town.watch_at(path, by, None).await.0;
        assert!(parts.next().await.unwrap().unwrap().starts_with(b"retry"));
        watched.push(parts);
    }
    let ends: Vec<_> = (1..60_u8)
        .map(|n| UsageRow { request: town.requested(&key, n, |row| row), ..town.row_of(&key, n) })
        .collect();
    for row in &ends {
        town.house().live_rows.ended(row);
    }
    for (parts, provider) in watched.iter_mut().zip([true, false]) {
        let part = parts.next().await.unwrap().unwrap();
        let told = std::str::from_utf8(&part).unwrap();
        let ids: Vec<_> = told.split_terminator("\n\n").map(id_of).collect();
        assert_eq!(ids.len(), ends.len(), "{told}");
        assert!(ids.iter().zip(&ends).all(|(id, row)| id.ends_with(&row.request.to_string())), "{told}");
        assert_eq!(told.contains("\"provider\":"), provider, "{told}");
    }
}

/// R-ACC-1: a stream ends with the right to see it, and one user has only so many.
#[tokio::test(start_paused = true)]
async fn r_acc_1_a_stream_ends_with_the_right_to_see_it() {
    let town = Town::open("usage-live-ends").await;
    let (owner, viewer) = (town.by("owner").await, town.by("viewer").await);
    let mut watched = town.watch(&viewer, None).await;
    let user = town.user("viewer").to_string();
    let gone = town.call(&owner, &format!("DELETE {BASE}/members/{user}"), Value::Null).await;
    assert_eq!(gone.0, 200);
    // Though there is always something to hear.
    let key = town.key_of(&owner, "a").await;
    let (mut heard, mut over) = (0, false);
    while !over && heard < 10 {
        let n = heard + 1;
        town.house()
            .live_rows
            .ended(&UsageRow { request: town.requested(&key, n, |row| row), ..town.row_of(&key, n) });
        over = watched.next().await.is_none();
        heard += u8::from(!over);
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    assert!(over && (1..=4).contains(&heard), "{heard}");
    drop(watched);
    let mut many = Vec::new();
    for _ in 0..crate::limits::LISTENERS_OF_ONE_MAX {
        many.push(town.watch(&owner, None).await);
    }
    let (status, told) = town.call(&owner, &format!("GET {BASE}/events"), Value::Null).await;
    assert_eq!((status, &told["code"]), (429, &json!("too_many_listeners")));
    many.pop();
    town.watch(&owner, None).await;
}
