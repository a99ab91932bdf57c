//! From documents to a catalogue, all or nothing. In: documents, stored prices. Out: a `Catalogue` or every problem.
//! Never here: stopping at the first problem, guessing what was meant.

mod model;
mod own_keys;
mod tasks;
mod tier;

use crate::catalogue::{
    Auth, Catalogue, MaxTokensField, Provider, ProviderKind, Quirks, ReasoningField, SystemPlacement, ThinkingForm,
    Timeouts,
};
use crate::doc::{CatalogueDoc, ModelDoc, PriceDoc, ProviderDoc, QuirksDoc, TimeoutsDoc};
use model::model;
pub use own_keys::{address, canonical, fee_name};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use units::PriceId;

/// Longest provider name, in bytes.
const PROVIDER_NAME_BYTES_MAX: usize = 64;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where (`model[2].route[0].provider`).
    pub path: String,
    /// What is wrong and what was expected.
    pub told: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.told)
    }
}

/// The price in force of a model: its version's id and its document.
pub type StoredPrice = (PriceId, PriceDoc);

/// Checks documents and builds the catalogue of them. Prices come apart, with the ids of their versions.
///
/// # Errors
/// Every problem at once; nothing is built of a half-valid set.
pub fn check(
    version: u64,
    docs: &CatalogueDoc,
    prices: &BTreeMap<String, StoredPrice>,
) -> Result<Catalogue, Vec<Problem>> {
    let mut problems = Problems::default();
    let tiers = tier::tiers(&docs.tier, &mut problems);
    let mut catalogue = Catalogue { version, tiers, ..Catalogue::default() };
    for (n, doc) in docs.provider.iter().enumerate() {
        let at = format!("provider[{n}]");
        let fee = prices.get(&fee_name(&doc.name)).map(|(id, _)| *id);
        if let Some(provider) = provider(doc, fee, (&at, &mut problems))
            && catalogue.providers.insert(provider.name.clone(), Arc::new(provider)).is_some()
        {
            problems.add(format!("{at}.name"), format!("the provider \"{}\" is there twice", doc.name));
        }
    }
    for (n, doc) in docs.model.iter().enumerate() {
        let at = format!("model[{n}]");
        let found = model(doc, &at, &catalogue, prices.get(&doc.id), &mut problems);
        if let Some(model) = found
            && catalogue.models.insert(model.id.clone(), Arc::new(model)).is_some()
        {
            problems.add(format!("{at}.id"), format!("the model \"{}\" is there twice", doc.id));
        }
    }
    legacy_names(&docs.model, &mut catalogue, &mut problems);
    if problems.0.is_empty() { Ok(catalogue) } else { Err(problems.0) }
}

/// An older name leads to one model, and is no model's own.
fn legacy_names(docs: &[ModelDoc], catalogue: &mut Catalogue, problems: &mut Problems) {
    for (n, doc) in docs.iter().enumerate() {
        for (m, name) in doc.legacy_names.iter().enumerate() {
            let at = format!("model[{n}].legacy_names[{m}]");
            if !model::is_id(name) {
                problems.add(at, model::id_wanted());
            } else if docs.iter().any(|other| other.id == *name) {
                problems.add(at, format!("\"{name}\" is the id of a model"));
            } else if catalogue.legacy_names.insert(name.as_str().into(), doc.id.as_str().into()).is_some() {
                problems.add(at, format!("the name \"{name}\" is there twice"));
            }
        }
    }
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, path: String, told: impl Into<String>) {
        self.0.push(Problem { path, told: told.into() });
    }

    /// The value, or a problem at `path` in its place.
    fn take<T>(&mut self, path: String, value: Result<T, String>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(told) => {
                self.add(path, told);
                None
            }
        }
    }
}

/// The languages that providers speak.
const KINDS: [ProviderKind; 5] = [
    ProviderKind::OpenAi,
    ProviderKind::Anthropic,
    ProviderKind::OpenAiResponses,
    ProviderKind::Gemini,
    ProviderKind::ImageTask,
];
/// The ways to send a secret.
const AUTHS: &[(&str, Auth)] =
    &[("bearer", Auth::Bearer), ("x-api-key", Auth::ApiKey), ("x-goog-api-key", Auth::GoogleKey)];

fn provider(doc: &ProviderDoc, fee: Option<PriceId>, (at, problems): (&str, &mut Problems)) -> Option<Provider> {
    let before = problems.0.len();
    if !is_name(&doc.name) {
        problems.add(
            format!("{at}.name"),
            format!("expected 1 to {PROVIDER_NAME_BYTES_MAX} letters, digits, '-', '_' or '.'"),
        );
    }
    let kind = problems.take(format!("{at}.kind"), word(&doc.kind, &KINDS.map(|kind| (kind.name(), kind))));
    let base_url = problems.take(format!("{at}.base_url"), base_url(&doc.base_url));
    let auth = match &doc.auth {
        None => Some(match kind {
            Some(ProviderKind::Anthropic) => Auth::ApiKey,
            Some(ProviderKind::Gemini) => Auth::GoogleKey,
            _ => Auth::Bearer,
        }),
        Some(text) => problems.take(format!("{at}.auth"), word(text, AUTHS)),
    };
    for (n, secret) in doc.credentials.iter().flatten().enumerate() {
        if secret.is_empty() || secret.bytes().any(|b| b <= b' ' || b == 0x7f) {
            problems.add(format!("{at}.credentials[{n}]"), "expected a secret without spaces or line ends");
        }
    }
    let headers = headers(&doc.headers, at, problems);
    let timeouts = timeouts(&doc.timeouts, at, problems);
    let quirks = quirks(&doc.quirks, at, problems);
    let by_task = kind == Some(ProviderKind::ImageTask);
    if !by_task && kind.is_some() && !doc.tasks.is_empty() {
        problems.add(format!("{at}.tasks"), "only a provider of kind \"image-task\" has tasks");
    }
    let tasks = by_task.then(|| tasks::tasks(&doc.tasks, at, problems));
    let own_keys = own_keys::own_keys(&doc.own_keys, (kind, base_url.as_ref()), fee, (at, problems));
    if problems.0.len() > before {
        return None;
    }
    Some(Provider {
        name: doc.name.as_str().into(),
        kind: kind?,
        base_url: base_url?,
        auth: auth?,
        headers,
        timeouts,
        quirks,
        tasks,
        own_keys,
    })
}

fn is_name(text: &str) -> bool {
    (1..=PROVIDER_NAME_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn word<T: Copy>(text: &str, known: &[(&str, T)]) -> Result<T, String> {
    known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        format!("expected one of {}, not \"{text}\"", names.join(", "))
    })
}

fn base_url(text: &str) -> Result<http::Uri, String> {
    let told = || "expected an address such as \"https://api.example.com/v1\"".to_owned();
    let uri: http::Uri = text.trim_end_matches('/').parse().map_err(|_| told())?;
    let authority = uri.authority().ok_or_else(told)?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() {
        return Err(told());
    }
    let port = authority.as_str().rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    if port.is_some() && authority.port_u16().is_none_or(|port| port == 0) {
        return Err("the port must be 1 to 65535".into());
    }
    if authority.as_str().contains('@') {
        return Err("the address must not carry a user or password; use credentials".into());
    }
    if uri.query().is_some() || text.contains('#') {
        return Err("the address must not carry a query or fragment".into());
    }
    Ok(uri)
}

fn headers(
    table: &BTreeMap<String, String>,
    at: &str,
    problems: &mut Problems,
) -> Vec<(http::HeaderName, http::HeaderValue)> {
    const OURS: [&str; 10] = [
        "authorization",
        "x-api-key",
        "x-goog-api-key",
        "host",
        "content-length",
        "content-type",
        "connection",
        "transfer-encoding",
        "accept-encoding",
        "cookie",
    ];
    let mut out = Vec::with_capacity(table.len());
    for (name, value) in table {
        let path = format!("{at}.headers.{name}");
        match (http::HeaderName::try_from(name.as_str()), http::HeaderValue::try_from(value.as_str())) {
            (Ok(name), _) if OURS.contains(&name.as_str()) => {
                problems.add(path, "this header is set by Tollgate itself");
            }
            (Ok(name), Ok(value)) => out.push((name, value)),
            (Err(_), _) => problems.add(path, "not a header name"),
            (_, Err(_)) => problems.add(path, "not a header value"),
        }
    }
    out
}

fn timeouts(doc: &TimeoutsDoc, at: &str, problems: &mut Problems) -> Timeouts {
    let mut read = |field: &str, value: Option<u64>| match value {
        Some(ms @ 1..=3_600_000) => Some(Duration::from_millis(ms)),
        Some(_) => {
            problems.add(format!("{at}.timeouts.{field}"), "expected 1 to 3600000 milliseconds");
            None
        }
        None => None,
    };
    Timeouts {
        first_byte: read("first_byte_ms", doc.first_byte_ms),
        idle: read("idle_ms", doc.idle_ms),
        total: read("total_ms", doc.total_ms),
    }
}

fn quirks(doc: &QuirksDoc, at: &str, problems: &mut Problems) -> Quirks {
    const MAX_TOKENS: &[(&str, MaxTokensField)] = &[
        ("max_completion_tokens", MaxTokensField::MaxCompletionTokens),
        ("max_tokens", MaxTokensField::MaxTokens),
    ];
    const SYSTEM: &[(&str, SystemPlacement)] = &[
        ("as_sent", SystemPlacement::AsSent),
        ("developer_in_place", SystemPlacement::DeveloperInPlace),
        ("system_in_place", SystemPlacement::SystemInPlace),
        ("leading_only", SystemPlacement::LeadingOnly),
        ("as_user", SystemPlacement::AsUser),
    ];
    const REASONING: &[(&str, ReasoningField)] = &[
        ("never", ReasoningField::Never),
        ("reasoning_content", ReasoningField::ReasoningContent),
        ("reasoning", ReasoningField::Reasoning),
    ];
    const THINKING: &[(&str, ThinkingForm)] = &[
        ("never", ThinkingForm::Never),
        ("budget", ThinkingForm::Budget),
        ("adaptive", ThinkingForm::Adaptive),
        ("level", ThinkingForm::Level),
    ];
    Quirks {
        max_tokens_field: quirk(
            &doc.max_tokens_field,
            MAX_TOKENS,
            format!("{at}.quirks.max_tokens_field"),
            problems,
        ),
        stream_options: doc.stream_options,
        system: quirk(&doc.system, SYSTEM, format!("{at}.quirks.system"), problems),
        reasoning_field: quirk(&doc.reasoning_field, REASONING, format!("{at}.quirks.reasoning_field"), problems),
        thinking: quirk(&doc.thinking, THINKING, format!("{at}.quirks.thinking"), problems),
        structured_output: doc.structured_output,
        cache_breakpoints: doc.cache_breakpoints,
        cache_insert: doc.cache_insert,
        prompt_cache_key: doc.prompt_cache_key,
        betas: doc.betas.clone(),
        counts: doc.counts,
        thinking_budget_min: doc.thinking_budget_min,
        json_schema: doc.json_schema,
        result_media: doc.result_media,
        signature_stand_in: doc.signature_stand_in,
    }
}

fn quirk<T: Copy>(text: &Option<String>, known: &[(&str, T)], path: String, problems: &mut Problems) -> Option<T> {
    let text = text.as_ref()?;
    problems.take(path, word(text, known))
}

#[cfg(test)]
mod tests;
