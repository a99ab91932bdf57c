//! The OpenAI side: Chat Completions, Responses, Completions, Embeddings, images and models, as the real server speaks them.
//! In: bodies and headers. Out: `Ask`s, JSON, frames, errors. Never here: Anthropic's wire.

pub(crate) mod completions;
pub(crate) mod embeddings;
pub(crate) mod images;
mod message;
mod multipart;
mod parts;
mod read;
pub(crate) mod responses;
mod stream;
mod tokens;
mod tools;
mod whole;

use read::read;
pub(crate) use stream::stream;
pub(crate) use whole::whole;

use crate::config::SimConfig;
use crate::refused::{Refused, Stamp};
use crate::route::{Call, Found};
use crate::wire::Wire;
use hyper::HeaderMap;
use serde_json::{Value, json};

const ADDRESSES: [&str; 8] = [
    "chat/completions",
    "responses",
    "responses/input_tokens",
    "completions",
    "embeddings",
    "images/generations",
    "images/edits",
    "models",
];

/// Everything before thinking: who asks, what for, and whether it is well said.
pub(crate) fn look_up(call: &Call<'_>, method: &str) -> Result<Found, Refused> {
    let config = &call.sim.config;
    authorise(config, call.headers)?;
    match (method, call.rest) {
        ("POST", "chat/completions") => Ok(Found::ask((read(call.body, config)?, Wire::Chat))),
        ("POST", "responses") => responses::read(call.body, call.sim).map(Found::ask),
        ("POST", "responses/input_tokens") => responses::count(call.body, call.sim).map(Found::Json),
        ("POST", "completions") => completions::read(call.body, config).map(Found::ask),
        ("POST", "embeddings") => embeddings::read(call.body, config).map(Found::ask),
        ("POST", "images/generations") => {
            let (ask, picture) = images::generations(call.body, config)?;
            Ok(Found::ask((ask, Wire::Images(Box::new(picture)))))
        }
        ("POST", "images/edits") => images::edits(call).map(Found::ask),
        ("GET", rest) if rest.starts_with("models") => models(config, rest).map(Found::Json),
        _ => Err(call.nowhere(method, &ADDRESSES)),
    }
}

/// Lets a bearer credential in.
pub(crate) fn authorise(config: &SimConfig, headers: &HeaderMap) -> Result<(), Refused> {
    let value = headers.get("authorization").and_then(|v| v.to_str().ok());
    let key = value.and_then(|v| v.strip_prefix("Bearer ")).unwrap_or("").trim();
    if key.is_empty() {
        return Err(Refused::new(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
        ));
    }
    if config.lets_in(key) {
        return Ok(());
    }
    let refused = Refused::new(401, format!("Incorrect API key provided: {key}."));
    Err(refused.code("invalid_api_key"))
}

/// The error object.
pub(crate) fn error(refused: &Refused) -> Value {
    let (kind, code) = match refused.status {
        402 | 429 if refused.message.contains("quota") => ("insufficient_quota", Some("insufficient_quota")),
        429 => ("requests", Some("rate_limit_exceeded")),
        500.. => ("server_error", None),
        _ => ("invalid_request_error", None),
    };
    let kind = if refused.kind.is_empty() { kind } else { &refused.kind };
    json!({"error": {"message": refused.message, "type": kind, "param": refused.param,
        "code": refused.code.as_deref().or(code)}})
}

/// The headers of every answer.
pub(crate) fn headers(stamp: &Stamp) -> Vec<(&'static str, String)> {
    vec![
        ("x-request-id", stamp.id("req_", 0)),
        ("openai-organization", format!("org-{}", stamp.canary)),
        ("openai-processing-ms", "7".to_owned()),
        ("openai-version", "2020-10-01".to_owned()),
        ("x-ratelimit-limit-requests", "10000".to_owned()),
        ("x-ratelimit-remaining-requests", "9999".to_owned()),
        ("x-ratelimit-reset-requests", "6ms".to_owned()),
    ]
}

/// Whether a model is served here.
fn serves(config: &SimConfig, model: &str) -> bool {
    let known = ["sim-", "gpt-", "o1", "o3", "o4", "text-embedding-", "dall-e-", "davinci-"];
    let others = ["sim-anthropic", "sim-gemini"];
    let listed = config.openai_models.iter().any(|m| m == model);
    listed || (known.iter().any(|p| model.starts_with(p)) && !others.iter().any(|p| model.starts_with(p)))
}

fn unknown_model(model: &str) -> Refused {
    let message = format!("The model `{model}` does not exist or you do not have access to it.");
    Refused::new(404, message).code("model_not_found")
}

/// The list of models, or one of them.
pub(crate) fn models(config: &SimConfig, rest: &str) -> Result<Value, Refused> {
    let show = |id: &str| json!({"id": id, "object": "model", "created": 1_760_000_000, "owned_by": "system"});
    match rest.strip_prefix("models/") {
        Some(id) if serves(config, id) => Ok(show(id)),
        Some(id) => Err(unknown_model(id)),
        None => {
            let data: Vec<Value> = config.openai_models.iter().map(|id| show(id)).collect();
            Ok(json!({"object": "list", "data": data}))
        }
    }
}
