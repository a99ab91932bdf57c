//! Media in parts: inline bytes and addresses of files. In: a part's blob. Out: words for the `Ask`, tokens.
//! Never here: parts that are text or calls.

use super::fields::{Fields, invalid};
use super::seal;
use crate::count::Meter;
use crate::refused::Refused;
use serde_json::Value;

/// Counts inline data and says what it is.
pub(super) fn inline(at: &str, value: &Value, meter: &mut Meter) -> Result<String, Refused> {
    let fields = Fields::of(at, value, &["mimeType", "data", "displayName"])?;
    let mime = fields.text("mimeType")?.unwrap_or("");
    let data = fields.text("data")?.unwrap_or("");
    let Some(bytes) = seal::decoded(data) else {
        let message = format!("Invalid value at '{}' (TYPE_BYTES), Base64 decoding failed.", fields.place("data"));
        return Err(Refused::bad(message).param(fields.place("data")));
    };
    let kind = count(at, mime, data, meter)?;
    Ok(format!("{kind} {mime} of {} bytes", bytes.len()))
}

/// Counts a file by its address and says where it is.
pub(super) fn file(at: &str, value: &Value, meter: &mut Meter) -> Result<String, Refused> {
    let fields = Fields::of(at, value, &["mimeType", "fileUri", "displayName"])?;
    let uri = fields.text("fileUri")?.unwrap_or("");
    if uri.is_empty() {
        return Err(invalid(&fields.place("fileUri"), "TYPE_STRING", &Value::from("")));
    }
    let kind = count(at, fields.text("mimeType")?.unwrap_or("application/octet-stream"), uri, meter)?;
    Ok(format!("{kind} at {uri}"))
}

fn count(at: &str, mime: &str, identity: &str, meter: &mut Meter) -> Result<&'static str, Refused> {
    match mime.split('/').next().unwrap_or("") {
        "image" => {
            meter.image(identity);
            Ok("image")
        }
        "audio" => {
            meter.audio(identity);
            Ok("audio")
        }
        "video" => {
            meter.document(identity);
            Ok("video")
        }
        "application" | "text" => {
            meter.document(identity);
            Ok("document")
        }
        _ => Err(Refused::bad(format!("Unsupported MIME type: {mime}")).param(at)),
    }
}
