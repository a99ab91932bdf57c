//! A Responses request decoded. In: the client's body. Out: `canon::Request`, or a fault that names the field.
//! Never here: what a target can do (its encoder), items (items), tools (tools), streams.

use super::items;
use super::tools;
use crate::read::{self, At, Object, Takes, number, raw_json, raw_object, text, whole};
use canon::{Block, Dialect, Fault, Loss, OutputFormat, ReasoningMode, Request};

/// Decodes a body.
pub(crate) fn request(body: &[u8]) -> Result<(Request, Vec<Loss>), Fault> {
    let mut request = Request::new(Dialect::OpenAiResponses, "");
    let mut reader = Reader {
        request: &mut request,
        losses: Vec::new(),
        instructions: None,
        input: None,
        tools: None,
        choice: None,
    };
    read::request(body, &mut reader)?;
    let Reader { mut losses, instructions, input, tools, choice, .. } = reader;
    if let Some(raw) = tools {
        tools::read(&mut request, &raw, &mut losses)?;
    }
    if let Some(raw) = choice {
        request.tool_choice = Some(tools::choice(&request, &raw)?);
    }
    request.system.extend(instructions.filter(|text| !text.is_empty()).map(Block::text));
    if let Some(raw) = input {
        items::read(&mut request, &raw, &mut losses)?;
    }
    Ok((request, losses))
}

/// What may be asked to stand in the answer.
const INCLUDED: [&str; 7] = [
    "code_interpreter_call.outputs",
    "computer_call_output.output.image_url",
    "file_search_call.results",
    "message.input_image.image_url",
    "reasoning.encrypted_content",
    "web_search_call.action.sources",
    "web_search_call.results",
];

/// Fields that lean on others are kept until all are there.
struct Reader<'r> {
    request: &'r mut Request,
    losses: Vec<Loss>,
    instructions: Option<String>,
    input: Option<Vec<u8>>,
    tools: Option<Vec<u8>>,
    choice: Option<Vec<u8>>,
}

impl Takes for Reader<'_> {
    fn field(&mut self, name: &str, raw: &[u8]) -> Result<(), Fault> {
        let at = At::field(name);
        let request = &mut *self.request;
        match name {
            "model" => request.model = text(raw, &at)?,
            "stream" => request.stream = raw == b"true",
            "input" => self.input = Some(raw.to_vec()),
            "instructions" => self.instructions = Some(text(raw, &at)?),
            "tools" => self.tools = Some(raw.to_vec()),
            "tool_choice" => self.choice = Some(raw.to_vec()),
            "max_output_tokens" => request.max_output = Some(whole(raw, &at)?),
            "temperature" => request.sampling.temperature = Some(number(raw, &at)?),
            "top_p" => request.sampling.top_p = Some(number(raw, &at)?),
            "parallel_tool_calls" => request.parallel_tools = Some(read::flag(raw, &at)?),
            "text" => self.form(raw, &at)?,
            "reasoning" => reasoning(request, raw, &at)?,
            "user" if request.user.is_some() => {}
            "user" | "safety_identifier" => request.user = Some(text(raw, &at)?),
            "service_tier" => request.service_tier = Some(text(raw, &at)?),
            "include" => self.include(raw, &at)?,
            "truncation" if raw == b"\"disabled\"" => {}
            "top_logprobs" if raw == b"0" => {}
            "background" if raw == b"false" => {}
            // What only tells the gateway something, or is repeated in the answer, is no loss.
            "metadata" => drop(raw_object(raw, &at)?),
            "store" | "stream_options" => {}
            "previous_response_id" | "conversation" | "background" | "prompt" | "top_logprobs" => {
                request.demands.push(name.to_owned());
            }
            _ => request.extras.push((name.to_owned(), raw_json(raw, &at)?)),
        }
        Ok(())
    }

    fn message(&mut self, _message: &Object<'_>, _at: &At<'_>) -> Result<(), Fault> {
        Err(Fault::invalid("messages", "`messages` is no field of this endpoint; use `input`."))
    }
}

impl Reader<'_> {
    /// `text`: the form of the answer, and how wordy it is.
    fn form(&mut self, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
        let form = Object::read(raw, at)?;
        if form.get("verbosity").is_some_and(|word| word != b"\"medium\"") {
            self.losses.push(Loss::dropped("text.verbosity", "the target has no such field"));
        }
        let at = at.key("format");
        let Some(raw) = form.get("format") else { return Ok(()) };
        let format = Object::read(raw, &at)?;
        self.request.output_format = match &*format.required("type", &at)? {
            "text" => OutputFormat::Text,
            "json_object" => OutputFormat::JsonObject,
            "json_schema" => OutputFormat::JsonSchema {
                name: format.text("name", &at)?,
                description: format.text("description", &at)?,
                schema: raw_object(format.get("schema").unwrap_or(b"{\"type\":\"object\"}"), &at.key("schema"))?,
                strict: format.flag("strict", &at)?,
            },
            _ => return Err(at.key("type").refuse("text, json_object or json_schema")),
        };
        Ok(())
    }

    /// `include`: proofs of reasoning always go out; results of tools that nobody runs here are never there.
    fn include(&mut self, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
        for (n, item) in read::items(raw, at)?.into_iter().enumerate() {
            let at = at.index(n);
            let asked = text(item, &at)?;
            if asked == "message.output_text.logprobs" {
                self.request.demands.push("include".to_owned());
            } else if !INCLUDED.contains(&&*asked) {
                return Err(at.refuse(&format!("one of {}", INCLUDED.join(", "))));
            }
        }
        Ok(())
    }
}

/// How hard to think. Whether a summary is asked for makes no difference: what other dialects show of reasoning is shown.
fn reasoning(request: &mut Request, raw: &[u8], at: &At<'_>) -> Result<(), Fault> {
    let object = Object::read(raw, at)?;
    if let Some(word) = object.text("effort", at)? {
        if word == "none" {
            request.reasoning.mode = ReasoningMode::Off;
        }
        request.reasoning.effort = Some(word);
    }
    Ok(())
}
