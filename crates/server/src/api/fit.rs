//! Whether a value is what the schema of its type says. In: a schema without references, a value. Out: every field that is not
//! as it should be, by its path. Never here: reading a body (read), what only a handler can know.

use crate::address::network;
use crate::api::key_rules::is_model_pattern;
use crate::api::read::Checks;
use crate::api::workspaces::slug_problem;
use parking_lot::RwLock;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::any::TypeId;
use std::sync::{Arc, LazyLock};
use units::{KeyId, NanoUsd};

/// The schema of what is read into a type, whole.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The same, made once for each type: every body and some queries are compared with theirs.
pub fn known_schema_of<T: JsonSchema + 'static>() -> Arc<Value> {
    static KNOWN: LazyLock<RwLock<Schemas>> = LazyLock::new(RwLock::default);
    let of = TypeId::of::<T>();
    if let Some(known) = KNOWN.read().get(&of) {
        return Arc::clone(known);
    }
    // Two at once may make it; they make the same.
    let made = Arc::new(schema_of::<T>());
    Arc::clone(KNOWN.write().entry(of).or_insert(made))
}

/// Schemas by their types: no more than there are types of bodies and queries.
type Schemas = foldhash::HashMap<TypeId, Arc<Value>>;

/// The schema of a parameter: one that is not there is no null.
pub fn without_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema["type"].as_array_mut() {
        kinds.retain(|kind| kind != "null");
        if let [one] = &kinds[..] {
            schema["type"] = one.clone();
        }
    }
    schema
}

/// How closely a value is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Whether it is of its type, with the fields that are needed and no others.
    AtShape,
    /// Whether lengths, ranges, words and forms are right as well.
    AtAll,
}

/// Compares a value with a schema; every difference goes to `checks`, under its path below `at`.
pub fn compare(schema: &Value, value: &Value, at: &str, look: Look, checks: &mut Checks) {
    if let Some(branches) = schema["anyOf"].as_array() {
        return any_of(branches, value, at, look, checks);
    }
    let kinds = kinds(schema);
    let kind = kind(value);
    let fits = kinds.contains(&kind) || kind == "integer" && kinds.contains(&"number");
    if !fits && !kinds.is_empty() {
        return checks.add(at, format!("expected {}", in_words(&kinds)));
    }
    let forms = look == Look::AtAll;
    if let Some(words) = schema["enum"].as_array()
        && forms
        && !words.contains(value)
    {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return checks.add(at, format!("expected {}", listed(&words)));
    }
    match value {
        Value::String(text) if forms => compare_text(schema, text, at, checks),
        Value::Number(_) if forms => compare_number(schema, value, at, checks),
        Value::Array(items) => {
            if let Some(most) = schema["maxItems"].as_u64().filter(|most| forms && items.len() as u64 > *most) {
                checks.add(at, format!("expected at most {most}"));
            }
            for (n, item) in items.iter().enumerate() {
                compare(&schema["items"], item, &format!("{at}[{n}]"), look, checks);
            }
        }
        Value::Object(_) => compare_object(schema, value, at, look, checks),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => {}
    }
}

/// One of several schemas; of what fits none, the first that is not null is told of.
fn any_of(branches: &[Value], value: &Value, at: &str, look: Look, checks: &mut Checks) {
    let mut tried = Vec::new();
    for branch in branches {
        let mut found = Checks::default();
        compare(branch, value, at, look, &mut found);
        if found.is_empty() {
            return;
        }
        tried.push((branch["type"] == "null", found));
    }
    tried.sort_by_key(|(null, _)| *null);
    if let Some((_, found)) = tried.into_iter().next() {
        checks.append(found);
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
    }
}

fn in_words(kinds: &[&str]) -> String {
    let words: Vec<&str> = kinds
        .iter()
        .filter(|kind| **kind != "null" || kinds.len() == 1)
        .map(|kind| match *kind {
            "string" => "a text",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "true or false",
            "array" => "a list",
            "object" => "an object",
            _ => "null",
        })
        .collect();
    listed(&words)
}

fn listed(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, more)) => format!("{} or {last}", more.join(", ")),
        None => "nothing".to_owned(),
    }
}

fn compare_text(schema: &Value, text: &str, at: &str, checks: &mut Checks) {
    match schema["format"].as_str() {
        Some("name") => return checks.name(at, text),
        Some("reason") => return checks.reason(at, text),
        Some("id") if !is_id(schema["pattern"].as_str().unwrap_or(""), text) => {
            return checks.add(at, "expected an id");
        }
        Some("email") => return checks.email(at, text),
        Some("date-time") => {
            checks.instant(at, Some(text));
            return;
        }
        Some("usd") => {
            if let Err(wrong) = NanoUsd::parse_usd(text) {
                checks.add(at, wrong.to_string());
            }
            return;
        }
        Some("slug") => return slug_problem(text).into_iter().for_each(|told| checks.add(at, told)),
        Some("network") if network(text).is_none() => {
            return checks.add(at, "expected an address or a network such as 10.0.0.0/8");
        }
        Some("model-pattern") if !is_model_pattern(text) => {
            return checks.add(at, "expected the id of a model, or the beginning of ids and a *");
        }
        _ => {}
    }
    let (least, most) = (schema["minLength"].as_u64().unwrap_or(0), schema["maxLength"].as_u64());
    let chars = text.chars().count() as u64;
    match most {
        Some(most) if chars > most || chars < least => {
            checks.add(at, format!("expected {least} to {most} characters"));
        }
        None if chars < least => checks.add(at, format!("expected at least {least} characters")),
        _ => {}
    }
}

/// Whether a text is an id of the kind that a pattern begins with.
fn is_id(pattern: &str, text: &str) -> bool {
    let kind = pattern.trim_start_matches('^').split('[').next().unwrap_or("");
    // Any kind of id reads the digits of all.
    text.strip_prefix(kind).is_some_and(|digits| format!("{}_{digits}", KeyId::PREFIX).parse::<KeyId>().is_ok())
}

fn compare_number(schema: &Value, value: &Value, at: &str, checks: &mut Checks) {
    let bound = |name: &str| schema[name].as_i64();
    let widest = match schema["format"].as_str() {
        Some("uint8") => Some(i64::from(u8::MAX)),
        Some("uint16") => Some(i64::from(u16::MAX)),
        Some("uint32") => Some(i64::from(u32::MAX)),
        _ => None,
    };
    let (least, most) = (bound("minimum"), bound("maximum").or(widest));
    // What is above every signed number is above every bound.
    let number = value.as_i64().unwrap_or(i64::MAX);
    let wrong = least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most);
    match (least, most) {
        (Some(least), Some(most)) if wrong => checks.add(at, format!("expected {least} to {most}")),
        (Some(least), None) if wrong => checks.add(at, format!("expected at least {least}")),
        (None, Some(most)) if wrong => checks.add(at, format!("expected at most {most}")),
        _ => {}
    }
}

fn compare_object(schema: &Value, value: &Value, at: &str, look: Look, checks: &mut Checks) {
    let Some(fields) = value.as_object() else { return };
    // The body itself has no name of its own.
    let below = |name: &str| if at == BODY { name.to_owned() } else { format!("{at}.{name}") };
    let known = schema["properties"].as_object();
    let (names, others) = (&schema["propertyNames"], &schema["additionalProperties"]);
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(required) {
            checks.add(below(required), "is missing");
        }
    }
    let forms = look == Look::AtAll;
    if let Some(most) = schema["maxProperties"].as_u64().filter(|most| forms && fields.len() as u64 > *most) {
        checks.add(at, format!("expected at most {most} entries"));
    }
    for (name, field) in fields {
        if forms {
            // Nothing is no name to be told by.
            let at = if name.is_empty() { at.to_owned() } else { below(name) };
            compare_text(names, name, &at, checks);
        }
        match known.and_then(|known| known.get(name)) {
            Some(schema) => compare(schema, field, &below(name), look, checks),
            None if *others == Value::Bool(false) => checks.add(below(name), "there is no such field"),
            None => compare(others, field, &below(name), look, checks),
        }
    }
}

/// Where a problem of the body as a whole is.
pub const BODY: &str = "body";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(schema: &Value, value: &Value) -> Vec<String> {
        let mut checks = Checks::default();
        compare(schema, value, BODY, Look::AtAll, &mut checks);
        checks.done().err().map(|problem| problem.fields_named()).unwrap_or_default()
    }

    /// R-ACC-1: whatever a schema says is looked at, and all of it at once.
    #[test]
    fn r_acc_1_every_difference_is_found() {
        let inner = json!({ "type": "object", "properties": { "n": { "type": "integer", "format": "uint32",
            "minimum": 0 } }, "additionalProperties": false });
        let schema = json!({
            "type": "object", "required": ["a", "b"], "additionalProperties": false,
            "properties": {
                "a": { "type": "string", "minLength": 2, "maxLength": 3 }, "b": { "enum": ["x", "y"] },
                "c": { "type": ["integer", "null"], "minimum": 1, "maximum": 9 },
                "d": { "type": "array", "maxItems": 2, "items": inner }, "e": { "anyOf": [inner, { "type": "null" }] },
                "f": { "type": "object", "maxProperties": 1, "propertyNames": { "minLength": 1, "maxLength": 1 },
                       "additionalProperties": { "type": "boolean" } },
            },
        });
        let good = json!({ "a": "äö", "b": "y", "c": null, "d": [{ "n": 4 }, {}], "e": null, "f": { "k": true } });
        assert_eq!(found(&schema, &good), [""; 0]);
        for (wrong, fields) in [
            (json!([]), vec!["body"]),
            (json!({}), vec!["a", "b"]),
            (json!({ "a": "1", "b": "z", "c": 0, "g": 1 }), vec!["a", "b", "c", "g"]),
            (json!({ "a": "1234", "b": "x", "c": 1.5 }), vec!["a", "c"]),
            (
                json!({ "a": "12", "b": "x", "d": [{ "n": -1 }, { "m": 1 }, 3] }),
                vec!["d", "d[0].n", "d[1].m", "d[2]"],
            ),
            (json!({ "a": "12", "b": "x", "e": { "n": 4_294_967_296_u64 } }), vec!["e.n"]),
            (json!({ "a": "12", "b": "x", "e": 7, "f": { "kk": 1, "l": true } }), vec!["e", "f", "f.kk", "f.kk"]),
            (json!({ "a": "12", "b": "x", "f": { "": true } }), vec!["f"]),
        ] {
            assert_eq!(found(&schema, &wrong), fields, "{wrong}");
        }
    }

    #[test]
    fn ids_are_of_their_kind() {
        let schema = json!({ "type": "string", "format": "id", "pattern": "^usr_[0-7][0-9a-hjkmnp-tv-z]{25}$" });
        assert_eq!(found(&schema, &json!(format!("usr_{}", "0".repeat(26)))), [""; 0]);
        for bad in ["", "usr_", "usr_0", &format!("key_{}", "0".repeat(26)), &format!("usr_8{}", "0".repeat(25))] {
            assert_eq!(found(&schema, &json!(bad)), ["body"], "{bad}");
        }
    }

    /// Texts with a form are looked at by what reads them.
    #[test]
    fn forms_are_those_of_the_readers() {
        for (format, good, bad) in [
            ("name", "Ada", " "),
            ("reason", "a\nb", "a\0b"),
            ("email", "ada@example.com", "ada"),
            ("date-time", "2026-03-03T09:00:00Z", "tomorrow"),
            ("usd", "5.00", "5 USD"),
            ("slug", "a-b", "a--b"),
            ("network", "10.0.0.0/8", "10.0.0.0/99"),
            ("model-pattern", "gpt-*", "g*t"),
        ] {
            let schema = json!({ "type": "string", "format": format });
            assert_eq!(found(&schema, &json!(good)), [""; 0], "{format}");
            assert_eq!(found(&schema, &json!(bad)), ["body"], "{format}");
        }
    }
}
