//! Traces at a collector (R-USE-5): what comes there, what never does, and that nothing is sent where none is named.
//! Never here: how a span is written (the server's own tests).

use crate::world::{PATIENCE, World};
use process_tests::{Call, Collector, Dialect, Ending, Outcome, at, catalogue, exchange, raw, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

const SECRET: &str = "what-nobody-may-read-in-a-trace";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn settings(collector: &Collector) -> Vec<(&'static str, String)> {
    vec![
        ("TOLLGATE_TRACES__ENDPOINT", format!("http://{}/v1/traces", collector.address)),
        ("TOLLGATE_TRACES__HEADERS", "authorization=Bearer collect-7".to_owned()),
    ]
}

fn open(settings: &[(&'static str, String)]) -> Outcome<World> {
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    World::open("sim-upstream", &settings, catalogue)
}

fn call(text: &str, stream: bool) -> Call {
    Call { dialect: Dialect::OpenAi, model: "to-anthropic".into(), text: text.into(), max_tokens: 50, stream }
}

/// Every span that came so far.
fn spans(collector: &Collector) -> Vec<Value> {
    let bodies = collector.taken().into_iter().filter_map(|(_, body)| serde_json::from_str::<Value>(&body).ok());
    let spans = |body: Value| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().cloned();
    bodies.filter_map(spans).flatten().collect()
}

/// The spans of calls, once there are so many of them.
fn calls(collector: &Collector, count: usize) -> Outcome<Vec<Value>> {
    wait_until(&format!("{count} calls at the collector"), PATIENCE, || {
        let found: Vec<Value> = spans(collector).into_iter().filter(|span| span["kind"] == 2).collect();
        Ok((found.len() >= count).then_some(found))
    })
}

fn of(span: &Value, name: &str) -> Value {
    let all = span["attributes"].as_array().into_iter().flatten();
    let found = all.filter(|one| one["key"] == name).map(|one| one["value"].clone()).next();
    found.unwrap_or_default()
}

/// R-USE-5: a call, its admission, its attempts and its charge are one trace, in the words of the conventions; no prompt, no key and
/// nothing of the caller's own trace is in it, and the provider is told nothing.
#[test]
fn r_use_5_calls_are_traced() -> Outcome<()> {
    let collector = Collector::start()?;
    let world = open(&settings(&collector))?;
    for stream in [false, true] {
        let (ended, _) = world.call(&call(SECRET, stream))?;
        assert_eq!(ended, Ending::Well);
    }
    let failed = call("[[sim: status=529]]", false).request(&world.account.key);
    assert_eq!(exchange(world.gateway.address, &failed, PATIENCE).map_err(at("a failure"))?.head.status, 529);
    let found = calls(&collector, 3)?;
    let served: Vec<&Value> = found.iter().filter(|span| span["status"]["code"] == 0).collect();
    assert_eq!(served.len(), 2, "{found:#?}");
    for span in &served {
        assert_eq!(span["name"], "chat to-anthropic");
        assert_eq!(of(span, "gen_ai.operation.name")["stringValue"], "chat");
        assert_eq!(of(span, "gen_ai.provider.name")["stringValue"], "anthropic");
        assert_eq!(of(span, "http.response.status_code")["intValue"], "200");
        assert!(of(span, "gen_ai.usage.output_tokens")["intValue"].is_string(), "{span}");
        assert!(of(span, "gen_ai.response.finish_reasons")["arrayValue"]["values"][0]["stringValue"].is_string());
        assert!(span["parentSpanId"].is_null());
        let below: Vec<Value> =
            spans(&collector).into_iter().filter(|one| one["parentSpanId"] == span["spanId"]).collect();
        let names: Vec<&str> = below.iter().filter_map(|one| one["name"].as_str()).collect();
        assert!(names.len() == 3 && names[0] == "admission" && names[2] == "settle", "{names:?}");
        assert!(below.iter().all(|one| one["traceId"] == span["traceId"]));
    }
    let fault = found.iter().find(|span| span["status"]["code"] == 2).ok_or("the failure is not told")?;
    assert_eq!(of(fault, "error.type")["stringValue"], "overloaded");
    let all = collector.taken();
    assert!(all.iter().all(|(head, _)| head.starts_with("post /v1/traces ") && head.contains("bearer collect-7")));
    for secret in [SECRET, &world.account.key, "127.0.0.1"] {
        assert!(all.iter().all(|(_, body)| !body.contains(secret)), "{secret} is in a trace");
    }
    let told = world.send(&raw(
        "GET",
        "/metrics",
        &[("authorization", &format!("Bearer {}", world.operator.token()))],
        b"",
    ))?;
    assert!(told.text().contains("tollgate_spans_dropped 0"));
    world.gateway.calm()
}

/// R-USE-5: a caller's trace is left alone and no provider is told one, unless the operator says so.
#[test]
fn r_use_5_traces_cross_only_where_it_is_said() -> Outcome<()> {
    for crossed in [false, true] {
        let collector = Collector::start()?;
        let mut all = settings(&collector);
        if crossed {
            all.extend([
                ("TOLLGATE_TRACES__ACCEPT_PARENT", "true".to_owned()),
                ("TOLLGATE_TRACES__PASS_ON", "true".to_owned()),
            ]);
        }
        let world = open(&all)?;
        let body = json!({
            "model": "to-openai", "max_tokens": 20,
            "messages": [{ "role": "user", "content": "[[sim: echo_headers status=500]]" }],
        });
        let key = format!("Bearer {}", world.account.key);
        let headers =
            [("authorization", key.as_str()), ("traceparent", PARENT), ("content-type", "application/json")];
        world.send(&raw("POST", "/v1/chat/completions", &headers, body.to_string().as_bytes()))?;
        let found = calls(&collector, 1)?;
        assert_eq!(found[0]["traceId"] == PARENT[3..35], crossed, "{found:#?}");
        assert_eq!(found[0]["parentSpanId"] == PARENT[36..52], crossed);
        let heard = world.providers.journal()?.to_string();
        assert_eq!(heard.contains("traceparent"), crossed, "{heard}");
        assert_eq!(heard.contains(&PARENT[3..35]), crossed);
        assert!(!heard.contains(&PARENT[36..52]), "the caller's own span is not the provider's parent");
    }
    Ok(())
}

/// R-USE-5: where no collector is named, nothing is sent anywhere, whatever callers say.
#[test]
fn r_use_5_nothing_is_sent_when_it_is_off() -> Outcome<()> {
    let collector = Collector::start()?;
    let mut all = settings(&collector);
    all.remove(0);
    let world = open(&all)?;
    world.call(&call("hello", true))?;
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(collector.taken(), Vec::new());
    // And by lot none of nought in a thousand.
    let mut none = settings(&collector);
    none.push(("TOLLGATE_TRACES__PER_MILLE", "0".to_owned()));
    let world = open(&none)?;
    world.call(&call("hello", true))?;
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(collector.taken(), Vec::new());
    Ok(())
}
