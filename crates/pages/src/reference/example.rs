//! A call of each operation as one types it. In: an operation. Out: a line for a shell. Never here: a key.

use super::schema::Schemas;
use super::{Document, Operation};
use serde_json::{Map, Value, json};

/// So deep within each other values are made up.
const DEPTH_MAX: usize = 5;

/// The call.
pub fn curl(
    origin: &str,
    document: &Document<'_>,
    (path, method, operation): Operation<'_>,
    schemas: &Schemas<'_>,
) -> String {
    let mut place = String::new();
    let mut rest = path;
    while let Some((before, inner)) = rest.split_once('{') {
        let (name, after) = inner.split_once('}').unwrap_or((inner, ""));
        place.push_str(before);
        place.push_str(&name.to_ascii_uppercase());
        rest = after;
    }
    place.push_str(rest);
    let mut out = String::from("curl -sS");
    if method != "get" {
        out.push_str(&format!(" -X {}", method.to_ascii_uppercase()));
    }
    out.push_str(&format!(" {origin}{}{place}", document.base));
    if !operation["security"].as_array().is_some_and(Vec::is_empty) {
        out.push_str(" \\\n  -H \"Authorization: Bearer $KEY\"");
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !schema.is_null() {
        let body = example(schema, schemas, 0).to_string().replace('\'', "'\\''");
        out.push_str(&format!(" \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"));
    }
    out
}

/// A value of a schema: what must be there, and of it the least.
fn example<'a>(schema: &'a Value, schemas: &Schemas<'a>, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    let schema = schemas.find(schema);
    if let Some(first) = schema["examples"].get(0).or_else(|| schema.get("example")) {
        return first.clone();
    }
    if let Some(first) = schema["enum"].get(0).or_else(|| schema.get("const")) {
        return first.clone();
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[word].get(0) {
            return example(first, schemas, depth + 1);
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"].get(0)?.as_str()).unwrap_or("object");
    match kind {
        "string" => json!("..."),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        "array" => match schema["minItems"].as_u64() {
            Some(least) if least > 0 => json!([example(&schema["items"], schemas, depth + 1)]),
            _ => json!([]),
        },
        "null" => Value::Null,
        _ => {
            let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let fields: Map<String, Value> = needed
                .filter_map(|name| {
                    Some((name.to_owned(), example(schema["properties"].get(name)?, schemas, depth + 1)))
                })
                .collect();
            Value::Object(fields)
        }
    }
}
