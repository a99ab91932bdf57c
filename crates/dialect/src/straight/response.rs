//! The response object of an event or an answer, read where it stands. In: JSON. Out: what it says, and the edits that make
//! it ours. Never here: what its items say (item), when it goes out.

use super::message::quoted;
use super::names::{Closed, Sieve, once};
use super::usage::{TIERS, is_word};
use crate::fault::UpstreamFault;
use crate::json::{Member, string_value};
use crate::lane::{ReplyHead, StreamFault};
use crate::openai_responses::echo::Echo;
use crate::read::Object;
use crate::splice::Edits;
use canon::Dialect;

/// The names of the public description that are passed as they are. What they hold is the client's own, or says nothing of
/// the upstream.
const KEPT: [&[u8]; 26] = [
    b"completed_at",
    b"incomplete_details",
    b"instructions",
    b"parallel_tool_calls",
    b"temperature",
    b"tool_choice",
    b"top_p",
    b"background",
    b"max_tool_calls",
    b"presence_penalty",
    b"frequency_penalty",
    b"prompt",
    b"prompt_cache_options",
    b"prompt_cache_retention",
    b"prompt_cache_diagnostics",
    b"safety_identifier",
    b"tool_usage",
    b"top_logprobs",
    b"truncation",
    b"user",
    b"image",
    b"input_transformations",
    b"moderation",
    b"context_management",
    b"access_programs",
    b"error",
];

/// Objects that repeat what the client said: as the client said it, or without what is private in them.
const REPEATED: [(&[u8], &str); 4] =
    [(b"metadata", "metadata"), (b"reasoning", "reasoning"), (b"text", "text"), (b"tools", "tools")];

/// What the client said differs from what the upstream was told: these are shown as the client's.
const THE_CLIENTS: [(&str, &str); 4] = [
    ("previous_response_id", "null"),
    ("store", "true"),
    ("max_output_tokens", "null"),
    ("prompt_cache_key", "null"),
];

/// What an object says.
#[derive(Debug, Default)]
pub(super) struct Response {
    pub usage: Option<Member>,
    /// The list of items, if it is one.
    pub output: Option<Member>,
    /// Its status, and why it is incomplete.
    pub status: String,
    pub reason: Option<String>,
    pub closed: Closed,
}

/// Reads an object and makes it ours.
pub(super) struct ResponseReader<'a, 'e> {
    pub json: &'a [u8],
    pub head: &'a ReplyHead,
    pub echo: &'a Echo,
    pub edits: &'e mut Edits,
    /// The status it must have; without one its own is right.
    pub status: Option<&'static str>,
    /// The items it must have, joined by commas; without them its own are right.
    pub items: Option<&'a [u8]>,
}

impl ResponseReader<'_, '_> {
    /// Reads the object at `at`; `outside` levels are open around it.
    pub fn read(self, at: usize, outside: u32) -> Result<Response, StreamFault> {
        let Self { json, head, echo, edits, status, items } = self;
        let mut found = Response::default();
        let (mut id, mut kind, mut model, mut created, mut told, mut output) = (None, None, None, None, None, None);
        let mut reported = None;
        let mut ours: [Option<Member>; THE_CLIENTS.len()] = [None; THE_CLIENTS.len()];
        let mut object = Sieve::new(json, at, outside)?;
        while let Some(member) = object.next()? {
            let value = member.text(json);
            let name = &*member.name(json);
            match name {
                b"id" => once(&mut id, member)?,
                b"object" => once(&mut kind, member)?,
                b"model" => once(&mut model, member)?,
                b"created_at" if value.first().is_some_and(u8::is_ascii_digit) => once(&mut created, member)?,
                b"status" => once(&mut told, member)?,
                b"output" => once(&mut output, member)?,
                b"usage" => {
                    once(&mut reported, member)?;
                    let open = value == b"null" && status == Some("in_progress");
                    if !open && !value.starts_with(b"{") {
                        object.drop(member);
                    }
                }
                b"error" if value != b"null" => return Err(failed(value)),
                b"service_tier" if value == b"null" || is_word(value, TIERS) => {}
                b"incomplete_details" => {
                    let details = Object::open(value);
                    found.reason = details.and_then(|d| d.str("reason")).map(std::borrow::Cow::into_owned);
                }
                name => match THE_CLIENTS.iter().position(|(known, _)| known.as_bytes() == name) {
                    Some(n) => once(&mut ours[n], member)?,
                    None if KEPT.contains(&name) => {}
                    None if let Some((_, repeated)) = REPEATED.iter().find(|(known, _)| *known == name) => {
                        match echo.get(repeated) {
                            Some(said) => edits.replace(member.value, said.as_bytes().to_vec()),
                            None => drop(object.other(member, name, edits)?),
                        }
                    }
                    None => object.drop(member),
                },
            }
        }
        object.set(id, "id", quoted(&head.id), edits);
        object.set(kind, "object", b"\"response\"", edits);
        object.set(model, "model", quoted(&head.model), edits);
        if created.is_none() {
            object.set(None, "created_at", head.created.to_string().into_bytes(), edits);
        }
        for ((name, usual), told) in THE_CLIENTS.iter().zip(ours) {
            let said = echo.get(name);
            if told.is_some() || said.is_some() {
                object.set(told, name, said.unwrap_or(usual).as_bytes().to_vec(), edits);
            }
        }
        found.status = told.and_then(|told| string_value(told.text(json))).unwrap_or_default().into_owned();
        if let Some(status) = status.or_else(|| found.status.is_empty().then_some("completed")) {
            object.set(told, "status", quoted(status), edits);
        }
        if let Some(items) = items {
            object.set(output, "output", [b"[", items, b"]"].concat(), edits);
        }
        found.usage = reported.filter(|member| member.text(json).starts_with(b"{"));
        found.output = output.filter(|member| member.text(json).starts_with(b"["));
        found.closed = object.close(edits);
        Ok(found)
    }
}

/// The failure of an upstream that stands under `error`.
pub(super) fn failed(error: &[u8]) -> StreamFault {
    StreamFault::Upstream(UpstreamFault::in_stream(Dialect::OpenAiResponses, error))
}
