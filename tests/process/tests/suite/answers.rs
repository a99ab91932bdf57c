//! What every answer carries: ids (R-API-14), the error style of its surface (R-API-1), names of what was dropped
//! (R-WIRE-4), whatever header the key came in (R-API-12) and whoever asks (R-API-16).
//! Never here: what an answer says (the SDK scenarios), money.

use crate::world::World;
use process_tests::{Call, Dialect, Ending, Outcome, Reply, catalogue, raw};
use serde_json::{Value, json};

const BASES: [&str; 3] = ["/v1", "/api/v1", "/anthropic/v1"];

fn world() -> Outcome<World> {
    World::open("sim-upstream", &[], catalogue)
}

fn body(model: &str) -> String {
    json!({ "model": model, "max_tokens": 10, "messages": [{ "role": "user", "content": "hi [[sim: tokens=2]]" }] })
        .to_string()
}

/// Requests of every kind at every surface, good and bad: method, path, body, whether a key is sent.
fn requests() -> Vec<(&'static str, String, String, bool)> {
    let mut all = Vec::new();
    for base in BASES {
        let mut add =
            |method, path: &str, body: String, key| all.push((method, format!("{base}{path}"), body, key));
        for path in ["/models", "/models/to-openai", "/models/nobody", "/models/%ff", "/key", "/me"] {
            add("GET", path, String::new(), true);
            add("GET", path, String::new(), false);
            add("DELETE", path, String::new(), true);
        }
        for path in ["/chat/completions", "/messages"] {
            for (text, key) in [(body("to-openai"), true), (body("to-anthropic"), true), (body("nobody"), true)] {
                add("POST", path, text, key);
            }
            add("POST", path, body("to-openai"), false);
            add("POST", path, "{".to_owned(), true);
            add("GET", path, String::new(), true);
        }
        add("POST", "/nothing/here", body("to-openai"), true);
        add("GET", "", String::new(), true);
    }
    for (method, path) in [("GET", "/nowhere"), ("POST", "/v2/chat/completions"), ("GET", "/api/nowhere")] {
        all.push((method, path.to_owned(), String::new(), true));
    }
    all
}

/// The caller's own id in the usage row of an answer.
fn kept(world: &World, reply: &Reply) -> Outcome<Value> {
    let rows = world.operator.rows(&world.account)?;
    let row = rows.into_iter().find(|row| row.id == reply.id()).ok_or("no usage row")?;
    Ok(row.value["client_request_id"].clone())
}

#[test]
fn r_api_14_every_answer_has_its_ids() -> Outcome<()> {
    let world = world()?;
    let key = world.account.key.as_str();
    let mut ids = std::collections::HashSet::new();
    for (method, path, body, with_key) in requests() {
        let what = format!("{method} {path}");
        let mut headers = vec![("x-client-request-id", "mine-1")];
        headers.extend(with_key.then_some(("x-api-key", key)));
        let reply = world.send(&raw(method, &path, &headers, body.as_bytes()))?;
        let id = reply.id().to_owned();
        assert!(id.starts_with("req_"), "{what}: {}", reply.shown());
        assert_eq!(reply.head.get("x-client-request-id"), "mine-1", "{what}");
        let messages = path.ends_with("/messages");
        assert_eq!(reply.head.get("request-id"), if messages { id.as_str() } else { "" }, "{what}");
        let told = &reply.json()["request_id"];
        assert!(told.is_null() || *told == id.as_str(), "{what}: {told} is not {id}");
        assert!(ids.insert(id), "{what}: an id came twice");
    }
    // The caller's own id is in the usage rows, and not made up where none was sent.
    let rows = world.operator.rows(&world.account)?;
    assert!(!rows.is_empty() && rows.iter().all(|r| r.value["client_request_id"] == "mine-1"));
    let plain =
        world.send(&raw("POST", "/v1/chat/completions", &[("x-api-key", key)], body("to-openai").as_bytes()))?;
    assert_eq!(plain.head.get("x-client-request-id"), "");
    assert_eq!(kept(&world, &plain)?, Value::Null);
    // A long one is cut, in both places alike.
    let long = "x".repeat(300);
    let headers = [("x-api-key", key), ("x-client-request-id", long.as_str())];
    let cut = world.send(&raw("POST", "/v1/messages", &headers, body("to-openai").as_bytes()))?;
    assert_eq!(cut.head.get("x-client-request-id"), &long[..128]);
    assert_eq!(kept(&world, &cut)?, long[..128]);
    Ok(())
}

#[test]
fn r_api_14_streams_have_ids_too() -> Outcome<()> {
    let world = world()?;
    for dialect in Dialect::ALL {
        for model in ["to-openai", "to-anthropic"] {
            let text = "hi [[sim: tokens=2]]".to_owned();
            let call = Call { dialect, model: model.to_owned(), text, max_tokens: 10, stream: true };
            let (ending, reply) = world.call(&call)?;
            let own = if dialect == Dialect::Anthropic { reply.id() } else { "" };
            assert_eq!((ending, reply.head.get("request-id")), (Ending::Well, own));
        }
    }
    Ok(())
}

/// The fields of an error, in a stable order.
fn fields(value: &Value) -> Vec<&str> {
    value.as_object().map(|fields| fields.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// That a body is in a style, and says what it must.
fn styled(style: &str, reply: &Reply, code: &str, anthropic_type: &str) -> Outcome<()> {
    let body = reply.json();
    let error = &body["error"];
    let mut names = fields(error);
    names.sort_unstable();
    let good = match style {
        "openai" => names == ["code", "message", "param", "type"] && error["code"] == code,
        "coded" => names == ["code", "message", "type"] && error["code"] == code && error["type"] == code,
        _ => {
            let whole = body["type"] == "error" && body["request_id"] == reply.id();
            names == ["message", "type"] && error["type"] == anthropic_type && whole
        }
    };
    let told = error["message"].as_str().is_some_and(|m| !m.is_empty());
    let kind = reply.head.get("content-type") == "application/json";
    if good && told && kind { Ok(()) } else { Err(format!("not {style} with {code}: {}", reply.shown())) }
}

#[test]
fn r_api_1_the_same_fault_in_the_style_of_each_surface() -> Outcome<()> {
    let world = world()?;
    let key = world.account.key.as_str();
    let poor = world.operator.customer("Poor", "0.000001")?;
    let bad = body("to-openai").replace("\"max_tokens\":10", "\"max_tokens\":-10");
    for (base, style) in BASES.into_iter().zip(["openai", "coded", "anthropic"]) {
        for path in ["/chat/completions", "/messages"] {
            let style = if path == "/messages" { "anthropic" } else { style };
            let send = |key: &str, body: &str| -> Outcome<Reply> {
                world.send(&raw("POST", &format!("{base}{path}"), &[("x-api-key", key)], body.as_bytes()))
            };
            let nonsense = send("nonsense", &body("to-openai"))?;
            styled(style, &nonsense, "invalid_api_key", "authentication_error")?;
            let unknown = send(key, &body("nobody"))?;
            styled(style, &unknown, "model_not_available", "not_found_error")?;
            let wrong = send(key, &bad)?;
            styled(style, &wrong, "invalid_request", "invalid_request_error")?;
            let broke = send(&poor.key, &body("to-openai"))?;
            styled(style, &broke, "insufficient_credits", "billing_error")?;
            let statuses = [&nonsense, &unknown, &wrong, &broke].map(|reply| reply.head.status);
            assert_eq!(statuses, [401, 404, 400, 402]);
            let failed = send(key, &body("to-openai").replace("tokens=2", "status=500"))?;
            styled(style, &failed, "provider_error", "api_error")?;
            let method = world.send(&raw("PUT", &format!("{base}{path}"), &[("x-api-key", key)], b""))?;
            styled(style, &method, "method_not_allowed", "invalid_request_error")?;
            assert_eq!((method.head.status, method.head.get("allow")), (405, "POST"));
        }
        let lost = world.send(&raw("GET", &format!("{base}/nothing"), &[("x-api-key", key)], b""))?;
        styled(style, &lost, "not_found", "not_found_error")?;
        let nobody = world.send(&raw("GET", &format!("{base}/models"), &[], b""))?;
        styled(style, &nobody, "invalid_api_key", "authentication_error")?;
        let method = world.send(&raw("POST", &format!("{base}/key"), &[("x-api-key", key)], b"{}"))?;
        styled(style, &method, "method_not_allowed", "invalid_request_error")?;
        assert_eq!((lost.head.status, nobody.head.status, method.head.get("allow")), (404, 401, "GET"));
    }
    world.settled()
}

#[test]
fn r_api_12_either_header_opens_every_door() -> Outcome<()> {
    let world = world()?;
    let key = world.account.key.clone();
    let bearer = format!("Bearer {key}");
    let forms: [&[(&str, &str)]; 4] = [
        &[("authorization", &bearer)],
        &[("x-api-key", &key)],
        &[("Authorization", &bearer), ("X-Api-Key", &key)],
        &[("x-api-key", ""), ("authorization", &bearer)],
    ];
    let basic = format!("Basic {key}");
    let wrong: [&[(&str, &str)]; 4] = [
        &[],
        &[("authorization", &key)],
        &[("authorization", &basic)],
        &[("authorization", &bearer), ("x-api-key", "sk-tg-another")],
    ];
    for base in BASES {
        for (method, path) in [
            ("GET", "/models"),
            ("GET", "/models/to-openai"),
            ("GET", "/key"),
            ("GET", "/me"),
            ("POST", "/chat/completions"),
            ("POST", "/messages"),
        ] {
            let body = if method == "POST" { body("to-openai") } else { String::new() };
            for (headers, status) in forms.iter().map(|h| (h, 200)).chain(wrong.iter().map(|h| (h, 401))) {
                let reply = world.send(&raw(method, &format!("{base}{path}"), headers, body.as_bytes()))?;
                assert_eq!(reply.head.status, status, "{method} {base}{path} {headers:?}: {}", reply.shown());
                assert!(!reply.text().contains(&key));
            }
        }
    }
    world.settled()
}

#[test]
fn r_api_16_every_client_is_served_alike() -> Outcome<()> {
    let world = world()?;
    let agents = [
        "OpenAI/Python 2.8.1",
        "AsyncOpenAI/Python 1.40.0",
        "OpenAI/JS 6.9.1",
        "Anthropic/Python 0.74.1",
        "AsyncAnthropic/Python 0.30.0",
        "Anthropic/JS 0.70.0",
        "OpenAI/Python 3.51.0",
        "OpenAI/JS 6.26.0",
        "Anthropic/Python 1.17.0",
        "google-genai-sdk/1.30.0 gl-node/v20.11.0",
        "GeminiCLI-tui/0.61.0/gemini-2.5-flash (linux; x64)",
        "codex_exec/0.169.0 (Debian 12; x86_64)",
        "opencode/1.18.33 ai-sdk/provider-utils/4.0.0 runtime/bun/1.3.14",
        "ls/JS 5.23.2",
        "node-fetch",
        "Bun/1.3.14",
        "claude-cli/2.0.44 (external, cli)",
        "python-requests/2.32.5",
        "curl/8.14.1",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "OpenAI/Python",
        "my own bot",
        "",
    ];
    for path in ["/v1/chat/completions", "/api/v1/chat/completions", "/anthropic/v1/messages", "/v1/models"] {
        let mut first: Option<Value> = None;
        for agent in agents {
            let method = if path == "/v1/models" { "GET" } else { "POST" };
            let headers = [("x-api-key", world.account.key.as_str()), ("user-agent", agent)];
            let body = if method == "POST" { body("to-openai") } else { String::new() };
            let reply = world.send(&raw(method, path, &headers, body.as_bytes()))?;
            assert_eq!(reply.head.status, 200, "{path} {agent}: {}", reply.shown());
            let mut said = reply.json();
            // Ids and times differ from call to call.
            for own in ["id", "created"] {
                said.as_object_mut().and_then(|fields| fields.remove(own));
            }
            let names: Vec<&String> = reply.head.headers.iter().map(|(name, _)| name).collect();
            let facts = json!({ "headers": names, "body": said });
            assert_eq!(first.get_or_insert_with(|| facts.clone()), &facts, "{path} {agent}");
        }
    }
    world.settled()
}

#[test]
fn r_wire_4_what_the_converting_lane_drops_is_named() -> Outcome<()> {
    let world = world()?;
    let key = world.account.key.as_str();
    let send = |path: &str, model: &str, more: Value| -> Outcome<Reply> {
        let mut body = json!({ "model": model, "max_tokens": 10, "messages": [{ "role": "user", "content": "x [[sim: tokens=2]]" }] });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        world.send(&raw("POST", path, &[("x-api-key", key)], body.to_string().as_bytes()))
    };
    let chat = json!({ "seed": 7, "logit_bias": { "1": 2 }, "stream": false });
    let messages = json!({ "top_k": 5, "stream": false });
    for stream in [false, true] {
        for (path, model, fields, dropped) in [
            ("/v1/chat/completions", "to-anthropic", &chat, &["logit_bias=dropped", "seed=dropped"][..]),
            ("/v1/chat/completions", "to-openai", &chat, &[]),
            ("/v1/messages", "to-openai", &messages, &["top_k=dropped"]),
            ("/v1/messages", "to-anthropic", &messages, &[]),
        ] {
            let mut fields = fields.clone();
            fields["stream"] = json!(stream);
            let reply = send(path, model, fields)?;
            let mut told: Vec<&str> =
                reply.head.get("x-tollgate-dropped").split(", ").filter(|t| !t.is_empty()).collect();
            told.sort_unstable();
            assert_eq!((reply.head.status, &told[..]), (200, dropped), "{path} {model}: {}", reply.shown());
        }
    }
    // The straight lane sends what the caller sent.
    let journal = world.providers.journal()?;
    let sent: Vec<&str> =
        journal["requests"].as_array().into_iter().flatten().filter_map(|r| r["body"].as_str()).collect();
    let with = |field: &str| sent.iter().filter(|body| body.contains(field)).count();
    assert_eq!((with("logit_bias"), with("\"top_k\":5")), (2, 2));
    world.settled()
}
