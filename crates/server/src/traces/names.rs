//! Names of spans and attributes: those of the semantic conventions for generative AI (as they stood in 2026, still in development
//! there), and our own, which begin with `tollgate.`. In: our words. Out: theirs. Never here: a value of a call.

use canon::{Dialect, StopReason};

/// What is done: `chat`, `embeddings`, `text_completion`, `generate_content`.
pub const OPERATION: &str = "gen_ai.operation.name";
/// Whose language the provider speaks.
pub const PROVIDER: &str = "gen_ai.provider.name";
/// The model that was asked for.
pub const REQUEST_MODEL: &str = "gen_ai.request.model";
/// The model that answered.
pub const RESPONSE_MODEL: &str = "gen_ai.response.model";
/// Why it stopped.
pub const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
/// Tokens of the prompt, cached ones included.
pub const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
/// Tokens of the answer, reasoning included.
pub const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
/// Of the prompt, what was read from a cache.
pub const CACHE_READ: &str = "gen_ai.usage.cache_read.input_tokens";
/// Of the answer, what was reasoning.
pub const REASONING: &str = "gen_ai.usage.reasoning.output_tokens";
/// The caller's own session.
pub const CONVERSATION: &str = "gen_ai.conversation.id";
/// The status that the client saw.
pub const STATUS: &str = "http.response.status_code";
/// A word for what went wrong.
pub const ERROR: &str = "error.type";
/// The id in `x-request-id`.
pub const REQUEST_ID: &str = "tollgate.request.id";
/// Who called.
pub const WORKSPACE: &str = "tollgate.workspace.id";
/// The base path.
pub const SURFACE: &str = "tollgate.surface";
/// The endpoint family.
pub const ENDPOINT: &str = "tollgate.endpoint";
/// Whether the answer was a stream.
pub const STREAMED: &str = "tollgate.streamed";
/// Routes tried.
pub const ATTEMPTS: &str = "tollgate.attempts";
/// What was charged, in nano-USD.
pub const CHARGE: &str = "tollgate.charge.nano_usd";
/// The provider, as operators call it.
pub const OUR_PROVIDER: &str = "tollgate.provider";

/// The span of everything before a provider is asked.
pub const ADMISSION: &str = "admission";
/// The span of the charge.
pub const SETTLE: &str = "settle";

/// The operation of an endpoint family.
pub fn operation_of(endpoint: &str) -> &'static str {
    match endpoint {
        "embeddings" => "embeddings",
        "completions" => "text_completion",
        "generate_content" | "images.generations" | "images.edits" => "generate_content",
        _ => "chat",
    }
}

/// The provider by its language: a compatible server is told as the one that it is compatible with.
pub const fn provider_of(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Anthropic => "anthropic",
        Dialect::Gemini | Dialect::GeminiEmbeddings | Dialect::GeminiImages => "gcp.gemini",
        _ => "openai",
    }
}

/// The word for why a model stopped.
pub const fn finish_of(reason: StopReason) -> &'static str {
    match reason {
        StopReason::EndTurn | StopReason::StopSequence => "stop",
        StopReason::ToolUse => "tool_call",
        StopReason::MaxTokens | StopReason::ContextWindow => "length",
        StopReason::Refusal | StopReason::ContentFilter => "content_filter",
        StopReason::Pause => "pause",
        _ => "other",
    }
}
