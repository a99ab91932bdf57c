//! Contents written for a Gemini server. In: turns. Out: `contents`, as the server's rules want them: results first in their
//! turn, one for each call and in the order of the calls; proofs on the part that follows them, only where they are ours.
//! Never here: the fields around them (encode).

use super::media::{inline_data, write};
use crate::anthropic::reply::write_input;
use crate::json::skip;
use crate::names::ToolNames;
use crate::target::Target;
use crate::write::Writer;
use canon::{Block, BlockKind, Fault, Loss, Media, Role, Turn};

/// Longest tool name that a server takes.
pub(super) const NAME_LEN_MAX: usize = 64;
/// What the public description has in the place of a proof that is lost.
pub(crate) const STAND_IN: &str = "skip_thought_signature_validator";

/// A call that a result answers.
struct Answered<'a> {
    id: &'a str,
    name: &'a str,
    is_error: bool,
}

/// Writes contents and remembers what was lost and renamed.
pub(super) struct Pen<'t> {
    target: &'t Target,
    pub losses: Vec<Loss>,
    pub names: ToolNames,
    /// The calls of the turn before: id and name.
    calls: Vec<(String, String)>,
}

impl<'t> Pen<'t> {
    pub fn new(target: &'t Target) -> Self {
        Self { target, losses: Vec::new(), names: ToolNames::default(), calls: Vec::new() }
    }

    /// Writes the conversation.
    pub fn contents(&mut self, turns: &[Turn], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut array = Writer::array(out);
        for turn in turns {
            if array.is_empty() && turn.role == Role::Assistant {
                let why = "a conversation begins with the user at the target";
                self.losses.push(Loss::emulated("messages[0]", why));
                array.item().extend_from_slice(br#"{"role":"user","parts":[{"text":"."}]}"#);
            }
            match turn.role {
                Role::Assistant => {
                    self.content("model", &mut array, |pen, parts| pen.model(&turn.blocks, parts))?;
                }
                Role::User | Role::System => self.user(&turn.blocks, &mut array)?,
            }
        }
        if array.is_empty() {
            return Err(Fault::new(
                canon::FaultKind::MessagesRequired,
                "`messages` holds nothing that this model can be told.",
            )
            .at("messages"));
        }
        array.end();
        Ok(())
    }

    /// Writes one content, unless nothing stands in it.
    fn content(
        &mut self,
        role: &str,
        array: &mut Writer<'_>,
        write: impl FnOnce(&mut Self, &mut Writer<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let before = array.len();
        let mut content = Writer::object(array.item());
        content.text("role", role);
        let mut parts = Writer::array(content.key("parts"));
        write(self, &mut parts)?;
        if parts.is_empty() {
            array.cut_back(before);
        } else {
            parts.end();
            content.end();
        }
        Ok(())
    }

    /// Results alone, as many as there were calls: servers count the parts of that content. Then what they carried beside text
    /// and what the user said, in a content of its own.
    fn user(&mut self, blocks: &[Block], array: &mut Writer<'_>) -> Result<(), Fault> {
        let (results, rest): (Vec<&Block>, Vec<&Block>) =
            blocks.iter().partition(|block| matches!(block.kind, BlockKind::ToolResult { .. }));
        let mut beside = Vec::new();
        self.content("user", array, |pen, parts| {
            beside = pen.results(results, parts)?;
            Ok(())
        })?;
        self.content("user", array, |pen, parts| {
            beside.into_iter().chain(rest).try_for_each(|block| pen.part(block, parts))
        })
    }

    /// Results in the order of their calls; gives what stands beside them.
    fn results<'b>(
        &mut self,
        mut results: Vec<&'b Block>,
        parts: &mut Writer<'_>,
    ) -> Result<Vec<&'b Block>, Fault> {
        let calls = std::mem::take(&mut self.calls);
        let place = |block: &&Block| match &block.kind {
            BlockKind::ToolResult { id, .. } => calls.iter().position(|(call, _)| call == id),
            _ => None,
        };
        results.sort_by_key(place);
        let mut beside = Vec::new();
        for block in results {
            self.cache_lost(block);
            if let BlockKind::ToolResult { id, content, is_error } = &block.kind {
                let name = calls.iter().find(|(call, _)| call == id).map_or(&**id, |(_, name)| name);
                let name = self.names.wire_name(name, NAME_LEN_MAX);
                let result = Answered { id, name: &name, is_error: *is_error };
                beside.extend(self.result(&result, content, parts)?);
            }
        }
        if !beside.is_empty() {
            let why = "pictures in results are sent beside the results";
            self.losses.push(Loss::emulated("messages[].content[].content", why));
        }
        Ok(beside)
    }

    fn cache_lost(&mut self, block: &Block) {
        if block.cache.is_some() {
            self.losses.push(Loss::dropped("cache_control", "the target caches prompts by itself"));
        }
    }

    /// Writes a result; gives the media that have no place in it.
    fn result<'b>(
        &mut self,
        result: &Answered<'_>,
        content: &'b [Block],
        parts: &mut Writer<'_>,
    ) -> Result<Vec<&'b Block>, Fault> {
        let mut texts: Vec<String> = Vec::new();
        let mut media: Vec<&Block> = Vec::new();
        for block in content {
            match &block.kind {
                BlockKind::Text(text) => texts.push(text.clone()),
                BlockKind::ToolReference(tool) => {
                    texts.push(format!("The tool {} is available now.", self.names.wire_name(tool, NAME_LEN_MAX)));
                }
                _ => media.push(block),
            }
        }
        let mut part = Writer::object(parts.item());
        let mut response = Writer::object(part.key("functionResponse"));
        response.text("id", result.id);
        response.text("name", result.name);
        let said = texts.join("\n");
        if !result.is_error && is_object(&said) {
            response.raw("response", said.trim());
        } else {
            let mut inner = Writer::object(response.key("response"));
            inner.text(if result.is_error { "error" } else { "output" }, &said);
            inner.end();
        }
        let takes = |block: &&Block| self.target.result_media && is_inline(block);
        let (here, beside): (Vec<&Block>, Vec<&Block>) = media.into_iter().partition(takes);
        if !here.is_empty() {
            let mut list = Writer::array(response.key("parts"));
            for block in here {
                self.part(block, &mut list)?;
            }
            list.end();
        }
        response.end();
        part.end();
        Ok(beside)
    }

    fn model(&mut self, blocks: &[Block], parts: &mut Writer<'_>) -> Result<(), Fault> {
        self.calls.clear();
        let mut proof: Option<String> = None;
        let mut proven = false;
        for block in blocks {
            match &block.kind {
                BlockKind::Thinking { signature, .. } => {
                    self.proof(signature.as_deref().unwrap_or_default(), &mut proof, parts);
                }
                BlockKind::Redacted(carried) => self.proof(carried, &mut proof, parts),
                BlockKind::Text(text) | BlockKind::Refusal(text) => {
                    self.cache_lost(block);
                    if !text.is_empty() {
                        signed_text(text, proof.take(), parts);
                    }
                }
                BlockKind::ToolCall { id, name, arguments } => {
                    self.cache_lost(block);
                    self.calls.push((id.clone(), name.clone()));
                    // The server wants a proof at the first call of a turn.
                    let stand_in = self.target.signature_stand_in && !proven;
                    let signature = proof.take().or_else(|| stand_in.then(|| STAND_IN.to_owned()));
                    proven |= signature.is_some();
                    self.call((id, name, arguments), signature, parts);
                }
                _ => self.part(block, parts)?,
            }
        }
        if proof.is_some() {
            signed_text("", proof, parts);
        }
        Ok(())
    }

    /// A proof of ours waits for the part behind it; where two meet, the first gets an empty text. The thought itself is a
    /// summary, which the server does not need.
    fn proof(&mut self, carried: &str, waiting: &mut Option<String>, parts: &mut Writer<'_>) {
        let Some(own) = self.target.maker.own(carried) else {
            let why = "reasoning that the target did not sign is not sent to it";
            self.losses.push(Loss::dropped("messages[].reasoning_content", why));
            return;
        };
        if let Some(first) = waiting.replace(own.to_owned()) {
            signed_text("", Some(first), parts);
        }
    }

    fn call(&mut self, call: (&str, &str, &str), signature: Option<String>, parts: &mut Writer<'_>) {
        let (id, name, arguments) = call;
        let mut part = Writer::object(parts.item());
        let mut inner = Writer::object(part.key("functionCall"));
        inner.text("id", id);
        inner.text("name", &self.names.wire_name(name, NAME_LEN_MAX));
        if !write_input(arguments, inner.key("args")) {
            let why = "arguments that are not a JSON object are sent inside one";
            self.losses.push(Loss::emulated("messages[].tool_calls[].function.arguments", why));
        }
        inner.end();
        if let Some(signature) = signature {
            part.text("thoughtSignature", &signature);
        }
        part.end();
    }

    /// A part without a proof.
    pub fn part(&mut self, block: &Block, parts: &mut Writer<'_>) -> Result<(), Fault> {
        self.written(block, parts).map_err(|fault| block.blame(fault))
    }

    fn written(&mut self, block: &Block, parts: &mut Writer<'_>) -> Result<(), Fault> {
        self.cache_lost(block);
        match &block.kind {
            BlockKind::Text(text) | BlockKind::Refusal(text) if !text.is_empty() => {
                signed_text(text, None, parts);
            }
            BlockKind::Image { source, detail } => {
                if detail.as_deref().is_some_and(|detail| detail != "auto") {
                    let why = "the target has no detail of images";
                    self.losses.push(Loss::dropped("messages[].content[].image_url.detail", why));
                }
                medium(source, parts)?;
            }
            BlockKind::Document { source, title, context } => {
                self.document(source, title.as_deref(), context.as_deref(), parts)?;
            }
            BlockKind::Audio { data, format } => {
                let mut part = Writer::object(parts.item());
                inline_data(&format!("audio/{format}"), data, &mut part);
                part.end();
            }
            BlockKind::ToolReference(name) => {
                let name = self.names.wire_name(name, NAME_LEN_MAX);
                signed_text(&format!("The tool {name} is available now."), None, parts);
            }
            BlockKind::Opaque { kind, .. } => {
                let why = format!("blocks of type {kind} mean nothing to the target");
                self.losses.push(Loss::dropped("messages[].content[]", why));
            }
            _ => {}
        }
        Ok(())
    }

    fn document(
        &mut self,
        source: &Media,
        title: Option<&str>,
        context: Option<&str>,
        parts: &mut Writer<'_>,
    ) -> Result<(), Fault> {
        if let Media::Text(text) = source {
            let head: Vec<&str> = title.into_iter().chain(context).chain([&**text]).collect();
            signed_text(&head.join("\n"), None, parts);
            return Ok(());
        }
        if title.is_some() || context.is_some() {
            let why = "the target has no title or context of documents";
            self.losses.push(Loss::dropped("messages[].content[].title", why));
        }
        medium(source, parts)
    }
}

fn medium(source: &Media, parts: &mut Writer<'_>) -> Result<(), Fault> {
    let mut part = Writer::object(parts.item());
    write(source, &mut part)?;
    part.end();
    Ok(())
}

fn signed_text(text: &str, signature: Option<String>, parts: &mut Writer<'_>) {
    let mut part = Writer::object(parts.item());
    part.text("text", text);
    if let Some(signature) = signature {
        part.text("thoughtSignature", &signature);
    }
    part.end();
}

/// Whether a text is one JSON object.
fn is_object(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('{') && skip(text.as_bytes(), 0, 8) == Ok(text.len())
}

/// Whether a result may carry a medium itself.
fn is_inline(block: &Block) -> bool {
    match &block.kind {
        BlockKind::Image { source, .. } | BlockKind::Document { source, .. } => {
            matches!(source, Media::Base64 { .. })
        }
        BlockKind::Audio { .. } => true,
        _ => false,
    }
}
