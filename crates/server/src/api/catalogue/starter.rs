//! Providers and models that this version knows, for forms that begin with them. In: the catalogue to start with. Out: its entries.
//! Never here: what is sold; a price in it is of a day, and its operator checks it.

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::Answer;
use catalog::{CatalogueDoc, Choice, ModelDoc, PRESETS, ProviderDoc, STARTERS, Tier, TierDoc, Tiers};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A provider that is known.
#[derive(Serialize, JsonSchema)]
pub struct PresetTold {
    /// What is to be known of it.
    about: &'static str,
    /// Whether it asks for a credential.
    asks_for_credential: bool,
    /// Its entry: a table `[[provider]]` of docs/CATALOGUE.md, without credentials.
    #[schemars(with = "BTreeMap<String, Value>")]
    entry: ProviderDoc,
}

/// What is known to begin with.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Starter")]
pub struct StarterTold {
    providers: Vec<PresetTold>,
    /// Tables `[[model]]` of docs/CATALOGUE.md with routes to these providers. Check every price.
    #[schemars(with = "Vec<BTreeMap<String, Value>>")]
    models: Vec<ModelDoc>,
    /// Tables `[[tier]]` of docs/CATALOGUE.md: those in force where a catalogue names none.
    #[schemars(with = "Vec<BTreeMap<String, Value>>")]
    tiers: Vec<TierDoc>,
}

/// `GET /catalogue/starter`.
pub async fn starter(_: Operator) -> Result<Answer, Problem> {
    let all = PRESETS.map(|preset| preset.name);
    let text = STARTERS[0].catalogue(&Choice { only: &[], more: &all }).unwrap_or_default();
    // A test of the catalogue's room reads each of these files.
    let docs: CatalogueDoc = toml::from_str(&text).map_err(|_| Problem::internal())?;
    let told = |entry: ProviderDoc| {
        let preset = PRESETS.iter().find(|preset| preset.name == entry.name)?;
        let entry = ProviderDoc { credentials: None, ..entry };
        Some(PresetTold { about: preset.told, asks_for_credential: preset.variable.is_some(), entry })
    };
    Ok(Answer::ok(&StarterTold {
        providers: docs.provider.into_iter().filter_map(told).collect(),
        models: docs.model,
        tiers: tiers(),
    }))
}

fn tiers() -> Vec<TierDoc> {
    let table = Tiers::default();
    let mut tiers: Vec<_> = table.iter().collect();
    tiers.sort_by_key(|tier| (tier.when, tier.limits.requests_per_day));
    let told = |tier: &Arc<Tier>| TierDoc {
        name: tier.name.to_string(),
        when: tier.when.name().to_owned(),
        requests_per_minute: tier.limits.requests_per_minute.map(u64::from),
        concurrent: tier.limits.concurrent.map(u64::from),
        requests_per_day: tier.limits.requests_per_day.map(u64::from),
        tokens_per_minute: tier.limits.tokens_per_minute,
        fair_use: None,
    };
    tiers.into_iter().map(told).collect()
}
