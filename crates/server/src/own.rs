//! Keys that workspaces bring to providers (R-ROUTE-8), ready for calls. In: rows, the catalogue, a model that a caller asks for.
//! Out: the places that may serve it for that workspace, its own first; what providers said to the keys. No call asks the store.
//! Never here: routes of the API (api/own_providers), the order of attempts (route), money beyond the fee's price.

use crate::house::House;
use crate::limits::USE_MS;
use crate::live::{LiveCredential, LiveModel, LiveProvider, fixed_headers, live_model};
use crate::pipeline::no_such_model;
use arc_swap::ArcSwap;
use canon::{Fault, FaultKind};
use catalog::{ImagePrices, Model, OwnKeys, Price, Provider, Route, canonical};
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use store::port::{OwnCredentialRow, OwnNote, OwnState};
use units::{Class, CredentialId, PicoRate, Surcharge, Timestamp, WorkspaceId};

type Map<K, V> = foldhash::HashMap<K, V>;

/// What a provider said to a key last.
#[derive(Debug, Default)]
pub struct Said {
    state: AtomicI64,
    /// To the minute, in milliseconds; 0 is never.
    at_ms: AtomicI64,
    untold: AtomicBool,
}

impl Said {
    fn of(row: &OwnCredentialRow) -> Self {
        Self {
            state: AtomicI64::new(row.state.number()),
            at_ms: AtomicI64::new(row.state_at.map_or(0, Timestamp::ms)),
            untold: AtomicBool::new(false),
        }
    }

    /// Notes what it said. Two calls at once may leave either's word.
    pub fn note(&self, state: OwnState, now: Timestamp) {
        let minute = now.ms() - now.ms().rem_euclid(USE_MS);
        let before = self.state.swap(state.number(), Ordering::Relaxed);
        if self.at_ms.swap(minute, Ordering::Relaxed) != minute || before != state.number() {
            self.untold.store(true, Ordering::Release);
        }
    }

    /// What it said, and when.
    pub fn last(&self) -> (OwnState, Option<Timestamp>) {
        let at = self.at_ms.load(Ordering::Relaxed);
        (OwnState::of(self.state.load(Ordering::Relaxed)), (at > 0).then(|| Timestamp::from_ms(at)))
    }
}

/// A key that a workspace brought.
#[derive(Debug)]
pub struct OwnKey {
    /// As it is kept.
    pub row: OwnCredentialRow,
    /// What its provider said to it.
    pub said: Arc<Said>,
}

/// Where a sealed key belongs: bound into the seal, so that it opens for no other workspace, provider or address.
pub fn own_place(workspace: WorkspaceId, provider: &str, id: CredentialId, base_url: &str) -> String {
    format!("own_credential/{workspace}/{provider}/{id}/{base_url}")
}

/// The address that a key is sent to, as the catalogue has it now, and whether it must be judged at each call: those that are not
/// the provider's own. `None` where the catalogue does not have it any more: a key goes where it was given for, or nowhere.
pub fn address_of<'p>(provider: &'p Provider, rules: &'p OwnKeys, base_url: &str) -> Option<(&'p http::Uri, bool)> {
    if canonical(&provider.base_url) == base_url {
        return Some((&provider.base_url, false));
    }
    rules.base_urls.iter().find(|uri| canonical(uri) == base_url).map(|uri| (uri, true))
}

/// The keys of one workspace, and what was made of them.
#[derive(Default)]
pub struct OwnOf {
    /// The keys, oldest first.
    pub keys: Vec<Arc<OwnKey>>,
    made: Mutex<Made>,
}

/// What was made of one version of the catalogue by the keys of seals that were known, each thing when it was asked for first.
#[derive(Default)]
struct Made {
    /// The version, and how often other keys of seals were learnt of: a key that did not open before is tried again then.
    by: (u64, u64),
    /// By the provider's name and the address; nothing where no key opens.
    providers: Map<(Arc<str>, String), Option<Arc<LiveProvider>>>,
    /// By the model's id.
    models: Map<Arc<str>, Arc<[Arc<LiveModel>]>>,
}

impl OwnOf {
    /// The model by these keys, once for each provider and address, in the order of the model's routes.
    fn models(&self, house: &House, id: &str) -> Arc<[Arc<LiveModel>]> {
        let catalogue = house.catalogue.load();
        let mut made = self.made.lock();
        let by = (catalogue.catalogue.version, house.vault.learnt());
        if made.by != by {
            *made = Made { by, ..Made::default() };
        }
        if let Some(ready) = made.models.get(id) {
            return Arc::clone(ready);
        }
        let Some(model) = catalogue.models.get(id) else { return Arc::new([]) };
        let ready: Arc<[Arc<LiveModel>]> = self.make(house, &model.model, &mut made.providers).into();
        made.models.insert(model.model.id.clone(), Arc::clone(&ready));
        ready
    }

    fn make(
        &self,
        house: &House,
        model: &Model,
        providers: &mut Map<(Arc<str>, String), Option<Arc<LiveProvider>>>,
    ) -> Vec<Arc<LiveModel>> {
        let mut tried: Vec<(&str, &str)> = Vec::new();
        let mut models = Vec::new();
        for route in &model.routes {
            let Some(rules) = &route.provider.own_keys else { continue };
            for key in self.keys.iter().filter(|key| *key.row.provider == *route.provider.name) {
                let place: (&str, &str) = (&key.row.provider, &key.row.base_url);
                if tried.contains(&place) {
                    continue;
                }
                tried.push(place);
                let known = (route.provider.name.clone(), key.row.base_url.clone());
                let provider = providers
                    .entry(known)
                    .or_insert_with(|| self.provider(house, &route.provider, (rules, &key.row.base_url)));
                let ready =
                    provider.as_ref().and_then(|provider| by_own_keys(model, provider, rules, house.clock.now()));
                models.extend(ready.map(Arc::new));
            }
        }
        models
    }

    /// A provider at one address with the keys that are for it.
    fn provider(
        &self,
        house: &House,
        provider: &Provider,
        (rules, base_url): (&OwnKeys, &str),
    ) -> Option<Arc<LiveProvider>> {
        let (address, judged) = address_of(provider, rules, base_url)?;
        let provider = Provider { base_url: address.clone(), ..provider.clone() };
        let ours = |key: &&Arc<OwnKey>| *key.row.provider == *provider.name && key.row.base_url == base_url;
        let open = |key: &Arc<OwnKey>| {
            let place = own_place(key.row.workspace, &key.row.provider, key.row.id, &key.row.base_url);
            let secret = house.vault.unseal(&place, key.row.sealed.expose()).ok();
            let headers = secret.and_then(|secret| fixed_headers(&provider, secret.expose()));
            if headers.is_none() {
                house.log.warn("own_key.unreadable", &[("credential.id", &key.row.id.to_string())]);
            }
            Some(LiveCredential { id: key.row.id, own: Some(Arc::clone(&key.said)), headers: headers? })
        };
        let credentials: Vec<LiveCredential> = self.keys.iter().filter(ours).filter_map(open).collect();
        if credentials.is_empty() {
            return None;
        }
        let (maker, recorded) = (house.vault.maker(&provider.name), format!("{} (own key)", provider.name).into());
        let mut live = LiveProvider::new(Arc::new(provider), credentials, maker);
        (live.recorded, live.judged) = (recorded, judged);
        Some(Arc::new(live))
    }
}

/// A model served by one provider with a workspace's keys: for the fee alone, and whatever the provider bills besides is between
/// the two of them.
fn by_own_keys(model: &Model, provider: &Arc<LiveProvider>, rules: &OwnKeys, now: Timestamp) -> Option<LiveModel> {
    let theirs = model.routes.iter().filter(|route| route.provider.name == provider.provider.name);
    let routes: Vec<Route> =
        theirs.map(|route| Route { allow: Surcharge::ALL.into_iter().collect(), ..route.clone() }).collect();
    let model = Arc::new(Model { routes, price: price(rules), ..model.clone() });
    let providers = BTreeMap::from([(provider.provider.name.clone(), Arc::clone(provider))]);
    live_model(&model, &providers, now).ok()
}

/// What a request costs: nothing, or the fee. A fee without a version is unknown, never free.
fn price(rules: &OwnKeys) -> Option<(units::PriceId, Price)> {
    if rules.fee == units::NanoUsd::ZERO {
        // No record names the version of what costs nothing.
        return Some((units::PriceId::from_bytes([0; 16]), Price::Free));
    }
    let rates = vec![(Class::Input, PicoRate::ZERO), (Class::Output, PicoRate::ZERO)];
    let images = ImagePrices::flat(units::NanoUsd::ZERO);
    rules.price.map(|version| (version, Price::Rates { rates, request: rules.fee, images }))
}

/// The keys of all workspaces.
#[derive(Default)]
pub struct LiveOwn {
    all: ArcSwap<Map<WorkspaceId, Arc<OwnOf>>>,
    /// Lets one at a time read everything, so that older rows never come after newer ones.
    pub gate: tokio::sync::Mutex<()>,
}

impl LiveOwn {
    /// The keys of a workspace, where it has some.
    pub fn of(&self, workspace: WorkspaceId) -> Option<Arc<OwnOf>> {
        self.all.load().get(&workspace).cloned()
    }

    /// Replaces all by what is stored; what was said here to keys that are still there stays, unless
    /// another node heard something later.
    pub fn replace(&self, rows: Vec<OwnCredentialRow>) {
        let before = self.all.load();
        let said: Map<CredentialId, Arc<Said>> =
            before.values().flat_map(|of| &of.keys).map(|key| (key.row.id, Arc::clone(&key.said))).collect();
        let mut all: Map<WorkspaceId, OwnOf> = Map::default();
        for row in rows {
            let known = said.get(&row.id).filter(|said| said.last().1 >= row.state_at);
            let said = known.cloned().unwrap_or_else(|| Arc::new(Said::of(&row)));
            all.entry(row.workspace).or_default().keys.push(Arc::new(OwnKey { row, said }));
        }
        // Where nothing changed, what was made of the keys stays too.
        let same = |of: &Arc<OwnOf>, keys: &[Arc<OwnKey>]| {
            let same = |(a, b): (&Arc<OwnKey>, &Arc<OwnKey>)| a.row == b.row && Arc::ptr_eq(&a.said, &b.said);
            of.keys.len() == keys.len() && of.keys.iter().zip(keys).all(same)
        };
        let kept = |(id, of): (WorkspaceId, OwnOf)| {
            let known = before.get(&id).filter(|known| same(known, &of.keys));
            (id, known.cloned().unwrap_or_else(|| Arc::new(of)))
        };
        self.all.store(Arc::new(all.into_iter().map(kept).collect()));
    }

    /// What was said since it was last asked.
    fn news(&self) -> Vec<OwnNote> {
        let all = self.all.load();
        let keys = all.values().flat_map(|of| &of.keys);
        let new = keys.filter(|key| key.said.untold.swap(false, Ordering::AcqRel));
        new.filter_map(|key| {
            let (state, at) = key.said.last();
            Some((key.row.id, state, at?))
        })
        .collect()
    }
}

/// Writes down what providers said to keys. What cannot be written now is written with the next word.
pub async fn note(house: &House) {
    let news = house.own.news();
    if !news.is_empty()
        && let Err(error) = house.store.note_own_credentials(news).await
    {
        house.log.warn("own_key.not_noted", &[("error", &error.to_string())]);
    }
}

/// Whether a workspace may use nothing but its own keys.
fn only_own(house: &House, workspace: WorkspaceId) -> bool {
    house.workspaces.find(workspace).is_some_and(|row| row.rules.own_providers_only)
}

/// The places that may serve a model for a workspace, in order: by the workspace's own keys, then by the house's. `name` is what the
/// caller called it.
///
/// # Errors
/// `ModelNotAvailable` where only keys of others reach it, `ModelNotAllowed` where the workspace may use its own keys alone and
/// none of them is for it.
pub fn add_places(
    (house, workspace): (&House, WorkspaceId),
    model: Arc<LiveModel>,
    name: &str,
    found: &mut VecDeque<Arc<LiveModel>>,
) -> Result<(), Fault> {
    let before = found.len();
    if let Some(own) = house.own.of(workspace) {
        found.extend(own.models(house, &model.model.id).iter().cloned());
    }
    if !only_own(house, workspace) {
        if !model.is_for_own_keys_alone() {
            found.push_back(model);
        }
        return if found.len() > before { Ok(()) } else { Err(no_such_model(name)) };
    }
    if found.len() > before {
        return Ok(());
    }
    if house.settings.hides_models || model.is_for_own_keys_alone() {
        return Err(no_such_model(name));
    }
    let told = format!(
        "This workspace uses its own provider keys alone, and has none for the model \"{}\"; GET models lists those it may call.",
        model.model.id
    );
    Err(Fault::new(FaultKind::ModelNotAllowed, told).at("model"))
}

/// The place that is asked first; as `add_places`.
///
/// # Errors
/// As `add_places`.
pub fn first_place(
    house: &House,
    workspace: WorkspaceId,
    model: Arc<LiveModel>,
    name: &str,
) -> Result<Arc<LiveModel>, Fault> {
    let mut places = VecDeque::new();
    add_places((house, workspace), model, name, &mut places)?;
    places.pop_front().ok_or_else(|| no_such_model(name))
}

/// A model as a list shows it to a workspace: at the price of the first place that may serve it. `None` where none does.
pub fn listed(house: &House, workspace: WorkspaceId, model: &Arc<LiveModel>) -> Option<Arc<LiveModel>> {
    first_place(house, workspace, Arc::clone(model), &model.model.id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Secret;

    fn row(workspace: u8, id: u8) -> OwnCredentialRow {
        OwnCredentialRow {
            id: CredentialId::from_bytes([id; 16]),
            workspace: WorkspaceId::from_bytes([workspace; 16]),
            provider: "p".into(),
            label: String::new(),
            base_url: String::new(),
            sealed: Secret::new(vec![id]),
            fingerprint: [id; 32],
            prefix: String::new(),
            created_at: Timestamp::from_ms(0),
            created_by: String::new(),
            state: OwnState::Unused,
            state_at: None,
            version: 1,
        }
    }

    /// R-ROUTE-8: a change of one workspace leaves what was made for the others; the latest word of a provider counts, whichever
    /// node heard it, and is written down once.
    #[test]
    fn r_route_8_what_did_not_change_stays() {
        let own = LiveOwn::default();
        let of = |id: u8| own.of(WorkspaceId::from_bytes([id; 16])).unwrap();
        let at = |minute: i64| Timestamp::from_ms(minute * USE_MS);
        own.replace(vec![row(1, 1), row(1, 2), row(2, 3)]);
        let (one, two) = (of(1), of(2));
        one.keys[0].said.note(OwnState::Works, at(5).plus(std::time::Duration::from_secs(7)));
        one.keys[0].said.note(OwnState::Works, at(5));
        assert_eq!(own.news(), [(one.keys[0].row.id, OwnState::Works, at(5))]);
        assert_eq!(own.news(), []);
        own.replace(vec![row(1, 1), row(1, 2), OwnCredentialRow { version: 2, ..row(2, 3) }]);
        assert!(Arc::ptr_eq(&of(1), &one) && !Arc::ptr_eq(&of(2), &two));
        let heard = |minute| OwnCredentialRow { state: OwnState::Refused, state_at: Some(at(minute)), ..row(1, 1) };
        own.replace(vec![heard(4), row(1, 2)]);
        assert_eq!(of(1).keys[0].said.last(), (OwnState::Works, Some(at(5))));
        own.replace(vec![heard(6), row(1, 2)]);
        assert_eq!(of(1).keys[0].said.last(), (OwnState::Refused, Some(at(6))));
        assert!(own.of(WorkspaceId::from_bytes([2; 16])).is_none());
        own.replace(vec![heard(6)]);
        assert_eq!(of(1).keys.len(), 1);
    }
}
