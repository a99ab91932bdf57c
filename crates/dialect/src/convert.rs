//! The converting lane for requests: one dialect in, another out. In: a client's body; a request and a target. Out: the
//! canonical request; the server's body with what was lost on the way. Never here: a pair of dialects; each speaks to `canon`.

use crate::names::ToolNames;
use crate::target::{Betas, Target};
use crate::{anthropic, completions, embeddings, openai_chat};
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Loss, Request};
use std::borrow::Cow;

/// The version that a Messages server is asked for when the client names none.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Headers of a request that belong to its dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// `anthropic-version`.
    pub anthropic_version: Option<String>,
    /// `anthropic-beta`, every value of every line.
    pub anthropic_beta: Vec<String>,
}

impl RequestHead {
    /// Takes over one header of a request, where it belongs to a dialect.
    pub fn take(&mut self, name: &str, value: &str) {
        match name {
            "anthropic-version" => self.anthropic_version = Some(value.to_owned()),
            "anthropic-beta" => self.add_beta(value),
            _ => {}
        }
    }

    /// Takes one line of `anthropic-beta`: values come comma-separated, in one line or several.
    pub fn add_beta(&mut self, line: &str) {
        let values = line.split(',').map(str::trim).filter(|b| !b.is_empty());
        self.anthropic_beta.extend(values.map(str::to_owned));
    }
}

/// A request as a server gets it.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// The body.
    pub body: Bytes,
    /// What did not cross as it was; each path once.
    pub losses: Vec<Loss>,
    /// The way back for names of tools; the answer needs it.
    pub names: ToolNames,
    /// Stop sequences that the server does not take; the answer is watched for them.
    pub stops: Vec<String>,
}

impl Encoded {
    pub(crate) fn new(body: Bytes, mut losses: Vec<Loss>, names: ToolNames) -> Self {
        let mut seen = std::collections::HashSet::new();
        losses.retain(|loss| seen.insert((loss.path.clone(), loss.action)));
        Self { body, losses, names, stops: Vec::new() }
    }
}

/// Where a server answers calls of a kind, below its base address.
pub fn call_path(target: &Target, _stream: bool) -> Cow<'static, str> {
    Cow::Borrowed(match target.dialect {
        Dialect::Anthropic => "/messages",
        Dialect::Embeddings => "/embeddings",
        Dialect::GeminiEmbeddings => return Cow::Owned(embeddings::gemini::path(&target.model)),
        _ => "/chat/completions",
    })
}

/// Decodes a client's body.
pub fn decode_request(dialect: Dialect, body: &Bytes) -> Result<(Request, Vec<Loss>), Fault> {
    let (mut request, losses) = match dialect {
        Dialect::OpenAiChat => openai_chat::decode::request(body),
        Dialect::Anthropic => anthropic::decode::request(body),
        Dialect::Completions => completions::decode::request(body),
        _ => Err(unknown()),
    }?;
    if request.turns.is_empty() {
        return Err(Fault::new(FaultKind::MessagesRequired, "`messages` holds nothing that can be answered.")
            .at("messages"));
    }
    request.read_bytes = body.len();
    Ok((request, losses))
}

/// Encodes a request for a server.
pub fn encode_request(request: &Request, target: &Target) -> Result<Encoded, Fault> {
    match target.dialect {
        Dialect::OpenAiChat => openai_chat::encode::request(request, target),
        Dialect::Anthropic => anthropic::encode::request(request, target),
        _ => Err(unknown()),
    }
}

/// The dialect's own headers for a server, on both lanes.
pub fn upstream_headers(head: &RequestHead, target: &Target) -> Vec<(&'static str, String)> {
    if target.dialect != Dialect::Anthropic {
        return Vec::new();
    }
    let version = head.anthropic_version.as_deref().unwrap_or(ANTHROPIC_VERSION);
    let mut headers = vec![("anthropic-version", version.to_owned())];
    let betas: Vec<&str> = match target.betas {
        Betas::Drop => Vec::new(),
        _ => head.anthropic_beta.iter().map(String::as_str).filter(|beta| target.betas.passes(beta)).collect(),
    };
    if !betas.is_empty() {
        headers.push(("anthropic-beta", betas.join(",")));
    }
    headers
}

/// A tool that only its own provider can run.
pub(crate) fn server_tool(n: usize, kind: &str) -> Fault {
    let told = format!("This model cannot run tools of type `{kind}`.");
    Fault::new(FaultKind::UnsupportedParameter, told).at(format!("tools[{n}].type"))
}

fn unknown() -> Fault {
    Fault::new(FaultKind::Internal, "This dialect is not spoken here.")
}

#[cfg(test)]
#[path = "convert/tests.rs"]
mod tests;
