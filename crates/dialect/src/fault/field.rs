//! Which fields of a request an upstream may name to a client. In: what it names. Out: the path, if it is one.
//! Never here: an upstream's sentence.

/// A field path longer than this is not passed on.
const PARAM_BYTES_MAX: usize = 120;

/// Request fields that an upstream may name to a client.
const ROOTS: &[&str] = &[
    "messages",
    "contents",
    "generation_config",
    "system_instruction",
    "tool_config",
    "safety_settings",
    "system",
    "model",
    "tools",
    "tool_choice",
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "stop_sequences",
    "stream",
    "stream_options",
    "response_format",
    "output_config",
    "reasoning_effort",
    "thinking",
    "n",
    "seed",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "presence_penalty",
    "frequency_penalty",
    "parallel_tool_calls",
    "metadata",
    "user",
    "service_tier",
    "modalities",
    "audio",
    "prediction",
    "functions",
    "function_call",
    "verbosity",
    "input",
    "instructions",
    "max_output_tokens",
    "text",
    "reasoning",
    "truncation",
    "include",
    "previous_response_id",
    "encoding_format",
    "dimensions",
    "prompt",
    "size",
    "quality",
    "image",
    "images",
    "mask",
    "style",
    "background",
    "moderation",
    "output_format",
    "output_compression",
    "input_fidelity",
];

/// The path if it looks like one and its root is a field of a request. Anything else may be a sentence or a secret.
pub(super) fn field_path(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > PARAM_BYTES_MAX {
        return None;
    }
    let root_end = text.find(['.', '[']).unwrap_or(text.len());
    if !ROOTS.contains(&&text[..root_end]) {
        return None;
    }
    let mut rest = &text[root_end..];
    while !rest.is_empty() {
        rest = if let Some(index) = rest.strip_prefix('[') {
            let close = index.find(']')?;
            let digits = &index[..close];
            if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            &index[close + 1..]
        } else {
            let step = rest.strip_prefix('.')?;
            let end = step.find(['.', '[']).unwrap_or(step.len());
            // Names of fields are short, lower case words; a client's own tool names stay out as well.
            let known = step[..end].bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                || step[..end].bytes().all(|b| b.is_ascii_digit());
            if end == 0 || end > 24 || !known {
                return None;
            }
            &step[end..]
        };
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_field_paths_pass() {
        for (text, passes) in [
            ("messages[0].content", true),
            ("messages.0.content.1.source", true),
            ("max_tokens", true),
            ("tools[3].function.parameters", true),
            ("messages[0].sk-live-CANARY", false),
            ("https://host/path", false),
            ("messages[0].content of account org-1", false),
            ("messages[a]", false),
            ("api_key", false),
            ("messages[", false),
            ("", false),
        ] {
            assert_eq!(field_path(text).is_some(), passes, "{text}");
        }
    }
}
