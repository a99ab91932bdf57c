//! Contents and parts of a client's request. In: an element of `contents`. Out: blocks of ours, calls with ids.
//! Never here: the fields around them (decode).
//!
//! Calls need no id in this dialect. One without gets an id of its name and place, which is the same every turn; results
//! are matched by id, else by name in order.

use super::media::{file, inline};
use super::names::{get, many, required, string};
use super::proof::Proof;
use crate::read::{At, Object, raw_object, text};
use canon::{Block, BlockKind, Fault, Request, Role};

/// The calls of the turn before, as results are matched to them.
#[derive(Default)]
pub(super) struct Calls {
    open: Vec<(String, String)>,
    count: usize,
}

impl Calls {
    /// A call's id: its own, or one made of its name and place.
    fn made(&mut self, given: Option<String>, name: &str) -> String {
        let id = given.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{}_{name}", self.count));
        self.count += 1;
        self.open.push((id.clone(), name.to_owned()));
        id
    }

    /// The id of the call that a result belongs to.
    fn answered(&mut self, given: Option<String>, name: &str) -> String {
        let by_id = self.open.iter().position(|(id, _)| Some(id) == given.as_ref());
        let found = by_id.or_else(|| self.open.iter().position(|(_, called)| called == name));
        match found {
            Some(at) => self.open.remove(at).0,
            None => given.unwrap_or_else(|| name.to_owned()),
        }
    }
}

/// Reads one element of `contents` into the conversation.
pub(super) fn content(request: &mut Request, raw: &[u8], at: &At<'_>, calls: &mut Calls) -> Result<(), Fault> {
    let content = Object::read(raw, at)?;
    let role = match string(&content, "role", at)?.as_deref() {
        None | Some("user" | "function" | "tool" | "") => Role::User,
        Some("model") => Role::Assistant,
        Some(_) => return Err(at.key("role").refuse("user or model")),
    };
    if role == Role::Assistant && request.turns.last().is_none_or(|turn| turn.role == Role::User) {
        calls.open.clear();
    }
    // Clients keep a content for every frame of an answer: a proof may be of the thought in the content before.
    let mut blocks = match request.turns.last_mut() {
        Some(turn) if turn.role == role => std::mem::take(&mut turn.blocks),
        _ => Vec::new(),
    };
    let at = at.key("parts");
    for (n, raw) in get(&content, "parts").map_or(Ok(Vec::new()), |raw| many(raw, &at))?.into_iter().enumerate() {
        part(request, raw, &at.index(n), &mut Parts { blocks: &mut blocks, calls })?;
    }
    request.say(role, blocks);
    Ok(())
}

/// Reads a system prompt: a text, a list of parts, or a content.
pub(super) fn system(raw: &[u8], at: &At<'_>) -> Result<Vec<Block>, Fault> {
    if raw.first() == Some(&b'"') {
        return Ok(Some(text(raw, at)?).filter(|t| !t.is_empty()).map(Block::text).into_iter().collect());
    }
    let inside = Object::open(raw).and_then(|content| get(&content, "parts"));
    let at_parts = at.key("parts");
    let at = if inside.is_some() { &at_parts } else { at };
    let mut blocks = Vec::new();
    for (n, raw) in many(inside.unwrap_or(raw), at)?.into_iter().enumerate() {
        let at = at.index(n);
        let text = required(&Object::read(raw, &at)?, "text", &at)?;
        if !text.is_empty() {
            blocks.push(Block::text(text));
        }
    }
    Ok(blocks)
}

/// Where parts go.
struct Parts<'p> {
    blocks: &'p mut Vec<Block>,
    calls: &'p mut Calls,
}

/// What only the provider that ran it can take back.
const RUN_THERE: [&str; 4] = ["executableCode", "codeExecutionResult", "toolCall", "toolResponse"];

fn part(request: &mut Request, raw: &[u8], at: &At<'_>, into: &mut Parts<'_>) -> Result<(), Fault> {
    let part = Object::read(raw, at)?;
    if let Some(signature) = string(&part, "thoughtSignature", at)? {
        proof(&signature, into.blocks);
    }
    if let Some(name) = RUN_THERE.into_iter().find(|name| get(&part, name).is_some()) {
        request.demands.push(at.key(name).to_string());
        return Ok(());
    }
    if let Some(text) = string(&part, "text", at)?.filter(|text| !text.is_empty()) {
        match part.flag("thought", at)? {
            Some(true) => thought(text, into.blocks),
            _ => into.blocks.push(Block::text(text)),
        }
    }
    if let Some(raw) = get(&part, "inlineData") {
        into.blocks.extend(inline(request, raw, &at.key("inlineData"))?.map(|kind| at.block(kind, None)));
    }
    if let Some(raw) = get(&part, "fileData") {
        into.blocks.extend(file(request, raw, &at.key("fileData"))?.map(|kind| at.block(kind, None)));
    }
    if let Some(raw) = get(&part, "functionCall") {
        let at = at.key("functionCall");
        let call = Object::read(raw, &at)?;
        let name = required(&call, "name", &at)?;
        let arguments = get(&call, "args").map(|raw| raw_object(raw, &at.key("args"))).transpose()?;
        let kind = BlockKind::ToolCall {
            id: into.calls.made(string(&call, "id", &at)?, &name),
            name,
            arguments: arguments.map_or_else(String::new, |raw| raw.get().to_owned()),
        };
        into.blocks.push(at.block(kind, None));
    }
    if let Some(raw) = get(&part, "functionResponse") {
        let result = result(request, raw, &at.key("functionResponse"), into.calls)?;
        into.blocks.push(result);
    }
    Ok(())
}

/// A thought is one however many parts told it: its proof is of the whole.
fn thought(more: String, blocks: &mut Vec<Block>) {
    match blocks.last_mut().map(|block| &mut block.kind) {
        Some(BlockKind::Thinking { text, signature: None }) => text.push_str(&more),
        _ => blocks.push(Block::new(BlockKind::Thinking { text: more, signature: None })),
    }
}

/// A proof goes to the thought before it where it is of that, else it is a block of its own.
fn proof(signature: &str, blocks: &mut Vec<Block>) {
    if signature.is_empty() {
        return;
    }
    let Some(proof) = Proof::read(signature) else {
        // The provider's own, from a turn that passed straight: its encoder says that it is lost.
        blocks.push(Block::new(BlockKind::Redacted(signature.to_owned())));
        return;
    };
    if !proof.of_thought {
        blocks.push(Block::new(BlockKind::Redacted(proof.carried)));
        return;
    }
    match blocks.last_mut().map(|block| &mut block.kind) {
        Some(BlockKind::Thinking { signature: none @ None, .. }) => *none = Some(proof.carried),
        _ => {
            let signature = Some(proof.carried);
            blocks.push(Block::new(BlockKind::Thinking { text: String::new(), signature }));
        }
    }
}

/// A result: `output` and `error` are the two names of the public description; anything else is the result as it stands.
fn result(request: &mut Request, raw: &[u8], at: &At<'_>, calls: &mut Calls) -> Result<Block, Fault> {
    let (result, place) = (Object::read(raw, at)?, at);
    let name = required(&result, "name", at)?;
    let id = calls.answered(string(&result, "id", at)?.filter(|id| !id.is_empty()), &name);
    let mut is_error = false;
    let mut content = Vec::new();
    if let Some(raw) = get(&result, "response") {
        let at = at.key("response");
        let response = Object::read(raw, &at)?;
        let only = |key: &str| response.get(key).filter(|_| response.len() == 1);
        is_error = only("error").is_some();
        let inner = only("error").or_else(|| only("output")).unwrap_or(raw);
        let said = match inner.first() {
            Some(b'"') => text(inner, &at)?,
            _ => String::from_utf8_lossy(inner).into_owned(),
        };
        if !said.is_empty() {
            content.push(Block::text(said));
        }
    }
    let at = at.key("parts");
    for (n, raw) in get(&result, "parts").map_or(Ok(Vec::new()), |raw| many(raw, &at))?.into_iter().enumerate() {
        let at = at.index(n);
        let part = Object::read(raw, &at)?;
        if let Some(raw) = get(&part, "inlineData") {
            content.extend(inline(request, raw, &at.key("inlineData"))?.map(|kind| at.block(kind, None)));
        }
        if let Some(raw) = get(&part, "fileData") {
            content.extend(file(request, raw, &at.key("fileData"))?.map(|kind| at.block(kind, None)));
        }
    }
    Ok(place.block(BlockKind::ToolResult { id, content, is_error }, None))
}
