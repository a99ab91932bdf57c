//! Media in parts, both ways. In: `inlineData` and `fileData`, or media of ours. Out: blocks, or the parts that carry them.
//! Never here: a fetch, a look into the bytes.

use super::names::{required, string};
use crate::media::{decode_base64, standard_base64};
use crate::read::{At, Object};
use crate::write::Writer;
use canon::{BlockKind, Fault, FaultKind, Media, Request};

/// Addresses that a server of this dialect fetches from: pages of films. What lies in an account of its own is not among them.
const FETCHED: [&str; 4] =
    ["https://www.youtube.com/", "https://youtube.com/", "https://m.youtube.com/", "https://youtu.be/"];

/// Whether a server of this dialect fetches from an address.
fn is_fetched(uri: &str) -> bool {
    FETCHED.iter().any(|start| uri.starts_with(start))
}

/// Media in the request itself. What no other dialect has is a demand on the target.
pub(super) fn inline(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<Option<BlockKind>, Fault> {
    let blob = Object::read(raw, at)?;
    let mime = required(&blob, "mimeType", at)?;
    let data = standard_base64(&required(&blob, "data", at)?).into_owned();
    let title = string(&blob, "displayName", at)?;
    let kind = match mime.split_once('/') {
        Some(("image", _)) => BlockKind::Image { source: Media::Base64 { mime, data }, detail: None },
        Some(("audio", format)) => BlockKind::Audio { format: format_of(format).to_owned(), data },
        Some(("text", _)) => {
            let text = decode_base64(&data).and_then(|bytes| String::from_utf8(bytes).ok());
            let text = text.ok_or_else(|| at.key("data").refuse("base64 of text"))?;
            BlockKind::Document { source: Media::Text(text), title, context: None }
        }
        Some(("application", "pdf")) => {
            BlockKind::Document { source: Media::Base64 { mime, data }, title, context: None }
        }
        _ => {
            request.demands.push(at.key("mimeType").to_string());
            return Ok(None);
        }
    };
    Ok(Some(kind))
}

/// Media elsewhere. Files that the provider keeps are a demand on the target.
pub(super) fn file(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<Option<BlockKind>, Fault> {
    let file = Object::read(raw, at)?;
    let uri = required(&file, "fileUri", at)?;
    let mime = string(&file, "mimeType", at)?.unwrap_or_default();
    let open = uri.starts_with("https://") || uri.starts_with("http://");
    let source = Media::Url(uri.clone());
    let kind = match mime.split_once('/') {
        _ if !open || is_fetched(&uri) => None,
        Some(("image", _)) => Some(BlockKind::Image { source, detail: None }),
        Some(("application", "pdf")) => Some(BlockKind::Document { source, title: None, context: None }),
        _ => None,
    };
    if kind.is_none() {
        request.demands.push(at.key("fileUri").to_string());
    }
    Ok(kind)
}

/// How other dialects call a form of sound.
fn format_of(subtype: &str) -> &str {
    match subtype {
        "mpeg" | "mp3" => "mp3",
        "wav" | "x-wav" | "wave" => "wav",
        other => other,
    }
}

/// Writes the part for a medium; its object is closed by the caller.
pub(super) fn write(source: &Media, part: &mut Writer<'_>) -> Result<(), Fault> {
    match source {
        Media::Base64 { mime, data } => inline_data(mime, data, part),
        Media::Url(uri) if is_fetched(uri) => {
            let mut file = Writer::object(part.key("fileData"));
            file.text("fileUri", uri);
            file.end();
        }
        Media::Url(_) => {
            return Err(unsupported("This model takes no media by address; send the data itself."));
        }
        Media::Text(text) => part.text("text", text),
        Media::File(_) => {
            return Err(unsupported("Files kept by another provider cannot be read; send the data itself."));
        }
    }
    Ok(())
}

/// Writes bytes into a part.
pub(super) fn inline_data(mime: &str, data: &str, part: &mut Writer<'_>) {
    let mut blob = Writer::object(part.key("inlineData"));
    blob.text("mimeType", mime);
    blob.text("data", data);
    blob.end();
}

fn unsupported(told: &'static str) -> Fault {
    Fault::new(FaultKind::UnsupportedParameter, told)
}
