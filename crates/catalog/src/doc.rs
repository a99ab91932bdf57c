//! The documents an operator writes (TOML in a file, JSON over the API, JSON in the store). In: text. Out: raw documents.
//! Parsing only: what they mean and whether they hold is check.rs. Unknown fields are refused here.
//! Each field is told to operators in docs/CATALOGUE.md. Never here: a default that has a meaning, a file that is opened.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A catalogue file: `[[tier]]`, `[[provider]]` and `[[model]]` tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueDoc {
    /// How much an account may ask for; the default table where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tier: Vec<TierDoc>,
    /// Companies or servers that models are bought from.
    #[serde(default)]
    pub provider: Vec<ProviderDoc>,
    /// What is sold.
    #[serde(default)]
    pub model: Vec<ModelDoc>,
}

/// One tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierDoc {
    /// Its name, as callers read it and plans name it.
    pub name: String,
    /// Who is in it: `free`, `balance` or `plan`.
    pub when: String,
    /// Requests in any 60 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Requests at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u64>,
    /// Requests in a UTC day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<u64>,
    /// Tokens a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Numbers are not published, and what is too much at once waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fair_use: Option<FairUseDoc>,
}

/// How requests of a tier wait for a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FairUseDoc {
    /// How long one waits at most, in milliseconds.
    pub queue_ms_max: u64,
    /// How many of an account may wait at once.
    pub queued_max: u64,
}

/// How often one account may call a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelLimitsDoc {
    /// Requests in any 60 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Requests at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u64>,
    /// Requests in a UTC day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<u64>,
}

impl ModelLimitsDoc {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderDoc {
    /// Its name, for operators only.
    pub name: String,
    /// Which language it speaks: `openai`, `anthropic`, `gemini` or `image-task`.
    pub kind: String,
    /// Where its API starts, version included (`https://api.openai.com/v1`).
    pub base_url: String,
    /// Secrets, literal here (the command resolves `env:` and `file:`). Absent keeps what is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Vec<String>>,
    /// How the secret is sent: `bearer`, `x-api-key` or `x-goog-api-key`; the kind's own way when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Headers sent with every call.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// How long to wait for what.
    #[serde(default, skip_serializing_if = "TimeoutsDoc::is_empty")]
    pub timeouts: TimeoutsDoc,
    /// How its servers differ from the language's standard.
    #[serde(default, skip_serializing_if = "QuirksDoc::is_empty")]
    pub quirks: QuirksDoc,
    /// How it tells its tasks.
    #[serde(default, skip_serializing_if = "TasksDoc::is_empty")]
    pub tasks: TasksDoc,
    /// Whether workspaces may bring their own keys.
    #[serde(default, skip_serializing_if = "OwnKeysDoc::is_empty")]
    pub own_keys: OwnKeysDoc,
}

/// Whether workspaces may bring their own keys to a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnKeysDoc {
    /// Whether they may.
    pub allowed: bool,
    /// What each request with such a key costs, in micro-USD.
    pub fee_micro_usd: u64,
    /// Addresses that they may choose from besides the provider's own.
    pub base_urls: Vec<String>,
}

impl OwnKeysDoc {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How long to wait, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeoutsDoc {
    /// For the first byte of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<u64>,
    /// Between two bytes of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
    /// For the whole call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<u64>,
}

impl TimeoutsDoc {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a provider tells its tasks; what is not said is as Tollgate itself tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TasksDoc {
    /// Where a task is begun, below the base address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin: Option<String>,
    /// Where it is asked about; `{id}` stands for its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
    /// The place of its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The place of its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The states of a task that is still to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Vec<String>>,
    /// The states of one that ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded: Option<Vec<String>>,
    /// The states of one that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Vec<String>>,
    /// The place of the list of pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<String>,
    /// The place of an address in each of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The place of the bytes, as base64, in each of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b64_json: Option<String>,
}

impl TasksDoc {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a server wants differently; on a provider, or on one route where only that model differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuirksDoc {
    /// `max_completion_tokens` or `max_tokens`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens_field: Option<String>,
    /// Whether `stream_options.include_usage` is understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<bool>,
    /// Where system messages may stand: `as_sent`, `developer_in_place`, `system_in_place`, `leading_only`, `as_user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Under which name earlier reasoning is sent back: `never`, `reasoning_content` or `reasoning`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_field: Option<String>,
    /// How the server is asked to think: `never`, `budget`, `adaptive` or `level`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Whether the server takes a JSON schema for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured_output: Option<bool>,
    /// Whether the server takes cache breakpoints on parts (OpenAI's language only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_breakpoints: Option<bool>,
    /// Whether cache marks are inserted where a client that repeats its prompt sets none.
    pub cache_insert: Option<bool>,
    /// Whether the server takes `prompt_cache_key` (OpenAI's languages only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_cache_key: Option<bool>,
    /// The only beta names that are forwarded; absent forwards all, an empty list none (Anthropic's language only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub betas: Option<Vec<String>>,
    /// Whether the server counts the tokens of a request for nothing (Anthropic's language only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<bool>,
    /// The smallest thinking budget, in tokens; 0 where thinking can be switched off (Gemini's language only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_budget_min: Option<u64>,
    /// Whether schemas are taken as JSON Schema; else they are cut down (Gemini's language only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<bool>,
    /// Whether results of tools may carry media (Gemini's language only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_media: Option<bool>,
    /// Whether a call without its proof gets the documented stand-in (Gemini's language only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_stand_in: Option<bool>,
}

impl QuirksDoc {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelDoc {
    /// What callers write in `model`.
    pub id: String,
    /// What people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for (`chat`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The group that it is listed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// A word beside its name (`new`, `preview`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The tiers that may use it; absent is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiers: Option<Vec<String>>,
    /// How often one account may call it, beside the limits of its tier.
    #[serde(default, skip_serializing_if = "ModelLimitsDoc::is_empty")]
    pub limits: ModelLimitsDoc,
    /// Which calls it answers: `chat`, `embeddings` or `images`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serves: Option<String>,
    /// Older names that callers may still write for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legacy_names: Vec<String>,
    /// What it can do (`tools`, `vision`, ...), as told in model lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Who is said to own it in model lists; the id's prefix when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<String>,
    /// Prompt and answer together, in tokens.
    pub context_length: u64,
    /// The longest answer, in tokens; required where it answers chats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// Whose vocabulary it has: `o200k`, `cl100k` or `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// `none`, `visible` (every billed token of reasoning is on the stream) or `hidden`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// The largest thinking budget a caller may ask for, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_budget_max: Option<u64>,
    /// What one image (document, sound) of a prompt may cost at most, in tokens; used for the hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_tokens_max: Option<u64>,
    /// What it costs; absent means unknown, which is refused at call time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceDoc>,
    /// Whether it can be called.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Ways to serve it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<RouteDoc>,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_yes(value: &bool) -> bool {
    *value
}

/// One way to serve a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteDoc {
    /// A provider's name.
    pub provider: String,
    /// That provider's name for the model.
    pub model: String,
    /// The lowest goes first.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub priority: u32,
    /// Whether it is tried.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// What a caller may ask for beyond tokens at the ordinary rate: the operator bears it or has priced it in. Words as in
    /// docs/MONEY.md.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// What differs for this model only.
    #[serde(default, skip_serializing_if = "QuirksDoc::is_empty")]
    pub quirks: QuirksDoc,
}

const fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_first(priority: &u32) -> bool {
    *priority == first()
}

/// What a model costs: the word `free`, or rates as decimal text in USD per million tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, from = "serde_json::Value")]
pub enum PriceDoc {
    /// `price = "free"`.
    Word(String),
    /// `price = { input = "2.50", output = "10.00" }`.
    Rates(BTreeMap<String, String>),
    /// Anything else, numbers above all: it is read so that the check can refuse it with the model's name.
    Other(serde_json::Value),
}

impl From<serde_json::Value> for PriceDoc {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let rates = |table: &serde_json::Map<String, Value>| -> Option<BTreeMap<String, String>> {
            table.iter().map(|(name, rate)| Some((name.clone(), text(rate)?))).collect()
        };
        let read = text(&value).map(Self::Word);
        read.or_else(|| rates(value.as_object()?).map(Self::Rates)).unwrap_or(Self::Other(value))
    }
}

#[cfg(test)]
mod tests;
