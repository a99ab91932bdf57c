//! A request written for a Messages server. In: `canon::Request` and the target. Out: a body, headers, losses, the way back
//! for names; or a fault that names what cannot be said here. Never here: the client's dialect.

use super::blocks::{Pen, is_own};
use super::cache_insert;
use crate::convert::{Encoded, server_tool};
use crate::peek::THINKING_BUDGET_MIN;
use crate::seal::Maker;
use crate::target::{SystemPlacement, Target, ThinkingForm};
use crate::write::{SPARE_BYTES, Writer};
use bytes::Bytes;
use canon::{
    Block, BlockKind, CacheMark, Fault, Loss, OutputFormat, ReasoningMode, Request, Role, Tool, ToolChoice, Turn,
};
use std::borrow::Cow;

/// Longest tool name that a Messages server takes.
const NAME_LEN_MAX: usize = 128;
/// A schema for tools without arguments; the field must be there.
const NO_ARGUMENTS: &str = "{\"type\":\"object\",\"properties\":{}}";

/// Encodes a request.
pub(crate) fn request(request: &Request, target: &Target) -> Result<Encoded, Fault> {
    let mut pen = Pen::new(target.maker);
    let plan = Thinking::plan(request, target, &mut pen.losses);
    let turns = place_system(request, target, &mut pen.losses);
    let mut out = Vec::with_capacity(request.read_bytes + SPARE_BYTES);
    let mut body = Writer::object(&mut out);
    body.text("model", &target.model);
    body.number("max_tokens", plan.max_tokens);
    if request.stream {
        body.raw("stream", "true");
    }
    let ours = cache_insert::mark(request, target);
    let marked = system(request, target, ours, &mut body, &mut pen);
    // Tools before messages, so that a reader of the prefix sees what the calls refer to.
    tools(request, ours.filter(|_| !marked), &mut body, &mut pen)?;
    tool_choice(request, plan.on(), &mut body, &mut pen);
    pen.messages(&turns, ours, body.key("messages"))?;
    sampling(request, plan.on(), &mut body, &mut pen.losses);
    plan.write(request, &mut body, target, &mut pen.losses);
    if let Some(user) = &request.user {
        let mut metadata = Writer::object(body.key("metadata"));
        metadata.text("user_id", user);
        metadata.end();
    }
    drop_rest(request, &mut pen.losses);
    body.end();
    Ok(Encoded::new(Bytes::from(out), pen.losses, pen.names))
}

/// The thinking that is asked for, and the limit of answer tokens it must stay under.
struct Thinking {
    max_tokens: u64,
    mode: ReasoningMode,
}

impl Thinking {
    fn plan(request: &Request, target: &Target, losses: &mut Vec<Loss>) -> Self {
        let most = target.model_max_output.max(1);
        let given = request.max_output.or(target.insert_max_tokens);
        let max_tokens = given.unwrap_or(most).min(most);
        if given.is_some_and(|given| given > most) {
            let why = "the model's answers are shorter than that";
            losses.push(Loss::approximated("max_tokens", why));
        }
        let mode = match target.thinking {
            ThinkingForm::Never => {
                if request.reasoning.wanted() {
                    losses.push(Loss::dropped("reasoning_effort", "the model does not reason"));
                }
                ReasoningMode::Unset
            }
            ThinkingForm::Adaptive if request.reasoning.wanted() => ReasoningMode::Adaptive,
            ThinkingForm::Budget | ThinkingForm::Level
                if request.reasoning.wanted() && unthought(request, target.maker) =>
            {
                let why = "the calls under way came without their reasoning";
                losses.push(Loss::dropped("reasoning_effort", why));
                ReasoningMode::Unset
            }
            ThinkingForm::Budget | ThinkingForm::Level if request.reasoning.wanted() => {
                budget(request, target, max_tokens, losses)
            }
            // Not thinking is what a model does that is not asked to.
            ThinkingForm::Adaptive | ThinkingForm::Budget | ThinkingForm::Level => ReasoningMode::Unset,
        };
        Self { max_tokens, mode }
    }

    const fn on(&self) -> bool {
        matches!(self.mode, ReasoningMode::Adaptive | ReasoningMode::Budget(_))
    }

    fn write(&self, request: &Request, body: &mut Writer<'_>, target: &Target, losses: &mut Vec<Loss>) {
        match self.mode {
            ReasoningMode::Budget(budget) => {
                let mut thinking = Writer::object(body.key("thinking"));
                thinking.text("type", "enabled");
                thinking.number("budget_tokens", budget);
                thinking.end();
            }
            ReasoningMode::Adaptive => {
                let mut thinking = Writer::object(body.key("thinking"));
                thinking.text("type", "adaptive");
                thinking.end();
            }
            ReasoningMode::Unset | ReasoningMode::Off => {}
        }
        let schema = match &request.output_format {
            OutputFormat::JsonSchema { schema, name, .. } if target.structured_output => Some((schema, name)),
            _ => None,
        };
        let asked = request.reasoning.effort.as_deref().filter(|_| self.mode == ReasoningMode::Adaptive);
        let effort = asked.and_then(effort_word);
        if asked != effort {
            losses.push(Loss::approximated("reasoning_effort", "the target has no such word for an effort"));
        }
        if schema.is_none() && effort.is_none() {
            return;
        }
        let mut config = Writer::object(body.key("output_config"));
        if let Some(effort) = effort {
            config.text("effort", effort);
        }
        if let Some((schema, name)) = schema {
            let mut format = Writer::object(config.key("format"));
            format.text("type", "json_schema");
            format.raw("schema", schema.get());
            format.end();
            if name.is_some() {
                let why = "a schema has no name at the target";
                losses.push(Loss::dropped("response_format.json_schema.name", why));
            }
        }
        config.end();
    }
}

/// Whether results are handed in for calls whose message does not start with signed thinking: with a budget the server
/// refuses that, and clients that do not send reasoning back could never call a tool twice.
fn unthought(request: &Request, maker: Maker) -> bool {
    let calls = |turn: &&Turn| turn.role == Role::Assistant;
    let results = |block: &Block| matches!(block.kind, BlockKind::ToolResult { .. });
    let under_way = request.turns.last().is_some_and(|t| t.blocks.iter().any(results));
    let last = request.turns.iter().rev().find(calls);
    let first = last.and_then(|turn| turn.blocks.first());
    under_way && !first.is_some_and(|block| is_own(&block.kind, maker))
}

/// The word of this dialect for an effort.
fn effort_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "minimal" | "low" => "low",
        "medium" => "medium",
        "high" => "high",
        "xhigh" => "xhigh",
        "max" => "max",
        _ => return None,
    })
}

/// The budget for an effort, below the limit of answer tokens so that an answer fits as well.
fn budget(request: &Request, target: &Target, max_tokens: u64, losses: &mut Vec<Loss>) -> ReasoningMode {
    let wanted = match request.reasoning.mode {
        ReasoningMode::Budget(budget) => budget,
        _ => match request.reasoning.effort.as_deref() {
            Some("minimal") => THINKING_BUDGET_MIN,
            Some("low") => 2_048,
            Some("high") => 16_384,
            Some("xhigh" | "max") => target.thinking_budget_max,
            _ => 8_192,
        },
    };
    let budget = wanted.min(target.thinking_budget_max).min(max_tokens / 4 * 3);
    if budget < THINKING_BUDGET_MIN {
        let why = "the limit of answer tokens leaves no room for reasoning";
        losses.push(Loss::dropped("reasoning_effort", why));
        return ReasoningMode::Unset;
    }
    if budget < wanted {
        let why = "the reasoning budget was lowered to fit the limits";
        losses.push(Loss::approximated("reasoning_effort", why));
    } else if !matches!(request.reasoning.mode, ReasoningMode::Budget(_)) && request.reasoning.effort.is_some() {
        losses.push(Loss::approximated(
            "reasoning_effort",
            "the target has budgets of tokens, not levels of thinking",
        ));
    }
    ReasoningMode::Budget(budget)
}

/// System prompts in the middle, where the server takes none: user blocks in a marker, in their place.
fn place_system<'r>(request: &'r Request, target: &Target, losses: &mut Vec<Loss>) -> Cow<'r, [Turn]> {
    if request.turns.iter().all(|turn| turn.role != Role::System) {
        return Cow::Borrowed(&request.turns);
    }
    let native = matches!(target.system, SystemPlacement::SystemInPlace | SystemPlacement::DeveloperInPlace);
    let mut placed = Request::new(request.dialect, "");
    for (n, turn) in request.turns.iter().enumerate() {
        let after_user = n > 0 && request.turns[n - 1].role == Role::User;
        if turn.role != Role::System || (native && after_user) {
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

/// Writes the system prompt, with a mark of ours at its end; says whether there is one.
fn system(
    request: &Request,
    target: &Target,
    ours: Option<CacheMark>,
    body: &mut Writer<'_>,
    pen: &mut Pen,
) -> bool {
    let asked = match &request.output_format {
        OutputFormat::Text => None,
        OutputFormat::JsonSchema { .. } if target.structured_output => None,
        OutputFormat::JsonSchema { schema, .. } => {
            let why = "the schema is asked for in the system prompt; it is not enforced";
            pen.losses.push(Loss::emulated("response_format", why));
            Some(Block::text(format!(
                "Answer with one JSON object that fits this JSON Schema, and with nothing else:\n{}",
                schema.get()
            )))
        }
        OutputFormat::JsonObject => {
            let why = "JSON is asked for in the system prompt; it is not enforced";
            pen.losses.push(Loss::emulated("response_format", why));
            Some(Block::text("Answer with one JSON object and with nothing else."))
        }
    };
    let texts = request
        .system
        .iter()
        .chain(&asked)
        .filter(|b| matches!(&b.kind, BlockKind::Text(t) if !t.trim().is_empty()));
    let texts: Vec<&Block> = texts.collect();
    let Some(last) = texts.len().checked_sub(1) else { return false };
    let mut array = Writer::array(body.key("system"));
    for (n, block) in texts.into_iter().enumerate() {
        pen.text_block(block, ours.filter(|_| n == last), array.item());
    }
    array.end();
    true
}

/// Writes the tools, with a mark of ours at their end.
fn tools(request: &Request, ours: Option<CacheMark>, body: &mut Writer<'_>, pen: &mut Pen) -> Result<(), Fault> {
    let allowed = match &request.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => Some(names),
        _ => None,
    };
    let mut functions = Vec::new();
    for tool in &request.tools {
        match tool {
            Tool::Function(function) => functions.push(function),
            Tool::Server { kind, place, .. } => return Err(server_tool(place, kind)),
            _ => {}
        }
    }
    functions.retain(|f| allowed.is_none_or(|names| names.contains(&f.name)));
    if functions.is_empty() {
        return Ok(());
    }
    // Tools that are loaded later are no part of the prefix.
    let last = functions.iter().rposition(|function| !function.deferred);
    let mut array = Writer::array(body.key("tools"));
    for (n, function) in functions.into_iter().enumerate() {
        let mut tool = Writer::object(array.item());
        tool.text("name", &pen.names.wire_name(&function.name, NAME_LEN_MAX));
        if let Some(description) = &function.description {
            tool.text("description", description);
        }
        let schema = function.schema.as_ref().map_or(NO_ARGUMENTS, |s| s.get());
        tool.raw("input_schema", if schema == "{}" { NO_ARGUMENTS } else { schema });
        if let Some(strict) = function.strict.filter(|s| *s) {
            tool.raw("strict", if strict { "true" } else { "false" });
        }
        if function.deferred {
            tool.raw("defer_loading", "true");
        }
        pen.cache(function.cache.or(ours.filter(|_| last == Some(n))), &mut tool);
        tool.end();
    }
    array.end();
    Ok(())
}

fn tool_choice(request: &Request, thinking: bool, body: &mut Writer<'_>, pen: &mut Pen) {
    if request.tools.is_empty() {
        return;
    }
    let choice = request.tool_choice.as_ref();
    let forced = match choice {
        Some(ToolChoice::Required | ToolChoice::Named(_)) => true,
        Some(ToolChoice::Allowed { required, .. }) => *required,
        _ => false,
    };
    if forced && thinking {
        let why = "a model that reasons cannot be forced to call a tool";
        pen.losses.push(Loss::approximated("tool_choice", why));
    }
    let word = match choice {
        _ if forced && thinking => "auto",
        Some(ToolChoice::None) => "none",
        Some(ToolChoice::Named(_)) => "tool",
        _ if forced => "any",
        _ => "auto",
    };
    let single = request.parallel_tools == Some(false) && word != "none";
    if choice.is_none() && !single {
        return;
    }
    let mut object = Writer::object(body.key("tool_choice"));
    object.text("type", word);
    if let (Some(ToolChoice::Named(name)), "tool") = (choice, word) {
        object.text("name", &pen.names.wire_name(name, NAME_LEN_MAX));
    }
    if let Some(parallel) = request.parallel_tools.filter(|_| word != "none") {
        object.raw("disable_parallel_tool_use", if parallel { "false" } else { "true" });
    }
    object.end();
}

fn sampling(request: &Request, thinking: bool, body: &mut Writer<'_>, losses: &mut Vec<Loss>) {
    let sampling = &request.sampling;
    let fields = [("temperature", &sampling.temperature), ("top_p", &sampling.top_p), ("top_k", &sampling.top_k)];
    for (name, value) in fields {
        let Some(value) = value else { continue };
        if thinking {
            losses.push(Loss::dropped(name, "a model that reasons draws its tokens its own way"));
        } else if name == "temperature" && value.parse::<f64>().is_ok_and(|t| t > 1.0) {
            losses.push(Loss::approximated(name, "the target's temperature ends at 1"));
            body.raw(name, "1");
        } else {
            body.raw(name, value);
        }
    }
    let hints = [
        ("seed", &sampling.seed),
        ("presence_penalty", &sampling.presence_penalty),
        ("frequency_penalty", &sampling.frequency_penalty),
    ];
    for (name, _) in hints.into_iter().filter(|(_, value)| value.is_some()) {
        losses.push(Loss::dropped(name, "the target has no such field"));
    }
    let stops: Vec<&String> = request.stop.iter().filter(|s| !s.trim().is_empty()).collect();
    if stops.len() < request.stop.len() {
        let why = "the target takes no stop sequences of blanks";
        losses.push(Loss::dropped("stop", why));
    }
    if !stops.is_empty() {
        let mut array = Writer::array(body.key("stop_sequences"));
        for stop in stops {
            crate::json::push_string(array.item(), stop);
        }
        array.end();
    }
}

/// Hints that nobody misses, and fields that only the client's dialect has.
fn drop_rest(request: &Request, losses: &mut Vec<Loss>) {
    if request.service_tier.as_deref().is_some_and(|t| t != "auto") {
        losses.push(Loss::dropped("service_tier", "tiers differ between providers"));
    }
    for (name, _) in &request.extras {
        losses.push(Loss::dropped(name.clone(), "the target has no such field"));
    }
}
