//! Content parts of Chat Completions. In: a string or an array of parts. Out: blocks. Never here: messages, roles.

use super::decode::cache_mark;
use crate::media::{data_url, document};
use crate::read::{At, Object, items, text};
use canon::{Block, BlockKind, Fault, Loss, Media};

/// Whether a block is a text that says nothing; Messages refuses such blocks.
pub(super) fn is_empty_text(block: &Block) -> bool {
    matches!(&block.kind, BlockKind::Text(text) if text.is_empty())
}

/// Reads `content`; texts that say nothing are left out.
pub(super) fn parts(raw: &[u8], at: &At<'_>, losses: &mut Vec<Loss>) -> Result<Vec<Block>, Fault> {
    if raw.first() == Some(&b'"') {
        let text = text(raw, at)?;
        return Ok(if text.is_empty() { Vec::new() } else { vec![Block::text(text)] });
    }
    let list = items(raw, at).map_err(|_| at.refuse("a string or an array of parts"))?;
    let mut blocks = Vec::with_capacity(list.len());
    for (n, raw) in list.into_iter().enumerate() {
        let block = part(raw, &at.index(n), losses)?;
        if !is_empty_text(&block) {
            blocks.push(block);
        }
    }
    Ok(blocks)
}

fn part(raw: &[u8], at: &At<'_>, losses: &mut Vec<Loss>) -> Result<Block, Fault> {
    let part = Object::read(raw, at)?;
    let kind = match &*part.required("type", at)? {
        "text" => BlockKind::Text(part.required("text", at)?),
        "refusal" => BlockKind::Refusal(part.required("refusal", at)?),
        "image_url" => image(&part, at)?,
        "file" => file(&part, at, losses)?,
        "input_audio" => {
            let at = at.key("input_audio");
            let audio = part.get("input_audio").ok_or_else(|| at.refuse("an object"))?;
            let audio = Object::read(audio, &at)?;
            BlockKind::Audio { data: audio.required("data", &at)?, format: audio.required("format", &at)? }
        }
        _ => {
            return Err(at.key("type").unsupported("This kind of content part cannot be carried over."));
        }
    };
    Ok(at.block(kind, cache_mark(&part)))
}

fn image(part: &Object<'_>, at: &At<'_>) -> Result<BlockKind, Fault> {
    let at = at.key("image_url");
    let raw = part.get("image_url").ok_or_else(|| at.refuse("an object with a url"))?;
    let (url, detail) = if raw.first() == Some(&b'"') {
        (text(raw, &at)?, None)
    } else {
        let image = Object::read(raw, &at)?;
        (image.required("url", &at)?, image.text("detail", &at)?)
    };
    let source = if url.starts_with("data:") {
        data_url(&url).ok_or_else(|| at.key("url").refuse("a base64 data URL or an http URL"))?
    } else {
        Media::Url(url)
    };
    Ok(BlockKind::Image { source, detail })
}

fn file(part: &Object<'_>, at: &At<'_>, losses: &mut Vec<Loss>) -> Result<BlockKind, Fault> {
    let at = at.key("file");
    let raw = part.get("file").ok_or_else(|| at.refuse("an object"))?;
    let file = Object::read(raw, &at)?;
    let title = file.text("filename", &at)?;
    if let Some(id) = file.text("file_id", &at)? {
        return Ok(BlockKind::Document { source: Media::File(id), title, context: None });
    }
    let data = file.required("file_data", &at)?;
    let at = at.key("file_data");
    document(&data, title, &at, losses).ok_or_else(|| at.refuse("a base64 data URL"))
}
