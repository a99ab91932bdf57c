//! Content blocks written for a Messages server. In: turns. Out: `messages`, as the server's rules want them: results first
//! in their turn and each beside its call, no empty text, thinking only where its seal is ours.
//! Never here: the fields around the messages (encode).

use super::reply::write_input;
use crate::names::{ToolNames, wire_id};
use crate::seal::Maker;
use crate::write::Writer;
use canon::{Block, BlockKind, CacheMark, Fault, FaultKind, Loss, Media, Role, Turn};
use std::collections::HashMap;

/// A server takes no more cache marks than this.
const CACHE_MARKS_MAX: usize = 4;

/// The value of a cache mark.
const fn cache_control(mark: CacheMark) -> &'static str {
    match mark {
        CacheMark::Short => "{\"type\":\"ephemeral\"}",
        CacheMark::Long => "{\"type\":\"ephemeral\",\"ttl\":\"1h\"}",
    }
}

/// Writes blocks and remembers what was lost and renamed.
#[derive(Default)]
pub(super) struct Pen {
    maker: Maker,
    pub losses: Vec<Loss>,
    pub names: ToolNames,
    marks: usize,
}

impl Pen {
    /// For a server that takes the proofs of this maker.
    pub fn new(maker: Maker) -> Self {
        Self { maker, ..Self::default() }
    }

    /// Writes a cache mark while there is room for one.
    pub fn cache(&mut self, mark: Option<CacheMark>, object: &mut Writer<'_>) {
        let Some(mark) = mark else { return };
        self.marks += 1;
        if self.marks > CACHE_MARKS_MAX {
            self.losses.push(Loss::dropped("cache_control", "the target takes four marks"));
            return;
        }
        object.raw("cache_control", cache_control(mark));
    }

    /// Writes a text block, with a mark of ours if the client set none.
    pub fn text_block(&mut self, block: &Block, ours: Option<CacheMark>, out: &mut Vec<u8>) {
        if let BlockKind::Text(text) = &block.kind {
            let mut object = Writer::object(out);
            object.text("type", "text");
            object.text("text", text);
            self.cache(block.cache.or(ours), &mut object);
            object.end();
        }
    }

    /// Writes the conversation; `ours` is a mark for its end.
    pub fn messages(&mut self, turns: &[Turn], ours: Option<CacheMark>, out: &mut Vec<u8>) -> Result<(), Fault> {
        check_pairs(turns)?;
        let mut array = Writer::array(out);
        for (n, turn) in turns.iter().enumerate() {
            if n == 0 && turn.role == Role::Assistant {
                let why = "a conversation begins with the user at the target";
                self.losses.push(Loss::emulated("messages[0]", why));
                array.item().extend_from_slice(br#"{"role":"user","content":"."}"#);
            }
            let (results, rest): (Vec<&Block>, Vec<&Block>) =
                turn.blocks.iter().partition(|b| matches!(b.kind, BlockKind::ToolResult { .. }));
            let before = array.len();
            let mut message = Writer::object(array.item());
            message.text(
                "role",
                match turn.role {
                    Role::User => "user",
                    Role::Assistant => "assistant",
                    Role::System => "system",
                },
            );
            let mut blocks = Writer::array(message.key("content"));
            let all = results.len() + rest.len();
            for (at, block) in (1..).zip(results.into_iter().chain(rest)) {
                let ends = at == all && n + 1 == turns.len() && turn.role == Role::User;
                self.block(block, ours.filter(|_| ends), &mut blocks)?;
            }
            if blocks.is_empty() {
                array.cut_back(before);
                continue;
            }
            blocks.end();
            message.end();
        }
        if array.is_empty() {
            let told = "`messages` holds nothing that this model can be told.";
            return Err(Fault::new(FaultKind::MessagesRequired, told).at("messages"));
        }
        array.end();
        Ok(())
    }

    fn block(&mut self, block: &Block, ours: Option<CacheMark>, array: &mut Writer<'_>) -> Result<(), Fault> {
        self.written(block, ours, array).map_err(|fault| block.blame(fault))
    }

    fn written(&mut self, block: &Block, ours: Option<CacheMark>, array: &mut Writer<'_>) -> Result<(), Fault> {
        match &block.kind {
            // As text it would be the model's own words of an answer, which they never were.
            BlockKind::Thinking { .. } | BlockKind::Redacted(_) if !is_own(&block.kind, self.maker) => {
                let why = "reasoning that the target did not sign is not sent to it";
                self.losses.push(Loss::dropped("messages[].reasoning_content", why));
                return Ok(());
            }
            BlockKind::Opaque { kind, .. } => {
                let why = format!("blocks of type {kind} mean nothing to the target");
                self.losses.push(Loss::dropped("messages[].content[]", why));
                return Ok(());
            }
            BlockKind::Audio { .. } => {
                return Err(unsupported("This model cannot hear; sound is not supported."));
            }
            // The server refuses texts that say nothing.
            BlockKind::Text(text) if text.trim().is_empty() => return Ok(()),
            BlockKind::Text(_) => {
                self.text_block(block, ours, array.item());
                return Ok(());
            }
            _ => {}
        }
        let mut object = Writer::object(array.item());
        self.other(&block.kind, &mut object)?;
        let sealed = matches!(block.kind, BlockKind::Thinking { .. } | BlockKind::Redacted(_));
        if !sealed {
            self.cache(block.cache.or(ours), &mut object);
        }
        object.end();
        Ok(())
    }

    fn other(&mut self, kind: &BlockKind, object: &mut Writer<'_>) -> Result<(), Fault> {
        match kind {
            BlockKind::Refusal(text) => {
                object.text("type", "text");
                object.text("text", text);
            }
            BlockKind::Image { source, detail } => {
                if detail.as_deref().is_some_and(|d| d != "auto") {
                    let why = "the target has no detail of images";
                    self.losses.push(Loss::dropped("messages[].content[].image_url.detail", why));
                }
                object.text("type", "image");
                write_source(source, object)?;
            }
            BlockKind::Document { source, title, context } => {
                object.text("type", "document");
                write_source(source, object)?;
                if let Some(title) = title {
                    object.text("title", title);
                }
                if let Some(context) = context {
                    object.text("context", context);
                }
            }
            BlockKind::Thinking { text, signature } => {
                object.text("type", "thinking");
                object.text("thinking", text);
                let proof = signature.as_deref().and_then(|carried| self.maker.own(carried));
                object.text("signature", proof.unwrap_or_default());
            }
            BlockKind::Redacted(data) => {
                object.text("type", "redacted_thinking");
                object.text("data", self.maker.own(data).unwrap_or_default());
            }
            BlockKind::ToolCall { id, name, arguments } => {
                object.text("type", "tool_use");
                object.text("id", &wire_id(id));
                object.text("name", &self.names.wire_name(name, 128));
                self.input(arguments, object);
            }
            BlockKind::ToolResult { id, content, is_error } => {
                self.result(id, content, *is_error, object)?;
            }
            BlockKind::ToolReference(name) => {
                object.text("type", "tool_reference");
                object.text("tool_name", &self.names.wire_name(name, 128));
            }
            _ => {}
        }
        Ok(())
    }

    /// Arguments are an object here. What a model broke off is kept inside one, so the conversation goes on.
    fn input(&mut self, arguments: &str, object: &mut Writer<'_>) {
        if !write_input(arguments, object.key("input")) {
            let why = "arguments that are not a JSON object are sent inside one";
            let path = "messages[].tool_calls[].function.arguments";
            self.losses.push(Loss::emulated(path, why));
        }
    }

    fn result(
        &mut self,
        id: &str,
        content: &[Block],
        is_error: bool,
        object: &mut Writer<'_>,
    ) -> Result<(), Fault> {
        object.text("type", "tool_result");
        object.text("tool_use_id", &wire_id(id));
        if let [Block { kind: BlockKind::Text(text), cache: None, .. }] = content {
            object.text("content", text);
        } else if !content.is_empty() {
            let mut array = Writer::array(object.key("content"));
            for block in content {
                self.block(block, None, &mut array)?;
            }
            array.end();
        }
        if is_error {
            object.raw("is_error", "true");
        }
        Ok(())
    }
}

/// Whether a block is reasoning that this maker proved.
pub(super) fn is_own(kind: &BlockKind, maker: Maker) -> bool {
    match kind {
        BlockKind::Thinking { signature, .. } => signature.as_deref().is_some_and(|s| maker.own(s).is_some()),
        BlockKind::Redacted(data) => maker.own(data).is_some(),
        _ => false,
    }
}

fn unsupported(told: &'static str) -> Fault {
    Fault::new(FaultKind::UnsupportedParameter, told)
}

fn write_source(source: &Media, object: &mut Writer<'_>) -> Result<(), Fault> {
    let mut out = Writer::object(object.key("source"));
    match source {
        Media::Base64 { mime, data } => {
            out.text("type", "base64");
            out.text("media_type", mime);
            out.text("data", data);
        }
        Media::Url(url) => {
            out.text("type", "url");
            out.text("url", url);
        }
        Media::Text(text) => {
            out.text("type", "text");
            out.text("media_type", "text/plain");
            out.text("data", text);
        }
        Media::File(_) => {
            return Err(unsupported("Files kept by another provider cannot be read; send the data itself."));
        }
    }
    out.end();
    Ok(())
}

/// Every call needs its result in the turn that follows, and every result its call before it.
pub(crate) fn check_pairs(turns: &[Turn]) -> Result<(), Fault> {
    let mut open: HashMap<&str, &Block> = HashMap::new();
    for turn in turns {
        for block in &turn.blocks {
            let BlockKind::ToolResult { id, .. } = &block.kind else {
                continue;
            };
            if turn.role != Role::User || open.remove(id.as_str()).is_none() {
                let told = format!("The tool result `{id}` has no call in the assistant message before it.");
                return Err(unpaired(block, told));
            }
        }
        if turn.role != Role::System {
            missing(&open)?;
            open.clear();
        }
        open.extend(turn.blocks.iter().filter_map(|b| match &b.kind {
            BlockKind::ToolCall { id, .. } => Some((id.as_str(), b)),
            _ => None,
        }));
    }
    missing(&open)
}

fn missing(open: &HashMap<&str, &Block>) -> Result<(), Fault> {
    match open.iter().min_by_key(|(id, _)| **id) {
        Some((id, call)) => {
            let told = format!("The tool call `{id}` has no result in the messages right after it.");
            Err(unpaired(call, told))
        }
        None => Ok(()),
    }
}

fn unpaired(block: &Block, told: String) -> Fault {
    block.blame(Fault::new(FaultKind::InvalidRequest, told))
}
