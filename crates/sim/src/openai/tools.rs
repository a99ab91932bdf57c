//! Reads and checks tools and tool choice of a Chat Completions request.
//! In: `tools`, `tool_choice`, `parallel_tool_calls`. Out: the tools of an `Ask`. Never here: calling them.

use super::read::{boolean, given, invalid_value, unknown_parameter, wrong_type};
use crate::ask::{Ask, Choice, ToolDef};
use crate::count::Meter;
use crate::refused::Refused;
use serde_json::{Map, Value, json};

/// Reads the tools into an ask.
pub(super) fn read(fields: &Map<String, Value>, ask: &mut Ask, meter: &mut Meter) -> Result<(), Refused> {
    let list = match given(fields, "tools") {
        None => &Vec::new(),
        Some(Value::Array(list)) if list.is_empty() => {
            let message = "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.";
            return Err(Refused::bad(message).param("tools").code("empty_array"));
        }
        Some(Value::Array(list)) => list,
        Some(other) => return Err(wrong_type("tools", "an array of objects", other)),
    };
    for (index, tool) in list.iter().enumerate() {
        let tool = one(&format!("tools[{index}]"), tool, meter)?;
        ask.tools.push(tool);
    }
    for key in ["tool_choice", "parallel_tool_calls"] {
        if ask.tools.is_empty() && given(fields, key).is_some() {
            let message = format!("Invalid value for '{key}': '{key}' is only allowed when 'tools' are specified.");
            return Err(Refused::bad(message).param(key));
        }
    }
    ask.parallel = boolean(fields, "parallel_tool_calls")?.unwrap_or(true);
    ask.choice = choice(given(fields, "tool_choice"), ask)?;
    Ok(())
}

fn one(at: &str, tool: &Value, meter: &mut Meter) -> Result<ToolDef, Refused> {
    let kind = match tool["type"].as_str() {
        Some(kind @ ("function" | "custom")) => kind,
        Some(other) => {
            let message = format!("Invalid value: '{other}'. Supported values are: 'function' and 'custom'.");
            return Err(invalid_value(&format!("{at}.type"), message));
        }
        None => {
            return Err(Refused::bad(format!("Missing required parameter: '{at}.type'."))
                .param(format!("{at}.type"))
                .code("missing_required_parameter"));
        }
    };
    let inner = &tool[kind];
    let known = ["name", "description", "parameters", "strict", "format"];
    let keys = inner.as_object().into_iter().flat_map(Map::keys);
    if let Some(key) = keys.into_iter().find(|key| !known.contains(&key.as_str())) {
        return Err(unknown_parameter(&format!("{at}.{kind}.{key}")));
    }
    let keys = tool.as_object().into_iter().flat_map(Map::keys);
    if let Some(key) = keys.into_iter().find(|key| *key != "type" && *key != kind) {
        return Err(unknown_parameter(&format!("{at}.{key}")));
    }
    let name = inner["name"].as_str().unwrap_or("");
    name_fits(&format!("{at}.{kind}.name"), name)?;
    meter.text(name);
    meter.text(inner["description"].as_str().unwrap_or(""));
    let schema = match given(inner.as_object().unwrap_or(&Map::new()), "parameters") {
        None => json!({"type": "object", "properties": {}}),
        Some(schema @ Value::Object(_)) => {
            if schema["type"] != "object" {
                let message = format!(
                    "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {}'.",
                    schema["type"]
                );
                return Err(Refused::bad(message)
                    .param(format!("{at}.function.parameters"))
                    .code("invalid_function_parameters"));
            }
            meter.json(schema);
            schema.clone()
        }
        Some(other) => {
            return Err(wrong_type(&format!("{at}.function.parameters"), "an object", other));
        }
    };
    if inner["strict"] == true {
        strict(&schema, &format!("function '{name}'"))?;
    }
    Ok(ToolDef { name: name.to_owned(), schema, freeform: kind == "custom", ..ToolDef::default() })
}

/// Refuses a name with other letters than the real server takes.
pub(super) fn name_fits(param: &str, name: &str) -> Result<(), Refused> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.len() <= 64 && name.chars().all(good) {
        return Ok(());
    }
    let message = format!(
        "Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$' of at most 64 letters."
    );
    Err(invalid_value(param, message))
}

/// What `strict: true` asks of a schema: closed objects with every property required.
pub(super) fn strict(schema: &Value, what: &str) -> Result<(), Refused> {
    let refuse = |why: &str| {
        let message = format!("Invalid schema for {what}: In context=(), {why}");
        Err(Refused::bad(message).code("invalid_json_schema"))
    };
    if let Some(properties) = schema["properties"].as_object() {
        if schema["additionalProperties"] != false {
            return refuse("'additionalProperties' is required to be supplied and to be false.");
        }
        let required = schema["required"].as_array();
        let missing = |name: &&String| !required.is_some_and(|r| r.iter().any(|v| v == name.as_str()));
        if let Some(name) = properties.keys().find(missing) {
            let why = format!(
                "'required' is required to be supplied and to be an array including every key in properties. Missing '{name}'."
            );
            return refuse(&why);
        }
        for inner in properties.values() {
            strict(inner, what)?;
        }
    }
    if schema["items"].is_object() {
        strict(&schema["items"], what)?;
    }
    Ok(())
}

fn choice(value: Option<&Value>, ask: &Ask) -> Result<Choice, Refused> {
    let named = |name: &str| {
        if ask.tools.iter().any(|tool| tool.name == name) {
            return Ok(Choice::Named(name.to_owned()));
        }
        let message = format!("Tool choice '{name}' not found in 'tools' parameter.");
        Err(Refused::bad(message).param("tool_choice"))
    };
    match value {
        None => Ok(Choice::Auto),
        Some(Value::String(word)) => match word.as_str() {
            "auto" => Ok(Choice::Auto),
            "none" => Ok(Choice::Never),
            "required" => Ok(Choice::Required),
            other => {
                let message =
                    format!("Invalid value: '{other}'. Supported values are: 'none', 'auto', and 'required'.");
                Err(invalid_value("tool_choice", message))
            }
        },
        Some(object) => match object["type"].as_str() {
            Some(kind @ ("function" | "custom")) => named(object[kind]["name"].as_str().unwrap_or("")),
            Some("allowed_tools") if object["allowed_tools"]["mode"] == "required" => Ok(Choice::Required),
            Some("allowed_tools") => Ok(Choice::Auto),
            _ => Err(invalid_value("tool_choice.type", format!("Invalid value: {}.", object["type"]))),
        },
    }
}
