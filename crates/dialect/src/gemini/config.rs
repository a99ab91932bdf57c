//! `generationConfig` of a client's request. In: its object. Out: what it asks for, in our words. Never here: other fields.

use super::names::{camel, get, string};
use super::schema::to_json_schema;
use crate::read::{At, Object, elements, items, number, raw_object, text, whole};
use canon::{Fault, Loss, OutputFormat, RawJson, ReasoningMode, Request};
use serde_json::value::RawValue;

/// Reads the object.
pub(super) fn config(request: &mut Request, raw: &[u8], at: &At<'_>, losses: &mut Vec<Loss>) -> Result<(), Fault> {
    let config = Object::read(raw, at)?;
    for (name, raw) in config.iter().filter(|(_, raw)| *raw != b"null") {
        let name = String::from_utf8_lossy(name);
        let name = &*camel(&name);
        let at = at.key(name);
        let sampling = &mut request.sampling;
        match name {
            "temperature" => sampling.temperature = Some(number(raw, &at)?),
            "topP" => sampling.top_p = Some(number(raw, &at)?),
            "topK" => sampling.top_k = Some(number(raw, &at)?),
            "seed" => sampling.seed = Some(number(raw, &at)?),
            "presencePenalty" => sampling.presence_penalty = Some(number(raw, &at)?),
            "frequencyPenalty" => sampling.frequency_penalty = Some(number(raw, &at)?),
            "maxOutputTokens" => request.max_output = Some(whole(raw, &at)?),
            "candidateCount" => request.choices = u32::try_from(whole(raw, &at)?).unwrap_or(u32::MAX),
            "stopSequences" => {
                for (n, item) in items(raw, &at)?.into_iter().enumerate() {
                    request.stop.push(text(item, &at.index(n))?);
                }
            }
            "thinkingConfig" => thinking(request, raw, &at)?,
            "responseMimeType" | "responseSchema" | "responseJsonSchema" | "_responseJsonSchema" => {}
            "responseLogprobs" if raw == b"false" => {}
            "responseModalities" if text_only(raw) => {}
            "responseLogprobs" | "logprobs" | "responseModalities" | "speechConfig" | "imageConfig"
            | "responseFormat" => request.demands.push(at.to_string()),
            _ => losses.push(Loss::dropped(at.to_string(), "the target has no such field")),
        }
    }
    format(request, &config, at)
}

/// Whether only text is asked for.
fn text_only(raw: &[u8]) -> bool {
    elements(raw).is_some_and(|all| all.iter().all(|m| m.eq_ignore_ascii_case(b"\"text\"")))
}

fn thinking(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
    let thinking = Object::read(raw, at)?;
    let reasoning = &mut request.reasoning;
    let level = string(&thinking, "thinkingLevel", at)?.map(|level| level.to_ascii_lowercase());
    reasoning.effort = level.filter(|level| !level.is_empty() && level != "thinking_level_unspecified");
    match get(&thinking, "thinkingBudget") {
        None => {}
        Some(b"-1") => reasoning.mode = ReasoningMode::Adaptive,
        Some(raw) => {
            reasoning.mode = match whole(raw, &at.key("thinkingBudget"))? {
                0 => ReasoningMode::Off,
                budget => ReasoningMode::Budget(budget),
            };
        }
    }
    // Who wants to read thoughts and says no more about them wants some.
    let shown = get(&thinking, "includeThoughts") == Some(b"true");
    if shown && reasoning.mode == ReasoningMode::Unset && reasoning.effort.is_none() {
        reasoning.mode = ReasoningMode::Adaptive;
    }
    Ok(())
}

fn format(request: &mut Request, config: &Object<'_>, at: &At<'_>) -> Result<(), Fault> {
    let mime = string(config, "responseMimeType", at)?.unwrap_or_default();
    let schema = ["responseJsonSchema", "_responseJsonSchema"].into_iter().find_map(|name| {
        let raw = get(config, name)?;
        Some(raw_object(raw, &at.key(name)))
    });
    let schema = match (schema, get(config, "responseSchema")) {
        (Some(schema), _) => Some(schema?),
        (None, Some(raw)) => Some(json_schema(raw, &at.key("responseSchema"))?),
        (None, None) => None,
    };
    request.output_format = match (&*mime, schema) {
        ("application/json", Some(schema)) => {
            OutputFormat::JsonSchema { name: None, description: None, schema, strict: None }
        }
        ("application/json", None) => OutputFormat::JsonObject,
        ("" | "text/plain", None) => OutputFormat::Text,
        ("" | "text/plain", Some(_)) => {
            return Err(at.key("responseMimeType").refuse("application/json where a schema is given"));
        }
        _ => {
            request.demands.push(at.key("responseMimeType").to_string());
            OutputFormat::Text
        }
    };
    Ok(())
}

/// A schema of the subset as JSON Schema.
pub(super) fn json_schema(raw: &[u8], at: &At<'_>) -> Result<RawJson, Fault> {
    let schema = to_json_schema(raw).and_then(|text| RawValue::from_string(text).ok());
    schema.ok_or_else(|| at.refuse("an object"))
}
