//! Tiers and limits of documents, checked. In: their documents. Out: `Tiers`, the limits of a model, or problems.
//! Never here: what counts against a limit (admit).

use super::{PROVIDER_NAME_BYTES_MAX, Problems, is_name, word};
use crate::doc::{FairUseDoc, ModelDoc, ModelLimitsDoc, TierDoc};
use crate::tier::{FairUse, Limits, Tier, Tiers, When};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most requests a minute that a document may state.
const MINUTE_MAX: u32 = 1_000_000;
/// Most requests at once.
const CONCURRENT_MAX: u32 = 100_000;
/// Most requests a day.
const DAY_MAX: u32 = 1_000_000_000;
/// Most tokens a minute.
const TOKENS_MAX: u64 = 10_000_000_000;
/// Longest wait for a slot, in milliseconds.
const QUEUE_MS_MAX: u32 = 60_000;
/// Most waiting requests of an account.
const QUEUED_MAX: u32 = 1_000;

/// Checks all tiers; the default table where none is named.
pub fn tiers(docs: &[TierDoc], problems: &mut Problems) -> Tiers {
    if docs.is_empty() {
        return Tiers::default();
    }
    let mut found: BTreeMap<&str, Tier> = BTreeMap::new();
    for (n, doc) in docs.iter().enumerate() {
        let at = format!("tier[{n}]");
        if let Some(tier) = tier(doc, &at, problems)
            && found.insert(&doc.name, tier).is_some()
        {
            problems.add(format!("{at}.name"), format!("the tier \"{}\" is there twice", doc.name));
        }
    }
    let of = |when: When| docs.iter().enumerate().filter(move |(_, doc)| doc.when == when.name());
    for when in [When::Free, When::Balance] {
        for (n, _) in of(when).skip(1) {
            let told = format!("only one tier may be for accounts like this (\"{}\")", when.name());
            problems.add(format!("tier[{n}].when"), told);
        }
    }
    if of(When::Free).next().is_none() {
        problems.add("tier".into(), "one tier must have when = \"free\": the accounts without balance and plan");
    }
    // Without one there is a problem, and nothing is made of these.
    Tiers::new(found.into_values()).unwrap_or_default()
}

fn tier(doc: &TierDoc, at: &str, problems: &mut Problems) -> Option<Tier> {
    let before = problems.0.len();
    if !is_name(&doc.name) {
        let told = format!("expected 1 to {PROVIDER_NAME_BYTES_MAX} letters, digits, '-', '_' or '.'");
        problems.add(format!("{at}.name"), told);
    }
    let known = [When::Free, When::Balance, When::Plan].map(|when| (when.name(), when));
    let when = problems.take(format!("{at}.when"), word(&doc.when, &known));
    let mut limits = limits(doc.requests_per_minute, doc.concurrent, doc.requests_per_day, at, problems);
    limits.tokens_per_minute = doc.tokens_per_minute;
    if doc.tokens_per_minute.is_some_and(|n| !(1..=TOKENS_MAX).contains(&n)) {
        problems.add(format!("{at}.tokens_per_minute"), format!("expected 1 to {TOKENS_MAX}"));
    }
    // A limit that was forgotten would be none. Where use is fair, slots alone can bound it.
    let open = doc.fair_use.is_some();
    for (field, missing) in [
        ("requests_per_minute", doc.requests_per_minute.is_none() && !open),
        ("concurrent", doc.concurrent.is_none()),
        ("requests_per_day", doc.requests_per_day.is_none() && !open),
    ] {
        if missing {
            problems.add(format!("{at}.{field}"), "required");
        }
    }
    let fair_use = doc.fair_use.as_ref().and_then(|doc| fair_use(doc, at, problems));
    if problems.0.len() > before {
        return None;
    }
    Some(Tier { name: doc.name.as_str().into(), when: when?, limits, fair_use })
}

fn fair_use(doc: &FairUseDoc, at: &str, problems: &mut Problems) -> Option<FairUse> {
    let queue_ms_max =
        bounded(Some(doc.queue_ms_max), QUEUE_MS_MAX, &format!("{at}.fair_use.queue_ms_max"), problems);
    let queued_max = bounded(Some(doc.queued_max), QUEUED_MAX, &format!("{at}.fair_use.queued_max"), problems);
    Some(FairUse { queue_ms_max: queue_ms_max?, queued_max: queued_max? })
}

/// Checks how often one account may call a model.
pub fn of_model(doc: &ModelLimitsDoc, at: &str, problems: &mut Problems) -> Limits {
    limits(doc.requests_per_minute, doc.concurrent, doc.requests_per_day, at, problems)
}

fn limits(
    minute: Option<u64>,
    concurrent: Option<u64>,
    day: Option<u64>,
    at: &str,
    problems: &mut Problems,
) -> Limits {
    Limits {
        requests_per_minute: bounded(minute, MINUTE_MAX, &format!("{at}.requests_per_minute"), problems),
        concurrent: bounded(concurrent, CONCURRENT_MAX, &format!("{at}.concurrent"), problems),
        requests_per_day: bounded(day, DAY_MAX, &format!("{at}.requests_per_day"), problems),
        tokens_per_minute: None,
    }
}

fn bounded(value: Option<u64>, most: u32, path: &str, problems: &mut Problems) -> Option<u32> {
    let value = value?;
    let found = u32::try_from(value).ok().filter(|value| (1..=most).contains(value));
    if found.is_none() {
        problems.add(path.to_owned(), format!("expected 1 to {most}"));
    }
    found
}

/// The tiers that may use a model, each of which must be there.
pub fn named(doc: &ModelDoc, at: &str, tiers: &Tiers, problems: &mut Problems) -> Option<Vec<Arc<str>>> {
    let names = doc.tiers.as_ref()?;
    if names.is_empty() {
        problems.add(format!("{at}.tiers"), "expected at least one tier; without the field all may use the model");
    }
    let mut found = Vec::with_capacity(names.len());
    for (n, name) in names.iter().enumerate() {
        match tiers.get(name) {
            Some(tier) => found.push(tier.name.clone()),
            None => {
                let known: Vec<_> = tiers.iter().map(|tier| format!("\"{}\"", tier.name)).collect();
                let told = format!("expected one of {}, not \"{name}\"", known.join(", "));
                problems.add(format!("{at}.tiers[{n}]"), told);
            }
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalogue, CatalogueDoc, check};

    fn checked(json: &str) -> Result<Catalogue, Vec<String>> {
        let docs: CatalogueDoc = serde_json::from_str(json).unwrap();
        check(1, &docs, &BTreeMap::new()).map_err(|all| all.into_iter().map(|problem| problem.path).collect())
    }

    const FREE: &str = r#"{"name":"f","when":"free","requests_per_minute":1,"concurrent":2,"requests_per_day":3}"#;

    /// R-LIM-1: without a word about tiers the default table is in force, and what is said takes its place.
    #[test]
    fn r_lim_1_the_default_table_is_editable() {
        let default = checked("{}").unwrap().tiers;
        let rows: Vec<_> = default
            .iter()
            .map(|t| {
                (&*t.name, t.when, [t.limits.requests_per_minute, t.limits.concurrent, t.limits.requests_per_day])
            })
            .collect();
        let numbers = |a, b, c| [Some(a), Some(b), Some(c)];
        assert_eq!(
            rows,
            [
                ("free", When::Free, numbers(5, 1, 50)),
                ("max", When::Plan, numbers(90, 6, 5_000)),
                ("pro", When::Plan, numbers(60, 3, 2_000)),
                ("starter", When::Plan, numbers(30, 2, 1_000)),
                ("topup", When::Balance, numbers(30, 2, 500)),
                ("ultra", When::Plan, numbers(120, 8, 10_000)),
            ]
        );
        let own = checked(&format!(r#"{{"tier":[{FREE}]}}"#)).unwrap().tiers;
        assert_eq!(own.iter().map(|t| (&*t.name, t.limits.concurrent)).collect::<Vec<_>>(), [("f", Some(2))]);
    }

    /// R-LIM-5: where use is fair, what is too much waits within a bound, and slots alone may bound it.
    #[test]
    fn r_lim_5_fair_use_is_bounded() {
        let fair = r#"{"name":"x","when":"plan","concurrent":4,"fair_use":{"queue_ms_max":2000,"queued_max":8}}"#;
        let tiers = checked(&format!(r#"{{"tier":[{FREE},{fair}]}}"#)).unwrap().tiers;
        let x = tiers.get("x").unwrap();
        assert_eq!(x.fair_use, Some(FairUse { queue_ms_max: 2_000, queued_max: 8 }));
        assert_eq!((x.limits.requests_per_minute, x.limits.concurrent), (None, Some(4)));
    }

    #[test]
    fn tiers_are_checked_strictly() {
        let plan = |fields: &str| format!(r#"{{"tier":[{FREE},{{"name":"p","when":"plan",{fields}}}]}}"#);
        let full = r#""requests_per_minute":1,"concurrent":1,"requests_per_day":1"#;
        let with = |fields: &str| plan(&format!("{full},{fields}"));
        for (json, path) in [
            (plan(r#""requests_per_minute":1,"concurrent":1"#), "tier[1].requests_per_day"),
            (plan(r#""requests_per_day":1,"concurrent":1"#), "tier[1].requests_per_minute"),
            (plan(r#""fair_use":{"queue_ms_max":1,"queued_max":1}"#), "tier[1].concurrent"),
            (plan(&full.replace(r#"day":1"#, r#"day":0"#)), "tier[1].requests_per_day"),
            (plan(&full.replace(r#"minute":1"#, r#"minute":1000001"#)), "tier[1].requests_per_minute"),
            (with(r#""tokens_per_minute":0"#), "tier[1].tokens_per_minute"),
            (with(r#""fair_use":{"queue_ms_max":60001,"queued_max":1}"#), "tier[1].fair_use.queue_ms_max"),
            (with(r#""fair_use":{"queue_ms_max":1,"queued_max":0}"#), "tier[1].fair_use.queued_max"),
            (format!(r#"{{"tier":[{FREE},{FREE}]}}"#), "tier[1].name"),
            (format!(r#"{{"tier":[{}]}}"#, FREE.replace(r#""f""#, r#""a b""#)), "tier[0].name"),
            (format!(r#"{{"tier":[{}]}}"#, FREE.replace(r#""free""#, r#""plan""#)), "tier"),
            (format!(r#"{{"tier":[{FREE},{}]}}"#, FREE.replace(r#""f""#, r#""g""#)), "tier[1].when"),
            (format!(r#"{{"tier":[{FREE},{}]}}"#, FREE.replace(r#""free""#, r#""rich""#)), "tier[1].when"),
        ] {
            assert_eq!(checked(&json).unwrap_err()[0], path, "{json}");
        }
        assert!(checked(&with(r#""tokens_per_minute":1"#)).is_ok());
        assert!(serde_json::from_str::<CatalogueDoc>(&with(r#""rpm":1"#)).is_err());
    }

    /// R-ROUTE-1 and R-ROUTE-10: a model says who may use it, how often, and where it is listed.
    #[test]
    fn r_route_10_models_have_tiers_and_limits_of_their_own() {
        let model = |fields: &str| {
            format!(r#"{{"model":[{{"id":"m","context_length":9,"max_output_tokens":9,{fields}}}]}}"#)
        };
        let said = r#""group":"general","label":"new","tiers":["free","pro"],"limits":{"requests_per_day":20}"#;
        let catalogue = checked(&model(said)).unwrap();
        let found = &catalogue.models["m"];
        assert_eq!((found.group.as_deref(), found.label.as_deref()), (Some("general"), Some("new")));
        assert_eq!(found.limits, Limits { requests_per_day: Some(20), ..Limits::default() });
        let may = |name: &str| found.is_for(catalogue.tiers.get(name).map(|tier| &**tier).into_iter());
        assert_eq!((may("free"), may("pro"), may("max")), (true, true, false));
        for (fields, path) in [
            (r#""tiers":[]"#, "model[0].tiers"),
            (r#""tiers":["free","gold"]"#, "model[0].tiers[1]"),
            (r#""limits":{"concurrent":0}"#, "model[0].limits.concurrent"),
            (r#""group":"""#, "model[0].group"),
            (r#""label":" new""#, "model[0].label"),
        ] {
            assert_eq!(checked(&model(fields)).unwrap_err(), [path], "{fields}");
        }
        let bare = checked(&model(r#""enabled":true"#)).unwrap();
        assert!(bare.models["m"].is_for(std::iter::empty()) && bare.models["m"].limits.is_none());
    }
}
