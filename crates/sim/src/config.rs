//! What a simulated provider is told once, at its start.
//! In: choices of the caller. Out: `SimConfig`. Never here: reading files or the environment.

use std::sync::Arc;
use std::time::Duration;
use units::Clock;

/// How the simulated providers behave where no directive says otherwise.
#[derive(Clone)]
pub struct SimConfig {
    /// The credentials that are let in; when empty, any that is neither blank nor begins with `sk-wrong`.
    pub credentials: Vec<String>,
    /// The models listed by `GET /openai/v1/models`. Names that begin with `sim-`, `gpt-`, `o1`, `o3`, `o4`,
    /// `text-embedding-`, `dall-e-`, `davinci-` are served too; everything else is an unknown model.
    pub openai_models: Vec<String>,
    /// The models listed by `GET /anthropic/v1/models`. Names that begin with `sim-` or `claude-` are served too.
    pub anthropic_models: Vec<String>,
    /// The models listed by `GET /gemini/v1beta/models`. Names that begin with `sim-` or `gemini-` are served too.
    pub gemini_models: Vec<String>,
    /// Wait before the first byte of every answer.
    pub delay: Duration,
    /// Wait between two pieces of a stream.
    pub pace: Duration,
    /// Tokens in one piece of a stream.
    pub chunk_tokens: u64,
    /// How many requests the journal remembers.
    pub journal_requests_max: usize,
    /// Text planted in headers, fingerprints and error messages, which must never reach a client of a gateway.
    pub canary: String,
    /// Where `created` comes from.
    pub clock: Arc<dyn Clock>,
}

impl SimConfig {
    /// A quick provider: no delay, no pace, any credential.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let names = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Self {
            credentials: Vec::new(),
            openai_models: names(&[
                "sim-openai",
                "sim-openai-mini",
                "sim-reasoner",
                "sim-openai-embedding",
                "sim-openai-image",
            ]),
            anthropic_models: names(&["sim-anthropic", "sim-anthropic-mini"]),
            gemini_models: names(&["sim-gemini", "sim-gemini-3", "sim-gemini-embedding"]),
            delay: Duration::ZERO,
            pace: Duration::ZERO,
            chunk_tokens: 4,
            journal_requests_max: 1_000,
            canary: "sim-upstream".to_owned(),
            clock,
        }
    }

    /// Whether a credential is let in.
    pub(crate) fn lets_in(&self, key: &str) -> bool {
        let listed = self.credentials.iter().any(|c| c == key);
        listed || (self.credentials.is_empty() && !key.starts_with("sk-wrong"))
    }
}
