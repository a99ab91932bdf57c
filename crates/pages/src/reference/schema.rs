//! Schemas of a document in words. In: JSON Schema. Out: HTML: what a value is in a phrase, a table for each named schema.
//! Never here: operations, examples (example).

use serde_json::{Map, Value};
use std::fmt::Write;

/// Schemas are described so deep within each other; deeper ones have names of their own.
const DEPTH_MAX: usize = 6;
const BEGINS: &str = "#/components/schemas/";

/// The named schemas of a document.
pub struct Schemas<'a>(Option<&'a Map<String, Value>>);

/// A text within HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The same, with what stands between backticks as code.
pub fn words(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, part)| if at % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) })
        .collect()
}

impl<'a> Schemas<'a> {
    /// Those of a document.
    pub fn of(document: &'a Value) -> Self {
        Self(document["components"]["schemas"].as_object())
    }

    /// What a reference leads to.
    pub fn find(&self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str().and_then(|to| to.strip_prefix(BEGINS));
        name.and_then(|name| self.0?.get(name)).unwrap_or(schema)
    }

    /// What a value of a schema is, in a phrase.
    pub fn kind(&self, schema: &Value) -> String {
        phrase(schema, 0)
    }

    /// A table for each schema.
    pub fn described(&self) -> String {
        let mut out = String::from("<h2 id=\"schemas\">Schemas</h2>\n");
        for (name, schema) in self.0.into_iter().flatten() {
            let name = escaped(name);
            // Writing to a string cannot fail.
            let _ = writeln!(out, "<h3 id=\"schema-{name}\">{name}</h3>");
            if let Some(said) = schema["description"].as_str() {
                let _ = writeln!(out, "<p>{}</p>", words(said));
            }
            out.push_str(&fields(&name, schema));
        }
        out
    }
}

/// The fields of an object, or what else it is.
fn fields(name: &str, schema: &Value) -> String {
    let parts: Vec<&Value> =
        std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten()).collect();
    let properties: Vec<(&String, &Value)> =
        parts.iter().filter_map(|part| part["properties"].as_object()).flatten().collect();
    if properties.is_empty() {
        return format!("<p>{}</p>\n", phrase(schema, 0));
    }
    let required = |field: &str| {
        parts.iter().filter_map(|part| part["required"].as_array()).flatten().any(|needed| needed == field)
    };
    let mut out = format!(
        "<div class=\"table\" role=\"group\" aria-label=\"Fields of {name}\" tabindex=\"0\"><table>\n\
         <thead><tr><th>field</th><th>type</th><th>what it is</th></tr></thead>\n<tbody>\n"
    );
    for (field, value) in properties {
        let must = if required(field) { " (always)" } else { "" };
        let said = value["description"].as_str().unwrap_or("");
        let _ = writeln!(
            out,
            "<tr><td><code>{}</code>{must}</td><td>{}</td><td>{}</td></tr>",
            escaped(field),
            phrase(value, 1),
            words(said)
        );
    }
    out.push_str("</tbody></table></div>\n");
    out
}

fn phrase(schema: &Value, depth: usize) -> String {
    if depth > DEPTH_MAX {
        return "anything".to_owned();
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.strip_prefix(BEGINS)) {
        let name = escaped(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(shown).collect::<Vec<_>>().join(", ");
    }
    if let Some(value) = schema.get("const") {
        return shown(value);
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(ways) = schema[word].as_array() {
            return ways.iter().map(|way| phrase(way, depth + 1)).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
        return phrase(only, depth + 1);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if kinds.is_empty() {
        return "anything".to_owned();
    }
    let told = kinds.iter().map(|kind| match *kind {
        "array" => format!(
            "list of {}",
            schema.get("items").map_or_else(|| "anything".to_owned(), |items| phrase(items, depth + 1))
        ),
        "object" => match schema.get("additionalProperties").filter(|more| more.is_object()) {
            Some(more) => format!("object of {}", phrase(more, depth + 1)),
            None => "object".to_owned(),
        },
        other => escaped(other),
    });
    format!("{}{}", told.collect::<Vec<_>>().join(" or "), bounds(schema))
}

fn bounds(schema: &Value) -> String {
    let mut out = String::new();
    if let Some(format) = schema["format"].as_str() {
        let _ = write!(out, ", {}", escaped(format));
    }
    for (word, told) in [
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("minLength", "at least"),
        ("maxLength", "at most"),
        ("minItems", "at least"),
        ("maxItems", "at most"),
    ] {
        if let Some(number) = schema.get(word).filter(|number| number.is_number()) {
            let unit = if word.ends_with("Length") {
                " characters"
            } else if word.ends_with("Items") {
                " of them"
            } else {
                ""
            };
            let _ = write!(out, ", {told} {number}{unit}");
        }
    }
    out
}

fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    format!("<code>{}</code>", escaped(&text))
}
