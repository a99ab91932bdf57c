//! Bodies and texts that a schema refuses, made up from it; the same seed makes the same. In: a schema, its document, chance. Out:
//! what to send, and the fields that must be named. Never here: sending it.

use crate::{Chance, Document};
use serde_json::{Map, Value, json};

/// More levels than any reader follows.
const DEEP: usize = 20_000;
/// More bytes than a body may have.
const LARGE: usize = 5 << 20;

/// Something that is to be refused.
#[derive(Clone, Debug)]
pub struct Broken {
    /// What is wrong with it.
    pub what: String,
    /// The body, or the text of a parameter.
    pub bytes: Vec<u8>,
    /// What its sender says it is.
    pub kind: &'static str,
    /// The fields that are wrong; none where it is no JSON at all, or more than that.
    pub fields: Vec<String>,
}

/// One field, another value in its place, and where that is told.
struct Fault {
    path: Vec<Step>,
    value: Option<Value>,
    field: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Item,
}

/// A value that a schema takes, with every field.
pub fn good(document: &Document, schema: &Value) -> Value {
    let schema = document.resolved(schema);
    if let Some(branch) = schema["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        return good(document, branch);
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    match kinds(schema).first().copied().unwrap_or("object") {
        "string" => json!(good_text(schema)),
        "integer" | "number" => json!(schema["minimum"].as_u64().unwrap_or(1).max(1)),
        "boolean" => json!(true),
        "array" => json!([good(document, &schema["items"])]),
        _ => {
            let mut fields = Map::new();
            for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                fields.insert(name.clone(), good(document, field));
            }
            if schema["additionalProperties"].is_object() {
                fields.insert("a".to_owned(), good(document, &schema["additionalProperties"]));
            }
            Value::Object(fields)
        }
    }
}

fn good_text(schema: &Value) -> String {
    let text = match schema["format"].as_str() {
        Some("email") => "ada@example.com",
        Some("date-time") => "2100-01-01T00:00:00Z",
        Some("usd") => "5.00",
        Some("slug") => "ada-1",
        Some("network") => "10.0.0.0/8",
        Some("model-pattern") => "acme-*",
        Some("password") => "correct horse battery",
        _ => match schema["pattern"].as_str().and_then(|pattern| pattern.strip_prefix('^')) {
            Some(pattern) => {
                return format!("{}{}", pattern.split('[').next().unwrap_or(""), "0".repeat(26));
            }
            None => "Ada",
        },
    };
    text.to_owned()
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect(),
        _ => Vec::new(),
    }
}

fn takes_null(schema: &Value) -> bool {
    let said =
        schema["type"] == "null" || schema["type"].as_array().is_some_and(|all| all.contains(&json!("null")));
    let named = schema["enum"].as_array().is_some_and(|all| all.contains(&Value::Null));
    said || named || schema["anyOf"].as_array().is_some_and(|all| all.iter().any(takes_null))
}

/// Values of the right type that a schema refuses.
fn beyond(schema: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    let text = kinds(schema).contains(&"string");
    if schema["enum"].is_array() {
        return vec![json!("nothing of that"), json!(""), json!("\u{0}")];
    }
    if let Some(most) = schema["maxLength"].as_u64().filter(|_| text) {
        out.push(json!("x".repeat(most as usize + 1)));
    }
    if schema["minLength"].as_u64().is_some_and(|least| least > 0) {
        out.push(json!(""));
    }
    let wrong: &[&str] = match schema["format"].as_str() {
        Some("email") => &["", "ada", "a@b@c", "ada@exa\u{0}mple.com"],
        Some("date-time") => &["", "tomorrow", "2026-13-01T00:00:00Z", "1e9"],
        Some("usd") => &["", "5 USD", "1e3", "NaN", "0.0000000001", "99999999999999999999"],
        Some("slug") => &["", "A B", "a--b", "-a", "\u{e4}"],
        Some("network") => &["", "10.0.0.0/99", "::1/129", "localhost"],
        Some("model-pattern") => &["g*t", "\u{0}", "a b"],
        Some("name") => &[" ", "\u{0}", "a\u{1b}[31m"],
        _ => &[],
    };
    out.extend(wrong.iter().map(|text| json!(text)));
    if !text && schema["type"] != "array" && (schema["minimum"].is_number() || schema["format"].is_string()) {
        let least = schema["minimum"].as_i64().unwrap_or(0);
        out.extend([json!(least - 1), json!(i64::MIN)]);
        let most = match schema["format"].as_str() {
            Some("uint32") => Some(i64::from(u32::MAX)),
            _ => None,
        };
        if let Some(most) = schema["maximum"].as_i64().or(most) {
            out.extend([json!(most + 1), json!(i64::MAX)]);
        }
    }
    out
}

/// Everything that can be wrong with one field of a value, all the way down.
fn faults(document: &Document, schema: &Value, path: &[Step], field: &str, out: &mut Vec<Fault>) {
    let mut nullable = takes_null(schema);
    let mut schema = document.resolved(schema);
    if let Some(branch) = schema["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        schema = document.resolved(branch);
    }
    nullable |= takes_null(schema);
    let kinds = if schema["enum"].is_array() { vec!["string"] } else { kinds(schema) };
    let mut add =
        |value: Value| out.push(Fault { path: path.to_vec(), value: Some(value), field: field.to_owned() });
    for (kind, value) in [
        ("string", json!("x")),
        ("boolean", json!(true)),
        ("integer", json!(7)),
        ("number", json!(1.5)),
        ("array", json!([])),
        ("object", json!({})),
    ] {
        if !kinds.contains(&kind) {
            add(value);
        }
    }
    if !nullable {
        add(Value::Null);
    }
    beyond(schema).into_iter().for_each(&mut add);
    if let Some(most) = schema["maxItems"].as_u64() {
        add(Value::Array(vec![good(document, &schema["items"]); most as usize + 1]));
    }
    if let Some(most) = schema["maxProperties"].as_u64() {
        add((0..=most).map(|n| (format!("n{n}"), json!("x"))).collect());
    }
    let below = |name: &str| if field == "body" { name.to_owned() } else { format!("{field}.{name}") };
    let step = |step| [path, &[step]].concat();
    for (name, one) in schema["properties"].as_object().into_iter().flatten() {
        faults(document, one, &step(Step::Field(name.clone())), &below(name), out);
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        out.push(Fault { path: step(Step::Field(name.to_owned())), value: None, field: below(name) });
    }
    if schema["items"]["type"].is_string() || schema["items"]["$ref"].is_string() {
        faults(document, &schema["items"], &step(Step::Item), &format!("{field}[0]"), out);
    }
    if schema["additionalProperties"].is_object() {
        faults(document, &schema["additionalProperties"], &step(Step::Field("a".to_owned())), &below("a"), out);
    } else if schema["additionalProperties"] == false {
        for name in ["pigeons", "Name", "__proto__", "\u{0}", ""] {
            let (path, value) = (step(Step::Field(name.to_owned())), Some(json!({ "x": [1] })));
            out.push(Fault { path, value, field: below(name) });
        }
    }
}

fn put(value: &mut Value, path: &[Step], new: Option<&Value>) {
    let Some((first, rest)) = path.split_first() else {
        if let Some(new) = new {
            *value = new.clone();
        }
        return;
    };
    match (first, new, value) {
        (Step::Field(name), None, Value::Object(fields)) if rest.is_empty() => drop(fields.shift_remove(name)),
        (Step::Field(name), _, Value::Object(fields)) => put(fields.entry(name).or_insert(Value::Null), rest, new),
        (Step::Item, _, Value::Array(items)) => items.first_mut().into_iter().for_each(|one| put(one, rest, new)),
        _ => {}
    }
}

/// Bodies that are to be refused, at least so many.
pub fn broken_bodies(document: &Document, schema: &Value, chance: &Chance, least: usize) -> Vec<Broken> {
    let whole = good(document, schema);
    let mut all = Vec::new();
    faults(document, schema, &[], "body", &mut all);
    let mut out: Vec<Broken> = Vec::new();
    let case = |what: String, body: &Value, fields: &[&str]| Broken {
        what,
        bytes: body.to_string().into_bytes(),
        kind: "application/json",
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
    };
    for fault in &all {
        let mut body = whole.clone();
        put(&mut body, &fault.path, fault.value.as_ref());
        out.push(case(format!("{} is {:?}", fault.field, fault.value), &body, &[&fault.field]));
    }
    out.extend(no_json(&whole));
    // Two at once, which have nothing to do with one another: both are to be told.
    while out.len() < least || out.len() < all.len() * 2 {
        let pick = || &all[chance.between(0, all.len() as u64 - 1) as usize];
        let (one, other) = (pick(), pick());
        let apart = one.path.first() != other.path.first() && !one.path.is_empty() && !other.path.is_empty();
        let mut body = whole.clone();
        put(&mut body, &one.path, one.value.as_ref());
        if apart {
            put(&mut body, &other.path, other.value.as_ref());
            out.push(case("two at once".to_owned(), &body, &[&one.field, &other.field]));
        } else {
            let text = body.to_string();
            let cut = chance.between(0, text.len() as u64 - 1) as usize;
            let bytes = text.as_bytes()[..cut].to_vec();
            out.push(Broken { what: format!("cut at {cut}"), bytes, kind: "application/json", fields: Vec::new() });
        }
    }
    out
}

/// What is no JSON, is more than that, or is said to be something else.
fn no_json(good: &Value) -> Vec<Broken> {
    let text = good.to_string();
    let inner = text.trim_start_matches('{');
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let first = good.as_object().and_then(|fields| fields.iter().next());
    let (name, value) = first.map_or_else(|| ("a".to_owned(), Value::Null), |(n, v)| (n.clone(), v.clone()));
    let json = "application/json";
    let texts = [
        ("nothing", String::new()),
        ("blanks", " \r\n\t".to_owned()),
        ("a word", "hello".to_owned()),
        ("not a number", format!("{{\"{name}\":NaN}}")),
        ("a number that is none", format!("{{\"{name}\":01}}")),
        ("single quotes", text.replace('"', "'")),
        ("a comma too many", format!("{},}}", text.trim_end_matches('}'))),
        ("a comment", format!("/* x */{text}")),
        ("more behind it", format!("{text}x")),
        ("two of them", format!("{text}{text}")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("a field twice", format!("{{\"{name}\":{value},{inner}")),
        ("half a surrogate", format!("{{\"{name}\":\"\\ud800\"}}")),
        ("surrogates turned", format!("{{\"{name}\":\"\\udc00\\ud800\"}}")),
        ("a raw control character", format!("{{\"{name}\":\"\u{1}\"}}")),
        ("deep", deep(DEEP)),
        ("deep in a field", format!("{{\"{name}\":{}}}", deep(DEEP))),
        ("objects without end", "{\"a\":".repeat(DEEP)),
        ("a huge number", format!("{{\"{name}\":1e400}}")),
        ("a longer number", format!("{{\"{name}\":{}}}", "9".repeat(400))),
        ("large", format!("{{\"{name}\":\"{}\"}}", "x".repeat(LARGE))),
    ];
    let mut out: Vec<Broken> = texts
        .into_iter()
        .map(|(what, text)| Broken { what: what.into(), bytes: text.into(), kind: json, fields: Vec::new() })
        .collect();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bad = text.clone().into_bytes();
    bad.insert(1, 0xff);
    for (what, bytes) in
        [("UTF-16", utf16), ("no UTF-8", bad), ("a zero byte", vec![0]), ("zero bytes", vec![0; 9])]
    {
        out.push(Broken { what: what.into(), bytes, kind: json, fields: Vec::new() });
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"] {
        out.push(Broken { what: kind.into(), bytes: text.clone().into(), kind, fields: Vec::new() });
    }
    out
}

/// Texts that are to be refused as a parameter.
pub fn broken_texts(schema: &Value) -> Vec<String> {
    let mut out: Vec<String> = beyond(schema)
        .iter()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect();
    let is = |kind: &str| kinds(schema).contains(&kind);
    if is("integer") || is("boolean") {
        out.extend(
            ["", "x", "1.5", "1e3", "-0", "99999999999999999999", "0x10", "yes", "\u{0}"].map(str::to_owned),
        );
    }
    if schema["pattern"].is_string() {
        out.extend(["", "x", "\u{0}", "key_", "*"].map(str::to_owned));
        out.push("0".repeat(9_000));
    }
    out
}

/// Bodies of the right types with texts that some store or reader might choke on, one field at a time. They may be taken.
pub fn hostile_bodies(document: &Document, schema: &Value) -> Vec<Value> {
    let whole = good(document, schema);
    let mut places = Vec::new();
    texts_in(&whole, &[], &mut places);
    let long = "\u{1f600}".repeat(20_000);
    let hostile = ["", "\u{0}", "a\u{0}b", "\u{fffd}\u{202e}", "'; DROP TABLE x; --", "%s%n{}", long.as_str()];
    let one = |path: &Vec<Step>, text: &str| {
        let mut body = whole.clone();
        put(&mut body, path, Some(&json!(text)));
        body
    };
    places.iter().flat_map(|path| hostile.iter().map(move |text| one(path, text))).collect()
}

fn texts_in(value: &Value, path: &[Step], out: &mut Vec<Vec<Step>>) {
    match value {
        Value::String(_) => out.push(path.to_vec()),
        Value::Array(items) => {
            items.iter().take(1).for_each(|one| texts_in(one, &[path, &[Step::Item]].concat(), out));
        }
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            texts_in(field, &[path, &[Step::Field(name.clone())]].concat(), out);
        }),
        _ => {}
    }
}
