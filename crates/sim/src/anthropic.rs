//! The Anthropic side: Messages, token counts and models, as the real server speaks them.
//! In: bodies and headers. Out: `Ask`s, JSON, frames, errors. Never here: OpenAI's wire.

mod blocks;
pub(crate) mod cache;
mod read;
mod seal;
mod stream;
mod tools;
mod turns;
mod whole;

use read::{count, read};
pub(crate) use stream::stream;
pub(crate) use whole::whole;

use crate::config::SimConfig;
use crate::refused::{Refused, Stamp};
use crate::route::{Call, Found};
use crate::wire::Wire;
use hyper::HeaderMap;
use serde_json::{Value, json};

/// Which rules a request asked to be read by (`anthropic-version`). Answers are the same in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    /// `2023-06-01`, and the one before.
    Old,
    /// `2026-10-21`: no sampling parameters, no documents said by the assistant, no citations said by the user.
    /// The SDKs that came with it send their key as a bearer.
    V20261021,
}

/// Everything before thinking: who asks, what for, and whether it is well said.
pub(crate) fn look_up(call: &Call<'_>, method: &str) -> Result<Found, Refused> {
    let version = authorise(&call.sim.config, call.headers)?;
    match (method, call.rest) {
        ("POST", "messages") => Ok(Found::ask((read(call.body, call.sim, version)?, Wire::Messages))),
        ("POST", "messages/count_tokens") => count(call.body, call.sim, version).map(Found::Json),
        ("GET", rest) if rest.starts_with("models") => models(&call.sim.config, rest).map(Found::Json),
        _ => Err(call.nowhere(method, &["messages", "models"])),
    }
}

/// Lets a credential in, by either header (`x-api-key` wins), when the version is told.
fn authorise(config: &SimConfig, headers: &HeaderMap) -> Result<Version, Refused> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let bearer = text("authorization").and_then(|v| v.strip_prefix("Bearer "));
    let key = text("x-api-key").or(bearer).unwrap_or("").trim();
    if key.is_empty() {
        return Err(Refused::new(401, "x-api-key header is required"));
    }
    if !config.lets_in(key) {
        return Err(Refused::new(401, "invalid x-api-key"));
    }
    match text("anthropic-version") {
        None => Err(Refused::bad("anthropic-version: header is required")),
        Some("2023-01-01" | "2023-06-01") => Ok(Version::Old),
        Some("2026-10-21") => Ok(Version::V20261021),
        Some(other) => Err(Refused::bad(format!("anthropic-version: \"{other}\" is not a valid version."))),
    }
}

/// The error object.
pub(crate) fn error(refused: &Refused, stamp: &Stamp) -> Value {
    let kind = match refused.status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    let kind = if refused.kind.is_empty() { kind } else { &refused.kind };
    json!({"type": "error", "error": {"type": kind, "message": refused.message},
        "request_id": stamp.id("req_", 0)})
}

/// The headers of every answer.
pub(crate) fn headers(stamp: &Stamp) -> Vec<(&'static str, String)> {
    vec![
        ("request-id", stamp.id("req_", 0)),
        ("anthropic-organization-id", format!("org-{}", stamp.canary)),
        ("anthropic-ratelimit-requests-limit", "1000".to_owned()),
        ("anthropic-ratelimit-requests-remaining", "999".to_owned()),
        ("anthropic-ratelimit-requests-reset", "2026-01-01T00:00:00Z".to_owned()),
    ]
}

/// Whether a model is served here.
fn serves(config: &SimConfig, model: &str) -> bool {
    let listed = config.anthropic_models.iter().any(|m| m == model);
    let known = model.starts_with("claude-") || model.starts_with("sim-");
    let others = ["sim-openai", "sim-gemini"];
    listed || (known && !others.iter().any(|p| model.starts_with(p)))
}

fn unknown_model(model: &str) -> Refused {
    Refused::new(404, format!("model: {model}"))
}

/// The list of models, or one of them.
fn models(config: &SimConfig, rest: &str) -> Result<Value, Refused> {
    let show = |id: &str| {
        json!({"type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z",
            "lifecycle": "active", "max_input_tokens": 200_000, "max_tokens": 64_000})
    };
    match rest.strip_prefix("models/") {
        Some(id) if serves(config, id) => Ok(show(id)),
        Some(id) => Err(unknown_model(id)),
        None => {
            let names = &config.anthropic_models;
            let data: Vec<Value> = names.iter().map(|id| show(id)).collect();
            Ok(json!({"data": data, "has_more": false, "first_id": names.first(), "last_id": names.last()}))
        }
    }
}
