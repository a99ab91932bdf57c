//! Messages written for a Chat Completions server. In: turns. Out: `messages`: results as messages of their own, pictures of
//! results behind all of them, reasoning only where the server wants it back. Never here: the fields around them (encode).

use super::decode::ERROR_MARK;
use crate::json::push_string;
use crate::names::ToolNames;
use crate::target::{ReasoningField, SystemPlacement, Target};
use crate::write::Writer;
use canon::{Block, BlockKind, CacheMark, Fault, FaultKind, Loss, Media, OutputFormat, Request, Role};

/// Writes messages and remembers what was lost and renamed.
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
    pub fn messages(&mut self, request: &Request, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut array = Writer::array(out);
        let schema = self.schema_prompt(request);
        let system: Vec<&Block> = request.system.iter().chain(&schema).collect();
        self.message(self.prompter(true), &system, &mut array)?;
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
        if request.turns.last().is_some_and(|turn| turn.role == Role::Assistant) {
            let why = "whether the answer goes on with the last message is up to the target";
            self.losses.push(Loss::approximated("messages[-1]", why));
        }
        Ok(())
    }

    /// Where the server takes no schema, it is asked for in words.
    fn schema_prompt(&mut self, request: &Request) -> Option<Block> {
        match &request.output_format {
            OutputFormat::JsonSchema { schema, .. } if !self.target.structured_output => {
                let why = "the schema is asked for in the system prompt; it is not enforced";
                self.losses.push(Loss::emulated("output_config.format", why));
                Some(Block::text(format!(
                    "Answer with one JSON object that fits this JSON Schema, and with nothing else:\n{}",
                    schema.get()
                )))
            }
            _ => None,
        }
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
        message.text("role", role);
        self.content(blocks, message.key("content"))?;
        message.end();
        Ok(())
    }

    /// A single text is a string, which every server takes; anything else is parts.
    fn content(&mut self, blocks: &[&Block], out: &mut Vec<u8>) -> Result<(), Fault> {
        if let [Block { kind: BlockKind::Text(text), cache, .. }] = blocks
            && (cache.is_none() || !self.target.cache_breakpoints)
        {
            self.cache_lost(*cache);
            push_string(out, text);
            return Ok(());
        }
        let mut parts = Writer::array(out);
        for block in blocks {
            self.part(block, &mut parts)?;
        }
        parts.end();
        Ok(())
    }

    fn cache_lost(&mut self, mark: Option<CacheMark>) {
        if mark.is_some() {
            let why = "the target caches prompts by itself";
            self.losses.push(Loss::dropped("cache_control", why));
        }
    }

    fn part(&mut self, block: &Block, parts: &mut Writer<'_>) -> Result<(), Fault> {
        self.written(block, parts).map_err(|fault| block.blame(fault))
    }

    fn written(&mut self, block: &Block, parts: &mut Writer<'_>) -> Result<(), Fault> {
        if let BlockKind::Opaque { kind, .. } = &block.kind {
            let why = format!("blocks of type {kind} mean nothing to the target");
            self.losses.push(Loss::dropped("messages[].content[]", why));
            return Ok(());
        }
        let mut part = Writer::object(parts.item());
        match &block.kind {
            BlockKind::Image { source, detail } => {
                part.text("type", "image_url");
                let mut image = Writer::object(part.key("image_url"));
                image.text("url", &url(source)?);
                if let Some(detail) = detail {
                    image.text("detail", detail);
                }
                image.end();
            }
            BlockKind::Document { source, title, context } => {
                self.document(source, title.as_deref(), context.as_deref(), &mut part)?;
            }
            BlockKind::Audio { data, format } => {
                part.text("type", "input_audio");
                let mut audio = Writer::object(part.key("input_audio"));
                audio.text("data", data);
                audio.text("format", format);
                audio.end();
            }
            BlockKind::ToolReference(name) => {
                part.text("type", "text");
                part.text("text", &format!("The tool {} is available now.", self.names.wire_name(name, 64)));
            }
            BlockKind::Text(text) | BlockKind::Refusal(text) => {
                part.text("type", "text");
                part.text("text", text);
            }
            _ => {
                part.text("type", "text");
                part.text("text", "");
            }
        }
        match block.cache {
            Some(mark) if self.target.cache_breakpoints => {
                let ttl = if mark == CacheMark::Long { "12h" } else { "30m" };
                part.raw("prompt_cache_breakpoint", &format!("{{\"mode\":\"explicit\",\"ttl\":\"{ttl}\"}}"));
            }
            mark => self.cache_lost(mark),
        }
        part.end();
        Ok(())
    }

    fn document(
        &mut self,
        source: &Media,
        title: Option<&str>,
        context: Option<&str>,
        part: &mut Writer<'_>,
    ) -> Result<(), Fault> {
        match source {
            Media::Text(text) => {
                let head: Vec<&str> = title.into_iter().chain(context).chain([&**text]).collect();
                part.text("type", "text");
                part.text("text", &head.join("\n"));
            }
            Media::Base64 { .. } => {
                if context.is_some() {
                    let why = "the target has no context of documents";
                    self.losses.push(Loss::dropped("messages[].content[].context", why));
                }
                part.text("type", "file");
                let mut file = Writer::object(part.key("file"));
                file.text("filename", title.unwrap_or("document.pdf"));
                file.text("file_data", &url(source)?);
                file.end();
            }
            Media::Url(_) => {
                return Err(unsupported("This model takes no documents by URL; send the data itself."));
            }
            Media::File(_) => return Err(foreign_file()),
        }
        Ok(())
    }

    /// Results first, each a message; then what they carried beside text; then what the user said.
    fn user(&mut self, blocks: &[&Block], array: &mut Writer<'_>) -> Result<(), Fault> {
        let mut later: Vec<&Block> = Vec::new();
        for block in blocks {
            let BlockKind::ToolResult { id, content, is_error } = &block.kind else {
                continue;
            };
            self.cache_lost(block.cache);
            let (texts, media): (Vec<&Block>, Vec<&Block>) =
                content.iter().partition(|b| matches!(b.kind, BlockKind::Text(_) | BlockKind::ToolReference(_)));
            let mut text = String::new();
            if *is_error {
                text.push_str(ERROR_MARK);
                let why = "a failed tool is marked in the text of its result";
                self.losses.push(Loss::emulated("messages[].content[].is_error", why));
            }
            let mut message = Writer::object(array.item());
            message.text("role", "tool");
            message.text("tool_call_id", id);
            if *is_error || texts.len() != 1 {
                for block in &texts {
                    match &block.kind {
                        BlockKind::Text(more) => text.push_str(more),
                        BlockKind::ToolReference(name) => {
                            text.push_str(&format!("The tool {name} is available now.\n"));
                        }
                        _ => {}
                    }
                }
                if texts.is_empty() && !media.is_empty() {
                    text.push_str("The result follows in the next user message.");
                }
                message.text("content", &text);
            } else {
                self.content(&texts, message.key("content"))?;
            }
            message.end();
            later.extend(media);
        }
        if !later.is_empty() {
            let why = "pictures in results are sent in a user message behind the results";
            self.losses.push(Loss::emulated("messages[].content[].content", why));
        }
        let spoken = blocks.iter().copied();
        later.extend(spoken.filter(|b| !matches!(b.kind, BlockKind::ToolResult { .. })));
        self.message("user", &later, array)
    }

    fn assistant(&mut self, blocks: &[&Block], array: &mut Writer<'_>) {
        let (mut said, mut thought, mut refusal) = (String::new(), String::new(), String::new());
        let mut calls = Vec::new();
        for block in blocks {
            self.cache_lost(block.cache);
            match &block.kind {
                BlockKind::Text(text) => said.push_str(text),
                BlockKind::Refusal(text) => refusal.push_str(text),
                BlockKind::Thinking { text, .. } => thought.push_str(text),
                BlockKind::ToolCall { id, name, arguments } => calls.push((id, name, arguments)),
                BlockKind::Redacted(_) => self.unthought(),
                _ => {
                    let why = "this block means nothing to the target";
                    self.losses.push(Loss::dropped("messages[].content[]", why));
                }
            }
        }
        let field = match self.target.reasoning_field {
            ReasoningField::Never => None,
            ReasoningField::ReasoningContent => Some("reasoning_content"),
            ReasoningField::Reasoning => Some("reasoning"),
        };
        if field.is_none() && !thought.is_empty() {
            self.unthought();
        }
        if said.is_empty() && refusal.is_empty() && calls.is_empty() {
            return;
        }
        let mut message = Writer::object(array.item());
        message.text("role", "assistant");
        if said.is_empty() {
            message.raw("content", "null");
        } else {
            message.text("content", &said);
        }
        if let Some(field) = field.filter(|_| !thought.is_empty()) {
            message.text(field, &thought);
        }
        if !refusal.is_empty() {
            message.text("refusal", &refusal);
        }
        if !calls.is_empty() {
            let mut list = Writer::array(message.key("tool_calls"));
            for (id, name, arguments) in calls {
                let mut call = Writer::object(list.item());
                call.text("id", id);
                call.text("type", "function");
                let mut function = Writer::object(call.key("function"));
                function.text("name", &self.names.wire_name(name, 64));
                function.text("arguments", if arguments.is_empty() { "{}" } else { arguments });
                function.end();
                call.end();
            }
            list.end();
        }
        message.end();
    }

    fn unthought(&mut self) {
        let why = "the target does not take reasoning back";
        self.losses.push(Loss::dropped("messages[].content[].thinking", why));
    }
}

fn url(source: &Media) -> Result<String, Fault> {
    match source {
        Media::Base64 { mime, data } => Ok(format!("data:{mime};base64,{data}")),
        Media::Url(url) => Ok(url.clone()),
        Media::Text(_) => Err(unsupported("A picture cannot be text.")),
        Media::File(_) => Err(foreign_file()),
    }
}

fn foreign_file() -> Fault {
    unsupported("Files kept by another provider cannot be read; send the data itself.")
}

fn unsupported(told: &'static str) -> Fault {
    Fault::new(FaultKind::UnsupportedParameter, told)
}
