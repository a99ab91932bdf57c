//! The rules of a key as people write and read them. In: fields of a body, each absent, null or a value. Out: rules, or every
//! problem at once; and rules as JSON. Money is in whole micro-USD. Never here: keys themselves.

use crate::address::network;
use crate::api::read::{Checks, Field};
use crate::api::schema::{Metadata, ModelPattern, Network, ScopeName};
use crate::house::House;
use crate::limits::{
    ADDRESSES_OF_KEY_MAX, ENVIRONMENT_CHARS_MAX, METADATA_MAX, METADATA_VALUE_CHARS_MAX, MODEL_PATTERN_CHARS_MAX,
    MODELS_OF_KEY_MAX,
};
use admit::{KeyRules, Scope, SpendCaps};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::NanoUsd;

/// Rules to set. What is absent stays; null is none.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "KeyRulesChange")]
pub struct RulesChange {
    /// What it is for, in its owner's words.
    #[schemars(length(min = 1, max = ENVIRONMENT_CHARS_MAX))]
    environment: Field<String>,
    caps: Field<CapsChange>,
    /// Ids of models, or the beginning of ids and a `*`.
    #[schemars(with = "Option<Vec<ModelPattern>>", length(max = MODELS_OF_KEY_MAX))]
    models: Field<Vec<String>>,
    /// A smaller rate than the account's.
    #[schemars(range(min = 1))]
    requests_per_minute: Field<u32>,
    /// Addresses and networks that it may be used from.
    #[schemars(with = "Option<Vec<Network>>", length(max = ADDRESSES_OF_KEY_MAX))]
    addresses: Field<Vec<String>>,
    /// What it may be used for.
    #[schemars(with = "Option<Vec<ScopeName>>")]
    scopes: Field<Vec<String>>,
    /// The model that serves where the one asked for cannot.
    fallback_model: Field<String>,
    /// What its owner keeps with it.
    #[schemars(with = "Option<Metadata>")]
    metadata: Field<BTreeMap<String, String>>,
}

/// Caps to set, in micro-USD; months and days are UTC.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CapsChange {
    total_micro_usd: Field<u64>,
    month_micro_usd: Field<u64>,
    day_micro_usd: Field<u64>,
}

impl CapsChange {
    /// Caps of those who have none in all.
    pub const fn of_span(month_micro_usd: Field<u64>, day_micro_usd: Field<u64>) -> Self {
        Self { total_micro_usd: Field::Absent, month_micro_usd, day_micro_usd }
    }

    /// Sets the caps; `at` is where they stand in the body.
    pub fn set(self, caps: &mut SpendCaps, at: &str, checks: &mut Checks) {
        let mut money = |name: &str, field: Field<u64>, cap: &mut Option<NanoUsd>| {
            let nano = |micro: u64| i64::try_from(micro).ok()?.checked_mul(1_000).map(NanoUsd::new);
            match field {
                Field::Absent => {}
                Field::Null => *cap = None,
                Field::Is(micro) => match nano(micro) {
                    Some(limit) => *cap = Some(limit),
                    None => checks.add(format!("{at}.{name}"), "is more money than there is"),
                },
            }
        };
        money("total_micro_usd", self.total_micro_usd, &mut caps.total);
        money("month_micro_usd", self.month_micro_usd, &mut caps.month);
        money("day_micro_usd", self.day_micro_usd, &mut caps.day);
    }
}

impl RulesChange {
    /// Sets what is said; every problem goes to `checks`.
    pub fn set(self, rules: &mut KeyRules, house: &House, checks: &mut Checks) {
        self.environment.set(&mut rules.environment, |text| {
            let text = text.trim().to_owned();
            let fits = !text.is_empty() && text.chars().count() <= ENVIRONMENT_CHARS_MAX;
            (fits && !text.chars().any(char::is_control)).then_some(text).or_else(|| {
                checks.add("rules.environment", format!("expected 1 to {ENVIRONMENT_CHARS_MAX} characters"));
                None
            })
        });
        match self.caps {
            Field::Absent => {}
            Field::Null => rules.caps = SpendCaps::default(),
            Field::Is(caps) => caps.set(&mut rules.caps, "rules.caps", checks),
        }
        self.models.set(&mut rules.models, |patterns| models(patterns, checks));
        self.requests_per_minute.set(&mut rules.requests_per_minute, |rate| {
            if rate == 0 {
                checks.add("rules.requests_per_minute", "expected at least 1");
            }
            Some(rate)
        });
        self.addresses.set(&mut rules.addresses, |words| addresses(&words, checks));
        self.scopes.set(&mut rules.scopes, |words| scopes(&words, checks));
        self.fallback_model.set(&mut rules.fallback_model, |model| {
            if house.catalogue.load().find(&model).is_none() {
                checks.add("rules.fallback_model", "there is no such model");
            }
            Some(model)
        });
        let mut pairs = Some(std::mem::take(&mut rules.metadata));
        self.metadata.set(&mut pairs, |pairs| metadata(pairs, checks));
        rules.metadata = pairs.unwrap_or_default();
    }
}

/// Whether a text is the id of a model, or the beginning of ids and a `*`.
pub fn is_model_pattern(pattern: &str) -> bool {
    let inner = pattern.strip_suffix('*').unwrap_or(pattern);
    let plain = inner.chars().all(|c| c.is_ascii_graphic() && c != '*');
    !pattern.is_empty() && pattern.chars().count() <= MODEL_PATTERN_CHARS_MAX && plain
}

fn models(patterns: Vec<String>, checks: &mut Checks) -> Option<Vec<String>> {
    if patterns.len() > MODELS_OF_KEY_MAX {
        checks.add("rules.models", format!("expected at most {MODELS_OF_KEY_MAX}"));
    }
    for (n, pattern) in patterns.iter().enumerate() {
        if !is_model_pattern(pattern) {
            checks.add(format!("rules.models[{n}]"), "expected the id of a model, or the beginning of ids and a *");
        }
    }
    Some(patterns)
}

fn addresses(words: &[String], checks: &mut Checks) -> Option<Vec<IpNet>> {
    if words.len() > ADDRESSES_OF_KEY_MAX {
        checks.add("rules.addresses", format!("expected at most {ADDRESSES_OF_KEY_MAX}"));
    }
    let mut nets = Vec::with_capacity(words.len());
    for (n, word) in words.iter().enumerate() {
        match network(word) {
            Some(net) => nets.push(net),
            None => {
                checks.add(format!("rules.addresses[{n}]"), "expected an address or a network such as 10.0.0.0/8");
            }
        }
    }
    Some(nets)
}

fn scopes(words: &[String], checks: &mut Checks) -> Option<Vec<Scope>> {
    let mut scopes = Vec::with_capacity(words.len());
    for (n, word) in words.iter().enumerate() {
        match Scope::from_name(word) {
            Some(scope) if !scopes.contains(&scope) => scopes.push(scope),
            Some(_) => {}
            None => checks.add(format!("rules.scopes[{n}]"), "expected chat, embeddings, images or read"),
        }
    }
    Some(scopes)
}

fn metadata(pairs: BTreeMap<String, String>, checks: &mut Checks) -> Option<BTreeMap<String, String>> {
    if pairs.len() > METADATA_MAX {
        checks.add("rules.metadata", format!("expected at most {METADATA_MAX} entries"));
    }
    for (name, value) in &pairs {
        let long = [name, value].iter().any(|text| text.chars().count() > METADATA_VALUE_CHARS_MAX);
        if long || name.is_empty() {
            let at = if name.is_empty() { "rules.metadata".to_owned() } else { format!("rules.metadata.{name}") };
            checks.add(at, format!("expected names and values of at most {METADATA_VALUE_CHARS_MAX} characters"));
        }
    }
    Some(pairs)
}

/// Rules of a key; null is none.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "KeyRules")]
pub struct KeyRulesTold {
    environment: Option<String>,
    caps: CapsTold,
    models: Option<Vec<String>>,
    requests_per_minute: Option<u32>,
    #[schemars(with = "Option<Vec<Network>>")]
    addresses: Option<Vec<IpNet>>,
    #[schemars(with = "Option<Vec<ScopeName>>")]
    scopes: Option<Vec<&'static str>>,
    fallback_model: Option<String>,
    metadata: BTreeMap<String, String>,
}

/// Caps in micro-USD, by UTC month and day; null is none.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Caps")]
pub struct CapsTold {
    total_micro_usd: Option<i64>,
    month_micro_usd: Option<i64>,
    day_micro_usd: Option<i64>,
}

/// Rules as people read them.
pub fn shown(rules: &KeyRules) -> KeyRulesTold {
    let micro = |cap: Option<NanoUsd>| cap.map(NanoUsd::micro_down);
    let SpendCaps { total, month, day } = rules.caps;
    KeyRulesTold {
        environment: rules.environment.clone(),
        caps: CapsTold { total_micro_usd: micro(total), month_micro_usd: micro(month), day_micro_usd: micro(day) },
        models: rules.models.clone(),
        requests_per_minute: rules.requests_per_minute,
        addresses: rules.addresses.clone(),
        scopes: rules.scopes.as_ref().map(|all| all.iter().map(|scope| scope.name()).collect()),
        fallback_model: rules.fallback_model.clone(),
        metadata: rules.metadata.clone(),
    }
}
