//! How clients call what writers and upstreams name. In: a fault or losses in the words that most clients have, or in an upstream's,
//! and the client's dialect. Out: the same in its own words. Never here: a sentence of its own, what readers of the client's dialect named themselves.

use canon::{Dialect, Fault, Loss};
use std::borrow::Cow;

/// Writers' words and a client's; of a path that begins with several, the first counts.
type Words = &'static [(&'static str, &'static str)];

/// Fields that refusals of writers name.
const REFUSED: fn(Dialect) -> Words = |client| match client {
    Dialect::OpenAiChat => &[("stop_sequences", "stop")],
    Dialect::Gemini => &[
        ("messages", "contents"),
        ("n", "generationConfig.candidateCount"),
        ("stop_sequences", "generationConfig.stopSequences"),
    ],
    Dialect::OpenAiResponses => &[("messages", "input")],
    Dialect::Completions => &[("messages", "prompt"), ("stop_sequences", "stop")],
    _ => &[],
};

/// Fields that losses of writers name.
const LOST: fn(Dialect) -> Words = |client| match client {
    Dialect::OpenAiChat => &[
        ("cache_control", "messages[].content[].prompt_cache_breakpoint"),
        ("metadata.user_id", "user"),
        ("output_config.format", "response_format"),
        ("stop_sequences", "stop"),
        ("messages[].content[].is_error", "messages[].content"),
        ("messages[].content[].title", "messages[].content[].file.filename"),
        ("messages[].content[].thinking", "messages[].reasoning_content"),
        ("messages[].content[].content", "messages[].content"),
    ],
    Dialect::Anthropic => &[
        ("reasoning_effort", "output_config.effort"),
        ("response_format", "output_config.format"),
        ("parallel_tool_calls", "tool_choice.disable_parallel_tool_use"),
        ("tools[].function", "tools[]"),
        ("messages[].reasoning_content", "messages[].content[].thinking"),
        ("messages[].tool_calls[].function.arguments", "messages[].content[].input"),
        ("stop", "stop_sequences"),
        ("user", "metadata.user_id"),
    ],
    Dialect::OpenAiResponses => &[
        ("cache_control", "input[].content[].prompt_cache_breakpoint"),
        ("max_tokens", "max_output_tokens"),
        ("metadata.user_id", "safety_identifier"),
        ("user", "safety_identifier"),
        ("output_config.format", "text.format"),
        ("response_format.json_schema", "text.format"),
        ("response_format", "text.format"),
        ("reasoning_effort", "reasoning.effort"),
        ("thinking.display", "reasoning.summary"),
        ("thinking", "reasoning"),
        ("tools[].function", "tools[]"),
        ("messages[].reasoning_content", "input[].encrypted_content"),
        ("messages[].content[].thinking", "input[].encrypted_content"),
        ("messages[].tool_calls[].function", "input[]"),
        ("messages[].content[].content", "input[].output"),
        ("messages[].content[].is_error", "input[].output"),
        ("messages[].content[].title", "input[].content[].filename"),
        ("messages[].content[].image_url.detail", "input[].content[].detail"),
        ("messages", "input"),
    ],
    Dialect::Gemini => &[
        ("max_tokens", "generationConfig.maxOutputTokens"),
        ("temperature", "generationConfig.temperature"),
        ("top_p", "generationConfig.topP"),
        ("top_k", "generationConfig.topK"),
        ("seed", "generationConfig.seed"),
        ("presence_penalty", "generationConfig.presencePenalty"),
        ("frequency_penalty", "generationConfig.frequencyPenalty"),
        ("stop_sequences", "generationConfig.stopSequences"),
        ("stop", "generationConfig.stopSequences"),
        ("output_config.format", "generationConfig.responseMimeType"),
        ("response_format", "generationConfig.responseMimeType"),
        ("reasoning_effort", "generationConfig.thinkingConfig"),
        ("thinking.budget_tokens", "generationConfig.thinkingConfig.thinkingBudget"),
        ("thinking.display", "generationConfig.thinkingConfig.includeThoughts"),
        ("thinking", "generationConfig.thinkingConfig"),
        ("tool_choice", "toolConfig.functionCallingConfig"),
        ("messages[].reasoning_content", "contents[].parts[].thoughtSignature"),
        ("messages[].content[].thinking", "contents[].parts[].thoughtSignature"),
        ("messages[].content[].content", "contents[].parts[].functionResponse.parts"),
        ("messages[].content[].is_error", "contents[].parts[].functionResponse.response"),
        ("messages[].content[].title", "contents[].parts[].inlineData.displayName"),
        ("messages[].tool_calls[].function.arguments", "contents[].parts[].functionCall.args"),
        ("messages[].content[]", "contents[].parts[]"),
        ("messages", "contents"),
    ],
    Dialect::Completions => &[("stop_sequences", "stop"), ("metadata.user_id", "user"), ("messages", "prompt")],
    _ => &[],
};

/// Writers name fields by the words that most clients have; a client with other words gets them by its own. What names no place is
/// somewhere in the conversation.
pub(crate) fn refused(client: Dialect, mut fault: Fault) -> Fault {
    if fault.param.is_none() {
        fault.param = Some(Cow::Borrowed("messages"));
    }
    let found = REFUSED(client).iter().find(|(word, _)| fault.param.as_deref() == Some(*word));
    if let Some((word, theirs)) = found {
        fault.told = Cow::Owned(fault.told.replace(&format!("`{word}`"), &format!("`{theirs}`")));
        fault.param = Some(Cow::Borrowed(theirs));
    }
    fault
}

/// The same for what a writer lost.
pub(crate) fn lost(client: Dialect, losses: &mut [Loss]) {
    for loss in losses {
        let found = LOST(client).iter().find_map(|(word, theirs)| {
            let rest = loss.path.strip_prefix(word)?;
            // `stop` is not the beginning of `stop_sequences`.
            (rest.is_empty() || rest.starts_with(['.', '['])).then(|| format!("{theirs}{rest}"))
        });
        if let Some(path) = found {
            loss.path = path;
        }
    }
}

/// Fields of upstreams whose names differ from dialect to dialect, each by the word of this table. Inside a conversation the two
/// sides count differently, so only the conversation is named.
const THEIRS: [(&str, &str); 24] = [
    ("messages", "messages"),
    ("input", "messages"),
    ("contents", "messages"),
    ("prompt", "messages"),
    ("system", "system"),
    ("instructions", "system"),
    ("system_instruction", "system"),
    ("max_tokens", "max_tokens"),
    ("max_completion_tokens", "max_tokens"),
    ("max_output_tokens", "max_tokens"),
    ("generation_config.max_output_tokens", "max_tokens"),
    ("stop", "stop"),
    ("stop_sequences", "stop"),
    ("generation_config.stop_sequences", "stop"),
    ("response_format", "response_format"),
    ("text", "response_format"),
    ("output_config.format", "response_format"),
    ("generation_config.response_schema", "response_format"),
    ("generation_config.response_json_schema", "response_format"),
    ("reasoning_effort", "reasoning_effort"),
    ("reasoning", "reasoning_effort"),
    ("thinking", "reasoning_effort"),
    ("output_config", "reasoning_effort"),
    ("generation_config.thinking_config", "reasoning_effort"),
];

/// Fields that have the same name wherever they are.
const SHARED: [&str; 6] = ["temperature", "top_p", "top_k", "seed", "tools", "tool_choice"];

/// The client's word for a word of the table, where it has one.
const OURS: fn(Dialect) -> Words = |client| match client {
    Dialect::OpenAiChat => &[
        ("messages", "messages"),
        ("system", "messages"),
        ("max_tokens", "max_tokens"),
        ("stop", "stop"),
        ("response_format", "response_format"),
        ("reasoning_effort", "reasoning_effort"),
    ],
    Dialect::Anthropic => &[
        ("messages", "messages"),
        ("system", "system"),
        ("max_tokens", "max_tokens"),
        ("stop", "stop_sequences"),
        ("response_format", "output_config.format"),
        ("reasoning_effort", "thinking"),
    ],
    Dialect::OpenAiResponses => &[
        ("messages", "input"),
        ("system", "instructions"),
        ("max_tokens", "max_output_tokens"),
        ("response_format", "text.format"),
        ("reasoning_effort", "reasoning"),
    ],
    Dialect::Gemini => &[
        ("messages", "contents"),
        ("system", "systemInstruction"),
        ("max_tokens", "generationConfig.maxOutputTokens"),
        ("stop", "generationConfig.stopSequences"),
        ("response_format", "generationConfig.responseMimeType"),
        ("reasoning_effort", "generationConfig.thinkingConfig"),
        ("temperature", "generationConfig.temperature"),
        ("top_p", "generationConfig.topP"),
        ("top_k", "generationConfig.topK"),
        ("seed", "generationConfig.seed"),
        ("tools", "tools"),
        ("tool_choice", "toolConfig.functionCallingConfig"),
    ],
    Dialect::Completions => {
        &[("messages", "prompt"), ("system", "prompt"), ("max_tokens", "max_tokens"), ("stop", "stop")]
    }
    _ => &[],
};

/// A field that an upstream named, as the client calls it; `None` where it has no such field.
pub(crate) fn named(client: Dialect, upstream: Dialect, path: &str) -> Option<String> {
    if client == upstream {
        return Some(if client == Dialect::Gemini { camel_path(path) } else { path.to_owned() });
    }
    let word = path.split('[').next().unwrap_or(path);
    let at_field =
        |field: &str| word.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let inside = word.strip_prefix("generation_config.").unwrap_or(word);
    let known = THEIRS.iter().find(|(field, _)| at_field(field)).map(|(_, word)| *word);
    let shared = SHARED.into_iter().find(|field| inside.split('.').next() == Some(field));
    let word = known.or(shared)?;
    let ours = OURS(client).iter().find(|(known, _)| *known == word).map(|(_, ours)| *ours);
    let same =
        || Some(word).filter(|_| client != Dialect::Gemini && SHARED.contains(&word) && !OURS(client).is_empty());
    ours.or_else(same).map(str::to_owned)
}

/// A path as Gemini's clients write it; its server uses the other spelling.
fn camel_path(path: &str) -> String {
    let steps: Vec<_> = path.split('.').map(crate::gemini::names::camel).collect();
    steps.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field that an upstream names is told by the client's name of it, or not at all.
    #[test]
    fn fields_of_upstreams_are_in_the_words_of_the_client() {
        use Dialect::{Anthropic, Completions, Gemini, OpenAiChat, OpenAiResponses};
        for (client, upstream, path, ours) in [
            (OpenAiChat, OpenAiChat, "messages[0].content", Some("messages[0].content")),
            (
                Gemini,
                Gemini,
                "contents[0].parts[1].inline_data.mime_type",
                Some("contents[0].parts[1].inlineData.mimeType"),
            ),
            (Gemini, OpenAiChat, "messages[0].content", Some("contents")),
            (OpenAiResponses, Anthropic, "messages.1.content.0", Some("input")),
            (Completions, OpenAiChat, "messages[0]", Some("prompt")),
            (OpenAiChat, Gemini, "contents[0].parts[0].inline_data.data", Some("messages")),
            (Anthropic, OpenAiResponses, "input[2].content[0]", Some("messages")),
            (Gemini, OpenAiChat, "max_completion_tokens", Some("generationConfig.maxOutputTokens")),
            (OpenAiResponses, Gemini, "generation_config.temperature", Some("temperature")),
            (OpenAiChat, OpenAiResponses, "text.format.schema", Some("response_format")),
            (Anthropic, OpenAiChat, "tools[1].function.parameters", Some("tools")),
            (Completions, OpenAiChat, "tools[0]", Some("tools")),
            (OpenAiResponses, OpenAiChat, "stop", None),
            (Gemini, OpenAiChat, "stream_options", None),
            (OpenAiChat, Anthropic, "metadata", None),
        ] {
            assert_eq!(named(client, upstream, path).as_deref(), ours, "{client:?} {upstream:?} {path}");
        }
    }

    /// R-WIRE-4: losses are told in the client's words, whichever writer lost it.
    #[test]
    fn r_wire_4_losses_are_in_the_words_of_the_client() {
        for (client, word, theirs) in [
            (Dialect::OpenAiChat, "stop_sequences", "stop"),
            (Dialect::Anthropic, "reasoning_effort", "output_config.effort"),
            (Dialect::Anthropic, "stop_sequences", "stop_sequences"),
            (Dialect::OpenAiResponses, "messages[0]", "input[0]"),
            (Dialect::OpenAiResponses, "response_format.json_schema.name", "text.format.name"),
            (Dialect::Gemini, "top_k", "generationConfig.topK"),
            (Dialect::Gemini, "messages[].content[].image_url", "contents[].parts[].image_url"),
            (Dialect::Gemini, "messages[].tool_calls[].function.arguments", "contents[].parts[].functionCall.args"),
            (Dialect::Gemini, "labels", "labels"),
        ] {
            let mut losses = [Loss::dropped(word, "x")];
            lost(client, &mut losses);
            assert_eq!(losses[0].path, theirs, "{client:?}");
        }
    }
}
