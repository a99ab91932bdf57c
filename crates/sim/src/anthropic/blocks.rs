//! Reads and checks single content blocks of a Messages request.
//! In: a block and the role that says it. Out: what it adds to the turn. Never here: the order of turns.

use super::Version;
use super::read::{Draft, extra, field_required, given};
use super::seal;
use super::turns::Turn;
use crate::ask::ToolResult;
use crate::refused::Refused;
use base64::Engine;
use serde_json::Value;

/// Blocks of tools the server runs itself, which are taken as they are.
const OPAQUE: [&str; 8] = [
    "search_result",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "tool_reference",
    "container_upload",
    "compaction",
    "mcp_tool_use",
];

/// Reads one block.
pub(super) fn read(at: &str, block: &Value, role: &str, draft: &mut Draft, turn: &mut Turn) -> Result<(), Refused> {
    let kind = block["type"].as_str().ok_or_else(|| field_required(&format!("{at}.type")))?;
    let known: &[&str] = match kind {
        "text" => &["text", "citations"],
        "image" => &["source", "transformations"],
        "document" => &["source", "title", "context", "citations"],
        "tool_use" => &["id", "name", "input", "caller"],
        "tool_result" => &["tool_use_id", "content", "is_error"],
        "thinking" => &["thinking", "signature"],
        "redacted_thinking" => &["data"],
        _ if OPAQUE.contains(&kind) => {
            draft.meter.json(block);
            return Ok(());
        }
        _ => {
            return Err(Refused::bad(format!(
                "{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags: 'document', 'image', 'redacted_thinking', 'search_result', 'text', 'thinking', 'tool_result', 'tool_use'"
            )));
        }
    };
    let keys = block.as_object().into_iter().flat_map(serde_json::Map::keys);
    let cacheable = !kind.ends_with("thinking");
    let good = |key: &str| key == "type" || known.contains(&key) || (cacheable && key == "cache_control");
    if let Some(key) = keys.into_iter().find(|key| !good(key)) {
        return Err(extra(&format!("{at}.{kind}.{key}")));
    }
    let mine = match kind {
        "tool_use" | "thinking" | "redacted_thinking" => role == "assistant",
        "document" => role == "user" || (role == "assistant" && draft.version == Version::Old),
        "tool_result" | "image" => role == "user",
        _ => true,
    };
    if !mine {
        return Err(Refused::bad(format!("{at}: `{kind}` blocks can not be in `{role}` messages")));
    }
    match kind {
        "text" => {
            let cited = block["citations"].as_array().is_some_and(|list| !list.is_empty());
            if cited && role == "user" && draft.version >= Version::V20261021 {
                return Err(Refused::bad(format!("{at}.text.citations: not permitted in `user` messages")));
            }
            turn.said.push_str(text(at, block, draft, "messages")?);
            return Ok(());
        }
        "image" | "document" => media(at, kind, block, draft)?,
        "tool_use" => call(at, block, draft, turn)?,
        "tool_result" => result(at, block, draft, turn)?,
        _ => thought(at, kind, block, draft, turn)?,
    }
    match given_in(block, "cache_control") {
        Some(control) => draft.mark(at, control),
        None => Ok(()),
    }
}

fn given_in<'a>(block: &'a Value, key: &str) -> Option<&'a Value> {
    block.as_object().and_then(|fields| given(fields, key))
}

/// Reads a text block, which must say something.
pub(super) fn text<'a>(at: &str, block: &'a Value, draft: &mut Draft, of: &str) -> Result<&'a str, Refused> {
    let text = block["text"].as_str().ok_or_else(|| field_required(&format!("{at}.text.text")))?;
    if text.is_empty() {
        return Err(Refused::bad(format!("{of}: text content blocks must be non-empty")));
    }
    if text.trim().is_empty() {
        return Err(Refused::bad(format!("{of}: text content blocks must contain non-whitespace text")));
    }
    draft.meter.text(text);
    if let Some(control) = given_in(block, "cache_control") {
        draft.mark(at, control)?;
    }
    Ok(text)
}

fn media(at: &str, kind: &str, block: &Value, draft: &mut Draft) -> Result<(), Refused> {
    let source = &block["source"];
    let words = match source["type"].as_str() {
        Some("base64") => {
            let data = source["data"].as_str().unwrap_or("");
            let mime = source["media_type"].as_str().unwrap_or("");
            let bytes = base64::engine::general_purpose::STANDARD.decode(data).map_err(|_| {
                Refused::bad(format!("{at}.{kind}.source.base64.data: Input should be valid base64"))
            })?;
            check_kind(at, kind, mime, &bytes)?;
            format!("{kind} {mime} of {} bytes", bytes.len())
        }
        Some("url") => format!("{kind} at {}", source["url"].as_str().unwrap_or("")),
        Some("file") => format!("{kind} {}", source["file_id"].as_str().unwrap_or("")),
        Some("text") if kind == "document" => {
            let text = source["data"].as_str().unwrap_or("");
            draft.meter.text(text);
            format!("document text/plain of {} bytes", text.len())
        }
        Some("content") if kind == "document" => "document of blocks".to_owned(),
        _ => {
            return Err(Refused::bad(format!("{at}.{kind}.source: Input should be a valid source")));
        }
    };
    let identity = source.to_string();
    let title = block["title"].as_str().unwrap_or("");
    if kind == "image" {
        draft.meter.image(&identity);
    } else {
        draft.meter.document(&identity);
    }
    draft.ask.media.push(format!("{words} {title}").trim_end().to_owned());
    Ok(())
}

fn check_kind(at: &str, kind: &str, mime: &str, bytes: &[u8]) -> Result<(), Refused> {
    if kind == "document" {
        if mime == "application/pdf" {
            return Ok(());
        }
        return Err(Refused::bad(format!(
            "{at}.document.source.base64.media_type: Input should be 'application/pdf'"
        )));
    }
    if !["image/png", "image/jpeg", "image/gif", "image/webp"].contains(&mime) {
        return Err(Refused::bad(format!(
            "{at}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
        )));
    }
    let looks = match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, ..] => "image/jpeg",
        [b'G', b'I', b'F', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        _ => return Err(Refused::bad("Could not process image")),
    };
    if looks != mime {
        return Err(Refused::bad(format!(
            "{at}.image.source.base64: The image was specified using the {mime} media type, but the image appears to be a {looks} image"
        )));
    }
    Ok(())
}

fn call(at: &str, block: &Value, draft: &mut Draft, turn: &mut Turn) -> Result<(), Refused> {
    let id = block["id"].as_str().ok_or_else(|| field_required(&format!("{at}.tool_use.id")))?;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if id.is_empty() || !id.chars().all(good) {
        return Err(Refused::bad(format!("{at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")));
    }
    if turn.calls.iter().any(|other| other == id) {
        return Err(Refused::bad("messages: `tool_use` ids must be unique"));
    }
    let name = block["name"].as_str().ok_or_else(|| field_required(&format!("{at}.tool_use.name")))?;
    if !block["input"].is_object() {
        return Err(Refused::bad(format!("{at}.tool_use.input: Input should be a valid dictionary")));
    }
    draft.meter.text(name);
    draft.meter.json(&block["input"]);
    turn.calls.push(id.to_owned());
    turn.called = true;
    Ok(())
}

fn result(at: &str, block: &Value, draft: &mut Draft, turn: &mut Turn) -> Result<(), Refused> {
    let id = block["tool_use_id"].as_str();
    let id = id.ok_or_else(|| field_required(&format!("{at}.tool_result.tool_use_id")))?;
    if turn.results.len() < turn.blocks {
        // Anything said before the results parts them from their calls.
        return Err(Refused::bad(format!(
            "{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {id}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
        )));
    }
    let mut said = String::new();
    match &block["content"] {
        Value::Null => {}
        Value::String(words) => {
            draft.meter.text(words);
            said.push_str(words);
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                let at = format!("{at}.tool_result.content.{index}");
                match inner["type"].as_str() {
                    Some("text") => said.push_str(text(&at, inner, draft, "messages")?),
                    Some(kind @ ("image" | "document")) => media(&at, kind, inner, draft)?,
                    Some("search_result" | "tool_reference") => draft.meter.json(inner),
                    _ => {
                        return Err(Refused::bad(format!(
                            "{at}: Input tag does not match any of the expected tags"
                        )));
                    }
                }
            }
        }
        _ => {
            return Err(Refused::bad(format!("{at}.tool_result.content: Input should be a valid list")));
        }
    }
    let is_error = block["is_error"] == true;
    turn.results.push((id.to_owned(), ToolResult { text: said, is_error }));
    Ok(())
}

fn thought(at: &str, kind: &str, block: &Value, draft: &mut Draft, turn: &mut Turn) -> Result<(), Refused> {
    if turn.blocks == 0 {
        turn.thought_first = true;
    }
    if kind == "redacted_thinking" {
        if block["data"] != seal::redacted() {
            return Err(Refused::bad(format!("{at}: Invalid `data` in `redacted_thinking` block")));
        }
        return Ok(());
    }
    let thinking = block["thinking"].as_str();
    let thinking = thinking.ok_or_else(|| field_required(&format!("{at}.thinking.thinking")))?;
    let signature = block["signature"].as_str();
    let signature = signature.ok_or_else(|| field_required(&format!("{at}.thinking.signature")))?;
    if !seal::signed(thinking, signature) {
        return Err(Refused::bad(format!("{at}: Invalid `signature` in `thinking` block")));
    }
    draft.meter.text(thinking);
    Ok(())
}
