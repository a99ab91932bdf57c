//! Content parts of Responses. In: a string or an array of parts. Out: blocks. Never here: items, roles.

use crate::media::{data_url, document};
use crate::openai_chat::decode::cache_mark;
use crate::read::{At, Object, items, text};
use canon::{Block, BlockKind, Fault, Loss, Media};

/// What is said of files that only another provider has.
const FOREIGN_FILE: &str = "Files kept by another provider cannot be read; send the data itself.";

/// Reads `content` or `output`; texts that say nothing are left out.
pub(super) fn parts(raw: &[u8], at: &At<'_>, losses: &mut Vec<Loss>) -> Result<Vec<Block>, Fault> {
    if raw.first() == Some(&b'"') {
        let text = text(raw, at)?;
        return Ok(if text.is_empty() { Vec::new() } else { vec![Block::text(text)] });
    }
    let list = items(raw, at).map_err(|_| at.refuse("a string or an array of parts"))?;
    let mut blocks = Vec::with_capacity(list.len());
    for (n, raw) in list.into_iter().enumerate() {
        let block = part(raw, &at.index(n), losses)?;
        if !matches!(&block.kind, BlockKind::Text(text) if text.is_empty()) {
            blocks.push(block);
        }
    }
    Ok(blocks)
}

fn part(raw: &[u8], at: &At<'_>, losses: &mut Vec<Loss>) -> Result<Block, Fault> {
    let part = Object::read(raw, at)?;
    let kind = match &*part.required("type", at)? {
        "input_text" | "output_text" | "text" => BlockKind::Text(part.required("text", at)?),
        "refusal" => BlockKind::Refusal(part.required("refusal", at)?),
        "input_image" => image(&part, at)?,
        "input_file" => file(&part, at, losses)?,
        "input_audio" => {
            let at = at.key("input_audio");
            let audio = part.get("input_audio").ok_or_else(|| at.refuse("an object"))?;
            let audio = Object::read(audio, &at)?;
            BlockKind::Audio { data: audio.required("data", &at)?, format: audio.required("format", &at)? }
        }
        kind => {
            let told = format!("Content parts of type `{kind}` cannot be carried over to this model.");
            return Err(at.key("type").unsupported(&told));
        }
    };
    Ok(at.block(kind, cache_mark(&part)))
}

fn image(part: &Object<'_>, at: &At<'_>) -> Result<BlockKind, Fault> {
    if part.get("file_id").is_some() {
        return Err(at.key("file_id").unsupported(FOREIGN_FILE));
    }
    let url = part.required("image_url", at)?;
    let source = if url.starts_with("data:") {
        data_url(&url).ok_or_else(|| at.key("image_url").refuse("a base64 data URL or an http URL"))?
    } else {
        Media::Url(url)
    };
    Ok(BlockKind::Image { source, detail: part.text("detail", at)? })
}

fn file(part: &Object<'_>, at: &At<'_>, losses: &mut Vec<Loss>) -> Result<BlockKind, Fault> {
    let title = part.text("filename", at)?;
    if part.get("file_id").is_some() {
        return Err(at.key("file_id").unsupported(FOREIGN_FILE));
    }
    if let Some(url) = part.text("file_url", at)? {
        return Ok(BlockKind::Document { source: Media::Url(url), title, context: None });
    }
    let data = part.required("file_data", at)?;
    // Servers of this dialect take bare base64 as well; a file without a kind is taken for a PDF.
    let url = if data.starts_with("data:") { data } else { format!("data:application/pdf;base64,{data}") };
    let at = at.key("file_data");
    document(&url, title, &at, losses).ok_or_else(|| at.refuse("a base64 data URL"))
}
