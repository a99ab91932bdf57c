//! What a request says in no dialect, as lines that can be compared. In: a decoded request. Out: lines. Never here: ids of calls
//! and names of schemas, which are not the same everywhere, and what only one side must say.

use canon::{Block, BlockKind, OutputFormat, ReasoningMode, Request, ToolChoice};
use std::collections::BTreeSet;

fn block(block: &Block) -> String {
    match &block.kind {
        BlockKind::ToolCall { name, arguments, .. } => {
            let arguments = if arguments.is_empty() { "{}" } else { arguments };
            format!("call {name} {arguments}")
        }
        BlockKind::ToolResult { content, is_error, .. } => {
            let content: Vec<String> = content.iter().map(self::block).collect();
            format!("result {is_error} {content:?}")
        }
        BlockKind::Image { source, .. } => format!("{source:?}"),
        other => format!("{other:?}"),
    }
}

/// The lines of a request; what is not asked for has none.
pub fn of(request: &Request) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let system: Vec<String> = request.system.iter().map(block).collect();
    let mut put = |what: &str, value: Option<String>| out.extend(value.map(|value| format!("{what}: {value}")));
    put("system", (!system.is_empty()).then(|| format!("{system:?}")));
    for (n, turn) in request.turns.iter().enumerate() {
        let blocks: Vec<String> = turn.blocks.iter().map(block).collect();
        put(&format!("turn {n}"), Some(format!("{:?} {blocks:?}", turn.role)));
    }
    let choice = match &request.tool_choice {
        // One allowed tool that must be called is that tool.
        Some(ToolChoice::Allowed { required: true, names }) if names.len() == 1 => {
            Some(ToolChoice::Named(names[0].clone()))
        }
        other => other.clone().filter(|choice| *choice != ToolChoice::Auto),
    };
    put("choice", choice.map(|choice| format!("{choice:?}")));
    put("parallel", request.parallel_tools.filter(|parallel| !parallel).map(|_| "no".to_owned()));
    put("limit", request.max_output.map(|most| most.to_string()));
    put("stop", (!request.stop.is_empty()).then(|| format!("{:?}", request.stop)));
    let sampling = &request.sampling;
    for (what, value) in [
        ("temperature", &sampling.temperature),
        ("top p", &sampling.top_p),
        ("top k", &sampling.top_k),
        ("seed", &sampling.seed),
        ("presence", &sampling.presence_penalty),
        ("frequency", &sampling.frequency_penalty),
        ("user", &request.user),
    ] {
        put(what, value.clone());
    }
    put(
        "form",
        match &request.output_format {
            OutputFormat::Text => None,
            OutputFormat::JsonObject => Some("an object".to_owned()),
            OutputFormat::JsonSchema { schema, .. } => Some(schema.get().to_owned()),
        },
    );
    let off = request.reasoning.mode == ReasoningMode::Off;
    let thinks = if off { Some("no") } else { request.reasoning.wanted().then_some("yes") };
    put("thinks", thinks.map(str::to_owned));
    out
}
