//! The catalogue over the API: shown, compared, applied whole. In: documents with literal credentials. Out: a diff, and
//! a new version in force at once. Never here: resolving `env:` or `file:` (the command does), opening a credential.

mod edits;
mod history;
mod starter;
mod trial;

pub use edits::Line;
pub use history::{CatalogueVersions, WhichVersions, versions};
pub use starter::{StarterTold, starter};
pub use trial::{Trial, TrialTold, try_provider};

use crate::api::operator::Operator;
use crate::api::problem::{FieldProblem, Problem};
use crate::api::read::{Answer, Asked, Input};
use crate::house::{House, Worker};
use crate::live::{LiveCatalogue, credential_place};
use axum::extract::State;
use catalog::{CatalogueDoc, ModelDoc, PriceDoc, ProviderDoc, StoredPrice, TierDoc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use store::port::{CatalogueRows, Change, CredentialRow, PriceRow};
use units::{CredentialId, NanoUsd, PriceId, Secret, Timestamp};

/// How a catalogue is applied.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct How {
    /// Remove what the documents do not name.
    #[serde(default)]
    prune: bool,
    /// Only tell what would change.
    #[serde(default)]
    dry_run: bool,
    /// Only where the catalogue still is at this version: what was looked at is what is changed.
    #[serde(default)]
    version: Option<u64>,
}

/// The documents of a catalogue. Their fields are told in docs/CATALOGUE.md.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Documents(CatalogueDoc);

fn tables(told: &str, of: &Value) -> Schema {
    let list = |what: &str| {
        let told = format!("Tables `[[{what}]]` of docs/CATALOGUE.md.");
        json!({ "type": "array", "description": told, "items": { "type": "object" } })
    };
    let mut schema = json_schema!({
        "type": "object",
        "description": told,
        "properties": { "tier": list("tier"), "provider": list("provider"), "model": list("model") },
        "additionalProperties": false,
    });
    if let (Some(all), Some(more)) = (schema.get_mut("properties").and_then(Value::as_object_mut), of.as_object()) {
        all.extend(more.clone());
    }
    schema
}

impl JsonSchema for Documents {
    fn schema_name() -> Cow<'static, str> {
        "Catalogue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        tables("The documents of a catalogue: docs/CATALOGUE.md.", &json!({}))
    }
}

/// The documents in force, without credentials.
#[derive(Serialize)]
pub struct InForce<'a> {
    version: u64,
    tier: &'a [TierDoc],
    provider: &'a [ProviderDoc],
    model: &'a [ModelDoc],
}

impl JsonSchema for InForce<'_> {
    fn schema_name() -> Cow<'static, str> {
        "CatalogueInForce".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let version = json!({ "type": "integer", "description": "Rises by one with every change." });
        tables("The documents in force, without credentials.", &json!({ "version": version }))
    }
}

/// A provider, in short.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Provider")]
pub struct ProviderTold<'a> {
    name: &'a str,
    kind: &'a str,
    base_url: &'a str,
    /// How many there are.
    credentials: usize,
    /// Whether the last call to it was answered, as the node that is asked knows it; null where there was none.
    up: Option<bool>,
}

/// All providers.
#[derive(Serialize, JsonSchema)]
pub struct Providers<'a> {
    data: Vec<ProviderTold<'a>>,
}

/// All models: tables `[[model]]` of docs/CATALOGUE.md.
#[derive(Serialize, JsonSchema)]
pub struct Models<'a> {
    #[schemars(with = "Vec<BTreeMap<String, Value>>")]
    data: &'a [ModelDoc],
}

/// What was applied, or would be.
#[derive(Serialize, JsonSchema)]
pub struct Applied {
    /// The version in force.
    version: u64,
    /// Whether anything was changed.
    changed: bool,
    dry_run: bool,
    diff: Vec<Line>,
}

/// `GET /catalogue`: the documents in force, without credentials.
pub async fn show(State(worker): State<Worker>, _: Operator) -> Answer {
    let live = worker.house.catalogue.load();
    let docs = &live.docs;
    Answer::ok(&InForce {
        version: live.catalogue.version,
        tier: &docs.tier,
        provider: &docs.provider,
        model: &docs.model,
    })
}

/// `GET /providers`.
pub async fn providers(State(worker): State<Worker>, _: Operator) -> Answer {
    let live = worker.house.catalogue.load();
    let credentials = |name: &str| live.rows.credentials.iter().filter(|c| c.provider == name).count();
    let told = live.docs.provider.iter().map(|p| ProviderTold {
        name: &p.name,
        kind: &p.kind,
        base_url: &p.base_url,
        credentials: credentials(&p.name),
        up: worker.house.metrics.provider_up(&p.name),
    });
    Answer::ok(&Providers { data: told.collect() })
}

/// `GET /models`.
pub async fn models(State(worker): State<Worker>, _: Operator) -> Answer {
    let live = worker.house.catalogue.load();
    Answer::ok(&Models { data: &live.docs.model })
}

/// `PUT /catalogue?prune=&dry_run=&version=`: all or nothing, and nothing when nothing changes.
pub async fn apply(
    State(worker): State<Worker>,
    operator: Operator,
    Asked(how): Asked<How>,
    Input(Documents(docs)): Input<Documents>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let _gate = house.catalogue_gate.lock().await;
    house.reload(Change::Catalogue).await?;
    let live = house.catalogue.load_full();
    let version = live.catalogue.version;
    if how.version.is_some_and(|wanted| wanted != version) {
        let told = format!("The catalogue is at version {version} now; look at the difference again.");
        return Err(Problem::conflict(told));
    }
    let now = house.clock.now();
    let merged = merge(&live, docs, how.prune);
    let next = Next::new(house, &live, &merged, now);
    catalog::check(next.rows.version, &merged, &next.prices).map_err(|problems| {
        Problem::fields(problems.into_iter().map(|p| FieldProblem { field: p.path, detail: p.told }).collect())
    })?;
    let strays = strays(&live, &merged);
    if !strays.is_empty() {
        return Err(Problem::fields(strays));
    }
    let lines = next.lines;
    let changed = !lines.is_empty();
    if changed && !how.dry_run {
        let log = operator.did(now, history::APPLIED, history::object_of(next.rows.version), &json!(lines));
        house.store.replace_catalogue(next.rows, log).await?;
        house.reload(Change::Catalogue).await?;
    }
    let version = house.catalogue.load().catalogue.version;
    let changed = changed && !how.dry_run;
    Ok(Answer::ok(&Applied { version, changed, dry_run: how.dry_run, diff: lines }))
}

/// The documents as they would be. What was sent comes first and in its order, so that a problem's path
/// (`model[2].price`) is a place in what was sent.
fn merge(live: &LiveCatalogue, sent: CatalogueDoc, prune: bool) -> CatalogueDoc {
    let mut merged = sent;
    if prune {
        return merged;
    }
    let kept = live.docs.tier.iter().filter(|t| !merged.tier.iter().any(|s| s.name == t.name));
    let kept: Vec<_> = kept.cloned().collect();
    merged.tier.extend(kept);
    let kept = live.docs.provider.iter().filter(|p| !merged.provider.iter().any(|s| s.name == p.name));
    let kept: Vec<_> = kept.cloned().collect();
    merged.provider.extend(kept);
    let kept = live.docs.model.iter().filter(|m| !merged.model.iter().any(|s| s.id == m.id));
    let kept: Vec<_> = kept.cloned().collect();
    merged.model.extend(kept);
    merged
}

/// Stored credentials go to the address that they were given for and nowhere else: who changes it gives them again.
fn strays(live: &LiveCatalogue, merged: &CatalogueDoc) -> Vec<FieldProblem> {
    let moved = |provider: &ProviderDoc| {
        let before = live.docs.provider.iter().find(|p| p.name == provider.name);
        before.is_some_and(|before| origin(&before.base_url) != origin(&provider.base_url))
    };
    let keeps = |provider: &ProviderDoc| {
        provider.credentials.is_none() && live.rows.credentials.iter().any(|c| c.provider == provider.name)
    };
    let detail = "base_url names another server than before: give the credentials again, [] takes them away";
    (0..)
        .zip(&merged.provider)
        .filter(|(_, provider)| moved(provider) && keeps(provider))
        .map(|(n, _): (usize, _)| FieldProblem {
            field: format!("provider[{n}].credentials"),
            detail: detail.into(),
        })
        .collect()
}

/// Where credentials for an address go: its scheme, host and port.
fn origin(address: &str) -> Option<(String, String, u16)> {
    let uri: http::Uri = address.parse().ok()?;
    let usual = if uri.scheme_str()? == "https" { 443 } else { 80 };
    Some((uri.scheme_str()?.to_owned(), uri.host()?.to_ascii_lowercase(), uri.port_u16().unwrap_or(usual)))
}

/// What would be stored next.
struct Next {
    rows: CatalogueRows,
    prices: BTreeMap<String, StoredPrice>,
    lines: Vec<Line>,
}

impl Next {
    fn new(house: &House, live: &LiveCatalogue, merged: &CatalogueDoc, now: Timestamp) -> Self {
        let mut lines: Vec<Line> = catalog::diff(&live.docs, merged).into_iter().map(Line::of).collect();
        let mut rows = CatalogueRows { version: live.rows.version + 1, ..CatalogueRows::default() };
        let mut prices = BTreeMap::new();
        rows.tiers.extend(merged.tier.iter().map(|tier| (tier.name.clone(), json!(tier).to_string())));
        for provider in &merged.provider {
            let bare = ProviderDoc { credentials: None, ..provider.clone() };
            rows.providers.push((provider.name.clone(), json!(bare).to_string()));
            let (credentials, changed) = credentials(house, live, provider, now);
            if changed {
                let before = live.rows.credentials.iter().filter(|c| c.provider == provider.name).count();
                lines.push(Line::of_credentials(&provider.name, before, credentials.len()));
            }
            rows.credentials.extend(credentials);
            if let Some(price) = fee_of(provider) {
                let row = price_row(house, live, &catalog::fee_name(&provider.name), &price, now);
                prices.insert(row.model.clone(), (row.id, price));
                rows.prices.push(row);
            }
        }
        for model in &merged.model {
            let bare = ModelDoc { price: None, ..model.clone() };
            rows.models.push((model.id.clone(), json!(bare).to_string()));
            if let Some(price) = &model.price {
                let row = price_row(house, live, &model.id, price, now);
                prices.insert(model.id.clone(), (row.id, price.clone()));
                rows.prices.push(row);
            }
        }
        rows.tiers.sort();
        rows.providers.sort();
        rows.models.sort();
        Self { rows, prices, lines }
    }
}

/// A provider's credentials as they would be stored: what is stored where nothing was sent or the fingerprints agree.
fn credentials(
    house: &House,
    live: &LiveCatalogue,
    provider: &ProviderDoc,
    now: Timestamp,
) -> (Vec<CredentialRow>, bool) {
    let mut stored: Vec<CredentialRow> =
        live.rows.credentials.iter().filter(|c| c.provider == provider.name).cloned().collect();
    stored.sort_by_key(|c| c.position);
    let Some(sent) = &provider.credentials else { return (stored, false) };
    let prints: Vec<_> = sent.iter().map(|secret| house.vault.fingerprint(&provider.name, secret)).collect();
    if prints.iter().eq(stored.iter().map(|c| &c.fingerprint)) {
        return (stored, false);
    }
    let seal = |(n, (secret, fingerprint)): (usize, (&String, [u8; 32]))| {
        let id = CredentialId::new(now, house.ten());
        let sealed = house.vault.seal(&credential_place(id), secret, &*house.chance);
        let position = u32::try_from(n).unwrap_or(u32::MAX);
        CredentialRow { id, provider: provider.name.clone(), position, fingerprint, sealed: Secret::new(sealed) }
    };
    (sent.iter().zip(prints).enumerate().map(seal).collect(), true)
}

/// The price's version: the stored one while its document stays, a new one when it changes.
fn price_row(house: &House, live: &LiveCatalogue, model: &str, price: &PriceDoc, now: Timestamp) -> PriceRow {
    let document = json!(price).to_string();
    let stored = live.rows.prices.iter().find(|p| p.model == model && p.document == document);
    stored.cloned().unwrap_or_else(|| PriceRow {
        id: PriceId::new(now, house.ten()),
        model: model.into(),
        document,
        effective_from: now,
    })
}

/// The price of requests with keys that workspaces bring, where they cost something: a price as any other, under a name that no
/// model has.
fn fee_of(provider: &ProviderDoc) -> Option<PriceDoc> {
    let micro = i64::try_from(provider.own_keys.fee_micro_usd).ok().filter(|micro| *micro > 0)?;
    let fee = NanoUsd::from_micro(micro).ok()?.to_string();
    let rates = [("input", "0"), ("output", "0"), ("request", &fee)];
    Some(PriceDoc::Rates(rates.map(|(name, rate)| (name.to_owned(), rate.to_owned())).into()))
}
