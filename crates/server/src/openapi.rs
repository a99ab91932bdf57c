//! The OpenAPI document of a surface (R-API-19): what stands at its base path, and no more. In: a surface. Out: a document.
//! Never here: the management API; a field that only a provider knows: bodies are open, and go on as they come.

mod operations;
mod schemas;

use crate::surface::Surface;
use dialect::fault::Style;
use operations::{OPERATIONS, Operation, Takes};
use serde_json::{Map, Value, json};

/// The document of a surface.
pub fn document(surface: &Surface) -> Value {
    let mut paths = Map::new();
    let mut named = vec![error_of(surface.style)];
    for operation in OPERATIONS.iter().filter(|operation| (operation.carried)(surface.families)) {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(operation.method.to_owned(), described(operation, surface));
        }
        named.push(operation.error(surface));
        named.extend(match operation.takes {
            Takes::Json(schema) | Takes::Form(schema) => Some(schema),
            Takes::Nothing => None,
        });
    }
    let mut schemas = schemas::all();
    schemas.retain(|name, _| named.contains(&name.as_str()));
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Tollgate", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0" } },
        "servers": [{ "url": &*surface.base }],
        "security": [{ "bearer": [] }, { "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "key": { "type": "apiKey", "in": "header", "name": "x-api-key" },
            },
            "schemas": schemas,
        },
    })
}

/// The schema of errors in a style.
const fn error_of(style: Style) -> &'static str {
    match style {
        Style::OpenAi => "OpenAiError",
        Style::Numeric => "NumericError",
        Style::Detail => "DetailError",
        Style::Anthropic => "AnthropicError",
        Style::Coded => "CodedError",
        Style::Router => "RouterError",
        Style::Gemini => "GeminiError",
    }
}

impl Operation {
    /// The schema of its errors: the surface's, but where its language has its own.
    fn error(&self, surface: &Surface) -> &'static str {
        error_of(self.style.unwrap_or(surface.style))
    }
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn described(operation: &Operation, surface: &Surface) -> Value {
    let ids =
        json!({ "x-request-id": { "description": "The id of the request.", "schema": { "type": "string" } } });
    let mut content = Map::new();
    for kind in operation.gives {
        let only_events = surface.always_stream && operation.path == "/chat/completions";
        if !only_events || *kind == operations::EVENTS {
            content.insert((*kind).to_owned(), json!({ "schema": {} }));
        }
    }
    let mut told = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "responses": {
            "200": { "description": "The answer.", "headers": ids, "content": content },
            "default": {
                "description": "A fault; docs/FAULTS.md has every one.",
                "headers": ids,
                "content": { "application/json": { "schema": reference(operation.error(surface)) } },
            },
        },
    });
    let parameters: Vec<Value> = operation
        .path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if !parameters.is_empty() {
        told["parameters"] = json!(parameters);
    }
    let body = |kinds: &[&str], schema| {
        let content: Map<String, Value> =
            kinds.iter().map(|kind| ((*kind).to_owned(), json!({ "schema": reference(schema) }))).collect();
        json!({ "required": true, "content": content })
    };
    match operation.takes {
        Takes::Json(schema) => told["requestBody"] = body(&["application/json"], schema),
        Takes::Form(schema) => told["requestBody"] = body(&["multipart/form-data", "application/json"], schema),
        Takes::Nothing => {}
    }
    if operation.open {
        // Whoever has the address needs no key.
        told["security"] = json!([]);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surface::{PRESETS, Preset};

    /// R-API-19: a document is whole: what it refers to is there, what is there is referred to, ids are unique.
    #[test]
    fn r_api_19_documents_are_whole() {
        for surface in PRESETS.iter().flat_map(Preset::surfaces) {
            let document = document(&surface);
            let text = document.to_string();
            let schemas = document["components"]["schemas"].as_object().unwrap();
            let mut referred: Vec<&str> =
                text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            referred.sort_unstable();
            referred.dedup();
            let mut there: Vec<&str> = schemas.keys().map(String::as_str).collect();
            there.sort_unstable();
            assert_eq!(referred, there, "{}", surface.base);
            let ids: Vec<&str> =
                text.split("\"operationId\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            let mut unique = ids.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(ids.len(), unique.len());
        }
    }
}
