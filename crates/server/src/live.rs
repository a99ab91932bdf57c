//! What the request path reads without asking the store: models with ready routes, operator tokens (callers.rs has keys).
//! In: rows of the store. Out: snapshots that swap whole. Never here: writing the store, deciding about money.

use crate::limits::{PICTURES_AT_ONCE, TASKS_OF_ONE_AT_ONCE};
use crate::own::Said;
use crate::seal::Vault;
use crate::target::{target, task_shape};
use crate::upstream::Endpoint;
use canon::Dialect;
use catalog::{Auth, Catalogue, CatalogueDoc, Model, PriceDoc, Provider, ProviderKind, Serves};
use dialect::tasks::TaskShape;
use dialect::{Maker, Peek, Target};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use ledger::meter::Rates;
use parking_lot::Mutex;
use route::RetryBudget;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::port::{CatalogueRows, OperatorTokenRow};
use tokio::sync::Semaphore;
use units::{Class, CredentialId, PicoRate, PriceId, Surcharges, Timestamp};

/// Why what is stored cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// A document or price that is stored is not valid any more.
    #[error("the stored catalogue is not valid: {0}")]
    Catalogue(String),
    /// A credential does not open.
    #[error("the credential {0} does not open with this master key")]
    Credential(CredentialId),
}

/// An upstream secret, ready to be sent.
pub struct LiveCredential {
    /// Its id, for the log.
    pub id: CredentialId,
    /// What its provider said to it, where a workspace brought it.
    pub own: Option<Arc<Said>>,
    /// The headers of every call with it, the secret among them.
    pub headers: HeaderMap,
}

/// A provider, ready to be called.
pub struct LiveProvider {
    /// What the catalogue says.
    pub provider: Arc<Provider>,
    /// Its secrets, in order.
    pub credentials: Vec<LiveCredential>,
    /// What records call it: its name, and whether a workspace's own key was used.
    pub recorded: Arc<str>,
    /// Whether its address must be a public one, judged at each call: one that is not the operator's own.
    pub judged: bool,
    /// The number under which clients carry its proofs of reasoning.
    pub maker: Maker,
    /// How it tells its tasks, where it has some.
    pub tasks: Option<TaskShape>,
    /// Turns of those who ask about its tasks.
    pub asking: Semaphore,
    /// Turns of those who bring its pictures.
    pub bringing: Semaphore,
    turn: AtomicUsize,
    /// Endpoints by credential and path, each made once.
    endpoints: Mutex<foldhash::HashMap<(usize, String), Arc<Endpoint>>>,
}

impl LiveProvider {
    /// A provider with its secrets.
    pub fn new(provider: Arc<Provider>, credentials: Vec<LiveCredential>, maker: Maker) -> Self {
        Self {
            recorded: provider.name.clone(),
            judged: false,
            maker,
            tasks: provider.tasks.as_ref().map(task_shape),
            asking: Semaphore::new(TASKS_OF_ONE_AT_ONCE),
            bringing: Semaphore::new(PICTURES_AT_ONCE),
            turn: AtomicUsize::new(0),
            endpoints: Mutex::default(),
            provider,
            credentials,
        }
    }

    /// Whose turn it is among the credentials.
    pub fn turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed) % self.credentials.len().max(1)
    }

    /// Where calls with a credential go, made ready: a path below the provider's base address. `None` when there is no such
    /// credential, or the path makes no address.
    pub fn endpoint(&self, credential: usize, path: &str) -> Option<Arc<Endpoint>> {
        let mut endpoints = self.endpoints.lock();
        if let Some(ready) = endpoints.get(&(credential, path.to_owned())) {
            return Some(ready.clone());
        }
        let headers = self.credentials.get(credential)?.headers.clone();
        let ready = Arc::new(Endpoint::new(Method::POST, self.address(path)?, headers).ok()?);
        endpoints.insert((credential, path.to_owned()), ready.clone());
        Some(ready)
    }

    /// The same for a call that says itself what its body is.
    fn untyped(&self, credential: usize, path: &str) -> Option<Arc<Endpoint>> {
        let mut headers = self.credentials.get(credential)?.headers.clone();
        headers.remove(CONTENT_TYPE);
        Endpoint::new(Method::POST, self.address(path)?, headers).ok().map(Arc::new)
    }

    /// Where a question with a credential goes: a path that is asked for once.
    pub fn question(&self, credential: usize, path: &str) -> Option<Endpoint> {
        let mut headers = self.credentials.get(credential)?.headers.clone();
        headers.remove(CONTENT_TYPE);
        Endpoint::new(Method::GET, self.address(path)?, headers).ok()
    }

    fn address(&self, path: &str) -> Option<Uri> {
        let base = self.provider.base_url.to_string();
        format!("{}{path}", base.trim_end_matches('/')).parse().ok()
    }
}

/// The dialect in which a kind of provider is asked for what a model serves.
pub const fn dialect_of(kind: ProviderKind, serves: Serves) -> Dialect {
    match (serves, kind) {
        (Serves::Embeddings, ProviderKind::Gemini) => Dialect::GeminiEmbeddings,
        (Serves::Embeddings, _) => Dialect::Embeddings,
        (Serves::Images, ProviderKind::Gemini) => Dialect::GeminiImages,
        (Serves::Images, _) | (_, ProviderKind::ImageTask) => Dialect::Images,
        (_, ProviderKind::OpenAi) => Dialect::OpenAiChat,
        (_, ProviderKind::Anthropic) => Dialect::Anthropic,
        (_, ProviderKind::OpenAiResponses) => Dialect::OpenAiResponses,
        (_, ProviderKind::Gemini) => Dialect::Gemini,
    }
}

/// A route, ready to be tried.
pub struct LiveRoute {
    /// By whom.
    pub provider: Arc<LiveProvider>,
    /// The provider's name for the model.
    pub model: Arc<str>,
    /// What may be asked of it beyond tokens at the ordinary rate.
    pub allow: Surcharges,
    /// What its server wants.
    pub target: Target,
    /// Where its calls go, by credential.
    pub calls: Vec<CallEndpoints>,
}

impl LiveRoute {
    /// Whether its server changes pictures.
    pub fn changes_pictures(&self) -> bool {
        self.calls.iter().any(|calls| calls.edits.is_some())
    }
}

/// Where the calls of a route go with one credential.
pub struct CallEndpoints {
    /// Those that are answered at once.
    whole: Arc<Endpoint>,
    /// Those that are streamed.
    stream: Arc<Endpoint>,
    /// Those that change pictures, where the server does.
    edits: Option<Arc<Endpoint>>,
}

impl CallEndpoints {
    /// Where a call goes; `None` where the server answers no such calls.
    pub fn of(&self, peek: &Peek) -> Option<&Endpoint> {
        match (peek.dialect, peek.stream) {
            (Dialect::ImageEdits, _) => self.edits.as_deref(),
            (_, true) => Some(&self.stream),
            (_, false) => Some(&self.whole),
        }
    }
}

/// What a model costs, ready to be applied.
pub enum LivePrice {
    /// Explicitly free.
    Free,
    /// By these rates, of this version.
    Rates(PriceId, Rates),
    /// Not known: refused at call time.
    Unknown,
}

/// A model, ready to be sold.
pub struct LiveModel {
    /// What the catalogue says.
    pub model: Arc<Model>,
    /// Its routes, in order.
    pub routes: Vec<LiveRoute>,
    /// What it costs.
    pub price: LivePrice,
    /// How many retries it may still cause.
    pub retries: Mutex<RetryBudget>,
}

impl LiveModel {
    /// Whether no credential of the house reaches it, but those of workspaces may: to the others it is not there.
    pub fn is_for_own_keys_alone(&self) -> bool {
        self.routes.iter().all(|route| route.calls.is_empty())
            && self.routes.iter().any(|route| route.provider.provider.own_keys.is_some())
    }
}

/// The catalogue, ready to be used.
#[derive(Default)]
pub struct LiveCatalogue {
    /// The catalogue as checked.
    pub catalogue: Catalogue,
    /// Providers by name.
    pub providers: BTreeMap<Arc<str>, Arc<LiveProvider>>,
    /// Models by public id.
    pub models: foldhash::HashMap<Arc<str>, Arc<LiveModel>>,
    /// The rows it was made of (for the next change).
    pub rows: CatalogueRows,
    /// The documents it was made of, prices included, credentials not.
    pub docs: CatalogueDoc,
}

impl LiveCatalogue {
    /// The enabled model of that id or older name.
    pub fn find(&self, name: &str) -> Option<&Arc<LiveModel>> {
        let id = self.catalogue.legacy_names.get(name).map_or(name, |id| id);
        self.models.get(id).filter(|model| model.model.enabled)
    }

    /// Makes what is stored ready.
    ///
    /// # Errors
    /// When a stored document is not valid or a credential does not open.
    pub fn load(rows: CatalogueRows, vault: &Vault, now: Timestamp) -> Result<Self, LiveError> {
        let docs = documents(&rows)?;
        let prices: BTreeMap<String, (PriceId, PriceDoc)> = rows
            .prices
            .iter()
            .map(|p| Ok((p.model.clone(), (p.id, parse("price", &p.model, &p.document)?))))
            .collect::<Result<_, LiveError>>()?;
        let catalogue = catalog::check(rows.version, &docs, &prices).map_err(|problems| {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            LiveError::Catalogue(lines.join("; "))
        })?;
        let mut providers: BTreeMap<Arc<str>, Arc<LiveProvider>> = BTreeMap::new();
        for (name, provider) in &catalogue.providers {
            providers.insert(name.clone(), Arc::new(live_provider(provider, &rows, vault)?));
        }
        let models = catalogue
            .models
            .values()
            .map(|model| Ok((model.id.clone(), Arc::new(live_model(model, &providers, now)?))))
            .collect::<Result<_, LiveError>>()?;
        Ok(Self { catalogue, providers, models, rows, docs })
    }
}

/// The documents that are stored, with the price in force of each model put back into its document.
///
/// # Errors
/// When a stored text is not a document.
pub fn documents(rows: &CatalogueRows) -> Result<CatalogueDoc, LiveError> {
    let mut docs = CatalogueDoc::default();
    for (name, text) in &rows.tiers {
        docs.tier.push(parse("tier", name, text)?);
    }
    for (name, text) in &rows.providers {
        docs.provider.push(parse("provider", name, text)?);
    }
    for (id, text) in &rows.models {
        let mut model: catalog::ModelDoc = parse("model", id, text)?;
        if let Some(price) = rows.prices.iter().find(|p| p.model == *id) {
            model.price = Some(parse("price", id, &price.document)?);
        }
        docs.model.push(model);
    }
    Ok(docs)
}

fn parse<T: serde::de::DeserializeOwned>(what: &str, name: &str, text: &str) -> Result<T, LiveError> {
    serde_json::from_str(text).map_err(|e| LiveError::Catalogue(format!("{what} {name}: {e}")))
}

/// Where a sealed credential belongs: bound into the seal.
pub fn credential_place(id: CredentialId) -> String {
    format!("credential/{id}")
}

fn live_provider(provider: &Arc<Provider>, rows: &CatalogueRows, vault: &Vault) -> Result<LiveProvider, LiveError> {
    let mut credentials = Vec::new();
    let mut own: Vec<_> = rows.credentials.iter().filter(|c| *c.provider == *provider.name).collect();
    own.sort_by_key(|c| c.position);
    for row in own {
        let opened = vault.unseal(&credential_place(row.id), row.sealed.expose());
        let secret = opened.map_err(|_| LiveError::Credential(row.id))?;
        let headers = fixed_headers(provider, secret.expose()).ok_or(LiveError::Credential(row.id))?;
        credentials.push(LiveCredential { id: row.id, own: None, headers });
    }
    Ok(LiveProvider::new(provider.clone(), credentials, vault.maker(&provider.name)))
}

/// The headers of every call to a provider with a secret; `None` when the secret cannot be a header's value.
pub fn fixed_headers(provider: &Provider, secret: &str) -> Option<HeaderMap> {
    let mut headers: HeaderMap = provider.headers.iter().cloned().collect();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tollgate/", env!("CARGO_PKG_VERSION"))));
    let (name, text) = match provider.auth {
        Auth::Bearer => (AUTHORIZATION, format!("Bearer {secret}")),
        Auth::ApiKey => (HeaderName::from_static("x-api-key"), secret.to_owned()),
        Auth::GoogleKey => (HeaderName::from_static("x-goog-api-key"), secret.to_owned()),
    };
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Some(headers)
}

/// A model with its routes made ready; those of providers that are not among these are left out.
///
/// # Errors
/// When an address of a provider cannot be called.
pub fn live_model(
    model: &Arc<Model>,
    providers: &BTreeMap<Arc<str>, Arc<LiveProvider>>,
    now: Timestamp,
) -> Result<LiveModel, LiveError> {
    let mut routes = Vec::with_capacity(model.routes.len());
    for route in &model.routes {
        if let Some(provider) = providers.get(&route.provider.name) {
            routes.push(live_route(model, route, provider)?);
        }
    }
    let retries = Mutex::new(RetryBudget::new(now));
    Ok(LiveModel { model: model.clone(), routes, price: live_price(model), retries })
}

fn live_route(model: &Model, route: &catalog::Route, provider: &Arc<LiveProvider>) -> Result<LiveRoute, LiveError> {
    let target =
        Target { maker: provider.maker, ..target(model, route, dialect_of(provider.provider.kind, model.serves)) };
    let broken = || LiveError::Catalogue(format!("provider {}: base_url", provider.provider.name));
    let endpoint = |credential, stream| {
        let path = match &provider.tasks {
            Some(shape) => Cow::Borrowed(&*shape.begin),
            None => dialect::call_path(&target, stream),
        };
        provider.endpoint(credential, &path).ok_or_else(broken)
    };
    let edits = Target { dialect: Dialect::ImageEdits, ..target.clone() };
    let changes = model.serves == Serves::Images && provider.provider.kind == ProviderKind::OpenAi;
    let edit = |n| provider.untyped(n, &dialect::call_path(&edits, false)).ok_or_else(broken);
    let ready = |n| {
        let edits = if changes { Some(edit(n)?) } else { None };
        Ok(CallEndpoints { whole: endpoint(n, false)?, stream: endpoint(n, true)?, edits })
    };
    let calls = (0..provider.credentials.len()).map(ready).collect::<Result<_, LiveError>>()?;
    Ok(LiveRoute { provider: provider.clone(), model: route.model.clone(), allow: route.allow, target, calls })
}

fn live_price(model: &Model) -> LivePrice {
    match &model.price {
        None => LivePrice::Unknown,
        Some((_, catalog::Price::Free)) => LivePrice::Free,
        Some((id, catalog::Price::Rates { rates, request, images })) => {
            let mut live = Rates::UNKNOWN;
            if model.serves == Serves::Embeddings {
                // Vectors are no tokens.
                live = live.with(Class::Output, PicoRate::ZERO);
            }
            for (class, rate) in rates {
                live = live.with(*class, *rate);
            }
            // The catalogue bounds them far below; if one did not fit all the same, the model would have no price.
            let Ok(pico) = PicoRate::each(*request) else { return LivePrice::Unknown };
            if let Some(image) = images.dearest(None, None) {
                let Ok(image) = PicoRate::each(image) else { return LivePrice::Unknown };
                live = live.with(Class::Images, image);
            }
            let live = if pico == PicoRate::ZERO { live } else { live.with_request(pico) };
            if live.is_free() { LivePrice::Free } else { LivePrice::Rates(*id, live) }
        }
    }
}

/// Operator tokens that work, by digest.
#[derive(Default)]
pub struct LiveTokens {
    tokens: parking_lot::RwLock<Vec<OperatorTokenRow>>,
}

impl LiveTokens {
    /// The unrevoked token of that digest.
    pub fn find(&self, digest: &[u8; 32]) -> Option<OperatorTokenRow> {
        self.tokens.read().iter().find(|t| t.digest == *digest && t.revoked_at.is_none()).cloned()
    }

    /// Replaces all tokens by what is stored.
    pub fn replace(&self, rows: Vec<OperatorTokenRow>) {
        *self.tokens.write() = rows;
    }
}
