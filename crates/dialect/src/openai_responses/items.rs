//! The input of a Responses request. In: a string or items. Out: the system prompt and turns of `canon`. Never here: parts of
//! an item's content (content), fields around the input (decode).

use super::content::parts;
use super::freeform::ARGUMENT;
use super::{proof, tools};
use crate::json::push_string;
use crate::openai_chat::decode::ERROR_MARK;
use crate::read::{At, Object, elements, text};
use canon::{Block, BlockKind, Fault, Loss, Request, Role};

/// Reads `input`.
pub(super) fn read(request: &mut Request, raw: &[u8], losses: &mut Vec<Loss>) -> Result<(), Fault> {
    let at = At::field("input");
    if raw.first() == Some(&b'"') {
        let text = text(raw, &at)?;
        if !text.is_empty() {
            request.say(Role::User, vec![Block::text(text)]);
        }
        return Ok(());
    }
    let list = elements(raw).ok_or_else(|| at.refuse("a string or an array of items"))?;
    let mut reader = Reader { request, losses, leading: true, waiting: Vec::new() };
    for (n, raw) in list.into_iter().enumerate() {
        reader.item(raw, &at.index(n))?;
    }
    Ok(())
}

struct Reader<'r> {
    request: &'r mut Request,
    losses: &'r mut Vec<Loss>,
    /// Whether nothing but system prompts has been read.
    leading: bool,
    /// Calls whose result has not come yet.
    waiting: Vec<String>,
}

impl Reader<'_> {
    fn item(&mut self, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
        let item = Object::read(raw, at)?;
        let kind = item.text("type", at)?;
        match kind.as_deref() {
            Some("message") => return self.message(&item, at),
            None if item.get("role").is_some() => return self.message(&item, at),
            Some("reasoning") => self.reasoning(&item),
            Some("function_call") => self.call(&item, at, item.text("arguments", at)?.unwrap_or_default())?,
            Some("custom_tool_call") => {
                let mut arguments = format!("{{\"{ARGUMENT}\":").into_bytes();
                push_string(&mut arguments, &item.text("input", at)?.unwrap_or_default());
                arguments.push(b'}');
                self.call(&item, at, String::from_utf8(arguments).unwrap_or_default())?;
            }
            Some("function_call_output" | "custom_tool_call_output") => self.output(&item, at)?,
            Some("item_reference") | None if item.get("id").is_some() => {
                let told = "Items are not kept between requests; send the item itself, not an `item_reference`.";
                return Err(at.key("type").unsupported(told));
            }
            Some(kind) => {
                let told = format!("Items of type `{kind}` cannot be carried over to this model.");
                return Err(at.key("type").unsupported(&told));
            }
            None => return Err(at.key("type").refuse("the type of an item")),
        }
        self.leading = false;
        Ok(())
    }

    fn message(&mut self, item: &Object<'_>, at: &At<'_>) -> Result<(), Fault> {
        let at_content = at.key("content");
        let content = item.get("content").ok_or_else(|| at_content.refuse("a string or an array of parts"))?;
        let blocks = parts(content, &at_content, self.losses)?;
        match &*item.required("role", at)? {
            "system" | "developer" => {
                if self.leading {
                    self.request.system.extend(blocks);
                } else {
                    self.request.say(Role::System, blocks);
                }
                return Ok(());
            }
            "user" => self.request.say(Role::User, blocks),
            "assistant" => self.said(blocks),
            _ => return Err(at.key("role").refuse("user, assistant, system or developer")),
        }
        self.leading = false;
        Ok(())
    }

    /// What the model said. Between a call and its result it would part the two: it was said before the call.
    fn said(&mut self, blocks: Vec<Block>) {
        let turn = self.request.turns.iter_mut().rev().find(|turn| turn.role == Role::Assistant);
        match turn.filter(|_| !self.waiting.is_empty()) {
            Some(turn) => {
                let call = |block: &Block| matches!(block.kind, BlockKind::ToolCall { .. });
                let before = turn.blocks.iter().position(call).unwrap_or(turn.blocks.len());
                turn.blocks.splice(before..before, blocks);
            }
            None => self.request.say(Role::Assistant, blocks),
        }
    }

    /// Reasoning in any shape that readers give it: fields may be null or missing. Without text and proof it says nothing.
    fn reasoning(&mut self, item: &Object<'_>) {
        let texts = |key: &str| -> Vec<String> {
            let list = item.get(key).and_then(elements).unwrap_or_default();
            let text = |raw: &[u8]| Object::open(raw)?.str("text").map(std::borrow::Cow::into_owned);
            list.into_iter().filter_map(text).filter(|text| !text.is_empty()).collect()
        };
        let summary = texts("summary");
        let text = if summary.is_empty() { texts("content").concat() } else { summary.join("\n\n") };
        let encrypted = item.str("encrypted_content").unwrap_or_default();
        let (unreadable, carried) = proof::read(&encrypted);
        let signature = (!carried.is_empty()).then(|| carried.to_owned());
        let kind = match signature {
            Some(data) if unreadable => BlockKind::Redacted(data),
            None if text.is_empty() => return,
            signature => BlockKind::Thinking { text, signature },
        };
        self.request.say(Role::Assistant, vec![Block::new(kind)]);
    }

    fn call(&mut self, item: &Object<'_>, at: &At<'_>, arguments: String) -> Result<(), Fault> {
        let id = item.required("call_id", at)?;
        let name = tools::flat(item.text("namespace", at)?.as_deref(), &item.required("name", at)?);
        self.waiting.push(id.clone());
        self.request.say(Role::Assistant, vec![at.block(BlockKind::ToolCall { id, name, arguments }, None)]);
        Ok(())
    }

    fn output(&mut self, item: &Object<'_>, at: &At<'_>) -> Result<(), Fault> {
        let id = item.required("call_id", at)?;
        let mut content = match item.get("output") {
            None => Vec::new(),
            Some(raw) => parts(raw, &at.key("output"), self.losses)?,
        };
        let mut is_error = false;
        if let Some(BlockKind::Text(text)) = content.first_mut().map(|block| &mut block.kind)
            && let Some(rest) = text.strip_prefix(ERROR_MARK)
        {
            is_error = true;
            *text = rest.to_owned();
        }
        content.retain(|block| !matches!(&block.kind, BlockKind::Text(text) if text.is_empty()));
        self.waiting.retain(|waiting| *waiting != id);
        self.request.say(Role::User, vec![at.block(BlockKind::ToolResult { id, content, is_error }, None)]);
        Ok(())
    }
}
