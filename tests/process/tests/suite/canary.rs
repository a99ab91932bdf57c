//! A word planted in everything of an upstream that could leak is in nothing that a client, a log or a monitor gets
//! (R-ERR-7): no header, body, chunk, log line, metric, model list or identity.
//! Never here: what else an answer says.

use crate::world::{World, all_pairs};
use process_tests::{Call, Outcome, Reply, at, crowd, exchange, raw};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const CANARY: &str = "zanzibar7f3a";

/// What providers are told to do, on top of saying the canary wherever they can.
const DIRECTIVES: [&str; 46] = [
    "tokens=9",
    "tokens=9 echo_headers",
    "tokens=9 think=4",
    "tokens=9 comments crlf",
    "tokens=9 rechunk=1",
    "tokens=9 burst",
    "tokens=9 no_usage",
    "tokens=9 usage_everywhere",
    "tokens=9 refuse",
    "tokens=9 wrong_usage=text",
    "tokens=9 wrong_usage=CANARY",
    "tokens=9 plant",
    "tokens=9 plant think=4",
    "tokens=9 plant usage_everywhere crlf",
    "tokens=9 plant rechunk=7 comments",
    "tokens=9 finish=CANARY",
    "tokens=9 plant bad_utf8_after=2",
    "tokens=9 bad_utf8_after=0",
    "status=400 echo_headers message=\"The MARK of CANARY\"",
    "status=401 echo_headers message=\"The MARK of CANARY\"",
    "status=402 message=\"The MARK of CANARY quota\"",
    "status=403 message=\"The MARK of CANARY\"",
    "status=404 message=\"The MARK of CANARY\"",
    "status=413 message=\"The MARK of CANARY\"",
    "status=418 message=\"The MARK of CANARY\"",
    "status=429 retry_after=1 echo_headers message=\"The MARK of CANARY\"",
    "status=500 echo_headers message=\"The MARK of CANARY\"",
    "status=503 html message=\"The MARK of CANARY\"",
    "status=529 detail message=\"The MARK of CANARY\"",
    "status=400 detail message=\"CANARY: maximum context length is 10 tokens\"",
    "status=400 html message=\"CANARY\"",
    "status=500 empty",
    "redirect=http://127.0.0.1:9/CANARY",
    "hang",
    "close",
    "cut_after=0",
    "cut_after=2 pace_ms=2 tokens=40",
    "eof_after=2 tokens=40",
    "stall_after=2 tokens=40",
    "error_event_after=0 message=\"CANARY\"",
    "error_event_after=2 tokens=40 error_type=CANARY message=\"The MARK of CANARY\"",
    "garbage",
    "garbage_after=2 tokens=40",
    "endless_line=64",
    "plain tokens=9",
    "delay_ms=350 status=500 message=\"CANARY\"",
];

/// The catalogue of the tests, with the canary in all that only an operator may see.
fn catalogue(sim: SocketAddr) -> Value {
    let mut doc = process_tests::catalogue(sim);
    for provider in doc["provider"].as_array_mut().into_iter().flatten() {
        let kind = provider["kind"].as_str().unwrap_or("").to_owned();
        provider["name"] = json!(format!("{CANARY}-{kind}"));
        provider["base_url"] = json!(format!("http://{sim}/{CANARY}/{kind}/v1"));
        provider["credentials"] = json!([format!("sk-{CANARY}-1"), format!("sk-{CANARY}-2")]);
        provider["headers"] = json!({ "x-organization": format!("org-{CANARY}") });
        provider["timeouts"] = json!({ "first_byte_ms": 400, "idle_ms": 400, "total_ms": 1_200 });
    }
    for model in doc["model"].as_array_mut().into_iter().flatten() {
        let route = &mut model["route"][0];
        let kind = if route["provider"] == "up-openai" { "openai" } else { "anthropic" };
        route["provider"] = json!(format!("{CANARY}-{kind}"));
        route["model"] = json!(format!("sim-{kind}-{CANARY}"));
    }
    doc
}

fn is_clean(what: &str, reply: &Reply) -> Outcome<()> {
    let all = format!("{:?} {}", reply.head.headers, reply.text());
    match all.to_lowercase().contains(CANARY) {
        true => Err(format!("{what} leaks: {all}")),
        false => Ok(()),
    }
}

fn nothing_leaks(format: &str) -> Outcome<()> {
    let settings = [
        ("TOLLGATE_LOG__FORMAT", format),
        ("TOLLGATE_RELAY__RETRY_WAIT_MAX_MS", "5"),
        ("TOLLGATE_RELAY__KEEPALIVE_MS", "150"),
        ("TOLLGATE_RELAY__ATTEMPTS_MAX", "2"),
    ];
    let world = World::open(CANARY, &settings, catalogue)?;
    let text = |directive: &&str| format!("MARK [[sim: {}]]", directive.replace("CANARY", CANARY));
    let calls: Vec<Call> = DIRECTIVES.iter().flat_map(|d| all_pairs(&text(d), 64)).collect();
    let found = crowd(12, &calls, |call| {
        let (_, reply) = world.call(call)?;
        is_clean(&call.text, &reply)
    })?;
    let leaks: Vec<String> = found.into_iter().filter_map(Result::err).collect();
    assert!(leaks.is_empty(), "{} of {}: {leaks:#?}", leaks.len(), calls.len());
    let bearer = format!("Bearer {}", world.account.key);
    for path in ["/v1/models", "/v1/models/to-openai", "/anthropic/v1/models", "/v1/key", "/readyz"] {
        let reply = world.send(&raw("GET", path, &[("authorization", &bearer)], b""))?;
        assert_eq!(reply.head.status, 200, "{path}");
        is_clean(path, &reply)?;
    }
    metrics_name_providers_alone(&world, &bearer)?;
    world.settled()?;
    planted(&world)?;
    // Lines are written ten times a second.
    std::thread::sleep(Duration::from_millis(300));
    let log = world.gateway.log();
    let done = log.lines().filter(|line| line.contains("request.done")).count();
    assert!(done >= calls.len(), "{done} lines for {} calls", calls.len());
    let line = log.lines().find(|line| line.to_lowercase().contains(CANARY) || line.contains("MARK"));
    assert_eq!(line, None, "the log leaks");
    Ok(())
}

/// Metrics are the operator's: a label names a provider as the operator does, and nothing else of it is told. A customer gets none.
fn metrics_name_providers_alone(world: &World, customer: &str) -> Outcome<()> {
    let refused = world.send(&raw("GET", "/metrics", &[("authorization", customer)], b""))?;
    assert_eq!(refused.head.status, 401);
    is_clean("/metrics to a customer", &refused)?;
    let operator = format!("Bearer {}", world.operator.token());
    let told = world.send(&raw("GET", "/metrics", &[("authorization", &operator)], b""))?;
    assert_eq!(told.head.status, 200);
    let mut text = told.text();
    for kind in ["openai", "anthropic"] {
        let label = format!("provider=\"{CANARY}-{kind}\"");
        assert!(text.contains(&label), "{label}");
        text = text.replace(&label, "");
    }
    match text.to_lowercase().contains(CANARY) {
        true => Err(format!("/metrics leaks: {text}")),
        false => Ok(()),
    }
}

/// That the canary was there to be leaked: the provider says it, the operator sees it, the headers carried it.
fn planted(world: &World) -> Outcome<()> {
    let direct = |directive: &str| {
        let text = format!("x [[sim: {directive}]]");
        let body = json!({ "model": "sim-openai", "messages": [{ "role": "user", "content": text }] }).to_string();
        let asked = raw("POST", "/openai/v1/chat/completions", &[("authorization", "Bearer x")], body.as_bytes());
        exchange(world.providers.address, &asked, Duration::from_secs(10)).map_err(at("a provider"))
    };
    let said = direct("status=500")?;
    assert!(said.text().contains(CANARY) && format!("{:?}", said.head).contains(CANARY));
    let said = direct("plant")?.json();
    for object in [&said, &said["usage"], &said["choices"][0], &said["choices"][0]["message"]] {
        assert_eq!(object["provider"], CANARY);
    }
    let listed = world.operator.ask("GET", "/providers", None)?.to_string();
    assert!(listed.contains(&format!("/{CANARY}/openai/v1")));
    let journal = world.providers.journal()?.to_string();
    assert!(journal.contains(&format!("org-{CANARY}")) && journal.contains(&format!("sim-openai-{CANARY}")));
    assert!(journal.contains(&format!("/{CANARY}/anthropic/v1/messages")));
    Ok(())
}

#[test]
fn nothing_leaks_with_json_lines() -> Outcome<()> {
    nothing_leaks("json")
}

#[test]
fn nothing_leaks_with_text_lines() -> Outcome<()> {
    nothing_leaks("text")
}
