//! Doors that call no model: ids on every answer (R-API-14), what is no request at all, /metrics for operators, and one
//! `request.done` for each of them (docs/LOG.md). Never here: model calls (answers.rs, log_lines.rs), what the management
//! API does (manage.rs).

use crate::world::World;
use process_tests::{Outcome, Reply, at, catalogue, exchange, now, raw};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

fn world() -> Outcome<World> {
    World::open("sim-upstream", &[], catalogue)
}

fn operator(world: &World) -> String {
    format!("Bearer {}", world.operator.token())
}

/// The lines of a request, once there is one; none when `patience` ends.
fn lines_of(world: &World, reply: &Reply, patience: Duration) -> Vec<Value> {
    let end = now() + patience;
    loop {
        let lines = world.done_lines(reply.id());
        if !lines.is_empty() || now() > end {
            return lines;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn r_api_14_doors_that_call_no_model_have_ids_too() -> Outcome<()> {
    let world = world()?;
    let mine = ("x-client-request-id", "mine-2");
    let paths = ["/keys", "/nothing", "/catalogue", "/", ""].map(|path| format!("/api/manage{path}"));
    let paths = paths.iter().map(String::as_str).chain(["/", "/healthz", "/readyz", "/metrics", "/x"]);
    let mut ids = std::collections::HashSet::new();
    for path in paths {
        for method in ["GET", "POST", "DELETE", "PUT"] {
            let what = format!("{method} {path}");
            let reply = world.send(&raw(method, path, &[mine], b""))?;
            assert!(reply.id().starts_with("req_"), "{what}: {}", reply.shown());
            assert_eq!(reply.head.get(mine.0), mine.1, "{what}: {}", reply.shown());
            assert!(ids.insert(reply.id().to_owned()), "{what}: an id came twice");
        }
    }
    let reply = world.send(&raw("POST", "/healthz", &[], b""))?;
    assert_eq!((reply.head.status, reply.head.get("allow")), (405, "GET"), "{}", reply.shown());
    Ok(())
}

/// R-API-14, R-API-15: what cannot be read as a request is refused in words and has an id; headers have a limit.
#[test]
fn what_is_no_request_is_told_so() -> Outcome<()> {
    let world = world()?;
    let head = |bytes: usize| {
        let start = "GET /healthz HTTP/1.1\r\nhost: t\r\nx: ";
        format!("{start}{}\r\n\r\n", "y".repeat(bytes - start.len() - 4)).into_bytes()
    };
    let many: String = (0..101).map(|n| format!("x-{n}: {n}\r\n")).collect();
    for (name, request, status, code, words) in [
        ("garbage", b"nonsense\r\n\r\n".to_vec(), 400, "invalid_request", "HTTP"),
        ("a head of 64 KiB and a byte", head(64 * 1024 + 1), 431, "headers_too_large", "65536 bytes"),
        ("a head of 100 KiB", head(100 * 1024), 431, "headers_too_large", "65536 bytes"),
        (
            "a path of 65,535 bytes",
            format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(65_534)).into(),
            431,
            "headers_too_large",
            "65536 bytes",
        ),
        (
            "101 headers",
            format!("GET /healthz HTTP/1.1\r\n{many}\r\n").into(),
            431,
            "headers_too_large",
            "100 headers",
        ),
    ] {
        let reply = world.send(&request)?;
        let error = reply.json()["error"].clone();
        assert_eq!((reply.head.status, &error["code"]), (status, &json!(code)), "{name}: {}", reply.shown());
        assert!(error["message"].as_str().is_some_and(|m| m.contains(words)), "{name}: {}", reply.shown());
        assert!(reply.id().starts_with("req_"), "{name}: {}", reply.shown());
        assert_eq!(reply.head.get("content-type"), "application/json", "{name}");
        let lines = lines_of(&world, &reply, PATIENCE);
        assert!(lines.len() == 1 && lines[0]["status"] == status && lines[0]["endpoint"] == "unread", "{lines:?}");
    }
    assert_eq!(world.send(&head(64 * 1024))?.head.status, 200);
    world.settled()
}

/// R-ERR-1: what is refused before it was read is told in the style of its surface, as far as its first line tells that.
#[test]
fn r_err_1_what_is_refused_unread_is_in_style() -> Outcome<()> {
    let unreadable = |line: &str| format!("{line} HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(100 * 1024)).into_bytes();
    let world = world()?;
    for (line, style) in [
        ("POST /v1/messages", "anthropic"),
        ("POST /anthropic/v1/models", "anthropic"),
        ("GET /api/v1/models?x=1", "coded"),
        ("POST /v1beta/models/m:generateContent", "gemini"),
        ("POST /v1/models/m:generateContent", "gemini"),
        ("POST /v1/chat/completions", "openai"),
        ("GET /elsewhere", "openai"),
    ] {
        let reply = world.send(&unreadable(line))?;
        let body = reply.json();
        let found = match &body["error"] {
            _ if body["type"] == "error" => "anthropic",
            error if error["status"] == "INVALID_ARGUMENT" => "gemini",
            error if error["code"] == error["type"] => "coded",
            error if error["code"] == "headers_too_large" && error["param"].is_null() => "openai",
            _ => "none",
        };
        assert_eq!((reply.head.status, found), (431, style), "{line}: {}", reply.shown());
    }
    // Where all surfaces speak alike, so does what lies beside them.
    let world = World::open("sim-upstream", &[("TOLLGATE_PRESET", "002")], catalogue)?;
    for request in [unreadable("POST /v1/chat/completions"), unreadable("GET /x"), b"nonsense\r\n\r\n".to_vec()] {
        let reply = world.send(&request)?;
        let fields = reply.json().as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
        assert_eq!(fields, Some(vec!["detail".to_owned()]), "{}", reply.shown());
        assert!(reply.id().starts_with("req_"), "{}", reply.shown());
    }
    world.settled()
}

/// Charges are the operator's affair: /metrics opens to an operator token alone, from wherever it is asked.
#[test]
fn metrics_are_for_operators() -> Outcome<()> {
    let world = world()?;
    let (operator, customer) = (operator(&world), format!("Bearer {}", world.account.key));
    let ask = |headers: &[(&str, &str)]| world.send(&raw("GET", "/metrics", headers, b""));
    for headers in [&[][..], &[("authorization", customer.as_str())], &[("x-api-key", world.account.key.as_str())]]
    {
        let reply = ask(headers)?;
        assert_eq!((reply.head.status, &reply.json()["code"]), (401, &json!("unauthorized")), "{}", reply.shown());
        assert!(!reply.text().contains("tollgate_"));
    }
    let told = ask(&[("authorization", &operator)])?;
    assert_eq!(told.head.status, 200);
    let stands = [
        "charged_nano_usd_total 0",
        "store_up 1",
        "limiter_mode{mode=\"local\"} 1",
        "ledger_failing 0",
        "build_info{",
    ];
    assert!(stands.iter().all(|line| told.text().contains(&format!("tollgate_{line}"))), "{}", told.shown());
    for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        assert_eq!(world.send(&raw("GET", path, &[], b""))?.text(), body);
    }
    let root = world.send(&raw("GET", "/", &[], b""))?;
    assert!(root.head.status == 200 && root.text().contains("<title>Tollgate</title>"), "{}", root.shown());
    Ok(())
}

/// A monitor needs no token where it has an address of its own; nothing else is answered there.
#[test]
fn metrics_on_an_address_of_their_own() -> Outcome<()> {
    let world = World::open("sim-upstream", &[("TOLLGATE_METRICS__LISTEN", "127.0.0.1:0")], catalogue)?;
    let log = world.gateway.log();
    let ready = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ready =
        ready.filter(|line| line["event"] == "server.ready").find_map(|l| l["metrics"].as_str()?.parse().ok());
    let address: SocketAddr = ready.ok_or("the address of the metrics is not told")?;
    let ask = |path| exchange(address, &raw("GET", path, &[], b""), PATIENCE).map_err(at(path));
    let told = ask("/metrics")?;
    assert!(told.head.status == 200 && told.text().contains("tollgate_charged_nano_usd_total"), "{}", told.shown());
    for (path, status) in
        [("/healthz", 200), ("/readyz", 200), ("/", 404), ("/v1/models", 404), ("/api/manage/keys", 404)]
    {
        let reply = ask(path)?;
        assert_eq!((reply.head.status, reply.id().is_empty()), (status, false), "{path}: {}", reply.shown());
    }
    // On the clients' address the token is asked for as ever.
    assert_eq!(world.send(&raw("GET", "/metrics", &[], b""))?.head.status, 401);
    Ok(())
}

/// A request, and what its line says of it.
struct Visit {
    method: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    surface: &'static str,
    endpoint: &'static str,
    status: u16,
    fault: Option<&'static str>,
}

fn visits(world: &World) -> Vec<Visit> {
    let key = || vec![("x-api-key", world.account.key.clone())];
    let token = operator(world);
    let operator = || vec![("authorization", token.clone())];
    let visit = |method, path, headers, (surface, endpoint), status, fault| Visit {
        method,
        path,
        headers,
        surface,
        endpoint,
        status,
        fault,
    };
    let secret = "/v1/sk-tg-in-a-path?key=sk-tg-in-a-query";
    vec![
        visit("GET", "/v1/models", key(), ("/v1", "models.list"), 200, None),
        visit("GET", "/api/v1/models/to-openai", key(), ("/api/v1", "models.get"), 200, None),
        visit("GET", "/v1/models/nobody", key(), ("/v1", "models.get"), 404, Some("model_not_available")),
        visit("GET", "/anthropic/v1/key", key(), ("/anthropic/v1", "key"), 200, None),
        visit("GET", "/v1/key", vec![], ("/v1", "key"), 401, Some("invalid_key")),
        visit("GET", "/v1/messages", key(), ("/v1", "messages"), 405, Some("method_not_allowed")),
        visit("GET", secret, key(), ("/v1", "unknown"), 404, Some("not_found")),
        visit("GET", "/sk-tg-in-a-path", vec![], ("", "unknown"), 404, Some("not_found")),
        visit("GET", "/", vec![], ("", "root"), 200, None),
        visit("DELETE", "/healthz", vec![], ("", "healthz"), 405, Some("method_not_allowed")),
        visit("GET", "/metrics", vec![], ("", "metrics"), 401, Some("unauthorized")),
        visit("GET", "/api/manage/keys", operator(), ("/api/manage", "/keys"), 200, None),
        visit("GET", "/api/manage/keys", vec![], ("/api/manage", "/keys"), 401, Some("unauthorized")),
        visit(
            "DELETE",
            "/api/manage/keys/sk-tg-x",
            operator(),
            ("/api/manage", "/keys/{id}"),
            404,
            Some("not_found"),
        ),
        visit("PUT", "/api/manage/keys", operator(), ("/api/manage", "/keys"), 405, Some("method_not_allowed")),
        visit("GET", "/api/manage/sk-tg-x", operator(), ("/api/manage", "unknown"), 404, Some("not_found")),
        visit("GET", "/api/manage/", operator(), ("/api/manage", "unknown"), 404, Some("not_found")),
    ]
}

#[test]
fn every_visit_has_one_line() -> Outcome<()> {
    let world = world()?;
    for visit in visits(&world) {
        let what = format!("{} {}", visit.method, visit.path);
        let mut headers: Vec<(&str, &str)> = visit.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        headers.push(("x-client-request-id", "mine-3"));
        let reply = world.send(&raw(visit.method, visit.path, &headers, b""))?;
        assert_eq!(reply.head.status, visit.status, "{what}: {}", reply.shown());
        let lines = lines_of(&world, &reply, PATIENCE);
        let [line] = &lines[..] else { return Err(format!("{what}: {lines:?}")) };
        let mut fields: Vec<&str> = line.as_object().into_iter().flatten().map(|(n, _)| n.as_str()).collect();
        let mut expected = vec!["at", "level", "event", "request.id", "status", "method", "surface", "endpoint"];
        expected.extend(["latency_ms", "client_request_id"]);
        expected.extend(visit.fault.map(|_| "fault"));
        if visit.headers.iter().any(|(name, _)| *name == "x-api-key")
            && line["endpoint"] != "unknown"
            && visit.status != 405
        {
            expected.extend(["workspace.id", "key.id"]);
        }
        fields.sort_unstable();
        expected.sort_unstable();
        assert_eq!(fields, expected, "{what}: {line}");
        let told = [&line["level"], &line["method"], &line["surface"], &line["endpoint"], &line["fault"]];
        let wanted =
            [json!("info"), json!(visit.method), json!(visit.surface), json!(visit.endpoint), json!(visit.fault)];
        assert_eq!(told.map(Clone::clone), wanted, "{what}");
        assert_eq!(
            (&line["status"], &line["client_request_id"]),
            (&json!(visit.status), &json!("mine-3")),
            "{what}"
        );
    }
    assert!(!world.gateway.log().contains("sk-tg-"), "a path or a key is in the log");
    Ok(())
}

/// docs/LOG.md: who asks all the time whether all is well gets no line for each yes.
#[test]
fn good_probes_have_no_line() -> Outcome<()> {
    let world = world()?;
    let token = operator(&world);
    let mut replies = Vec::new();
    for path in ["/healthz", "/readyz", "/metrics"] {
        let reply = world.send(&raw("GET", path, &[("authorization", &token)], b""))?;
        assert_eq!(reply.head.status, 200, "{}", reply.shown());
        replies.push(reply);
    }
    let last = world.send(&raw("GET", "/", &[], b""))?;
    assert_eq!(lines_of(&world, &last, PATIENCE).len(), 1);
    for reply in &replies {
        assert_eq!(lines_of(&world, reply, Duration::ZERO), Vec::<Value>::new());
    }
    Ok(())
}
