//! Schemas of arguments and answers in two forms: JSON Schema, and the subset of OpenAPI that older servers of this dialect
//! take, with types in upper case. In: a schema of one form. Out: the other. Never here: a schema that stays as it is.

use super::names::camel;
use serde_json::{Map, Value, json};

/// References may point at what refers back: a schema is not unfolded beyond so many pieces, or so many steps deep.
const PIECES_MAX: usize = 5_000;
const STEPS_MAX: usize = 24;
/// What the subset takes of JSON Schema as it is.
const KEPT: [&str; 12] = [
    "title",
    "description",
    "required",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
    "pattern",
    "minimum",
    "maximum",
];
/// Counts of the subset, which its writers may put into quotes.
const COUNTS: [&str; 6] = ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];
/// Formats that the subset has.
const FORMATS: [&str; 6] = ["float", "double", "int32", "int64", "enum", "date-time"];

/// JSON Schema of a schema in the subset; `None` when it is no object.
pub(super) fn to_json_schema(raw: &[u8]) -> Option<String> {
    let value = serde_json::from_slice::<Value>(raw).ok()?;
    value.is_object().then(|| widened(value).to_string())
}

fn widened(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let mut out = Map::new();
    let mut nullable = false;
    for (name, value) in fields {
        let name = camel(&name).into_owned();
        match (&*name, value) {
            ("nullable", value) => nullable = value == Value::Bool(true),
            ("propertyOrdering", _) => {}
            ("type", Value::String(word)) if word == "TYPE_UNSPECIFIED" => {}
            ("type", Value::String(word)) => drop(out.insert(name, Value::String(word.to_ascii_lowercase()))),
            ("ref", value) => drop(out.insert("$ref".to_owned(), value)),
            ("example", value) => drop(out.insert("examples".to_owned(), json!([value]))),
            ("defs", Value::Object(all)) => drop(out.insert("$defs".to_owned(), each(all, widened))),
            ("properties", Value::Object(all)) => drop(out.insert(name, each(all, widened))),
            ("items" | "additionalProperties", value) => drop(out.insert(name, widened(value))),
            ("anyOf", Value::Array(all)) => drop(out.insert(name, all.into_iter().map(widened).collect())),
            (count, Value::String(text)) if COUNTS.contains(&count) => {
                let number = text.parse::<u64>().map_or(Value::String(text), Value::from);
                out.insert(name, number);
            }
            (_, value) => drop(out.insert(name, value)),
        }
    }
    if nullable {
        if let Some(word) = out.get_mut("type") {
            *word = json!([word.take(), "null"]);
        } else if let Some(Value::Array(all)) = out.get_mut("anyOf") {
            all.push(json!({"type": "null"}));
        }
        if let Some(Value::Array(all)) = out.get_mut("enum") {
            all.push(Value::Null);
        }
    }
    Value::Object(out)
}

fn each(all: Map<String, Value>, mut change: impl FnMut(Value) -> Value) -> Value {
    Value::Object(all.into_iter().map(|(name, value)| (name, change(value))).collect())
}

/// A schema in the subset, and whether something of it was lost; `None` when it asks for nothing.
pub(super) fn to_subset(raw: &str) -> Option<(String, bool)> {
    let root = serde_json::from_str::<Value>(raw).ok()?;
    let mut cutter = Cutter { root: &root, pieces: 0, lost: false };
    let out = cutter.cut(&root, 0);
    let empty = |key: &str| out.get(key).and_then(Value::as_object).is_none_or(Map::is_empty);
    // The server refuses an object that has no properties.
    let nothing =
        out.get("anyOf").is_none() && out.get("type").is_none_or(|t| t == "OBJECT") && empty("properties");
    (!nothing).then(|| (out.to_string(), cutter.lost))
}

/// Puts in what is not there yet.
fn fill(more: Map<String, Value>, out: &mut Map<String, Value>) {
    for (name, value) in more {
        out.entry(name).or_insert(value);
    }
}

/// Cuts a schema down to the subset.
struct Cutter<'r> {
    root: &'r Value,
    pieces: usize,
    lost: bool,
}

impl Cutter<'_> {
    fn cut(&mut self, value: &Value, steps: usize) -> Value {
        self.pieces += 1;
        let Value::Object(fields) = value else {
            self.lost |= *value != Value::Bool(true);
            return json!({});
        };
        if self.pieces > PIECES_MAX || steps > STEPS_MAX {
            self.lost = true;
            return json!({"type": "OBJECT"});
        }
        if let Some(Value::String(path)) = fields.get("$ref") {
            let found = path.strip_prefix('#').and_then(|path| self.root.pointer(path)).cloned();
            return match found {
                Some(found) => self.cut(&found, steps + 1),
                None => {
                    self.lost = true;
                    json!({"type": "OBJECT"})
                }
            };
        }
        let mut out = Map::new();
        for (name, value) in fields {
            self.field(name, value, steps + 1, &mut out);
        }
        Value::Object(out)
    }

    fn field(&mut self, name: &str, value: &Value, steps: usize, out: &mut Map<String, Value>) {
        match (name, value) {
            ("type", value) => self.types(value, out),
            ("properties", Value::Object(all)) => {
                let cut = all.iter().map(|(name, value)| (name.clone(), self.cut(value, steps))).collect();
                out.insert("properties".to_owned(), Value::Object(cut));
            }
            ("items", value @ Value::Object(_)) => {
                let cut = self.cut(value, steps);
                out.insert("items".to_owned(), cut);
            }
            ("anyOf" | "oneOf", Value::Array(all)) => self.any_of(all, steps, out),
            ("allOf", Value::Array(all)) => {
                // One of several wins where they speak of the same; together they would be stricter.
                self.lost |= all.len() > 1;
                for value in all {
                    if let Value::Object(cut) = self.cut(value, steps) {
                        fill(cut, out);
                    }
                }
            }
            ("enum", Value::Array(all)) => self.words(all, out),
            ("const", value) => self.words(std::slice::from_ref(value), out),
            ("format", Value::String(word)) if FORMATS.contains(&&**word) => {
                out.insert("format".to_owned(), value.clone());
            }
            // They say nothing about what is valid.
            ("$schema" | "$id" | "$comment" | "$defs" | "definitions" | "default" | "examples" | "strict", _) => {}
            (kept, value) if KEPT.contains(&kept) => drop(out.insert(name.to_owned(), value.clone())),
            _ => self.lost = true,
        }
    }

    /// A type, or several: null makes the others nullable, more than one become alternatives.
    fn types(&mut self, value: &Value, out: &mut Map<String, Value>) {
        let upper = |word: &str| Value::String(word.to_ascii_uppercase());
        let words: Vec<&str> = match value {
            Value::String(word) => vec![word],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let real: Vec<&str> = words.iter().copied().filter(|word| *word != "null").collect();
        if real.len() < words.len() {
            out.insert("nullable".to_owned(), Value::Bool(true));
        }
        match real[..] {
            [] => {}
            [one] => drop(out.insert("type".to_owned(), upper(one))),
            _ => {
                let all = real.into_iter().map(|word| json!({"type": upper(word)})).collect();
                out.insert("anyOf".to_owned(), Value::Array(all));
            }
        }
    }

    fn any_of(&mut self, all: &[Value], steps: usize, out: &mut Map<String, Value>) {
        let is_null = |value: &&Value| value.get("type").is_some_and(|word| word == "null");
        if all.iter().any(|value| is_null(&value)) {
            out.insert("nullable".to_owned(), Value::Bool(true));
        }
        let cut: Vec<Value> = all.iter().filter(|v| !is_null(v)).map(|value| self.cut(value, steps)).collect();
        match <[Value; 1]>::try_from(cut) {
            Ok([Value::Object(only)]) => {
                fill(only, out);
            }
            Ok(_) => {}
            Err(cut) => drop(out.insert("anyOf".to_owned(), Value::Array(cut))),
        }
    }

    /// A choice of values: the subset has it for strings.
    fn words(&mut self, all: &[Value], out: &mut Map<String, Value>) {
        let words: Vec<Value> = all.iter().filter(|value| value.is_string()).cloned().collect();
        let rest = all.iter().filter(|value| !value.is_string() && !value.is_null()).count();
        if words.is_empty() || rest > 0 {
            self.lost = true;
            return;
        }
        if words.len() < all.len() {
            out.insert("nullable".to_owned(), Value::Bool(true));
        }
        out.entry("type").or_insert_with(|| Value::String("STRING".to_owned()));
        out.insert("enum".to_owned(), Value::Array(words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pitfall 48: the subset is reached at any depth, and what is only named like a keyword stays.
    #[test]
    fn pitfall_48_schemas_are_cut_down_at_any_depth() {
        for (schema, expect, lost) in [
            (
                r#"{"$schema":"x","type":"object","properties":{"const":{"type":"string","format":"uri"},"format":{"type":"integer","exclusiveMinimum":0}},"required":["const"],"additionalProperties":false}"#,
                r#"{"type":"OBJECT","properties":{"const":{"type":"STRING"},"format":{"type":"INTEGER"}},"required":["const"]}"#,
                true,
            ),
            (
                r#"{"type":"object","properties":{"a":{"anyOf":[{"type":"array","items":{"const":"x","$comment":"c"}},{"type":"null"}]}}}"#,
                r#"{"type":"OBJECT","properties":{"a":{"nullable":true,"type":"ARRAY","items":{"type":"STRING","enum":["x"]}}}}"#,
                false,
            ),
            (
                r##"{"$defs":{"n":{"type":["string","null"],"enum":["a",null]}},"type":"object","properties":{"l":{"$ref":"#/$defs/n"},"m":{"oneOf":[{"type":"number"},{"type":["integer","boolean"]}]}}}"##,
                r#"{"type":"OBJECT","properties":{"l":{"nullable":true,"type":"STRING","enum":["a"]},"m":{"anyOf":[{"type":"NUMBER"},{"anyOf":[{"type":"INTEGER"},{"type":"BOOLEAN"}]}]}}}"#,
                false,
            ),
            (
                r#"{"type":"string","maxLength":9007199254740993}"#,
                r#"{"type":"STRING","maxLength":9007199254740993}"#,
                false,
            ),
        ] {
            assert_eq!(to_subset(schema), Some((expect.to_owned(), lost)), "{schema}");
        }
        for nothing in ["{}", r#"{"type":"object"}"#, r#"{"type":"object","properties":{}}"#, "7"] {
            assert_eq!(to_subset(nothing), None, "{nothing}");
        }
    }

    /// A schema that refers to itself ends, however it branches.
    #[test]
    fn endless_schemas_end() {
        let branch: Vec<String> = (0..9).map(|n| format!(r##""p{n}":{{"$ref":"#"}}"##)).collect();
        let endless = format!(r#"{{"type":"object","properties":{{{}}}}}"#, branch.join(","));
        let (text, lost) = to_subset(&endless).unwrap();
        assert!(lost && text.len() < 10_000_000);
    }

    #[test]
    fn the_subset_becomes_json_schema() {
        let subset = r#"{"type":"OBJECT","nullable":true,"property_ordering":["a"],"properties":{"type":{"type":"STRING","enum":["x"],"nullable":true},"n":{"any_of":[{"type":"INTEGER","minimum":9007199254740993}],"min_items":"3"}}}"#;
        let expect = r#"{"type":["object","null"],"properties":{"type":{"type":["string","null"],"enum":["x",null]},"n":{"anyOf":[{"type":"integer","minimum":9007199254740993}],"minItems":3}}}"#;
        assert_eq!(to_json_schema(subset.as_bytes()).as_deref(), Some(expect));
        assert_eq!(to_json_schema(b"[]"), None);
    }
}
