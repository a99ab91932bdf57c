//! Sums on screen are the sums of requests: for any filter the total, the parts, the spans, the rows and the CSV agree to the nano-USD,
//! and all together with the journal. In: a gateway after traffic. Never here: the traffic (exact).

use process_tests::{Account, Call, Conversation, Dialect, Gateway, Operator, Outcome, at, exchange, now, raw};
use serde_json::Value;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Sum {
    requests: i64,
    charge: i64,
    output: i64,
}

impl Sum {
    fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            charge: self.charge + other.charge,
            output: self.output + other.output,
        }
    }

    fn told(sums: &Value) -> Self {
        Self {
            requests: sums["requests"].as_i64().unwrap_or(-1),
            charge: nano(sums["charge_usd"].as_str().unwrap_or("?")).unwrap_or(-1),
            output: sums["tokens"]["output"].as_i64().unwrap_or(0),
        }
    }

    fn of_row(row: &Value) -> Self {
        Self {
            requests: 1,
            charge: row["charge_nano_usd"].as_i64().unwrap_or(-1),
            output: row["tokens"]["output"].as_i64().unwrap_or(0),
        }
    }
}

/// USD with two to nine decimals in nano-USD.
fn nano(usd: &str) -> Option<i64> {
    let (whole, part) = usd.split_once('.')?;
    format!("{whole}{part:0<9}").parse().ok()
}

/// R-USE-2: for every filter the sums agree; without one they are what the journal moved, and each request's lines are its charge.
pub fn agree(operator: &Operator, account: &Account) -> Outcome<()> {
    let of = format!("/workspaces/{}", account.workspace);
    let key = rows(operator, &of, "")?.first().map(|row| row["key"].as_str().unwrap_or("").to_owned());
    let mut filters: Vec<String> = vec![String::new(), format!("&key={}", key.unwrap_or_default())];
    for (name, values) in [
        ("model", &["to-openai", "to-anthropic", "nothing"][..]),
        ("endpoint", &["chat.completions", "messages"]),
        ("ending", &["served", "cut", "refused", "failed"]),
    ] {
        filters.extend(values.iter().map(|value| format!("&{name}={value}")));
    }
    let both: Vec<String> =
        filters[2..5].iter().flat_map(|a| filters[7..].iter().map(move |b| format!("{a}{b}"))).collect();
    filters.extend(both);
    let charged = operator.ask("GET", "/audit", None)?["charged_nano_usd"].as_i64().unwrap_or(-1);
    let mut seen = 0;
    for filter in &filters {
        let total = one_filter(operator, &of, filter)?;
        seen += i64::from(total.requests > 0);
        assert!(!filter.is_empty() || total.charge == charged, "{total:?} {charged}");
    }
    assert!(seen > 8, "only {seen} of {} filters found something", filters.len());
    lines_are_charges(operator, &of)
}

fn one_filter(operator: &Operator, of: &str, filter: &str) -> Outcome<Sum> {
    let rows = rows(operator, of, filter)?;
    let expected = rows.iter().map(Sum::of_row).fold(Sum::default(), Sum::plus);
    for by in ["key", "model", "endpoint", "ending"] {
        let facts = operator.ask("GET", &format!("{of}/facts?by={by}&step_hours=1{filter}"), None)?;
        let list = |name: &str| facts[name].as_array().cloned().unwrap_or_default();
        let sum = |all: &[Value]| all.iter().map(|one| Sum::told(&one["sums"])).fold(Sum::default(), Sum::plus);
        assert_eq!(Sum::told(&facts["total"]), expected, "{filter} {by}: the total");
        assert_eq!(sum(&list("parts")), expected, "{filter} {by}: the parts");
        assert_eq!(sum(&list("series")), expected, "{filter} {by}: the spans");
        for part in list("parts") {
            let series = part["series"].as_array().cloned().unwrap_or_default();
            assert_eq!(sum(&series), Sum::told(&part["sums"]), "{filter} {by}: {}", part["id"]);
        }
    }
    assert_eq!(csv(operator, of, filter)?, expected, "{filter}: CSV");
    Ok(expected)
}

/// Every row of a filter, page by page.
fn rows(operator: &Operator, of: &str, filter: &str) -> Outcome<Vec<Value>> {
    let (mut all, mut before) = (Vec::new(), String::new());
    loop {
        let page = operator.ask("GET", &format!("{of}/usage?limit=97{filter}{before}"), None)?;
        all.extend(page["data"].as_array().cloned().unwrap_or_default());
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return Ok(all),
        }
    }
}

fn csv(operator: &Operator, of: &str, filter: &str) -> Outcome<Sum> {
    let bearer = format!("Bearer {}", operator.token());
    let path = format!("/api/manage{of}/usage.csv?tz=UTC{filter}");
    let request = raw("GET", &path, &[("authorization", &bearer)], &[]);
    let reply = exchange(operator.address(), &request, PATIENCE).map_err(at("CSV"))?;
    if reply.head.status != 200 || reply.cut.is_some() {
        return Err(reply.shown());
    }
    let text = reply.text();
    let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
    let header: Vec<&str> = lines.next().unwrap_or("").split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).ok_or(format!("no column {name}"));
    let (charge, usd, output) = (place("charge_nano_usd")?, place("charge_usd")?, place("output")?);
    let mut sum = Sum::default();
    for line in lines {
        // None of these rows has a comma inside.
        let cells: Vec<&str> = line.split(',').collect();
        let number = |n: usize| cells.get(n).and_then(|cell| cell.parse::<i64>().ok()).unwrap_or(0);
        assert_eq!(cells.len(), header.len(), "{line}");
        assert_eq!(nano(cells[usd]), Some(number(charge)), "{line}");
        sum = sum.plus(Sum { requests: 1, charge: number(charge), output: number(output) });
    }
    Ok(sum)
}

/// R-USE-1: the lines of a request sum to its charge, but where credit did not cover it.
fn lines_are_charges(operator: &Operator, of: &str) -> Outcome<()> {
    let rows = rows(operator, of, "")?;
    let charged: Vec<&Value> =
        rows.iter().filter(|row| row["charge_nano_usd"].as_i64() > Some(0)).take(20).collect();
    assert!(charged.len() == 20, "{}", charged.len());
    for row in charged {
        let id = row["request_id"].as_str().unwrap_or_default();
        let told = operator.ask("GET", &format!("{of}/usage/{id}"), None)?;
        let lines = told["charged"]["lines"].as_array().cloned().unwrap_or_default();
        let (sum, charge) = (&told["charged"]["sum_usd"], &told["charged"]["charge_usd"]);
        assert!(!lines.is_empty(), "{told}");
        let [sum, charge] = [sum, charge].map(|usd| nano(usd.as_str().unwrap_or("?")).unwrap_or(-1));
        assert_eq!(Some(charge), row["charge_nano_usd"].as_i64(), "{told}");
        assert!(sum >= charge && sum > 0, "{told}");
    }
    Ok(())
}

/// R-USE-2: a request is heard of within a second of its end, at whatever node who watches asks.
pub fn are_heard_of(operator: &Operator, account: &Account, gateways: &[Gateway]) -> Outcome<()> {
    let bearer = format!("Bearer {}", operator.token());
    let path = format!("/api/manage/workspaces/{}/events", account.workspace);
    let request = raw("GET", &path, &[("authorization", &bearer)], &[]);
    let mut watching = Vec::new();
    for gateway in gateways {
        let mut stream = Conversation::open(gateway.address, PATIENCE).map_err(at("events"))?;
        stream.send(&request).map_err(at("events"))?;
        assert_eq!(stream.head().map_err(at("events"))?.status, 200);
        watching.push(stream);
    }
    // The nodes learn of each other within seconds.
    std::thread::sleep(if gateways.len() > 1 { Duration::from_secs(6) } else { Duration::ZERO });
    for (n, gateway) in gateways.iter().enumerate() {
        let (dialect, text) = (Dialect::ALL[0], format!("live {n} [[sim: tokens=5]]"));
        let call = Call { dialect, model: "to-openai".to_owned(), text, max_tokens: 5, stream: false };
        let reply = exchange(gateway.address, &call.request(&account.key), PATIENCE).map_err(at("a call"))?;
        assert_eq!(reply.head.status, 200, "{}", reply.shown());
        let (id, end) = (reply.head.get("x-request-id").to_owned(), now());
        for stream in &mut watching {
            let heard = loop {
                let frame = stream.frame().map_err(at("events"))?.ok_or("the events ended")?;
                let text = String::from_utf8_lossy(&frame).into_owned();
                assert!(now() - end < Duration::from_secs(20), "node {n}: nothing was heard but {text}");
                if text.contains("event: request") {
                    break text;
                }
            };
            assert!(heard.contains(&id), "{id}: {heard}");
        }
        assert!(now() - end < Duration::from_secs(1), "node {n}: {:?}", now() - end);
    }
    Ok(())
}
