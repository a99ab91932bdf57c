//! The OpenAPI document of the management API, made of its table. In: the rows. Out: the document, served at
//! `/api/manage/openapi.json` and checked in as docs/openapi-manage.json. Never here: what a route does, the documents of
//! surfaces (openapi).

use crate::api::fit;
use crate::api::gate::May;
use crate::api::idempotency::KEY_HEADER;
use crate::api::problem::Problem;
use crate::api::read::Answer;
use crate::api::routes::{ROWS, Row};
use crate::limits::ONCE_KEY_CHARS_MAX;
use crate::people::COOKIE;
use crate::surface::MANAGED;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// `GET /openapi.json`.
pub async fn show() -> Answer {
    Answer::ok(&*DOCUMENT)
}

/// The document, made once.
pub fn made() -> &'static Value {
    &DOCUMENT
}

fn generator(takes: bool) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    if takes { settings.for_deserialize().into_generator() } else { settings.for_serialize().into_generator() }
}

/// The document.
pub fn document() -> Value {
    let (mut takes, mut gives) = (generator(true), generator(false));
    let problem = gives.subschema_for::<Problem>().to_value();
    let mut paths = Map::new();
    for row in ROWS {
        let path = paths.entry(row.path).or_insert_with(|| json!({}));
        path[row.method.as_str().to_ascii_lowercase()] = operation(row, &mut takes, &mut gives);
    }
    let mut schemas = takes.take_definitions(true);
    schemas.extend(gives.take_definitions(true));
    schemas.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tollgate management", "version": env!("CARGO_PKG_VERSION"),
            "description": "What operators, members and programs do: docs/MANAGE.md.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": &*MANAGED.base }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": COOKIE },
                "csrf": {
                    "type": "apiKey", "in": "header", "name": "X-CSRF-Token",
                    "description": "The `csrf_token` of `GET /session`: with a session, for whatever changes something.",
                },
                "operator_token": { "type": "http", "scheme": "bearer", "description": "`tgop-...`" },
                "management_key": { "type": "http", "scheme": "bearer", "description": "`tgmk-...`" },
            },
            "responses": {
                "Problem": {
                    "description": "A problem (RFC 9457).",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
            "schemas": schemas,
        },
    })
}

fn operation(row: &Row, takes: &mut SchemaGenerator, gives: &mut SchemaGenerator) -> Value {
    let (tag, _) = row.name.split_once('.').unwrap_or((row.name, ""));
    let mut told = json!({
        "operationId": row.name, "summary": row.summary.trim(), "tags": [tag], "x-tollgate-may": row.may.words(),
        "security": security(row),
    });
    let parameters = parameters(row);
    if !parameters.is_empty() {
        told["parameters"] = parameters.into();
    }
    if let Some(body) = row.body() {
        let schema = (body.schema)(takes);
        told["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    let mut answers = Map::new();
    let schema = ((row.answer)().schema)(gives).to_value();
    let media = schema["contentMediaType"].as_str().unwrap_or("application/json").to_owned();
    answers.insert(
        row.status.to_string(),
        json!({ "description": "The answer.", "content": { media: { "schema": schema } } }),
    );
    for status in problems(row).into_iter().map(str::to_owned) {
        answers.insert(status, json!({ "$ref": "#/components/responses/Problem" }));
    }
    told["responses"] = answers.into();
    told
}

/// What a row may be refused with, besides what happens to any (`default`).
fn problems(row: &Row) -> Vec<&'static str> {
    let (reads, has_body) = (row.query().is_some() || row.body().is_some(), row.body().is_some());
    let known = row.may != May::Anybody;
    [
        (reads || row.once, "400"),
        (known, "401"),
        (known || row.wants_csrf(), "403"),
        (row.path.contains('{'), "404"),
        (row.wants_csrf(), "409"),
        (has_body, "413"),
        (has_body, "415"),
        (row.once, "422"),
        (true, "default"),
    ]
    .into_iter()
    .filter_map(|(may_be, status)| may_be.then_some(status))
    .collect()
}

/// The ways to say who asks, any of which will do.
fn security(row: &Row) -> Value {
    let session = if row.wants_csrf() { json!({ "session": [], "csrf": [] }) } else { json!({ "session": [] }) };
    let (token, program) = (json!({ "operator_token": [] }), json!({ "management_key": [] }));
    match row.may {
        May::Anybody => json!([]),
        May::Half | May::Signed | May::Session => json!([session]),
        May::Known | May::Member(_) => json!([session, token, program]),
        May::Account | May::Person(_) | May::Operator => json!([session, token]),
    }
}

fn parameters(row: &Row) -> Vec<Value> {
    let names = row.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let in_path = |name| {
        let told = if name == "workspace" { "The id or slug of a workspace." } else { "An id." };
        json!({ "name": name, "in": "path", "required": true, "description": told, "schema": { "type": "string" } })
    };
    let mut all: Vec<Value> = names.map(in_path).collect();
    if row.once {
        let told = "The same key with the same call gives the same answer, for a day: docs/MANAGE.md.";
        let schema =
            json!({ "type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": ONCE_KEY_CHARS_MAX });
        all.push(json!({ "name": KEY_HEADER, "in": "header", "description": told, "schema": schema }));
    }
    let Some(query) = row.query() else { return all };
    let schema = (query.whole)();
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let mut schema = fit::without_null(schema.clone());
        let mut told = json!({ "name": name, "in": "query", "required": required.contains(&name.as_str()) });
        if let Some(text) = schema.as_object_mut().and_then(|schema| schema.shift_remove("description")) {
            told["description"] = text;
        }
        told["schema"] = schema;
        all.push(told);
    }
    all
}
