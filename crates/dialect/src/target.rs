//! What a route's server wants differently, as declared data. In: the catalogue. Out: what the codecs and splices obey.
//! Never here: a guess about a server, a default that hides a policy.

use crate::seal::Maker;
use canon::Dialect;
use units::THINKING_BUDGET_MAX;

/// How a Chat Completions server calls the limit of answer tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MaxTokensField {
    /// As the client called it; `max_completion_tokens` where we write it ourselves.
    #[default]
    AsSent,
    /// `max_completion_tokens` (OpenAI itself).
    MaxCompletionTokens,
    /// `max_tokens` (most compatible servers).
    MaxTokens,
}

/// Where a server takes system prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SystemPlacement {
    /// As the client placed and called them; `system` where we write them ourselves.
    #[default]
    AsSent,
    /// Anywhere, role `developer` (Chat Completions only).
    DeveloperInPlace,
    /// Anywhere, role `system`.
    SystemInPlace,
    /// Only at the head; later ones are sent as user turns.
    LeadingOnly,
    /// Nowhere; all are sent as user turns.
    AsUser,
}

/// Under which name a Chat Completions server wants earlier reasoning back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReasoningField {
    /// It takes none.
    #[default]
    Never,
    /// `reasoning_content`.
    ReasoningContent,
    /// `reasoning`.
    Reasoning,
}

/// How a Messages or a Gemini server is asked to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ThinkingForm {
    /// It cannot think.
    Never,
    /// `thinking` with a budget of tokens.
    #[default]
    Budget,
    /// Adaptive thinking with `output_config.effort`.
    Adaptive,
    /// `thinkingConfig` with a level (Gemini only).
    Level,
}

/// One route's server, as far as the wire differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The dialect it speaks.
    pub dialect: Dialect,
    /// The model's name there.
    pub model: String,
    /// Whose proofs of reasoning it takes back: those that came from here.
    pub maker: Maker,
    /// The name of the limit of answer tokens.
    pub max_tokens_field: MaxTokensField,
    /// Whether it knows `stream_options`.
    pub stream_options: bool,
    /// Where it takes system prompts.
    pub system: SystemPlacement,
    /// Under which name it takes earlier reasoning.
    pub reasoning_field: ReasoningField,
    /// How it is asked to think.
    pub thinking: ThinkingForm,
    /// The model's largest thinking budget in tokens (R-WIRE-7).
    pub thinking_budget_max: u64,
    /// The model's largest answer: sent where the dialect needs a limit and the client gave none.
    pub model_max_output: u64,
    /// The affordable limit of answer tokens, to be inserted because the client gave none.
    pub insert_max_tokens: Option<u64>,
    /// Whether it takes a JSON schema for the answer.
    pub structured_output: bool,
    /// Whether it takes `prompt_cache_breakpoint` on parts (Chat Completions only).
    pub cache_breakpoints: bool,
    /// Whether the prompt cache is asked for where a client that repeats its prompt does not (R-ROUTE-9): by marks (Messages),
    /// by a key for its session (where `prompt_cache_key` is taken).
    pub cache_insert: bool,
    /// Whether it takes `prompt_cache_key` (Chat Completions and Responses).
    pub prompt_cache_key: bool,
    /// The beta headers it may see (Messages only).
    pub betas: Betas,
    /// Whether it counts the tokens of a request for nothing.
    pub counts: bool,
    /// The model's smallest thinking budget in tokens; 0 where thinking can be switched off (Gemini only).
    pub thinking_budget_min: u64,
    /// Whether schemas are taken as JSON Schema; else they are cut down to a subset of OpenAPI (Gemini only).
    pub json_schema: bool,
    /// Whether results of tools may carry media (Gemini only); else the media stand beside the results.
    pub result_media: bool,
    /// Whether a call without its proof gets the documented stand-in, because the server refuses it without (Gemini only).
    pub signature_stand_in: bool,
}

/// Which `anthropic-beta` values pass to the server.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Betas {
    /// All.
    #[default]
    Forward,
    /// Those listed.
    Only(Vec<String>),
    /// None.
    Drop,
}

impl Betas {
    /// Whether a value passes.
    pub fn passes(&self, beta: &str) -> bool {
        match self {
            Self::Forward => true,
            Self::Only(list) => list.iter().any(|b| b == beta),
            Self::Drop => false,
        }
    }
}

impl Target {
    /// A server that differs in nothing.
    pub fn new(dialect: Dialect, model: impl Into<String>, model_max_output: u64) -> Self {
        Self {
            dialect,
            model: model.into(),
            maker: Maker::default(),
            max_tokens_field: MaxTokensField::default(),
            stream_options: true,
            system: SystemPlacement::default(),
            reasoning_field: ReasoningField::default(),
            thinking: ThinkingForm::default(),
            thinking_budget_max: THINKING_BUDGET_MAX,
            model_max_output,
            insert_max_tokens: None,
            structured_output: true,
            cache_breakpoints: false,
            cache_insert: true,
            prompt_cache_key: false,
            betas: Betas::default(),
            counts: true,
            thinking_budget_min: 0,
            json_schema: true,
            result_media: false,
            signature_stand_in: false,
        }
    }
}
