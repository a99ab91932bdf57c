//! The shipped catalogues as an operator gets them: each is a good one, and sells what the public descriptions that it is
//! made after promise. Never here: calls of models.

use super::{Choice, PRESETS, Preset, STARTERS, Starter};
use crate::{Catalogue, CatalogueDoc, Price, PriceDoc, Reasoning, Serves, StoredPrice, check};
use std::collections::{BTreeMap, BTreeSet};
use units::PriceId;

fn docs(text: &str) -> CatalogueDoc {
    toml::from_str(text).unwrap()
}

/// The catalogue of a file, checked as the server checks it, prices included.
fn checked(docs: &CatalogueDoc) -> Catalogue {
    let stored = |doc: &PriceDoc| (PriceId::from_bytes([0; 16]), doc.clone());
    let prices: BTreeMap<String, StoredPrice> =
        docs.model.iter().map(|m| (m.id.clone(), stored(m.price.as_ref().unwrap()))).collect();
    check(1, docs, &prices).unwrap()
}

/// The whole file, with those providers besides.
fn all_of(starter: &Starter, more: &[&str]) -> String {
    starter.catalogue(&Choice { only: &[], more }).unwrap()
}

fn starter(name: &str) -> (CatalogueDoc, Catalogue) {
    let docs = docs(&all_of(Starter::named(name).unwrap(), &[]));
    let catalogue = checked(&docs);
    (docs, catalogue)
}

fn ids(docs: &CatalogueDoc, of: impl Fn(&crate::ModelDoc) -> bool) -> Vec<&str> {
    docs.model.iter().filter(|m| of(m)).map(|m| m.id.as_str()).collect()
}

/// R-ROUTE-11: every file passes, whatever providers are added to it, and buys from the providers that it names and no others.
#[test]
fn r_route_11_every_shipped_file_is_a_good_catalogue() {
    let all: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    for starter in &STARTERS {
        let docs = docs(&all_of(starter, &[]));
        let catalogue = checked(&docs);
        assert_eq!(catalogue.models.len(), docs.model.len());
        let named: BTreeSet<&str> = docs.provider.iter().map(|p| p.name.as_str()).collect();
        let used: BTreeSet<&str> =
            docs.model.iter().flat_map(|m| &m.route).map(|route| route.provider.as_str()).collect();
        assert_eq!(named, used, "{}", starter.name);
        for model in &docs.model {
            assert!(!model.route.is_empty() && model.enabled, "{}", model.id);
            assert!(model.display_name.is_some() && model.group.is_some(), "{}", model.id);
        }
        let more = self::docs(&all_of(starter, &all));
        assert_eq!(checked(&more).providers.len(), PRESETS.len());
        assert!(all_of(starter, &[]).contains("CHECK EVERY PRICE"));
    }
}

/// R-ROUTE-11: who has the credential of one vendor alone gets what that one serves, as a good catalogue.
#[test]
fn r_route_11_what_one_vendor_serves_is_a_good_catalogue() {
    for starter in &STARTERS {
        let whole = docs(&all_of(starter, &[]));
        for name in starter.providers {
            let choice = Choice { only: &[name], more: &[] };
            let docs = docs(&starter.catalogue(&choice).unwrap());
            let variable = Preset::named(name).unwrap().variable;
            let of_it = |name: &str| Preset::named(name).unwrap().variable == variable;
            let served = whole.model.iter().filter(|m| m.route.iter().any(|route| of_it(&route.provider)));
            assert_eq!(checked(&docs).models.len(), served.count(), "{name}");
            assert!(docs.provider.iter().all(|p| of_it(&p.name)), "{name}");
            assert_eq!(docs.provider.len(), starter.providers(&choice).len());
        }
        assert_eq!(starter.catalogue(&Choice { only: &["groq"], more: &[] }), None);
    }
}

/// R-ROUTE-11: presets of the vendors, of compatible servers and of Tollgate itself; secrets are named, never there.
#[test]
fn r_route_11_every_known_provider_is_a_good_one() {
    let names: BTreeSet<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    let wanted = [
        "anthropic",
        "openai",
        "openai-responses",
        "gemini",
        "xai",
        "openrouter",
        "deepseek",
        "mistral",
        "groq",
        "local",
        "tollgate",
    ];
    assert_eq!(names, BTreeSet::from(wanted));
    for preset in &PRESETS {
        let docs = docs(&preset.toml());
        let [provider] = docs.provider.as_slice() else { panic!("{}", preset.name) };
        assert_eq!((provider.name.as_str(), provider.kind.as_str()), (preset.name, preset.kind));
        let credential = preset.variable.map_or("none".to_owned(), |name| format!("env:{name}"));
        assert_eq!(provider.credentials, Some(vec![credential]));
        assert!(checked(&docs).providers.contains_key(preset.name));
        assert_eq!(Preset::named(preset.name), Some(preset));
    }
    assert_eq!(Preset::named("nobody"), None);
}

/// R-ROUTE-1: twelve models in four groups, and both spellings of the one that has two.
#[test]
fn row_000_13_the_shipped_aliases_are_twelve_in_four_groups() {
    let (docs, catalogue) = starter("aliases");
    let groups = [
        ("General purpose", ["ez-chat-standard", "ez-chat-fast", "ez-chat-pro"]),
        ("Reasoning and coding", ["ez-reasoning", "ez-code", "ez-build"]),
        ("Fast and low cost", ["ez-fast", "ez-mini", "ez-efficient"]),
        ("Specialized", ["embeddings", "image-generation", "long-context"]),
    ];
    for (group, models) in groups {
        assert_eq!(ids(&docs, |m| m.group.as_deref() == Some(group)), models);
    }
    assert_eq!(catalogue.models.len(), 12);
    assert_eq!(catalogue.legacy_names["ez-long-context"].as_ref(), "long-context");
    assert_eq!(catalogue.models["embeddings"].serves, Serves::Embeddings);
    assert_eq!(catalogue.models["image-generation"].serves, Serves::Images);
    assert!(docs.model.iter().all(|m| !catalogue.models[m.id.as_str()].routes.is_empty()));
}

/// The description's variables of a client name three of them.
#[test]
fn row_000_14_the_shipped_aliases_have_the_models_of_its_variables() {
    let (_, catalogue) = starter("aliases");
    for name in ["ez-chat-fast", "ez-reasoning", "ez-long-context"] {
        let id = catalogue.legacy_names.get(name).map_or(name, AsRef::as_ref);
        assert!(catalogue.models.contains_key(id), "{name}");
    }
}

/// R-ROUTE-2: a gateway behind a gateway needs an address and a key, and nothing that it wants differently.
#[test]
fn row_000_15_another_tollgate_is_a_known_provider() {
    let docs = docs(&all_of(Starter::named("aliases").unwrap(), &["tollgate"]));
    let provider = docs.provider.iter().find(|p| p.name == "tollgate").unwrap();
    assert_eq!((provider.kind.as_str(), &provider.quirks), ("openai", &crate::QuirksDoc::default()));
    assert!(checked(&docs).providers.contains_key("tollgate"));
}

/// R-ROUTE-1: the 29 names over four vendors, with their labels.
#[test]
fn row_001_01_the_shipped_vendors_have_29_models_with_labels() {
    let (docs, catalogue) = starter("vendors");
    let owned = |by: &str| ids(&docs, |m| m.owned_by.as_deref() == Some(by));
    let claude = [
        "claude-opus-4-6",
        "claude-opus-4-5",
        "claude-sonnet-4-6",
        "claude-sonnet-4-5",
        "claude-sonnet-4",
        "claude-haiku-4-5",
    ];
    assert_eq!(owned("anthropic"), claude);
    let openai = "gpt-5.4 gpt-5.3-codex gpt-5.2 gpt-5.2-codex gpt-5.1 gpt-5.1-codex gpt-5.1-codex-mini gpt-5.1-codex-max \
                  gpt-5 gpt-5-mini gpt-4.1 gpt-4.1-mini gpt-4.1-nano gpt-4o gpt-4o-mini o3 o3-mini o4-mini";
    assert_eq!(owned("openai"), openai.split(' ').collect::<Vec<_>>());
    assert_eq!(owned("google"), ["gemini-3-pro", "gemini-3-flash", "gemini-2.5-pro", "gemini-2.5-flash"]);
    assert_eq!(owned("xai"), ["grok-code-fast-1"]);
    assert_eq!(ids(&docs, |m| m.label.as_deref() == Some("new")), ["claude-sonnet-4-6", "gpt-5.4"]);
    assert_eq!(ids(&docs, |m| m.label.as_deref() == Some("preview")), ["gemini-3-pro", "gemini-3-flash"]);
    // With the free ones.
    assert_eq!(catalogue.models.len(), 29 + 3);
}

/// R-WIRE-7: the models that the description names as thinkers think, and what they think is billed though not shown.
#[test]
fn row_001_08_the_shipped_thinkers_think() {
    let (docs, catalogue) = starter("vendors");
    for id in ["claude-opus-4-6", "claude-sonnet-4-5", "claude-sonnet-4"] {
        assert_eq!(catalogue.models[id].reasoning, Reasoning::Hidden, "{id}");
        assert!(docs.model.iter().any(|m| m.id == id && m.capabilities.iter().any(|c| c == "reasoning")), "{id}");
    }
}

/// R-WIRE-8: every claude-3 name leads to the current model of its family.
#[test]
fn row_001_27_the_shipped_older_names_lead_to_current_models() {
    let (_, catalogue) = starter("vendors");
    for (older, model) in [
        ("claude-3-opus-20240229", "claude-opus-4-6"),
        ("claude-3-sonnet-20240229", "claude-sonnet-4-5"),
        ("claude-3-5-sonnet-20240620", "claude-sonnet-4-5"),
        ("claude-3-5-sonnet-20241022", "claude-sonnet-4-5"),
        ("claude-3-7-sonnet-20250219", "claude-sonnet-4-5"),
        ("claude-3-haiku-20240307", "claude-haiku-4-5"),
        ("claude-3-5-haiku-20241022", "claude-haiku-4-5"),
    ] {
        assert_eq!(catalogue.legacy_names[older].as_ref(), model, "{older}");
    }
}

/// R-ROUTE-10: the three free models are free and have limits of their own; nothing else is free.
#[test]
fn row_001_29_the_shipped_free_models_are_three_with_limits() {
    let (_, catalogue) = starter("vendors");
    let free: Vec<&str> = catalogue
        .models
        .values()
        .filter(|m| matches!(m.price, Some((_, Price::Free))))
        .map(|m| m.id.as_ref())
        .collect();
    assert_eq!(free, ["glm-4.5-air", "nemotron-3-nano", "step-3.5-flash"]);
    for id in free {
        let limits = &catalogue.models[id].limits;
        assert!(limits.requests_per_minute.is_some() && limits.requests_per_day.is_some(), "{id}");
    }
}
