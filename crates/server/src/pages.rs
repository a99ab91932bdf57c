//! What the public pages of this deployment say of it, and those that were made already. In: the house. Out: facts (pages), ready bytes.
//! Never here: what a page looks like (pages), its paths and headers (doors/pages), a provider or a route.

mod health;

use crate::console::ConsoleFile;
use crate::doors::models::{endpoint_types, may_call};
use crate::house::House;
use crate::limits::PAGES_KEPT_BYTES_MAX;
use crate::live::{LiveModel, LivePrice};
use crate::settings::{OperatorSettings, Registration};
use bytes::Bytes;
use catalog::{Price, Reasoning, Tier, When};
use flate2::Compression;
use flate2::write::GzEncoder;
use pages::{Facts, FaultFact, ImagePrice, ModelFact, Operator, SurfaceFact, TierFact};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::sync::Arc;
use units::NanoUsd;

type Map<K, V> = foldhash::HashMap<K, V>;

/// A page as it goes out.
pub struct Made {
    /// As it is.
    pub plain: ConsoleFile,
    /// Compressed.
    pub gzip: ConsoleFile,
}

impl Made {
    /// Makes a text ready.
    pub fn new(text: String) -> Self {
        let plain = Bytes::from(text);
        // Writing to memory does not fail; if it did, an empty page would be worse than one that is not compressed.
        let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::default());
        let packed =
            encoder.write_all(&plain).and_then(|()| encoder.finish()).map_or_else(|_| plain.clone(), Bytes::from);
        let file = |bytes: Bytes| ConsoleFile { digest: Sha256::digest(&bytes).into(), bytes };
        Self { plain: file(plain), gzip: file(packed) }
    }

    fn bytes(&self) -> usize {
        self.plain.bytes.len() + self.gzip.bytes.len()
    }
}

/// Public pages that were made already, for the catalogue in force. Which host a page is asked at is anybody's word, so they are bounded
/// by their bytes.
#[derive(Default)]
pub struct Pages {
    kept: Mutex<Kept>,
    health: Mutex<health::Known>,
}

#[derive(Default)]
struct Kept {
    version: u64,
    bytes: usize,
    made: Map<(String, String), Arc<Made>>,
}

impl Pages {
    /// The page of a path as it is told at an origin: kept, or made now.
    pub fn of(&self, version: u64, path: &str, origin: &str, make: impl FnOnce() -> String) -> Arc<Made> {
        let key = (path.to_owned(), origin.to_owned());
        {
            let mut kept = self.kept.lock();
            if kept.version != version {
                *kept = Kept { version, ..Kept::default() };
            }
            if let Some(made) = kept.made.get(&key) {
                return Arc::clone(made);
            }
        }
        let made = Arc::new(Made::new(make()));
        let mut kept = self.kept.lock();
        if kept.bytes + made.bytes() > PAGES_KEPT_BYTES_MAX {
            *kept = Kept { version: kept.version, ..Kept::default() };
        }
        if kept.version == version && kept.made.insert(key, Arc::clone(&made)).is_none() {
            kept.bytes += made.bytes();
        }
        made
    }
}

/// What pages may say of this deployment, with links that begin with `origin`.
pub fn facts(house: &House, origin: String) -> Facts {
    let catalogue = house.catalogue.load();
    let mut models: Vec<ModelFact> =
        catalogue.models.values().filter(|live| is_public(house, live)).map(|live| model(house, live)).collect();
    models.sort_by(|a, b| a.id.cmp(&b.id));
    for (older, id) in &catalogue.catalogue.legacy_names {
        if let Some(model) = models.iter_mut().find(|model| *model.id == **id) {
            model.legacy_names.push(older.to_string());
        }
    }
    let mut tiers: Vec<TierFact> = catalogue.catalogue.tiers.iter().map(|tier| tier_fact(tier)).collect();
    tiers.sort_by_key(|tier| (tier.when != "free", tier.requests_per_day));
    let base = |wanted: &dyn Fn(crate::surface::Families) -> bool, end: &str| {
        let fits = || house.surfaces.iter().filter(|surface| wanted(surface.families));
        // SDKs add the end by themselves, so a base that has it serves them best.
        let best = fits().find(|surface| surface.base.ends_with(end)).or_else(|| fits().next());
        best.map(|surface| surface.base.to_string())
    };
    let OperatorSettings { name, support, terms, privacy } = house.settings.operator.clone();
    Facts {
        origin,
        openai: base(&|families| families.openai, "/v1"),
        anthropic: base(&|families| families.anthropic, "/v1"),
        gemini: base(&|families| families.gemini, "/v1beta"),
        account: base(&|families| families.account, "/v1"),
        surfaces: surfaces(house),
        key_prefix: house.settings.key_prefix.clone(),
        models,
        tiers,
        faults: dialect::fault::rows().map(fault).collect(),
        operator: Operator { name, support, terms, privacy },
        reader: None,
        open_registration: house.settings.registration == Registration::Open,
        body_bytes_max: house.settings.body_bytes_max,
        kept_hours: house.settings.kept_for.as_secs() / 3_600,
        version: env!("CARGO_PKG_VERSION"),
    }
}

/// Whether everybody may know of a model: it is sold by the house, and where models that one may not call are hidden, it is for all.
fn is_public(house: &House, live: &LiveModel) -> bool {
    let hidden = house.settings.hides_models && live.model.tiers.is_some();
    live.model.enabled && may_call(live) && !live.is_for_own_keys_alone() && !hidden
}

fn fault(row: dialect::fault::FaultRow) -> FaultFact {
    let dialect::fault::FaultRow { status, code, who, meaning, remedy } = row;
    FaultFact { status, code, who, meaning, remedy }
}

fn surfaces(house: &House) -> Vec<SurfaceFact> {
    let told = |surface: &crate::surface::Surface| SurfaceFact {
        base: surface.base.to_string(),
        families: surface.families.names(),
        style: surface.style.name(),
        always_stream: surface.always_stream,
    };
    house.surfaces.iter().map(told).collect()
}

fn tier_fact(tier: &Tier) -> TierFact {
    let limits = &tier.limits;
    let fair_use = tier.fair_use.is_some();
    TierFact {
        name: tier.name.to_string(),
        when: match tier.when {
            When::Free => "free",
            When::Balance => "balance",
            When::Plan => "plan",
        },
        fair_use,
        requests_per_minute: limits.requests_per_minute,
        concurrent: limits.concurrent,
        requests_per_day: limits.requests_per_day,
        tokens_per_minute: limits.tokens_per_minute,
    }
}

fn model(house: &House, live: &LiveModel) -> ModelFact {
    let model = &live.model;
    let mut fact = ModelFact {
        id: model.id.to_string(),
        name: model.display_name.clone(),
        serves: model.serves.name(),
        reasoning: match model.reasoning {
            Reasoning::None => "none",
            Reasoning::Visible => "visible",
            Reasoning::Hidden => "hidden",
        },
        endpoints: endpoint_types(live, house.surfaces.families),
        capabilities: model.capabilities.clone(),
        context_length: model.context_length,
        max_output_tokens: model.max_output_tokens,
        free: matches!(live.price, LivePrice::Free),
        tiers: model.tiers.as_ref().map(|names| names.iter().map(ToString::to_string).collect()),
        ..ModelFact::default()
    };
    if let (false, Some((_, Price::Rates { rates, request, images }))) = (fact.free, &model.price) {
        fact.rates_usd = rates.iter().map(|(class, rate)| (class.name(), rate.to_string())).collect();
        fact.request_usd = Some(*request).filter(|request| *request > NanoUsd::ZERO).map(|usd| usd.to_string());
        let priced = images.iter().filter(|(_, price)| *price > NanoUsd::ZERO);
        fact.images_usd =
            priced.map(|(kind, usd)| ImagePrice { kind: kind.to_string(), usd: usd.to_string() }).collect();
    }
    fact
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept is bounded by bytes, whatever hosts are asked at, and goes with the catalogue.
    #[test]
    fn kept_pages_are_bounded() {
        let pages = Pages::default();
        let big = "x".repeat(PAGES_KEPT_BYTES_MAX / 4);
        for host in 0..10 {
            pages.of(1, "/docs", &format!("http://{host}"), || big.clone());
            assert!(pages.kept.lock().bytes <= PAGES_KEPT_BYTES_MAX);
        }
        let again = pages.of(1, "/docs", "http://9", || "made anew".into());
        assert_eq!(again.plain.bytes.len(), big.len());
        let newer = pages.of(2, "/docs", "http://9", || "newer".into());
        assert_eq!(&*newer.plain.bytes, b"newer");
        assert_eq!(pages.kept.lock().made.len(), 1);
    }
}
