//! Keys that a workspace brings to providers (R-ROUTE-8): told to its members, added, named and removed by its owners and admins. In:
//! a provider, a secret, an address of the operator's list. Out: what people may know of a key. Never here: a secret in an answer
//! or the log, what calls do with it (own).

use crate::api::gate::Seated;
use crate::api::page::{Page, WhichPage};
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks, Input, Named, secret};
use crate::api::schema::{Name, Shown};
use crate::house::{House, Worker};
use crate::limits::{OWN_KEYS_OF_ONE_MAX, OWN_SECRET_BYTES, OWN_SECRET_SHOWN_CHARS};
use crate::own::{OwnKey, address_of, own_place};
use axum::extract::State;
use catalog::{OwnKeys, Provider, canonical};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use store::port::{Change, OwnCredentialChange, OwnCredentialRow, OwnState, StoreError};
use units::{CredentialId, Secret, Timestamp, WorkspaceId};

/// A key to bring.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProviderKey {
    /// The provider's name, of `GET .../providers`.
    provider: String,
    /// What people call it.
    #[schemars(with = "Name")]
    label: String,
    /// The secret. It is never told again.
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "String", length(min = OWN_SECRET_BYTES.0, max = OWN_SECRET_BYTES.1), regex(pattern = "^[!-~]+$"))]
    key: Secret<String>,
    /// One of the provider's addresses; the first of them when absent.
    base_url: Option<String>,
}

/// Another name for a key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedProviderKey {
    /// What people call it.
    #[schemars(with = "Name")]
    label: String,
}

/// A key that a workspace brought, without its secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProviderKey")]
pub struct ProviderKeyTold {
    /// Its id.
    id: Shown<CredentialId>,
    /// Whose it is.
    workspace: Shown<WorkspaceId>,
    /// The provider that it is for.
    provider: String,
    /// What people call it.
    label: String,
    /// The first characters of the secret and a sign that there are more (`sk-a...`).
    masked: String,
    /// The one address that it is sent to.
    base_url: String,
    /// Whether calls use it: the provider is still there, takes keys of workspaces, and has that address.
    in_use: bool,
    /// What the provider said to it last: `unused`, `works` or `refused`.
    #[schemars(extend("enum" = ["unused", "works", "refused"]))]
    state: &'static str,
    /// When that was, to the minute; null while it is unused.
    state_at: Option<Shown<Timestamp>>,
    /// Who added it.
    created_by: String,
    /// When it was added.
    created_at: Shown<Timestamp>,
}

/// The keys that a workspace brought, newest first.
#[derive(Serialize, JsonSchema)]
pub struct ProviderKeys {
    /// The keys of this page.
    data: Vec<ProviderKeyTold>,
    /// The `before` of the next page; null at the end.
    next: Option<String>,
}

/// A key that was removed.
#[derive(Serialize, JsonSchema)]
pub struct ProviderKeyRemoved {
    /// Its id.
    id: Shown<CredentialId>,
    /// Always true.
    removed: bool,
}

/// A provider that a workspace may bring keys to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OwnProvider")]
pub struct OwnProviderTold {
    /// Its name.
    provider: String,
    /// The language it speaks.
    kind: &'static str,
    /// The addresses to choose from, the usual one first.
    base_urls: Vec<String>,
    /// What each answered request with such a key costs, in micro-USD.
    fee_micro_usd: i64,
    /// The models that it serves.
    models: Vec<String>,
}

/// The providers that a workspace may bring keys to.
#[derive(Serialize, JsonSchema)]
pub struct OwnProviders {
    /// In the order of their names.
    data: Vec<OwnProviderTold>,
    /// Whether the workspace may use nothing but its own keys.
    own_providers_only: bool,
}

/// `GET /workspaces/{workspace}/providers`.
pub async fn providers(State(worker): State<Worker>, seated: Seated) -> Answer {
    let live = worker.house.catalogue.load();
    let tell = |provider: &Arc<Provider>| {
        let rules = provider.own_keys.as_ref()?;
        let serves = |model: &&Arc<catalog::Model>| {
            model.enabled && model.routes.iter().any(|route| route.provider.name == provider.name)
        };
        Some(OwnProviderTold {
            provider: provider.name.to_string(),
            kind: provider.kind.name(),
            base_urls: [&provider.base_url].into_iter().chain(&rules.base_urls).map(canonical).collect(),
            fee_micro_usd: rules.fee.micro_up(),
            models: live.catalogue.models.values().filter(serves).map(|model| model.id.to_string()).collect(),
        })
    };
    Answer::ok(&OwnProviders {
        data: live.catalogue.providers.values().filter_map(tell).collect(),
        own_providers_only: seated.seat.workspace.rules.own_providers_only,
    })
}

/// `GET /workspaces/{workspace}/provider-keys`.
pub async fn list(
    State(worker): State<Worker>,
    seated: Seated,
    Asked(which): Asked<WhichPage>,
) -> Result<Answer, Problem> {
    let mut checks = Checks::default();
    let page = Page::of(&which, &mut checks);
    checks.done()?;
    let (rows, next) = page.cut(keys(&worker.house, seated.seat.workspace.id), |key| key.row.id);
    let data = rows.iter().map(|key| told(&worker.house, &key.row, key.said.last())).collect();
    Ok(Answer::ok(&ProviderKeys { data, next: next.map(|next| next.to_string()) }))
}

fn keys(house: &House, workspace: WorkspaceId) -> Vec<Arc<OwnKey>> {
    house.own.of(workspace).map(|own| own.keys.clone()).unwrap_or_default()
}

/// `POST /workspaces/{workspace}/provider-keys`: from this answer on calls use it.
pub async fn create(
    State(worker): State<Worker>,
    seated: Seated,
    Input(new): Input<NewProviderKey>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let workspace = seated.seat.workspace.id;
    let base_url = checked(house, &new)?;
    let (now, secret) = (house.clock.now(), new.key.expose());
    let mut row = OwnCredentialRow {
        id: CredentialId::new(now, house.ten()),
        workspace,
        label: new.label.trim().to_owned(),
        sealed: Secret::new(Vec::new()),
        fingerprint: house.vault.fingerprint(&format!("{workspace}/{}", new.provider), secret),
        prefix: secret.chars().take(OWN_SECRET_SHOWN_CHARS).collect(),
        provider: new.provider,
        base_url,
        created_at: now,
        created_by: seated.principal.name().to_owned(),
        state: OwnState::Unused,
        state_at: None,
        version: 1,
    };
    let place = own_place(workspace, &row.provider, row.id, &row.base_url);
    row.sealed = Secret::new(house.vault.seal(&place, secret, &*house.chance));
    let log = seated.did(now, "provider_key.create", &row.id, (None, Some(logged(&row))));
    house.store.create_own_credential(row.clone(), OWN_KEYS_OF_ONE_MAX, log).await.map_err(
        |error| match error {
            StoreError::Full(_) => {
                let told = format!("A workspace may have {OWN_KEYS_OF_ONE_MAX} provider keys; remove one first.");
                Problem::forbidden(told)
            }
            error => error.into(),
        },
    )?;
    house.reload(Change::OwnCredentials).await?;
    Ok(Answer::created(&told(house, &row, (row.state, row.state_at))))
}

/// The address that a new key is for, or every problem of it.
fn checked(house: &House, new: &NewProviderKey) -> Result<String, Problem> {
    let mut checks = Checks::default();
    checks.name("label", &new.label);
    let (least, most) = OWN_SECRET_BYTES;
    let secret = new.key.expose();
    if !(least..=most).contains(&secret.len()) || secret.bytes().any(|b| !b.is_ascii_graphic()) {
        checks.add("key", format!("expected {least} to {most} visible ASCII characters"));
    }
    let live = house.catalogue.load();
    let found = live.catalogue.providers.get(&*new.provider);
    let rules = found.and_then(|provider| Some((provider, provider.own_keys.as_ref()?)));
    let base_url = match rules {
        None => {
            checks.add("provider", "expected a name of GET /workspaces/{workspace}/providers");
            None
        }
        Some((provider, rules)) => address(provider, rules, new.base_url.as_deref(), &mut checks),
    };
    checks.done()?;
    base_url.ok_or_else(Problem::internal)
}

fn address(provider: &Provider, rules: &OwnKeys, chosen: Option<&str>, checks: &mut Checks) -> Option<String> {
    let Some(chosen) = chosen else { return Some(canonical(&provider.base_url)) };
    let known = catalog::address(chosen).ok().filter(|text| address_of(provider, rules, text).is_some());
    if known.is_none() {
        checks.add("base_url", "expected one of the provider's base_urls of GET /workspaces/{workspace}/providers");
    }
    known
}

/// `PATCH /workspaces/{workspace}/provider-keys/{key}`.
pub async fn change(
    State(worker): State<Worker>,
    seated: Seated,
    Named(id): Named,
    Input(new): Input<ChangedProviderKey>,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let key = find(house, &seated, &id)?;
    let mut checks = Checks::default();
    checks.name("label", &new.label);
    checks.done()?;
    let label = new.label.trim().to_owned();
    let sides = (Some(json!({ "label": key.row.label })), Some(json!({ "label": label })));
    let log = seated.did(house.clock.now(), "provider_key.change", &key.row.id, sides);
    let change =
        OwnCredentialChange { workspace: key.row.workspace, id: key.row.id, version: key.row.version, label };
    let row = house.store.label_own_credential(change, log).await?;
    house.reload(Change::OwnCredentials).await?;
    Ok(Answer::ok(&told(house, &row, key.said.last())))
}

/// `DELETE /workspaces/{workspace}/provider-keys/{key}`: from this answer on no call begins with it.
pub async fn remove(State(worker): State<Worker>, seated: Seated, Named(id): Named) -> Result<Answer, Problem> {
    let house = &worker.house;
    let key = find(house, &seated, &id)?;
    let log = seated.did(house.clock.now(), "provider_key.remove", &key.row.id, (Some(logged(&key.row)), None));
    house.store.remove_own_credential(key.row.workspace, key.row.id, log).await?;
    house.reload(Change::OwnCredentials).await?;
    Ok(Answer::ok(&ProviderKeyRemoved { id: Shown(key.row.id), removed: true }))
}

/// A key of this workspace; another's is as good as none.
fn find(house: &House, seated: &Seated, id: &str) -> Result<Arc<OwnKey>, Problem> {
    let gone = || Problem::not_found("provider key");
    let id: CredentialId = id.parse().map_err(|_| gone())?;
    keys(house, seated.seat.workspace.id).into_iter().find(|key| key.row.id == id).ok_or_else(gone)
}

/// What the log keeps of a key.
fn logged(row: &OwnCredentialRow) -> Value {
    json!({ "provider": row.provider, "label": row.label, "masked": masked(row), "base_url": row.base_url })
}

fn masked(row: &OwnCredentialRow) -> String {
    format!("{}...", row.prefix)
}

/// A key as people read it.
fn told(
    house: &House,
    row: &OwnCredentialRow,
    (state, state_at): (OwnState, Option<Timestamp>),
) -> ProviderKeyTold {
    let live = house.catalogue.load();
    let provider = live.catalogue.providers.get(&*row.provider);
    let rules = provider.and_then(|provider| Some((provider, provider.own_keys.as_ref()?)));
    ProviderKeyTold {
        id: Shown(row.id),
        workspace: Shown(row.workspace),
        provider: row.provider.clone(),
        label: row.label.clone(),
        masked: masked(row),
        base_url: row.base_url.clone(),
        in_use: rules.is_some_and(|(provider, rules)| address_of(provider, rules, &row.base_url).is_some()),
        state: state.name(),
        state_at: state_at.map(Shown),
        created_by: row.created_by.clone(),
        created_at: Shown(row.created_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ROUTE-8: the secret is never told, not even where somebody prints what came in.
    #[test]
    fn r_route_8_a_key_to_bring_does_not_print() {
        let body = r#"{"provider":"open","label":"ours","key":"sk-own-canary-0123456789"}"#;
        let new: NewProviderKey = serde_json::from_str(body).unwrap();
        assert_eq!(new.key.expose(), "sk-own-canary-0123456789");
        let printed = format!("{new:?}");
        assert!(printed.contains("open") && !printed.contains("canary"), "{printed}");
    }
}
