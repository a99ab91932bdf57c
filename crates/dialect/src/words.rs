//! How clients call what writers name. In: a fault or losses in the words that most clients have, and the client's dialect.
//! Out: the same in its own words. Never here: a sentence of its own, what readers of the client's dialect named themselves.

use canon::{Dialect, Fault, Loss};
use std::borrow::Cow;

/// Writers' words and a client's; of a path that begins with several, the first counts.
type Words = &'static [(&'static str, &'static str)];

/// Fields that refusals of writers name.
const REFUSED: fn(Dialect) -> Words = |client| match client {
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
        ("messages[].content[]", "contents[].parts[]"),
        ("messages", "contents"),
    ],
    Dialect::Completions => &[("stop_sequences", "stop"), ("metadata.user_id", "user"), ("messages", "prompt")],
    _ => &[],
};

/// Writers name fields by the words that most clients have; a client with other words gets them by its own.
pub(crate) fn refused(client: Dialect, mut fault: Fault) -> Fault {
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

#[cfg(test)]
mod tests {
    use super::*;

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
            (Dialect::Gemini, "labels", "labels"),
        ] {
            let mut losses = [Loss::dropped(word, "x")];
            lost(client, &mut losses);
            assert_eq!(losses[0].path, theirs, "{client:?}");
        }
    }
}
