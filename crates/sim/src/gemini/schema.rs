//! The schemas of this server: a small part of JSON Schema with names of types in capitals.
//! In: a schema as it was sent. Out: the same as JSON Schema, or the 400 the real server gives.
//! Never here: `parametersJsonSchema` and `responseJsonSchema`, which are JSON Schema already.

use super::fields::{Fields, invalid, wrong};
use crate::refused::Refused;
use serde_json::{Map, Value, json};

const NAMES: [&str; 23] = [
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "minimum",
    "maximum",
    "prefixItems",
];
const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

/// Checks a schema and gives it back as JSON Schema.
pub(super) fn read(at: &str, value: &Value) -> Result<Value, Refused> {
    let fields = Fields::of(at, value, &NAMES)?;
    let mut out = Map::new();
    for name in NAMES {
        if let Some(value) = fields.get(name) {
            out.insert(name.to_owned(), value.clone());
        }
    }
    let kind = kind(&fields)?;
    out.insert("type".to_owned(), json!(kind));
    if let Some(properties) = fields.get("properties") {
        let place = fields.place("properties");
        let Value::Object(members) = properties else {
            return Err(invalid(&place, "a map", properties));
        };
        let mut read_members = Map::new();
        for (index, (name, inner)) in members.iter().enumerate() {
            read_members.insert(name.clone(), read(&format!("{place}[{index}].value"), inner)?);
        }
        if kind == "object" && read_members.is_empty() {
            return Err(wrong(&place, "should be non-empty for OBJECT type"));
        }
        for (index, name) in fields.list("required")?.iter().enumerate() {
            if !name.as_str().is_some_and(|name| members.contains_key(name)) {
                return Err(wrong(&format!("{at}.required[{index}]"), "property is not defined"));
            }
        }
        out.insert("properties".to_owned(), Value::Object(read_members));
    }
    if let Some(items) = fields.get("items") {
        out.insert("items".to_owned(), read(&fields.place("items"), items)?);
    } else if kind == "array" {
        return Err(wrong(&fields.place("items"), "missing field."));
    }
    let mut any_of = Vec::new();
    for (index, inner) in fields.list("anyOf")?.iter().enumerate() {
        any_of.push(read(&format!("{at}.any_of[{index}]"), inner)?);
    }
    if !any_of.is_empty() {
        out.insert("anyOf".to_owned(), json!(any_of));
        out.remove("type");
    }
    Ok(Value::Object(out))
}

fn kind(fields: &Fields<'_>) -> Result<String, Refused> {
    let place = fields.place("type");
    match fields.get("type") {
        None if fields.get("anyOf").is_some() => Ok("string".to_owned()),
        None => Ok("object".to_owned()),
        Some(Value::Array(_)) => {
            Err(Refused::bad(format!("Proto field is not repeating, cannot start list. ({place})")).param(place))
        }
        Some(value) => {
            let kind = value.as_str().unwrap_or("").to_lowercase();
            match TYPES.contains(&kind.as_str()) {
                true => Ok(kind),
                false => {
                    let wanted = "type.googleapis.com/google.ai.generativelanguage.v1beta.Type";
                    Err(invalid(&place, wanted, value))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn only_the_small_part_of_json_schema_is_taken() {
        let good = json!({"type": "OBJECT", "properties": {"a": {"type": "ARRAY", "items": {"type": "STRING"}},
            "const": {"type": "STRING"}}, "required": ["a"]});
        let read_as = read("p", &good).unwrap();
        assert_eq!(read_as["properties"]["a"]["items"]["type"], "string");
        for bad in [
            json!({"$schema": "x", "type": "object"}),
            json!({"type": "object", "additionalProperties": false}),
            json!({"type": "object", "properties": {"a": {"type": "string", "const": "x"}}}),
            json!({"type": ["string", "null"]}),
            json!({"type": "object", "properties": {}}),
            json!({"type": "array"}),
            json!({"type": "robot"}),
            json!({"anyOf": [{"exclusiveMinimum": 1}]}),
        ] {
            assert!(read("p", &bad).is_err(), "{bad}");
        }
    }
}
