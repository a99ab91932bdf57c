//! A request written for a Responses server. In: `canon::Request` and the target. Out: a body, losses, the way back for names;
//! or a fault that names what cannot be said here. Never here: the client's dialect, items (input).

use super::input::Pen;
use crate::anthropic::check_pairs;
use crate::convert::{Encoded, server_tool};
use crate::names::hash;
use crate::openai_chat::encode::{UNASKED, effort_of, on_offer, watched};
use crate::target::{SystemPlacement, Target, ThinkingForm};
use crate::write::{SPARE_BYTES, Writer};
use bytes::Bytes;
use canon::{BlockKind, Dialect, Fault, Loss, OutputFormat, ReasoningMode, Request, Tool, ToolChoice};

/// Longest tool name that a Responses server takes.
pub(super) const NAME_LEN_MAX: usize = 64;
/// Longest name of an end user that it takes.
const USER_LEN_MAX: usize = 128;
/// A schema for tools without arguments; the field must be there.
const NO_ARGUMENTS: &str = "{\"type\":\"object\",\"properties\":{}}";
/// Fields of Chat Completions that are the same here.
const SAME_IN_CHAT: [&str; 4] = ["prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "verbosity"];

/// Encodes a request.
pub(crate) fn request(request: &Request, target: &Target) -> Result<Encoded, Fault> {
    check_pairs(&request.turns)?;
    let mut pen = Pen::new(target);
    let mut out = Vec::with_capacity(request.read_bytes + SPARE_BYTES);
    let mut body = Writer::object(&mut out);
    body.text("model", &target.model);
    instructions(request, target, &mut body, &mut pen.losses);
    pen.input(request, body.key("input"))?;
    tools(request, &mut body, &mut pen)?;
    tool_choice(request, &mut body, &mut pen);
    limits(request, target, &mut body, &mut pen.losses);
    text(request, target, &mut body);
    reasoning(request, target, &mut body, &mut pen.losses);
    // Nothing is kept at the upstream: whatever a later turn needs goes with the answer.
    body.raw("store", "false");
    rest(request, &mut body, &mut pen.losses);
    body.end();
    let mut encoded = Encoded::new(Bytes::from(out), pen.losses, pen.names);
    encoded.stops = watched(&request.stop, 0)?;
    Ok(encoded)
}

/// Whether the system prompt at the head goes into the field that is made for it. Its blocks cannot be marked for a cache
/// there, and some servers take no system prompt at all.
pub(super) fn has_instructions(request: &Request, target: &Target) -> bool {
    let marked = target.cache_breakpoints && request.system.iter().any(|block| block.cache.is_some());
    let plain = request.system.iter().all(|block| matches!(block.kind, BlockKind::Text(_)));
    !marked && plain && target.system != SystemPlacement::AsUser
}

/// What is asked for in words, where the server takes no schema.
pub(super) fn schema_prompt(request: &Request, target: &Target) -> Option<String> {
    match &request.output_format {
        OutputFormat::JsonSchema { schema, .. } if !target.structured_output => Some(format!(
            "Answer with one JSON object that fits this JSON Schema, and with nothing else:\n{}",
            schema.get()
        )),
        _ => None,
    }
}

fn instructions(request: &Request, target: &Target, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    let asked = schema_prompt(request, target);
    if asked.is_some() {
        let why = "the schema is asked for in the system prompt; it is not enforced";
        losses.push(Loss::emulated("output_config.format", why));
    }
    if !has_instructions(request, target) {
        return;
    }
    let texts = request.system.iter().filter_map(|block| match &block.kind {
        BlockKind::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let texts: Vec<&str> = texts.chain(asked.as_deref()).collect();
    if !texts.is_empty() {
        body.text("instructions", &texts.join("\n\n"));
    }
    if request.system.iter().any(|block| block.cache.is_some()) {
        losses.push(Loss::dropped("cache_control", "the target caches prompts by itself"));
    }
}

fn tools(request: &Request, body: &mut Writer<'_>, pen: &mut Pen<'_>) -> Result<(), Fault> {
    let mut functions = Vec::new();
    for tool in &request.tools {
        match tool {
            Tool::Function(function) if on_offer(request, function) => functions.push(function),
            Tool::Server { kind, place, .. } => return Err(server_tool(place, kind)),
            _ => {}
        }
    }
    if functions.is_empty() {
        return Ok(());
    }
    let mut array = Writer::array(body.key("tools"));
    for function in functions {
        let mut tool = Writer::object(array.item());
        tool.text("type", "function");
        tool.text("name", &pen.names.wire_name(&function.name, NAME_LEN_MAX));
        if let Some(description) = &function.description {
            tool.text("description", description);
        }
        tool.raw("parameters", function.schema.as_ref().map_or(NO_ARGUMENTS, |schema| schema.get()));
        // An absent `strict` means yes here and no elsewhere, so it is always said.
        tool.raw("strict", if function.strict.unwrap_or(false) { "true" } else { "false" });
        tool.end();
        if function.cache.is_some() {
            pen.losses.push(Loss::dropped("cache_control", "the target caches prompts by itself"));
        }
    }
    array.end();
    Ok(())
}

fn tool_choice(request: &Request, body: &mut Writer<'_>, pen: &mut Pen<'_>) {
    if request.tools.is_empty() {
        return;
    }
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto) => body.text("tool_choice", "auto"),
        Some(ToolChoice::None) => body.text("tool_choice", "none"),
        Some(ToolChoice::Required) => body.text("tool_choice", "required"),
        Some(ToolChoice::Named(name)) => {
            named(body.key("tool_choice"), &pen.names.wire_name(name, NAME_LEN_MAX));
        }
        Some(ToolChoice::Allowed { required, names }) => {
            let mut choice = Writer::object(body.key("tool_choice"));
            choice.text("type", "allowed_tools");
            choice.text("mode", if *required { "required" } else { "auto" });
            let mut tools = Writer::array(choice.key("tools"));
            for name in names {
                named(tools.item(), &pen.names.wire_name(name, NAME_LEN_MAX));
            }
            tools.end();
            choice.end();
        }
    }
    if let Some(parallel) = request.parallel_tools {
        body.raw("parallel_tool_calls", if parallel { "true" } else { "false" });
    }
}

fn named(out: &mut Vec<u8>, name: &str) {
    let mut tool = Writer::object(out);
    tool.text("type", "function");
    tool.text("name", name);
    tool.end();
}

/// The smallest limit of an answer that a Responses server takes, in tokens (its reference). What a client of another dialect
/// asks for below is raised to it, and must be held.
pub const OUTPUT_MIN: u64 = 16;

fn limits(request: &Request, target: &Target, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    let asked = request.max_output.map(|most| {
        if most < OUTPUT_MIN {
            losses.push(Loss::approximated("max_tokens", "the target takes no limit below 16"));
        }
        most.max(OUTPUT_MIN)
    });
    if let Some(most) = asked.or(target.insert_max_tokens) {
        body.number("max_output_tokens", most);
    }
    if request.stream {
        body.raw("stream", "true");
    }
    if let Some(temperature) = &request.sampling.temperature {
        body.raw("temperature", temperature);
    }
    if let Some(top_p) = &request.sampling.top_p {
        body.raw("top_p", top_p);
    }
    let hints = [
        ("top_k", &request.sampling.top_k),
        ("seed", &request.sampling.seed),
        ("presence_penalty", &request.sampling.presence_penalty),
        ("frequency_penalty", &request.sampling.frequency_penalty),
    ];
    for (name, _) in hints.into_iter().filter(|(_, value)| value.is_some()) {
        losses.push(Loss::dropped(name, "the target has no such field"));
    }
    if !request.stop.is_empty() {
        let field = if request.dialect == Dialect::Anthropic { "stop_sequences" } else { "stop" };
        losses.push(Loss::emulated(field, "the target takes no stop sequences; the gateway watches for them"));
    }
}

/// `text`: the form of the answer, and how wordy it is where the client's dialect says that.
fn text(request: &Request, target: &Target, body: &mut Writer<'_>) {
    let chat = request.dialect == Dialect::OpenAiChat;
    let verbosity = request.extras.iter().find(|(name, _)| chat && name == "verbosity");
    let json = !matches!(request.output_format, OutputFormat::Text);
    if !json && verbosity.is_none() {
        return;
    }
    let mut text = Writer::object(body.key("text"));
    match &request.output_format {
        OutputFormat::Text => {}
        OutputFormat::JsonSchema { name, description, schema, strict } if target.structured_output => {
            let mut format = Writer::object(text.key("format"));
            format.text("type", "json_schema");
            format.text("name", name.as_deref().unwrap_or("answer"));
            if let Some(description) = description {
                format.text("description", description);
            }
            format.raw("schema", schema.get());
            // A schema is always enforced where it has no such switch.
            let strict = strict.unwrap_or(request.dialect != Dialect::OpenAiChat);
            format.raw("strict", if strict { "true" } else { "false" });
            format.end();
        }
        OutputFormat::JsonSchema { .. } | OutputFormat::JsonObject => {
            text.raw("format", "{\"type\":\"json_object\"}");
        }
    }
    if let Some((_, raw)) = verbosity {
        text.raw("verbosity", raw.get());
    }
    text.end();
}

fn reasoning(request: &Request, target: &Target, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    let asked = &request.reasoning;
    if asked.mode == ReasoningMode::Off && target.thinking != ThinkingForm::Never {
        match asked.effort.as_deref() {
            // A client that has this word means a server that has it too.
            Some("none") => {
                let mut reasoning = Writer::object(body.key("reasoning"));
                reasoning.text("effort", "none");
                reasoning.end();
            }
            _ => losses.push(Loss::dropped("thinking", UNASKED)),
        }
    }
    if !asked.wanted() {
        return;
    }
    if target.thinking == ThinkingForm::Never {
        losses.push(Loss::dropped("thinking", "the model does not reason"));
        return;
    }
    let mut reasoning = Writer::object(body.key("reasoning"));
    if let Some(effort) = &asked.effort {
        reasoning.text("effort", effort);
    } else if let ReasoningMode::Budget(budget) = asked.mode {
        let why = "the target has efforts, not budgets";
        losses.push(Loss::approximated("thinking.budget_tokens", why));
        reasoning.text("effort", effort_of(budget));
    } else {
        losses.push(Loss::approximated("thinking", UNASKED));
    }
    // Who asks for thinking expects to read some of it; who names an effort does not.
    let read = matches!(asked.mode, ReasoningMode::Budget(_) | ReasoningMode::Adaptive);
    if read && asked.display.as_deref() != Some("omitted") {
        reasoning.text("summary", "auto");
    }
    reasoning.end();
    // Without it the next turn could not hand the reasoning back: nothing is stored.
    body.raw("include", "[\"reasoning.encrypted_content\"]");
}

fn rest(request: &Request, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    if let Some(user) = &request.user {
        if user.len() > USER_LEN_MAX {
            let why = "names of users are at most 128 bytes at the target; a hash is sent";
            losses.push(Loss::approximated("metadata.user_id", why));
            body.text("user", &format!("user_{:016x}", hash(user)));
        } else {
            body.text("user", user);
        }
    }
    if request.service_tier.as_deref().is_some_and(|tier| tier != "auto") {
        losses.push(Loss::dropped("service_tier", "tiers differ between providers"));
    }
    let chat = request.dialect == Dialect::OpenAiChat;
    for (name, raw) in &request.extras {
        match name.as_str() {
            "verbosity" if chat => {}
            known if chat && SAME_IN_CHAT.contains(&known) => body.raw(known, raw.get()),
            // What answers are filed under stays here: nothing is stored at the upstream.
            "metadata" | "store" if chat => {}
            _ => losses.push(Loss::dropped(name.clone(), "the target has no such field")),
        }
    }
}
