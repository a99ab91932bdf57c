//! A Chat Completions request decoded. In: the client's body. Out: `canon::Request`, or a fault that names the field.
//! Never here: what a target can do (its encoder), streams.

use super::content::{self, parts};
use crate::read::{self, At, Object, Takes, items, number, raw_json, raw_object, text, whole};
use canon::{
    Block, BlockKind, CacheMark, Dialect, Fault, Function, Loss, OutputFormat, Place, ReasoningMode, Request, Role,
    Tool, ToolChoice,
};

/// How a failed tool is marked in the text of its result: this dialect has no field for it, and the mark is read back.
pub(crate) const ERROR_MARK: &str = "[tool error] ";

/// Decodes a body.
pub(crate) fn request(body: &[u8]) -> Result<(Request, Vec<Loss>), Fault> {
    let mut request = Request::new(Dialect::OpenAiChat, "");
    let mut reader = Reader { request: &mut request, losses: Vec::new(), leading: true };
    read::request(body, &mut reader)?;
    let losses = reader.losses;
    Ok((request, losses))
}

struct Reader<'r> {
    request: &'r mut Request,
    losses: Vec<Loss>,
    /// Whether nothing but system prompts has been read.
    leading: bool,
}

impl Takes for Reader<'_> {
    fn field(&mut self, name: &str, raw: &[u8]) -> Result<(), Fault> {
        let at = At::field(name);
        let request = &mut *self.request;
        match name {
            "model" => request.model = text(raw, &at)?,
            "stream_options" => {}
            "stream" => request.stream = raw == b"true",
            "messages" => return Err(at.refuse("an array")),
            "max_tokens" | "max_completion_tokens" => request.max_output = Some(whole(raw, &at)?),
            "temperature" => request.sampling.temperature = Some(number(raw, &at)?),
            "top_p" => request.sampling.top_p = Some(number(raw, &at)?),
            "top_k" => request.sampling.top_k = Some(number(raw, &at)?),
            "seed" => request.sampling.seed = Some(number(raw, &at)?),
            "presence_penalty" => request.sampling.presence_penalty = Some(number(raw, &at)?),
            "frequency_penalty" => request.sampling.frequency_penalty = Some(number(raw, &at)?),
            "stop" => request.stop = stop(raw, &at)?,
            "n" => request.choices = u32::try_from(whole(raw, &at)?).unwrap_or(u32::MAX),
            "tools" => {
                for (n, tool) in items(raw, &at)?.into_iter().enumerate() {
                    request.tools.push(read_tool(tool, &at.index(n))?);
                }
            }
            "tool_choice" => request.tool_choice = Some(tool_choice(raw, &at)?),
            "parallel_tool_calls" => request.parallel_tools = Some(read::flag(raw, &at)?),
            "response_format" => request.output_format = format(raw, &at)?,
            "reasoning_effort" => effort(request, text(raw, &at)?),
            "reasoning" | "thinking" => reasoning(request, raw, &at)?,
            "user" if request.user.is_some() => {}
            "user" | "safety_identifier" => request.user = Some(text(raw, &at)?),
            "service_tier" => request.service_tier = Some(text(raw, &at)?),
            "logprobs" | "store" if raw == b"false" => {}
            "modalities" if text_only(raw) => {}
            "logprobs" | "top_logprobs" | "modalities" | "audio" | "functions" | "function_call"
            | "web_search_options" => request.demands.push(name.to_owned()),
            "metadata" => request.extras.push((name.to_owned(), raw_object(raw, &at)?)),
            _ => request.extras.push((name.to_owned(), raw_json(raw, &at)?)),
        }
        Ok(())
    }

    fn message(&mut self, message: &Object<'_>, at: &At<'_>) -> Result<(), Fault> {
        let role = message.required("role", at)?;
        if message.get("name").is_some() && role != "tool" {
            let why = "the target has no names of speakers";
            self.losses.push(Loss::dropped("messages[].name", why));
        }
        match &*role {
            "system" | "developer" => {
                let blocks = self.content(message, at)?;
                if self.leading {
                    self.request.system.extend(blocks);
                } else {
                    self.request.say(Role::System, blocks);
                }
                return Ok(());
            }
            "user" => {
                let blocks = self.content(message, at)?;
                self.request.say(Role::User, blocks);
            }
            "assistant" => {
                let blocks = assistant(message, at, &mut self.losses)?;
                self.request.say(Role::Assistant, blocks);
            }
            "tool" | "function" => {
                let result = self.tool_result(message, at)?;
                self.request.say(Role::User, vec![result]);
            }
            _ => {
                let roles = "system, developer, user, assistant or tool";
                return Err(at.key("role").refuse(roles));
            }
        }
        self.leading = false;
        Ok(())
    }
}

impl Reader<'_> {
    fn content(&mut self, message: &Object<'_>, at: &At<'_>) -> Result<Vec<Block>, Fault> {
        match message.get("content") {
            None => Err(at.key("content").refuse("a string or an array of parts")),
            Some(raw) => parts(raw, &at.key("content"), &mut self.losses),
        }
    }

    fn tool_result(&mut self, message: &Object<'_>, at: &At<'_>) -> Result<Block, Fault> {
        let id = match message.text("tool_call_id", at)? {
            Some(id) => id,
            None => message.required("name", at)?,
        };
        let mut content = match message.get("content") {
            None => Vec::new(),
            Some(raw) => parts(raw, &at.key("content"), &mut self.losses)?,
        };
        let mut is_error = false;
        if let Some(BlockKind::Text(text)) = content.first_mut().map(|b| &mut b.kind)
            && let Some(rest) = text.strip_prefix(ERROR_MARK)
        {
            is_error = true;
            *text = rest.to_owned();
        }
        content.retain(|b| !content::is_empty_text(b));
        Ok(at.block(BlockKind::ToolResult { id, content, is_error }, None))
    }
}

/// An assistant's message: its reasoning, its text, its calls, in the order they were given where it can be known.
fn assistant(message: &Object<'_>, at: &At<'_>, losses: &mut Vec<Loss>) -> Result<Vec<Block>, Fault> {
    let mut said = match message.get("content") {
        None => Vec::new(),
        Some(raw) => parts(raw, &at.key("content"), losses)?,
    };
    if let Some(refusal) = message.text("refusal", at)?.filter(|r| !r.is_empty()) {
        said.push(Block::new(BlockKind::Refusal(refusal)));
    }
    if let Some(raw) = message.get("tool_calls") {
        let at = at.key("tool_calls");
        for (n, call) in items(raw, &at)?.into_iter().enumerate() {
            said.push(tool_call(call, &at.index(n))?);
        }
    }
    if message.get("audio").is_some() {
        let at = at.key("audio");
        return Err(at.unsupported(
            "Sound of earlier answers is kept by the provider that made it; send its transcript as text.",
        ));
    }
    if message.get("function_call").is_some() {
        let at = at.key("function_call");
        return Err(at.unsupported("`function_call` is out of date; use `tool_calls`."));
    }
    said.retain(|b| !content::is_empty_text(b));
    Ok(super::reasoning::weave(message, said))
}

fn tool_call(raw: &[u8], at: &At<'_>) -> Result<Block, Fault> {
    let call = Object::read(raw, at)?;
    if call.str("type").is_some_and(|t| t != "function") {
        return Err(at.key("type").unsupported("Only calls of type `function` can be carried over."));
    }
    let at_function = at.key("function");
    let function = call.get("function").ok_or_else(|| at_function.refuse("an object"))?;
    let function = Object::read(function, &at_function)?;
    let kind = BlockKind::ToolCall {
        id: call.text("id", at)?.unwrap_or_default(),
        name: function.required("name", &at_function)?,
        arguments: function.text("arguments", &at_function)?.unwrap_or_default(),
    };
    Ok(at.block(kind, None))
}

fn read_tool(raw: &[u8], at: &At<'_>) -> Result<Tool, Fault> {
    let tool = Object::read(raw, at)?;
    let kind = tool.required("type", at)?;
    if kind != "function" {
        return Ok(Tool::Server { kind, raw: raw_json(raw, at)?, place: Place::of(at.to_string()) });
    }
    let at = at.key("function");
    let function = tool.get("function").ok_or_else(|| at.refuse("an object"))?;
    let function = Object::read(function, &at)?;
    let schema = function.get("parameters").map(|raw| raw_object(raw, &at.key("parameters")));
    Ok(Tool::Function(Function {
        name: function.required("name", &at)?,
        description: function.text("description", &at)?,
        schema: schema.transpose()?,
        strict: function.flag("strict", &at)?,
        deferred: false,
        cache: None,
    }))
}

fn tool_choice(raw: &[u8], at: &At<'_>) -> Result<ToolChoice, Fault> {
    const WHAT: &str = "none, auto, required or an object that names a tool";
    if let Some(word) = crate::json::string_value(raw) {
        return match &*word {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            _ => Err(at.refuse(WHAT)),
        };
    }
    let choice = Object::read(raw, at).map_err(|_| at.refuse(WHAT))?;
    match choice.str("type").as_deref() {
        Some("function") => {
            let at = at.key("function");
            let function = choice.get("function").ok_or_else(|| at.refuse("an object"))?;
            let function = Object::read(function, &at)?;
            Ok(ToolChoice::Named(function.required("name", &at)?))
        }
        Some("allowed_tools") => {
            let at = at.key("allowed_tools");
            let inner = choice.get("allowed_tools").unwrap_or(raw);
            let inner = Object::read(inner, &at)?;
            let mut names = Vec::new();
            let at_tools = at.key("tools");
            for (n, tool) in items(inner.get("tools").unwrap_or(b"[]"), &at_tools)?.into_iter().enumerate() {
                match read_tool_name(tool) {
                    Some(name) => names.push(name),
                    None => return Err(at_tools.index(n).refuse("a function with a name")),
                }
            }
            Ok(ToolChoice::Allowed { required: inner.str("mode").as_deref() == Some("required"), names })
        }
        _ => Err(at.unsupported("This kind of tool choice cannot be carried over.")),
    }
}

fn read_tool_name(raw: &[u8]) -> Option<String> {
    let tool = Object::open(raw)?;
    let function = Object::open(tool.get("function")?)?;
    function.str("name").map(std::borrow::Cow::into_owned)
}

fn format(raw: &[u8], at: &At<'_>) -> Result<OutputFormat, Fault> {
    let format = Object::read(raw, at)?;
    match &*format.required("type", at)? {
        "text" => Ok(OutputFormat::Text),
        "json_object" => Ok(OutputFormat::JsonObject),
        "json_schema" => {
            let at = at.key("json_schema");
            let inner = format.get("json_schema").ok_or_else(|| at.refuse("an object"))?;
            let inner = Object::read(inner, &at)?;
            let schema = inner.get("schema").unwrap_or(b"{\"type\":\"object\"}");
            Ok(OutputFormat::JsonSchema {
                name: inner.text("name", &at)?,
                description: inner.text("description", &at)?,
                schema: raw_object(schema, &at.key("schema"))?,
                strict: inner.flag("strict", &at)?,
            })
        }
        _ => Err(at.key("type").refuse("text, json_object or json_schema")),
    }
}

fn stop(raw: &[u8], at: &At<'_>) -> Result<Vec<String>, Fault> {
    if raw.first() == Some(&b'"') {
        return Ok(vec![text(raw, at)?]);
    }
    let list = items(raw, at).map_err(|_| at.refuse("a string or an array of strings"))?;
    let texts = list.into_iter().enumerate().map(|(n, item)| text(item, &at.index(n)));
    texts.collect()
}

fn effort(request: &mut Request, word: String) {
    if word == "none" {
        request.reasoning.mode = ReasoningMode::Off;
    }
    request.reasoning.effort = Some(word);
}

/// Two spellings that compatible servers made common: `reasoning{effort,max_tokens}` and `thinking{type,budget_tokens}`.
fn reasoning(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
    let object = Object::read(raw, at)?;
    if let Some(word) = object.text("effort", at)? {
        effort(request, word);
    }
    for key in ["max_tokens", "budget_tokens"] {
        if let Some(raw) = object.get(key) {
            request.reasoning.mode = ReasoningMode::Budget(whole(raw, &at.key(key))?);
        }
    }
    match object.str("type").as_deref() {
        Some("disabled") => request.reasoning.mode = ReasoningMode::Off,
        Some("enabled" | "adaptive") if request.reasoning.mode == ReasoningMode::Unset => {
            request.reasoning.mode = ReasoningMode::Adaptive;
        }
        _ => {}
    }
    Ok(())
}

fn text_only(raw: &[u8]) -> bool {
    read::elements(raw).is_some_and(|list| list.iter().all(|m| *m == b"\"text\""))
}

/// How long a cache mark asks for: this dialect's own, or Messages', which clients of many gateways put on parts.
pub(crate) fn cache_mark(part: &Object<'_>) -> Option<CacheMark> {
    let mark = part.get("prompt_cache_breakpoint").or_else(|| part.get("cache_control")).and_then(Object::open)?;
    Some(match mark.str("ttl").as_deref() {
        Some("12h" | "1h") => CacheMark::Long,
        _ => CacheMark::Short,
    })
}
