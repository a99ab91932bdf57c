//! Reads and checks a Chat Completions request as strictly as the real server.
//! In: the body. Out: an `Ask`, or the 400 the real server gives. Never here: single messages.

use super::{message, serves, tools, unknown_model};
use crate::ask::{Ask, Format, Input};
use crate::config::SimConfig;
use crate::count::Meter;
use crate::refused::Refused;
use serde_json::{Map, Value};

const KNOWN: [&str; 38] = [
    "messages",
    "model",
    "store",
    "reasoning_effort",
    "metadata",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "max_tokens",
    "max_completion_tokens",
    "n",
    "modalities",
    "prediction",
    "audio",
    "presence_penalty",
    "response_format",
    "seed",
    "service_tier",
    "stop",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "user",
    "function_call",
    "functions",
    "web_search_options",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "verbosity",
    "moderation",
    "include",
];

/// Reads a request.
pub(crate) fn read(body: &[u8], config: &SimConfig) -> Result<Ask, Refused> {
    let fields = object(body)?;
    let model = model(&fields, config)?;
    known(&fields, &KNOWN, "")?;
    numbers(&fields, model)?;
    let mut ask = Ask {
        model: model.to_owned(),
        stream: boolean(&fields, "stream")?.unwrap_or(false),
        stop: stop(&fields)?,
        thinking: effort(&fields)?,
        count: fields.get("n").and_then(Value::as_u64).unwrap_or(1),
        max_tokens: limit(&fields)?,
        ..Ask::default()
    };
    if fields.contains_key("stream_options") && !ask.stream {
        return Err(Refused::bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
            .param("stream_options"));
    }
    ask.include_usage = fields.get("stream_options").is_some_and(|options| options["include_usage"] == true);
    let mut meter = Meter::default();
    message::read(&fields, &mut ask, &mut meter)?;
    tools::read(&fields, &mut ask, &mut meter)?;
    ask.format = format(&fields, &ask)?;
    ask.input = Input::cached(meter.tokens(), &ask.directives);
    Ok(ask)
}

/// The fields of a body.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Refused> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refused::bad("Invalid request: expected an object.")),
        Err(_) => Err(Refused::bad(
            "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload.",
        )),
    }
}

/// The model that is asked for, when it is served.
pub(super) fn model<'a>(fields: &'a Map<String, Value>, config: &SimConfig) -> Result<&'a str, Refused> {
    match fields.get("model").and_then(Value::as_str) {
        Some(model) if serves(config, model) => Ok(model),
        Some(model) => Err(unknown_model(model)),
        None => Err(Refused::bad("you must provide a model parameter")),
    }
}

/// Refuses a field that is not one of `names`; `at` says where, with its dot.
pub(super) fn known(fields: &Map<String, Value>, names: &[&str], at: &str) -> Result<(), Refused> {
    match fields.keys().find(|key| !names.contains(&key.as_str())) {
        Some(key) => Err(unknown_parameter(&format!("{at}{key}"))),
        None => Ok(()),
    }
}

pub(super) fn missing(param: &str) -> Refused {
    Refused::bad(format!("Missing required parameter: '{param}'.")).param(param).code("missing_required_parameter")
}

pub(super) fn unknown_parameter(name: &str) -> Refused {
    Refused::bad(format!("Unknown parameter: '{name}'.")).param(name).code("unknown_parameter")
}

/// The 400 for a value of the wrong type.
pub(super) fn wrong_type(param: &str, wanted: &str, value: &Value) -> Refused {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Refused::bad(format!("Invalid type for '{param}': expected {wanted}, but got {got} instead."))
        .param(param)
        .code("invalid_type")
}

pub(super) fn invalid_value(param: &str, message: impl Into<String>) -> Refused {
    Refused::bad(message).param(param).code("invalid_value")
}

/// A field that is there and not null.
pub(super) fn given<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    fields.get(key).filter(|value| !value.is_null())
}

pub(super) fn boolean(fields: &Map<String, Value>, key: &str) -> Result<Option<bool>, Refused> {
    match given(fields, key) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(other) => Err(wrong_type(key, "a boolean", other)),
    }
}

/// Where a number must lie.
const RANGES: [(&str, i32, i32); 6] = [
    ("temperature", 0, 2),
    ("top_p", 0, 1),
    ("frequency_penalty", -2, 2),
    ("presence_penalty", -2, 2),
    ("n", 1, 128),
    ("top_logprobs", 0, 20),
];

pub(super) fn ranges(fields: &Map<String, Value>) -> Result<(), Refused> {
    for (key, low, high) in RANGES {
        let Some(value) = given(fields, key) else {
            continue;
        };
        let Some(number) = value.as_f64() else {
            return Err(wrong_type(key, "a decimal", value));
        };
        if number < f64::from(low) || number > f64::from(high) {
            let (word, bound) = if number < f64::from(low) { (">=", low) } else { ("<=", high) };
            let message = format!("Invalid '{key}': decimal {word} {bound} expected, but got {value} instead.");
            return Err(Refused::bad(message).param(key).code("decimal_out_of_range"));
        }
    }
    Ok(())
}

pub(super) fn reasons(model: &str) -> bool {
    model.starts_with('o') || model.starts_with("gpt-5") || model.contains("reasoner")
}

fn numbers(fields: &Map<String, Value>, model: &str) -> Result<(), Refused> {
    ranges(fields)?;
    let reasons = reasons(model);
    if reasons && given(fields, "max_tokens").is_some() {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        return Err(Refused::bad(message).param("max_tokens").code("unsupported_parameter"));
    }
    if reasons && given(fields, "temperature").is_some_and(|t| t.as_f64() != Some(1.0)) {
        let message = "Unsupported value: 'temperature' does not support this value with this model. Only the default (1) value is supported.";
        return Err(Refused::bad(message).param("temperature").code("unsupported_value"));
    }
    Ok(())
}

fn limit(fields: &Map<String, Value>) -> Result<Option<u64>, Refused> {
    let old = given(fields, "max_tokens");
    let new = given(fields, "max_completion_tokens");
    if old.is_some() && new.is_some() {
        let message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(Refused::bad(message).param("max_tokens").code("invalid_parameter_combination"));
    }
    let key = if old.is_some() { "max_tokens" } else { "max_completion_tokens" };
    at_least(fields, key, 1)
}

/// A whole number that must not be smaller than `least`.
pub(super) fn at_least(fields: &Map<String, Value>, key: &str, least: u64) -> Result<Option<u64>, Refused> {
    let Some(value) = given(fields, key) else {
        return Ok(None);
    };
    match value.as_u64() {
        Some(number) if number >= least => Ok(Some(number)),
        _ if value.is_number() => Err(Refused::bad(format!(
            "Invalid '{key}': integer below minimum value. Expected a value >= {least}, but got {value} instead."
        ))
        .param(key)
        .code("integer_below_min_value")),
        _ => Err(wrong_type(key, "an integer", value)),
    }
}

pub(super) fn stop(fields: &Map<String, Value>) -> Result<Vec<String>, Refused> {
    let list = match given(fields, "stop") {
        None => return Ok(Vec::new()),
        Some(Value::String(one)) => return Ok(vec![one.clone()]),
        Some(Value::Array(list)) => list,
        Some(other) => {
            return Err(wrong_type("stop", "one of an array of strings or a string", other));
        }
    };
    if list.len() > 4 {
        let message = format!(
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length {} instead.",
            list.len()
        );
        return Err(Refused::bad(message).param("stop").code("array_above_max_length"));
    }
    list.iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong_type("stop", "a string", item)))
        .collect()
}

/// Hidden tokens of reasoning by effort.
fn effort(fields: &Map<String, Value>) -> Result<u64, Refused> {
    given(fields, "reasoning_effort").map_or(Ok(0), |value| tokens_by_effort("reasoning_effort", value))
}

pub(super) fn tokens_by_effort(param: &str, value: &Value) -> Result<u64, Refused> {
    Ok(match value.as_str() {
        Some("none") => 0,
        Some("minimal") => 8,
        Some("low") => 16,
        Some("medium") => 32,
        Some("high") => 64,
        Some("xhigh") => 128,
        Some("max") => 256,
        _ => {
            let message = format!(
                "Invalid value: {value}. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'."
            );
            return Err(invalid_value(param, message));
        }
    })
}

fn format(fields: &Map<String, Value>, ask: &Ask) -> Result<Format, Refused> {
    let Some(format) = given(fields, "response_format") else {
        return Ok(Format::Text);
    };
    match format["type"].as_str() {
        Some("text") => Ok(Format::Text),
        Some("json_object") => {
            if !fields["messages"].to_string().to_lowercase().contains("json") {
                let message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
                return Err(Refused::bad(message).param("messages"));
            }
            Ok(Format::JsonObject)
        }
        Some("json_schema") => {
            let inner = &format["json_schema"];
            if !inner["name"].is_string() {
                return Err(Refused::bad("Missing required parameter: 'response_format.json_schema.name'.")
                    .param("response_format.json_schema.name")
                    .code("missing_required_parameter"));
            }
            if inner["strict"] == true {
                tools::strict(&inner["schema"], "response_format")?;
            }
            let _seen = &ask.model;
            Ok(Format::Schema(inner["schema"].clone()))
        }
        _ => Err(invalid_value(
            "response_format.type",
            format!(
                "Invalid value: {}. Supported values are: 'json_object', 'json_schema', and 'text'.",
                format["type"]
            ),
        )),
    }
}
