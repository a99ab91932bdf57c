//! A Messages request decoded. In: the client's body and its beta header. Out: `canon::Request`, or a fault that names the
//! field. Never here: what a target can do (its encoder), streams.

use super::content::{blocks, cache_mark};
use crate::read::{self, At, Object, Takes, items, number, raw_json, raw_object, text, whole};
use canon::{Dialect, Fault, Function, Loss, OutputFormat, Place, ReasoningMode, Request, Role, Tool, ToolChoice};

/// Decodes a body.
pub(crate) fn request(body: &[u8]) -> Result<(Request, Vec<Loss>), Fault> {
    let mut request = Request::new(Dialect::Anthropic, "");
    let mut losses = Vec::new();
    read::request(body, &mut Reader { request: &mut request, losses: &mut losses })?;
    Ok((request, losses))
}

struct Reader<'r> {
    request: &'r mut Request,
    losses: &'r mut Vec<Loss>,
}

impl Takes for Reader<'_> {
    fn field(&mut self, name: &str, raw: &[u8]) -> Result<(), Fault> {
        let at = At::field(name);
        let request = &mut *self.request;
        match name {
            "model" => request.model = text(raw, &at)?,
            "stream" => request.stream = raw == b"true",
            "system" => request.system = blocks(raw, &at, self.losses)?,
            "messages" => return Err(at.refuse("an array")),
            "max_tokens" => request.max_output = Some(whole(raw, &at)?),
            "temperature" => request.sampling.temperature = Some(number(raw, &at)?),
            "top_p" => request.sampling.top_p = Some(number(raw, &at)?),
            "top_k" => request.sampling.top_k = Some(number(raw, &at)?),
            "stop_sequences" => {
                for (n, item) in items(raw, &at)?.into_iter().enumerate() {
                    request.stop.push(text(item, &at.index(n))?);
                }
            }
            "tools" => {
                for (n, tool) in items(raw, &at)?.into_iter().enumerate() {
                    request.tools.push(read_tool(tool, &at.index(n))?);
                }
            }
            "tool_choice" => tool_choice(request, raw, &at)?,
            "thinking" => thinking(request, raw, &at)?,
            "metadata" => request.user = Object::read(raw, &at)?.text("user_id", &at)?,
            "output_config" => output_config(request, raw, &at)?,
            "output_format" => format(request, raw, &at)?,
            "service_tier" => request.service_tier = Some(text(raw, &at)?),
            "container" | "mcp_servers" => request.demands.push(name.to_owned()),
            _ => request.extras.push((name.to_owned(), raw_json(raw, &at)?)),
        }
        Ok(())
    }

    fn message(&mut self, message: &Object<'_>, at: &At<'_>) -> Result<(), Fault> {
        let role = match &*message.required("role", at)? {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => return Err(at.key("role").refuse("user, assistant or system")),
        };
        let at_content = at.key("content");
        let content = message.get("content").ok_or_else(|| at_content.refuse("a string or an array of blocks"))?;
        let said = blocks(content, &at_content, self.losses)?;
        if let Some(raw) = message.get("output_config") {
            output_config(self.request, raw, &at.key("output_config"))?;
        }
        self.request.say(role, said);
        Ok(())
    }
}

fn read_tool(raw: &[u8], at: &At<'_>) -> Result<Tool, Fault> {
    let tool = Object::read(raw, at)?;
    let kind = tool.text("type", at)?;
    if let Some(kind) = kind.filter(|k| k != "custom") {
        return Ok(Tool::Server { kind, raw: raw_json(raw, at)?, place: Place::of(at.to_string()) });
    }
    let schema = tool.get("input_schema").map(|raw| raw_object(raw, &at.key("input_schema")));
    Ok(Tool::Function(Function {
        name: tool.required("name", at)?,
        description: tool.text("description", at)?,
        schema: schema.transpose()?,
        strict: tool.flag("strict", at)?,
        deferred: tool.flag("defer_loading", at)?.unwrap_or(false),
        cache: cache_mark(&tool),
    }))
}

fn tool_choice(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
    let choice = Object::read(raw, at)?;
    request.tool_choice = Some(match &*choice.required("type", at)? {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(choice.required("name", at)?),
        _ => return Err(at.key("type").refuse("auto, any, tool or none")),
    });
    let single = choice.flag("disable_parallel_tool_use", at)?;
    request.parallel_tools = single.map(|single| !single);
    Ok(())
}

fn thinking(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
    let thinking = Object::read(raw, at)?;
    let reasoning = &mut request.reasoning;
    reasoning.display = thinking.text("display", at)?;
    let budget = thinking.get("budget_tokens").map(|raw| whole(raw, &at.key("budget_tokens")));
    reasoning.mode = match (&*thinking.required("type", at)?, budget.transpose()?) {
        ("disabled", _) => ReasoningMode::Off,
        ("enabled", Some(budget)) => ReasoningMode::Budget(budget),
        // Kinds newer than this list still ask for thinking.
        _ => ReasoningMode::Adaptive,
    };
    Ok(())
}

fn output_config(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
    let config = Object::read(raw, at)?;
    if let Some(effort) = config.text("effort", at)? {
        request.reasoning.effort = Some(effort);
    }
    match config.get("format") {
        Some(raw) => format(request, raw, &at.key("format")),
        None => Ok(()),
    }
}

fn format(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
    let format = Object::read(raw, at)?;
    if format.required("type", at)? != "json_schema" {
        return Err(at.key("type").refuse("json_schema"));
    }
    let at_schema = at.key("schema");
    let schema = format.get("schema").ok_or_else(|| at_schema.refuse("an object"))?;
    request.output_format = OutputFormat::JsonSchema {
        name: format.text("name", at)?,
        description: None,
        schema: raw_object(schema, &at_schema)?,
        strict: None,
    };
    Ok(())
}
