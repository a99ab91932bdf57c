//! A request written for a Chat Completions server. In: `canon::Request` and the target. Out: a body, losses, the way back
//! for names; or a fault that names what cannot be said here. Never here: the client's dialect.

use super::messages::Pen;
use crate::anthropic::check_pairs;
use crate::convert::{Encoded, server_tool};
use crate::json::push_string;
use crate::names::hash;
use crate::target::{MaxTokensField, Target, ThinkingForm};
use crate::write::{SPARE_BYTES, Writer};
use bytes::Bytes;
use canon::{
    Block, BlockKind, Dialect, Fault, FaultKind, Function, Loss, OutputFormat, ReasoningMode, Request, Tool,
    ToolChoice,
};

/// Longest tool name that a Chat Completions server takes.
const NAME_LEN_MAX: usize = 64;
/// Most stop sequences that it takes.
const STOPS_MAX: usize = 4;
/// Most stop sequences that are watched for here beside those, and the longest: each is looked for in every piece of text.
const WATCHED_MAX: usize = 16;
/// Bytes of one.
const WATCHED_BYTES_MAX: usize = 512;
/// Longest name of an end user that it takes.
const USER_LEN_MAX: usize = 128;

/// Encodes a request.
pub(crate) fn request(request: &Request, target: &Target) -> Result<Encoded, Fault> {
    check_pairs(&request.turns)?;
    let mut pen = Pen::new(target);
    let mut out = Vec::with_capacity(request.read_bytes + SPARE_BYTES);
    let mut body = Writer::object(&mut out);
    body.text("model", &target.model);
    pen.messages(request, body.key("messages"))?;
    tools(request, &mut body, &mut pen)?;
    tool_choice(request, &mut body, &mut pen);
    limits(request, target, &mut body, &mut pen.losses);
    sampling(request, &mut body, &mut pen.losses);
    output(request, target, &mut body, &mut pen.losses);
    if let Some(user) = &request.user {
        if user.len() > USER_LEN_MAX {
            let why = "names of users are at most 128 bytes at the target; a hash is sent";
            pen.losses.push(Loss::approximated("metadata.user_id", why));
            body.text("user", &format!("user_{:016x}", hash(user)));
        } else {
            body.text("user", user);
        }
    }
    if request.service_tier.as_deref().is_some_and(|t| t != "auto") {
        let why = "tiers differ between providers";
        pen.losses.push(Loss::dropped("service_tier", why));
    }
    extras(request, &mut body, &mut pen.losses);
    body.end();
    let mut encoded = Encoded::new(Bytes::from(out), pen.losses, pen.names);
    encoded.stops = watched(&request.stop, STOPS_MAX)?;
    Ok(encoded)
}

/// Fields that the client's dialect alone has are left out; the one that Completions has in common with this one is sent.
fn extras(request: &Request, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    for (name, value) in &request.extras {
        if request.dialect == Dialect::Completions && name == "logit_bias" {
            body.raw(name, value.get());
        } else {
            losses.push(Loss::dropped(name.clone(), "the target has no such field"));
        }
    }
}

/// Tools that wait for a reference are on offer once the conversation refers to them: this dialect has no such state.
pub(crate) fn on_offer(request: &Request, function: &Function) -> bool {
    let refers = |block: &Block| matches!(&block.kind, BlockKind::ToolReference(name) if *name == function.name);
    let mentioned = |block: &Block| match &block.kind {
        BlockKind::ToolResult { content, .. } => content.iter().any(refers),
        BlockKind::ToolCall { name, .. } => *name == function.name,
        _ => refers(block),
    };
    !function.deferred || request.turns.iter().any(|turn| turn.blocks.iter().any(mentioned))
}

fn tools(request: &Request, body: &mut Writer<'_>, pen: &mut Pen<'_>) -> Result<(), Fault> {
    let mut functions = Vec::new();
    for (n, tool) in request.tools.iter().enumerate() {
        match tool {
            Tool::Function(function) if on_offer(request, function) => functions.push(function),
            Tool::Function(_) => {
                let why = "the tool is on offer once the conversation refers to it";
                pen.losses.push(Loss::emulated(format!("tools[{n}].defer_loading"), why));
            }
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
        let mut inner = Writer::object(tool.key("function"));
        inner.text("name", &pen.names.wire_name(&function.name, NAME_LEN_MAX));
        if let Some(description) = &function.description {
            inner.text("description", description);
        }
        if let Some(schema) = &function.schema {
            inner.raw("parameters", schema.get());
        }
        // Dialects differ in what an absent `strict` means, so it is always said.
        let strict = function.strict.unwrap_or(false);
        inner.raw("strict", if strict { "true" } else { "false" });
        inner.end();
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
            let mut choice = Writer::object(body.key("tool_choice"));
            named(&mut choice, &pen.names.wire_name(name, NAME_LEN_MAX));
            choice.end();
        }
        Some(ToolChoice::Allowed { required, names }) => {
            let mut choice = Writer::object(body.key("tool_choice"));
            choice.text("type", "allowed_tools");
            let mut allowed = Writer::object(choice.key("allowed_tools"));
            allowed.text("mode", if *required { "required" } else { "auto" });
            let mut tools = Writer::array(allowed.key("tools"));
            for name in names {
                let mut tool = Writer::object(tools.item());
                named(&mut tool, &pen.names.wire_name(name, NAME_LEN_MAX));
                tool.end();
            }
            tools.end();
            allowed.end();
            choice.end();
        }
    }
    if let Some(parallel) = request.parallel_tools {
        body.raw("parallel_tool_calls", if parallel { "true" } else { "false" });
    }
}

fn named(object: &mut Writer<'_>, name: &str) {
    object.text("type", "function");
    let mut function = Writer::object(object.key("function"));
    function.text("name", name);
    function.end();
}

fn limits(request: &Request, target: &Target, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    if let Some(most) = request.max_output.or(target.insert_max_tokens) {
        let name = match target.max_tokens_field {
            MaxTokensField::MaxTokens => "max_tokens",
            MaxTokensField::AsSent | MaxTokensField::MaxCompletionTokens => "max_completion_tokens",
        };
        body.number(name, most);
    }
    if request.stream {
        body.raw("stream", "true");
        if target.stream_options {
            body.raw("stream_options", "{\"include_usage\":true}");
        }
    }
    if !request.stop.is_empty() {
        let mut array = Writer::array(body.key("stop"));
        for stop in request.stop.iter().take(STOPS_MAX) {
            push_string(array.item(), stop);
        }
        array.end();
        if request.stop.len() > STOPS_MAX {
            let why = "the target takes four stop sequences; the gateway watches for the rest";
            losses.push(Loss::emulated("stop_sequences", why));
        }
    }
}

fn sampling(request: &Request, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    let sampling = &request.sampling;
    let fields = [
        ("temperature", &sampling.temperature),
        ("top_p", &sampling.top_p),
        ("seed", &sampling.seed),
        ("presence_penalty", &sampling.presence_penalty),
        ("frequency_penalty", &sampling.frequency_penalty),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            body.raw(name, value);
        }
    }
    if request.sampling.top_k.is_some() {
        losses.push(Loss::dropped("top_k", "the target has no such field"));
    }
}

fn output(request: &Request, target: &Target, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    match &request.output_format {
        OutputFormat::Text => {}
        OutputFormat::JsonSchema { .. } if !target.structured_output => {
            body.raw("response_format", "{\"type\":\"json_object\"}");
        }
        OutputFormat::JsonObject => body.raw("response_format", "{\"type\":\"json_object\"}"),
        OutputFormat::JsonSchema { name, description, schema, strict } => {
            let mut format = Writer::object(body.key("response_format"));
            format.text("type", "json_schema");
            let mut inner = Writer::object(format.key("json_schema"));
            inner.text("name", name.as_deref().unwrap_or("answer"));
            if let Some(description) = description {
                inner.text("description", description);
            }
            inner.raw("schema", schema.get());
            // A schema is always enforced where it has no such switch.
            let strict = strict.unwrap_or(request.dialect != target.dialect);
            inner.raw("strict", if strict { "true" } else { "false" });
            inner.end();
            format.end();
        }
    }
    let reasoning = &request.reasoning;
    if reasoning.mode == ReasoningMode::Off && target.thinking != ThinkingForm::Never {
        match reasoning.effort.as_deref() {
            // A client that has this word means a server that has it too.
            Some("none") => body.text("reasoning_effort", "none"),
            _ => losses.push(Loss::dropped("thinking", UNASKED)),
        }
    }
    if reasoning.display.is_some() {
        losses.push(Loss::dropped("thinking.display", "the target shows reasoning its own way"));
    }
    if !reasoning.wanted() {
        return;
    }
    if target.thinking == ThinkingForm::Never {
        losses.push(Loss::dropped("thinking", "the model does not reason"));
        return;
    }
    if let Some(effort) = &reasoning.effort {
        body.text("reasoning_effort", effort);
    } else if let ReasoningMode::Budget(budget) = reasoning.mode {
        let why = "the target has efforts, not budgets";
        losses.push(Loss::approximated("thinking.budget_tokens", why));
        body.text("reasoning_effort", effort_of(budget));
    } else {
        losses.push(Loss::approximated("thinking", UNASKED));
    }
}

/// Why a word about thinking at all does not cross: these servers know efforts alone.
pub(crate) const UNASKED: &str = "the target decides by itself whether to reason";

/// The effort that comes nearest to a budget of reasoning tokens.
pub(crate) const fn effort_of(budget: u64) -> &'static str {
    match budget {
        0..=4_096 => "low",
        4_097..=12_288 => "medium",
        _ => "high",
    }
}

/// The stop sequences that the server does not take, behind those `taken` that it does.
pub(crate) fn watched(all: &[String], taken: usize) -> Result<Vec<String>, Fault> {
    let stops: Vec<String> = all.iter().skip(taken).cloned().collect();
    if stops.len() > WATCHED_MAX || stops.iter().any(|stop| stop.len() > WATCHED_BYTES_MAX) {
        let most = taken + WATCHED_MAX;
        let told = format!(
            "This model takes at most {most} stop sequences; those behind the first {taken} have at most \
             {WATCHED_BYTES_MAX} bytes each."
        );
        return Err(Fault::new(FaultKind::UnsupportedParameter, told).at("stop_sequences"));
    }
    Ok(stops)
}
