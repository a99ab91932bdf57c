//! A gateway in memory with its providers and one customer. In: a setup, requests. Out: what clients saw; after every call
//! the tasks are waited for, so that what remains is final. Never here: assertions of a scenario.

use crate::book::Book;
use crate::chance::{SimChance, SimClock};
use crate::nobody::Nobody;
use crate::paper::Paper;
use crate::script::Upstreams;
use crate::seen::Seen;
use crate::settings::settings;
use crate::shelf::Shelf;
use crate::words::Speaks;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use server::{
    AssetFault, Front, House, Log, LogFormat, Parts, RelaySettings, Surface, Surfaces, Tasks, Upstream, Vault,
    Worker,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::port::{Ledger, Store};
use tokio::time::Instant;
use units::{AssetId, Chance, Clock, NanoUsd, Secret, WorkspaceId};

/// How a client behaves.
#[derive(Clone, Copy, Debug)]
pub enum Client {
    /// Reads everything.
    ReadsAll,
    /// Leaves after so many frames.
    LeavesAfter(usize),
    /// Leaves after so long, whatever came.
    LeavesAt(Duration),
}

/// What a scenario starts from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The seed of all chance.
    pub seed: u64,
    /// The customer's credit.
    pub credit: NanoUsd,
    /// Hosts of the model's routes, in order.
    pub hosts: Vec<&'static str>,
    /// What they speak.
    pub speak: Speaks,
    /// Hosts among them that speak something else.
    pub foreign: Vec<(&'static str, Speaks)>,
    /// What may be asked of a host beyond tokens, in the catalogue's words.
    pub allow: Vec<(&'static str, &'static str)>,
    /// The model's price document.
    pub price: Value,
    /// Output tokens held ahead of use.
    pub slice_tokens: u64,
    /// Whether the model's reasoning shows, in the catalogue's words.
    pub reasoning: &'static str,
    /// What an image may cost at most, where the catalogue says it.
    pub image_tokens_max: Option<u64>,
    /// Which calls the model answers, in the catalogue's words.
    pub serves: &'static str,
    /// Its vocabulary, in the catalogue's words.
    pub tokenizer: &'static str,
    /// Whether its providers answer by tasks.
    pub tasks: bool,
    /// The folder that keeps pictures, and the bytes that it takes; `None` is a bucket in memory.
    pub pictures: Option<(PathBuf, u64)>,
    /// What its servers want differently, in the catalogue's words.
    pub quirks: Value,
    /// A header that every client sends besides.
    pub header: Option<(&'static str, &'static str)>,
    /// The tiers; `None` is one in which everybody has plenty.
    pub tiers: Option<Value>,
    /// Other models: id, the host of the one route, price document.
    pub others: Vec<(&'static str, &'static str, Value)>,
    /// How often one account may call each of them.
    pub other_limits: Value,
    /// Base paths and their ways.
    pub surfaces: Vec<Surface>,
    /// Whether it has a console, of paper.
    pub console: bool,
}

impl Default for Setup {
    /// One dollar, one provider, 1 USD and 2 USD per million tokens.
    fn default() -> Self {
        Self {
            seed: 1,
            credit: NanoUsd::new(1_000_000_000),
            hosts: vec!["one"],
            speak: Speaks::Chat,
            foreign: Vec::new(),
            allow: Vec::new(),
            price: json!({ "input": "1.00", "output": "2.00" }),
            slice_tokens: 1_000,
            reasoning: "none",
            image_tokens_max: None,
            serves: "chat",
            tokenizer: "unknown",
            tasks: false,
            pictures: None,
            quirks: json!({}),
            header: None,
            tiers: None,
            others: Vec::new(),
            other_limits: json!({}),
            surfaces: server::default_surfaces(),
            console: false,
        }
    }
}

/// A gateway in memory.
pub struct SimHouse {
    /// Its ledger.
    pub book: Arc<Book>,
    /// Its providers.
    pub upstreams: Arc<Upstreams>,
    /// Its log.
    pub log: Log,
    /// The customer.
    pub workspace: WorkspaceId,
    /// Time.
    pub clock: Arc<dyn Clock>,
    worker: Worker,
    key: String,
    token: String,
    header: Option<(&'static str, &'static str)>,
}

/// The timeouts of every simulation.
pub const RELAY: RelaySettings = RelaySettings {
    connect_timeout: Duration::from_secs(5),
    first_byte_timeout: Duration::from_secs(30),
    idle_timeout: Duration::from_secs(60),
    total_timeout: Duration::from_secs(300),
    keepalive: Duration::from_secs(10),
    attempts_max: 3,
    retry_wait_max: Duration::from_secs(2),
    slice_tokens: 1_000,
};

impl SimHouse {
    /// Opens a gateway with one workspace, one key, and the model `m`.
    ///
    /// # Panics
    /// When the setup itself is not valid.
    pub async fn open(setup: Setup) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SimClock(Instant::now()));
        let chance: Arc<dyn Chance> = Arc::new(SimChance::new(setup.seed));
        let (book, shelf, upstreams) = (Arc::new(Book::default()), Arc::new(Shelf::default()), Arc::default());
        let log = Log::new(LogFormat::Text, clock.clone());
        let parts = Parts {
            settings: settings(&setup),
            surfaces: Box::leak(Box::new(Surfaces::new(setup.surfaces.clone()))),
            ledger: book.clone() as Arc<dyn Ledger>,
            store: shelf as Arc<dyn Store>,
            store_people: Arc::new(Nobody),
            vault: Vault::new(&Secret::new([7; 32])),
            clock: clock.clone(),
            chance,
            log: log.clone(),
            console: if setup.console { Arc::new(Paper) } else { Arc::new(server::NoConsole) },
        };
        let house = House::open(parts).await.unwrap_or_else(|e| unusable(&e));
        let stand = Arc::clone(&upstreams) as Arc<dyn server::Stand>;
        let upstream = Upstream::stand_in(stand);
        let worker = Worker { house, upstream, tasks: Tasks::default(), closing: server::Closing::default() };
        let (token, row) = server::mint_operator_token(&worker.house, "sim");
        let entry = store::port::AuditEntry {
            at: clock.now(),
            actor: "sim".into(),
            action: "operator_token.create".into(),
            object: String::new(),
            detail: "{}".into(),
            ..store::port::AuditEntry::default()
        };
        worker.house.store.create_operator_token(row, entry).await.unwrap_or_else(|e| unusable(&e));
        worker.house.reload(store::port::Change::OperatorTokens).await.unwrap_or_else(|e| unusable(&e));
        let mut sim = Self {
            book,
            upstreams,
            log,
            workspace: WorkspaceId::from_bytes([0; 16]),
            clock,
            worker,
            key: String::new(),
            token: token.expose().clone(),
            header: setup.header,
        };
        sim.furnish(&setup).await;
        sim
    }

    async fn furnish(&mut self, setup: &Setup) {
        let kind = |host: &str| {
            if setup.tasks {
                return "image-task";
            }
            let foreign = setup.foreign.iter().find(|(name, _)| *name == host);
            foreign.map_or(setup.speak, |(_, speak)| *speak).kind()
        };
        let allow = |host: &str| -> Vec<&str> {
            setup.allow.iter().filter(|(name, _)| *name == host).map(|(_, word)| *word).collect()
        };
        let hosts = setup.hosts.iter().chain(setup.others.iter().map(|(_, host, _)| host));
        let provider = |h: &&str| json!({ "name": h, "kind": kind(h), "base_url": format!("http://{h}/v1"), "credentials": ["c"] });
        let providers: Vec<Value> = hosts.map(provider).collect();
        let routes: Vec<Value> = (1..)
            .zip(&setup.hosts)
            .map(|(n, h)| json!({ "provider": h, "model": "upstream-model", "priority": n, "allow": allow(h), "quirks": setup.quirks }))
            .collect();
        let answers = (setup.serves == "chat").then_some(10_000);
        let model = json!({ "id": "m", "context_length": 100_000, "max_output_tokens": answers,
                            "serves": setup.serves, "tokenizer": setup.tokenizer, "reasoning": setup.reasoning, "image_tokens_max": setup.image_tokens_max,
                            "price": setup.price, "route": routes });
        let other = |(id, host, price): &(&str, &str, Value)| {
            json!({ "id": id, "context_length": 100_000, "max_output_tokens": 10_000, "price": price,
                    "limits": setup.other_limits, "route": [{ "provider": host, "model": "upstream-other" }] })
        };
        let models: Vec<Value> = [model].into_iter().chain(setup.others.iter().map(other)).collect();
        let tier = json!({ "name": "free", "when": "free", "requests_per_minute": 1_000_000,
                           "concurrent": 100_000, "requests_per_day": 1_000_000_000 });
        let tiers = setup.tiers.clone().unwrap_or_else(|| json!([tier]));
        let catalogue = json!({ "provider": providers, "model": models, "tier": tiers });
        self.manage("PUT", "/catalogue", &catalogue).await;
        let workspace = self.manage("POST", "/workspaces", &json!({ "name": "Sim" })).await;
        let id = workspace["id"].as_str().unwrap_or("").parse();
        self.workspace = id.unwrap_or_else(|e| unusable(&e));
        if setup.credit > NanoUsd::ZERO {
            let grant = json!({ "amount_usd": setup.credit.to_string(), "reason": "simulation" });
            self.manage("POST", "/workspaces/sim/credit", &grant).await;
        }
        let key = self.manage("POST", "/keys", &json!({ "workspace": "sim", "name": "k" })).await;
        self.key = key["key"].as_str().unwrap_or("").to_owned();
    }

    /// Does what an operator does, who expects it to work.
    ///
    /// # Panics
    /// When it does not.
    pub async fn manage(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, value) = self.try_manage(method, path, body).await;
        if (200..300).contains(&status) { value } else { unusable(&format!("{path}: {value}")) }
    }

    /// The same, whatever comes of it: the status and the body.
    pub async fn try_manage(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/manage{path}"))
            .header("authorization", format!("Bearer {}", self.token))
            .body(Body::from(body.to_string()))
            .unwrap_or_else(|e| unusable(&e));
        let response = self.answer(request).await;
        let status = response.status().as_u16();
        let bytes =
            response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Answers a request; nobody has read the answer yet.
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        Front::new(self.worker.clone()).answer(request).await
    }

    /// Keeps a picture of the customer's, as a call does that made one.
    ///
    /// # Errors
    /// Why it is not kept.
    pub async fn keep(&self, picture: &[u8]) -> Result<AssetId, AssetFault> {
        server::keep_asset(&self.worker, self.workspace, Bytes::copy_from_slice(picture)).await
    }

    /// The link to a picture, as an answer on a surface tells it now: its path and query.
    pub fn link(&self, base: &str, id: AssetId) -> String {
        server::asset_link(&self.worker.house, "", base, id, self.clock.now())
    }

    /// Fetches a picture from where the provider says that it is.
    ///
    /// # Errors
    /// Why it is not to be had.
    pub async fn fetch(&self, provider: &str, address: &str) -> Result<Bytes, AssetFault> {
        let catalogue = self.worker.house.catalogue.load();
        let mut routes = catalogue.models.values().flat_map(|model| &model.routes);
        let Some(route) = routes.find(|route| *route.provider.provider.name == *provider) else {
            unusable(&format!("no provider {provider}"))
        };
        server::fetch_asset(&self.worker, &route.provider, address).await
    }

    /// Sends a request as it is, without a key, and gives back the whole answer.
    pub async fn visit(&self, method: &str, path: &str) -> Response<Bytes> {
        self.visit_with(method, path, &[]).await
    }

    /// The same with headers.
    pub async fn visit_with(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Body::empty());
        let (head, body) = self.answer(request.unwrap_or_else(|e| unusable(&e))).await.into_parts();
        let bytes = body.collect().await.unwrap_or_else(|e| unusable(&e)).to_bytes();
        Response::from_parts(head, bytes)
    }

    /// Sends anything to any path with the customer's key, and gives back the whole answer.
    pub async fn exchange(&self, method: &str, path: &str, body: &Value) -> Response<Bytes> {
        let (head, body) = self.begin(method, path, body).await.into_parts();
        let bytes = body.collect().await.unwrap_or_else(|e| unusable(&e)).to_bytes();
        Response::from_parts(head, bytes)
    }

    /// The same up to the head of the answer, whose body nobody has read yet.
    pub async fn begin(&self, method: &str, path: &str, body: &Value) -> Response<Body> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        self.answer(request.unwrap_or_else(|e| unusable(&e))).await
    }

    /// Deletes what is kept no more.
    pub async fn sweep_pictures(&self) {
        // The sweeper runs for ever; its first round is enough.
        let _ = tokio::time::timeout(
            Duration::from_secs(1),
            self.worker.house.clone().sweep_assets(self.worker.upstream.clone()),
        )
        .await;
    }

    /// The process is on its way out.
    pub fn drain(&self) {
        self.worker.house.drain();
    }

    /// Holds whose relay broke and that wait to be given back.
    pub fn forgotten(&self) -> usize {
        self.worker.house.forgotten.lock().len()
    }

    /// Lets the house give them back.
    pub async fn reap(&self) {
        // The reaper runs for ever; two of its rounds are enough.
        let _ = tokio::time::timeout(Duration::from_secs(3), self.worker.house.clone().reap()).await;
    }

    /// Lets the house look after its tasks for so long.
    pub async fn keep_tasks(&self, time: Duration) {
        let _ = tokio::time::timeout(time, server::keep_tasks(self.worker.clone())).await;
    }

    /// From now on the customer calls with this key.
    pub fn use_key(&mut self, key: &str) {
        key.clone_into(&mut self.key);
    }

    /// What the gateway knows.
    pub fn house(&self) -> &House {
        &self.worker.house
    }

    /// The customer's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Calls Chat Completions and waits until nothing runs any more.
    pub async fn chat(&self, body: &Value, client: Client) -> Seen {
        self.call(Speaks::Chat, body, client).await
    }

    /// Calls in a language of the client's, with a body in the words of Chat Completions or its own, and waits until nothing runs any more.
    pub async fn call(&self, speaks: Speaks, body: &Value, client: Client) -> Seen {
        let (path, body) = speaks.asks(body);
        let (name, key) = match speaks {
            Speaks::Messages => ("x-api-key", self.key.clone()),
            Speaks::Gemini => ("x-goog-api-key", self.key.clone()),
            _ => ("authorization", format!("Bearer {}", self.key)),
        };
        self.send(("POST", path), (name, &key), &body, client).await
    }

    /// Sends anything to any path with the customer's key, and waits until nothing runs any more.
    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Seen {
        let key = format!("Bearer {}", self.key);
        self.send((method, path), ("authorization", &key), body, Client::ReadsAll).await
    }

    async fn send(
        &self,
        (method, path): (&str, &str),
        (name, key): (&str, &str),
        body: &Value,
        client: Client,
    ) -> Seen {
        let request = Request::builder().method(method).uri(path).header(name, key);
        let request = self.header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = request
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap_or_else(|e| unusable(&e));
        let seen = self.watch(request, client).await;
        self.worker.tasks.clone().close_and_wait(Duration::from_secs(3_600)).await;
        seen
    }

    async fn watch(&self, request: Request<Body>, client: Client) -> Seen {
        let started = Instant::now();
        let mut seen = Seen { status: 0, content_type: String::new(), frames: Vec::new(), left: true };
        let read = async {
            let response = self.answer(request).await;
            seen.status = response.status().as_u16();
            let kind = response.headers().get("content-type").and_then(|v| v.to_str().ok());
            seen.content_type = kind.unwrap_or("").to_owned();
            let mut body = response.into_body();
            while !matches!(client, Client::LeavesAfter(n) if n <= seen.frames.len()) {
                match body.frame().await {
                    Some(Ok(frame)) => {
                        seen.frames.extend(frame.into_data().ok().map(|data| (started.elapsed(), data)));
                    }
                    _ => {
                        seen.left = false;
                        break;
                    }
                }
            }
        };
        match client {
            Client::LeavesAt(at) => drop(tokio::time::timeout(at, read).await),
            Client::ReadsAll | Client::LeavesAfter(_) => read.await,
        }
        seen
    }
}

#[expect(clippy::panic, reason = "a scenario that cannot be set up has no result")]
fn unusable<T>(error: &dyn std::fmt::Display) -> T {
    panic!("the simulation cannot be set up: {error}")
}
