//! Reads and checks one part of a content. In: a part. Out: what it says, calls or gives back.
//! Never here: which parts may stand together (turns).

use super::fields::{Fields, invalid};
use super::{media, seal};
use crate::ask::ToolResult;
use crate::count::Meter;
use crate::refused::Refused;
use serde_json::{Map, Value, json};

const NAMES: [&str; 15] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
    "thought",
    "thoughtSignature",
    "videoMetadata",
    "mediaResolution",
    "partMetadata",
    "audioTranscription",
];
/// The fields of which a part has exactly one.
const DATA: [&str; 9] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

/// What one content said, part by part.
#[derive(Default)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) media: Vec<String>,
    /// The names of the calls, and whether each is signed.
    pub(super) calls: Vec<(String, bool)>,
    pub(super) results: Vec<ToolResult>,
    pub(super) count: usize,
}

impl Said {
    /// Reads one part; `new` says whether the model is one that takes media in results.
    pub(super) fn part(&mut self, at: &str, part: &Value, new: bool, meter: &mut Meter) -> Result<(), Refused> {
        let fields = Fields::of(at, part, &NAMES)?;
        self.count += 1;
        let mut data = DATA.iter().filter(|name| fields.get(name).is_some());
        let kind = data.next().copied();
        if let Some(second) = data.next() {
            let message = format!(
                "Invalid value at '{at}' (oneof), oneof field 'data' is already set. Cannot set '{second}'"
            );
            return Err(Refused::bad(message).param(at));
        }
        let signature = fields.text("thoughtSignature")?;
        match kind {
            None => {
                let message = format!(
                    "* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field\n"
                );
                return Err(Refused::bad(message));
            }
            Some("text") => {
                let text = fields.text("text")?.unwrap_or("");
                meter.text(text);
                if !fields.flag("thought")? {
                    self.text.push_str(text);
                }
            }
            Some("inlineData") => {
                let value = fields.get("inlineData").unwrap_or(&Value::Null);
                self.media.push(media::inline(&fields.place("inlineData"), value, meter)?);
            }
            Some("fileData") => {
                let value = fields.get("fileData").unwrap_or(&Value::Null);
                self.media.push(media::file(&fields.place("fileData"), value, meter)?);
            }
            Some("functionCall") => return self.call(&fields, signature, meter),
            Some("functionResponse") => self.result(&fields, new, meter)?,
            Some(other) => meter.json(fields.get(other).unwrap_or(&Value::Null)),
        }
        match signature {
            Some(signature) if !seal::thought_holds(signature) => Err(corrupted(at)),
            _ => Ok(()),
        }
    }

    fn call(&mut self, part: &Fields<'_>, signature: Option<&str>, meter: &mut Meter) -> Result<(), Refused> {
        let at = part.place("functionCall");
        let value = part.get("functionCall").unwrap_or(&Value::Null);
        let fields = Fields::of(at, value, &["id", "name", "args", "partialArgs", "willContinue"])?;
        let name = named(&fields)?;
        let none = Value::Object(Map::new());
        let arguments = fields.get("args").unwrap_or(&none);
        if !arguments.is_object() {
            return Err(invalid(&fields.place("args"), "type.googleapis.com/google.protobuf.Struct", arguments));
        }
        meter.text(name);
        meter.json(arguments);
        if signature.is_some_and(|signature| !seal::call_holds(name, arguments, signature)) {
            return Err(corrupted(&part.at));
        }
        self.calls.push((name.to_owned(), signature.is_some()));
        Ok(())
    }

    fn result(&mut self, part: &Fields<'_>, new: bool, meter: &mut Meter) -> Result<(), Refused> {
        let at = part.place("functionResponse");
        let value = part.get("functionResponse").unwrap_or(&Value::Null);
        let names = ["id", "name", "response", "parts", "willContinue", "scheduling"];
        let fields = Fields::of(at, value, &names)?;
        named(&fields)?;
        let response = fields.get("response").cloned().unwrap_or_else(|| json!({}));
        let Value::Object(members) = &response else {
            return Err(invalid(
                &fields.place("response"),
                "type.googleapis.com/google.protobuf.Struct",
                &response,
            ));
        };
        let is_error = members.contains_key("error");
        let only = members.values().next().filter(|_| members.len() == 1).and_then(Value::as_str);
        let known = ["output", "result", "error"].iter().any(|key| members.contains_key(*key));
        let text = only.filter(|_| known).map_or_else(|| response.to_string(), str::to_owned);
        meter.text(&text);
        let parts = fields.list("parts")?;
        if !parts.is_empty() && !new {
            return Err(Refused::bad("Multimodal function responses are not supported by this model.")
                .param(fields.place("parts")));
        }
        for (index, part) in parts.iter().enumerate() {
            let at = format!("{}.parts[{index}]", fields.at);
            let part = Fields::of(at, part, &["inlineData", "fileData"])?;
            if let Some(value) = part.get("inlineData") {
                self.media.push(media::inline(&part.place("inlineData"), value, meter)?);
            }
            if let Some(value) = part.get("fileData") {
                self.media.push(media::file(&part.place("fileData"), value, meter)?);
            }
        }
        self.results.push(ToolResult { text, is_error });
        Ok(())
    }
}

fn named<'a>(fields: &Fields<'a>) -> Result<&'a str, Refused> {
    match fields.text("name")? {
        Some(name) if !name.is_empty() => Ok(name),
        _ => {
            let message = format!("* GenerateContentRequest.{}: Name cannot be empty.\n", fields.place("name"));
            Err(Refused::bad(message))
        }
    }
}

fn corrupted(at: &str) -> Refused {
    Refused::bad("Corrupted thought signature.").param(format!("{at}.thought_signature"))
}
