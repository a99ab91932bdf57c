//! Lists of models, in the shape the caller reads (R-API-9). In: a key. Out: what that key may call.
//! Never here: routes, providers, upstream names.

use crate::entry::Door;
use crate::house::Worker;
use crate::live::{LiveModel, LivePrice};
use crate::pipeline::no_such_model;
use crate::visit::Visit;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use bytes::Bytes;
use canon::{Dialect, Fault};
use http::{HeaderMap, Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET {base}/models`.
pub async fn list(door: Door, State(worker): State<Worker>, request: Request<Body>) -> Response<Body> {
    let visit = Visit::new(&worker.house, door, &request);
    answer(&worker, visit, request.headers(), |models, anthropic| {
        let objects: Vec<Value> = models.iter().map(|m| object(m, anthropic)).collect();
        if anthropic {
            let id = |model: Option<&Arc<LiveModel>>| model.map(|m| m.model.id.to_string());
            Ok(
                json!({ "data": objects, "has_more": false, "first_id": id(models.first()), "last_id": id(models.last()) }),
            )
        } else {
            Ok(json!({ "object": "list", "data": objects }))
        }
    })
}

/// `GET {base}/models/{id}`.
pub async fn one(
    door: Door,
    State(worker): State<Worker>,
    path: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Response<Body> {
    // An id that is no text is nobody's.
    let id = path.map_or_else(|_| String::new(), |Path(id)| id);
    let visit = Visit::new(&worker.house, door, &request);
    let asked =
        worker.house.catalogue.load().find(&id).map_or_else(|| id.clone(), |live| live.model.id.to_string());
    answer(&worker, visit, request.headers(), |models, anthropic| {
        let found = models.iter().find(|m| *m.model.id == *asked);
        found.map(|m| object(m, anthropic)).ok_or_else(|| no_such_model(&id))
    })
}

fn answer(
    worker: &Worker,
    visit: Visit<'_>,
    headers: &HeaderMap,
    shape: impl FnOnce(&[Arc<LiveModel>], bool) -> Result<Value, Fault>,
) -> Response<Body> {
    let anthropic = visit.entry.door.surface.anthropic_lists || headers.contains_key("anthropic-version");
    let caller = match worker.house.identify(headers, visit.entry.at) {
        Ok(caller) => caller,
        Err(fault) => return visit.answer(None, Err(fault)),
    };
    let catalogue = worker.house.catalogue.load();
    let mut models: Vec<_> = catalogue.models.values().filter(|m| m.model.enabled).cloned().collect();
    models.sort_by(|a, b| a.model.id.cmp(&b.model.id));
    let shaped = shape(&models, anthropic);
    visit.answer(Some(&caller), shaped.map(|body| Bytes::from(body.to_string())))
}

/// What OpenAI's clients expect to be there; the true time of a model's birth is nobody's business.
const CREATED: i64 = 1_700_000_000;

fn object(live: &LiveModel, anthropic: bool) -> Value {
    let model = &live.model;
    let mut object = if anthropic {
        json!({
            "type": "model", "id": &*model.id, "display_name": model.display_name,
            "created_at": "2023-11-14T22:13:20Z", "lifecycle": "active",
            "max_input_tokens": model.context_length, "max_tokens": model.max_output_tokens,
        })
    } else {
        json!({ "id": &*model.id, "object": "model", "created": CREATED, "owned_by": model.owned_by,
                "display_name": model.display_name })
    };
    if let Value::Object(fields) = &mut object {
        fields.insert("category".into(), json!(model.category));
        fields.insert("context_length".into(), json!(model.context_length));
        fields.insert("max_output_tokens".into(), json!(model.max_output_tokens));
        fields.insert("supported_endpoint_types".into(), json!(endpoint_types(live)));
        fields.insert("pricing".into(), pricing(live));
        if !anthropic {
            fields.insert("capabilities".into(), json!(model.capabilities));
        }
    }
    object
}

/// Every model answers in both languages; its first route's own comes first.
fn endpoint_types(live: &LiveModel) -> [&'static str; 2] {
    match live.routes.first().map(|r| r.provider.dialect()) {
        Some(Dialect::Anthropic) => ["anthropic", "openai"],
        _ => ["openai", "anthropic"],
    }
}

/// USD per million tokens as decimal text; `null` while no price is known.
fn pricing(live: &LiveModel) -> Value {
    match (&live.price, &live.model.price) {
        (LivePrice::Free, _) => json!({ "input": "0.00", "output": "0.00" }),
        (_, Some((_, catalog::Price::Rates { rates, request }))) => {
            let mut table: serde_json::Map<String, Value> =
                rates.iter().map(|(class, rate)| (class.name().to_owned(), json!(rate.to_string()))).collect();
            if request.nano() > 0 {
                table.insert("request".into(), json!(request.to_string()));
            }
            Value::Object(table)
        }
        _ => Value::Null,
    }
}
