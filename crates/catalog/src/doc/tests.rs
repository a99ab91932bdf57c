//! docs/CATALOGUE.md against the documents: each field and word is told, none else, and its example is a good one.
//! Never here: what a document means (check).

use super::*;
use crate::{Price, check};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use units::{Class, PriceId};

const PAGE: &str = include_str!("../../../../docs/CATALOGUE.md");

/// Documents that say everything: a new field does not compile until it stands here.
fn full() -> CatalogueDoc {
    let quirks = QuirksDoc {
        max_tokens_field: Some("max_tokens".into()),
        stream_options: Some(true),
        system: Some("as_sent".into()),
        reasoning_field: Some("never".into()),
        thinking: Some("never".into()),
        structured_output: Some(true),
        cache_breakpoints: Some(true),
        cache_insert: Some(false),
        prompt_cache_key: Some(true),
        betas: Some(Vec::new()),
        counts: Some(true),
        thinking_budget_min: Some(128),
        json_schema: Some(true),
        result_media: Some(true),
        signature_stand_in: Some(true),
    };
    let provider = ProviderDoc {
        name: "p".into(),
        kind: "openai".into(),
        base_url: "https://api.example.com/v1".into(),
        credentials: Some(Vec::new()),
        auth: Some("bearer".into()),
        headers: [("x-a".to_owned(), "b".to_owned())].into(),
        timeouts: TimeoutsDoc { first_byte_ms: Some(1), idle_ms: Some(1), total_ms: Some(1) },
        quirks: quirks.clone(),
        tasks: TasksDoc {
            begin: Some("/a".into()),
            ask: Some("/b/{id}".into()),
            id: Some("id".into()),
            state: Some("state".into()),
            pending: Some(vec!["a".into()]),
            succeeded: Some(vec!["b".into()]),
            failed: Some(vec!["c".into()]),
            images: Some("data".into()),
            url: Some("url".into()),
            b64_json: Some("b64_json".into()),
        },
        own_keys: OwnKeysDoc { allowed: true, fee_micro_usd: 1, base_urls: vec!["https://b.example.com".into()] },
    };
    let limits = ModelLimitsDoc { requests_per_minute: Some(1), concurrent: Some(1), requests_per_day: Some(1) };
    let model = ModelDoc {
        id: "m".into(),
        display_name: Some("M".into()),
        category: Some("chat".into()),
        group: Some("general".into()),
        label: Some("new".into()),
        tiers: Some(vec!["free".into()]),
        limits,
        serves: Some("chat".into()),
        legacy_names: vec!["old".into()],
        capabilities: vec!["tools".into()],
        owned_by: Some("o".into()),
        context_length: 1,
        max_output_tokens: Some(1),
        tokenizer: Some("o200k".into()),
        reasoning: Some("none".into()),
        thinking_budget_max: Some(1_024),
        image_tokens_max: Some(1),
        price: Some(PriceDoc::Word("free".into())),
        enabled: false,
        route: vec![full_route(quirks)],
    };
    CatalogueDoc { tier: vec![full_tier()], provider: vec![provider], model: vec![model] }
}

fn full_tier() -> TierDoc {
    TierDoc {
        name: "free".into(),
        when: "free".into(),
        requests_per_minute: Some(1),
        concurrent: Some(1),
        requests_per_day: Some(1),
        tokens_per_minute: Some(1),
        fair_use: Some(FairUseDoc { queue_ms_max: 1, queued_max: 1 }),
    }
}

fn full_route(quirks: QuirksDoc) -> RouteDoc {
    RouteDoc {
        provider: "p".into(),
        model: "m".into(),
        priority: 2,
        enabled: false,
        allow: vec!["speed".into()],
        quirks,
    }
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

/// The rows of the table under a heading, as their cells.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let start = PAGE.find(&format!("\n## {heading}")).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = &PAGE[start + 1..];
    let section = &section[..section.find("\n## ").unwrap_or(section.len())];
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn told(heading: &str) -> BTreeSet<String> {
    rows(heading).iter().map(|row| row[0].trim_matches('`').to_owned()).collect()
}

#[test]
fn the_page_tells_each_field_and_none_else() {
    let full = json!(full());
    let (tier, provider, model) = (&full["tier"][0], &full["provider"][0], &full["model"][0]);
    assert_eq!(told("`[[tier]]`"), keys(tier));
    assert_eq!(told("`[tier.fair_use]`"), keys(&tier["fair_use"]));
    assert_eq!(told("`[model.limits]`"), keys(&model["limits"]));
    assert_eq!(told("`[[provider]]`"), keys(provider));
    assert_eq!(told("`[provider.timeouts]`"), keys(&provider["timeouts"]));
    assert_eq!(told("`[provider.quirks]`"), keys(&provider["quirks"]));
    assert_eq!(told("`[provider.tasks]`"), keys(&provider["tasks"]));
    assert_eq!(told("`[provider.own_keys]`"), keys(&provider["own_keys"]));
    assert_eq!(told("`[[model]]`"), keys(model));
    assert_eq!(told("`[[model.route]]`"), keys(&model["route"][0]));
    let others = ["request", "image", "image.<size>.<quality>"];
    let rates = Class::TOKENS.map(Class::name).into_iter().chain(others).map(str::to_owned);
    assert_eq!(told("`price`"), rates.collect());
}

/// Where a field takes words, the second column has them: the check refuses any other and names those it knows.
#[test]
fn the_page_tells_each_word_and_none_else() {
    let wrong = |place: &str, value: Value| -> String {
        let mut docs = json!(full());
        *docs.pointer_mut(place).unwrap() = value;
        let docs: CatalogueDoc = serde_json::from_value(docs).unwrap();
        let problems = check(1, &docs, &BTreeMap::new()).unwrap_err();
        problems.into_iter().map(|p| p.told).find(|told| told.starts_with("expected one of")).unwrap()
    };
    for (heading, place) in [
        ("`[[tier]]`", "/tier/0"),
        ("`[[provider]]`", "/provider/0"),
        ("`[provider.quirks]`", "/provider/0/quirks"),
        ("`[[model]]`", "/model/0"),
        ("`[[model.route]]`", "/model/0/route/0"),
    ] {
        for row in rows(heading).iter().filter(|row| row[1].contains('`')) {
            let value = if row[1].starts_with("list") { json!(["wrong"]) } else { json!("wrong") };
            let known = wrong(&format!("{place}/{}", row[0].trim_matches('`')), value);
            let known: BTreeSet<&str> = known.split('"').skip(1).step_by(2).filter(|w| *w != "wrong").collect();
            let shown: BTreeSet<&str> = row[1].split('`').skip(1).step_by(2).collect();
            assert_eq!(shown, known, "{}", row[0]);
        }
    }
}

#[test]
fn the_example_of_the_page_is_a_catalogue() {
    let (_, rest) = PAGE.split_once("```toml\n").unwrap();
    let docs: CatalogueDoc = toml::from_str(rest.split_once("```").unwrap().0).unwrap();
    let price = |model: &ModelDoc| Some((model.id.clone(), (PriceId::from_bytes([0; 16]), model.price.clone()?)));
    let catalogue = check(1, &docs, &docs.model.iter().filter_map(price).collect()).unwrap();
    assert_eq!(catalogue.models.len(), docs.model.len());
    assert!(catalogue.models.values().any(|m| matches!(m.price, Some((_, Price::Free)))));
    // What the page says of a model that says nothing is so.
    let bare = &catalogue.models["acme/trial"];
    let default =
        |field: &str| rows("`[[model]]`").into_iter().find(|r| r[0].trim_matches('`') == field).unwrap()[2];
    assert_eq!(default("thinking_budget_max"), bare.thinking_budget_max.to_string());
    assert_eq!(default("image_tokens_max"), bare.image_tokens_max.to_string());
}
