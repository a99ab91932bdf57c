//! Makes a value that is valid for a JSON schema. In: a schema. Out: the same value every time.
//! Never here: checking a value against a schema, patterns (a `pattern` is not obeyed).

use serde_json::{Map, Value, json};

const DEPTH_MAX: u32 = 12;
/// From here down only required properties are given, so that recursive schemas end.
const DEPTH_OPTIONAL: u32 = 4;

/// A value for `schema`; `hint` is what free strings say.
pub(crate) fn example(schema: &Value, hint: &str) -> Value {
    Maker { root: schema, hint }.value(schema, 0)
}

struct Maker<'a> {
    root: &'a Value,
    hint: &'a str,
}

impl Maker<'_> {
    fn value(&self, schema: &Value, depth: u32) -> Value {
        if depth > DEPTH_MAX {
            return Value::Null;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let pointer = target.strip_prefix('#').unwrap_or(target);
            return match self.root.pointer(pointer) {
                Some(found) => self.value(found, depth + 1),
                None => json!({}),
            };
        }
        for key in ["const", "default"] {
            if let Some(value) = schema.get(key) {
                return value.clone();
            }
        }
        for key in ["enum", "examples"] {
            if let Some(first) = schema.get(key).and_then(|list| list.get(0)) {
                return first.clone();
            }
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(list) = schema.get(key).and_then(Value::as_array) {
                let chosen = list.iter().find(|s| s["type"] != "null");
                return chosen.map_or(Value::Null, |s| self.value(s, depth + 1));
            }
        }
        if let Some(list) = schema.get("allOf").and_then(Value::as_array) {
            return self.all_of(schema, list, depth);
        }
        self.typed(schema, depth)
    }

    fn all_of(&self, schema: &Value, list: &[Value], depth: u32) -> Value {
        let mut merged = Map::new();
        let rest = std::iter::once(schema).filter(|s| s.get("properties").is_some());
        for part in list {
            match self.value(part, depth + 1) {
                Value::Object(fields) => merged.extend(fields),
                other => return other,
            }
        }
        for part in rest {
            if let Value::Object(fields) = self.object(part, depth) {
                merged.extend(fields);
            }
        }
        Value::Object(merged)
    }

    fn typed(&self, schema: &Value, depth: u32) -> Value {
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) => {
                kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
            }
            _ if schema.get("properties").is_some() => "object",
            _ if schema.get("items").is_some() => "array",
            _ => "string",
        };
        match kind {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "integer" | "number" => number(schema, kind == "integer"),
            "boolean" => Value::Bool(true),
            "null" => Value::Null,
            _ => Value::String(self.string(schema)),
        }
    }

    fn object(&self, schema: &Value, depth: u32) -> Value {
        let required: Vec<&str> = schema["required"]
            .as_array()
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let mut out = Map::new();
        if let Some(properties) = schema["properties"].as_object() {
            for (name, inner) in properties {
                if depth < DEPTH_OPTIONAL || required.contains(&name.as_str()) {
                    out.insert(name.clone(), self.value(inner, depth + 1));
                }
            }
        }
        for name in required {
            if !out.contains_key(name) {
                out.insert(name.to_owned(), Value::String(self.hint.to_owned()));
            }
        }
        Value::Object(out)
    }

    fn array(&self, schema: &Value, depth: u32) -> Value {
        let count = match schema["minItems"].as_u64() {
            Some(least) => least.min(100),
            None if depth >= DEPTH_OPTIONAL || schema["maxItems"] == 0 => 0,
            None => 1,
        };
        let item = schema.get("items").cloned().unwrap_or_else(|| json!({}));
        (0..count).map(|_| self.value(&item, depth + 1)).collect()
    }

    fn string(&self, schema: &Value) -> String {
        let known = match schema["format"].as_str() {
            Some("date") => Some("2026-01-02"),
            Some("date-time") => Some("2026-01-02T03:04:05Z"),
            Some("time") => Some("03:04:05Z"),
            Some("email") => Some("fox@example.com"),
            Some("uri" | "url") => Some("https://example.com/fox"),
            Some("uuid") => Some("01234567-89ab-4cde-8f01-23456789abcd"),
            Some("ipv4") => Some("192.0.2.1"),
            Some("hostname") => Some("example.com"),
            _ => None,
        };
        if let Some(text) = known {
            return text.to_owned();
        }
        let length = |key: &str| schema[key].as_u64().and_then(|n| usize::try_from(n).ok());
        let mut text: String = self.hint.to_owned();
        while text.chars().count() < length("minLength").unwrap_or(0) {
            text.push('x');
        }
        let most = length("maxLength").unwrap_or(usize::MAX);
        text.chars().take(most).collect()
    }
}

/// The smallest number not below zero that the bounds and `multipleOf` allow; integers only.
fn number(schema: &Value, whole: bool) -> Value {
    let bound = |key: &str| schema[key].as_i64();
    let low = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|low| low + 1));
    let high = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|high| high - 1));
    let step = bound("multipleOf").filter(|step| *step > 0).unwrap_or(1);
    let mut chosen = low.unwrap_or_else(|| high.map_or(1, |high| high.min(1)));
    chosen += (step - chosen.rem_euclid(step)) % step;
    if whole || schema.get("multipleOf").is_some() || low.is_some() || high.is_some() {
        return json!(chosen);
    }
    json!(1.5)
}

#[cfg(test)]
mod tests {
    use super::example;
    use serde_json::{Value, json};

    fn check(schema: impl Into<Value>, expect: impl Into<Value>) {
        let schema = schema.into();
        assert_eq!(example(&schema, "sim"), expect.into(), "{schema}");
    }

    #[test]
    fn values_obey_their_schema() {
        check(json!({"type": "string"}), json!("sim"));
        check(json!({"type": "string", "minLength": 5}), json!("simxx"));
        check(json!({"type": "string", "maxLength": 2}), json!("si"));
        check(json!({"type": ["null", "integer"], "minimum": 7}), json!(7));
        check(json!({"type": "integer", "minimum": 7, "multipleOf": 5}), json!(10));
        check(json!({"type": "integer", "maximum": -3}), json!(-3));
        check(json!({"enum": ["b", "a"]}), json!("b"));
        check(json!({"anyOf": [{"type": "null"}, {"type": "boolean"}]}), json!(true));
        check(json!({"type": "array", "items": {"const": 4}, "minItems": 2}), json!([4, 4]));
        check(json!({"type": "array", "items": {}, "maxItems": 0}), json!([]));
        check(json!({"type": "object"}), json!({}));
    }

    #[test]
    fn references_and_recursion_end() {
        let schema = json!({
            "$defs": {"node": {"type": "object", "required": ["name"], "properties":
                {"name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}}}},
            "type": "object", "properties": {"head": {"$ref": "#/$defs/node"}}, "required": ["head", "tail"]
        });
        let value = example(&schema, "sim");
        assert_eq!(value["head"]["name"], "sim");
        assert_eq!(value["tail"], "sim");
    }

    #[test]
    fn parts_of_all_of_are_joined() {
        let schema = json!({"allOf": [
            {"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"type": "boolean"}}}]});
        assert_eq!(example(&schema, "sim"), json!({"a": 1, "b": true}));
    }
}
