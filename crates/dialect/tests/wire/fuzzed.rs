//! What holds for any bytes at all, one function for each fuzz target; fuzz/ calls them with what a fuzzer makes up, the tests
//! with what it found before (fuzz/kept/). In: bytes. Out: nothing, or a panic. Never here: single examples.

// By their paths, because fuzz/ names this file by its path.
#[path = "fuzzed/answers.rs"]
mod answers;
#[cfg(test)]
#[path = "fuzzed/kept.rs"]
mod kept;
#[path = "fuzzed/lists.rs"]
mod lists;
#[path = "fuzzed/requests.rs"]
mod requests;
#[path = "fuzzed/streams.rs"]
mod streams;
#[cfg(feature = "probe")]
#[path = "fuzzed/texts.rs"]
mod texts;

use canon::Dialect;

/// What a target does with an input.
pub type Target = fn(&[u8]);

/// Every target that needs no probe, by its name; the seeds and the kept inputs are in folders of these names.
pub const TARGETS: &[(&str, Target)] = &[
    ("request_openai_chat", |bytes| requests::any(Dialect::OpenAiChat, bytes)),
    ("request_anthropic", |bytes| requests::any(Dialect::Anthropic, bytes)),
    ("request_openai_responses", |bytes| requests::any(Dialect::OpenAiResponses, bytes)),
    ("request_gemini", |bytes| requests::any(Dialect::Gemini, bytes)),
    ("request_completions", |bytes| requests::any(Dialect::Completions, bytes)),
    ("request_embeddings", requests::embeddings),
    ("request_images", requests::images),
    ("stream_openai_chat", |bytes| streams::any(Dialect::OpenAiChat, bytes)),
    ("stream_anthropic", |bytes| streams::any(Dialect::Anthropic, bytes)),
    ("stream_openai_responses", |bytes| streams::any(Dialect::OpenAiResponses, bytes)),
    ("stream_gemini", |bytes| streams::any(Dialect::Gemini, bytes)),
    ("answer_openai_chat", |bytes| answers::any(Dialect::OpenAiChat, bytes)),
    ("answer_anthropic", |bytes| answers::any(Dialect::Anthropic, bytes)),
    ("answer_openai_responses", |bytes| answers::any(Dialect::OpenAiResponses, bytes)),
    ("answer_gemini", |bytes| answers::any(Dialect::Gemini, bytes)),
    ("answer_embeddings", answers::vectors),
    ("answer_images", answers::pictures),
    ("task_state", answers::task),
    ("upstream_fault", answers::fault),
    ("listed", lists::any),
    #[cfg(feature = "probe")]
    ("json", texts::json),
    #[cfg(feature = "probe")]
    ("sse", texts::sse),
];
