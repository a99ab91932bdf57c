//! The converting lane for requests: one dialect in, another out. In: a client's body; a request and a target. Out: the
//! canonical request; the server's body with what was lost on the way. Never here: a pair of dialects; each speaks to `canon`.

use crate::names::ToolNames;
use crate::target::{Betas, Target};
use crate::{anthropic, completions, gemini, openai_chat, openai_responses, words};
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Loss, Place, Request, Tool, ToolChoice};
use std::borrow::Cow;

/// The version that a Messages server is asked for when the client names none.
pub const ANTHROPIC_VERSION: &str = "2023-06-01";
/// So much of a tool's name is told back.
const NAME_SHOWN_CHARS_MAX: usize = 64;

/// Headers of a request that belong to its dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// `anthropic-version`.
    pub anthropic_version: Option<String>,
    /// `anthropic-beta`, every value of every line.
    pub anthropic_beta: Vec<String>,
    /// What a coding client calls its session. It goes to no server as it is.
    pub session: Option<String>,
}

/// Headers in which coding clients name their session: Claude Code's, Codex's, and what others may use.
pub const SESSION_HEADERS: [&str; 4] = ["x-claude-code-session-id", "session-id", "session_id", "x-session-id"];
/// Names of sessions are ids; longer ones are none.
const SESSION_BYTES_MAX: usize = 256;

impl RequestHead {
    /// Takes over one header of a request, where it belongs to a dialect.
    pub fn take(&mut self, name: &str, value: &str) {
        match name {
            "anthropic-version" => self.anthropic_version = Some(value.to_owned()),
            "anthropic-beta" => self.add_beta(value),
            name if SESSION_HEADERS.contains(&name) && (1..=SESSION_BYTES_MAX).contains(&value.len()) => {
                self.session = Some(value.to_owned());
            }
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
pub fn call_path(target: &Target, stream: bool) -> Cow<'static, str> {
    Cow::Borrowed(match target.dialect {
        Dialect::Anthropic => "/messages",
        Dialect::Gemini => {
            let model = gemini_model(&target.model);
            let way = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            return Cow::Owned(format!("/{model}:{way}"));
        }
        Dialect::OpenAiResponses => "/responses",
        Dialect::Embeddings => "/embeddings",
        Dialect::Images => "/images/generations",
        Dialect::ImageEdits => "/images/edits",
        Dialect::GeminiImages => return Cow::Owned(format!("/{}:generateContent", gemini_model(&target.model))),
        Dialect::GeminiEmbeddings => {
            return Cow::Owned(format!("/{}:batchEmbedContents", gemini_model(&target.model)));
        }
        _ => "/chat/completions",
    })
}

/// A model as a path names it: below the collection that it brings, or below the usual one; what a path gives another
/// meaning is escaped.
fn gemini_model(model: &str) -> String {
    let known = ["models/", "tunedModels/"].into_iter().find_map(|c| Some((c, model.strip_prefix(c)?)));
    let (collection, name) = known.unwrap_or(("models/", model));
    let mut out = collection.to_owned();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Decodes a client's body.
pub fn decode_request(dialect: Dialect, body: &Bytes) -> Result<(Request, Vec<Loss>), Fault> {
    let (mut request, losses) = match dialect {
        Dialect::OpenAiChat => openai_chat::decode::request(body),
        Dialect::Anthropic => anthropic::decode::request(body),
        Dialect::OpenAiResponses => openai_responses::decode::request(body),
        Dialect::Gemini => gemini::decode::request(body),
        Dialect::Completions => completions::decode::request(body),
        _ => Err(unknown()),
    }?;
    if request.turns.is_empty() {
        // All it says may be what only its own provider could read.
        refuse_demands(&request)?;
        let told = "`messages` holds nothing that can be answered.";
        return Err(words::refused(dialect, Fault::new(FaultKind::MessagesRequired, told).at("messages")));
    }
    check_choice(&request)?;
    request.read_bytes = body.len();
    Ok((request, losses))
}

/// What its own dialect alone can do and what would change the meaning.
fn refuse_demands(request: &Request) -> Result<(), Fault> {
    match request.demands.first() {
        Some(field) => {
            let told = format!("This model does not support `{field}`.");
            Err(Fault::new(FaultKind::UnsupportedParameter, told).at(field.clone()))
        }
        None => Ok(()),
    }
}

/// Refuses a choice among tools that are not on offer: no server could make it, and some would make another.
fn check_choice(request: &Request) -> Result<(), Fault> {
    // What a server runs itself has names of its own, and is refused by who does not run it.
    let functions = request.tools.iter().map(|tool| match tool {
        Tool::Function(function) => Some(&function.name),
        _ => None,
    });
    let Some(known) = functions.collect::<Option<Vec<_>>>() else { return Ok(()) };
    let (names, several) = match &request.tool_choice {
        Some(ToolChoice::Named(name)) => (std::slice::from_ref(name), false),
        Some(ToolChoice::Allowed { required, names }) if *required || !names.is_empty() => (&names[..], true),
        _ => return Ok(()),
    };
    let absent = names.iter().find(|name| !known.contains(name));
    if absent.is_none() && !names.is_empty() {
        return Ok(());
    }
    let field = match (request.dialect, several) {
        (Dialect::OpenAiChat, false) => "tool_choice.function.name",
        (Dialect::OpenAiChat, true) => "tool_choice.allowed_tools.tools",
        (Dialect::OpenAiResponses, true) => "tool_choice.tools",
        (Dialect::Gemini, _) => "toolConfig.functionCallingConfig.allowedFunctionNames",
        _ => "tool_choice.name",
    };
    let told = match absent {
        Some(name) => {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(NAME_SHOWN_CHARS_MAX).collect();
            format!("`{field}` names \"{shown}\", which is not among the tools.")
        }
        None => format!("`{field}` names no tool, and one must be called."),
    };
    Err(Fault::invalid(field, told))
}

/// Encodes a request for a server.
pub fn encode_request(request: &Request, target: &Target) -> Result<Encoded, Fault> {
    // One answer is read back, whatever a server would give and bill.
    if request.choices > 1 {
        let told = "This model gives one answer at a time; `n` must be 1.";
        let fault = Fault::new(FaultKind::UnsupportedParameter, told).at("n");
        return Err(words::refused(request.dialect, fault));
    }
    refuse_demands(request)?;
    let encoded = match target.dialect {
        Dialect::OpenAiChat => openai_chat::encode::request(request, target),
        Dialect::Anthropic => anthropic::encode::request(request, target),
        Dialect::Gemini => gemini::encode::request(request, target),
        Dialect::OpenAiResponses => openai_responses::encode::request(request, target),
        _ => Err(unknown()),
    };
    let mut encoded = encoded.map_err(|fault| words::refused(request.dialect, fault))?;
    words::lost(request.dialect, &mut encoded.losses);
    encoded.names.know(&request.client_tools);
    Ok(encoded)
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
pub(crate) fn server_tool(place: &Place, kind: &str) -> Fault {
    let told = format!("This model cannot run tools of type `{kind}`.");
    Fault::new(FaultKind::UnsupportedParameter, told).at(format!("{}.type", place.path().unwrap_or("tools[]")))
}

fn unknown() -> Fault {
    Fault::new(FaultKind::Internal, "This dialect is not spoken here.")
}

#[cfg(test)]
#[path = "convert/gemini_tests.rs"]
mod gemini_tests;
#[cfg(test)]
#[path = "convert/refused_tests.rs"]
mod refused_tests;
#[cfg(test)]
#[path = "convert/tests.rs"]
mod tests;
