//! Reads and checks the content of one Chat Completions message.
//! In: a string or content parts. Out: the text; media go to the `Ask`. Never here: roles.

use super::read::{invalid_value, unknown_parameter, wrong_type};
use crate::ask::Ask;
use crate::count::Meter;
use crate::refused::Refused;
use base64::Engine;
use serde_json::Value;

/// Reads content into an ask.
pub(super) struct Reader<'a> {
    pub(super) ask: &'a mut Ask,
    pub(super) meter: &'a mut Meter,
    /// Whether anything but text may be here.
    pub(super) media: bool,
}

impl Reader<'_> {
    pub(super) fn content(&mut self, at: &str, content: &Value) -> Result<String, Refused> {
        match content {
            Value::String(text) => {
                self.meter.text(text);
                Ok(text.clone())
            }
            Value::Array(parts) => {
                let mut text = String::new();
                for (index, part) in parts.iter().enumerate() {
                    self.part(&format!("{at}[{index}]"), part, &mut text)?;
                }
                Ok(text)
            }
            other => Err(wrong_type(at, "one of a string or array of objects", other)),
        }
    }

    fn part(&mut self, at: &str, part: &Value, text: &mut String) -> Result<(), Refused> {
        let kind = part["type"].as_str().unwrap_or("");
        let (inner, more) = match kind {
            "text" => ("text", ["text", "prompt_cache_breakpoint"]),
            "refusal" => ("refusal", ["refusal", ""]),
            "image_url" => ("image_url", ["image_url", "prompt_cache_breakpoint"]),
            "file" => ("file", ["file", "prompt_cache_breakpoint"]),
            "input_audio" => ("input_audio", ["input_audio", ""]),
            _ => return Err(unknown_part(at, kind)),
        };
        if let Some(fields) = part.as_object() {
            let known = |key: &str| key == "type" || more.contains(&key);
            if let Some(key) = fields.keys().find(|key| !known(key)) {
                return Err(unknown_parameter(&format!("{at}.{key}")));
            }
        }
        if part.get(inner).is_none() {
            return Err(Refused::bad(format!("Missing required parameter: '{at}.{inner}'."))
                .param(format!("{at}.{inner}"))
                .code("missing_required_parameter"));
        }
        if !self.media && !matches!(kind, "text" | "refusal") {
            let message = format!("Invalid value: '{kind}'. Supported values are: 'text'.");
            return Err(invalid_value(&format!("{at}.type"), message));
        }
        match kind {
            "text" | "refusal" => {
                let said = part[kind].as_str();
                let said = said.ok_or_else(|| wrong_type(&format!("{at}.{kind}"), "a string", &part[kind]))?;
                self.meter.text(said);
                text.push_str(said);
                Ok(())
            }
            "image_url" => self.image(at, &part["image_url"]),
            "file" => self.file(at, &part["file"]),
            _ => self.audio(at, &part["input_audio"]),
        }
    }

    fn image(&mut self, at: &str, image: &Value) -> Result<(), Refused> {
        let Some(url) = image["url"].as_str() else {
            return Err(wrong_type(&format!("{at}.image_url"), "an object", image));
        };
        self.meter.image(url);
        let words = if url.starts_with("http://") || url.starts_with("https://") {
            format!("image at {url}")
        } else {
            let refuse = || {
                Refused::bad("Invalid image data URL: expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=').")
                    .param(format!("{at}.image_url.url"))
                    .code("invalid_image_url")
            };
            let (mime, size) = data_url(url).ok_or_else(refuse)?;
            if !mime.starts_with("image/") {
                return Err(refuse());
            }
            format!("image {mime} of {size} bytes")
        };
        self.ask.media.push(words);
        Ok(())
    }

    fn file(&mut self, at: &str, file: &Value) -> Result<(), Refused> {
        let name = file["filename"].as_str().unwrap_or("");
        if let Some(id) = file["file_id"].as_str() {
            self.meter.document(id);
            self.ask.media.push(format!("document {id}"));
            return Ok(());
        }
        let data = file["file_data"].as_str().unwrap_or("");
        let Some((mime, size)) = data_url(data) else {
            let message = format!("Invalid value for '{at}.file.file_data': expected a base64-encoded data URL.");
            return Err(invalid_value(&format!("{at}.file.file_data"), message));
        };
        self.meter.document(data);
        self.ask.media.push(format!("document {mime} of {size} bytes {name}").trim_end().to_owned());
        Ok(())
    }

    fn audio(&mut self, at: &str, audio: &Value) -> Result<(), Refused> {
        let format = audio["format"].as_str().unwrap_or("");
        if !matches!(format, "wav" | "mp3") {
            let message = format!("Invalid value: '{format}'. Supported values are: 'wav' and 'mp3'.");
            return Err(invalid_value(&format!("{at}.input_audio.format"), message));
        }
        let data = audio["data"].as_str().unwrap_or("");
        let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(data) else {
            return Err(invalid_value(&format!("{at}.input_audio.data"), "Invalid base64 audio data."));
        };
        self.meter.audio(data);
        self.ask.media.push(format!("audio {format} of {} bytes", bytes.len()));
        Ok(())
    }
}

fn unknown_part(at: &str, kind: &str) -> Refused {
    let message = format!(
        "Invalid value: '{kind}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'."
    );
    invalid_value(&format!("{at}.type"), message)
}

/// The type and decoded size of `data:TYPE;base64,...`.
pub(super) fn data_url(url: &str) -> Option<(&str, usize)> {
    let (mime, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(data).ok()?;
    Some((mime, bytes.len()))
}
