//! Requests that are wrong in what they say: each gets its status and words that name the field, nothing is held or
//! charged, and the server answers on.
//! Never here: broken HTTP (broken_wire).

use crate::world::{World, all_pairs};
use flate2::Compression;
use flate2::write::GzEncoder;
use process_tests::{Dialect, Ending, Outcome, at, catalogue, crowd, raw};
use std::io::Write;

/// A body, and what must come of it: a status, and a word of the message.
struct Case {
    name: &'static str,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    status: u16,
    names: &'static str,
}

fn case(name: &'static str, body: impl Into<Vec<u8>>, status: u16, names: &'static str) -> Case {
    Case { name, body: body.into(), headers: Vec::new(), status, names }
}

/// A good body with one more field.
fn with(field: &str) -> String {
    format!(r#"{{"model":"to-openai","messages":[{{"role":"user","content":"x"}}],{field}}}"#)
}

fn bodies() -> Vec<Case> {
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let utf16: Vec<u8> = with(r#""max_tokens":5"#).encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        case("empty", "", 400, "body"),
        case("blank", "  \r\n ", 400, "body"),
        case("cut JSON", "{\"model\":", 400, "JSON"),
        case("null", "null", 400, "object"),
        case("array", "[]", 400, "object"),
        case("text", "\"hello\"", 400, "object"),
        case("NaN", with(r#""max_tokens":NaN"#), 400, "JSON"),
        case("trailing garbage", with(r#""max_tokens":5"#) + "xyz", 400, "JSON"),
        case("two values", with(r#""max_tokens":5"#) + "{}", 400, "JSON"),
        case("byte order mark", "\u{feff}".to_owned() + &with(r#""max_tokens":5"#), 400, "byte order mark"),
        case("UTF-16", utf16, 400, "JSON"),
        case("bad UTF-8", b"{\"model\":\"to-openai\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"\xff\xfe\"}]}", 400, "UTF-8"),
        case("no model", r#"{"max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#, 400, "model"),
        case("empty model", r#"{"model":"","max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#, 400, "model"),
        case("model of a wrong type", r#"{"model":5,"max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#, 400, "model"),
        case("unknown model", r#"{"model":"nobody","max_tokens":5,"messages":[{"role":"user","content":"x"}]}"#, 404, "nobody"),
        case("model twice", with(r#""max_tokens":5,"model":"to-anthropic""#), 400, "model"),
        case("limit twice", with(r#""max_tokens":5,"max_tokens":6"#), 400, "max_tokens"),
        case("another spelling", with(r#""max_tokens":5,"Max_Tokens":6"#), 400, "max_tokens"),
        case("no messages", r#"{"model":"to-openai","max_tokens":5}"#, 400, "messages"),
        case("empty messages", r#"{"model":"to-openai","max_tokens":5,"messages":[]}"#, 400, "messages"),
        case("messages of a wrong type", r#"{"model":"to-openai","max_tokens":5,"messages":"x"}"#, 400, "messages"),
        case("messages of texts", r#"{"model":"to-openai","max_tokens":5,"messages":["x"]}"#, 400, "messages"),
        case("limit below zero", with(r#""max_tokens":-1"#), 400, "max_tokens"),
        case("limit zero", with(r#""max_tokens":0"#), 400, "max_tokens"),
        case("limit with a part", with(r#""max_tokens":1.5"#), 400, "max_tokens"),
        case("limit as text", with(r#""max_tokens":"10""#), 400, "max_tokens"),
        case("limit 2^63", with(r#""max_tokens":9223372036854775808"#), 400, "max_tokens"),
        case("limit 1e400", with(r#""max_tokens":1e400"#), 400, "max_tokens"),
        case("limit as object", with(r#""max_tokens":{}"#), 400, "max_tokens"),
        case("stream as text", with(r#""max_tokens":5,"stream":"yes""#), 400, "stream"),
        case("temperature as text", with(r#""max_tokens":5,"temperature":"hot""#), 400, "temperature"),
        case("temperature 1e308", with(r#""max_tokens":5,"temperature":1e308"#), 400, "temperature"),
        case("temperature below zero", with(r#""max_tokens":5,"temperature":-1"#), 400, "temperature"),
        case("an unknown role", r#"{"model":"to-openai","max_tokens":5,"messages":[{"role":"emperor","content":"x"}]}"#, 400, "role"),
        case("content of a wrong type", r#"{"model":"to-openai","max_tokens":5,"messages":[{"role":"user","content":5}]}"#, 400, "content"),
        case("tools of a wrong type", with(r#""max_tokens":5,"tools":7"#), 400, "tools"),
        case("10,000 levels", with(&format!(r#""max_tokens":5,"metadata":{}"#, deep(10_000))), 400, "deep"),
        case("a million levels", with(&format!(r#""max_tokens":5,"x":{}"#, deep(1_000_000))), 400, "deep"),
        case(
            "10,000 levels in a message",
            format!(r#"{{"model":"to-openai","max_tokens":5,"messages":[{{"role":"user","content":{}}}]}}"#, deep(10_000)),
            400,
            "deep",
        ),
    ]
}

fn wrapped() -> Vec<Case> {
    let good = with(r#""max_tokens":5"#);
    let header = |name, headers: &[(&'static str, &str)], status, names| Case {
        headers: headers.iter().map(|(n, v)| (*n, (*v).to_owned())).collect(),
        ..case(name, good.clone(), status, names)
    };
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap()
    };
    let packed = |name, body: Vec<u8>, status, names| Case {
        headers: vec![("content-encoding", "gzip".to_owned())],
        ..case(name, body, status, names)
    };
    vec![
        header("another content type", &[("content-type", "text/plain")], 400, "content-type"),
        header("a form", &[("content-type", "application/x-www-form-urlencoded")], 400, "content-type"),
        header("an unknown encoding", &[("content-encoding", "br")], 400, "content-encoding"),
        header("two encodings", &[("content-encoding", "gzip, gzip")], 400, "content-encoding"),
        header("no gzip", &[("content-encoding", "gzip")], 400, "content-encoding"),
        packed("a gzip bomb", gzip(&vec![b' '; 200 << 20]), 413, "limit"),
        packed("a bomb in a bomb", gzip(&gzip(&vec![b' '; 200 << 20])), 400, "UTF-8"),
        packed("a cut gzip", gzip(good.as_bytes())[..20].to_vec(), 400, "content-encoding"),
        case("40 MB", vec![b' '; 40_000_000], 413, "limit"),
    ]
}

fn refused(world: &World, dialect: Dialect, case: &Case) -> Outcome<()> {
    let key = world.account.key.as_str();
    let mut headers: Vec<(&str, &str)> = vec![("x-api-key", key)];
    headers.extend(case.headers.iter().map(|(n, v)| (*n, v.as_str())));
    let what = format!("{dialect:?} {}", case.name);
    let reply = world.send(&raw("POST", dialect.path(), &headers, &case.body)).map_err(at(&what))?;
    let (body, named) = (reply.json(), case.names.to_lowercase());
    let message = body["error"]["message"].as_str().unwrap_or("").to_lowercase();
    let param = body["error"]["param"].as_str().unwrap_or("");
    if reply.head.status == case.status && (message.contains(&named) || param == named) {
        return Ok(());
    }
    Err(format!("{what}: not {} with `{}` but {}", case.status, case.names, reply.shown()))
}

/// Fields that only one of the languages has.
fn of_one_language() -> Vec<(Dialect, Case)> {
    let chat = |name, names: &'static str, value: &str| {
        (Dialect::OpenAi, case(name, with(&format!(r#""{names}":{value}"#)), 400, names))
    };
    let thinking = |name, value: &str, status, names| {
        let body = with(&format!(r#""max_tokens":4000,"thinking":{value}"#));
        (Dialect::Anthropic, case(name, body, status, names))
    };
    vec![
        chat("no choice", "n", "0"),
        chat("fewer than no choice", "n", "-1"),
        chat("a million choices", "n", "1000000"),
        chat("choices as text", "n", r#""2""#),
        chat("the newer limit below zero", "max_completion_tokens", "-1"),
        chat("the newer limit 2^64", "max_completion_tokens", "18446744073709551616"),
        chat("stream options of a wrong type", "stream_options", "5"),
        thinking("a budget below zero", r#"{"type":"enabled","budget_tokens":-1}"#, 400, "budget_tokens"),
        thinking("a tiny budget", r#"{"type":"enabled","budget_tokens":1}"#, 400, "budget_tokens"),
        thinking("an absurd budget", r#"{"type":"enabled","budget_tokens":1e30}"#, 400, "budget_tokens"),
        thinking("thinking as text", r#""hard""#, 400, "thinking"),
        (Dialect::Anthropic, case("no limit", with(r#""stream":false"#), 400, "max_tokens")),
    ]
}

#[test]
fn each_bad_request_is_told_what_is_wrong() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], catalogue)?;
    let cases: Vec<(Dialect, Case)> = Dialect::ALL
        .into_iter()
        .flat_map(|dialect| bodies().into_iter().chain(wrapped()).map(move |case| (dialect, case)))
        .chain(of_one_language())
        .collect();
    let done = crowd(4, &cases, |(dialect, case)| refused(&world, *dialect, case))?;
    let wrong: Vec<String> = done.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), cases.len());
    let rows = world.operator.rows(&world.account)?;
    assert!(rows.iter().all(|row| row.charge_nano == 0));
    assert_eq!(world.operator.audit()?.charged_nano, 0);
    for call in all_pairs("hi [[sim: tokens=3]]", 10) {
        assert_eq!(world.call(&call)?.0, Ending::Well);
    }
    world.settled()
}
