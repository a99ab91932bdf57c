//! How an answer ended, judged as a strict client would. In: a call and its reply. Out: one ending, or what is malformed.
//! Never here: which ending is the right one.

use crate::{Call, Dialect, Outcome, Reply};
use serde_json::Value;

/// The one ending of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was said: `[DONE]`, `message_stop`, or a whole answer.
    Well,
    /// An error inside the stream.
    Broken,
    /// An error in place of an answer, with its status.
    Refused(u16),
}

/// Why an answer ends, in the words of each dialect.
const REASONS: [&str; 11] = [
    "stop",
    "length",
    "tool_calls",
    "content_filter",
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "refusal",
    "pause_turn",
    "model_context_window_exceeded",
];

fn is_reason(value: &Value) -> bool {
    value.as_str().is_some_and(|word| REASONS.contains(&word))
}

/// Judges an answer.
///
/// # Errors
/// What is malformed: a cut body, a second ending, an ending that is missing, a shape of no dialect.
pub fn ending(call: &Call, reply: &Reply) -> Outcome<Ending> {
    let told = |what: &str| format!("{what}: {}", reply.shown());
    if let Some(cut) = &reply.cut {
        return Err(told(&format!("the connection broke ({cut})")));
    }
    if !reply.id().starts_with("req_") {
        return Err(told("no request id"));
    }
    if std::str::from_utf8(&reply.body).is_err() {
        return Err(told("bytes that are no text"));
    }
    let kind = reply.head.get("content-type");
    if reply.head.status != 200 {
        let good = kind == "application/json" && is_error(call.dialect, &reply.json());
        return if good {
            Ok(Ending::Refused(reply.head.status))
        } else {
            Err(told("not an error of the dialect"))
        };
    }
    if !call.stream {
        let good = kind == "application/json" && is_answer(call.dialect, &reply.json());
        return if good { Ok(Ending::Well) } else { Err(told("not an answer of the dialect")) };
    }
    if !kind.starts_with("text/event-stream") {
        return Err(told("not a stream"));
    }
    let events = events(&reply.text()).map_err(|what| told(&what))?;
    match call.dialect {
        Dialect::OpenAi => chat_ending(&events),
        Dialect::Anthropic => message_ending(&events),
    }
    .map_err(|what| told(&what))
}

/// The events of a stream as name and data; the data of `[DONE]` is that text.
///
/// # Errors
/// When data is not JSON, or the stream ends inside an event.
pub fn events(text: &str) -> Outcome<Vec<(String, Value)>> {
    let mut out = Vec::new();
    // Frames of the same language are passed on with the line ends they came with.
    let text = text.replace("\r\n", "\n");
    if !text.is_empty() && !text.ends_with("\n\n") {
        return Err("the stream ends inside an event".to_owned());
    }
    for frame in text.split("\n\n") {
        let (mut name, mut data) = (String::new(), String::new());
        for line in frame.lines() {
            if let Some(rest) = line.strip_prefix("event: ") {
                name = rest.to_owned();
            } else if let Some(rest) = line.strip_prefix("data: ") {
                data.push_str(rest);
            } else if !line.starts_with(':') {
                return Err(format!("a line that is none of SSE: {line}"));
            }
        }
        if data == "[DONE]" {
            out.push((name, Value::from("[DONE]")));
        } else if !data.is_empty() {
            let value = serde_json::from_str(&data).map_err(|_| format!("data that is not JSON: {data}"))?;
            out.push((name, value));
        }
    }
    Ok(out)
}

fn chat_ending(events: &[(String, Value)]) -> Outcome<Ending> {
    let done = |value: &Value| value == "[DONE]";
    let error = |value: &Value| value.get("error").is_some();
    let ends = events.iter().filter(|(_, value)| done(value) || error(value)).count();
    let last = events.last().map(|(_, value)| value).ok_or("an empty stream")?;
    match ends {
        1 if done(last) => {
            let finished = events.iter().filter(|(_, v)| is_reason(&v["choices"][0]["finish_reason"])).count();
            if finished == 1 { Ok(Ending::Well) } else { Err(format!("{finished} finish reasons")) }
        }
        1 if error(last) && is_error(Dialect::OpenAi, last) => Ok(Ending::Broken),
        _ => Err(format!("{ends} endings, the last event is {last}")),
    }
}

fn message_ending(events: &[(String, Value)]) -> Outcome<Ending> {
    if let Some((name, value)) = events.iter().find(|(name, value)| value["type"] != name.as_str()) {
        return Err(format!("an event {name} of the type {}", value["type"]));
    }
    let count = |wanted: &str| events.iter().filter(|(name, _)| name == wanted).count();
    let ends = count("message_stop") + count("error");
    let (last, value) = events.last().ok_or("an empty stream")?;
    match (ends, last.as_str()) {
        (1, "message_stop") => {
            let whole = count("message_start") == 1
                && count("content_block_start") == count("content_block_stop")
                && events.iter().any(|(_, v)| is_reason(&v["delta"]["stop_reason"]));
            if whole { Ok(Ending::Well) } else { Err("a stream of blocks that do not pair".to_owned()) }
        }
        (1, "error") if is_error(Dialect::Anthropic, value) => Ok(Ending::Broken),
        _ => Err(format!("{ends} endings, the last event is {last}")),
    }
}

fn is_error(dialect: Dialect, value: &Value) -> bool {
    let told = value["error"]["message"].as_str().is_some_and(|m| !m.is_empty());
    let typed = value["error"]["type"].is_string();
    told && typed
        && match dialect {
            Dialect::OpenAi => value["error"]["code"].is_string(),
            Dialect::Anthropic => value["type"] == "error" && value["request_id"].is_string(),
        }
}

fn is_answer(dialect: Dialect, value: &Value) -> bool {
    match dialect {
        Dialect::OpenAi => {
            let usage = &value["usage"];
            value["object"] == "chat.completion"
                && is_reason(&value["choices"][0]["finish_reason"])
                && usage["prompt_tokens"].is_number()
                && usage["completion_tokens"].is_number()
        }
        Dialect::Anthropic => {
            let usage = &value["usage"];
            value["type"] == "message"
                && value["content"].is_array()
                && is_reason(&value["stop_reason"])
                && usage["input_tokens"].is_number()
                && usage["output_tokens"].is_number()
        }
    }
}
