//! What the document of the management API refuses, sent to every route by who may use it, on both stores: each gets a problem
//! that names the field, nothing changes, nothing breaks. Never here: what is refused for what it means (manage, people).

use crate::people::{PASSWORD, Town, code, expect, on_both, sign_in, text};
use process_tests::{
    Broken, Browser, Chance, Document, Operation, Outcome, Reply, at, broken_bodies, broken_texts, crowd, exchange,
    good, hostile_bodies, raw,
};
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
/// So many broken bodies has every route at least.
const BODIES: usize = 100;
const THREADS: usize = 4;

/// Somebody to use every route.
struct Callers {
    session: Browser,
    half: Browser,
    token: String,
    /// Ids of what there is, by the names that paths have for them.
    ids: Vec<(&'static str, String)>,
}

impl Callers {
    fn of(town: &Town) -> Outcome<Self> {
        let operator = town.gateway.operator()?;
        operator.ask("POST", "/workspaces", Some(&json!({ "name": "Acme" })))?;
        let address = town.gateway.address;
        let theirs = json!({ "name": "theirs", "kind": "openai", "base_url": format!("http://{address}/v1"),
                             "own_keys": { "allowed": true } });
        operator.apply(&json!({ "provider": [theirs] }))?;
        let new = json!({ "provider": "theirs", "label": "ours", "key": "sk-own-canary-0123456789" });
        let brought = operator.ask("POST", "/workspaces/acme/provider-keys", Some(&new))?;
        let key = operator.ask("POST", "/keys", Some(&json!({ "workspace": "acme", "name": "k" })))?;
        let mut other = town.resident("bob")?;
        let seed = expect(other.ask("POST", "/totp", &Value::Null)?, 201)?;
        let first = json!({ "code": code(&text(&seed["secret"]), -1) });
        expect(other.ask("POST", "/totp/confirm", &first)?, 201)?;
        let mut half = town.browser();
        expect(sign_in(&mut half, "bob@example.com", PASSWORD)?, 201)?;
        let invitation = json!({ "email": "bob@example.com", "role": "viewer" });
        operator.ask("POST", "/workspaces/acme/invitations", Some(&invitation))?;
        let token = json!({ "token": other.letter("bob@example.com", "Invitation")? });
        expect(other.ask("POST", "/invitations/accept", &token)?, 200)?;
        let members = operator.ask("GET", "/workspaces/acme/members", None)?;
        let (key, user) = (text(&key["id"]), text(&members["data"][0]["user"]));
        let brought = format!("provider-keys/{}", text(&brought["id"]));
        let ids = vec![("provider-keys/{key}", brought), ("{key}", key.clone()), ("{id}", key), ("{user}", user)];
        Ok(Self { session: town.resident("ada")?, half, token: format!("Bearer {}", operator.token()), ids })
    }

    fn send(&self, operation: &Operation, path: &str, kind: &str, body: &[u8]) -> Outcome<Reply> {
        let browser = if operation.may.starts_with("half") { &self.half } else { &self.session };
        let cookie = format!("__Host-tollgate-session={}", browser.cookie);
        let mut headers = match operation.may.as_str() {
            "anybody" => Vec::new(),
            may if may.contains("signed in") && !may.contains("operator") || is_for_people(operation) => {
                vec![("cookie", cookie.as_str()), ("x-csrf-token", browser.csrf.as_str())]
            }
            _ => vec![("authorization", self.token.as_str())],
        };
        headers.push(("content-type", kind));
        let request = raw(&operation.method, &format!("/api/manage{path}"), &headers, body);
        exchange(browser.address(), &request, PATIENCE).map_err(at(&operation.name))
    }
}

/// Whether no token and no program may: it is asked for by somebody in their own workspace.
fn is_for_people(operation: &Operation) -> bool {
    operation.may.contains("no management key")
}

/// The path of an operation in a workspace that there is; ids that are not given are nobody's.
fn path_of(operation: &Operation, ids: &[(&str, String)]) -> String {
    let workspace = if is_for_people(operation) { "ada" } else { "acme" };
    let known = |path: String, (name, id): &(&str, String)| path.replace(name, id);
    let path = ids.iter().fold(operation.path.replace("{workspace}", workspace), known);
    path.split('{').fold(String::new(), |path, part| path + part.split_once('}').map_or(part, |(_, rest)| rest))
}

/// That an answer is a problem of the caller's making, which names these fields.
fn refused(document: &Document, operation: &Operation, case: &Broken, reply: &Reply) -> Outcome<()> {
    let what = || format!("{} ({}): {}", operation.name, case.what, reply.shown());
    let status = reply.head.status;
    let large = case.what == "large";
    let wanted = if large {
        413
    } else if case.kind == "application/json" {
        400
    } else {
        415
    };
    if status != wanted {
        return Err(format!("{wanted} was expected: {}", what()));
    }
    document.holds(operation, reply).map_err(|wrong| format!("{}: {wrong}", what()))?;
    let told = reply.json();
    let errors = told["errors"].as_array().cloned().unwrap_or_default();
    for field in &case.fields {
        if !errors.iter().any(|error| error["field"] == **field) {
            return Err(format!("{field} is not named: {}", what()));
        }
    }
    Ok(())
}

fn all_good(results: Vec<Outcome<()>>) -> Outcome<()> {
    let (count, wrong): (usize, Vec<String>) =
        (results.len(), results.into_iter().filter_map(Result::err).collect());
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("{} of {count}: {:#?}", wrong.len(), &wrong[..wrong.len().min(12)]))
}

/// R-ACC-1, R-KEY-1: a hundred bodies a route that its schema refuses, made of the document that the gateway serves.
#[test]
fn r_acc_1_broken_bodies_are_refused_by_every_route() -> Outcome<()> {
    let seed = Chance::seeded()?.seed();
    on_both("broken bodies", &[], |town| {
        let document = Document::of(town.gateway.address)?;
        let (callers, operator, chance) = (Callers::of(town)?, town.gateway.operator()?, Chance::of(seed));
        let before = operator.ask("GET", "/log/check", None)?;
        let mut routes = 0;
        for operation in document.operations() {
            let Some(schema) = &operation.body else { continue };
            let cases = broken_bodies(&document, schema, &chance, BODIES);
            assert!(cases.len() >= BODIES);
            let path = path_of(&operation, &callers.ids);
            let done = crowd(THREADS, &cases, |case| {
                let reply = callers.send(&operation, &path, case.kind, &case.bytes)?;
                refused(&document, &operation, case, &reply)
            })?;
            all_good(done).map_err(at(&format!("TOLLGATE_TEST_SEED={seed}")))?;
            routes += 1;
        }
        assert!(routes > 25, "{routes}");
        assert_eq!(operator.ask("GET", "/log/check", None)?, before);
        town.gateway.calm()
    })
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A body that its schema takes; nothing where there is none.
fn good_body(document: &Document, operation: &Operation) -> Vec<u8> {
    let body = operation.body.as_ref().map(|schema| good(document, schema).to_string());
    body.unwrap_or_default().into_bytes()
}

/// Queries that an operation refuses, each with the parameters that must be named.
fn broken_queries(operation: &Operation) -> Vec<(String, Vec<String>)> {
    let mut out = Vec::new();
    let (mut all, mut named) = ("pigeons=%00".to_owned(), vec!["pigeons".to_owned()]);
    for (name, schema) in &operation.query {
        let texts = broken_texts(schema);
        out.extend(texts.iter().map(|text| (format!("{name}={}", escaped(text)), vec![name.clone()])));
        if let Some(text) = texts.first() {
            all.push_str(&format!("&{name}={}", escaped(text)));
            named.push(name.clone());
        }
    }
    out.push((all, named));
    let others = ["%ff=%ff", "=", "a=1&a=2", "limit=1&limit=1", &"x".repeat(7_000)];
    out.extend(others.map(|query| (query.to_owned(), Vec::new())));
    out
}

/// R-ACC-1: so it is with what stands in a query.
#[test]
fn r_acc_1_broken_queries_are_refused_by_every_route() -> Outcome<()> {
    on_both("broken queries", &[], |town| {
        let document = Document::of(town.gateway.address)?;
        let (callers, operator) = (Callers::of(town)?, town.gateway.operator()?);
        let before = operator.ask("GET", "/log/check", None)?;
        for operation in document.operations().iter().filter(|operation| !operation.query.is_empty()) {
            let (path, body) = (path_of(operation, &[]), good_body(&document, operation));
            let asked = crowd(THREADS, &broken_queries(operation), |(query, fields)| {
                let reply = callers.send(operation, &format!("{path}?{query}"), "application/json", &body)?;
                let what: String = query.chars().take(200).collect();
                let case = Broken { what, bytes: Vec::new(), kind: "application/json", fields: fields.clone() };
                refused(&document, operation, &case, &reply)
            })?;
            all_good(asked)?;
        }
        assert_eq!(operator.ask("GET", "/log/check", None)?, before);
        town.gateway.calm()
    })
}

/// What is no id, or an id that nobody has.
const NO_IDS: [&str; 10] = [
    "%00",
    "%ff",
    "%2e%2e",
    "%20",
    "a%00b",
    "%F0%9F%98%80",
    "key_7zzzzzzzzzzzzzzzzzzzzzzzzz",
    "'--",
    "ws_00000000000000000000000000",
    "KEY_00000000000000000000000000",
];

/// R-ACC-1: so it is with ids in a path that are none.
#[test]
fn r_acc_1_broken_paths_are_refused_by_every_route() -> Outcome<()> {
    on_both("broken paths", &[], |town| {
        let document = Document::of(town.gateway.address)?;
        let (callers, operator) = (Callers::of(town)?, town.gateway.operator()?);
        let before = operator.ask("GET", "/log/check", None)?;
        let long = "x".repeat(5_000);
        for operation in document.operations() {
            let names: Vec<&str> = operation.path.split('{').skip(1).filter_map(|r| r.split('}').next()).collect();
            let body = good_body(&document, &operation);
            let mut paths = Vec::new();
            for name in names {
                let ids = NO_IDS.into_iter().chain([long.as_str()]);
                paths.extend(ids.map(|id| operation.path.replace(&format!("{{{name}}}"), id)));
            }
            let asked = crowd(THREADS, &paths, |path| {
                let path = path_of(&Operation { path: path.clone(), ..operation.clone() }, &[]);
                let reply = callers.send(&operation, &path, "application/json", &body)?;
                match reply.head.status {
                    400 | 403 | 404 => document.holds(&operation, &reply),
                    _ => Err(format!("{} {path}: {}", operation.name, reply.shown())),
                }
            })?;
            all_good(asked)?;
        }
        assert_eq!(operator.ask("GET", "/log/check", None)?, before);
        town.gateway.calm()
    })
}

/// R-ACC-1: texts that a store or a reader might choke on are taken or refused, and break nothing.
#[test]
fn r_acc_1_hostile_texts_break_nothing() -> Outcome<()> {
    on_both("hostile texts", &[], |town| {
        let document = Document::of(town.gateway.address)?;
        let callers = Callers::of(town)?;
        let mut wrong = Vec::new();
        for operation in document.operations() {
            let Some(schema) = &operation.body else { continue };
            for body in hostile_bodies(&document, schema) {
                let bytes = body.to_string().into_bytes();
                let reply =
                    callers.send(&operation, &path_of(&operation, &callers.ids), "application/json", &bytes)?;
                if reply.head.status >= 500 {
                    let body: String = body.to_string().chars().take(300).collect();
                    wrong.push(Err(format!("{} {body}: {}", operation.name, reply.shown())));
                }
            }
        }
        all_good(wrong)?;
        town.gateway.calm()
    })
}
