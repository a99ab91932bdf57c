//! Reads and checks tools and tool choice of a Messages request.
//! In: `tools`, `tool_choice`. Out: the tools of an `Ask`. Never here: calling them.

use super::read::{Draft, extra, field_required, given};
use crate::ask::{Choice, ToolDef};
use crate::refused::Refused;
use serde_json::{Map, Value};

const KNOWN: [&str; 11] = [
    "name",
    "description",
    "input_schema",
    "type",
    "cache_control",
    "strict",
    "defer_loading",
    "eager_input_streaming",
    "input_examples",
    "allowed_callers",
    "behavior",
];

/// Reads the tools into a draft.
pub(super) fn read(fields: &Map<String, Value>, draft: &mut Draft) -> Result<(), Refused> {
    let list = match given(fields, "tools") {
        None => &Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Refused::bad("tools: Input should be a valid list")),
    };
    for (index, tool) in list.iter().enumerate() {
        one(&format!("tools.{index}"), tool, draft)?;
    }
    let mut names: Vec<&str> = draft.ask.tools.iter().map(|tool| tool.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Refused::bad("tools: Tool names must be unique."));
    }
    draft.ask.parallel = true;
    let Some(choice) = given(fields, "tool_choice") else {
        return Ok(());
    };
    if list.is_empty() {
        return Err(Refused::bad("tool_choice: tool_choice may only be specified while providing tools"));
    }
    draft.ask.parallel = choice["disable_parallel_tool_use"] != true;
    draft.ask.choice = match choice["type"].as_str() {
        Some("auto") => Choice::Auto,
        Some("any") => Choice::Required,
        Some("none") => Choice::Never,
        Some("tool") => {
            let name = choice["name"].as_str();
            let name = name.ok_or_else(|| field_required("tool_choice.tool.name"))?;
            if !draft.ask.tools.iter().any(|tool| tool.name == name) {
                return Err(Refused::bad(format!("Tool '{name}' not found in provided tools")));
            }
            Choice::Named(name.to_owned())
        }
        _ => {
            return Err(Refused::bad(format!(
                "tool_choice: Input tag {} found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'",
                choice["type"]
            )));
        }
    };
    Ok(())
}

fn one(at: &str, tool: &Value, draft: &mut Draft) -> Result<(), Refused> {
    let kind = tool["type"].as_str().unwrap_or("custom");
    if kind != "custom" {
        // A tool the server runs itself: taken as it is, and never called here.
        draft.meter.json(tool);
        return Ok(());
    }
    let Value::Object(fields) = tool else {
        return Err(Refused::bad(format!("{at}: Input should be a valid dictionary")));
    };
    if let Some(key) = fields.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(extra(&format!("{at}.custom.{key}")));
    }
    let name = tool["name"].as_str();
    let name = name.ok_or_else(|| field_required(&format!("{at}.custom.name")))?;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 128 || !name.chars().all(good) {
        let message = format!("{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'");
        return Err(Refused::bad(message));
    }
    let schema = given(fields, "input_schema");
    let schema = schema.ok_or_else(|| field_required(&format!("{at}.custom.input_schema")))?;
    if schema.get("type").is_none() {
        return Err(field_required(&format!("{at}.custom.input_schema.type")));
    }
    if schema["type"] != "object" {
        return Err(Refused::bad(format!("{at}.custom.input_schema.type: Input should be 'object'")));
    }
    draft.meter.text(name);
    draft.meter.text(tool["description"].as_str().unwrap_or(""));
    draft.meter.json(schema);
    if let Some(control) = given(fields, "cache_control") {
        draft.mark(at, control)?;
    }
    draft.ask.tools.push(ToolDef { name: name.to_owned(), schema: schema.clone(), ..ToolDef::default() });
    Ok(())
}
