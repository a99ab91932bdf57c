//! The response object. In: a head, the settings to repeat, items, how it stands. Out: JSON with every field that readers
//! require. Never here: items (item), when it goes out.

use super::echo::Echo;
use super::usage;
use crate::json::push_string;
use crate::lane::ReplyHead;
use crate::write::Writer;
use units::Usage;

/// How an answer stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct End<'a> {
    /// `in_progress`, `completed`, `incomplete` or `failed`.
    pub status: &'static str,
    /// Why it is incomplete.
    pub incomplete: Option<&'static str>,
    /// Why it failed: a code and a sentence.
    pub error: Option<(&'a str, &'a str)>,
    /// What it used.
    pub usage: Option<&'a Usage>,
}

/// The settings of an answer, with what they are where the client said nothing.
const SETTINGS: [(&str, &str); 20] = [
    ("instructions", "null"),
    ("tools", "[]"),
    ("tool_choice", "\"auto\""),
    ("truncation", "\"disabled\""),
    ("parallel_tool_calls", "true"),
    ("text", "{\"format\":{\"type\":\"text\"}}"),
    ("top_p", "1"),
    ("presence_penalty", "0"),
    ("frequency_penalty", "0"),
    ("top_logprobs", "0"),
    ("temperature", "1"),
    ("reasoning", "{\"effort\":null,\"summary\":null}"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("store", "true"),
    ("background", "false"),
    ("metadata", "{}"),
    ("safety_identifier", "null"),
    ("prompt_cache_key", "null"),
    ("previous_response_id", "null"),
];

/// Writes the object. `output` is the text of its items, joined by commas. The time of the end is that of a completed answer,
/// where it is known.
pub(crate) fn write_object(head: &ReplyHead, echo: &Echo, output: &[u8], end: &End<'_>, out: &mut Vec<u8>) {
    let mut object = Writer::object(out);
    object.text("id", &head.id);
    object.text("object", "response");
    object.raw("created_at", &head.created.to_string());
    match head.ended.filter(|_| end.status == "completed") {
        Some(seconds) => object.raw("completed_at", &seconds.to_string()),
        None => object.raw("completed_at", "null"),
    }
    object.text("status", end.status);
    match end.error {
        Some((code, message)) => {
            let mut error = Writer::object(object.key("error"));
            error.text("code", code);
            error.text("message", message);
            error.end();
        }
        None => object.raw("error", "null"),
    }
    match end.incomplete {
        Some(reason) => {
            let details = object.key("incomplete_details");
            details.extend_from_slice(b"{\"reason\":");
            push_string(details, reason);
            details.push(b'}');
        }
        None => object.raw("incomplete_details", "null"),
    }
    object.text("model", &head.model);
    let list = object.key("output");
    list.push(b'[');
    list.extend_from_slice(output);
    list.push(b']');
    for (name, usual) in SETTINGS {
        object.raw(name, echo.get(name).unwrap_or(usual));
    }
    object.text("service_tier", "default");
    match end.usage {
        Some(counts) => usage::write(counts, object.key("usage")),
        None => object.raw("usage", "null"),
    }
    object.end();
}
