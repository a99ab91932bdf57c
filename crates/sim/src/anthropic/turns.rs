//! Reads and checks the turns of a Messages request: who speaks when, and that every call has its result.
//! In: `system`, `messages`. Out: the parts of an `Ask` that come from them. Never here: single blocks.

use super::blocks;
use super::read::{Draft, extra, field_required, given};
use crate::ask::ToolResult;
use crate::directive::Directives;
use crate::refused::Refused;
use serde_json::{Map, Value};

/// Reads the system prompt.
pub(super) fn system(fields: &Map<String, Value>, draft: &mut Draft) -> Result<(), Refused> {
    match given(fields, "system") {
        None => Ok(()),
        Some(Value::String(text)) => {
            draft.meter.text(text);
            Ok(())
        }
        Some(Value::Array(list)) => {
            for (index, block) in list.iter().enumerate() {
                let at = format!("system.{index}");
                if block["type"] != "text" {
                    return Err(Refused::bad(format!("{at}.type: Input should be 'text'")));
                }
                blocks::text(&at, block, draft, "system")?;
            }
            Ok(())
        }
        Some(_) => Err(Refused::bad("system: Input should be a valid list")),
    }
}

/// What a turn left open or brought along.
#[derive(Default)]
pub(super) struct Turn {
    pub(super) said: String,
    /// Ids of calls made in this turn.
    pub(super) calls: Vec<String>,
    pub(super) results: Vec<(String, ToolResult)>,
    pub(super) thought_first: bool,
    pub(super) called: bool,
    pub(super) blocks: usize,
}

/// Reads every message in turn.
pub(super) fn read(fields: &Map<String, Value>, draft: &mut Draft) -> Result<(), Refused> {
    let messages = match fields.get("messages") {
        None => return Err(field_required("messages")),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Refused::bad("messages: Input should be a valid list")),
    };
    if messages.is_empty() {
        return Err(Refused::bad("messages: at least one message is required"));
    }
    let mut walk = Walk { last_role: "", open: Vec::new(), last_thought: true, said: String::new() };
    let last = messages.len() - 1;
    for (index, message) in messages.iter().enumerate() {
        walk.message(index, message, index == last, draft)?;
    }
    walk.close(last)?;
    draft.ask.said = walk.said;
    draft.ask.directives = Directives::parse(&draft.ask.said).map_err(Refused::bad)?;
    Ok(())
}

struct Walk {
    last_role: &'static str,
    /// Calls of the turn before that wait for their results.
    open: Vec<String>,
    last_thought: bool,
    said: String,
}

impl Walk {
    fn message(&mut self, index: usize, message: &Value, last: bool, draft: &mut Draft) -> Result<(), Refused> {
        let at = format!("messages.{index}");
        let Value::Object(fields) = message else {
            return Err(Refused::bad(format!("{at}: Input should be a valid dictionary")));
        };
        let role = match fields.get("role").and_then(Value::as_str) {
            Some("user") => "user",
            Some("assistant") => "assistant",
            Some("system") if self.last_role == "user" => "system",
            Some("system") => {
                return Err(Refused::bad(
                    "messages: Unexpected role \"system\". A system message must follow a user turn; the Messages API accepts a top-level `system` parameter for the first one.",
                ));
            }
            Some(other) => {
                return Err(Refused::bad(format!(
                    "messages: Unexpected role \"{other}\". Allowed roles are \"user\" or \"assistant\"."
                )));
            }
            None => return Err(field_required(&format!("{at}.role"))),
        };
        let known = |key: &str| key == "role" || key == "content" || (role == "system" && key == "output_config");
        if let Some(key) = fields.keys().find(|key| !known(key)) {
            return Err(extra(&format!("{at}.{key}")));
        }
        if index == 0 && role != "user" {
            return Err(Refused::bad("messages: first message must use the \"user\" role"));
        }
        let turn = self.content(&at, fields, role, draft)?;
        if turn.blocks == 0 && !(last && role == "assistant") {
            return Err(Refused::bad(format!("{at}: {role} messages must have non-empty content")));
        }
        match role {
            "assistant" => self.assistant(&at, turn, last)?,
            "user" => self.user(index, turn, draft)?,
            _ => {}
        }
        self.last_role = role;
        Ok(())
    }

    fn content(
        &self,
        at: &str,
        fields: &Map<String, Value>,
        role: &str,
        draft: &mut Draft,
    ) -> Result<Turn, Refused> {
        let mut turn = Turn::default();
        if role == "user" {
            draft.ask.media.clear();
        }
        match fields.get("content") {
            None => return Err(field_required(&format!("{at}.content"))),
            Some(Value::String(text)) => {
                if text.trim().is_empty() && !text.is_empty() {
                    return Err(Refused::bad("messages: text content blocks must contain non-whitespace text"));
                }
                draft.meter.text(text);
                turn.said.clone_from(text);
                turn.blocks = usize::from(!text.is_empty());
            }
            Some(Value::Array(list)) => {
                for (index, block) in list.iter().enumerate() {
                    blocks::read(&format!("{at}.content.{index}"), block, role, draft, &mut turn)?;
                    turn.blocks += 1;
                }
            }
            Some(_) => {
                return Err(Refused::bad(format!("{at}.content: Input should be a valid list")));
            }
        }
        Ok(turn)
    }

    fn assistant(&mut self, at: &str, turn: Turn, last: bool) -> Result<(), Refused> {
        let index = at.rsplit('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        if self.last_role != "assistant" {
            self.close(index)?;
        }
        if last && turn.said.ends_with(char::is_whitespace) {
            return Err(Refused::bad("messages: final assistant content cannot end with trailing whitespace"));
        }
        self.open.extend(turn.calls);
        self.last_thought = turn.thought_first || !turn.called;
        Ok(())
    }

    fn user(&mut self, index: usize, turn: Turn, draft: &mut Draft) -> Result<(), Refused> {
        let mut results = Vec::new();
        for (id, result) in turn.results {
            let Some(found) = self.open.iter().position(|open| *open == id) else {
                return Err(Refused::bad(format!(
                    "messages.{index}.content: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                )));
            };
            self.open.remove(found);
            results.push(result);
        }
        self.close(index)?;
        if draft.thinks && !results.is_empty() && !self.last_thought {
            return Err(Refused::bad(format!(
                "messages.{}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks).",
                index.saturating_sub(1)
            )));
        }
        if !turn.said.is_empty() {
            self.said = turn.said;
        }
        draft.ask.results = results;
        Ok(())
    }

    /// Every call must have its result in the very next turn.
    fn close(&self, index: usize) -> Result<(), Refused> {
        if self.open.is_empty() {
            return Ok(());
        }
        Err(Refused::bad(format!(
            "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
            index.saturating_sub(1),
            self.open.join(", ")
        )))
    }
}
