//! The Gemini side: contents, token counts, embeddings and models, as the real server speaks them.
//! In: bodies, headers, a query. Out: `Ask`s, JSON, frames, errors. Never here: another provider's wire.

mod embed;
mod fields;
mod media;
mod paint;
mod parts;
mod read;
mod schema;
mod seal;
mod stream;
mod tools;
mod turns;
mod whole;

pub(crate) use embed::{Batch, whole as embeddings};
pub(crate) use paint::whole as painted;
pub(crate) use stream::stream;
pub(crate) use whole::whole;

use crate::config::SimConfig;
use crate::refused::{Refused, Stamp};
use crate::route::{Call, Found};
use hyper::HeaderMap;
use serde_json::{Value, json};

const METHODS: [&str; 5] =
    ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"];

/// How a stream is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `alt=sse`.
    Events,
    /// One JSON array that grows.
    Array,
}

impl Form {
    fn of(query: &str) -> Self {
        if query.split('&').any(|pair| pair == "alt=sse") { Self::Events } else { Self::Array }
    }
}

/// Everything before thinking: who asks, what for, and whether it is well said.
pub(crate) fn look_up(call: &Call<'_>, method: &str) -> Result<Found, Refused> {
    let config = &call.sim.config;
    authorise(config, call.headers, call.query)?;
    let Some((model, verb)) = call.rest.strip_prefix("models/").and_then(|rest| rest.split_once(':')) else {
        return match method {
            "GET" if call.rest.starts_with("models") => models(config, call.rest).map(Found::Json),
            _ => Err(call.nowhere(method, &["models"])),
        };
    };
    if method != "POST" || !METHODS.contains(&verb) {
        return Err(Refused::new(404, format!("Method {verb} for {method} is not found.")));
    }
    if !serves(config, model) {
        return Err(unknown_model(model, verb));
    }
    match verb {
        "countTokens" => read::count(call.body, model).map(Found::Json),
        "embedContent" | "batchEmbedContents" => embed::read(call.body, model, verb).map(Found::ask),
        _ => {
            let form = (verb == "streamGenerateContent").then(|| Form::of(call.query));
            read::read(call.body, model, form).map(Found::ask)
        }
    }
}

/// Lets a key in, by its header or in the query.
fn authorise(config: &SimConfig, headers: &HeaderMap, query: &str) -> Result<(), Refused> {
    let header = headers.get("x-goog-api-key").and_then(|v| v.to_str().ok());
    let key = header.or_else(|| query.split('&').find_map(|pair| pair.strip_prefix("key=")));
    match key.map(str::trim) {
        None | Some("") => Err(Refused::new(
            403,
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
        )),
        Some(key) if config.lets_in(key) => Ok(()),
        Some(_) => Err(Refused::bad("API key not valid. Please pass a valid API key.").code("API_KEY_INVALID")),
    }
}

/// The error object, with what is known of its reason in `details`.
pub(crate) fn error(refused: &Refused) -> Value {
    let status = match refused.status {
        401 => "UNAUTHENTICATED",
        402 | 403 => "PERMISSION_DENIED",
        404 | 405 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        503 | 529 => "UNAVAILABLE",
        408 | 504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };
    let status = if refused.kind.is_empty() { status } else { &refused.kind };
    let mut error = json!({"code": refused.status, "message": refused.message, "status": status});
    let mut details = Vec::new();
    if let Some(reason) = &refused.code {
        details.push(json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason,
            "domain": "googleapis.com", "metadata": {"service": "generativelanguage.googleapis.com"}}));
    }
    if let Some(field) = &refused.param {
        details.push(json!({"@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": field, "description": refused.message}]}));
    }
    if refused.status == 429 {
        details.push(json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [
            {"quotaMetric": "generativelanguage.googleapis.com/generate_requests", "quotaId": "RequestsPerMinute"}]}));
    }
    if let Some(seconds) = &refused.retry_after {
        details.push(json!({"@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s")}));
    }
    if !details.is_empty() {
        error["details"] = json!(details);
    }
    json!({ "error": error })
}

/// Whether an answer to this call is a JSON array, errors too.
pub(crate) fn lists(call: &Call<'_>) -> bool {
    call.rest.ends_with(":streamGenerateContent") && Form::of(call.query) == Form::Array
}

/// The headers of every answer.
pub(crate) fn headers(stamp: &Stamp) -> Vec<(&'static str, String)> {
    vec![("server", format!("scaffolding on {}", stamp.canary)), ("server-timing", "gfet4t7; dur=7".to_owned())]
}

/// Whether a model is served here.
fn serves(config: &SimConfig, model: &str) -> bool {
    let listed = config.gemini_models.iter().any(|m| m == model);
    let known = model.starts_with("gemini-") || model.starts_with("sim-");
    let others = ["sim-openai", "sim-anthropic"];
    listed || (known && !others.iter().any(|p| model.starts_with(p)))
}

/// The third generation signs its calls, and wants the signatures back.
fn signs_calls(model: &str) -> bool {
    model.contains("gemini-3")
}

fn unknown_model(model: &str, verb: &str) -> Refused {
    let message = format!(
        "models/{model} is not found for API version v1beta, or is not supported for {verb}. Call ListModels to see the list of available models and their supported methods."
    );
    Refused::new(404, message)
}

/// The list of models, or one of them.
fn models(config: &SimConfig, rest: &str) -> Result<Value, Refused> {
    let show = |id: &str| {
        let methods: &[&str] = match id.contains("embedding") {
            true => &["embedContent", "batchEmbedContents", "countTokens"],
            false => &["generateContent", "streamGenerateContent", "countTokens"],
        };
        json!({"name": format!("models/{id}"), "version": "001", "displayName": id, "description": "Simulated.",
            "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536, "supportedGenerationMethods": methods,
            "temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 2, "thinking": !id.contains("embedding")})
    };
    match rest.strip_prefix("models/") {
        Some(id) if serves(config, id) => Ok(show(id)),
        Some(id) => Err(unknown_model(id, "GetModel")),
        None => {
            let models: Vec<Value> = config.gemini_models.iter().map(|id| show(id)).collect();
            Ok(json!({ "models": models }))
        }
    }
}
