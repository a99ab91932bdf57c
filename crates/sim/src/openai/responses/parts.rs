//! Reads and checks the content of messages and of tool results in a Responses request.
//! In: a string or content parts. Out: the text; media go to the `Ask`. Never here: items, roles.

use crate::ask::Ask;
use crate::count::Meter;
use crate::openai::parts::data_url;
use crate::openai::read::{invalid_value, known, missing, wrong_type};
use crate::refused::Refused;
use serde_json::Value;

/// Which parts may be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A message of a user, a developer or the system; or what a tool gave back.
    Input,
    /// A message of the assistant.
    Output,
}

const INPUT: [&str; 3] = ["input_text", "input_image", "input_file"];
const OUTPUT: [&str; 2] = ["output_text", "refusal"];

/// Reads content into an ask.
pub(super) struct Reader<'a> {
    pub(super) ask: &'a mut Ask,
    pub(super) meter: &'a mut Meter,
    pub(super) of: Of,
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
            other => Err(wrong_type(at, "one of an array of objects or a string", other)),
        }
    }

    fn part(&mut self, at: &str, part: &Value, text: &mut String) -> Result<(), Refused> {
        let Value::Object(fields) = part else {
            return Err(wrong_type(at, "an object", part));
        };
        let kind = part["type"].as_str().ok_or_else(|| missing(&format!("{at}.type")))?;
        let allowed: &[&str] = if self.of == Of::Input { &INPUT } else { &OUTPUT };
        if !allowed.contains(&kind) {
            let list: Vec<String> = allowed.iter().map(|name| format!("'{name}'")).collect();
            let message = format!("Invalid value: '{kind}'. Supported values are: {}.", list.join(", "));
            return Err(invalid_value(at, message));
        }
        let names: &[&str] = match kind {
            "output_text" => &["type", "text", "annotations", "logprobs"],
            "refusal" => &["type", "refusal"],
            "input_text" => &["type", "text", "prompt_cache_breakpoint"],
            "input_image" => &["type", "image_url", "file_id", "detail", "prompt_cache_breakpoint"],
            _ => &["type", "file_data", "file_url", "file_id", "filename", "detail", "prompt_cache_breakpoint"],
        };
        known(fields, names, &format!("{at}."))?;
        match kind {
            "input_image" => self.image(at, part),
            "input_file" => self.file(at, part),
            _ => {
                let name = if kind == "refusal" { "refusal" } else { "text" };
                let value = part.get(name).ok_or_else(|| missing(&format!("{at}.{name}")))?;
                let said = value.as_str().ok_or_else(|| wrong_type(&format!("{at}.{name}"), "a string", value))?;
                self.meter.text(said);
                text.push_str(said);
                Ok(())
            }
        }
    }

    fn image(&mut self, at: &str, part: &Value) -> Result<(), Refused> {
        if let Some(id) = part["file_id"].as_str() {
            self.meter.image(id);
            self.ask.media.push(format!("image {id}"));
            return Ok(());
        }
        let url = part["image_url"].as_str().ok_or_else(|| missing(&format!("{at}.image_url")))?;
        self.meter.image(url);
        let words = if url.starts_with("http://") || url.starts_with("https://") {
            format!("image at {url}")
        } else {
            let found = data_url(url).filter(|(mime, _)| mime.starts_with("image/"));
            let (mime, size) = found.ok_or_else(|| {
                let message = format!("Invalid '{at}.image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value without one.");
                invalid_value(&format!("{at}.image_url"), message)
            })?;
            format!("image {mime} of {size} bytes")
        };
        self.ask.media.push(words);
        Ok(())
    }

    fn file(&mut self, at: &str, part: &Value) -> Result<(), Refused> {
        let text = |key: &str| part[key].as_str();
        let (identity, words) = match (text("file_id"), text("file_url"), text("file_data")) {
            (Some(id), _, _) => (id, format!("document {id}")),
            (_, Some(url), _) => (url, format!("document at {url}")),
            (_, _, Some(data)) => {
                let (mime, size) = data_url(data).ok_or_else(|| {
                    let param = format!("{at}.file_data");
                    invalid_value(&param, format!("Invalid '{param}'. Expected a base64-encoded data URL."))
                })?;
                let name = text("filename").ok_or_else(|| missing(&format!("{at}.filename")))?;
                (data, format!("document {mime} of {size} bytes {name}").trim_end().to_owned())
            }
            _ => return Err(missing(&format!("{at}.file_id"))),
        };
        self.meter.document(identity);
        self.ask.media.push(words);
        Ok(())
    }
}
