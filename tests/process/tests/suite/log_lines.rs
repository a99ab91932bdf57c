//! `request.done` of model calls is what docs/LOG.md says: one line a call, each field under its condition, and no other.
//! The table is read from the document, so a field that is missing in either place fails here.
//! Never here: other lines of the log (requests that are no model call: doors.rs), what the fields are worth.

use crate::world::World;
use process_tests::{Call, Conversation, Dialect, Outcome, Reply, at, catalogue, raw, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const DOCUMENT: &str = include_str!("../../../../docs/LOG.md");

/// Fields and their conditions, a field a row.
fn documented() -> Vec<(String, String)> {
    let section = DOCUMENT.split("\n## ").find(|part| part.starts_with("`request.done`")).unwrap_or("");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.flat_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let names: Vec<&str> = cells[1].split(", ").map(|name| name.trim_matches('`')).collect();
        let conditions: Vec<&str> = cells[3].split("; ").collect();
        // `once there was one; always` are the conditions of two fields, `...; the line is a warning then` is of one.
        let of = |n: usize| if names.len() == conditions.len() { conditions[n] } else { conditions[0] };
        names.iter().enumerate().map(|(n, name)| ((*name).to_owned(), of(n).to_owned())).collect::<Vec<_>>()
    })
    .collect()
}

/// Whether the line of every model call has it.
fn always(condition: &str) -> bool {
    ["always", "model calls", "when the request could be read"].contains(&condition)
}

/// A request, and the fields that are there under a condition, level first.
struct Case {
    name: &'static str,
    level: &'static str,
    request: Vec<u8>,
    has: &'static [&'static str],
    cause: &'static str,
    leaves: bool,
}

const CALLED: [&str; 5] = ["client", "upstream", "route", "workspace.id", "key.id"];

fn case(name: &'static str, request: Vec<u8>, has: &'static [&'static str]) -> Case {
    Case { name, level: "info", request, has, cause: "", leaves: false }
}

fn cases(key: &str) -> Vec<Case> {
    let call = |model: &str, directive: &str, stream| Call {
        dialect: Dialect::OpenAi,
        model: model.to_owned(),
        text: format!("hi [[sim: {directive}]]"),
        max_tokens: 64,
        stream,
    };
    let with = |more: Value, headers: &[(&str, &str)]| {
        let mut body = call("to-anthropic", "tokens=3", false).body();
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let headers: Vec<(&str, &str)> = [("x-api-key", key)].iter().chain(headers).copied().collect();
        raw("POST", "/v1/chat/completions", &headers, body.to_string().as_bytes())
    };
    let warn = |case: Case, cause| Case { level: "warn", cause, ..case };
    vec![
        case("served", call("to-openai", "tokens=3", false).request(key), &["first_byte_ms"]),
        case("streamed", call("to-anthropic", "tokens=3", true).request(key), &["first_byte_ms"]),
        case("converted", with(json!({ "seed": 7 }), &[]), &["first_byte_ms", "losses"]),
        case(
            "named",
            with(json!({}), &[("x-client-request-id", "mine-1")]),
            &["first_byte_ms", "client_request_id"],
        ),
        case(
            "unknown key",
            call("to-openai", "tokens=3", false).request("nonsense"),
            &["-called", "-caller", "fault"],
        ),
        case("unknown model", call("nobody", "tokens=3", false).request(key), &["-called", "fault"]),
        case("bad body", with(json!({ "max_tokens": -1 }), &[]), &["-called", "fault"]),
        warn(case("failed", call("to-openai", "status=500", false).request(key), &["fault", "cause"]), "server"),
        warn(
            case("overloaded", call("to-openai", "status=529", false).request(key), &["fault", "cause"]),
            "overloaded",
        ),
        warn(
            case(
                "broken",
                call("to-openai", "cut_after=3 pace_ms=10 tokens=60", true).request(key),
                &["first_byte_ms", "partial", "fault", "cause"],
            ),
            "cut",
        ),
        warn(
            case(
                "beyond its hold",
                call("to-openai", "wrong_usage=999999 tokens=9", false).request(key),
                &["first_byte_ms", "written_off.nano_usd"],
            ),
            "",
        ),
        Case {
            leaves: true,
            ..case(
                "left",
                call("to-openai", "pace_ms=50 tokens=60", true).request(key),
                &["first_byte_ms", "partial", "client_gone"],
            )
        },
    ]
}

/// Sends a request; a client that leaves reads the head and one frame.
fn send(world: &World, case: &Case) -> Outcome<Reply> {
    if !case.leaves {
        return world.send(&case.request);
    }
    let mut talk = Conversation::open(world.gateway.address, Duration::from_secs(10)).map_err(at("a client"))?;
    talk.send(&case.request).map_err(at("a client"))?;
    let head = talk.head().map_err(at("a client"))?;
    talk.frame().map_err(at("a client"))?;
    Ok(Reply { head, ..Reply::default() })
}

/// What is wrong with a line.
fn compare(case: &Case, line: &Value, documented: &[(String, String)]) -> Outcome<()> {
    let fields: BTreeSet<&str> = line.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let mut expected: BTreeSet<&str> =
        documented.iter().filter(|(_, when)| always(when)).map(|(name, _)| name.as_str()).collect();
    expected.extend(CALLED);
    expected.extend(case.has.iter().filter(|name| !name.starts_with('-')));
    let away: &[&str] = if case.has.contains(&"-called") { &["upstream", "route"] } else { &[] };
    let nobody: &[&str] = if case.has.contains(&"-caller") { &["workspace.id", "key.id"] } else { &[] };
    expected.retain(|name| !away.contains(name) && !nobody.contains(name));
    // What every JSON line opens with.
    expected.extend(["at", "level", "event"]);
    let known = line["usage.source"] != "none";
    let tokens = fields.iter().filter(|name| name.starts_with("tokens.")).count();
    let fields: BTreeSet<&str> = fields.into_iter().filter(|name| !name.starts_with("tokens.")).collect();
    let told = |what: String| Err(format!("{}: {what}: {line}", case.name));
    if fields != expected {
        let missing: Vec<_> = expected.difference(&fields).collect();
        let extra: Vec<_> = fields.difference(&expected).collect();
        return told(format!("missing {missing:?}, unexpected {extra:?}"));
    }
    if known != (tokens > 0) {
        return told("tokens where none are known, or none where some are".to_owned());
    }
    if line["level"] != case.level {
        return told(format!("not {}", case.level));
    }
    let word = line.get("cause").is_none_or(|cause| case.cause == cause);
    let flags = ["partial", "client_gone"].iter().all(|name| line.get(name).is_none_or(|v| *v == true));
    let counts = ["losses", "written_off.nano_usd"];
    let counts = counts.iter().all(|name| line.get(name).is_none_or(|v| v.as_i64() > Some(0)));
    if flags && counts && word { Ok(()) } else { told("a field that says nothing, or another cause".to_owned()) }
}

#[test]
fn request_done_has_the_documented_fields_and_no_other() -> Outcome<()> {
    let documented = documented();
    assert!(documented.len() > 20 && documented.iter().any(|(name, _)| name == "tokens.*"), "{documented:?}");
    let settings = [("TOLLGATE_RELAY__RETRY_WAIT_MAX_MS", "5"), ("TOLLGATE_RELAY__ATTEMPTS_MAX", "2")];
    let world = World::open("sim-upstream", &settings, catalogue)?;
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in cases(&world.account.key) {
        let id = send(&world, &case)?.id().to_owned();
        let lines = wait_until("a line", Duration::from_secs(10), || {
            Ok(Some(world.done_lines(&id)).filter(|lines| !lines.is_empty()))
        });
        let lines = lines.map_err(at(case.name))?;
        seen.extend(
            lines.iter().flat_map(|line| line.as_object().cloned().unwrap_or_default().into_iter()).map(|f| f.0),
        );
        wrong.extend(compare(&case, &lines[0], &documented).err());
        if lines.len() > 1 {
            wrong.push(format!("{}: {} lines", case.name, lines.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let shown = |name: &str| match name.strip_suffix('*') {
        Some(stem) => seen.iter().any(|field| field.starts_with(stem)),
        None => seen.contains(name),
    };
    // No door makes images yet.
    let never: Vec<_> = documented.iter().filter(|(name, _)| !shown(name) && *name != "images").collect();
    assert!(never.is_empty(), "documented and never seen: {never:?}");
    world.settled()
}
