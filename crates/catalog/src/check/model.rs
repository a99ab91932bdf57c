//! One model of a document and its routes, checked. In: their documents, valid tiers and providers, the price in force. Out: a
//! `Model`, or problems. Never here: providers (check), what a rate may be (price).

use super::{Problems, StoredPrice, quirks, tier, word};
use crate::catalogue::{Catalogue, Model, Provider, ProviderKind, Reasoning, Route, Serves, Vocabulary};
use crate::doc::{ModelDoc, RouteDoc};
use crate::price::Price;
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{PriceId, Surcharge, Surcharges, THINKING_BUDGET_MAX};

/// No smaller thinking budget can be asked for (R-WIRE-7).
const THINKING_BUDGET_MIN: u64 = 1_024;
/// What an image costs at most where a model does not say: no provider known counts more, but for models that count an
/// image many times.
pub const IMAGE_TOKENS_MAX: u64 = 8_000;
/// Longest model id, in bytes.
const MODEL_ID_BYTES_MAX: usize = 200;
/// Longest group or label, in bytes.
const WORDS_BYTES_MAX: usize = 64;
/// Largest token count a document may state.
const TOKENS_MAX: u64 = 100_000_000;

/// Checks a model; nothing comes of one with a problem.
pub fn model(
    doc: &ModelDoc,
    at: &str,
    catalogue: &Catalogue,
    price: Option<&StoredPrice>,
    problems: &mut Problems,
) -> Option<Model> {
    let before = problems.0.len();
    if !is_id(&doc.id) {
        problems.add(format!("{at}.id"), id_wanted());
    }
    let serves = serves(doc, at, problems);
    let vocabulary = vocabulary(doc, at, problems);
    tokens(doc, serves, at, problems);
    words(doc, at, problems);
    let tiers = tier::named(doc, at, &catalogue.tiers, problems);
    let limits = tier::of_model(&doc.limits, &format!("{at}.limits"), problems);
    let reasoning = reasoning(doc, at, problems);
    let price = price.and_then(|stored| priced(stored, doc, serves, at, problems));
    let mut routes: Vec<Route> = Vec::with_capacity(doc.route.len());
    for (n, found) in doc.route.iter().enumerate() {
        routes.extend(route((found, serves), &format!("{at}.route[{n}]"), &catalogue.providers, problems));
    }
    routes.sort_by_key(|r| r.priority);
    if problems.0.len() > before {
        return None;
    }
    let prefix = doc.id.split_once('/').map_or("tollgate", |(prefix, _)| prefix);
    Some(Model {
        id: doc.id.as_str().into(),
        display_name: doc.display_name.clone().unwrap_or_else(|| doc.id.clone()),
        category: doc.category.clone().unwrap_or_else(|| serves.name().into()),
        group: doc.group.clone(),
        label: doc.label.clone(),
        tiers,
        limits,
        serves,
        vocabulary,
        capabilities: doc.capabilities.clone(),
        owned_by: doc.owned_by.clone().unwrap_or_else(|| prefix.into()),
        context_length: doc.context_length,
        max_output_tokens: doc.max_output_tokens.unwrap_or(0),
        reasoning: reasoning?,
        thinking_budget_max: doc.thinking_budget_max.unwrap_or(THINKING_BUDGET_MAX),
        image_tokens_max: doc.image_tokens_max.unwrap_or(IMAGE_TOKENS_MAX),
        price,
        enabled: doc.enabled,
        routes,
    })
}

/// Whether a text may be a model's id or older name.
pub fn is_id(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    (1..=MODEL_ID_BYTES_MAX).contains(&text.len()) && text.chars().all(plain)
}

/// What is expected of one.
pub fn id_wanted() -> String {
    format!("expected 1 to {MODEL_ID_BYTES_MAX} bytes without spaces")
}

fn serves(doc: &ModelDoc, at: &str, problems: &mut Problems) -> Serves {
    let known = [Serves::Chat, Serves::Embeddings, Serves::Images].map(|one| (one.name(), one));
    let said = doc.serves.as_ref().map(|text| problems.take(format!("{at}.serves"), word(text, &known)));
    said.flatten().unwrap_or_default()
}

fn vocabulary(doc: &ModelDoc, at: &str, problems: &mut Problems) -> Vocabulary {
    const KNOWN: [(&str, Vocabulary); 3] =
        [("o200k", Vocabulary::O200k), ("cl100k", Vocabulary::Cl100k), ("unknown", Vocabulary::Unknown)];
    let said = doc.tokenizer.as_ref().map(|text| problems.take(format!("{at}.tokenizer"), word(text, &KNOWN)));
    said.flatten().unwrap_or_default()
}

/// Words that people read beside its name.
fn words(doc: &ModelDoc, at: &str, problems: &mut Problems) {
    for (field, text) in [("group", &doc.group), ("label", &doc.label)] {
        let plain = |text: &String| {
            (1..=WORDS_BYTES_MAX).contains(&text.len()) && text.trim() == text && !text.contains(char::is_control)
        };
        if !text.as_ref().is_none_or(plain) {
            problems.add(format!("{at}.{field}"), format!("expected 1 to {WORDS_BYTES_MAX} bytes of text"));
        }
    }
}

/// Counts of tokens, each by itself and against each other.
fn tokens(doc: &ModelDoc, serves: Serves, at: &str, problems: &mut Problems) {
    match (serves, doc.max_output_tokens) {
        (Serves::Chat, None) => {
            problems.add(format!("{at}.max_output_tokens"), "required: the longest answer, in tokens");
        }
        (Serves::Embeddings | Serves::Images, Some(_)) => {
            let told = format!("a model that serves {} answers with no tokens", serves.name());
            problems.add(format!("{at}.max_output_tokens"), told);
        }
        _ => {}
    }
    for (field, value, least) in [
        ("context_length", Some(doc.context_length), 1),
        ("max_output_tokens", doc.max_output_tokens, 1),
        ("thinking_budget_max", doc.thinking_budget_max, THINKING_BUDGET_MIN),
        ("image_tokens_max", doc.image_tokens_max, 1),
    ] {
        if value.is_some_and(|value| !(least..=TOKENS_MAX).contains(&value)) {
            problems.add(format!("{at}.{field}"), format!("expected {least} to {TOKENS_MAX} tokens"));
        }
    }
    if doc.context_length > 0 && doc.max_output_tokens.is_some_and(|most| most > doc.context_length) {
        let told = format!("no answer is longer than the context: context_length is {}", doc.context_length);
        problems.add(format!("{at}.max_output_tokens"), told);
    }
}

/// Holds depend on it, so a model that is said to reason must say how (docs/MONEY.md).
fn reasoning(doc: &ModelDoc, at: &str, problems: &mut Problems) -> Option<Reasoning> {
    const KNOWN: [(&str, Reasoning); 3] =
        [("none", Reasoning::None), ("visible", Reasoning::Visible), ("hidden", Reasoning::Hidden)];
    let path = format!("{at}.reasoning");
    let said = match &doc.reasoning {
        None => Reasoning::None,
        Some(text) => problems.take(path.clone(), word(text, &KNOWN))?,
    };
    if said == Reasoning::None && doc.capabilities.iter().any(|c| c == "reasoning") {
        let told = "capabilities name \"reasoning\": say \"visible\" if every billed token of it is in the answer, else \
                    \"hidden\"";
        problems.add(path, told);
        return None;
    }
    Some(said)
}

fn priced(
    stored: &StoredPrice,
    model: &ModelDoc,
    serves: Serves,
    at: &str,
    problems: &mut Problems,
) -> Option<(PriceId, Price)> {
    let (id, doc) = stored;
    let model = &model.id;
    match Price::read(doc, serves) {
        Ok(price) => Some((*id, price)),
        Err(found) => {
            for (field, told) in found {
                let dot = if field.is_empty() { "" } else { "." };
                problems.add(format!("{at}.price{dot}{field}"), format!("{told} (model \"{model}\")"));
            }
            None
        }
    }
}

fn route(
    (doc, serves): (&RouteDoc, Serves),
    at: &str,
    providers: &BTreeMap<Arc<str>, Arc<Provider>>,
    problems: &mut Problems,
) -> Option<Route> {
    let own = quirks(&doc.quirks, at, problems);
    if doc.model.is_empty() || doc.model.chars().any(char::is_control) {
        problems.add(format!("{at}.model"), "expected the provider's name for the model");
    }
    let known = Surcharge::ALL.map(|one| (one.name(), one));
    let mut allow = Surcharges::default();
    for (n, text) in doc.allow.iter().enumerate() {
        if let Some(one) = problems.take(format!("{at}.allow[{n}]"), word(text, &known)) {
            allow.insert(one);
        }
    }
    let Some(provider) = providers.get(doc.provider.as_str()) else {
        problems.add(format!("{at}.provider"), format!("there is no valid provider \"{}\"", doc.provider));
        return None;
    };
    let lacking = match (provider.kind, serves) {
        (ProviderKind::Anthropic, Serves::Embeddings) => Some("a provider of kind \"anthropic\" has no embeddings"),
        (ProviderKind::Anthropic, Serves::Images) => Some("a provider of kind \"anthropic\" makes no images"),
        (ProviderKind::ImageTask, Serves::Chat | Serves::Embeddings) => {
            Some("a provider of kind \"image-task\" serves images alone")
        }
        _ => None,
    };
    if let Some(told) = lacking {
        problems.add(format!("{at}.provider"), told);
    }
    // One that is off is checked all the same, so that it can be switched on again.
    doc.enabled.then(|| Route {
        provider: provider.clone(),
        model: doc.model.as_str().into(),
        priority: doc.priority,
        allow,
        quirks: own.over(&provider.quirks),
    })
}
