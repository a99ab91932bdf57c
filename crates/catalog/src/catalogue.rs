//! The checked catalogue, as the request path reads it. In: checked documents. Out: models by id, routes in order.
//! Never here: parsing, secrets, health (route has it).

use crate::{Limits, Price, Tier, Tiers};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use units::{NanoUsd, PriceId, Surcharges};

/// Everything that is sold, at one version.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Rises by one with every change.
    pub version: u64,
    /// What accounts may ask for.
    pub tiers: Tiers,
    /// Providers by name.
    pub providers: BTreeMap<Arc<str>, Arc<Provider>>,
    /// Models by public id.
    pub models: BTreeMap<Arc<str>, Arc<Model>>,
    /// Public ids by the older names that callers may still write (R-WIRE-8).
    pub legacy_names: BTreeMap<Arc<str>, Arc<str>>,
}

/// Which language a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// OpenAI Chat Completions and its many compatible servers.
    OpenAi,
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI Responses.
    OpenAiResponses,
    /// Gemini generateContent.
    Gemini,
    /// OpenAI's requests for images, answered by tasks.
    ImageTask,
}

impl ProviderKind {
    /// The word in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::OpenAiResponses => "openai-responses",
            Self::Gemini => "gemini",
            Self::ImageTask => "image-task",
        }
    }
}

/// How a provider's secret is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// `Authorization: Bearer`.
    Bearer,
    /// `x-api-key`.
    ApiKey,
    /// `x-goog-api-key`.
    GoogleKey,
}

/// Which field carries the answer's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MaxTokensField {
    /// `max_completion_tokens`.
    MaxCompletionTokens,
    /// `max_tokens`.
    MaxTokens,
}

/// Where a server accepts system messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SystemPlacement {
    /// As the caller placed and called them.
    AsSent,
    /// Anywhere, with the role `developer`.
    DeveloperInPlace,
    /// Anywhere, with the role `system`.
    SystemInPlace,
    /// Only before the first other message: later ones become user messages.
    LeadingOnly,
    /// Nowhere: all become user messages.
    AsUser,
}

/// Under which name a server takes earlier reasoning back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReasoningField {
    /// It takes none.
    Never,
    /// `reasoning_content`.
    ReasoningContent,
    /// `reasoning`.
    Reasoning,
}

/// How a server is asked to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThinkingForm {
    /// It cannot.
    Never,
    /// With a budget of tokens.
    Budget,
    /// Adaptively, with an effort.
    Adaptive,
    /// By a level.
    Level,
}

/// What a server wants differently; `None` is the language's standard.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Quirks {
    /// Which field carries the answer's limit; `None` leaves the caller's field as it is.
    pub max_tokens_field: Option<MaxTokensField>,
    /// Whether `stream_options.include_usage` is understood.
    pub stream_options: Option<bool>,
    /// Where system messages may stand.
    pub system: Option<SystemPlacement>,
    /// Under which name earlier reasoning is sent back.
    pub reasoning_field: Option<ReasoningField>,
    /// How the server is asked to think.
    pub thinking: Option<ThinkingForm>,
    /// Whether a JSON schema for the answer is understood.
    pub structured_output: Option<bool>,
    /// Whether cache breakpoints on parts are understood.
    pub cache_breakpoints: Option<bool>,
    /// Whether cache marks are inserted where a client that repeats its prompt sets none.
    pub cache_insert: Option<bool>,
    /// Whether `prompt_cache_key` is understood.
    pub prompt_cache_key: Option<bool>,
    /// The only beta names that are forwarded.
    pub betas: Option<Vec<String>>,
    /// Whether the server counts the tokens of a request for nothing.
    pub counts: Option<bool>,
    /// The smallest thinking budget; 0 where thinking can be switched off.
    pub thinking_budget_min: Option<u64>,
    /// Whether schemas are taken as JSON Schema.
    pub json_schema: Option<bool>,
    /// Whether results of tools may carry media.
    pub result_media: Option<bool>,
    /// Whether a call without its proof gets the documented stand-in.
    pub signature_stand_in: Option<bool>,
}

impl Quirks {
    /// These quirks where they are said, `base` where not.
    #[must_use]
    pub fn over(self, base: &Self) -> Self {
        Self {
            max_tokens_field: self.max_tokens_field.or(base.max_tokens_field),
            stream_options: self.stream_options.or(base.stream_options),
            system: self.system.or(base.system),
            reasoning_field: self.reasoning_field.or(base.reasoning_field),
            thinking: self.thinking.or(base.thinking),
            structured_output: self.structured_output.or(base.structured_output),
            cache_breakpoints: self.cache_breakpoints.or(base.cache_breakpoints),
            cache_insert: self.cache_insert.or(base.cache_insert),
            prompt_cache_key: self.prompt_cache_key.or(base.prompt_cache_key),
            betas: self.betas.or_else(|| base.betas.clone()),
            counts: self.counts.or(base.counts),
            thinking_budget_min: self.thinking_budget_min.or(base.thinking_budget_min),
            json_schema: self.json_schema.or(base.json_schema),
            result_media: self.result_media.or(base.result_media),
            signature_stand_in: self.signature_stand_in.or(base.signature_stand_in),
        }
    }
}

/// How a provider tells its tasks. Places are names of fields with dots between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskShape {
    /// Where a task is begun, below the base address.
    pub begin: String,
    /// Where it is asked about; `{id}` stands for its id.
    pub ask: String,
    /// The place of its id.
    pub id: String,
    /// The place of its state.
    pub state: String,
    /// The states of a task that is still to end; case makes no difference.
    pub pending: Vec<String>,
    /// The states of one that ended well.
    pub succeeded: Vec<String>,
    /// The states of one that failed.
    pub failed: Vec<String>,
    /// The place of the list of pictures.
    pub images: String,
    /// The place of an address in each of them; empty where each is an address itself.
    pub url: String,
    /// The place of the bytes, as base64, in each of them; empty where none has any.
    pub b64_json: String,
}

/// How long to wait; `None` takes the setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// For the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// Between two bytes of the answer.
    pub idle: Option<Duration>,
    /// For the whole call.
    pub total: Option<Duration>,
}

/// A company or server that models are bought from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name, for operators only.
    pub name: Arc<str>,
    /// Which language it speaks.
    pub kind: ProviderKind,
    /// Where its API starts; credentials go to this origin and nowhere else.
    pub base_url: http::Uri,
    /// How the secret is sent.
    pub auth: Auth,
    /// Headers sent with every call.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// How its servers differ.
    pub quirks: Quirks,
    /// How it tells its tasks, where it has some.
    pub tasks: Option<TaskShape>,
    /// How workspaces may bring their own keys; `None` where they may not.
    pub own_keys: Option<OwnKeys>,
}

/// How workspaces bring their own keys to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnKeys {
    /// What each request costs.
    pub fee: NanoUsd,
    /// The version of that price; there is one where the fee is not zero.
    pub price: Option<PriceId>,
    /// Addresses that may be chosen besides the provider's own.
    pub base_urls: Vec<http::Uri>,
}

/// Whether a model's billed reasoning can be seen while it streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Reasoning {
    /// It does not reason.
    #[default]
    None,
    /// All billed reasoning is on the stream.
    Visible,
    /// Some billed reasoning is never sent.
    Hidden,
}

/// Which calls a model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Serves {
    /// Conversations, in every dialect.
    #[default]
    Chat,
    /// Embeddings.
    Embeddings,
    /// Pictures.
    Images,
}

impl Serves {
    /// The word in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
            Self::Images => "images",
        }
    }
}

/// Whose vocabulary a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Vocabulary {
    /// That of OpenAI's newer models.
    O200k,
    /// That of OpenAI's older models.
    Cl100k,
    /// One that is not public.
    #[default]
    Unknown,
}

/// One thing that is sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// What callers write in `model`.
    pub id: Arc<str>,
    /// What people read.
    pub display_name: String,
    /// What it is for.
    pub category: String,
    /// The group that it is listed in.
    pub group: Option<String>,
    /// A word beside its name.
    pub label: Option<String>,
    /// The tiers that may use it; `None` is all.
    pub tiers: Option<Vec<Arc<str>>>,
    /// How often one account may call it, beside the limits of its tier.
    pub limits: Limits,
    /// Which calls it answers.
    pub serves: Serves,
    /// Whose vocabulary it has.
    pub vocabulary: Vocabulary,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// Who is said to own it.
    pub owned_by: String,
    /// Prompt and answer together, in tokens.
    pub context_length: u64,
    /// The longest answer, in tokens; 0 where it answers no chats.
    pub max_output_tokens: u64,
    /// Whether its reasoning shows.
    pub reasoning: Reasoning,
    /// The largest thinking budget a caller may ask for.
    pub thinking_budget_max: u64,
    /// What one image (document, sound) of a prompt costs at most, in tokens.
    pub image_tokens_max: u64,
    /// What it costs and under which version; `None` is unknown and refused at call time.
    pub price: Option<(PriceId, Price)>,
    /// Whether it can be called.
    pub enabled: bool,
    /// Ways to serve it, in order.
    pub routes: Vec<Route>,
}

impl Model {
    /// Whether an account that is in these tiers may use it.
    pub fn is_for<'a>(&self, mut tiers: impl Iterator<Item = &'a Tier>) -> bool {
        self.tiers.as_ref().is_none_or(|names| tiers.any(|tier| names.contains(&tier.name)))
    }
}

/// One way to serve a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// By whom.
    pub provider: Arc<Provider>,
    /// Under which name there.
    pub model: Arc<str>,
    /// The lowest goes first.
    pub priority: u32,
    /// What a caller may ask for beyond tokens at the ordinary rate.
    pub allow: Surcharges,
    /// The route's quirks over the provider's.
    pub quirks: Quirks,
}
