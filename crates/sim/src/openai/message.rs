//! Reads and checks the messages of a Chat Completions request.
//! In: `messages`. Out: the parts of an `Ask` that come from them. Never here: content parts, parameters.

use super::parts;
use super::read::{given, invalid_value, unknown_parameter, wrong_type};
use crate::ask::{Ask, ToolResult};
use crate::count::Meter;
use crate::directive::Directives;
use crate::refused::Refused;
use serde_json::{Map, Value};

const FIELDS: [&str; 10] = [
    "role",
    "content",
    "name",
    "refusal",
    "audio",
    "tool_calls",
    "tool_call_id",
    "function_call",
    "annotations",
    "phase",
];
/// What only some servers of this dialect know; models named after them take it.
const REASONING_FIELDS: [&str; 3] = ["reasoning_content", "reasoning", "reasoning_details"];

/// Reads every message in turn.
pub(super) fn read(fields: &Map<String, Value>, ask: &mut Ask, meter: &mut Meter) -> Result<(), Refused> {
    let messages = match fields.get("messages") {
        None => {
            return Err(Refused::bad("Missing required parameter: 'messages'.")
                .param("messages")
                .code("missing_required_parameter"));
        }
        Some(Value::Array(list)) => list,
        Some(other) => return Err(wrong_type("messages", "an array of objects", other)),
    };
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
        return Err(Refused::bad(message).param("messages").code("empty_array"));
    }
    let mut reader = Reader { ask, meter, open: Vec::new() };
    for (index, message) in messages.iter().enumerate() {
        reader.message(index, message)?;
    }
    reader.close_calls(messages.len())?;
    ask.directives = Directives::parse(&ask.said).map_err(Refused::bad)?;
    Ok(())
}

struct Reader<'a> {
    ask: &'a mut Ask,
    meter: &'a mut Meter,
    /// Ids of calls that wait for their results.
    open: Vec<String>,
}

impl Reader<'_> {
    fn message(&mut self, index: usize, message: &Value) -> Result<(), Refused> {
        let at = format!("messages[{index}]");
        let Value::Object(fields) = message else {
            return Err(wrong_type(&at, "an object", message));
        };
        let knows_reasoning = ["reason", "deepseek", "kimi"].iter().any(|n| self.ask.model.contains(n));
        for key in fields.keys() {
            let reasoning = knows_reasoning && REASONING_FIELDS.contains(&key.as_str());
            if !FIELDS.contains(&key.as_str()) && !reasoning {
                return Err(unknown_parameter(&format!("{at}.{key}")));
            }
        }
        let role = fields.get("role").and_then(Value::as_str);
        if role != Some("tool") {
            self.close_calls(index)?;
        }
        match role {
            Some("system" | "developer" | "function") => {
                self.content(&at, fields, false)?;
            }
            Some("user") => {
                self.ask.media.clear();
                let said = self.content(&at, fields, true)?;
                // A message without words may be the images that belong to the results before it.
                if !said.is_empty() || self.ask.results.is_empty() {
                    self.ask.said = said;
                    self.ask.results.clear();
                }
            }
            Some("assistant") => {
                self.ask.results.clear();
                self.assistant(&at, fields)?;
            }
            Some("tool") => self.tool(index, &at, fields)?,
            Some(other) => {
                let message = format!(
                    "Invalid value: '{other}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'."
                );
                return Err(invalid_value(&format!("{at}.role"), message));
            }
            None => {
                let param = format!("{at}.role");
                return Err(Refused::bad(format!("Missing required parameter: '{param}'."))
                    .param(param)
                    .code("missing_required_parameter"));
            }
        }
        Ok(())
    }

    fn content(&mut self, at: &str, fields: &Map<String, Value>, media: bool) -> Result<String, Refused> {
        match given(fields, "content") {
            Some(content) => {
                let mut reader = parts::Reader { ask: self.ask, meter: self.meter, media };
                reader.content(&format!("{at}.content"), content)
            }
            None => Err(Refused::bad(format!(
                "Invalid value for 'content': expected a string, got null. ({at}.content)"
            ))
            .param(format!("{at}.content"))),
        }
    }

    fn assistant(&mut self, at: &str, fields: &Map<String, Value>) -> Result<(), Refused> {
        let calls = match given(fields, "tool_calls") {
            None => &Vec::new(),
            Some(Value::Array(calls)) if calls.is_empty() => {
                let param = format!("{at}.tool_calls");
                let message = format!(
                    "Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead."
                );
                return Err(Refused::bad(message).param(param).code("empty_array"));
            }
            Some(Value::Array(calls)) => calls,
            Some(other) => return Err(wrong_type(&format!("{at}.tool_calls"), "an array", other)),
        };
        let instead = ["refusal", "audio", "function_call"];
        let silent = !calls.is_empty() || instead.iter().any(|key| given(fields, key).is_some());
        if given(fields, "content").is_some() || !silent {
            self.content(at, fields, false)?;
        }
        for key in REASONING_FIELDS.iter().chain(&["refusal"]) {
            if let Some(text) = fields.get(*key).and_then(Value::as_str) {
                self.meter.text(text);
            }
        }
        for (index, call) in calls.iter().enumerate() {
            self.call(&format!("{at}.tool_calls[{index}]"), call)?;
        }
        Ok(())
    }

    fn call(&mut self, at: &str, call: &Value) -> Result<(), Refused> {
        let missing = |name: &str| {
            let param = format!("{at}.{name}");
            Refused::bad(format!("Missing required parameter: '{param}'."))
                .param(param)
                .code("missing_required_parameter")
        };
        let id = call["id"].as_str().ok_or_else(|| missing("id"))?;
        let kind = call["type"].as_str().ok_or_else(|| missing("type"))?;
        let (inner, input) = match kind {
            "function" => ("function", "arguments"),
            "custom" => ("custom", "input"),
            other => {
                let message = format!("Invalid value: '{other}'. Supported values are: 'function' and 'custom'.");
                return Err(invalid_value(&format!("{at}.type"), message));
            }
        };
        let name = call[inner]["name"].as_str().ok_or_else(|| missing("function.name"))?;
        let arguments = match &call[inner][input] {
            Value::String(text) => text,
            Value::Null => return Err(missing("function.arguments")),
            other => {
                return Err(wrong_type(&format!("{at}.function.arguments"), "a string", other));
            }
        };
        self.meter.text(name);
        self.meter.json_text(arguments);
        self.open.push(id.to_owned());
        Ok(())
    }

    fn tool(&mut self, index: usize, at: &str, fields: &Map<String, Value>) -> Result<(), Refused> {
        let id = match fields.get("tool_call_id").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => {
                let param = format!("{at}.tool_call_id");
                return Err(Refused::bad(format!("Missing required parameter: '{param}'."))
                    .param(param)
                    .code("missing_required_parameter"));
            }
        };
        let Some(found) = self.open.iter().position(|open| *open == id) else {
            let message = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
            return Err(Refused::bad(message).param(format!("messages.[{index}].role")));
        };
        self.open.remove(found);
        let text = self.content(at, fields, false)?;
        self.ask.results.push(ToolResult { text, is_error: false });
        Ok(())
    }

    /// Every call must be answered before anything else is said.
    fn close_calls(&self, index: usize) -> Result<(), Refused> {
        if self.open.is_empty() {
            return Ok(());
        }
        let message = format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
            self.open.join(", ")
        );
        Err(Refused::bad(message).param(format!("messages.[{index}].role")))
    }
}
