//! Items written for a Responses server. In: turns. Out: `input`: results beside their calls, pictures and files inside them,
//! reasoning only with a proof of this server's own. Never here: the fields around them (encode).

use super::encode::{NAME_LEN_MAX, has_instructions, schema_prompt};
use super::proof;
use crate::names::ToolNames;
use crate::openai_chat::decode::ERROR_MARK;
use crate::target::{SystemPlacement, Target};
use crate::write::Writer;
use canon::{Block, BlockKind, CacheMark, Fault, FaultKind, Loss, Media, Request, Role};

/// Writes items and remembers what was lost and renamed.
pub(super) struct Pen<'t> {
    target: &'t Target,
    pub losses: Vec<Loss>,
    pub names: ToolNames,
}

impl<'t> Pen<'t> {
    pub fn new(target: &'t Target) -> Self {
        Self { target, losses: Vec::new(), names: ToolNames::default() }
    }

    /// Writes the conversation.
    pub fn input(&mut self, request: &Request, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut array = Writer::array(out);
        if !has_instructions(request, self.target) {
            let asked = schema_prompt(request, self.target).map(Block::text);
            let system: Vec<&Block> = request.system.iter().chain(&asked).collect();
            self.message(self.prompter(true), &system, &mut array)?;
        }
        for turn in &request.turns {
            let blocks: Vec<&Block> = turn.blocks.iter().collect();
            match turn.role {
                Role::System => self.message(self.prompter(false), &blocks, &mut array)?,
                Role::User => self.user(&blocks, &mut array)?,
                Role::Assistant => self.assistant(&blocks, &mut array),
            }
        }
        if array.is_empty() {
            let told = "`messages` holds nothing that this model can be told.";
            return Err(Fault::new(FaultKind::MessagesRequired, told).at("messages"));
        }
        array.end();
        Ok(())
    }

    /// The role of a system prompt, at the head or later.
    const fn prompter(&self, leading: bool) -> &'static str {
        match self.target.system {
            SystemPlacement::DeveloperInPlace => "developer",
            SystemPlacement::AsUser => "user",
            SystemPlacement::LeadingOnly if !leading => "user",
            SystemPlacement::LeadingOnly | SystemPlacement::SystemInPlace | SystemPlacement::AsSent => "system",
        }
    }

    fn message(&mut self, role: &str, blocks: &[&Block], array: &mut Writer<'_>) -> Result<(), Fault> {
        if blocks.is_empty() {
            return Ok(());
        }
        let mut message = Writer::object(array.item());
        message.text("type", "message");
        message.text("role", role);
        self.parts(blocks, message.key("content"))?;
        message.end();
        Ok(())
    }

    fn parts(&mut self, blocks: &[&Block], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut parts = Writer::array(out);
        for block in blocks {
            self.part(block, &mut parts)?;
        }
        parts.end();
        Ok(())
    }

    fn part(&mut self, block: &Block, parts: &mut Writer<'_>) -> Result<(), Fault> {
        self.written(block, parts).map_err(|fault| block.blame(fault))
    }

    fn written(&mut self, block: &Block, parts: &mut Writer<'_>) -> Result<(), Fault> {
        let mut part = match &block.kind {
            BlockKind::Audio { .. } => {
                return Err(unsupported("This model cannot hear; sound is not supported."));
            }
            BlockKind::Opaque { kind, .. } => {
                let why = format!("blocks of type {kind} mean nothing to the target");
                self.losses.push(Loss::dropped("messages[].content[]", why));
                return Ok(());
            }
            _ => Writer::object(parts.item()),
        };
        match &block.kind {
            BlockKind::Image { source, detail } => {
                part.text("type", "input_image");
                part.text("image_url", &url(source)?);
                part.text("detail", detail.as_deref().unwrap_or("auto"));
            }
            BlockKind::Document { source, title, context } => {
                self.document(source, title.as_deref(), context.as_deref(), &mut part)?;
            }
            BlockKind::ToolReference(name) => {
                let name = self.names.wire_name(name, NAME_LEN_MAX);
                part.text("type", "input_text");
                part.text("text", &format!("The tool {name} is available now."));
            }
            BlockKind::Text(text) | BlockKind::Refusal(text) => {
                part.text("type", "input_text");
                part.text("text", text);
            }
            _ => {
                part.text("type", "input_text");
                part.text("text", "");
            }
        }
        self.mark(block.cache, &mut part);
        part.end();
        Ok(())
    }

    fn mark(&mut self, mark: Option<CacheMark>, part: &mut Writer<'_>) {
        match mark {
            Some(mark) if self.target.cache_breakpoints => {
                let ttl = if mark == CacheMark::Long { "12h" } else { "30m" };
                part.raw("prompt_cache_breakpoint", &format!("{{\"mode\":\"explicit\",\"ttl\":\"{ttl}\"}}"));
            }
            mark => self.unmarked(mark),
        }
    }

    fn unmarked(&mut self, mark: Option<CacheMark>) {
        if mark.is_some() {
            self.losses.push(Loss::dropped("cache_control", "the target caches prompts by itself"));
        }
    }

    fn document(
        &mut self,
        source: &Media,
        title: Option<&str>,
        context: Option<&str>,
        part: &mut Writer<'_>,
    ) -> Result<(), Fault> {
        if let Media::Text(text) = source {
            let head: Vec<&str> = title.into_iter().chain(context).chain([&**text]).collect();
            part.text("type", "input_text");
            part.text("text", &head.join("\n"));
            return Ok(());
        }
        if context.is_some() {
            let why = "the target has no context of documents";
            self.losses.push(Loss::dropped("messages[].content[].context", why));
        }
        part.text("type", "input_file");
        match source {
            // A name and an address exclude each other at the server.
            Media::Url(url) => part.text("file_url", url),
            _ => {
                part.text("filename", title.unwrap_or("document.pdf"));
                part.text("file_data", &url(source)?);
            }
        }
        Ok(())
    }

    /// Results first, beside their calls; then what the user said.
    fn user(&mut self, blocks: &[&Block], array: &mut Writer<'_>) -> Result<(), Fault> {
        for block in blocks {
            let BlockKind::ToolResult { id, content, is_error } = &block.kind else {
                continue;
            };
            self.unmarked(block.cache);
            let mut item = Writer::object(array.item());
            item.text("type", "function_call_output");
            item.text("call_id", id);
            self.output(content, *is_error, &mut item)?;
            item.end();
        }
        let spoken = blocks.iter().copied();
        let spoken: Vec<&Block> =
            spoken.filter(|block| !matches!(block.kind, BlockKind::ToolResult { .. })).collect();
        self.message("user", &spoken, array)
    }

    /// What came out of a tool: one text, or parts.
    fn output(&mut self, content: &[Block], is_error: bool, item: &mut Writer<'_>) -> Result<(), Fault> {
        let mark = if is_error { ERROR_MARK } else { "" };
        if is_error {
            let why = "a failed tool is marked in the text of its result";
            self.losses.push(Loss::emulated("messages[].content[].is_error", why));
        }
        match content {
            [] => item.text("output", mark),
            [Block { kind: BlockKind::Text(text), cache: None, .. }] => {
                item.text("output", &format!("{mark}{text}"));
            }
            _ => {
                let mark = is_error.then(|| Block::text(mark));
                let blocks: Vec<&Block> = mark.iter().chain(content).collect();
                self.parts(&blocks, item.key("output"))?;
            }
        }
        Ok(())
    }

    fn assistant(&mut self, blocks: &[&Block], array: &mut Writer<'_>) {
        let thought = |block: &&&Block| matches!(block.kind, BlockKind::Thinking { .. } | BlockKind::Redacted(_));
        // Reasoning that nothing followed is refused by the server.
        let end = blocks.len() - blocks.iter().rev().take_while(thought).count();
        let mut said: Vec<&Block> = Vec::new();
        for (n, block) in blocks.iter().enumerate() {
            match &block.kind {
                BlockKind::Text(_) | BlockKind::Refusal(_) => {
                    said.push(block);
                    continue;
                }
                _ => said_item(&std::mem::take(&mut said), array),
            }
            self.unmarked(block.cache);
            match &block.kind {
                BlockKind::Thinking { text, signature } => {
                    self.reasoning(text, signature.as_deref().filter(|_| n < end), array);
                }
                BlockKind::Redacted(data) => {
                    self.reasoning("", (n < end).then_some(data.as_str()), array);
                }
                BlockKind::ToolCall { id, name, arguments } => {
                    let mut call = Writer::object(array.item());
                    call.text("type", "function_call");
                    call.text("call_id", id);
                    call.text("name", &self.names.wire_name(name, NAME_LEN_MAX));
                    call.text("arguments", if arguments.is_empty() { "{}" } else { arguments });
                    call.end();
                }
                _ => {
                    let why = "this block means nothing to the target";
                    self.losses.push(Loss::dropped("messages[].content[]", why));
                }
            }
        }
        for block in &said {
            self.unmarked(block.cache);
        }
        said_item(&said, array);
    }

    /// Reasoning with a proof of this server. Of others it would be refused, and as text it would be the model's own words.
    fn reasoning(&mut self, text: &str, carried: Option<&str>, array: &mut Writer<'_>) {
        let Some(proof) = carried.and_then(|carried| self.target.maker.own(carried)) else {
            let why = "reasoning that the target did not prove is not sent to it";
            self.losses.push(Loss::dropped("messages[].content[].thinking", why));
            return;
        };
        let (id, encrypted) = proof::split(proof);
        let mut item = Writer::object(array.item());
        item.text("type", "reasoning");
        if !id.is_empty() {
            item.text("id", id);
        }
        let mut summary = Writer::array(item.key("summary"));
        if !text.is_empty() {
            let mut part = Writer::object(summary.item());
            part.text("type", "summary_text");
            part.text("text", text);
            part.end();
        }
        summary.end();
        item.text("encrypted_content", encrypted);
        item.end();
    }
}

/// What the model said at once.
fn said_item(blocks: &[&Block], array: &mut Writer<'_>) {
    if blocks.is_empty() {
        return;
    }
    let mut message = Writer::object(array.item());
    message.text("type", "message");
    message.text("role", "assistant");
    let mut parts = Writer::array(message.key("content"));
    for block in blocks {
        let mut part = Writer::object(parts.item());
        match &block.kind {
            BlockKind::Refusal(text) => {
                part.text("type", "refusal");
                part.text("refusal", text);
            }
            BlockKind::Text(text) => {
                part.text("type", "output_text");
                part.text("text", text);
            }
            _ => {}
        }
        part.end();
    }
    parts.end();
    message.end();
}

fn url(source: &Media) -> Result<String, Fault> {
    match source {
        Media::Base64 { mime, data } => Ok(format!("data:{mime};base64,{data}")),
        Media::Url(url) => Ok(url.clone()),
        Media::Text(_) => Err(unsupported("A picture cannot be text.")),
        Media::File(_) => Err(unsupported("Files kept by another provider cannot be read; send the data itself.")),
    }
}

fn unsupported(told: &'static str) -> Fault {
    Fault::new(FaultKind::UnsupportedParameter, told)
}
