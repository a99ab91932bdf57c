//! What can be asked of a surface, each once. In: nothing. Out: a table. Never here: what a body looks like (schemas), a door.

use crate::surface::Families;
use dialect::fault::Style;

pub(super) const EVENTS: &str = "text/event-stream";
const JSON: &[&str] = &["application/json"];
const BOTH: &[&str] = &["application/json", EVENTS];

/// What is sent with a request.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    /// No body.
    Nothing,
    /// A JSON body of a schema.
    Json(&'static str),
    /// A form with files, or the same as JSON.
    Form(&'static str),
}

/// One thing that can be asked.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    /// Below the base path.
    pub path: &'static str,
    /// In small letters.
    pub method: &'static str,
    /// Its name for generated clients.
    pub id: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Which surfaces have it.
    pub carried: fn(Families) -> bool,
    /// What is sent.
    pub takes: Takes,
    /// The types of what comes back.
    pub gives: &'static [&'static str],
    /// The style of its errors, where it has one of its own.
    pub style: Option<Style>,
    /// Whether it needs no key.
    pub open: bool,
}

const fn post(path: &'static str, id: &'static str, summary: &'static str, takes: Takes) -> Operation {
    Operation { takes, method: "post", ..get(path, id, summary) }
}

const fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        path,
        method: "get",
        id,
        summary,
        carried: |families| families.openai,
        takes: Takes::Nothing,
        gives: JSON,
        style: None,
        open: false,
    }
}

const fn streams(operation: Operation) -> Operation {
    Operation { gives: BOTH, ..operation }
}

const fn anthropic(operation: Operation) -> Operation {
    Operation { carried: |families| families.anthropic, style: Some(Style::Anthropic), ..operation }
}

const fn gemini(operation: Operation) -> Operation {
    Operation { carried: |families| families.gemini, style: Some(Style::Gemini), ..operation }
}

const fn account(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation { carried: |families| families.account, ..get(path, id, summary) }
}

/// Everything that a surface may carry.
pub(super) const OPERATIONS: &[Operation] = &[
    streams(post("/chat/completions", "chatCompletions", "A chat completion.", Takes::Json("ChatRequest"))),
    streams(post("/responses", "createResponse", "A response.", Takes::Json("ResponsesRequest"))),
    get("/responses/{id}", "getResponse", "A kept response."),
    Operation { method: "delete", ..get("/responses/{id}", "deleteResponse", "Forgets a kept response.") },
    get("/responses/{id}/input_items", "listInputItems", "What a kept response answered."),
    post(
        "/responses/input_tokens",
        "countInputTokens",
        "The tokens of a request, for nothing.",
        Takes::Json("CountRequest"),
    ),
    streams(post("/completions", "completions", "A legacy completion.", Takes::Json("CompletionsRequest"))),
    post("/embeddings", "embeddings", "Vectors of texts.", Takes::Json("EmbeddingsRequest")),
    streams(post(
        "/images/generations",
        "createImages",
        "Pictures, or a task that makes them.",
        Takes::Json("ImagesRequest"),
    )),
    streams(post("/images/edits", "editImages", "Changed pictures.", Takes::Form("ImageEditsRequest"))),
    get("/tasks/{id}", "getTask", "How a task stands."),
    Operation {
        open: true,
        gives: &["image/png", "image/jpeg", "image/webp", "image/gif"],
        ..get("/assets/{id}", "getAsset", "A picture, by the signed link that an answer told.")
    },
    anthropic(streams(post("/messages", "createMessage", "A message.", Takes::Json("MessagesRequest")))),
    anthropic(post(
        "/messages/count_tokens",
        "countTokens",
        "The tokens of a message, for nothing.",
        Takes::Json("MessagesCountRequest"),
    )),
    gemini(post(
        "/models/{model}:generateContent",
        "generateContent",
        "An answer in Google's words.",
        Takes::Json("GenerateRequest"),
    )),
    gemini(streams(post(
        "/models/{model}:streamGenerateContent",
        "streamGenerateContent",
        "The same as a stream: events with `alt=sse`, else one array.",
        Takes::Json("GenerateRequest"),
    ))),
    gemini(post(
        "/models/{model}:countTokens",
        "countContentTokens",
        "The tokens of contents, for nothing.",
        Takes::Json("GenerateRequest"),
    )),
    Operation { carried: |f| f.calls_models(), ..get("/models", "listModels", "The models that can be called.") },
    Operation { carried: |f| f.calls_models(), ..get("/models/{id}", "getModel", "One of them.") },
    account("/key", "getKey", "Whose key this is, what it spent and what is left."),
    account("/me", "getMe", "The same."),
    account("/whoami", "whoami", "The same."),
    account("/user/balance", "getBalance", "The balance in USD, as texts."),
    account("/credits", "getCredits", "What may be spent in all and was spent, in USD."),
    account("/dashboard/billing/subscription", "getSubscription", "The same as limits in USD."),
    account("/dashboard/billing/usage", "getBillingUsage", "What the key has spent, in cents."),
    Operation { open: true, carried: |_| true, ..get("/openapi.json", "getDocument", "This document.") },
];
