//! Reads and checks a Responses request as strictly as the real server.
//! In: the body. Out: an `Ask` and its `Echo`, or the error the real server gives. Never here: single items.

use super::{Echo, items, tools};
use crate::ask::{Ask, Format, Input};
use crate::count::Meter;
use crate::directive::Directives;
use crate::openai::read::{
    at_least, boolean, given, invalid_value, known, missing, model, object, ranges, reasons, tokens_by_effort,
    wrong_type,
};
use crate::openai::tools::strict;
use crate::refused::Refused;
use crate::route::Sim;
use crate::wire::Wire;
use serde_json::{Map, Value, json};

/// The fewest tokens that an answer may be limited to.
const OUTPUT_LEAST: u64 = 16;

const KNOWN: [&str; 34] = [
    "access_programs",
    "background",
    "client_metadata",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "personality",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
];

/// What other calls of this provider name differently; the error tells where it went.
const MOVED: [(&str, &str); 6] = [
    ("messages", "input"),
    ("max_tokens", "max_output_tokens"),
    ("max_completion_tokens", "max_output_tokens"),
    ("response_format", "text.format"),
    ("reasoning_effort", "reasoning.effort"),
    ("functions", "tools"),
];

const INCLUDES: [&str; 8] = [
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
];

/// Reads a request.
pub(crate) fn read(body: &[u8], sim: &Sim) -> Result<(Ask, Wire), Refused> {
    let fields = object(body)?;
    if given(&fields, "input").is_none() && given(&fields, "previous_response_id").is_none() {
        model(&fields, &sim.config)?;
        moved(&fields)?;
        return Err(missing("input"));
    }
    let (ask, echo) = draft(&fields, sim)?;
    Ok((ask, Wire::Responses(Box::new(echo))))
}

/// Answers `input_tokens`.
pub(crate) fn count(body: &[u8], sim: &Sim) -> Result<Value, Refused> {
    let (ask, _) = draft(&object(body)?, sim)?;
    Ok(json!({"object": "response.input_tokens", "input_tokens": ask.input.total()}))
}

fn draft(fields: &Map<String, Value>, sim: &Sim) -> Result<(Ask, Echo), Refused> {
    let model = model(fields, &sim.config)?;
    moved(fields)?;
    known(fields, &[&KNOWN[..], &["user"]].concat(), "")?;
    elsewhere(fields)?;
    ranges(fields)?;
    if reasons(model) && given(fields, "temperature").is_some_and(|t| t.as_f64() != Some(1.0)) {
        let message = "Unsupported parameter: 'temperature' is not supported with this model.";
        return Err(Refused::bad(message).param("temperature").code("unsupported_parameter"));
    }
    let mut ask = Ask {
        model: model.to_owned(),
        stream: boolean(fields, "stream")?.unwrap_or(false),
        max_tokens: at_least(fields, "max_output_tokens", OUTPUT_LEAST)?,
        count: 1,
        ..Ask::default()
    };
    if fields.contains_key("stream_options") && !ask.stream {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Refused::bad(message).param("stream_options"));
    }
    let reasoning = given(fields, "reasoning").unwrap_or(&Value::Null);
    if !reasoning["effort"].is_null() {
        ask.thinking = tokens_by_effort("reasoning.effort", &reasoning["effort"])?;
    }
    let include = include(fields)?;
    thinks(model, reasoning, &include)?;
    let mut meter = Meter::default();
    match given(fields, "instructions") {
        None => {}
        Some(Value::String(text)) => meter.text(text),
        Some(other) => return Err(wrong_type("instructions", "a string", other)),
    }
    let store = boolean(fields, "store")?.unwrap_or(true);
    let (before, items) = expand(fields, sim)?;
    items::read(&items, before, &mut ask, &mut meter)?;
    ask.directives = Directives::parse(&ask.said).map_err(Refused::bad)?;
    let tools = tools::read(fields, &mut ask, &mut meter)?;
    ask.format = format(fields)?;
    ask.input = Input::cached(meter.tokens(), &ask.directives);
    let summary = !reasoning["summary"].is_null() || !reasoning["generate_summary"].is_null();
    let echo = Echo {
        encrypted: include.contains(&"reasoning.encrypted_content"),
        logprobs: include.contains(&"message.output_text.logprobs"),
        summary: summary || ask.directives.has("think"),
        tools,
        items,
        store,
        fields: fields.clone(),
    };
    Ok((ask, echo))
}

/// Models that do not reason refuse to be asked for it.
fn thinks(model: &str, reasoning: &Value, include: &[&str]) -> Result<(), Refused> {
    if !["gpt-4", "gpt-3.5"].iter().any(|name| model.starts_with(name)) {
        return Ok(());
    }
    for key in ["effort", "summary"] {
        if !reasoning[key].is_null() {
            let param = format!("reasoning.{key}");
            let message = format!("Unsupported parameter: '{param}' is not supported with this model.");
            return Err(Refused::bad(message).param(param).code("unsupported_parameter"));
        }
    }
    if include.contains(&"reasoning.encrypted_content") {
        return Err(Refused::bad("Encrypted content is not supported with this model.").param("include"));
    }
    Ok(())
}

fn moved(fields: &Map<String, Value>) -> Result<(), Refused> {
    let Some((old, new)) = MOVED.iter().find(|(old, _)| fields.contains_key(*old)) else {
        return Ok(());
    };
    let message =
        format!("Unsupported parameter: '{old}'. In the Responses API, this parameter has moved to '{new}'.");
    Err(Refused::bad(message).param(*old).code("unsupported_parameter"))
}

/// What stands for things kept at the provider, of which nothing is kept here.
fn elsewhere(fields: &Map<String, Value>) -> Result<(), Refused> {
    if let Some(conversation) = given(fields, "conversation") {
        let id = conversation["id"].as_str().or(conversation.as_str()).unwrap_or("");
        return Err(Refused::new(404, format!("Conversation with id '{id}' not found.")).param("conversation"));
    }
    if let Some(prompt) = given(fields, "prompt") {
        let message = format!("Prompt with id '{}' not found.", prompt["id"].as_str().unwrap_or(""));
        return Err(Refused::new(404, message).param("prompt"));
    }
    if boolean(fields, "background")? == Some(true) {
        let message = "Unsupported value: 'background' does not support true with this model.";
        return Err(Refused::bad(message).param("background").code("unsupported_value"));
    }
    Ok(())
}

/// The items of the conversation: how many come from a previous answer, and all of them.
fn expand(fields: &Map<String, Value>, sim: &Sim) -> Result<(usize, Vec<Value>), Refused> {
    let mut items = Vec::new();
    if let Some(id) = given(fields, "previous_response_id") {
        let id = id.as_str().ok_or_else(|| wrong_type("previous_response_id", "a string", id))?;
        items = sim.responses.conversation(id).ok_or_else(|| {
            Refused::bad(format!("Previous response with id '{id}' not found."))
                .param("previous_response_id")
                .code("previous_response_not_found")
        })?;
    }
    let before = items.len();
    match given(fields, "input") {
        None => {}
        Some(Value::String(text)) => items.push(json!({"type": "message", "role": "user", "content": text})),
        Some(Value::Array(list)) => {
            for item in list {
                items.push(known_item(item, sim)?);
            }
        }
        Some(other) => return Err(wrong_type("input", "one of a string or an array of objects", other)),
    }
    Ok((before, items))
}

/// What an item that stands for a kept one means.
fn known_item(item: &Value, sim: &Sim) -> Result<Value, Refused> {
    let id = item["id"].as_str().unwrap_or("");
    let bare = item["type"] == "reasoning" && item["encrypted_content"].is_null() && !id.is_empty();
    if item["type"] != "item_reference" && !bare {
        return Ok(item.clone());
    }
    match sim.responses.item(id) {
        Some(_) if bare => Ok(item.clone()),
        Some(kept) => Ok(kept),
        None => {
            let message = format!(
                "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input."
            );
            Err(Refused::new(404, message).param("input"))
        }
    }
}

fn include(fields: &Map<String, Value>) -> Result<Vec<&str>, Refused> {
    let list = match given(fields, "include") {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(wrong_type("include", "an array of strings", other)),
    };
    let mut out = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let text = value.as_str().unwrap_or("");
        if !INCLUDES.contains(&text) {
            let names: Vec<String> = INCLUDES.iter().map(|name| format!("'{name}'")).collect();
            let message = format!("Invalid value: '{text}'. Supported values are: {}.", names.join(", "));
            return Err(invalid_value(&format!("include[{index}]"), message));
        }
        out.push(text);
    }
    Ok(out)
}

fn format(fields: &Map<String, Value>) -> Result<Format, Refused> {
    let Some(text) = given(fields, "text") else {
        return Ok(Format::Text);
    };
    let Value::Object(inner) = text else {
        return Err(wrong_type("text", "an object", text));
    };
    known(inner, &["format", "verbosity"], "text.")?;
    let format = &text["format"];
    match format["type"].as_str() {
        None if format.is_null() => Ok(Format::Text),
        Some("text") => Ok(Format::Text),
        Some("json_object") => {
            let says = |key: &str| fields.get(key).is_some_and(|v| v.to_string().to_lowercase().contains("json"));
            if !says("input") && !says("instructions") {
                let message = "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
                return Err(Refused::bad(message).param("input"));
            }
            Ok(Format::JsonObject)
        }
        Some("json_schema") => {
            if !format["name"].is_string() {
                return Err(missing("text.format.name"));
            }
            if !format["schema"].is_object() {
                return Err(missing("text.format.schema"));
            }
            if format["strict"] == true {
                strict(&format["schema"], "response_format")?;
            }
            Ok(Format::Schema(format["schema"].clone()))
        }
        _ => {
            let message = format!(
                "Invalid value: {}. Supported values are: 'json_object', 'json_schema', and 'text'.",
                format["type"]
            );
            Err(invalid_value("text.format.type", message))
        }
    }
}
