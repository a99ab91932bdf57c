//! Reads and checks tools and their configuration. In: `tools`, `toolConfig`. Out: the tools of an `Ask`.
//! Never here: calling them.

use super::fields::{Fields, invalid, wrong};
use super::schema;
use crate::ask::{Ask, Choice, ToolDef};
use crate::count::Meter;
use crate::refused::Refused;
use serde_json::{Value, json};

const NAME_MAX: usize = 128;
/// What may stand in `tools`; all but the declarations run at the provider and are never called here.
const TOOLS: [&str; 9] = [
    "functionDeclarations",
    "googleSearch",
    "googleSearchRetrieval",
    "codeExecution",
    "urlContext",
    "computerUse",
    "fileSearch",
    "googleMaps",
    "mcpServers",
];
const DECLARATION: [&str; 7] =
    ["name", "description", "parameters", "parametersJsonSchema", "response", "responseJsonSchema", "behavior"];

/// Reads the tools into an ask.
pub(super) fn read(fields: &Fields<'_>, ask: &mut Ask, meter: &mut Meter) -> Result<(), Refused> {
    for (index, tool) in fields.list("tools")?.iter().enumerate() {
        let tool = Fields::of(format!("tools[{index}]"), tool, &TOOLS)?;
        for (index, one) in tool.list("functionDeclarations")?.iter().enumerate() {
            let at = format!("{}.function_declarations[{index}]", tool.at);
            let tool = declaration(&at, one, meter)?;
            if ask.tools.iter().any(|other| other.name == tool.name) {
                return Err(Refused::bad(format!("Duplicate function declaration found: {}", tool.name)));
            }
            ask.tools.push(tool);
        }
    }
    ask.parallel = true;
    let config = fields.get("toolConfig").unwrap_or(&Value::Null);
    if config.is_null() {
        return Ok(());
    }
    let names = ["functionCallingConfig", "retrievalConfig", "includeServerSideToolInvocations"];
    let config = Fields::of("tool_config", config, &names)?;
    match config.get("functionCallingConfig") {
        Some(calling) => choice(&config.place("functionCallingConfig"), calling, ask),
        None => Ok(()),
    }
}

fn declaration(at: &str, value: &Value, meter: &mut Meter) -> Result<ToolDef, Refused> {
    let fields = Fields::of(at, value, &DECLARATION)?;
    let name = fields.text("name")?.unwrap_or("");
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let good = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    if !starts || name.len() > NAME_MAX || !name.chars().all(good) {
        return Err(wrong(
            &fields.place("name"),
            "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.",
        ));
    }
    meter.text(name);
    meter.text(fields.text("description")?.unwrap_or(""));
    let schema = match (fields.get("parameters"), fields.get("parametersJsonSchema")) {
        (Some(_), Some(_)) => {
            return Err(wrong(at, "only one of parameters and parameters_json_schema may be set."));
        }
        (Some(parameters), None) => {
            meter.json(parameters);
            schema::read(&fields.place("parameters"), parameters)?
        }
        (None, Some(schema @ Value::Object(_))) => {
            meter.json(schema);
            schema.clone()
        }
        (None, Some(other)) => return Err(invalid(&fields.place("parametersJsonSchema"), "an object", other)),
        (None, None) => json!({"type": "object", "properties": {}}),
    };
    Ok(ToolDef { name: name.to_owned(), schema, ..ToolDef::default() })
}

fn choice(at: &str, value: &Value, ask: &mut Ask) -> Result<(), Refused> {
    let names = ["mode", "allowedFunctionNames", "streamFunctionCallArguments"];
    let fields = Fields::of(at, value, &names)?;
    let mode = fields.text("mode")?.unwrap_or("AUTO");
    let allowed: Vec<&str> = fields.list("allowedFunctionNames")?.iter().filter_map(Value::as_str).collect();
    if !allowed.is_empty() && !matches!(mode, "ANY" | "VALIDATED") {
        return Err(Refused::bad("allowed_function_names should only be set when mode is ANY or VALIDATED."));
    }
    if let Some(name) = allowed.iter().find(|name| !ask.tools.iter().any(|tool| tool.name == **name)) {
        let message = format!("allowed_function_names contains a function that is not declared: {name}");
        return Err(Refused::bad(message));
    }
    if !allowed.is_empty() {
        ask.tools.retain(|tool| allowed.contains(&tool.name.as_str()));
    }
    ask.choice = match mode {
        "AUTO" | "VALIDATED" | "MODE_UNSPECIFIED" => Choice::Auto,
        "NONE" => Choice::Never,
        "ANY" if ask.tools.is_empty() => {
            return Err(Refused::bad("Function calling mode ANY is set without function_declarations."));
        }
        "ANY" => Choice::Required,
        _ => {
            let wanted = "type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode";
            return Err(invalid(&fields.place("mode"), wanted, &json!(mode)));
        }
    };
    Ok(())
}
