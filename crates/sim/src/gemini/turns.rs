//! Reads and checks the contents of a request: who speaks when, and that every call has its response.
//! In: `systemInstruction`, `contents`. Out: the parts of an `Ask` that come from them. Never here: single parts.

use super::fields::{Fields, invalid, wrong};
use super::parts::Said;
use super::signs_calls;
use crate::ask::Ask;
use crate::count::Meter;
use crate::refused::Refused;
use serde_json::Value;

const CALL_PLACE: &str =
    "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
const RESULT_PLACE: &str = "Please ensure that function response turn comes immediately after a function call turn. And the number of function response parts should be equal to number of function call parts of the function call turn.";
const RESULT_COUNT: &str = "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";

/// Reads the system instruction, which is text alone.
pub(super) fn system(fields: &Fields<'_>, meter: &mut Meter) -> Result<(), Refused> {
    let Some(value) = fields.get("systemInstruction") else {
        return Ok(());
    };
    let content = Fields::of("system_instruction", value, &["role", "parts"])?;
    for (index, part) in content.list("parts")?.iter().enumerate() {
        let part = Fields::of(format!("system_instruction.parts[{index}]"), part, &["text"])?;
        meter.text(part.text("text")?.unwrap_or(""));
    }
    Ok(())
}

/// Who spoke last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nobody,
    User,
    Results,
    Model,
}

/// Reads every content in turn.
pub(super) fn read(contents: &[Value], ask: &mut Ask, meter: &mut Meter) -> Result<(), Refused> {
    if contents.is_empty() {
        return Err(wrong("contents", "contents is not specified"));
    }
    let new = signs_calls(&ask.model);
    let mut walk = Walk { last: Last::Nobody, open: 0, unsigned: None };
    for (index, content) in contents.iter().enumerate() {
        let fields = Fields::of(format!("contents[{index}]"), content, &["role", "parts"])?;
        let mut said = Said::default();
        let parts = fields.list("parts")?;
        if parts.is_empty() {
            return Err(wrong(&fields.place("parts"), "contents.parts must not be empty."));
        }
        for (index, part) in parts.iter().enumerate() {
            said.part(&format!("{}.parts[{index}]", fields.at), part, new, meter)?;
        }
        match fields.get("role").map(Value::as_str) {
            None | Some(Some("user" | "function")) => walk.user(said, ask)?,
            Some(Some("model")) => walk.model(index, &said, ask)?,
            Some(Some(_)) => return Err(Refused::bad("Please use a valid role: user, model.")),
            Some(None) => return Err(invalid(&fields.place("role"), "TYPE_STRING", content)),
        }
    }
    walk.end(new)
}

struct Walk {
    last: Last,
    /// Calls of the content before that wait for their responses.
    open: usize,
    /// The first call of this turn that has no signature, and where it stands.
    unsigned: Option<(String, usize)>,
}

impl Walk {
    fn user(&mut self, said: Said, ask: &mut Ask) -> Result<(), Refused> {
        if !said.calls.is_empty() {
            return Err(Refused::bad(CALL_PLACE));
        }
        let results = said.results.len();
        if results > 0 && self.open == 0 {
            return Err(Refused::bad(RESULT_PLACE));
        }
        if self.open > 0 && (results != self.open || said.count != results) {
            return Err(Refused::bad(if results == 0 { RESULT_PLACE } else { RESULT_COUNT }));
        }
        self.open = 0;
        ask.media = said.media;
        ask.results = said.results;
        self.last = Last::Results;
        if results == 0 {
            ask.said = said.text;
            self.last = Last::User;
            self.unsigned = None;
        }
        Ok(())
    }

    fn model(&mut self, index: usize, said: &Said, ask: &mut Ask) -> Result<(), Refused> {
        if !said.results.is_empty() || self.open > 0 {
            return Err(Refused::bad(RESULT_PLACE));
        }
        if let Some((name, signed)) = said.calls.first() {
            if !matches!(self.last, Last::User | Last::Results) {
                return Err(Refused::bad(CALL_PLACE));
            }
            if !signed && self.unsigned.is_none() {
                self.unsigned = Some((name.clone(), index));
            }
        }
        self.open = said.calls.len();
        self.last = Last::Model;
        ask.results.clear();
        Ok(())
    }

    /// Nothing is left open; a model that signs its calls gets those of this turn back signed.
    fn end(self, new: bool) -> Result<(), Refused> {
        if self.open > 0 {
            return Err(Refused::bad(RESULT_COUNT));
        }
        match self.unsigned {
            Some((name, index)) if new => Err(Refused::bad(format!(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:{name}` , position {index}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
            ))),
            _ => Ok(()),
        }
    }
}
