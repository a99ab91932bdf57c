//! Lists of models, in the shape the caller reads (R-API-9). In: a key. Out: what that key may call.
//! Never here: routes, providers, upstream names.

use crate::account::decimal;
use crate::doors::id_of;
use crate::entry::Door;
use crate::house::Worker;
use crate::live::{LiveModel, LivePrice};
use crate::own;
use crate::pipeline::no_such_model;
use crate::surface::{Families, Models, Shape};
use crate::visit::Visit;
use admit::Scope;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use bytes::Bytes;
use canon::{Dialect, Fault};
use catalog::Serves;
use http::{HeaderMap, Request, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use units::NanoUsd;

/// `GET {base}/models`.
pub async fn list(door: Door, State(worker): State<Worker>, request: Request<Body>) -> Response<Body> {
    let visit = Visit::new(&worker.house, door, &request);
    answer(&worker, visit, request.headers(), |models, teller| {
        let objects: Vec<Value> = models.iter().map(|m| teller.object(m)).collect();
        let id = |model: Option<&Arc<LiveModel>>| model.map(|m| m.model.id.to_string());
        Ok(match teller.shape {
            Shape::OpenAi => json!({ "object": "list", "data": objects }),
            Shape::Anthropic => {
                let (first, last) = (id(models.first()), id(models.last()));
                json!({ "data": objects, "has_more": false, "first_id": first, "last_id": last })
            }
            Shape::Gemini => json!({ "models": objects }),
        })
    })
    .await
}

/// `GET {base}/models/{id}`.
pub async fn one(
    door: Door,
    State(worker): State<Worker>,
    path: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Response<Body> {
    let id = id_of(path);
    // Gemini's clients name a model as its list does.
    let id = id.strip_prefix("models/").map(str::to_owned).unwrap_or(id);
    let visit = Visit::new(&worker.house, door, &request);
    let asked =
        worker.house.catalogue.load().find(&id).map_or_else(|| id.clone(), |live| live.model.id.to_string());
    answer(&worker, visit, request.headers(), |models, teller| {
        let found = models.iter().find(|m| *m.model.id == *asked);
        found.map(|m| teller.object(m)).ok_or_else(|| no_such_model(&id))
    })
    .await
}

async fn answer(
    worker: &Worker,
    mut visit: Visit<'_>,
    headers: &HeaderMap,
    tell: impl FnOnce(&[Arc<LiveModel>], &Teller) -> Result<Value, Fault>,
) -> Response<Body> {
    let shape = match visit.entry.door.surface.lists() {
        Shape::OpenAi if headers.contains_key("anthropic-version") => Shape::Anthropic,
        Shape::OpenAi if headers.contains_key("x-goog-api-key") => Shape::Gemini,
        shape => shape,
    };
    let caller = match visit.identify(headers, Scope::Read).await {
        Ok(caller) => caller,
        Err(fault) => return visit.answer(None, Err(fault)),
    };
    let catalogue = worker.house.catalogue.load();
    let whole = visit.entry.door.surface.models == Models::Catalogue;
    let allowed = |live: &LiveModel| may_call(live) && caller.may_call(&live.model);
    let shown = |live: &Arc<LiveModel>| {
        let place = own::listed(&worker.house, caller.workspace, live);
        let all = || Some(live.clone()).filter(|live| whole && !live.is_for_own_keys_alone());
        place.filter(|live| whole || allowed(live)).or_else(all)
    };
    let enabled = catalogue.models.values().filter(|live| live.model.enabled);
    let mut models: Vec<_> = enabled.filter_map(shown).collect();
    models.sort_by(|a, b| a.model.id.cmp(&b.model.id));
    let (spoken, credit) = (worker.house.surfaces.families, worker.house.settings.credit);
    let shaped = tell(&models, &Teller { shape, spoken, credit });
    visit.answer(Some(&caller), shaped.map(|body| Bytes::from(body.to_string())))
}

/// Whether a model may be called now: what has no price or no route is sold to nobody.
pub const fn may_call(live: &LiveModel) -> bool {
    !matches!(live.price, LivePrice::Unknown) && !live.routes.is_empty()
}

/// What OpenAI's clients expect to be there; the true time of a model's birth is nobody's business.
const CREATED: i64 = 1_700_000_000;

/// How models are told.
struct Teller {
    shape: Shape,
    /// What any surface takes.
    spoken: Families,
    /// What a credit is worth.
    credit: NanoUsd,
}

impl Teller {
    /// A model, told.
    fn object(&self, live: &LiveModel) -> Value {
        let model = &live.model;
        let mut object = match self.shape {
            Shape::Gemini => return gemini_object(live),
            Shape::Anthropic => json!({
                "type": "model", "id": &*model.id, "display_name": model.display_name,
                "created_at": "2023-11-14T22:13:20Z", "lifecycle": "active",
                "max_input_tokens": model.context_length, "max_tokens": model.max_output_tokens,
            }),
            Shape::OpenAi => json!({
                "id": &*model.id, "object": "model", "created": CREATED, "owned_by": model.owned_by,
                "display_name": model.display_name,
            }),
        };
        if let Value::Object(fields) = &mut object {
            fields.insert("category".into(), json!(model.category));
            for (name, said) in [("group", &model.group), ("label", &model.label)] {
                if let Some(text) = said {
                    fields.insert(name.into(), json!(text));
                }
            }
            fields.insert("context_length".into(), json!(model.context_length));
            fields.insert("max_output_tokens".into(), json!(model.max_output_tokens));
            fields.insert("supported_endpoint_types".into(), json!(endpoint_types(live, self.spoken)));
            fields.insert("pricing".into(), pricing(live));
            fields.extend(credit_cost(live, self.credit).map(|cost| ("credit_cost".to_owned(), cost)));
            if self.shape == Shape::OpenAi {
                fields.insert("capabilities".into(), json!(model.capabilities));
            }
        }
        object
    }
}

/// What a call costs in credits where it has a price of its own: by the request, or by the picture, of which the dearest counts.
/// To the millionth of a credit, rounded up.
fn credit_cost(live: &LiveModel, credit: NanoUsd) -> Option<Value> {
    let Some((_, catalog::Price::Rates { request, images, .. })) = &live.model.price else { return None };
    let picture = images.dearest(None, None).unwrap_or_default();
    let cost = i128::from(request.nano()) + i128::from(picture.nano());
    let credit = i128::from(credit.nano().max(1));
    let millionths = (cost * 1_000_000 + credit - 1) / credit;
    let whole = decimal(i64::try_from(millionths).ok().filter(|n| *n > 0)?, 6);
    serde_json::from_str(whole.trim_end_matches('0').trim_end_matches('.')).ok()
}

/// A model as Gemini's clients know it: names begin with `models/`.
fn gemini_object(live: &LiveModel) -> Value {
    let model = &live.model;
    let methods: &[&str] = match model.serves {
        Serves::Chat => &["generateContent", "countTokens"],
        Serves::Embeddings | Serves::Images => &[],
    };
    json!({
        "name": format!("models/{}", model.id), "baseModelId": &*model.id, "version": "1",
        "displayName": model.display_name, "inputTokenLimit": model.context_length,
        "outputTokenLimit": model.max_output_tokens, "supportedGenerationMethods": methods,
        "thinking": model.reasoning != catalog::Reasoning::None,
    })
}

/// A model that answers conversations does so in every language that any surface takes; its first route's own comes first.
pub fn endpoint_types(live: &LiveModel, spoken: Families) -> Vec<&'static str> {
    let all: &'static [(&'static str, Dialect)] = match live.model.serves {
        Serves::Embeddings => &[("embeddings", Dialect::Embeddings)],
        Serves::Images => &[("image-generation", Dialect::Images)],
        Serves::Chat => &[
            ("openai", Dialect::OpenAiChat),
            ("openai-response", Dialect::OpenAiResponses),
            ("anthropic", Dialect::Anthropic),
            ("gemini", Dialect::Gemini),
        ],
    };
    let own = live.routes.first().map(|route| route.target.dialect);
    let (first, rest): (Vec<&(&'static str, Dialect)>, Vec<_>) =
        all.iter().filter(|(_, dialect)| spoken.speak(*dialect)).partition(|(_, dialect)| Some(*dialect) == own);
    first.into_iter().chain(rest).map(|(name, _)| *name).collect()
}

/// USD per million tokens as decimal text; `null` while no price is known.
fn pricing(live: &LiveModel) -> Value {
    match (&live.price, &live.model.price) {
        (LivePrice::Free, _) => json!({ "input": "0.00", "output": "0.00" }),
        (_, Some((_, catalog::Price::Rates { rates, request, images }))) => {
            let mut table: serde_json::Map<String, Value> =
                rates.iter().map(|(class, rate)| (class.name().to_owned(), json!(rate.to_string()))).collect();
            if request.nano() > 0 {
                table.insert("request".into(), json!(request.to_string()));
            }
            let priced = images.iter().filter(|(_, price)| price.nano() > 0);
            table.extend(priced.map(|(field, price)| (field, json!(price.to_string()))));
            Value::Object(table)
        }
        _ => Value::Null,
    }
}
