//! The record of one request: what console, export, metrics and audit read. In: facts known at the end. Out: one row.
//! Never here: prompts, answers, keys, upstream URLs.

use crate::{CacheSums, Counted};
use std::sync::Arc;
use units::{KeyId, NanoUsd, PriceId, RequestId, Timestamp, Usage, UsageSource, WorkspaceId};

/// One row a request (R-USE-1).
#[derive(Clone, Debug, PartialEq)]
pub struct UsageRow {
    /// The request.
    pub request: RequestId,
    /// When it came in.
    pub at: Timestamp,
    /// Who pays.
    pub workspace: WorkspaceId,
    /// With which key.
    pub key: KeyId,
    /// Whose it is besides: of a charged request, whose spend it counts for.
    pub counted: Counted,
    /// The endpoint family (`chat.completions`, `messages`).
    pub endpoint: &'static str,
    /// The public model id.
    pub model: Arc<str>,
    /// The provider that served it (operators only); empty when none did.
    pub provider: Arc<str>,
    /// The provider's model (operators only).
    pub upstream_model: Arc<str>,
    /// The status that the client saw.
    pub status: u16,
    /// The fault's stable name, when it ended with one.
    pub fault: Option<&'static str>,
    /// Tokens by class.
    pub usage: Usage,
    /// Where the usage came from.
    pub source: UsageSource,
    /// The version of the price that was applied; `None` for free models.
    pub price: Option<PriceId>,
    /// What was charged.
    pub charge: NanoUsd,
    /// What prompt caches saved by the rates of the price (`meter::cache_saved`); below zero where writing to them cost more
    /// than reading from them saved, and zero where nothing was charged for.
    pub cache_saved: NanoUsd,
    /// From the request's head to the end of its answer, in milliseconds.
    pub latency_ms: u32,
    /// From the request's head to the first semantic byte, in milliseconds.
    pub first_byte_ms: Option<u32>,
    /// Whether the answer was a stream.
    pub streamed: bool,
    /// How many upstream attempts were made.
    pub attempts: u8,
    /// Whether the answer stopped before its end (cut, client gone, out of credit).
    pub partial: bool,
    /// The caller's own id (`x-client-request-id`).
    pub client_request_id: Option<String>,
    /// The name that was asked for, where the model has another one.
    pub asked_model: Option<Arc<str>>,
    /// The caller's own session, as its client tells it.
    pub session: Option<Arc<str>>,
    /// The client by its own word (`claude-cli/2.1`).
    pub client: Option<Arc<str>>,
    /// The attempts that failed, in their order (operators only, but for their faults).
    pub tries: Vec<Tried>,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The provider.
    pub provider: Arc<str>,
    /// The provider's model.
    pub upstream_model: Arc<str>,
    /// The stable name of its fault.
    pub fault: Arc<str>,
    /// A word for its cause.
    pub cause: Arc<str>,
    /// From the request's head to its end, in milliseconds.
    pub until_ms: u32,
}

impl UsageRow {
    /// What caches did for this request, as it counts for its key.
    pub fn cache(&self) -> CacheSums {
        CacheSums::of(&self.usage, self.cache_saved)
    }

    /// The same of a request that was not charged: it cost nothing, so nothing was saved.
    #[must_use]
    pub fn uncharged(self) -> Self {
        Self { charge: NanoUsd::ZERO, cache_saved: NanoUsd::ZERO, ..self }
    }
}
