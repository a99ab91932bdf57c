//! The management API at its edges: who may come in, what is told of a wrong request (RFC 9457, every field at once),
//! paths and methods that are not there. Never here: what the verbs do (commands.rs, apply.rs).

use crate::world::World;
use process_tests::{Outcome, Reply, at, catalogue, raw};
use serde_json::{Value, json};

const READS: [&str; 9] = [
    "/whoami",
    "/workspaces",
    "/keys",
    "/operator-tokens",
    "/catalogue",
    "/providers",
    "/models",
    "/usage",
    "/audit",
];

struct Manager {
    world: World,
    token: String,
}

impl Manager {
    fn open() -> Outcome<Self> {
        let world = World::open("sim-upstream", &[], catalogue)?;
        let token =
            std::fs::read_to_string(world.setup.data.join("operator.token")).map_err(at("operator.token"))?;
        Ok(Self { world, token: token.trim().to_owned() })
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Outcome<Reply> {
        let bearer = format!("Bearer {}", self.token);
        self.with(method, path, &[("authorization", &bearer)], body)
    }

    fn with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Outcome<Reply> {
        self.world.send(&raw(method, &format!("/api/manage{path}"), headers, body.as_bytes()))
    }
}

/// A problem of a status and code, as RFC 9457 says; the fields that it names.
fn problem(reply: &Reply, status: u16, code: &str) -> Outcome<Vec<String>> {
    let body = reply.json();
    let kind = reply.head.get("content-type") == "application/problem+json";
    let titled = ["type", "title", "detail"].iter().all(|f| body[*f].as_str().is_some_and(|t| !t.is_empty()));
    let good = reply.head.status == status && body["status"] == status && body["code"] == code;
    if !(kind && titled && good && reply.id().starts_with("req_")) {
        return Err(format!("no problem {status} {code}: {}", reply.shown()));
    }
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let mut fields: Vec<String> = errors.iter().filter_map(|e| e["field"].as_str()).map(str::to_owned).collect();
    fields.sort_unstable();
    Ok(fields)
}

#[test]
fn only_operator_tokens_open_the_management_api() -> Outcome<()> {
    let manager = Manager::open()?;
    let customer = format!("Bearer {}", manager.world.account.key);
    let misspelt = format!("Bearer {}x", manager.token);
    let basic = format!("Basic {}", manager.token);
    let wrong: [&[(&str, &str)]; 6] = [
        &[],
        &[("authorization", "")],
        &[("authorization", &customer)],
        &[("authorization", &misspelt)],
        &[("authorization", &basic)],
        &[("x-api-key", &manager.token)],
    ];
    for headers in wrong {
        for path in READS.iter().chain(&["/log"]) {
            problem(&manager.with("GET", path, headers, "")?, 401, "unauthorized")?;
        }
        for (method, path) in
            [("POST", "/workspaces"), ("POST", "/keys"), ("PUT", "/catalogue"), ("DELETE", "/operator-tokens/x")]
        {
            problem(&manager.with(method, path, headers, "{}")?, 401, "unauthorized")?;
        }
        // Who fails too often in a row is not heard at all for a while (R-LIM-3).
        assert_eq!(manager.send("GET", "/workspaces", "")?.head.status, 200);
    }
    for path in READS {
        let reply = manager.send("GET", path, "")?;
        assert_eq!((reply.head.status, reply.head.get("content-type")), (200, "application/json"), "{path}");
        assert_eq!(reply.head.get("cache-control"), "no-store");
    }
    // An operator token is no API key.
    let headers = [("x-api-key", manager.token.as_str())];
    assert_eq!(manager.world.send(&raw("GET", "/v1/key", &headers, b""))?.head.status, 401);
    Ok(())
}

#[test]
fn all_wrong_fields_are_told_together() -> Outcome<()> {
    let manager = Manager::open()?;
    let past = "2001-01-01T00:00:00Z";
    let all = |method: &str, path: &str, body: Value| -> Outcome<Vec<String>> {
        problem(&manager.send(method, path, &body.to_string())?, 400, "invalid_fields")
    };
    let grant = json!({ "amount_usd": "-1", "reason": " ", "kind": "plan", "expires_at": past, "id": "x" });
    let told = all("POST", "/workspaces/customer/credit", grant)?;
    assert_eq!(told, ["amount_usd", "expires_at", "id", "kind", "reason"]);
    let key = json!({ "name": "", "workspace": "nobody", "expires_at": "soon" });
    assert_eq!(all("POST", "/keys", key)?, ["expires_at", "name", "workspace"]);
    let workspace = json!({ "name": "\u{7}", "slug": "A B" });
    assert_eq!(all("POST", "/workspaces", workspace)?, ["name", "slug"]);
    assert_eq!(all("POST", "/operator-tokens", json!({ "name": "x".repeat(101) }))?, ["name"]);
    let usage = "/usage?workspace=nobody&key=x&from=x&until=x&before=x&limit=0";
    let told = all("GET", usage, Value::Null)?;
    assert_eq!(told, ["before", "from", "key", "limit", "until", "workspace"]);
    assert_eq!(all("GET", "/log?before=x&limit=5000", Value::Null)?, ["before", "limit"]);
    let bad = json!({
        "provider": [{ "name": "a b", "kind": "x", "base_url": "y" }],
        "model": [{ "id": "", "context_length": 0, "max_output_tokens": 0, "price": "cheap" }],
    });
    let told = all("PUT", "/catalogue", bad)?;
    for field in ["provider[0].name", "provider[0].kind", "provider[0].base_url", "model[0].id", "model[0].price"] {
        assert!(told.iter().any(|t| t == field), "{field} is not in {told:?}");
    }
    assert_eq!(manager.world.operator.audit()?.findings, Vec::<String>::new());
    Ok(())
}

#[test]
fn unknown_fields_and_bodies_that_are_none_are_refused() -> Outcome<()> {
    let manager = Manager::open()?;
    for (method, path, body) in [
        ("POST", "/workspaces", json!({ "name": "A", "pigeons": 1 })),
        ("POST", "/keys", json!({ "workspace": "customer", "name": "A", "pigeons": 1 })),
        ("POST", "/operator-tokens", json!({ "name": "A", "pigeons": 1 })),
        ("POST", "/workspaces/customer/credit", json!({ "amount_usd": "1", "reason": "x", "pigeons": 1 })),
        ("PUT", "/catalogue", json!({ "pigeons": [] })),
        ("PUT", "/catalogue?pigeons=1", json!({})),
        ("GET", "/usage?pigeons=1", Value::Null),
        ("GET", "/keys?pigeons=1", Value::Null),
        ("GET", "/log?pigeons=1", Value::Null),
    ] {
        let reply = manager.send(method, path, &body.to_string())?;
        assert_eq!(problem(&reply, 400, "invalid_fields").map_err(at(path))?, ["pigeons"]);
    }
    for body in ["", "{", "\u{feff}{}", "{\"name\":\"A\"}x", "{\"name\":\"A\",\"name\":\"B\"}"] {
        problem(&manager.send("POST", "/workspaces", body)?, 400, "invalid_body").map_err(at(body))?;
    }
    for (body, field) in [("[]", "body"), ("null", "body"), ("{\"name\":5}", "name"), ("{}", "name")] {
        let told = problem(&manager.send("POST", "/workspaces", body)?, 400, "invalid_fields").map_err(at(body))?;
        assert_eq!(told, [field]);
    }
    let bearer = format!("Bearer {}", manager.token);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        problem(&manager.with("POST", "/workspaces", &headers, "{\"name\":\"A\"}")?, 415, "not_json")?;
    }
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(5 << 20));
    problem(&manager.send("POST", "/workspaces", &large)?, 413, "too_large")?;
    let listed = manager.send("GET", "/workspaces", "")?.json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[test]
fn unknown_ids_paths_and_methods() -> Outcome<()> {
    let manager = Manager::open()?;
    let grant = json!({ "amount_usd": "1", "reason": "x" }).to_string();
    for (method, path, body) in [
        ("DELETE", "/keys/key_00000000000000000000000000", ""),
        ("DELETE", "/keys/nonsense", ""),
        ("DELETE", "/operator-tokens/opt_00000000000000000000000000", ""),
        ("DELETE", "/operator-tokens/nonsense", ""),
        ("POST", "/workspaces/nobody/credit", grant.as_str()),
        ("GET", "/keys?workspace=nobody", ""),
        ("DELETE", "/keys/%ff", ""),
        ("DELETE", "/operator-tokens/%ff", ""),
        ("POST", "/workspaces/%ff/credit", grant.as_str()),
        ("GET", "/", ""),
        ("GET", "/nothing", ""),
        ("GET", "/keys/", ""),
        ("GET", "", ""),
    ] {
        problem(&manager.send(method, path, body)?, 404, "not_found")
            .map_err(|e| format!("{method} {path}: {e}"))?;
    }
    for (method, path, allowed) in [
        ("POST", "/whoami", "GET"),
        ("DELETE", "/keys", "POST"),
        ("PUT", "/keys/nonsense", "DELETE"),
        ("GET", "/workspaces/customer/credit", "POST"),
        ("POST", "/catalogue", "PUT"),
        ("PATCH", "/usage", "GET"),
    ] {
        let reply = manager.send(method, path, "")?;
        problem(&reply, 405, "method_not_allowed").map_err(|e| format!("{method} {path}: {e}"))?;
        assert!(reply.head.get("allow").contains(allowed), "{method} {path}: {}", reply.shown());
    }
    Ok(())
}
