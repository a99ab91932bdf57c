//! Reads and checks the items of a Responses request: who speaks, and that every call has its output.
//! In: the items. Out: the parts of an `Ask` that come from them. Never here: content parts, parameters.

use super::parts::{self, Of};
use super::seal;
use crate::ask::{Ask, ToolResult};
use crate::count::Meter;
use crate::openai::read::{invalid_value, known, missing, wrong_type};
use crate::refused::Refused;
use serde_json::{Map, Value};

/// Items of tools that run at the provider: they are taken and counted, and mean nothing here.
const PASSED: [&str; 24] = [
    "web_search_call",
    "file_search_call",
    "computer_call",
    "computer_call_output",
    "image_generation_call",
    "code_interpreter_call",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "tool_search_call",
    "tool_search_output",
    "additional_tools",
    "compaction",
    "compaction_trigger",
    "configuration_update",
    "program",
    "program_output",
];
/// The items that mean something here.
const READ: [&str; 7] = [
    "message",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "reasoning",
    "item_reference",
];

/// Reads every item in turn. The first `before` of them are from a previous answer.
pub(super) fn read(items: &[Value], before: usize, ask: &mut Ask, meter: &mut Meter) -> Result<(), Refused> {
    let mut reader = Reader { ask, meter, open: Vec::new(), thought: None };
    for (index, item) in items.iter().enumerate() {
        let at = match index.checked_sub(before) {
            Some(own) => format!("input[{own}]"),
            None => format!("previous[{index}]"),
        };
        reader.item(&at, item)?;
    }
    reader.end()
}

struct Reader<'a> {
    ask: &'a mut Ask,
    meter: &'a mut Meter,
    /// Ids of calls that wait for their output.
    open: Vec<String>,
    /// The id of a reasoning item that waits for what it led to.
    thought: Option<String>,
}

impl Reader<'_> {
    fn item(&mut self, at: &str, item: &Value) -> Result<(), Refused> {
        let Value::Object(fields) = item else {
            return Err(wrong_type(at, "an object", item));
        };
        let kind = match fields.get("type").and_then(Value::as_str) {
            Some(kind) => kind,
            None if fields.contains_key("role") => "message",
            None => return Err(missing(&format!("{at}.type"))),
        };
        if kind.ends_with("_output") || (kind == "message" && fields.get("role") != Some(&"assistant".into())) {
            self.close_thought()?;
        } else if kind != "reasoning" {
            self.thought = None;
        }
        match kind {
            "message" => self.message(at, fields),
            "function_call" => self.call(at, fields, "arguments"),
            "custom_tool_call" => self.call(at, fields, "input"),
            "function_call_output" | "custom_tool_call_output" => self.output(at, fields),
            "reasoning" => self.reasoning(at, fields),
            "item_reference" => {
                Err(Refused::new(404, format!("Item with id {} not found.", item["id"])).param("input"))
            }
            passed if PASSED.contains(&passed) => {
                self.meter.json(item);
                Ok(())
            }
            other => {
                let names: Vec<String> = READ.iter().chain(&PASSED).map(|name| format!("'{name}'")).collect();
                let message = format!("Invalid value: '{other}'. Supported values are: {}.", names.join(", "));
                Err(invalid_value(&format!("{at}.type"), message))
            }
        }
    }

    fn message(&mut self, at: &str, fields: &Map<String, Value>) -> Result<(), Refused> {
        known(fields, &["type", "role", "content", "id", "status", "phase"], &format!("{at}."))?;
        id_begins(at, fields, "msg")?;
        let role = fields.get("role").and_then(Value::as_str).ok_or_else(|| missing(&format!("{at}.role")))?;
        let of = match role {
            "user" | "system" | "developer" => Of::Input,
            "assistant" => Of::Output,
            other => {
                let message = format!(
                    "Invalid value: '{other}'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
                );
                return Err(invalid_value(&format!("{at}.role"), message));
            }
        };
        if role == "user" {
            self.ask.media.clear();
        }
        let content = fields.get("content").ok_or_else(|| missing(&format!("{at}.content")))?;
        let said = self.content(&format!("{at}.content"), content, of)?;
        match role {
            // A message without words may be the images that belong to the results before it.
            "user" if !said.is_empty() || self.ask.results.is_empty() => {
                self.ask.said = said;
                self.ask.results.clear();
            }
            "assistant" => self.ask.results.clear(),
            _ => {}
        }
        Ok(())
    }

    fn content(&mut self, at: &str, content: &Value, of: Of) -> Result<String, Refused> {
        parts::Reader { ask: self.ask, meter: self.meter, of }.content(at, content)
    }

    fn call(&mut self, at: &str, fields: &Map<String, Value>, input: &str) -> Result<(), Refused> {
        let names =
            ["type", "id", "call_id", "name", input, "status", "namespace", "caller", "async", "created_by"];
        known(fields, &names, &format!("{at}."))?;
        id_begins(at, fields, if input == "input" { "ctc" } else { "fc" })?;
        let text = |key: &str| match fields.get(key) {
            Some(Value::String(text)) => Ok(text.as_str()),
            None | Some(Value::Null) => Err(missing(&format!("{at}.{key}"))),
            Some(other) => Err(wrong_type(&format!("{at}.{key}"), "a string", other)),
        };
        let (id, name, arguments) = (text("call_id")?, text("name")?, text(input)?);
        self.meter.text(name);
        self.meter.json_text(arguments);
        if self.open.iter().any(|open| open == id) {
            let message = format!("Duplicate tool call id {id} in the input.");
            return Err(Refused::bad(message).param("input"));
        }
        self.open.push(id.to_owned());
        // A call after a result belongs to a new round.
        self.ask.results.clear();
        Ok(())
    }

    fn output(&mut self, at: &str, fields: &Map<String, Value>) -> Result<(), Refused> {
        let names = ["type", "id", "call_id", "output", "status", "name", "namespace", "caller", "created_by"];
        known(fields, &names, &format!("{at}."))?;
        let id = fields.get("call_id").and_then(Value::as_str);
        let id = id.ok_or_else(|| missing(&format!("{at}.call_id")))?;
        let Some(found) = self.open.iter().position(|open| open == id) else {
            let message = format!("No tool call found for function call output with call_id {id}.");
            return Err(Refused::bad(message).param("input"));
        };
        self.open.remove(found);
        let output = fields.get("output").ok_or_else(|| missing(&format!("{at}.output")))?;
        let text = self.content(&format!("{at}.output"), output, Of::Input)?;
        self.ask.results.push(ToolResult { text, is_error: false });
        Ok(())
    }

    fn reasoning(&mut self, at: &str, fields: &Map<String, Value>) -> Result<(), Refused> {
        let names = ["type", "id", "summary", "content", "encrypted_content", "status"];
        known(fields, &names, &format!("{at}."))?;
        id_begins(at, fields, "rs")?;
        let id = fields.get("id").and_then(Value::as_str).unwrap_or("");
        if !fields.get("summary").is_some_and(Value::is_array) {
            return Err(missing(&format!("{at}.summary")));
        }
        for key in ["summary", "content"] {
            for part in fields.get(key).and_then(Value::as_array).into_iter().flatten() {
                self.meter.text(part["text"].as_str().unwrap_or(""));
            }
        }
        if let Some(sealed) = fields.get("encrypted_content").and_then(Value::as_str)
            && seal::decrypt(sealed).is_none()
        {
            let message = format!(
                "The encrypted content for item {id} could not be verified. Reason: Encrypted content could not be decrypted or parsed."
            );
            return Err(Refused::bad(message).code("invalid_encrypted_content"));
        }
        self.ask.results.clear();
        self.thought = Some(id.to_owned());
        Ok(())
    }

    /// Reasoning stands before the message or the call it led to.
    fn close_thought(&mut self) -> Result<(), Refused> {
        match self.thought.take() {
            Some(id) if !id.is_empty() => {
                let message =
                    format!("Item '{id}' of type 'reasoning' was provided without its required following item.");
                Err(Refused::bad(message).param("input"))
            }
            _ => Ok(()),
        }
    }

    fn end(mut self) -> Result<(), Refused> {
        self.close_thought()?;
        match self.open.first() {
            Some(id) => Err(Refused::bad(format!("No tool output found for function call {id}.")).param("input")),
            None => Ok(()),
        }
    }
}

/// Items that are given back carry the ids they were given.
fn id_begins(at: &str, fields: &Map<String, Value>, prefix: &str) -> Result<(), Refused> {
    match fields.get("id").and_then(Value::as_str) {
        Some(id) if !id.starts_with(prefix) => {
            let message = format!("Invalid '{at}.id': '{id}'. Expected an ID that begins with '{prefix}'.");
            Err(invalid_value(&format!("{at}.id"), message))
        }
        _ => Ok(()),
    }
}
