//! A request written for a Gemini server. In: `canon::Request` and the target. Out: a body, losses, the way back for names;
//! or a fault that names what cannot be said here. Never here: the client's dialect, the model (it stands in the path).

use super::contents::{NAME_LEN_MAX, Pen};
use super::schema::to_subset;
use super::thinking;
use crate::anthropic::check_pairs;
use crate::convert::{Encoded, server_tool};
use crate::json::push_string;
use crate::openai_chat::encode::{on_offer, watched};
use crate::target::{SystemPlacement, Target};
use crate::write::{SPARE_BYTES, Writer};
use bytes::Bytes;
use canon::{Block, BlockKind, Fault, Function, Loss, OutputFormat, Request, Role, Tool, ToolChoice, Turn};
use std::borrow::Cow;

/// Most stop sequences that a server takes.
const STOPS_MAX: usize = 5;

/// Encodes a request.
pub(crate) fn request(request: &Request, target: &Target) -> Result<Encoded, Fault> {
    check_pairs(&request.turns)?;
    let mut pen = Pen::new(target);
    let mut out = Vec::with_capacity(request.read_bytes + SPARE_BYTES);
    let mut body = Writer::object(&mut out);
    let prompt = system(request, target, &mut pen);
    let turns = place_system(request, &prompt, target, &mut pen.losses);
    if target.system != SystemPlacement::AsUser && !prompt.is_empty() {
        let mut system = Writer::object(body.key("systemInstruction"));
        let mut parts = Writer::array(system.key("parts"));
        for block in &prompt {
            pen.part(block, &mut parts)?;
        }
        parts.end();
        system.end();
    }
    // Tools before contents, so that a reader of the prefix sees what the calls refer to.
    tools(request, target, &mut body, &mut pen)?;
    pen.contents(&turns, body.key("contents"))?;
    config(request, target, &mut body, &mut pen.losses);
    drop_rest(request, &mut pen.losses);
    body.end();
    let mut encoded = Encoded::new(Bytes::from(out), pen.losses, pen.names);
    encoded.stops = watched(&request.stop, STOPS_MAX)?;
    Ok(encoded)
}

/// The system prompt at the head, and the schema where it can only be asked for in words.
fn system<'r>(request: &'r Request, target: &Target, pen: &mut Pen<'_>) -> Vec<Cow<'r, Block>> {
    let says = |block: &&Block| matches!(&block.kind, BlockKind::Text(text) if !text.is_empty());
    let mut blocks: Vec<Cow<'r, Block>> = request.system.iter().filter(says).map(Cow::Borrowed).collect();
    if let OutputFormat::JsonSchema { schema, .. } = &request.output_format
        && !target.structured_output
    {
        let why = "the schema is asked for in the system prompt; it is not enforced";
        pen.losses.push(Loss::emulated("response_format", why));
        blocks.push(Cow::Owned(Block::text(format!(
            "Answer with one JSON object that fits this JSON Schema, and with nothing else:\n{}",
            schema.get()
        ))));
    }
    blocks
}

/// System prompts where the server takes none: in the middle always, at the head where the target says so.
fn place_system<'r>(
    request: &'r Request,
    prompt: &[Cow<'_, Block>],
    target: &Target,
    losses: &mut Vec<Loss>,
) -> Cow<'r, [Turn]> {
    let as_user = target.system == SystemPlacement::AsUser && !prompt.is_empty();
    if !as_user && request.turns.iter().all(|turn| turn.role != Role::System) {
        return Cow::Borrowed(&request.turns);
    }
    let mut placed = Request::new(request.dialect, "");
    if as_user {
        placed.say(Role::User, prompt.iter().map(|block| (**block).clone()).collect());
    }
    for turn in &request.turns {
        if turn.role != Role::System {
            placed.say(turn.role, turn.blocks.clone());
            continue;
        }
        let why = "a system prompt inside the conversation is sent as a marked user text";
        losses.push(Loss::emulated("messages[].role", why));
        placed.say(Role::User, turn.blocks.iter().map(marked).collect());
    }
    Cow::Owned(placed.turns)
}

fn marked(block: &Block) -> Block {
    let mut block = block.clone();
    if let BlockKind::Text(text) = &mut block.kind {
        *text = format!("<system-message>\n{text}\n</system-message>");
    }
    block
}

fn tools(request: &Request, target: &Target, body: &mut Writer<'_>, pen: &mut Pen<'_>) -> Result<(), Fault> {
    // A list of allowed tools goes with a duty to call one of them; without the duty the others are not offered.
    let allowed = match &request.tool_choice {
        Some(ToolChoice::Allowed { required: false, names }) => Some(names),
        _ => None,
    };
    let mut functions = Vec::new();
    for tool in &request.tools {
        match tool {
            Tool::Function(function) if on_offer(request, function) => functions.push(function),
            Tool::Server { kind, place, .. } => return Err(server_tool(place, kind)),
            _ => {}
        }
    }
    functions.retain(|f| allowed.is_none_or(|names| names.contains(&f.name)));
    if functions.is_empty() {
        return Ok(());
    }
    let mut array = Writer::array(body.key("tools"));
    let mut tool = Writer::object(array.item());
    let mut list = Writer::array(tool.key("functionDeclarations"));
    for function in functions {
        declare(function, target, &mut list, pen);
    }
    list.end();
    tool.end();
    array.end();
    choose(request, body, pen);
    Ok(())
}

fn declare(function: &Function, target: &Target, list: &mut Writer<'_>, pen: &mut Pen<'_>) {
    let mut object = Writer::object(list.item());
    object.text("name", &pen.names.wire_name(&function.name, NAME_LEN_MAX));
    if let Some(description) = &function.description {
        object.text("description", description);
    }
    let schema = function.schema.as_ref().map(|schema| schema.get()).filter(|schema| *schema != "{}");
    match schema {
        Some(schema) if target.json_schema => object.raw("parametersJsonSchema", schema),
        Some(schema) => {
            if let Some((subset, lost)) = to_subset(schema) {
                object.raw("parameters", &subset);
                schema_lost(lost, "tools[].function.parameters", &mut pen.losses);
            }
        }
        None => {}
    }
    object.end();
    if function.cache.is_some() {
        pen.losses.push(Loss::dropped("cache_control", "the target caches prompts by itself"));
    }
    if function.strict == Some(true) {
        let why = "the target does not hold calls to their schemas";
        pen.losses.push(Loss::dropped("tools[].function.strict", why));
    }
}

fn schema_lost(lost: bool, path: &'static str, losses: &mut Vec<Loss>) {
    if lost {
        losses.push(Loss::approximated(path, "the target takes a part of JSON Schema; the rest was left out"));
    }
}

fn choose(request: &Request, body: &mut Writer<'_>, pen: &mut Pen<'_>) {
    if request.parallel_tools == Some(false) {
        let why = "the target cannot be told to make one call at a time";
        pen.losses.push(Loss::dropped("parallel_tool_calls", why));
    }
    let mut wire = |name: &String| pen.names.wire_name(name, NAME_LEN_MAX);
    let (mode, names) = match &request.tool_choice {
        None => return,
        Some(ToolChoice::Auto | ToolChoice::Allowed { required: false, .. }) => ("AUTO", Vec::new()),
        Some(ToolChoice::None) => ("NONE", Vec::new()),
        Some(ToolChoice::Required) => ("ANY", Vec::new()),
        Some(ToolChoice::Named(name)) => ("ANY", vec![wire(name)]),
        Some(ToolChoice::Allowed { required: true, names }) => ("ANY", names.iter().map(wire).collect()),
    };
    let mut config = Writer::object(body.key("toolConfig"));
    let mut calling = Writer::object(config.key("functionCallingConfig"));
    calling.text("mode", mode);
    if !names.is_empty() {
        let mut list = Writer::array(calling.key("allowedFunctionNames"));
        for name in names {
            push_string(list.item(), &name);
        }
        list.end();
    }
    calling.end();
    config.end();
}

fn config(request: &Request, target: &Target, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    let before = body.len();
    let mut config = Writer::object(body.key("generationConfig"));
    let most = target.model_max_output.max(1);
    let given = request.max_output.or(target.insert_max_tokens);
    if given.is_some_and(|given| given > most) {
        losses.push(Loss::approximated("max_tokens", "the model's answers are shorter than that"));
    }
    let limit = given.map(|given| given.min(most));
    if let Some(limit) = limit {
        config.number("maxOutputTokens", limit);
    }
    sampling(request, &mut config, losses);
    format(request, target, &mut config, losses);
    thinking::write(request, target, limit, &mut config, losses);
    if config.is_empty() {
        body.cut_back(before);
    } else {
        config.end();
    }
}

fn sampling(request: &Request, config: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    let sampling = &request.sampling;
    let seed = sampling.seed.as_ref().filter(|seed| seed.parse::<i32>().is_ok());
    if sampling.seed.is_some() && seed.is_none() {
        losses.push(Loss::dropped("seed", "the target takes seeds of 32 bits"));
    }
    let fields = [
        ("temperature", sampling.temperature.as_ref()),
        ("topP", sampling.top_p.as_ref()),
        ("topK", sampling.top_k.as_ref()),
        ("seed", seed),
        ("presencePenalty", sampling.presence_penalty.as_ref()),
        ("frequencyPenalty", sampling.frequency_penalty.as_ref()),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            config.raw(name, value);
        }
    }
    if request.stop.is_empty() {
        return;
    }
    let mut list = Writer::array(config.key("stopSequences"));
    for stop in request.stop.iter().take(STOPS_MAX) {
        push_string(list.item(), stop);
    }
    list.end();
    if request.stop.len() > STOPS_MAX {
        let why = "the target takes five stop sequences; the gateway watches for the rest";
        losses.push(Loss::emulated("stop_sequences", why));
    }
}

fn format(request: &Request, target: &Target, config: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    const JSON: &str = "application/json";
    match &request.output_format {
        OutputFormat::Text => {}
        OutputFormat::JsonSchema { .. } if !target.structured_output => {}
        OutputFormat::JsonObject => config.text("responseMimeType", JSON),
        OutputFormat::JsonSchema { schema, name, .. } => {
            config.text("responseMimeType", JSON);
            if target.json_schema {
                config.raw("responseJsonSchema", schema.get());
            } else if let Some((subset, lost)) = to_subset(schema.get()) {
                config.raw("responseSchema", &subset);
                schema_lost(lost, "response_format.json_schema.schema", losses);
            }
            if name.is_some() {
                let why = "a schema has no name at the target";
                losses.push(Loss::dropped("response_format.json_schema.name", why));
            }
        }
    }
}

/// Hints that nobody misses, and fields that only the client's dialect has.
fn drop_rest(request: &Request, losses: &mut Vec<Loss>) {
    if request.user.is_some() {
        losses.push(Loss::dropped("user", "the target has no names of users"));
    }
    if request.service_tier.as_deref().is_some_and(|t| t != "auto") {
        losses.push(Loss::dropped("service_tier", "tiers differ between providers"));
    }
    for (name, _) in &request.extras {
        losses.push(Loss::dropped(name.clone(), "the target has no such field"));
    }
}
