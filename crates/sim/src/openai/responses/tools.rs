//! Reads and checks tools and tool choice of a Responses request.
//! In: `tools`, `tool_choice`, `parallel_tool_calls`. Out: the tools of an `Ask`, and as the server repeats them.
//! Never here: calling them.

use crate::ask::{Ask, Choice, ToolDef};
use crate::count::Meter;
use crate::openai::read::{boolean, given, invalid_value, known, missing, wrong_type};
use crate::openai::tools::{name_fits, strict};
use crate::refused::Refused;
use serde_json::{Map, Value, json};

/// Tools that run at the provider: they are taken, and never called here.
const HOSTED: [&str; 16] = [
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "file_search",
    "computer",
    "computer_use_preview",
    "mcp",
    "code_interpreter",
    "image_generation",
    "local_shell",
    "shell",
    "apply_patch",
    "tool_search",
    "programmatic_tool_calling",
    "memory",
];

/// Reads the tools into an ask; gives them back as the server understood them.
pub(super) fn read(fields: &Map<String, Value>, ask: &mut Ask, meter: &mut Meter) -> Result<Vec<Value>, Refused> {
    let list = match given(fields, "tools") {
        None => &Vec::new(),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(wrong_type("tools", "an array of objects", other)),
    };
    let mut shown = Vec::new();
    for (index, tool) in list.iter().enumerate() {
        shown.push(one(&format!("tools[{index}]"), tool, "", ask, meter)?);
    }
    ask.parallel = boolean(fields, "parallel_tool_calls")?.unwrap_or(true);
    ask.choice = choice(given(fields, "tool_choice"), ask)?;
    Ok(shown)
}

fn one(at: &str, tool: &Value, group: &str, ask: &mut Ask, meter: &mut Meter) -> Result<Value, Refused> {
    let Value::Object(fields) = tool else {
        return Err(wrong_type(at, "an object", tool));
    };
    let kind = tool["type"].as_str().ok_or_else(|| missing(&format!("{at}.type")))?;
    if HOSTED.contains(&kind) && group.is_empty() {
        meter.json(tool);
        return Ok(tool.clone());
    }
    let names: &[&str] = match kind {
        "function" => &["parameters", "strict", "output_schema"],
        "custom" => &["format"],
        "namespace" if group.is_empty() => &["tools"],
        other => {
            let list: Vec<String> =
                ["function", "custom", "namespace"].iter().chain(&HOSTED).map(|n| format!("'{n}'")).collect();
            let message = format!("Invalid value: '{other}'. Supported values are: {}.", list.join(", "));
            return Err(invalid_value(&format!("{at}.type"), message));
        }
    };
    let name = tool["name"].as_str().ok_or_else(|| missing(&format!("{at}.name")))?;
    let common = ["type", "name", "description", "defer_loading", "allowed_callers", "async"];
    known(fields, &[&common[..], names].concat(), &format!("{at}."))?;
    name_fits(&format!("{at}.name"), name)?;
    meter.text(name);
    meter.text(tool["description"].as_str().unwrap_or(""));
    let mut shown = fields.clone();
    match kind {
        "namespace" => {
            let inner = tool["tools"].as_array().ok_or_else(|| missing(&format!("{at}.tools")))?;
            let mut list = Vec::new();
            for (index, tool) in inner.iter().enumerate() {
                list.push(one(&format!("{at}.tools[{index}]"), tool, name, ask, meter)?);
            }
            shown.insert("tools".to_owned(), json!(list));
            return Ok(Value::Object(shown));
        }
        "custom" => ask.tools.push(ToolDef {
            name: name.to_owned(),
            group: group.to_owned(),
            freeform: true,
            schema: json!({}),
        }),
        _ => {
            let schema = schema(at, name, fields, meter)?;
            let closed = is_strict(name, fields, &schema)?;
            shown.insert("strict".to_owned(), json!(closed));
            shown.entry("parameters").or_insert(Value::Null);
            shown.entry("description").or_insert(Value::Null);
            ask.tools.push(ToolDef { name: name.to_owned(), group: group.to_owned(), freeform: false, schema });
        }
    }
    Ok(Value::Object(shown))
}

fn schema(at: &str, name: &str, fields: &Map<String, Value>, meter: &mut Meter) -> Result<Value, Refused> {
    match given(fields, "parameters") {
        None => Ok(json!({"type": "object", "properties": {}})),
        Some(schema @ Value::Object(_)) if schema["type"] == "object" => {
            meter.json(schema);
            Ok(schema.clone())
        }
        Some(schema @ Value::Object(_)) => {
            let message = format!(
                "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {}'.",
                schema["type"]
            );
            Err(Refused::bad(message).param(format!("{at}.parameters")).code("invalid_function_parameters"))
        }
        Some(other) => Err(wrong_type(&format!("{at}.parameters"), "an object", other)),
    }
}

/// Strict when said so, and when nothing is said and the schema allows it.
fn is_strict(name: &str, fields: &Map<String, Value>, schema: &Value) -> Result<bool, Refused> {
    let what = format!("function '{name}'");
    match given(fields, "strict") {
        Some(Value::Bool(true)) => strict(schema, &what).map(|()| true),
        Some(Value::Bool(false)) => Ok(false),
        None => Ok(strict(schema, &what).is_ok()),
        Some(other) => Err(wrong_type("strict", "a boolean", other)),
    }
}

fn choice(value: Option<&Value>, ask: &mut Ask) -> Result<Choice, Refused> {
    let word = |word: &str| match word {
        "auto" => Ok(Choice::Auto),
        "none" => Ok(Choice::Never),
        "required" => Ok(Choice::Required),
        other => {
            let message =
                format!("Invalid value: '{other}'. Supported values are: 'none', 'auto', and 'required'.");
            Err(invalid_value("tool_choice", message))
        }
    };
    let chosen = match value {
        None => Choice::Auto,
        Some(Value::String(said)) => word(said)?,
        Some(object) => match object["type"].as_str() {
            Some("function" | "custom") => {
                let name = object["name"].as_str().ok_or_else(|| missing("tool_choice.name"))?;
                if !ask.tools.iter().any(|tool| tool.name == name) {
                    let message = format!("Tool choice 'function' not found in 'tools' parameter: '{name}'.");
                    return Err(Refused::bad(message).param("tool_choice"));
                }
                Choice::Named(name.to_owned())
            }
            Some("allowed_tools") => {
                let allowed = object["tools"].as_array().cloned().unwrap_or_default();
                ask.tools.retain(|tool| allowed.iter().any(|one| one["name"] == tool.name.as_str()));
                word(object["mode"].as_str().unwrap_or("auto"))?
            }
            Some(kind) if HOSTED.contains(&kind) => Choice::Auto,
            _ => {
                let message = format!("Invalid value: {}.", object["type"]);
                return Err(invalid_value("tool_choice.type", message));
            }
        },
    };
    if chosen == Choice::Required && ask.tools.is_empty() {
        let message = "Tool choice 'required' must be specified with 'tools' parameter.";
        return Err(Refused::bad(message).param("tool_choice"));
    }
    Ok(chosen)
}
