//! The OpenAPI document of the management API, as a gateway serves it. In: a gateway's address. Out: its operations, and whether
//! an answer is one that they promise. Never here: making up requests (broken).

use crate::{Outcome, Reply, at, exchange, raw};
use boon::{Compiler, Draft, SchemaIndex, Schemas};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
/// A name for the document among schemas.
const NAME: &str = "http://document/";

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// Its method.
    pub method: String,
    /// Its path below the base, with `{parameters}`.
    pub path: String,
    /// Who may, in words.
    pub may: String,
    /// The schema of its body.
    pub body: Option<Value>,
    /// The parameters of its query: names and schemas.
    pub query: Vec<(String, Value)>,
    /// The status of a success.
    pub status: u16,
}

/// The document.
pub struct Document {
    strict: Value,
    value: Value,
    /// Schemas that were read already, by where they stand.
    read: Mutex<HashMap<String, Arc<(Schemas, SchemaIndex)>>>,
}

impl Document {
    /// What a gateway serves.
    ///
    /// # Errors
    /// When it serves none.
    pub fn of(address: SocketAddr) -> Outcome<Self> {
        let request = raw("GET", "/api/manage/openapi.json", &[], b"");
        let value = exchange(address, &request, PATIENCE).map_err(at("the document"))?.json();
        let mut strict = value.clone();
        close(&mut strict["components"]);
        Ok(Self { strict, value, read: Mutex::default() })
    }

    /// A schema, or the one that it refers to.
    pub fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let named = schema["$ref"].as_str().and_then(|to| self.value.pointer(to.trim_start_matches('#')));
        named.map_or(schema, |named| self.resolved(named))
    }

    /// Every operation.
    pub fn operations(&self) -> Vec<Operation> {
        let paths = self.value["paths"].as_object().into_iter().flatten();
        let all = paths.flat_map(|(path, verbs)| {
            let verbs = verbs.as_object().into_iter().flatten();
            verbs.map(move |(method, told)| operation(method, path, told))
        });
        all.collect()
    }

    /// That an answer is one that the document promises of a request: of its status, or of any (`default`).
    ///
    /// # Errors
    /// What is otherwise.
    pub fn holds(&self, operation: &Operation, reply: &Reply) -> Outcome<()> {
        let escaped = operation.path.replace('~', "~0").replace('/', "~1");
        let responses = format!("/paths/{escaped}/{}/responses", operation.method.to_lowercase());
        let told = self.strict.pointer(&responses).ok_or("the document has no such operation")?;
        let status = reply.head.status.to_string();
        let said = if told[&status].is_null() { "default" } else { &status };
        let (place, answer) = match told[said]["$ref"].as_str() {
            Some(to) => {
                let place = to.trim_start_matches('#').to_owned();
                let answer = self.strict.pointer(&place).ok_or("a reference to nothing")?;
                (place, answer)
            }
            None => (format!("{responses}/{said}"), &told[said]),
        };
        let kind = reply.head.get("content-type");
        if answer["content"][kind].is_null() || (said == "default" && status.starts_with('2')) {
            return Err(format!("{} {kind} is not told: {}", operation.name, reply.shown()));
        }
        let kind = kind.replace('/', "~1");
        // Percent and `+` of a pointer in an address.
        let place = format!("{place}/content/{kind}/schema").replace('{', "%7B").replace('}', "%7D");
        let schema = self.schema(&place)?;
        let told = reply.json();
        schema
            .0
            .validate(&told, schema.1)
            .map_err(|wrong| format!("{}: {wrong:#}\n{}", operation.name, reply.shown()))
    }
}

impl Document {
    fn schema(&self, place: &str) -> Outcome<Arc<(Schemas, SchemaIndex)>> {
        let mut all = self.read.lock();
        if let Some(schema) = all.get(place) {
            return Ok(Arc::clone(schema));
        }
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource(NAME, self.strict.clone()).map_err(at("the document"))?;
        let index = compiler.compile(&format!("{NAME}#{place}"), &mut schemas).map_err(at(place))?;
        let schema = Arc::new((schemas, index));
        all.insert(place.to_owned(), Arc::clone(&schema));
        Ok(schema)
    }
}

fn operation(method: &str, path: &str, told: &Value) -> Operation {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let parameters = told["parameters"].as_array().into_iter().flatten();
    let query = parameters.filter(|p| p["in"] == "query").map(|p| (text(&p["name"]), p["schema"].clone()));
    let success = told["responses"].as_object().into_iter().flatten().find(|(status, _)| status.starts_with('2'));
    Operation {
        name: text(&told["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        may: text(&told["x-tollgate-may"]),
        body: told.pointer("/requestBody/content/application~1json/schema").cloned(),
        query: query.collect(),
        status: success.and_then(|(status, _)| status.parse().ok()).unwrap_or(0),
    }
}

/// An answer has no field that is not told: readers of a document may be told more later, a test is told all.
fn close(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
