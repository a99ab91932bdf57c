//! Tools of a client's request, and which of them must be called. In: `tools` and `toolConfig`. Out: functions and a choice.
//! Never here: a tool that the provider runs; it is a demand on the target.

use super::config::json_schema;
use super::names::{camel, get, many, required, string};
use crate::read::{At, Object, items, raw_object, text};
use canon::{Fault, Function, Loss, Request, Tool, ToolChoice};

/// Reads `tools`.
pub(super) fn tools(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
    for (n, raw) in many(raw, at)?.into_iter().enumerate() {
        let at = at.index(n);
        for (name, raw) in Object::read(raw, &at)?.iter().filter(|(_, raw)| *raw != b"null") {
            let name = String::from_utf8_lossy(name);
            let name = &*camel(&name);
            let at = at.key(name);
            if name != "functionDeclarations" {
                request.demands.push(at.to_string());
                continue;
            }
            for (n, raw) in many(raw, &at)?.into_iter().enumerate() {
                request.tools.push(Tool::Function(function(raw, &at.index(n))?));
            }
        }
    }
    Ok(())
}

fn function(raw: &[u8], at: &At<'_>) -> Result<Function, Fault> {
    let function = Object::read(raw, at)?;
    let schema = match (get(&function, "parametersJsonSchema"), get(&function, "parameters")) {
        (Some(raw), _) => Some(raw_object(raw, &at.key("parametersJsonSchema"))?),
        (None, Some(raw)) => Some(json_schema(raw, &at.key("parameters"))?),
        (None, None) => None,
    };
    Ok(Function {
        name: required(&function, "name", at)?,
        description: string(&function, "description", at)?,
        schema,
        strict: None,
        deferred: false,
        cache: None,
    })
}

/// Reads `toolConfig`.
pub(super) fn choice(request: &mut Request, raw: &[u8], at: &At<'_>, losses: &mut Vec<Loss>) -> Result<(), Fault> {
    let config = Object::read(raw, at)?;
    let at = at.key("functionCallingConfig");
    let Some(raw) = get(&config, "functionCallingConfig") else {
        return Ok(());
    };
    let calling = Object::read(raw, &at)?;
    let mut names = Vec::new();
    if let Some(raw) = get(&calling, "allowedFunctionNames") {
        let at = at.key("allowedFunctionNames");
        for (n, item) in items(raw, &at)?.into_iter().enumerate() {
            names.push(text(item, &at.index(n))?);
        }
    }
    let mode = string(&calling, "mode", &at)?.map(|mode| mode.to_ascii_uppercase());
    request.tool_choice = Some(match (mode.as_deref(), names.len()) {
        (Some("NONE"), _) => ToolChoice::None,
        (Some("ANY"), 0) => ToolChoice::Required,
        (Some("ANY"), 1) => ToolChoice::Named(names.remove(0)),
        (Some("ANY"), _) => ToolChoice::Allowed { required: true, names },
        (Some("VALIDATED"), count) => {
            let why = "the target does not hold calls to their schemas";
            losses.push(Loss::approximated(at.key("mode").to_string(), why));
            if count == 0 { ToolChoice::Auto } else { ToolChoice::Allowed { required: false, names } }
        }
        (None | Some("AUTO" | "MODE_UNSPECIFIED" | ""), 0) => ToolChoice::Auto,
        (None | Some("AUTO" | "MODE_UNSPECIFIED" | ""), _) => ToolChoice::Allowed { required: false, names },
        _ => return Err(at.key("mode").refuse("AUTO, ANY, NONE or VALIDATED")),
    });
    Ok(())
}
