//! Content blocks of Messages. In: a string or an array of blocks. Out: blocks of ours. Never here: messages, roles.

use crate::read::{At, Object, items, text};
use canon::{Block, BlockKind, CacheMark, Fault, Loss, Media};

/// How long a cache mark of this dialect asks for.
pub(super) fn cache_mark(object: &Object<'_>) -> Option<CacheMark> {
    let mark = Object::open(object.get("cache_control")?)?;
    Some(match mark.str("ttl").as_deref() {
        Some("1h") => CacheMark::Long,
        _ => CacheMark::Short,
    })
}

/// Reads `content` or `system`; texts that say nothing are left out.
pub(super) fn blocks(raw: &[u8], at: &At<'_>, losses: &mut Vec<Loss>) -> Result<Vec<Block>, Fault> {
    if raw.first() == Some(&b'"') {
        let text = text(raw, at)?;
        return Ok(if text.is_empty() { Vec::new() } else { vec![Block::text(text)] });
    }
    let list = items(raw, at).map_err(|_| at.refuse("a string or an array of blocks"))?;
    let mut blocks = Vec::with_capacity(list.len());
    for (n, raw) in list.into_iter().enumerate() {
        let block = block(raw, &at.index(n), losses)?;
        if !matches!(&block.kind, BlockKind::Text(text) if text.is_empty()) {
            blocks.push(block);
        }
    }
    Ok(blocks)
}

fn block(raw: &[u8], at: &At<'_>, losses: &mut Vec<Loss>) -> Result<Block, Fault> {
    let block = Object::read(raw, at)?;
    let kind = block.required("type", at)?;
    let kind = match &*kind {
        "text" => {
            if block.get("citations").is_some_and(|c| c != b"[]") {
                let why = "the target has no citations of this form";
                losses.push(Loss::dropped("messages[].content[].citations", why));
            }
            BlockKind::Text(block.required("text", at)?)
        }
        "image" => BlockKind::Image { source: source(&block, at, losses)?, detail: None },
        "document" => BlockKind::Document {
            source: source(&block, at, losses)?,
            title: block.text("title", at)?,
            context: block.text("context", at)?,
        },
        "thinking" => BlockKind::Thinking {
            text: block.text("thinking", at)?.unwrap_or_default(),
            signature: block.text("signature", at)?.filter(|s| !s.is_empty()),
        },
        "redacted_thinking" => BlockKind::Redacted(block.required("data", at)?),
        "tool_use" => tool_use(&block, at)?,
        "tool_result" => BlockKind::ToolResult {
            id: block.required("tool_use_id", at)?,
            content: match block.get("content") {
                None => Vec::new(),
                Some(raw) => blocks(raw, &at.key("content"), losses)?,
            },
            is_error: block.flag("is_error", at)?.unwrap_or(false),
        },
        "tool_reference" => BlockKind::ToolReference(block.required("tool_name", at)?),
        "search_result" => search_result(&block, at)?,
        _ => BlockKind::Opaque { kind: kind.clone(), raw: String::from_utf8_lossy(raw).into_owned() },
    };
    Ok(at.block(kind, cache_mark(&block)))
}

fn tool_use(block: &Object<'_>, at: &At<'_>) -> Result<BlockKind, Fault> {
    let input = block.get("input").unwrap_or(b"{}");
    if input.first() != Some(&b'{') {
        return Err(at.key("input").refuse("an object"));
    }
    Ok(BlockKind::ToolCall {
        id: block.required("id", at)?,
        name: block.required("name", at)?,
        arguments: String::from_utf8_lossy(input).into_owned(),
    })
}

/// A search result is read as the text it stands for.
fn search_result(block: &Object<'_>, at: &At<'_>) -> Result<BlockKind, Fault> {
    let title = block.text("title", at)?.unwrap_or_default();
    let source = block.text("source", at)?.unwrap_or_default();
    let mut out = format!("{title}\n{source}");
    if let Some(raw) = block.get("content") {
        let at = at.key("content");
        for (n, raw) in items(raw, &at)?.into_iter().enumerate() {
            let at = at.index(n);
            let part = Object::read(raw, &at)?;
            out.push('\n');
            out.push_str(&part.required("text", &at)?);
        }
    }
    Ok(BlockKind::Text(out))
}

fn source(block: &Object<'_>, at: &At<'_>, losses: &mut Vec<Loss>) -> Result<Media, Fault> {
    let at = at.key("source");
    let raw = block.get("source").ok_or_else(|| at.refuse("an object"))?;
    let source = Object::read(raw, &at)?;
    match &*source.required("type", &at)? {
        "base64" => {
            Ok(Media::Base64 { mime: source.required("media_type", &at)?, data: source.required("data", &at)? })
        }
        "url" => Ok(Media::Url(source.required("url", &at)?)),
        "text" => Ok(Media::Text(source.required("data", &at)?)),
        "file" => Ok(Media::File(source.required("file_id", &at)?)),
        "content" => {
            let at = at.key("content");
            let raw = source.get("content").ok_or_else(|| at.refuse("an array of blocks"))?;
            let mut out = String::new();
            for block in blocks(raw, &at, losses)? {
                match block.kind {
                    BlockKind::Text(text) => out.push_str(&text),
                    _ => {
                        return Err(at.unsupported("Only text inside documents can be carried over."));
                    }
                }
            }
            Ok(Media::Text(out))
        }
        _ => Err(at.key("type").refuse("base64, url, text, content or file")),
    }
}
